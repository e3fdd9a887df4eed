"""CKA of a grid of 15 x 15 languages x 12 layers, 5,010 x 768 each, against the published Gram form in one run.

The peer does what the code released with Kornblith et al. 2019 does, and most later studies with it: two n x n
kernels, each checked for symmetry, copied and centred, then their cosine. It is timed without check and copies too.
It gives plain CKA only; ours gives the debiased form and two jackknife intervals as well.
"""

import resource
import sys
import time

import numpy as np

from isogloss.statistics.cka import Representation, compare, linear_cka

LANGUAGES, LAYERS, ITEMS, HIDDEN = 15, 12, 5010, 768


def gram_cka(x: np.ndarray, y: np.ndarray, released: bool) -> float:
    """Give plain CKA through n x n kernels, as released or with no more than the formula needs."""
    kernels = []
    for matrix in (x, y):
        kernel = matrix @ matrix.T
        if released:
            assert np.allclose(kernel, kernel.T)
            kernel = kernel.copy()
        means = kernel.mean(0)
        means -= means.mean() / 2
        kernel -= means[:, None]
        kernel -= means[None, :]
        kernels.append(kernel)
    k, m = kernels
    return float(k.ravel() @ m.ravel() / (np.linalg.norm(k) * np.linalg.norm(m)))


def language(number: int, moved: float = 0.0) -> np.ndarray:
    """Draw one language's vectors at one layer as a model gives them: float32, a few directions far above the rest."""
    rng = np.random.default_rng(number)
    scales = np.geomspace(3, 0.03, HIDDEN)
    x = rng.standard_normal((ITEMS, HIDDEN), dtype=np.float32) * scales
    if moved:
        x += moved * np.random.default_rng(1000 + number).standard_normal((ITEMS, HIDDEN), dtype=np.float32) * scales
    return (x @ np.random.default_rng(99).standard_normal((HIDDEN, HIDDEN)) + number).astype(np.float32)


def main(languages: int, peers: int) -> None:
    bases = [Representation(language(number)) for number in range(languages)]
    compare(bases[0], bases[1])
    cached, new, found = [], [], []
    for number, base in enumerate(bases):
        matrix = language(number, moved=0.4)
        begin = time.perf_counter()
        tuned = Representation(matrix)
        middle = time.perf_counter()
        found.append(compare(base, tuned).cka)
        end = time.perf_counter()
        cached.append(end - middle)
        new.append(end - begin)
    # Of the bases of a layer, one tuned matrix and what the computation needs; before the peer's kernels come.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    times, largest = {True: [], False: []}, 0.0
    for number in range(peers):
        # In double precision, like the reference: in single precision sums of 25 million terms lose digits.
        pair = [language(number).astype(np.float64), language(number, moved=0.4).astype(np.float64)]
        largest = max(largest, abs(found[number] - linear_cka(*pair)))
        for released in times:
            begin = time.perf_counter()
            peer = gram_cka(*pair, released)
            times[released].append(time.perf_counter() - begin)
            largest = max(largest, abs(found[number] - peer))
    ours, both = np.median(cached), np.median(new)
    theirs, bare = np.median(times[True]), np.median(times[False])
    print(f"CKA {ITEMS:,} x {HIDDEN}, {len(cached)} cells: {ours:.4f} s a cell, {both:.4f} s with one side new")
    print(f"  Gram form, {peers} cells: {theirs:.2f} s as released, {bare:.2f} s without check and copies")
    print(f"  time ratio (Gram form as released / ours, self-terms cached): {theirs / ours:.0f} (goal: at least 50)")
    print(f"  the same without check and copies: {bare / ours:.0f}; with one side new: {bare / both:.0f}")
    print(f"  difference to double precision: {largest:.1e} (goal: at most 1e-6)")
    minutes = LANGUAGES**2 * LAYERS * both / 60
    print(f"  grid of {LANGUAGES} x {LANGUAGES} x {LAYERS}, one side new each time: {minutes:.1f} min")
    print(f"  peak memory of a row, {languages} bases held: {peak:.2f} GiB (goal: below 4)")


if __name__ == "__main__":
    main(*((10, 1) if "--quick" in sys.argv else (LANGUAGES, 3)))
