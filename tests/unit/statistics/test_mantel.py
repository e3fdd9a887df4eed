from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from isogloss.errors import IsoglossError
from isogloss.statistics.mantel import LEVEL, benjamini_hochberg, correlate, correlate_many, mantel


def everyone(languages):
    return np.ones(languages, dtype=bool)


def literal(x, y, sources, method="pearson"):
    """Every permutation in turn, pair by pair; values are ranked in their own matrix."""
    size = len(x)
    rows = [i for i in range(size) if sources[i]]
    pairs = [(i, j) for i in rows for j in range(size) if i != j]
    sides = []
    for matrix in (x, y):
        known = [pair for pair in pairs if np.isfinite(matrix[pair])]
        numbers = [matrix[pair] for pair in known]
        sides.append(dict(zip(known, stats.rankdata(numbers) if method == "spearman" else numbers, strict=True)))
    others = [i for i in range(size) if not sources[i]]
    found = []
    for one in permutations(rows):
        for two in permutations(others):
            to = dict(zip(rows + others, one + two, strict=True))
            both = [(sides[0].get((to[i], to[j])), sides[1].get((i, j))) for i, j in pairs]
            both = np.array([pair for pair in both if None not in pair])
            usable = len(both) >= 3 and np.ptp(both[:, 0]) > 0 and np.ptp(both[:, 1]) > 0
            found.append(np.corrcoef(both.T)[0, 1] if usable else np.inf)
    return found[0], np.mean(np.abs(found) >= np.abs(found[0]) - 1e-10)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
@pytest.mark.parametrize("sources", ["1111", "11111", "10000", "11100", "110000"])
def test_few_languages_are_permuted_exactly(sources, method):
    rng = np.random.default_rng(len(sources))
    size = len(sources)
    mask = np.array(list(sources)) == "1"
    x, y = rng.normal(size=(2, size, size)).round(1)
    assert mantel(x, y, mask, 9999, 1, method) == pytest.approx(literal(x, y, mask, method), abs=1e-12)
    assert mantel(x, y, mask, 9999, 1) == mantel(x, y, mask, 9999, 2)


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_missing_pairs_drop_out_of_the_draws(method):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 5, 5))
    x[0, 2] = x[3, 1] = y[4, 0] = np.nan
    assert mantel(x, y, everyone(5), 120, 1, method) == pytest.approx(literal(x, y, everyone(5), method), abs=1e-12)
    # So few are left that some draws have no correlation: they count against the data.
    y[:2] = np.nan
    y[2:, 3:] = np.nan
    mask = np.array([False, False, True, True, True])
    assert mantel(x, y, mask, 120, 1, method) == pytest.approx(literal(x, y, mask, method), abs=1e-12)


def test_symmetric_matrices_have_the_classic_test():
    rng = np.random.default_rng(6)
    points = rng.normal(size=(2, 7, 3))
    points[1] += 0.7 * points[0]
    x, y = (np.linalg.norm(side[:, None] - side[None], axis=2) for side in points)
    upper = np.triu_indices(7, 1)
    draws = [np.corrcoef(x[np.ix_(to, to)][upper], y[upper])[0, 1] for to in map(list, permutations(range(7)))]
    p = np.mean(np.abs(draws) >= abs(draws[0]) - 1e-10)
    assert mantel(x, y, everyone(7), 5040, 0) == pytest.approx((draws[0], p))
    # Drawn, not enumerated: within the error of drawing.
    assert mantel(x, y, everyone(7), 5039, 0)[1] == pytest.approx(p, abs=5 * np.sqrt(p * (1 - p) / 5039))


def test_a_planted_relation_is_found():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(15, 15))
    y = -0.5 * x + rng.normal(size=(15, 15))
    for method in ("pearson", "spearman"):
        found = correlate(x, y, everyone(15), 999, 0, method)
        assert found["p_mantel"] == 0.001
        assert found["low"] < found["r"] < found["high"] < 0
        assert (found["n"], found["languages"], found["reason"]) == (210, 15, "")
    assert found["r"] == pytest.approx(stats.spearmanr(x[~np.eye(15, dtype=bool)], y[~np.eye(15, dtype=bool)])[0])


def with_language_effects(rng, languages):
    """Values of pairs that are mostly the sum of one value a language."""
    source, target = rng.normal(size=(2, languages))
    shared = rng.normal(size=languages)
    return (source + shared)[:, None] + (target + shared) + 0.5 * rng.normal(size=(languages, languages))


@pytest.mark.parametrize("sources", [12, 3, 1])
def test_false_positives(sources):
    rng = np.random.default_rng(sources)
    mask = np.arange(12) < sources
    found = []
    for draw in range(200):
        x, y = with_language_effects(rng, 12), with_language_effects(rng, 12)
        found.append(correlate(x, y, mask, 199, draw))
    p = np.array([one["p_mantel"] for one in found])
    low, high = stats.binom.interval(0.999, 200, 0.05)
    assert low <= (p <= 0.05).sum() <= high
    # Uniform, not only at 5 %.
    assert stats.kstest(p, "uniform").pvalue > 0.001
    covered = np.mean([one["low"] <= 0 <= one["high"] for one in found])
    if sources == 12:
        ordinary = np.array([one["p_ordinary"] for one in found])
        assert (ordinary <= 0.05).sum() > 2 * high
        assert covered > 0.88
    if sources == 1:
        assert covered > 0.88


