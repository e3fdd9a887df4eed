"""Made-up results of any size: the tables and concept cards of a run, with text of many scripts and hostile text."""

import json
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

HOSTILE = "<script>alert(1)</script>"
LONG = "x" * 10_000
# A language's words are made of its letters, so that each script is there.
LETTERS = {
    "en": "aeinorst", "de": "aeinöüst", "ar": "ابتحدرسم", "hi": "कगतदनपमर", "zh": "一人大中国学生水", "th": "กขคงจชดต",
    "ru": "авеинорс", "el": "αεινορστ", "bg": "абвгдежз", "es": "aeioñlmn", "fr": "aeéèlmnt", "sw": "abefgikm",
    "tr": "aeıiğşlk", "ur": "ابپتٹجچد", "vi": "aăâeêghn",
}  # fmt: skip
TARGETS = tuple(name for name in LETTERS if name != "en")


def write_results(
    folder: Path,
    *,
    models: tuple[str, ...] = ("aligned", "naive"),
    tasks: tuple[str, ...] = ("sentiment",),
    targets: tuple[str, ...] = ("ar", "de", "hi", "th", "zh"),
    layers: int = 3,
    concepts: int = 12,
    hostile: bool = False,
) -> Path:
    """Write a results folder as a run leaves it, of the size that is asked for."""
    rng = np.random.default_rng(0)
    config = {
        "title": f"Run {HOSTILE}" if hostile else "A small run",
        "models": {name: {"hub": f"some/{name}", "revision": "0" * 40} for name in models},
    }
    versions = {"torch": "2.13.0", "pandas": "3.1.1"}
    record = {"isogloss": "0.1.0", "python": "3.12", "machine": "x86_64", "versions": versions}
    folder.mkdir(parents=True, exist_ok=True)
    made = tables(rng, models, tasks, targets, layers, concepts)
    record |= {"config_digest": "0" * 16, "config": config}
    record |= {
        "ends_in": {"tables": sorted(made), "concept_cards": len(targets) * len(models) * len(checkpoints(tasks))}
    }
    (folder / "provenance.json").write_text(json.dumps(record))
    (folder / "tables").mkdir(exist_ok=True)
    for name, rows in made.items():
        rows.to_csv(folder / "tables" / f"{name}.csv", index=False, float_format="%.10g", lineterminator="\n")
    for target in targets:
        rows = cards(rng, target, layers, concepts, hostile)
        for model, checkpoint in product(models, checkpoints(tasks)):
            place = folder / f"metrics/concept_cards/{model}/{checkpoint}/corpus/en-{target}/encoder-encoder.parquet"
            place.parent.mkdir(parents=True, exist_ok=True)
            names = {"model": model, "checkpoint": checkpoint, "corpus": "corpus", "source": "en", "target": target}
            # Checkpoints differ in what is aligned.
            named = rows.assign(
                **names, kind="encoder-encoder", aligned=rng.permutation(rows.aligned) & (rows.side == "source")
            )
            named.to_parquet(place, index=False, compression="zstd")
    return folder


def checkpoints(tasks: tuple[str, ...]) -> dict[str, str]:
    """Name the checkpoints whose concepts are measured, each with its task."""
    return {"pretrained": "pretrained", **{f"{task}-en-seed0": task for task in tasks}}


