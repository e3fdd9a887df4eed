"""One pass of a task's test items through a checkpoint: sentence vectors of every layer, and what it predicts."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from transformers import AutoModel

from isogloss import __version__
from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_parquet
from isogloss.models.devices import choose_device, choose_precision
from isogloss.models.load import load_tokenizer, load_weights
from isogloss.states.batching import batch_by_length
from isogloss.states.sentence_vectors import new_vectors
from isogloss.states.store import HALF_MAX
from isogloss.tasks.heads import load_with_head

log = logging.getLogger(__name__)


def run_items(
    *,
    checkpoint: str | Path,
    items: Mapping[str, str | Path],
    kind: str,
    labels: list[str] | None,
    vectors: str | Path,
    predictions: str | Path | None,
    layers: list[int],
    max_length: int,
    token_budget: int,
    device: str,
    precision: str,
    threads: int,
    attributes: Mapping[str, Any],
) -> None:
    """Read the test items of every language with a checkpoint.

    Parameters
    ----------
    checkpoint
        Folder of the model, pretrained or tuned.
    items
        For each language its Parquet file, see :func:`isogloss.tasks.items.write_items`.
    kind, labels
        Of the task, see :func:`isogloss.tasks.finetune.finetune`.
    vectors
        HDF5 file to write, see :mod:`isogloss.states.sentence_vectors`. Of an encoder-decoder it is the encoder's.
    predictions
        Parquet file to write: ``language``, ``item``, and ``truth`` and ``predicted``: a label, tags, or text.
        None for a pretrained model, which predicts nothing.
    layers
        Which layers; 0 is the embeddings.
    max_length, token_budget
        Longest input in subwords; most subwords of a batch, padding included.
    device, precision, threads
        See :func:`isogloss.states.extract.extract`.
    attributes
        What the file shall say of itself.

    Raises
    ------
    IsoglossError
        If the folder is no such model, a split is empty, or a state is not finite.
    """
    torch.set_num_threads(threads)
    device = choose_device(device)
    dtype = choose_precision(precision, device)
    tokenizer = load_tokenizer(checkpoint)
    if predictions is None:
        model = load_weights(AutoModel, checkpoint, dtype, new=("pooler",))
    else:
        model = load_with_head(checkpoint, kind, labels, tuned=True)
    model = model.to(device, dtype).eval()
    said = []
    facts = {**attributes, "isogloss": __version__, "precision": str(dtype).removeprefix("torch."), "layers": layers}
    with new_vectors(vectors, facts) as writer:
        for language in sorted(items):
            table = read_parquet(items[language], ("split", "item", "words"))
            table = table[table.split == "test"].sort_values("item", ignore_index=True)
            if table.empty:
                raise IsoglossError(f"{items[language]} has no test items: the split is empty.")
            states, answers = read_language(model, tokenizer, table, kind, labels, layers, max_length, token_budget,
                                            predictions is not None)  # fmt: skip
            writer.add(language, layers, states)
            if predictions is not None:
                said.append(answers.assign(language=language))
            log.info("%s: %d items", language, len(table))
    if predictions is not None:
        table = pd.concat(said, ignore_index=True)
        write_parquet(table[["language", "item", "truth", "predicted"]], predictions)


def read_language(
    model: Any,
    tokenizer: Any,
    table: pd.DataFrame,
    kind: str,
    labels: list[str] | None,
    layers: list[int],
    max_length: int,
    token_budget: int,
    predict: bool,
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Read one language's test items: vectors float16 [layer, item, hidden] by pooling, and answers."""
    words = [list(row) for row in table.words]
    paired = kind == "sequence-classification" and "other_words" in table
    others = [list(row) for row in table.other_words] if paired else None
    encoded = tokenizer(words, others, is_split_into_words=True, truncation=True, max_length=max_length)
    keys = [key for key in ("input_ids", "attention_mask", "token_type_ids") if key in encoded]
    pooled: dict[str, np.ndarray] = {}
    predicted: list[Any] = [None] * len(table)
    for rows in batch_by_length({row: len(ids) for row, ids in enumerate(encoded["input_ids"])}, token_budget):
        batch = tokenizer.pad({key: [encoded[key][row] for row in rows] for key in keys}, return_tensors="pt")
        batch = batch.to(model.device)
        with torch.inference_mode():
            reader = model.get_encoder() if model.config.is_encoder_decoder else model
            output = reader(**batch, output_hidden_states=True)
            states = torch.stack([output.hidden_states[layer] for layer in layers]).float()
            mask = batch["attention_mask"].float()
            mean = (states * mask[None, :, :, None]).sum(2) / mask.sum(1)[None, :, None]
            found = {"first": states[:, :, 0], "mean": mean}
            if predict and kind == "translation":
                written = model.generate(**batch, do_sample=False, num_beams=1, max_new_tokens=max_length)
                for row, text in zip(rows, tokenizer.batch_decode(written, skip_special_tokens=True), strict=True):
                    predicted[row] = text.strip()
            elif predict:
                best = output.logits.argmax(-1).cpu().numpy()
                for place, row in enumerate(rows):
                    owners = encoded.word_ids(int(row))
                    predicted[row] = answer(best[place], owners, len(words[row]), kind, labels)
        for pooling, values in found.items():
            values = values.cpu().numpy()
            if not np.isfinite(values).all() or np.abs(values).max() > HALF_MAX:
                raise IsoglossError(
                    "A sentence vector is not finite or too large for half precision, so the model's weights are "
                    "damaged or its precision is too low. Look at its learning curve, or set activations.precision."
                )
            if pooling not in pooled:
                pooled[pooling] = np.zeros((len(layers), len(table), values.shape[-1]), dtype=np.float16)
            pooled[pooling][:, rows] = values
    if kind == "translation":
        truth = [" ".join(row) for row in table.other_words]
    elif kind == "token-classification":
        truth = [" ".join(row) for row in table.tags]
    else:
        truth = list(table.label)
    return pooled, pd.DataFrame({"item": table.item, "truth": truth, "predicted": predicted})


def answer(best: np.ndarray, owners: list[int | None], words: int, kind: str, labels: list[str]) -> str:
    """Name the predicted label; or the tags, by each word's first subword, and O for words that were cut off."""
    if kind == "sequence-classification":
        return labels[int(best)]
    tags = ["O"] * words
    seen = set()
    for place, owner in enumerate(owners):
        if owner is not None and owner not in seen:
            tags[owner] = labels[int(best[place])]
            seen.add(owner)
    return " ".join(tags)
