"""Does a model treat translations alike? Three quick measures for each layer.

``sentence_retrieval``
    Share of the source sentences whose nearest target sentence (cosine of mean vectors) is their translation
    (Artetxe and Schwenk 2019, section 4.3, with plain cosine). Chance is 1 / sentences.
``word_translation``
    The same for the mean vectors of lemmas; needs a column ``lemmas``. Chance is 1 / lemmas.
``probe_sentiment``
    A logistic regression on the frozen sentence vectors of the source language, tested on the target language
    and on sentences whose translations it has not seen; needs a column ``sentiment``. Chance is the share of the
    most frequent label.

The vectors are those that the stores of a pair keep of sentences drawn for this (see :mod:`isogloss.states.drawn`).
They are centred for each language, so that what only tells the language does not count.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.states.store import open_store

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
FEWEST = 20


def evaluate(
    *,
    sources: Mapping[str, str | Path],
    targets: Mapping[str, str | Path],
    corpora: Mapping[str, str | Path],
    source: str,
    layers: list[int],
    output: str | Path,
    attributes: Mapping[str, str],
    candidates: int,
    probe_sentences: int,
    threads: int,
) -> None:
    """Measure a model from the source language to every other one; write a tidy table.

    Parameters
    ----------
    sources, targets
        For each target language the pair's activation stores, of the source's side and of the target's, made for
        retrieval.
    corpora
        For each language a Parquet file with ``sentence`` and, if known, ``sentiment``.
    source
        The language that sentences are looked up from, and that the probe learns from.
    layers
        Which layers.
    output
        CSV with the columns model, checkpoint, task, corpus, source, target, layer, measure, value, chance, n
        (cases that ``value`` is a share of). The probe has a row for the source itself too, of the first pair's
        sentences.
    attributes
        Names for the table's first columns: ``model``, ``checkpoint``, ``task``, ``corpus``.
    candidates
        Most sentences for retrieval.
    probe_sentences
        Most sentences for the probe; it learns from half of them and is tested on the other half.
    threads
        Threads of the numerical library.

    Raises
    ------
    IsoglossError
        If a store holds no vectors for retrieval, or the languages of a pair have too few sentences in common.
    """
    tables = {language: read_parquet(path, ("sentence",)).set_index("sentence") for language, path in corpora.items()}
    rows = []
    # Pairs whose sentences are the same share the probe.
    probes: dict[tuple[bytes, int], LogisticRegression] = {}
    for target in sorted(targets):
        with open_store(sources[target]) as one, open_store(targets[target]) as two:
            drawn = one.drawn_sentences()
            if len(drawn) < FEWEST:
                raise IsoglossError(
                    f"Only {len(drawn)} sentences are present in both {source} and {target}; at least {FEWEST} are "
                    "needed for retrieval. Take more text, or leave `retrieval:` out."
                )
            looked = min(candidates, len(drawn))
            labels = {
                language: tables[language].loc[drawn, "sentiment"].to_numpy()[:probe_sentences]
                for language in (source, target)
                if "sentiment" in tables[language]
            }
            half = min(len(drawn), probe_sentences) // 2
            for layer in layers:
                vectors = {source: one.drawn_vectors(layer), target: two.drawn_vectors(layer)}
                place = (source, target, layer)
                value = found(*(side[:looked] for side in vectors.values()))
                rows.append((*place, "sentence_retrieval", value, 1 / looked, looked))
                lemmas = [store.lemma_vectors(layer) for store in (one, two)]
                named = lemmas[0].index.intersection(lemmas[1].index)
                if len(named) > 1:
                    value = found(*(side.loc[named].to_numpy() for side in lemmas))
                    rows.append((*place, "word_translation", value, 1 / len(named), len(named)))
                if len(labels) < 2 or len(set(labels[source][:half])) < 2:
                    continue
                asked = (drawn.tobytes(), layer)
                first = not any(of == layer for _, of in probes)
                if asked not in probes:
                    with threadpool_limits(threads):
                        learnt = centred(vectors[source][:half])
                        probes[asked] = LogisticRegression(max_iter=300).fit(learnt, labels[source][:half])
                for language in (source, target) if first else (target,):
                    tested = labels[language][half:]
                    seen = centred(vectors[language][half : half + len(tested)])
                    chance = np.unique(tested, return_counts=True)[1].max() / len(tested)
                    value = probes[asked].score(seen, tested)
                    rows.append((source, language, layer, "probe_sentiment", value, chance, len(tested)))
    table = pd.DataFrame(rows, columns=COLUMNS[4:])
    table = table.sort_values(["measure", "target", "layer"], ignore_index=True)
    names = {column: attributes[column] for column in COLUMNS[:4]}
    write_csv(table.assign(**names)[list(COLUMNS)], output)


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
