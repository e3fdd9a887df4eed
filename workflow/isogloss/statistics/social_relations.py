"""The social-relations model of pairwise (dyadic) data, as a second opinion beside permutation tests.

A pair's value is a regression on its covariates plus what the source does with every target, what the target does with
every source, and what the two do in either direction (Kenny & La Voie 1984; as a mixed model with crossed effects:
Snijders & Kenny 1999). statsmodels fits it. Its effects of languages are independent of each other, related or not:
where both sides follow language families it errs, and docs/methods.md says how often.
"""

import warnings
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from isogloss.statistics.mantel import blank, check
from isogloss.statistics.mrqap import NOTHING, family_covariates, orthonormal

FEWEST_DYADS = 4


def social_relations(
    x: np.ndarray, y: np.ndarray, covariates: np.ndarray, relatedness: np.ndarray | None, sources: np.ndarray
) -> dict[str, float | str]:
    """Regress y on x and covariates with random effects of source, target and dyad, by REML.

    Parameters
    ----------
    x, y, covariates, relatedness, sources
        As for :func:`isogloss.statistics.mrqap.regress`.

    Returns
    -------
    dict
        ``beta_mixed``, by how many standard deviations y changes with one of x; ``p_mixed``, two-sided, of Wald's z;
        ``reason``, a sentence where they are NaN.

    Raises
    ------
    IsoglossError
        If the shapes do not belong together.
    """
    sources = check(x, y[None], sources, 1, "pearson")
    every = family_covariates(covariates, relatedness)
    joint = np.isfinite(blank(x, sources)) & np.isfinite(blank(y, sources)) & np.isfinite(every).all(0)
    rows, columns = np.nonzero(joint)
    if not len(rows):
        return without("there are no pairs with all values")
    left, right = x[joint], y[joint]
    others = orthonormal(np.column_stack([np.ones(len(rows)), *(side[joint] for side in every)]))[0]
    alone = left - others @ (others.T @ left)
    if alone @ alone <= NOTHING * (left @ left) or np.ptp(right) == 0:
        return without("one side is constant, or made of the covariates")
    languages = len(set(rows)) + len(set(columns))
    if len(set(rows)) < 2 or len(rows) <= languages + 1 + others.shape[1]:
        return without(f"{len(rows)} pairs are too few for effects of {len(set(rows))} sources and of their targets")
    beta, p = fit(right / right.std(), np.column_stack([left / left.std(), others]), rows, columns)
    if not np.isfinite(p):
        return without("it did not converge")
    return {"beta_mixed": beta, "p_mixed": p, "reason": ""}


def without(reason: str) -> dict[str, float | str]:
    """Give a result without numbers, and why."""
    return {"beta_mixed": np.nan, "p_mixed": np.nan, "reason": f"No mixed model: {reason}."}


def fit(y: np.ndarray, design: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
    """Fit the model to pairs ``[n]``, and give the coefficient of the design's first column and its p-value."""
    dyads = np.unique(np.sort([rows, columns], axis=0), axis=1, return_inverse=True)[1]
    members = {"source": rows, "target": columns, "dyad": dyads}
    # With one direction only, what a dyad shares is what is left over; and where it is nothing, the search may not end.
    for effects in (["source", "target", "dyad"], ["source", "target"]):
        if "dyad" not in effects or (np.bincount(dyads) == 2).sum() >= FEWEST_DYADS:
            beta, p = fit_effects(y, design, {effect: members[effect] for effect in effects})
            if np.isfinite(p):
                return beta, p
    return np.nan, np.nan


def fit_effects(y: np.ndarray, design: np.ndarray, members: dict[str, np.ndarray]) -> tuple[float, float]:
    """Fit the model with these random effects: which level of each a pair belongs to."""
    # Here, so that nobody who does without waits for it to load.
    from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

    marks = [(places[:, None] == np.unique(places)).astype(np.float64) for places in members.values()]
    names = [[[str(place) for place in range(mark.shape[1])]] for mark in marks]
    effects = VCSpec(list(members), names, [[mark] for mark in marks])
    with pools().limit(limits=1), warnings.catch_warnings():
        # Of effects that are nearly nothing, which is fine.
        warnings.simplefilter("ignore")
        try:
            result = MixedLM(y, design, groups=np.zeros(len(y)), exog_vc=effects).fit(reml=True, method="lbfgs")
        except np.linalg.LinAlgError:
            return np.nan, np.nan
    return (float(result.fe_params[0]), float(result.pvalues[0])) if result.converged else (np.nan, np.nan)


@cache
def pools() -> ThreadpoolController:
    """Find the libraries that compute in threads, once: to look for them takes as long as a small fit."""
    return ThreadpoolController()
