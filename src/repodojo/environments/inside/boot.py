"""The first lines of a container's process 1, passed as text: takes its program from its owner and runs it.

The owner sends a length in ten digits and a JSON object: modules by name, each as its source and as bytecode
in base64, the magic number of that bytecode, and the plan. Bytecode of another Python is not used.
"""

import binascii
import importlib.machinery
import importlib.util
import json
import marshal
import os
import sys
from typing import Any


def _take(size: int) -> bytes:
    data = b""
    while len(data) < size:
        block = os.read(0, size - len(data))
        if not block:
            os._exit(0)
        data += block
    return data


class _Modules:
    """Imports modules that were sent; what has no code is a package."""

    def __init__(self, sources: dict[str, str], bytecode: dict[str, str]) -> None:
        self._sources = sources
        self._bytecode = bytecode

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name not in self._sources:
            return None
        is_package = any(other.startswith(f"{name}.") for other in self._sources)
        return importlib.machinery.ModuleSpec(name, self, is_package=is_package)  # type: ignore[arg-type]

    def create_module(self, _: object) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        name = module.__name__
        compiled = self._bytecode.get(name)
        code = (
            marshal.loads(binascii.a2b_base64(compiled))  # noqa: S302 - from the owner, as the sources are
            if compiled is not None
            else compile(self._sources[name], name, "exec")
        )
        exec(code, module.__dict__)  # noqa: S102


def main() -> None:
    """Receive the program and run it."""
    orders = json.loads(_take(int(_take(10))))
    is_ours = orders["magic"] == importlib.util.MAGIC_NUMBER.hex()
    sys.meta_path.insert(0, _Modules(orders["sources"], orders["bytecode"] if is_ours else {}))
    from repodojo.environments.inside.container import serve

    serve(orders["plan"])


if __name__ == "__main__":
    main()
