"""Makes a project executable: its files, the packages its tests need, and what the tests do in a sandbox.

Layout under the root: ``<name>/source``, ``<name>/packages`` (a link into ``packages/<digest>``, shared),
``archives/<name>.tar.gz`` (or where the workshop keeps archives).
"""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from repodojo.environments.build_records import BuildReport, EnvironmentBuild, RecordedCall
from repodojo.environments.git_objects import read_tree, tree_hash
from repodojo.environments.layers import environment_sandbox_spec
from repodojo.environments.line_ranges import encode_lines
from repodojo.environments.packages import install_packages
from repodojo.environments.projects import Project, archive_of, check_archive, fetch_sdists, unpack_sdist
from repodojo.environments.sandbox import Sandboxes, SandboxSpec
from repodojo.environments.watch import replay_calls, watch_tests
from repodojo.environments.watched import Watched, split_watched
from repodojo.environments.workshop import Workshop
from repodojo.errors import BuildError
from repodojo.grading.orders import CALM, Disturbance
from repodojo.grading.test_run import run_tests
from repodojo.types import Environment
from repodojo.unfinished import replace_link

BUILDER_VERSION = 4
"""Raised when the same project would give another record."""
_NOT_CODE = frozenset(
    {"tests", "test", "testing", "docs", "doc", "examples", "example", "benchmarks", "setup.py"}
)
_SUITE_S = 120.0


@dataclass(frozen=True)
class BuildSite:
    """Where environments are built."""

    sandboxes: Sandboxes
    root: Path
    """Folder of the environments."""
    archives: Path
    """Folder of the fetched source distributions."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, workshop: Workshop) -> "BuildSite":
        """Return the site of a workshop."""
        archives = workshop.archives or workshop.environments / "archives"
        return cls(workshop.sandboxes, workshop.environments, archives)

    def fetch(self, projects: Sequence[Project]) -> None:
        """Fetch what is missing, once for all threads."""
        with self._lock:
            fetch_sdists(projects, self.archives)


def build_environment(
    project: Project, projects: Sequence[Project], requirements: Sequence[str], site: BuildSite
) -> EnvironmentBuild:
    """Build one environment; the archives of all ``projects`` are fetched together.

    Raises:
        BuildError: the project cannot be fetched or installed, or none of its tests pass each time.
    """
    clock = Clock()
    with clock("fetch"):
        site.fetch(projects)
        check_archive(project, archive_of(project, site.archives))
    with clock("unpack"):
        environment = _prepare(project, requirements, site)
    spec = environment_sandbox_spec(environment, site.root)
    with clock("pristine"):
        stable, quarantined = _pristine_tests(project, spec, site.sandboxes)
    files = code_files(site.root / environment.source)
    with clock("watch"):
        watched = watch_tests(site.sandboxes, spec, project.tests, files, _SUITE_S)
    stable, quarantined = split_watched(stable, quarantined, watched)
    if not stable:
        raise BuildError(f"{project.environment}: no test is the same in two runs; {quarantined[:3]}")
    with clock("replay"):
        calls = replay_calls(site.sandboxes, spec, watched.calls, files)
    return _describe(project, environment, watched, stable, quarantined, calls, clock.seconds, site.root)


def _prepare(project: Project, requirements: Sequence[str], site: BuildSite) -> Environment:
    folder = site.root / project.environment
    unpack_sdist(project.environment, archive_of(project, site.archives), folder / "source")
    packages = install_packages([*requirements, *project.requirements], site.root / "packages")
    _check_no_copy(project, folder / "source", packages)
    replace_link(folder / "packages", Path("..", "packages", packages.name))
    return Environment(
        name=project.environment,
        repo=project.repo,
        version=project.version,
        source=f"{project.environment}/source",
        packages=f"{project.environment}/packages",
        digest=content_digest(folder / "source", packages),
        split=project.split,
        test_files=(),
    )


def content_digest(source: Path, packages: Path) -> str:
    """Return the digest of what sandboxes see of an environment, bytecode left out."""
    hashes = [tree_hash(read_tree(folder)) for folder in (source, packages)]
    return hashlib.sha256(" ".join(hashes).encode()).hexdigest()


def _check_no_copy(project: Project, source: Path, packages: Path) -> None:
    """Refuse packages that bring the project itself along: the unharmed code would lie beside the bug."""
    own = {path.name for folder in (source, source / "src") if folder.is_dir() for path in folder.iterdir()}
    common = sorted(
        name
        for name in own & {path.name for path in packages.iterdir()}
        if name.endswith(".py") or (packages / name / "__init__.py").is_file()
    )
    if common:
        raise BuildError(
            f"{project.environment}: its test packages hold the project's own code: {', '.join(common)}"
        )


def _pristine_tests(
    project: Project, spec: SandboxSpec, sandboxes: Sandboxes
) -> tuple[frozenset[str], tuple[str, ...]]:
    """Run the tests, and again without programs that not every machine has.

    Returns those that pass both times, and the names of the others.
    """
    runs = [
        run_tests(sandboxes, spec, project.tests, _SUITE_S, disturbance=disturbance)
        for disturbance in (CALM, Disturbance(bare=True))
    ]
    for run in runs:
        if not run.trusted:
            raise BuildError(f"{project.environment}: the tests did not run: {run.fault}; {run.log[-500:]}")
    stable, quarantined = split_stable([run.statuses for run in runs])
    if not stable:
        raise BuildError(f"{project.environment}: no test passes twice; {runs[0].log[-500:]}")
    return stable, quarantined


def split_stable(runs: Sequence[Mapping[str, str]]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the tests that pass in every run, and the names of all others."""
    names = frozenset().union(*runs)
    stable = frozenset(name for name in names if all(run.get(name) == "PASSED" for run in runs))
    return stable, tuple(sorted(names - stable))


