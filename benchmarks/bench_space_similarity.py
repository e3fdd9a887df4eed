"""Similarity of spaces, 15 languages, 105 pairs, 1,000 items x 768, 100 null draws: against literal forms in one run.

The peer computes each measure by its formula in matrix form, as the released codes do, and again for every draw of the
null with one side's rows permuted. A pair takes it minutes, so it does few draws of one pair, and the others are
counted. Ours does a layer with all pairs in both directions, raw and centred, all draws and intervals.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.linalg

from isogloss.measures.space_similarity.compute import write_space_similarity
from isogloss.states.sentence_vectors import new_vectors

LANGUAGES, LAYERS, ITEMS, HIDDEN, DRAWS, THREADS = 15, 13, 1000, 768, 100, 2
Vectors = np.ndarray


def language(number: int, hidden: int) -> Vectors:
    """Draw one language's vectors as a model gives them: shared and own parts, few directions far above the rest."""
    scales = np.geomspace(3, 0.03, hidden)
    shared, own = (np.random.default_rng(seed).standard_normal((ITEMS, hidden)) for seed in (0, 1 + number))
    return ((shared + 1.5 * own) * scales + np.random.default_rng(100 + number).normal(size=hidden)).astype(np.float16)


def normalised(x: Vectors) -> Vectors:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def hits(similarities: Vectors) -> float:
    return float((similarities.argmax(1) == np.arange(len(similarities))).mean())


def neighbours(x: Vectors, k: int = 10) -> list[set[int]]:
    cosines = normalised(x) @ normalised(x).T
    np.fill_diagonal(cosines, -np.inf)
    return [set(row) for row in np.argsort(-cosines, axis=1)[:, :k]]


def by_formula(x: Vectors, y: Vectors, centred: bool) -> dict[str, float]:
    """Every measure of one pair in one direction, nothing shared, nothing kept."""
    raw_x, raw_y = x, y
    if centred:
        x, y = x - x.mean(0), y - y.mean(0)
    s = normalised(x) @ normalised(y).T
    tens, fours = (
        [np.sort(table, axis=1)[:, -k:].mean(1) for table in (s, s.T)]
        for k in (10, 4)
    )  # fmt: skip
    others = s - 2 * np.eye(len(s))
    diagonal = np.diag(s)
    own = normalised(x) @ normalised(x).T - 2 * np.eye(len(x))
    found = {
        "retrieval": hits(s),
        "retrieval_csls": hits(2 * s - tens[0][:, None] - tens[1]),
        "retrieval_ratio": hits(s / ((fours[0][:, None] + fours[1]) / 2)),
        "mutual_retrieval": float(((diagonal > others.max(1)) & (diagonal > others.max(0))).mean()),
        "strong_retrieval": hits(np.hstack([s, own])),
        "neighbour_overlap": float(
            np.mean([len(a & b) / 10 for a, b in zip(neighbours(x), neighbours(y), strict=True)])
        ),
    }
    if centred:
        found["neuron_correlation"] = float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(x.T, y.T, strict=True)]))
        k, m = x @ x.T, y @ y.T
        found["cka"] = float((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))
        half = len(x) // 2
        one, two = (side - side[:half].mean(0) for side in (raw_x, raw_y))
        rotation, _ = scipy.linalg.orthogonal_procrustes(one[:half], two[:half])
        found["procrustes"] = hits(normalised(one[half:] @ rotation) @ normalised(two[half:]).T)
    return found


def main(languages: int, hidden: int, peer_draws: int) -> None:
    names = [f"l{number:02d}" for number in range(languages)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with new_vectors(path / "v.h5", {}) as writer:
            for number, name in enumerate(names):
                writer.add(name, [0], {"mean": language(number, hidden)[None]})
        begin, cpu = time.perf_counter(), time.process_time()
        write_space_similarity(
            vectors=path / "v.h5",
            pooling="mean",
            items=ITEMS,
            neighbours=10,
            null=DRAWS,
            bootstrap=1000,
            seed=1,
            threads=THREADS,
            attributes={},
            output=path / "out.csv",
        )  # fmt: skip
        wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        table = pd.read_csv(path / "out.csv").set_index(["source", "target", "vectors", "measure"]).value
    pairs = languages * (languages - 1) // 2
    x, y = (language(number, hidden).astype(np.float64) for number in (0, 1))
    largest, literal = 0.0, 0.0
    for vectors in ("raw", "centred"):
        begin = time.process_time()
        for measure, value in by_formula(x, y, vectors == "centred").items():
            # With more dimensions than fitting items the rotation is not unique outside their span.
            if measure != "procrustes" or hidden < ITEMS // 2:
                largest = max(largest, abs(value - table["l00", "l01", vectors, measure]))
        for _ in range(peer_draws):
            by_formula(x, y[np.random.default_rng(0).permutation(ITEMS)], vectors == "centred")
        # Both directions of a pair.
        literal += 2 * (time.process_time() - begin) / (1 + peer_draws) * (1 + DRAWS)
    ours = cpu / pairs
    minutes = LAYERS * cpu / THREADS / 60
    print(
        f"similarity of spaces, {ITEMS:,} x {hidden}, {pairs} pairs, {DRAWS} draws: {ours:.2f} s a pair and layer (CPU)"
    )
    print(f"  literal forms: {literal:.0f} s (counted from {1 + peer_draws} of {1 + DRAWS} draws)")
    print(f"  time ratio (literal / ours): {literal / ours:.0f} (goal: at least 100)")
    print(f"  largest difference: {largest:.1e} (goal: at most 1e-3, one item of {ITEMS:,})")
    print(f"  a layer {wall:.1f} s, {cpu:.1f} s of CPU; {LAYERS} layers {minutes:.1f} min on two free cores (goal: 3)")
    print(f"  peak memory: {peak:.2f} GiB")


if __name__ == "__main__":
    main(*((4, 96, 0) if "--quick" in sys.argv else (LANGUAGES, HIDDEN, 1)))
