"""A few functions on words."""


def is_short(word, limit=5):
    """Whether a word has fewer letters than the limit."""
    return len(word) < limit


def first_letters(text):
    """The first letter of each word, joined."""
    return "".join(word[0] for word in text.split())


def repeat(word, times):
    """The word, several times over."""
    if times <= 0:
        return ""
    return word * times


def shorten(word, width=8):
    """The word, cut to a width."""
    if len(word) > width:
        return word[: width - 1] + "."
    return word


def count_vowels(word):
    """How many vowels a word has."""
    count = 0
    for letter in word:
        if letter in "aeiou":
            count += 1
    return count


def middle(word):
    """The letter in the middle of a word."""
    return word[len(word) // 2]
