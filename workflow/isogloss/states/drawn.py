"""Sentences of a pair whose own vectors are kept while the words are extracted, for the similarity of spaces.

Which they are is known from the text of the two languages alone, so they are the same in both languages' stores,
whatever other languages, layers and words there are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from isogloss.files import read_parquet
from isogloss.models.words import Sentence
from isogloss.states.forward import Pool, pool_sentences, sent


def draw_sentences(corpora: Mapping[str, str | Path], *, seed: int, most: int) -> np.ndarray:
    """Draw sentences that both languages have.

    Parameters
    ----------
    corpora
        The two corpus files. A sentence without words is none.
    seed
        Of the draw.
    most
        How many at most. The first of a larger draw are those of a smaller one.

    Returns
    -------
    ndarray of int
        Numbers of sentences, in the order in which they are drawn.
    """
    tables = [read_parquet(path, ("sentence", "words")) for path in corpora.values()]
    found = [set(table.sentence[table.words.map(len) > 0]) for table in tables]
    shared = np.array(sorted(set.intersection(*found)), dtype=np.int64)
    return shared[np.random.default_rng(seed).permutation(len(shared))[:most]]


class DrawnSentences:
    """Takes the vectors of drawn sentences out of batches.

    Parameters
    ----------
    drawn
        Numbers of the sentences.
    """

    def __init__(self, drawn: np.ndarray):
        self.turn = {int(key): turn for turn, key in enumerate(drawn)}

    def among(self, keys: Sequence[int]) -> list[int]:
        """Give the rows of a batch that hold drawn sentences."""
        return [row for row, key in enumerate(keys) if key in self.turn]

    def in_order(self, batches: Sequence[Sequence[int]]) -> pd.DataFrame:
        """List them as they are run: ``sentence``, and ``turn``, its place in the draw."""
        rows = [(keys[row], self.turn[keys[row]]) for keys in batches for row in self.among(keys)]
        return pd.DataFrame(rows, columns=["sentence", "turn"])

    def pools(
        self, keys: Sequence[int], batch: Sequence[Sentence], poolings: Sequence[str], device: torch.device
    ) -> list[Pool]:
        """Pool the drawn sentences of a batch: ``drawn/mean`` and so on."""
        rows = self.among(keys)
        if not rows:
            return []
        chosen = [batch[row] for row in rows]
        place, widest = sent(torch.tensor(rows), device), max(len(sentence.ids) for sentence in chosen)
        whole = pool_sentences(chosen, poolings, device)
        return [lambda states: {f"drawn/{name}": found for name, found in whole(states[place, :widest]).items()}]
