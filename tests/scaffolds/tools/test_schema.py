import json
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.scaffolds import openhands
from repodojo.scaffolds.openhands.scaffold import CONTRACT
from repodojo.scaffolds.tools.schema import load_tools, properties, required

SHIPPED = Path(openhands.__file__).parent / "tools.json"


def test_the_shipped_tools_are_those_of_the_contract() -> None:
    functions, digest = load_tools(SHIPPED, CONTRACT)
    assert [tool["name"] for tool in functions] == ["execute_bash", "finish", "str_replace_editor"]
    assert required(functions[2]) == ["command", "path"]
    assert properties(functions[1]) == {}
    assert len(digest) == 16


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tools: tools[:2], "expected the functions and parameters"),
        (lambda tools: [*tools, {"name": "browse", "description": "d"}], "found .*browse"),
        (lambda tools: [{**tools[0], "description": None}, *tools[1:]], "expected the functions"),
        (lambda tools: [{"name": "execute_bash"}, *tools[1:]], "KeyError"),
        (lambda _: {"name": 1}, "expected a JSON array of functions"),
    ],
)
def test_other_tools_are_refused(tmp_path: Path, change, told: str) -> None:
    path = tmp_path / "tools.json"
    path.write_text(json.dumps(change(json.loads(SHIPPED.read_text()))))
    with pytest.raises(InputError, match=told):
        load_tools(path, CONTRACT)


def test_a_file_that_is_not_there_or_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tools\.json: cannot be read"):
        load_tools(tmp_path / "tools.json", CONTRACT)
    (tmp_path / "tools.json").write_text("[")
    with pytest.raises(InputError, match=r"tools\.json: expected a JSON array"):
        load_tools(tmp_path / "tools.json", CONTRACT)
