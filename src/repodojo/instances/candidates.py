"""Bugs proposed for validation: chosen where tests and recorded calls will notice, balanced over kinds."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from repodojo.environments.build_records import EnvironmentBuild
from repodojo.environments.line_ranges import decode_lines
from repodojo.instances.injection import Mutation, inject_bugs
from repodojo.instances.settings import InjectionSettings
from repodojo.types import SCHEMA_VERSION, Split


@dataclass(frozen=True)
class Candidate:
    """A bug that may become an instance."""

    candidate_id: str
    """``owner__repo-digest``; says nothing of the bug."""
    environment: str
    split: Split
    mutation: Mutation
    test_files: tuple[str, ...]
    """Test files with a test that executes the changed code."""
    schema_version: int = SCHEMA_VERSION


def propose_candidates(
    build: EnvironmentBuild, settings: InjectionSettings, excluded: Collection[tuple[str, str]] = ()
) -> list[Candidate]:
    """Propose bugs for a project, the same for the same build, settings and seed.

    Args:
        build: the project.
        settings: how many, and the seed.
        excluded: modules and names (without class) of functions that other code holds too.
    """
    covered, called = _test_files_by_line(build), _lines_of_calls(build)
    tests = Counter(test.split("::")[0] for test in build.coverage)
    used: Counter[str] = Counter()
    found: list[Candidate] = []
    for path, text in sorted(build.sources.items()):
        lines = covered[path].keys() & called[path]
        for mutation in inject_bugs(text, path, lines, settings.seed, settings.per_function, used):
            files = sorted(set().union(*(covered[path].get(line, ()) for line in mutation.lines)))
            known = (path, mutation.function.rpartition(".")[2]) in excluded
            if not known and sum(tests[file] for file in files) <= settings.most_tests:
                found.append(_candidate(build, mutation, tuple(files)))
    most = settings.candidates_per_project[build.environment.split]
    called_functions = {(call.path, call.function) for call in build.calls}
    return spread_kinds(unique_ids(found), called_functions, most, settings.seed)


def spread_kinds(
    candidates: Sequence[Candidate], called: Collection[tuple[str, str]], most: int, seed: int
) -> list[Candidate]:
    """Take at most ``most``: one of each kind in turn, in functions taken least so far.

    Args:
        candidates: of one project.
        called: functions with recorded calls of their own; the others count as taken once already, for their
            bugs show in other functions' results only.
        most: how many to take.
        seed: decides among equals.
    """
    rng = random.Random(f"{seed}:{candidates[0].environment}" if candidates else seed)
    by_kind: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda candidate: candidate.candidate_id):
        by_kind[candidate.mutation.kind].append(candidate)
    for group in by_kind.values():
        rng.shuffle(group)
    taken: list[Candidate] = []
    functions = Counter(set(map(_function, candidates)) - set(called))
    while len(taken) < most and by_kind:
        for kind in sorted(by_kind):
            fresh = min(by_kind[kind], key=lambda candidate: functions[_function(candidate)])
            by_kind[kind].remove(fresh)
            functions[_function(fresh)] += 1
            taken.append(fresh)
        by_kind = {kind: group for kind, group in by_kind.items() if group}
    return taken[:most]


def _function(candidate: Candidate) -> tuple[str, str]:
    return candidate.mutation.path, candidate.mutation.function


def _candidate(build: EnvironmentBuild, mutation: Mutation, test_files: tuple[str, ...]) -> Candidate:
    parts = (build.environment.name, mutation.path, mutation.start, mutation.end, mutation.new)
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:8]
    return Candidate(
        candidate_id=f"{build.slug}-{digest}",
        environment=build.environment.name,
        split=build.environment.split,
        mutation=mutation,
        test_files=test_files,
    )


def _test_files_by_line(build: EnvironmentBuild) -> Mapping[str, dict[int, set[str]]]:
    """Return, by module and line, the test files that execute it."""
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for test, by_module in build.coverage.items():
        file = test.split("::")[0]
        for path, ranges in by_module.items():
            for line in decode_lines(ranges):
                found[path][line].add(file)
    return found


def _lines_of_calls(build: EnvironmentBuild) -> Mapping[str, set[int]]:
    """Return, by module, the lines that recorded calls execute."""
    found: dict[str, set[int]] = defaultdict(set)
    for call in build.calls:
        for path, ranges in call.lines.items():
            found[path] |= decode_lines(ranges)
    return found


def unique_ids(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Drop repeated ids: the same bug found by two operators."""
    return list({candidate.candidate_id: candidate for candidate in candidates}.values())
