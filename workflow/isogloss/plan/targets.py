"""What a run ends in: tables, each with the files it is put together from, and figures."""

from isogloss.measures import MEASURES
from isogloss.plan.places import Places
from isogloss.plan.study import PRETRAINED, Study
from isogloss.report.figures.catalogue import FIGURES, Figure

# Beside those of the measures.
OTHER_TABLES = (
    "word_alignment",
    "training",
    "finetuning",
    "activations",
    "distances",
    "subword_distances",
    "correlations",
    "variants",
    "trajectories",
)


def measure_files(study: Study, places: Places) -> dict[str, list[str]]:
    """List the files of every measure's table, one a cell."""
    files: dict[str, list[str]] = {}
    for measure in MEASURES:
        folder, ending = next(iter(measure.gives.values()))
        found = [places.metric(folder, measure.cell, ending, **cell) for cell in measure.cells(study)]
        files.setdefault(measure.table or measure.name, []).extend(found)
    return files


def collated(study: Study, places: Places) -> dict[str, list[str]]:
    """List the tables that are put together from one file a cell, each with those; a table without any is left out."""
    trained = [places("training", model=name, checkpoint=PRETRAINED) for name in study.models_of_kind("train")]
    files = {
        **measure_files(study, places),
        "word_alignment": [places("word_alignment", **cell) for cell in study.aligner_cells],
        "training": trained,
        "subword_distances": [places("subword_distances", model=model) for model in study.subword_models],
        "finetuning": [places("finetuning", model=one.model, checkpoint=one.checkpoint) for one in study.tunings],
    }
    return {name: paths for name, paths in files.items() if paths}


def table_names() -> list[str]:
    """List every table that some run has."""
    return [*(measure.name for measure in MEASURES if not measure.table), *OTHER_TABLES]


def whole_tables(study: Study) -> list[str]:
    """List the tables that are made whole."""
    names = ["activations"] if study.store_cells else []
    names += ["distances", "correlations"] if study.settings.tasks else []
    names += ["trajectories"] if study.trajectories else []
    return names + (["variants"] if study.varied else [])


def tables(study: Study, places: Places) -> list[str]:
    """List every table of a run."""
    return [places("table", table=name) for name in [*collated(study, places), *whole_tables(study)]]


def figures(study: Study, places: Places) -> dict[str, Figure]:
    """List the figures of a run by name: those whose tables it has."""
    names = {*collated(study, places), *whole_tables(study)}
    return {figure.name: figure for figure in FIGURES if names.issuperset(figure.tables)}
