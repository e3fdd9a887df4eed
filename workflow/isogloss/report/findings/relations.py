"""What goes with what: impact, transfer and distance, over pairs of languages with languages permuted (Mantel)."""

import numpy as np
import pandas as pd

from isogloss.report.figures.tuned import POOLING, PRIMARY
from isogloss.report.findings.finding import Finding, between, listed, p_value, survivors

WORDS = {"impact-transfer": "impact with transfer", "impact-distance": "impact", "distance-transfer": "transfer"}


def correlations(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say which correlations hold once p is adjusted for all that are looked at here; impact over mean layers."""
    if "correlations" not in data:
        return []
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.variant == "whole")]
    moved = (rows.impact == "impact") & (rows.pooling == POOLING) & (rows.layer.astype(str) == "mean")
    scored = (rows.transfer == "score") & rows.measure.isin(PRIMARY)
    wanted = {"impact-transfer": moved & scored, "impact-distance": moved, "distance-transfer": scored}
    rows = pd.concat([rows[(rows.relation == name) & keep] for name, keep in wanted.items()])
    rows = rows.assign(holds=survivors(rows.p_mantel))
    findings = []
    for (model, task, relation), part in rows.groupby(["model", "task", "relation"], sort=True):
        tested = part[part.p_mantel.notna()]
        figure = "transfer_by_impact" if relation == "impact-transfer" else "correlation_by_layer"
        name, what = f"{model}, {task}", WORDS[relation]
        for row in tested[tested.holds].itertuples():
            side = what if relation == "impact-transfer" else f"{what} with {row.distance} distance"
            text = f"{side}: {correlation(row)}, adjusted for {len(rows)} correlations."
            findings.append(Finding("relations", name, text, figure, strength=abs(float(row.r))))
        lost = tested[~tested.holds]
        if len(lost):
            nearest = lost.loc[lost.p_mantel.idxmin()]
            if relation == "impact-transfer":
                text = f"{what} does not correlate once"
            else:
                text = f"{what} correlates with none of {listed(sorted(lost.distance))} distance once"
            text += f" languages are permuted and p adjusted (nearest: {correlation(nearest)})."
            findings.append(Finding("relations", name, text, figure, found=False))
        if tested.empty:
            text = f"{what}: too few pairs of languages for a correlation."
            findings.append(Finding("relations", name, text, figure, found=False))
    return findings


def correlation(row: object) -> str:
    """Write a correlation with its interval, p-value and number of pairs."""
    interval = between(row.low, row.high)
    p = f"Mantel p = {p_value(row.p_mantel)}" if np.isfinite(row.p_mantel) else "no p-value"
    return f"r = {row.r:.2f}{interval}, {p}, n = {int(row.n)}"
