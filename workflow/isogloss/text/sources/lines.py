"""Text: a file a language, one sentence a line, or one word a line."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.cells import words_of
from isogloss.text.encoding import ending_of, lines_of
from isogloss.text.mistaken import check_is_text
from isogloss.text.segmentation import check_split
from isogloss.text.sources.sentences import as_sentences
from isogloss.text.sources.tokens import TOKEN_FILES


def read(
    *,
    language: str,
    part: str,
    file: str | Path,
    beside: str | Path | None = None,
    segmentation: str | None = None,
    links: Sequence[str] = (),
) -> pd.DataFrame:
    """Read one language of a corpus.

    Parameters
    ----------
    language, file
        Its code and its file.
    part
        A user's own text is ``parallel`` and ``training``.
    beside
        Another language's file, which must have as many lines.
    segmentation
        How text becomes words, see :func:`isogloss.text.segmentation.split_words`; None where nothing is said, and then
        text that is not split into words is refused.
    links
        The files of given links that join this language's words. Their positions count the words that an outside
        aligner saw.

    Raises
    ------
    IsoglossError
        If the text cannot be read, holds no words or is not split into words, or files that go together are of
        different lengths.
    """
    rows = read_lines(file, language, segmentation, bool(links))
    check_parallel(file, len(rows), [*([beside] if beside else []), *links])
    return as_sentences(rows, sentence_cells(file), str(file), segmentation)


def read_lines(
    path: str | Path, language: str, segmentation: str | None = None, as_aligned: bool = False
) -> list[list[str]]:
    """Read one language's file.

    Parameters
    ----------
    path
        See :func:`sentence_cells`.
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
    cells = sentence_cells(path)
    rows = [words_of(cell, f"{path}:{number}", segmentation, as_aligned) for number, cell in enumerate(cells, 1)]
    check_is_text(cells, str(path))
    if segmentation is None:
        check_split([row for row, cell in zip(rows, cells, strict=True) if isinstance(cell, str)], str(path), language)
    return rows


def sentence_cells(path: str | Path) -> list[str] | list[list[str]]:
    """Read a file's sentences: its lines, or the words of a file that has one a line, which its name's ending tells."""
    if reader := TOKEN_FILES.get(ending_of(path)):
        columns = reader(Path(path))
        return columns["form"] if "form" in columns else columns["tokens"]
    return lines_of(path)


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
        if (count := len(sentence_cells(other))) != sentences:
            what = "sentences" if ending_of(file) in TOKEN_FILES else "lines"
            raise IsoglossError(
                f"Parallel files must have the same number of {what}: {file} has {sentences:,}, {other} has {count:,}."
            )
