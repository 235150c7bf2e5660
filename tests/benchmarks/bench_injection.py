"""Script: how many distinct bugs that compile are made in a second of processor time, and of which kinds.

Run as ``python tests/benchmarks/bench_injection.py [PYTHON]``; it prints a table and a line of JSON. The
package is 100 modules of the interpreter's own library. With the interpreter of an environment that swesmith
is installed in, its procedural modifiers work on a sample of the same functions, for at most 20 s; what it
needs to read the files is left out of its seconds. Seconds are of the processor, so a busy machine shows
little; nothing here fails for a time.
"""

import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from repodojo.instances.injection import KINDS, Mutation, combine_bugs, inject_bugs, remove_functions
from repodojo.instances.injection.combined import COMBINED
from repodojo.instances.injection.removal import REMOVED_FUNCTION
from repodojo.instances.injection.reversal import REVERSED_FIX

FILES = 100
SMALLEST = 3000
PEER_S = 20.0
PEER = """
import json, sys, time
from pathlib import Path
from swesmith.bug_gen.adapters.python import get_entities_from_file_py
from swesmith.bug_gen.procedural import MAP_EXT_TO_MODIFIERS
from swesmith.bug_gen.utils import generate_patch_fast

folder, limit = sys.argv[1], float(sys.argv[2])
found, entities = set(), []
for path in sorted(Path(folder).glob("*.py")):
    get_entities_from_file_py(entities, str(path))
read, start = time.process_time(), time.process_time()
for modifier in MAP_EXT_TO_MODIFIERS[".py"]:
    for entity in entities[:: max(1, len(entities) // 60)]:
        if time.process_time() - start > limit or not modifier.can_change(entity):
            continue
        bug = modifier.modify(entity)
        patch = generate_patch_fast(entity, bug, folder) if bug else None
        if patch:
            compile(bug.rewrite, "bug", "exec") if not bug.rewrite[:1].isspace() else None
            found.add(patch)
print(json.dumps({"bugs": len(found), "cpu_s": time.process_time() - start, "read_s": read}))
"""


def modules() -> dict[str, str]:
    """Return the text of 100 modules of the interpreter's library, by name."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return {path.name: path.read_text() for path in paths if path.stat().st_size >= SMALLEST}


def measure(package: dict[str, str], make: Callable[[str, str], Iterable[Mutation]]) -> dict[str, float]:
    """Make bugs for every module; count the distinct ones."""
    start = time.process_time()
    found = {(m.path, m.start, m.end, m.new) for path, text in package.items() for m in make(text, path)}
    spent = time.process_time() - start
    return {"bugs": len(found), "cpu_s": round(spent, 2), "bugs_per_cpu_s": round(len(found) / spent, 1)}


def peer(python: str, package: dict[str, str]) -> dict[str, float]:
    """Let swesmith work on the same files, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in package.items():
            Path(folder, name).write_text(text)
        command = [python, "-c", PEER, folder, str(PEER_S)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result | {"bugs_per_cpu_s": round(result["bugs"] / result["cpu_s"], 1)}


def every_line(text: str) -> range:
    """Return the lines of a module, as if tests executed all of them."""
    return range(1, text.count("\n") + 2)


def main() -> None:
    """Measure and print."""
    package = dict(list(modules().items())[:FILES])
    found = {
        "single, 6 per function": measure(package, lambda t, p: inject_bugs(t, p, every_line(t), 0, 6)),
        "combined, 3 per function": measure(package, lambda t, p: combine_bugs(t, p, every_line(t), 0, 3)),
        "removed functions": measure(package, lambda t, p: remove_functions(t, p, every_line(t))),
    }
    if len(sys.argv) > 1 and shutil.which(sys.argv[1]):
        found["swesmith, procedural"] = peer(sys.argv[1], package)
    sys.stdout.write(f"{len(package)} modules, {sum(map(len, package.values())) / 1e6:.1f} MB\n")
    for name, row in found.items():
        sys.stdout.write(
            f"{name:26} {row['bugs']:8} bugs {row['cpu_s']:8.2f} s {row['bugs_per_cpu_s']:9.1f} /s\n"
        )
    kinds = (*KINDS, COMBINED, REMOVED_FUNCTION, REVERSED_FIX)
    sys.stdout.write(f"{len(kinds)} kinds: {', '.join(kinds)}\n")
    sys.stdout.write(json.dumps(found | {"kinds": kinds}) + "\n")


if __name__ == "__main__":
    main()
