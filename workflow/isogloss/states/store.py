"""Activation stores: one HDF5 file with the selected words' hidden states, all layers of one language.

Layout::

    /                     attributes: format, version, complete, layers, hidden, and what made the file (JSON values)
    layers/{n}            [word, hidden] float16, chunked by rows; layer 0 is the embeddings
    words/sentence        [word] int64
    words/position        [word] int32, the word's index in its sentence
    words/form            [word] the word
    words/aligned         [word] bool, used for concept alignment
    words/frequent        [word] bool, used for concept overlap
    sentences/sentence    [sentence] int64, where sentence vectors were asked for
    sentences/first/{n}   [sentence, hidden] float16, the first subword; of a decoder `last` instead
    sentences/mean/{n}    [sentence, hidden] float16, the mean over the text's subwords, special tokens left out; the
                          other poolings of a model stand beside it
    drawn/sentence        [drawn] int64, sentences drawn for the similarity of spaces, where that is asked for
    drawn/turn            [drawn] int32, each one's place in the draw
    drawn/mean/{n}        [drawn, hidden] float16, pooled as in sentences/mean; the other poolings stand beside it

A store has one writer. It grows as ``NAME.partial`` beside its final place, is flushed as it grows, goes on from there
after an interruption, and is sealed (see :mod:`isogloss.states.sealed`) and renamed when it is complete. Several
readers may open it at once.
"""

import errno
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import disk_error
from isogloss.ownership import Ownership
from isogloss.states.kept import note_kept, note_of
from isogloss.states.sealed import SealedFile, damaged_name, open_sealed, write_seal

FORMAT, VERSION = "isogloss-activations", 2
# Of a dataset's last chunk a part stays empty, and each has an entry in an index: few and large ones cost least.
CHUNK_BYTES = 4 * 1024 * 1024
SMALL = {"compression": "gzip", "shuffle": True}
# Words that are encoded at a time, so that one that is very long does not widen all others in memory.
SLICE = 10_000
FLUSH_SECONDS = 10.0
ROOM = 1 << 20


class ActivationStore:
    """A complete store, open for reading. Made by :func:`open_store`.

    Attributes
    ----------
    layers : list of int
    hidden : int
    attributes : dict
        What made the store.
    """

    def __init__(self, file: SealedFile, path: Path):
        self.file, self.path = file, path
        self.layers = sorted(int(name) for name in file["layers"])
        self.hidden = int(file.attrs["hidden"])
        self.attributes = {
            name: json.loads(value) for name, value in file.attrs.items() if isinstance(value, str) and name != "format"
        }

    def __len__(self) -> int:
        return len(self.file["words/sentence"])

    def words(self) -> pd.DataFrame:
        """Give the words, one row each: ``sentence, position, form, aligned, frequent``."""
        columns = {name: self.file[f"words/{name}"][:] for name in ("sentence", "position", "form")}
        columns["form"] = [form.decode() for form in columns["form"]]
        return pd.DataFrame(columns | {name: self.file[f"words/{name}"][:] for name in ("aligned", "frequent")})

    def sentence_vectors(self, layer: int, pooling: str) -> np.ndarray:
        """Give one layer's sentence vectors, ``[sentence, hidden]`` in single precision.

        Parameters
        ----------
        layer
            Which layer.
        pooling
            ``mean``, or ``first`` (of a decoder ``last``).

        Raises
        ------
        IsoglossError
            If the store was made without them.
        """
        name = f"sentences/{pooling}/{layer}"
        if name not in self.file:
            raise IsoglossError(
                f"{self.path} holds no sentence vectors {name}. Make it with `activations: sentence_vectors: true`."
            )
        return self.file[name][:].astype(np.float32)

    def drawn_sentences(self) -> np.ndarray:
        """Give the sentences that were drawn, in the order of the draw.

        Raises
        ------
        IsoglossError
            If the store was made without them.
        """
        if "drawn" not in self.file:
            raise IsoglossError(
                f"{self.path} holds no vectors of drawn sentences. Make it with its corpus among `corpora` of "
                "`space_similarity`."
            )
        return self.file["drawn/sentence"][:][np.argsort(self.file["drawn/turn"][:])]

    def drawn_vectors(self, layer: int, pooling: str) -> np.ndarray:
        """Give one layer's vectors of :meth:`drawn_sentences`, ``[sentence, hidden]`` in single precision.

        Raises
        ------
        IsoglossError
            If the store has none of this pooling.
        """
        if f"drawn/{pooling}" not in self.file:
            held = sorted({*self.file["drawn"]} - {"sentence", "turn"})
            raise IsoglossError(
                f"{self.path} has no vectors of drawn sentences of the pooling '{pooling}'; it has {', '.join(held)}."
            )
        return self.file[f"drawn/{pooling}/{layer}"][:][np.argsort(self.file["drawn/turn"][:])].astype(np.float32)

    def vectors(self, layer: int, rows: np.ndarray | None = None) -> np.ndarray:
        """Give one layer's vectors, ``[word, hidden]`` in single precision.

        Parameters
        ----------
        layer
            Which layer.
        rows
            Indices of the words wanted; all where nothing is said.

        Raises
        ------
        IsoglossError
            If the store does not have that layer, or its data are damaged.
        """
        if layer not in self.layers:
            raise IsoglossError(f"{self.path} has no layer {layer}; it has {', '.join(map(str, self.layers))}.")
        return self.file[f"layers/{layer}"][slice(None) if rows is None else rows].astype(np.float32)


