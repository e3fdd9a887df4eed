from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from benchmarks.family_trees import KINDS, Kind, mantel_p, mrqap_given_p, mrqap_p, plant
from scipy import stats
from scipy.linalg import sqrtm

from isogloss.errors import IsoglossError
from isogloss.statistics.mantel import LEVEL
from isogloss.statistics.mrqap import INHERITED, Contrasts, regress, regress_many

NONE = np.empty((0, 6, 6))


def everyone(languages):
    return np.ones(languages, dtype=bool)


def literal(x, y, covariates):
    """Double semi-partialing by its steps, with source and target effects as dummies and nothing inherited.

    x's residuals are brought to orthonormal contrasts of the languages and permuted there; y is regressed on them anew.
    """
    size = len(x)
    basis = np.linalg.qr(np.column_stack([np.ones(size), np.eye(size)[:, 1:]]))[0][:, 1:].T
    # A pair of a language with itself is a free parameter: the same as leaving it out.
    own = [basis[:, [i]] @ basis[:, [i]].T for i in range(size)]
    off = ~np.eye(size, dtype=bool)
    flat = [(basis @ np.where(off, side, 0) @ basis.T).ravel() for side in (x, y, *covariates)]
    design = np.column_stack([*flat[2:], *(part.ravel() for part in own)])
    left = (flat[0] - design @ np.linalg.lstsq(design, flat[0])[0]).reshape(size - 1, size - 1)
    t = []
    for order in permutations(range(size - 1)):
        full = np.column_stack([left[np.ix_(order, order)].ravel(), design])
        solution, rest = np.linalg.lstsq(full, flat[1])[:2]
        variance = rest[0] / (len(full) - full.shape[1]) * np.linalg.inv(full.T @ full)[0, 0]
        t.append(solution[0] / np.sqrt(variance))
    free = (size - 1) ** 2 - size - len(covariates) - 1
    r = t[0] / np.sqrt(free + t[0] ** 2)
    return r, np.mean(np.abs(t) >= abs(t[0]) - 1e-9)


def literal_inherited(x, y, covariates, related):
    """The same with what is inherited, by generalised least squares over the pairs, effects of languages as dummies."""
    size = len(x)
    rows, columns = np.divmod(np.arange(size * size), size)
    off = rows != columns
    dummies = [rows == one for one in range(size)] + [columns == one for one in range(1, size)]
    sides = [*covariates, related, np.sqrt(1 - related)]
    design = np.column_stack([*dummies, *(side.ravel() for side in sides)]).astype(float)

    def among(inherited):
        return inherited * related + (1 - inherited) * np.eye(size)

    def over_pairs(inherited, side, design):
        """Residuals' sum of squares, slopes and their variances over it, and restricted deviance."""
        covariance = np.kron(among(inherited), among(inherited))[np.ix_(off, off)]
        inverse = np.linalg.inv(covariance)
        information = design.T @ inverse @ design
        slopes = np.linalg.solve(information, design.T @ inverse @ side)
        rest = side - design @ slopes
        squares = rest @ inverse @ rest
        deviance = (len(side) - len(slopes)) * np.log(squares) + np.linalg.slogdet(covariance)[1]
        return squares, slopes, np.diag(np.linalg.inv(information)), deviance + np.linalg.slogdet(information)[1]

    of_x, of_y = (
        min(INHERITED, key=lambda inherited: over_pairs(inherited, side.ravel()[off], design[off])[3])
        for side in (x, y)
    )
    # x's residuals, a language's pair with itself a parameter of its own; as contrasts that vary by themselves.
    own = np.column_stack([design, np.eye(size * size)[:, ~off]])
    inverse = np.linalg.inv(np.kron(among(of_x), among(of_x)))
    slopes = np.linalg.lstsq(own.T @ inverse @ own, own.T @ inverse @ np.where(off, x.ravel(), 0))[0]
    left = (np.where(off, x.ravel(), 0) - own @ slopes).reshape(size, size)
    basis = np.linalg.qr(np.column_stack([np.ones(size), np.eye(size)[:, 1:]]))[0][:, 1:].T
    whiten = np.linalg.inv(sqrtm(basis @ among(of_x) @ basis.T)) @ basis
    t = []
    for order in permutations(range(size - 1)):
        permuted = (whiten @ left @ whiten.T)[np.ix_(order, order)]
        back = among(of_x) @ whiten.T @ permuted @ whiten @ among(of_x)
        squares, slopes, variances, _ = over_pairs(of_y, y.ravel()[off], np.column_stack([back.ravel(), design])[off])
        free = off.sum() - design.shape[1] - 1
        t.append(slopes[0] / np.sqrt(squares / free * variances[0]))
    r = t[0] / np.sqrt(free + t[0] ** 2)
    return of_x, of_y, r, np.mean(np.abs(t) >= abs(t[0]) - 1e-9)


