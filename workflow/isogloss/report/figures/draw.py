"""From a figure's name and tables to its description (Vega-Lite), and from that to an SVG and a PDF."""

import re
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from isogloss.errors import IsoglossError
from isogloss.files import published, write_text
from isogloss.named import named
from isogloss.report.figures.catalogue import BY_NAME, FIGURES, IDENTIFYING, Figure
from isogloss.report.figures.style import CONFIG, records
from isogloss.tables import read_table


def draw(name: str, *, tables: list[str | Path], output: str | Path, pdf: str | Path) -> None:
    """Draw one of the report's figures as SVG and as PDF.

    Parameters
    ----------
    name
        See :mod:`isogloss.report.figures.catalogue`.
    tables
        Tables of the whole grid that it is drawn from.
    output, pdf
        The two files. Where there is nothing to draw, they hold a sentence that says so.

    Raises
    ------
    IsoglossError
        If there is no such figure, or a table is missing.
    """
    figure = find(name)
    described = describe(figure, {Path(path).stem: read_table(path) for path in tables})
    if described is None:
        described = alt.Chart(alt.InlineData(values=[{}])).mark_text(text=nothing(figure)).configure(**CONFIG).to_dict()
    described["title"] = figure.title
    described["config"]["background"] = "white"
    write_text(renumbered(vl_convert.vegalite_to_svg(described, allowed_base_urls=[])), output)
    with published(pdf) as draft:
        draft.write_bytes(vl_convert.vegalite_to_pdf(described, allowed_base_urls=[]))


def renumbered(drawing: str) -> str:
    """Number a drawing's gradients and clips from 0; Vega goes on counting from one drawing to the next."""
    numbers: dict[str, int] = {}
    return re.sub(
        r"\b(gradient_|clip)(\d+)", lambda found: f"{found[1]}{numbers.setdefault(found[0], len(numbers))}", drawing
    )


def find(name: str) -> Figure:
    """Look a figure up by its name."""
    if name not in BY_NAME:
        raise IsoglossError(f"There is no figure '{name}'; there are {', '.join(each.name for each in FIGURES)}.")
    return BY_NAME[name]


def describe(figure: Figure, data: dict[str, pd.DataFrame]) -> dict[str, Any] | None:
    """Describe a figure as a Vega-Lite specification that holds its rows, or None if there is no row to draw.

    Parameters
    ----------
    figure
        Of the catalogue.
    data
        Tables of the whole grid by name; at least those that the figure names.

    Raises
    ------
    IsoglossError
        If its rows lack a column that tells what the rows of its tables are of, and it does not say why.
    """
    drawing = named(figure.chart)(data, **figure.arguments)
    if drawing is None:
        return None
    chart, rows = drawing
    known = {column for name in figure.tables for column in data[name]} - {*rows, *figure.means_over, *figure.one_of}
    if lost := [column for column in IDENTIFYING if column in known]:
        raise IsoglossError(
            f"The figure '{figure.name}' drops {', '.join(lost)} of its tables, which tells what a row is of. Keep it "
            f"in the rows of {figure.chart}, and draw apart what differs in it; or say in `means_over` that they are "
            "means over it, or in `one_of` that they are of one value of it."
        )
    described = chart.to_dict()
    described["data"]["values"] = records(rows)
    return described


def nothing(figure: Figure) -> str:
    """Say that a figure has nothing to draw."""
    return f"{figure.title}: the tables hold no value to draw ({', '.join(figure.tables)})."
