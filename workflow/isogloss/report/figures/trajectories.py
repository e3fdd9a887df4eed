"""Impact, alignment and transfer by step of the fine-tuning, a line a target language."""

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, categories, dashes, faded, layered, ordered, panels, side_by_side
from isogloss.report.figures.tuned import GRID, NAMES

SHOWN = {"impact": "impact (1 − CKA)", "calign": "CALIGN", **NAMES}
OWN = {False: "others", True: "the target itself"}


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = data["trajectories"]
    rows = rows[rows.measure.isin(SHOWN) & rows.value.notna()]
    if rows.empty:
        return None
    rows = rows.assign(tuned=(rows.source == rows.target).map(OWN))
    rows = rows.astype({"corpus": object, "kind": object}).fillna({"corpus": "", "kind": ""})
    kept, numbers = ["tuned", "measure", "corpus", "kind", "fraction"], ["step", "value"]
    means = rows.groupby([*GRID, *kept], sort=True)[numbers].mean().reset_index()
    course = ["model", "task", "target", *kept]
    means = means.groupby(course, sort=True)[numbers].mean()
    # A mean has no interval here: the interval is known of single numbers only.
    single = rows[~rows.duplicated(course, keep=False)].set_index(course)[["low", "high"]]
    rows = means.join(single).reset_index()
    where = (rows.corpus + ", " + rows.kind).where(rows.corpus != "", "")
    title = rows.measure.map(SHOWN) + where.where(where == "", ", " + where)
    # Where there is no interval its bar has no length; a panel of empty ones has no extent to be drawn in.
    rows = rows.assign(bar_low=rows.low.fillna(rows.value), bar_high=rows.high.fillna(rows.value))
    rows = side_by_side(rows, data["trajectories"])
    rows = rows.assign(panel=rows.beside + ", " + rows.task + "\n" + title)
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
            alt.Tooltip("low:Q", title="from", format=".3f"),
            alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
        ],
    )
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    spans = base.mark_rule(strokeWidth=1, opacity=0.5).encode(y=alt.Y("bar_low:Q", title=None), y2="bar_high:Q")
    own = dashes("tuned", list(OWN.values()), "source languages")
    lines = base.mark_line(strokeWidth=1.6).encode(y=value, strokeDash=own, detail="target:N")
    points = base.mark_circle(size=22, opacity=1).encode(y=value)
    figure = layered(spans, lines, points).properties(width=230, height=160)
    drawing, shown = panels(figure, rows, "panel")
    return drawing.resolve_scale(x="independent", y="independent"), shown