def code_files(source: Path) -> tuple[str, ...]:
    """List a project's own modules: no tests, no documentation, no set-up."""
    found = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(source)
        is_test = relative.name.startswith(("test_", "conftest")) or relative.name.endswith(
            ("_test.py", "tests.py")
        )
        if not is_test and not _NOT_CODE.intersection(relative.parts):
            found.append(relative.as_posix())
    return tuple(found)


def _describe(  # noqa: PLR0913, PLR0917 - the parts of one record
    project: Project,
    environment: Environment,
    watched: Watched,
    stable: frozenset[str],
    quarantined: tuple[str, ...],
    calls: tuple[RecordedCall, ...],
    seconds: Mapping[str, float],
    root: Path,
) -> EnvironmentBuild:
    coverage = {test: watched.coverage[test] for test in sorted(stable)}
    lines: dict[str, set[int]] = defaultdict(set)
    for by_module in coverage.values():
        for path, found in by_module.items():
            lines[path].update(found)
    test_files = tuple(sorted({test.split("::")[0] for test in stable}))
    report = BuildReport(
        tests=len(stable),
        quarantined=quarantined,
        functions_called=len({(call.path, call.function) for call in calls}),
        calls_seen=len(watched.calls),
        calls_kept=len(calls),
        lines_covered=sum(map(len, lines.values())),
        bytes=sum(len(blob.content) for blob in read_tree(root / environment.source).values()),
        seconds=seconds,
    )
    return EnvironmentBuild(
        environment=Environment(**{**vars(environment), "test_files": test_files}),
        slug=project.slug,
        sources={path: (root / environment.source / path).read_bytes().decode() for path in sorted(lines)},
        coverage={
            test: {path: encode_lines(found) for path, found in by_module.items()}
            for test, by_module in coverage.items()
        },
        calls=calls,
        report=report,
    )


class Clock:
    """Adds up the seconds of phases."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, phase: str) -> Iterator[None]:
        """Time what runs inside."""
        start = time.monotonic()
        yield
        self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - start, 2)
