import random

from tests.base_model.test_corpus import FUNCTION, LINES

from repodojo.base_model.conversations import Conversations
from repodojo.base_model.draws import Shares


def test_the_last_command_of_a_session_undoes_its_edit_and_no_other_is_taught() -> None:
    writer = Conversations([FUNCTION], random.Random(2), 2000)
    for session in (writer.session() for _ in range(50)):
        name, path, *tries, repair, judged = session
        assert "clamp" in name.completion
        assert path.completion in path.prompt
        assert all(not document.taught for document in tries)
        assert repair.taught
        assert repair.completion.endswith(f" {path.completion}")
        assert repair.completion not in [document.completion for document in tries]
        assert judged.completion in ("YES", "NO")


def test_variants_are_different_edits_of_lines_that_are_shown() -> None:
    writer = Conversations([FUNCTION], random.Random(3), 2000)
    for variants in (writer.variants() for _ in range(50)):
        said = "\n".join(document.completion for document in variants).split("\n")
        pairs = list(zip(said[::2], said[1::2], strict=True))
        assert len(set(pairs)) == len(pairs) >= 2
        for before, after in pairs:
            assert before in LINES
            assert before in variants[0].prompt
            assert after != before


def test_the_answers_of_a_dressed_conversation_are_wrapped_in_one_way() -> None:
    writer = Conversations([FUNCTION], random.Random(4), 2000, Shares(rewrites=1.0, dressed=1.0))
    several = 0
    for session in (writer.session() for _ in range(50)):
        tries = [document.completion.split("\n") for document in session if not document.taught]
        openings = [rows[: next(n for n, row in enumerate(rows) if row in LINES)] for rows in tries]
        several += len(openings) > 1
        assert all(opening == openings[0] for opening in openings)
        assert not session[0].prompt.endswith("what is called?")
        assert "clamp" in session[0].completion
    assert several > 5
