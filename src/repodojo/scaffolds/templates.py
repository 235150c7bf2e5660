"""The prompts of a scaffold: Jinja files in which an unknown name is an error, known by a digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError

from repodojo.errors import InputError

# Prompts are plain text: HTML escapes would corrupt the code in them.
_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701


@dataclass(frozen=True)
class Templates:
    """Prompts by name and the digest of their text."""

    texts: Mapping[str, str]
    digest: str

    @cached_property
    def by_name(self) -> Mapping[str, Template]:
        """The compiled prompts."""
        return {name: _ENVIRONMENT.from_string(text) for name, text in self.texts.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the compiled prompts out, which cannot be sent to another process."""
        return type(self), (dict(self.texts), self.digest)

    def render(self, name: str, **values: object) -> str:
        """Fill in a prompt."""
        return self.by_name[name].render(values)


def load_templates(folder: Path, examples: Mapping[str, Mapping[str, object]]) -> Templates:
    """Read ``<name>.jinja`` from a folder for every name of ``examples``, which holds what each may use.

    Raises:
        InputError: a file is missing, is not valid Jinja, or uses a name that it is not given.
    """
    digest = hashlib.sha256()
    texts: dict[str, str] = {}
    for name, values in examples.items():
        path = folder / f"{name}.jinja"
        try:
            text = path.read_text(encoding="utf-8")
            _ENVIRONMENT.from_string(text).render(values)
        except OSError as error:
            raise InputError(f"prompt {path}: cannot be read ({error.strerror})") from error
        except TemplateError as error:
            known = ", ".join(values) or "nothing"
            raise InputError(f"prompt {path}: {error}; it may use: {known}") from error
        texts[name] = text
        digest.update(f"{name}\0{text}\0".encode())
    return Templates(texts, digest.hexdigest()[:16])
