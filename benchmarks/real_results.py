"""The tables of docs/results/README.md, in Markdown, from a run of config/real.yaml.

``python -m benchmarks.real_results results-real`` prints them: by layer, with intervals, the real model beside its
control, before fine-tuning and after it.
"""

import argparse
from pathlib import Path

import pandas as pd
from statsmodels.stats.proportion import proportion_confint

MODEL, CONTROL = "e5", "random"


def markdown(table: pd.DataFrame, title: str) -> None:
    """Print a table whose cells are text."""
    print(f"\n**{title}**\n")
    names = [table.index.name or "", *table.columns]
    print("| " + " | ".join(map(str, names)) + " |")
    print("| " + " | ".join(["---"] * len(names)) + " |")
    for key, row in table.iterrows():
        print("| " + " | ".join([str(key), *row.fillna("–")]) + " |")


def with_interval(row: pd.Series, low: str, high: str) -> str:
    """Say a value and its interval."""
    if pd.isna(row.value):
        return "–"
    between = "" if pd.isna(row[low]) else f" [{row[low]:.2f}, {row[high]:.2f}]"
    return f"{row.value:.2f}{between}"


def by_layer(rows: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    """Lay a measure out: a row a layer, a column a target, each value with its interval."""
    cells = rows.assign(cell=[with_interval(row, low, high) for _, row in rows.iterrows()])
    return cells.pivot(index="layer", columns="target", values="cell")


def means(rows: pd.DataFrame) -> pd.Series:
    """Give the mean over targets, by layer, as text."""
    return rows.groupby("layer").value.mean().map("{:.2f}".format)


def sharing(results: Path) -> None:
    """Print what languages share, by layer."""
    for name, measure, title in (
        ("concept_alignment", "aligned", "CALIGN: share of English concepts that are aligned"),
        ("concept_overlap", "overlapping_types", "COLAP, by types: share of joint concepts that mix the languages"),
        ("concept_overlap", "overlapping_translated", "Joint concepts that mix them and hold translations"),
    ):
        rows = pd.read_csv(results / "tables" / f"{name}.csv")
        rows = rows[(rows.measure == measure) & (rows.convention == "paper")]
        before = rows[rows.checkpoint == "pretrained"]
        real = before[before.model == MODEL]
        table = by_layer(real, "boot_low", "boot_high")
        if real.null_high.notna().any():
            table["null, upper end"] = real.groupby("layer").null_high.max().map("{:.2f}".format)
        table["control, mean"] = means(before[before.model == CONTROL])
        table["tuned, mean"] = means(rows[(rows.model == MODEL) & (rows.checkpoint != "pretrained")])
        markdown(table, f"{title} (bootstrap over concepts, 95 %)")
    rows = pd.read_csv(results / "tables" / "space_similarity.csv").query("vectors == 'centred' and source == 'en'")
    rows = rows[rows.corpus.notna() & (rows.measure == "retrieval")]
    before = rows[rows.checkpoint == "pretrained"]
    real = before[before.model == MODEL]
    low, high = proportion_confint(real.value * real.n, real.n, method="wilson")
    table = by_layer(real.assign(low=low, high=high), "low", "high")
    table["control, mean"] = means(before[before.model == CONTROL])
    table["tuned, mean"] = means(rows[(rows.model == MODEL) & (rows.checkpoint != "pretrained")])
    # Each pair has the sentences that its two languages share.
    among = " to ".join(map(str, sorted({rows.n.min(), rows.n.max()})))
    title = f"Sentence retrieval: English messages whose translation is the nearest of {among}"
    markdown(table, f"{title} (Wilson's interval over messages, 95 %)")


def similarity(results: Path) -> None:
    """Print how alike English and the other spaces are on the task's items, before and after fine-tuning."""
    rows = pd.read_csv(results / "tables" / "space_similarity.csv").query("source == 'en' and vectors == 'centred'")
    rows = rows[(rows.pooling == "mean") & rows.task.notna()]
    columns = {}
    for measure in ("mutual_retrieval", "neighbour_overlap", "neuron_correlation", "cka_debiased", "procrustes"):
        for model, checkpoint, called in (
            (MODEL, "pretrained", ""),
            (CONTROL, "pretrained", ", control"),
            (MODEL, "tuned", ", tuned"),
        ):
            wanted = rows[(rows.measure == measure) & (rows.model == model)]
            wanted = wanted[(wanted.checkpoint == "pretrained") == (checkpoint == "pretrained")]
            if len(wanted):
                columns[measure + called] = means(wanted)
    table = pd.DataFrame(columns)
    table.index.name = "layer"
    markdown(table, f"Similarity of English with the other five, centred, means of pairs (n = {rows.n.max()})")


def tuning(results: Path) -> None:
    """Print what fine-tuning did: impact by layer, transfer beside its baselines."""
    rows = pd.read_csv(results / "tables" / "impact.csv").query("pooling == 'mean'").rename(columns={"impact": "value"})
    markdown(by_layer(rows, "low", "high"), "Impact of fine-tuning on English: 1 − CKA (jackknife over items, 95 %)")
    scores = pd.read_csv(results / "tables" / "transfer.csv").query("measure == 'accuracy' and variant == 'whole'")
    scores = scores.rename(columns={"score": "value"})
    cells = [with_interval(row, "low", "high") for _, row in scores.iterrows()]
    table = pd.DataFrame({"accuracy": cells}, index=pd.Index(scores.target, name="tested in"))
    baselines = pd.read_csv(results / "tables" / "baselines.csv").query("measure == 'accuracy'")
    for baseline, found in baselines.groupby("baseline"):
        table[f"baseline {baseline}"] = found.set_index("target").score.map("{:.2f}".format)
    markdown(table, f"Which program a message is of, tuned on English ({scores.n.max()} items a language)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    results = parser.parse_args().results
    for part in (sharing, similarity, tuning):
        part(results)


if __name__ == "__main__":
    main()
