"""Does a model treat translations alike? Three quick measures for each layer, straight from the model.

``sentence_retrieval``
    Share of the source sentences whose nearest target sentence (cosine of mean vectors) is their translation
    (Artetxe and Schwenk 2019, section 4.3, with plain cosine). Chance is 1 / sentences.
``word_translation``
    The same for the mean vectors of lemmas; needs a column ``lemmas``. Chance is 1 / lemmas.
``probe_sentiment``
    A logistic regression on the frozen sentence vectors of the source language, tested on the target language
    and on sentences whose translations it has not seen; needs a column ``sentiment``. Chance is the share of the
    most frequent label.

Vectors are centred for each language, so that what only tells the language does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.models.load import load_checkpoint
from isogloss.models.words import check_subwords, read_sentences, set_language
from isogloss.states.batching import batch_by_length
from isogloss.states.forward import Reader, joined, pool_sentences, pool_words
from isogloss.states.pooling import mean

COLUMNS = (
    "model",
    "checkpoint",
    "task",
    "corpus",
    "source",
    "target",
    "layer",
    "measure",
    "value",
    "chance",
    "n",
)


@dataclass
class Vectors:
    """One language's mean vectors.

    Attributes
    ----------
    sentences
        float32 [layers, sentences, hidden].
    lemmas
        For each lemma its mean vector, float32 [layers, hidden].
    """

    sentences: np.ndarray
    lemmas: dict[int, np.ndarray]


def evaluate(
    *,
    checkpoint: str | Path,
    corpora: Mapping[str, str | Path],
    source: str,
    output: str | Path,
    attributes: Mapping[str, str],
    candidates: int = 500,
    probe_sentences: int = 2000,
    seed: int,
    threads: int,
    token_budget: int = 2048,
    max_length: int = 512,
    device: str = "auto",
    precision: str = "auto",
) -> None:
    """Measure a model from the source language to every other one; write a tidy table.

    Parameters
    ----------
    checkpoint
        Folder of the model and its tokenizer, as ``save_pretrained`` writes them. Of an encoder-decoder the
        encoder is used.
    corpora
        For each language a Parquet file with ``sentence`` and ``words``, and if known ``lemmas`` and
        ``sentiment``.
    source
        The language that sentences are looked up from, and that the probe learns from.
    output
        CSV with the columns model, checkpoint, task, corpus, source, target, layer, measure, value, chance, n
        (cases that ``value`` is a share of). The probe has a row for the source itself too.
    attributes
        Names for the table's first columns: ``model``, ``checkpoint``, ``task``, ``corpus``.
    candidates
        Most sentences for retrieval.
    probe_sentences
        Most sentences for the probe; it learns from half of them and is tested on the other half.
    seed
        Draws the sentences.
    threads
        Threads of the numerical library.
    token_budget, max_length, device, precision
        See :func:`isogloss.states.extract.extract`.

    Raises
    ------
    IsoglossError
        If the folder is no model with hidden states, or the languages have too few sentences in common.
    """
    torch.set_num_threads(threads)
    tables = read_corpora(corpora, source)
    shared = sorted(set.intersection(*(set(table.index) for table in tables.values())))
    if len(shared) < 20:
        raise IsoglossError(
            f"Only {len(shared)} sentences are present in all of {', '.join(tables)}; at least 20 are needed."
        )
    probed = all("sentiment" in table for table in tables.values())
    # No more are embedded than are scored.
    most = max(candidates, probe_sentences) if probed else candidates
    chosen = [shared[i] for i in np.random.default_rng(seed).permutation(len(shared))[:most]]
    loaded = load_checkpoint(checkpoint, device, precision)
    reader = Reader(loaded, loaded.shape.family.reader)
    max_length = min(max_length, loaded.shape.longest or max_length)
    vectors = {}
    for language, table in tables.items():
        set_language(loaded.tokenizer, language)
        what = f"The tokenizer in {checkpoint} on {language}"
        vectors[language] = embed(reader, table.loc[chosen], token_budget, max_length, what)
    del loaded, reader
    looked = min(candidates, len(chosen))
    rows = []
    layers = range(len(vectors[source].sentences))
    for target in tables:
        named = sorted(set(vectors[source].lemmas) & set(vectors[target].lemmas))
        for layer in layers:
            place = (source, target, layer)
            if target != source:
                value = found(*(vectors[side].sentences[layer, :looked] for side in (source, target)))
                rows.append((*place, "sentence_retrieval", value, 1 / looked, looked))
            if target != source and len(named) > 1:
                sides = [np.stack([vectors[k].lemmas[n][layer] for n in named]) for k in (source, target)]
                rows.append((*place, "word_translation", found(*sides), 1 / len(named), len(named)))
    if probed:
        labels = tables[source].loc[chosen, "sentiment"].to_numpy()[:probe_sentences]
        half = len(labels) // 2
        if len(set(labels[:half])) > 1:
            for layer in layers:
                learner = LogisticRegression(max_iter=300)
                with threadpool_limits(threads):
                    learner.fit(centred(vectors[source].sentences[layer, :half]), labels[:half])
                for target in tables:
                    seen = centred(vectors[target].sentences[layer, half : len(labels)])
                    tested = tables[target].loc[chosen, "sentiment"].to_numpy()[half : len(labels)]
                    chance = np.unique(tested, return_counts=True)[1].max() / len(tested)
                    value = learner.score(seen, tested)
                    rows.append((source, target, layer, "probe_sentiment", value, chance, len(tested)))
    table = pd.DataFrame(rows, columns=COLUMNS[4:])
    table = table.sort_values(["measure", "target", "layer"], ignore_index=True)
    names = {column: attributes[column] for column in COLUMNS[:4]}
    write_csv(table.assign(**names)[list(COLUMNS)], output)


def read_corpora(corpora: Mapping[str, str | Path], source: str) -> dict[str, pd.DataFrame]:
    """Read the corpus of each language, indexed by sentence; the source first."""
    if source not in corpora or len(corpora) < 2:
        raise IsoglossError(
            f"Retrieval needs {source} and at least one other language; there are {', '.join(corpora)}."
        )
    tables = {}
    for language in [source, *sorted(set(corpora) - {source})]:
        table = read_parquet(corpora[language], ("sentence", "words"))
        tables[language] = table[table["words"].map(len) > 0].set_index("sentence")
    return tables


def embed(reader: Reader, table: pd.DataFrame, token_budget: int, max_length: int, what: str) -> Vectors:
    """Mean vectors of the table's sentences and of its lemmas, all layers, special tokens left out."""
    texts = list(table.text) if "text" in table else None
    read = read_sentences(reader.tokenizer, [list(words) for words in table.words], max_length, texts=texts)
    check_subwords(reader.tokenizer, len(reader.model.get_input_embeddings().weight), read, what)
    layers = range(reader.shape.depths[reader.stack] + 1)
    sentences = np.zeros((len(layers), len(table), reader.shape.hidden), dtype=np.float32)
    sums: dict[int, np.ndarray] = {}
    counts: dict[int, int] = {}
    for rows in batch_by_length({row: len(sentence.ids) for row, sentence in enumerate(read)}, token_budget):
        batch = [read[row] for row in rows]
        pools = [pool_sentences(batch, ("mean",), reader.device)]
        named: list[tuple[int, int]] = []
        if "lemmas" in table:
            spans: list[list[tuple[int, int]]] = []
            for row, sentence in zip(rows, batch, strict=True):
                lemmas = table.lemmas.iloc[row]
                with_lemma = [(int(lemmas[word]), span) for word, span in sentence.spans.items() if lemmas[word] >= 0]
                spans.append([span for _, span in with_lemma])
                named += [(lemma, stop - start) for lemma, (start, stop) in with_lemma]
            pools.append(pool_words(spans, mean, reader.device))
        arrival, _ = reader.read(batch, joined(*pools), layers)
        found = arrival.arrays()
        sentences[:, rows] = found["mean"]
        for place, (lemma, subwords) in enumerate(named):
            # A lemma is the mean over all its subwords.
            sums[lemma] = sums.get(lemma, 0) + subwords * found["words"][:, place].astype(np.float64)
            counts[lemma] = counts.get(lemma, 0) + subwords
    return Vectors(sentences, {lemma: sums[lemma] / counts[lemma] for lemma in sums})


def centred(vectors: np.ndarray) -> np.ndarray:
    """Take the mean of all rows off each row, and bring the whole to unit variance."""
    moved = vectors - vectors.mean(0)
    return moved / max(float(moved.std()), 1e-12)


def found(source: np.ndarray, target: np.ndarray) -> float:
    """Share of rows of ``source`` whose nearest row of ``target``, by cosine, has the same number."""
    one, two = (
        rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        for rows in (centred(source), centred(target))
    )
    return float((np.argmax(one @ two.T, axis=1) == np.arange(len(one))).mean())
