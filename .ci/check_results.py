"""Look at what a run left: every cell of the grid in the tables, values in range, figures and report readable."""

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pandas as pd

from isogloss.config.read import load
from isogloss.plan import targets
from isogloss.plan.places import Places
from isogloss.plan.study import Study
from isogloss.report.tables import ABOUT, COLUMNS


def check(config: str) -> list[str]:
    """Return what is wrong with the results of ``config``; an empty list when all is well."""
    settings = load(config)
    study = Study(settings)
    results, wrong = Path(settings.results), []

    def expect(truth: bool, sentence: str) -> None:
        if not truth:
            wrong.append(sentence)

    for name in ("concept_alignment", "concept_overlap"):
        table = pd.read_csv(results / "tables" / f"{name}.csv")
        cells = table[["model", "checkpoint", "corpus", "source", "target", "kind", "layer"]].drop_duplicates()
        expect(
            len(cells) == len(study.layer_cells),
            f"{name}: {len(cells)} cells in the table, {len(study.layer_cells)} in the grid",
        )
        tasks = {"pretrained", *(name for name, task in settings.tasks.items() if task.concepts)}
        expect(set(table.task) == tasks, f"{name}: the tasks are {set(table.task)}, expected {tasks}")
        valued = table.dropna(subset=["value"])
        tested = valued[~valued.measure.isin(["overlapping_types", "overlapping_tokens"])]
        expect(len(tested) > 0 and (tested.null_draws >= 999).all(), f"{name}: fewer than 999 null draws")
        expect(len(valued) > 0, f"{name}: no value at all")
        expect(valued.value.between(0, 1).all(), f"{name}: a share outside 0 to 1")
        expect(
            ((valued.value - valued.numerator / valued.denominator).abs() < 1e-9).all(),
            f"{name}: a value is not its numerator over its denominator",
        )
        expect((tested.null_low <= tested.null_high).all(), f"{name}: a null interval upside down")
        expect(tested.null_p.between(0, 1).all() and (tested.null_p > 0).all(), f"{name}: p outside (0, 1]")
    activations = pd.read_csv(results / "tables" / "activations.csv")
    expect(len(activations) == len(study.store_cells), "activations: a store is missing from the table")
    expect((activations.kept > 0).all(), "activations: a store without words")
    for figure in targets.figures(study, Places(settings.results)):
        root = ElementTree.parse(results / "figures" / f"{figure}.svg").getroot()
        expect(root.tag.endswith("svg"), f"{figure}.svg is not an SVG")
    report = (results / "report.html").read_text(encoding="utf-8")
    for figure in targets.figures(study, Places(settings.results)):
        expect(f'<figure id="{figure}">' in report, f"the report lacks the figure {figure}")
    expect("torch" in json.dumps(json.loads((results / "provenance.json").read_text())), "no versions recorded")
    for path in sorted((results / "tables").glob("*.csv")):
        expect(path.stem in ABOUT, f"{path.name}: docs/tables.md does not say what it holds")
        for column in pd.read_csv(path, nrows=0).columns:
            expect(column in COLUMNS, f"{path.name}: docs/tables.md does not explain the column {column}")
    if settings.tasks:
        wrong += check_tasks(settings, results)
    return wrong + calibration(settings, results)


def check_tasks(settings: object, results: Path) -> list[str]:
    """Every fine-tuning in the tables, values in range, a reason wherever there is no number."""
    tables = {
        name: pd.read_csv(results / "tables" / f"{name}.csv")
        for name in ("transfer", "impact", "distances", "correlations", "baselines", "finetuning")
    }
    wrong = []
    wanted = {(one.model, one.checkpoint) for one in Study(settings).tunings}
    for name in ("transfer", "impact", "finetuning"):
        found = set(zip(tables[name].model, tables[name].checkpoint, strict=True))
        if found != wanted:
            wrong.append(f"{name}: {len(found)} checkpoints in the table, {len(wanted)} in the grid")
    transfer, impact = tables["transfer"], tables["impact"]
    if not (transfer.score.between(0, 1) & (transfer.low <= transfer.high)).all():
        wrong.append("transfer: a score outside 0 to 1, or an interval upside down")
    if not impact.impact.dropna().between(-1e-9, 1).all() or impact.impact.notna().mean() < 0.5:
        wrong.append("impact: outside 0 to 1, or mostly empty")
    if not (impact[(impact.layer > 0) & (impact.pooling == "mean")].impact > 0).all():
        wrong.append("impact: a tuned model that is the same as the pretrained one")
    for name, value in (("impact", "impact"), ("distances", "value"), ("correlations", "p_mantel")):
        if tables[name][tables[name][value].isna()].reason.isna().any():
            wrong.append(f"{name}: no value and no reason")
    relations = set(tables["correlations"].relation)
    asked = {"impact-distance", "impact-transfer", "distance-transfer"}
    asked |= {"similarity-transfer", "similarity-impact", "distance-similarity"} if settings.space_similarity else set()
    asked |= {"words-transfer"} if settings.word_retrieval else set()
    if not asked <= relations:
        wrong.append(f"correlations: there are only {', '.join(sorted(relations))}")
    return wrong


def calibration(settings: object, results: Path) -> list[str]:
    """On the demo's microworld: an aligned encoder shows shared concepts, and the aligner is good."""
    wrong = []
    words = results / "tables" / "word_alignment.csv"
    if words.is_file():
        aer = pd.read_csv(words).aer.mean()
        if not aer < 0.35:
            wrong.append(f"word_alignment: mean alignment error rate {aer:.3f}, expected below 0.35")
    if "aligned" in settings.models and settings.tasks:
        wrong += zero_shot(results)
    if "aligned" in settings.models:
        table = pd.read_csv(results / "tables" / "best_layer.csv")
        rows = table[(table.model == "aligned") & (table.task == "pretrained") & (table.measure == "aligned")]
        above = rows.adjusted_p < 0.05
        print(f"aligned encoder: CALIGN above its null in the best layer for {above.sum()} of {len(above)} pairs")
        if above.mean() <= 0.5:
            wrong.append("the aligned encoder shows no shared concepts in most pairs")
    return wrong


def zero_shot(results: Path) -> list[str]:
    """See that the aligned encoder transfers: clearly above chance in most target languages, for at least two tasks."""
    transfer = pd.read_csv(results / "tables" / "transfer.csv")
    rows = transfer[
        (transfer.model == "aligned") & (transfer.variant == "whole") & (transfer.source != transfer.target)
    ]
    rows = rows[rows.measure.isin(["accuracy", "entity_f1"])]
    clear = (rows.low > rows.null_high).groupby([rows.task, rows.target]).mean() > 0.5
    by_task = clear.groupby("task").mean()
    for task, share in by_task.items():
        print(f"aligned encoder: zero-shot {task} clearly above chance in {share:.0%} of the target languages")
    return [] if (by_task > 0.5).sum() >= 2 else ["the aligned encoder transfers in fewer than two tasks"]


if __name__ == "__main__":
    problems = check(sys.argv[1])
    print("\n".join(problems) or f"{sys.argv[1]}: tables, figures and report hold what they must")
    sys.exit(bool(problems))
