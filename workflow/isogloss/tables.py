"""Tables of the whole grid, put together from one small file a cell."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import check_file, write_csv

IDENTITY = (
    "model",
    "checkpoint",
    "task",
    "variant",
    "baseline",
    "corpus",
    "source",
    "target",
    "kind",
    "space",
    "language",
    "layer",
    "pooling",
    "aligner",
    "seed",
    "weights",
    "convention",
    "measure",
    "step",
    "loss",
)
FIRST = ("model", "checkpoint", "task", "variant", "corpus", "source", "target", "kind", "layer")


def collate(*, inputs: list[str | Path], controls: dict[str, str], output: str | Path) -> None:
    """Put tidy tables together, sorted by what identifies their rows.

    Parameters
    ----------
    inputs
        CSV files with the same columns.
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        The CSV file to write; a table of models gets the column ``control_of``.

    Raises
    ------
    IsoglossError
        If there is none, or one has other columns than the first.
    """
    if not inputs:
        raise IsoglossError(f"There is nothing to put into {output}.")
    tables: list[pd.DataFrame] = []
    columns: list[str] = []
    for path in inputs:
        # A language may be called `na`, and must not become a missing value.
        table = read_table(path)
        columns = columns or list(table.columns)
        if list(table.columns) != columns:
            raise IsoglossError(
                f"{path} has the columns {', '.join(table.columns)}; {inputs[0]} has {', '.join(columns)}. "
                "Delete both and run the same command again."
            )
        tables.append(table)
    whole = pd.concat(tables, ignore_index=True)
    whole = whole.sort_values([name for name in IDENTITY if name in columns], kind="stable")
    order = [name for name in FIRST if name in columns]
    whole = whole[order + [name for name in columns if name not in order]]
    write_csv(with_controls(whole, controls), output)


def with_controls(table: pd.DataFrame, controls: dict[str, str]) -> pd.DataFrame:
    """Say by a column ``control_of`` behind those that come first of which model each row's model is the control."""
    if "model" not in table:
        return table
    table = table.drop(columns="control_of", errors="ignore")
    place = 1 + max(table.columns.get_loc(name) for name in FIRST if name in table)
    table.insert(place, "control_of", [controls.get(name, "") for name in table.model])
    return table


def controls_in(tables: Iterable[pd.DataFrame]) -> dict[str, str]:
    """Give by randomised control the model that it is one of, as some tables name it."""
    named = [table[["model", "control_of"]].dropna() for table in tables if "control_of" in table]
    return {model: of for table in named for model, of in table.itertuples(index=False) if of}


def read_table(path: str | Path) -> pd.DataFrame:
    """Read one of our CSV tables.

    Raises
    ------
    IsoglossError
        If it is missing, no such table, or cut off.
    """
    path = Path(path)
    check_file(path)
    content = path.read_bytes()
    try:
        content.decode("utf-8")
        # Pandas would take what is left of the last row for a whole one, and zeros for nothing.
        if content and (not content.endswith(b"\n") or b"\0" in content):
            raise ValueError("it ends within a row, or holds zeros; if a run made it, delete it and run again")
        return pd.read_csv(BytesIO(content), keep_default_na=False, na_values=[""], low_memory=False)
    except ValueError as error:  # of the parser, the decoder or an empty file
        raise IsoglossError(f"{path} is no CSV table in UTF-8: {str(error).strip()}.") from error
