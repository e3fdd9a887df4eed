"""What the figures of fine-tuning have in common: a panel a model and task."""

import pandas as pd

# The measure that a figure shows, of the first that a task has.
PRIMARY = ("accuracy", "entity_f1", "chrf")
POOLING = "mean"
NAMES = {"accuracy": "accuracy", "entity_f1": "entity F1", "chrf": "chrF"}
GRID = ["model", "task", "source", "target"]


def with_panel(rows: pd.DataFrame) -> pd.DataFrame:
    """Name each row's panel."""
    panel = rows.model + ", " + rows.task
    if "measure" in rows and set(rows.measure) <= set(NAMES):
        panel = panel + "\n" + rows.measure.map(NAMES)
    return rows.assign(panel=panel)


def primary(transfer: pd.DataFrame) -> pd.DataFrame:
    """Keep each task's first measure, tuned whole, the mean over seeds."""
    rows = transfer[(transfer.variant == "whole") & transfer.measure.isin(PRIMARY)]
    numbers = [name for name in ("score", "low", "high", "null_mean", "null_high") if name in rows]
    return rows.groupby([*GRID, "measure"], sort=True)[numbers].mean().reset_index()


def shared_words(baselines: pd.DataFrame) -> pd.DataFrame:
    """Give what shared words alone reach, by task, source, target and measure, as ``alone``."""
    rows = baselines[baselines.baseline == "shared_words"]
    keys = ["task", "source", "target", "measure"]
    return rows.groupby(keys, sort=True).score.mean().rename("alone").reset_index()


def moved(impact: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give impact over mean vectors of checkpoints tuned whole, the mean over all but ``by``."""
    rows = impact[(impact.variant == "whole") & (impact.pooling == POOLING) & impact.impact.notna()]
    return rows.groupby(by, sort=True).impact.mean().reset_index()
