"""CALIGN between two sets of 600 concepts, 20,000 tokens a side, against the double loop, in one run."""

import time

import numpy as np
import pandas as pd

from isogloss.measures.calign.compute import align_concepts


def double_loop(source: pd.DataFrame, target: pd.DataFrame, best: dict[str, list[str]]) -> list[tuple[int, int]]:
    """Apply the published rule to every pair of concepts in turn."""
    mine = {label: set(group.word) for label, group in source.groupby("cluster")}
    theirs = {label: set(group.word) for label, group in target.groupby("cluster")}
    found = []
    for one, words in mine.items():
        for other, others in theirs.items():
            hits = 0
            for word in words:
                for translation in best.get(word, ()):
                    if translation in others:
                        hits += 1
                        break
            ratio = min(len(words), len(others)) / max(len(words), len(others))
            if hits and len(words) >= 5 and hits / len(words) >= 0.8 and ratio >= 0.6:
                found.append((one, other))
    return sorted(found)


def main() -> None:
    rng = np.random.default_rng(0)
    types, tokens, concepts = 6000, 20_000, 600
    meaning = rng.zipf(1.3, tokens * 4)
    meaning = meaning[meaning <= types][:tokens] - 1
    home = rng.integers(0, concepts, types)
    tables = []
    for prefix in "st":
        wander = np.where(rng.random(tokens) < 0.15, rng.integers(0, concepts, tokens), home[meaning])
        tables.append(pd.DataFrame({"word": [f"{prefix}{m}" for m in meaning], "cluster": wander}))
    pairs = [(f"s{m}", f"t{m}", 0.6, 3) for m in range(types)]
    pairs += [
        (f"s{a}", f"t{b}", 0.05, 1)
        for a, b in zip(rng.integers(0, types, 40_000), rng.integers(0, types, 40_000), strict=True)
    ]
    lexicon = pd.DataFrame(pairs, columns=["source", "target", "probability", "count"])
    lexicon = lexicon.drop_duplicates(["source", "target"])
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        result = align_concepts(*tables, lexicon, null=0)
        times.append(time.perf_counter() - begin)
    ordered = lexicon.sort_values(["probability", "count", "target"], ascending=[False, False, True])
    best = {word: list(group.head(10)) for word, group in ordered.groupby("source").target}
    begin = time.perf_counter()
    expected = double_loop(*tables, best)
    loop = time.perf_counter() - begin
    own = float(np.median(times))
    print(f"concept alignment, {result.concepts} concepts, {tokens:,} tokens a side: {1000 * own:.0f} ms (goal: 50)")
    print(f"  the double loop: {loop:.2f} s, {loop / own:.0f} times as long")
    print(f"  {len(expected)} pairs, the same: {result.pairs == expected}")
    begin = time.perf_counter()
    draws = len(align_concepts(*tables, lexicon).draws)
    print(f"  with {draws} draws of the null: {time.perf_counter() - begin:.1f} s")
    if result.pairs != expected:
        raise SystemExit("the pairs differ")


if __name__ == "__main__":
    main()
