"""The whole of env_build on a project made here, in real sandboxes."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from tests.pipelines.env_build import tiny_sdist as tiny

from repodojo.environments.layers import base_commit_of
from repodojo.environments.namespaces import NamespaceSandboxes
from repodojo.environments.workshop import Workshop
from repodojo.errors import SandboxError
from repodojo.grading.test_run import run_tests
from repodojo.instances.certificate import Certificate
from repodojo.instances.certification import certify_instance, find_leaks
from repodojo.instances.near_duplicates import Comparison
from repodojo.instances.settings import CertificationSettings
from repodojo.instances.sources.row import SourceRow
from repodojo.instances.splitting import make_patch
from repodojo.instances.test_runs import TestRunStore
from repodojo.instances.validation import validate_candidate
from repodojo.pipelines.env_build import nodes
from repodojo.types import from_json, to_json

ISSUE = re.compile(
    r"```python\n(.*?)\n```\n\nIt prints:\n\n```\n(.*?)\n```\n\nIt should print:\n\n```\n(.*?)\n```\n", re.S
)


class CountedSandboxes:
    """A backend that counts its sandboxes."""

    name = base = "counted"

    def __init__(self, inner: NamespaceSandboxes) -> None:
        self.inner = inner
        self.started = 0

    @contextmanager
    def start(self, spec):
        self.started += 1
        with self.inner.start(spec) as sandbox:
            yield sandbox


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Iterator[Workshop]:
    backend = NamespaceSandboxes()
    try:
        backend.check_support()
    except SandboxError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("env_build")
    yield Workshop(CountedSandboxes(backend), root / "environments", root / "layers")
    backend.close()


@pytest.fixture(scope="module")
def settings(workshop):
    made = tiny.tiny_settings(tiny.write_sdist(workshop.environments / "archives" / "tinywords-1.0.tar.gz"))
    tiny.copy_packages(workshop.environments / "packages", made)
    return made


def done(plan):
    return {key: thunk() for key, thunk in plan.thunks.items()}


@pytest.fixture(scope="module")
def builds(settings, workshop):
    return done(nodes.plan_environments(settings, workshop))


@pytest.fixture(scope="module")
def candidates(builds, settings):
    nothing_shared = {name: Comparison(name, 0, 0, ()) for name in builds}
    return nodes.inject_bugs(builds, nothing_shared, [], settings)


@pytest.fixture(scope="module")
def validations(candidates, builds, settings, workshop):
    return done(nodes.plan_validations(candidates, builds, settings, workshop))


@pytest.fixture(scope="module")
def selection(validations, settings):
    return nodes.select_instances(validations, {}, {}, [], settings)


@pytest.fixture(scope="module")
def instances(selection):
    return selection[0]


@pytest.fixture
def base(instances, workshop, tmp_path):
    """The first instance's base tree, as a sandbox shows it."""
    (layer, source) = workshop.spec(instances[0]).layers
    shutil.copytree(source, tmp_path / "base")
    shutil.copytree(layer, tmp_path / "base", dirs_exist_ok=True)
    return tmp_path / "base"


def test_a_build_knows_its_tests_lines_and_calls(builds):
    build = builds["tinywords-1.0"]
    needs_a_program = "tests/test_other.py::test_needs_a_program"
    assert build.report.quarantined == (needs_a_program, "tests/test_words.py::test_never")
    assert build.environment.test_files == ("tests/test_other.py", "tests/test_words.py")
    assert set(build.sources) == {"src/tinywords/__init__.py"}
    assert "tests/test_words.py::TestCounter::test_most" in build.coverage
    shown = {call.expression: call.shown for call in build.calls}
    assert shown["shorten('abcdefghijkl')"] == "'abcdefg...'"
    assert shown["shorten('abc', 2)"] == "ValueError: width is too small"
    assert shown["Counter('b,a', ',').most()"] == "('a', 1)"
    assert {(call.module, call.function) for call in build.calls} == {
        ("tinywords", "shorten"),
        ("tinywords", "initials"),
        ("tinywords", "Counter.most"),
    }


def test_candidates_are_spread_over_kinds(candidates):
    assert len(candidates) == 12
    assert len({candidate.mutation.kind for candidate in candidates}) >= 10


