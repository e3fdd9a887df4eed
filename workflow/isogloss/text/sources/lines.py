"""Plain text: a file a language, one sentence a line."""

from collections.abc import Iterable
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.text.cells import words_of
from isogloss.text.encoding import lines_of
from isogloss.text.segmentation import check_split


def read_lines(
    path: str | Path, language: str, segmentation: str | None = None, as_aligned: bool = False
) -> list[list[str]]:
    """Read one language's file.

    Parameters
    ----------
    path
        See :func:`isogloss.text.encoding.lines_of`.
    language
        Its code.
    segmentation, as_aligned
        See :func:`isogloss.text.cells.words_of`.

    Returns
    -------
    list of list of str
        The words of each line; none where it is empty.

    Raises
    ------
    IsoglossError
        If the file is missing, is not text in UTF-8, or is not split into words and nothing is said of that.
    """
    lines = lines_of(path)
    rows = [words_of(line, f"{path}:{number}", segmentation, as_aligned) for number, line in enumerate(lines, 1)]
    if segmentation is None:
        check_split(rows, str(path), language)
    return rows


def check_parallel(file: str | Path, sentences: int, others: Iterable[str | Path]) -> None:
    """Refuse files that do not have a line for each sentence of another.

    Parameters
    ----------
    file, sentences
        The other file, text or a table, and how many it has.
    others
        Another language's text, or given links.
    """
    for other in others:
        if (count := len(lines_of(other))) != sentences:
            raise IsoglossError(
                f"Parallel files must have the same number of lines: {file} has {sentences:,}, {other} has {count:,}."
            )
