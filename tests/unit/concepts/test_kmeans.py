from functools import partial

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans

from isogloss.concepts.methods.kmeans import Points, TorchPoints, fill_empty, kmeans
from isogloss.errors import IsoglossError


def blobs(rng, parts=12, each=40, width=20, distance=12.0):
    centers = rng.normal(0, distance, (parts, width))
    return (centers[np.repeat(np.arange(parts), each)] + rng.normal(size=(parts * each, width))).astype(np.float32)


def test_planted_clusters_are_found():
    for seed in range(5):
        labels, centers, _ = kmeans(blobs(np.random.default_rng(seed)), 12, seed)
        parts = labels.reshape(12, 40)
        assert (parts == parts[:, :1]).all()
        assert len(set(parts[:, 0])) == 12
        assert centers.shape == (12, 20)


@pytest.mark.parametrize("width", [8, 200])
def test_as_good_as_the_best_of_ten_starts(width):
    rng = np.random.default_rng(3)
    vectors = (rng.standard_t(4, (1500, width)) * rng.lognormal(0, 0.7, (1500, 1))).astype(np.float32)
    _, _, own = kmeans(vectors, 60, 0)
    best = KMeans(60, n_init=10, random_state=0).fit(vectors.astype(np.float64)).inertia_
    assert own <= 1.01 * best


def test_result_is_consistent():
    vectors = np.random.default_rng(1).normal(3, 1, (500, 100)).astype(np.float32)
    labels, centers, inertia = kmeans(vectors, 30, 5)
    assert set(labels) == set(range(30))
    expected = np.stack([vectors[labels == k].astype(np.float64).mean(0) for k in range(30)])
    np.testing.assert_allclose(centers, expected, atol=1e-5)
    assert inertia == pytest.approx(np.square(vectors - expected[labels]).sum(), rel=1e-5)


def test_same_seed_same_labels():
    vectors = np.random.default_rng(2).normal(size=(800, 70)).astype(np.float32)
    assert (kmeans(vectors, 25, 9)[0] == kmeans(vectors, 25, 9)[0]).all()


@pytest.mark.parametrize("place", [Points, partial(TorchPoints, device="cpu")])
def test_nearest_centre_is_the_literal_one(place):
    rng = np.random.default_rng(4)
    vectors, centers = rng.normal(size=(300, 9)).astype(np.float32), rng.normal(size=(7, 9)).astype(np.float32)
    distances = np.square(vectors[:, None] - centers).sum(-1)
    labels, nearest, second = place(vectors).assign(centers, second=True)
    assert (labels == distances.argmin(1)).all()
    np.testing.assert_allclose(nearest, distances.min(1), atol=1e-4)
    np.testing.assert_allclose(second, np.sort(distances, 1)[:, 1], atol=1e-4)


def test_empty_clusters_get_the_furthest_vectors():
    labels, distances = np.array([0, 0, 0, 2], dtype=np.int32), np.array([1.0, 5.0, 3.0, 9.0])
    fill_empty(labels, distances, 3)
    assert labels.tolist() == [0, 1, 0, 2]


def test_more_clusters_than_words_is_refused():
    with pytest.raises(IsoglossError, match="number of words, 5"):
        kmeans(np.eye(5), 6, 0)
    with pytest.raises(IsoglossError, match="only 2 of 20 vectors are distinct"):
        kmeans(np.repeat(np.eye(2), 10, axis=0), 5, 0)


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(IsoglossError, match="not finite"):
        kmeans(np.array([[1.0, np.nan], [0, 1], [1, 0]]), 2, 0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_as_good_on_a_gpu():
    vectors = np.random.default_rng(6).standard_t(4, (20_000, 300)).astype(np.float32)
    on_cpu, on_gpu = kmeans(vectors, 200, 1), kmeans(vectors, 200, 1, device="cuda")
    assert on_gpu[2] == pytest.approx(on_cpu[2], rel=1e-3)
    assert (on_gpu[0] == kmeans(vectors, 200, 1, device="cuda")[0]).all()


@pytest.mark.parametrize("seed", range(6))
def test_equal_vectors_are_one_concept_and_too_many_concepts_are_refused(seed):
    rng = np.random.default_rng(seed)
    kinds, words, width = int(rng.integers(5, 40)), 400, int(rng.choice([4, 64, 200]))
    member = np.r_[np.arange(kinds), np.minimum(rng.geometric(0.15, words - kinds) - 1, kinds - 1)]
    # Half precision, as layers are kept; a large mean makes distances of equal vectors differ from 0 by rounding.
    vectors = (rng.normal(30, 1, (kinds, width)).astype(np.float16))[member]
    vectors[:, 0] = np.where(rng.random(words) < 0.5, 0.0, -0.0)
    for clusters in {2, kinds // 2, kinds - 1, kinds} - {1}:
        labels, centers, inertia = kmeans(vectors, clusters, seed)
        assert set(labels) == set(range(clusters))
        assert all(len(set(labels[member == kind])) == 1 for kind in range(kinds))
        exact = vectors.astype(np.float64)
        expected = np.stack([exact[labels == k].mean(0) for k in range(clusters)])
        np.testing.assert_allclose(centers, expected, atol=1e-3)
        assert inertia == pytest.approx(np.square(exact - expected[labels]).sum(), rel=1e-3, abs=1e-6)
    for clusters in (kinds + 1, 60, words):
        with pytest.raises(IsoglossError, match=f"only {kinds} of {words} vectors are distinct"):
            kmeans(vectors, clusters, seed)


def test_weights_count_as_words_do():
    """The clustering of repeated vectors is as good as that of an outside program, which sees every word."""
    rng = np.random.default_rng(8)
    kinds = rng.normal(size=(150, 10)).astype(np.float32)
    vectors = kinds[np.minimum(rng.geometric(0.03, 2000) - 1, 149)]
    _, _, own = kmeans(vectors, 20, 1)
    assert own <= 1.01 * KMeans(20, n_init=10, random_state=0).fit(vectors.astype(np.float64)).inertia_
