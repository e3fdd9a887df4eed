"""What goes with what: impact, transfer, distance and similarity, over pairs of languages.

A sentence goes by the regression that takes out family, script and shared words (MRQAP), because Mantel's test finds a
relation wherever both sides follow language families; its p is told beside.
"""

from typing import Any

import numpy as np
import pandas as pd

from isogloss.report.figures.correlation_by_layer import ALIGNMENTS, SIMILARITY, WHEN, WITH_TRANSFER
from isogloss.report.figures.tuned import POOLING, PRIMARY
from isogloss.report.findings.finding import Finding, between, cannot_tell, counted, listed, p_value, survivors

COVARIATES = {"family": "family", "script": "script", "shared": "shared words"}
# One side of a relation, and the figure that shows it.
SIDES = {
    "impact-transfer": "impact",
    "impact-distance": "impact",
    "distance-transfer": "transfer",
    "similarity-transfer": "transfer",
    "words-transfer": "transfer",
    "alignment-transfer": "transfer",
}
FIGURES = {
    "impact-transfer": "transfer_by_impact",
    "impact-distance": "correlation_by_layer",
    "distance-transfer": "correlation_by_layer",
    "similarity-transfer": "transfer_by_similarity",
    "words-transfer": "transfer_by_similarity",
    "alignment-transfer": "transfer_by_similarity",
}


def correlations(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say which correlations hold once p is adjusted for all models, tasks and others; the mean over layers."""
    if "correlations" not in data:
        return []
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.variant == "whole")]
    mean = rows.layer.astype(str) == "mean"
    moved = (rows.impact == "impact") & (rows.pooling == POOLING) & mean
    scored = (rows.transfer == "score") & rows.measure.isin(PRIMARY)
    alike = scored & rows.similarity.isin(SIMILARITY) & mean
    wanted = {"impact-transfer": moved & scored, "impact-distance": moved, "distance-transfer": scored}
    # Spaces are told of as they were before tuning; Gaschi et al. 2023 hold transfer against words of both.
    wanted |= {"similarity-transfer": alike & (rows.state == "pretrained"), "words-transfer": alike}
    # Concepts are those of the checkpoint whose transfer it is.
    wanted |= {"alignment-transfer": scored & rows.alignment.isin(ALIGNMENTS) & mean}
    rows = pd.concat([rows[(rows.relation == name) & keep] for name, keep in wanted.items()])
    rows["holds"] = rows.groupby("relation").p_mrqap.transform(survivors)
    tests = rows.groupby("relation").p_mrqap.count()
    findings = []
    for (model, task, relation), part in rows.groupby(["model", "task", "relation"], sort=True):
        tested = part[part.p_mrqap.notna()]
        figure, name, side = FIGURES[relation], f"{model}, {task}", SIDES[relation]
        asked = {"model": model, "asked": ("correlation", task, relation)}
        for row in tested[tested.holds].itertuples():
            text = f"{side} with {other(row)}: {correlation(row)}, adjusted for {counted(tests[relation], 'test')}."
            brief = f"with {other(row)} {in_short(row)}"
            strength = abs(float(row.r))
            findings.append(Finding("relations", name, text, figure, strength=strength, brief=brief, **asked))
        lost = tested[~tested.holds]
        if len(lost):
            nearest = lost.loc[lost.p_mrqap.idxmin()]
            untold = cannot_tell(rows[rows.relation == relation].p_mrqap, lost.p_mrqap_least.min(), lost.index)
            text = (
                f"whether {side} correlates with {others(lost)} {untold}"
                if untold
                else f"{side} was not found to correlate with {others(lost)} once what languages have in common is "
                f"taken out and p adjusted for {counted(tests[relation], 'test')}"
            ) + f" (nearest: {other(nearest)}, {correlation(nearest)})."
            brief = f"nearest, with {other(nearest)}, {in_short(nearest)}"
            findings.append(Finding("relations", name, text, figure, found=False, brief=brief, **asked))
        if tested.empty:
            text = f"whether {side} correlates with {others(part)} cannot be told. {part.reason.iloc[0]}".strip()
            findings.append(Finding("relations", name, text, figure, found=False))
    return findings


def other(row: Any) -> str:
    """Name what a relation's side is correlated with."""
    if row.relation in WITH_TRANSFER:
        return similar(row)
    return "transfer" if row.relation == "impact-transfer" else f"{row.distance} distance"


def others(rows: pd.DataFrame) -> str:
    """Name all that one side is correlated with."""
    return listed(list(dict.fromkeys(map(other, rows.itertuples()))))


def similar(row: Any) -> str:
    """Name a measure of similarity or of shared concepts, and whether it is of the model before or after tuning."""
    if row.relation == "alignment-transfer":
        return f"{ALIGNMENTS[row.alignment]} on {row.corpus} ({row.kind.replace('-', '–')}) {WHEN['tuned']}"
    on = f" on {row.corpus}" if row.relation == "words-transfer" else ""
    return f"{SIMILARITY[row.similarity]}{on} {WHEN[row.state]}"


def correlation(row: Any) -> str:
    """Write a correlation with its interval, its p-values, that of the regression first, and the number of pairs."""
    given = listed([COVARIATES.get(name, f"{name} distance") for name in row.covariates.split(", ") if name])
    text = f"r = {row.r:.2f}{between(row.low, row.high)}, n = {int(row.n)}; beside {given or 'effects of languages'} "
    text += f"partial r = {row.partial_r:.2f}, MRQAP p = {p_value(row.p_mrqap)}"
    for name, p in (("mixed model", row.p_mixed), ("Mantel", row.p_mantel)):
        text += f"; {name} p = {p_value(p)}" if np.isfinite(p) else ""
    return text


def in_short(row: Any) -> str:
    """Write a correlation of a control in its model's sentence."""
    return f"r = {row.r:.2f}{between(row.low, row.high)}, MRQAP p = {p_value(row.p_mrqap)}"
