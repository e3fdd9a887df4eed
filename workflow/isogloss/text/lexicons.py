"""Probabilistic lexicons: how often a word is linked to each of its translations."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_parquet
from isogloss.text.encoding import lines_of
from isogloss.text.word_alignment import unflatten
from isogloss.text.word_tables import read_word, shares_in, whole_numbers_in, words_in

COLUMNS = ["source", "target", "probability", "count"]
LINE = re.compile(
    r"(?P<source>.+?) -> (?P<target>.+): Probability = (?P<probability>[^,]+), Count = (?P<count>\d{1,18})"
)


def linked_words(alignment: pd.DataFrame, source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """List every link with its two words.

    Returns
    -------
    DataFrame
        ``sentence, source_position, target_position, source, target``, in order of the alignment.
    """
    sources, targets = source.set_index("sentence").words, target.set_index("sentence").words
    rows = []
    for sentence, flat in zip(alignment.sentence, alignment.links, strict=True):
        mine, theirs = sources.loc[sentence], targets.loc[sentence]
        rows += [(sentence, i, j, mine[i], theirs[j]) for i, j in unflatten(flat)]
    return pd.DataFrame(rows, columns=["sentence", "source_position", "target_position", "source", "target"])


def build(*, alignment: str | Path, source: str | Path, target: str | Path, output: str | Path) -> None:
    """Write p(target word | source word) and counts of all linked words.

    Parameters
    ----------
    alignment
        The alignment file.
    source, target
        Corpus files.
    output
        Parquet: ``source, target, probability, count``, each source word's best translation first.
    """
    links = linked_words(
        read_parquet(alignment, ("sentence", "links")),
        read_parquet(source, ("sentence", "words")),
        read_parquet(target, ("sentence", "words")),
    )
    table = links.groupby(["source", "target"], sort=True).size().reset_index(name="count")
    table["probability"] = table["count"] / table.groupby("source")["count"].transform("sum")
    write_parquet(sort(table)[COLUMNS], output)


def sort(table: pd.DataFrame) -> pd.DataFrame:
    """Put each source word's best translation first."""
    order = ["source", "probability", "count", "target"]
    return table.sort_values(order, ascending=[True, False, False, True], kind="stable").reset_index(drop=True)


def best_translations(
    lexicon: pd.DataFrame, words: pd.Index, top_n: int, *, as_they_stand: bool = False
) -> tuple[sparse.csr_matrix, pd.Index]:
    """Keep each word's most probable translations; ties go by count, then by the translation itself.

    Parameters
    ----------
    lexicon
        With the columns ``source, target, probability, count``.
    words
        The source words, each once.
    top_n
        How many translations of each.
    as_they_stand
        Keep the first ones of the table instead, as the released code of Mousi et al. 2024 does. In a lexicon that was
        built here the best come first.

    Returns
    -------
    matrix : csr_matrix of int32, ``[words, translations]``
        1 for each of a word's best translations.
    translations : Index
        The target words that are a best translation of any.
    """
    rows = words.get_indexer(lexicon.source)
    known = rows >= 0
    rows, entries = rows[known], lexicon[known]
    columns, targets = pd.factorize(entries.target)
    alphabet = np.empty(len(targets), dtype=np.int64)
    alphabet[np.argsort(np.asarray(targets, dtype=object), kind="stable")] = np.arange(len(targets))
    better = (alphabet[columns], -entries["count"].to_numpy(), -entries.probability.to_numpy())
    order = np.lexsort((*(() if as_they_stand else better), rows))
    # An entry that stands twice counts once, with its better line.
    order = order[np.sort(np.unique(rows[order] * np.int64(len(targets) or 1) + columns[order], return_index=True)[1])]
    rows, columns = rows[order], columns[order]
    first = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]]) if len(rows) else np.empty(0, dtype=int)
    rank = np.arange(len(rows)) - np.repeat(first, np.diff(np.r_[first, len(rows)]))
    used, columns = np.unique(columns[rank < top_n], return_inverse=True)
    ones = np.ones(len(columns), dtype=np.int32)
    return sparse.csr_matrix((ones, (rows[rank < top_n], columns)), shape=(len(words), len(used))), pd.Index(targets)[
        used
    ]


def read_lexicon(path: str | Path) -> pd.DataFrame:
    """Read a lexicon: our Parquet, or lines ``source -> target: Probability = 0.5, Count = 3``.

    Raises
    ------
    IsoglossError
        If the file is missing, empty, or malformed: a word that is none, a probability outside 0 and 1. The message
        names the row, of a text file the line.
    """
    path = Path(path)
    if not path.is_file():
        raise IsoglossError(f"There is no lexicon {path}.")
    with path.open("rb") as handle:
        parquet = handle.read(4) == b"PAR1"
    table = read_parquet(path, tuple(COLUMNS))[COLUMNS] if parquet else read_text(path)
    if table.empty:
        raise IsoglossError(f"The lexicon {path} is empty.")
    if parquet:

        def place(row: int) -> str:
            return f"{path}, row {row + 1}"

        for name in ("source", "target"):
            table[name] = words_in(table[name], place)
        table["probability"] = shares_in(table.probability, place)
        table["count"] = whole_numbers_in(table["count"], place, 0)
    return table


def read_text(path: Path) -> pd.DataFrame:
    """Read the text form."""
    rows = []
    for number, line in enumerate(lines_of(path), start=1):
        if not line.strip():
            continue
        match = LINE.fullmatch(line.strip())
        words = [read_word(match[side]) for side in ("source", "target")] if match else [None]
        try:
            share = float(match["probability"]) if match else math.nan
        except ValueError:
            share = math.nan
        if not match or None in words or not 0 <= share <= 1:
            raise IsoglossError(
                f"{path}:{number}: expected `source -> target: Probability = 0.5, Count = 3`, the probability between "
                f"0 and 1, found {line[:80]!r}."
            )
        rows.append((*words, share, int(match["count"])))
    return pd.DataFrame(rows, columns=COLUMNS)
