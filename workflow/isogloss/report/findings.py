"""What fine-tuning shows, in sentences: transfer, impact, what goes with it, concepts before and after, freezing."""

import html

import numpy as np
import pandas as pd

from isogloss.report.figures.tasks import NAMES, POOLING, PRIMARY

CAPTIONS = {
    "transfer_heatmap": "Scores on the diagonal are the language's own; off it, the model never saw a labelled item of "
    "the target language. Shared words alone: a bag of words that knows the source language and sees of the target "
    "only what is written alike (names, numbers, loanwords).",
    "impact_by_layer": "How much of each language's space fine-tuning changed: 0, nothing; the same items through the "
    "pretrained and the tuned model.",
    "impact_heatmap": "The same over the mean of the layers, for every source language. The diagonal is the language "
    "that was tuned on.",
    "transfer_by_impact": "Every point is a pair of languages; points that share a language are not independent, so "
    "trust the permutation p-values in the table, not the eye.",
    "correlation_by_layer": "Correlation over pairs of languages, S = T left out. A filled point has a Mantel p-value "
    "(languages permuted) below 0.05 after adjustment for the number of layers and distances.",
    "learning_curves": "Loss on the training items and on held-out items of the source language.",
    "freezing": "Change of zero-shot scores when layers are frozen, for target languages nearer to the source than the "
    "median and farther. A gap above 0 means that far languages gained on near ones.",
}


def task_findings(data: dict[str, pd.DataFrame]) -> str:
    """Say what the tables of fine-tuning show, including that they show nothing; HTML list items."""
    if "transfer" not in data:
        return ""
    sentences = [*transfer(data), *relations(data["correlations"]), *concepts(data)]
    if "freezing" in data:
        sentences += freezing(data["freezing"])
    return "".join(f"<li>{sentence}</li>" for sentence in sentences)


def transfer(data: dict[str, pd.DataFrame]) -> list[str]:
    """Say for which targets zero-shot scores lie clearly above chance and above shared words, and for which not."""
    rows = data["transfer"]
    rows = rows[(rows.variant == "whole") & rows.measure.isin(PRIMARY) & (rows.source != rows.target)]
    plain = data["baselines"]
    plain = plain[plain.baseline == "shared_words"][["task", "source", "target", "measure", "score"]]
    rows = rows.merge(plain.rename(columns={"score": "alone"}), on=["task", "source", "target", "measure"], how="left")
    sentences = []
    for (task, model, measure), part in rows.groupby(["task", "model", "measure"], sort=True):
        clear = part.low > np.maximum(part.null_high, part.alone.fillna(0))
        own = data["transfer"]
        own = own[(own.model == model) & (own.task == task) & (own.measure == measure) & (own.variant == "whole")]
        own = own[own.source == own.target].score.mean()
        by_target = clear.groupby(part.target).mean()
        weak = sorted(by_target.index[by_target < 0.5])
        sentence = (
            f"<b>{html.escape(model)}</b>, {html.escape(task)}: zero-shot {NAMES[measure]} {part.score.mean():.2f} on "
            f"average over {len(part)} pairs of languages (own language {own:.2f}; chance {part.null_mean.mean():.2f}; "
            f"shared words alone {part.alone.mean():.2f}). It lies clearly above chance and shared words for "
            f"{int(clear.sum())} of {len(part)} pairs"
        )
        names = html.escape(", ".join(weak))
        sentences.append(sentence + (f"; for most sources it does not into {names}." if weak else "."))
    return sentences


