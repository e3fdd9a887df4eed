"""Activations: hidden states of the selected words, every layer from one forward pass.

The words are known before (they were selected from text alone), so a store holds just those. What the tokenizer drops
or the length limit cuts is found before the first pass and counted by reason.
"""

import hashlib
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from tqdm import tqdm

from isogloss import __version__
from isogloss.errors import IsoglossError
from isogloss.files import file_digest, read_parquet, write_csv
from isogloss.models.load import Checkpoint, load_checkpoint
from isogloss.states.batching import batch_by_length
from isogloss.states.store import HALF_MAX, StoreWriter, open_store

log = logging.getLogger(__name__)

REASONS = ("no_subwords", "truncated")
NORMED = {"t5", "mt5", "umt5", "byt5"}


@dataclass
class Sentence:
    """One sentence as subwords.

    Attributes
    ----------
    ids
        Subword ids with the special tokens.
    spans
        Word position -> (first, one past the last) subword position, of the words that have any.
    words
        Number of words of the sentence.
    cut
        Position of the first word that lies beyond the length limit, even in part; ``words`` if none does.
    """

    ids: list[int]
    spans: dict[int, tuple[int, int]]
    words: int
    cut: int


def tokenize(tokenizer: Any, words: list[str], max_length: int) -> Sentence:
    """Split a sentence's words into subwords; a word that does not fit whole is cut off whole.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    words
        The sentence.
    max_length
        Most subwords, special tokens included.
    """
    encoded = tokenizer(words, is_split_into_words=True, truncation=False, return_attention_mask=False)
    ids, owners = encoded["input_ids"], encoded.word_ids()
    spans: dict[int, tuple[int, int]] = {}
    for index, owner in enumerate(owners):
        if owner is not None:
            spans[owner] = (spans.get(owner, (index,))[0], index + 1)
    cut = len(words)
    if len(ids) > max_length:
        tail = next((n for n, owner in enumerate(reversed(owners)) if owner is not None), 0)
        room = max_length - tail
        cut = min(word for word, (_, end) in spans.items() if end > room)
        end = max((stop for word, (_, stop) in spans.items() if word < cut), default=owners.index(cut))
        ids = ids[:end] + ids[len(ids) - tail :]
        spans = {word: span for word, span in spans.items() if word < cut}
    return Sentence(ids, spans, len(words), cut)


