"""Vectors of two languages' items whose relation is known."""

import numpy as np


def languages(n=60, d=8, count=2, noise=0.5, shift=1.0, seed=0):
    """Each language is the same points with noise and a place of its own."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(n, d))
    return [shared + noise * rng.normal(size=(n, d)) + shift * rng.normal(size=d) for _ in range(count)]


def rotation(d, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
