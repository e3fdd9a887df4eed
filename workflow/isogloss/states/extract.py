"""Activations: hidden states of the selected words, every layer from one forward pass.

The words are known before (they were selected from text alone), so a store holds just those. What the tokenizer drops
or the length limit cuts is found before the first pass and counted by reason.
"""

import hashlib
import logging
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from tqdm import tqdm

from isogloss import __version__
from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.models.load import Checkpoint, folder_digest, load_checkpoint
from isogloss.models.words import Sentence, check_subwords, in_language, read_sentences
from isogloss.named import named
from isogloss.states.batching import batch_by_length
from isogloss.states.drawn import DrawnSentences, draw_sentences
from isogloss.states.forward import Arrival, Reader, joined, pool_sentences, pool_words
from isogloss.states.pooling import ABOUT, function_of
from isogloss.states.store import StoreWriter, open_store
from isogloss.tables import with_controls

log = logging.getLogger(__name__)

REASONS = ("no_subwords", "truncated")
# By convention, what a decoder behind an encoder does with a subword at the step whose state is kept.
STEPS = {"paper": "reads", "released": "predicts"}
# So many batches may wait for their writing, which goes on beside the forward passes.
AHEAD = 2


def extract(
    *,
    checkpoint: str | Path,
    corpora: dict[str, str | Path],
    selection: str | Path,
    space: str,
    store: str | Path,
    layers: list[int],
    pooling: str,
    token_budget: int,
    max_length: int,
    device: str,
    precision: str,
    threads: int,
    attributes: dict[str, Any],
    sentence_vectors: bool = False,
    convention: str = "paper",
    draw: Mapping[str, int] | None = None,
) -> None:
    """Extract the selected words' hidden states of all layers and write an activation store.

    Parameters
    ----------
    checkpoint
        The model's folder.
    corpora
        The two languages' corpus files, ``source`` and ``target``.
    selection
        The selected words of one side.
    space
        ``source-encoder`` or ``target-encoder``: that language through the encoder. ``source-decoder`` or
        ``target-decoder``: that language by itself through a model that is a decoder alone. ``target-decoder`` of a
        model with both: the source sentence through the encoder, the target sentence through the decoder with teacher
        forcing, see ``convention``.
    store
        The HDF5 file to write.
    layers
        Which layers; 0 is the embeddings. The last one is what the model returns: where its family has a final norm,
        it has passed it, and the store says so.
    pooling
        Which subwords a word is, see :mod:`isogloss.states.pooling`.
    token_budget
        Most subwords of a batch, padding included.
    max_length
        Most subwords of a sentence; words beyond are counted as truncated.
    device, precision
        See :mod:`isogloss.models.devices`.
    threads
        Threads on a CPU.
    attributes
        What the store shall say of itself: model, checkpoint, corpus and so on.
    sentence_vectors
        Keep sentence vectors too, from the same pass.
    convention
        Of a decoder behind an encoder: ``paper`` takes a subword's state at the step that reads it; ``released`` at the
        step before, that predicts it, as the released code of Mousi et al. 2024 does (its input is the subword before;
        of the first one the start token, so that layer 0 holds the embeddings of other words).
    draw
        How sentences are drawn whose own vectors are kept too, as :func:`isogloss.states.drawn.draw_sentences` takes
        it; None for no such vectors. Those without a selected word are read after all others, so that the words' own
        batches, and with them every rounding, are the same.

    Raises
    ------
    IsoglossError
        For a model that cannot be used, a layer beyond its depth, no word left, or hidden states that are not finite.
    """
    torch.set_num_threads(threads)
    loaded = load_checkpoint(checkpoint, device, precision)
    side, stack = space.split("-")
    check_space(loaded, checkpoint, space, layers)
    reader, pool_word = Reader(loaded, stack), named(function_of(pooling))
    max_length = min(max_length, loaded.shape.longest or max_length)
    wanted = read_parquet(selection, ("sentence", "position", "word", "aligned", "frequent"))
    keys = wanted.sentence.unique()
    drawn = None if draw is None else DrawnSentences(draw_sentences(corpora, **draw))
    further = [] if drawn is None else sorted(drawn.turn.keys() - set(keys))
    sides = ("source", "target") if reader.after_encoder else (side,)
    sentences = {}
    for name in sides:
        written = reader.after_encoder and name == side
        with in_language(loaded.tokenizer, attributes.get(name), written=written):
            sentences[name] = read_side(loaded, checkpoint, corpora[name], [*keys, *further], max_length)
    own_side = sentences[side]
    kept, dropped = keep_words(wanted, own_side, checkpoint)
    made_from = {
        **attributes,
        "space": space,
        "pooling": pooling,
        "sentence_poolings": {name: ABOUT[name] for name in reader.poolings},
        "precision": str(loaded.model.dtype).removeprefix("torch."),
        "max_length": max_length,
        "token_budget": token_budget,
        "threads": threads,
        "device": loaded.model.device.type,
        "final_norm_in_last_layer": loaded.shape.family.final_norm,
        **({"decoder_step": STEPS[convention]} if reader.after_encoder else {}),
        **({} if draw is None else {"draw": dict(draw)}),
        "model_type": loaded.shape.model_type,
        "weights": folder_digest(checkpoint),
        "text": text_digest(sentences),
        "wanted": len(wanted),
        "dropped": dropped,
        "versions": {
            "isogloss": __version__,
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
    }
    # Words stand in the order in which their sentences are run, so a store is written from front to back.
    batches = plan_batches(sentences, keys, token_budget)
    turn = {key: index for index, key in enumerate(key for batch in batches for key in batch)}
    kept = kept.iloc[np.argsort(kept.sentence.map(turn), kind="stable")].reset_index(drop=True)
    whole_sentences = np.array(list(turn)) if sentence_vectors else None
    with_words = len(batches)
    batches += plan_batches(sentences, further, token_budget)
    in_order = None if drawn is None else drawn.in_order(batches)
    shape = (layers, loaded.shape.hidden, made_from, whole_sentences, reader.poolings)
    writer = StoreWriter(store, kept, *shape, in_order)
    if writer.done:
        log.info("Going on after batch %d of %d", writer.done, len(batches))
    positions = kept.groupby("sentence", sort=False).position.agg(list).to_dict()
    # The start token goes in front, so subword i is read at step i + 1.
    shift = 1 if reader.after_encoder and convention == "paper" else 0
    started = told = time.monotonic()
    quiet = not sys.stderr.isatty()
    first_word = first_sentence = first_drawn = 0
    skipped, waiting = writer.done, deque[Future[None]]()
    with ThreadPoolExecutor(1) as beside:
        for number, keys in enumerate(tqdm(batches, unit="batch", disable=quiet)):
            batch = [own_side[key] for key in keys]
            spans = [[own_side[key].spans[word] for word in positions.get(key, ())] for key in keys]
            if number >= skipped:
                pools = [pool_words(spans, pool_word, reader.device, shift)]
                if sentence_vectors and number < with_words:
                    pools.append(pool_sentences(batch, reader.poolings, reader.device, shift))
                if drawn is not None:
                    pools += drawn.pools(keys, batch, reader.poolings, reader.device)
                before = [sentences["source"][key] for key in keys] if reader.after_encoder else None
                vectors, _ = reader.read(batch, joined(*pools), layers, before=before)
                if len(waiting) == AHEAD:
                    waiting.popleft().result()
                rows = (first_word, first_sentence, first_drawn)
                waiting.append(beside.submit(write_batch, writer, rows, vectors))
            first_word += sum(map(len, spans))
            first_sentence += len(keys)
            first_drawn += 0 if drawn is None else len(drawn.among(keys))
            if quiet and time.monotonic() - told > 10:
                told = time.monotonic()
                log.info("%d of %d batches, %.0f s", number + 1, len(batches), told - started)
        for each in waiting:
            each.result()
    writer.finish()
    log.info("%d words, %d layers, %.1f s", len(kept), len(layers), time.monotonic() - started)


def check_space(loaded: Checkpoint, checkpoint: str | Path, space: str, layers: list[int]) -> None:
    """Refuse a space or a layer that the model does not have."""
    side, stack = space.split("-")
    family = loaded.shape.family
    if stack not in family.stacks or (side == "source" and stack != family.reader):
        raise IsoglossError(f"The model in {checkpoint} ({loaded.shape.model_type}) has no space {space}.")
    depth = loaded.shape.depths[stack]
    beyond = [layer for layer in layers if layer > depth]
    if beyond:
        raise IsoglossError(
            f"Layer {beyond[0]} is beyond the {stack} of the model in {checkpoint}: it has layers 0 to {depth}. "
            "Mend `layers:` of this model in the config."
        )


def keep_words(
    wanted: pd.DataFrame, sentences: Mapping[int, Sentence], checkpoint: str | Path
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Take the selected words that have a vector; count the others by reason."""
    reason = np.array(
        [drop_reason(sentences[key], word) for key, word in zip(wanted.sentence, wanted.position, strict=True)]
    )
    kept = wanted[reason == ""].rename(columns={"word": "form"}).reset_index(drop=True)
    dropped = {name: int((reason == name).sum()) for name in REASONS}
    if any(dropped.values()):
        log.info(
            "Left out of %d words: %s",
            len(wanted),
            ", ".join(f"{n} {name}" for name, n in dropped.items() if n),
        )
    if kept.empty:
        raise IsoglossError(f"The tokenizer in {checkpoint} leaves none of the {len(wanted)} selected words.")
    return kept, dropped


def write_batch(writer: StoreWriter, rows: tuple[int, int, int], arrival: Arrival) -> None:
    """Write the vectors of one batch when they are there.

    Parameters
    ----------
    writer
        Of the store.
    rows
        Where the batch's words, sentences and drawn sentences begin.
    arrival
        The vectors.
    """
    vectors = arrival.arrays()
    first_word, first_sentence, first_drawn = rows
    words = vectors.pop("words")
    for name in [name for name in vectors if name.startswith("drawn/")]:
        writer.write_rows(name, first_drawn, vectors.pop(name))
    if vectors:
        writer.write_sentences(first_sentence, vectors)
    # The words complete the batch.
    writer.write(first_word, words)


def read_side(
    loaded: Checkpoint, checkpoint: str | Path, corpus: str | Path, keys: Sequence[int], max_length: int
) -> dict[int, Sentence]:
    """Read sentences ``keys`` of a corpus as subwords, in that order."""
    table = read_parquet(corpus, ("sentence", "words")).set_index("sentence").loc[keys]
    texts = list(table.text) if "text" in table else None
    found = read_sentences(loaded.tokenizer, [list(words) for words in table.words], max_length, texts=texts)
    embeddings = len(loaded.model.get_input_embeddings().weight)
    check_subwords(loaded.tokenizer, embeddings, found, f"The tokenizer in {checkpoint} on {corpus}")
    return dict(zip(map(int, keys), found, strict=True))


def drop_reason(sentence: Sentence, word: int) -> str:
    """Say why a word has no vector; empty if it has one."""
    if word in sentence.spans:
        return ""
    return "truncated" if word >= sentence.cut else "no_subwords"


def text_digest(sentences: dict[str, dict[int, Sentence]]) -> str:
    """Identify what the model reads by its subwords."""
    total = hashlib.sha256()
    for side, rows in sentences.items():
        for key, sentence in rows.items():
            total.update(f"{side} {key} {sentence.ids}\n".encode())
    return total.hexdigest()[:16]


def plan_batches(sentences: dict[str, dict[int, Sentence]], keys: Sequence[int], token_budget: int) -> list[list[int]]:
    """Group sentences of like length under the token budget, each as long as its longer side."""
    lengths = {int(key): max(len(side[key].ids) for side in sentences.values()) for key in keys}
    return batch_by_length(lengths, token_budget)


def collect(
    *, stores: list[str | Path], layers: dict[str, dict[str, int]], controls: dict[str, str], output: str | Path
) -> None:
    """Write the table of words wanted, kept and dropped by reason, one row a store.

    Parameters
    ----------
    stores
        Activation stores.
    layers
        By model and stack, how many layers the grid has; a store may hold more.
    controls
        By model with weights drawn anew the model that it is the control of.
    output
        The CSV file.
    """
    rows = []
    for path in stores:
        with open_store(path, put_aside=True) as store:
            about = store.attributes
            rows.append(
                {
                    **{
                        name: about[name]
                        for name in ("model", "checkpoint", "task", "corpus", "source", "target", "space")
                    },
                    "layers": layers[about["model"]][about["space"].split("-")[1]],
                    "hidden": store.hidden,
                    "wanted": about["wanted"],
                    "kept": len(store),
                    **{f"dropped_{name}": about["dropped"][name] for name in REASONS},
                }
            )
    write_csv(with_controls(pd.DataFrame(rows), controls), output)
