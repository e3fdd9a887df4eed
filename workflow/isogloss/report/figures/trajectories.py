"""Impact, alignment and transfer by step of the fine-tuning, a line a target language."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, faded, layered, ordered, panels, side_by_side
from isogloss.report.figures.tuned import GRID, NAMES, over_seeds

SHOWN = {"impact": "impact (1 − CKA)", "calign": "CALIGN", **NAMES}
OWN = {False: "another language", True: "the target itself"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["trajectories"]
    rows = rows[rows.measure.isin(SHOWN) & rows.value.notna()]
    if rows.empty:
        return None
    rows = rows.astype({"corpus": object, "kind": object}).fillna({"corpus": "", "kind": ""})
    course = [*GRID, "measure", "corpus", "kind", "fraction"]
    # Of a mean over layers no interval is known here: the ends of one layer's would not be its.
    ends = ~rows.duplicated([*course, "seed"], keep=False)
    rows = rows.assign(low=rows.low.where(ends), high=rows.high.where(ends))
    layers = rows.groupby([*course, "seed"], sort=True)[["value", "low", "high", "step"]].mean().reset_index()
    rows = over_seeds(layers, course, ["value", "low", "high", "step"])
    rows = rows.assign(tuned=(rows.source == rows.target).map(OWN))
    where = (rows.corpus + ", " + rows.kind).where(rows.corpus != "", "")
    title = rows.measure.map(SHOWN) + where.where(where == "", ", " + where)
    # Where there is no interval its bar has no length; a panel of empty ones has no extent to be drawn in.
    one = rows.seeds == 1
    low, high = rows.low.where(one, rows.lowest), rows.high.where(one, rows.highest)
    rows = rows.assign(bar_low=low.fillna(rows.value), bar_high=high.fillna(rows.value))
    rows = side_by_side(rows, data["trajectories"])
    rows = rows.assign(panel=rows.beside + ", " + rows.task + " tuned on " + rows.source + "\n" + title)
    base = alt.Chart().encode(
        x=alt.X("step:Q", title="step", axis=alt.Axis(tickMinStep=1, grid=False)),
        color=categories("target", ordered(rows.target)),
        **faded(rows),
        tooltip=[
            "model:N",
            "target:N",
            "tuned:N",
            alt.Tooltip("step:Q", format=".0f"),
            alt.Tooltip("fraction:Q", title="of the steps"),
            alt.Tooltip("value:Q", format=".3f"),
            alt.Tooltip("bar_low:Q", title="from", format=".3f"),
            alt.Tooltip("bar_high:Q", title="to", format=".3f"),
            alt.Tooltip("seeds:Q"),
        ],
    )
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    spans = base.mark_rule(strokeWidth=1, opacity=0.5).encode(y=alt.Y("bar_low:Q", title=None), y2="bar_high:Q")
    own = dashes("tuned", list(OWN.values()), "tuned on")
    lines = base.mark_line(strokeWidth=1.6).encode(y=value, strokeDash=own, detail="target:N")
    points = base.mark_circle(size=22, opacity=1).encode(y=value)
    figure = layered(spans, lines, points).properties(width=230, height=160)
    drawing, shown = panels(figure, rows, "panel")
    return drawing.resolve_scale(x="independent", y="independent"), shown
