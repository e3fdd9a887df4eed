"""Does a task transfer beyond chance and baselines? What do other ways of tuning do, and edits of items?"""

from typing import Any

import numpy as np
import pandas as pd

from isogloss.report.figures.tuned import NAMES, PRIMARY, best_baseline
from isogloss.report.findings.finding import (
    Finding,
    average,
    between,
    counted,
    listed,
    one_sided,
    standard_error,
    survivors,
    two_sided_of_runs,
)

GROUPS = {"near": "near languages", "far": "far languages", "gap": "the gap (far minus near)"}


def tested(data: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give every zero-shot score with the best baseline, and whether it is ``clear`` of that and of chance."""
    rows = data["transfer"]
    rows = rows[(rows.variant == "whole") & rows.measure.isin(PRIMARY) & rows.score.notna()]
    rows = rows[rows.source != rows.target]
    keys = ["task", "source", "target", "measure"]
    if "baselines" in data:
        rows = rows.merge(best_baseline(data["baselines"]), on=keys, how="left")
    else:
        rows = rows.assign(alone=np.nan, knows="")
    error = standard_error(rows.low, rows.high)
    # Above both: the larger of the two p-values (intersection and union).
    above_baseline = np.where(rows.alone.isna(), 0, one_sided(rows.score - rows.alone, error))
    p = np.fmax(np.fmax(above_baseline, one_sided(rows.score - rows.null_high, error)), rows.null_p)
    return rows.assign(clear=survivors(p), over=rows.score - np.fmax(rows.null_mean, rows.alone))


def zero_shot(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say for how many pairs zero-shot scores lie above chance and above the best baseline, and into which not."""
    if "transfer" not in data:
        return []
    whole = data["transfer"]
    whole = whole[(whole.variant == "whole") & whole.measure.isin(PRIMARY) & whole.score.notna()]
    rows = tested(data)
    findings = []
    for (task, model, measure), part in rows.groupby(["task", "model", "measure"], sort=True):
        own = whole[(whole.model == model) & (whole.task == task) & (whole.measure == measure)]
        own = own[own.source == own.target].score.mean()
        by_target = part.groupby("target").clear.mean()
        weak = sorted(by_target.index[by_target < 0.5])
        words = f"; best baseline {part.alone.mean():.2f}{by(part.knows)}" if part.alone.notna().any() else ""
        text = (
            f"{task}, zero-shot {NAMES[measure]} {average(part, 'score', least=0, most=1)} "
            f"on average over {counted(len(part), 'pair')} of languages (own language {own:.2f}; chance "
            f"{part.null_mean.mean():.2f}{words}); above both in {part.clear.sum()} of {len(part)} "
            f"(adjusted p < 0.05)" + (f", for most sources not into {listed(weak)}." if weak else ".")
        )
        strength = float(part.over.mean())
        findings.append(Finding("transfer", model, text, "transfer_heatmap", bool(part.clear.any()), strength))
    return findings


def by(knows: pd.Series) -> str:
    """Say what the best baselines of several pairs go by, the most frequent first."""
    return f", by {' or '.join(knows.value_counts().sort_index().sort_values(ascending=False, kind='stable').index)}"


def variants(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether another way of tuning changed transfer to near and to far languages, and the gap between them."""
    if "variants" not in data:
        return []

    def form(row: Any) -> str:
        return "+.3f" if row.group == "gap" else ".3f"

    rows = data["variants"]
    rows = rows[rows.measure.isin((*PRIMARY, "retrieval"))]
    findings = []
    for row in rows[rows.difference.isna() & (rows.group == "gap")].itertuples():
        text = f"{row.task}, {row.variant}: near and far languages cannot be compared. {row.reason}"
        findings.append(Finding("transfer", row.model, text, "variants", found=False))
    rows = rows[rows.difference.notna()]
    rows = rows.assign(clear=survivors(two_sided_of_runs(rows.difference, rows.low, rows.high, rows.runs)))
    for (model, task, variant, measure), part in rows.groupby(["model", "task", "variant", "measure"], sort=True):
        changes = [
            f"{GROUPS[row.group]} from {row.whole:{form(row)}} to {row.varied:{form(row)}}, {row.difference:+.3f}"
            f"{between(row.low, row.high, '+.3f')}"
            for row in part.itertuples()
        ]
        clear = [
            f"{GROUPS[row.group]} {'up' if row.difference > 0 else 'down'}" for row in part[part.clear].itertuples()
        ]
        text = (
            f"{task}, {variant} against tuned whole, {NAMES[measure]} by {part.distance.iloc[0]} distance, over "
            f"{counted(int(part.runs.iloc[0]), 'paired run')}: {'; '.join(changes)}; "
            f"{'clear: ' + ', '.join(clear) if clear else 'no clear change'}."
        )
        strength = float(part.difference.abs().max())
        findings.append(Finding("transfer", model, text, "variants", bool(clear), strength))
    return findings


def edits(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether what was edited in one language holds in the others, beyond what other items drift."""
    if "edits" not in data:
        return []
    rows = data["edits"]
    keys = ["task", "model", "checkpoint", "source", "weights"]
    away = rows[rows.source != rows.target]
    wide = away.pivot_table(index=[*keys, "target"], columns="measure", values="value", dropna=False)
    specific = away[away.measure == "specific_success"].set_index([*keys, "target"])
    specific = specific.join(wide.drop(columns="specific_success", errors="ignore"))
    specific = specific[specific.value.notna()]
    if specific.empty:
        return []
    specific = specific.assign(clear=survivors(specific.null_p))
    findings = []
    for names, part in specific.reset_index().groupby(keys, sort=True):
        task, model, checkpoint, source, weights = names
        where = "all weights" if weights == "all" else f"the {weights} third of the layers"
        number = counted(int(part.edits.iloc[0]), "edit")
        # Of a language model, which no task has tuned.
        what, wanted = ("facts", "word") if checkpoint == "pretrained" else ("items", "label")
        text = (
            f"{task}, {checkpoint}: edits of single {what} in {source} ({where}, {number}) hold in "
            f"{counted(len(part), 'other language')} with {part.success.mean():.2f} of the {what} on average, but "
            f"{part.drift.mean():.2f} of all other {what} got the wanted {wanted} too: specific success "
            f"{average(part, 'value', '+z.2f', least=-1, most=1)}, "
            f"above another item's edit in {part.clear.sum()} of {len(part)} (adjusted p < 0.05)."
        )
        findings.append(
            Finding("transfer", model, text, "edits", bool(part.clear.any()), max(0.0, float(part.value.mean())))
        )
    return findings
