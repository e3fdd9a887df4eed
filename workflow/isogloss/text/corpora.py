"""Corpora: parallel text as words, one Parquet file a language.

Columns: ``sentence`` (a number shared by all languages of the corpus; a language may lack some) and ``words``; where a
segmenter split the text, ``text``, the running sentence; the microworld adds ``slots``, ``lemmas``, ``entities`` and
``sentiment``.
"""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import write_parquet
from isogloss.named import named

log = logging.getLogger(__name__)


def write_corpus(*, reader: str, language: str, part: str, output: str | Path, **values: Any) -> None:
    """Make one language of a corpus.

    Parameters
    ----------
    reader
        What reads it, ``package.module:function``, see :class:`isogloss.text.settings.Corpus`.
    language
        Its code.
    part
        ``parallel`` for the text that is analysed, ``training`` for the text that models made here learn from.
        A user's own text is both; generated text and messages are split, and share nothing.
    output
        The Parquet file.
    **values
        What else the reader takes.

    Raises
    ------
    IsoglossError
        If the text cannot be read or holds no words, or the reader gives no corpus.
    """
    table = named(reader)(language=language, part=part, **values)
    check_corpus(table, f"The corpus that {reader} gives of '{language}'")
    log.info("%s, %s: %d sentences, %d words", language, part, len(table), table.words.map(len).sum())
    write_parquet(table.astype({"sentence": "int64"}), output)


def check_corpus(table: pd.DataFrame, where: str) -> None:
    """Refuse what is no corpus.

    Raises
    ------
    IsoglossError
        If a column is missing, there are no sentences, one has no words, or two have one number.
    """
    for column in ("sentence", "words"):
        if column not in table:
            raise IsoglossError(f"{where} has no column '{column}'; it has {', '.join(map(str, table.columns))}.")
    if table.empty:
        raise IsoglossError(f"{where} holds no sentence.")
    for number, words in zip(table.sentence, table.words, strict=True):
        if isinstance(words, str) or not len(words) or not all(isinstance(word, str) and word for word in words):
            raise IsoglossError(f"{where}: sentence {number} is {words!r}; expected a list of words.")
    if table.sentence.duplicated().any():
        twice = table.sentence[table.sentence.duplicated()].iloc[0]
        raise IsoglossError(f"{where} has several sentences with the number {twice}.")
