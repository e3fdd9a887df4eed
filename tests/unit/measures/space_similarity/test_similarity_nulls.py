"""Each null must be what the formula gives when one side's rows are put in another order, draw by draw."""

import literal_similarity as literal
import numpy as np
import pytest
import similar_worlds as worlds

from isogloss.measures.space_similarity import languages, matching, organisation
from isogloss.measures.space_similarity.cca import Components, canonical, canonical_null
from isogloss.measures.space_similarity.matching import Halves
from isogloss.measures.space_similarity.spaces import Space
from isogloss.statistics.cka import Representation
from isogloss.statistics.jackknife import blocks_of
from isogloss.statistics.nulls import permutations, resamples

N, K = 24, 4


@pytest.fixture
def pair():
    x, y = worlds.languages(n=N, d=5, noise=0.4, shift=0.3)
    return x, y, permutations(N, 12, np.random.default_rng(3))


def partners(x, y):
    s = literal.cosines(x, y)
    ten, four = ([np.array([literal.mean_of_largest(row, k) for row in table]) for table in (s, s.T)] for k in (10, 4))
    rivals = Space(x, False, K).rivals
    return {
        "retrieval": matching.retrieval(s),
        "csls": matching.retrieval(matching.csls(s, *ten)),
        "ratio": matching.retrieval(matching.ratio(s, *four)),
        "mutual_retrieval": matching.mutual_retrieval(s),
        "strong_retrieval": matching.strong_retrieval(s, rivals),
    }


def test_retrieval_of_every_kind(pair):
    x, y, orders = pair
    found = partners(x, y)
    null = matching.null_shares(np.stack(list(found.values()), axis=1), orders)
    for draw, order in enumerate(orders):
        s = literal.cosines(x, y[order])
        expected = [getattr(literal, name)(s) for name in found if name != "strong_retrieval"]
        assert null[draw] == pytest.approx([*expected, literal.strong_retrieval(x, y[order])])
    s = literal.cosines(x, y)
    values = [matching.right(one).mean() for one in found.values()]
    expected = [getattr(literal, name)(s) for name in found if name != "strong_retrieval"]
    assert values == pytest.approx([*expected, literal.strong_retrieval(x, y)])


def test_largest_are_the_means_of_the_largest():
    values = np.random.default_rng(0).normal(size=(6, 9))
    for count, found in zip((1, 4, 20), matching.largest(values, (1, 4, 20)), strict=True):
        assert found == pytest.approx([literal.mean_of_largest(row, count) for row in values])


def test_neighbours_are_looked_for_anew_without_each_block():
    x, y = worlds.languages(n=90, d=5, noise=0.4)
    units = [Space(side, False, K).unit for side in (x, y)]
    sides = [organisation.Neighbourhoods.of(side @ side.T, K) for side in units]
    left = [[np.delete(side, block, axis=0) for side in (x, y)] for block in blocks_of(90)]
    expected = [literal.neighbour_overlap(*both, K) for both in left]
    assert organisation.overlaps_without(*sides, K) == pytest.approx(np.array(expected))
    assert organisation.Neighbourhoods.of(x[:39] @ x[:39].T, K) is None
    assert organisation.Neighbourhoods.of(x @ x.T, 85) is None


def test_neighbour_overlap(pair):
    x, y, orders = pair
    one, two = (Space(side, False, K) for side in (x, y))
    expected = [literal.neighbour_overlap(x, y[order], K) for order in orders]
    assert organisation.null_overlaps(one, two, orders) == pytest.approx(expected)


def test_neuron_correlation(pair):
    x, y, orders = pair
    one, two = map(organisation.Neurons, (x, y))
    expected = [literal.neuron_correlation(x, y[order]) for order in orders]
    assert organisation.null_correlations(one, two, orders) == pytest.approx(expected)


def test_cka(pair):
    x, y, orders = pair
    third = x[::-1] + 1
    spaces = [Representation(side) for side in (x, y, third)]
    kernels = [side.items @ side.items.T for side in spaces]
    couples = [(0, 1), (1, 2), (0, 2)]
    null = organisation.null_alignments(spaces, kernels, couples, orders)
    for place, (a, b) in enumerate(couples):
        for draw, order in enumerate(orders):
            moved = [(x, y, third)[a], (x, y, third)[b][order]]
            expected = [literal.cka(*moved), literal.cka_debiased(*moved)]
            assert null[place, :, draw] == pytest.approx(expected)


def test_procrustes_is_fitted_once(pair):
    x, y, _ = pair
    half = N // 2
    found = matching.retrieval(matching.procrustes(Halves.of(x), Halves.of(y)))
    for order in permutations(N - half, 6, np.random.default_rng(4)):
        torn = np.concatenate([y[:half], y[half:][order]])
        expected = literal.procrustes(x, torn)
        assert matching.null_shares(found[:, None], order[None])[0, 0] == pytest.approx(expected)


