"""What the neighbouring studies ask: similarity of spaces, words in context, probes, crossed inputs, controls."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from isogloss.report.figures.spaces_by_layer import SPACES, WORDS
from isogloss.report.figures.tuned import before_and_after
from isogloss.report.findings.finding import (
    Finding,
    average,
    cannot_tell,
    counted,
    least_of,
    listed,
    one_sided_of_two,
    run_of,
    standard_error,
    survivors,
    two_sided,
)

# Of one language in the space of all.
ONE_SPACE = {
    "interlingual_overlap": "interlingual overlap (ILO)",
    "language_identity": "share whose language a probe tells",
    "anisotropy": "mean cosine of different items",
    "hubness": "hubness",
}
ASKED = {"coinciding": "translations coincide", "organised alike": "the spaces are organised alike"}


def across(data: dict[str, pd.DataFrame], table: str) -> pd.DataFrame:
    """Take a table's values of pairs of different languages, before tuning and after, with their standard errors."""
    if table not in data:
        return pd.DataFrame()
    rows = before_and_after(data[table])
    rows = rows[rows.value.notna() & rows.target.notna() & (rows.source != rows.target)]
    return rows.assign(error=standard_error(rows.low, rows.high))


def measured_on(rows: pd.DataFrame) -> pd.DataFrame:
    """Say by a column ``items`` what rows of the similarity of spaces are of: a task's test items or a corpus."""
    # A column without a name in any row is one of numbers.
    return rows.assign(items=rows.task.astype(object).fillna("corpus " + rows.corpus.astype(str)))


