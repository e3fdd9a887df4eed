"""Models with what a task needs: a head over labels or tags, or a decoder."""

from pathlib import Path

import torch
import transformers
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification, AutoModelForTokenClassification

from isogloss.errors import IsoglossError

CLASSES = {
    "sequence-classification": AutoModelForSequenceClassification,
    "token-classification": AutoModelForTokenClassification,
    "translation": AutoModelForSeq2SeqLM,
}
# What a task adds to a pretrained model starts from random numbers; nothing else may.
HEADS = ("classifier", "score", "pooler", "qa_outputs")


def load_with_head(base: str | Path, kind: str, labels: list[str] | None) -> transformers.PreTrainedModel:
    """Load a pretrained model with a new head for the task.

    Raises
    ------
    IsoglossError
        If the folder is no model, or lacks weights that are not the head's.
    """
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    more = {} if labels is None else {"num_labels": len(labels), "id2label": dict(enumerate(labels))}
    more |= {} if labels is None else {"label2id": {label: number for number, label in enumerate(labels)}}
    try:
        model, loading = CLASSES[kind].from_pretrained(
            base,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **more,
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise IsoglossError(f"The model in {base} cannot be loaded for {kind}: {first}") from error
    missing = sorted(
        name for name in loading["missing_keys"] if not any(part.startswith(HEADS) for part in name.split("."))
    )
    if missing:
        raise IsoglossError(
            f"The weights in {base} lack {len(missing)} of the model's parameters, {missing[0]} among them. "
            "They would be random numbers; get the whole checkpoint."
        )
    return model