def pool_index(spans: list[tuple[int, int]], pooling: str) -> tuple[np.ndarray, np.ndarray]:
    """Give the first subword and the number of subwords that are averaged for each word."""
    start = np.array([span[0] for span in spans])
    stop = np.array([span[1] for span in spans])
    if pooling == "first":
        return start, np.ones_like(start)
    if pooling == "last":
        return stop - 1, np.ones_like(start)
    return start, stop - start


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
        ``source-encoder`` or ``target-encoder``: that language through the encoder. ``target-decoder``: the source
        sentence through the encoder, the target sentence through the decoder with teacher forcing; a word's vector is
        the state at the step that reads its subword, one after the step that predicts it.
    store
        The HDF5 file to write.
    layers
        Which layers; 0 is the embeddings. The last one is what the model returns: in T5 it has passed the final norm.
    pooling
        A word is its ``first`` subword, its ``last`` (Mousi et al. 2024), or the ``mean``.
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
        Keep sentence vectors of an encoder too, from the same pass.

    Raises
    ------
    IsoglossError
        For a model that cannot be used, a layer beyond its depth, no word left, or hidden states that are not finite.
    """
    torch.set_num_threads(threads)
    loaded = load_checkpoint(checkpoint, device, precision)
    beyond = [layer for layer in layers if layer > loaded.depth]
    if beyond:
        raise IsoglossError(
            f"Layer {beyond[0]} is beyond the model in {checkpoint}: it has layers 0 to {loaded.depth}. "
            "Mend `layers:` (or `depth:`) of this model in the config."
        )
    limit = getattr(loaded.model.config, "max_position_embeddings", None)
    if limit:
        # RoBERTa's positions start after its padding index.
        offset = (loaded.model.config.pad_token_id or 0) + 1 if "roberta" in loaded.model.config.model_type else 0
        max_length = min(max_length, limit - offset)
    decoder = space.endswith("decoder")
    wanted = read_parquet(selection, ("sentence", "position", "word", "aligned", "frequent"))
    texts = read_texts(corpora, ("source", "target") if decoder else (space.split("-")[0],), wanted.sentence.unique())
    sides = list(texts)
    sentences = {
        side: {key: tokenize(loaded.tokenizer, words, max_length) for key, words in texts[side].items()}
        for side in sides
    }
    own_side = sentences[sides[-1]]
    reason = np.array(
        [drop_reason(own_side[key], word) for key, word in zip(wanted.sentence, wanted.position, strict=True)]
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
    made_from = {
        **attributes,
        "space": space,
        "pooling": pooling,
        "precision": str(loaded.model.dtype).removeprefix("torch."),
        "max_length": max_length,
        "token_budget": token_budget,
        "threads": threads,
        "device": loaded.model.device.type,
        "final_norm_in_last_layer": loaded.model.config.model_type in NORMED,
        "model_type": loaded.model.config.model_type,
        "weights": weights_digest(Path(checkpoint)),
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
    batches = plan_batches(sentences, token_budget)
    turn = {key: index for index, key in enumerate(key for batch in batches for key in batch)}
    kept = kept.iloc[np.argsort(kept.sentence.map(turn), kind="stable")].reset_index(drop=True)
    whole_sentences = np.array(list(turn)) if sentence_vectors and not decoder else None
    writer = StoreWriter(store, kept, layers, loaded.hidden, made_from, whole_sentences)
    if writer.done:
        log.info("Going on after batch %d of %d", writer.done, len(batches))
    positions = kept.groupby("sentence", sort=False).position.agg(list).to_dict()
    started = told = time.monotonic()
    quiet = not sys.stderr.isatty()
    first_word = first_sentence = 0
    for number, keys in enumerate(tqdm(batches, unit="batch", disable=quiet)):
        spans = [[own_side[key].spans[word] for word in positions.get(key, ())] for key in keys]
        if number >= writer.done:
            batch = {side: [sentences[side][key].ids for key in keys] for side in sides}
            vectors, whole = forward(loaded, batch, decoder, layers, spans, pooling, whole_sentences is not None)
            if whole is not None:
                writer.write_sentences(first_sentence, whole)
            writer.write(first_word, vectors)
        first_word += sum(map(len, spans))
        first_sentence += len(keys)
        if quiet and time.monotonic() - told > 10:
            told = time.monotonic()
            log.info("%d of %d batches, %.0f s", number + 1, len(batches), told - started)
    writer.finish()
    log.info("%d words, %d layers, %.1f s", len(kept), len(layers), time.monotonic() - started)


def read_texts(
    corpora: dict[str, str | Path], sides: tuple[str, ...], keys: np.ndarray
) -> dict[str, dict[int, list[str]]]:
    """Read the sentences ``keys`` of each side, in that order."""
    texts = {}
    for side in sides:
        table = read_parquet(corpora[side], ("sentence", "words")).set_index("sentence")
        texts[side] = {int(key): list(table.words.loc[key]) for key in keys}
    return texts


def drop_reason(sentence: Sentence, word: int) -> str:
    """Say why a word has no vector; empty if it has one."""
    if word in sentence.spans:
        return ""
    return "truncated" if word >= sentence.cut else "no_subwords"


def weights_digest(folder: Path) -> str:
    """Identify the weights by their content."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        total.update(f"{path.name} {file_digest(path)}\n".encode())
    return total.hexdigest()[:16]


def text_digest(sentences: dict[str, dict[int, Sentence]]) -> str:
    """Identify what the model reads by its subwords."""
    total = hashlib.sha256()
    for side, rows in sentences.items():
        for key, sentence in rows.items():
            total.update(f"{side} {key} {sentence.ids}\n".encode())
    return total.hexdigest()[:16]


def plan_batches(sentences: dict[str, dict[int, Sentence]], token_budget: int) -> list[list[int]]:
    """Group sentences of like length under the token budget, each as long as its longer side."""
    lengths = {key: max(len(side[key].ids) for side in sentences.values()) for key in next(iter(sentences.values()))}
    return batch_by_length(lengths, token_budget)


