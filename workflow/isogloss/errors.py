"""The one exception that means "the user can mend this", and what its messages share."""

import difflib
import unicodedata
from collections.abc import Iterable


class IsoglossError(Exception):
    """A mistake in the input, the config or the environment.

    The message says what was found, where (file, key, line), what was expected and what to do.
    It is shown to the user as it is, without a traceback.
    """


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest the option that looks most like ``word``, if one does: `; did you mean 'x'?`."""
    close = difflib.get_close_matches(word, list(map(str, options)), n=1, cutoff=0.6)
    if not close:
        return ""
    ours, theirs = unlike(word, close[0]), unlike(close[0], word)
    told = f", without {ours}" if ours else f", with {theirs}" if theirs else ""
    return f"; did you mean '{close[0]}'{told}?"


def unlike(word: str, other: str) -> str:
    """Name a character of a word, that the other lacks, which looks like nothing or like one of another script."""
    for letter in word:
        name = unicodedata.name(letter, "a control character")
        foreign = letter.isalpha() and not name.startswith("LATIN") and other.isascii()
        if letter not in other and letter != " " and (foreign or unicodedata.category(letter)[0] in "CZM"):
            return f"U+{ord(letter):04X} ({name})"
    return ""
