"""What a checkpoint's card says that it learned from, and the refusal to evaluate it on that."""

import json
from pathlib import Path

import pytest

from repodojo.errors import InputError
from repodojo.training.trained_on import refuse_trained_on, trained_on
from repodojo.types import Instance


def instance(name: str) -> Instance:
    return Instance(*(name, "o/r", "1", "0", "", "", "", ("t",), (), "e", ("t.py",)))


def test_evaluating_on_what_was_trained_on_is_refused(tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text(json.dumps({"instances": ["b", "a", "c", "d"]}))
    assert trained_on(tmp_path) == {"a", "b", "c", "d"}
    refuse_trained_on([instance("x")], tmp_path)
    with pytest.raises(
        InputError, match=r"found 1 of 2 in it \(b; see 'instances' in training\.json\); leave"
    ):
        refuse_trained_on([instance("x"), instance("b")], tmp_path)
    with pytest.raises(InputError, match=r"found 4 of 4 in it \(a, b, c, \.\.\.;"):
        refuse_trained_on(map(instance, "abcd"), tmp_path)


@pytest.mark.parametrize("card", [None, "", "{}", "[]", '{"instances": "a"}'])
def test_without_a_record_nothing_is_known(card: str | None, tmp_path: Path) -> None:
    if card is not None:
        (tmp_path / "training.json").write_text(card)
    assert trained_on(tmp_path) is None
    refuse_trained_on([instance("a")], tmp_path)
