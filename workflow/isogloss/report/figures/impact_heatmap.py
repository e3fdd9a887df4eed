"""Impact over the mean of the layers, source × target."""

import pandas as pd

from isogloss.report.figures.style import Drawing, labelled, of_seeds, panels, squares
from isogloss.report.figures.tuned import GRID, moved, with_panel


def chart(data: dict[str, pd.DataFrame]) -> Drawing | None:
    """Describe the figure."""
    rows = with_panel(moved(data["impact"], GRID), data["impact"])
    if rows.empty:
        return None
    rows = rows.assign(row=labelled(rows.source, rows.whose))
    top = max(float(rows.impact.max()), 1e-9)
    return panels(squares(rows, "impact", "impact (1 − CKA)", top, of_seeds(rows)), rows, "panel")
