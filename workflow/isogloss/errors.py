"""The one exception that means "the user can mend this", and what its messages share."""

import difflib
from collections.abc import Iterable


class IsoglossError(Exception):
    """A mistake in the input, the config or the environment.

    The message says what was found, where (file, key, line), what was expected and what to do.
    It is shown to the user as it is, without a traceback.
    """


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Suggest the option that looks most like ``word``, if one does: `; did you mean 'x'?`."""
    close = difflib.get_close_matches(word, list(map(str, options)), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
