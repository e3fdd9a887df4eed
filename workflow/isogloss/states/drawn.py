"""The sentences of a pair that retrieval scores: their vectors and their lemmas', kept while the words are extracted.

Which they are is known from the text of the two languages alone, so they are the same in both languages' stores,
whatever other languages, layers and words there are.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array

from isogloss.files import read_parquet
from isogloss.models.words import Sentence
from isogloss.states.forward import Pool, pool_sentences, pool_words, sent


def draw_sentences(
    corpora: Mapping[str, str | Path], *, seed: int, candidates: int, probe_sentences: int
) -> np.ndarray:
    """Draw sentences that both languages have.

    Parameters
    ----------
    corpora
        The two corpus files. A sentence without words is none.
    seed
        Of the draw.
    candidates, probe_sentences
        How many at most: the former, or the latter if that is more and both corpora have a column ``sentiment``.

    Returns
    -------
    ndarray of int
        Numbers of sentences, in the order in which they are drawn.
    """
    tables = [read_parquet(path, ("sentence", "words")) for path in corpora.values()]
    found = [set(table.sentence[table.words.map(len) > 0]) for table in tables]
    shared = np.array(sorted(set.intersection(*found)), dtype=np.int64)
    probed = all("sentiment" in table for table in tables)
    most = max(candidates, probe_sentences) if probed else candidates
    return shared[np.random.default_rng(seed).permutation(len(shared))[:most]]


def every_subword(start: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take all subwords of a word, whatever pooling the words of the store have."""
    return start, stop


class DrawnSentences:
    """Takes the vectors of drawn sentences, and of their lemmas, out of batches.

    Parameters
    ----------
    drawn
        Numbers of the sentences.
    corpus
        The corpus file of their language; where it has ``lemmas``, these have vectors too.

    Attributes
    ----------
    numbers : list of int
        The lemmas.
    """

    def __init__(self, drawn: np.ndarray, corpus: str | Path):
        self.turn = {int(key): turn for turn, key in enumerate(drawn)}
        table = read_parquet(corpus, ("sentence",)).set_index("sentence").loc[drawn]
        named = [list(map(int, row)) for row in table.lemmas] if "lemmas" in table else [[]] * len(drawn)
        self.numbers = sorted({lemma for row in named for lemma in row if lemma >= 0})
        place = {lemma: place for place, lemma in enumerate(self.numbers)}
        # Of each word its lemma's place in `numbers`; -1 where it has none.
        self.places = {key: [place.get(lemma, -1) for lemma in row] for key, row in zip(self.turn, named, strict=True)}
        self.sums: np.ndarray | float = 0.0
        self.counts = np.zeros(len(self.numbers))

    def among(self, keys: Sequence[int]) -> list[int]:
        """Give the rows of a batch that hold drawn sentences."""
        return [row for row, key in enumerate(keys) if key in self.turn]

    def in_order(self, batches: Sequence[Sequence[int]]) -> pd.DataFrame:
        """List them as they are run: ``sentence``, and ``turn``, its place in the draw."""
        rows = [(keys[row], self.turn[keys[row]]) for keys in batches for row in self.among(keys)]
        return pd.DataFrame(rows, columns=["sentence", "turn"])

    def lemma_spans(self, keys: Sequence[int], batch: Sequence[Sentence]) -> list[list[tuple[int, tuple[int, int]]]]:
        """Give for each sentence of a batch the lemmas of its words, as places in ``numbers``, with their subwords."""
        found = []
        for key, sentence in zip(keys, batch, strict=True):
            places = self.places.get(key, [])
            spans = sentence.spans.items() if places else ()
            found.append([(places[word], span) for word, span in spans if places[word] >= 0])
        return found

    def pools(
        self, keys: Sequence[int], batch: Sequence[Sentence], poolings: Sequence[str], device: torch.device
    ) -> list[Pool]:
        """Pool the drawn sentences of a batch (``drawn/mean`` and so on), and their words with a lemma (``lemmas``)."""
        rows = self.among(keys)
        if not rows:
            return []
        chosen = [batch[row] for row in rows]
        place, widest = sent(torch.tensor(rows), device), max(len(sentence.ids) for sentence in chosen)
        whole = pool_sentences(chosen, poolings, device)
        pools: list[Pool] = [
            lambda states: {f"drawn/{name}": found for name, found in whole(states[place, :widest]).items()}
        ]
        if self.numbers:
            spans = [[span for _, span in row] for row in self.lemma_spans(keys, batch)]
            words = pool_words(spans, every_subword, device)
            pools.append(lambda states: {"lemmas": words(states)["words"]})
        return pools

    def add(self, keys: Sequence[int], batch: Sequence[Sentence], vectors: np.ndarray) -> None:
        """Add a batch's vectors of words, ``[layer, word, hidden]``: a lemma is the mean over all its subwords."""
        found = [one for row in self.lemma_spans(keys, batch) for one in row]
        places = [place for place, _ in found]
        subwords = np.array([stop - start for _, (start, stop) in found], dtype=np.float64)
        sums = csr_array((subwords, (places, np.arange(len(found)))), (len(self.numbers), len(found)))
        self.sums = self.sums + np.stack([sums @ rows.astype(np.float64) for rows in vectors])
        self.counts += sums.sum(axis=1)

    def means(self) -> np.ndarray:
        """Give the vectors of ``numbers``, float32 ``[layer, lemma, hidden]``; NaN for one without subwords."""
        with np.errstate(invalid="ignore"):
            return (self.sums / self.counts[:, None]).astype(np.float32)
