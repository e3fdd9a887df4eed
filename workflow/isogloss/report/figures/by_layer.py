"""A score by layer: a panel a pair, a curve a model and checkpoint, with the null's 95 % band or an upper mark."""

import altair as alt
import pandas as pd

from isogloss.report.figures.cells import scored
from isogloss.report.figures.style import Drawing, categories, dashes, layer_axis, layered, ordered, panels, shapes


def chart(data: dict[str, pd.DataFrame], *, table: str, measure: str, axis: str, mark: str = "") -> Drawing | None:
    """Describe the figure; ``mark`` names the column of an upper mark, of a score that has no null."""
    rows = scored(data[table], measure)
    if rows.empty:
        return None
    models, checkpoints, kinds = (ordered(rows[name]) for name in ("model", "checkpoint", "kind"))
    colour = categories("model", models)
    base = alt.Chart().encode(
        x=layer_axis(rows),
        color=colour,
        detail="curve:N",
        tooltip=[
            alt.Tooltip("curve:N", title="model"),
            alt.Tooltip("pair:N"),
            alt.Tooltip("layer:Q"),
            alt.Tooltip("value:Q", format=".3f"),
            alt.Tooltip("boot_low:Q", title="from", format=".3f"),
            alt.Tooltip("boot_high:Q", title="to (95 %)", format=".3f"),
            *(
                [alt.Tooltip(f"{mark}:Q", title=mark.replace("_", " "), format=".3f")]
                if mark
                else [
                    alt.Tooltip("null_high:Q", title="null reaches", format=".3f"),
                    alt.Tooltip("null_p:Q", title="p", format=".3g"),
                ]
            ),
        ],
    )
    value = alt.Y("value:Q", title=axis, axis=alt.Axis(tickCount=5))
    edge = {"y": alt.Y(f"{mark or 'null_high'}:Q", title=axis)}
    band = base.mark_area(opacity=0.22).encode(y=alt.Y("null_low:Q", title=axis), y2="null_high:Q")
    layers = [
        *([] if mark else [band]),
        base.mark_line(strokeDash=[3, 2], strokeWidth=1, opacity=0.9).encode(**edge),
        base.mark_rule(strokeWidth=1).encode(y=alt.Y("boot_low:Q", title=axis), y2="boot_high:Q"),
        base.mark_line(strokeWidth=1.6).encode(y=value, strokeDash=dashes("checkpoint", checkpoints)),
        base.mark_point(size=32, filled=True, opacity=1).encode(y=value, shape=shapes("kind", kinds)),
    ]
    figure = layered(*layers).properties(width=230, height=160)
    return panels(figure, rows, "pair")
