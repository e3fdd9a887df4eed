"""Batches of sequences of unlike length, with little padding."""

from collections.abc import Mapping


def batch_by_length(lengths: Mapping[int, int], token_budget: int) -> list[list[int]]:
    """Group sequences of like length, the longest first: too little memory shows at once.

    Parameters
    ----------
    lengths
        Subwords of each sequence.
    token_budget
        Most subwords of a batch, padding included; a longer sequence stands alone.
    """
    batches: list[list[int]] = []
    for key in sorted(lengths, key=lambda key: (-lengths[key], key)):
        # Sorted by length, so the first of a batch is its longest.
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= token_budget:
            batches[-1].append(key)
        else:
            batches.append([key])
    return batches
