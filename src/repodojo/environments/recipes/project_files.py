"""Reads pyproject.toml, setup.cfg, setup.py and Pipfile; pure functions over their text.

Of setup.py only literals count: it is a program, and programs of a repository run nowhere but in a sandbox.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from configparser import ConfigParser
from dataclasses import dataclass, field, replace
from typing import Any

from repodojo.environments.recipes.poetry import poetry_lines, poetry_version

_CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)$")
_TEST_NAME = re.compile(r"test|dev|^ci$|^all$|check|qa")
LEGACY_BACKEND = "setuptools.build_meta:__legacy__"


@dataclass(frozen=True)
class ProjectFile:
    """What one file, or all of them together, say; empty where they say nothing."""

    name: str = ""
    requires_python: str = ""
    pythons: tuple[str, ...] = ()
    """Minor versions of the classifiers, such as ``3.8``."""
    build_backend: str = ""
    backend_path: tuple[str, ...] = ()
    build_requires: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Requirements for tests, by where they stand."""
    extras: tuple[str, ...] = ()
    """Names of extras that look as if tests needed them."""
    optional: tuple[str, ...] = ()
    """Requirements of every extra."""


def merge(parts: Iterable[ProjectFile]) -> ProjectFile:
    """Return what the files say together; the first that says something counts."""
    merged = ProjectFile()
    for part in parts:
        values = {
            name: getattr(merged, name) or getattr(part, name)
            for name in ProjectFile.__dataclass_fields__
            if name not in ("groups", "extras")
        }
        extras = tuple(sorted({*merged.extras, *part.extras}))
        merged = replace(merged, **values, groups={**part.groups, **merged.groups}, extras=extras)
    return merged


def is_test_group(name: str) -> bool:
    """Whether an extra or a group is one that tests may need, by its name."""
    return _TEST_NAME.search(name.lower()) is not None


def read_pyproject(text: str) -> ProjectFile:
    """Read pyproject.toml: the standard tables, and those of Poetry, PDM, uv, Flit and Hatch."""
    data = tomllib.loads(text)
    project, tool, build = data.get("project", {}), data.get("tool", {}), data.get("build-system", {})
    poetry, flit = tool.get("poetry", {}), tool.get("flit", {}).get("metadata", {})
    groups = {
        **_groups("dependency-groups", _dependency_groups(data.get("dependency-groups", {}))),
        **_groups("tool.pdm.dev-dependencies", tool.get("pdm", {}).get("dev-dependencies", {})),
        **_poetry_groups(poetry),
        **_groups("optional-dependencies", project.get("optional-dependencies", {})),
        **_groups("flit.requires-extra", flit.get("requires-extra", {})),
        **_hatch_groups(tool.get("hatch", {}).get("envs", {})),
    }
    if dev := tool.get("uv", {}).get("dev-dependencies"):
        groups["tool.uv.dev-dependencies"] = tuple(dev)
    poetry_python = poetry.get("dependencies", {}).get("python", "")
    classifiers = [
        *project.get("classifiers", ()),
        *poetry.get("classifiers", ()),
        *flit.get("classifiers", ()),
    ]
    extras = {
        *project.get("optional-dependencies", {}),
        *poetry.get("extras", {}),
        *flit.get("requires-extra", {}),
    }
    return ProjectFile(
        name=project.get("name") or poetry.get("name") or flit.get("dist-name") or flit.get("module") or "",
        requires_python=project.get("requires-python")
        or (poetry_version(poetry_python) if isinstance(poetry_python, str) else "")
        or flit.get("requires-python", ""),
        pythons=_classified(classifiers),
        build_backend=build.get("build-backend") or (LEGACY_BACKEND if build else ""),
        backend_path=tuple(build.get("backend-path", ())),
        build_requires=tuple(build.get("requires", ())),
        dependencies=tuple(project.get("dependencies", ()))
        or tuple(flit.get("requires", ()))
        or poetry_lines(poetry.get("dependencies", {})),
        groups=groups,
        extras=tuple(sorted(filter(is_test_group, extras))),
        optional=_all_lines(project.get("optional-dependencies", {})),
    )


