"""Writes an instance down: tests cut out, patches, issue and base commit; pure functions."""

from typing import Any

from repodojo.environments.build_records import EnvironmentBuild
from repodojo.environments.git_objects import Blob, Tree, commit_hash
from repodojo.errors import BuildError
from repodojo.instances.candidates import Candidate
from repodojo.instances.issue_text import Symptom, find_leaks, names_function, names_module, write_issue
from repodojo.instances.proof import Proof, Rejected
from repodojo.instances.splitting import cut_functions, functions_of, make_patch
from repodojo.types import Instance


def assemble_instance(
    candidate: Candidate, build: EnvironmentBuild, tree: Tree, symptom: Symptom, proof: Proof
) -> Instance:
    """Return the instance of a proven candidate.

    Its base tree is the pristine ``tree`` with the bug and without the test functions that show it; both
    patches, applied to it, give the pristine tree byte for byte.

    Raises:
        Rejected: the issue would leak, or the failing tests cannot be cut out.
    """
    mutation = candidate.mutation
    text = write_issue(symptom)
    if leaks := find_leaks(text, mutation.path, mutation.lines, proof.fail_to_pass):
        raise Rejected(f"issue_leaks: {', '.join(leaks)}")
    whole, cut = _split_tests(tree, proof)
    pristine = build.sources[mutation.path]
    base = {**cut, mutation.path: mutation.apply(pristine)}
    changed = {path: Blob(tree[path].mode, content.encode()) for path, content in base.items()}
    return Instance(
        instance_id=candidate.candidate_id,
        repo=build.environment.repo,
        version=build.environment.version,
        base_commit=commit_hash({**tree, **changed}),
        problem_statement=text,
        patch=make_patch({mutation.path: base[mutation.path]}, {mutation.path: pristine}),
        test_patch=make_patch(cut, whole),
        FAIL_TO_PASS=proof.fail_to_pass,
        PASS_TO_PASS=proof.pass_to_pass,
        environment=build.environment.name,
        test_files=candidate.test_files,
        split=candidate.split,
        metadata=_metadata(candidate, symptom, text),
    )


def _split_tests(tree: Tree, proof: Proof) -> tuple[dict[str, str], dict[str, str]]:
    """Return the test files that hold failing tests, whole and with these cut out."""
    try:
        tests = functions_of(proof.fail_to_pass)
        whole = {file: tree[file].content.decode() for file in tests}
        return whole, {file: cut_functions(whole[file], names) for file, names in tests.items()}
    except (BuildError, UnicodeDecodeError) as error:
        raise Rejected(f"tests_not_separable: {error}") from error


def _metadata(candidate: Candidate, symptom: Symptom, text: str) -> dict[str, Any]:
    mutation = candidate.mutation
    return {
        "kind": mutation.kind,
        "path": mutation.path,
        "function": mutation.function,
        "lines": list(mutation.lines),
        "old": mutation.old,
        "new": mutation.new,
        "names_function": names_function(text, mutation.function),
        "names_module": names_module(symptom, mutation.path),
    }
