"""Script: which share of the injected bugs the tests of real projects prove.

Run as ``kedro run --pipeline=env_build`` and then ``python tests/benchmarks/bench_proof.py [CHECKPOINT]
[--data FOLDER] [--each N] [--projects NAME ...]``; the checkpoint that `make bench` names is not used. It
takes the environments that env_build left in the data folder. Of each project, ``N`` bugs are drawn, all
equally likely, among the distinct ones that compile and change a line which a passing test executes; the
test files that execute it run without the bug and with it. Proven is what the pipeline's rule takes: a test
that passes without the bug fails with it, no file is uncollected, and not too many fail. What the pipeline
asks beside that (an issue's symptom) is no part of it. Bugs on lines that no passing test executes are
counted apart: uncovered.

It prints a table and a line of JSON; nothing here fails for a time.
"""

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from finished import DATA, read_results
from printing import print_table

from repodojo.environments.build import code_files
from repodojo.environments.build_records import EnvironmentBuild
from repodojo.environments.layers import environment_sandbox_spec
from repodojo.environments.line_ranges import decode_lines
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.sandbox import Limits
from repodojo.environments.workshop import Workshop
from repodojo.grading.run import run_tests
from repodojo.instances.injection import KINDS, Mutation, combine_bugs, inject_bugs, remove_functions
from repodojo.instances.proof import Rejected, compare_runs
from repodojo.instances.settings import EnvBuildSettings, InjectionSettings
from repodojo.metrics.wilson import wilson_interval
from repodojo.reporting.text import counted

CONF = Path(__file__).parents[2] / "conf" / "base" / "parameters_env_build.yml"
PROJECTS = ("pydash", "isodate", "toolz", "language-tags", "humanize")
SEED = 0
RUN_S = 180.0
LIMITS = Limits(cpu_s=12)
"""Of a validation."""


class Tried(NamedTuple):
    """A bug, and why it is not proven; empty where it is."""

    kind: str
    reason: str


class Bugs(NamedTuple):
    """The bugs of a project."""

    covered: list[Mutation]
    uncovered: int


def find_bugs(build: EnvironmentBuild, source: Path, settings: InjectionSettings) -> Bugs:
    """Return the distinct bugs that compile, of every make, by whether a passing test executes them."""
    lines = executed_lines(build)
    found: dict[tuple[str, int, int, str], Mutation] = {}
    for path in code_files(source):
        text = (source / path).read_text(encoding="utf-8")
        for bug in every_bug(path, text, settings):
            found.setdefault((path, bug.start, bug.end, bug.new), bug)
    compiling = [bug for bug in found.values() if compiles(bug, (source / bug.path).read_text())]
    covered = [bug for bug in compiling if lines[bug.path].intersection(bug.lines)]
    return Bugs(covered, len(compiling) - len(covered))


def every_bug(path: str, text: str, settings: InjectionSettings) -> Iterator[Mutation]:
    """Yield bugs of one edit, of two, and without a function's body."""
    lines = range(1, text.count("\n") + 2)
    yield from inject_bugs(text, path, lines, settings.seed, settings.per_function)
    yield from combine_bugs(text, path, lines, settings.seed, settings.per_function)
    yield from remove_functions(text, path, lines)


