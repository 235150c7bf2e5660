import inspect
import textwrap

from repodojo.instances.near_duplicates import STANDARD_LIBRARY, compare_functions, shingle_functions
from repodojo.instances.standard_library import Library, read_library

FUNCTION = '''
def wrap(text, width=70, indent=""):
    """Wrap."""
    lines, line = [], indent
    for word in text.split():
        if len(line) + len(word) + 1 > width:
            lines.append(line)
            line = indent
        line = f"{line} {word}" if line.strip() else line + word
    return lines + [line]
'''
OTHER = """
def mean(values, weights=None):
    total = 0.0
    for index, value in enumerate(values):
        weight = weights[index] if weights is not None else 1
        if weight < 0:
            raise ValueError("negative weight: %r" % weight)
        total += value * weight
    return total / sum(weights or [1] * len(values))
"""


def compare(own: str, other: str):
    return compare_functions("a", shingle_functions({"a.py": own}), {"b": shingle_functions({"b.py": other})})


def test_a_renamed_copy_is_found():
    copy = FUNCTION.replace("wrap", "fold").replace("line", "row").replace('"""Wrap."""', '"""Fold."""')
    (pair,) = compare(FUNCTION, OTHER + copy).pairs
    assert (pair.function, pair.other_project, pair.other_function) == ("wrap", "b", "fold")
    assert pair.similarity > 0.9


def test_different_functions_are_not():
    found = compare(FUNCTION, OTHER)
    assert found.pairs == ()
    assert (found.functions, found.others) == (1, 1)


def test_short_functions_and_broken_modules_are_passed_over():
    assert shingle_functions({"a.py": "def get(self):\n    return self.x\n", "b.py": "def ("}) == {}


def test_a_project_is_compared_with_the_others_and_the_standard_library():
    text = inspect.getsource(textwrap)
    library = Library({"a": {"a.py": text}, "b": {"b.py": FUNCTION}}, lambda: {"textwrap.py": text})
    found = library.compare("a")
    assert {pair.other_project for pair in found.pairs} == {STANDARD_LIBRARY}
    assert "_wrap_chunks" in {pair.function for pair in found.pairs}
    assert {pair.similarity for pair in found.pairs if pair.function == pair.other_function} == {1.0}
    assert library.compare("b").pairs == ()


def test_the_standard_library_is_read_without_its_tests():
    found = read_library()
    assert "textwrap.py" in found
    assert not [path for path in found if path.startswith(("test/", "site-packages/"))]
