import numpy as np
import pytest

from isogloss.cka import linear_cka
from isogloss.errors import IsoglossError


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
