"""A tag for each word."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from isogloss.errors import IsoglossError
from isogloss.models.families import TAGS
from isogloss.tasks.kinds.kind import TaskKind

IGNORED = -100


class Kind(TaskKind):
    """A tag for each word."""

    name = TAGS
    head = TAGS
    shown: ClassVar = {"entity_f1": "entity F1", "accuracy": "accuracy"}

    def read(self, items: Any, column: Any) -> Any:
        """Read a list of tags a row, one a word."""
        from isogloss.text.cells import check_tags, tags_of

        check_tags(self.labels, f"{column.path}, column '{column.name}': the declared labels", self.tag_measure)
        cells = enumerate(column.cells)
        items["tags"] = [tags_of(cell, column.place(row), self.labels, column.names) for row, cell in cells]
        for row, (words, tags) in enumerate(zip(items.words, items.tags, strict=True)):
            if len(words) != len(tags):
                raise IsoglossError(f"{column.place(row)}: {len(words)} words, but {len(tags)} tags.")
        return items

    def features(self, items: Any, sentences: Sequence[Any], loaded: Any, max_length: int) -> list[Any]:
        """Give a word's tag to its first subword (Devlin et al. 2019, section 5.3); the others are not counted."""
        number = {label: index for index, label in enumerate(self.labels)}
        rows = []
        for sentence, tags in zip(sentences, items.tags, strict=True):
            row = [IGNORED] * len(sentence.ids)
            for word, place in sentence.first_subwords().items():
                row[place] = number[tags[word]]
            rows.append(row)
        return rows

    def collator(self, tokenizer: Any, model: Any) -> Callable[[list[Any]], Any]:
        """Pad the texts and the tags."""
        from transformers import DataCollatorForTokenClassification

        return DataCollatorForTokenClassification(tokenizer)

    def answers(self, reader: Any, batch: Sequence[Any], output: Any, max_length: int) -> list[str]:
        """Name the tags, by each word's first subword, and O for words that were cut off."""
        found = []
        for best, sentence in zip(output.logits.argmax(-1).tolist(), batch, strict=True):
            tags = ["O"] * sentence.words
            for word, place in sentence.first_subwords().items():
                tags[word] = self.labels[best[place]]
            found.append(" ".join(tags))
        return found

    def truth(self, items: Any) -> list[str]:
        """Give the tags."""
        return [" ".join(row) for row in items.tags]

    def measures(self, truth: Sequence[str]) -> list[Any]:
        """Give the F1 of whole entities (CoNLL-2003's), or the accuracy of words: parts of speech have no entities."""
        from isogloss.tasks.scores import Score, entity_counts, entity_f1, share_right, tag_counts

        if self.tag_measure == "accuracy":
            return [Score("accuracy", tag_counts, share_right)]
        return [Score("entity_f1", entity_counts, entity_f1)]

    def baselines(self, training: Any) -> dict[str, Callable[[Any], list[str]]]:
        """Learn from words, and from their lengths and places."""
        from isogloss.tasks.guesses import FURTHEST, LONGEST, tags_by

        return {
            "shared_words": tags_by(training, lambda word, place: word),
            "length": tags_by(training, lambda word, place: (min(len(word), LONGEST), min(place, FURTHEST))),
        }
