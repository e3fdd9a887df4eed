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
SCORES = ["score", "low", "high", "null_mean", "null_high"]


def with_panel(rows: pd.DataFrame, *tables: pd.DataFrame) -> pd.DataFrame:
    """Name each row's panel, and put the controls that tables name beside their models."""
    rows = side_by_side(rows, *tables)
    panel = rows.beside + ", " + rows.task
    if "measure" in rows and set(rows.measure) <= set(NAMES):
        panel = panel + "\n" + rows.measure.map(NAMES)
    return rows.assign(panel=panel)


def of_run(rows: pd.DataFrame) -> pd.DataFrame:
    """Name in each row's panel the language that was tuned on too, and the variant where it was not tuned whole."""
    how = (", " + rows.variant).where(rows.variant != "whole", "") if "variant" in rows else ""
    return rows.assign(panel=rows.panel + "\ntuned on " + rows.source + how)


def before_and_after(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep models as they were and those tuned whole, by a column ``state``: ``pretrained`` or ``tuned``."""
    ending = rows.checkpoint.str.extract(r"-seed\d+(-.+)?$", expand=False)
    known = rows.checkpoint == "pretrained"
    rows = rows.assign(state=known.map({True: "pretrained", False: "tuned"}))
    return rows[known | ending.isna()]


def scored_whole(transfer: pd.DataFrame) -> pd.DataFrame:
    """Keep the scores that are told: each task's first measure, tuned whole; a checkpoint without a head has none."""
    return transfer[(transfer.variant == "whole") & transfer.measure.isin(PRIMARY) & transfer.score.notna()]


def over_seeds(rows: pd.DataFrame, cell: list[str], numbers: list[str]) -> pd.DataFrame:
    """Give means over seeds, the only checkpoints over which a figure takes a mean.

    Parameters
    ----------
    rows
        A row a cell and ``seed``.
    cell
        The columns that tell cells apart; they may be empty in some rows.
    numbers
        Of what means are taken. The first is the value; of its interval's ends the means are conservative.

    Returns
    -------
    DataFrame
        ``cell``, ``numbers``, how many ``seeds``, and the ``lowest`` and ``highest`` of their values.
    """
    grouped = rows.groupby(cell, sort=True, dropna=False)
    value = grouped[numbers[0]]
    found = grouped[numbers].mean()
    return found.assign(seeds=grouped.seed.nunique(), lowest=value.min(), highest=value.max()).reset_index()


def primary(transfer: pd.DataFrame) -> pd.DataFrame:
    """Give those scores as means over seeds."""
    return over_seeds(scored_whole(transfer), [*GRID, "measure"], SCORES)


def best_baseline(baselines: pd.DataFrame) -> pd.DataFrame:
    """Give the best that no understanding reaches, by task, source, target and measure: ``alone`` and its ``knows``."""
    keys = ["task", "source", "target", "measure"]
    best = baselines.sort_values([*keys, "score", "baseline"], ignore_index=True).drop_duplicates(keys, keep="last")
    best = best.assign(alone=best.score, knows=best.baseline.map(KNOWS).fillna(best.baseline))
    return best[[*keys, "alone", "knows"]]


def moved(impact: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give impact over mean vectors of checkpoints tuned whole: means over seeds, and over layers that ``by`` lacks."""
    rows = impact[(impact.variant == "whole") & (impact.pooling == POOLING) & impact.impact.notna()]
    rows = rows.groupby([*by, "seed"], sort=True).impact.mean().reset_index()
    return over_seeds(rows, by, ["impact"])
