"""Figures from small made-up results: one description, the same drawing from the same tables."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from report_world import write_results

from isogloss.errors import IsoglossError
from isogloss.report.figures import catalogue, trajectories
from isogloss.report.figures.catalogue import BY_NAME, FIGURES, QUESTIONS
from isogloss.report.figures.draw import describe, draw
from isogloss.report.findings.transfer import zero_shot
from isogloss.tables import read_table

NUMBERS = {"easy": 0.9, "hard": 0.1}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_results(tmp_path_factory.mktemp("results"), layers=2, targets=("ar", "de")) / "tables"


@pytest.fixture
def data(folder):
    return {path.stem: read_table(path) for path in folder.glob("*.csv")}


def strings(drawing):
    return " ".join(element.text or "" for element in ElementTree.parse(drawing).getroot().iter())


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_is_the_same_twice_and_stands_beside_it_as_pdf(folder, tmp_path, figure):
    for copy in ("a", "b"):
        draw(
            figure.name,
            tables=[folder / f"{name}.csv" for name in figure.tables],
            output=tmp_path / f"{copy}.svg",
            pdf=tmp_path / f"{copy}.pdf",
        )
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert figure.title in strings(tmp_path / "a.svg")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_a_corpus_has_panels_beside_those_of_test_items(data):
    rows = data["space_similarity"]
    figure = BY_NAME["space_similarity_by_layer"]
    both = pd.concat([rows, rows.assign(task=np.nan, corpus="flores", value=0.9)], ignore_index=True)
    panels = {}
    for table in (rows, both, rows.assign(task=np.nan, corpus="flores")):
        values = describe(figure, {"space_similarity": table})["data"]["values"]
        panels[len(panels)] = {row["panel"] for row in values}
    assert panels[0] == panels[2]
    assert panels[1] == {f"{panel}\n{of}" for panel in panels[0] for of in ("flores", "sentiment")}


def test_every_figure_belongs_to_a_question_and_every_module_to_a_figure():
    assert {figure.question for figure in FIGURES} == set(QUESTIONS)
    folder = Path(catalogue.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\ndef chart(" in path.read_text(encoding="utf-8")}
    assert {figure.chart.split(":")[0].rpartition(".")[2] for figure in FIGURES} == modules


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_tables_without_a_row_are_a_sentence_in_the_picture(data, tmp_path, figure):
    for name in figure.tables:
        data[name].iloc[:0].to_csv(tmp_path / f"{name}.csv", index=False)
    draw(
        figure.name,
        tables=[tmp_path / f"{name}.csv" for name in figure.tables],
        output=tmp_path / "x.svg",
        pdf=tmp_path / "x.pdf",
    )
    assert "the tables hold no value to draw" in strings(tmp_path / "x.svg")


def with_a_control(data):
    """The tables of one model, and of its randomised control the same numbers."""
    found = {}
    for name, table in data.items():
        if "model" in table:
            own = table[table.model == "aligned"].assign(control_of=np.nan)
            table = pd.concat([own, own.assign(model="aligned-random", control_of="aligned")], ignore_index=True)
        found[name] = table
    return found


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_control_stands_in_the_panel_of_its_model(data, figure):
    described = describe(figure, with_a_control(data))
    rows = pd.DataFrame(described["data"]["values"])
    assert set(rows.model) == {"aligned", "aligned-random"}
    if (facet := described.get("facet")) and facet["field"] in rows:
        assert (rows.groupby(facet["field"]).model.nunique() == 2).all()
    # Something that is drawn tells both apart.
    assert any(f"'field': '{field}'" in str(described) for field in ("whose", "row", "series", "curve", "model"))
    if "whose" in rows:
        assert set(rows.whose) == {"as trained", "aligned-random"}
    # Without one nothing is said of it.
    alone = {name: table[table.model == "aligned"] if "model" in table else table for name, table in data.items()}
    assert "'field': 'whose'" not in str(describe(figure, alone))


def test_a_figure_that_there_is_not(folder, tmp_path):
    with pytest.raises(IsoglossError, match="no figure 'alignment'; there are concept_alignment_by_layer"):
        draw("alignment", tables=[folder / "impact.csv"], output=tmp_path / "x.svg", pdf=tmp_path / "x.pdf")


def test_crosses_mark_the_cells_that_the_adjustment_leaves_nothing_of(data):
    rows = data["concept_alignment"]
    mine = rows.index[(rows.measure == "aligned") & (rows.task == "pretrained")]
    # Alone 0.04 would do, and both values lie above their band; 0.04 beside many that are nothing does not.
    rows.loc[mine, "null_p"] = 0.6
    rows.loc[mine[:2], "null_p"] = [0.001, 0.04]
    values = describe(BY_NAME["concept_alignment_heatmap"], data)["data"]["values"]
    clear = [row for row in values if row["task"] == "pretrained" and not row["mark"]]
    first = rows.loc[mine[0]]
    assert [(row["model"], row["target"], row["layer"]) for row in clear] == [(first.model, first.target, first.layer)]
    # Tuned checkpoints are a family of their own.
    assert {row["mark"] for row in values if row["task"] != "pretrained"} == {""}
    assert not any(row["mark"] for row in describe(BY_NAME["concept_overlap_heatmap"], data)["data"]["values"])


def test_what_was_not_tested_against_a_null_is_not_marked(data):
    data["concept_alignment"]["null_p"] = np.nan
    assert not any(row["mark"] for row in describe(BY_NAME["concept_alignment_heatmap"], data)["data"]["values"])


def marks(data, name="transfer_heatmap"):
    values = describe(BY_NAME[name], data)["data"]["values"]
    sides = ("first", "second") if name == "crossed_heatmap" else ("source", "target")
    return {(row["model"], *(row[side] for side in sides)): row["mark"] for row in values}


def test_the_heatmap_of_transfer_leaves_unmarked_as_many_pairs_as_the_finding_counts(data):
    rows = data["transfer"]
    rows["score"] = np.where(rows.source == rows.target, 0.92, np.linspace(0.5, 0.65, len(rows)))
    rows["low"], rows["high"] = rows.score - 0.04, rows.score + 0.04
    found = marks(data)
    assert set(found.values()) == {"", "×"}
    assert not any(found[model, same, same] for model, same, target in found if same == target)
    for model in ("aligned", "naive"):
        left = sum(not mark for (one, source, target), mark in found.items() if one == model and source != target)
        [said] = [one.sentence for one in zero_shot(data) if one.subject == model]
        assert f"above both in {left} of 6 (adjusted p < 0.05)" in said


def test_one_seed_that_fails_marks_a_pair(data):
    rows = data["transfer"].assign(score=0.9, low=0.86, high=0.94)
    other = rows.assign(seed=1, checkpoint=rows.checkpoint.str.replace("seed0", "seed1"))
    data["transfer"] = pd.concat([rows, other], ignore_index=True)
    assert set(marks(data).values()) == {""}
    lost = data["transfer"].query("seed == 1 and model == 'naive' and source == 'en' and target == 'ar'").index
    data["transfer"].loc[lost, ["score", "low", "high", "null_p"]] = [0.5, 0.46, 0.54, 0.5]
    assert {names for names, mark in marks(data).items() if mark} == {("naive", "en", "ar")}


def test_costs_of_crossing_are_marked_where_they_survive_adjustment(data):
    rows = data["crossed"]
    rows.loc[rows.cost.notna(), ["cost", "cost_low", "cost_high"]] = [0.001, -0.029, 0.031]
    first = rows.index[rows.cost.notna() & (rows.slice == "all")]
    # The second's own interval leaves 0 out, but it is one of many.
    rows.loc[first[:2], ["cost", "cost_low", "cost_high"]] = [[-0.1, -0.13, -0.07], [0.031, 0.001, 0.061]]
    found = marks(data, "crossed_heatmap")
    assert [mark for mark in found.values() if mark] == ["−"]
    one = rows.loc[first[0]]
    assert found[one.model, one["first"], one.second] == "−"


def test_colours_stay_with_their_names_when_rows_are_left_out(data):
    spec = describe(BY_NAME["concept_alignment_by_layer"], data)
    scale = spec["spec"]["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["aligned", "naive"]
    assert len(set(scale["range"])) == 2


def test_a_missing_number_is_null_not_nan(data):
    data["concept_alignment"].loc[:, "null_p"] = np.nan
    spec = describe(BY_NAME["concept_alignment_by_layer"], data)
    assert all(row["null_p"] is None for row in spec["data"]["values"])


def test_kinds_of_pair_and_corpora_are_told_apart(data):
    other = data["concept_alignment"].assign(kind="encoder-decoder", corpus="second")
    data["concept_alignment"] = pd.concat([data["concept_alignment"], other])
    rows = describe(BY_NAME["concept_alignment_heatmap"], data)["data"]["values"]
    assert {row["pair"] for row in rows} >= {"en–de (corpus)", "en–de (second)"}
    assert any("encoder–decoder" in row["curve"] for row in rows)


def test_the_course_has_a_panel_a_corpus_and_intervals_of_single_scores_only(data):
    rows = data["trajectories"]
    layers = rows[rows.measure == "impact"]
    shared = [layers.assign(measure="calign", corpus=name, kind="e-e", value=value) for name, value in NUMBERS.items()]
    _, shown = trajectories.chart({"trajectories": pd.concat([rows, *shared], ignore_index=True)})
    by = shown.set_index("measure")
    assert set(by.panel["calign"].str.split("\n").str[1]) == {"CALIGN, easy, e-e", "CALIGN, hard, e-e"}
    assert by.loc["calign"].groupby("corpus").value.unique().map(list).to_dict() == {k: [v] for k, v in NUMBERS.items()}
    assert by.low[["impact", "calign"]].isna().all()
    assert by.low["accuracy"].notna().all()


def test_sources_have_courses_apart_and_seeds_one_with_its_ends(data):
    rows = data["trajectories"].query("measure == 'accuracy' and model == 'naive'")
    other = rows.assign(source="xx", value=rows.value + 0.1)
    _, shown = trajectories.chart({"trajectories": pd.concat([rows, other], ignore_index=True)})
    assert shown.groupby("panel").source.nunique().tolist() == [1, 1]
    assert (shown.bar_low == shown.low).all()
    other = rows.assign(seed=1, value=rows.value + 0.1)
    _, shown = trajectories.chart({"trajectories": pd.concat([rows, other], ignore_index=True)})
    assert (shown.seeds == 2).all()
    assert np.allclose(shown.bar_high - shown.bar_low, 0.1)
    assert np.allclose(shown.value, (shown.bar_high + shown.bar_low) / 2)
