"""Regression of pairwise (dyadic) data where both sides follow language families.

Mantel's test permutes languages as if any could stand in any other's place. Where both sides are inherited, it finds a
relation that is nothing but the family tree (Guillot & Rousset 2013); a covariate "same family" takes away the level
that relatives share, not how their values hang together. So the regression is made of what *is* exchangeable:

1. Source and target effects are taken out: what is tested is the pair (Kenny & La Voie 1984).
2. Both sides are brought to phylogenetically independent contrasts (Felsenstein 1985; Freckleton & Jetz 2009 for
   Pagel's λ, how much of a side is inherited; here it is estimated for each side by restricted maximum likelihood).
   Pairs vary together as in a matrix normal distribution: relatedness of the sources times that of the targets.
3. The contrasts of one side's residuals are permuted, rows and columns together, and the coefficient's pivotal t is
   compared: double semi-partialing (Dekker, Krackhardt & Snijders 2007), on contrasts as Adams & Collyer 2018 do for
   values of species.

The permuted side has its own inheritance, so the test is right if the model of *either* side is.
"""

from itertools import groupby

import numpy as np
from scipy import stats

from isogloss.errors import IsoglossError
from isogloss.statistics.mantel import (
    FEWEST_LANGUAGES,
    blank,
    check,
    in_pairs,
    least_p,
    permuted_languages,
    too_few,
)

# Pagel's λ; 1 itself would make two languages of the same lineage one and the same.
INHERITED = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
FEWEST_FREE = 3
# Share of a side's squares below which nothing of it is left once effects and covariates are taken out.
NOTHING = 1e-12
# Permuted values held at a time: 64 MB.
HELD = 8_000_000


def regress(
    x: np.ndarray,
    y: np.ndarray,
    covariates: np.ndarray,
    relatedness: np.ndarray | None,
    sources: np.ndarray,
    draws: int,
    seed: int,
    method: str = "pearson",
) -> dict[str, float | str]:
    """Test one side of pairs against another, given covariates and the family tree; see :func:`regress_many`."""
    return regress_many(x, y[None], covariates, relatedness, sources, draws, seed, method)[0]


def regress_many(
    x: np.ndarray,
    ys: np.ndarray,
    covariates: np.ndarray,
    relatedness: np.ndarray | None,
    sources: np.ndarray,
    draws: int,
    seed: int,
    method: str = "pearson",
) -> list[dict[str, float | str]]:
    """Regress many matrices on one, given covariates and the family tree.

    Parameters
    ----------
    x
        ``[languages, languages]``, row = source, column = target; NaN where there is no value. The diagonal is left
        out.
    ys
        ``[m, languages, languages]``.
    covariates
        ``[c, languages, languages]``: taken out of both sides. Pairs without a value of one drop out.
    relatedness
        ``[languages, languages]``: the share of their history that two languages have in common, 1 on the diagonal,
        positive semidefinite. It is the covariance of what they inherit, and itself a covariate: expected squared
        distances of inherited traits are linear in it, plain distances in the root of one minus it. A language with
        NaN drops out. None: nothing is inherited, for a side that is itself a measure of relatedness.
    sources, draws, seed, method
        As for :func:`isogloss.statistics.mantel.mantel`.

    Returns
    -------
    list of dict
        For each y: ``partial_r``, the correlation of the contrasts once covariates are taken out of both sides;
        ``p_mrqap``, two-sided; ``p_mrqap_least``, the least that it could have been; ``reason``, a sentence where they
        are NaN.

    Raises
    ------
    IsoglossError
        If the arguments do not belong together.

    Notes
    -----
    With one source there are no effects of targets to take out: its row is tested over the targets. Given the number of
    covariates the pivotal t is a monotone function of the partial correlation, which is what is compared.
    """
    sources = check(x, ys, sources, draws, method)
    every = family_covariates(covariates, relatedness)
    if every.shape[1:] != x.shape:
        raise IsoglossError(
            f"Covariates of pairs need the shape of the pairs, {' x '.join(map(str, x.shape))}; "
            f"found {' x '.join(map(str, every.shape[1:]))}."
        )
    x, ys, known = blank(x, sources), blank(ys, sources), np.isfinite(every).all(0)
    joint = np.isfinite(x) & np.isfinite(ys) & known
    order = sorted(range(len(ys)), key=lambda place: joint[place].tobytes())
    found: list[dict[str, float | str]] = [{}] * len(ys)
    for _, places in groupby(order, key=lambda place: joint[place].tobytes()):
        alike = list(places)
        results = regress_alike(x, ys[alike], every, relatedness, joint[alike[0]], draws, seed, method)
        for place, result in zip(alike, results, strict=True):
            found[place] = result
    return found


