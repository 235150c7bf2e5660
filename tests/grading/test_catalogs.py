"""Catalogs that a patch edits are compiled before graded runs."""

import gettext
import io

import pytest

from repodojo.environments.sandbox import SandboxSpec
from repodojo.errors import SandboxError
from repodojo.grading.catalogs import compile_edited

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
FOLDER = "pkg/locale/{}/LC_MESSAGES/pkg"


def catalog(word):
    return f'{HEADER}msgid "day"\nmsgstr "{word}"\n'


def translation(sandbox, language):
    content = sandbox.read(f"{FOLDER.format(language)}.mo")
    return gettext.GNUTranslations(io.BytesIO(content)).gettext("day")


def test_an_edited_or_new_catalog_is_compiled_unless_the_repository_holds_it(
    sandboxes, new_repository, tmp_path
):
    repository = new_repository(tmp_path / "source")
    files = {f"{FOLDER.format(language)}.po": catalog(language) for language in ("fr", "de", "lt")}
    repository.commit("catalogs", {**files, f"{FOLDER.format('de')}.mo": b"tracked"})
    spec = SandboxSpec(layers=(tmp_path / "source",))
    with sandboxes.start(spec) as sandbox:
        for language in ("fr", "de", "lv"):
            sandbox.write(f"{FOLDER.format(language)}.po", catalog("new " + language).encode())
        sandbox.write(f"{FOLDER.format('xx')}.po", b"no catalog")
        compile_edited(sandbox, spec)
        assert [translation(sandbox, language) for language in ("fr", "lv")] == ["new fr", "new lv"]
        assert sandbox.read(f"{FOLDER.format('de')}.mo") == b"tracked"
        for language in ("lt", "xx"):
            with pytest.raises(SandboxError):
                sandbox.read(f"{FOLDER.format(language)}.mo")
