"""Tiny multilingual models trained here: an encoder (BERT), an encoder-decoder (T5), or a decoder alone (GPT-2).

They exist so that a machine with no access to a model hub has a model whose sharing of concepts between
languages can be measured. The objective decides how much is shared:

``naive``
    Masked language modelling, one language a sentence (Devlin et al. 2019, section 3.1).
``tlm``
    In a share of the steps the two sentences of a translation pair stand side by side, the positions start
    again in the second (Conneau and Lample 2019, section 3.3).
``unified``
    A masked word's lemma, numbered the same in all languages, is predicted instead of its piece
    (Hua et al. 2024). The output has a dictionary built in.
``contrastive``
    In a share of the steps mean-pooled parallel sentences must find each other among those of the batch
    (InfoNCE, van den Oord et al. 2018, equation 4; temperature 0.1). For an encoder-decoder these steps train
    the encoder, and the others are those of ``translation``.
``translation``
    Encoder-decoder only: a share of the steps translates from or into the pivot language, teacher-forced; the
    others restore a sentence in which pieces were masked (Lewis et al. 2020, section 2). The target language
    is not announced, so what the encoder and the decoder read is what a sentence of the corpus looks like.

A decoder alone learns the next piece, one language a sentence (``naive``); or, after each word's last piece, the next
word as the pivot language says it, which there is one piece (``unified``; Hua et al. 2024, section 5).

``tlm``, ``contrastive`` and ``translation`` see parallel sentences and ``unified`` sees lemmas; ``naive``
sees neither. A comparison between them must say so.

Each step draws from a generator of its own, seeded with the seed and the step's number, so a run that was
interrupted goes on exactly where it stopped.
"""

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    T5Config,
    T5ForConditionalGeneration,
)

from isogloss.errors import IsoglossError
from isogloss.files import SavePace, published, published_folder, read_parquet, write_csv
from isogloss.models.load import folder_digest, load_tokenizer
from isogloss.models.subwords import Family, letter_tokenizer, train_tokenizer
from isogloss.ownership import Ownership

logger = logging.getLogger(__name__)

OBJECTIVES = {
    "bert": ("naive", "tlm", "unified", "contrastive"),
    "t5": ("translation", "contrastive"),
    "gpt": ("naive", "unified"),
}
PARALLEL = ("tlm", "contrastive", "translation")
TEMPERATURE = 0.1
MASKING = {"masked": 0.2, "translation-masked": 0.3, "restored": 0.3}
IGNORED = -100
# T5 begins with embeddings of unit variance; in so few steps they would stay near what chance made them.
FIRST_SCALE = 0.2


