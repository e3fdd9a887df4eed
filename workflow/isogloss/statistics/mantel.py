"""Correlations of pairwise (dyadic) data, where every language stands in many pairs.

Values of one language's pairs hang together, so pairs are no independent observations and ordinary p-values are far too
small. What is exchangeable under the null hypothesis is the languages: p-values permute them, intervals leave them out.
"""

from collections.abc import Iterator
from itertools import permutations, product
from math import factorial

import numpy as np
from scipy import stats

from isogloss.errors import IsoglossError

FEWEST_PAIRS = 4
FEWEST_LANGUAGES = 4
# Below this a permutation leaves nothing that a correlation could be computed of.
FEWEST_PAIRS_OF_A_DRAW = 3
# What is called significant, by the tests and by the sentences of a report.
LEVEL = 0.05
# Permutations that give the same correlation in theory differ in the last digits.
TOLERANCE = 1e-10
# Permuted values held at a time: 64 MB.
HELD = 8_000_000
NUMBERS = ("r", "low", "high", "n", "languages", "p_ordinary", "p_mantel")


def mantel(
    x: np.ndarray, y: np.ndarray, sources: np.ndarray, draws: int, seed: int, method: str = "pearson"
) -> tuple[float, float]:
    """Test a correlation of two matrices over the same languages by permuting the languages of one.

    Rows and columns are permuted together (Mantel 1967; for matrices that are not symmetric the quadratic assignment
    procedure of Hubert & Schultz 1976). Languages are exchanged only within the sources and within the others, so that
    rows without data stay rows without data. If all languages are sources this is the ordinary test; with one
    source it is the ordinary permutation test over targets.

    Parameters
    ----------
    x, y
        ``[languages, languages]``, row = source, column = target; NaN where there is no value. The diagonal is left
        out.
    sources
        bool ``[languages]``: rows that have data.
    draws
        Number of permutations. If there are no more than that many, each is computed exactly once.
    seed
        Draws the permutations.
    method
        ``pearson``, or ``spearman``: values are replaced by their ranks in their own matrix, once.

    Returns
    -------
    tuple of float
        The correlation and its two-sided p-value: the share of permutations, the one that changes nothing among them,
        whose correlation is at least as far from 0. With drawn permutations that is (1 + as far) / (1 + draws)
        (Phipson & Smyth 2010). Both are NaN if the correlation cannot be computed.

    Raises
    ------
    IsoglossError
        If the shapes do not belong together, or there is no such method.

    Notes
    -----
    A permuted pair with a missing value in either matrix drops out of that draw. A draw that leaves fewer than three
    pairs, or a constant side, cannot be shown to be less extreme than the data and counts as at least as extreme: the
    test may lose power by that but never validity.
    """
    sources = check(x, y[None], sources, draws, method)
    x, y = blank(x, sources), blank(y, sources)
    keep, sources = in_pairs(np.isfinite(x) & np.isfinite(y))
    if not keep.size:
        return np.nan, np.nan
    at = np.ix_(keep, keep)
    values, shares = permute(blank(x[at], sources), blank(y[at], sources)[None], sources, draws, seed, method)
    return float(values[0]), float(shares[0])


def correlate(
    x: np.ndarray, y: np.ndarray, sources: np.ndarray, draws: int, seed: int, method: str = "pearson"
) -> dict[str, float | str]:
    """Correlate two matrices over the same languages; the parameters are those of :func:`mantel`.

    Returns
    -------
    dict
        ``r``; ``low`` and ``high``, a 95 % interval, see :func:`jackknife`; ``n`` pairs; ``languages``; ``p_ordinary``,
        which takes pairs for independent; ``p_mantel``; ``reason``, a sentence where a number is NaN, else empty.
    """
    return correlate_many(x, y[None], sources, draws, seed, method)[0]


def correlate_many(
    x: np.ndarray, ys: np.ndarray, sources: np.ndarray, draws: int, seed: int, method: str = "pearson"
) -> list[dict[str, float | str]]:
    """Correlate one matrix with many ``[m, languages, languages]``, permuted once for all; see :func:`correlate`."""
    sources = check(x, ys, sources, draws, method)
    x, ys = blank(x, sources), blank(ys, sources)
    known = np.isfinite(ys)
    alike: dict[bytes, list[int]] = {}
    for place, mask in enumerate(known):
        alike.setdefault(mask.tobytes(), []).append(place)
    found: list[dict[str, float | str]] = [{}] * len(ys)
    for places in alike.values():
        joint = np.isfinite(x) & known[places[0]]
        for place, result in zip(places, correlate_alike(x, ys[places], joint, draws, seed, method), strict=True):
            found[place] = result
    return found


