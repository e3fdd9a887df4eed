"""How figures look: the same on every machine, on white, on black and on paper."""

import textwrap
from collections.abc import Sequence
from math import isfinite
from typing import Any

import altair as alt
import pandas as pd

from isogloss.tables import controls_in

# Okabe and Ito's palette without its yellow and its black, told apart by people of any colour vision on either ground.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
# Its ends would vanish on a dark and on a light page.
GRADED = alt.Scale(scheme=alt.SchemeParams(name="viridis", extent=[0.1, 0.95]))
# A chart, and its rows: checking every row against the schema, as Altair does, takes longer than all the rest.
Drawing = tuple[alt.TopLevelMixin, pd.DataFrame]
NO_ROWS = alt.InlineData(values=[], name="rows")
LAYER = "layer (0 = embeddings)"
# Of the models themselves, beside their randomised controls.
TRAINED, PALE = "as trained", 0.4

# Ink follows the page's: the same drawing reads on a light and on a dark page, and is black in a file.
CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, 'DejaVu Sans', sans-serif",
    # the page describes the figure as a whole
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "domainColor": "currentColor",
        "tickColor": "currentColor",
        "gridColor": "currentColor",
        "gridOpacity": 0.15,
        "domainOpacity": 0.5,
        "tickOpacity": 0.5,
        "titleFontWeight": "normal",
        "labelLimit": 0,
        "titleLimit": 0,
    },
    "header": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelFontWeight": "bold",
        "labelLimit": 0,
        "labelFontSize": 11,
    },
    "legend": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "orient": "bottom",
        "direction": "horizontal",
        "columns": 4,
        "labelLimit": 0,
        "titleLimit": 0,
        "symbolLimit": 0,
        "symbolSize": 70,
        "symbolOpacity": 1,
        "titleFontWeight": "normal",
    },
    "title": {
        "color": "currentColor",
        "subtitleColor": "currentColor",
        "anchor": "start",
        "fontSize": 13,
    },
    "view": {"stroke": None},
    "range": {"category": list(COLOURS)},
}


