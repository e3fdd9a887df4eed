"""A notebook's door: the results of a run by name, and every score as a function on arrays and tables.

``import isogloss`` gives what stands here; nothing heavy is loaded before it is asked for.
"""

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import read_json
from isogloss.plan.places import PLACES, Places

if TYPE_CHECKING:
    import pandas as pd

    from isogloss.states.store import ActivationStore


def open_run(results: str | Path = "results") -> "Run":
    """Open the results of a run, finished or not.

    Parameters
    ----------
    results
        The folder that the config calls ``results``.

    Raises
    ------
    IsoglossError
        If there is no such folder, or nothing of a run in it.
    """
    return Run(results)


class Run:
    """The results of a run.

    Parameters
    ----------
    results
        Their folder.

    Examples
    --------
    >>> run = isogloss.open_run("results")              # doctest: +SKIP
    >>> run.table("transfer").groupby("target").score.mean()  # doctest: +SKIP
    """

    def __init__(self, results: str | Path):
        self.folder = Path(results)
        if not (self.folder / "tables").is_dir() and not (self.folder / "checkpoints").is_dir():
            raise IsoglossError(f"{self.folder} holds no results of a run: there are neither tables nor checkpoints.")
        self.places = Places(str(self.folder))

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r}): {len(self.tables)} tables, models {', '.join(self.models) or 'none'}"

    @property
    def config(self) -> dict[str, Any]:
        """The config that the run was made with."""
        return read_json(self.file("provenance"))["config"]

    @property
    def tables(self) -> list[str]:
        """Names of the tables that are there."""
        return sorted(path.stem for path in Path(self.places("table", table="x")).parent.glob("*.csv"))

    @property
    def models(self) -> list[str]:
        """Models that have a checkpoint."""
        return sorted({found["model"] for found in self.found("checkpoint")})

    def checkpoints(self, model: str) -> list[str]:
        """Checkpoints of a model: ``pretrained``, and what it was tuned to."""
        return sorted(found["checkpoint"] for found in self.found("checkpoint") if found["model"] == model)

    def table(self, name: str) -> "pd.DataFrame":
        """Read a table with its right types: a language may be called ``na``, and empty cells are missing values.

        Parameters
        ----------
        name
            See :attr:`tables`; docs/tables.md tells what the columns mean.
        """
        from isogloss.tables import read_table

        return read_table(self.file("table", table=name))

    def checkpoint(self, model: str, checkpoint: str = "pretrained") -> Path:
        """Find a checkpoint's folder, as transformers' ``from_pretrained`` takes it."""
        return self.file("checkpoint", model=model, checkpoint=checkpoint)

    def store(
        self, model: str, corpus: str, pair: str, space: str, checkpoint: str = "pretrained"
    ) -> "AbstractContextManager[ActivationStore]":
        """Open an activation store.

        Parameters
        ----------
        model, checkpoint, corpus
            As the config calls them.
        pair
            Source and target language: ``en-de``.
        space
            A side and a stack: ``source-encoder``, ``target-encoder``, ``target-decoder``.

        Returns
        -------
        context manager
            Of an :class:`isogloss.states.store.ActivationStore`: ``words`` is a table, ``vectors(layer)`` an array
            ``[word, hidden]``.
        """
        from isogloss.states.store import open_store

        where = self.cell(model, checkpoint, corpus, pair)
        return open_store(self.file("store", **where, space=space))

    def concepts(
        self,
        model: str,
        corpus: str,
        pair: str,
        space: str,
        layer: int,
        checkpoint: str = "pretrained",
        seed: int | None = None,
    ) -> "pd.DataFrame":
        """Read the concepts of a layer: a row an occurrence of a word, with its ``cluster``.

        Parameters
        ----------
        model, checkpoint, corpus, pair
            As for :meth:`store`.
        space
            As for :meth:`store`, or ``joint-encoder-encoder`` and its like: both sides clustered together.
        layer
            0 is the embeddings.
        seed
            Of the clustering; the first of the config's where nothing is said.
        """
        from isogloss.concepts.cluster import read_clusters

        where = {**self.cell(model, checkpoint, corpus, pair), "space": space, "layer": layer}
        chosen = self.config["concepts"]["seeds"][0] if seed is None else seed
        return read_clusters(self.file("concepts", **where, seed=chosen))

    @staticmethod
    def cell(model: str, checkpoint: str, corpus: str, pair: str) -> dict[str, str]:
        """Spell a pair's cell by wildcards; whichever hyphen of `pt-br-en` is taken, it is the same place."""
        source, hyphen, target = pair.partition("-")
        if not hyphen:
            raise IsoglossError(f"A pair is two languages with a hyphen between them, such as en-de; found '{pair}'.")
        return {"model": model, "checkpoint": checkpoint, "corpus": corpus, "source": source, "target": target}

    def file(self, place: str, **names: object) -> Path:
        """Find a file of the run, or say what there is instead.

        Raises
        ------
        IsoglossError
            If it is not there.
        """
        path = Path(self.places(place, **names))
        if path.exists():
            return path
        there = sorted(str(Path(self.places(place, **found)).relative_to(self.folder)) for found in self.found(place))
        wanted = str(path.relative_to(self.folder))
        hint = did_you_mean(wanted, there) or (f" There is {listed(there)}." if there else " There is none at all.")
        raise IsoglossError(f"{self.folder} has no {wanted}{hint}")

    def found(self, place: str) -> list[dict[str, str]]:
        """List what is there of a kind: the wildcards of each file."""
        pattern = PLACES[place]
        shape = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
        paths = self.folder.glob(re.sub(r"\{\w+\}", "*", pattern))
        matches = (re.fullmatch(shape, str(path.relative_to(self.folder))) for path in paths)
        return [match.groupdict() for match in matches if match]


def listed(names: Iterable[str], most: int = 8) -> str:
    """Write a list of names that may be long."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
