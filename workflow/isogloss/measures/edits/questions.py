"""What is asked before and after each edit: items of a classifier, or facts of a language model.

Both are asked in every language, each item and then its paraphrase, and answer with a number that is the same whenever
the same is said.
"""

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet
from isogloss.microworld.facts import facts
from isogloss.models.devices import choose_device
from isogloss.models.families import LABELS, check_length, outputs_of, read_config
from isogloss.models.load import Checkpoint, load_causal
from isogloss.models.words import Sentence, check_subwords, read_sentences, set_language
from isogloss.section import of_kind
from isogloss.states.batching import batch_by_length
from isogloss.states.forward import Reader
from isogloss.tasks.heads import load_with_head, read_items
from isogloss.tasks.items import read_test_items

# What is said of a paraphrase that there is none of.
NOTHING = -1
Pieces = tuple[int, ...]


class Questions(Protocol):
    """What a checkpoint is asked.

    Attributes
    ----------
    reader
        The checkpoint.
    asked
        ``[items]``: the numbers of the items.
    """

    reader: Reader
    asked: np.ndarray

    def said(self) -> dict[str, np.ndarray]:
        """Ask; give by language what is said of each item and then of each paraphrase, int ``[2 × items]``."""
        ...

    def numbers(self, language: str) -> np.ndarray:
        """Give what is said in a language where it is each of the answers that an edit may want, int ``[answers]``."""
        ...

    def loss(self, place: int, answer: int) -> torch.Tensor:
        """Give minus the logarithm of an answer's probability, of an item in the language that is edited in."""
        ...


class LabelQuestions:
    """Test items, of which a classifier says a label.

    Parameters
    ----------
    checkpoint, test, labels, source, seed, max_length, token_budget, device
        See :func:`isogloss.measures.edits.compute.write_edits`.
    count
        How many items are asked at most.
    """

    def __init__(
        self,
        checkpoint: str | Path,
        test: Mapping[str, str | Path],
        labels: list[str] | None,
        source: str,
        count: int,
        seed: int,
        max_length: int,
        token_budget: int,
        device: str,
    ):
        loaded = load_with_head(checkpoint, LABELS, labels, tuned=True)
        self.outputs = outputs_of(read_config(checkpoint))
        loaded.model = loaded.model.to(choose_device(device)).eval().requires_grad_(False)
        check_length(loaded.shape, max_length, f"The model in {checkpoint}")
        self.reader, self.token_budget = Reader(loaded, loaded.shape.family.reader), token_budget
        tables = {language: read_test_items(test[language], "words") for language in sorted(test)}
        self.asked = drawn_items(tables, source, count, seed)
        self.sentences = {
            language: questions(loaded, table.iloc[self.asked], language, max_length, f"The tokenizer in {checkpoint}")
            for language, table in tables.items()
        }
        self.own = self.sentences[source]

    def said(self) -> dict[str, np.ndarray]:
        """Ask for every label."""
        return said(self.reader, self.sentences, self.token_budget)

    def numbers(self, language: str) -> np.ndarray:
        """Number the labels, the same in every language."""
        return np.arange(len(self.outputs))

    def loss(self, place: int, answer: int) -> torch.Tensor:
        """Give the cross-entropy of a label."""
        truth = torch.tensor([answer], device=self.reader.device)
        sentence = of_kind(self.own[place], Sentence)
        return functional.cross_entropy(self.reader.call(self.reader.model, [sentence], None).logits, truth)


