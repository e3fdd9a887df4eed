"""Zero-shot scores, source × target; scores not above chance and the best baseline are marked."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import Drawing, labelled, of_seeds, panels, squares
from isogloss.report.figures.tuned import GRID, best_baseline, primary, with_panel
from isogloss.report.findings.transfer import tested


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = primary(data["transfer"])
    if rows.empty:
        return None
    rows = rows.merge(best_baseline(data["baselines"]), on=["task", "source", "target", "measure"], how="left")
    rows = with_panel(rows, data["transfer"])
    rows = rows.assign(row=labelled(rows.source, rows.whose))
    clear = tested(data).groupby([*GRID, "measure"]).clear.all()
    rows = rows.merge(clear.reset_index(), on=[*GRID, "measure"], how="left")
    # A language's own score is no zero-shot one, and is not tested.
    rows["mark"] = np.where(rows.clear.eq(False), "×", "")
    extra = [
        alt.Tooltip("low:Q", title="from", format=".3f"),
        alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
        *of_seeds(rows),
        alt.Tooltip("null_mean:Q", title="chance", format=".3f"),
        alt.Tooltip("alone:Q", title="best baseline", format=".3f"),
        alt.Tooltip("knows:N", title="which goes by"),
    ]
    return panels(squares(rows, "score", "score", 1.0, extra), rows, "panel")