def test_other_makes_of_bugs_are_switched_on_by_parameters(builds, settings, workshop, candidates):
    code = builds["tinywords-1.0"].sources["src/tinywords/__init__.py"]
    faulty = code.replace('part and not part.startswith("(")', "part")
    patch = make_patch({"src/tinywords/__init__.py": faulty}, {"src/tinywords/__init__.py": code})
    row = SourceRow("acme__tinywords-7", "acme/tinywords", "0" * 40, patch, "", "Brackets count.")
    other = replace(row, instance_id="acme__other-1", repo="acme/other")
    stale = patch.replace("-    parts", "-    pieces").replace("+    parts", "+    bits")
    gone = replace(row, instance_id="acme__tinywords-8", patch=stale)
    fixes, rejected = nodes.reverse_fixes([row, other, gone], builds)
    assert [fix.instance_id for fix in fixes] == ["acme__tinywords-7"]
    assert [(row["instance_id"], row["reason"].split(":")[0]) for row in rejected] == [
        ("acme__other-1", "other_repository"),
        ("acme__tinywords-8", "code_has_changed"),
    ]
    modes = {"combined": 3, "removed_function": 1, "reversed_fix": 1}
    wider = settings.model_copy(update={"injection": settings.injection.model_copy(update={"modes": modes})})
    nothing_shared = {name: Comparison(name, 0, 0, ()) for name in builds}
    found = nodes.inject_bugs(builds, nothing_shared, fixes, wider)
    assert found[: len(candidates)] == candidates
    proven = done(nodes.plan_validations(found[len(candidates) :], builds, wider, workshop)).values()
    assert {v.kind for v in proven if v.instance} == modes.keys()


def test_instances_are_chosen_and_the_rest_has_reasons(selection, candidates, builds, validations):
    instances, rejected = selection
    assert 3 <= len(instances) <= 5
    assert len(instances) + len(rejected) == len(candidates)
    assert all(row["reason"] for row in rejected)
    rows, figures = nodes.describe_env_build(instances, rejected, validations, builds)
    assert figures["instances"] == {"train": len(instances)}
    assert rows[-1]["project"] == "tinywords-1.0"


def test_both_patches_on_the_base_give_the_pristine_project(instances, workshop, base):
    instance = instances[0]
    assert base_commit_of(base) == instance.base_commit
    for patch in (instance.patch, instance.test_patch):
        subprocess.run(["git", "apply", "-"], cwd=base, input=patch.encode(), check=True)
    pristine = workshop.environments / instance.environment / "source"
    files = [path.relative_to(pristine) for path in pristine.rglob("*") if path.is_file()]
    assert [file for file in files if (base / file).read_bytes() != (pristine / file).read_bytes()] == []


def test_no_hidden_test_can_be_collected_and_the_kept_ones_pass(instances, workshop):
    for instance in instances:
        run = run_tests(workshop.sandboxes, workshop.spec(instance), instance.test_files, 60)
        functions = {test.split("[")[0] for test in instance.FAIL_TO_PASS}
        assert {test for test in run.statuses if test.split("[")[0] in functions} == set()
        kept = [test for test in instance.PASS_TO_PASS if test.split("[")[0] not in functions]
        assert kept
        assert {run.statuses[test] for test in kept} == {"PASSED"}


def test_the_empty_patch_fails_and_the_gold_patch_resolves(instances, workshop):
    for instance in instances:
        for patches, passing in (((), instance.PASS_TO_PASS), ((instance.patch,), None)):
            files = {f"/tmp/{n}.patch": p.encode() for n, p in enumerate((instance.test_patch, *patches))}
            command = " && ".join(f"git apply {path}" for path in files)
            run = run_tests(
                workshop.sandboxes, workshop.spec(instance), instance.test_files, 60, files, command
            )
            asked = instance.FAIL_TO_PASS + instance.PASS_TO_PASS
            passed = {test for test in asked if run.statuses.get(test) == "PASSED"}
            assert passed == set(asked if passing is None else passing)


def test_the_issue_says_what_happens(instances, workshop):
    for instance in instances:
        snippet, actual, expected = ISSUE.search(instance.problem_statement).groups()
        with workshop.sandboxes.start(workshop.spec(instance)) as sandbox:
            sandbox.write("/tmp/r.py", snippet.encode())
            sandbox.write("/tmp/gold.patch", instance.patch.encode())
            before = sandbox.run("python /tmp/r.py 2>&1 | tail -n 1", 30).text
            after = sandbox.run("git apply /tmp/gold.patch && python /tmp/r.py 2>&1 | tail -n 1", 30).text
        assert (before.rstrip("\n"), after.rstrip("\n")) == (actual, expected)


