import numpy as np
import pytest
from benchmarks.family_trees import KINDS, plant
from scipy import optimize, stats

from isogloss.statistics.social_relations import social_relations


def everyone(languages):
    return np.ones(languages, dtype=bool)


def literal(x, y):
    """Restricted maximum likelihood with the covariance of pairs written out."""
    size = len(x)
    pairs = np.argwhere(~np.eye(size, dtype=bool))
    design = np.column_stack([x[tuple(pairs.T)] / x[tuple(pairs.T)].std(), np.ones(len(pairs))])
    values = y[tuple(pairs.T)] / y[tuple(pairs.T)].std()
    same = [pairs[:, None, side] == pairs[None, :, side] for side in (0, 1)]
    turned = (pairs[:, None] == pairs[None, :, ::-1]).all(2)
    parts = [*same, (same[0] & same[1]) | turned, np.eye(len(pairs))]

    def solve(logs):
        inverse = np.linalg.inv(sum(np.exp(log) * part for log, part in zip(logs, parts, strict=True)))
        information = design.T @ inverse @ design
        slopes = np.linalg.solve(information, design.T @ inverse @ values)
        rest = values - design @ slopes
        loss = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(information)[1] + rest @ inverse @ rest
        return loss, slopes[0], slopes[0] / np.sqrt(np.linalg.inv(information)[0, 0])

    best = optimize.minimize(lambda logs: solve(logs)[0], np.log([0.3, 0.3, 0.2, 0.2]), method="BFGS").x
    return solve(best)[1:]


def planted(rng, size):
    """Effects of every kind, so that none is estimated as nothing."""
    source, target = rng.normal(size=(2, size))
    dyad = np.triu(rng.normal(size=(size, size)), 1)
    x = rng.normal(size=(size, size))
    return x, 0.4 * x + source[:, None] + target + dyad + dyad.T + 0.7 * rng.normal(size=(size, size))


def test_it_is_the_mixed_model_written_out():
    x, y = planted(np.random.default_rng(2), 8)
    found = social_relations(x, y, np.empty((0, 8, 8)), None, everyone(8))
    beta, z = literal(x, y)
    assert found["beta_mixed"] == pytest.approx(beta, rel=1e-4)
    # The library's standard error is that of the observed information, not of the expected.
    assert stats.norm.isf(found["p_mixed"] / 2) == pytest.approx(abs(z), rel=0.05)
    assert found["reason"] == ""


def test_language_effects_are_no_relation():
    rng = np.random.default_rng(3)
    p = []
    for _ in range(40):
        x, y = planted(rng, 8)
        p.append(social_relations(x.T, y - 0.4 * x, np.empty((0, 8, 8)), None, everyone(8))["p_mixed"])
    assert np.min(p) > 0
    assert np.sum(np.array(p) <= 0.05) <= stats.binom.ppf(0.999, 40, 0.05)


def test_families_and_missing_pairs():
    x, y, shared, _ = plant(KINDS[0], 1)
    y[0, 1] = np.nan
    few = np.arange(15) < 4
    for sources in (everyone(15), few):
        found = social_relations(x, y + x, np.empty((0, 15, 15)), shared, sources)
        assert found["p_mixed"] < 0.01


def test_too_little_has_a_reason():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 6, 6))
    nothing = np.empty((0, 6, 6))

    def reason(*sides, covariates=nothing, sources=6):
        found = social_relations(*sides, covariates, None, np.arange(6) < sources)
        assert np.isnan([found["beta_mixed"], found["p_mixed"]]).all()
        return found["reason"]

    assert reason(x, y, sources=1).startswith("No mixed model: 5 pairs are too few for effects of 1 sources")
    assert reason(np.ones((6, 6)), y) == "No mixed model: one side is constant, or made of the covariates."
    assert reason(x, np.ones((6, 6))) == "No mixed model: one side is constant, or made of the covariates."
    assert reason(x, y, covariates=x[None]) == "No mixed model: one side is constant, or made of the covariates."
    assert reason(x, np.full((6, 6), np.nan)) == "No mixed model: there are no pairs with all values."