def test_canonical_correlations(pair):
    x, y, orders = pair
    one, two = map(Components.of, (x, y))
    null = canonical_null(one, two, orders)
    for draw, order in enumerate([np.arange(N), *orders]):
        found = canonical(one, two) if not draw else null[:, draw - 1]
        assert found == pytest.approx(literal.canonical(x, y[order]))


def test_canonical_correlations_do_not_see_a_linear_map():
    x, _ = worlds.languages(n=60, d=4)
    other = x @ np.random.default_rng(0).normal(size=(4, 4)) + 5
    # All of the variance is kept by four of four components.
    assert canonical(*map(Components.of, (x, other))) == pytest.approx((1, 1), abs=1e-2)


def test_99_percent_of_the_variance_are_kept():
    x = np.random.default_rng(0).normal(size=(4000, 4)) * np.sqrt([90, 8.5, 1, 0.5])
    assert Components.of(x).scores.shape == (4000, 3)


def test_a_rotation_is_found_with_more_dimensions_than_items():
    x, _ = worlds.languages(n=40, d=64)
    turned = x @ worlds.rotation(64) + 3
    found = matching.retrieval(matching.procrustes(Halves.of(x), Halves.of(turned)))
    assert matching.right(found).all()


def near_of_all(spaces, k):
    grid = []
    for x in spaces:
        row = []
        for y in spaces:
            cosines = x.unit @ y.unit.T
            row.append(languages.near(languages.squared_distances(cosines, x, y), k))
        grid.append(languages.merge(row, k))
    return np.concatenate(grid)


@pytest.mark.parametrize("shift", [0, 0.8])
def test_interlingual_overlap(shift):
    vectors = worlds.languages(n=15, d=4, count=5, shift=shift)
    spaces = [Space(side, False, K) for side in vectors]
    orders = permutations(75, 5, np.random.default_rng(0))
    samples = resamples(15, 6, np.random.default_rng(1))
    near = near_of_all(spaces, K)
    values, null, sampled = languages.interlingual_overlap(near, 5, orders, samples)
    assert values == pytest.approx(literal.interlingual_overlap(vectors, K))
    pooled = np.concatenate(vectors)
    for draw, order in enumerate(orders):
        # Another label for every vector, the vectors where they were.
        labels = np.repeat(np.arange(5), 15)[order]
        expected = literal.interlingual_overlap([pooled[labels == language] for language in range(5)], K)
        assert null[draw] == pytest.approx(expected)
    for sample, counts in enumerate(samples.astype(int)):
        drawn = np.repeat(np.arange(15), counts)
        met = languages.others_met(near, np.repeat(np.arange(5), 15), 5)[:, drawn]
        bridge, reach = (met.sum(2) >= 3).mean(1), met.any(1).sum(1) / 4
        expected = np.where(bridge * reach > 0, 2 * bridge * reach / np.maximum(bridge + reach, 1e-9), 0)
        assert sampled[sample] == pytest.approx(expected, abs=1e-6)


def test_shape_of_one_space():
    x, _ = worlds.languages(n=50, d=4)
    space = Space(x, False, K)
    value, low, high = languages.anisotropy(space)
    assert value == pytest.approx(literal.anisotropy(x))
    assert low < value < high
    value, low, high = languages.hubness(space)
    assert value == pytest.approx(literal.hubness(x, K))
    assert low < value < high
    even = Space(np.repeat(np.eye(4), 2, axis=0), False, 1)
    assert languages.hubness(even)[0] == 0


def test_language_identity():
    vectors = worlds.languages(n=80, d=4, count=3, shift=4, noise=0.2)
    orders = permutations(120, 100, np.random.default_rng(0))
    hits, null = languages.language_identity(vectors, False, orders)
    assert hits.shape == (3, 40)
    assert hits.mean() > 0.95
    assert null.mean(0) == pytest.approx([1 / 3] * 3, abs=0.03)
    # What is told is where the languages lie; once that is taken off, nothing is left to tell them by.
    hits, null = languages.language_identity(vectors, True, orders)
    assert hits.mean() < 0.5


def test_identity_is_centred_by_the_half_that_is_learnt_from():
    """The second half of one language lies elsewhere: to centre by its own mean would hide that."""
    rng = np.random.default_rng(0)
    still, moving = rng.normal(size=(2, 80, 3))
    moving[40:] += 30
    hits, _ = languages.language_identity([still, moving], True, permutations(80, 1, rng))
    assert len(set(hits[1])) == 1