def records(rows: pd.DataFrame, digits: int = 5) -> list[dict[str, Any]]:
    """Give rows as a specification holds them: numbers rounded to so many digits, what is missing as None."""
    columns = []
    for name in rows:
        column = rows[name]
        if column.dtype.kind == "f":
            columns.append([float(f"{value:.{digits}g}") if isfinite(value) else None for value in column.tolist()])
        else:
            columns.append(column.astype(object).where(column.notna(), None).tolist())
    return [dict(zip(rows.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def ordered(names: pd.Series) -> list[str]:
    """List distinct values in the order of the alphabet, ``pretrained`` first."""
    return sorted(names.dropna().unique(), key=lambda name: (name != "pretrained", name))


def categories(field: str, names: list[str], title: str | None = None) -> alt.Color:
    """Colour by a category; a colour stays with its name whatever is filtered away. No legend for a single one."""
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    legend = alt.Legend(title=title or field) if len(names) > 1 else None
    return alt.Color(f"{field}:N", scale=alt.Scale(domain=names, range=colours), legend=legend)


def dashes(field: str, names: list[str], title: str | None = None) -> alt.StrokeDash:
    """Tell categories apart by the line's dashes."""
    ranged = [DASHES[place % len(DASHES)] for place in range(len(names))]
    # Long enough for a dash to be told from a line.
    legend = alt.Legend(title=title or field, symbolType="stroke", symbolSize=500) if len(names) > 1 else None
    return alt.StrokeDash(f"{field}:N", scale=alt.Scale(domain=names, range=ranged), legend=legend)


def shapes(field: str, names: list[str], title: str | None = None) -> alt.Shape:
    """Tell categories apart by the point's shape."""
    ranged = [SHAPES[place % len(SHAPES)] for place in range(len(names))]
    legend = alt.Legend(title=title or field) if len(names) > 1 else None
    return alt.Shape(f"{field}:N", scale=alt.Scale(domain=names, range=ranged), legend=legend)


def layer_axis(rows: pd.DataFrame) -> alt.X:
    """Set layers along x, a tick a layer."""
    axis = alt.Axis(values=sorted(map(int, rows.layer.unique())), format="d", grid=False, labelOverlap=True)
    return alt.X("layer:Q", title=LAYER, axis=axis, scale=alt.Scale(nice=False, zero=False, padding=6))


def side_by_side(rows: pd.DataFrame, *tables: pd.DataFrame) -> pd.DataFrame:
    """Put a model's randomised controls into its panel.

    Parameters
    ----------
    rows
        Has ``model``.
    *tables
        Of the whole grid, which name controls.

    Returns
    -------
    DataFrame
        With ``beside``, the model that a row stands beside, a control's own model or the row's, and ``whose``, by
        which both are told apart.
    """
    there = set(rows.model)
    of = {name: model for name, model in controls_in(tables).items() if model in there}
    beside, whose = rows.model.replace(of), rows.model.where(rows.model.isin(of), TRAINED)
    return rows.assign(beside=beside, whose=whose)


def faded(rows: pd.DataFrame) -> dict[str, Any]:
    """Tell controls, which are drawn paler, from their models; nothing where there is none."""
    names = sorted(set(rows.whose), key=lambda name: (name != TRAINED, name))
    if names == [TRAINED]:
        return {}
    scale = alt.Scale(domain=names, range=[1.0 if name == TRAINED else PALE for name in names])
    return {"opacity": alt.Opacity("whose:N", scale=scale, legend=alt.Legend(title="weights"))}


def labelled(names: pd.Series, whose: pd.Series) -> pd.Series:
    """Name rows or columns of a panel: a control's own, behind its model's."""
    return names.where(whose == TRAINED, names + " · " + whose)


def beyond(names: pd.Series, rows: pd.DataFrame, *columns: str) -> pd.Series:
    """Add to names what a row is of in columns that have several values: over these nothing is averaged."""
    for column in columns:
        if column in rows and rows[column].nunique(dropna=False) > 1:
            names = names + ("\n" + rows[column].astype(object)).fillna("")
    return names


def zero_line() -> alt.Chart:
    """Draw one line at 0 in every panel."""
    one = alt.Chart().transform_aggregate(rows="count()").mark_rule(opacity=0.6)
    return one.encode(y=alt.datum(0), color=alt.value("currentColor"))


def layered(*charts: alt.Chart | alt.LayerChart) -> alt.LayerChart:
    """Draw charts over each other, none of which is a panel of its own."""
    return alt.LayerChart(layer=charts)


def panels(chart: alt.Chart | alt.LayerChart, rows: pd.DataFrame, by: str, columns: int = 3) -> Drawing:
    """Set one panel a value of ``by``, with shared scales and an axis at every panel."""
    names = ordered(rows[by])
    facet = alt.Facet(f"{by}:N", title=None, sort=names, header=alt.Header(labelExpr="split(datum.label, '\\n')"))
    whole = chart.facet(data=NO_ROWS, facet=facet, columns=min(columns, len(names)))
    return whole.resolve_axis(x="independent", y="independent").configure(**CONFIG), rows


def graded(field: str, title: str, top: float) -> alt.Color:
    """Colour by a number from 0 to ``top``."""
    bar = alt.Legend(title=title, gradientLength=160)
    scheme = alt.SchemeParams(name="viridis")
    return alt.Color(f"{field}:Q", scale=alt.Scale(scheme=scheme, domain=[0, top]), legend=bar)


def squares(
    rows: pd.DataFrame,
    field: str,
    title: str,
    top: float,
    tooltips: Sequence[alt.Tooltip] = (),
    down: tuple[str, str] = ("source", "source"),
    across: tuple[str, str] = ("target", "target"),
) -> alt.LayerChart:
    """Draw source × target matrices with their numbers; a column ``mark`` is set below the number.

    ``row`` is the language that runs ``down``, and of a control that stands beside its model its name too; ``down`` and
    ``across`` are columns with their titles.
    """
    base = alt.Chart().encode(
        x=alt.X(f"{across[0]}:N", title=across[1], sort=ordered(rows[across[0]]), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("row:N", title=down[1], sort=ordered(rows.row)),
        tooltip=[
            alt.Tooltip(f"{down[0]}:N", title=down[1]),
            alt.Tooltip(f"{across[0]}:N", title=across[1]),
            alt.Tooltip(f"{field}:Q", format=".3f"),
            *tooltips,
        ],
    )
    ink = alt.condition(f"datum.{field} > {0.6 * top}", alt.value("#000"), alt.value("#fff"))
    layers = [
        base.mark_rect().encode(color=graded(field, title, top)),
        base.mark_text(fontSize=9).encode(text=alt.Text(f"{field}:Q", format=".2f"), color=ink),
    ]
    if "mark" in rows:
        layers.append(base.mark_text(fontSize=10, dy=10).encode(text="mark:N", color=ink))
    return layered(*layers).properties(width=alt.Step(30), height=alt.Step(30))


def of_seeds(rows: pd.DataFrame) -> list[alt.Tooltip]:
    """Tell how far apart seeds lie, where means over several are drawn."""
    if rows.seeds.max() < 2:
        return []
    ends = [alt.Tooltip(f"{end}:Q", title=f"{end} seed", format=".3f") for end in ("lowest", "highest")]
    return [alt.Tooltip("seeds:Q"), *ends]


def wrapped(text: str, width: int = 30) -> str:
    """Break a panel's name into lines that fit above it."""
    return "\n".join(textwrap.wrap(text, width, break_long_words=False))
