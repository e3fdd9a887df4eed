"""Planted worlds: pairs of languages whose two sides are inherited, and have nothing else to do with each other.

What a test of pairs finds in them beside its level is false. Traits evolve by Brownian motion on the branches of a tree
(Felsenstein 1985); families share nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from isogloss.statistics.mantel import correlate, mantel
from isogloss.statistics.mrqap import regress
from isogloss.statistics.social_relations import social_relations

# Fifteen languages as studies have them: one large family, a pair of relatives, the others alone.
USUAL = (6, 2, 1, 1, 1, 1, 1, 1, 1)


@dataclass(frozen=True)
class Kind:
    """How the values of a world come about.

    Attributes
    ----------
    name
        For the table.
    families
        Sizes of the families.
    inherited
        Pagel's λ of x's and of y's traits: the share of their variance that evolved on the tree.
    traits
        How many make up each side's distance.
    effects
        Standard deviation of what a language adds as a source and as a target to y; it is inherited.
    relation
        How much y follows its own traits' distance, which has a standard deviation of 1.
    noise
        Standard deviation of what only one pair has.
    sources
        Rows of y that there are; None: all.
    """

    name: str
    families: tuple[int, ...] = USUAL
    inherited: tuple[float, float] = (1.0, 1.0)
    traits: int = 20
    effects: float = 1.0
    relation: float = 1.0
    noise: float = 0.3
    sources: int | None = None


KINDS = (
    Kind("all inherited"),
    Kind("half inherited", inherited=(0.5, 0.5)),
    Kind("x inherited, y not", inherited=(1.0, 0.0)),
    Kind("only language effects", relation=0.0),
    Kind("one trait a side", traits=1, effects=0.0, noise=0.0),
    Kind("three families of five", families=(5, 5, 5)),
    Kind("six languages", families=(3, 1, 1, 1)),
    Kind("six sources of fifteen", sources=6),
    Kind("one source of fifteen", sources=1),
)


def grow(rng: np.random.Generator, families: tuple[int, ...]) -> np.ndarray:
    """Grow a tree for each family.

    Returns
    -------
    ndarray
        float64 ``[languages, languages]``: the share of their time that two languages were one, 1 on the diagonal. A
        family's age is uniform between 0.2 and 0.8, its further splits uniform in the time since.
    """
    shared, begin = np.zeros((sum(families), sum(families))), 0
    for size in families:
        groups = [[language] for language in range(begin, begin + size)]
        oldest = rng.uniform(0.2, 0.8)
        times = sorted([oldest, *rng.uniform(oldest, 1, max(size - 2, 0))], reverse=True)
        for time in times[: size - 1]:
            one, two = (groups.pop(rng.integers(len(groups))) for _ in range(2))
            shared[np.ix_(one, two)] = shared[np.ix_(two, one)] = time
            groups.append(one + two)
        begin += size
    np.fill_diagonal(shared, 1)
    return shared


def evolve(rng: np.random.Generator, shared: np.ndarray, inherited: float, traits: int) -> np.ndarray:
    """Let traits evolve; float64 ``[languages, traits]``, of variance 1."""
    covariance = inherited * shared + (1 - inherited) * np.eye(len(shared))
    return np.linalg.cholesky(covariance) @ rng.normal(size=(len(shared), traits))


def apart(traits: np.ndarray) -> np.ndarray:
    """Give the Euclidean distances of languages, of variance 1 over the pairs."""
    distances = np.linalg.norm(traits[:, None] - traits[None], axis=2)
    return distances / distances[np.triu_indices(len(traits), 1)].std()


def plant(kind: Kind, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Plant a world without any relation but the tree.

    Returns
    -------
    tuple
        x and y ``[languages, languages]``, row = source, column = target, the relatedness of the languages, and bool
        ``[languages]``, which are sources.
    """
    # A stream of its own for each kind, or chance would tell the same of several; and none that permutations go by.
    rng = np.random.default_rng([seed, *kind.name.encode()])
    shared = grow(rng, kind.families)
    size = len(shared)
    # Sources are no family of their own.
    order = rng.permutation(size)
    shared = shared[np.ix_(order, order)]
    x = apart(evolve(rng, shared, kind.inherited[0], kind.traits))
    own = apart(evolve(rng, shared, kind.inherited[1], kind.traits))
    effects = [evolve(rng, shared, kind.inherited[1], 1) for _ in range(2)]
    y = kind.relation * own + kind.effects * (effects[0] + effects[1].T) + kind.noise * rng.normal(size=(size, size))
    return x, y, shared, np.arange(size) < (kind.sources or size)


def written(shared: np.ndarray, seed: int) -> np.ndarray:
    """Let a script and words evolve: ``[2, languages, languages]``, whether scripts are the same, and shared words."""
    rng = np.random.default_rng([seed, 1])
    script, words = evolve(rng, shared, 1.0, 1) > 0, evolve(rng, shared, 0.5, 50) > 0
    return np.stack([script == script.T, (words[:, None] & words[None]).mean(2)]).astype(float)


def mrqap_p(seed: int, kind: Kind, method: str, draws: int = 199) -> float:
    x, y, shared, sources = plant(kind, seed)
    return regress(x, y, np.empty((0, *x.shape)), shared, sources, draws, seed, method)["p_mrqap"]


def mrqap_given_p(seed: int, kind: Kind, method: str, draws: int = 199) -> float:
    x, y, shared, sources = plant(kind, seed)
    return regress(x, y, written(shared, seed), shared, sources, draws, seed, method)["p_mrqap"]


def mantel_p(seed: int, kind: Kind, method: str, draws: int = 199) -> float:
    x, y, _, sources = plant(kind, seed)
    return mantel(x, y, sources, draws, seed, method)[1]


def ordinary_p(seed: int, kind: Kind) -> float:
    x, y, _, sources = plant(kind, seed)
    return correlate(x, y, sources, 99, seed)["p_ordinary"]


def social_relations_p(seed: int, kind: Kind) -> float:
    x, y, shared, sources = plant(kind, seed)
    return social_relations(x, y, np.empty((0, *x.shape)), shared, sources)["p_mixed"]


def tests() -> Iterator[tuple[str, str, Callable[[int], float]]]:
    """List each test with the world that it is tried in: name, world, and the p-value of one such world."""
    for kind in KINDS:
        for method in ("pearson", "spearman"):
            yield f"MRQAP on contrasts, {method}", kind.name, partial(mrqap_p, kind=kind, method=method)
            given = partial(mrqap_given_p, kind=kind, method=method)
            yield f"MRQAP given script and words too, {method}", kind.name, given
            yield f"Mantel, {method}", kind.name, partial(mantel_p, kind=kind, method=method)
        yield "ordinary, pearson", kind.name, partial(ordinary_p, kind=kind)
        # With one source there are no effects of languages to tell apart.
        if kind.sources != 1:
            yield "social-relations model", kind.name, partial(social_relations_p, kind=kind)
