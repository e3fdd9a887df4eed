"""Corpora: parallel text as words, one Parquet file a language.

Columns: ``sentence`` (a number shared by all languages of the corpus; a language may lack some) and ``words``; where a
segmenter split the text, ``text``, the running sentence; the microworld adds ``slots``, ``lemmas``, ``entities`` and
``sentiment``.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from isogloss import microworld
from isogloss.errors import IsoglossError
from isogloss.files import write_parquet
from isogloss.text.cells import text_of
from isogloss.text.segmentation import clean
from isogloss.text.sources import gettext as gettext_catalogues
from isogloss.text.sources.lines import check_parallel, read_lines, sentence_cells
from isogloss.text.sources.tables import read_columns, read_words

log = logging.getLogger(__name__)


def write_corpus(
    *,
    kind: str,
    language: str,
    part: str,
    output: str | Path,
    sentences: int | None = None,
    seed: int | None = None,
    folder: str | None = None,
    locale: str | None = None,
    min_words: int | None = None,
    max_words: int | None = None,
    max_sentences: int | None = None,
    file: str | None = None,
    beside: str | None = None,
    column: str | None = None,
    numbers: str | None = None,
    segmentation: str | None = None,
    links: Sequence[str] = (),
) -> None:
    """Make one language of a corpus.

    Parameters
    ----------
    kind
        ``microworld``, ``gettext``, ``text`` or ``table``; which of the other parameters are used depends on it.
    language
        Its code.
    part
        ``parallel`` for the text that is analysed, ``training`` for the text that models made here learn from.
        A user's own text is both; generated text and messages are split, and share nothing.
    output
        The Parquet file.
    sentences, seed
        Of the microworld.
    folder, locale, min_words, max_words, max_sentences
        Of gettext catalogues.
    file, column
        Of the user's own text: the language's file, or a table and the language's column.
    numbers
        The column of the sentences' numbers, where they are not the rows'.
    beside
        Another language's file, which ``file`` must be parallel to: as many lines, or rows of the same column.
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
    if kind == "microworld":
        table = microworld.generate(language, part, sentences, seed)
    elif kind == "gettext":
        table = gettext_catalogues.read_catalogues(language, folder, min_words, max_words, segmentation, locale)
        # Numbers are digests, so the smallest are a random sample, and the same one in every language.
        table = gettext_catalogues.part_of(table, part).head(max_sentences or len(table))
    else:
        if kind == "text":
            place, rows = file, read_lines(file, language, segmentation, bool(links))
            cells = sentence_cells(file)
        else:
            place = f"{file}, column '{column}'"
            values = read_columns(file, [column])[0]
            rows, cells = read_words(values, language, segmentation, bool(links)), values.cells
            if beside and (count := len(read_columns(beside, [column])[0].cells)) != len(rows):
                raise IsoglossError(
                    f"Parallel tables must have the same number of rows: {file} has {len(rows):,}, {beside} {count:,}."
                )
        check_parallel(file, len(rows), [*([beside] if beside and kind == "text" else []), *links])
        counted = read_columns(file, [numbers])[0].cells if numbers else range(len(rows))
        kept = [row for row, words in enumerate(rows) if words]
        table = pd.DataFrame({"sentence": [counted[row] for row in kept], "words": [rows[row] for row in kept]})
        if table.empty:
            raise IsoglossError(f"{place} holds no words: an empty corpus.")
        if segmentation not in (None, "whitespace"):
            # A model reads the sentence as it stands, not with spaces where a segmenter cut it.
            table["text"] = [
                clean(text_of(cell, place)) if isinstance(cell := cells[row], str | bytes) else " ".join(words)
                for row, words in zip(kept, table.words, strict=True)
            ]
    log.info("%s, %s: %d sentences, %d words", language, part, len(table), table.words.map(len).sum())
    write_parquet(table.astype({"sentence": "int64"}), output)
