"""Script: how long curation takes over many attempts, and how much memory.

Run as ``python tests/benchmarks/bench_curation.py [CHECKPOINT] [--rows N]`` (the checkpoint that `make bench`
names is not used). Columns of metadata are written to Parquet, read back, and go through success filter,
deduplication, cap and subset, with controls; the near-duplicate pass is measured apart, and a plain loop over
rows stands beside. It prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from repodojo.curation.attempts import arrange
from repodojo.curation.curate import choose
from repodojo.curation.near_duplicates import SIZE, find_near_duplicates
from repodojo.curation.rules import Material
from repodojo.curation.settings import CurationSettings

PER_INSTANCE = 20
RULES = CurationSettings(per_instance=2, fraction=0.5, fraction_by="repository")
NEEDED = ["rollout_id", "instance_id", "policy", "attempt", "repo", "outcome", "calls", "messages"]


def draw_columns(rows: int, path: Path) -> None:
    """Write metadata like that of rollouts: 1 in 5 resolved, 1 in 10 of those a repetition."""
    rng = np.random.default_rng(0)
    instance = np.arange(rows) // PER_INSTANCE
    attempt = np.arange(rows) % PER_INSTANCE
    names = np.array([f"owner__project{n % 397}-{n:06d}" for n in range(rows // PER_INSTANCE + 1)])
    table = pd.DataFrame(
        {
            "rollout_id": [f"{names[i]}.{a}" for i, a in zip(instance, attempt, strict=True)],
            "instance_id": names[instance],
            "policy": "policy",
            "attempt": attempt,
            "repo": [f"owner/project{n % 397}" for n in instance],
            "outcome": rng.choice(["resolved", "unresolved", "not_measured"], rows, p=[0.2, 0.79, 0.01]),
            "calls": rng.integers(5, 51, rows),
            "messages": [f"{value:032x}" for value in np.where(rng.random(rows) < 0.1, 0, np.arange(rows))],
        }
    )
    table.sample(frac=1, random_state=0).to_parquet(path, index=False)


def plain_loop(table: pd.DataFrame) -> int:
    """Do the same choice with dictionaries and lists, row by row."""
    groups: dict[str, list[tuple[int, int, str, str, str]]] = defaultdict(list)
    for name, attempt, policy, key, repo, outcome, calls, digest in table[
        ["instance_id", "attempt", "policy", "rollout_id", "repo", "outcome", "calls", "messages"]
    ].itertuples(index=False, name=None):
        if outcome == "resolved":
            groups[name].append((attempt, calls, policy, key, repo + "\0" + digest))
    kept = []
    for name in sorted(groups):
        unique = {}
        for row in sorted(groups[name], key=lambda each: (each[0], each[2], each[3])):
            unique.setdefault(row[4], row)
        kept += [(row[4], name, row) for row in sorted(unique.values(), key=lambda each: each[1])[:2]]
    kept.sort(key=lambda each: each[:2])
    return len(kept[: int(len(kept) * 0.5)])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", nargs="?", help="not used")
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "attempts.parquet"
        draw_columns(rows, path)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started, cpu = time.monotonic(), time.process_time()
        table = pd.read_parquet(path, columns=NEEDED)
        read = time.monotonic()
        attempts = arrange(table)
        arranged = time.monotonic()
        choice = choose(attempts, RULES, Material())
        chosen, cpu = time.monotonic(), time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    looped = time.monotonic()
    by_loop = plain_loop(table)
    looped = time.monotonic() - looped
    signatures = np.random.default_rng(0).integers(0, 1 << 32, (rows, SIZE), dtype=np.uint32)
    begun = time.monotonic()
    find_near_duplicates(attempts[attempts["outcome"] == "resolved"], signatures, 0.8)
    figures = {
        "rows": rows,
        "read_s": read - started,
        "arrange_s": arranged - read,
        "choose_s": chosen - arranged,
        "total_s": chosen - started,
        "total_cpu_s": cpu,
        "peak_mib": peak / 1024,
        "peak_before_mib": before / 1024,
        "chosen": len(choice.chosen),
        "plain_loop_s": looped,
        "plain_loop_chosen": by_loop,
        "near_duplicates_s": time.monotonic() - begun,
    }
    for name, value in figures.items():
        sys.stdout.write(f"{name:20} {value:12.2f}\n")
    sys.stdout.write(json.dumps({"benchmark": "curation", **figures}) + "\n")


if __name__ == "__main__":
    main()