def correlate_alike(
    x: np.ndarray, ys: np.ndarray, joint: np.ndarray, draws: int, seed: int, method: str
) -> list[dict[str, float | str]]:
    """Correlate one matrix with others whose values are missing at the same places; ``joint``: where none is."""
    keep, sources = in_pairs(joint)
    n, languages = int(joint.sum()), len(keep)
    blanks: dict[str, float | str] = {**dict.fromkeys(NUMBERS, np.nan), "n": n, "languages": languages, "reason": ""}
    few = ""
    if n < FEWEST_PAIRS:
        few = f"{n} pair{'s' * (n != 1)} of languages with both values; at least {FEWEST_PAIRS} are needed."
    elif languages < FEWEST_LANGUAGES:
        few = f"{languages} languages with both values; at least {FEWEST_LANGUAGES} are needed."
    elif constant(x[joint]):
        few = f"All {n} values of one side are the same."
    if few:
        return [{**blanks, "reason": few} for _ in ys]
    at = np.ix_(keep, keep)
    x, ys, joint = blank(x[at], sources), blank(ys[:, keep][:, :, keep], sources), joint[at]
    found: list[dict[str, float | str]] = [
        {**blanks, "reason": f"All {n} values of one side are the same."} if constant(y[joint]) else {} for y in ys
    ]
    places = [place for place, result in enumerate(found) if not result]
    if not places:
        return found
    ys = ys[places]
    reason = too_few(sources, draws, "languages", reversible=method == "spearman" and sources.sum() == 1)
    if reason:
        shares = np.full(len(places), np.nan)
    else:
        _, shares = permute(x, ys, sources, draws, seed, method)
    lows, highs = jackknife(x, ys, joint, sources, method)
    test = stats.pearsonr if method == "pearson" else stats.spearmanr
    for place, y, low, high, share in zip(places, ys, lows, highs, shares, strict=True):
        r, p = test(x[joint], y[joint])
        numbers = (float(r), float(low), float(high), n, languages, float(p), float(share))
        without = "" if np.isfinite(low) else "No interval: without one of the languages there is no correlation."
        found[place] = {**dict(zip(NUMBERS, numbers, strict=True)), "reason": " ".join(filter(None, (reason, without)))}
    return found


def permute(
    x: np.ndarray, ys: np.ndarray, sources: np.ndarray, draws: int, seed: int, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give the correlations of x with each y ``[m, …]`` and their permutation p-values.

    The values of all y must be missing at the same places. Sums over the pairs of a draw are matrix products of
    ``[draws, pairs]`` with ``[pairs, m]``.
    """
    known_x, known_y = np.isfinite(x), np.isfinite(ys[0])
    rows, columns = np.nonzero(known_y)
    left, mask = np.zeros(x.shape), known_x.astype(np.float64)
    left[known_x] = scaled(x[known_x][None], method)[0]
    right = scaled(ys[:, rows, columns], method).T
    ones, squares = np.ones(len(rows)), np.square(right)
    observed, extreme, total = np.empty(0), np.zeros(len(ys)), 0
    for orders in permuted_languages(sources, draws, seed, max(1, HELD // len(rows))):
        places = orders[:, rows] * len(x) + orders[:, columns]
        values, here = left.ravel()[places], mask.ravel()[places]
        n, sum_x, sum_xx = ((part @ ones)[:, None] for part in (here, values, np.square(values)))
        sum_y = here @ right
        spread = (n * sum_xx - sum_x**2) * (n * (here @ squares) - sum_y**2)
        usable = (n >= FEWEST_PAIRS_OF_A_DRAW) & (spread > TOLERANCE)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.where(usable, (n * (values @ right) - sum_x * sum_y) / np.sqrt(spread), np.nan)
        observed = observed if total else r[0]
        extreme += (~(np.abs(r) < np.abs(observed) - TOLERANCE)).sum(0)
        total += len(orders)
    return observed, np.where(np.isfinite(observed), extreme / total, np.nan)


def scaled(values: np.ndarray, method: str) -> np.ndarray:
    """Rank each row if asked to, then bring it to mean 0 and variance 1; a constant row becomes 0."""
    if method == "spearman":
        values = stats.rankdata(values, axis=1)
    values = values - values.mean(1, keepdims=True)
    deviation = values.std(1, keepdims=True)
    return np.divide(values, deviation, out=np.zeros_like(values), where=deviation > 0)


def permuted_languages(sources: np.ndarray, draws: int, seed: int, held: int) -> Iterator[np.ndarray]:
    """Give permutations of the languages as arrays ``[at most held, languages]``, the identity first.

    Only sources are exchanged with sources. All there are if no more than ``draws``, else the identity and as many
    random ones as ``draws`` says.
    """
    groups = [np.flatnonzero(sources), np.flatnonzero(~sources)]
    if count_permutations(sources) <= draws:
        every = product(*(permutations(group) for group in groups))
        orders = np.empty((count_permutations(sources), len(sources)), dtype=np.intp)
        # permutations() begins with the order it is given.
        for row, parts in zip(orders, every, strict=True):
            for group, part in zip(groups, parts, strict=True):
                row[group] = part
    else:
        rng = np.random.default_rng(seed)
        orders = np.tile(np.arange(len(sources)), (1 + draws, 1))
        for group in groups:
            orders[1:, group] = rng.permuted(orders[1:, group], axis=1)
    for begin in range(0, len(orders), held):
        yield orders[begin : begin + held]


def count_permutations(sources: np.ndarray) -> int:
    """Count the permutations of languages that exchange sources with sources only."""
    return factorial(int(sources.sum())) * factorial(int((~sources).sum()))


def least_p(sources: np.ndarray, draws: int, reversible: bool = False) -> float:
    """Give the least p-value that a permutation test can reach, see :func:`too_few`."""
    return max(1 / (1 + draws), (2 if reversible else 1) / count_permutations(sources))


def too_few(sources: np.ndarray, draws: int, permuted: str, reversible: bool = False) -> str:
    """Say why no relation between so few could be significant, however strong; an empty text where one could.

    A two-sided permutation test's least p-value is one over the number of permutations, the one that changes nothing
    among them; twice that where another one turns the data round (``reversible``), which is as far from 0. So there are
    enough languages, or contrasts of them, where that lies below the level: k that may all stand in each other's place
    are enough from k = 4 on (1 / 24), for ranks in one row from 5 on (2 / 120). A test that cannot reject says nothing.
    """
    number, least = count_permutations(sources), least_p(sources, draws, reversible)
    if least < LEVEL:
        return ""
    turned = ", one of which turns all ranks round" if reversible else ""
    return f"p cannot fall below {least:.2g}: only {min(number, 1 + draws)} permutations of the {permuted}{turned}."


def jackknife(
    x: np.ndarray, ys: np.ndarray, joint: np.ndarray, sources: np.ndarray, method: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give 95 % intervals of correlations by leaving out each language with all its pairs.

    That is the jackknife of a statistic of pairs (Arvesen 1969), on Fisher's z; it does not understate the variance
    on average (Efron & Stein 1981). Sources and other languages are strata: with one source the interval is that of
    the targets, given the source. Student's t with one degree of freedom less per stratum than languages.

    Returns
    -------
    tuple of float ``[m]``
        Lower and upper ends; NaN where leaving out a language leaves no correlation.
    """
    variance, freedom = np.zeros(len(ys)), 0
    for group in (np.flatnonzero(sources), np.flatnonzero(~sources)):
        if len(group) < 2:
            continue
        without = []
        for language in group:
            left = joint.copy()
            left[language] = left[:, language] = False
            without.append(fisher(x[left], ys[:, left], method))
        without = np.array(without)
        variance += (len(group) - 1) / len(group) * np.square(without - without.mean(0)).sum(0)
        freedom += len(group) - 1
    z = fisher(x[joint], ys[:, joint], method)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance)
    return np.tanh(z - half), np.tanh(z + half)


