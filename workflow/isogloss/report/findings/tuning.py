"""What did fine-tuning change: shared concepts before and after, and each language's space."""

import pandas as pd

from isogloss.report.figures.tuned import NAMES, POOLING
from isogloss.report.findings.finding import (
    Finding,
    average,
    between,
    counted,
    listed,
    span,
    survivors,
)

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
    for (model, corpus, kind, score, checkpoint), part in both.groupby(
        ["model", "corpus", "kind", "score", "checkpoint"], sort=True
    ):
        clear, total = part[part.changed], counted(len(part), "cell")
        mean = f"{average(part, 'change', '+z.3f')} on average"
        several = [str(name) for name, column in ((corpus, both.corpus), (kind, both.kind)) if column.nunique() > 1]
        name = ", ".join([model, *several])
        brief = f"{mean}, clear in {len(clear)} of {total}"
        asked = {"model": model, "asked": ("concepts changed", corpus, kind, score, checkpoint), "brief": brief}
        if clear.empty:
            text = f"{score} after {checkpoint} changed clearly in none of {total} ({mean}; at most {change(part)})."
            findings.append(Finding("tuning", name, text, part.figure.iloc[0], found=False, **asked))
            continue
        text = (
            f"{score} after {checkpoint} went up in {(clear.change > 0).sum()} and down in {(clear.change < 0).sum()} "
            f"of {total} (adjusted p < 0.05, concepts before and after paired by their words; {mean}), most in "
            f"{change(clear)}."
        )
        strength = float(clear.change.abs().max())
        findings.append(Finding("tuning", name, text, part.figure.iloc[0], strength=strength, **asked))
    return findings


def change(cells: pd.DataFrame) -> str:
    """Write the largest change of some cells, with its interval."""
    top = cells.loc[cells.change.abs().idxmax()]
    return (
        f"{top.source}–{top.target}, layer {int(top.layer)}: from {top.value - top.change:.2f} to {top.value:.2f}, "
        f"{top.change:+z.2f}{between(top.change_low, top.change_high, '+z.2f')}"
    )


def impact(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say in which layer fine-tuning on each language moved the others' spaces most, of what is possible."""
    if "impact" not in data:
        return []
    rows = data["impact"]
    rows = rows[(rows.variant == "whole") & (rows.pooling == POOLING) & (rows.source != rows.target)]
    rows = rows[rows.impact.notna()]
    findings = []
    for (model, task), part in rows.groupby(["model", "task"], sort=True):
        seeds, told, strength = part.seed.nunique(), [], 0.0
        for source, own in part.groupby("source", sort=True):
            means = own.groupby("layer").impact.mean()
            best, least = means.idxmax(), means.idxmin()
            top = average(own[own.layer == best], "impact", most=1)
            told.append(f"{top} from {source} in layer {best} (least in layer {least}, {means[least]:.2f})")
            strength = max(strength, float(means[best]))
        brief = listed(told, 15)
        text = (
            f"fine-tuning on {task} moved the other languages' spaces most by an impact of {brief}, means over targets"
            f"{f' and {seeds} seeds' if seeds > 1 else ''} (0: nothing moved; vectors of other items: "
            f"{span(part.null_mean)})."
        )
        asked = {"model": model, "asked": ("impact", task), "brief": brief}
        findings.append(Finding("tuning", model, text, "impact_by_layer", strength=strength, **asked))
    return findings


def trajectories(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say what had changed after the first part of a fine-tuning, and what changed from there to the end."""
    if "trajectories" not in data:
        return []
    rows = data["trajectories"]
    rows = rows[(rows.source != rows.target) & rows.measure.isin(COURSES) & rows.value.notna() & (rows.step > 0)]
    rows = rows.astype({"corpus": object, "kind": object}).fillna({"corpus": "", "kind": "", "layer": -1})
    told = ["model", "task", "measure", "corpus", "kind", "source"]
    ends = rows.sort_values("fraction", kind="stable").groupby([*told, "seed", "target", "layer"], sort=True)
    both = ends.first().join(ends.last(), suffixes=("_first", "_last")).reset_index()
    both = both[both.fraction_first < both.fraction_last]
    both["change"] = both.value_last - both.value_first
    both["changed"] = survivors(both.change_p_last)
    findings = []
    for (model, task, measure, corpus, kind, source), part in both.groupby(told, sort=True):
        clear, tested = part[part.changed], part.change_p_last.notna()
        first, last, change = (
            average(part, column, form)
            for column, form in (("value_first", ".2f"), ("value_last", ".2f"), ("change", "+z.2f"))
        )
        where = f" ({corpus}, {kind})" if corpus else ""
        counts = (
            f"clearly up in {(clear.change > 0).sum()}, down in {(clear.change < 0).sum()} of {tested.sum():,} tested "
            "(adjusted p < 0.05, the same items at both points)"
            if tested.any()
            else "whether that is clear cannot be told: there is no interval of this change"
        )
        text = (
            f"{task} tuned on {source}, {COURSES[measure]} of the other languages{where}: {first} after "
            f"{100 * part.fraction_first.mean():.3g} % of the steps, {last} after "
            f"{100 * part.fraction_last.mean():.3g} %, {change}, on average over {counted(len(part), 'cell')} (target, "
            f"layer and seed); {counts}."
        )
        strength = abs(float(part.change.mean()))
        brief = f"{first} after {100 * part.fraction_first.mean():.3g} %, {last} after "
        brief += f"{100 * part.fraction_last.mean():.3g} %"
        asked = {"model": model, "asked": ("course", task, measure, corpus, kind, source), "brief": brief}
        findings.append(Finding("tuning", model, text, "trajectories", not clear.empty, strength, **asked))
    return findings
