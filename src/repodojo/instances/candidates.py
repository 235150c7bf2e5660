"""Bugs proposed for validation: chosen where tests and recorded calls will notice, balanced over kinds."""

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from repodojo.environments.build_records import EnvironmentBuild
from repodojo.environments.line_ranges import decode_lines
from repodojo.instances.injection import Mutation, combine_bugs, inject_bugs, remove_functions
from repodojo.instances.settings import InjectionSettings, Mode
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
    build: EnvironmentBuild,
    settings: InjectionSettings,
    excluded: Collection[tuple[str, str]] = (),
    reversed_fixes: Collection[Mutation] = (),
) -> list[Candidate]:
    """Propose bugs for a project, the same for the same build, settings and seed.

    Args:
        build: the project.
        settings: how many, and the seed.
        excluded: modules and names (without class) of functions that other code holds too.
        reversed_fixes: real fixes of the project, taken back.
    """
    covered, called = _test_files_by_line(build), _lines_of_calls(build)
    lines = {path: covered[path].keys() & called[path] for path in sorted(build.sources)}
    tests = Counter(test.split("::")[0] for test in build.coverage)
    called_functions = {(call.path, call.function) for call in build.calls}

    def spread(mutations: Iterable[Mutation], most: int) -> list[Candidate]:
        found = []
        for mutation in mutations:
            files = sorted(set().union(*(covered[mutation.path].get(line, ()) for line in mutation.lines)))
            known = (mutation.path, mutation.function.rpartition(".")[2]) in excluded
            seen = lines[mutation.path].intersection(mutation.lines)
            if seen and not known and sum(tests[file] for file in files) <= settings.most_tests:
                found.append(_candidate(build, mutation, tuple(files)))
        return spread_kinds(unique_ids(found), called_functions, most, settings.seed)

    proposed = spread(
        _single_bugs(build, lines, settings), settings.candidates_per_project.get(build.environment.split, 0)
    )
    for mode, most in sorted(settings.modes.items()):
        proposed += spread(_bugs_of(mode, build, lines, settings, reversed_fixes), most)
    return unique_ids(proposed)


def _single_bugs(
    build: EnvironmentBuild, lines: Mapping[str, Set[int]], settings: InjectionSettings
) -> Iterator[Mutation]:
    used: Counter[str] = Counter()
    for path, allowed in lines.items():
        text = build.sources[path]
        yield from inject_bugs(text, path, allowed, settings.seed, settings.per_function, used)


def _bugs_of(
    mode: Mode,
    build: EnvironmentBuild,
    lines: Mapping[str, Set[int]],
    settings: InjectionSettings,
    reversed_fixes: Iterable[Mutation],
) -> Iterator[Mutation]:
    if mode == "reversed_fix":
        yield from reversed_fixes
    for path, allowed in lines.items():
        text = build.sources[path]
        if mode == "combined":
            yield from combine_bugs(text, path, allowed, settings.seed, settings.per_function)
        elif mode == "removed_function":
            yield from remove_functions(text, path, allowed)


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
