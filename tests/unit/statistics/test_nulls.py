import numpy as np
import pytest
from scipy import stats

from isogloss.statistics.jackknife import blocks_of, interval
from isogloss.statistics.nulls import (
    best_layer,
    bootstrap_means,
    bootstrap_share,
    null_summary,
    permutations,
    permute_words,
    pooled_share,
    resamples,
    strata,
)


@pytest.mark.parametrize("seed", range(5))
def test_strata_hold_every_word_once_and_only_words_about_as_frequent(seed):
    frequencies = np.minimum(np.random.default_rng(seed).zipf(1.3, 500), 3000) - 1
    groups = strata(frequencies)
    assert sorted(np.concatenate(groups)) == list(range(500))
    for group in groups:
        values = frequencies[group]
        assert values.max() <= 1.1 * values.min()
    # What may be kept apart is: rare words are exchanged with words exactly as frequent.
    for value in range(10):
        assert any(set(np.flatnonzero(frequencies == value)) <= set(group.tolist()) for group in groups)


def test_thin_strata_are_merged_with_near_neighbours_only():
    groups = strata(np.array([20, 20, 21, 22, 40, 41, 100, 0, 1]))
    assert [group.tolist() for group in groups] == [[7], [8], [0, 1, 2, 3], [4, 5], [6]]


def test_permutations_stay_within_their_groups():
    frequencies = np.array([3, 2, 2, 3, 50, 3])
    [orders] = permute_words(list("abcdef"), frequencies, 600, 1, held=600)
    for group in strata(frequencies):
        assert (np.sort(orders[:, group]) == group).all()
    # Every permutation of three comes up about as often.
    _, counts = np.unique(orders[:, frequencies == 3], axis=0, return_counts=True)
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 0.001


def test_permutations_go_by_words_and_seed_alone():
    def drawn(words, seed=1, held=5):
        return np.concatenate(list(permute_words(words, np.ones(len(words)), 5, seed, held)))

    words = [f"ä{i}" for i in range(20)]
    assert np.array_equal(drawn(words), drawn(words, held=2))
    assert not np.array_equal(drawn(words), drawn(words, seed=2))
    assert not np.array_equal(drawn(words), drawn([*words[1:], "ö"]))


def test_layers_are_permuted_alike():
    # In the second layer one word more is frequent; all others keep their order of random numbers.
    words, one = list("abcdefgh"), np.array([1, 1, 1, 1, 9, 9, 9, 9])
    other = np.array([1, 1, 1, 1, 9, 9, 9, 30])
    first, second = (next(permute_words(words, frequencies, 50, 1, held=50)) for frequencies in (one, other))
    assert np.array_equal(first[:, :4], second[:, :4])
    without = np.array([row[row != 7] for row in first[:, 4:]])
    assert np.array_equal(without, second[:, 4:7])


def test_a_score_among_its_draws():
    summary = null_summary(3, np.arange(5))
    assert summary["null_p"] == pytest.approx(3 / 6)
    assert summary["null_mean"] == 2
    assert null_summary(9, np.arange(5))["null_p"] == pytest.approx(1 / 6)
    assert null_summary(1, np.ones(99))["null_p"] == 1
    assert np.isnan(null_summary(np.nan, np.arange(5))["null_p"])


def test_the_best_layer_is_the_one_furthest_above_its_null():
    rng = np.random.default_rng(0)
    draws = rng.normal([[10.0], [0.0], [5.0]], [[3.0], [0.1], [0.0]], (3, 999))
    layer, standardised, p = best_layer(np.array([12.0, 0.6, 5.0]), draws)
    assert layer == 1
    assert 5 < standardised < 6.5
    assert p == pytest.approx(1 / 1000)


def test_the_best_of_many_layers_needs_more_than_any_layer():
    rng = np.random.default_rng(1)
    draws = rng.normal(0, 1, (13, 999))
    # 2 deviations are worth p = 0.023 in one layer, and 1 - (1 - 0.023)^13 = 0.26 in the best of 13.
    assert best_layer(np.r_[2.0, np.full(12, -1.0)], draws)[2] == pytest.approx(0.26, abs=0.05)


def test_the_best_layer_of_many_worlds_without_anything_is_about_uniform():
    p = []
    for seed in range(400):
        both = np.random.default_rng(seed).poisson([[0.2], [3], [40]], (3, 100))
        p.append(best_layer(both[:, 0], both[:, 1:])[2])
    assert stats.binom.ppf(0.001, 400, 0.05) <= np.sum(np.array(p) <= 0.05) <= stats.binom.ppf(0.999, 400, 0.05)


def test_saturated_layers_say_nothing():
    assert best_layer(np.array([5, 0]), np.array([[5] * 99, [0] * 99]))[1:] == (0, 1)


def test_seeds_are_pooled():
    rng = np.random.default_rng(0)
    share = pooled_share([2, 4], [10, 10], np.array([[1, 3], [1, 5]]), 0, rng)
    assert (share["value"], share["numerator"], share["denominator"]) == (0.3, 6, 20)
    assert (share["seeds"], share["seeds_low"], share["seeds_high"]) == (2, 0.2, 0.4)
    assert (share["null_mean"], share["null_p"]) == (0.25, pytest.approx(2 / 3))


def test_the_bootstrap_interval_is_the_binomial_one():
    interval = bootstrap_share(20, 40, 4000, np.random.default_rng(0))
    # The normal approximation: 0.5 ± 1.96 sqrt(0.25 / 40).
    assert interval["boot_low"] == pytest.approx(0.345, abs=0.03)
    assert interval["boot_high"] == pytest.approx(0.655, abs=0.03)
    assert bootstrap_share(40, 40, 100, np.random.default_rng(0)) == {"boot_low": 1, "boot_high": 1}
    assert np.isnan(bootstrap_share(0, 0, 100, np.random.default_rng(0))["boot_low"])


def test_permutations_are_orders_of_all():
    found = permutations(7, 2000, np.random.default_rng(0))
    assert (np.sort(found, axis=1) == np.arange(7)).all()
    # Every thing is everywhere equally often.
    assert np.abs(np.mean(found == np.arange(7), axis=0) - 1 / 7).max() < 0.03


def test_bootstrap_interval_is_that_of_a_mean():
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(3, 2, 400), rng.random(400) < 0.3], axis=1)
    low, high = bootstrap_means(values, resamples(400, 4000, rng))
    half = 1.96 * values.std(0) / 20
    assert low == pytest.approx(values.mean(0) - half, abs=0.02)
    assert high == pytest.approx(values.mean(0) + half, abs=0.02)


@pytest.mark.parametrize("n", [1, 39, 40, 107])
def test_blocks_are_all_items_in_order(n):
    blocks = blocks_of(n)
    assert len(blocks) == (20 if n >= 40 else 1)
    assert [item for block in blocks for item in range(n)[block]] == list(range(n))


def test_jackknife_of_a_mean_is_students():
    values = np.random.default_rng(1).normal(5, 3, 20)
    without = np.array([np.delete(values, i).mean() for i in range(20)])
    low, high = interval(values.mean(), without, np.ones(20), bounded=False)
    half = 2.0930240544 * values.std(ddof=1) / np.sqrt(20)
    assert [low, high] == pytest.approx([values.mean() - half, values.mean() + half])
    assert np.isnan(interval(1.0, np.array([1.0]), np.ones(1))).all()
