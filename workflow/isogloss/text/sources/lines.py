"""Corpora of plain text: a file a language, one sentence a line."""

from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.segmentation import split_words


def read_lines(path: str | Path, segmentation: str = "whitespace") -> pd.DataFrame:
    """Read one language's file.

    Parameters
    ----------
    path
        UTF-8, with or without a byte-order mark, lines ended by LF or CRLF.
    segmentation
        See :func:`isogloss.text.segmentation.split_words`.

    Returns
    -------
    DataFrame
        ``sentence`` (line number from 0) and ``words``. Empty lines have no row, and keep their number.

    Raises
    ------
    IsoglossError
        If the file is missing, holds no words, or is not UTF-8; then with the line.
    """
    lines = decode(Path(path))
    rows = [(number, words) for number, line in enumerate(lines) if (words := split_words(line, segmentation))]
    if not rows:
        raise IsoglossError(f"{path} holds no words: an empty corpus.")
    return pd.DataFrame(rows, columns=["sentence", "words"])


def decode(path: Path) -> list[str]:
    """Read a file's lines, without their ends."""
    if not path.is_file():
        raise IsoglossError(f"There is no file {path}.")
    content = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    raw = content.removesuffix(b"\n").split(b"\n") if content else []
    lines = []
    for number, line in enumerate(raw, start=1):
        try:
            lines.append(line.decode("utf-8").rstrip("\r"))
        except UnicodeDecodeError as error:
            raise IsoglossError(
                f"{path}:{number}: byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8. "
                "Convert the file, for instance with iconv -f latin1 -t utf-8."
            ) from error
    return lines


def check_parallel(files: dict[str, str | Path]) -> None:
    """Refuse files that do not have the same number of lines.

    Parameters
    ----------
    files
        By language.
    """
    counts = {language: len(decode(Path(path))) for language, path in sorted(files.items())}
    if len(set(counts.values())) > 1:
        listing = ", ".join(f"{files[language]} ({language}) has {count:,}" for language, count in counts.items())
        raise IsoglossError(f"Parallel files must have the same number of lines: {listing}.")
