"""Files of sentence vectors: the test items of a task in every language, as one checkpoint sees them.

HDF5, ``{language}/{pooling}/{layer}``, float16 ``[item, hidden]``; for what the poolings are, see
:mod:`isogloss.states.pooling`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from isogloss.errors import IsoglossError
from isogloss.files import published
from isogloss.states.store import ROOM, claim

FORMAT = "isogloss-sentence-vectors"


class SentenceVectorWriter:
    """A file that is being written, a language at a time."""

    def __init__(self, draft: Path, file: h5py.File):
        self.draft, self.file = draft, file

    def add(self, language: str, layers: list[int], states: Mapping[str, np.ndarray]) -> None:
        """Write one language.

        Parameters
        ----------
        language
            Its code.
        layers
            Numbers of the layers.
        states
            By pooling, float16 ``[layer, item, hidden]``.
        """
        # HDF5 crashes on a full disk, so the room is taken before it writes.
        self.file.flush()
        claim(self.draft, self.draft.stat().st_size + sum(values.nbytes for values in states.values()) + ROOM)
        for pooling, values in states.items():
            for layer, rows in zip(layers, values, strict=True):
                # Writing a matrix at a time without a date gives the same bytes every time.
                self.file.create_dataset(f"{language}/{pooling}/{layer}", data=rows, track_times=False)


@contextmanager
def new_vectors(path: str | Path, attributes: Mapping[str, Any]) -> Iterator[SentenceVectorWriter]:
    """Write a file of sentence vectors, which appears whole or not at all.

    Parameters
    ----------
    path
        HDF5 file to write.
    attributes
        What the file shall say of itself.

    Raises
    ------
    IsoglossError
        If the disk is full.
    """
    with published(path) as draft, h5py.File(draft, "w", locking=False) as file:
        file.attrs.update({"format": FORMAT, **attributes})
        yield SentenceVectorWriter(draft, file)


def holds_vectors(path: str | Path) -> bool:
    """Tell whether a file is one of sentence vectors."""
    if not h5py.is_hdf5(path):
        return False
    with h5py.File(path, "r", locking=False) as file:
        return file.attrs.get("format") == FORMAT


@contextmanager
def open_vectors(path: str | Path) -> Iterator[h5py.File]:
    """Open a file of sentence vectors.

    Raises
    ------
    IsoglossError
        If it is missing, damaged or something else.
    """
    if not Path(path).is_file():
        raise IsoglossError(f"There is no file {path}.")
    try:
        # Finished files never change, so readers need no lock: some cluster file systems have none.
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise IsoglossError(f"{path} is damaged ({error}). Delete it, and the same command makes it again.") from error
    with file:
        if file.attrs.get("format") != FORMAT:
            raise IsoglossError(f"{path} is an HDF5 file, but holds no sentence vectors of Isogloss.")
        yield file
