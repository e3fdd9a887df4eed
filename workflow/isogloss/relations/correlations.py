"""Is what fine-tuning does to a language's space tied to language distance, to shared concepts and to transfer?

Pairs (source S, target T) of a model's checkpoints are correlated after Philippy et al. 2023, section 4. S = T is left
out everywhere. Beside each correlation stands a regression that takes out what the languages are related by, and a
social-relations model; claims go by the regression.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import write_csv
from isogloss.relations.distances import relatedness
from isogloss.statistics.mantel import benjamini_hochberg, correlate_many
from isogloss.statistics.mrqap import regress_many
from isogloss.statistics.social_relations import social_relations
from isogloss.tables import read_table, with_controls

STUDY = ["model", "task", "variant"]
PAIR = ["source", "target"]
NEEDED = {
    "impact": [*STUDY, *PAIR, "layer", "pooling", "impact", "impact_debiased"],
    "transfer": [*STUDY, "checkpoint", *PAIR, "measure", "score", "relative"],
    "distances": [*PAIR, "distance", "value"],
    "subwords": ["model", *PAIR, "distance", "value"],
    "concepts": ["model", "checkpoint", "corpus", *PAIR, "kind", "layer", "measure", "value"],
    "similarity": ["model", "checkpoint", "task", *PAIR, "layer", "pooling", "vectors", "measure", "value"],
    "words": ["model", "checkpoint", "corpus", *PAIR, "layer", "vectors", "measure", "unit", "value"],
    "baselines": ["task", *PAIR, "shared", "script"],
}
NUMBERS = ("layer", "impact", "impact_debiased", "score", "relative", "value", "shared", "script")
# What pairs have in common by descent and by writing, and the distances that measure the same: beyond it nothing can be
# asked of those.
COVARIATES = {
    "family": ("genetic",),
    "script": ("script", "microworld-script"),
    "shared": ("microworld-vocabulary", "lexical", "subword"),
}
PRETRAINED = "pretrained"
STATISTICS = ("pearson", "spearman")
COLUMNS = [
    "relation",
    "model",
    "task",
    "variant",
    "corpus",
    "pooling",
    "kind",
    "layer",
    "distance",
    "impact",
    "alignment",
    "similarity",
    "vectors",
    "state",
    "measure",
    "transfer",
    "statistic",
    "r",
    "low",
    "high",
    "n",
    "languages",
    "p_ordinary",
    "p_ordinary_adjusted",
    "p_mantel",
    "p_mantel_adjusted",
    "covariates",
    "partial_r",
    "p_mrqap",
    "p_mrqap_least",
    "p_mrqap_adjusted",
    "beta_mixed",
    "p_mixed",
    "p_mixed_adjusted",
    "reason",
]
NAMES = COLUMNS[: COLUMNS.index("r")]
# Tests of one question differ in nothing but layer and distance.
FAMILY = [column for column in NAMES if column not in ("layer", "distance")]
Named = list[tuple[dict[str, str], np.ndarray]]


def write_correlations(
    *,
    impact: str | Path,
    transfer: str | Path,
    distances: str | Path,
    concepts: str | Path | None = None,
    similarity: str | Path | None = None,
    words: str | Path | None = None,
    subwords: str | Path | None = None,
    draws: int,
    seed: int,
    controls: dict[str, str],
    output: str | Path,
    baselines: str | Path | None = None,
    beside: Sequence[str] = (),
) -> None:
    """Correlate impact, distance, transfer, concept alignment and similarity of spaces over pairs of languages.

    Parameters
    ----------
    impact
        CSV with model, task, variant, source, target, layer, pooling, impact, impact_debiased.
    transfer
        CSV with model, checkpoint, task, variant, source, target, measure, score, relative.
    distances
        CSV with source, target, distance, value. A distance given in one direction holds in the other too.
    concepts
        CSV with model, checkpoint, corpus, source, target, kind, layer, measure, value: the table of concept
        alignment. The checkpoint's task and source language are looked up in ``transfer``; concepts of other
        source languages are left out. None: no such relation.
    similarity
        CSV with model, checkpoint, task, source, target, layer, pooling, vectors, measure, value: the table of the
        similarity of spaces, of centred vectors, before tuning (``state`` pretrained, all pairs) and after (``state``
        tuned, pairs of the language that the checkpoint was tuned on; not with distance). None: no such relation.
    words
        CSV with model, checkpoint, corpus, source, target, layer, vectors, measure, unit, value: the table of word
        retrieval, of which raw vectors are correlated with transfer in the same two states. None: no such relation.
    subwords
        CSV with model, source, target, distance, value: further distances, each of one model. None: there are none.
    draws, seed
        Of the permutation tests, see :func:`isogloss.statistics.mantel.mantel`.
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        CSV, a row for each ``relation``, model, task, variant and
        ``corpus`` and ``kind`` (of concepts), ``pooling`` (of impact), ``layer`` (or ``mean``, of all layers),
        ``distance`` (its name), ``impact`` (impact or impact_debiased), ``alignment`` (the measure of concept
        alignment), ``similarity`` (its measure), ``vectors`` and ``state``, ``measure`` of transfer, ``transfer``
        (score or relative) as far as they apply, and ``statistic`` (pearson or spearman); then ``r``, ``low``,
        ``high``, ``n`` pairs, ``languages``, ``p_ordinary`` and ``p_mantel``; ``covariates`` (family, script, shared),
        and given those and effects of languages ``partial_r``, ``p_mrqap`` and ``p_mrqap_least``, see
        :func:`isogloss.statistics.mrqap.regress_many`, and (pearson only, not of single layers: it is slow)
        ``beta_mixed`` and ``p_mixed``, see :func:`isogloss.statistics.social_relations.social_relations`. Each p also
        ``…_adjusted`` (Benjamini and Hochberg, over all layers and distances with the same other columns). ``reason``
        if a number is missing.
    baselines
        CSV with task, source, target, shared, script: what a pair's texts of a task have in common on paper; or None.
    beside
        Distances that the regression takes out of both sides too, so that two distances are in it at once.

    Raises
    ------
    IsoglossError
        If a table is missing or lacks a column.

    Notes
    -----
    Values of several seeds are averaged first. The order of rows in the tables does not matter.
    """
    tables = {"impact": read(impact, "impact"), "transfer": read(transfer, "transfer")}
    if concepts is not None:
        tables["concepts"] = with_study(read(concepts, "concepts"), tables["transfer"])
    if similarity is not None:
        found = read(similarity, "similarity")
        # Raw vectors tell above all where a language lies, and every relation more costs power.
        found = found[found["vectors"] == "centred"]
        tables["similarity"] = in_states(found, tables["transfer"], ["model", "task"])
    if words is not None:
        found = read(words, "words")
        # As published.
        found = found[found["vectors"] == "raw"]
        found = found.assign(measure=found["measure"] + "_" + found["unit"]).drop(columns="unit")
        tables["words"] = in_states(found, tables["transfer"], ["model"])
    everywhere = read(distances, "distances")
    of_models = None if subwords is None else read(subwords, "subwords")
    alike = pd.DataFrame(columns=NEEDED["baselines"]) if baselines is None else read(baselines, "baselines")
    rows = []
    for study in sorted({tuple(names) for table in tables.values() for names in table[STUDY].to_numpy()}):
        own = {key: table[(table[STUDY] == list(study)).all(axis=1)] for key, table in tables.items()}
        languages = sorted({language for table in own.values() for side in PAIR for language in table[side]})
        apart = everywhere
        if of_models is not None:
            of_model = of_models[of_models["model"] == study[STUDY.index("model")]]
            apart = pd.concat([everywhere, of_model.drop(columns="model")], ignore_index=True)
        task = alike[alike.task == study[STUDY.index("task")]]
        written = {key: matrices(task, [], {key: None}, languages)[0][1] for key in ("script", "shared")}
        written |= {name["distance"]: x for name, x in symmetric(apart, languages) if name["distance"] in beside}
        common = Common(languages, written)
        for relation, (name, x), others in questions(own, apart, languages):
            for statistic in STATISTICS:
                named = {"relation": relation, **dict(zip(STUDY, study, strict=True)), "statistic": statistic}
                found = tested(x, others, common, name.get("distance", ""), draws, seed, statistic)
                for (other, _), result in zip(others, found, strict=True):
                    rows.append({**dict.fromkeys(NAMES, ""), **named, **name, **other, **result})
    table = pd.DataFrame(rows, columns=[column for column in COLUMNS if not column.endswith("_adjusted")])
    for p in ("p_ordinary", "p_mantel", "p_mrqap", "p_mixed"):
        families = table[p].astype(np.float64).groupby([table[column] for column in FAMILY])
        table[f"{p}_adjusted"] = families.transform(benjamini_hochberg)
    # Layers by number, their mean last.
    place = table["layer"].replace({"": "-1", "mean": "inf"}).astype(np.float64)
    table = table.assign(place=place).sort_values([*FAMILY, "distance", "place"], ignore_index=True)
    write_csv(with_controls(table[COLUMNS], controls), output)


class Common:
    """What the pairs of a study have in common.

    Parameters
    ----------
    languages
        The order of rows and columns.
    written
        ``script``, ``shared`` and distances by name, as ``[source, target]``, NaN where they are not known.

    Attributes
    ----------
    related
        See :func:`isogloss.relations.distances.relatedness`.
    strangers
        Languages whose family is not known.
    """

    def __init__(self, languages: list[str], written: dict[str, np.ndarray]):
        self.related, self.written = relatedness(languages), written
        self.strangers = [name for name, own in zip(languages, np.diag(self.related), strict=True) if np.isnan(own)]

    def beside(self, distance: str) -> tuple[list[str], np.ndarray, np.ndarray | None]:
        """Give the covariates for a distance, or for none: their names, the written ones, and relatedness."""
        names = [name for name in ("family", *self.written) if distance not in (name, *COVARIATES.get(name, ()))]
        # What is known of no pair can be taken out of none.
        names = [name for name in names if name == "family" or np.isfinite(self.written[name]).any()]
        written = [self.written[name] for name in names if name != "family"]
        size = len(self.related)
        return names, np.array(written).reshape(-1, size, size), self.related if "family" in names else None


def tested(
    x: np.ndarray, others: Named, common: Common, distance: str, draws: int, seed: int, statistic: str
) -> list[dict[str, float | str]]:
    """Correlate one matrix with many, each beside the regression and, not by single layers, the mixed model."""
    ys = np.stack([y for _, y in others])
    sources = np.isfinite(ys).any(axis=(0, 2))
    names, written, related = common.beside(distance)
    measured = [name for name in names if name != "family"]
    found = []
    for (name, y), plain, given in zip(
        others,
        correlate_many(x, ys, sources, draws, seed, statistic),
        regress_many(x, ys, written, related, sources, draws, seed, statistic),
        strict=True,
    ):
        reasons = [str(plain.pop("reason")), str(given.pop("reason"))]
        mixed: dict[str, float | str] = {"beta_mixed": np.nan, "p_mixed": np.nan}
        if statistic == "pearson" and name.get("layer", "mean") == "mean":
            mixed = social_relations(x, y, written, related, sources)
            reasons.append(str(mixed.pop("reason")))
        if related is not None and common.strangers and np.isfinite(given["p_mrqap"]):
            reasons.append(f"Regression without {', '.join(common.strangers)}: no family is known.")
        unknown = np.isfinite(x) & np.isfinite(y) & ~np.isfinite(written).all(0) & ~np.eye(len(x), dtype=bool)
        if unknown.any() and np.isfinite(given["p_mrqap"]):
            lacking = [name for name, one in zip(measured, written, strict=True) if np.isnan(one[unknown]).any()]
            reasons.append(f"Regression without {unknown.sum()} pairs, of which no {' and '.join(lacking)} is known.")
        # One reason is enough where there is no correlation at all.
        reasons = reasons[:1] if np.isnan(plain["r"]) else reasons
        row = {"covariates": ", ".join(names), "reason": " ".join(filter(None, reasons))}
        found.append({**plain, **given, **mixed, **row})
    return found


def read(path: str | Path, kind: str) -> pd.DataFrame:
    """Read the columns of a table that are needed, names as text and numbers as float64."""
    table = read_table(path)
    missing = [column for column in NEEDED[kind] if column not in table]
    if missing:
        raise IsoglossError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; it has {', '.join(table)}."
        )
    table = table[NEEDED[kind]]
    texts = [column for column in table if column not in NUMBERS]
    table = table.assign(**{column: table[column].astype(object).fillna("").astype(str) for column in texts})
    table = table.astype({column: np.float64 for column in table if column in NUMBERS})
    # A mean over seeds must not depend on their order, not even in its last digit.
    return table.sort_values(list(table), ignore_index=True)


def with_study(concepts: pd.DataFrame, transfer: pd.DataFrame) -> pd.DataFrame:
    """Look up each checkpoint's task and variant; keep concepts of the source language that it was trained in."""
    checkpoints = transfer[[*STUDY, "checkpoint", "source"]].drop_duplicates()
    return concepts.merge(checkpoints, on=["model", "checkpoint", "source"])


