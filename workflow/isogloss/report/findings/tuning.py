"""What did fine-tuning change: shared concepts before and after, and each language's space."""

import numpy as np
import pandas as pd

from isogloss.report.figures.tuned import NAMES, POOLING
from isogloss.report.findings.finding import Finding, average, between, counted, standard_error, survivors, two_sided

COURSES = {"impact": "impact", "calign": "CALIGN", **NAMES}
# Of what a change is told: table, measure, name and figure.
SCORES = (
    ("concept_alignment", "aligned", "CALIGN", "concept_alignment_by_layer"),
    ("concept_overlap", "overlapping_types", "COLAP", "concept_overlap_by_layer"),
    (
        "concept_overlap",
        "overlapping_translated",
        "the share of overlapping concepts that hold translations",
        "translated_overlap_by_layer",
    ),
)


def concepts(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say where shared concepts changed with fine-tuning, tested by pairs of concepts before and after."""
    parts = [
        data[table][(data[table].measure == measure) & data[table].change.notna()].assign(score=name, figure=figure)
        for table, measure, name, figure in SCORES
        if table in data
    ]
    both = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if both.empty:
        return []
    both["changed"] = survivors(both.change_p)
    findings = []
    for (model, score, checkpoint), part in both.groupby(["model", "score", "checkpoint"], sort=True):
        clear, total = part[part.changed], counted(len(part), "cell")
        mean = f"{part.change.mean():+.3f} on average"
        if clear.empty:
            text = f"{score} after {checkpoint} changed clearly in none of {total} ({mean})."
            findings.append(Finding("tuning", model, text, part.figure.iloc[0], found=False))
            continue
        top = clear.loc[clear.change.abs().idxmax()]
        text = (
            f"{score} after {checkpoint} went up in {(clear.change > 0).sum()} and down in {(clear.change < 0).sum()} "
            f"of {total} (adjusted p < 0.05, concepts before and after paired by their words; {mean}), most in "
            f"{top.source}–{top.target}, layer {int(top.layer)}: from {top.value - top.change:.2f} to {top.value:.2f}, "
            f"{top.change:+.2f}{between(top.change_low, top.change_high, '+.2f')}."
        )
        findings.append(Finding("tuning", model, text, part.figure.iloc[0], strength=abs(float(top.change))))
    return findings


def impact(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say in which layer fine-tuning moved the other languages' spaces most, of nothing and of what is possible."""
    if "impact" not in data:
        return []
    rows = data["impact"]
    rows = rows[(rows.variant == "whole") & (rows.pooling == POOLING) & (rows.source != rows.target)]
    rows = rows[rows.impact.notna()]
    findings = []
    for (model, task), part in rows.groupby(["model", "task"], sort=True):
        means = part.groupby("layer").impact.mean()
        best, least = means.idxmax(), means.idxmin()
        top, bottom = part[part.layer == best], part[part.layer == least]
        text = (
            f"fine-tuning on {task} moved the other languages' spaces most in layer {best}: impact "
            f"{average(top, 'impact', most=1)} on average over {counted(len(top), 'cell')}, least in layer {least}, "
            f"{average(bottom, 'impact', most=1)} (0: nothing moved; vectors of other items: "
            f"{top.null_mean.mean():.2f})."
        )
        findings.append(Finding("tuning", model, text, "impact_by_layer", strength=float(means[best])))
    return findings


def trajectories(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say what had changed after the first part of a fine-tuning, and what changed from there to the end."""
    if "trajectories" not in data:
        return []
    rows = data["trajectories"]
    rows = rows[(rows.source != rows.target) & rows.measure.isin(COURSES) & rows.value.notna() & (rows.step > 0)]
    rows = rows.assign(error=standard_error(rows.low, rows.high))
    rows = rows.astype({"corpus": object, "kind": object}).fillna({"corpus": "", "kind": "", "layer": -1})
    told = ["model", "task", "measure", "corpus", "kind"]
    ends = rows.sort_values("fraction", kind="stable").groupby([*told, "source", "seed", "target", "layer"], sort=True)
    both = ends.first().join(ends.last(), suffixes=("_first", "_last")).reset_index()
    both = both[both.fraction_first < both.fraction_last]
    both["change"] = both.value_last - both.value_first
    both["changed"] = survivors(two_sided(both.change, np.hypot(both.error_first, both.error_last)))
    findings = []
    for (model, task, measure, corpus, kind), part in both.groupby(told, sort=True):
        clear = part[part.changed]
        where = f" ({corpus}, {kind})" if corpus else ""
        text = (
            f"{task}, {COURSES[measure]} of the other languages{where}: {part.value_first.mean():.2f} after "
            f"{100 * part.fraction_first.mean():.3g} % of the steps, {part.value_last.mean():.2f} after "
            f"{100 * part.fraction_last.mean():.3g} %, on average over {counted(len(part), 'cell')}; clearly up in "
            f"{(clear.change > 0).sum()}, down in {(clear.change < 0).sum()} (adjusted p < 0.05, both "
            "taken as independent)."
        )
        strength = abs(float(part.change.mean()))
        findings.append(Finding("tuning", model, text, "trajectories", not clear.empty, strength))
    return findings
