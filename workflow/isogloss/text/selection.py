"""Token selection: which occurrences of words are extracted, known from text alone.

Concept alignment uses linked words, a bounded number of occurrences of each word pair; concept overlap uses words by
their frequency. A store holds the union of both, marked.
"""

from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_parquet
from isogloss.text.lexicons import linked_words

SIDES = ("source", "target")


def select(
    *,
    alignment: str | Path,
    source: str | Path,
    target: str | Path,
    outputs: dict[str, str | Path],
    max_frequency: int,
    min_frequency: int,
    delete_frequency: int,
) -> None:
    """Write the words to extract of both sides (Mousi et al. 2024, section 4).

    Parameters
    ----------
    alignment
        The alignment file: its sentence pairs are those that are used.
    source, target
        Corpus files.
    outputs
        For ``source`` and ``target`` the Parquet file to write: ``sentence, position, word, aligned, frequent``.
    max_frequency
        Most occurrences of a (source word, target word) pair, and of a word for concept overlap: the first ones in
        the order of the corpus.
    min_frequency, delete_frequency
        Pairs (words) that occur less often, or more often, are left out.

    Raises
    ------
    IsoglossError
        If nothing is left.
    """
    bounds = (min_frequency, max_frequency, delete_frequency)
    pairs = read_parquet(alignment, ("sentence", "links"))
    texts = {
        "source": read_parquet(source, ("sentence", "words")),
        "target": read_parquet(target, ("sentence", "words")),
    }
    linked = keep(linked_words(pairs, texts["source"], texts["target"]), ["source", "target"], *bounds)
    if linked.empty:
        raise IsoglossError(
            f"No linked word is left: min_frequency {min_frequency} and delete_frequency {delete_frequency:,} leave "
            "out every word pair. Loosen them under `selection:`."
        )
    for side in SIDES:
        text = texts[side][texts[side].sentence.isin(pairs.sentence)]
        words = text[["sentence", "words"]].explode("words").rename(columns={"words": "word"})
        words["position"] = words.groupby("sentence").cumcount().astype("int32")
        words = words.sort_values(["sentence", "position"]).reset_index(drop=True)
        places = pd.MultiIndex.from_frame(words[["sentence", "position"]])
        of_links = pd.MultiIndex.from_frame(linked[["sentence", f"{side}_position"]])
        words["aligned"] = places.isin(of_links)
        words["frequent"] = words.index.isin(keep(words, ["word"], *bounds).index)
        chosen = words[words.aligned | words.frequent]
        write_parquet(chosen[["sentence", "position", "word", "aligned", "frequent"]], outputs[side])


def keep(table: pd.DataFrame, key: list[str], least: int, most: int, delete: int) -> pd.DataFrame:
    """Keep the first ``most`` rows of each key that occurs at least ``least`` and at most ``delete`` times."""
    groups = table.groupby(key, sort=False)
    total = groups[key[0]].transform("size")
    return table[(groups.cumcount() < most) & (total >= least) & (total <= delete)]
