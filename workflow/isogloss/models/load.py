"""Checkpoints: a folder of weights with a tokenizer, loaded whole or refused with a sentence.

No code of a folder is ever run: weights are safetensors, and classes are transformers' own.
"""

import hashlib
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.files import file_digest
from isogloss.models.bring import check_folder, unpadded
from isogloss.models.devices import choose_device, choose_precision
from isogloss.models.families import Shape, shape_from
from isogloss.models.pieces import pieces_model
from isogloss.section import of_kind


@dataclass
class Checkpoint:
    """A model and its tokenizer.

    Attributes
    ----------
    model
        In inference mode, on its device.
    tokenizer
        It knows which letters a subword came from.
    shape
        The model's family, layers and width.
    """

    model: Any
    tokenizer: Any
    shape: Shape


def load_weights(
    architecture: Any, folder: str | Path, dtype: torch.dtype, *, new_head: bool = False, **options: Any
) -> transformers.PreTrainedModel:
    """Load a folder's weights into an architecture.

    Parameters
    ----------
    architecture
        One of transformers' ``AutoModel`` classes.
    folder
        With config.json and safetensors weights, as ``save_pretrained`` writes it.
    dtype
        Of the parameters.
    new_head
        Whether what the architecture has beyond the layers may start from random numbers.
    **options
        For the model's config.

    Raises
    ------
    IsoglossError
        If there is no such folder, it is of another kind, it lacks weights that are not ``new_head``'s, it holds
        weights of layers that its config.json does not tell of, or matrices of zeros.
    """
    check_folder(Path(folder))
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        model, loading = architecture.from_pretrained(
            folder, dtype=dtype, local_files_only=True, use_safetensors=True, trust_remote_code=False,
            ignore_mismatched_sizes=True, output_loading_info=True, return_dict=True, **options,
        )  # fmt: skip
    except Exception as error:  # foreign files can fail in any way
        raise IsoglossError(f"The model in {folder} cannot be loaded: {first_line(error)}") from error
    if loading["mismatched_keys"]:
        name, found, expected = min(loading["mismatched_keys"])
        raise IsoglossError(
            f"The weights in {folder} have another shape than its config.json says: {name} is {tuple(found)}, "
            f"expected {tuple(expected)}. Weights and config.json must be of the same model."
        )
    bare = model.base_model is model
    start = "" if bare else f"{model.base_model_prefix}."
    # Marian's positions are computed, not saved; its bare model lists them by the names that they have below a head.
    inner = model.base_model
    listed = inner._keys_to_ignore_on_load_missing or ()
    computed = {f"{start}{name.removeprefix(f'{inner.base_model_prefix}.')}" for name in listed}
    # A pooler is not part of the hidden states, and many checkpoints have none.
    missing = sorted(
        name
        for name in loading["missing_keys"] - computed
        if not (new_head and not name.startswith(start))
        and not ((bare or new_head) and name.removeprefix(start).startswith("pooler."))
    )
    if missing:
        raise IsoglossError(
            f"The weights in {folder} lack {len(missing)} of the model's parameters, {missing[0]} among them. "
            "They would be random numbers; get the whole checkpoint."
        )
    shape = shape_of(model, folder)
    blocks = f"{shape.family.blocks}."
    beyond = sorted(name for name in loading["unexpected_keys"] if blocks in name and name.endswith(".weight"))
    if beyond:
        raise IsoglossError(
            f"The weights in {folder} hold {len(beyond)} parameters that its config.json does not tell of, "
            f"{beyond[0]} among them. Weights and config.json must be of the same model."
        )
    check_filled(model, folder, blocks)
    wide = [*(model._keep_in_fp32_modules or ()), *(model._keep_in_fp32_modules_strict or ())]
    for name, parameter in model.named_parameters():
        # Transformers leaves those in float32 that a model makes as such (XLNet's), which cannot be multiplied then.
        if parameter.dtype != dtype and not any(part in name for part in wide):
            parameter.data = parameter.data.to(dtype)
    return model


def check_filled(model: transformers.PreTrainedModel, folder: str | Path, blocks: str) -> None:
    """Refuse matrices of zeros in a model's blocks: a download that broke off may have set the file's size beforehand.

    Elsewhere a model may have some (XLM-R's token types).
    """
    empty = [
        name
        for name, parameter in model.named_parameters()
        if blocks in name and parameter.ndim == 2 and parameter.numel() and not parameter.any()
    ]
    if empty:
        raise IsoglossError(
            f"The weights in {folder} hold {len(empty)} matrices of zeros, {empty[0]} among them: a file that was not "
            "filled. Get it again."
        )


def first_line(error: Exception) -> str:
    """Give an error's first line, with the next where it announces that, or its kind where it says nothing."""
    if isinstance(error, KeyError):
        return f"{error} is missing, or not known"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1]) if lines else type(error).__name__


