from hypothesis import given
from hypothesis import strategies as st

from repodojo.scaffolds.tools.snippets import Span, clip, line_numbers, show, unexpanded

TEXTS = st.text(st.sampled_from("ab \t\n\ré"), max_size=40)


def test_numbers_lines_as_cat_does() -> None:
    assert show("a\n\tb", "x", 9) == (
        "Here's the result of running `cat -n` on x:\n     9\ta\n    10\t        b\n"
    )


def test_lines_of_occurrences() -> None:
    assert line_numbers("a\nb\na\nb\na", "a\nb") == [1, 3]
    assert line_numbers("aaa", "aa") == [1, 1]
    assert line_numbers("a", "b") == []


def test_many_occurrences_in_a_long_file_are_counted_in_one_pass() -> None:
    """Each of them used to count all lines before it."""
    assert line_numbers("a\n" * 500_000, "a")[-2:] == [499_999, 500_000]


def test_only_what_is_too_long_is_clipped() -> None:
    assert clip("x" * 16_000) == "x" * 16_000
    assert clip("x" * 16_001).startswith("x" * 16_000 + "<response clipped>")


@given(TEXTS, st.data())
def test_a_passage_of_the_shown_text_is_found_in_the_text_itself(text: str, data: st.DataObject) -> None:
    shown = text.expandtabs()
    start = data.draw(st.integers(0, len(shown)))
    end = data.draw(st.integers(start, len(shown)))
    found = unexpanded(text, Span(start, end))
    if found is not None:
        assert text[: found.start].expandtabs() == shown[:start]
        assert text[: found.end].expandtabs() == shown[:end]
    else:
        assert "\t" in text


@given(TEXTS)
def test_the_whole_text_is_found(text: str) -> None:
    assert unexpanded(text, Span(0, len(text.expandtabs()))) == (0, len(text))
