"""Retrieval: what a model's sentence and word vectors find in another language."""

from typing import Any

from isogloss.measures.declaration import Cell, Measure

# Most sentences that are looked up, and that a probe learns from and is tested on.
CANDIDATES, PROBE_SENTENCES = 500, 2000


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the two stores of every pair of the corpus, and the text that they are of."""
    reader = study.shapes[cell["model"]].family.reader
    pairs = study.pairs(cell["corpus"])

    def stores(side: str) -> dict[str, str]:
        """Name one side's stores by the pair's target language."""
        space = f"{side}-{reader}"
        return {target: places("store", **cell, source=source, target=target, space=space) for source, target in pairs}

    languages = [pairs[0][0], *(target for _, target in pairs)]
    return {
        "sources": stores("source"),
        "targets": stores("target"),
        "corpora": {language: places("corpus", corpus=cell["corpus"], language=language) for language in languages},
    }


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the scores depend on beside the vectors and the text."""
    return {
        "source": study.settings.corpora[cell["corpus"]].pairs.source,
        "layers": study.layers(cell["model"]),
        "candidates": CANDIDATES,
        "probe_sentences": PROBE_SENTENCES,
        "threads": study.settings.compute.threads,
        "attributes": study.identity(cell),
    }


MEASURE = Measure(
    name="retrieval",
    rule="score_retrieval",
    cell="corpus",
    function="isogloss.measures.retrieval.compute:evaluate",
    cells=lambda study: study.corpus_cells if study.settings.retrieval else [],
    takes=takes,
    spec=spec,
    gives={"output": ("retrieval", "csv")},
    needs="retrieval",
    message="Sentence and word retrieval",
)
