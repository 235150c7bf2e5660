"""What is trained on: trajectories as a policy without native tool calls would have lived them."""

from functools import cache
from pathlib import Path

from repodojo.scaffolds.templates import Templates, load_templates
from repodojo.scaffolds.tools.conversion import as_text, render_functions
from repodojo.types import Message, Trajectory


def trained_messages(trajectory: Trajectory) -> tuple[Message, ...]:
    """Return a trajectory's messages, native calls as text with the shipped description of the tools.

    SWE-Gym trains on its teachers' native calls in this form (``swegym/convert_data.ipynb`` of OpenHands).
    """
    if not trajectory.tools:
        return trajectory.messages
    return as_text(trajectory.messages, render_functions(trajectory.tools, _templates()))


@cache
def _templates() -> Templates:
    return load_templates(Path(__file__).parent, {"functions": {"functions": []}})