def in_states(table: pd.DataFrame, transfer: pd.DataFrame, same: list[str]) -> pd.DataFrame:
    """Put what was measured before and after tuning into the studies of ``transfer``.

    Parameters
    ----------
    table
        Has model, checkpoint, source, target and value; rows without a target or a value are left out.
    transfer
        Has STUDY, checkpoint and source.
    same
        What a study and a pretrained model's rows have in common.

    Returns
    -------
    DataFrame
        With STUDY and ``state``: ``pretrained``, or ``tuned`` (pairs of the language tuned on).
    """
    table = table[(table["target"] != "") & table["value"].notna()].rename(columns={"measure": "similarity"})
    bare = table.drop(columns=[column for column in STUDY if column in table and column not in same])
    tuned = bare.merge(transfer[[*STUDY, "checkpoint", "source"]].drop_duplicates(), on=[*same, "checkpoint", "source"])
    before = bare[bare["checkpoint"] == PRETRAINED].merge(transfer[STUDY].drop_duplicates(), on=same)
    return pd.concat([before.assign(state=PRETRAINED), tuned.assign(state="tuned")], ignore_index=True)


def within(side: np.ndarray, others: Named) -> Named:
    """Keep the rows of ``others``, the sources, in which ``side`` has values."""
    held = np.isfinite(side).any(axis=1)[:, None]
    kept = [(name, np.where(held, matrix, np.nan)) for name, matrix in others]
    return [(name, matrix) for name, matrix in kept if np.isfinite(matrix).any()]


