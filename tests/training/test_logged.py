from pathlib import Path

from repodojo.training.logged import describe_training, logged_steps


def test_steps_made_again_after_a_kill_used_to_be_logged_twice(tmp_path: Path) -> None:
    rows = (
        '{"step": 1, "loss": 3.0}',
        '{"step": 2, "loss": 9.0}',
        '{"step": 2, "loss": 2.0}',
        '{"step": 3, "l',
    )
    (tmp_path / "metrics.jsonl").write_text("\n".join(rows))
    (tmp_path / "training.json").write_text('{"metrics": {"rows": {"cut": 2}}}')
    assert describe_training(tmp_path)["rows"] == {"cut": 2}
    assert logged_steps(tmp_path) == [{"step": 1, "loss": 3.0}, {"step": 2, "loss": 2.0}]


def test_a_checkpoint_without_a_log_has_no_steps(tmp_path: Path) -> None:
    assert describe_training(tmp_path) == {"rows": {}, "steps": []}
