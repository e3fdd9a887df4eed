"""Where things stand, and what a wildcard may be."""

import re

RESULTS = settings.results
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
THREADS = settings.compute.threads

# The identity of a cell, as it stands in every path and in every table.
CELL = "{model}/{checkpoint}/{corpus}/{source}-{target}"


def one_of(names):
    """A wildcard constraint that lets through just these names, so that a mistyped target fails at once."""
    return "|".join(map(re.escape, names)) or "(?!)"


LANGUAGES = one_of(sorted({language for corpus in settings.corpora.values() for language in corpus.languages}))


wildcard_constraints:
    model=one_of(settings.models),
    checkpoint="pretrained",
    corpus=one_of(settings.corpora),
    language=LANGUAGES,
    source=LANGUAGES,
    target=LANGUAGES,
    side="source|target",
    space=one_of(grid.SPACES),
    joint=one_of(grid.JOINT_SPACES),
    kind=one_of(grid.KINDS),
    layer=r"\d+",


def identity(wildcards):
    """The columns that name a cell in every table."""
    names = ("model", "checkpoint", "corpus", "source", "target", "kind", "layer")
    cell = {name: wildcards.get(name) for name in names if wildcards.get(name) is not None}
    if "layer" in cell:
        cell["layer"] = int(cell["layer"])
    return {**cell, "task": "pretrained"}
