"""What a run ends in: tables, each with the files it is put together from, and figures."""

from collections import Counter
from collections.abc import Sequence

from isogloss.errors import IsoglossError, did_you_mean
from isogloss.measures import MEASURES
from isogloss.measures.declaration import Measure
from isogloss.plan.identity import identity
from isogloss.plan.places import CELLS, Places
from isogloss.plan.study import PRETRAINED, Study
from isogloss.report.figures.catalogue import FIGURES, Figure


def check_measures(measures: Sequence[Measure] = MEASURES) -> None:
    """Find a mistake in the list of measures when the workflow starts, not in the middle of a run.

    Raises
    ------
    IsoglossError
        If a name is taken, a kind of cell or a function does not exist, or nothing is written.
    """
    for what in ("name", "rule"):
        for value, count in Counter(getattr(measure, what) for measure in measures).items():
            if count > 1:
                raise IsoglossError(f"{count} measures have the {what} '{value}'. Give each its own.")
    for measure in measures:
        where = f"The measure '{measure.name}'"
        if measure.cell not in CELLS:
            hint = did_you_mean(measure.cell, CELLS) or f"; there are {', '.join(CELLS)}"
            raise IsoglossError(f"{where}: there is no cell '{measure.cell}'{hint}")
        if not measure.gives:
            raise IsoglossError(f"{where} writes no file: say in `gives` what it makes.")
        try:
            identity(measure.function)
        except (KeyError, AttributeError):
            raise IsoglossError(f"{where}: there is no function {measure.function}.") from None


def measure_files(study: Study, places: Places) -> dict[str, list[str]]:
    """List the files of every measure, one a cell."""
    files = {}
    for measure in MEASURES:
        folder, ending = next(iter(measure.gives.values()))
        files[measure.name] = [places.metric(folder, measure.cell, ending, **cell) for cell in measure.cells(study)]
    return files


def collated(study: Study, places: Places) -> dict[str, list[str]]:
    """List the tables that are put together from one file a cell, each with those; a table without any is left out."""
    trained = [places("training", model=name, checkpoint=PRETRAINED) for name in study.models_of_kind("train")]
    files = {
        **measure_files(study, places),
        "word_alignment": [places("word_alignment", **cell) for cell in study.aligner_cells],
        "training": trained,
        "finetuning": [places("finetuning", **cell) for cell in study.tuning_cells],
    }
    return {name: paths for name, paths in files.items() if paths}


def whole_tables(study: Study) -> list[str]:
    """List the tables that are made whole."""
    names = ["activations"]
    names += ["distances", "correlations"] if study.settings.tasks else []
    names += ["trajectories"] if study.trajectories else []
    return names + (["freezing"] if study.has_variants else [])


def tables(study: Study, places: Places) -> list[str]:
    """List every table of a run."""
    return [places("table", table=name) for name in [*collated(study, places), *whole_tables(study)]]


def figures(study: Study, places: Places) -> dict[str, Figure]:
    """List the figures of a run by name: those whose tables it has."""
    names = {*collated(study, places), *whole_tables(study)}
    return {figure.name: figure for figure in FIGURES if names.issuperset(figure.tables)}
