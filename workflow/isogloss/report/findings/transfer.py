"""Does a task transfer beyond chance and baselines? What do other ways of tuning do, and edits of items?"""

from typing import Any

import numpy as np
import pandas as pd

from isogloss.report.figures.tuned import NAMES, PRIMARY, best_baseline, scored_whole
from isogloss.report.findings.finding import (
    Finding,
    average,
    between,
    by_source,
    cannot_tell,
    counted,
    least_of,
    listed,
    one_sided,
    one_sided_of_two,
    span,
    standard_error,
    survivors,
    two_sided_of_runs,
)

GROUPS = {"near": "near languages", "far": "far languages", "gap": "the gap (far minus near)"}


def tested(data: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give every zero-shot score with its ``own`` language's, the best baseline, and whether it is ``clear``.

    ``p`` is of lying above that baseline and above chance.
    """
    rows = scored_whole(data["transfer"])
    run = ["model", "checkpoint", "measure"]
    own = rows[rows.source == rows.target].set_index(run).score.rename("own")
    rows = rows[rows.source != rows.target].join(own, on=run)
    keys = ["task", "source", "target", "measure"]
    if "baselines" in data:
        rows = rows.merge(best_baseline(data["baselines"]), on=keys, how="left")
    else:
        rows = rows.assign(alone=np.nan, knows="")
    error = standard_error(rows.low, rows.high)
    # Above both: the larger of the two p-values (intersection and union).
    above_baseline = np.where(rows.alone.isna(), 0, one_sided_of_two(rows.score, rows.alone, error))
    p = np.fmax(np.fmax(above_baseline, one_sided(rows.score - rows.null_high, error)), rows.null_p)
    return rows.assign(p=p, clear=survivors(p), over=rows.score - np.fmax(rows.null_mean, rows.alone))


def zero_shot(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say for how many pairs zero-shot scores lie above chance and above the best baseline, and into which not."""
    if "transfer" not in data:
        return []
    rows = tested(data)
    findings = []
    for (task, model, measure), part in rows.groupby(["task", "model", "measure"], sort=True):
        by_target = part.groupby("target").clear.mean()
        weak = sorted(by_target.index[by_target < 0.5])
        words = f"; best baseline {span(part.alone)}{by(part.knows)}" if part.alone.notna().any() else ""
        found = bool(part.clear.any())
        untold = "" if found else cannot_tell(rows.p, least_of(part.null_draws), part.index)
        above = (
            f"whether any is above both {untold}."
            if untold
            else f"above both in {part.clear.sum()} of {len(part)} (adjusted p < 0.05)"
            + (f", from most sources not shown into {listed(weak)}." if weak else ".")
        )
        brief = by_source(part, "score", least=0, most=1)
        seeds = part.seed.nunique()
        text = (
            f"{task}, zero-shot {NAMES[measure]} {brief}, means over targets"
            f"{f' and {seeds} seeds' if seeds > 1 else ''} (own language {span(part.own)}; chance "
            f"{span(part.null_mean)}{words}); {above}"
        )
        strength = float(part.over.mean())
        asked = {"model": model, "asked": ("zero-shot", task, measure), "brief": brief}
        findings.append(Finding("transfer", model, text, "transfer_heatmap", found, strength, **asked))
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
            f"{GROUPS[row.group]} from {row.whole:{form(row)}} to {row.varied:{form(row)}}, {change(row)}"
            for row in part.itertuples()
        ]
        beside = rows[(rows.model == model) & (rows.task == task) & (rows.measure == measure)]
        beside = beside[beside.variant.isin(names_in(part.random_links))]
        at_random = [
            f"; with links at random ({name}) {brief_of(own)}" for name, own in beside.groupby("variant", sort=True)
        ]
        clear = [
            f"{GROUPS[row.group]} {'up' if row.difference > 0 else 'down'}" for row in part[part.clear].itertuples()
        ]
        verdict = f"clear: {', '.join(clear)}" if clear else "no clear change"
        if part.low.isna().all():
            verdict = "whether that is a change cannot be told from one run"
        text = (
            f"{task}, {variant} against tuned whole, {NAMES[measure]} by {part.distance.iloc[0]} distance, over "
            f"{counted(int(part.runs.iloc[0]), 'paired run')}: {'; '.join(changes)}; {verdict}{''.join(at_random)}."
        )
        strength = float(part.difference.abs().max())
        asked = {"model": model, "asked": ("variants", task, variant, measure), "brief": brief_of(part)}
        findings.append(Finding("transfer", model, text, "variants", bool(clear), strength, **asked))
    return findings


def change(row: Any) -> str:
    """Write a difference with its interval."""
    return f"{row.difference:+z.3f}{between(row.low, row.high, '+z.3f')}"


def brief_of(part: pd.DataFrame) -> str:
    """Write a variant's differences."""
    return ", ".join(f"{GROUPS[row.group]} {change(row)}" for row in part.itertuples())


def names_in(listed: pd.Series) -> set[str]:
    """Give the names that stand, with commas between, in a column."""
    return {name for names in listed.dropna() for name in names.split(", ")}


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
    specific = specific.assign(clear=survivors(specific.null_p)).reset_index()
    findings = []
    for names, part in specific.groupby(keys, sort=True):
        task, model, checkpoint, source, weights = names
        where = "all weights" if weights == "all" else f"the {weights} third of the layers"
        number = counted(int(part.edits.iloc[0]), "edit")
        # Of a language model, which no task has tuned.
        what, wanted = ("facts", "word") if checkpoint == "pretrained" else ("items", "label")
        found, brief = bool(part.clear.any()), average(part, "value", "+z.2f", least=-1, most=1)
        untold = "" if found else cannot_tell(specific.null_p, least_of(part.null_draws), part.index)
        above = f"above another item's edit in {part.clear.sum()} of {len(part)} (adjusted p < 0.05)"
        above = f"whether that is above another item's edit {untold}" if untold else above
        text = (
            f"{task}, {checkpoint}: edits of single {what} in {source} ({where}, {number}) hold in "
            f"{counted(len(part), 'other language')} with {part.success.mean():.2f} of the {what} on average, but "
            f"{part.drift.mean():.2f} of all other {what} got the wanted {wanted} too: specific success {brief}, "
            f"{above}."
        )
        asked = {"model": model, "asked": ("edits", task, checkpoint, source, weights), "brief": brief}
        strength = max(0.0, float(part.value.mean()))
        findings.append(Finding("transfer", model, text, "edits", found, strength, **asked))
    return findings
