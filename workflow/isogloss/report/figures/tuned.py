"""What the figures of fine-tuning have in common: a panel a model and task."""

import pandas as pd

from isogloss.report.figures.style import side_by_side
from isogloss.tasks.kinds import KINDS

# The measure that a figure shows, of the first that a task has.
SHOWN = {measure: title for kind in KINDS for measure, title in kind.shown.items()}
PRIMARY = tuple(SHOWN)
NAMES = {**SHOWN, "retrieval": "retrieval of translations"}
POOLING = "mean"
# What a baseline goes by.
KNOWS = {
    "majority": "the most frequent label",
    "shared_words": "shared words",
    "length": "length",
    "first_text": "the first text",
    "second_text": "the second text",
}
GRID = ["model", "task", "source", "target"]


def with_panel(rows: pd.DataFrame, *tables: pd.DataFrame) -> pd.DataFrame:
    """Name each row's panel, and put the controls that tables name beside their models."""
    rows = side_by_side(rows, *tables)
    panel = rows.beside + ", " + rows.task
    if "measure" in rows and set(rows.measure) <= set(NAMES):
        panel = panel + "\n" + rows.measure.map(NAMES)
    return rows.assign(panel=panel)


def before_and_after(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep models as they were and those tuned whole, by a column ``state``: ``pretrained`` or ``tuned``."""
    ending = rows.checkpoint.str.extract(r"-seed\d+(-.+)?$", expand=False)
    known = rows.checkpoint == "pretrained"
    rows = rows.assign(state=known.map({True: "pretrained", False: "tuned"}))
    return rows[known | ending.isna()]


def scored_whole(transfer: pd.DataFrame) -> pd.DataFrame:
    """Keep the scores that are told: each task's first measure, tuned whole; a checkpoint without a head has none."""
    return transfer[(transfer.variant == "whole") & transfer.measure.isin(PRIMARY) & transfer.score.notna()]


def primary(transfer: pd.DataFrame) -> pd.DataFrame:
    """Give those scores as means over seeds."""
    rows = scored_whole(transfer)
    numbers = [name for name in ("score", "low", "high", "null_mean", "null_high") if name in rows]
    return rows.groupby([*GRID, "measure"], sort=True)[numbers].mean().reset_index()


def best_baseline(baselines: pd.DataFrame) -> pd.DataFrame:
    """Give the best that no understanding reaches, by task, source, target and measure: ``alone`` and its ``knows``."""
    keys = ["task", "source", "target", "measure"]
    best = baselines.sort_values([*keys, "score", "baseline"], ignore_index=True).drop_duplicates(keys, keep="last")
    best = best.assign(alone=best.score, knows=best.baseline.map(KNOWS).fillna(best.baseline))
    return best[[*keys, "alone", "knows"]]


def moved(impact: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give impact over mean vectors of checkpoints tuned whole, the mean over all but ``by``."""
    rows = impact[(impact.variant == "whole") & (impact.pooling == POOLING) & impact.impact.notna()]
    return rows.groupby(by, sort=True).impact.mean().reset_index()
