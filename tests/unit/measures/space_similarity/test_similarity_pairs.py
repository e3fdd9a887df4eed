import literal_similarity as literal
import numpy as np
import pytest
import similar_worlds as worlds

from isogloss.errors import IsoglossError
from isogloss.measures.space_similarity.pairs import QUESTIONS, similarity

ALL = tuple(QUESTIONS)
COINCIDING = [name for name in ALL if QUESTIONS[name] == "coinciding"]
ORGANISED = [name for name in ALL if QUESTIONS[name] == "organised alike"]


def reference(measure, x, y, k):
    if measure in ("retrieval", "mutual_retrieval"):
        return getattr(literal, measure)(literal.cosines(x, y))
    if measure == "neighbour_overlap":
        return literal.neighbour_overlap(x, y, k)
    return getattr(literal, measure)(x, y)


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_formula(measure, centred, seed):
    x, y = worlds.languages(n=41 + seed, noise=0.8, shift=0.5, seed=seed)
    before = x.copy(), y.copy()
    k = 3 + seed
    sides = [side - side.mean(0) for side in (x, y)] if centred else (x, y)
    assert similarity(x, y, measure, centred=centred, neighbours=k) == pytest.approx(
        reference(measure, *sides, k), abs=1e-12
    )
    assert (before[0] == x).all()
    assert (before[1] == y).all()


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize("centred", [False, True])
def test_a_space_is_like_itself(measure, centred):
    x, _ = worlds.languages(n=200, d=16)
    assert similarity(x, x, measure, centred=centred) == pytest.approx(1)


@pytest.mark.parametrize("measure", ALL)
def test_a_turned_space_is_organised_alike_but_does_not_coincide(measure):
    x, _ = worlds.languages(n=400, d=16)
    turned = (x - x.mean(0)) @ worlds.rotation(16)
    value = similarity(x, turned, measure, centred=True)
    if measure in COINCIDING or measure == "neuron_correlation":
        # Neurons are told apart by their axes, which turn too.
        assert abs(value) < 0.2
    else:
        assert value == pytest.approx(1)


@pytest.mark.parametrize("measure", COINCIDING)
def test_a_moved_space_coincides_once_centred(measure):
    x, _ = worlds.languages(n=200, d=16)
    # Either side moved its own way: items of one language are then nearest to the same few of the other.
    moved = [x + 20 * np.random.default_rng(seed).normal(size=16) for seed in (5, 6)]
    assert similarity(*moved, measure) < 0.2
    assert similarity(*moved, measure, centred=True) == pytest.approx(1)


@pytest.mark.parametrize("measure", ALL)
def test_pairs_torn_apart_are_at_chance(measure):
    x, y = worlds.languages(n=400, d=16)
    torn = y[np.random.default_rng(2).permutation(400)]
    chance = {"neighbour_overlap": 10 / 399, "cka": literal.cka(x, torn)}.get(measure, 0)
    assert similarity(x, torn, measure, centred=True) == pytest.approx(chance, abs=0.03)


@pytest.mark.parametrize("measure", ALL)
def test_half_precision_is_computed_in_single(measure):
    x, y = (side.astype(np.float16) for side in worlds.languages(n=150, d=16))
    double = similarity(x.astype(np.float64), y.astype(np.float64), measure, centred=True)
    assert similarity(x, y, measure, centred=True) == pytest.approx(double, abs=1e-5)


@pytest.mark.parametrize("measure", ALL)
def test_items_that_are_told_alike_are_not_told_apart(measure):
    """Every item twice: a match with the wrong copy is no match, and mutual retrieval asks for the only best."""
    x, _ = worlds.languages(n=40, d=16)
    twice = np.repeat(x, 2, axis=0)
    value = similarity(twice, twice, measure, neighbours=1)
    expected = {"retrieval": 0.5, "mutual_retrieval": 0, "strong_retrieval": 0, "procrustes": 0.5}
    assert value == pytest.approx(
        expected.get(measure, 1), abs=0.13 if measure in ("retrieval", "procrustes") else 1e-9
    )


@pytest.mark.parametrize("measure", ORGANISED)
def test_dimensions_may_differ_where_axes_are_not_compared(measure):
    x, y = worlds.languages()
    if measure == "neuron_correlation":
        with pytest.raises(IsoglossError, match=r"8 dimensions.*3; neuron_correlation compares"):
            similarity(x, y[:, :3], measure)
    else:
        assert 0 < similarity(x, y[:, :3], measure) < 1


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y: y[:-1], "60 items and the second matrix 59"),
        (lambda y: y[0], "has the shape 8; a matrix"),
        (lambda y: np.where(np.arange(60)[:, None] == 6, np.nan, y), "item 7: a value is not finite"),
        (lambda y: np.full_like(y, 0.1), "the second matrix is constant"),
        (lambda y: y.astype(str), "something else than real numbers"),
        (lambda y: y + 1j, "something else than real numbers"),
        (lambda y: y[:1], "at least 2 items"),
        (lambda y: y[:, :0], "at least 1 dimension"),
    ],
)
def test_what_cannot_be_compared_is_told(measure, change, words):
    x, y = worlds.languages()
    with pytest.raises(IsoglossError, match=words):
        similarity(x, change(y), measure)


def test_too_few_items_are_told():
    x, y = worlds.languages(n=10)
    with pytest.raises(IsoglossError, match="10 items are too few for 10 neighbours"):
        similarity(x, y, "neighbour_overlap")
    assert similarity(x, x, "neighbour_overlap", neighbours=9) == 1
    with pytest.raises(IsoglossError, match="3 items are too few"):
        similarity(x[:3], y[:3], "procrustes")
    with pytest.raises(IsoglossError, match="at least 4"):
        similarity(x[:3], y[:3], "cka_debiased")
    flat = np.concatenate([np.ones((5, 8)), x[:5]])
    with pytest.raises(IsoglossError, match="the first half of the items is constant"):
        similarity(flat, y, "procrustes")


def test_a_dead_neuron_counts_nothing():
    x, y = worlds.languages()
    dead = y.copy()
    dead[:, 0] = 0.1
    expected = np.sum([np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(1, 8)]) / 8
    assert similarity(x, dead, "neuron_correlation") == pytest.approx(expected)
