from dataclasses import astuple
from itertools import pairwise, permutations

import numpy as np
import pytest

from isogloss.errors import IsoglossError
from isogloss.statistics.cka import Representation, compare, kernel_norms, linear_cka


def gram(x, y, debiased):
    """The definition, with n x n matrices."""
    k, m = x @ x.T, y @ y.T
    n = len(x)

    def hsic(a, b):
        if not debiased:
            h = np.eye(n) - 1 / n
            return np.trace(h @ a @ h @ b)
        a, b = a - np.diag(np.diag(a)), b - np.diag(np.diag(b))
        return np.trace(a @ b) + a.sum() * b.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (a @ b).sum()

    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


@pytest.mark.parametrize("debiased", [False, True])
def test_equals_the_gram_form(debiased):
    rng = np.random.default_rng(0)
    x, y = rng.normal(2, 1, (50, 8)), rng.normal(-1, 3, (50, 12))
    y[:, :8] += 2 * x
    centred = x - x.mean(0), y - y.mean(0)
    assert linear_cka(x, y, debiased) == pytest.approx(gram(*centred, debiased), abs=1e-10)


def test_invariant_to_rotation_and_scale():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 6))
    turn, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    assert linear_cka(x, 3 * x @ turn + 5) == pytest.approx(1)


def test_bad_matrices_are_refused():
    x = np.random.default_rng(2).normal(size=(10, 3))
    with pytest.raises(IsoglossError, match="same number of rows"):
        linear_cka(x, x[:5])
    with pytest.raises(IsoglossError, match="constant"):
        linear_cka(x, np.ones((10, 2)))
    with pytest.raises(IsoglossError, match="not finite"):
        linear_cka(x, np.full((10, 2), np.nan))
    # A third of 0.1 + 0.1 + 0.1 is not 0.1.
    with pytest.raises(IsoglossError, match="constant"):
        Representation(np.full((30, 2), 0.1))
    with pytest.raises(IsoglossError, match="not finite"):
        Representation(np.full((30, 2), np.inf))
    with pytest.raises(IsoglossError, match="same number of rows"):
        compare(Representation(x), Representation(x[:5]))


def two_sides(n, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(2, 1, (n, 7))
    return x, np.hstack([x[:, :3] + rng.normal(0, 1, (n, 3)), rng.normal(-5, 2, (n, 2))])


@pytest.mark.parametrize("n", [40, 107])
def test_all_at_once_equals_one_at_a_time(n):
    x, y = two_sides(n)
    found = compare(Representation(x), Representation(y))
    assert found.n == n
    assert found.cka == pytest.approx(gram(x, y, False), abs=1e-9)
    assert found.debiased == pytest.approx(gram(x, y, True), abs=1e-9)
    # The jackknife by its definition: every block left out in turn, z and pseudo-values.
    bounds = [n * block // 20 for block in range(21)]
    for debiased, value, low, high in (
        (False, found.cka, found.low, found.high),
        (True, found.debiased, found.debiased_low, found.debiased_high),
    ):
        pseudo, weights, others = [], [], []
        for begin, end in pairwise(bounds):
            left = np.r_[0:begin, end:n]
            h = n / (end - begin)
            other = np.arctanh(gram(x[left], y[left], debiased))
            pseudo.append(h * np.arctanh(value) - (h - 1) * other)
            weights.append(h)
            others.append((1 - 1 / h) * other)
        centre = 20 * np.arctanh(value) - sum(others)
        variance = np.mean([(p - centre) ** 2 / (h - 1) for p, h in zip(pseudo, weights, strict=True)])
        half = 2.0930240544 * np.sqrt(variance)
        assert np.tanh(np.arctanh(value) + np.array([-half, half])) == pytest.approx([low, high], abs=1e-9)
        assert low < value < high


@pytest.mark.parametrize("n", [5, 40, 107])
def test_kernels_give_the_same(n):
    base, tuned = map(Representation, two_sides(n))
    norms = kernel_norms(base.items @ base.items.T, tuned.items @ tuned.items.T, base.blocks)
    for one, other in zip(*map(astuple, (compare(base, tuned, norms), compare(base, tuned))), strict=True):
        assert one == pytest.approx(other, abs=1e-9, nan_ok=True)


def test_null_mean_is_the_mean_over_permutations():
    x, y = two_sides(7)
    base = Representation(x)
    every = [compare(base, Representation(y[list(order)])).cka for order in permutations(range(7))]
    assert compare(base, Representation(y)).null_mean == pytest.approx(np.mean(every), abs=1e-12)


def test_interval_covers():
    rng = np.random.default_rng(4)
    mixing = rng.normal(size=(4, 6))
    true = compare(*(Representation(side) for side in related(rng, 100_000, mixing))).cka
    found = [compare(*(Representation(side) for side in related(rng, 300, mixing))) for _ in range(200)]
    assert np.mean([one.low <= true <= one.high for one in found]) > 0.88


def related(rng, n, mixing):
    x = rng.normal(size=(n, 4)) * [3, 2, 1, 1]
    return x, x @ mixing + 3 * rng.normal(size=(n, 6))


def test_half_precision_agrees_with_double():
    x, y = two_sides(500)
    for dtype in (np.float16, np.float32):
        low = x.astype(dtype), y.astype(dtype)
        found = compare(*map(Representation, low))
        double = [side.astype(np.float64) for side in low]
        assert found.cka == pytest.approx(linear_cka(*double), abs=1e-6)
        assert found.debiased == pytest.approx(linear_cka(*double, debiased=True), abs=1e-6)


def test_few_items_have_no_interval():
    x, y = two_sides(39)
    found = compare(Representation(x), Representation(y))
    assert found.cka == pytest.approx(linear_cka(x, y))
    assert found.debiased == pytest.approx(linear_cka(x, y, debiased=True))
    assert np.isnan([found.low, found.high, found.debiased_low, found.debiased_high]).all()
    assert np.isnan(compare(Representation(x[:3]), Representation(y[:3])).debiased)


def test_the_same_space_has_cka_1():
    x, _ = two_sides(60)
    before = x.copy()
    found = compare(Representation(x), Representation(2 * x - 1))
    assert [found.cka, found.debiased, found.low, found.high] == pytest.approx([1] * 4)
    assert found.high <= 1
    assert (x == before).all()