@contextmanager
def open_store(path: str | Path, put_aside: bool = False) -> Iterator[ActivationStore]:
    """Open a complete store for reading.

    Parameters
    ----------
    path
        The store.
    put_aside
        Rename a damaged store, so that the workflow finds it missing and makes it again.

    Raises
    ------
    IsoglossError
        If the file is missing, incomplete, damaged, or something else.
    """
    with open_sealed(path, FORMAT, "activation store", put_aside) as file:
        yield ActivationStore(file, Path(path))


class StoreWriter:
    """The one writer of a store; goes on where an earlier one was interrupted.

    Parameters
    ----------
    path
        The finished store's place.
    words
        ``sentence, position, form, aligned, frequent``: one row a vector, in the order of the store.
    layers
        Which layers.
    hidden
        Width of the vectors.
    attributes
        Everything that made the store, as values for JSON. Another writer's partial file is gone on with only if it
        has the very same attributes and words.
    sentences
        The sentences whose own vectors are kept too; None for no such vectors.
    poolings
        Names of the sentence vectors.
    drawn
        ``sentence, turn``: drawn sentences whose own vectors are kept, in the order of the store; None for no such.

    Attributes
    ----------
    done : int
        Number of batches already in the file.
    """

    def __init__(
        self,
        path: str | Path,
        words: pd.DataFrame,
        layers: list[int],
        hidden: int,
        attributes: dict[str, Any],
        sentences: np.ndarray | None = None,
        poolings: Sequence[str] = ("first", "mean"),
        drawn: pd.DataFrame | None = None,
    ):
        self.path = Path(path)
        self.partial = self.path.with_name(self.path.name + ".partial")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.lock = Ownership(self.partial)
        self.encoded = {name: json.dumps(value, sort_keys=True) for name, value in sorted(attributes.items())}
        self.words, self.layers, self.hidden, self.sentences = words, layers, hidden, sentences
        self.poolings, self.drawn, self.draw = poolings, drawn, attributes.get("draw")
        try:
            self.file = self.resume() or self.begin()
        except (OSError, RuntimeError) as error:
            raise self.failed(error) from error
        self.done = int(self.file.attrs["batches"])
        # The first batch is saved at once, so that even a job that is ended again and again gets on.
        self.flushed = -math.inf

    def resume(self) -> h5py.File | None:
        """Open the partial file of an interrupted writer of the same store, if there is a sound one."""
        if not self.partial.is_file():
            return None
        try:
            file = h5py.File(self.partial, "r+", locking=False)
            same = all(file.attrs.get(name) == value for name, value in self.encoded.items())
            same = same and sorted(map(int, file["layers"])) == sorted(self.layers) and "batches" in file.attrs
            same = same and ("sentences" in file) == (self.sentences is not None)
            same = same and ("drawn" in file) == (self.drawn is not None)
            same = same and np.array_equal(file["words/sentence"][:], self.words.sentence)
            same = same and np.array_equal(file["words/position"][:], self.words.position)
            if same:
                return file
            file.close()
        except (OSError, KeyError, ValueError):
            pass  # cut off in the middle of a flush: begin again
        self.partial.unlink()
        return None

    def begin(self) -> h5py.File:
        """Start a new partial file with room for every vector.

        HDF5 does not survive a full disk (it crashes when it closes the file), so the room is taken before it writes.
        """
        whole = len(self.sentences if self.sentences is not None else ()) + len(
            self.drawn if self.drawn is not None else ()
        )
        rows = len(self.words) + len(self.poolings) * whole
        text = self.words.form.map(lambda form: len(form.encode())).sum()
        claim(self.partial, int(2 * self.hidden * rows * len(self.layers) + text + 64 * rows) + ROOM)
        file = h5py.File(self.partial, "w", locking=False)
        file.attrs.update(
            {"format": FORMAT, "version": VERSION, "complete": False, "hidden": self.hidden, "batches": 0}
        )
        for name, value in self.encoded.items():
            file.attrs[name] = value
        group = file.create_group("words")
        for name, dtype in (("sentence", "i8"), ("position", "i4"), ("aligned", "?"), ("frequent", "?")):
            group.create_dataset(name, data=self.words[name].to_numpy(dtype=dtype), **SMALL)
        # Of one length, unlike strings of HDF5's own kind, they are compressed too.
        forms = [form.encode() for form in self.words.form]
        kind = h5py.string_dtype("utf-8", max(map(len, forms), default=1))
        text = group.create_dataset("form", len(forms), dtype=kind, **SMALL)
        for start in range(0, len(forms), SLICE):
            text[start : start + SLICE] = np.array(forms[start : start + SLICE], dtype=kind)
        for layer in self.layers:
            reserve(file, f"layers/{layer}", len(self.words), self.hidden)
        if self.sentences is not None:
            file.create_dataset("sentences/sentence", data=self.sentences.astype("i8"))
            for pooling in self.poolings:
                for layer in self.layers:
                    reserve(file, f"sentences/{pooling}/{layer}", len(self.sentences), self.hidden)
        if self.drawn is not None:
            for name, dtype in (("sentence", "i8"), ("turn", "i4")):
                file.create_dataset(f"drawn/{name}", data=self.drawn[name].to_numpy(dtype=dtype), **SMALL)
            for pooling in self.poolings:
                for layer in self.layers:
                    reserve(file, f"drawn/{pooling}/{layer}", len(self.drawn), self.hidden)
        file.flush()
        claim(self.partial, self.partial.stat().st_size)
        return file

    def write_sentences(self, start: int, vectors: dict[str, np.ndarray]) -> None:
        """Write the sentence vectors of one batch, before its words: those complete the batch.

        Parameters
        ----------
        start
            Row of the batch's first sentence.
        vectors
            By pooling, ``[layer, n, hidden]`` in half precision.
        """
        for pooling, layers in vectors.items():
            self.write_rows(f"sentences/{pooling}", start, layers)

    def write_rows(self, group: str, start: int, vectors: np.ndarray) -> None:
        """Write rows of every layer of a group, from one on: ``[layer, n, hidden]`` in the group's precision."""
        try:
            for layer, part in zip(self.layers, vectors, strict=True):
                self.file[f"{group}/{layer}"][start : start + len(part)] = part
        except (OSError, RuntimeError) as error:
            raise self.failed(error) from error

    def write(self, start: int, vectors: np.ndarray) -> None:
        """Write the words of one batch.

        Parameters
        ----------
        start
            Row of the batch's first word.
        vectors
            ``[layer, n, hidden]`` in half precision.
        """
        self.write_rows("layers", start, vectors)
        try:
            self.done += 1
            if time.monotonic() - self.flushed > FLUSH_SECONDS:
                self.flush()
        except (OSError, RuntimeError) as error:
            raise self.failed(error) from error

    def flush(self) -> None:
        """Bring the vectors to disk, and only then the number of batches that a later writer may skip."""
        self.lock.check()
        self.file.flush()
        self.file.attrs["batches"] = self.done
        self.file.flush()
        self.flushed = time.monotonic()

    def finish(self) -> None:
        """Seal the store and put it in its place."""
        self.lock.check()
        try:
            self.file.attrs["batches"] = 0
            self.file.attrs["complete"] = True
            self.file.close()
            write_seal(self.partial)
            with self.partial.open("rb+") as handle:
                os.fsync(handle.fileno())
            damaged, note = damaged_name(self.path), note_of(self.path)
            if damaged.is_file() and note.is_file():
                # What was made from the store before it was damaged is still good, so it must stay newer.
                os.utime(self.partial, ns=(note.stat().st_mtime_ns,) * 2)
            else:
                note_kept(self.path, self.layers, self.draw)
            self.partial.replace(self.path)
            damaged.unlink(missing_ok=True)
        except (OSError, RuntimeError) as error:
            raise self.failed(error) from error
        self.lock.release()

    def failed(self, error: Exception) -> Exception:
        """Say what a failed write means to the user; a file that HDF5 could not write is no use to go on from."""
        text = str(error)
        code = error.errno if isinstance(error, OSError) else None
        full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        # HDF5 tells the system's error number in its text only.
        if code in full or any(f"errno = {number}," in text for number in full):
            self.partial.unlink(missing_ok=True)
            return disk_error(OSError(errno.ENOSPC, "No space left on device"), self.path)
        return error


def claim(path: Path, size: int) -> None:
    """Make the file system set ``size`` bytes aside for a file, or say now that it cannot."""
    with path.open("ab") as handle:
        os.posix_fallocate(handle.fileno(), 0, size)


def reserve(file: h5py.File, name: str, rows: int, hidden: int, dtype: str = "f2") -> None:
    """Make a dataset whose chunks have their place from the start.

    Later writes then touch data only, so a kill in the middle of one leaves a file that can be opened and gone on with.
    """
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    layout.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    # The last chunk takes its whole place on the disk, so there are as many as leave least of it empty.
    most = max(1, -(-rows * 2 * hidden // CHUNK_BYTES))
    chunks = min(range(most, 2 * most + 1), key=lambda number: -(-rows // number) * number - rows)
    layout.set_chunk((max(1, -(-rows // chunks)), hidden))
    space = h5py.h5s.create_simple((rows, hidden))
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    kind = h5py.h5t.py_create(np.dtype(dtype))
    h5py.h5d.create(file.id, name.encode(), kind, space, dcpl=layout, lcpl=links)
