"""One pass of a task's test items through a checkpoint: sentence vectors of every layer, and what it predicts."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from isogloss import __version__
from isogloss.files import write_parquet
from isogloss.models.devices import choose_device, choose_precision
from isogloss.models.families import TRANSLATION, check_length, head_of, outputs_of, read_config
from isogloss.models.load import load_checkpoint
from isogloss.models.words import Sentence, set_language
from isogloss.states.batching import batch_by_length
from isogloss.states.forward import Reader, pool_sentences
from isogloss.states.pooling import ABOUT
from isogloss.states.sentence_vectors import new_vectors
from isogloss.tasks.heads import load_with_head, read_items
from isogloss.tasks.items import read_test_items
from isogloss.tasks.kinds.kind import TaskKind, kind_named

log = logging.getLogger(__name__)


def run_items(
    *,
    checkpoint: str | Path,
    test: Mapping[str, str | Path],
    kind: str,
    labels: list[str] | None,
    vectors: str | Path,
    predictions: str | Path | None = None,
    layers: list[int],
    max_length: int,
    token_budget: int,
    device: str,
    precision: str,
    threads: int,
    attributes: Mapping[str, Any],
    into: str | None = None,
) -> None:
    """Read the test items of every language with a checkpoint.

    Parameters
    ----------
    checkpoint
        Folder of the model, pretrained or tuned.
    test
        For each language its Parquet file, see :func:`isogloss.tasks.items.write_items`.
    kind, labels
        Of the task, see :func:`isogloss.tasks.finetune.finetune`.
    vectors
        HDF5 file to write, see :mod:`isogloss.states.sentence_vectors`. Of an encoder-decoder they are the encoder's.
    predictions
        Parquet file to write: ``language``, ``item``, and ``truth`` and ``predicted``: a label, tags, or text; all
        missing from a checkpoint without a head for the task. None for a pretrained model.
    layers
        Which layers; 0 is the embeddings.
    max_length, token_budget
        Longest input in subwords; most subwords of a batch, padding included.
    device, precision, threads
        See :func:`isogloss.states.extract.extract`.
    attributes
        What the file shall say of itself.
    into
        The language that a translation goes into.

    Raises
    ------
    IsoglossError
        If the folder is no such model or reads no such length, a split is empty, or a state is not finite.
    """
    torch.set_num_threads(threads)
    device = choose_device(device)
    task = kind_named(kind, labels=labels, into=into)
    has_head = predictions is not None and head_of(read_config(checkpoint)) == task.head
    if not has_head:
        loaded = load_checkpoint(checkpoint, device, precision)
    else:
        dtype = choose_precision(precision, device)
        loaded = load_with_head(checkpoint, task.head, labels, tuned=True, dtype=dtype)
        if labels is not None:
            task = kind_named(kind, labels=outputs_of(read_config(checkpoint)))
        loaded.model = loaded.model.to(device).eval()
    check_length(loaded.shape, max_length, f"The model in {checkpoint}")
    reader = Reader(loaded, loaded.shape.family.reader)
    said = []
    facts = {
        **attributes,
        "isogloss": __version__,
        "precision": str(loaded.model.dtype).removeprefix("torch."),
        "layers": layers,
        **{f"pooling_{name}": ABOUT[name] for name in reader.poolings},
    }
    with new_vectors(vectors, facts) as writer:
        for language in sorted(test):
            table = read_test_items(test[language], "words")
            set_language(loaded.tokenizer, language)
            what = f"The tokenizer in {checkpoint} on {language}"
            # That nothing is carried over to a script that the model never saw is a result.
            sentences = read_items(loaded, table, task.head, max_length, what, must_know=False)
            states, answers = run_sentences(
                reader, sentences, task if has_head else None, layers, max_length, token_budget
            )
            writer.add(language, layers, states)
            if predictions is not None:
                answered = {"item": table.item, "truth": task.truth(table), "predicted": answers}
                said.append(pd.DataFrame(answered).assign(language=language))
            log.info("%s: %d items", language, len(table))
    if predictions is not None:
        table = pd.concat(said, ignore_index=True)
        write_parquet(table[["language", "item", "truth", "predicted"]], predictions)


def run_sentences(
    reader: Reader,
    sentences: list[Sentence],
    task: TaskKind | None,
    layers: list[int],
    max_length: int,
    token_budget: int,
) -> tuple[dict[str, np.ndarray], list[str | None]]:
    """Run test items: vectors float16 [layer, item, hidden] by pooling, and answers where a ``task`` is given."""
    pooled: dict[str, np.ndarray] = {}
    answers: list[str | None] = [None] * len(sentences)
    lengths = {row: len(sentence.ids) for row, sentence in enumerate(sentences)}
    for rows in batch_by_length(lengths, token_budget):
        batch = [sentences[row] for row in rows]
        pool = pool_sentences(batch, reader.poolings, reader.device)
        found, output = reader.read(batch, pool, layers, head=task is not None and task.head != TRANSLATION)
        if task is not None:
            for row, text in zip(rows, task.answers(reader, batch, output, max_length), strict=True):
                answers[row] = text
        for pooling, values in found.arrays().items():
            if pooling not in pooled:
                pooled[pooling] = np.zeros((len(layers), len(sentences), values.shape[-1]), dtype=np.float16)
            pooled[pooling][:, rows] = values
    return pooled, answers
