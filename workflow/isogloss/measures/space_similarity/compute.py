"""The similarity of the languages' spaces in one checkpoint: every ordered pair, every layer, raw and centred."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv, write_parquet
from isogloss.measures.space_similarity import languages as together
from isogloss.measures.space_similarity import matching, organisation, pairs
from isogloss.measures.space_similarity.cca import Components, canonical, canonical_intervals, canonical_null
from isogloss.measures.space_similarity.spaces import Space, checked
from isogloss.states.sentence_vectors import languages_with, open_vectors
from isogloss.states.store import ActivationStore, open_store
from isogloss.statistics.changes import NAMES, paired_change_of_items
from isogloss.statistics.cka import Representation, compare, kernel_norms
from isogloss.statistics.jackknife import FEWEST_FOR_INTERVAL, blocks_of, replicates_of, shares_without
from isogloss.statistics.nulls import bootstrap_means, null_summary, permutations, resamples

QUESTIONS = {
    **pairs.QUESTIONS,
    "retrieval_csls": "coinciding",
    "retrieval_ratio": "coinciding",
    "interlingual_overlap": "coinciding",
    "language_identity": "coinciding",
    "svcca": "organised alike",
    "pwcca": "organised alike",
    "anisotropy": "one space",
    "hubness": "one space",
}
# Rows of these have a source and no target.
OF_ONE_LANGUAGE = ("interlingual_overlap", "language_identity", "anisotropy", "hubness")
# These centre in any case, so a table has them once.
CENTRED_ONLY = ("neuron_correlation", "cka", "cka_debiased", "procrustes", "svcca", "pwcca")
CANONICAL = ("svcca", "pwcca")
# Of their changes no interval is known to hold (benchmarks/tuned_worlds.py).
UNTOLD = (*OF_ONE_LANGUAGE, *CANONICAL)
CELLS = [
    (measure, vectors)
    for measure in QUESTIONS
    for vectors in ("raw", "centred")
    if vectors == "centred" or measure not in CENTRED_ONLY
]
COLUMNS = (
    "source",
    "target",
    "layer",
    "pooling",
    "vectors",
    "measure",
    "question",
    "value",
    "low",
    "high",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "n",
    "reason",
    *NAMES,
)
KEY = ["source", "target", "layer", "vectors", "measure"]
# Both halves of the items need two.
FEWEST = 4
Row = dict[str, Any]
Near = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Draws:
    """What is drawn once for all pairs and layers.

    Attributes
    ----------
    orders, half_orders
        Permutations of the items, int ``[draws, n]``, and of their second half.
    samples, half_samples
        Bootstrap samples of the items and of their second half, see :func:`isogloss.statistics.nulls.resamples`.
    seed
        Of all of them.
    """

    orders: np.ndarray
    half_orders: np.ndarray
    samples: np.ndarray
    half_samples: np.ndarray
    seed: int

    @classmethod
    def of(cls, n: int, null: int, bootstrap: int, seed: int) -> "Draws":
        """Draw for ``n`` items."""
        rng, half = np.random.default_rng(seed), n - n // 2
        return cls(
            permutations(n, null, rng),
            permutations(half, null, rng),
            resamples(n, bootstrap, rng),
            resamples(half, bootstrap, rng),
            seed,
        )

    def labels(self, count: int) -> np.ndarray:
        """Permute the labels of ``count`` pooled vectors, int ``[draws, count]``."""
        return permutations(count, len(self.orders), np.random.default_rng([self.seed, count]))


def write_space_similarity(
    *,
    vectors: str | Path,
    before: list[str | Path],
    pooling: str,
    items: int,
    neighbours: int,
    null: int,
    bootstrap: int,
    seed: int,
    threads: int,
    cca: bool = False,
    attributes: Mapping[str, Any],
    output: str | Path,
    replicates_output: str | Path,
) -> None:
    """Measure how alike the spaces of all languages are as one checkpoint has them; write one tidy table.

    Parameters
    ----------
    vectors
        HDF5 file of sentence vectors of parallel items, see :mod:`isogloss.states.sentence_vectors`.
    before
        The ``replicates_output`` of the same items before the model was tuned; none where it was not.
    pooling
        Which vectors of the file.
    items
        Most items; if there are more, so many are drawn. Retrieval is the harder the more there are.
    neighbours
        k of neighbour overlap, interlingual overlap and hubness.
    null, bootstrap
        Draws of nulls and of bootstrap intervals.
    seed
        Draws items, nulls and samples.
    threads
        Pairs that are compared at the same time.
    cca
        SVCCA and PWCCA too, which take ten times as long as all others.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``target`` (empty where a measure is of one language: anisotropy, hubness, language identity,
        interlingual overlap), ``layer``, ``pooling``, ``vectors`` (``raw`` or ``centred``), ``measure``, ``question``
        (``organised alike``, ``coinciding`` or ``one space``), ``value``, ``low`` and ``high`` (95 %), ``null_mean``,
        ``null_low``, ``null_high``, ``null_p``, ``null_draws``, ``n`` items, ``reason`` where there is no value,
        or no change; and ``change`` with what belongs to it, see
        :func:`isogloss.statistics.changes.paired_change_of_items`, empty where there is nothing before.
    replicates_output
        Parquet: the attributes, ``source``, ``target``, ``layer``, ``vectors``, ``measure`` and ``replicates``: the
        value of all items, then without each block of them, see :mod:`isogloss.statistics.jackknife`; of values that
        are there.

    Raises
    ------
    IsoglossError
        If the file has no vectors of this pooling.

    Notes
    -----
    The null permutes the items of one side; that of interlingual overlap and language identity permutes the labels of
    the languages. ``null_p`` is one-sided: the share of draws at least as large, for interlingual overlap at most as
    large (its null is the perfect mixture). Intervals of shares of items are by bootstrap, others by jackknife.
    """
    with open_vectors(vectors, put_aside=True) as file, threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        names = languages_with(file, pooling, vectors)
        counts = {language: len(next(iter(file[language][pooling].values()))) for language in names}
        unusable = ""
        if len(set(counts.values())) > 1:
            told = ", ".join(f"{name} has {count:,}" for name, count in counts.items())
            unusable = f"the languages' test items are not parallel: {told}"
        elif min(counts.values()) < FEWEST:
            unusable = f"{min(counts.values())} test items are too few; at least {FEWEST} are needed"
        chosen = np.sort(np.random.default_rng(seed).permutation(min(counts.values()))[:items])
        layers = {
            int(layer): {
                language: unusable or partial(lambda stored: stored[:][chosen], file[language][pooling][layer])
                for language in names
            }
            for layer in file[names[0]][pooling]
        }
        draws = Draws.of(len(chosen), null, bootstrap, seed)
        rows = list(measure_items(layers, neighbours, cca, draws, pool))
    write_rows(rows, before, pooling, attributes, output, replicates_output)


def write_corpus_similarity(
    *,
    sources: Mapping[str, str | Path],
    targets: Mapping[str, str | Path],
    before: list[str | Path],
    source: str,
    layers: list[int],
    pooling: str,
    items: int,
    neighbours: int,
    null: int,
    bootstrap: int,
    seed: int,
    threads: int,
    cca: bool = False,
    attributes: Mapping[str, Any],
    output: str | Path,
    replicates_output: str | Path,
) -> None:
    """Measure the same of a corpus, on sentences that were drawn from what the two languages of a pair share.

    Parameters
    ----------
    sources, targets
        For each target language the pair's activation stores, of the source's side and of the target's, with drawn
        sentences, see :mod:`isogloss.states.drawn`.
    source
        The source language of every pair.
    layers
        Which layers.
    before, pooling, items, neighbours, null, bootstrap, seed, threads, cca, attributes, output, replicates_output
        See :func:`write_space_similarity`. The first ``items`` of the draw are taken.

    Raises
    ------
    IsoglossError
        If a store has no drawn sentences, or none of their vectors of this pooling.

    Notes
    -----
    Pairs whose languages share the same sentences are measured together: then there is every ordered pair of their
    languages. The source's own rows, those without a target, are of the largest such group.
    """
    rows: list[Row] = []
    with ExitStack() as opened, threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        stores = {
            target: tuple(opened.enter_context(open_store(side[target], put_aside=True)) for side in (sources, targets))
            for target in sorted(targets)
        }
        groups: dict[tuple[int, ...], list[str]] = {}
        for target, (one, _) in stores.items():
            groups.setdefault(tuple(one.drawn_sentences()[:items]), []).append(target)
        for place, (drawn, members) in enumerate(sorted(groups.items(), key=lambda group: (-len(group[1]), group[1]))):
            few = f"{len(drawn)} sentences of both languages are too few; at least {FEWEST} are needed"
            unusable = few if len(drawn) < FEWEST else ""
            spaces = {source: stores[members[0]][0], **{target: stores[target][1] for target in members}}
            read = {
                layer: {
                    language: unusable or partial(first_drawn, store, layer, pooling, len(drawn))
                    for language, store in sorted(spaces.items())
                }
                for layer in layers
            }
            draws = Draws.of(len(drawn), null, bootstrap, seed)
            found = measure_items(read, neighbours, cca, draws, pool)
            rows += [row for row in found if place == 0 or row["target"] or row["source"] != source]
    write_rows(rows, before, pooling, attributes, output, replicates_output)


def first_drawn(store: ActivationStore, layer: int, pooling: str, count: int) -> np.ndarray:
    """Read the vectors of the first sentences of a draw."""
    return store.drawn_vectors(layer, pooling)[:count]


def measure_items(
    layers: Mapping[int, Mapping[str, Callable[[], np.ndarray] | str]],
    neighbours: int,
    cca: bool,
    draws: Draws,
    pool: Executor,
) -> Iterator[Row]:
    """Measure every layer of the same items in several languages.

    Parameters
    ----------
    layers
        By layer and language what reads its vectors, ``[n, d]``, or a sentence why there are none.
    neighbours, cca, draws, pool
        See :func:`measure_layer`.

    Yields
    ------
    dict
        A row of the table each, but for ``pooling``.
    """
    for layer in sorted(layers):
        sides, reasons = {}, {}
        for language, read in layers[layer].items():
            found = read if isinstance(read, str) else attempt(checked, read(), language)
            if isinstance(found, np.ndarray):
                sides[language] = found
            else:
                reasons[language] = str(found)
        rows = measure_layer(sides, neighbours, cca, draws, pool)
        for row in (*rows, *missing(list(layers[layer]), reasons, cca)):
            yield {"layer": layer, "question": QUESTIONS[row["measure"]], "n": draws.orders.shape[1], **row}


def write_rows(
    rows: list[Row],
    before: list[str | Path],
    pooling: str,
    attributes: Mapping[str, Any],
    output: str | Path,
    replicates_output: str | Path,
) -> None:
    """Write the table, with what changed, and what later changes are told by."""
    table = pd.DataFrame(rows, columns=[*COLUMNS, "replicates"]).assign(pooling=pooling)
    table = table.sort_values(["measure", "vectors", "source", "target", "layer"], ignore_index=True)
    known = table[table.value.notna()][[*KEY, "replicates"]]
    if before:
        table = with_changes(table, read_parquet(before[0], (*KEY, "replicates"))[[*KEY, "replicates"]])
    write_csv(table[list(COLUMNS)], output, attributes)
    write_parquet(known.assign(**attributes), replicates_output)


def with_changes(table: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Add to each row how its value changed from what it was before, or why that is not known."""
    table = table.merge(before, on=KEY, how="left", suffixes=("", "_before"))
    known, was = table.value.notna(), table.replicates_before.notna()
    table.loc[known & ~was, "reason"] = "there was no value before tuning, so there is no change"
    # Rotations are tested on the second half of the items.
    halves, untold = table.measure == "procrustes", table.measure.isin(UNTOLD)
    items = np.select([halves, untold], [table.n - table.n // 2, 1], table.n)
    for count, own in table[known & was].groupby(items[known & was]):
        sizes = np.array([block.stop - block.start for block in blocks_of(int(count))])
        old, new = (np.stack([*own[name]]) for name in ("replicates_before", "replicates"))
        for name, values in paired_change_of_items(old, new, sizes).items():
            table.loc[own.index, name] = values
    unsure = known & was & table.change_p.isna()
    table.loc[unsure, "reason"] = np.where(
        table.measure[unsure].isin(UNTOLD),
        "no interval is known of this measure's change",
        f"its change has no interval: of {FEWEST_FOR_INTERVAL} items at least, with a value whatever block is left out",
    )
    return table


def attempt(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; give the IsoglossError instead of a value where it raises one."""
    try:
        return function(*arguments)
    except IsoglossError as error:
        return error


def missing(names: list[str], reasons: Mapping[str, str], cca: bool) -> Iterator[Row]:
    """Give the rows of all measures that languages without usable vectors take part in."""
    for measure, vectors in CELLS:
        if measure in CANONICAL and not cca:
            continue
        for source in names:
            for target in [""] if measure in OF_ONE_LANGUAGE else [name for name in names if name != source]:
                if source in reasons or target in reasons:
                    reason = reasons.get(source) or reasons[target]
                    yield {"source": source, "target": target, "vectors": vectors, **lacking(measure, reason)}


def lacking(measure: str, reason: object) -> Row:
    """Give the row of a measure that has no value."""
    return {"measure": measure, "value": np.nan, "reason": str(reason)}


def scored(
    measure: str,
    value: float,
    low: float,
    high: float,
    without: Sequence[float] | np.ndarray = (),
    null: np.ndarray | None = None,
) -> Row:
    """Give the row of a measure with its interval, its values without each block and its null, where there are such."""
    summary = {} if null is None else null_summary(value, null)
    told = {"measure": measure, "value": float(value), "low": low, "high": high, "reason": ""}
    return {**told, **summary, "replicates": replicates_of(value, without)}


@dataclass(frozen=True)
class Side:
    """One language in one layer, raw or centred.

    Attributes
    ----------
    space
        Its vectors.
    near
        Neighbours without blocks of items; None where there are too few for an interval.
    centred
        What the measures need that centre in any case; None in the raw form.
    """

    space: Space
    near: organisation.Neighbourhoods | None
    centred: "Centred | None" = None


@dataclass(frozen=True)
class Centred:
    """One language in one layer, for the measures that centre in any case.

    Attributes
    ----------
    neurons
        For neuron correlation.
    alignment, kernel
        For CKA.
    halves
        For Procrustes; an error tells why there are none.
    components
        For SVCCA and PWCCA: of all items, then without each block of items; empty where they are not asked for.
    """

    neurons: organisation.Neurons
    alignment: Representation
    kernel: np.ndarray
    halves: matching.Halves | IsoglossError
    components: tuple[Components, ...]


def measure_layer(
    sides: Mapping[str, np.ndarray], neighbours: int, cca: bool, draws: Draws, pool: Executor
) -> Iterator[Row]:
    """Measure one layer.

    Parameters
    ----------
    sides
        Of each language ``[n, d]``.
    neighbours, cca, draws
        See :func:`write_space_similarity`.
    pool
        Where languages and pairs are measured.

    Yields
    ------
    dict
        A row of the table each, without the columns that are the same in all rows of the layer.
    """
    if not sides:
        return
    names = list(sides)
    couples = list(combinations(range(len(names)), 2))
    for vectors in ("raw", "centred"):
        centred = vectors == "centred"
        identity = pool.submit(tell_languages, list(sides.values()), centred, draws)
        prepared = list(pool.map(partial(prepare, centred=centred, neighbours=neighbours, cca=cca), sides.values()))
        near: dict[tuple[int, int], Near] = {}
        rows: list[tuple[str, str, Row]] = []
        for a, (found, near[a, a]) in enumerate(pool.map(measure_language, prepared)):
            rows += [(names[a], "", row) for row in found]
        compared = pool.map(compare_pair, *zip(*((prepared[a], prepared[b], draws) for a, b in couples), strict=True))
        for (a, b), (ahead, back, near[a, b], near[b, a]) in zip(couples, compared, strict=True):
            rows += [(names[a], names[b], row) for row in ahead] + [(names[b], names[a], row) for row in back]
        if centred:
            sides_centred = [side.centred for side in prepared if side.centred]
            for seconds in pool.map(partial(align, sides_centred, draws=draws), range(1, len(names))):
                for a, b, row in seconds:
                    rows += [(names[a], names[b], row), (names[b], names[a], row)]
        grid = [[near[a, b] for b in range(len(names))] for a in range(len(names))]
        for name, *found in zip(names, mix(grid, neighbours, draws), identity.result(), strict=True):
            rows += [(name, "", row) for row in found]
        for source, target, row in rows:
            yield {"source": source, "target": target, "vectors": vectors, **row}


def prepare(vectors: np.ndarray, centred: bool, neighbours: int, cca: bool) -> Side:
    """Prepare one language."""
    space = Space(vectors, centred, neighbours)
    near = organisation.Neighbourhoods.of(space.unit @ space.unit.T, neighbours)
    if not centred:
        return Side(space, near)
    alignment = Representation(vectors)
    kernel = alignment.items @ alignment.items.T
    halves = attempt(matching.Halves.of, vectors)
    components = (Components.of(vectors), *Components.without_blocks(vectors)) if cca else ()
    return Side(space, near, Centred(organisation.Neurons(vectors), alignment, kernel, halves, components))


def measure_language(side: Side) -> tuple[list[Row], Near]:
    """Measure the shape of one language's space; give its items' nearest in the language too."""
    hubs = attempt(together.hubness, side.space)
    failed = isinstance(hubs, IsoglossError)
    rows = [
        scored("anisotropy", *together.anisotropy(side.space)),
        lacking("hubness", hubs) if failed else scored("hubness", *hubs),
    ]
    distances = together.squared_distances(side.space.unit @ side.space.unit.T, side.space, side.space)
    return rows, together.near(distances, side.space.neighbours)


def compare_pair(x: Side, y: Side, draws: Draws) -> tuple[list[Row], list[Row], Near, Near]:
    """Measure one pair: rows from x to y, rows from y to x, and each one's nearest in the other."""
    ahead = x.space.unit @ y.space.unit.T
    back = np.ascontiguousarray(ahead.T)
    counts = (matching.CSLS_NEIGHBOURS, matching.RATIO_NEIGHBOURS)
    of_x, of_y = matching.largest(ahead, counts), matching.largest(back, counts)
    found = {
        "ahead": match(ahead, of_x, of_y, x.space.rivals),
        "back": match(back, of_y, of_x, y.space.rivals),
    }
    rows = {way: shares(partners, draws.orders, draws.samples) for way, partners in found.items()}
    same = [neighbours_shared(x, y, draws)]
    if x.centred and y.centred:
        one, two = x.centred, y.centred
        null = organisation.null_correlations(one.neurons, two.neurons, draws.orders)
        same.append(scored("neuron_correlation", *organisation.neuron_correlation(one.neurons, two.neurons), null))
        for way, partners in rotate(one.halves, two.halves).items():
            rows[way] += shares({"procrustes": partners}, draws.half_orders, draws.half_samples)
        if one.components:
            rows["ahead"] += correlate(one, two, draws)
            rows["back"] += correlate(two, one, draws)
    distances = together.squared_distances(ahead, x.space, y.space)
    k = x.space.neighbours
    near, near_back = together.near(distances, k), together.near(np.ascontiguousarray(distances.T), k)
    return rows["ahead"] + same, rows["back"] + same, near, near_back


def rotate(
    one: matching.Halves | IsoglossError, two: matching.Halves | IsoglossError
) -> dict[str, np.ndarray | IsoglossError]:
    """Match the second halves of two languages by a rotation that the first halves give, both ways."""
    if isinstance(one, IsoglossError):
        return {"ahead": one, "back": one}
    if isinstance(two, IsoglossError):
        return {"ahead": two, "back": two}
    rotated = matching.procrustes(one, two)
    return {"ahead": matching.retrieval(rotated), "back": matching.retrieval(rotated.T)}


def match(
    cosines: np.ndarray, of_rows: list[np.ndarray], of_columns: list[np.ndarray], rivals: np.ndarray
) -> dict[str, np.ndarray | IsoglossError]:
    """Match the rows with the columns by every measure; ``of_rows`` are the means of their largest cosines."""
    csls = matching.csls(cosines, of_rows[0], of_columns[0])
    by_ratio = attempt(matching.ratio, cosines, of_rows[1], of_columns[1])
    return {
        "retrieval": matching.retrieval(cosines),
        "retrieval_csls": matching.retrieval(csls),
        "retrieval_ratio": by_ratio if isinstance(by_ratio, IsoglossError) else matching.retrieval(by_ratio),
        "mutual_retrieval": matching.mutual_retrieval(cosines),
        "strong_retrieval": matching.strong_retrieval(cosines, rivals),
    }


def shares(partners: Mapping[str, np.ndarray | IsoglossError], orders: np.ndarray, samples: np.ndarray) -> list[Row]:
    """Give the rows of measures that are shares of items matched with their translation."""
    rows = [lacking(measure, found) for measure, found in partners.items() if isinstance(found, IsoglossError)]
    named = {measure: found for measure, found in partners.items() if not isinstance(found, IsoglossError)}
    if named:
        matrix = np.stack(list(named.values()), axis=1)
        hits = matching.right(matrix.T).T
        low, high = bootstrap_means(hits, samples)
        null = matching.null_shares(matrix, orders)
        columns = zip(named, hits.mean(0), low, high, shares_without(hits), null.T, strict=True)
        rows += [scored(*column) for column in columns]
    return rows


def neighbours_shared(x: Side, y: Side, draws: Draws) -> Row:
    """Give the row of neighbour overlap."""
    found = attempt(organisation.neighbour_overlap, x.space, y.space)
    if isinstance(found, IsoglossError):
        return lacking("neighbour_overlap", found)
    (low,), (high,) = bootstrap_means(found[:, None], draws.samples)
    without = np.full(len(blocks_of(len(found))), np.nan)
    if x.near and y.near:
        without = organisation.overlaps_without(x.near, y.near, x.space.neighbours)
    null = organisation.null_overlaps(x.space, y.space, draws.orders)
    return scored("neighbour_overlap", found.mean(), low, high, without, null)


def correlate(x: Centred, y: Centred, draws: Draws) -> list[Row]:
    """Give the rows of SVCCA and PWCCA."""
    (one, *ones), (two, *twos) = x.components, y.components
    values = canonical(one, two)
    intervals = canonical_intervals(values, ones, twos, draws.orders.shape[1])
    null = canonical_null(one, two, draws.orders)
    columns = zip(CANONICAL, values, intervals, null, strict=True)
    return [scored(measure, value, *ends, null=draws_of) for measure, value, ends, draws_of in columns]


def align(sides: list[Centred], second: int, draws: Draws) -> list[tuple[int, int, Row]]:
    """Give the rows of CKA of one language with all before it."""
    couples = [(first, second) for first in range(second)]
    spaces, kernels = [side.alignment for side in sides], [side.kernel for side in sides]
    null = organisation.null_alignments(spaces, kernels, couples, draws.orders)
    rows = []
    for (a, b), draws_of in zip(couples, null, strict=True):
        found = compare(spaces[a], spaces[b], kernel_norms(kernels[a], kernels[b], spaces[a].blocks))
        plain, unbiased = found.without
        rows.append((a, b, scored("cka", found.cka, found.low, found.high, plain, draws_of[0])))
        if np.isfinite(found.debiased):
            debiased = found.debiased, found.debiased_low, found.debiased_high
            rows.append((a, b, scored("cka_debiased", *debiased, unbiased, draws_of[1])))
        else:
            reason = "without its bias one language's HSIC with itself is not above 0, so nothing can be divided by it"
            rows.append((a, b, lacking("cka_debiased", reason)))
    return rows


def mix(near: list[list[Near]], neighbours: int, draws: Draws) -> list[Row]:
    """Give each language's row of interlingual overlap, from each one's nearest in each."""
    items = len(near[0][0][0])
    if len(near) * items <= neighbours:
        reason = f"{len(near) * items} vectors of all languages are too few for {neighbours} neighbours of each"
        return [lacking("interlingual_overlap", reason)] * len(near)
    pool = np.concatenate([together.merge(row, neighbours) for row in near])
    found = attempt(together.interlingual_overlap, pool, len(near), draws.labels(len(pool)), draws.samples)
    if isinstance(found, IsoglossError):
        return [lacking("interlingual_overlap", found)] * len(near)
    rows = []
    values, nulls, sampled = found
    for value, null, (low, high) in zip(values, nulls.T, np.quantile(sampled, [0.025, 0.975], axis=0).T, strict=True):
        row = scored("interlingual_overlap", value, low, high, null=null)
        # Labels that say nothing are the perfect mixture, below which a language lies.
        rows.append({**row, "null_p": null_summary(-value, -null)["null_p"]})
    return rows


def tell_languages(sides: list[np.ndarray], centred: bool, draws: Draws) -> list[Row]:
    """Give each language's row of language identity."""
    if len(sides) < 2:
        return [lacking("language_identity", "there is no second language with vectors to tell it from")]
    orders = draws.labels(len(sides) * draws.half_orders.shape[1])
    hits, null = together.language_identity(sides, centred, orders)
    low, high = bootstrap_means(hits.T, draws.half_samples)
    columns = zip(hits.mean(1), zip(low, high, strict=True), null.T, strict=True)
    return [scored("language_identity", value, *ends, null=draws_of) for value, ends, draws_of in columns]
