"""A label for each text, or for each pair of texts."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from isogloss.models.families import LABELS
from isogloss.tasks.kinds.kind import TaskKind


class Kind(TaskKind):
    """A label for each text, or for each pair of texts."""

    name = LABELS
    head = LABELS
    shown: ClassVar = {"accuracy": "accuracy"}

    def read(self, items: Any, column: Any) -> Any:
        """Read a label a row."""
        from isogloss.text.cells import label_of

        cells = enumerate(column.cells)
        items["label"] = [label_of(cell, column.place(row), self.labels, column.names) for row, cell in cells]
        return items

    def features(self, items: Any, sentences: Sequence[Any], loaded: Any, max_length: int) -> list[Any]:
        """Give the labels' numbers."""
        number = {label: index for index, label in enumerate(self.labels)}
        return [number[label] for label in items.label]

    def collator(self, tokenizer: Any, model: Any) -> Callable[[list[Any]], Any]:
        """Pad the texts."""
        from transformers import DataCollatorWithPadding

        return DataCollatorWithPadding(tokenizer)

    def answers(self, reader: Any, batch: Sequence[Any], output: Any, max_length: int) -> list[str]:
        """Name the greatest output."""
        return [self.labels[number] for number in output.logits.argmax(-1).tolist()]

    def truth(self, items: Any) -> list[str]:
        """Give the labels."""
        return list(items.label)

    def measures(self, truth: Sequence[str]) -> list[Any]:
        """Give accuracy and macro-F1."""
        from isogloss.tasks.scores import Score, accuracy, confusion, macro_f1

        labels = sorted(set(truth))
        return [
            Score("accuracy", lambda t, p: confusion(t, p, labels), accuracy),
            Score("macro_f1", lambda t, p: confusion(t, p, labels), macro_f1),
        ]

    def baselines(self, training: Any) -> dict[str, Callable[[Any], list[str]]]:
        """Learn from the labels' frequencies, from words, from lengths, and from each text of a pair."""
        from isogloss.tasks.guesses import labels_by, labels_by_length, word_pairs, words_of

        majority = training.label.value_counts().sort_index().idxmax()
        found = {
            "majority": lambda items: [majority] * len(items),
            "shared_words": labels_by(training, words_of),
            "length": labels_by_length(training),
        }
        if "other_words" in training:
            found["first_text"] = labels_by(training, lambda items: map(word_pairs, items.words))
            found["second_text"] = labels_by(training, lambda items: map(word_pairs, items.other_words))
        return found
