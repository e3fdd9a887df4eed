"""What goes with what: impact, transfer and distance, over pairs of languages.

A sentence goes by the regression that takes out family, script and shared words (MRQAP), because Mantel's test finds a
relation wherever both sides follow language families; its p is told beside.
"""

from typing import Any

import numpy as np
import pandas as pd

from isogloss.report.figures.tuned import POOLING, PRIMARY
from isogloss.report.findings.finding import Finding, between, counted, listed, p_value, survivors

COVARIATES = {"family": "family", "script": "script", "shared": "shared words"}
WORDS = {"impact-transfer": "impact with transfer", "impact-distance": "impact", "distance-transfer": "transfer"}


def correlations(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say which correlations hold once p is adjusted for all models, tasks and distances; impact over mean layers."""
    if "correlations" not in data:
        return []
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.variant == "whole")]
    moved = (rows.impact == "impact") & (rows.pooling == POOLING) & (rows.layer.astype(str) == "mean")
    scored = (rows.transfer == "score") & rows.measure.isin(PRIMARY)
    wanted = {"impact-transfer": moved & scored, "impact-distance": moved, "distance-transfer": scored}
    rows = pd.concat([rows[(rows.relation == name) & keep] for name, keep in wanted.items()])
    rows["holds"] = rows.groupby("relation").p_mrqap.transform(survivors)
    tests = rows.groupby("relation").p_mrqap.count()
    findings = []
    for (model, task, relation), part in rows.groupby(["model", "task", "relation"], sort=True):
        tested = part[part.p_mrqap.notna()]
        figure = "transfer_by_impact" if relation == "impact-transfer" else "correlation_by_layer"
        name, what = f"{model}, {task}", WORDS[relation]
        for row in tested[tested.holds].itertuples():
            side = what if relation == "impact-transfer" else f"{what} with {row.distance} distance"
            text = f"{side}: {correlation(row)}, adjusted for {counted(tests[relation], 'test')}."
            findings.append(Finding("relations", name, text, figure, strength=abs(float(row.r))))
        lost = tested[~tested.holds]
        if len(lost):
            nearest = lost.loc[lost.p_mrqap.idxmin()]
            if relation == "impact-transfer":
                text = f"{what} does not correlate once"
            else:
                text = f"{what} correlates with none of {listed(sorted(lost.distance))} distance once"
            text += f" what languages have in common is taken out and p adjusted (nearest: {correlation(nearest)})."
            findings.append(Finding("relations", name, text, figure, found=False))
        if tested.empty:
            text = f"{what}: too few pairs of languages for a test. {part.reason.iloc[0]}".strip()
            findings.append(Finding("relations", name, text, figure, found=False))
    return findings


def correlation(row: Any) -> str:
    """Write a correlation with its interval, its p-values, that of the regression first, and the number of pairs."""
    given = listed([COVARIATES.get(name, f"{name} distance") for name in row.covariates.split(", ") if name])
    text = f"r = {row.r:.2f}{between(row.low, row.high)}, n = {int(row.n)}; beside {given or 'effects of languages'} "
    text += f"partial r = {row.partial_r:.2f}, MRQAP p = {p_value(row.p_mrqap)}"
    for name, p in (("mixed model", row.p_mixed), ("Mantel", row.p_mantel)):
        text += f"; {name} p = {p_value(p)}" if np.isfinite(p) else ""
    return text
