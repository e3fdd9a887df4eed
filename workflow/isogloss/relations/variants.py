"""Other ways of tuning against the plain one, whether near and far languages gain by them; which layers to freeze.

Philippy et al. 2023, section 5: layers whose impact goes down with distance are those that fine-tuning moves less for
distant languages; freezing them should narrow the gap between near and far. Gaschi et al. 2023, section 5: realignment
helps the languages most that are farthest.
"""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.files import read_json, write_csv, write_text
from isogloss.relations.correlations import matrices
from isogloss.relations.trajectories import retrieval
from isogloss.statistics.mantel import correlate
from isogloss.tables import read_table, with_controls

log = logging.getLogger(__name__)

POOLING = "mean"
WHOLE = "whole"
RUN = ["model", "task", "source", "seed"]
GROUPS = ("near", "far", "gap")
COLUMNS = [
    "model", "task", "variant", "random_links", "measure", "distance", "group", "whole", "varied", "difference", "low",
    "high", "runs", "n", "reason",
]  # fmt: skip


def choose_layers(
    *, impacts: list[str | Path], distances: str | Path, count: int, distance: str, output: str | Path
) -> None:
    """Choose the layers whose impact is most negatively correlated with distance.

    Parameters
    ----------
    impacts
        Tables of impact of the checkpoints that were tuned whole, of one model and task. Debiased impact over mean
        vectors is used, Pearson's r, seeds averaged; the embeddings (layer 0) are not a layer to freeze.
    distances
        Table of distances.
    count
        How many layers.
    distance
        The name of the distance.
    output
        JSON: ``layers``, and the ``correlations`` of all layers. Where no layer has one, because there are too few
        languages, no layer is chosen, and ``reason`` says so.
    """
    moved = pd.concat([read_table(path) for path in impacts], ignore_index=True)
    moved = moved[(moved.pooling == POOLING) & (moved.layer > 0)]
    far = read_table(distances)
    languages = sorted({*moved.source, *moved.target})
    [(_, apart)] = matrices(far[far.distance == distance], [], {"value": None}, languages)
    known: dict[int, Any] = {}
    reason = ""
    for name, impact in matrices(moved, ["layer"], {"impact_debiased": None}, languages):
        if name["layer"] != "mean":
            # Only r is needed, so one draw will do.
            r = correlate(apart, impact, np.any(np.isfinite(impact), axis=1), draws=1, seed=0)["r"]
            known |= {int(name["layer"]): r} if np.isfinite(r) else {}
    if not known:
        reason = (
            f"No layer's impact has a correlation with the {distance} distance: {len(languages)} languages are too "
        )
        reason += "few, or all are alike. Nothing is frozen. Add languages, or list `layers` in the config."
        log.warning(reason)
    chosen = sorted(sorted(known, key=lambda layer: (known[layer], layer))[:count])
    log.info("Layers to freeze: %s; correlations with %s distance: %s", chosen, distance, known)
    content = {"layers": chosen, "distance": distance, "correlations": {str(k): round(v, 6) for k, v in known.items()}}
    content |= {"reason": reason} if reason else {}
    write_text(json.dumps(content, indent=1) + "\n", output)