def shape_of(model: transformers.PreTrainedModel, folder: str | Path) -> Shape:
    """Tell a loaded model's shape."""
    config = model.config
    return shape_from(lambda name: getattr(config, name, None), config.model_type, f"The model in {folder}")


def load_tokenizer(folder: str | Path) -> Any:
    """Load a folder's tokenizer, which must know which letters a subword came from.

    It pads and cuts on the right, wherever it did before: of what is padded on the left, places must not be counted.

    Raises
    ------
    IsoglossError
        If there is none, or it does not know.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*sacremoses")  # with which Marian's reads nothing
            tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, padding_side="right", truncation_side="right"
            )
            tokenizer("a word", truncation=True)  # some that are damaged are loaded, and cannot read
    except Exception as error:  # foreign files can fail in any way
        raise IsoglossError(f"The tokenizer in {folder} cannot be loaded: {first_line(error)}") from error
    if not tokenizer.is_fast and pieces_model(tokenizer) is None:
        raise IsoglossError(
            f"The tokenizer in {folder} cannot tell which word a subword came from. Save a fast one (tokenizer.json)."
        )
    return tokenizer


def set_padding(model: transformers.PreTrainedModel, tokenizer: Any, folder: str | Path) -> None:
    """Make model and tokenizer agree on a padding token; where neither has one, the end-of-text token is it.

    Raises
    ------
    IsoglossError
        If there is none of these, or the tokenizer has subwords that the model does not.
    """
    check_subwords(model, tokenizer, folder)
    if tokenizer.pad_token_id is None:
        known = model.config.pad_token_id
        token = tokenizer.eos_token if known is None else tokenizer.convert_ids_to_tokens(known)
        if token is None:
            raise unpadded(folder)
        tokenizer.pad_token = token
    if not shape_of(model, folder).family.after_padding:
        model.config.pad_token_id = tokenizer.pad_token_id


def check_subwords(model: transformers.PreTrainedModel, tokenizer: Any, folder: str | Path) -> None:
    """Refuse subwords that share a number, or have no embedding, but for special ones that no text is read with.

    Raises
    ------
    IsoglossError
        Naming a subword.
    """
    vocabulary = tokenizer.get_vocab()
    if len(shared := Counter(vocabulary.values())) < len(vocabulary):
        number, count = shared.most_common(1)[0]
        raise IsoglossError(
            f"The tokenizer in {folder} gives {count:,} subwords the same number, {number}. Get it again."
        )
    rows = len(of_kind(model.get_input_embeddings().weight, torch.Tensor))
    used = {tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.unk_token_id}
    added = tokenizer.added_tokens_decoder
    beyond = sorted(
        token
        for token, number in vocabulary.items()
        if number >= rows and (number in used or number not in added or not added[number].special)
    )
    if beyond:
        raise IsoglossError(
            f"The tokenizer in {folder} has {len(beyond):,} subwords that the model has no embedding for (it has "
            f"{rows:,}), {beyond[0]!r} among them. Tokenizer and weights must be of the same model; after a token was "
            "added, save the model with resize_token_embeddings."
        )


def folder_digest(folder: str | Path) -> str:
    """Identify a model by the content of its folder: weights, config and tokenizer.

    Returns
    -------
    str
        16 hexadecimal digits. Hidden files do not count: Snakemake's time stamp changes without the model.
    """
    total = hashlib.sha256()
    for path in sorted(Path(folder).iterdir()):
        if path.is_file() and not path.name.startswith("."):
            total.update(f"{path.name} {file_digest(path)}\n".encode())
    return total.hexdigest()[:16]


def load_checkpoint(folder: str | Path, device: str, precision: str) -> Checkpoint:
    """Load a model's layers, without any head, and its tokenizer.

    Parameters
    ----------
    folder
        As :func:`load_weights` takes it, with a tokenizer.
    device, precision
        See :mod:`isogloss.models.devices`.

    Raises
    ------
    IsoglossError
        If there is no such folder, weights are missing, or the tokenizer cannot tell words.
    """
    device = choose_device(device)
    model: Any = load_weights(AutoModel, folder, choose_precision(precision, device))
    tokenizer = load_tokenizer(folder)
    set_padding(model, tokenizer, folder)
    return Checkpoint(model.to(device).eval(), tokenizer, shape_of(model, folder))


def load_causal(folder: str | Path) -> Checkpoint:
    """Load a model with what says the next subword, and its tokenizer; on a CPU, in float32.

    Parameters
    ----------
    folder
        As :func:`load_weights` takes it, with a tokenizer.
    """
    model: Any = load_weights(AutoModelForCausalLM, folder, torch.float32)
    tokenizer = load_tokenizer(folder)
    set_padding(model, tokenizer, folder)
    return Checkpoint(model.eval(), tokenizer, shape_of(model, folder))
