"""Is a word's nearest word of the other language the one it is linked with (Gaschi et al. 2023, section 3)?

*Weak* alignment looks for it among the linked words of the other language, *strong* alignment among those of both. They
look at words in context, so the same word is there many times. By *occurrence* a hit is the very word of the same
sentence; that measures how often words are repeated as much as how well they are aligned. By *type* a hit is any
occurrence of the right form, other occurrences of the word itself are no rivals, and every form counts once.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.measures.space_similarity import matching
from isogloss.measures.space_similarity.spaces import Space, checked
from isogloss.states.store import open_store
from isogloss.statistics.nulls import null_summary, permutations, resamples
from isogloss.text.word_alignment import unflatten

COLUMNS = (
    "source",
    "target",
    "layer",
    "vectors",
    "measure",
    "unit",
    "value",
    "low",
    "high",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "n",
    "types",
    "reason",
)
MEASURES, UNITS, VECTORS = ("weak", "strong"), ("occurrence", "type"), ("raw", "centred")
Row = dict[str, Any]


def write_word_retrieval(
    *,
    alignment: str | Path,
    source_store: str | Path,
    target_store: str | Path,
    source: str,
    target: str,
    pairs: int,
    null: int,
    bootstrap: int,
    seed: int,
    threads: int,
    attributes: Mapping[str, Any],
    output: str | Path,
) -> None:
    """Measure weak and strong alignment of one pair of languages in both directions and all layers.

    Parameters
    ----------
    alignment
        The alignment file: ``sentence`` and ``links``.
    source_store, target_store
        Activation stores of the two sides.
    source, target
        The languages.
    pairs
        Most linked pairs of words; if there are more, so many are drawn. Retrieval is the harder the more there are.
    null, bootstrap
        Draws of nulls and of bootstrap intervals.
    seed
        Draws pairs, nulls and samples.
    threads
        Threads of the numerical library.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``target`` (from and to), ``layer``, ``vectors`` (``raw`` or ``centred``), ``measure``
        (``weak`` or ``strong``), ``unit`` (``occurrence`` or ``type``), ``value``, ``low`` and ``high`` (95 %,
        bootstrap over the types of the words looked up), ``null_mean``, ``null_low``, ``null_high``, ``null_p`` and
        ``null_draws`` (by occurrence the pairs permuted, by type the forms of the other language), ``n`` pairs,
        ``types`` looked up, and ``reason`` where there is no value.

    Raises
    ------
    IsoglossError
        If a file is missing or damaged.

    Notes
    -----
    Links count that are one to one in their sentence and between different forms, whose words are both in the stores.
    """
    rows: list[Row] = []
    with open_store(source_store, True) as mine, open_store(target_store, True) as theirs, threadpool_limits(threads):
        found = linked(read_parquet(alignment, ("sentence", "links")), mine.words(), theirs.words())
        kept = np.sort(np.random.default_rng(seed).permutation(len(found))[:pairs])
        found = found.iloc[kept]
        for layer in mine.layers:
            try:
                if len(found) < 2:
                    raise IsoglossError(
                        f"{len(found)} linked pairs of words are one to one, of different forms and in the stores; "
                        "at least 2 are needed"
                    )
                sides = [
                    checked(store.vectors(layer, found[f"{side}_row"].to_numpy()), language)
                    for store, side, language in ((mine, "source", source), (theirs, "target", target))
                ]
                forms = [found[f"{side}_form"].to_numpy() for side in ("source", "target")]
                for place, row in measure_layer(sides, forms, null, bootstrap, seed):
                    rows.append({**directed(source, target, place), "layer": layer, "reason": "", **row})
            except IsoglossError as error:
                for place in (0, 1):
                    for vectors, measure, unit in cells():
                        row = {"vectors": vectors, "measure": measure, "unit": unit, "n": len(found)}
                        rows.append({**directed(source, target, place), "layer": layer, "reason": str(error), **row})
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["source", "target", "measure", "unit", "vectors", "layer"], ignore_index=True)
    write_csv(table, output, attributes)


def directed(source: str, target: str, place: int) -> Row:
    """Name the languages from the first side to the second, or the other way."""
    return {"source": target, "target": source} if place else {"source": source, "target": target}


def cells() -> Iterator[tuple[str, str, str]]:
    """Give what is measured in one direction: vectors, measure, unit."""
    yield from ((vectors, measure, unit) for vectors in VECTORS for measure in MEASURES for unit in UNITS)


def linked(alignment: pd.DataFrame, source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """List the links that are one to one in their sentence and between different forms.

    Parameters
    ----------
    alignment
        ``sentence`` and ``links``.
    source, target
        Words of the stores: ``sentence``, ``position`` and ``form``.

    Returns
    -------
    DataFrame
        ``source_row``, ``target_row`` (of the stores), ``source_form``, ``target_form``.
    """
    flat = [
        (sentence, i, j)
        for sentence, links in zip(alignment.sentence, alignment.links, strict=True)
        for i, j in unflatten(links)
    ]
    links = pd.DataFrame(flat, columns=["sentence", "source_position", "target_position"])
    for side, words in (("source", source), ("target", target)):
        place = ["sentence", f"{side}_position"]
        links[f"{side}_links"] = links.groupby(place)["sentence"].transform("size")
        named = words.rename(columns={"position": f"{side}_position", "form": f"{side}_form"})
        named = named[[*place, f"{side}_form"]].assign(**{f"{side}_row": range(len(words))})
        links = links.merge(named, on=place)
    alone = (links.source_links == 1) & (links.target_links == 1)
    return links[alone & (links.source_form != links.target_form)].sort_values(["sentence", "source_position"])


def measure_layer(
    sides: list[np.ndarray], forms: list[np.ndarray], null: int, bootstrap: int, seed: int
) -> Iterator[tuple[int, Row]]:
    """Measure one layer.

    Parameters
    ----------
    sides, forms
        ``[n, d]`` and ``[n]`` of the source and of the target: row i of both is a linked pair.
    null, bootstrap, seed
        See :func:`write_word_retrieval`.

    Yields
    ------
    tuple
        0 from source to target, 1 back; and a row.
    """
    codes = [np.unique(side, return_inverse=True)[1] for side in forms]
    orders = permutations(len(codes[0]), null, np.random.default_rng(seed))
    # Both directions of both forms of vectors by the same draws.
    of_types = [permutations(int(side.max()) + 1, null, np.random.default_rng([seed, 1])) for side in codes]
    samples = [resamples(int(side.max()) + 1, bootstrap, np.random.default_rng([seed, 2])) for side in codes]
    for vectors in VECTORS:
        spaces = [Space(side, vectors == "centred", 1) for side in sides]
        cosines = spaces[0].unit @ spaces[1].unit.T
        for place, similarities in enumerate((cosines, np.ascontiguousarray(cosines.T))):
            asked, sought = codes[place], codes[1 - place]
            rivals = {"occurrence": spaces[place].rivals, "type": other_types(spaces[place], asked)}
            for measure in MEASURES:
                for unit in UNITS:
                    if measure == "weak":
                        partners = matching.retrieval(similarities)
                    else:
                        partners = matching.strong_retrieval(similarities, rivals[unit])
                    if unit == "occurrence":
                        hits, draws = matching.right(partners), partners == orders
                    else:
                        form = np.where(partners < 0, -1, sought[partners])
                        hits, draws = form == sought, form == of_types[1 - place][:, sought]
                    row = {"vectors": vectors, "measure": measure, "unit": unit}
                    yield place, {**row, **scored(hits, draws, asked, unit, samples[place])}


def other_types(space: Space, types: np.ndarray) -> np.ndarray:
    """Give the cosine of each word's nearest neighbour of another form in its own language, ``[n]``."""
    cosines = space.unit @ space.unit.T
    cosines[types[:, None] == types] = -np.inf
    return cosines.max(1)


def scored(hits: np.ndarray, draws: np.ndarray, types: np.ndarray, unit: str, samples: np.ndarray) -> Row:
    """Give the value with its null and its interval.

    Parameters
    ----------
    hits
        bool ``[n]``.
    draws
        bool ``[draws, n]``: hits of the null.
    types
        int ``[n]``: the form of each word looked up.
    unit
        ``occurrence``: every word counts once; ``type``: every form does.
    samples
        ``[samples, types]``: how often each form is in a bootstrap sample.
    """
    counts = np.bincount(types)
    weights = 1 / counts[types] if unit == "type" else np.ones(len(types))
    weights = weights / weights.sum()
    value, null = float(hits @ weights), draws @ weights
    sums, totals = (samples @ np.bincount(types, weights=column) for column in (hits * weights, weights))
    low, high = np.quantile(sums / totals, [0.025, 0.975])
    summary = null_summary(value, null)
    return {"value": value, "low": low, "high": high, **summary, "n": len(hits), "types": len(counts)}
