"""Whether our tools say what OpenHands' said: recorded trajectories, replayed and compared."""

from repodojo.scaffolds.openhands.conformance.compare import Agreement, compare, measure
from repodojo.scaffolds.openhands.conformance.recorded import Step, read_steps
from repodojo.scaffolds.openhands.conformance.replay import replay

__all__ = ["Agreement", "Step", "compare", "measure", "read_steps", "replay"]
