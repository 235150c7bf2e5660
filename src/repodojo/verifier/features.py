"""What can be said about an attempt without a verifier: a record for each, for baselines and for fits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import log1p

from repodojo.metrics.patch_size import edited_files, edited_lines
from repodojo.rollouts.stuck import repeats_action
from repodojo.scaffolds.bash_only.scaffold import SUBMIT_MARKER
from repodojo.types import SCHEMA_VERSION, Instance, Outcome, Split, Trajectory, Verdict
from repodojo.verifier.agreement import agreement


@dataclass(frozen=True)
class AttemptFeatures:
    """One attempt: who made it, what became of it, its verifier score and its plain features."""

    rollout_id: str
    policy: str
    instance_id: str
    repo: str
    split: Split
    attempt: int
    outcome: Outcome
    score: float | None
    """The verifier's; None where it has none."""
    agreement: float
    """Share of the policy's other attempts at the instance that made the same change."""
    regression: float | None
    """Share of PASS_TO_PASS tests that pass with the patch; None where they were not run."""
    plain: Mapping[str, float] = field(default_factory=dict)
    """Values of `PLAIN`."""
    schema_version: int = SCHEMA_VERSION

    @property
    def resolved(self) -> bool:
        """Whether the attempt resolves its instance."""
        return self.outcome == "resolved"


def last_command_passed(trajectory: Trajectory) -> bool:
    """Whether the last command before the submission ended with exit code 0; without one, no."""
    codes = [
        t.exit_code for t in trajectory.turns if t.command is not None and SUBMIT_MARKER not in t.command
    ]
    return bool(codes) and codes[-1] == 0


PLAIN: Mapping[str, Callable[[Trajectory], float]] = {
    "turns": lambda each: len(each.turns),
    "log_characters": lambda each: log1p(sum(len(message.content) for message in each.messages)),
    "submitted": lambda each: float(each.exit_status == "Submitted"),
    "last_command_passed": lambda each: float(last_command_passed(each)),
    "malformed_share": lambda each: sum(t.command is None for t in each.turns) / max(1, len(each.turns)),
    "failed_share": lambda each: sum(t.exit_code != 0 for t in each.turns) / max(1, len(each.turns)),
    "stuck": lambda each: float(repeats_action([turn.command for turn in each.turns])),
    "empty_patch": lambda each: float(not each.model_patch),
    "log_changed_lines": lambda each: log1p(edited_lines(each.model_patch)),
    "files": lambda each: edited_files(each.model_patch),
}
"""The plain features, by name."""


def attempt_features(
    trajectories: Mapping[str, Trajectory],
    verdicts: Mapping[str, Verdict],
    scores: Mapping[str, float | None],
    instances: Mapping[str, Instance],
) -> list[AttemptFeatures]:
    """Describe one policy's attempts; all but ``instances`` (by instance_id) are by rollout_id.

    An attempt without a verdict is not measured.
    """
    agreed = agreement(trajectories.values())
    return [
        AttemptFeatures(
            rollout_id=key,
            policy=each.policy,
            instance_id=each.instance_id,
            repo=instances[each.instance_id].repo,
            split=instances[each.instance_id].split,
            attempt=each.attempt,
            outcome=verdicts[key].outcome if key in verdicts else "not_measured",
            score=scores.get(key),
            agreement=agreed[key],
            regression=regression_share(verdicts.get(key), instances[each.instance_id]),
            plain={name: float(feature(each)) for name, feature in PLAIN.items()},
        )
        for key, each in sorted(trajectories.items())
    ]


def regression_share(verdict: Verdict | None, instance: Instance) -> float | None:
    """Return the share of PASS_TO_PASS tests that the patched repository passes; None where none was run.

    They pass before the repair, too, so whoever has the repository can run them; what FAIL_TO_PASS tests say
    is never looked at.
    """
    if verdict is None or verdict.cause != "tests" or not instance.PASS_TO_PASS:
        return None
    broken = set(verdict.failed_tests) & set(instance.PASS_TO_PASS)
    return 1.0 - len(broken) / len(set(instance.PASS_TO_PASS))
