"""The tables of docs/interventions.md, in Markdown, from a run of config/interventions.yaml.

``python -m benchmarks.intervention_results results-interventions`` prints them: realignment, the course of a
fine-tuning, edits of items and of facts.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from benchmarks.real_results import markdown
from scipy import stats

from isogloss.report.figures.tuned import PRIMARY
from isogloss.report.findings.finding import survivors

STUDY = ["model", "task"]


def spread(cells: pd.DataFrame) -> str:
    """Say the mean of cells with the least and the greatest of them; of one cell with its own 95 % interval."""
    low, high = (cells.low, cells.high) if len(cells) == 1 else (cells.value, cells.value)
    told, least, most = (f"{value:.2f}" for value in (cells.value.mean(), low.min(), high.max()))
    return told if least == most else f"{told} [{least}, {most}]"


def realignment(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell the scores of every way of tuning, and what they and retrieval gained against tuned whole."""
    scores, variants = tables["transfer"], tables["variants"]
    scores = scores[scores.measure.isin(PRIMARY) & ~scores.variant.str.match(r"at\d")]
    for (model, task), own in variants.groupby(STUDY):
        rows = scores[(scores.model == model) & (scores.task == task)]
        means = rows.groupby(["source", "variant", "target"]).score.mean().unstack()
        means.index = [f"from {source}, {variant}" for source, variant in means.index]
        yield f"{rows.measure.iloc[0]} of {task} on {model}, means over seeds", means.map("{:.2f}".format)
        own = own[own.measure.isin([*PRIMARY, "retrieval"]) & own.difference.notna()]
        cells = [f"{row.difference:+.3f} [{row.low:.3f}, {row.high:.3f}] ({row.whole:.3f})" for row in own.itertuples()]
        laid = own.assign(cell=cells).pivot(index="variant", columns=["measure", "group"], values="cell")
        laid.columns = [", ".join(names) for names in laid.columns]
        yield f"{task} on {model} against tuned whole (whose value stands last)", laid
        yield from gains(rows, task)


def gains(rows: pd.DataFrame, task: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell each way's gain by target, and how it goes with what tuned whole reached."""
    zero = rows[rows.source != rows.target]
    means = zero.groupby(["source", "target", "variant"]).score.mean().unstack()
    told = {}
    for variant in means.columns.drop("whole"):
        gain = means[variant] - means["whole"]
        for source, part in [*gain.groupby("source"), ("all", gain)]:
            by_target = part.groupby("target").mean().map("{:+.2f}".format).to_dict()
            with_whole = np.corrcoef(part, means.loc[part.index, "whole"])[0, 1]
            told[f"{variant}, from {source}"] = {**by_target, "r with whole": f"{with_whole:.2f}"}
    yield f"Gain against tuned whole, {task}", pd.DataFrame(told).T
    by_run = zero.groupby(["source", "seed", "variant"]).score.mean().unstack()
    if "chance" in by_run:
        less = by_run.drop(columns=["whole", "chance"]).sub(by_run["chance"], axis=0)
        around = stats.t.ppf(0.975, len(less) - 1) * less.std() / np.sqrt(len(less))
        told = [f"{mean:+.2f} [{mean - t:.2f}, {mean + t:.2f}]" for mean, t in zip(less.mean(), around, strict=True)]
        table = pd.DataFrame({f"of {len(less)} runs": told}, index=less.columns)
        yield f"Gain against links at random, {task}, by source and seed (t, 95 %)", table


def course(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell what is measured along a fine-tuning, by step: own language, others, and where the last point differs."""
    rows = tables["trajectories"]
    rows = rows[rows.value.notna() & rows.measure.isin([*PRIMARY, "impact", "retrieval", "calign"])]
    rows = rows.assign(
        what=rows.measure + rows.layer.map(lambda layer: "" if pd.isna(layer) else f", layer {layer:.0f}"),
        whose=np.where(rows.source == rows.target, "own language", "other languages"),
    )
    for (model, task), own in rows.groupby(STUDY):
        table = own.groupby(["what", "whose", "step"])[["value", "low", "high"]].apply(spread).unstack()
        table.index = [", ".join(key) for key in table.index]
        yield f"The course of {task} on {model}, means of cells [least, most]", table


def edits(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tell edits by the weights that they may change: in the edited language, and in the others."""
    rows = tables["edits"].query("variant == 'whole' or task == 'facts'").dropna(subset="value")
    tested = rows.null_p.notna() & (rows.measure == "specific_success")
    rows = rows.assign(holds=False)
    rows.loc[tested, "holds"] = survivors(rows.null_p[tested])
    for (model, task), own in rows.groupby(STUDY):
        told = {}
        for weights, part in own.groupby("weights"):
            row = {}
            for measure, found in part.groupby("measure"):
                elsewhere = found.source != found.target
                for whose, chosen in (("own", found[~elsewhere]), ("elsewhere", found[elsewhere])):
                    if len(chosen):
                        row[f"{whose} {measure}"] = spread(chosen)
            other = part[(part.source != part.target) & (part.measure == "specific_success")]
            told[weights] = {**row, "above another item's edit": f"{other.holds.sum()} of {len(other)}"}
        yield f"Edits of {task} on {model}", pd.DataFrame(told).T
        other = own[(own.source != own.target) & (own.measure == "specific_success")]
        by_language = other.groupby("target").value.mean().map("{:+.2f}".format)
        yield (
            f"Specific success elsewhere, {task} on {model}",
            by_language.to_frame("mean of all its edits"),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    folder = parser.parse_args().results / "tables"
    tables = {path.stem: pd.read_csv(path, low_memory=False) for path in folder.glob("*.csv")}
    for tell in (realignment, course, edits):
        for title, table in tell(tables):
            markdown(table, title)


if __name__ == "__main__":
    main()
