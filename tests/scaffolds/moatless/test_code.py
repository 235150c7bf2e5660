"""Spans, index and context: what a policy is shown of a repository."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.scaffolds.moatless.context import FileContext, choose, numbered, tokens_of
from repodojo.scaffolds.moatless.index import CodeIndex, Place, Query, is_test, merge, tokenise
from repodojo.scaffolds.moatless.spans import find_span, split_spans

SHOP = '''"""A shop."""
import math

TAX = 0.19


def total(prices):
    return sum(prices)


@cached
class Basket:
    """Holds items."""

    limit = 3

    def add_item(self, item):
        self.items.append(item)

    async def drop(self, item):
        self.items.remove(item)


RATES = {}


def total(prices, tax):
    return sum(prices) * (1 + tax)
'''
FILES = {
    "shop/basket.py": SHOP,
    "shop/mail.py": "def send_receipt(address):\n    smtp.send(address, 'your receipt')\n",
    "tests/test_basket.py": "def test_total():\n    assert total([1]) == 1\n",
    "broken.py": "def (:\n",
}


def test_spans() -> None:
    spans = split_spans(SHOP)
    assert [(s.span_id, s.start, s.end) for s in spans] == [
        ("imports", 1, 6),
        ("total", 7, 10),
        ("Basket", 11, 16),
        ("Basket.add_item", 17, 19),
        ("Basket.drop", 20, 23),
        ("impl:24", 24, 26),
        ("total_2", 27, 29),
    ]
    basket = find_span(spans, "Basket")
    assert basket is not None
    assert basket.whole_end == 21
    assert find_span(spans, "nobody") is None


@pytest.mark.parametrize("text", ["", "def (:", "x = '\0'", "\n\n", "# only a remark\n"])
def test_odd_files_are_one_span(text: str) -> None:
    (span,) = split_spans(text)
    assert (span.start, span.end) == (1, text.count("\n") + 1)


STATEMENTS = st.lists(
    st.sampled_from(
        [
            "import a\n",
            "x = 1\n",
            "\n",
            "def f():\n    return 1\n",
            "class C:\n    y = 2\n\n    def g(self):\n        pass\n",
            "@d\ndef h(): pass\n",
        ]
    )
).map("".join)


@given(STATEMENTS)
def test_every_line_is_in_exactly_one_span(text: str) -> None:
    spans = split_spans(text)
    lines = [line for span in spans for line in range(span.start, span.end + 1)]
    assert lines == list(range(1, text.count("\n") + 2))
    assert len({span.span_id for span in spans}) == len(spans)


INDEX = CodeIndex(FILES)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        (Query(words="send the receipt by mail"), Place("shop/mail.py", "send_receipt")),
        (Query(class_names=("Basket",)), Place("shop/basket.py", "Basket")),
        (Query(function_names=("add_item",)), Place("shop/basket.py", "Basket.add_item")),
        (Query(function_names=("drop",), class_names=("Basket",)), Place("shop/basket.py", "Basket.drop")),
        (Query(snippet="smtp.send(address"), Place("shop/mail.py", "send_receipt")),
        (Query(words="receipt", file_pattern="**/basket.py"), None),
        (Query(words="total", file_pattern="shop/*.py"), Place("shop/basket.py", "total")),
        (Query(function_names=("drop",), class_names=("Other",)), None),
        (Query(words="zebra"), None),
        (Query(), None),
    ],
)
def test_search(query: Query, first: Place | None) -> None:
    found = INDEX.search(query, 5)
    assert found[0] == first if first else found == []


def test_names_come_before_words_and_limits_hold() -> None:
    found = INDEX.search(Query(words="items", function_names=("total",)), 10)
    assert found[0] == Place("shop/basket.py", "total")
    assert Place("shop/basket.py", "Basket.add_item") in found
    assert len(INDEX.search(Query(words="items item"), 1)) == 1
    assert merge([[Place("a", "1"), Place("a", "2")], [Place("a", "1")]], 2) == [Place("a", "1")]


def test_tests_are_not_indexed() -> None:
    assert is_test("pkg/tests/x.py")
    assert is_test("test_a.py")
    assert not is_test("contest/latest.py")
    assert "tests/test_basket.py" not in {place.path for place in INDEX._texts}


def test_words_of_names() -> None:
    assert tokenise("sendHTTPReceipt_to2") == ["send", "http", "receipt", "to", "2"]


def test_a_context_shows_chosen_spans_and_that_something_is_between() -> None:
    context = FileContext()
    for span_id in ("Basket.add_item", "imports", "imports"):
        context.add(Place("shop/basket.py", span_id))
    assert context.render(FILES) == (
        "shop/basket.py\n```python\n<span id='imports'>\n"
        '"""A shop."""\nimport math\n\nTAX = 0.19\n</span>\n'
        "# ... rest of the code\n<span id='Basket.add_item'>\n    def add_item(self, item):\n"
        "        self.items.append(item)\n</span>\n# ... rest of the code\n```"
    )
    assert "<span" not in context.render(FILES, with_ids=False)
    assert context.size(FILES) == tokens_of(context.render(FILES))


def test_choosing_keeps_to_its_limits() -> None:
    places = [Place("shop/basket.py", span.span_id) for span in split_spans(SHOP)]
    assert choose(places, FILES, 1).span_ids("shop/basket.py") == ["imports"]
    assert len(choose(places, FILES, 10_000, per_file=2).span_ids("shop/basket.py")) == 2
    assert not choose([Place("gone.py", "x"), Place("shop/mail.py", "x")], FILES, 100)


def test_numbered_lines() -> None:
    assert numbered("a\nb\nc", 2, 3) == "     2\tb\n     3\tc"
