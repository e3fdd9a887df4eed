"""Made-up studies that have two of everything, in which each value says of what it is, or which of two it is of.

Two models, tasks, corpora, source and target languages, seeds, variants, layers, kinds of pair, and so on: whatever
tells rows of a table apart takes two values, in every combination.
"""

from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
import pandas as pd

TWO = {
    "model": ("one", "other"),
    "task": ("sentiment", "topics"),
    "source": ("en", "de"),
    "target": ("ru", "tr"),
    "seed": (0, 1),
    "variant": ("whole", "frozen"),
    "corpus": ("books", "news"),
    "kind": ("encoder-encoder", "encoder-decoder"),
    "layer": (0, 1),
    "vectors": ("raw", "centred"),
    "unit": ("occurrence", "type"),
    "label": ("topic", "polarity"),
    "pooling": ("mean", "first"),
    "first": ("en", "de"),
    "second": ("ru", "tr"),
    "slice": ("all", "low overlap"),
    "control": ("shuffled-1", "first-empty"),
    "tuned_on": ("plain", "control"),
    "weights": ("all", "last"),
    "fraction": (0.5, 1.0),
    "group": ("near", "far"),
    "distance": ("genetic", "syntactic"),
    "statistic": ("pearson", "spearman"),
    "impact": ("impact", "impact_debiased"),
    "transfer": ("score", "relative"),
    "state": ("pretrained", "tuned"),
}
RUN = ("task", "source", "variant", "seed")
BESIDE = {
    "null_mean": 0.01, "null_low": 0.0, "null_high": 0.02, "null_p": 0.0005, "null_draws": 9999, "n": 4000,
    "reason": "", "control_of": np.nan,
}  # fmt: skip
# By table: what tells its rows apart beside the model, the columns with its value, and what else it holds.
TABLES: dict[str, tuple[tuple[str, ...], str, dict[str, tuple]]] = {
    "concept_alignment": (("corpus", "target", "kind", "layer"), "value", {"measure": ("aligned", "aligned_eligible")}),
    "concept_overlap": (
        ("corpus", "target", "kind", "layer"), "value", {"measure": ("overlapping_types", "overlapping_translated")}
    ),
    "space_similarity": (
        ("target", "layer", "vectors"), "value", {"measure": ("retrieval", "cka_debiased")}
    ),
    "word_retrieval": (("corpus", "target", "layer", "vectors", "unit"), "value", {"measure": ("weak", "strong")}),
    "probes": (("target", "layer", "vectors", "label"), "value", {}),
    "board_probe": (
        ("corpus", "target", "layer", "vectors"), "value", {"measure": ("probe_accuracy", "legality")}
    ),
    "transfer": (("target",), "score", {"measure": ("accuracy", "macro_f1")}),
    "impact": (("target", "layer", "pooling"), "impact", {}),
    "finetuning": ((), "value", {"measure": ("loss", "validation_loss")}),
    "trajectories": (
        ("corpus", "kind", "target", "layer", "fraction"), "value", {"measure": ("calign", "impact")}
    ),
    "edits": (("target", "weights"), "value", {"measure": ("success", "drift")}),
    "controls": (("target", "control", "tuned_on"), "control_score", {"measure": ("accuracy", "macro_f1")}),
    "crossed": (("first", "second", "slice"), "score", {"measure": ("accuracy", "macro_f1")}),
}  # fmt: skip
# Tables of checkpoints that were measured before tuning too, and have no columns of what a checkpoint is.
STATES = (
    "concept_alignment",
    "concept_overlap",
    "space_similarity",
    "word_retrieval",
    "probes",
    "board_probe",
)
# Values of rows, from the place (0 or 1) of each of their columns' values by the column's name.
Value = Callable[[pd.DataFrame], pd.Series]
# By table, and of correlations by relation, in which order its columns are.
ORDER: dict[str, list[str]] = {}


def crossing(columns: dict[str, Iterable]) -> pd.DataFrame:
    """Combine all values of columns."""
    return pd.DataFrame(list(product(*columns.values())), columns=list(columns))


def rows_of(name: str, dims: dict[str, tuple], column: str, value: Value) -> pd.DataFrame:
    """Give the rows of a table, or of a relation, with the value in ``column`` and its interval."""
    ORDER[name] = list(dims)
    rows = crossing(dims)
    places = pd.DataFrame({name: rows[name].map({one: at for at, one in enumerate(dims[name])}) for name in dims})
    found = value(places)
    return rows.assign(**BESIDE, low=found - 1e-3,
                       high=found + 1e-3, **{column: found})  # fmt: skip