def test_what_is_inherited_is_taken_into_account_as_written():
    shares = set()
    for seed in range(4):
        kind = replace(KINDS[6], inherited=(1.0, 0.0) if seed % 2 else (0.0, 1.0))
        x, y, shared, sources = plant(kind, seed)
        z = np.random.default_rng(seed).normal(size=(6, 6))
        found = regress(x, y, z[None], shared, sources, 9999, 1)
        of_x, of_y, *expected = literal_inherited(x, y, [z], shared)
        assert [found["partial_r"], found["p_mrqap"]] == pytest.approx(expected, abs=1e-7)
        shares |= {of_x, of_y}
    assert len(shares) > 2


def test_it_is_double_semi_partialing_with_a_pivotal_t():
    rng = np.random.default_rng(1)
    x, y, z = rng.normal(size=(3, 6, 6))
    found = regress(x, y, z[None], None, everyone(6), 9999, 1)
    assert (found["partial_r"], found["p_mrqap"]) == pytest.approx(literal(x, y, [z]), abs=1e-9)
    assert found["reason"] == ""


def test_contrasts_are_uncorrelated_and_free_of_language_effects():
    _, _, shared, _ = plant(KINDS[0], 3)
    for sources in (15, 6):
        joint = np.zeros((15, 15), dtype=bool)
        joint[:sources] = ~np.eye(15, dtype=bool)[:sources]
        made = Contrasts(shared, 0.9, np.empty((0, 15, 15)), joint)
        covariance = 0.9 * shared + 0.1 * np.eye(15)
        assert made.columns @ covariance @ made.columns.T == pytest.approx(np.eye(14), abs=1e-9)
        assert made.rows.shape == (sources - 1, 15)
        assert (made.rows[:, sources:] == 0).all()
        effects = np.arange(15)[:, None] ** 2.0 + np.sqrt(np.arange(15))
        assert made.of(effects)[: sources - 1] == pytest.approx(np.zeros((sources - 1, 14)), abs=1e-9)


def test_missing_pairs_are_left_out_exactly():
    # Whatever stands where a pair is missing must not matter: generalised least squares over the other pairs.
    rng = np.random.default_rng(4)
    x, y, shared, sources = plant(KINDS[0], 4)
    joint = ~np.eye(15, dtype=bool)
    joint[2, 5] = joint[9, 1] = False
    covariance = 0.7 * shared + 0.3 * np.eye(15)
    pairs = np.argwhere(joint)
    kinds = covariance[np.ix_(pairs[:, 0], pairs[:, 0])] * covariance[np.ix_(pairs[:, 1], pairs[:, 1])]
    effects = np.column_stack([pairs[:, [0]] == np.arange(15), pairs[:, [1]] == np.arange(1, 15)]).astype(float)
    design = np.column_stack([x[joint], effects])
    inverse = np.linalg.inv(kinds)
    slope = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse @ y[joint])[0]
    made = Contrasts(shared, 0.7, np.empty((0, 15, 15)), joint)
    left, right = made.residual(x), made.residual(np.where(joint, y, rng.normal()))
    assert left @ right / (left @ left) == pytest.approx(slope)
    full = regress(x, np.where(joint, y, np.nan), np.empty((0, 15, 15)), shared, sources, 199, 0)
    assert regress(np.where(joint, x, np.nan), y, np.empty((0, 15, 15)), shared, sources, 199, 0) == full


def test_how_much_is_inherited_is_found():
    for inherited in (0.0, 0.5, 1.0):
        kind = Kind("", inherited=(inherited, inherited), effects=0, noise=0)
        best = []
        for seed in range(20):
            x, _, shared, _ = plant(kind, seed)
            covariates = np.stack([shared, np.sqrt(1 - shared)])
            values = np.linspace(0, 0.99, 12)
            models = [Contrasts(shared, value, covariates, ~np.eye(15, dtype=bool)) for value in values]
            best.append(values[np.argmin([model.deviance(x) for model in models])])
        assert np.mean(best) == pytest.approx(inherited, abs=0.15)


def test_a_planted_relation_is_found_beyond_the_tree():
    for kind in (KINDS[0], KINDS[1], replace(KINDS[0], sources=6)):
        p = []
        for seed in range(10):
            x, y, shared, sources = plant(kind, seed)
            p.append(regress(x, y + x, np.empty((0, 15, 15)), shared, sources, 199, seed)["p_mrqap"])
        assert np.mean(np.array(p) <= 0.05) >= 0.8


