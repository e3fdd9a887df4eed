"""How often the interval of a mean over pairs of languages holds the truth, in planted worlds.

``python -m benchmarks.language_worlds`` prints the shares that stand in docs/methods.md. There are eight languages,
each a source and a target, whose effects in both roles go together, and an error of each pair.
"""

from itertools import permutations

import numpy as np
import pandas as pd

from isogloss.statistics.languages import mean_over_languages

LANGUAGES = [f"l{number}" for number in range(8)]
TRUTH, WORLDS = 0.3, 1000


def world(rng: np.random.Generator, between: float, within: float) -> pd.DataFrame:
    """Plant values of all pairs of different languages, with effects of languages and of pairs of these sizes."""
    effects = rng.normal(0, between, len(LANGUAGES))
    as_source = dict(zip(LANGUAGES, effects, strict=True))
    others = 0.7 * effects + rng.normal(0, between, len(LANGUAGES))
    as_target = dict(zip(LANGUAGES, others, strict=True))
    pairs = pd.DataFrame(permutations(LANGUAGES, 2), columns=["source", "target"])
    value = TRUTH + pairs.source.map(as_source) + pairs.target.map(as_target) + rng.normal(0, within, len(pairs))
    return pairs.assign(value=value)


def held(rng: np.random.Generator, between: float, within: float) -> bool:
    """Tell whether the interval of one world holds the truth."""
    one = mean_over_languages(**world(rng, between, within))
    return one.low <= TRUTH <= one.high


if __name__ == "__main__":
    rng = np.random.default_rng(9)
    for between, within in ((0.1, 0.02), (0.05, 0.1), (0, 0.1)):
        share = np.mean([held(rng, between, within) for _ in range(WORLDS)])
        print(f"effects of languages {between:g}, of pairs {within:g}: {share:.3f} of {WORLDS:,} worlds")
