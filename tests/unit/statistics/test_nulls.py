import numpy as np
import pytest

from isogloss.statistics.jackknife import blocks_of, interval
from isogloss.statistics.nulls import bootstrap_means, permutations, resamples


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