def family_covariates(covariates: np.ndarray, relatedness: np.ndarray | None) -> np.ndarray:
    """Add to covariates ``[c, …]`` what a shared history alone makes pairs alike."""
    if relatedness is None:
        return covariates
    # A cosine of 1 need not be 1 to the last digit.
    apart = np.sqrt(np.clip(1 - relatedness, 0, None))
    return np.concatenate([covariates, relatedness[None], apart[None]])


def regress_alike(
    x: np.ndarray,
    ys: np.ndarray,
    covariates: np.ndarray,
    relatedness: np.ndarray | None,
    joint: np.ndarray,
    draws: int,
    seed: int,
    method: str,
) -> list[dict[str, float | str]]:
    """Regress matrices with the same pairs ``joint`` on one."""
    keep, sources = in_pairs(joint)
    # Contrasts of the sources stand before those that need the other languages.
    keep = keep[np.argsort(~sources, kind="stable")]
    at = np.ix_(keep, keep)
    x, ys, covariates, joint = x[at], ys[:, keep][:, :, keep], covariates[:, keep][:, :, keep], joint[at]
    related = np.eye(len(keep)) if relatedness is None else relatedness[at]
    if len(keep) < FEWEST_LANGUAGES:
        return [without(f"{len(keep)} languages with all values; at least {FEWEST_LANGUAGES} are needed") for _ in ys]
    shares = INHERITED if relatedness is not None else INHERITED[:1]
    models = [Contrasts(related, share, covariates, joint) for share in shares]
    if models[0].free < FEWEST_FREE:
        return [without(f"{joint.sum()} pairs are too few for effects of languages and covariates") for _ in ys]
    if reason := too_few(models[0].of_sources, draws, "contrasts of languages"):
        return [without(reason.rstrip(".")) for _ in ys]
    if method == "spearman":
        x, *ys = (ranked(matrix, joint) for matrix in (x, *ys))
    own, likely = most_likely(models, x), [most_likely(models, y) for y in ys]
    left, residuals = own.residual(x), [model.residual(y) for model, y in zip(likely, ys, strict=True)]
    least = least_p(models[0].of_sources, draws)
    right = {place: values for place, values in enumerate(residuals) if values is not None}
    found = [without("one side is constant, or made of effects of languages and of the covariates") for _ in ys]
    for model in models:
        places = [place for place in right if likely[place] is model]
        if left is not None and places:
            results = permute(own, model, left, np.stack([right[place] for place in places]), draws, seed)
            for place, r, p in zip(places, *results, strict=True):
                found[place] = {"partial_r": float(r), "p_mrqap": float(p), "p_mrqap_least": least, "reason": ""}
    return found


def without(reason: str) -> dict[str, float | str]:
    """Give a result without numbers, and why."""
    blanks = dict.fromkeys(("partial_r", "p_mrqap", "p_mrqap_least"), np.nan)
    return {**blanks, "reason": f"No regression: {reason}."}


