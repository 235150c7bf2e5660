"""Compiled catalogs, as Python's own reader reads them."""

import gettext
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repodojo.environments.git_objects import Blob
from repodojo.environments.recipes.message_catalogs import compile_catalog, compiled_catalogs

HEADER = """# French
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

"""
MESSAGES = """#: src/time.py:1
msgid "%d day"
msgid_plural "%d days"
msgstr[0] "%d jour"
msgstr[1] "%d jours"

#. a month
msgctxt "month"
msgid "May"
msgstr "mai"
msgid "long "
"text"
msgstr ""
"long\\ttexte \\"\u00e9t\u00e9\\""

#, fuzzy, c-format
msgid "unsure"
msgstr "peut-\u00eatre"

msgid "untranslated"
msgstr ""

#~ msgid "gone"
#~ msgstr "parti"
"""


def read(content):
    return gettext.GNUTranslations(io.BytesIO(compile_catalog(content)))


def test_a_catalog_is_read_by_python():
    catalog = read((HEADER + MESSAGES).encode())
    assert [catalog.ngettext("%d day", "%d days", count) for count in (1, 2)] == ["%d jour", "%d jours"]
    assert catalog.pgettext("month", "May") == "mai"
    assert catalog.gettext("long text") == 'long\ttexte "\u00e9t\u00e9"'
    assert [catalog.gettext(name) for name in ("unsure", "untranslated", "gone")] == [
        "unsure",
        "untranslated",
        "gone",
    ]


def test_the_declared_encoding_counts():
    text = (HEADER + MESSAGES).replace("UTF-8", "ISO-8859-1")
    assert read(text.encode("latin-1")).gettext("long text") == 'long\ttexte "\u00e9t\u00e9"'


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=5))
def test_any_message_comes_back(messages):
    def quoted(text):
        return '"' + text.translate({ord("\\"): "\\\\", ord('"'): '\\"', 10: "\\n", 13: "\\r", 0: "?"}) + '"'

    messages = {name: text for name, text in messages.items() if not {"\0", "\x04"} & {*name, *text}}
    body = "".join(f"msgid {quoted(name)}\nmsgstr {quoted(text)}\n\n" for name, text in messages.items())
    catalog = read((HEADER + body).encode())
    assert {name: catalog.gettext(name) for name in messages} == messages


@given(st.text())
def test_what_is_no_catalog_is_passed_over(text):
    tree = {"a/LC_MESSAGES/b.po": Blob("100644", text.encode(errors="replace"))}
    assert set(compiled_catalogs(tree)) <= {"a/LC_MESSAGES/b.mo"}


@pytest.mark.parametrize("path", ["fr/LC_MESSAGES/it.pot", "it.po", "fr/it.po"])
def test_only_catalogs_in_place_that_are_not_compiled_count(path):
    blob = Blob("100644", HEADER.encode())
    tree = {
        path: blob,
        "de/LC_MESSAGES/it.po": blob,
        "de/LC_MESSAGES/it.mo": blob,
        "fr/LC_MESSAGES/it.po": blob,
    }
    assert set(compiled_catalogs(tree)) == {"fr/LC_MESSAGES/it.mo"}
