"""From a line of text to words."""

import logging
import re

from isogloss.errors import IsoglossError

# Invisible characters that split or join nothing a reader sees; the joiners U+200C and U+200D stay, because Persian and
# Hindi spelling needs them.
INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")


def clean(text: str) -> str:
    """Remove zero-width spaces, direction marks and soft hyphens; turn every kind of space into a plain one."""
    return " ".join(INVISIBLE.sub("", text).split())


def split_words(text: str, segmentation: str) -> list[str]:
    """Split a line into words.

    Parameters
    ----------
    text
        The line. Words may hold any character that is not a space, ``|||`` included.
    segmentation
        ``whitespace``, or ``jieba`` for Chinese that is not split yet.

    Raises
    ------
    IsoglossError
        If there is no such segmentation.
    """
    text = clean(text)
    if segmentation == "whitespace":
        return text.split()
    if segmentation == "jieba":
        import jieba

        jieba.setLogLevel(logging.WARNING)
        return [word for word in jieba.cut(text, HMM=False) if word.strip()]
    raise IsoglossError(f"There is no segmentation '{segmentation}'; choose whitespace or jieba.")
