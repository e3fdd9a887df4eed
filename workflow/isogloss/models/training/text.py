"""The training text as numbers of pieces."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet
from isogloss.models.training.spec import PARALLEL, Spec

IGNORED = -100


@dataclass
class Text:
    """All training sentences as piece numbers, end to end, special tokens included.

    Attributes
    ----------
    pieces
        int64 [pieces]; one sentence after the other.
    labels
        int64 [pieces]; the lemma of each piece's word, of a decoder alone the piece to say after each;
        ``IGNORED`` where there is none.
    starts, lengths
        int64 [sentences]; where each sentence begins in ``pieces``, and its length.
    pairs
        int64 [pairs, 2]; rows of the same sentence in the pivot and in another language.
    by_length
        Rows of each length.
    lemmas
        Number of lemmas, 0 if the training text names none.
    """

    pieces: np.ndarray
    labels: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    pairs: np.ndarray
    by_length: dict[int, np.ndarray]
    lemmas: int


def read_training(training: Mapping[str, str | Path], spec: Spec) -> dict[str, pd.DataFrame]:
    """Read the training text of each language, in the order of the languages' names."""
    if not training:
        raise IsoglossError("There is no training text.")
    wanted = ("sentence", "words") + (("lemmas",) if spec.objective == "unified" else ())
    tables = {}
    for language in sorted(training):
        try:
            table = read_parquet(training[language], wanted)
        except IsoglossError as error:
            if "lemmas" in str(error):
                raise IsoglossError(
                    f"The objective unified needs each word's lemma, and {training[language]} has no column "
                    "lemmas. Choose the objective naive, tlm or contrastive for this corpus."
                ) from error
            raise
        table = table[table["words"].map(len) > 0].sort_values("sentence", ignore_index=True)
        if table.empty:
            raise IsoglossError(f"The training text {training[language]} ({language}) is empty.")
        tables[language] = table
    if spec.objective in PARALLEL:
        if spec.pivot not in tables:
            raise IsoglossError(
                f"The objective {spec.objective} pairs every language with the pivot {spec.pivot}, "
                f"but the training text has only {', '.join(tables)}."
            )
        if len(tables) < 2:
            raise IsoglossError(f"The objective {spec.objective} needs at least two languages.")
    return tables


def check_known(tables: Mapping[str, pd.DataFrame], tokenizer: Any, start: str | Path) -> None:
    """Refuse text of which the tokenizer of the model that is started from does not know most words.

    Raises
    ------
    IsoglossError
        If one language's text is such.
    """
    for language, table in tables.items():
        forms = sorted({word for words in table["words"] for word in words})
        pieces = tokenizer([[form] for form in forms], is_split_into_words=True, add_special_tokens=False)["input_ids"]
        unknown = sum(tokenizer.unk_token_id in piece for piece in pieces)
        if 2 * unknown > len(forms):
            raise IsoglossError(
                f"The tokenizer of {start}, the model to start from, does not know {unknown:,} of {len(forms):,} words "
                f"of {language}. Train the model that it starts from on text of {language} too."
            )


def encode(tables: Mapping[str, pd.DataFrame], tokenizer: Any, spec: Spec) -> Text:
    """Turn the training text into piece numbers, and find the translation pairs.

    Each different word is given to the tokenizer once: the tokenizers of `isogloss.models.subwords` never look
    across words.
    """
    forms = sorted({word for table in tables.values() for words in table["words"] for word in words})
    known = tokenizer([[form] for form in forms], is_split_into_words=True, add_special_tokens=False)
    pieces_of = dict(zip(forms, known["input_ids"], strict=True))
    opening = (tokenizer.cls_token_id, tokenizer.bos_token_id)
    closing = (tokenizer.sep_token_id, tokenizer.eos_token_id)
    first, last = ([mark for mark in marks if mark is not None][:1] for marks in (opening, closing))
    room = spec.max_length - len(first) - len(last)
    causal = spec.architecture == "gpt"
    with_lemmas = spec.objective == "unified" and not causal
    answers = spoken(tables, pieces_of, spec.pivot) if causal and spec.objective == "unified" else None
    pieces: list[int] = []
    labels: list[int] = []
    lengths: list[int] = []
    rows: dict[str, pd.Series] = {}
    for language, table in tables.items():
        begin = len(lengths)
        for position, words in enumerate(table["words"]):
            sentence = [piece for word in words for piece in pieces_of[word]][:room]
            pieces += [*first, *sentence, *last]
            lengths.append(len(first) + len(sentence) + len(last))
            if with_lemmas:
                lemmas = zip(words, table["lemmas"].iloc[position], strict=True)
                named = [IGNORED if lemma < 0 else int(lemma) for word, lemma in lemmas for _ in pieces_of[word]]
                labels += [IGNORED] * len(first) + named[:room] + [IGNORED] * len(last)
            elif answers:
                lengths_of = [len(pieces_of[word]) for word in words]
                said = answered([answers.get(lemma, IGNORED) for lemma in table["lemmas"].iloc[position]], lengths_of)
                labels += said[: lengths[-1]]
            elif causal:
                labels += [*sentence, IGNORED]
        rows[language] = pd.Series(np.arange(begin, len(lengths)), index=table["sentence"].to_numpy())
    pairs = np.zeros((0, 2), dtype=np.int64)
    if spec.objective in PARALLEL:
        found = [
            pd.concat([rows[spec.pivot], series], axis=1, join="inner").to_numpy()
            for language, series in rows.items()
            if language != spec.pivot
        ]
        pairs = np.concatenate(found).astype(np.int64)
        if not len(pairs):
            raise IsoglossError(
                f"No sentence of {spec.pivot} has a translation: the languages share no sentence numbers."
            )
    widths = np.array(lengths, dtype=np.int64)
    return Text(
        pieces=np.array(pieces, dtype=np.int64),
        labels=np.array(labels, dtype=np.int64),
        starts=np.cumsum(widths) - widths,
        lengths=widths,
        pairs=pairs,
        by_length={int(length): np.flatnonzero(widths == length) for length in np.unique(widths)},
        lemmas=max(labels, default=-1) + 1 if with_lemmas else 0,
    )


def spoken(tables: Mapping[str, pd.DataFrame], pieces_of: Mapping[str, list[int]], pivot: str) -> dict[int, int]:
    """Find the one piece with which the pivot language says each lemma.

    Raises
    ------
    IsoglossError
        If the pivot is not there, or a lemma has not one piece there.
    """
    if pivot not in tables:
        raise IsoglossError(
            f"The objective unified answers in the language {pivot}, but the text is in {', '.join(tables)} only."
        )
    found: dict[int, int] = {}
    for word, lemma in zip(tables[pivot]["words"].explode(), tables[pivot]["lemmas"].explode(), strict=True):
        piece = pieces_of[word]
        if len(piece) != 1 or found.setdefault(lemma, piece[0]) != piece[0]:
            raise IsoglossError(
                f"The objective unified answers with one piece a word, but {pivot} says lemma {lemma} with {word!r}, "
                f"{len(piece)} pieces, or in several ways. Take an atomic language for the source of the pairs."
            )
    return found


def answered(answers: list[int], lengths: list[int]) -> list[int]:
    """Give what is to be said after the opening mark and after each piece of words that are so many pieces long."""
    said = [answers[0]]
    for answer, length in zip([*answers[1:], IGNORED], lengths, strict=True):
        said += [IGNORED] * (length - 1) + [answer]
    return said
