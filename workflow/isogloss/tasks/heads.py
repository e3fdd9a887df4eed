"""Models with what a task needs: a head over labels or tags, or a decoder."""

from pathlib import Path
from typing import Any

import pandas as pd
import torch

from isogloss.errors import IsoglossError
from isogloss.models.families import LABELS, TRANSLATION, outputs_of, read_config, read_shape
from isogloss.models.heads import class_with
from isogloss.models.load import Checkpoint, load_tokenizer, load_weights, set_padding, shape_of
from isogloss.models.ready_made import check_outputs
from isogloss.models.words import Sentence, check_subwords, read_sentences


def load_with_head(
    folder: str | Path,
    head: str,
    labels: list[str] | None,
    *,
    tuned: bool,
    dtype: torch.dtype = torch.float32,
    **more: Any,
) -> Checkpoint:
    """Load a model for a task, with its tokenizer.

    Parameters
    ----------
    folder
        Of the model.
    head
        Which head, see :class:`isogloss.models.families.Family`.
    labels
        Of the task, see :func:`isogloss.tasks.finetune.finetune`.
    tuned
        Whether the folder has the task's head, whose outputs its config.json names in its own order; a pretrained model
        gets a new one.
    dtype
        Of the weights. A model that is turned into it later would have its rotary frequencies rounded too, and so
        other states than the same weights without a head.
    **more
        What the config of a model with a new head is told.

    Raises
    ------
    IsoglossError
        If the folder is no model, its family has no such head, its outputs are no labels of the task, or it lacks
        weights that it should have.
    """
    shape = read_shape(folder)
    if head not in shape.family.heads:
        raise IsoglossError(
            f"The model in {folder} ({shape.model_type}) cannot be tuned for {head}; "
            f"it can be for {', '.join(shape.family.heads) or 'nothing'}."
        )
    options: dict[str, Any] = {} if tuned else dict(more)
    if labels is not None and tuned:
        check_outputs(outputs_of(read_config(folder)), labels, f"The model in {folder}")
    elif labels is not None:
        options |= {
            "num_labels": len(labels),
            "id2label": dict(enumerate(labels)),
            "label2id": {label: number for number, label in enumerate(labels)},
        }
    # A decoder that translates is the pretrained model's own.
    new = not tuned and head != TRANSLATION
    model = load_weights(class_with(head, shape.model_type), folder, dtype, new_head=new, **options)
    tokenizer = load_tokenizer(folder)
    set_padding(model, tokenizer, folder)
    return Checkpoint(model, tokenizer, shape_of(model, folder))


def read_items(
    loaded: Checkpoint, table: pd.DataFrame, head: str, max_length: int, what: str, *, must_know: bool = True
) -> list[Sentence]:
    """Split a task's items into subwords; of pairs of texts both.

    Parameters
    ----------
    loaded
        The model.
    table
        Items, see :func:`isogloss.tasks.items.write_items`.
    head, max_length
        Of the task.
    what
        The tokenizer and the items, for messages.
    must_know
        Whether items are refused whose script the tokenizer does not know.

    Raises
    ------
    IsoglossError
        If the tokenizer is not the model's, or knows hardly any of the text.
    """
    paired = head == LABELS and "other_words" in table
    found = read_sentences(
        loaded.tokenizer,
        [list(row) for row in table.words],
        max_length,
        texts=list(table.text) if "text" in table else None,
        others=[list(row) for row in table.other_words] if paired else None,
        other_texts=list(table.other_text) if paired and "other_text" in table else None,
    )
    embeddings = len(loaded.model.get_input_embeddings().weight)
    check_subwords(loaded.tokenizer, embeddings, found, what, must_know=must_know)
    return found