def test_what_a_covariate_explains_is_not_found():
    rng = np.random.default_rng(5)
    z = rng.normal(size=(12, 12))
    x, y = z + 0.5 * rng.normal(size=(12, 12)), z + 0.5 * rng.normal(size=(12, 12))
    without, given = (regress(x, y, each, None, everyone(12), 999, 0) for each in (np.empty((0, 12, 12)), z[None]))
    assert without["p_mrqap"] == 0.001
    assert abs(given["partial_r"]) < 0.3 < without["partial_r"]


def test_related_languages_do_not_make_significance():
    p = np.array([mrqap_p(seed, KINDS[0], "pearson", 99) for seed in range(60)])
    assert (p <= 0.05).sum() <= stats.binom.ppf(0.999, 60, 0.05)
    mantel = np.array([mantel_p(seed, KINDS[0], "pearson", 99) for seed in range(60)])
    assert (mantel <= 0.05).mean() > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("p_of", [mrqap_p, mrqap_given_p], ids=["alone", "with script and words"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_false_positives(kind, p_of):
    p = np.array([p_of(seed, kind, "pearson") for seed in range(300)])
    low, high = stats.binom.interval(0.999, 300, 0.05)
    assert low <= (p <= 0.05).sum() <= high


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_a_p_is_told_only_where_a_perfect_relation_would_be_significant(method):
    x, told = np.random.default_rng(11).normal(size=(7, 7)), {}
    for size, sources in ((one, two) for one in range(3, 8) for two in range(1, one + 1)):
        few = x[:size, :size]
        found = regress(few, few, np.empty((0, size, size)), None, np.arange(size) < sources, 199, 0, method)
        p = found["p_mrqap"]
        assert np.isnan(p) or p < LEVEL
        assert p == found["p_mrqap_least"] or np.isnan([p, found["p_mrqap_least"]]).all()
        told[size, sources] = np.isfinite(p)
    # 6 permutations of three contrasts, 24 of four.
    expected = {(4, 4): False, (5, 5): True, (6, 3): False}
    assert {sizes: told[sizes] for sizes in expected} == expected


def test_many_at_once_are_the_same_as_one_by_one():
    x, y, shared, sources = plant(KINDS[0], 6)
    rng = np.random.default_rng(6)
    ys = np.stack([y, rng.normal(size=(15, 15)), y.T, x])
    ys[1, 3] = ys[1, :, 3] = np.nan
    together = regress_many(x, ys, shared[None] ** 2, shared, sources, 199, 3, "spearman")
    for one, found in zip(ys, together, strict=True):
        alone = regress(x, one, shared[None] ** 2, shared, sources, 199, 3, "spearman")
        assert found.pop("reason") == alone.pop("reason")
        assert found == pytest.approx(alone)


def test_too_little_has_a_reason():
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(2, 6, 6))

    def reason(x, y, covariates=None, sources=None, relatedness=None):
        size = len(x)
        covariates = np.empty((0, size, size)) if covariates is None else covariates
        found = regress(x, y, covariates, relatedness, everyone(size) if sources is None else sources, 999, 0)
        assert np.isnan([found["partial_r"], found["p_mrqap"]]).all()
        return found["reason"]

    assert reason(x[:3, :3], y[:3, :3]).startswith("No regression: 3 languages with all values")
    assert reason(x[:4, :4], y[:4, :4], rng.normal(size=(2, 4, 4))).startswith("No regression: 12 pairs are too few")
    assert reason(x, y, sources=np.arange(6) < 3).startswith("No regression: p cannot fall below 0.083")
    effects = np.arange(6)[:, None] + np.arange(6) ** 2.0
    assert (
        reason(effects, y)
        == reason(y, effects)
        == "No regression: one side is constant, or made of effects of languages and of the covariates."
    )
    assert (
        reason(x, y, x[None])
        == "No regression: one side is constant, or made of effects of languages and of the covariates."
    )
    unknown = np.eye(6)
    unknown[:3] = unknown[:, :3] = np.nan
    assert reason(x, y, relatedness=unknown).startswith("No regression: 3 languages")


def test_bad_arguments_are_refused():
    with pytest.raises(IsoglossError, match="Covariates of pairs need the shape of the pairs, 5 x 5; found 6 x 6"):
        regress(np.zeros((5, 5)), np.zeros((5, 5)), NONE, None, everyone(5), 9, 0)