def tables(
    rng: np.random.Generator,
    models: tuple[str, ...],
    tasks: tuple[str, ...],
    targets: tuple[str, ...],
    layers: int,
    concepts: int,
) -> dict[str, pd.DataFrame]:
    """Make the tables of a run."""
    cells = [
        {
            "model": model, "checkpoint": checkpoint, "task": task, "corpus": "corpus", "source": "en",
            "target": target, "kind": "encoder-encoder", "layer": layer, "seed": 212, "convention": "paper",
        }
        for model, (checkpoint, task), target, layer in product(
            models, checkpoints(tasks).items(), targets, range(layers)
        )
    ]  # fmt: skip
    found = {}
    for name, measures in (
        ("concept_alignment", ("aligned", "aligned_eligible")),
        ("concept_overlap", ("overlapping_types", "overlapping_tokens", "overlapping_translated")),
    ):
        rows = pd.DataFrame([{**cell, "measure": measure} for cell in cells for measure in measures])
        rows["numerator"] = rng.integers(concepts // 8, concepts // 2 + 1, len(rows))
        rows["denominator"] = concepts
        rows["value"] = rows.numerator / concepts
        rows = rows.assign(null_mean=0.02, null_low=0.0, null_high=0.05, null_p=1 / 101, null_draws=100)
        if name == "concept_overlap":
            null = [column for column in rows if column.startswith("null_")]
            held = rows.measure == "overlapping_translated"
            rows = rows.assign(full_mixing=np.where(held, np.nan, 0.9), **rows[null].where(held, np.nan))
        rows["boot_low"], rows["boot_high"] = (rows.value - 0.08).clip(0), (rows.value + 0.08).clip(upper=1)
        tuned = (rows.checkpoint != "pretrained").map({True: 1.0, False: np.nan})
        rows = rows.assign(
            change=0.1 * tuned, change_low=-0.02 * tuned, change_high=0.22 * tuned, change_p=0.06 * tuned
        )
        found[name] = rows
    languages = ("en", *targets)
    tuned = [
        {"model": model, "checkpoint": f"{task}-{source}-seed0", "task": task, "variant": "whole", "seed": 0,
         "source": source, "target": target}
        for model, task, source, target in product(models, tasks, languages[:3], languages)
    ]  # fmt: skip
    rows = pd.DataFrame(tuned).merge(pd.DataFrame({"measure": ["accuracy", "macro_f1"]}), how="cross")
    rows["score"] = np.where(rows.source == rows.target, 0.92, 0.45 + 0.4 * rng.random(len(rows)))
    found["transfer"] = rows.assign(
        low=rows.score - 0.04, high=rows.score + 0.04, relative=rows.score / 0.92, relative_low=0.5, relative_high=1.0,
        null_mean=0.5, null_low=0.45, null_high=0.55, null_p=1 / 201, null_draws=200, n=400,
    )  # fmt: skip
    rows = pd.DataFrame(tuned).drop(columns=["model", "checkpoint", "variant", "seed"]).drop_duplicates()
    found["baselines"] = rows.assign(baseline="shared_words", measure="accuracy", score=0.52, n=400)
    rows = pd.DataFrame(tuned).merge(pd.DataFrame({"layer": range(layers)}), how="cross")
    rows = rows.merge(pd.DataFrame({"pooling": ["first", "mean"]}), how="cross")
    rows["impact"] = rng.random(len(rows)) * (rows.layer + 1) / layers
    found["impact"] = rows.assign(
        low=rows.impact * 0.9, high=rows.impact * 1.1, impact_debiased=rows.impact, debiased_low=rows.impact * 0.9,
        debiased_high=rows.impact * 1.1, null_mean=0.98, n=400, reason="",
    )  # fmt: skip
    far = [(s, t, d) for s, t in product(languages, languages) if s != t for d in ("genetic", "syntactic")]
    found["distances"] = pd.DataFrame(far, columns=["source", "target", "distance"]).assign(
        value=rng.random(len(far)), reason=""
    )
    found["correlations"] = correlations(rng, models, tasks, layers)
    steps = pd.DataFrame(tuned).query("target == 'en'").drop(columns="target")
    steps = steps.merge(pd.DataFrame({"step": [10, 20, 40, 80]}), how="cross")
    steps = steps.merge(pd.DataFrame({"measure": ["loss", "validation_loss"]}), how="cross")
    found["finetuning"] = steps.drop(columns="source").assign(value=1 / steps.step)
    course = pd.DataFrame(tuned).drop(columns="variant").query("source == 'en'")
    course = course.merge(pd.DataFrame({"fraction": [0.0, 0.1, 1.0], "step": [0, 8, 80]}), how="cross")
    course = course.merge(pd.DataFrame({"measure": ["accuracy", "impact", "retrieval"]}), how="cross")
    course = course[(course.step > 0) | (course.measure == "retrieval")]
    course = course.merge(
        pd.DataFrame([("accuracy", pd.NA)] + [(name, layer) for name in ("impact", "retrieval") for layer in (0, 1)],
                     columns=["measure", "layer"]),
    ).assign(corpus=np.nan, kind=np.nan)  # fmt: skip
    course["value"] = 0.5 + 0.3 * course.fraction
    last = (course.fraction == 1).map({True: 1.0, False: np.nan})
    found["trajectories"] = course.assign(
        low=course.value - 0.02,
        high=course.value + 0.02,
        null_mean=0.1,
        n=400,
        reason="",
        change=0.27 * last,
        change_low=0.24 * last,
        change_high=0.3 * last,
        change_p=1e-6 * last,
    )
    found |= neighbours(rng, models, tasks, languages, layers)
    frozen = [
        {"model": model, "task": task, "variant": "frozen", "random_links": "", "measure": "accuracy",
         "distance": "syntactic", "group": group, "whole": 0.6, "varied": 0.62, "difference": 0.02, "low": -0.01,
         "high": 0.05, "runs": 3, "n": 12, "reason": ""}
        for model, task, group in product(models, tasks, ("near", "far", "gap"))
    ]  # fmt: skip
    found["variants"] = pd.DataFrame(frozen)
    edits = [
        {"model": model, "checkpoint": f"{task}-en-seed0", "task": task, "variant": "whole", "seed": 0,
         "weights": weights, "source": "en", "target": target, "measure": measure, "value": value,
         "low": value - 0.1, "high": value + 0.1, "n": 20, "edits": 20, "skipped": 0, "steps": 7.5, "reason": ""}
        for model, task, weights, target in product(models, tasks, ("all", "last"), languages)
        for measure, value in (
            ("reliability" if target == "en" else "success", 0.8), ("generality", 0.7), ("drift", 0.5),
            ("locality", 0.6), ("specific_success", 0.3),
        )
    ]  # fmt: skip
    rows = pd.DataFrame(edits)
    null = {"null_mean": 0.1, "null_low": -0.1, "null_high": 0.2, "null_p": 0.001, "null_draws": 999}
    held = rows.measure.isin(["drift", "locality"])
    found["edits"] = rows.assign(**{name: np.where(held, np.nan, value) for name, value in null.items()})
    told = [
        {"model": model, "checkpoint": "pretrained", "corpus": "games", "source": source, "target": target,
         "layer": layer, "task": "pretrained", "control_of": "", "measure": "probe_accuracy", "vectors": vectors,
         "value": 0.75 if source == target else value, "floor": 0.6, "null_p": 0.001, "null_draws": 999, "n": 100,
         "reason": ""}
        for model, layer, source, target in product(models, range(layers), ("one", "two"), ("one", "two"))
        for vectors, value in (("raw", 0.4 if model == "naive" else 0.7), ("centred", 0.72))
    ]  # fmt: skip
    legal = [
        {**told[0], "model": model, "source": None, "target": target, "layer": None, "measure": "legality",
         "value": 0.86}
        for model in models for target in ("one", "two")
    ]  # fmt: skip
    rows = pd.DataFrame(told + legal).astype({"layer": "Int64"})
    found["board_probe"] = rows.assign(low=rows.value - 0.02, high=rows.value + 0.02)
    kept = {"space": "source-encoder", "wanted": 1000, "kept": 990, "dropped_no_subwords": 2, "dropped_truncated": 8}
    stores = [
        {"model": model, "checkpoint": "pretrained", "task": "pretrained", "corpus": "corpus", "source": "en",
         "target": target, **kept}
        for model, target in product(models, targets)
    ]  # fmt: skip
    found["activations"] = pd.DataFrame(stores)
    return found


def neighbours(
    rng: np.random.Generator, models: tuple[str, ...], tasks: tuple[str, ...], languages: tuple[str, ...], layers: int
) -> dict[str, pd.DataFrame]:
    """Make the tables of the neighbouring studies: far above the null, and nothing that tuning changed."""
    pairs = pd.DataFrame([(s, t) for s, t in product(languages, languages)], columns=["source", "target"])
    states = [
        {"model": model, "checkpoint": checkpoint, "task": task, "layer": layer}
        for model, task, layer in product(models, tasks, range(layers))
        for checkpoint in ("pretrained", f"{task}-en-seed0", f"{task}-en-seed0-frozen")
    ]
    rows = pd.DataFrame(states).merge(pairs, how="cross")
    null = {"null_mean": 0.05, "null_low": 0.0, "null_high": 0.1, "null_p": 1 / 101, "null_draws": 100, "reason": ""}

    def valued(rows, **columns):
        value = 0.5 + 0.05 * rng.random(len(rows))
        return rows.assign(value=value, low=value - 0.06, high=value + 0.06, n=400, **null, **columns)

    measures = [("retrieval", "coinciding"), ("mutual_retrieval", "coinciding"), ("cka_debiased", "organised alike")]
    found = {}
    same = rows.merge(pd.DataFrame(measures, columns=["measure", "question"]), how="cross")
    spaces = valued(same[same.source != same.target], vectors="centred", pooling="mean")
    tuned = (spaces.checkpoint != "pretrained").map({True: 1.0, False: np.nan})
    spaces = spaces.assign(
        change=0.02 * tuned, change_low=-0.01 * tuned, change_high=0.05 * tuned, change_p=0.2 * tuned
    )
    alone = spaces.assign(target=None).drop_duplicates(["model", "checkpoint", "task", "layer", "source"])
    kinds = pd.DataFrame(
        [
            ("interlingual_overlap", 0.4, 1.0, 0.01),
            ("language_identity", 1.0, 0.5, 0.001),
            ("anisotropy", 0.3, np.nan, np.nan),
        ],
        columns=["measure", "value", "null_mean", "null_p"],
    ).merge(pd.DataFrame({"vectors": ["raw", "centred"]}), how="cross")
    alone = alone.drop(columns=list(kinds)).merge(kinds, how="cross")
    found["space_similarity"] = pd.concat([spaces, alone], ignore_index=True).assign(corpus=np.nan)
    probed = rows.merge(pd.DataFrame({"vectors": ["raw", "centred"]}), how="cross")
    found["probes"] = valued(probed, label="label", floor=0.35, pooling="mean")
    linked = pd.DataFrame(
        [(m, u) for m in ("weak", "strong") for u in ("occurrence", "type")], columns=["measure", "unit"]
    )
    linked = rows[rows.source == "en"].merge(linked, how="cross")
    found["word_retrieval"] = valued(linked[linked.source != linked.target], vectors="raw", corpus="corpus")
    whole = rows[(rows.checkpoint.str.endswith("seed0")) & (rows.layer == 0)].drop(columns="layer")
    read = whole.rename(columns={"source": "first", "target": "second"}).assign(source="en", variant="whole", seed=0)
    read = read.merge(pd.DataFrame({"slice": ["all", "low overlap", "high overlap"]}), how="cross")
    read = valued(read, measure="accuracy", label="", overlap=0.3).rename(columns={"value": "score"})
    crossing = read["first"] != read.second
    for name, value in (("same", 0.6), ("cost", -0.1), ("cost_low", -0.13), ("cost_high", -0.07)):
        read[name] = np.where(crossing, value, np.nan)
    found["crossed"] = read
    kinds = pd.DataFrame({"control": ["shuffled-1", "first-empty"], "best": [True, False], "control_score": [0.5, 0.4]})
    whole = whole[whole.source == "en"].merge(kinds, how="cross").assign(variant="whole", seed=0, measure="accuracy")
    found["controls"] = whole.assign(
        tuned_on="plain", score=0.7, score_low=0.66, score_high=0.74, low=whole.control_score - 0.04,
        high=whole.control_score + 0.04, above=0.7 - whole.control_score, above_low=0.66 - whole.control_score,
        above_high=0.74 - whole.control_score, null_p=0.0001, null_draws=9999, n=400, reason="",
    )  # fmt: skip
    return found


def correlations(
    rng: np.random.Generator, models: tuple[str, ...], tasks: tuple[str, ...], layers: int
) -> pd.DataFrame:
    """Make a table of correlations: one that holds, and several that do not."""
    rows = []
    names = ("corpus", "kind", "alignment", "similarity", "vectors", "state", "impact", "reason")
    blank = {**dict.fromkeys(names, ""), "statistic": "pearson", "variant": "whole"}
    for model, task, layer in product(models, tasks, [*map(str, range(layers)), "mean"]):
        impact = {**blank, "model": model, "task": task, "pooling": "mean", "layer": layer, "impact": "impact"}
        for distance in ("genetic", "syntactic"):
            rows.append({**impact, "relation": "impact-distance", "distance": distance, "p_mantel": 0.4})
        rows.append(
            {**impact, "relation": "impact-transfer", "measure": "accuracy", "transfer": "score", "p_mantel": 0.0005}
        )
        alike = {**blank, "model": model, "task": task, "layer": layer, "measure": "accuracy", "transfer": "score"}
        spaces, words = ({**alike, "relation": f"{side}-transfer"} for side in ("similarity", "words"))
        for similarity, p in (("mutual_retrieval", 0.4), ("cka_debiased", 0.7)):
            one = {"similarity": similarity, "pooling": "mean", "vectors": "centred", "state": "pretrained"}
            rows.append({**spaces, **one, "p_mantel": p})
        for state, p in (("pretrained", 0.0005), ("tuned", 0.5)):
            one = {"similarity": "strong_type", "corpus": "flores", "vectors": "raw", "state": state}
            rows.append({**words, **one, "p_mantel": p})
    for model, task, distance in product(models, tasks, ("genetic", "syntactic")):
        transfer = {**blank, "model": model, "task": task, "measure": "accuracy", "transfer": "score"}
        rows.append({**transfer, "relation": "distance-transfer", "distance": distance, "p_mantel": 0.6})
    table = pd.DataFrame(rows).assign(low=-0.2, high=0.9, n=30, languages=6)
    table["r"] = np.where(table.p_mantel < 0.05, 0.77, rng.uniform(-0.2, 0.2, len(table)))
    table = table.assign(covariates="family, script, shared", partial_r=table.r, beta_mixed=table.r)
    names = [
        f"p_{test}{adjusted}" for test in ("ordinary", "mantel", "mrqap", "mixed") for adjusted in ("", "_adjusted")
    ]
    return table.assign(**{name: table.p_mantel for name in names}, p_mrqap_least=0.0001)


def cards(rng: np.random.Generator, target: str, layers: int, concepts: int, hostile: bool) -> pd.DataFrame:
    """Make the concept cards of one pair, see :func:`isogloss.report.browser.cards.write_cards`."""
    rows = []
    for layer, side, cluster in product(range(layers), ("source", "target"), range(concepts)):
        language, other = ("en", target) if side == "source" else (target, "en")
        words = vocabulary(language, cluster)
        if hostile and cluster == 0:
            words = [HOSTILE, LONG, *words[2:]]
        aligned = bool(rng.random() < 0.5)
        rows.append(
            {
                "layer": layer, "side": side, "cluster": cluster, "types": len(words), "tokens": 10 * len(words),
                "words": words, "counts": list(range(2 * len(words), len(words), -1)),
                "x": rng.normal() + (side == "source") * (layers - layer), "y": rng.normal(),
                "targets": [(cluster + step) % concepts for step in range(1 + aligned)] if side == "source" else [],
                "aligned": aligned and side == "source", "coverage": 0.9 if aligned else 0.3,
                "matched_source": words[:3] if side == "source" else [],
                "matched_target": vocabulary(other, cluster)[:3] if side == "source" else [],
                "before": [" ".join(vocabulary(language, cluster + 1)[:4])] * 2, "word": words[:2],
                "after": [" ".join(vocabulary(language, cluster + 2)[:4])] * 2,
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    table[["x", "y"]] /= table[["x", "y"]].abs().max().max()
    return table


@cache
def vocabulary(language: str, cluster: int) -> list[str]:
    """Give a concept's words, the same in every layer and checkpoint."""
    letters, rng = LETTERS[language], np.random.default_rng([cluster, len(language)])
    return ["".join(rng.choice(list(letters), 5)) + letters[cluster % 8] * (1 + place % 3) for place in range(8)]
