"""Concept cards as the page holds them: as many concepts of each layer as the page's size allows."""

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from isogloss.files import read_arrow
from isogloss.report.blocks import block

# Of the page's 15 MB; and what one card takes of it at most, compressed.
BUDGET = 8_000_000
CARD = 60
PAIR = ("corpus", "source", "target")
NAMES = ("model", "checkpoint", *PAIR, "kind")


class Numbers(dict):
    """Number things in the order in which they are first asked for."""

    def __missing__(self, key: Any) -> int:
        """Give a new thing the next number."""
        self[key] = len(self)
        return self[key]


def embed_cards(paths: Iterable[str | Path], controls: set[str]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Choose concepts of every file, and compress them.

    Parameters
    ----------
    paths
        Files of :func:`isogloss.report.browser.cards.write_cards`.
    controls
        Models with random weights.

    Returns
    -------
    index : list of dict
        One entry a file: what it is of, the names of its blocks (its ``cards``, and the pair's ``words``), its
        ``layers``, and how many concepts it ``shown`` of how many (``whole``).
    blocks : dict
        The compressed data by name.
    """
    named = sorted((tuple(identity(path)), str(path)) for path in paths)
    sides = sum(2 * len(set(read_arrow(path, columns=["layer"])["layer"].to_pylist())) for _, path in named)
    most = BUDGET // (CARD * sides) if sides else 0
    index, blocks = [], {}
    by_pair = sorted(named, key=lambda one: one[0][2:5])
    for number, (_, group) in enumerate(groupby(by_pair, key=lambda one: one[0][2:5])):
        words, contexts = Numbers(), Numbers()
        for place, (names, path) in enumerate(group):
            table = read_arrow(path)
            kept = table.take(choose(table, most)) if most < largest(table) else table
            cards: dict[str, Any] = {}
            for row in kept.to_pylist():
                sides_of = cards.setdefault(str(row["layer"]), {"source": [], "target": []})
                sides_of[row["side"]].append(packed(row, words, contexts))
            name = f"cards-{number}-{place}"
            blocks[name] = block(json.dumps(cards, separators=(",", ":")).encode())
            index.append(
                {
                    **dict(zip(NAMES, names, strict=True)),
                    "cards": name,
                    "words": f"words-{number}",
                    "layers": sorted(map(int, cards)),
                    "shown": len(kept),
                    "whole": len(table),
                    "control": names[0] in controls,
                }
            )
        text = {"words": list(words), "contexts": list(contexts)}
        blocks[f"words-{number}"] = block(json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode())
    return index, blocks


def identity(path: str | Path) -> list[str]:
    """Read what a file of cards is of."""
    first = read_arrow(path, columns=list(NAMES)).slice(0, 1)
    return [str(first[name][0].as_py()) for name in NAMES]


def largest(table: pa.Table) -> int:
    """Count the concepts of the layer and language that has most."""
    return max(table.group_by(["layer", "side"]).aggregate([([], "count_all")])["count_all"].to_pylist(), default=0)


def choose(table: pa.Table, most: int) -> np.ndarray:
    """Choose up to ``most`` concepts of each layer and language: those of the same words in every layer.

    Source words are taken from the most to the least frequent, evenly; in each layer a concept is kept that holds one
    of them, and with it the target concept that it goes with. So a word that is found can be followed, and what does
    not align is seen as well as what does.
    """
    layer, source = table["layer"].to_numpy(), pc.equal(table["side"], "source").to_numpy()
    lists = table["words"].combine_chunks()
    words = lists.flatten().dictionary_encode().indices.to_numpy()
    counts = table["counts"].combine_chunks().flatten().to_numpy()
    row = np.repeat(np.arange(len(table)), pc.list_value_length(lists).to_numpy())
    mine = source[row]
    words, counts, row = words[mine], counts[mine], row[mine]
    frequent = np.argsort(-np.bincount(words, counts), kind="stable")
    frequent = frequent[: len(np.unique(words))]
    turn = np.full(len(frequent) and frequent.max() + 1, -1)
    taken = frequent[np.linspace(0, len(frequent) - 1, min(len(frequent), 3 * most)).astype(int)]
    # Coarse to fine, so that fewer concepts still range over all frequencies.
    order = np.argsort([bit_reversed(place) for place in range(len(taken))], kind="stable")
    turn[taken[order]] = np.arange(len(taken))
    wanted = np.flatnonzero(turn[words] >= 0)
    wanted = wanted[np.lexsort((-counts[wanted], turn[words[wanted]], layer[row[wanted]]))]
    first_targets = table["targets"].to_pylist()
    cluster = table["cluster"].to_numpy()
    place_of = {key: place for place, key in enumerate(zip(layer[~source], cluster[~source], strict=True))}
    target_rows = np.flatnonzero(~source)
    kept: list[int] = []
    for each in np.unique(layer):
        rows = list(dict.fromkeys(row[wanted][layer[row[wanted]] == each].tolist()))[:most]
        goes = dict.fromkeys(place_of.get((each, targets[0]), -1) for r in rows if (targets := first_targets[r]))
        kept += rows + [int(target_rows[place]) for place in goes if place >= 0]
    return np.array(sorted(kept))


def bit_reversed(number: int) -> int:
    """Turn the bits of a number around: 0, 1, 2, 3 become far apart."""
    return int(f"{number:016b}"[::-1], 2)


def packed(row: dict[str, Any], words: Numbers, contexts: Numbers) -> list[Any]:
    """Write a card in few bytes: what the page's ``concepts.js`` unpacks."""
    return [
        row["cluster"],
        row["types"],
        row["tokens"],
        [number for pair in zip(map(words.__getitem__, row["words"]), row["counts"], strict=True) for number in pair],
        round(1000 * row["x"]),
        round(1000 * row["y"]),
        row["targets"],
        int(row["aligned"]),
        round(100 * row["coverage"]),
        [words[word] for pair in zip(row["matched_source"], row["matched_target"], strict=True) for word in pair],
        [contexts[context] for context in zip(row["before"], row["word"], row["after"], strict=True)],
    ]
