"""Corpora: parallel text as words, one Parquet file a language.

Columns: ``sentence`` (a number shared by all languages of the corpus; a language may lack some) and ``words``; the
microworld adds ``slots``, ``lemmas``, ``entities`` and ``sentiment``.
"""

import logging
from pathlib import Path

from isogloss import microworld
from isogloss.files import write_parquet
from isogloss.text.sources import gettext as gettext_catalogues
from isogloss.text.sources.lines import check_parallel, read_lines
from isogloss.text.sources.tables import read_column

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
    min_words: int | None = None,
    max_words: int | None = None,
    max_sentences: int | None = None,
    files: dict[str, str] | None = None,
    file: str | None = None,
    column: str | None = None,
    segmentation: str = "whitespace",
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
    folder, min_words, max_words, max_sentences
        Of gettext catalogues.
    files, file, column, segmentation
        Of the user's own text.
    """
    if kind == "microworld":
        table = microworld.generate(language, part, sentences, seed)
    elif kind == "gettext":
        table = gettext_catalogues.read_catalogues(language, folder, min_words, max_words)
        # Numbers are digests, so the smallest are a random sample, and the same one in every language.
        table = gettext_catalogues.part_of(table, part).head(max_sentences or len(table))
    elif kind == "text":
        check_parallel(files)
        table = read_lines(files[language], segmentation)
    else:
        table = read_column(file, column, segmentation)
    log.info("%s, %s: %d sentences, %d words", language, part, len(table), table.words.map(len).sum())
    write_parquet(table.astype({"sentence": "int64"}), output)
