"""Splits into training, validation and test that share nothing, not even nearly the same texts."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pandas as pd

from isogloss.errors import IsoglossError


def near_duplicates(texts: Sequence[Sequence[str]], similarity: float) -> list[int]:
    """Group texts that are nearly the same, directly or through others.

    Two texts are when their sets of words (lower case, without marks and numbers) have a Jaccard index of at least
    ``similarity``. Texts without any word are the same text. Only pairs that share one of their rarest words are
    compared (Bayardo et al. 2007, "Scaling up all pairs similarity search", section 4), which finds all of them.

    Parameters
    ----------
    texts
        Each a sequence of words.
    similarity
        Above 0, at most 1.

    Returns
    -------
    list of int
        For each text the place of the first one of its group.
    """
    sets = [frozenset(word.lower() for word in text if any(map(str.isalpha, word))) for text in texts]
    counts = Counter(word for words in sets for word in words)
    first = list(range(len(sets)))

    def root(place: int) -> int:
        while first[place] != place:
            first[place] = first[first[place]]
            place = first[place]
        return place

    seen: dict[str, list[int]] = defaultdict(list)
    empty = [place for place, words in enumerate(sets) if not words]
    for place in empty:
        first[place] = empty[0]
    for place, words in enumerate(sets):
        rarest = sorted(words, key=lambda word: (counts[word], word))
        # Two sets that share less than this many words cannot be near enough, so one of the others is shared.
        least = -int(-similarity * len(words) // 1)
        for word in rarest[: len(words) - least + 1]:
            for other in seen[word]:
                shared = len(words & sets[other])
                if shared >= similarity * (len(words) + len(sets[other]) - shared):
                    low, high = sorted((root(place), root(other)))
                    first[high] = low
            seen[word].append(place)
    return [root(place) for place in range(len(sets))]


def deal(items: pd.DataFrame, sizes: Mapping[str, int], similarity: float) -> pd.DataFrame:
    """Deal items to splits so that each has as many of every label, and near duplicates are together or left out.

    Parameters
    ----------
    items
        ``text`` (words, which tell near duplicates) and ``label``, in the order in which they are dealt.
    sizes
        Items of each label by split; the first split is filled first.
    similarity
        See :func:`near_duplicates`.

    Returns
    -------
    DataFrame
        The items that were dealt, with ``split``, in the order they came.

    Raises
    ------
    IsoglossError
        If there are too few items of a label.
    """
    left = {(split, label): size for split, size in sizes.items() for label in items.label.unique()}
    groups = near_duplicates(list(items.text), similarity)
    home: dict[int, str] = {}
    splits = []
    for group, label in zip(groups, items.label, strict=True):
        if group not in home:
            home[group] = next((split for split in sizes if left[split, label]), "")
        split = home[group]
        if split and left[split, label]:
            left[split, label] -= 1
            splits.append(split)
        else:
            splits.append("")
    for (split, label), lacking in left.items():
        if lacking:
            of_label = [group for group, name in zip(groups, items.label, strict=True) if name == label]
            raise IsoglossError(
                f"There are too few items of '{label}': {len(of_label):,}, of which {len(set(of_label)):,} differ "
                f"enough, and the {split} split lacks {lacking:,}. Ask for fewer, or leave out that label."
            )
    return items.assign(split=splits)[[bool(split) for split in splits]].reset_index(drop=True)
