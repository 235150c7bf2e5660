import words


def test_is_short():
    assert words.is_short("tree")
    assert not words.is_short("trees")
    assert not words.is_short("a tall tree")


def test_first_letters():
    assert words.first_letters("one two three") == "ott"
    assert words.first_letters("") == ""


def test_repeat():
    assert words.repeat("ab", 3) == "ababab"
    assert words.repeat("ab", 1) == "ab"
    assert words.repeat("ab", 0) == ""
    assert words.repeat("ab", -1) == ""


def test_shorten():
    assert words.shorten("elephant") == "elephant"
    assert words.shorten("elephants") == "elephan."
    assert words.shorten("tree", 3) == "tr."


def test_count_vowels():
    assert words.count_vowels("aeiou") == 5
    assert words.count_vowels("rhythm") == 0
    assert words.count_vowels("tree") == 2


def test_middle():
    assert words.middle("abc") == "b"
    assert words.middle("abcde") == "c"
