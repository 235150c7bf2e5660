"""Tables of a run that the paper has no counterpart of, or only in parts."""

from repodojo.reporting.named import POLICIES, Results
from repodojo.reporting.table import Table, ours
from repodojo.reporting.text import NOT_GIVEN, counted, difference, number, percent, with_interval


def instance_funnel(results: Results) -> Table:
    """Return what became of the bugs proposed for each project."""
    rows = [
        (
            *("all projects" if row["project"] == "all" else row["project"], row["proposed"], row["proven"]),
            *(row["selected"], percent(row["yield"])),
            counted(row["reasons"]),
        )
        for row in results["instance_funnel"]
        if row["kind"] == "all"
    ]
    columns = ("project", "bugs proposed", "proven by its tests", "instances", "yield %", "rejected, and why")
    note = "Each rejected bug stands in rejected_candidates."
    title = "From injected bugs to instances"
    return Table("funnel", title, columns, ours(*rows), ("instance_funnel",), note)


def clone_funnel(results: Results) -> Table:
    """Return what became of the changes found in each git clone."""
    rows = [
        (
            *(
                "all clones" if row["repo"] == "all" else row["repo"],
                row["found"],
                row["found"] - row["tried"],
            ),
            *(row["tried"], f"{row['environments_built']} of {row['environments']}"),
            *(row["valid"], percent(row["yield"], why="none was tried")),
            *(number(row["bytes"] / 1e6), number((row["environment_s"] + row["validation_s"]) / 60)),
            counted(row["reasons"]),
        )
        for row in results["clone_funnel"]
    ]
    columns = (
        *("clone", "changes found", "filtered", "tried", "environments built", "valid", "yield %"),
        *("MB", "minutes", "rejected, and why"),
    )
    note = "Each rejected change stands in rejected_candidates. REPODOJO_CLONES names a folder of git clones."
    return Table("clones", "From git clones to instances", columns, ours(*rows), ("clone_funnel",), note)


def curation_steps(results: Results) -> Table:
    """Return what each step of curation removed."""
    report = results["curation_report"]
    rows = [
        (
            step["name"],
            step["before"],
            step["after"],
            counted(step["removed"]),
        )
        for step in report["steps"]
    ]
    rows.append(
        ("control, unresolved", report["asked"], report["control"], f"{report['control_matched']} matched")
    )
    return Table(
        "curation",
        "How the training set was chosen",
        ("step", "before", "after", "removed, and why"),
        ours(*rows),
        ("curation_report",),
        "The paper's counts by repository are its Table 7, its caps Table 4.",
    )


def bug_kinds(results: Results) -> Table:
    """Return instances and the teacher's resolve rate by kind of bug."""
    counts, rates = results["instance_statistics"]["kinds"], results["sampling_statistics"]["by_kind"]
    rows = [
        (
            *(kind.replace("_", " "), split_counts.get("train", 0), split_counts.get("held_out", 0)),
            *((rates[kind]["attempts"], with_interval(rates[kind])) if kind in rates else (0, NOT_GIVEN)),
        )
        for kind, split_counts in counts.items()
    ]
    columns = (
        "kind of bug",
        "training instances",
        "held-out instances",
        "teacher's attempts",
        "resolved % [95 %]",
    )
    datasets = ("instance_statistics", "sampling_statistics")
    return Table("kinds", "Injected bugs, and what the teacher resolves", columns, ours(*rows), datasets)


def held_out_projects(results: Results) -> Table:
    """Return policies and curves for each held-out project."""
    curves, k = results["scaling_curves"], results["scaling_curves"]["max_k"]
    gains = {name: results[f"fine_tuned_minus_{name}"] for name in ("zero_shot", "control")}
    rows = []
    for repo in ("overall", *curves["projects"]):
        scaling = curves["overall"] if repo == "overall" else curves["projects"][repo]
        policies = [results[f"{policy}_metrics"] for policy in POLICIES]
        metrics = [
            found["overall"] if repo == "overall" else found["projects"].get(repo) for found in policies
        ]
        rows.append(
            (
                *("all held-out projects" if repo == "overall" else repo, scaling["instances"]),
                *(NOT_GIVEN if found is None else with_interval(found["greedy"]) for found in metrics),
                *(difference(gain[repo]["greedy"]) if repo in gain else NOT_GIVEN for gain in gains.values()),
                *(with_interval(scaling[f"{name}_at_k"][str(k)]) for name in ("random", "pass", "best")),
                *(difference(scaling[f"best_minus_{name}"]) for name in ("greedy", "random")),
            )
        )
    columns = (
        *("project", "n", "zero-shot", "control", "fine-tuned", "minus zero-shot", "minus control"),
        *(f"random@{k}", f"pass@{k}", f"best@{k}", "minus greedy", f"minus random@{k}"),
    )
    datasets = (*(f"{policy}.metrics" for policy in POLICIES), *(f"fine_tuned_minus_{g}" for g in gains))
    note = (
        "Per cent and points, 95 % intervals; policies by their greedy attempt, curves of the fine-tuned one."
    )
    title = "Held-out projects, one by one"
    return Table("projects", title, columns, ours(*rows), (*datasets, "scaling_curves"), note)
