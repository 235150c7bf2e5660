import random
import re
import subprocess
from pathlib import Path

import pytest

from repodojo.base_model.corpus import Writer, write_documents
from repodojo.base_model.edits import find_edits
from repodojo.base_model.functions import Function, find_functions, read_modules, split_modules

LINES = (
    "def clamp(value, low=0, high=10):",
    '    """Keep a value and its bounds."""',
    "    if value < low and not value > high:",
    "        return max(low, high)",
    "    return value + 1",
)
FUNCTION = Function("m.py", "clamp", len(LINES), LINES, frozenset({1}))


@pytest.fixture(scope="module")
def functions() -> list[Function]:
    return find_functions(read_modules(), max_lines=20)


def test_the_corpus_repeats_word_for_word(functions: list[Function]) -> None:
    first, second = (list(write_documents(functions, 50, 3, 1100)) for _ in range(2))
    assert first == second
    assert list(write_documents(functions, 50, 4, 1100)) != first


def test_documents_respect_their_bound(functions: list[Function]) -> None:
    assert all(len(d.prompt) + len(d.completion) <= 600 for d in write_documents(functions, 200, 0, 600))


def test_held_out_modules_share_no_function_file_with_training(functions: list[Function]) -> None:
    training, held_out = split_modules(functions, 20, 0)
    assert len({f.module for f in held_out}) == 20
    assert not {f.module for f in training} & {f.module for f in held_out}


def test_docstrings_are_never_edited() -> None:
    writer = Writer([FUNCTION], random.Random(0), 2000)
    documents = [d for d in (writer.repair() for _ in range(200)) if d]
    assert documents
    assert all("Keep a value and its bounds." in d.prompt for d in documents)


def test_edits_change_the_line_that_they_name() -> None:
    edits = find_edits(list(LINES), random.Random(0))
    assert {edit.old for edit in edits} >= {"<", ">", "and", "not ", "max", "+", "0", "10", "1"}
    for edit in edits:
        assert LINES[edit.line][edit.column :].startswith(edit.old)
        assert edit.apply(LINES[edit.line]) != LINES[edit.line]


def test_the_command_of_a_repair_document_undoes_its_edit(tmp_path: Path) -> None:
    """Real sed restores the original function from the text that the document shows."""
    writer = Writer([FUNCTION], random.Random(1), 2000)
    for document in [d for d in (writer.repair() for _ in range(60)) if d][:30]:
        shown = re.findall(r"^ *(\d+)(?:[:\t-]|\| | )(.*)$", document.prompt, re.MULTILINE)
        rows = [(int(n), text) for n, text in shown if text.strip()][-len(LINES) :]
        match = re.fullmatch(r"sed -i '(\d+)(s/.*/)' (\S+)", document.completion)
        assert match
        number = int(match.group(1)) - rows[0][0] + 1
        target = tmp_path / "shown.txt"
        target.write_text("".join(text + "\n" for _, text in rows))
        subprocess.run(["sed", "-i", f"{number}{match.group(2)}", str(target)], check=True)
        assert [line.strip() for line in target.read_text().splitlines()] == [line.strip() for line in LINES]
