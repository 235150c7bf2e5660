"""Watches a project while its tests run: which lines each test executes, and calls worth repeating."""

import inspect
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from .literals import Arguments, read_arguments, render_call

_CALLS_PER_FUNCTION = 60
_ATTEMPTS_PER_FUNCTION = 400
_OBJECTS_KEPT = 300
_SHOWN_BY = {"__str__": "str", "__repr__": "repr", "__len__": "len", "__bool__": "bool"}
Tracer = Callable[[FrameType, str, Any], Any]


class LineTracer:
    """Notes the lines of the project's own modules that run; `lines` may be replaced between two uses."""

    def __init__(self, is_watched: Callable[[str], bool]) -> None:
        self.lines: dict[str, set[int]] = defaultdict(set)
        self._is_watched = is_watched
        self._watched: dict[str, bool] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Tracer | None:
        """Follow a new frame where it belongs to the project."""
        file = frame.f_code.co_filename
        watched = self._watched.get(file)
        if watched is None:
            watched = self._watched[file] = self._is_watched(file)
        if not watched:
            return None
        self.entered(frame)
        add = self.lines[file].add

        def follow(frame: FrameType, event: str, argument: Any) -> Tracer:
            if event == "line":
                add(frame.f_lineno)
            return follow

        return follow

    def entered(self, frame: FrameType) -> None:
        """Take note of a call; nothing here."""


class CallRecorder(LineTracer):
    """Notes also the arguments of calls, and which literals objects were made from."""

    def __init__(self, is_watched: Callable[[str], bool]) -> None:
        super().__init__(is_watched)
        self._calls: dict[CodeType, dict[tuple[Any, ...], None]] = defaultdict(dict)
        self._attempts: dict[CodeType, int] = defaultdict(int)
        self._made: deque[tuple[Any, CodeType, Arguments]] = deque(maxlen=_OBJECTS_KEPT)

    def entered(self, frame: FrameType) -> None:
        """Note a call that could be repeated."""
        code = frame.f_code
        if code.co_name.startswith("<") or "<locals>" in code.co_qualname:
            return
        if code.co_name == "__init__" and code.co_argcount:
            self._note_construction(frame, code)
        if self._attempts[code] >= _ATTEMPTS_PER_FUNCTION or len(self._calls[code]) >= _CALLS_PER_FUNCTION:
            return
        self._attempts[code] += 1
        arguments = read_arguments(frame)
        if arguments is None:
            return
        maker = None
        if "." in code.co_qualname and code.co_argcount:
            receiver = frame.f_locals.get(code.co_varnames[0])
            maker = next(((type(o), c, a) for o, c, a in self._made if o is receiver), None)
            arguments = (("self", "self"), *arguments[1:])
        self._calls[code].setdefault((maker, arguments))

    def _note_construction(self, frame: FrameType, code: CodeType) -> None:
        receiver = frame.f_locals.get(code.co_varnames[0])
        arguments = read_arguments(frame)
        if arguments is not None and not any(made is receiver for made, _, _ in self._made):
            self._made.appendleft((receiver, code, arguments))

    def calls(self, is_public_module: Callable[[ModuleType], bool]) -> Iterator[dict[str, str]]:
        """Yield each call as an import and an expression, with the place of the function called."""
        names = public_names(is_public_module)
        for code, variants in self._calls.items():
            for maker, arguments in variants:
                expression = _expression(code, maker, arguments, names)
                if expression is not None:
                    module, name, text = expression
                    yield {
                        "module": module,
                        "name": name,
                        "expression": text,
                        "path": code.co_filename,
                        "function": code.co_qualname,
                    }


Names = dict[int, tuple[str, str, Any]]
"""By the identity of a function's code or of a class: module, name, object."""


def public_names(is_public_module: Callable[[ModuleType], bool]) -> Names:
    """Find the shortest public import of each function and class."""
    found: Names = {}
    modules = [(name, module) for name, module in sys.modules.items() if is_public_module(module)]
    for name, module in sorted(modules, key=lambda item: (item[0].count("."), len(item[0]), item[0])):
        if any(part.startswith("_") for part in name.split(".")):
            continue
        for attribute, value in list(vars(module).items()):
            if attribute.startswith("_") or not _is_own(value, name):
                continue
            target = inspect.unwrap(value) if callable(value) and not isinstance(value, type) else value
            if isinstance(target, FunctionType):
                found.setdefault(id(target.__code__), (name, attribute, target))
            elif isinstance(value, type):
                found.setdefault(id(value), (name, attribute, value))
    return found


def _is_own(value: Any, module: str) -> bool:
    """Whether a value comes from the package that a module belongs to."""
    return str(getattr(value, "__module__", None) or "").split(".")[0] == module.split(".", maxsplit=1)[0]


def _expression(
    code: CodeType, maker: Any, arguments: Arguments, names: Names
) -> tuple[str, str, str] | None:
    if id(code) in names:
        module, name, function = names[id(code)]
        if function.__code__ is not code:
            return None
        text = render_call(function, code, arguments, 0)
        return None if text is None else (module, name, f"{name}({text})")
    if maker is not None:
        return _method_expression(code, maker, arguments, names)
    return _class_method_expression(code, arguments, names)


def _method_expression(
    code: CodeType, maker: Any, arguments: Arguments, names: Names
) -> tuple[str, str, str] | None:
    """Render ``Class(...).method(...)``, ``Class(...).property`` or ``str(Class(...))``."""
    kind, init_code, init_arguments = maker
    if id(kind) not in names:
        return None
    module, name, _ = names[id(kind)]
    made = (
        render_call(kind.__init__, init_code, init_arguments, 1)
        if _is_plain(kind.__init__, init_code)
        else None
    )
    if made is None:
        return None
    receiver = f"{name}({made})"
    member = inspect.getattr_static(kind, code.co_name, None)
    if isinstance(member, property):
        return module, name, f"{receiver}.{code.co_name}"
    if code.co_name in _SHOWN_BY:
        return module, name, f"{_SHOWN_BY[code.co_name]}({receiver})"
    if code.co_name.startswith("_") or not _is_plain(member, code):
        return None
    text = render_call(inspect.unwrap(member), code, arguments, 1)
    return None if text is None else (module, name, f"{receiver}.{code.co_name}({text})")


def _class_method_expression(
    code: CodeType, arguments: Arguments, names: Names
) -> tuple[str, str, str] | None:
    """Render ``Class.method(...)`` of a class or static method."""
    if code.co_name.startswith("_") or code.co_qualname.count(".") != 1:
        return None
    owner = code.co_qualname.split(".")[0]
    for module, name, value in names.values():
        if isinstance(value, type) and value.__name__ == owner:
            member = vars(value).get(code.co_name)
            if isinstance(member, classmethod | staticmethod) and _is_plain(member.__func__, code):
                skip = 1 if isinstance(member, classmethod) else 0
                if not skip:
                    return None
                text = render_call(inspect.unwrap(member.__func__), code, arguments, skip)
                return None if text is None else (module, name, f"{name}.{code.co_name}({text})")
    return None


def _is_plain(member: Any, code: CodeType) -> bool:
    """Whether a class's member is the function that ran (perhaps decorated)."""
    target = inspect.unwrap(member) if callable(member) else None
    return isinstance(target, FunctionType) and target.__code__ is code
