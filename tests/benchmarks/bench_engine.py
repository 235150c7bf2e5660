"""Script: how many agent turns a second the local engine answers.

Run as ``python tests/benchmarks/bench_engine.py CHECKPOINT``. Conversations have the shape of a rollout: a
prompt of 300 to 500 tokens shared by eight attempts, then 4 to 10 turns with answers of at most 20 to 80
tokens and observations of 60 to 250. It prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from repodojo.base_model.functions import Function, find_functions, read_modules
from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.policy import Completion, SamplingParameters
from repodojo.types import Message

ATTEMPTS = 8
SYSTEM = "You repair a repository with one bash command per answer."


def excerpt(functions: list[Function], rng: random.Random, characters: int) -> str:
    """Return numbered lines of real code, as `grep -n` prints them."""
    lines: list[str] = []
    while sum(map(len, lines)) < characters:
        first = rng.randrange(900)
        lines += [f"{first + i}:{line}" for i, line in enumerate(rng.choice(functions).lines)]
    return "\n".join(lines)[:characters]


def converse(engine: LocalEngine, functions: list[Function], number: int) -> list[Completion]:
    """Hold one conversation and return its answers."""
    opening, rng = random.Random(number // ATTEMPTS), random.Random(-number)
    messages = [
        Message("system", SYSTEM),
        Message("user", excerpt(functions, opening, opening.randint(750, 1_250))),
    ]
    answers = []
    for turn in range(rng.randint(4, 10)):
        temperature = 0.0 if number % ATTEMPTS == 0 else 0.8
        parameters = SamplingParameters(temperature, max_tokens=rng.randint(20, 80), seed=100 * number + turn)
        answers.append(engine.complete(messages, parameters))
        observation = excerpt(functions, rng, rng.randint(150, 650))
        messages += [Message("assistant", answers[-1].text), Message("user", observation)]
    return answers


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def measure(checkpoint: Path, in_flight: int, conversations: int) -> dict[str, float]:
    """Hold many conversations at once and return what they took."""
    functions = find_functions(read_modules())
    before = time.monotonic()
    with LocalEngine(checkpoint, max_context=4096) as engine, ThreadPoolExecutor(in_flight) as executor:
        started, pid = time.monotonic(), engine.pid
        cpu = cpu_seconds(pid)
        held = executor.map(lambda number: converse(engine, functions, number), range(conversations))
        answers = [answer for conversation in held for answer in conversation]
        wall, cpu = time.monotonic() - started, cpu_seconds(pid) - cpu
    written = sum(answer.completion_tokens for answer in answers)
    return {
        "in_flight": in_flight,
        "turns": len(answers),
        "prompt_tokens_per_turn": sum(answer.prompt_tokens for answer in answers) / len(answers),
        "answer_tokens_per_turn": written / len(answers),
        "start_s": started - before,
        "turns_per_s": len(answers) / wall,
        "tokens_per_s": written / wall,
        "turns_per_cpu_s": len(answers) / cpu,
    }


def main() -> None:
    """Measure for 16, 32 and 48 conversations in flight."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[16, 32, 48])
    parser.add_argument("--conversations", type=int, default=96)
    asked = parser.parse_args()
    rows = [measure(asked.checkpoint, in_flight, asked.conversations) for in_flight in asked.in_flight]
    for key in rows[0]:
        sys.stdout.write(f"{key:24}" + "".join(f"{row[key]:10.1f}" for row in rows) + "\n")
    sys.stdout.write(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
