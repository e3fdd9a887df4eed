"""How alike are the spaces that two languages have in one layer of one model?

Two questions are asked, and a model may say yes to one and no to the other:

*organised alike*
    Are the relations among the items of one language those among the same items of the other? A space that is turned
    or moved is still organised as before. See :mod:`.organisation` and :mod:`.cca`.
*coinciding*
    Do translations lie at the same place? See :mod:`.matching` and :mod:`.languages`.
"""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def cells(study: Any) -> list[Cell]:
    """List the test passes to measure: of tasks whose items are the same in every language."""
    section = study.settings.space_similarity
    if not section:
        return []
    same = [name for name, task in study.settings.tasks.items() if task.same_items]
    return [cell for cell in study.test_cells if cell["task"] in (same if section.tasks is None else section.tasks)]


def cells_on_corpora(study: Any) -> list[Cell]:
    """List the checkpoints to measure on the corpora that are named."""
    section = study.settings.space_similarity
    return [cell for cell in study.corpus_cells if section and cell["corpus"] in section.corpora]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the sentence vectors of a task's test items in every language, and what was found before tuning."""
    return {"vectors": places("sentences", **cell), "before": before(MEASURE, study, places, cell)}


def takes_on_corpora(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the two stores of every pair of the corpus, by the pair's target language, and what was found before."""
    reader = study.shapes[cell["model"]].family.reader
    stores = {
        f"{side}s": {
            target: places("store", **cell, source=source, target=target, space=f"{side}-{reader}")
            for source, target in study.pairs(cell["corpus"])
        }
        for side in ("source", "target")
    }
    return {**stores, "before": before(ON_CORPORA, study, places, cell)}


def before(measure: Measure, study: Any, places: Any, cell: Cell) -> list[str]:
    """Name what the same items' changes after tuning are told by; none where the model was not tuned."""
    folder, ending = measure.gives["replicates_output"]
    return [places.metric(folder, measure.cell, ending, **one) for one in study.before(cell)]


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside the vectors."""
    return {
        **study.settings.space_similarity.model_dump(exclude={"tasks", "corpora"}),
        "threads": study.settings.compute.threads,
        "attributes": {**dict.fromkeys(("model", "checkpoint", "task", "corpus"), ""), **cell},
    }


def spec_on_corpora(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside the stores."""
    source = study.settings.corpora[cell["corpus"]].pairs.source
    return {**spec(study, cell), "source": source, "layers": study.layers(cell["model"])}


MEASURE = Measure(
    name="space_similarity",
    rule="compare_spaces",
    cell="test-items",
    function="isogloss.measures.space_similarity.compute:write_space_similarity",
    cells=cells,
    takes=takes,
    spec=spec,
    gives={"output": ("space_similarity", "csv"), "replicates_output": ("space_similarity_replicates", "parquet")},
    needs="similarity",
    message="Similarity of the languages' spaces",
)
ON_CORPORA = Measure(
    name="space_similarity_on_corpora",
    table="space_similarity",
    rule="compare_spaces_on_corpora",
    cell="corpus",
    function="isogloss.measures.space_similarity.compute:write_corpus_similarity",
    cells=cells_on_corpora,
    takes=takes_on_corpora,
    spec=spec_on_corpora,
    gives={
        "output": ("space_similarity_on_corpora", "csv"),
        "replicates_output": ("space_similarity_on_corpora_replicates", "parquet"),
    },
    needs="similarity_on_corpora",
    message="Similarity of the languages' spaces",
)