def compare_variants(
    *,
    notes: list[str | Path],
    tunings: list[dict[str, Any]],
    transfer: str | Path,
    distances: str | Path,
    distance: dict[str, dict[str, str]],
    random_links: dict[str, dict[str, list[str]]],
    draws: int,
    seed: int,
    controls: dict[str, str],
    output: str | Path,
    similarity: str | Path | None = None,
) -> None:
    """Compare what tuning in another way gives with what the plain one gives, for near and for far languages.

    Parameters
    ----------
    notes
        Of the checkpoints that are tuned in another way, see :func:`isogloss.tasks.finetune.finetune`; where nothing is
        different in one, they say why.
    tunings
        Of each of them ``model``, ``task``, ``variant``, ``source`` and ``seed``.
    transfer, distances, similarity
        Tables of the whole grid.
    distance
        For each task and variant the distance that near and far go by: a target is far from a source if it lies
        beyond the median of the source's targets.
    random_links
        For each task and variant that realigns linked words the variants that realign words at random instead.
    draws, seed
        Bootstrap resamples of (source, seed) runs.
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        CSV, one row a (model, task, variant, measure, group): ``random_links``, joined by commas; means of ``whole``
        and ``varied``, their ``difference`` with ``low`` and ``high`` (95 %: paired by model, source and seed; runs are
        resampled), ``runs``, ``n`` pairs; ``reason``, a sentence where there is no number. Group ``gap`` is far minus
        near. The measures are the scores of ``transfer``, and, where similarity is measured, ``retrieval`` of the
        target from the source after tuning (centred vectors, the mean over layers).
    """
    scores, far = read_table(transfer)[[*RUN, "variant", "target", "measure", "score"]], read_table(distances)
    if similarity:
        scores = pd.concat([scores, aligned(scores, read_table(transfer), read_table(similarity))], ignore_index=True)
    idle = pd.DataFrame([{**one, "idle": reason_in(path)} for one, path in zip(tunings, notes, strict=True)])
    scores = scores.merge(idle[[*RUN, "variant", "idle"]], on=[*RUN, "variant"], how="left").fillna({"idle": ""})
    rows = []
    for (model, task, measure), part in scores[scores.task.isin(distance)].groupby(
        ["model", "task", "measure"], sort=True
    ):
        for variant, name in sorted(distance[task].items()):
            apart = far[far.distance == name][["source", "target", "value"]].dropna()
            known = part.merge(apart, on=["source", "target"])
            middle = known.groupby("source").value.transform("median")
            known["group"] = np.where(known.value > middle, "far", "near")
            whole, varied = (known[known.variant == kind] for kind in (WHOLE, variant))
            reasons = [reason for reason in varied.idle.unique() if reason]
            varied = varied[varied.idle == ""]
            both = whole.merge(varied, on=["source", "target", "seed", "group"], suffixes=("_whole", "_varied"))
            for row in compared(both, draws, np.random.default_rng(seed), reasons[0] if reasons else ""):
                beside = ", ".join(random_links.get(task, {}).get(variant, []))
                names = {"model": model, "task": task, "variant": variant, "random_links": beside, "measure": measure}
                rows.append({**names, "distance": name, **row})
    write_csv(with_controls(pd.DataFrame(rows, columns=COLUMNS), controls), output)


def aligned(scores: pd.DataFrame, transfer: pd.DataFrame, similarity: pd.DataFrame) -> pd.DataFrame:
    """Give the retrieval of every checkpoint that has scores, as rows of them: the mean over layers."""
    names = transfer[["checkpoint", *RUN, "variant"]].drop_duplicates()
    cell = ["model", "checkpoint", "task", "source", "target", "measure"]
    found = retrieval(similarity).groupby(cell, sort=True).value.mean().rename("score").reset_index()
    return found.merge(names, on=["model", "checkpoint", "task", "source"])[scores.columns]


def reason_in(notes: str | Path) -> str:
    """Tell why nothing is different in a checkpoint; an empty text where something is."""
    return read_json(notes).get("reason", "")


def compared(both: pd.DataFrame, draws: int, rng: np.random.Generator, idle: str = "") -> list[dict]:
    """Compare paired scores of near and far targets, and the gap between them; ``idle`` says why a run was left out."""
    counts = both.group.value_counts()
    runs = both.groupby(["source", "seed", "group"])[["score_whole", "score_varied"]].mean().unstack("group").dropna()
    lost = [group for group in ("near", "far") if group not in counts]
    if lost or runs.empty:
        reason = (
            f"No target is {lost[0]}: distances tell none of them apart."
            if lost
            else "No run has both near and far targets."
        )
        reason = (
            reason
            if len(both)
            else idle or "No run has one beside it that is tuned whole, at a known distance between the languages."
        )
        empty = dict.fromkeys(("whole", "varied", "difference", "low", "high"), np.nan)
        sizes = {**dict.fromkeys(GROUPS, 0), **counts, "gap": len(both)}
        return [{"group": group, **empty, "runs": 0, "n": int(sizes[group]), "reason": reason} for group in GROUPS]
    picks = rng.integers(len(runs), size=(draws, len(runs)))
    rows = []
    for group in GROUPS:
        values = {side: of_group(runs[f"score_{side}"], group) for side in ("whole", "varied")}
        change = (values["varied"] - values["whole"]).to_numpy()
        low, high = np.quantile(change[picks].mean(1), [0.025, 0.975]) if len(runs) > 1 else (np.nan, np.nan)
        rows.append(
            {
                "group": group,
                "whole": values["whole"].mean(),
                "varied": values["varied"].mean(),
                "difference": change.mean(),
                "low": low,
                "high": high,
                "runs": len(runs),
                "n": int((both.group == group).sum()) if group != "gap" else len(both),
                "reason": "" if len(runs) > 1 else "No interval: one run.",
            }
        )
    return rows


def of_group(scores: pd.DataFrame, group: str) -> pd.Series:
    """Give each run's mean score of near or far targets, or the gap: far minus near."""
    return scores["far"] - scores["near"] if group == "gap" else scores[group]
