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
    same = [name for name, task in study.settings.tasks.items() if task.same_items]
    return [cell for cell in study.test_cells if section and cell["task"] in (section.tasks or same)]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name the sentence vectors of a task's test items in every language, and what was found before tuning."""
    before = [
        places.metric("space_similarity_replicates", "test-items", "parquet", **one) for one in study.before(cell)
    ]
    return {"vectors": places("sentences", **cell), "before": before}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside the vectors."""
    return {
        **study.settings.space_similarity.model_dump(exclude={"tasks"}),
        "threads": study.settings.compute.threads,
        "attributes": cell,
    }


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
