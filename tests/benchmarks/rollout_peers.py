"""Script: what a turn and a rollout cost in mini-swe-agent's batch runner, as a line of JSON.

It runs in a Python of its own, which ``REPODOJO_PEERS_PYTHON`` names (see ``sandbox_peers.py``). Commands run
as the argument says: ``local``, in plain shells without any sandbox, or ``bubblewrap``.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from minisweagent.models.test_models import DeterministicModel, make_output
from minisweagent.run.benchmarks import swebench
from rollout_meter import LAST, ROLLOUTS, Meter

METERS: list[Meter] = []


class SlowModel(DeterministicModel):
    """Answers as the meter says."""

    def __init__(self, **settings: Any) -> None:
        """Let the first rollout start the meter: what comes before it is loading."""
        super().__init__(outputs=[], **settings)
        METERS or METERS.append(Meter())

    def query(self, messages: list[dict[str, str]], **_: Any) -> dict[str, Any]:
        """Return the next command."""
        self.current_index += 1
        command = METERS[0].answer(self.current_index)
        return make_output(f"```bash\n{command}\n```", [{"command": command}], cost=0.0)


def measure(environment: str, folder: Path) -> dict[str, float]:
    """Run the batch runner, by its own default configuration, on rows of a folder."""
    rows = [
        {"instance_id": f"o__tools-{number}", "problem_statement": "A value is wrong."}
        for number in range(ROLLOUTS)
    ]
    (folder / "rows").mkdir()
    (folder / "rows/train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    swebench.main(
        subset=str(folder / "rows"),
        split="train",
        slice_spec="",
        filter_spec="",
        shuffle=False,
        output=str(folder / "out"),
        workers=ROLLOUTS,
        model="slow",
        model_class="rollout_peers.SlowModel",
        redo_existing=False,
        config_spec=[str(swebench.DEFAULT_CONFIG_FILE), f"environment.cwd={folder}"],
        environment_class=environment,
    )
    found = [json.loads(path.read_text()) for path in (folder / "out").glob("*/*.traj.json")]
    calls = [one["info"]["model_stats"]["api_calls"] for one in found]
    assert calls == [LAST + 1] * ROLLOUTS, calls
    return METERS[0].result()


if __name__ == "__main__":
    sys.modules["rollout_peers"] = sys.modules["__main__"]
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(sys.argv[1], Path(folder))
    sys.stdout.write("\n" + json.dumps(figures) + "\n")
