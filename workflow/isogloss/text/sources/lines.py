"""Plain text: a file a language, one sentence a line."""

from collections.abc import Mapping
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


def check_parallel(files: Mapping[str, str | Path], rows: int | None = None) -> None:
    """Refuse files that do not have the same number of lines.

    Parameters
    ----------
    files
        By what each is: a language's text, or the links of a pair such as ``en-de``.
    rows
        The number of rows that each must have, of a table that the files go with.
    """
    counts = {name: len(lines_of(path)) for name, path in sorted(files.items())}
    if len({*counts.values(), *([] if rows is None else [rows])}) > 1:
        listing = ", ".join(f"{files[name]} ({name}) has {count:,}" for name, count in counts.items())
        table = "" if rows is None else f" as the table has rows, {rows:,}"
        raise IsoglossError(f"Parallel files must have the same number of lines{table}: {listing}.")
