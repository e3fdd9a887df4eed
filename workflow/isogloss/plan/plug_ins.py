"""What the lists of plug-ins must hold: a mistake is told when the workflow starts, not in the middle of a run."""

from collections import Counter
from collections.abc import Iterable, Sequence

from isogloss.concepts import methods
from isogloss.concepts.methods import METHODS, Method
from isogloss.errors import IsoglossError, did_you_mean
from isogloss.measures import MEASURES
from isogloss.measures.declaration import Measure
from isogloss.models.families import HEADS
from isogloss.plan.identity import identity
from isogloss.plan.places import CELLS
from isogloss.plan.targets import table_names
from isogloss.report.figures.catalogue import AVERAGED, FIGURES, IDENTIFYING, QUESTIONS, Figure
from isogloss.section import kind_of
from isogloss.states import pooling as poolings
from isogloss.states.pooling import SENTENCE_POOLINGS, WORD_POOLINGS, SentencePooling
from isogloss.tasks.kinds import KINDS
from isogloss.tasks.kinds.kind import TaskKind
from isogloss.tasks.kinds.kind import function_of as function_of_kind
from isogloss.text.settings import Corpus
from isogloss.text.sources import SOURCES

# What a kind of task must do.
STEPS = ("read", "features", "collator", "answers", "truth", "measures", "baselines")


def check() -> None:
    """Look at every list of plug-ins.

    Raises
    ------
    IsoglossError
        If a name is taken, or what a plug-in names does not exist.
    """
    check_sources()
    check_task_kinds()
    check_poolings()
    check_clusterings()
    check_measures()
    check_figures()


def check_measures(measures: Sequence[Measure] = MEASURES) -> None:
    """Look at the list of measures."""
    for what in ("name", "rule"):
        check_unique("measures", (getattr(measure, what) for measure in measures), what)
    for measure in measures:
        where = f"The measure '{measure.name}'"
        check_known(where, "cell", measure.cell, CELLS)
        if measure.table:
            check_known(where, "table", measure.table, (one.name for one in measures))
        if not measure.gives:
            raise IsoglossError(f"{where} writes no file: say in `gives` what it makes.")
        check_function(where, measure.function)


def check_figures(figures: Sequence[Figure] = FIGURES) -> None:
    """Look at the list of figures."""
    check_unique("figures", (figure.name for figure in figures))
    for figure in figures:
        where = f"The figure '{figure.name}'"
        check_known(where, "question", figure.question, QUESTIONS)
        for table in figure.tables:
            check_known(where, "table", table, table_names())
        for column in figure.means_over:
            check_known(where, "column that a mean may be taken over", column, AVERAGED)
        for column in figure.one_of:
            check_known(where, "column that tells what a row is of", column, IDENTIFYING)
        check_function(where, figure.chart)


def check_sources(sources: Sequence[type[Corpus]] = SOURCES) -> None:
    """Look at the list of sources of text."""
    check_unique("sources of text", map(kind_of, sources))
    for source in sources:
        where = f"The source of text '{kind_of(source)}'"
        if not hasattr(source, "reader"):
            raise IsoglossError(f"{where} does not say in `reader` what reads it.")
        check_function(where, source.reader)


def check_task_kinds(kinds: Sequence[type[TaskKind]] = KINDS) -> None:
    """Look at the list of kinds of task."""
    check_unique("kinds of task", (kind.name for kind in kinds))
    for kind in kinds:
        where = f"The kind of task '{kind.name}'"
        check_function(where, function_of_kind(kind.name))
        check_known(where, "head", kind.head, set(HEADS.values()))
        for name in STEPS:
            if getattr(kind, name) is getattr(TaskKind, name) and (name != "read" or kind.column):
                raise IsoglossError(f"{where} has no function `{name}`.")
        if not kind.shown:
            raise IsoglossError(f"{where} has no measure to show: say in `shown` which, with its title.")


def check_clusterings(clusterings: Sequence[Method] = METHODS) -> None:
    """Look at the list of ways of clustering."""
    check_unique("clusterings", (method.name for method in clusterings))
    for method in clusterings:
        check_function(f"The clustering '{method.name}'", methods.function_of(method.name))


def check_poolings(words: Sequence = WORD_POOLINGS, sentences: Sequence[SentencePooling] = SENTENCE_POOLINGS) -> None:
    """Look at the lists of poolings, and try each on a word of three subwords, and on a sentence of three in five."""
    check_unique("poolings of words", (pooling.__name__ for pooling in words))
    for pooling in words:
        where = f"The pooling of words '{pooling.__name__}'"
        check_function(where, poolings.function_of(pooling.__name__))
        start, stop = pooling(2, 5)
        if not 2 <= start < stop <= 5:
            raise IsoglossError(
                f"{where} gives {start} to {stop} for the subwords 2 to 5; expected one or more of them."
            )
    check_unique("poolings of sentences", (pooling.name for pooling in sentences))
    for pooling in sentences:
        found = list(pooling.places(5, [1, 2, 3]))
        if not found or not set(found) <= set(range(5)):
            raise IsoglossError(
                f"The pooling of sentences '{pooling.name}' gives the places {found} for an input of 5 subwords; "
                "expected one or more of 0 to 4."
            )
        if not all(pooling.weight(place) > 0 for place in found):
            raise IsoglossError(
                f"The pooling of sentences '{pooling.name}' gives a subword no weight, or one below 0; expected "
                "numbers above 0."
            )


def check_unique(plug_ins: str, names: Iterable[str], what: str = "name") -> None:
    """Refuse a name that is taken."""
    for name, count in Counter(names).items():
        if count > 1:
            raise IsoglossError(f"{count} {plug_ins} have the {what} '{name}'. Give each its own.")


def check_known(where: str, what: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that means nothing."""
    if name not in known:
        hint = did_you_mean(name, known) or f"; there are {', '.join(sorted(known))}"
        raise IsoglossError(f"{where}: there is no {what} '{name}'{hint}")


def check_function(where: str, function: str) -> None:
    """Refuse the name of a function that is not there."""
    try:
        identity(function)
    except (KeyError, AttributeError):
        raise IsoglossError(f"{where}: there is no function {function}.") from None
