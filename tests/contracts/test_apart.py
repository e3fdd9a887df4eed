"""No figure and no sentence averages over corpora, source languages, checkpoints or settings, or drops some of them."""

import re

import numpy as np
import pytest
from several import ORDER, study

from isogloss.named import named
from isogloss.report.figures.catalogue import AVERAGED, FIGURES, IDENTIFYING
from isogloss.report.findings import collect

# Where a figure's rows have their value.
VALUES = {
    "controls": "control_score",
    "crossed": "score",
    "transfer": "score",
    "impact": "impact",
    "variants": "difference",
    "correlations": "r",
}
# Marks of which no two may lie on each other; of points and rules several may stand above the same place.
APART = {"line", "area", "rect", "bar", "tick"}


def coded(places):
    """Say of what a value is: in base four a 0 or a 2 for each column; so a mean over both has a 1 there."""
    return (1 + sum(2 * places[name] * 4.0**at for at, name in enumerate(places)) / 4.0 ** len(places.columns)) / 3


def digits_of(values, names):
    """Read coded values; give the digits found in each column's place."""
    whole = np.rint((3 * np.asarray(values, dtype=float) - 1) * 4.0 ** len(names)).astype(np.int64)
    return {name: set((whole >> 2 * at & 3).tolist()) for at, name in enumerate(names)}


@pytest.fixture(scope="module")
def data():
    return study(coded)


def parts(figure, rows):
    """Give the values of a figure's rows with the columns that they are coded by."""
    table = figure.tables[0]
    column = VALUES.get(table, "value")
    if table == "correlations":
        for relation, part in rows.groupby("relation"):
            yield part[column], ORDER[relation]
    else:
        yield rows[column], ORDER[table]


def units(spec):
    """List a specification's marks, each with its channels and the panels' field."""
    facet = {"facet": spec["facet"]} if "facet" in spec else {}
    inner = spec.get("spec", spec)
    for unit in inner.get("layer", [inner]):
        mark = unit["mark"]
        yield mark if isinstance(mark, str) else mark["type"], {**facet, **unit.get("encoding", {})}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_a_figure_s_values_are_of_one_cell_or_means_over_what_it_says(figure, data):
    _, rows = named(figure.chart)(data, **figure.arguments)
    had = {column for name in figure.tables for column in data[name]}
    lost = {column for column in IDENTIFYING if column in had and column not in rows}
    assert lost <= {*figure.means_over, *figure.one_of}
    for values, names in parts(figure, rows):
        found = digits_of(values, names)
        means = {name for name, digits in found.items() if digits - {0, 2}}
        assert means <= set(figure.means_over)
        shown = {name for name, digits in found.items() if len(digits) > 1} | means
        # What a figure is of, and what it leaves out with a word.
        whole = {"variant"} if "whole" in figure.caption or figure.tables == ("trajectories",) else set()
        assert set(names) - shown <= {*figure.one_of, *whole, "measure", "alignment"}
    for column in figure.means_over:
        assert AVERAGED[column] in figure.caption


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_what_differs_is_drawn_apart(figure, data):
    chart, rows = named(figure.chart)(data, **figure.arguments)
    cell = [column for column in IDENTIFYING if column in rows]
    for mark, channels in units(chart.to_dict()):
        drawn = {name: one for name, one in channels.items() if isinstance(one, dict) and "field" in one}
        means = [one["field"] for one in drawn.values() if "aggregate" in one]
        if mark not in APART:
            continue
        value = {"y", "y2", "text"} if mark != "rect" else {"color"}
        keys = sorted({one["field"] for name, one in drawn.items() if "aggregate" not in one and name not in value})
        for _, one in rows.groupby(keys, dropna=False):
            differ = {column for column in cell if one[column].nunique(dropna=False) > 1}
            if means and (one[means].nunique() <= 1).all():
                continue
            assert differ <= ({"source", "target"} if means else set()), (mark, keys)


LOW, HIGH = 0.21, 0.87
MEAN = re.compile(rf"{(LOW + HIGH) / 2:.2f}(?!\d)")
COLUMNS = ["model", "task", "variant", "source", "corpus", "kind", "vectors", "unit", "label", "distance"]


def averaged(column):
    """Collect the sentences that tell a mean of what differs in a column alone."""

    def value(places):
        return places[column].map({0: LOW, 1: HIGH}) if column in places else 0.3

    data = study(value, {column, "target", "second", "layer", "vectors"})
    # The pairs of a corpus have one source language.
    data = {
        name: table[table.source == "en"] if "corpus" in table and "source" in table else table
        for name, table in data.items()
    }
    return [one.sentence for one in collect(data, set()) if MEAN.search(one.sentence)]


@pytest.mark.parametrize("column", COLUMNS)
def test_no_sentence_averages_over_what_is_not_a_language_or_a_seed(column):
    # Over all pairs of languages, in which each language is both, and over languages means are taken, and said.
    said = "means over pairs|means over . languages" if column == "source" else "never"
    assert [one for one in averaged(column) if not re.search(said, one)] == []


def test_a_mean_over_seeds_is_said():
    found = averaged("seed")
    assert found
    assert [said for said in found if not re.search(r"means over (\w+ and )?2 seeds", said)] == []
