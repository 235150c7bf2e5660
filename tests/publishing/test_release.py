"""A release on disk: published columns, cards, digests that check, lineage; and it loads back."""

import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

import repodojo.base_model
from repodojo.datasets.folders import FolderOfFilesDataset
from repodojo.environments.projects import Project
from repodojo.publishing.parquet import parquet_bytes, trajectory_schema
from repodojo.publishing.release import folders_of, release_files
from repodojo.publishing.repositories import all_repositories
from repodojo.publishing.rows import trajectory_rows, verifier_row
from repodojo.reporting.summary import Number, Summary
from repodojo.types import Instance, Message, ToolCall, Trajectory, Verdict

PATCH = "diff --git a/m.py b/m.py\n--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n"
PROVENANCE = {
    "datasets": {
        "instances": {"node": "select_instances", "run": "r1", "commit": "abc", "configuration": "c1"}
    },
    "configurations": {"c1": {"parameters": {"env_build": {"seed": 7}}, "inputs": {}}},
}

LOAD = """
import re, sys
from pathlib import Path
from tokenizers import Tokenizer
text = "def f(x):\\n    return  x+1  # 12345, it's\\n<judgement>YES</judgement>"
for folder in sys.argv[1:]:
    example = re.search(r"```python\\n(.*?)```", Path(folder, "README.md").read_text(), re.DOTALL)[1]
    exec(re.sub(r'from_pretrained\\("[^"]+"\\)', f"from_pretrained({folder!r})", example))
    trained = Tokenizer.from_file(f"{folder}/tokenizer.json").encode(text, add_special_tokens=False).ids
    ours = tokenizer.encode(text, add_special_tokens=False)
    print(model.config.vocab_size == len(tokenizer), ours == trained)
"""
"""Runs what the card of a model shows."""


def instance(name: str, split: Any) -> Instance:
    return Instance(
        *(name, "o/r", "1", "0", "It | breaks.", PATCH, PATCH, ("t::f",), (), "e", ("t.py",)), split
    )


def attempts(policy: str, name: str) -> tuple[dict[str, Trajectory], dict[str, Verdict]]:
    messages = (Message("user", "issue <b>\ud800"), Message("assistant", "```bash\nls\n```"))
    made = {
        f"{name}.{n}": Trajectory(
            f"{name}.{n}", name, policy, "bash_only", n, 0.5, n, messages, (), patch, "Submitted"
        )
        for n, patch in enumerate((PATCH, "", PATCH))
    }
    graded = {
        f"{name}.0": Verdict(f"{name}.0", name, "resolved", "tests"),
        f"{name}.1": Verdict(f"{name}.1", name, "unresolved", "empty_patch"),
        f"{name}.2": Verdict(f"{name}.2", name, "not_measured", "sandbox"),
    }
    return made, graded


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint as a training leaves it."""
    folder = tmp_path_factory.mktemp("data") / "checkpoint"
    shutil.copytree(Path(repodojo.base_model.__file__).parent / "weights/medium", folder)
    (folder / "training.log").write_text("a path of this machine")
    (folder / "_FINISHED.json").write_text("{}")
    (folder / "training.json").write_text('{"origin": {"base model": "/a/path/of/medium", "epochs": 2}}')
    return folder


@pytest.fixture(scope="module")
def release(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    number = Number(
        label="resolve | rate",
        value=0.25,
        low=0.1,
        high=0.5,
        n=8,
        of="instances",
        unit="share",
        dataset="fine_tuned.metrics",
        command="kedro run",
    )
    summary = Summary(numbers={"fine_tuned.resolve_rate": number}, seconds={}, seeds={}, versions={})
    found: dict[str, Any] = {
        "instances": [instance("a", "train"), instance("b", "held_out")],
        "sft_rows": [{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "v"}]}],
        "verifier_rows": [
            {
                "messages": [
                    {"role": "user", "content": "u"},
                    {"role": "assistant", "content": f"<judgement>{word}"},
                ]
            }
            for word in ("YES</judgement>", "NO</judgement>")
        ],
        "policy_checkpoint": checkpoint,
        "verifier_checkpoint": checkpoint,
        "summary": summary.model_dump(mode="json"),
    }
    for policy in ("teacher", "on_policy", "zero_shot", "control", "fine_tuned"):
        name = "a" if policy in {"teacher", "on_policy"} else "b"
        found[f"{policy}_trajectories"], found[f"{policy}_verdicts"] = attempts(policy, name)
    project = Project(
        name="r", version="1", sha256="0" * 64, licence="MIT", repo="o/r", split="train", tests=("tests",)
    )
    folder = tmp_path_factory.mktemp("data") / "release"
    files = release_files(all_repositories("dojo", found), [project], PROVENANCE, "the licence", "dojo")
    FolderOfFilesDataset(filepath=str(folder)).save(files)
    return folder


def front(folder: Path) -> dict[str, Any]:
    _, text, _ = (folder / "README.md").read_text().split("---\n", maxsplit=2)
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_it_has_the_repositories_that_the_paper_published(release: Path) -> None:
    assert {folder.name: kind for folder, kind in folders_of(release).items()} == {
        **{f"dojo-{name}": "dataset" for name in ("instances", "sampled-trajectories", "sft-trajectories")},
        "dojo-verifier-trajectories": "dataset",
        **{f"dojo-{name}": "model" for name in ("policy", "verifier")},
    }


def test_datasets_load_back_with_the_published_columns(release: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    def load(name: str) -> Any:
        return load_dataset(str(release / f"datasets/dojo-{name}"), cache_dir=str(tmp_path))

    instances = load("instances")
    assert {split: rows["instance_id"][:] for split, rows in instances.items()} == {
        "train": ["a"],
        "held_out": ["b"],
    }
    assert set(instances["train"].column_names) == {
        *("instance_id", "hints_text", "patch", "test_patch", "created_at", "problem_statement", "repo"),
        *("base_commit", "version", "PASS_TO_PASS", "FAIL_TO_PASS"),
    }
    assert instances["train"][0]["PASS_TO_PASS"] == []
    sampled = load("sampled-trajectories")
    assert {split: len(rows) for split, rows in sampled.items()} == {"train.raw": 6, "held_out.raw": 9}
    assert sampled["train.raw"]["resolved"][:3] == [True, False, None]
    row = sampled["held_out.raw"][1]
    assert list(row) == ["instance_id", "run_id", "resolved", "messages", "tools", "test_result"]
    assert row["instance_id"] == "b_1"
    assert row["test_result"]["report"]["empty_generation"]
    assert row["messages"][0]["content"] == "issue <b>?"
    assert load("sft-trajectories")["train.success.oss"][0]["messages"][1] == {
        "role": "assistant",
        "content": "v",
    }
    verifier = load("verifier-trajectories")["train.mixture"]
    assert verifier.column_names == ["messages", "resolved"]
    assert verifier["resolved"][:] == [True, False]


def test_models_load_back_as_their_cards_show(release: Path) -> None:
    """The card's AutoTokenizer cut text into other tokens than the model was trained on."""
    folders = [str(release / f"models/dojo-{name}") for name in ("policy", "verifier")]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *folders],
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["True True", "True True"], done.stderr
    for folder in folders:
        assert {"training.log", "_FINISHED.json"}.isdisjoint(path.name for path in Path(folder).iterdir())


