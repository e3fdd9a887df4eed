"""A translation of each text."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from isogloss.models.families import TRANSLATION
from isogloss.tasks.kinds.kind import TaskKind


class Kind(TaskKind):
    """A translation of each text."""

    name = TRANSLATION
    head = TRANSLATION
    shown: ClassVar = {"chrf": "chrF"}
    listed = False
    column = False

    def features(self, items: Any, sentences: Sequence[Any], loaded: Any, max_length: int) -> list[Any]:
        """Give the translations' subwords, with the sign of their language where the model has any."""
        from isogloss.models.words import in_language, read_sentences

        others = [list(row) for row in items.other_words]
        texts = list(items.other_text) if "other_text" in items else None
        with in_language(loaded.tokenizer, self.into, written=True):
            return [sentence.ids for sentence in read_sentences(loaded.tokenizer, others, max_length, texts=texts)]

    def collator(self, tokenizer: Any, model: Any) -> Callable[[list[Any]], Any]:
        """Pad the texts and the translations."""
        from transformers import DataCollatorForSeq2Seq

        return DataCollatorForSeq2Seq(tokenizer, model=model)

    def answers(self, reader: Any, batch: Sequence[Any], output: Any, max_length: int) -> list[str]:
        """Translate greedily from what the encoder gave."""
        return reader.translate(batch, output, max_length, self.into)

    def truth(self, items: Any) -> list[str]:
        """Give the translations."""
        return [" ".join(row) for row in items.other_words]

    def measures(self, truth: Sequence[str]) -> list[Any]:
        """Give chrF (Popović 2015) and BLEU (Papineni et al. 2002), by sacrebleu, as shares of 1."""
        from isogloss.tasks.scores import translation_scores

        return translation_scores(self.into)

    def baselines(self, training: Any) -> dict[str, Callable[[Any], list[str]]]:
        """Copy the sentence."""
        return {"shared_words": lambda items: [" ".join(words) for words in items.words]}
