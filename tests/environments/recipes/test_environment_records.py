"""Which failures of environments say nothing of their repositories."""

import pytest

from repodojo.environments.recipes.environment_records import Attempt, CloneEnvironment, summarise
from repodojo.environments.recipes.uv import run_uv
from repodojo.errors import BuildError


def environment(stage: str, reason: str, **more) -> CloneEnvironment:
    return CloneEnvironment(
        "o__r-1", "o/r", "1.0", "2024-01-01", (Attempt("3.11", "x", stage, reason),), **more
    )


@pytest.mark.parametrize(
    ("stage", "reason", "unreached", "lacking"),
    [
        ("resolve", "network: no_versions: Connection refused", True, False),
        ("tests", "sandbox: the engine is gone", True, False),
        ("build", "does_not_build: sandbox of the project: no", False, False),
        ("system", "no_system_package: libfoo", False, True),
    ],
)
def test_what_this_machine_failed_at_is_told_from_what_a_repository_did(stage, reason, unreached, lacking):
    failed = environment(stage, reason)
    assert (failed.unreached, failed.lacks_packages) == (unreached, lacking)
    assert summarise(failed) == {"built": 0, "infrastructure_failures": int(unreached)}
    works = environment(stage, reason, recipe={"repo": "o/r"})
    assert not works.unreached
    assert not works.lacks_packages


def test_an_index_that_is_not_reached_is_no_fault_of_what_was_asked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    index = ("--default-index", "http://127.0.0.1:9/simple", "--no-config")
    for name in ("UV_FIND_LINKS", "UV_EXTRA_INDEX_URL", "UV_INDEX", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "r.in").write_text("some-package-of-nobody")
    with pytest.raises(BuildError, match=r"^network: no_versions: "):
        run_uv(["pip", "compile", "--quiet", *index, str(tmp_path / "r.in")], "no_versions")