def ranked(matrix: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """Replace the values of a matrix by their ranks."""
    ranks = np.full(matrix.shape, np.nan)
    ranks[joint] = stats.rankdata(matrix[joint])
    return ranks


class Contrasts:
    """Pairs of languages as independent contrasts, for one λ.

    Parameters
    ----------
    related
        ``[languages, languages]``, sources first.
    inherited
        Pagel's λ: the covariance of languages is λ times ``related``, plus 1 − λ on the diagonal.
    covariates
        ``[c, languages, languages]``.
    joint
        bool ``[languages, languages]``: pairs with a value; the rest of the sources' rows are free parameters, which is
        the same as leaving them out.

    Attributes
    ----------
    rows, columns
        float64 ``[contrasts, languages]``: from languages to uncorrelated contrasts of variance 1.
    back
        The covariances of languages with contrasts, ``([languages, rows], [languages, columns])``.
    basis
        float64 ``[rows · columns, rank]``: orthonormal; spans the contrasts of covariates and missing pairs.
    free
        Degrees of freedom that x and y have beyond it.
    of_sources
        bool ``[columns]``: contrasts that stand in rows too, in the same order.
    """

    def __init__(self, related: np.ndarray, inherited: float, covariates: np.ndarray, joint: np.ndarray):
        sources = np.any(joint, axis=1)
        covariance = inherited * related + (1 - inherited) * np.eye(len(related))
        self.joint = joint
        if sources.sum() == 1:
            # One source, the first: its row, over the others.
            self.rows = sources[None].astype(np.float64)
            self.columns, (_, log_columns) = contrasts(covariance, ~sources, np.zeros_like(sources))
            self.of_sources, log_rows = np.zeros(len(self.columns), dtype=bool), 0.0
        else:
            self.columns, (log_rows, log_columns) = contrasts(covariance, sources, ~sources)
            self.rows = self.columns[: sources.sum() - 1]
            self.of_sources = np.arange(len(self.columns)) < len(self.rows)
        self.back = covariance @ self.rows.T, covariance @ self.columns.T
        rows, columns = len(self.rows), len(self.columns)
        absent = np.argwhere(sources[:, None] & ~joint)
        # A language that is no source's target would be all missing pairs.
        design = [self.of(np.where(joint, covariate, 0)).ravel() for covariate in covariates]
        design += [np.outer(self.rows[:, row], self.columns[:, column]).ravel() for row, column in absent]
        self.basis, scales = orthonormal(np.array(design).reshape(-1, rows * columns).T)
        self.free = rows * columns - self.basis.shape[1] - 1
        self.penalty = columns * log_rows + rows * log_columns + 2 * np.log(scales).sum()

    def of(self, matrix: np.ndarray) -> np.ndarray:
        """Give the contrasts ``[rows, columns]`` of a matrix of pairs."""
        return self.rows @ matrix @ self.columns.T

    def residual(self, matrix: np.ndarray) -> np.ndarray | None:
        """Give the contrasts, flat, without covariates and missing pairs; None if nothing is left."""
        values = self.of(np.where(self.joint, matrix, 0)).ravel()
        left = values - self.basis @ (self.basis.T @ values)
        return left if left @ left > NOTHING * np.square(matrix[self.joint]).sum() else None

    def deviance(self, matrix: np.ndarray) -> float:
        """Give minus twice the restricted log-likelihood of a matrix-normal distribution, up to a constant."""
        left = self.residual(matrix)
        return np.inf if left is None else (self.free + 1) * np.log(left @ left) + self.penalty


def contrasts(covariance: np.ndarray, first: np.ndarray, then: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """Give uncorrelated contrasts of variance 1: among some languages, then of others given those.

    Returns
    -------
    tuple
        ``[first + then − 1, languages]``, each row with the sum 0; and the log-determinants of the covariance of the
        contrasts among the first, and of all.
    """
    size = len(covariance)
    groups = [np.flatnonzero(first), np.flatnonzero(then)]
    helmert = np.zeros((len(groups[0]) - 1, size))
    # Orthonormal contrasts. Any are as exchangeable as others, and give the same coefficient; but these are permuted.
    square = np.linalg.qr(np.column_stack([np.ones(len(groups[0])), np.eye(len(groups[0]))[:, 1:]]))[0]
    helmert[:, groups[0]] = square[:, 1:].T
    begin, among = root(helmert @ covariance @ helmert.T, helmert)
    if not len(groups[1]):
        return begin, (among, among)
    others = np.eye(size)[groups[1]]
    others[:, groups[0]] -= 1 / len(groups[0])
    others = others - others @ covariance @ begin.T @ begin
    rest, given = root(others @ covariance @ others.T, others)
    return np.concatenate([begin, rest]), (among, among + given)


def root(covariance: np.ndarray, contrast: np.ndarray) -> tuple[np.ndarray, float]:
    """Bring contrasts to the identity by the symmetric root of their covariance; and its log-determinant."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors / np.sqrt(values)) @ vectors.T @ contrast, float(np.log(values).sum())


def orthonormal(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give an orthonormal basis of the columns' span, and the singular values that belong to it."""
    if not design.shape[1]:
        return design, np.ones(0)
    basis, scales, _ = np.linalg.svd(design, full_matrices=False)
    kept = scales > 1e-9 * scales[0]
    return basis[:, kept], scales[kept]


def most_likely(models: list[Contrasts], matrix: np.ndarray) -> Contrasts:
    """Choose the λ that fits a matrix best."""
    return min(models, key=lambda model: model.deviance(matrix))


def permute(
    own: Contrasts, model: Contrasts, left: np.ndarray, right: np.ndarray, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Give partial correlations with each of ``right`` ``[m, cells]``, and their permutation p-values.

    The permuted contrasts of x are turned back into pairs with x's own λ and into contrasts with that of y.
    """
    rows, columns = len(own.rows), len(own.columns)
    turn = None if own is model else (model.rows @ own.back[0], model.columns @ own.back[1])
    norms = np.linalg.norm(right, axis=1)
    observed, extreme, total = np.empty(0), np.zeros(len(right)), 0
    for orders in permuted_languages(own.of_sources, draws, seed, max(1, HELD // (rows * columns))):
        lines = orders[:, :rows] if own.of_sources.any() else np.zeros((len(orders), 1), dtype=np.intp)
        values = left[lines[:, :, None] * columns + orders[:, None, :]]
        if turn is not None:
            values = turn[0] @ values @ turn[1].T
        values = values.reshape(len(orders), -1)
        values = values - (values @ model.basis) @ model.basis.T
        size = np.linalg.norm(values, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = (values @ right.T) / (size[:, None] * norms)
        observed = observed if total else r[0]
        # A draw that the covariates swallow cannot be shown to be less extreme.
        extreme += (~(np.abs(r) < np.abs(observed) - 1e-10)).sum(0)
        total += len(orders)
    return observed, extreme / total
