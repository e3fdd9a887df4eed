"""What a tuned checkpoint says of altered test items: two texts in two languages, or items that lack something."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from isogloss.files import write_parquet
from isogloss.models.devices import choose_device, choose_precision
from isogloss.models.families import LABELS, check_length, headless, outputs_of, read_config
from isogloss.models.load import Checkpoint
from isogloss.models.words import set_language
from isogloss.states.batching import batch_by_length
from isogloss.states.forward import Reader
from isogloss.tasks.altered import alter, overlap
from isogloss.tasks.heads import load_with_head, read_items
from isogloss.tasks.items import read_test_items
from isogloss.tasks.settings import SHUFFLED

log = logging.getLogger(__name__)

ONE_TEXT = "The items have one text only."
CROSSED = ["first", "second", "item", "truth", "predicted", "overlap", "reason"]
CONTROLLED = ["language", "control", "item", "truth", "predicted", "reason"]


def run_crossed(
    *,
    checkpoint: str | Path,
    test: Mapping[str, str | Path],
    labels: list[str],
    items: int,
    seed: int,
    max_length: int,
    token_budget: int,
    device: str,
    precision: str,
    threads: int,
    output: str | Path,
    same_items: bool = True,
) -> None:
    """Let a checkpoint read the first text of each test item in one language and the second in another.

    Parameters
    ----------
    checkpoint
        Folder of the tuned model.
    test
        For each language the Parquet file of the items, see :func:`isogloss.tasks.items.write_items`.
    labels
        Of the task.
    items, seed
        Most items; if there are more, so many are drawn, the same in every language.
    max_length, token_budget, device, precision, threads
        See :func:`isogloss.tasks.test_pass.run_items`.
    output
        Parquet file: ``first`` and ``second`` (languages of the two texts, every combination), ``item``, ``truth``,
        ``predicted``, ``overlap`` (share of the second text's words that stand in the first); one row with a ``reason``
        where two languages cannot be crossed.
    same_items
        Whether the items of all languages are the same.

    Raises
    ------
    IsoglossError
        If a split is empty, or the folder is no such model.
    """
    read = {language: items_of(path, items, seed) for language, path in sorted(test.items())}
    rows: list[pd.DataFrame] = []
    possible = []
    for first, second in product(read, repeat=2):
        reason = not_crossed(first, second, read[first], read[second], same_items) or headless(checkpoint, LABELS)
        if reason:
            rows.append(pd.DataFrame([{"first": first, "second": second, "reason": reason}]))
        else:
            possible.append((first, second))
    if possible:
        asked = Asked(checkpoint, labels, max_length, token_budget, device, precision, threads)
        for first, second in possible:
            seconds = [name for name in ("other_words", "other_text") if name in read[second]]
            both = read[first].drop(columns="other_text", errors="ignore").assign(**read[second][seconds])
            alike = [overlap(*texts) for texts in zip(both.words, both.other_words, strict=True)]
            said = asked.say(both, first)
            rows.append(told(both, said).assign(first=first, second=second, overlap=alike))
            log.info("%s, %s: %d items", first, second, len(both))
    write_parquet(pd.concat(rows, ignore_index=True).reindex(columns=CROSSED), output)


def run_controls(
    *,
    checkpoint: str | Path,
    test: Mapping[str, str | Path],
    labels: list[str],
    controls: list[str],
    items: int,
    seed: int,
    max_length: int,
    token_budget: int,
    device: str,
    precision: str,
    threads: int,
    output: str | Path,
) -> None:
    """Let a checkpoint read test items that lack something.

    Parameters
    ----------
    checkpoint, test, labels, items, seed, max_length, token_budget, device, precision, threads
        See :func:`run_crossed`.
    controls
        What they lack, see :func:`isogloss.tasks.altered.alter`.
    output
        Parquet file: ``language``, ``control``, ``item``, ``truth``, ``predicted``; one row with a ``reason`` where the
        items cannot lack that.

    Raises
    ------
    IsoglossError
        As :func:`run_crossed`.
    """
    read = {language: items_of(path, items, seed) for language, path in sorted(test.items())}
    asked, rows = None, []
    for (language, table), control in product(read.items(), controls):
        named = {"language": language, "control": control}
        lacks_text = control not in SHUFFLED and "other_words" not in table
        if reason := ONE_TEXT if lacks_text else headless(checkpoint, LABELS):
            rows.append(pd.DataFrame([{**named, "reason": reason}]))
            continue
        if asked is None:
            asked = Asked(checkpoint, labels, max_length, token_budget, device, precision, threads)
        said = asked.say(alter(table, control, seed), language)
        rows.append(told(table, said).assign(**named))
        log.info("%s, %s: %d items", language, control, len(table))
    write_parquet(pd.concat(rows, ignore_index=True).reindex(columns=CONTROLLED), output)


def items_of(path: str | Path, most: int, seed: int) -> pd.DataFrame:
    """Read a language's test items, at most so many of them; the same seed draws the same items of every language."""
    table = read_test_items(path, "words", "label")
    if len(table) <= most:
        return table
    kept = np.sort(np.random.default_rng(seed).choice(len(table), most, replace=False))
    return table.iloc[kept].reset_index(drop=True)


def not_crossed(first: str, second: str, one: pd.DataFrame, other: pd.DataFrame, same_items: bool) -> str:
    """Say why two languages' texts cannot stand beside each other; nothing if they can."""
    if "other_words" not in one or "other_words" not in other:
        return ONE_TEXT
    if first != second and not (same_items and one.item.equals(other.item) and one.label.equals(other.label)):
        return f"The test items of {first} and {second} are not the same."
    return ""


def told(items: pd.DataFrame, said: Sequence[str]) -> pd.DataFrame:
    """Set what was said beside what is true."""
    return pd.DataFrame({"item": items.item, "truth": items.label, "predicted": said, "reason": ""})


class Asked:
    """A tuned checkpoint that is asked for labels alone.

    Parameters
    ----------
    folder
        Of the checkpoint; for the others see :func:`run_crossed`.
    """

    def __init__(
        self,
        folder: str | Path,
        labels: list[str],
        max_length: int,
        token_budget: int,
        device: str,
        precision: str,
        threads: int,
    ):
        torch.set_num_threads(threads)
        device = choose_device(device)
        self.folder, self.max_length, self.token_budget = folder, max_length, token_budget
        dtype = choose_precision(precision, device)
        self.loaded: Checkpoint = load_with_head(folder, LABELS, labels, tuned=True, dtype=dtype)
        # The head's outputs, in its own order.
        self.labels = outputs_of(read_config(folder))
        self.loaded.model = self.loaded.model.to(device).eval()
        check_length(self.loaded.shape, max_length, f"The model in {folder}")
        self.reader = Reader(self.loaded, self.loaded.shape.family.reader)

    def say(self, items: pd.DataFrame, language: str) -> list[str]:
        """Give the label that the checkpoint says of each item, whose (first) text is of a language."""
        set_language(self.loaded.tokenizer, language)
        what = f"The tokenizer in {self.folder} on {language}"
        sentences = read_items(self.loaded, items, LABELS, self.max_length, what, must_know=False)
        said = [""] * len(items)
        for rows, best in self.batches(sentences):
            for row, number in zip(rows, best, strict=True):
                said[row] = self.labels[int(number)]
        return said

    @torch.inference_mode()
    def batches(self, sentences: Sequence) -> Iterator[tuple[list[int], np.ndarray]]:
        """Run the sentences, batch by batch; give their places and the numbers of the best labels."""
        lengths = {row: len(sentence.ids) for row, sentence in enumerate(sentences)}
        for rows in batch_by_length(lengths, self.token_budget):
            output = self.reader.call(self.reader.model, [sentences[row] for row in rows], None)
            yield rows, output.logits.argmax(-1).cpu().numpy()
