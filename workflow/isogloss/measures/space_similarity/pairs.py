"""The similarity of two spaces by one measure, from two matrices of the same items."""

import numpy as np

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity import matching, organisation
from isogloss.measures.space_similarity.spaces import Space, checked
from isogloss.statistics.cka import linear_cka, scaled

# What each measure asks.
QUESTIONS = {
    "retrieval": "coinciding",
    "mutual_retrieval": "coinciding",
    "strong_retrieval": "coinciding",
    "neuron_correlation": "organised alike",
    "neighbour_overlap": "organised alike",
    "cka": "organised alike",
    "cka_debiased": "organised alike",
    "procrustes": "organised alike",
}
# These compare dimension by dimension.
ONE_SPACE = ("retrieval", "mutual_retrieval", "strong_retrieval", "neuron_correlation")


def similarity(
    one: np.ndarray,
    two: np.ndarray,
    measure: str,
    *,
    centred: bool = False,
    neighbours: int = 10,
    names: tuple[str, str] = ("the first matrix", "the second matrix"),
) -> float:
    """Compare the spaces of two sets of vectors of the same items.

    Parameters
    ----------
    one, two
        ``[n, d1]`` and ``[n, d2]``: row i of both is the same item, a sentence and its translation for instance.
    measure
        A key of ``QUESTIONS``. Retrieval is from the first to the second.
    centred
        Take each side's mean off first. CKA, neuron correlation and Procrustes centre in any case.
    neighbours
        k of ``neighbour_overlap``.
    names
        What messages call the two.

    Raises
    ------
    IsoglossError
        If the numbers of items differ, a matrix has no such measure, or there are too few items.
    """
    x, y = (scaled(checked(side, name)) for side, name in zip((one, two), names, strict=True))
    if len(x) != len(y):
        raise IsoglossError(
            f"{names[0]} has {len(x):,} items and {names[1]} {len(y):,}; the same items were expected, a row each."
        )
    if measure in ONE_SPACE and x.shape[1] != y.shape[1]:
        raise IsoglossError(
            f"{names[0]} has {x.shape[1]:,} dimensions and {names[1]} {y.shape[1]:,}; {measure} compares vectors of "
            "one model, with the same dimensions."
        )
    if measure in ("cka", "cka_debiased"):
        return linear_cka(x, y, debiased=measure == "cka_debiased")
    if measure == "neuron_correlation":
        return organisation.neuron_correlation(organisation.Neurons(x), organisation.Neurons(y))[0]
    if measure == "procrustes":
        return share(matching.retrieval(matching.procrustes(*map(matching.Halves.of, (x, y)))))
    spaces = [Space(side, centred, neighbours) for side in (x, y)]
    if measure == "neighbour_overlap":
        return float(organisation.neighbour_overlap(*spaces).mean())
    cosines = spaces[0].unit @ spaces[1].unit.T
    if measure == "mutual_retrieval":
        return share(matching.mutual_retrieval(cosines))
    if measure == "strong_retrieval":
        return share(matching.strong_retrieval(cosines, spaces[0].rivals))
    return share(matching.retrieval(cosines))


def share(partners: np.ndarray) -> float:
    """Give the share of items that are matched with their translation."""
    return float(matching.right(partners).mean())