def test_the_issue_names_no_path_line_or_hidden_test(instances):
    for instance in instances:
        text = instance.problem_statement
        assert instance.metadata["path"] not in text
        assert not re.search(r"\bline \d|\.py\b|/", text)
        assert [test for test in instance.FAIL_TO_PASS if test.split("::")[-1].split("[")[0] in text] == []


def test_the_same_candidate_gives_the_same_instance(
    candidates, validations, builds, settings, workshop, tmp_path
):
    candidate = next(c for c in candidates if validations[c.candidate_id].instance)
    build = builds[candidate.environment]
    again = validate_candidate(
        candidate, build, settings.injection, workshop, TestRunStore(tmp_path, workshop.base)
    )
    assert again.instance == validations[candidate.candidate_id].instance


def test_the_same_tree_and_tests_never_run_twice(candidates, validations, builds, settings, workshop):
    candidate = next(c for c in candidates if validations[c.candidate_id].instance)
    runs = TestRunStore.of(workshop)
    before = workshop.sandboxes.started
    validate_candidate(candidate, builds[candidate.environment], settings.injection, workshop, runs)
    assert workshop.sandboxes.started == before + 2, "only the calls and the issue's snippet are repeated"


def test_a_certificate_tells_what_was_tried(instances, builds, settings, workshop):
    certification = CertificationSettings(per_project=1, repeats=2, mutants=3)
    chosen = settings.model_copy(update={"certification": certification})
    (certificate,) = done(nodes.plan_certificates(instances, builds, chosen, workshop)).values()
    assert (certificate.nop, certificate.oracle) == (("unresolved",) * 2, ("resolved",) * 2)
    assert (certificate.unsteady, certificate.leaks) == ((), ())
    assert len(certificate.forgeries) == 6
    assert set(certificate.forgeries.values()) == {"unresolved"}
    assert certificate.holds
    assert certificate.mutants == 3
    assert certificate.kill_score >= 1 / 3
    assert certificate.environment_digest == builds["tinywords-1.0"].environment.digest
    fixed = {"PYTHONHASHSEED": "0", "TZ": "UTC", "sandboxes": "counted", "order_seed": "0"}
    assert fixed.items() <= certificate.conditions.items()
    assert set(certificate.seconds) == {"repeats", "attacks", "mutants"}
    assert from_json(Certificate, json.loads(json.dumps(to_json(certificate)))) == certificate
    assert done(nodes.plan_certificates(instances, builds, settings, workshop)) == {}


def test_the_certificate_of_a_repair_that_only_adds_a_file_has_no_mutants(instances, workshop):
    """It used to end the run, and with it the certificates of all other instances."""
    header = "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n"
    added = header + "@@ -0,0 +1 @@\n+a = 1\n"
    certificate = certify_instance(
        replace(instances[0], patch=added), "", CertificationSettings(repeats=1), workshop
    )
    assert certificate.unexamined.startswith("the gold patch changes no module in place")
    assert (certificate.forgeries, certificate.mutants, certificate.oracle) == ({}, 0, ("unresolved",))


def test_mutants_are_put_where_functions_change_whichever_module_comes_first(instances, workshop):
    """A version module that a repair changed, too, used to leave it without any."""
    about, few = tiny.ABOUT, CertificationSettings(repeats=1, mutants=2)
    first = make_patch({"src/tinywords/_about.py": about}, {"src/tinywords/_about.py": about + "X = 1\n"})
    both, alone = (
        certify_instance(replace(instances[0], patch=patch), "", few, workshop)
        for patch in (first + instances[0].patch, first)
    )
    assert (both.mutants, both.unexamined, both.oracle) == (2, "", ("resolved",))
    assert (alone.mutants, len(alone.forgeries)) == (0, 6)
    assert alone.unexamined.startswith("no mutants: the gold patch changes nothing in a function")


def test_a_certificate_names_what_leaks(instances, workshop):
    """A repository with more than its one commit, and the hidden tests in place."""
    instance = instances[0]
    with workshop.sandboxes.start(workshop.spec(instance)) as sandbox:
        sandbox.write("/tmp/tests.patch", instance.test_patch.encode())
        sandbox.run("git apply /tmp/tests.patch && git -c user.name=x -c user.email=x commit -qam x", 60)
        sandbox.run("git tag v2 && touch new.orig", 60)
        found = find_leaks(sandbox, instance)
    reasons = {leak.split(":")[0] for leak in found}
    assert {"history", "refs", "dirty", "files", "hidden_test"} <= reasons
