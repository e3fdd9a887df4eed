"""Impact: how far fine-tuning on one language moved the space of each language (Philippy et al. 2023, section 3.2).

Impact of source S on target T in a layer is 1 − CKA(H_T, H_ST): T's sentence vectors from the pretrained model against
those from the model that was tuned on S.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import write_csv, write_parquet
from isogloss.states.sentence_vectors import open_vectors
from isogloss.statistics.cka import Representation, compare
from isogloss.statistics.jackknife import replicates_of


def write_impact(
    *,
    pretrained: str | Path,
    tuned: str | Path,
    source: str,
    attributes: Mapping[str, Any],
    output: str | Path,
    replicates_output: str | Path,
) -> None:
    """Measure the impact of one fine-tuning on every language, layer and pooling.

    Parameters
    ----------
    pretrained, tuned
        HDF5 files of sentence vectors of the same test items, see :mod:`isogloss.states.sentence_vectors`.
    source
        The language that the tuned model was tuned on.
    attributes
        First columns of the table.
    output
        CSV: ``source``, ``target``, ``layer``, ``pooling``, ``impact`` with ``low`` and ``high`` (95 %, jackknife over
        blocks of items), ``impact_debiased`` with its own, ``null_mean`` (impact if the tuned vectors belonged to other
        items: what full destruction looks like), ``n`` items, and ``reason`` where there is no value.
    replicates_output
        Parquet: the attributes, ``target``, ``layer``, ``pooling`` and ``replicates``: the impact of all items, then
        without each block of them, see :mod:`isogloss.statistics.jackknife`; of values that are there.

    Raises
    ------
    IsoglossError
        If the two files hold other languages, layers or items.
    """
    rows = []
    with open_vectors(pretrained, True) as base, open_vectors(tuned, True) as moved:
        for target in sorted(moved):
            for pooling in sorted(moved[target]):
                for layer in sorted(moved[target][pooling], key=int):
                    place = f"{target}/{pooling}/{layer}"
                    if place not in base:
                        raise IsoglossError(f"{pretrained} has no vectors {place}, which {tuned} has. Delete it.")
                    row = {"source": source, "target": target, "layer": int(layer), "pooling": pooling}
                    rows.append({**row, **measure(base[place][:], moved[place][:])})
    table = pd.DataFrame(rows)
    known = table[table.impact.notna()][["target", "layer", "pooling", "replicates"]]
    write_csv(table.drop(columns="replicates"), output, attributes)
    write_parquet(known.assign(**attributes), replicates_output)


def measure(base: np.ndarray, moved: np.ndarray) -> dict[str, Any]:
    """Give the impact of one cell; empty values with a reason where there is none."""
    try:
        found = compare(Representation(base), Representation(moved))
    except IsoglossError as error:
        names = ("impact", "low", "high", "impact_debiased", "debiased_low", "debiased_high", "null_mean")
        return {**dict.fromkeys(names, np.nan), "n": len(moved), "reason": str(error), "replicates": None}
    # What is the same item for item has no impact at all; the last bit of the quotient must not say otherwise.
    same = base.shape == moved.shape and np.array_equal(base, moved)
    return {
        "impact": 0.0 if same else 1 - found.cka,
        "low": 0.0 if same else 1 - found.high,
        "high": 0.0 if same else 1 - found.low,
        "impact_debiased": 0.0 if same else 1 - found.debiased,
        "debiased_low": 0.0 if same else 1 - found.debiased_high,
        "debiased_high": 0.0 if same else 1 - found.debiased_low,
        "null_mean": 1 - found.null_mean,
        "n": found.n,
        "reason": "",
        "replicates": (1 - replicates_of(found.cka, found.without[0])) * (not same),
    }
