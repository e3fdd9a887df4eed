"""Look at what a run left: every cell of the grid in the tables, values in range, figures and report readable."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd

from isogloss import grid
from isogloss.config import load


def check(config: str) -> list[str]:
    """Return what is wrong with the results of ``config``; an empty list when all is well."""
    settings = load(config)
    results, wrong = Path(settings.results), []

    def expect(truth: bool, sentence: str) -> None:
        if not truth:
            wrong.append(sentence)

    for name in ("concept_alignment", "concept_overlap"):
        table = pd.read_csv(results / "tables" / f"{name}.csv")
        cells = table[["model", "checkpoint", "corpus", "source", "target", "kind", "layer"]].drop_duplicates()
        expect(
            len(cells) == len(grid.metric_files(settings, name)),
            f"{name}: {len(cells)} cells in the table, {len(grid.metric_files(settings, name))} in the grid",
        )
        expect(table.task.eq("pretrained").all(), f"{name}: a task other than pretrained")
        expect((table.null_draws >= 100).all(), f"{name}: fewer than 100 null draws")
        valued = table.dropna(subset=["value"])
        expect(len(valued) > 0, f"{name}: no value at all")
        expect(valued.value.between(0, 1).all(), f"{name}: a share outside 0 to 1")
        expect(
            ((valued.value - valued.numerator / valued.denominator).abs() < 1e-9).all(),
            f"{name}: a value is not its numerator over its denominator",
        )
        expect((valued.null_low <= valued.null_high).all(), f"{name}: a null interval upside down")
        expect(valued.null_p.between(0, 1).all() and (valued.null_p > 0).all(), f"{name}: p outside (0, 1]")
    activations = pd.read_csv(results / "tables" / "activations.csv")
    expect(len(activations) == len(grid.stores(settings)), "activations: a store is missing from the table")
    expect((activations.kept > 0).all(), "activations: a store without words")
    for figure in grid.figures(settings):
        root = ElementTree.parse(results / "figures" / f"{figure}.svg").getroot()
        expect(root.tag.endswith("svg"), f"{figure}.svg is not an SVG")
    report = (results / "report.html").read_text(encoding="utf-8")
    expect(report.count("<svg") >= len(grid.figures(settings)), "the report lacks a figure")
    expect("torch" in json.dumps(json.loads((results / "provenance.json").read_text())), "no versions recorded")
    return wrong + calibration(settings, results)


def calibration(settings: object, results: Path) -> list[str]:
    """On the demo's microworld: an aligned encoder shows shared concepts, and the aligner is good."""
    wrong = []
    words = results / "tables" / "word_alignment.csv"
    if words.is_file():
        aer = pd.read_csv(words).aer.mean()
        if not aer < 0.35:
            wrong.append(f"word_alignment: mean alignment error rate {aer:.3f}, expected below 0.35")
    if "aligned" in settings.models:
        table = pd.read_csv(results / "tables" / "concept_alignment.csv")
        rows = table[(table.model == "aligned") & (table.measure == "aligned")]
        above = (rows.value > rows.null_high).groupby(rows.target).any()
        print(f"aligned encoder: CALIGN above its null's 95 % interval for {above.sum()} of {len(above)} pairs")
        if above.mean() <= 0.5:
            wrong.append("the aligned encoder shows no shared concepts in most pairs")
    return wrong


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or f"{sys.argv[1]}: tables, figures and report hold what they must")
    sys.exit(bool(problems))