class FactQuestions:
    """Facts, which a language model is asked by the words before them (exact match).

    An answer is what the model finds most probable, one subword after another, for as long as it begins like one of the
    corpus's answers.

    Parameters
    ----------
    checkpoint, test, source, seed, token_budget, device
        See :func:`isogloss.measures.edits.compute.write_edits`.
    count
        How many facts are asked at most.
    answers
        How many different ones edits may want; drawn.
    """

    def __init__(
        self,
        checkpoint: str | Path,
        test: Mapping[str, str | Path],
        source: str,
        count: int,
        answers: int,
        seed: int,
        token_budget: int,
        device: str,
    ):
        loaded = load_causal(checkpoint)
        loaded.model = loaded.model.to(choose_device(device)).requires_grad_(False)
        self.reader, self.token_budget = Reader(loaded, "decoder"), token_budget
        columns = ("sentence", "words", "slots", "lemmas")
        tables = facts({language: read_parquet(test[language], columns) for language in sorted(test)})
        self.asked = drawn_items(tables, source, count, seed)
        lemmas = np.unique(tables[source].lemma)
        wanted = np.random.default_rng(seed).permutation(lemmas)[:answers]
        self.prompts: dict[str, list[list[int] | None]] = {}
        self.known: dict[str, dict[Pieces, int]] = {}
        self.wanted: dict[str, list[Pieces]] = {}
        for language, table in tables.items():
            what = f"The tokenizer in {checkpoint} on {language}"
            texts = [[*words, answer] for words, answer in zip(table.words, table.answer, strict=True)]
            before, after = split_facts(loaded, texts, what)
            there = [place for place in self.asked if len(table.paraphrase[place])]
            again = [[*table.paraphrase[place], table.answer[place]] for place in there]
            reworded = dict(zip(there, split_facts(loaded, again, what)[0] if again else [], strict=True))
            self.prompts[language] = [before[place] for place in self.asked]
            self.prompts[language] += [reworded.get(place) for place in self.asked]
            self.known[language] = {pieces: number for number, pieces in enumerate(dict.fromkeys(after))}
            of_lemma = dict(zip(table.lemma, after, strict=True))
            self.wanted[language] = [of_lemma[lemma] for lemma in wanted]
        self.begun = {
            language: {one[:length] for one in known for length in range(1, len(one))}
            for language, known in self.known.items()
        }
        self.source = source

    @torch.inference_mode()
    def said(self) -> dict[str, np.ndarray]:
        """Ask for every fact."""
        answers = {language: np.full(len(rows), NOTHING) for language, rows in self.prompts.items()}
        going: list[tuple[str, int, Pieces]] = [
            (language, place, ()) for language, rows in self.prompts.items() for place, row in enumerate(rows) if row
        ]
        while going:
            rows = [[*(self.prompts[language][place] or ()), *pieces] for language, place, pieces in going]
            after = []
            for (language, place, pieces), piece in zip(going, self.next_pieces(rows), strict=True):
                if (*pieces, piece) in self.begun[language]:
                    after.append((language, place, (*pieces, piece)))
                else:
                    answers[language][place] = self.number(language, (*pieces, piece))
            going = after
        return answers

    def next_pieces(self, rows: Sequence[Sequence[int]]) -> list[int]:
        """Give the most probable subword after each beginning."""
        found = [0] * len(rows)
        head = self.reader.model.get_output_embeddings()
        for batch in batch_by_length({key: len(row) for key, row in enumerate(rows)}, self.token_budget):
            states = self.reader.part(**self.reader.inputs([rows[key] for key in batch]))[0]
            ends = torch.tensor([len(rows[key]) - 1 for key in batch], device=states.device)
            # No subword sees what is padded behind it; only the last one's answer is wanted of a large vocabulary.
            best = head(states[torch.arange(len(batch), device=states.device), ends]).argmax(-1).tolist()
            for key, piece in zip(batch, best, strict=True):
                found[key] = piece
        return found

    def number(self, language: str, pieces: Pieces) -> int:
        """Number what was said: an answer of the corpus, the longest that it begins with, or something else."""
        known = self.known[language]
        whole = [pieces[:length] for length in range(len(pieces), 0, -1) if pieces[:length] in known]
        return known[whole[0]] if whole else len(known) + zlib.crc32(repr(pieces).encode())

    def numbers(self, language: str) -> np.ndarray:
        """Number the answers that may be wanted, as a language says them."""
        return np.array([self.known[language][pieces] for pieces in self.wanted[language]])

    def loss(self, place: int, answer: int) -> torch.Tensor:
        """Give the cross-entropy of an answer, summed over its subwords."""
        prompt, pieces = of_kind(self.prompts[self.source][place], list), self.wanted[self.source][answer]
        logits = self.reader.model(**self.reader.inputs([[*prompt, *pieces[:-1]]])).logits[0, len(prompt) - 1 :]
        return functional.cross_entropy(logits, torch.tensor(pieces, device=logits.device), reduction="sum")


