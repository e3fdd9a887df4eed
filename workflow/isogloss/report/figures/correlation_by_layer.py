"""What impact, and what transfer, goes with at each layer; filled where the adjusted MRQAP p-value is below 0.05."""

import altair as alt
import pandas as pd

from isogloss.report.figures.spaces_by_layer import SPACES, WORDS
from isogloss.report.figures.style import (
    Drawing,
    categories,
    dashes,
    faded,
    layer_axis,
    layered,
    panels,
    side_by_side,
    zero_line,
)
from isogloss.report.figures.tuned import POOLING, PRIMARY

ROW = [
    "model",
    "task",
    "corpus",
    "kind",
    "layer",
    "relation",
    "distance",
    "alignment",
    "similarity",
    "state",
    "measure",
]
NUMBERS = ["r", "low", "high", "n", "partial_r", "p_mrqap", "p_mrqap_adjusted", "p_mantel"]
# Of words by type.
SIMILARITY = {
    **SPACES["coinciding"],
    **SPACES["organised alike"],
    **{f"{measure}_type": f"{name} of words" for measure, name in WORDS.items()},
}
# Of concepts, which belong to the checkpoints whose transfer it is: those that a relation is told of.
ALIGNMENTS = {"aligned": "CALIGN"}
WITH_TRANSFER = ("similarity-transfer", "words-transfer", "alignment-transfer")
WHEN = {"pretrained": "before tuning", "tuned": "after tuning"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure of impact: a line for transfer and for each distance."""
    rows = by_layer(data)
    rows = rows[(rows.pooling == POOLING) & (rows.impact == "impact")]
    to_distance = rows.relation == "impact-distance"
    rows = rows[to_distance | ((rows.transfer == "score") & rows.measure.isin(PRIMARY))]
    rows = rows.assign(line=rows.distance.where(rows.relation == "impact-distance", "transfer"))
    names = sorted(rows.line.unique(), key=lambda name: (name != "transfer", name))
    return lines(rows, names, "impact")


def of_transfer(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure of transfer: a line for each measure of similarity, panels before and after tuning."""
    rows = by_layer(data)
    rows = rows[rows.relation.isin(WITH_TRANSFER) & (rows.transfer == "score") & rows.measure.isin(PRIMARY)]
    rows = rows[rows.similarity.isin(SIMILARITY) | rows.alignment.isin(ALIGNMENTS)]
    rows = rows.assign(state=rows.state.where(rows.alignment.isna(), "tuned"), line=other_side(rows))
    rows = rows.assign(more=", " + rows.state.map(WHEN))
    order = [*SIMILARITY.values(), *ALIGNMENTS.values()]
    names = sorted(rows.line.unique(), key=lambda name: (order.index(name.split(", ")[0]), name))
    return lines(rows, names, "transfer")


def other_side(rows: pd.DataFrame) -> pd.Series:
    """Name what transfer is correlated with; corpora and kinds of pair, where there are several, have names apart."""
    names = rows.similarity.map(SIMILARITY).fillna(rows.alignment.map(ALIGNMENTS))
    for column in ("corpus", "kind"):
        if rows[column].nunique() > 1:
            names = names + (", " + rows[column].astype(object)).fillna("")
    return names


def by_layer(data: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Give the correlations of single layers, of what is tuned whole."""
    rows = data["correlations"]
    rows = rows[(rows.statistic == "pearson") & (rows.variant == "whole") & rows.r.notna()]
    return rows[rows.layer.notna() & ~rows.layer.astype(str).isin(["", "mean"])]


def lines(rows: pd.DataFrame, names: list[str], what: str) -> Drawing | None:
    """Draw lines by layer, a panel a model, task and number of pairs; None where there is no row.

    Parameters
    ----------
    rows
        Of the table of correlations; ``line`` names a row's line, and ``more``, where there is one, what else tells
        its panel.
    names
        The lines in their order.
    what
        One side of all these correlations.
    """
    if rows.empty:
        return None
    more = rows.more if "more" in rows else ""
    rows = side_by_side(rows, rows)
    rows = rows.assign(
        layer=rows.layer.astype(float).astype(int),
        panel=rows.beside + ", " + rows.task + more + "\nn = " + rows.n.astype(int).astype(str) + " pairs",
    )
    rows = rows[[name for name in [*ROW, "line", "panel", "whose", *NUMBERS] if name in rows]]
    base = alt.Chart().encode(
        x=layer_axis(rows),
        y=alt.Y("r:Q", title=f"Pearson's r with {what}", scale=alt.Scale(domain=[-1, 1])),
        color=categories("line", names, f"{what} with"),
        **faded(rows),
    )
    drawn = base.mark_line(strokeWidth=1.4).encode(strokeDash=dashes("line", names, f"{what} with"))
    points = base.mark_point(size=38, strokeWidth=1.4, opacity=1).encode(
        fill=categories("line", names, f"{what} with"),
        fillOpacity=alt.condition(
            "isValid(datum.p_mrqap_adjusted) && datum.p_mrqap_adjusted < 0.05", alt.value(1), alt.value(0)
        ),
        tooltip=[
            "model:N",
            alt.Tooltip("line:N", title=f"{what} with"),
            "layer:Q",
            alt.Tooltip("r:Q", format=".2f"),
            alt.Tooltip("low:Q", title="from", format=".2f"),
            alt.Tooltip("high:Q", title="to (95 %)", format=".2f"),
            alt.Tooltip("partial_r:Q", title="partial r", format=".2f"),
            alt.Tooltip("p_mrqap:Q", title="MRQAP p", format=".3g"),
            alt.Tooltip("p_mrqap_adjusted:Q", title="adjusted", format=".3g"),
            alt.Tooltip("p_mantel:Q", title="Mantel p", format=".3g"),
        ],
    )
    figure = layered(zero_line(), drawn, points).properties(width=240, height=180)
    return panels(figure, rows, "panel")
