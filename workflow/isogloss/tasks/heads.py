"""Models with what a task needs: a head over labels or tags, or a decoder."""

from pathlib import Path

import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoModelForTokenClassification

from isogloss.models.load import load_weights

CLASSES = {
    "sequence-classification": AutoModelForSequenceClassification,
    "token-classification": AutoModelForTokenClassification,
    "translation": AutoModelForSeq2SeqLM,
}
# What a task adds to a pretrained model starts from random numbers; nothing else may.
HEADS = ("classifier", "score", "pooler", "qa_outputs")


def load_with_head(
    folder: str | Path, kind: str, labels: list[str] | None, *, tuned: bool
) -> transformers.PreTrainedModel:
    """Load a model for a task.

    Parameters
    ----------
    folder
        Of the model.
    kind, labels
        Of the task, see :func:`isogloss.tasks.finetune.finetune`.
    tuned
        Whether the folder has the task's head; a pretrained model gets a new one.

    Raises
    ------
    IsoglossError
        If the folder is no model, or lacks weights that it should have.
    """
    options = {}
    if labels is not None:
        options = {
            "num_labels": len(labels),
            "id2label": dict(enumerate(labels)),
            "label2id": {label: number for number, label in enumerate(labels)},
        }
    return load_weights(CLASSES[kind], folder, torch.float32, () if tuned else HEADS, **options)