def split_facts(loaded: Checkpoint, texts: list[list[str]], what: str) -> tuple[list[list[int]], list[Pieces]]:
    """Split texts into subwords: those before the last word, and those of the last word.

    Raises
    ------
    IsoglossError
        If a text is too long, its last word shares a subword with the one before, nothing is before it, or the
        tokenizer is not the model's.
    """
    longest = loaded.shape.longest or 10**6
    found = read_sentences(loaded.tokenizer, texts, longest)
    check_subwords(loaded.tokenizer, len(loaded.model.get_input_embeddings().weight), found, what)
    before, after = [], []
    for words, sentence in zip(texts, found, strict=True):
        start, stop = sentence.spans.get(len(words) - 1, (0, 0))
        if not start or any(last > start for word, (_, last) in sentence.spans.items() if word < len(words) - 1):
            raise IsoglossError(
                f"{what}: it gives '{words[-1]}', the answer after '{' '.join(words[:-1])}', no subwords of its own "
                f"within the {longest:,} that the model reads. Take another model, or leave the language out."
            )
        before.append(sentence.ids[:start])
        after.append(tuple(sentence.ids[start:stop]))
    return before, after


def drawn_items(tables: Mapping[str, pd.DataFrame], source: str, count: int, seed: int) -> np.ndarray:
    """Draw so many rows, or all if there are fewer; those that are edited come first.

    Raises
    ------
    IsoglossError
        If there are fewer than two items, or the languages have not the same ones.
    """
    found = {language: len(table) for language, table in tables.items()}
    if set(found.values()) != {found[source]}:
        listed = ", ".join(f"{language} {number:,}" for language, number in found.items())
        raise IsoglossError(f"Edits are asked of the same items in every language, but their numbers differ: {listed}.")
    if found[source] < 2:
        raise IsoglossError(f"An edit needs other items beside its own, but there is {found[source]} in {source}.")
    return np.random.default_rng(seed).permutation(found[source])[:count]


def questions(
    loaded: Checkpoint, table: pd.DataFrame, language: str, max_length: int, what: str
) -> list[Sentence | None]:
    """Give items as a model reads them, and after them their paraphrases; None where there is none."""
    set_language(loaded.tokenizer, language)
    what = f"{what} on {language}"
    found: list[Sentence | None] = list(read_items(loaded, table, LABELS, max_length, what, must_know=False))
    texts = [list(words) for words in table.paraphrase] if "paraphrase" in table else [[]] * len(table)
    there = [place for place, words in enumerate(texts) if words]
    others: list[Sentence | None] = [None] * len(table)
    if there:
        reworded = ["other_words", "other_text"] if "other_words" in table else ["words", "text"]
        again = table.iloc[there].drop(columns=reworded, errors="ignore")
        again[reworded[0]] = [texts[place] for place in there]
        read = read_items(loaded, again, LABELS, max_length, what, must_know=False)
        for place, sentence in zip(there, read, strict=True):
            others[place] = sentence
    return found + others


@torch.inference_mode()
def said(
    reader: Reader, sentences: Mapping[str, Sequence[Sentence | None]], token_budget: int
) -> dict[str, np.ndarray]:
    """Ask a model; give the number of the label that it says of each sentence, by language."""
    every = [(language, place, one) for language, rows in sentences.items() for place, one in enumerate(rows) if one]
    answers = {language: np.full(len(rows), NOTHING) for language, rows in sentences.items()}
    for batch in batch_by_length({key: len(one.ids) for key, (_, _, one) in enumerate(every)}, token_budget):
        best = reader.call(reader.model, [every[key][2] for key in batch], None).logits.argmax(-1).tolist()
        for key, label in zip(batch, best, strict=True):
            language, place, _ = every[key]
            answers[language][place] = label
    return answers
