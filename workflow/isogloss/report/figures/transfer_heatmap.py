"""Zero-shot scores, source × target; scores that chance or the best baseline reaches too are marked."""

import altair as alt
import numpy as np
import pandas as pd

from isogloss.report.figures.style import Drawing, panels, squares
from isogloss.report.figures.tuned import best_baseline, primary, with_panel


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = primary(data["transfer"])
    if rows.empty:
        return None
    rows = rows.merge(best_baseline(data["baselines"]), on=["task", "source", "target", "measure"], how="left")
    rows = with_panel(rows)
    reached = rows.low <= np.maximum(rows.null_high, rows.alone.fillna(0))
    rows["mark"] = np.where(reached & (rows.source != rows.target), "×", "")
    extra = [
        alt.Tooltip("low:Q", title="from", format=".3f"),
        alt.Tooltip("high:Q", title="to (95 %)", format=".3f"),
        alt.Tooltip("null_mean:Q", title="chance", format=".3f"),
        alt.Tooltip("alone:Q", title="best baseline", format=".3f"),
        alt.Tooltip("knows:N", title="which goes by"),
    ]
    return panels(squares(rows, "score", "score", 1.0, extra), rows, "panel")
