"""What two languages' spaces have in common by layer: a checkpoint's mean over pairs, and its null's band."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

from isogloss.report.figures.style import Drawing, beyond, categories, dashes, layer_axis, layered, ordered, panels
from isogloss.report.figures.tuned import before_and_after

NUMBERS = ["value", "null_low", "null_high"]
# What a line's points are of, as far as a table has it. Each is drawn apart from its like.
POINT = [
    "panel",
    "model",
    "checkpoint",
    "state",
    "task",
    "corpus",
    "measure",
    "question",
    "vectors",
    "unit",
    "label",
    "layer",
]
# The measures that sentences and figures tell, each with its name there: of spaces by question, and of words.
SPACES = {
    "coinciding": {
        "retrieval": "retrieval",
        "mutual_retrieval": "mutual retrieval (MEXA)",
        "strong_retrieval": "strong retrieval",
    },
    "organised alike": {
        "neuron_correlation": "neuron correlation (ANC)",
        "neighbour_overlap": "shared neighbours",
        "cka_debiased": "debiased CKA",
        "procrustes": "retrieval after rotation",
    },
}
WORDS = {"weak": "weak alignment", "strong": "strong alignment"}
# What a panel calls a measure.
TITLES = {
    **SPACES["coinciding"],
    **SPACES["organised alike"],
    **WORDS,
    "retrieval_csls": "retrieval by CSLS",
    "retrieval_ratio": "retrieval by ratio",
    "cka": "plain CKA",
    "svcca": "SVCCA",
    "pwcca": "PWCCA",
    "interlingual_overlap": "interlingual overlap (ILO)",
}


def chart(
    data: dict[str, pd.DataFrame],
    *,
    table: str,
    panel: list[str],
    also: list[str],
    axis: str,
    only: Mapping[str, list[str]],
    of_pairs: bool = True,
) -> Drawing | None:
    """Describe the figure.

    Parameters
    ----------
    data
        Tables of the whole grid by name.
    table
        Which one.
    panel
        The columns whose values tell panels apart.
    also
        Those that do so where they have several values.
    axis
        Title of the values' axis.
    only
        By column the values of the rows that are shown.
    of_pairs
        Whether the rows of pairs are shown, or those of one language, which have no target.
    """
    rows = before_and_after(data[table])
    rows = rows[rows.value.notna() & (rows.target.notna() == of_pairs) & (rows.source != rows.target)]
    for column, values in only.items():
        rows = rows[rows[column].isin(values)]
    if rows.empty:
        return None
    names = rows[panel].astype(str).replace(TITLES).agg(lambda names: "\n".join(names).replace("_", " "), axis=1)
    rows = rows.assign(panel=beyond(names, rows, *also))
    grouped = rows.groupby([name for name in POINT if name in rows], sort=True, dropna=False)
    means = grouped[NUMBERS].mean()
    means["lowest"], means["highest"] = grouped.value.min(), grouped.value.max()
    means["values"] = grouped.value.count()
    means = means.reset_index()
    models, states = ordered(means.model), ordered(means.state)
    base = alt.Chart().encode(
        x=layer_axis(means),
        color=categories("model", models),
        detail="checkpoint:N",
        tooltip=[
            alt.Tooltip("model:N"),
            alt.Tooltip("checkpoint:N"),
            alt.Tooltip("layer:Q"),
            alt.Tooltip("value:Q", title="mean", format=".3f"),
            alt.Tooltip("lowest:Q", format=".3f"),
            alt.Tooltip("highest:Q", format=".3f"),
            alt.Tooltip("null_high:Q", title="null reaches", format=".3f"),
            alt.Tooltip("values:Q"),
        ],
    )
    value = alt.Y("value:Q", title=axis, axis=alt.Axis(tickCount=5))
    layers = [
        base.mark_area(opacity=0.22).encode(y=alt.Y("null_low:Q", title=axis), y2="null_high:Q"),
        base.mark_rule(strokeWidth=1, opacity=0.7).encode(y=alt.Y("lowest:Q", title=axis), y2="highest:Q"),
        base.mark_line(strokeWidth=1.8).encode(y=value, strokeDash=dashes("state", states)),
        base.mark_point(size=26, filled=True, opacity=1).encode(y=value),
    ]
    figure = layered(*layers).properties(width=210, height=140)
    return panels(figure, means, "panel")
