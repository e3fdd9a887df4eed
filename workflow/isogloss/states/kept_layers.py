"""Which layers a finished store holds, readable without opening it.

A list of layers that is cut in the config makes no new stores: the vectors wanted are all there. So each store has a
small file beside it, light enough to be read whenever the Snakefile is.
"""

import json
from pathlib import Path


def note_of(store: str | Path) -> Path:
    """Name the file that lists a store's layers."""
    return Path(store).with_suffix(".layers.json")


def note_layers(store: str | Path, layers: list[int]) -> None:
    """Write down which layers a store holds."""
    note_of(store).write_text(json.dumps(layers), encoding="utf-8")


def kept_layers(store: str | Path, wanted: list[int], depth: int) -> list[int]:
    """Give the layers to ask of a store: those that it holds if they are enough, else those wanted.

    Parameters
    ----------
    store
        The store's place; it need not exist.
    wanted
        The layers that the config asks for.
    depth
        The model's deepest layer; a note that lists deeper ones is of another model.
    """
    try:
        held = [int(layer) for layer in json.loads(note_of(store).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return wanted
    return held if set(wanted) <= set(held) and max(held) <= depth else wanted