def compiles(bug: Mutation, text: str) -> bool:
    """Whether the module with the bug compiles."""
    try:
        compile(bug.apply(text), bug.path, "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def executed_lines(build: EnvironmentBuild) -> Mapping[str, set[int]]:
    """Return, by module, the lines that passing tests execute."""
    lines: dict[str, set[int]] = defaultdict(set)
    for by_module in build.coverage.values():
        for path, ranges in by_module.items():
            lines[path] |= decode_lines(ranges)
    return lines


def try_bugs(
    bugs: list[Mutation], build: EnvironmentBuild, workshop: Workshop, most_failures: int
) -> list[Tried]:
    """Run the test files that execute each bug, without it and with it."""
    spec = environment_sandbox_spec(build.environment, workshop.environments, LIMITS)

    @cache
    def run_pristine(tests: tuple[str, ...]) -> dict[str, str]:
        return run_tests(workshop.sandboxes, spec, tests, RUN_S).statuses

    def attempt(bug: Mutation) -> str:
        tests = {test.split("::")[0] for test, lines in build.coverage.items() if meets(lines, bug)}
        files = {bug.path: bug.apply(build.sources[bug.path]).encode()}
        run = run_tests(workshop.sandboxes, spec, sorted(tests), RUN_S, files)
        if not run.trusted:
            return "timeout" if run.timed_out else "not_believed"
        buggy = {test: s for test, s in run.statuses.items() if test in build.coverage or "::" not in test}
        try:
            compare_runs(build.coverage, run_pristine(tuple(sorted(tests))), buggy, most_failures)
        except Rejected as rejection:
            return str(rejection).partition(":")[0]
        return ""

    return [Tried(bug.kind, attempt(bug)) for bug in bugs]


def meets(lines: Mapping[str, str], bug: Mutation) -> bool:
    """Whether a test that executes these lines meets a bug."""
    return not decode_lines(lines.get(bug.path, "")).isdisjoint(bug.lines)


def describe(tried: list[Tried]) -> dict[str, object]:
    """Return how many are proven, and why the others are not."""
    proven = sum(not each.reason for each in tried)
    low, high = wilson_interval(proven, len(tried))
    return {
        "tried": len(tried),
        "proven_%": round(100 * proven / len(tried), 1),
        "low_%": round(100 * low, 1),
        "high_%": round(100 * high, 1),
        "reasons": counted(Counter(each.reason for each in tried if each.reason)),
    }


def count(covered: int, uncovered: int) -> dict[str, object]:
    """Return how many bugs there are, and the share that no passing test executes."""
    bugs = covered + uncovered
    return {"bugs": bugs, "uncovered_%": round(100 * uncovered / bugs, 1)}


def measure(builds: list[EnvironmentBuild], each: int, workshop: Workshop) -> dict[str, dict[str, object]]:
    """Try the bugs of projects, and describe them one by one and together."""
    settings = EnvBuildSettings.model_validate(yaml.safe_load(CONF.read_text())["env_build"]).injection
    table, everything = {}, []
    numbers: Counter[str] = Counter()
    for build in builds:
        bugs = find_bugs(build, workshop.environments / build.environment.source, settings)
        drawn = random.Random(SEED).sample(bugs.covered, min(each, len(bugs.covered)))
        tried = try_bugs(drawn, build, workshop, settings.most_failures)
        table[build.environment.name] = count(len(bugs.covered), bugs.uncovered) | describe(tried)
        numbers.update(covered=len(bugs.covered), uncovered=bugs.uncovered)
        everything += tried
    table["all"] = count(numbers["covered"], numbers["uncovered"]) | describe(everything)
    table["all, of one edit"] = describe([one for one in everything if one.kind in KINDS])
    kinds = Counter(one.kind for one in everything), Counter(one.kind for one in everything if not one.reason)
    table["kinds, proven of tried"] = {kind: f"{kinds[1][kind]}/{n}" for kind, n in sorted(kinds[0].items())}
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--each", type=int, default=40)
    parser.add_argument("--projects", nargs="+", default=list(PROJECTS))
    given = parser.parse_args()
    found = read_results(given.data, "environment_builds", EnvironmentBuild)
    builds = [build for name, build in found.items() if name.rpartition("-")[0] in given.projects]
    if not builds:
        sys.stdout.write(f"bugs are not proven: {given.data} holds no environments; kedro run builds them\n")
        return
    sandboxes = NamespaceSandboxes()
    environments = (given.data / "02_intermediate" / "environments").absolute()
    print_table(measure(builds, given.each, Workshop(sandboxes, environments, environments)))
    sandboxes.close()


if __name__ == "__main__":
    main()
