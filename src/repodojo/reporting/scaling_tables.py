"""Tables of inference-time scaling: curves over k, stopping early, and what attempts cost."""

from typing import Any

from repodojo.reporting.named import Results
from repodojo.reporting.published import Cell
from repodojo.reporting.table import Table, ours
from repodojo.reporting.text import (
    NOT_GIVEN,
    digits_of,
    number,
    number_with_interval,
    percent,
    undefined,
    why,
    with_interval,
)

AXES = {
    "prompt_tokens": "prompt tokens",
    "completion_tokens": "completion tokens",
    "seconds": "seconds",
    "money": "money",
}


def curves_over_k(results: Results) -> Table:
    """Return pass@k, best@k and random@k for each k."""
    overall = results["scaling_curves"]["overall"]
    names = ("pass_at_k", "best_at_k", "random_at_k")
    rows: list[tuple[Cell, ...]] = []
    for k in sorted(overall["pass_at_k"], key=int):
        simulated = overall["paper_smoothed"].get(k)
        means = (percent(simulated[name]) if simulated else NOT_GIVEN for name in ("pass_mean", "best_mean"))
        rows.append((int(k), *(with_interval(overall[name][k]) for name in names), *means))
    columns = (
        *("k", "pass@k % [95 %]", "best@k % [95 %]", "random@k % [95 %]"),
        *("pass@k, simulated", "best@k, simulated"),
    )
    note = "Exact expectations over all subsets of k attempts. Simulated: the paper's smoothed estimator."
    return Table("scaling", "Curves over k", columns, ours(*rows), ("scaling_curves",), note)


def adaptive_attempts(results: Results) -> Table:
    """Return what stopping at a sure attempt resolves and saves, whether it reaches the aim or not."""
    found = results["adaptive_attempts"]
    k, at_most, threshold = found["k"], found["at_most"], found["rule"]["threshold"]
    picked = results["scaling_curves"]["overall"]["best_at_k"]
    rule = "until one is sure, and none is" if threshold is None else f"until a score of {threshold:.3f}"
    best = with_interval(picked[str(k)]) if str(k) in picked else NOT_GIVEN
    cells = (with_interval(found[key]) for key in ("attempts_share", "resolve_rate", "gap_closed"))
    never = (with_interval(found["never_sure"][key]) for key in ("resolve_rate", "gap_closed"))
    share = percent(at_most / k if k else None, why=found["reason"])
    rows = (
        (f"{rule}, at most {at_most}", number_with_interval(found["mean_attempts"]), *cells),
        (f"always {at_most}", at_most, share, *never),
        ("all", k, percent(1.0), best, with_interval(found["gap_closed_by_all"])),
    )
    columns = (
        *("attempts are made", "mean attempts", "of the attempts %", "resolved % [95 %]"),
        "gap closed % [95 %]",
    )
    sources = ("adaptive_attempts", "scaling_curves", "verifier_comparison")
    note = f"{_aim(found)} {_fitted(results['verifier_comparison']['fits'])}"
    return Table("adaptive", "Stopping early", columns, ours(*rows), sources, note)


def _aim(found: dict[str, Any]) -> str:
    """Say what stopping early aims at, and whether it gets there."""
    gap, share = (percent(found["aim"][key], 0) for key in ("gap_closed", "attempts_share"))
    reached = {True: "reached", False: "not reached", None: undefined(found["reason"])}
    return (
        f"The aim, at least {gap} % of the gap from one attempt to the oracle at no more than {share} % of "
        f"the attempts, is {reached[found['reaches_aim']]}."
    )


def _fitted(fits: dict[str, Any]) -> str:
    """Say what the rule was fitted on, and whether the verifier had learned from it."""
    saw = "learned from too" if fits["verifier_saw_them"] else "never saw"
    return (
        f"Score and most attempts are fitted to attempts at instances of {len(fits['repos'])} training "
        f"projects, which the verifier {saw}."
    )


def costs(results: Results) -> Table:
    """Return what attempts cost on every axis: a cost of k attempts is k times that of one."""
    found = results["attempt_costs"]
    k = max(found["of_k"], key=int)
    rows: list[tuple[Cell, ...]] = []
    for axis, words in AXES.items():
        if axis in found["per_attempt"]:
            one, of_k = found["per_attempt"][axis], found["of_k"][k][axis]
            total = number(of_k, digits_of(of_k), why=why(one))
            rows.append((words, number_with_interval(one), total))
        else:
            rows.append((words, undefined(found["undefined"][axis]), NOT_GIVEN))
    columns = ("axis", "of one attempt [95 %]", f"of {k} attempts")
    note = f"Means over {number(found['attempts'])} held-out attempts; scoring them is not in it."
    return Table("costs", "What attempts cost", columns, ours(*rows), ("attempt_costs",), note)
