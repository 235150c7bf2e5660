"""Builds a project's wheel inside a sandbox, through the backend that its pyproject.toml names (PEP 517).

Its orders come in a file; what it leaves is one wheel. Runs on every Python from 3.7.
"""

import importlib
import json
import os
import sys


def main() -> None:
    """Follow the orders."""
    with open(sys.argv[1], encoding="utf-8") as file:
        orders = json.load(file)
    here = os.getcwd()
    sys.path[:0] = [os.path.join(here, part) for part in orders["backend_path"]] + orders["packages"]
    os.environ["PYTHONPATH"] = os.pathsep.join(orders["packages"])
    sys.argv[:] = ["setup.py"]
    module, _, attribute = orders["backend"].partition(":")
    backend = importlib.import_module(module)
    for part in filter(None, attribute.split(".")):
        backend = getattr(backend, part)
    os.makedirs(orders["target"])
    backend.build_wheel(orders["target"], {}, None)


if __name__ == "__main__":
    main()