def test_intervals_leave_out_languages():
    rng = np.random.default_rng(8)
    x, y = with_language_effects(rng, 6), with_language_effects(rng, 6)
    off = ~np.eye(6, dtype=bool)
    z = []
    for language in range(6):
        left = off.copy()
        left[language] = left[:, language] = False
        z.append(np.arctanh(stats.spearmanr(x[left], y[left])[0]))
    half = stats.t.ppf(0.975, 5) * np.sqrt(5 / 6 * np.square(np.array(z) - np.mean(z)).sum())
    centre = np.arctanh(stats.spearmanr(x[off], y[off])[0])
    found = correlate(x, y, everyone(6), 99, 0, "spearman")
    assert [found["low"], found["high"]] == pytest.approx(np.tanh([centre - half, centre + half]))


def test_too_little_has_a_reason():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(2, 6, 6))
    off = ~np.eye(6, dtype=bool)

    def reason(x, y, sources=None):
        return correlate(x, y, everyone(len(x)) if sources is None else sources, 999, 0)

    three = reason(x[:3, :3], y[:3, :3])
    assert three["reason"] == "3 languages with both values; at least 4 are needed."
    assert np.isnan([three[key] for key in ("r", "low", "high", "p_ordinary", "p_mantel")]).all()
    assert (three["n"], three["languages"]) == (6, 3)
    assert reason(x[:4, :4], y[:4, :4], np.arange(4) == 0)["reason"].startswith("3 pairs of languages")
    assert reason(np.full((6, 6), np.nan), y)["reason"].startswith("0 pairs of languages")
    for constant in (reason(x, np.where(off, 0.1, x)), reason(np.where(off, 0.1, x), y)):
        assert constant["reason"] == "All 30 values of one side are the same."
        assert np.isnan(constant["r"])
    # 2 sources and 2 others: 4 permutations.
    four = reason(x[:4, :4], y[:4, :4], np.arange(4) < 2)
    assert four["reason"].startswith("p cannot fall below 0.25: only 4 permutations")
    assert np.isfinite(four["r"])
    assert np.isnan(four["p_mantel"])


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_a_p_is_told_only_where_a_perfect_relation_would_be_significant(method):
    x, told = np.random.default_rng(11).normal(size=(7, 7)), {}
    for size, sources in ((one, two) for one in range(3, 8) for two in range(1, one + 1)):
        few = x[:size, :size]
        p = correlate(few, few, np.arange(size) < sources, 199, 0, method)["p_mantel"]
        assert np.isnan(p) or p < LEVEL
        told[size, sources] = np.isfinite(p)
    # 24 permutations of the languages, 4 of two and two, 24 of the other four: with ranks two of these are as extreme.
    expected = {(4, 4): True, (4, 2): False, (5, 1): method == "pearson", (6, 1): True}
    assert {sizes: told[sizes] for sizes in expected} == expected
    # 19 draws and the data itself: p is 0.05 at least.
    assert np.isnan(correlate(x, x, everyone(7), 19, 0, method)["p_mantel"])


def test_many_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(10)
    x, ys = rng.normal(size=(8, 8)), rng.normal(size=(5, 8, 8))
    ys[1, 3] = ys[1, :, 3] = np.nan
    ys[2, 0, 5] = np.nan
    ys[3][~np.eye(8, dtype=bool)] = 2
    together = correlate_many(x, ys, everyone(8), 199, 3)
    for y, found in zip(ys, together, strict=True):
        alone = correlate(x, y, everyone(8), 199, 3)
        assert found.pop("reason") == alone.pop("reason")
        assert found == pytest.approx(alone, nan_ok=True)
    # A language without values is not there.
    kept = [0, 1, 2, 4, 5, 6, 7]
    assert together[1]["languages"] == 7
    less = correlate(x[np.ix_(kept, kept)], ys[1][np.ix_(kept, kept)], everyone(7), 199, 3)
    assert together[1]["p_mantel"] == less["p_mantel"]


def test_the_diagonal_is_left_out():
    rng = np.random.default_rng(11)
    x, y = rng.normal(size=(2, 6, 6))
    before = correlate(x, y, everyone(6), 99, 0)
    np.fill_diagonal(x, 100)
    np.fill_diagonal(y, -100)
    assert correlate(x, y, everyone(6), 99, 0) == before


def test_benjamini_hochberg_leaves_out_what_is_missing():
    assert benjamini_hochberg([0.01, np.nan, 0.04, 0.03]) == pytest.approx([0.03, np.nan, 0.04, 0.04], nan_ok=True)
    assert np.isnan(benjamini_hochberg([np.nan])).all()


def test_bad_arguments_are_refused():
    x = np.zeros((4, 4))
    with pytest.raises(IsoglossError, match="found 4 x 4 and 3 x 3 for 4 languages"):
        mantel(x, x[:3, :3], everyone(4), 9, 0)
    with pytest.raises(IsoglossError, match="no correlation 'kendall'"):
        mantel(x, x, everyone(4), 9, 0, "kendall")
    with pytest.raises(IsoglossError, match="at least one draw"):
        correlate(x, x, everyone(4), 0, 0)
