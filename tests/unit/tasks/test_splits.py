import random

import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.tasks.splits import deal, near_duplicates


def slow_groups(texts, similarity):
    """Compare all pairs, spread labels until nothing changes."""
    sets = [{word.lower() for word in text if any(map(str.isalpha, word))} for text in texts]
    labels = list(range(len(texts)))
    changed = True
    while changed:
        changed = False
        for one in range(len(texts)):
            for other in range(one):
                union = sets[one] | sets[other]
                same = not union or len(sets[one] & sets[other]) / len(union) >= similarity
                if same and labels[one] != labels[other]:
                    labels[one] = labels[other] = min(labels[one], labels[other])
                    changed = True
    return labels


@pytest.mark.parametrize("similarity", [0.2, 1 / 3, 0.5, 0.6, 0.75, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_comparing_every_pair(similarity, seed):
    draw = random.Random(seed)
    texts = [draw.choices("abcdefghijkl1.", k=draw.randint(1, 6)) for _ in range(60)]
    assert near_duplicates(texts, similarity) == slow_groups(texts, similarity)


def test_marks_numbers_and_capitals_make_no_difference():
    texts = [["Cannot", "open", "file", "1", "."], ["cannot", "open", "file", "2"], ["something", "else"], ["3"], ["!"]]
    assert near_duplicates(texts, 1.0) == [0, 0, 2, 3, 3]


@pytest.fixture
def items():
    draw = random.Random(1)
    words = [f"w{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    texts = [draw.choices(words, k=4) for _ in range(400)]
    return pd.DataFrame({"text": texts, "label": draw.choices(["git", "tar"], k=400)})


def test_every_split_has_its_number_of_each_label_and_no_near_duplicate_of_another(items):
    sizes = {"test": 20, "validation": 5, "training": 30}
    dealt = deal(items, sizes, 0.6)
    assert dealt.groupby(["split", "label"]).size().to_dict() == {
        (split, label): size for split, size in sizes.items() for label in ("git", "tar")
    }
    for one in dealt.itertuples():
        for other in dealt.itertuples():
            if one.split != other.split:
                shared = set(one.text) & set(other.text)
                assert len(shared) / len(set(one.text) | set(other.text)) < 0.6


def test_too_few_items_are_refused_with_the_label_and_the_numbers():
    with pytest.raises(IsoglossError, match=r"too few items of 'tar': 3, of which 2 differ enough.*lacks 1"):
        deal(pd.DataFrame({"text": [["a", "b"], ["a", "b"], ["c"]], "label": "tar"}), {"test": 2, "training": 2}, 1.0)