def questions(
    tables: dict[str, pd.DataFrame], distances: pd.DataFrame, languages: list[str]
) -> Iterator[tuple[str, tuple[dict[str, str], np.ndarray], Named]]:
    """Give each relation of one study: its name, one side, and all that this side is correlated with."""
    transfers = matrices(tables["transfer"], ["measure"], {"score": "transfer", "relative": "transfer"}, languages)
    impacts = matrices(
        tables["impact"],
        ["pooling", "layer"],
        {"impact": "impact", "impact_debiased": "impact"},
        languages,
    )
    apart = symmetric(distances, languages)
    alignments = []
    if "concepts" in tables:
        concepts = tables["concepts"].rename(columns={"measure": "alignment"})
        alignments = matrices(concepts, ["corpus", "kind", "alignment", "layer"], {"value": None}, languages)
    for relation, sides, others in (
        ("distance-transfer", apart, transfers),
        ("impact-distance", apart, impacts),
        ("impact-transfer", transfers, impacts),
        ("alignment-transfer", transfers, alignments),
    ):
        if others:
            yield from ((relation, side, others) for side in sides)
    spaces, words = (
        matrices(tables[key], by, {"value": None}, languages) if key in tables else []
        for key, by in (
            ("similarity", ["state", "pooling", "vectors", "similarity", "layer"]),
            ("words", ["state", "corpus", "vectors", "similarity", "layer"]),
        )
    )
    for relation, sides, similarities in (
        ("distance-similarity", apart, [one for one in spaces if one[0]["state"] == PRETRAINED]),
        ("similarity-transfer", transfers, spaces),
        ("similarity-impact", impacts, spaces),
        ("words-transfer", transfers, words),
    ):
        for name, side in sides:
            # Impact in a layer is compared with similarity in that layer.
            shared = [key for key in ("pooling", "layer") if key in name]
            same = [(other, y) for other, y in similarities if all(other[key] == name[key] for key in shared)]
            if others := within(side, same):
                yield relation, (name, side), others