def read_setup_cfg(text: str) -> ProjectFile:
    """Read setup.cfg."""
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)

    def lines(section: str, option: str) -> tuple[str, ...]:
        value = parser.get(section, option, fallback="")
        return tuple(line.strip() for line in value.replace(";\n", "\n").splitlines() if line.strip())

    extras = "options.extras_require"
    names = parser.options(extras) if parser.has_section(extras) else []
    groups = {f"setup.cfg {extras}: {name}": lines(extras, name) for name in names if is_test_group(name)}
    if tests := lines("options", "tests_require"):
        groups["setup.cfg tests_require"] = tests
    return ProjectFile(
        name=parser.get("metadata", "name", fallback=""),
        requires_python=parser.get("options", "python_requires", fallback=""),
        pythons=_classified(lines("metadata", "classifiers") or lines("metadata", "classifier")),
        dependencies=lines("options", "install_requires"),
        groups=groups,
        extras=tuple(filter(is_test_group, names)),
        optional=_all_lines({name: lines(extras, name) for name in names}),
    )


def read_setup_py(text: str) -> ProjectFile:
    """Read the literal arguments of ``setup(...)``, and literals that names at the top stand for."""
    module = ast.parse(text)
    names = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call) and _is_setup(node))
    arguments = {word.arg: word.value for call in calls for word in call.keywords if word.arg}

    def value(name: str) -> Any:
        return _literal(arguments.get(name), names)

    extras = value("extras_require")
    extras = extras if isinstance(extras, dict) else {}
    groups = {
        f"setup.py extras_require: {name}": _lines(part)
        for name, part in extras.items()
        if is_test_group(str(name))
    }
    if tests := _lines(value("tests_require")):
        groups["setup.py tests_require"] = tests
    return ProjectFile(
        name=_string(value("name")),
        requires_python=_string(value("python_requires")),
        pythons=_classified(_lines(value("classifiers"))),
        dependencies=_lines(value("install_requires")),
        groups=groups,
        extras=tuple(str(name) for name in extras if is_test_group(str(name))),
        optional=_all_lines({name: _lines(part) for name, part in extras.items()}),
    )


def read_pipfile(text: str) -> ProjectFile:
    """Read the development packages of a Pipfile."""
    dev = poetry_lines(tomllib.loads(text).get("dev-packages", {}))
    return ProjectFile(groups={"Pipfile dev-packages": dev} if dev else {})


def _is_setup(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name == "setup"


def _literal(node: ast.expr | None, names: Mapping[str, ast.expr]) -> Any:
    """Return the value of a literal, or of a name for one; None where it takes a program to know."""
    if isinstance(node, ast.Name):
        node = names.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _literal(node.left, names), _literal(node.right, names)
        return [*left, *right] if isinstance(left, list) and isinstance(right, list) else None
    if isinstance(node, ast.Dict):
        keys = [_literal(key, names) for key in node.keys]
        return dict(zip(map(str, keys), (_literal(part, names) for part in node.values), strict=True))
    try:
        return ast.literal_eval(node) if node is not None else None
    except (ValueError, TypeError):
        return None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    return (
        tuple(item for item in value if isinstance(item, str))
        if isinstance(value, list | tuple | set)
        else ()
    )


def _all_lines(groups: Mapping[str, Sequence[Any]]) -> tuple[str, ...]:
    return tuple(line for lines in groups.values() for line in lines if isinstance(line, str))


def _classified(classifiers: Iterable[str]) -> tuple[str, ...]:
    found = (_CLASSIFIER.search(line.strip()) for line in classifiers)
    return tuple(sorted({match[1] for match in found if match}))


def _groups(where: str, groups: Mapping[str, Sequence[Any]]) -> dict[str, tuple[str, ...]]:
    return {
        f"{where}: {name}": tuple(line for line in lines if isinstance(line, str))
        for name, lines in groups.items()
        if is_test_group(name)
    }


def _dependency_groups(groups: Mapping[str, Sequence[Any]], depth: int = 5) -> dict[str, list[str]]:
    """Return the groups with those that they include (PEP 735) in their place."""

    def flatten(name: str, left: int) -> list[str]:
        found = []
        for item in groups.get(name, ()):
            if isinstance(item, str):
                found.append(item)
            elif left and isinstance(item, dict) and "include-group" in item:
                found += flatten(item["include-group"], left - 1)
        return found

    return {name: flatten(name, depth) for name in groups}


def _poetry_groups(poetry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    groups = {
        f"tool.poetry.group: {name}": poetry_lines(part.get("dependencies", {}))
        for name, part in poetry.get("group", {}).items()
        if is_test_group(name)
    }
    dev = poetry_lines(poetry.get("dev-dependencies", {}))
    return {**groups, **({"tool.poetry.dev-dependencies": dev} if dev else {})}


def _hatch_groups(envs: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {
        f"tool.hatch.envs: {name}": tuple([*env.get("dependencies", ()), *env.get("extra-dependencies", ())])
        for name, env in envs.items()
        if isinstance(env, dict) and (is_test_group(name) or name == "default")
    }