def best_layers(part: pd.DataFrame, names: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Say of each measure its mean over pairs in its best layer, with interval, null and n; and how far it is above."""
    for measure, name in names.items():
        rows = part[part.measure == measure]
        if rows.empty:
            continue
        layer = rows.groupby("layer").value.mean().idxmax()
        top = rows[rows.layer == layer]
        null = top.null_mean.mean()
        # Retrieval is the harder the more there is to find.
        least, most = int(top.n.min()), int(top.n.max())
        count = f"n = {least:,}" if least == most else f"n = {least:,} to {most:,}"
        told = f"{name} {average(top, 'value', most=1)} in layer {layer} (null {null:.2f}, {count})"
        yield told, top.value.mean() - null


def above_null(rows: pd.DataFrame, keys: list[str], names: dict[str, str], figure: str, what: str) -> list[Finding]:
    """Say, for each value of ``keys``, for how many pairs a measure of ``names`` exceeds its null, cell by cell."""
    findings = []
    for key, part in rows.groupby(keys, sort=True):
        told = list(best_layers(part, names))
        brief = "; ".join(name for name, _ in told)
        pairs = part.groupby(["source", "target"]).above.any()
        untold = "" if pairs.any() else cannot_tell(rows.null_p, least_of(part.null_draws), part.index)
        above = (
            f"whether that is above the null {untold}."
            if untold
            else f"above the null in {part.above.sum():,} of {counted(len(part), 'cell')} (pair, layer and measure), "
            f"of {int(pairs.sum())} of {counted(len(pairs), 'ordered pair')} of languages (adjusted p < 0.05 over "
            f"{counted(len(rows), 'cell')})."
        )
        text = f"{what}: {brief}, means over pairs, each in its best layer; {above}"
        strength = float(max(above for _, above in told))
        asked = (what, *key[1:])
        name, found = ", ".join(map(str, key)), bool(pairs.any())
        findings.append(Finding("sharing", name, text, figure, found, strength, str(key[0]), asked, brief))
    return findings


def spaces(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether translations coincide, and whether spaces are organised alike, before tuning."""
    rows = across(data, "space_similarity")
    if rows.empty:
        return []
    rows, findings = measured_on(rows), []
    for question, names in SPACES.items():
        chosen = rows[(rows.state == "pretrained") & (rows.vectors == "centred") & rows.measure.isin(names)]
        if len(chosen):
            chosen = chosen.assign(above=survivors(chosen.null_p))
            figure, what = "space_similarity_by_layer", f"{ASKED[question]} (centred)"
            findings += above_null(chosen, ["model", "items"], names, figure, what)
    return findings


def one_space(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether languages lie apart in the last layer before tuning, and what the space of each looks like."""
    if "space_similarity" not in data:
        return []
    rows = measured_on(data["space_similarity"])
    rows = rows[(rows.checkpoint == "pretrained") & rows.target.isna() & rows.value.notna()]
    rows = rows[rows.layer == rows.groupby(["model", "items"]).layer.transform("max")]
    identity = rows[(rows.measure == "language_identity") & (rows.vectors == "raw")]
    identity = identity.assign(apart=survivors(identity.null_p))
    findings = []
    for (model, items), known in identity.groupby(["model", "items"], sort=True):
        part = rows[(rows.model == model) & (rows["items"] == items)]
        told = []
        for measure, name in ONE_SPACE.items():
            own = part[part.measure == measure]
            cells = [f"{value:z.2f} {vectors}" for vectors, value in own.groupby("vectors").value.mean().items()]
            null = f" (languages dealt anew: {own.null_mean.mean():.2f})" if own.null_mean.notna().any() else ""
            told += [f"{name} {' and '.join(cells)}{null}"] if cells else []
        apart = int(known.apart.sum())
        text = (
            f"the languages in one space, layer {known.layer.iloc[0]}: {'; '.join(told)}; means over "
            f"{counted(len(known), 'language')}, n = {int(known.n.min()):,}. A probe tells {apart} of them above "
            f"chance (raw, adjusted p < 0.05 over {counted(len(identity), 'cell')})."
        )
        mixed = 1 - apart / len(known)
        findings.append(Finding("sharing", f"{model}, {items}", text, "languages_in_one_space", mixed > 0, mixed))
    return findings


def words(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say whether linked words find each other, by type, before tuning."""
    rows = across(data, "word_retrieval")
    if rows.empty:
        return []
    rows = rows[(rows.state == "pretrained") & (rows.vectors == "raw") & (rows.unit == "type")]
    if rows.empty:
        return []
    rows = rows.assign(above=survivors(rows.null_p))
    what = "words in context find the words that they are linked with, by type"
    return above_null(rows, ["model", "corpus"], WORDS, "word_retrieval_by_layer", what)


def probes(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say how much of a label a probe carries over to other languages, above its floor and its control."""
    rows = across(data, "probes")
    if rows.empty or (rows := rows[rows.state == "pretrained"]).empty:
        return []
    # Above both: the larger of the two p-values (intersection and union).
    p = np.fmax(rows.null_p, one_sided_of_two(rows.value, rows.floor, rows.error))
    rows = rows.assign(above=survivors(p))
    findings = []
    for (model, task, label), part in rows.groupby(["model", "task", "label"], sort=True):
        told, best = [], -1.0
        for vectors in ("centred", "raw"):
            own = part[part.vectors == vectors]
            layer = own.groupby("layer").value.mean().idxmax()
            top = own[own.layer == layer]
            told.append(f"{vectors} {average(top, 'value', least=0, most=1)} in layer {layer}")
            best = max(best, top.value.mean() - max(top.floor.mean(), top.null_high.mean()))
        pairs = part.groupby(["source", "target"]).above.any()
        found = bool(pairs.any())
        untold = "" if found else cannot_tell(p, least_of(part.null_draws), part.index)
        above = (
            f"whether that is above both {untold}."
            if untold
            else f"above both in {part.above.sum():,} of {counted(len(part), 'cell')} (pair, layer and vectors), of "
            f"{int(pairs.sum())} of {counted(len(pairs), 'ordered pair')} of languages (adjusted p < 0.05 over "
            f"{counted(len(rows), 'cell')})."
        )
        text = (
            f"what a linear probe for {label} learnt in one language tells right in another: {', '.join(told)}, means "
            f"over pairs in the best layer (most frequent label {part.floor.mean():.2f}, permuted labels up to "
            f"{part.null_high.mean():.2f}); {above}"
        )
        asked = {"model": model, "asked": ("probes", task, label), "brief": ", ".join(told)}
        findings.append(Finding("sharing", f"{model}, {task}", text, "probes_by_layer", found, max(best, 0.0), **asked))
    return findings


def changes(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say where similarity of spaces changed with fine-tuning, tested on the same items before and after."""
    rows = across(data, "space_similarity")
    if rows.empty:
        return []
    names = {measure: name for group in SPACES.values() for measure, name in group.items()}
    both = rows[(rows.vectors == "centred") & rows.measure.isin(names) & rows.change.notna()]
    if both.empty:
        return []
    both = measured_on(both.assign(changed=survivors(both.change_p)))
    findings = []
    for (model, checkpoint, items), part in both.groupby(["model", "checkpoint", "items"], sort=True):
        told = []
        for measure, own in part.groupby("measure", sort=True):
            up, down = ((own.changed & (sign * own.change > 0)).sum() for sign in (1, -1))
            change = average(own, "change", "+z.2f")
            told.append(f"{names[measure]} {change} on average (clearly up in {up}, down in {down})")
        found, brief = bool(part.changed.any()), "; ".join(told)
        unknown = int(part.change_p.isna().sum())
        untested = f"; {unknown:,} of them without an interval are not tested" if unknown else ""
        what = "changed the languages' spaces" if found else "made no clear change of the languages' spaces"
        what += f" on the {items}" if pd.isna(part.task.iloc[0]) else ""
        text = (
            f"tuning ({checkpoint}) {what}: {brief}, of {counted(len(part), 'cell')} in all (pair, layer and measure; "
            f"adjusted p < 0.05, the same items before and after{untested})."
        )
        strength = float(part.change.abs().mean())
        asked = {"model": model, "asked": ("spaces changed", checkpoint, items), "brief": brief}
        findings.append(Finding("tuning", model, text, "space_similarity_by_layer", found, strength, **asked))
    return findings


def costs_of_crossing(rows: pd.DataFrame) -> pd.DataFrame:
    """Give the accuracies of which a cost of crossing is known, and whether that is ``clear``."""
    rows = rows[(rows.measure == "accuracy") & rows.cost.notna()]
    return rows.assign(clear=survivors(two_sided(rows.cost, standard_error(rows.cost_low, rows.cost_high))))


def crossed(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say what it costs that two texts are in two languages."""
    if "crossed" not in data:
        return []
    rows = data["crossed"]
    findings = []
    for (model, task, reason), part in rows[rows.score.isna() & (rows.reason.astype(object).fillna("") != "")].groupby(
        ["model", "task", "reason"], sort=True
    ):
        pairs = counted(len(part[["first", "second"]].drop_duplicates()), "combination")
        text = f"{task}: two texts could not be crossed in {pairs} of languages. {reason}"
        findings.append(Finding("transfer", model, text, "crossed_heatmap", found=False))
    run = ["model", "task", "variant", "source"]
    for (model, task, variant, source), whole in costs_of_crossing(rows).groupby(run, sort=True):
        part = whole[whole.slice == "all"]
        crossings = whole.assign(source=whole["first"], target=whole["second"])
        sliced = [
            f"{average(own, 'cost', '+.3f')} where {name}" for name, own in crossings.groupby("slice") if name != "all"
        ]
        told = f" ({', '.join(sliced)})" if sliced else ""
        crossings = crossings[crossings.slice == "all"]
        text = (
            f"{run_of(task, source, variant, part.seed.nunique())}, two texts in two languages: accuracy "
            f"{part.score.mean():.2f} on average "
            f"against {part.same.mean():.2f} with both in one, {average(crossings, 'cost', '+.3f')}{told}; clearly "
            f"lower in {(part.clear & (part.cost < 0)).sum()} and higher in {(part.clear & (part.cost > 0)).sum()} of "
            f"{counted(len(part), 'combination')} (adjusted p < 0.05, {int(part.n.median()):,} items)."
        )
        strength = abs(float(part.cost.mean()))
        asked = {"model": model, "asked": ("crossed", task, variant, source)}
        brief = f"{part.score.mean():.2f} against {part.same.mean():.2f}, {average(crossings, 'cost', '+.3f')}"
        found = bool(part.clear.any())
        findings.append(Finding("transfer", model, text, "crossed_heatmap", found, strength, brief=brief, **asked))
    return findings


def controls(data: dict[str, pd.DataFrame]) -> list[Finding]:
    """Say for how many languages transfer lies above its best control."""
    if "controls" not in data:
        return []
    rows = data["controls"]
    rows = rows[(rows.measure == "accuracy") & rows.score.notna() & (rows.source != rows.target)]
    # Above the best is above all of them: the largest of the p-values (intersection and union).
    p = rows.groupby(["model", "checkpoint", "target"]).null_p.transform("max")
    rows = rows.assign(p=p)[rows.best.astype(str) == "True"]
    rows = rows.assign(clear=survivors(rows.p))
    findings = []
    for (model, task, variant, source), part in rows.groupby(["model", "task", "variant", "source"], sort=True):
        which = part.control.value_counts().sort_index().sort_values(ascending=False, kind="stable").index
        weak = sorted(set(part.target[~part.clear]))
        found = bool(part.clear.any())
        untold = "" if found else cannot_tell(rows.p, least_of(part.null_draws), part.index)
        above = (
            f"whether any is above it {untold}."
            if untold
            else f"above it in {int(part.clear.sum())} of {counted(len(part), 'score')} in other languages (adjusted "
            f"p < 0.05, {int(part.n.median()):,} items)" + (f", not shown into {listed(weak)}." if weak else ".")
        )
        text = (
            f"{run_of(task, source, variant, part.seed.nunique())}, zero-shot accuracy {part.score.mean():.2f} against "
            f"{part.control_score.mean():.2f} of the best control ({listed(list(which))}), "
            f"{average(part, 'above', '+.3f')} on average; {above}"
        )
        strength = max(float(part.above.mean()), 0.0)
        asked = {"model": model, "asked": ("controls", task, variant, source)}
        brief = f"{part.score.mean():.2f}, {average(part, 'above', '+.3f')} above its best control"
        findings.append(Finding("transfer", model, text, "controls", found, strength, brief=brief, **asked))
    return findings
