"""What every kind of task tells of itself and does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from isogloss.named import named


class TaskKind:
    """A kind of task: from the answers in a table to features, predictions and scores.

    Parameters
    ----------
    labels
        All labels of the task, in the order of the model's outputs.
    into
        The language that a translation goes into.
    tag_measure
        How tags are scored.

    Attributes
    ----------
    name
        In configs.
    head
        The head of a model that it is tuned with, one of those of :mod:`isogloss.models.families`.
    shown
        Of its measures those that figures and findings show, with their titles.
    listed
        Whether a task lists all labels.
    column
        Whether a table has a column with the answers.
    options
        What a model's config is told beside the labels.
    """

    name: ClassVar[str]
    head: ClassVar[str]
    shown: ClassVar[Mapping[str, str]]
    listed: ClassVar[bool] = True
    column: ClassVar[bool] = True
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, labels: Sequence[str] | None = None, into: str | None = None, tag_measure: str = "entity_f1"):
        self.labels, self.into, self.tag_measure = list(labels or []), into, tag_measure

    def read(self, items: Any, column: Any) -> Any:
        """Give items their answers, from the column of a table (:class:`isogloss.text.sources.tables.Column`).

        Raises
        ------
        IsoglossError
            Naming the row, if a cell is no answer.
        """
        raise NotImplementedError

    def features(self, items: Any, sentences: Sequence[Any], loaded: Any, max_length: int) -> list[Any]:
        """Give what the model calls ``labels``, an entry an item; ``sentences`` are the items as subwords."""
        raise NotImplementedError

    def collator(self, tokenizer: Any, model: Any) -> Callable[[list[Any]], dict[str, Any]]:
        """Give what makes a batch of items of unlike length."""
        raise NotImplementedError

    def answers(self, reader: Any, batch: Sequence[Any], output: Any, max_length: int) -> list[str]:
        """Give the model's answers to a batch, as text, from its output."""
        raise NotImplementedError

    def truth(self, items: Any) -> list[str]:
        """Give the right answers, as text."""
        raise NotImplementedError

    def measures(self, truth: Sequence[str]) -> list[Any]:
        """Give the measures, each a :class:`isogloss.tasks.scores.Score`, from all right answers."""
        raise NotImplementedError

    def baselines(self, training: Any) -> dict[str, Callable[[Any], list[str]]]:
        """Learn baselines from training items, by name; each answers items with text."""
        raise NotImplementedError


def function_of(kind: str) -> str:
    """Name a kind's class, as :func:`isogloss.named.named` takes it."""
    return f"isogloss.tasks.kinds.{kind.replace('-', '_')}:Kind"


def kind_named(kind: str, **settings: Any) -> TaskKind:
    """Give a kind of task by its name; who calls this has its code in the rule's params."""
    return named(function_of(kind))(**settings)