def symmetric(distances: pd.DataFrame, languages: list[str]) -> Named:
    """Give each distance as a matrix: it has no direction, and its table need not hold both."""
    found = matrices(distances, ["distance"], {"value": None}, languages)
    return [(name, np.where(np.isnan(x), x.T, x)) for name, x in found]


def matrices(table: pd.DataFrame, by: list[str], values: dict[str, str | None], languages: list[str]) -> Named:
    """Turn a tidy table into matrices ``[source, target]``, NaN where there is no value; several seeds are averaged.

    Parameters
    ----------
    table
        Has ``source`` and ``target``, and the columns named in the other parameters.
    by
        One matrix for each combination of these; of none, one. If ``layer`` is among them, the mean of all layers is
        added; it has a value where every layer has that has any value at all.
    values
        The columns with values, and under which key the column's name stands in the result, if under any.
    languages
        The order of rows and columns.
    """
    places = {language: place for place, language in enumerate(languages)}
    table = table[table["source"].isin(places) & table["target"].isin(places)]
    found: Named = []
    layers: dict[tuple[tuple[str, str], ...], list[np.ndarray]] = {}
    for combination, part in table.groupby(by) if by else [((), table)]:
        means = part.groupby(PAIR)[list(values)].mean()
        rows, columns = ([places[language] for language in means.index.get_level_values(side)] for side in PAIR)
        for column, key in values.items():
            matrix = np.full((len(languages), len(languages)), np.nan)
            matrix[rows, columns] = means[column]
            name = dict(zip(by, combination, strict=True)) | ({key: column} if key else {})
            if "layer" in name:
                layer = name.pop("layer")
                layers.setdefault(tuple(name.items()), []).append(matrix)
                name["layer"] = f"{layer:.0f}"
            found.append((name, matrix))
    means = [({**dict(name), "layer": "mean"}, mean_layer(each)) for name, each in layers.items()]
    return [*found, *means]


def mean_layer(layers: list[np.ndarray]) -> np.ndarray:
    """Give the mean of the layers that have any value: [CLS] is the same for all items before the first layer."""
    valued = [matrix for matrix in layers if np.isfinite(matrix).any()]
    return np.mean(valued or layers, axis=0)
