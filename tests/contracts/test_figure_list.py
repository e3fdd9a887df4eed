"""What holds for every figure."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from report_world import tables

from isogloss.errors import IsoglossError
from isogloss.plan import plug_ins
from isogloss.plan.identity import reached
from isogloss.plan.targets import table_names
from isogloss.report.figures.catalogue import BY_NAME, FIGURES, IDENTIFYING
from isogloss.report.figures.draw import describe
from isogloss.report.tables import ABOUT, COLUMNS


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_is_of_tables_and_columns_that_there_are(figure):
    assert figure.title
    assert figure.caption.endswith((".", "?"))
    empty = {name: pd.DataFrame(columns=list(COLUMNS), dtype=object) for name in figure.tables}
    assert describe(figure, empty) is None


@pytest.fixture(scope="module")
def data():
    """Tables of every kind, with a row of every figure."""
    return tables(np.random.default_rng(0), ("aligned", "naive"), ("sentiment",), ("ar", "de"), layers=2, concepts=12)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_keeps_what_its_tables_are_of_unless_it_says_why(figure, data):
    (first, *_) = describe(figure, data)["data"]["values"]
    had = {column for name in figure.tables for column in data[name]}
    lost = {column for column in IDENTIFYING if column in had and column not in first}
    assert lost <= {*figure.means_over, *figure.one_of}
    assert not lost.intersection(figure.means_over).symmetric_difference(figure.means_over)
    assert not {*figure.means_over} & {*figure.one_of}


def test_a_figure_that_drops_what_its_tables_are_of_is_refused(data):
    lacking = dataclasses.replace(BY_NAME["impact_heatmap"], means_over=("layer", "seed"))
    with pytest.raises(IsoglossError, match=r"'impact_heatmap' drops checkpoint of its tables.*impact_heatmap:chart"):
        describe(lacking, data)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_the_drawing_of_figures_hangs_on_each_one_s_code(figure):
    module, _, function = figure.chart.partition(":")
    assert (module, function) in reached("isogloss.report.figures.draw:draw")


def test_every_table_is_explained():
    assert set(table_names()) == set(ABOUT)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "variants"}, "2 figures have the name 'variants'"),
        ({"question": "tunin"}, "there is no question 'tunin'; did you mean 'tuning'"),
        ({"tables": ("transfers",)}, "there is no table 'transfers'; did you mean 'transfer'"),
        ({"chart": "isogloss.report.figures.variants:draw"}, "there is no function"),
        ({"chart": "isogloss.report.figures.none:chart"}, "there is no function"),
        ({"means_over": ("layers",)}, "no column that a mean may be taken over 'layers'; did you mean 'layer'"),
        ({"means_over": ("corpus",)}, "there is no column that a mean may be taken over 'corpus'"),
        ({"one_of": ("corpora",)}, "there is no column that tells what a row is of 'corpora'"),
    ],
)
def test_a_mistake_is_told_when_the_workflow_starts(change, told):
    plug_ins.check_figures()
    another = dataclasses.replace(BY_NAME["impact_by_layer"], **{"name": "another", **change})
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_figures([*FIGURES, another])
