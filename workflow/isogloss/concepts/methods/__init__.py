"""Ways of clustering, one module each, and their list.

The list is read whenever the Snakefile is, so nothing heavy is imported here. A method called ``NAME`` is the function
``label`` of the module ``NAME`` beside this file; to add one, see docs/extend/clustering.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

WARD_MEMORY = 4e9


@dataclass(frozen=True)
class Method:
    """A way of clustering.

    Attributes
    ----------
    name
        Of its module, and in configs.
    title
        What a message calls it.
    seeded
        Whether it has a seed, so that several clusterings can be asked for.
    on_gpu
        Whether it runs on a GPU, if one is asked for.
    memory
        From the number of words, the bytes that it needs beside three copies of the vectors and its distances to the
        clusters.
    time
        How many times as long as ``kmeans`` it takes, about.
    """

    name: str
    title: str
    seeded: bool = True
    on_gpu: bool = False
    memory: Callable[[int], float] = lambda words: 0
    time: float = 1


METHODS = [
    Method("kmeans", "K-means", on_gpu=True),
    Method("kmeans_restarts", "K-means from ten starts", time=20),
    # It refuses more.
    Method("ward", "Ward's method", seeded=False, memory=lambda words: min(WARD_MEMORY, 4 * words**2)),
]
BY_NAME = {method.name: method for method in METHODS}


def function_of(method: str) -> str:
    """Name a method's function, as :func:`isogloss.named.named` takes it.

    It takes vectors ``[n, d]`` and the number of clusters, and by keyword seed, threads and device (``cpu`` or
    ``cuda``), and gives a whole number for each vector.
    """
    return f"{__name__}.{method}:label"
