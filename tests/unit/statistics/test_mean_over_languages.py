"""Means over languages: their intervals hold the truth as often as they say, whichever languages are drawn."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from benchmarks.language_worlds import LANGUAGES, held
from scipy import stats

from isogloss.statistics.languages import mean_over_languages


@pytest.mark.parametrize(("between", "within"), [(0.1, 0.02), (0, 0.1)])
def test_the_interval_holds_the_mean_of_all_languages(between, within):
    rng = np.random.default_rng(3)
    share = np.mean([held(rng, between, within) for _ in range(200)])
    # Without effects of languages it is too wide, never too narrow.
    assert 0.91 <= share <= (0.99 if between else 1)


@pytest.mark.parametrize(("between", "within"), [(0.1, 0.02), (0, 0.1)])
def test_with_one_source_the_targets_are_what_is_drawn(between, within):
    rng = np.random.default_rng(4)
    pairs = list(product(["en"], LANGUAGES))
    held = []
    for _ in range(200):
        effects = rng.normal(0.3, between, len(LANGUAGES))
        rows = pd.DataFrame(pairs, columns=["source", "target"])
        one = mean_over_languages(rows.source, rows.target, pd.Series(effects + rng.normal(0, within, len(effects))))
        held.append(one.low <= 0.3 <= one.high)
    assert 0.91 <= np.mean(held) <= 0.99


def test_it_is_students_interval_of_the_targets_and_is_cut_to_what_is_possible():
    value = pd.Series([0.9, 1.0, 1.0, 0.8])
    names = pd.Series(["de", "es", "ru", "zh"])
    one = mean_over_languages(pd.Series(["en"] * 4), names, value)
    assert (one.low, one.high) == pytest.approx(stats.t.interval(0.95, 3, value.mean(), stats.sem(value)))
    cut = mean_over_languages(pd.Series(["en"] * 4), names, value, 0, 1)
    assert (cut.low, cut.high) == (one.low, 1)


def test_two_languages_tell_nothing_of_others():
    one = mean_over_languages(pd.Series(["en", "en"]), pd.Series(["de", "ru"]), pd.Series([0.2, 0.4]))
    assert one.value == pytest.approx(0.3)
    assert np.isnan(one.low)
    assert np.isnan(one.high)
