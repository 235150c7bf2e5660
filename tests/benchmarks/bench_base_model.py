"""Script: what a base model can do before any fine-tuning, on standard-library modules that it never saw.

Run as ``python tests/benchmarks/bench_base_model.py CHECKPOINT``. Each document of the corpus is asked as one
turn of a conversation and answered greedily; an answer counts if it is right to the letter. It prints a table
and a line of JSON; nothing here fails for a number.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

from repodojo.base_model.corpus import Document, Writer
from repodojo.base_model.functions import find_functions, read_modules, split_modules
from repodojo.base_model.recipe import Recipe
from repodojo.metrics.wilson import wilson_interval
from repodojo.policies.local_engine import LocalEngine
from repodojo.policies.policy import SamplingParameters
from repodojo.types import Message

COMMAND = re.compile(r"sed -i '(\d+)s/.*/' (\S+)")


def draw(writer: Writer, kind: Callable[[], Document | None], count: int) -> list[Document]:
    """Draw documents of one kind within the writer's bound."""
    drawn: list[Document] = []
    while len(drawn) < count:
        document = kind()
        if document and writer.fits(document):
            drawn.append(document)
    return drawn


def ask(engine: LocalEngine, document: Document) -> str:
    """Return the greedy answer."""
    question = Message("user", document.prompt.strip("\n"))
    return engine.complete([question], SamplingParameters(0.0, max_tokens=200, seed=0)).text


def count(documents: list[Document], answers: list[str]) -> dict[str, int]:
    """Count exact answers, and for repairs those with the right line and the right path."""
    pairs = [(document.completion, answer) for document, answer in zip(documents, answers, strict=True)]
    counts = {"exact": sum(wanted == answer for wanted, answer in pairs)}
    commands = [(COMMAND.fullmatch(wanted), COMMAND.fullmatch(answer)) for wanted, answer in pairs]
    if all(wanted for wanted, _ in commands):
        for part, name in ((1, "line"), (2, "path")):
            counts[name] = sum(wanted[part] == found[part] for wanted, found in commands if wanted and found)
    return counts


def main() -> None:
    """Measure one checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--characters", type=int, default=900)
    asked = parser.parse_args()
    recipe = Recipe.model_fields
    _, held_out = split_modules(
        find_functions(read_modules()), recipe["held_out_modules"].default, recipe["seed"].default
    )
    writer = Writer(held_out, random.Random(7), asked.characters)
    results: dict[str, dict[str, int]] = {}
    with LocalEngine(asked.checkpoint) as engine:
        for kind in (writer.repair, writer.copy, writer.lookup, writer.compare):
            documents = draw(writer, kind, asked.documents)
            results[kind.__name__] = count(documents, [ask(engine, document) for document in documents])
    lines = [f"{'document':<10}{'what':<8}{'share':>7}  95 % interval"]
    for name, counts in results.items():
        for what, right in counts.items():
            low, high = wilson_interval(right, asked.documents)
            lines.append(f"{name:<10}{what:<8}{right / asked.documents:>7.1%}  {low:.1%} to {high:.1%}")
    lines.append(json.dumps({"documents": asked.documents, "characters": asked.characters, **results}))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