def relations(table: pd.DataFrame) -> list[str]:
    """Say what impact and transfer go with; impact over the mean of the layers."""
    rows = table[(table.statistic == "pearson") & (table.variant == "whole")]
    impact = rows[(rows.impact == "impact") & (rows.pooling == POOLING) & (rows.layer.astype(str) == "mean")]
    transfer = rows[(rows.transfer == "score") & rows.measure.isin(PRIMARY)]
    sentences = []
    for model, task in sorted(set(zip(rows.model, rows.task, strict=True))):
        name = f"<b>{html.escape(model)}</b>, {html.escape(task)}"
        moved, scored = (part[(part.model == model) & (part.task == task)] for part in (impact, transfer))
        tied = scored[(scored.relation == "impact-transfer") & scored.index.isin(moved.index) & scored.r.notna()]
        if len(tied):
            sentences.append(f"{name}: impact and transfer correlate at {correlation(tied.iloc[0])}.")
        sentences.append(f"{name}: impact {with_distance(moved[moved.relation == 'impact-distance'])}")
        sentences.append(f"{name}: transfer {with_distance(scored[scored.relation == 'distance-transfer'])}")
    return sentences


def with_distance(rows: pd.DataFrame) -> str:
    """Say which distances something goes with."""
    found, tested = rows[rows.p_mantel_adjusted < 0.05], int(rows.p_mantel.notna().sum())
    if not tested:
        return "and distance: too few pairs of languages for a correlation."
    if not len(found):
        return f"goes with none of {tested} distances once languages are permuted and p adjusted."
    listed = "; ".join(f"{html.escape(row.distance)} {correlation(row)}" for row in found.itertuples())
    return f"goes with {len(found)} of {tested} distances once languages are permuted and p adjusted ({listed})."


def correlation(row: object) -> str:
    """Write a correlation with its interval, p-value and number of pairs."""
    p = "no p-value: too few permutations"
    if np.isfinite(row.p_mantel):
        # Never 0.000: the smallest is one over the number of permutations.
        p = f"Mantel p = {row.p_mantel:.3f}" if row.p_mantel >= 0.001 else f"Mantel p = {row.p_mantel:.1g}"
    between = f" [{row.low:.2f}, {row.high:.2f}]" if np.isfinite(row.low) else ""
    return f"r = {row.r:.2f}{between}, {p}, n = {int(row.n)}"


def concepts(data: dict[str, pd.DataFrame]) -> list[str]:
    """Say how shared concepts changed with fine-tuning, over the mean of pairs and layers."""
    sentences = []
    for table, measure, name in (
        ("concept_alignment", "aligned", "CALIGN"),
        ("concept_overlap", "overlapping_types", "COLAP"),
    ):
        rows = data[table]
        rows = rows[rows.measure == measure]
        keys = ["model", "corpus", "source", "target", "kind", "layer"]
        before = rows[rows.task == "pretrained"].set_index(keys).value
        for (model, checkpoint), part in rows[rows.task != "pretrained"].groupby(["model", "checkpoint"], sort=True):
            change = part.set_index(keys).value - before
            change = change.dropna()
            last = change.groupby("layer").mean().iloc[-1]
            sentences.append(
                f"<b>{html.escape(model)}</b>: {name} after {html.escape(checkpoint)} changed by {change.mean():+.3f} "
                f"on average over {len(change)} cells ({last:+.3f} in the last layer)."
            )
    return sentences


def freezing(table: pd.DataFrame) -> list[str]:
    """Say whether freezing narrowed the gap between near and far languages."""
    sentences = []
    for row in table[(table.group == "gap") & table.measure.isin(PRIMARY)].itertuples():
        between = f" [{row.low:+.3f}, {row.high:+.3f}]" if np.isfinite(row.low) else ""
        verdict = "no clear change"
        if np.isfinite(row.low) and row.low > 0:
            verdict = "far languages gained on near ones"
        elif np.isfinite(row.high) and row.high < 0:
            verdict = "far languages lost on near ones"
        sentences.append(
            f"<b>{html.escape(row.model)}</b>, {html.escape(row.task)}, {html.escape(row.variant)}: the gap in "
            f"{NAMES[row.measure]} (far minus near by {html.escape(row.distance)} distance) went from {row.whole:+.3f} "
            f"to {row.frozen:+.3f}, a change of {row.difference:+.3f}{between} over {row.runs} paired runs: {verdict}."
        )
    return sentences
