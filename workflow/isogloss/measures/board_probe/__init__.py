"""The board probe: is what one language's states tell of the board told by another's too (mOthello)?"""

from typing import Any

from isogloss.measures.declaration import Cell, Measure


def cells(study: Any) -> list[Cell]:
    """List the checkpoints of decoders with the corpora of Othello that they are measured on."""
    if not study.settings.board_probe:
        return []
    corpora = study.settings.corpora
    return [
        cell
        for cell in study.corpus_cells
        if corpora[cell["corpus"]].kind == "othello" and study.shapes[cell["model"]].family.stacks == ("decoder",)
    ]


def takes(study: Any, places: Any, cell: Cell) -> dict[str, Any]:
    """Name a checkpoint, and the games in every language."""
    languages = study.settings.corpora[cell["corpus"]].languages
    texts = {language: places("corpus", corpus=cell["corpus"], language=language) for language in languages}
    return {"checkpoint": places("checkpoint", model=cell["model"], checkpoint=cell["checkpoint"]), "texts": texts}


def spec(study: Any, cell: Cell) -> dict[str, Any]:
    """Name what the table depends on beside its files."""
    settings = study.settings
    return {
        **settings.board_probe.model_dump(),
        "board": settings.corpora[cell["corpus"]].board,
        "layers": study.layers(cell["model"]),
        "token_budget": settings.activations.token_budget,
        "threads": settings.compute.threads,
        "attributes": study.identity(cell),
    }


MEASURE = Measure(
    name="board_probe",
    rule="probe_boards",
    cell="corpus",
    function="isogloss.measures.board_probe.compute:write_board_probe",
    cells=cells,
    takes=takes,
    spec=spec,
    gives={"output": ("board_probe", "csv")},
    needs="board_probe",
    message="Board probe",
)
