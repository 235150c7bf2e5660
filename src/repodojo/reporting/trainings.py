"""A run's trainings: what became of their rows as a table, and how they went step by step as a figure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from statistics import fmean
from typing import TYPE_CHECKING, Any

from repodojo.reporting.named import Results
from repodojo.reporting.panels import CYCLE, finish, say
from repodojo.reporting.table import Table, ours
from repodojo.reporting.text import NOT_GIVEN, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 60
"""Of a line; each is the mean of the steps about it, for single steps hide the course."""

COUNTED = {
    "rows": "rows",
    "over_long": "over-long",
    "cut": "cut",
    "dropped": "dropped",
    "split_into": "pieces of split ones",
    "without_loss": "without loss",
    "trained": "trained on",
    "masked_turns": "turns without loss",
    "tokens": "tokens",
    "learned_tokens": "of them with loss",
}
"""What became of the rows, and the heads of its columns."""

Steps = Sequence[Mapping[str, Any]]


def trainings_table(results: Results) -> Table:
    """Return what each training was made of and how it ended."""
    rows = [
        (name, *(found["rows"].get(key, NOT_GIVEN) for key in COUNTED), *_outcome(found["steps"]))
        for name, found in results["trainings"].items()
    ]
    columns = ("training", *COUNTED.values(), "steps", "first loss", "last loss", "tokens/s", "memory, GiB")
    note = "Losses are means of the first and of the last tenth of the steps; tokens are those of one epoch."
    return Table(
        "trainings", "What was trained on, and how it went", columns, ours(*rows), ("trainings",), note
    )


def _outcome(steps: Steps) -> tuple[int | str, ...]:
    """Return the number of steps, first and last loss, speed and the most memory, as text."""
    if not steps:
        return (0, *[NOT_GIVEN] * 4)
    tenth = -(-len(steps) // 10)
    losses = (number(fmean(each["loss"] for each in part), 3) for part in (steps[:tenth], steps[-tenth:]))
    speeds = [each["tokens_per_second"] for each in steps if "tokens_per_second" in each]
    speed = number(fmean(speeds), 0) if speeds else NOT_GIVEN
    return (len(steps), *losses, speed, number(max(each["memory_gib"] for each in steps), 2))


def training_curves(course: "Axes", speed: "Axes", results: Results) -> None:
    """Draw every training: loss and learning rate on the left, tokens a second and memory on the right."""
    trainings = {name: found["steps"] for name, found in results["trainings"].items() if found["steps"]}
    rate, memory = course.twinx(), speed.twinx()
    for (name, steps), colour in zip(trainings.items(), cycle(CYCLE)):
        _line(course, steps, "loss", color=colour, label=name)
        _line(rate, steps, "learning_rate", color=colour, linestyle=":")
        _line(speed, steps, "tokens_per_second", color=colour, label=name + _utilisation(steps))
        _line(memory, steps, "memory_gib", color=colour, linestyle=":")
    for panel in (course, speed, memory):
        panel.set_ylim(bottom=0)
    rate.set_ylabel("learning rate (dotted)")
    memory.set_ylabel("memory, GiB (dotted)")
    finish(course, "% of the steps", "loss")
    finish(speed, "% of the steps", "tokens a second")
    if not trainings:
        say(course, "no training of this run logged its steps")


def _line(panel: "Axes", steps: Steps, key: str, **style: Any) -> None:
    points = list(_means([(each["step"], each[key]) for each in steps if key in each]))
    last = steps[-1]["step"]
    panel.plot([100 * step / last for step, _ in points], [value for _, value in points], **style)


def _means(values: Sequence[tuple[int, float]]) -> Iterator[tuple[float, float]]:
    """Yield step and value of at most `POINTS` equal parts."""
    width = -(-len(values) // POINTS) or 1
    for start in range(0, len(values), width):
        part = values[start : start + width]
        yield fmean(step for step, _ in part), fmean(value for _, value in part)


def _utilisation(steps: Steps) -> str:
    """Say the model FLOPs utilisation, of a device whose peak is known."""
    found = [each["mfu"] for each in steps if "mfu" in each]
    return f", MFU {100 * fmean(found):.0f} %" if found else ""