def study(value: Value, several: Iterable[str] = tuple(TWO)) -> dict[str, pd.DataFrame]:
    """Give the tables of a study with two values of ``several`` columns, and of the others one.

    A checkpoint is a task, its source language, a variant and a seed.
    """
    of = {name: values if name in several else values[:1] for name, values in TWO.items()}
    data = {}
    for name, (columns, column, more) in TABLES.items():
        dims = {"model": of["model"], **{key: of[key] for key in (*RUN, *columns)}, **more}
        if name == "trajectories":
            dims["variant"] = ("whole",)
        rows = rows_of(name, dims, column, value)
        frozen = rows.variant.where(rows.variant == "whole", "-" + rows.variant).replace("whole", "")
        rows["checkpoint"] = rows.task + "-" + rows.source + "-seed" + rows.seed.astype(str) + frozen
        if name in STATES:
            # Before tuning, and a row of it for each combination of what is no checkpoint's.
            apart = [one for one in dims if one not in ("variant", "seed", *(() if tasked(name) else ("task",)))]
            before = rows[(rows.variant == "whole") & (rows.seed == 0)].drop_duplicates(apart)
            before = before.assign(checkpoint="pretrained", **({} if tasked(name) else {"task": "pretrained"}))
            rows = pd.concat([rows, before], ignore_index=True).drop(columns=["seed", "variant"])
        data[name] = rows
    changes = {"change": 0.3, "change_low": 0.29, "change_high": 0.31, "change_p": 1e-4}
    for name in ("space_similarity", "trajectories"):
        data[name] = data[name].assign(**changes)
    for name in ("concept_alignment", "concept_overlap"):
        rows = data[name].assign(seed=212, convention="paper", full_mixing=0.99)
        rows = rows.assign(boot_low=rows.low, boot_high=rows.high)
        tuned = rows.checkpoint != "pretrained"
        data[name] = rows.assign(**{key: np.where(tuned, one, np.nan) for key, one in changes.items()})
    questions = {"retrieval": "coinciding", "cka_debiased": "organised alike"}
    rows = data["space_similarity"].assign(pooling="mean", corpus=np.nan)
    rows["question"] = rows.measure.map(questions)
    # Of a language by itself as well.
    alone = rows[rows.target == TWO["target"][0]].assign(target=np.nan, question=np.nan)
    alone["measure"] = alone.measure.map({"retrieval": "language_identity", "cka_debiased": "anisotropy"})
    data["space_similarity"] = pd.concat([rows, alone], ignore_index=True)
    data["probes"] = data["probes"].assign(pooling="mean", floor=0.01)
    data["board_probe"] = data["board_probe"].assign(floor=0.01)
    data["transfer"] = data["transfer"].assign(relative=0.9)
    data["finetuning"] = data["finetuning"].drop(columns="source").assign(step=10, epoch=1.0)
    rows = data["trajectories"].assign(step=lambda table: (100 * table.fraction).astype(int))
    impact = rows.measure == "impact"
    rows[["corpus", "kind"]] = rows[["corpus", "kind"]].astype(object).mask(impact)
    data["trajectories"] = rows.drop_duplicates([one for one in rows if one not in ("value", "low", "high")]).drop(
        columns="variant"
    )
    data["edits"] = data["edits"].assign(edits=20)
    specific = data["edits"].query("measure == 'success'").assign(measure="specific_success")
    data["edits"] = pd.concat([data["edits"], specific], ignore_index=True)
    rows = data["controls"].assign(score=0.93, score_low=0.92, score_high=0.94)
    rows = rows.assign(above=rows.score - rows.control_score, best=rows.control.eq("shuffled-1"))
    data["controls"] = rows.assign(above_low=rows.above - 0.01, above_high=rows.above + 0.01)
    rows = data["crossed"].assign(label="", same=0.93, overlap=0.3)
    rows["cost"] = rows.score - rows.same
    data["crossed"] = rows.assign(cost_low=rows.cost - 0.01, cost_high=rows.cost + 0.01)
    pairs = {"task": of["task"], "source": of["source"], "target": of["target"]}
    data["baselines"] = crossing(pairs).assign(baseline="length", measure="accuracy", score=0.02, n=4000)
    apart = {name: of[name] for name in ("source", "target", "distance")}
    data["distances"] = rows_of("distances", apart, "value", value)[[*apart, "value", "reason"]]
    dims = {name: of[name] for name in ("model", "task", "group")}
    dims |= {"variant": ("frozen", "realigned"), "measure": ("accuracy", "retrieval")}
    rows = rows_of("variants", dims, "difference", value)
    data["variants"] = rows.assign(distance="syntactic", whole=0.6, varied=0.7, runs=4, random_links="")
    data["correlations"] = correlations(value, of)
    return data


def tasked(table: str) -> bool:
    """Tell whether a table's task is of the items, and not of the checkpoint, so that pretrained rows have one."""
    return table in ("space_similarity", "probes")


def correlations(value: Value, of: dict[str, tuple]) -> pd.DataFrame:
    """Give the table of correlations of such a study, as far as its relations have columns."""
    everywhere = ("model", "task", "variant", "statistic", "layer")
    relations = {
        "impact-distance": (("pooling", "impact", "distance"), {}),
        "impact-transfer": (("pooling", "impact", "transfer"), {"measure": ("accuracy", "macro_f1")}),
        "similarity-transfer": (
            ("state", "transfer"), {"measure": ("accuracy", "macro_f1"), "similarity": ("retrieval", "cka_debiased")}
        ),
        "words-transfer": (
            ("state", "corpus", "transfer"),
            {"measure": ("accuracy", "macro_f1"), "similarity": ("weak_type", "strong_type")},
        ),
        "alignment-transfer": (
            ("corpus", "kind", "transfer"),
            {"measure": ("accuracy", "macro_f1"), "alignment": ("aligned", "aligned_eligible")},
        ),
    }  # fmt: skip
    single = {"similarity-transfer": {"pooling": "mean", "vectors": "centred"}, "words-transfer": {"vectors": "raw"}}
    parts = []
    for relation, (columns, more) in relations.items():
        dims = {name: of[name] for name in (*everywhere, *columns)} | {"layer": ("0", "1", "mean")} | more
        rows = rows_of(relation, dims, "r", lambda places: value(places.assign(layer=places.layer % 2)))
        parts.append(rows.assign(relation=relation, **single.get(relation, {})))
    rows = pd.concat(parts, ignore_index=True).assign(n=30, languages=6, covariates="family", p_mrqap_least=1e-4)
    names = [f"p_{test}{more}" for test in ("ordinary", "mantel", "mrqap", "mixed") for more in ("", "_adjusted")]
    return rows.assign(partial_r=rows.r, beta_mixed=rows.r, **dict.fromkeys(names, 1e-4))