@dataclass(frozen=True)
class Spec:
    """What to train, and how.

    Attributes
    ----------
    architecture
        ``bert`` (encoder), ``t5`` (encoder-decoder; ``layers`` then counts each half's) or ``gpt`` (decoder).
    objective
        For ``bert`` one of ``naive``, ``tlm``, ``unified`` and ``contrastive``; for ``t5`` ``translation`` or
        ``contrastive``; for ``gpt`` ``naive`` or ``unified``.
    layers, hidden, heads, intermediate
        The network's depth, width, attention heads and inner width.
    vocabulary
        Most entries of the tokenizer.
    steps, batch
        Optimiser steps, and sentences in each.
    learning_rate
        The peak; reached after 5 % of the steps and then falling linearly to 5 % of itself.
    pivot
        The language that every translation pair has on one side; of ``gpt`` the language of unified answers.
    contrastive_share
        Share of the steps that are contrastive (``contrastive`` only).
    translation_share
        Share of the other steps that see translation pairs (``tlm``, and all of ``t5``).
    max_length
        Longest input in pieces, special tokens included; longer training sentences are cut.
    """

    architecture: Family = "bert"
    objective: str = "naive"
    layers: int = 3
    hidden: int = 64
    heads: int = 2
    intermediate: int = 256
    vocabulary: int = 2000
    steps: int = 2000
    batch: int = 64
    learning_rate: float = 4e-3
    pivot: str = "en"
    contrastive_share: float = 0.2
    translation_share: float = 0.5
    max_length: int = 128

    @classmethod
    def read(cls, values: Mapping) -> "Spec":
        """Make a spec from a mapping, checking every value.

        Raises
        ------
        IsoglossError
            If a key is unknown or a value is not allowed.
        """
        known = {field.name: field.default for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise IsoglossError(f"Unknown training setting {unknown[0]!r}; there are {', '.join(known)}.")
        for key, value in values.items():
            wanted = type(known[key])
            fits = isinstance(value, int | float if wanted is float else wanted)
            if not fits or isinstance(value, bool):
                raise IsoglossError(f"The training setting {key} must be {wanted.__name__}, not {value!r}.")
            if wanted is int and value < 1:
                raise IsoglossError(f"The training setting {key} must be at least 1, not {value}.")
        spec = cls(**values)
        if spec.architecture not in OBJECTIVES:
            raise IsoglossError(f"There is no architecture {spec.architecture!r}; choose bert, t5 or gpt.")
        if spec.objective not in OBJECTIVES[spec.architecture]:
            raise IsoglossError(
                f"A {spec.architecture} model cannot be trained with the objective {spec.objective!r}; "
                f"choose {' or '.join(OBJECTIVES[spec.architecture])}."
            )
        if spec.hidden % spec.heads:
            raise IsoglossError(f"hidden ({spec.hidden}) must be a multiple of heads ({spec.heads}).")
        if not spec.learning_rate > 0 or not math.isfinite(spec.learning_rate):
            raise IsoglossError(f"learning_rate must be above 0, not {spec.learning_rate}.")
        if not (0 <= spec.contrastive_share < 1 and 0 <= spec.translation_share <= 1):
            raise IsoglossError("contrastive_share and translation_share are shares between 0 and 1.")
        if spec.max_length < 8 or spec.batch < 4:
            raise IsoglossError("max_length must be at least 8 and batch at least 4.")
        return spec


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


def train(
    *,
    folder: str | Path,
    training: Mapping[str, str | Path],
    spec: Mapping,
    seed: int,
    threads: int,
    log_table: str | Path,
    attributes: Mapping[str, str],
    letters: bool = False,
    start: str | Path | None = None,
    save_seconds: float = 20.0,
    after_step: Callable[[int], None] | None = None,
) -> None:
    """Train a model and its tokenizer; write them to ``folder`` as ``save_pretrained`` does.

    Now and then the state is saved to ``folder`` + ``.partial``. A run that finds such a file made
    from the same text, spec, seed and number of threads goes on from it, and ends with the same weights as one
    that was never interrupted. ``folder`` appears complete or not at all.

    Parameters
    ----------
    folder
        Where the model shall stand; replaced if it exists.
    training
        For each language a Parquet file with ``sentence``, ``words`` and, for ``unified``, ``lemmas``. Equal
        ``sentence`` numbers mark translations of each other.
    spec
        See `Spec`; keys that are left out have its defaults.
    seed
        Decides the first weights, the batches and the masks.
    threads
        Threads of the numerical library. Another number may change the last digits of the weights.
    log_table
        CSV with the learning curve: ``step``, ``kind`` (of batch), ``loss`` (mean since the row before) and
        ``batches`` (how many that mean is over).
    attributes
        Columns that name the model in the learning curve.
    letters
        Whether each letter is a piece; otherwise pieces are learnt from the text.
    start
        Folder of a model of the same shape that was trained here: its weights and tokenizer are the first.
    save_seconds
        Least seconds between two saves of the state, see :class:`isogloss.files.SavePace`.
    after_step
        Called with each finished step's number, 1 to ``steps``.

    Raises
    ------
    IsoglossError
        If the spec or the text does not allow the training, or the loss stops being finite.
    """
    settings = Spec.read(spec)
    folder = Path(folder)
    torch.set_num_threads(threads)
    tables = read_training(training, settings)
    texts = {language: table["words"] for language, table in tables.items()}
    if start:
        tokenizer = load_tokenizer(start)
    elif letters:
        tokenizer = letter_tokenizer(texts, settings.max_length)
    else:
        tokenizer = train_tokenizer(texts, settings.vocabulary, settings.architecture, settings.max_length)
    text = encode(tables, tokenizer, settings)
    if start:
        check_known(tables, tokenizer, start)
    del tables, texts
    model, head = make_model(settings, tokenizer, text.lemmas, seed)
    if start:
        start_from(model, start)
    learner = Learner(model, head, tokenizer, text, settings, seed)
    partial = folder.with_name(folder.name + ".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    ownership = Ownership(partial)
    mark = fingerprint(settings, tokenizer, text, seed, threads, folder_digest(start) if start else None)
    step = learner.resume(partial, mark)
    if step:
        logger.info("%s: going on after step %d of %d", folder.parent.name, step, settings.steps)
    started, pace = time.monotonic(), SavePace(save_seconds)
    first = step
    while step < settings.steps:
        step = learner.step(step)
        if after_step is not None:
            after_step(step)
        if step % max(1, settings.steps // 10) == 0:
            speed = (step - first) / (time.monotonic() - started)
            logger.info("%s: step %d of %d, %s, %.0f steps/s", folder.parent.name, step, settings.steps, learner, speed)
        if pace.due() and step < settings.steps:
            ownership.check()
            with pace.saving():
                learner.save(partial, mark, step)
    ownership.check()
    with published_folder(folder) as draft:
        # A model that was trained without the masked-piece head is saved without one.
        (model if head is None else model.bert).save_pretrained(draft)
        tokenizer.save_pretrained(draft)
    write_csv(learner.curve(), log_table, attributes)
    partial.unlink(missing_ok=True)
    ownership.release()


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


def start_from(model: Any, folder: str | Path) -> None:
    """Give a model the weights of another one.

    Raises
    ------
    IsoglossError
        If the other has not the same shape.
    """
    weights = load_file(Path(folder) / "model.safetensors")
    there, here = ({name: tuple(one.shape) for name, one in found.items()} for found in (weights, model.state_dict()))
    if there != here:
        name = min(set(there.items()) ^ set(here.items()))[0]
        raise IsoglossError(
            f"The model in {folder} has another shape than the one that starts from it: {name} is "
            f"{there.get(name, 'not there')}, expected {here.get(name, 'not to be there')}."
        )
    model.load_state_dict(weights)


def make_model(spec: Spec, tokenizer: Any, lemmas: int, seed: int) -> tuple[Any, nn.Module | None]:
    """Make the network with its first weights, and the lemma head if the objective has one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if spec.architecture == "t5":
            config = T5Config(
                vocab_size=len(tokenizer),
                d_model=spec.hidden,
                d_kv=spec.hidden // spec.heads,
                d_ff=spec.intermediate,
                num_layers=spec.layers,
                num_decoder_layers=spec.layers,
                num_heads=spec.heads,
                dropout_rate=0.0,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                decoder_start_token_id=tokenizer.pad_token_id,  # type: ignore[call-arg]  # of every config
            )
            model = T5ForConditionalGeneration(config)
            model.shared.weight.data.mul_(FIRST_SCALE)
            return model, None
        if spec.architecture == "gpt":
            config = GPT2Config(
                vocab_size=len(tokenizer),
                n_embd=spec.hidden,
                n_layer=spec.layers,
                n_head=spec.heads,
                n_inner=spec.intermediate,
                n_positions=spec.max_length,
                resid_pdrop=0.0,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                tie_word_embeddings=False,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.bos_token_id,
            )
            return GPT2LMHeadModel(config), None
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=spec.hidden,
            num_hidden_layers=spec.layers,
            num_attention_heads=spec.heads,
            intermediate_size=spec.intermediate,
            max_position_embeddings=spec.max_length,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=tokenizer.pad_token_id,
        )
        model = BertForMaskedLM(config)
        if spec.objective != "unified":
            return model, None
        if not lemmas:
            raise IsoglossError("The objective unified needs lemmas, but every word of the text has lemma -1.")
        first, answer = nn.Linear(spec.hidden, spec.hidden), nn.Linear(spec.hidden, lemmas)
        head = nn.Sequential(first, nn.GELU(), nn.LayerNorm(spec.hidden), answer)
        nn.init.normal_(answer.weight, std=0.02)
        return model, head


class Learner:
    """The network, its optimiser and its learning curve; goes one step at a time.

    Parameters
    ----------
    model, head
        From `make_model`.
    tokenizer
        The model's tokenizer.
    text
        From `encode`.
    spec
        What to train.
    seed
        With the step's number, decides the step's batch and masks.
    """

    def __init__(self, model: Any, head: nn.Module | None, tokenizer: Any, text: Text, spec: Spec, seed: int):
        self.model, self.head, self.text, self.spec, self.seed = model.train(), head, text, spec, seed
        self.padding, self.mask = tokenizer.pad_token_id, tokenizer.mask_token_id
        self.vocabulary = len(tokenizer)
        self.special = np.zeros(self.vocabulary, dtype=bool)
        self.special[tokenizer.all_special_ids] = True
        self.ordinary = np.flatnonzero(~self.special)
        trained = model.bert if head is not None else model
        self.modules = nn.ModuleList([trained] if head is None else [trained, head])
        self.parameters = list(self.modules.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=spec.learning_rate, weight_decay=0.01, fused=True)
        self.lengths = list(text.by_length)
        sizes = np.array([len(rows) for rows in text.by_length.values()], dtype=np.float64)
        self.length_odds = sizes / sizes.sum()
        self.rows: list[tuple[int, str, float, int]] = []
        self.sums: dict[str, tuple[float, int]] = {}

    def __str__(self) -> str:
        latest = {kind: loss for _, kind, loss, _ in self.rows}
        return ", ".join(f"{kind} loss {loss:.3f}" for kind, loss in sorted(latest.items()))

    def step(self, done: int) -> int:
        """Take the step after ``done`` steps; return its number.

        Raises
        ------
        IsoglossError
            If the loss is not finite.
        """
        spec, number = self.spec, done + 1
        random = np.random.default_rng([self.seed, number])
        kind = self.kind(random)
        rate = min(1.0, 20 * number / spec.steps) * max(0.05, 1 - done / spec.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = spec.learning_rate * rate
        loss = {
            "masked": self.masked,
            "translation-masked": self.translation_masked,
            "contrastive": self.contrastive,
            "translated": self.translated,
            "restored": self.restored,
            "following": self.following,
        }[kind](random)
        value = loss.item()
        if not math.isfinite(value):
            raise IsoglossError(
                f"The training loss became {value} at step {number} of {spec.steps}. "
                f"Lower learning_rate (it is {spec.learning_rate:g}) or take another seed."
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        total, count = self.sums.get(kind, (0.0, 0))
        self.sums[kind] = (total + value, count + 1)
        if number % max(1, spec.steps // 50) == 0 or number == spec.steps:
            self.rows += [(number, kind, total / n, n) for kind, (total, n) in sorted(self.sums.items())]
            self.sums = {}
        return number

    def kind(self, random: np.random.Generator) -> str:
        """Draw the kind of the next batch."""
        spec = self.spec
        if spec.architecture == "gpt":
            return "following"
        if spec.objective == "contrastive" and random.random() < spec.contrastive_share:
            return "contrastive"
        paired = random.random() < spec.translation_share
        if spec.architecture == "t5":
            return "translated" if paired else "restored"
        return "translation-masked" if spec.objective == "tlm" and paired else "masked"

    def alike(self, random: np.random.Generator, sentences: int) -> np.ndarray:
        """Positions in ``text.pieces``, int64 [sentences, length], of sentences of one length."""
        length = self.lengths[random.choice(len(self.lengths), p=self.length_odds)]
        rows = random.choice(self.text.by_length[length], sentences)
        return self.text.starts[rows][:, None] + np.arange(length)

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pieces of ``rows`` and where they are real, both [rows, longest]."""
        columns = np.arange(self.text.lengths[rows].max())
        real = columns < self.text.lengths[rows][:, None]
        positions = np.where(real, self.text.starts[rows][:, None] + columns, 0)
        return np.where(real, self.text.pieces[positions], self.padding), real

    def translations(self, random: np.random.Generator, pairs: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of two sides of translation pairs; the pivot is on the first side of about half of them."""
        drawn = self.text.pairs[random.integers(len(self.text.pairs), size=pairs)]
        turned = random.random(pairs) < 0.5
        return np.where(turned, drawn[:, 1], drawn[:, 0]), np.where(turned, drawn[:, 0], drawn[:, 1])

    def hide(
        self, random: np.random.Generator, pieces: np.ndarray, share: float, allowed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mask a share of the pieces: 80 % by the mask, 10 % by another piece, 10 % left (BERT's way).

        Returns the pieces after that, and which of them are to be predicted (always at least one).
        """
        chosen = (random.random(pieces.shape) < share) & allowed
        if not chosen.any():
            candidates = np.flatnonzero(allowed)
            if len(candidates):
                chosen.flat[random.choice(candidates)] = True
        fate = random.random(pieces.shape)
        other = self.ordinary[random.integers(len(self.ordinary), size=pieces.shape)]
        hidden = np.where(chosen & (fate < 0.8), self.mask, pieces)
        return np.where(chosen & (fate >= 0.9), other, hidden), chosen

    def predicted(self, states: torch.Tensor, chosen: np.ndarray, truth: np.ndarray) -> torch.Tensor:
        """Cross-entropy of what the head says at the chosen positions only."""
        head = self.model.cls if self.head is None else self.head
        return functional.cross_entropy(head(states[torch.from_numpy(chosen)]), torch.from_numpy(truth[chosen]))

    def masked(self, random: np.random.Generator) -> torch.Tensor:
        """Masked pieces, or masked words' lemmas, of sentences of one length (no padding)."""
        positions = self.alike(random, self.spec.batch)
        pieces = self.text.pieces[positions]
        truth = pieces if self.head is None else self.text.labels[positions]
        allowed = ~self.special[pieces] if self.head is None else truth != IGNORED
        hidden, chosen = self.hide(random, pieces, MASKING["masked"], allowed)
        states = self.model.bert(input_ids=torch.from_numpy(hidden)).last_hidden_state
        if not chosen.any():  # sentences of words without a lemma teach nothing
            return states.sum() * 0.0
        return self.predicted(states, chosen, truth)

    def translation_masked(self, random: np.random.Generator) -> torch.Tensor:
        """Masked pieces of translation pairs, side by side; positions start again in the second side."""
        one, two = self.translations(random, self.spec.batch // 2)
        first, first_real = self.padded(one)
        second, second_real = self.padded(two)
        # The second side keeps its end mark but not its beginning mark.
        pieces = np.concatenate([first, second[:, 1:]], axis=1)
        real = np.concatenate([first_real, second_real[:, 1:]], axis=1)
        places = np.concatenate([np.arange(first.shape[1]), np.arange(1, second.shape[1])])
        hidden, chosen = self.hide(random, pieces, MASKING["translation-masked"], real & ~self.special[pieces])
        states = self.model.bert(
            input_ids=torch.from_numpy(hidden),
            attention_mask=torch.from_numpy(real.astype(np.int64)),
            position_ids=torch.from_numpy(places)[None],
        ).last_hidden_state
        return self.predicted(states, chosen, pieces)

    def contrastive(self, random: np.random.Generator) -> torch.Tensor:
        """InfoNCE between the mean vectors of parallel sentences, both ways."""
        sides = self.translations(random, self.spec.batch // 2)
        pieces, real = self.padded(np.concatenate(sides))
        mask = torch.from_numpy(real.astype(np.int64))
        encoder = self.model.bert if self.spec.architecture == "bert" else self.model.encoder
        states = encoder(input_ids=torch.from_numpy(pieces), attention_mask=mask).last_hidden_state
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        one, two = functional.normalize(means, dim=-1).chunk(2)
        likeness = one @ two.T / TEMPERATURE
        truth = torch.arange(len(one))
        return 0.5 * (functional.cross_entropy(likeness, truth) + functional.cross_entropy(likeness.T, truth))

    def translated(self, random: np.random.Generator) -> torch.Tensor:
        """A sentence from its translation, teacher-forced."""
        one, two = self.translations(random, self.spec.batch)
        source, source_real = self.padded(one)
        target, target_real = self.padded(two)
        return self.forced(source, source_real, target, target_real)

    def restored(self, random: np.random.Generator) -> torch.Tensor:
        """A whole sentence from one with masked pieces, teacher-forced; only the masked pieces count."""
        pieces = self.text.pieces[self.alike(random, self.spec.batch)]
        hidden, chosen = self.hide(random, pieces, MASKING["restored"], ~self.special[pieces])
        return self.forced(hidden, np.ones_like(chosen), pieces, chosen)

    def forced(
        self, source: np.ndarray, source_real: np.ndarray, target: np.ndarray, counted: np.ndarray
    ) -> torch.Tensor:
        """Cross-entropy of the target's counted pieces, each given the source and the pieces before it."""
        mask = torch.from_numpy(source_real.astype(np.int64))
        encoded = self.model.encoder(input_ids=torch.from_numpy(source), attention_mask=mask).last_hidden_state
        before = np.concatenate([np.full_like(target[:, :1], self.padding), target[:, :-1]], axis=1)
        states = self.model.decoder(
            input_ids=torch.from_numpy(before),
            encoder_hidden_states=encoded,
            encoder_attention_mask=mask,
            use_cache=False,
        ).last_hidden_state
        # The output layer is by far the dearest, so it only sees the positions that count.
        wanted = states[torch.from_numpy(counted)] * self.model.model_dim**-0.5
        return functional.cross_entropy(self.model.lm_head(wanted), torch.from_numpy(target[counted]))

    def following(self, random: np.random.Generator) -> torch.Tensor:
        """What is to be said after each piece of sentences of any length."""
        rows = random.integers(len(self.text.lengths), size=self.spec.batch)
        pieces, real = self.padded(rows)
        positions = np.where(real, self.text.starts[rows][:, None] + np.arange(pieces.shape[1]), 0)
        truth = np.where(real, self.text.labels[positions], IGNORED)
        # No piece sees what is padded behind it.
        states = self.model.transformer(input_ids=torch.from_numpy(pieces), use_cache=False).last_hidden_state
        asked = truth != IGNORED
        said = self.model.lm_head(states[torch.from_numpy(asked)])
        return functional.cross_entropy(said, torch.from_numpy(truth[asked]))

    def save(self, path: Path, mark: str, step: int) -> None:
        """Save the state after ``step`` steps to ``path``, atomically."""
        tensors = {}
        for index, parameter in enumerate(self.parameters):
            tensors[f"{index}.weight"] = parameter.detach()
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"{index}.{key}"] = value
        facts = {"mark": mark, "step": step, "rows": self.rows, "sums": self.sums}
        with published(path) as draft:
            save_file(tensors, draft, metadata={"state": json.dumps(facts)})

    def resume(self, path: Path, mark: str) -> int:
        """Take up the state at ``path`` if it belongs to this run; return its step, or 0."""
        if not path.exists():
            return 0
        try:
            with safe_open(path, framework="pt") as file:
                facts = json.loads((file.metadata() or {}).get("state", "{}"))
                if facts.get("mark") != mark:
                    logger.info("%s belongs to another training and is not used", path)
                    return 0
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            logger.info("%s is damaged (%s) and is not used", path, error)
            return 0
        for index, parameter in enumerate(self.parameters):
            parameter.data.copy_(tensors.pop(f"{index}.weight"))
        for name, value in tensors.items():
            index, key = name.split(".")
            self.optimizer.state[self.parameters[int(index)]][key] = value
        self.rows = [tuple(row) for row in facts["rows"]]
        self.sums = {kind: (total, count) for kind, (total, count) in facts["sums"].items()}
        return facts["step"]

    def curve(self) -> pd.DataFrame:
        """The learning curve: step, kind of batch, mean loss since the row before, number of batches."""
        return pd.DataFrame(self.rows, columns=["step", "kind", "loss", "batches"])


def fingerprint(spec: Spec, tokenizer: Any, text: Text, seed: int, threads: int, start: str | None) -> str:
    """Digest of all that decides the weights, so that a saved state is only taken up by its own run."""
    digest = hashlib.sha256()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    facts = {**asdict(spec), "seed": seed, "threads": threads, "start": start, **versions}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    for array in (text.pieces, text.labels, text.lengths, text.pairs):
        digest.update(array.tobytes())
    return digest.hexdigest()
