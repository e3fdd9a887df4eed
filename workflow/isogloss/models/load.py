"""Checkpoints: a folder of weights with a tokenizer, loaded whole or refused with a sentence."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModel, AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.models.devices import choose_device, choose_precision


@dataclass
class Checkpoint:
    """A model and its tokenizer.

    Attributes
    ----------
    model
        In inference mode, on its device.
    tokenizer
        A fast tokenizer: it knows which word a subword came from.
    depth
        Layers are numbered 0 (embeddings) to this, in each stack.
    hidden
        Width of a hidden state.
    """

    model: Any
    tokenizer: Any
    depth: int
    hidden: int


def load_weights(
    architecture: Any, folder: str | Path, dtype: torch.dtype, new: tuple[str, ...], **options: Any
) -> transformers.PreTrainedModel:
    """Load a folder's weights into an architecture.

    Parameters
    ----------
    architecture
        One of transformers' ``AutoModel`` classes.
    folder
        With config.json and safetensors weights, as ``save_pretrained`` writes it. No code in it is run.
    dtype
        Of the parameters.
    new
        Modules, by the beginning of a name, that may start from random numbers because the folder has none.
    **options
        For the model's config.

    Raises
    ------
    IsoglossError
        If there is no such folder, it is of another kind, or it lacks weights that are not ``new``.
    """
    if not (Path(folder) / "config.json").is_file():
        raise IsoglossError(f"There is no model in {folder}: it has no config.json.")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        model, loading = architecture.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, output_loading_info=True, **options
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise IsoglossError(f"The model in {folder} cannot be loaded: {str(error).strip().splitlines()[0]}") from error
    missing = sorted(
        name for name in loading["missing_keys"] if not any(part.startswith(new) for part in name.split("."))
    )
    if missing:
        raise IsoglossError(
            f"The weights in {folder} lack {len(missing)} of the model's parameters, {missing[0]} among them. "
            "They would be random numbers; get the whole checkpoint."
        )
    return model


def load_tokenizer(folder: str | Path) -> Any:
    """Load a folder's tokenizer, which must know which word a subword came from.

    Raises
    ------
    IsoglossError
        If there is none, or it does not know.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, add_prefix_space=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0]
        raise IsoglossError(f"The tokenizer in {folder} cannot be loaded: {first}") from error
    if not tokenizer.is_fast:
        raise IsoglossError(
            f"The tokenizer in {folder} cannot tell which word a subword came from. Save a fast one (tokenizer.json)."
        )
    return tokenizer


def load_checkpoint(folder: str | Path, device: str, precision: str) -> Checkpoint:
    """Load a model's layers, without any head, and its tokenizer.

    Parameters
    ----------
    folder
        As :func:`load_weights` takes it, with a fast tokenizer.
    device, precision
        See :mod:`isogloss.models.devices`.

    Raises
    ------
    IsoglossError
        If there is no such folder, weights are missing, or the tokenizer cannot tell words.
    """
    device = choose_device(device)
    # A pooler is not part of the hidden states, and many checkpoints have none.
    model = load_weights(AutoModel, folder, choose_precision(precision, device), new=("pooler",))
    tokenizer = load_tokenizer(folder)
    depth = getattr(model.config, "num_hidden_layers", None)
    hidden = getattr(model.config, "hidden_size", None)
    if not depth or not hidden:
        raise IsoglossError(f"The model in {folder} ({model.config.model_type}) has no hidden states, layer by layer.")
    return Checkpoint(model.to(device).eval(), tokenizer, int(depth), int(hidden))