def fisher(x: np.ndarray, ys: np.ndarray, method: str) -> np.ndarray:
    """Give Fisher's z of the correlation of ``[pairs]`` with each of ``[m, pairs]``; NaN if a side is constant."""
    if len(x) < FEWEST_PAIRS_OF_A_DRAW:
        return np.full(len(ys), np.nan)
    one, others = scaled(x[None], method)[0], scaled(ys, method)
    r = np.where(one.any() & others.any(1), others @ one / len(x), np.nan)
    # A perfect correlation has no finite z.
    return np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))


def benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    """Adjust p-values for the false discovery rate (Benjamini & Hochberg 1995); NaN is left out and stays NaN."""
    p = np.asarray(p, dtype=np.float64)
    adjusted, known = np.full(p.shape, np.nan), np.isfinite(p)
    if known.any():
        adjusted[known] = stats.false_discovery_control(p[known])
    return adjusted


def check(x: np.ndarray, ys: np.ndarray, sources: np.ndarray, draws: int, method: str) -> np.ndarray:
    """Give ``sources`` as bool, or raise an IsoglossError if the arguments do not belong together."""
    sources = np.asarray(sources, dtype=bool)
    square = (len(sources), len(sources))
    if x.shape != square or ys.shape[1:] != square:
        raise IsoglossError(
            f"A correlation of pairs needs square matrices over the same languages; found "
            f"{' x '.join(map(str, x.shape))} "
            f"and {' x '.join(map(str, ys.shape[1:]))} for {len(sources)} languages."
        )
    if method not in ("pearson", "spearman"):
        raise IsoglossError(f"There is no correlation '{method}'; there are pearson and spearman.")
    if draws < 1:
        raise IsoglossError(f"A permutation test needs at least one draw; found {draws}.")
    return sources


def blank(matrix: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Copy a matrix or several with NaN on the diagonal, in rows that are no sources, and instead of infinity."""
    usable = np.isfinite(matrix) & sources[:, None] & ~np.eye(len(sources), dtype=bool)
    return np.where(usable, matrix, np.nan)


def in_pairs(joint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the languages that stand in a pair, and for each of them whether it is a source of one.

    A language without any must not be permuted into the others' places: it would only take pairs away.
    """
    keep = np.flatnonzero(joint.any(0) | joint.any(1))
    return keep, np.any(joint[keep], axis=1)


def constant(values: np.ndarray) -> bool:
    """Say whether all values are the same but for rounding."""
    return bool(np.ptp(values) <= TOLERANCE * np.abs(values).max())