def test_no_path_of_this_machine_is_published(release: Path) -> None:
    """The card of a training named the folder of its base model."""
    card = json.loads((release / "models/dojo-policy/training.json").read_text())
    assert card == {"origin": {"base model": "medium", "epochs": 2}}


def test_every_file_has_a_digest_that_checks(release: Path) -> None:
    for folder in folders_of(release):
        checked = subprocess.run(
            ["sha256sum", "--check", "--strict", "SHA256SUMS"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout
        listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert there - listed == {"SHA256SUMS"}


def test_cards_say_licence_splits_and_numbers(release: Path) -> None:
    instances = release / "datasets/dojo-instances"
    card = front(instances)
    assert (card["license"], card["license_link"]) == ("other", "NOTICE")
    assert [file["split"] for file in card["configs"][0]["data_files"]] == ["train", "held_out"]
    assert "o/r: r 1, MIT, sdist sha256 000" in (instances / "NOTICE").read_text()
    model = release / "models/dojo-policy"
    assert front(model)["license"] == "apache-2.0"
    assert (
        "| resolve \\| rate | 25.0 % | 10.0 % to 50.0 % | 8 instances |" in (model / "README.md").read_text()
    )
    assert "datasets/dojo-instances" in (release / "README.md").read_text()


def test_lineage_names_run_commit_and_parameters(release: Path) -> None:
    folder = release / "datasets/dojo-instances"
    lineage = json.loads((folder / "lineage.json").read_text())
    assert lineage["instances"]["run"] == "r1"
    assert lineage["instances"]["parameters"] == {"env_build": {"seed": 7}}
    assert "| instances | select_instances | r1 | abc |" in (folder / "README.md").read_text()
    sft = release / "datasets/dojo-sft-trajectories/README.md"
    assert "| sft_rows | not recorded |" in sft.read_text()


def test_an_attempt_without_a_verdict_is_not_measured() -> None:
    made, _ = attempts("teacher", "a")
    rows = list(trajectory_rows(made, {}))
    assert [row["resolved"] for row in rows] == [None] * 3
    assert all(row["test_result"]["report"]["error_eval"] for row in rows)


def test_a_label_is_what_the_answer_says() -> None:
    judged = {
        "messages": [{"role": "user", "content": "<judgement>YES"}, {"role": "assistant", "content": "x"}]
    }
    assert verifier_row(judged)["resolved"] is False


def test_tool_calls_are_published_as_the_hub_has_them() -> None:
    call = ToolCall("c1", "execute_bash", '{"command": "ls"}')
    messages = (Message("assistant", "", (call,)), Message("tool", "m.py", tool_call_id="c1"))
    tool = {"type": "function", "function": {"name": "execute_bash", "parameters": {"type": "object"}}}
    made, _ = attempts("teacher", "a")
    trajectory = replace(made["a.0"], messages=messages, tools=(tool,))
    (row,) = trajectory_rows({"a.0": trajectory}, {})
    assert row["messages"][0]["tool_calls"][0]["function"] == {
        "name": "execute_bash",
        "arguments": '{"command": "ls"}',
    }
    assert row["messages"][1]["tool_call_id"] == "c1"
    assert row["tools"][0]["function"]["parameters"] == '{"type": "object"}'
    (back,) = pq.read_table(io.BytesIO(parquet_bytes([row], trajectory_schema()))).to_pylist()
    assert back == row