def pad(rows: list[list[int]], value: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack sequences, ``[sentence, subword]``, and give the attention mask."""
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), value, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor(row)
        mask[index, : len(row)] = 1
    return ids.to(device), mask.to(device)


@torch.inference_mode()
def forward(
    loaded: Checkpoint,
    batch: dict[str, list[list[int]]],
    decoder: bool,
    layers: list[int],
    spans: list[list[tuple[int, int]]],
    pooling: str,
    sentence_vectors: bool,
) -> tuple[np.ndarray, dict[str, np.ndarray] | None]:
    """Run one batch and pool the selected words.

    Parameters
    ----------
    loaded
        The model.
    batch
        Subword ids by side.
    decoder
        Whether the decoder's states are wanted.
    layers
        Which layers.
    spans
        For each sentence, the subword spans of its selected words.
    pooling
        ``first``, ``last`` or ``mean``.
    sentence_vectors
        Whether the whole sentences are pooled too.

    Returns
    -------
    words : ndarray of float16, ``[layer, word, hidden]``
        Words in the order of the sentences and their spans.
    sentences : dict of ndarray of float16, ``[layer, sentence, hidden]``
        By pooling: ``first`` token, and ``mean`` over all tokens that are not padding; None if not asked for.

    Raises
    ------
    IsoglossError
        If a hidden state is not finite or too large for half precision.
    """
    model, shift = loaded.model, 0
    padding = loaded.tokenizer.pad_token_id or 0
    sides = list(batch)
    ids, mask = pad(batch[sides[0]], padding, model.device)
    if not decoder:
        stack = model.get_encoder() if model.config.is_encoder_decoder else model
        states = stack(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    else:
        # Teacher forcing: the start token goes in front, so subword i is read at step i + 1.
        start, shift = model.config.decoder_start_token_id, 1
        inputs, input_mask = pad([[start, *row] for row in batch[sides[1]]], padding, model.device)
        states = model(
            input_ids=ids,
            attention_mask=mask,
            decoder_input_ids=inputs,
            decoder_attention_mask=input_mask,
            output_hidden_states=True,
            use_cache=False,
        ).decoder_hidden_states
    if states is None:
        raise IsoglossError(f"The model ({model.config.model_type}) returns no hidden states.")
    sentence = np.repeat(np.arange(len(spans)), [len(span) for span in spans])
    start, count = pool_index([span for group in spans for span in group], pooling)
    place = torch.from_numpy(sentence).to(model.device)
    first = torch.from_numpy(start + shift).to(model.device)
    number = torch.from_numpy(count).to(model.device)
    pooled = []
    for layer in layers:
        # One word's subwords stand side by side, so a mean is at most as many gathers as the longest word is long.
        total = states[layer][place, first].float()
        for step in range(1, int(count.max(initial=1))):
            here = number > step
            total[here] += states[layer][place[here], first[here] + step].float()
        pooled.append(total / number[:, None])
    whole = None
    if sentence_vectors:
        weights = (mask / mask.sum(1, keepdim=True)).float()
        whole = {
            "first": halve(torch.stack([states[layer][:, 0].float() for layer in layers]), loaded),
            "mean": halve(
                torch.stack([torch.einsum("stw,st->sw", states[n].float(), weights) for n in layers]), loaded
            ),
        }
    return halve(torch.stack(pooled), loaded), whole


def halve(vectors: torch.Tensor, loaded: Checkpoint) -> np.ndarray:
    """Give vectors in half precision, as they are kept; refuse what it cannot hold."""
    if not torch.isfinite(vectors).all():
        raise IsoglossError(
            f"The model's hidden states hold NaN or infinity in {loaded.model.dtype}. Are its weights whole?"
        )
    if vectors.numel() and vectors.abs().max() > HALF_MAX:
        raise IsoglossError(
            "The model's hidden states are too large for half precision (65504), in which they are kept."
        )
    return vectors.half().cpu().numpy()


def collect(*, stores: list[str | Path], layers: dict[str, int], output: str | Path) -> None:
    """Write the table of words wanted, kept and dropped by reason, one row a store.

    Parameters
    ----------
    stores
        Activation stores.
    layers
        By model, how many layers the grid has; a store may hold more.
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
                    "layers": layers[about["model"]],
                    "hidden": store.hidden,
                    "wanted": about["wanted"],
                    "kept": len(store),
                    **{f"dropped_{name}": about["dropped"][name] for name in REASONS},
                }
            )
    write_csv(pd.DataFrame(rows), output)
