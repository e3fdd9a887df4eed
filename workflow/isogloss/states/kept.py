"""What a finished store holds beside its words' vectors of some layers, readable without opening it.

A list of layers that is cut in the config makes no new stores: the vectors wanted are all there. Nor does a measure
that is no longer asked for. So each store has a small file beside it, light enough to be read whenever the
Snakefile is.
"""

import json
from pathlib import Path
from typing import Any


def note_of(store: str | Path) -> Path:
    """Name the file that lists what a store holds."""
    return Path(store).with_suffix(".layers.json")


def note_kept(store: str | Path, layers: list[int], retrieval: dict[str, Any] | None) -> None:
    """Write down which layers a store holds, and which sentences for retrieval."""
    note_of(store).write_text(json.dumps({"layers": layers, "retrieval": retrieval}), encoding="utf-8")


def kept(
    store: str | Path, layers: list[int], depth: int, retrieval: dict[str, Any] | None
) -> tuple[list[int], dict[str, Any] | None]:
    """Give what to ask of a store: what it holds if that is enough, else what is wanted.

    Parameters
    ----------
    store
        The store's place; it need not exist.
    layers
        The layers that the config asks for.
    depth
        The model's deepest layer; a note that lists deeper ones is of another model.
    retrieval
        How the sentences are drawn whose vectors retrieval needs; None where it is not asked for.
    """
    try:
        note = json.loads(note_of(store).read_text(encoding="utf-8"))
        held, drawn = [int(layer) for layer in note["layers"]], note["retrieval"]
    except (OSError, ValueError, TypeError, KeyError):
        return layers, retrieval
    enough = set(layers) <= set(held) and max(held) <= depth
    return held if enough else layers, drawn if retrieval is None else retrieval
