"""HDF5 files with checksums of everything in them, so that a damaged one is noticed, never read as something else.

A finished file ends in a seal: a list of its datasets with a checksum each, and a checksum of all bytes that are no
dataset's. The latter is looked at before HDF5 reads the file (damaged headers can make it crash, or never end), the
former whenever a dataset is read. HDF5's own checksums (``fletcher32``) do not cover its headers, and are of chunks,
which every batch would have to read and write anew.

The seal, from the end of the file: 8 bytes ``ISOGSEAL``; the length of what is before (8 bytes) and its CRC-32 (4
bytes), both little-endian; JSON.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from isogloss.errors import IsoglossError

MARK = b"ISOGSEAL"
END = 4 + 8 + len(MARK)
BLOCK = 1 << 20
AGAIN = "If a run made it, delete it and run the same command again."


class DamagedError(IsoglossError):
    """A file that does not hold what was written."""


def write_seal(path: Path) -> None:
    """Seal a finished file, which nobody writes to any more."""
    datasets: dict[str, list[Any]] = {}
    ranges: list[tuple[int, int]] = []

    def add(name: str, entry: h5py.Group | h5py.Dataset) -> None:
        if isinstance(entry, h5py.Dataset):
            datasets[name] = [list(entry.shape), entry.dtype.str, checksum(entry[:])]
            ranges.extend(places(entry))

    with h5py.File(path, "r", locking=False) as file:
        file.visititems(add)
        kind = str(file.attrs["format"])
    size = path.stat().st_size
    ranges.sort()
    rest = rest_of(path, size, ranges)
    facts = {"format": kind, "size": size, "datasets": datasets, "data": ranges, "rest": rest}
    body = json.dumps(facts).encode()
    with path.open("ab") as handle:
        handle.write(body + zlib.crc32(body).to_bytes(4, "little") + len(body).to_bytes(8, "little") + MARK)


def checksum(values: np.ndarray) -> int:
    """Give the CRC-32 of an array's bytes."""
    return zlib.crc32(np.ascontiguousarray(values).view(np.uint8).data) if values.size else 0


def places(dataset: h5py.Dataset) -> list[tuple[int, int]]:
    """List where a dataset's values stand in its file, as (first byte, number of bytes)."""
    if dataset.chunks is None:
        start = dataset.id.get_offset()
        return [] if start is None else [(start, dataset.id.get_storage_size())]
    found = [dataset.id.get_chunk_info(number) for number in range(dataset.id.get_num_chunks())]
    return [(chunk.byte_offset, chunk.size) for chunk in found]


def rest_of(path: Path, size: int, ranges: list[list[int]] | list[tuple[int, int]]) -> int:
    """Give the CRC-32 of a file's bytes that are no dataset's."""
    total = position = 0
    with path.open("rb") as handle:
        for start, length in [*ranges, (size, 0)]:
            handle.seek(position)
            while position < start:
                block = handle.read(min(BLOCK, start - position))
                if not block:
                    raise DamagedError("it ends too early")
                total, position = zlib.crc32(block, total), position + len(block)
            position = max(position, start + length)
    return total


def read_seal(path: Path) -> dict[str, Any] | None:
    """Read a file's seal; None where it has none."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        handle.seek(max(0, size - END))
        end = handle.read()
        length = int.from_bytes(end[4:12], "little")
        if len(end) < END or end[12:] != MARK or length > size - END:
            return None
        handle.seek(size - END - length)
        body = handle.read(length)
    if zlib.crc32(body) != int.from_bytes(end[:4], "little"):
        return None
    facts = json.loads(body)
    return facts if facts["size"] == size - END - length else None


class SealedData:
    """A dataset; read whole, and looked at against its checksum, wherever a part of it is asked for."""

    def __init__(self, file: h5py.File, name: str, shape: list[int], dtype: str, expected: int):
        self.file, self.name, self.shape, self.dtype, self.expected = file, name, tuple(shape), dtype, expected

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, part: Any) -> np.ndarray:
        try:
            values = self.file[self.name][:]
        except (OSError, RuntimeError) as error:
            raise broken(error) from error
        if (values.shape, values.dtype.str, checksum(values)) != (self.shape, self.dtype, self.expected):
            raise DamagedError(f"{self.name} is not what was written")
        return values[part]


class SealedFile(Mapping[str, Any]):
    """A finished file, or a group of one: names, and the groups and :class:`SealedData` under them.

    Made by :func:`open_sealed`.

    Attributes
    ----------
    attrs : dict
        The file's attributes.
    """

    def __init__(self, file: h5py.File, datasets: dict[str, list[Any]], group: str = ""):
        self.file, self.datasets, self.group, self.attrs = file, datasets, group, dict(file.attrs.items())
        inside = [name.removeprefix(group) for name in datasets if name.startswith(group)]
        self.names = list(dict.fromkeys(name.split("/")[0] for name in inside))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Any:
        whole = self.group + name
        if whole in self.datasets:
            return SealedData(self.file, whole, *self.datasets[whole])
        if not any(other.startswith(f"{whole}/") for other in self.datasets):
            raise KeyError(whole)
        return SealedFile(self.file, self.datasets, f"{whole}/")


@contextmanager
def open_sealed(path: str | Path, kind: str, what: str, put_aside: bool = False) -> Iterator[SealedFile]:
    """Open a finished file for reading.

    Parameters
    ----------
    path
        The file.
    kind
        Its ``format`` attribute.
    what
        What such a file is, for messages, such as ``activation store``.
    put_aside
        Rename a damaged one, now or when the damage is found, so that the workflow finds it missing and makes it again.

    Raises
    ------
    IsoglossError
        If the file is missing, unfinished, damaged, or something else.
    """
    path = Path(path)
    if not path.is_file():
        raise IsoglossError(f"There is no {what} {path}.")
    try:
        facts = read_seal(path)
        if facts is None:
            raise DamagedError("it does not end as a finished one does")
        if facts["format"] != kind:
            raise IsoglossError(f"{path} is a file of Isogloss, but no {what}: it is {facts['format']}.")
        if rest_of(path, facts["size"], facts["data"]) != facts["rest"]:
            raise DamagedError("its headers are not what was written")
        try:
            # Finished files never change, so readers need no lock: some cluster file systems have none.
            file = h5py.File(path, "r", locking=False)
        except (OSError, RuntimeError) as error:
            raise broken(error) from error
        with file:
            yield SealedFile(file, facts["datasets"])
    except DamagedError as error:
        cure = AGAIN
        if put_aside:
            path.replace(damaged_name(path))
            cure = f"It is {damaged_name(path).name} now; run the same command again, which makes it anew."
        raise IsoglossError(
            f"{path} is not a readable {what}: damaged, cut off, or unfinished ({error}). {cure}"
        ) from error


def broken(error: Exception) -> IsoglossError:
    """Say what HDF5 complained of: of the file itself, or of a system that could not read it."""
    text = " ".join(str(error).split())
    return IsoglossError(f"The system could not read a file: {text}") if "errno = " in text else DamagedError(text)


def damaged_name(path: Path) -> Path:
    """Name the place where a damaged file is put aside."""
    return path.with_name(path.name + ".damaged")
