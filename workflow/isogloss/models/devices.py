"""Where numbers are computed, and in which precision."""

import torch

from isogloss.errors import IsoglossError


def choose_device(device: str) -> str:
    """Decide between ``cpu`` and ``cuda``.

    Parameters
    ----------
    device
        One of the two, or ``auto``: a GPU if there is one.

    Raises
    ------
    IsoglossError
        If a GPU is asked for and there is none.
    """
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise IsoglossError("The config says `device: cuda`, but torch finds no GPU here. Say `device: cpu` or `auto`.")
    return ("cuda" if found else "cpu") if device == "auto" else device


def choose_precision(precision: str, device: str) -> torch.dtype:
    """Decide in which numbers a model runs; ``auto`` is bfloat16 on a GPU and float32 on a CPU."""
    if precision == "auto":
        precision = "bfloat16" if device == "cuda" else "float32"
    return getattr(torch, precision)
