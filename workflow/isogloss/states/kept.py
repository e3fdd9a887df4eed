"""What a finished store holds beside its words' vectors of some layers, readable without opening it.

A list of layers that is cut in the config makes no new stores: the vectors wanted are all there. Nor does a measure
that is no longer asked for. So each store has a small file beside it, light enough to be read whenever the
Snakefile is.
"""

import json
from pathlib import Path


def note_of(store: str | Path) -> Path:
    """Name the file that lists what a store holds."""
    return Path(store).with_suffix(".layers.json")


def note_kept(store: str | Path, layers: list[int], draw: dict[str, int] | None) -> None:
    """Write down which layers a store holds, and how the sentences were drawn whose own vectors it holds."""
    note_of(store).write_text(json.dumps({"layers": layers, "draw": draw}), encoding="utf-8")


def kept(
    store: str | Path, layers: list[int], depth: int, draw: dict[str, int] | None
) -> tuple[list[int], dict[str, int] | None]:
    """Give what to ask of a store: what it holds if that is enough, else what is wanted.

    Parameters
    ----------
    store
        The store's place; it need not exist.
    layers
        The layers that the config asks for.
    depth
        The model's deepest layer; a note that lists deeper ones is of another model.
    draw
        How the sentences are drawn whose own vectors are wanted: ``seed`` and how many at ``most``; None for none.
    """
    try:
        note = json.loads(note_of(store).read_text(encoding="utf-8"))
        held, drawn = [int(layer) for layer in note["layers"]], note["draw"]
        # The first of a larger draw are those of a smaller one.
        drawn_enough = draw is None or (drawn and drawn["seed"] == draw["seed"] and drawn["most"] >= draw["most"])
    except (OSError, ValueError, TypeError, KeyError):
        return layers, draw
    enough = set(layers) <= set(held) and max(held) <= depth
    return held if enough else layers, drawn if drawn_enough else draw
