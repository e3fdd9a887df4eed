"""Pickled weights, turned into safetensors by a reader that takes tensors only."""

import pickle
from collections.abc import Iterable
from pathlib import Path
from zipfile import is_zipfile

import torch
from huggingface_hub import save_torch_state_dict

from isogloss.errors import IsoglossError
from isogloss.files import disk_error


def to_safetensors(files: Iterable[str | Path], folder: str | Path) -> None:
    """Write the tensors of ``pytorch_model*.bin`` as ``model.safetensors``, in shards with a list above 5 GB.

    Of tensors that are one and the same in memory (tied embeddings) the first is written; the loader ties the others.

    Raises
    ------
    IsoglossError
        If a file holds anything but tensors, or the disk is full.
    """
    tensors: dict[str, torch.Tensor] = {}
    for file in map(Path, files):
        tensors |= read_tensors(file)
    try:
        save_torch_state_dict(distinct(tensors), folder)
    except OSError as error:
        raise disk_error(error, folder) from error


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """Read a pickled file with torch's restricted reader, which runs no code."""
    try:
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=is_zipfile(file))
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise IsoglossError(
            f"{file.name} is not turned into safetensors: it holds more than tensors, or is damaged, and reading it "
            "in full could run code. Take weights that are safetensors."
        ) from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise IsoglossError(f"{file.name} is not turned into safetensors: it is no list of tensors by name.")
    return found


def distinct(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Keep the first of tensors that are the same; give those that overlap otherwise their own memory."""
    kept: dict[str, torch.Tensor] = {}
    seen: dict[int, set[tuple]] = {}
    for name, tensor in tensors.items():
        views = seen.setdefault(tensor.untyped_storage().data_ptr(), set())
        view = (tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        if view in views:
            continue
        kept[name] = tensor.clone() if views else tensor
        views.add(view)
    return kept
