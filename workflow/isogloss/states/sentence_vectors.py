"""Files of sentence vectors: the test items of a task in every language, as one checkpoint sees them.

HDF5, ``{language}/{pooling}/{layer}``, float16 ``[item, hidden]``; for what the poolings are, see
:mod:`isogloss.states.pooling`.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from isogloss.errors import IsoglossError
from isogloss.files import published
from isogloss.states.sealed import SealedFile, open_sealed, read_seal, write_seal
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
        claim(self.draft, self.end() + sum(values.nbytes for values in states.values()) + ROOM)
        for pooling, values in states.items():
            for layer, rows in zip(layers, values, strict=True):
                # Writing a matrix at a time without a date gives the same bytes every time.
                self.file.create_dataset(f"{language}/{pooling}/{layer}", data=rows, track_times=False)

    def end(self) -> int:
        """Give the file's length without the room that was taken for more."""
        self.file.flush()
        return self.file.id.get_filesize()


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
    with published(path) as draft:
        with h5py.File(draft, "w", locking=False) as file:
            file.attrs.update({"format": FORMAT, **attributes})
            writer = SentenceVectorWriter(draft, file)
            yield writer
            end = writer.end()
        os.truncate(draft, end)
        write_seal(draft)


def holds_vectors(path: str | Path) -> bool:
    """Tell whether a file is one of sentence vectors."""
    facts = read_seal(Path(path))
    return facts is not None and facts["format"] == FORMAT


@contextmanager
def open_vectors(path: str | Path, put_aside: bool = False) -> Iterator[SealedFile]:
    """Open a file of sentence vectors.

    Parameters
    ----------
    path
        The file.
    put_aside
        Rename a damaged one, so that the workflow finds it missing and makes it again.

    Raises
    ------
    IsoglossError
        If it is missing, damaged or something else.
    """
    with open_sealed(path, FORMAT, "file of sentence vectors", put_aside) as file:
        yield file


def languages_with(file: SealedFile, pooling: str, path: str | Path) -> list[str]:
    """List the languages of an open file, having seen that it has vectors of a pooling.

    Raises
    ------
    IsoglossError
        If it has none.
    """
    names = sorted(file)
    held = sorted({found for language in names for found in file[language]})
    if pooling not in held:
        raise IsoglossError(f"{path} has no vectors of the pooling '{pooling}'; it has {', '.join(held)}.")
    return names
