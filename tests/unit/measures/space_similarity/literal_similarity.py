"""The measures as their formulas say them, item by item: what the fast forms must equal."""

import numpy as np
import scipy.linalg


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


def cosines(x, y):
    return np.array([[cosine(a, b) for b in y] for a in x])


def mean_of_largest(values, k):
    return np.mean(sorted(values, reverse=True)[:k])


def retrieval(s):
    return np.mean([np.argmax(s[i]) == i for i in range(len(s))])


def csls(s, k=10):
    n = len(s)
    r = [mean_of_largest(s[i], k) for i in range(n)]
    c = [mean_of_largest(s[:, j], k) for j in range(n)]
    return retrieval(np.array([[2 * s[i, j] - r[i] - c[j] for j in range(n)] for i in range(n)]))


def ratio(s, k=4):
    n = len(s)
    r = [mean_of_largest(s[i], k) for i in range(n)]
    c = [mean_of_largest(s[:, j], k) for j in range(n)]
    return retrieval(np.array([[s[i, j] / ((r[i] + c[j]) / 2) for j in range(n)] for i in range(n)]))


def mutual_retrieval(s):
    n, hits = len(s), 0
    for i in range(n):
        others = [s[i, j] for j in range(n) if j != i] + [s[j, i] for j in range(n) if j != i]
        hits += s[i, i] > max(others)
    return hits / n


def strong_retrieval(x, y):
    hits = 0
    for i, a in enumerate(x):
        candidates = [cosine(a, b) for b in y] + [cosine(a, x[j]) for j in range(len(x)) if j != i]
        hits += int(np.argmax(candidates)) == i
    return hits / len(x)


def neuron_correlation(x, y):
    return np.mean([np.corrcoef(x[:, k], y[:, k])[0, 1] for k in range(x.shape[1])])


def nearest(x, i, k):
    return set(sorted((j for j in range(len(x)) if j != i), key=lambda j: -cosine(x[i], x[j]))[:k])


def neighbour_overlap(x, y, k):
    return np.mean([len(nearest(x, i, k) & nearest(y, i, k)) / k for i in range(len(x))])


def cka(x, y):
    x, y = x - x.mean(0), y - y.mean(0)
    k, m = x @ x.T, y @ y.T
    return (k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum())


def cka_debiased(x, y):
    def hsic(k, m):
        n = len(k)
        k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
        ones = np.ones(n)
        middle = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
        return (np.trace(k @ m) + middle - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3))

    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def procrustes(x, y):
    half = len(x) // 2
    x, y = x - x[:half].mean(0), y - y[:half].mean(0)
    rotation, _ = scipy.linalg.orthogonal_procrustes(x[:half], y[:half])
    return retrieval(cosines(x[half:] @ rotation, y[half:]))


def canonical(x, y):
    """SVCCA and PWCCA by the covariance form: eigenvalues of Cxx⁻¹ Cxy Cyy⁻¹ Cyx are the squared correlations."""
    kept = []
    for side in (x, y):
        side = side - side.mean(0)
        values, vectors = np.linalg.eigh(side.T @ side)
        count = next(k for k in range(1, len(values) + 1) if values[::-1][:k].sum() >= 0.99 * values.sum())
        kept.append(side @ vectors[:, ::-1][:, :count])
    a, b = kept
    squared, directions = np.linalg.eig(np.linalg.inv(a.T @ a) @ a.T @ b @ np.linalg.inv(b.T @ b) @ b.T @ a)
    order = np.argsort(-squared.real)[: min(a.shape[1], b.shape[1])]
    correlations = np.sqrt(np.clip(squared.real[order], 0, 1))
    variates = a @ directions.real[:, order]
    variates /= np.linalg.norm(variates, axis=0)
    weights = np.abs(variates.T @ (x - x.mean(0))).sum(1)
    return correlations.mean(), weights @ correlations / weights.sum()


def interlingual_overlap(spaces, k):
    """Of each language."""
    points = [(language, vector) for language, space in enumerate(spaces) for vector in space]
    bridges, reached, n = [0] * len(spaces), [set() for _ in spaces], len(spaces[0])
    for i, (language, vector) in enumerate(points):
        others = sorted((j for j in range(len(points)) if j != i), key=lambda j: np.linalg.norm(vector - points[j][1]))
        met = {points[j][0] for j in others[:k]} - {language}
        bridges[language] += len(met) >= 3
        reached[language] |= met
    found = []
    for bridge, met in zip(bridges, reached, strict=True):
        b, r = bridge / n, len(met) / (len(spaces) - 1)
        found.append(2 * b * r / (b + r) if b and r else 0)
    return found


def anisotropy(x):
    return np.mean([cosine(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j])


def hubness(x, k):
    counts = np.array([sum(j in nearest(x, i, k) for i in range(len(x)) if i != j) for j in range(len(x))])
    return np.mean((counts - counts.mean()) ** 3) / counts.std() ** 3
