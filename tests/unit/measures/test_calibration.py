"""p-values in worlds where concepts know nothing of meaning, and in one where they do; more of them: benchmarks."""

import numpy as np
import pytest
from benchmarks.concept_worlds import WORLDS, best_layer_p, by_meaning, calign_p, colap_p
from scipy import stats

COUNT, DRAWS = 200, 99  # by so few draws p is as valid, and as often at most 0.05


def holds(p):
    """Tell whether p is at most 0.05 in about 5 % of the worlds, and small p are not rare because all are 1.

    A score that takes few values makes p coarse, and small ones rarer than 5 %.
    """
    few = np.mean(p <= 0.05) <= stats.binom.ppf(0.999, len(p), 0.05) / len(p)
    return few and 0.3 < p.mean() < 0.8 and np.mean(p <= 0.4) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("world", sorted(WORLDS))
@pytest.mark.parametrize(("concepts", "match"), [(21, 0.7), (49, 0.6), (98, 0.5), (98, 0.7)])
def test_calign_of_concepts_without_meaning(world, concepts, match):
    p = np.array([calign_p(seed, WORLDS[world], concepts, match, DRAWS) for seed in range(COUNT)])
    assert holds(p)


@pytest.mark.slow
@pytest.mark.parametrize("world", sorted(WORLDS))
@pytest.mark.parametrize(("concepts", "match"), [(21, 0.5), (49, 0.4), (98, 0.3)])
def test_translated_overlap_of_concepts_without_meaning(world, concepts, match):
    p = np.array([colap_p(seed, WORLDS[world], concepts, match, DRAWS) for seed in range(COUNT)])
    assert holds(p)


@pytest.mark.slow
@pytest.mark.parametrize("world", sorted(WORLDS))
def test_the_best_layer_of_concepts_without_meaning(world):
    p = np.array([best_layer_p(seed, WORLDS[world], 49, 0.6, DRAWS, layers=3) for seed in range(COUNT)])
    assert holds(p)


@pytest.mark.parametrize("world", sorted(WORLDS))
@pytest.mark.parametrize("p_value", [calign_p, colap_p])
def test_a_few_worlds_without_meaning(world, p_value):
    p = np.array([p_value(seed, WORLDS[world], 21, 0.6, DRAWS) for seed in range(20)])
    assert np.sum(p <= 0.05) <= stats.binom.ppf(0.999, len(p), 0.05)


@pytest.mark.parametrize("concepts", [21, 49])
@pytest.mark.parametrize("p_value", [calign_p, colap_p, best_layer_p])
def test_meaning_is_found(p_value, concepts):
    assert max(p_value(seed, by_meaning, concepts, 0.6) for seed in range(5)) <= 0.01
