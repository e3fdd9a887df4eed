"""Changes of shares of concepts and of scores of items: pairs, intervals, tests, against slow or known ones."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from isogloss.concepts.pairing import pair_concepts
from isogloss.statistics.changes import pair_clusters, paired_change, paired_change_of_items
from isogloss.statistics.jackknife import blocks_of, shares_without


@pytest.mark.parametrize("counts", [(4, 4), (3, 5), (5, 3)])
def test_pairs_have_as_much_in_common_as_any_could(counts):
    rng = np.random.default_rng(sum(counts))
    for _ in range(20):
        before, after = (rng.integers(-1, count, 40) for count in counts)
        one, other = pair_clusters(before, after)
        # Every cluster once, whatever has no partner beside a -1.
        assert sorted(one[one >= 0]) == sorted(set(before) - {-1})
        assert sorted(other[other >= 0]) == sorted(set(after) - {-1})
        assert len(one) == max(counts)
        common = pd.crosstab(before, after).drop(index=-1).drop(columns=-1).to_numpy()
        common = common if counts[0] <= counts[1] else common.T
        best = max(
            common[range(len(common)), list(order)].sum() for order in permutations(range(max(counts)), min(counts))
        )
        assert sum(((before == a) & (after == b)).sum() for a, b in zip(one, other, strict=True) if a >= 0 <= b) == best


def test_concepts_are_paired_by_their_words_and_those_without_common_words_are_kept():
    words = pd.DataFrame({"language": ["a", "a", "b", "b"], "sentence": [0, 1, 0, 1], "position": 0})
    before = words.assign(cluster=[5, 5, 6, 7])
    # The last word is missing after, and another is new.
    after = words.assign(cluster=[1, 1, 0, 2], position=[0, 0, 0, 9]).sample(frac=1, random_state=0)
    pairs = zip(*pair_concepts(before, after), strict=True)
    assert sorted(pairs) == [(5, 1), (6, 0), (7, 2)]
    assert sorted(zip(*pair_concepts(before.iloc[:3], after), strict=True)) == [(-1, 2), (5, 1), (6, 0)]


def states(up, down, both, neither):
    """Pairs of concepts of which so many count after, before, both times, never; all could."""
    kinds = [[0, 1, 1, 1], [1, 1, 0, 1], [1, 1, 1, 1], [0, 1, 0, 1]]
    return np.repeat(np.array(kinds, dtype=bool), [up, down, both, neither], axis=0)


@pytest.mark.parametrize(("up", "down"), [(9, 3), (4, 0), (2, 8), (5, 5), (0, 0)])
def test_the_test_is_that_of_mcnemar(up, down):
    found = paired_change([states(up, down, 20, 60 - up - down)], 100, np.random.default_rng(1))
    assert found["change"] == pytest.approx((up - down) / 80)
    exact = stats.binomtest(up, up + down).pvalue if up + down else 1
    assert found["change_p"] == pytest.approx(exact, abs=0.01)


def test_the_interval_is_that_of_paired_shares_and_narrower_than_of_two_by_themselves():
    up, down, both, total = 40, 20, 200, 400
    found = paired_change([states(up, down, both, total - up - down - both)], 20_000, np.random.default_rng(1))
    half = 1.96 * np.sqrt((up + down - (up - down) ** 2 / total) / total**2)
    assert found["change_low"] == pytest.approx(0.05 - half, abs=0.004)
    assert found["change_high"] == pytest.approx(0.05 + half, abs=0.004)
    alone = 1.96 * np.sqrt(sum(p * (1 - p) / total for p in ((both + down) / total, (both + up) / total)))
    assert half < 0.6 * alone


def test_more_seeds_are_no_further_evidence():
    one = states(9, 3, 20, 48)
    alone, pooled = (paired_change([one] * seeds, 20_000, np.random.default_rng(1)) for seeds in (1, 4))
    for name, value in alone.items():
        assert pooled[name] == pytest.approx(value, abs=0.04), name


def test_a_concept_that_is_missing_or_cannot_count_is_in_no_share():
    # Before 1 of 2, after 1 of 3, one of which stands alone.
    pairs = np.array([[1, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]], dtype=bool)
    assert paired_change([pairs], 99, np.random.default_rng(0))["change"] == pytest.approx(1 / 3 - 1 / 2)
    for empty in ([], [np.zeros((3, 4), dtype=bool)], [np.array([[1, 1, 0, 0]], dtype=bool)]):
        assert np.isnan(list(paired_change(empty, 99, np.random.default_rng(0)).values())).all()


def replicates(values):
    """The means of columns ``[n, scores]`` of all items and without each block, and the blocks' sizes."""
    sizes = np.array([block.stop - block.start for block in blocks_of(len(values))])
    return np.column_stack([values.mean(0), shares_without(values)]), sizes


def test_the_change_of_a_mean_over_items_of_equal_blocks_is_the_paired_t_test_of_the_blocks():
    before, after = np.random.default_rng(0).normal(size=(2, 100, 3))
    (one, sizes), (other, _) = replicates(before), replicates(after)
    found = paired_change_of_items(one, other, sizes)
    blocks = [side.reshape(20, 5, 3).mean(1) for side in (after, before)]
    expected = stats.ttest_rel(*blocks)
    low, high = expected.confidence_interval()
    assert found["change"] == pytest.approx((after - before).mean(0))
    assert found["change_p"] == pytest.approx(expected.pvalue)
    assert (found["change_low"], found["change_high"]) == (pytest.approx(low), pytest.approx(high))


def test_nothing_that_changed_everything_that_changed_alike_and_too_few_items():
    before = np.random.default_rng(0).random(50) < 0.5
    (same, sizes), (all_, _), (none, _) = map(replicates, (before[:, None], np.ones((50, 1)), np.zeros((50, 1))))
    found = paired_change_of_items(same, same, sizes)
    assert [found[name][0] for name in ("change", "change_low", "change_high", "change_p")] == [0, 0, 0, 1]
    found = paired_change_of_items(none, all_, sizes)
    assert [found["change"][0], found["change_p"][0]] == [1, 2.0**-19]
    found = paired_change_of_items(none[:, :1], all_[:, :1], np.array([30]))
    assert found["change"][0] == 1
    assert np.isnan([found[name][0] for name in ("change_low", "change_high", "change_p")]).all()
