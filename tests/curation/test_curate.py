"""All steps in a row, and the report of what each removed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from repodojo.curation.curate import count_by_repository, curate
from repodojo.curation.report import CurationReport
from repodojo.curation.settings import CurationSettings
from repodojo.errors import InputError
from repodojo.types import Instance, Trajectory, Verdict, from_json, to_json

Build = Callable[..., Trajectory]


def verdict(trajectory: Trajectory, outcome: str) -> tuple[str, Verdict]:
    return trajectory.rollout_id, Verdict(trajectory.rollout_id, trajectory.instance_id, outcome, "tests")


@pytest.fixture
def graded(trajectory: Build) -> tuple[list[Trajectory], dict[str, Verdict]]:
    """Attempts 0-2 of ``a`` resolve (two alike), 3 does not; ``b`` resolves once; ``c`` never."""
    rows = [
        (trajectory("a", 0, text="x", turns=3), "resolved"),
        (trajectory("a", 1, text="x", turns=3), "resolved"),
        (trajectory("a", 2, turns=2), "resolved"),
        (trajectory("a", 3), "unresolved"),
        (trajectory("b", 0), "resolved"),
        (trajectory("b", 1), "unresolved"),
        (trajectory("c", 0, text="y"), "unresolved"),
        (trajectory("c", 1, text="y"), "unresolved"),
        (trajectory("c", 2), "unresolved"),
        (trajectory("c", 3), "not_measured"),
    ]
    return [each for each, _ in rows], dict(verdict(*row) for row in rows)


@pytest.fixture
def instances(instance: Callable[..., Instance]) -> list[Instance]:
    return [instance("a", "o/One"), instance("b", "o/two"), instance("c", "o/two")]


@pytest.mark.parametrize(
    "rules",
    [
        {"dedup": "none"},
        {"per_instance": 1},
        {"dedup": "one_per_instance", "fraction": 0.5, "fraction_by": "repository"},
        {"drop_flagged": ("no_verification",), "near_duplicates": 0.5, "decontaminate": 0.5},
    ],
)
def test_counts_by_repository_are_those_of_what_is_chosen(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance], rules: dict[str, Any]
) -> None:
    settings = CurationSettings(**rules)
    report = curate(*graded, instances, settings).report
    chosen = {repo: row["chosen"] for repo, row in report.repos.items() if row["chosen"]}
    assert count_by_repository(*graded, instances, {"point": settings}) == {"point": chosen}


def test_every_removal_has_a_step_and_a_reason(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    result = curate(*graded, instances, CurationSettings(per_instance=1))
    assert [each.rollout_id for each in result.chosen] == ["a.2", "b.0"]
    assert [(step.name, step.before, step.after, step.removed) for step in result.report.steps] == [
        ("success", 10, 4, {"unresolved": 5, "not_measured": 1}),
        ("identical", 4, 3, {"same_messages": 1}),
        ("cap", 3, 2, {"over_the_cap": 1}),
    ]
    assert (result.report.asked, result.report.instances_asked) == (10, 3)
    assert result.report.repos == {
        "o/One": {"resolved": 3, "chosen": 1, "control": 1},
        "o/two": {"resolved": 1, "chosen": 1, "control": 1},
    }


def test_the_control_is_as_large_unresolved_and_measured(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    trajectories, verdicts = graded
    result = curate(trajectories, verdicts, instances, CurationSettings())
    assert len(result.chosen) == 3
    assert [each.rollout_id for each in result.control][:2] == ["a.3", "b.1"]
    assert all(verdicts[each.rollout_id].outcome == "unresolved" for each in result.control)
    assert (result.report.control, result.report.control_matched) == (3, 2)


def test_a_control_that_cannot_be_as_large_says_so(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    trajectories, verdicts = graded
    few = [each for each in trajectories if each.rollout_id not in {"c.0", "c.1", "c.2"}]
    report = curate(few, verdicts, instances, CurationSettings(dedup="none")).report
    assert (report.chosen, report.control) == (4, 2)


@pytest.mark.parametrize(
    ("settings", "steps", "chosen"),
    [
        ({"dedup": "none"}, ["success"], 4),
        ({"dedup": "one_per_instance"}, ["success", "identical", "one_per_instance"], 2),
        ({"fraction": 0.67, "fraction_by": "random"}, ["success", "identical", "subset"], 2),
        ({"fraction": 0.4, "fraction_by": "repository"}, ["success", "identical", "subset"], 1),
    ],
)
def test_only_the_rules_in_force_make_a_step(
    graded: tuple[list[Trajectory], dict[str, Verdict]],
    instances: list[Instance],
    settings: dict[str, object],
    steps: list[str],
    chosen: int,
) -> None:
    result = curate(*graded, instances, CurationSettings.model_validate(settings))
    assert [step.name for step in result.report.steps] == steps
    assert len(result.chosen) == result.report.chosen == chosen
    for earlier, later in zip(result.report.steps, result.report.steps[1:], strict=False):
        assert earlier.after == later.before


def test_nothing_resolved_gives_empty_sets(trajectory: Build, instances: list[Instance]) -> None:
    result = curate([trajectory("a")], {}, instances, CurationSettings())
    assert (result.chosen, result.control, result.report.chosen) == ([], [], 0)


def test_held_out_and_unknown_instances_are_refused(
    trajectory: Build, instance: Callable[..., Instance]
) -> None:
    with pytest.raises(InputError, match=r"h\.0: expected an instance of split 'train', found 'held_out'"):
        curate([trajectory("h")], {}, [instance("h", split="held_out")], CurationSettings())
    with pytest.raises(InputError, match=r"x\.0: instance_id is not among the 1 instances given"):
        curate([trajectory("x")], {}, [instance("h")], CurationSettings())


def test_the_report_survives_json(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    report = curate(*graded, instances, CurationSettings(per_instance=2)).report
    assert from_json(CurationReport, to_json(report)) == report


def test_every_removal_and_every_flag_is_noted(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    trajectories, verdicts = graded
    late = [
        replace(each, exit_status="LimitsExceeded") if each.rollout_id == "b.0" else each
        for each in trajectories
    ]
    kept = curate(late, verdicts, instances, CurationSettings(per_instance=1))
    assert sum(note.removed for note in kept.notes) == kept.report.asked - kept.report.chosen
    assert [
        (note.rollout_id, note.reason, note.detail) for note in kept.notes if note.reason == "lucky_pass"
    ] == [("b.0", "lucky_pass", "the patch was never handed in: LimitsExceeded")]
    assert kept.report.flags["lucky_pass"] == {"resolved": 1, "chosen": 1}
    dropped = curate(late, verdicts, instances, CurationSettings(drop_flagged=("loop", "lucky_pass")))
    assert [step.removed for step in dropped.report.steps if step.name == "quality"] == [
        {"loop": 2, "lucky_pass": 1}
    ]
    assert dropped.report.flags["lucky_pass"] == {"resolved": 1, "chosen": 0}


def test_a_difficulty_band_counts_measured_attempts_of_every_outcome(
    graded: tuple[list[Trajectory], dict[str, Verdict]], instances: list[Instance]
) -> None:
    result = curate(*graded, instances, CurationSettings(solve_rates=(0.0, 0.6)))
    (note,) = [note for note in result.notes if note.step == "difficulty" and note.rollout_id == "a.0"]
    assert (note.reason, note.detail) == ("too_easy", "0.75 of measured attempts resolved, band 0 to 0.6")
    assert {each.instance_id for each in result.chosen} == {"b"}


def test_training_and_control_leave_out_what_a_held_out_instance_holds_too(
    graded: tuple[list[Trajectory], dict[str, Verdict]],
    instances: list[Instance],
    instance: Callable[..., Instance],
) -> None:
    issue = "Splitting an empty line gives a list with one empty string and not an empty list as documented"
    known = [
        replace(each, problem_statement=issue) if each.instance_id == "a" else each for each in instances
    ]
    known.append(replace(instance("h", split="held_out"), problem_statement=f"Title\n{issue.upper()}"))
    result = curate(*graded, known, CurationSettings(decontaminate=0.5))
    assert {each.instance_id for each in (*result.chosen, *result.control)} == {"b"}
    (detail,) = {note.detail for note in result.notes if note.reason == "contaminated"}
    assert detail == "1.00 of its problem_statement stands in h"


def test_a_band_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 0 <= low <= high <= 1, found \[0.9, 0.1\]"):
        CurationSettings(solve_rates=(0.9, 0.1))
