"""The prompts of a scaffold: Jinja files in which an unknown name is an error, known by a digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from repodojo.errors import InputError


@dataclass(frozen=True)
class Templates:
    """Compiled prompts by name and the digest of their text."""

    by_name: Mapping[str, Template]
    digest: str

    def render(self, name: str, **values: object) -> str:
        """Fill in a prompt."""
        return self.by_name[name].render(values)


def load_templates(folder: Path, examples: Mapping[str, Mapping[str, object]]) -> Templates:
    """Read ``<name>.jinja`` from a folder for every name of ``examples``, which holds what each may use.

    Raises:
        InputError: a file is missing, is not valid Jinja, or uses a name that it is not given.
    """
    # Prompts are plain text: HTML escapes would corrupt the code in them.
    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
    digest = hashlib.sha256()
    templates = {}
    for name, values in examples.items():
        path = folder / f"{name}.jinja"
        try:
            text = path.read_text(encoding="utf-8")
            templates[name] = environment.from_string(text)
            templates[name].render(values)
        except OSError as error:
            raise InputError(f"prompt {path}: cannot be read ({error.strerror})") from error
        except TemplateError as error:
            known = ", ".join(values) or "nothing"
            raise InputError(f"prompt {path}: {error}; it may use: {known}") from error
        digest.update(f"{name}\0{text}\0".encode())
    return Templates(templates, digest.hexdigest()[:16])
