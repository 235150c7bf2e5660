"""``python -m repodojo`` and the ``repodojo`` command: what ``kedro run`` does, for an installed package."""

import sys
from pathlib import Path


def main() -> None:
    """Run the project's ``kedro run`` with the arguments of the command line."""
    from kedro.framework.cli.utils import find_run_command  # noqa: PLC0415
    from kedro.framework.project import configure_project  # noqa: PLC0415

    package = Path(__file__).parent.name
    configure_project(package)
    find_run_command(package)(args=sys.argv[1:], standalone_mode=True)


if __name__ == "__main__":
    main()
