"""Model families: one row for each kind of model that Isogloss can read, and the shape that a config.json tells.

A family is what a config.json calls ``model_type``. A model of another one is refused, never read as something else.
Reading a shape takes plain JSON only, because Snakemake asks for it whenever it starts; what a config.json leaves out
of the longest input, transformers is asked for.

To add a family, add a row; ``tests/unit/models/test_families.py`` measures a tiny random model against it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isogloss.errors import IsoglossError, did_you_mean

LABELS, TAGS, TRANSLATION = "sequence-classification", "token-classification", "translation"
# More than any model has: to build one with as many would never end.
MOST_LAYERS, MOST_NUMBERS = 10_000, 2**31
HEADLESS = "The checkpoint has no head for this task."
# By the end of the architecture's name in config.json, the task that a model has a head for.
HEADS = {
    "ForSequenceClassification": LABELS,
    "ForTokenClassification": TAGS,
    "ForConditionalGeneration": TRANSLATION,
    "MarianMTModel": TRANSLATION,
}


@dataclass(frozen=True)
class Family:
    """What Isogloss has to know of a kind of model.

    Attributes
    ----------
    stacks
        ``encoder``, ``decoder``, or both in this order. A decoder that stands alone reads each language by itself.
    blocks
        Where the layers are, below a stack.
    final_norm
        Whether the last state has passed a norm that the states before have not.
    heads
        The tasks that it can be tuned for: those that there is a head for, see :mod:`isogloss.models.heads`.
    summary
        The subword of an encoder's input that stands for the whole: the ``first``, or the ``last`` (XLNet). In a
        decoder only the last has seen the rest.
    layers, decoder_layers, hidden, positions
        Names in config.json: number of layers (of the encoder, if there are two stacks) and of the decoder's, width,
        and longest input; no ``positions`` where any length can be read.
    ends
        Name in config.json of the width of what goes into the layers and comes out of the last, where it may be
        another one than theirs (OPT with 350 M parameters).
    after_padding
        Whether positions are counted from the padding token's number on, so that fewer are left (RoBERTa).
    shared
        Whether all layers have the same weights, so that none can be frozen by itself.
    start_is_last
        Whether the decoder starts with the last token of what it reads, instead of one that config.json names.
    """

    stacks: tuple[str, ...]
    blocks: str
    final_norm: bool
    heads: tuple[str, ...] = (LABELS, TAGS)
    summary: str = "first"
    layers: str = "num_hidden_layers"
    decoder_layers: str | None = None
    hidden: str = "hidden_size"
    positions: str | None = "max_position_embeddings"
    ends: str | None = None
    after_padding: bool = False
    shared: bool = False
    start_is_last: bool = False

    @property
    def reader(self) -> str:
        """The stack that reads a text by itself: the encoder where there is one."""
        return self.stacks[0]


def encoder(blocks: str = "encoder.layer", final_norm: bool = False, **more: Any) -> Family:
    """Describe an encoder in which every layer, BERT's way, ends in a norm of its own."""
    return Family(("encoder",), blocks, final_norm, **more)


def decoder(blocks: str = "layers", heads: tuple[str, ...] = (LABELS, TAGS), **more: Any) -> Family:
    """Describe a decoder alone; its layers add to a sum that is normed at the end."""
    return Family(("decoder",), blocks, True, heads, **more)


def both(blocks: str, final_norm: bool, heads: tuple[str, ...] = (LABELS, TAGS, TRANSLATION), **more: Any) -> Family:
    """Describe an encoder with a decoder."""
    return Family(("encoder", "decoder"), blocks, final_norm, heads, **more)


T5 = both("block", True, layers="num_layers", decoder_layers="num_decoder_layers", hidden="d_model", positions=None)
BART: dict[str, Any] = {"layers": "encoder_layers", "decoder_layers": "decoder_layers", "hidden": "d_model"}
ROBERTA = encoder(after_padding=True)

FAMILIES: dict[str, Family] = {
    # Encoders
    "albert": encoder("encoder.albert_layer_groups", shared=True),
    "bert": encoder(),
    "camembert": ROBERTA,
    "deberta": encoder(),
    "deberta-v2": encoder(),
    "distilbert": encoder("transformer.layer", layers="n_layers", hidden="dim"),
    "electra": encoder(),
    "ernie": encoder(),
    "eurobert": encoder("layers", final_norm=True),
    "megatron-bert": encoder(final_norm=True),
    "modernbert": encoder("layers", final_norm=True),
    "mpnet": ROBERTA,
    "rembert": encoder(),
    "roberta": ROBERTA,
    "xlm-roberta": ROBERTA,
    "xlm-roberta-xl": encoder(final_norm=True, after_padding=True),
    "xlnet": encoder("layer", summary="last", layers="n_layer", hidden="d_model", positions=None),
    # Decoders
    "apertus": decoder(heads=(TAGS,)),
    "bloom": decoder("h", layers="n_layer", positions=None),
    "falcon": decoder("h"),
    "gemma": decoder(),
    "gemma2": decoder(),
    "gemma3_text": decoder(heads=(LABELS,)),
    "gpt2": decoder("h", layers="n_layer", hidden="n_embd", positions="n_positions"),
    "gpt_neox": decoder(),
    "llama": decoder(),
    "mistral": decoder(),
    "olmo2": decoder(heads=(LABELS,)),
    "opt": decoder("decoder.layers", heads=(LABELS,), ends="word_embed_proj_dim"),
    "phi3": decoder(),
    "qwen2": decoder(),
    "qwen3": decoder(),
    "smollm3": decoder(),
    "xglm": decoder(heads=(), layers="num_layers", hidden="d_model"),
    # Encoders with a decoder
    "bart": both("layers", False, **BART),
    "marian": both("layers", False, heads=(TAGS, TRANSLATION), **BART),
    "mbart": both("layers", True, start_is_last=True, **BART),
    "m2m_100": both("layers", True, heads=(TAGS, TRANSLATION), **BART),
    "mt5": T5,
    "t5": T5,
    "umt5": T5,
}
# Names that transformers understands in the config.json of every family, beside the family's own.
COMMON = {"layers": "num_hidden_layers", "hidden": "hidden_size", "positions": "max_position_embeddings"}
# Other counts that a model is built with, by the names that families give them.
COUNTS = (
    "vocab_size", "decoder_vocab_size", "embedding_size", "input_embedding_size", "output_embedding_size",
    "word_embed_proj_dim", "num_attention_heads", "attention_heads", "num_heads", "n_heads", "n_head",
    "encoder_attention_heads", "decoder_attention_heads", "num_key_value_heads", "num_kv_heads", "head_dim", "d_head",
    "d_kv", "intermediate_size", "ffn_dim", "ffn_hidden_size", "hidden_dim", "d_ff", "d_inner", "encoder_ffn_dim",
    "decoder_ffn_dim", "num_hidden_groups", "inner_group_num", "relative_attention_num_buckets",
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """A model's shape.

    Attributes
    ----------
    model_type
        Its family's name.
    depths
        By stack, the number of its layers; states are numbered 0 (embeddings) to this.
    hidden
        Width of a state.
    longest
        Most subwords of an input, special tokens included; None where any number can be read.
    """

    model_type: str
    depths: Mapping[str, int]
    hidden: int
    longest: int | None
    family: Family = field(repr=False)


def family_of(model_type: str, where: str, own_code: bool = False) -> Family:
    """Look a family up.

    Parameters
    ----------
    model_type
        Its name.
    where
        What has that name, for the message.
    own_code
        Whether the model comes with code of its own, which is never run.

    Raises
    ------
    IsoglossError
        If it has no row here.
    """
    if model_type in FAMILIES:
        return FAMILIES[model_type]
    code = " and would need the code that comes with it, which is never run" if own_code else ""
    raise IsoglossError(
        f"{where} is of the family '{model_type}', which Isogloss does not know{code}"
        f"{did_you_mean(model_type, FAMILIES) or '.'} It reads {', '.join(sorted(FAMILIES))}."
    )


def shape_from(settings: Callable[[str], Any], model_type: str, where: str, own_code: bool = False) -> Shape:
    """Tell a model's shape from its settings.

    Parameters
    ----------
    settings
        Gives the value of a name in config.json; None where there is none.
    model_type
        The model's family.
    where
        What is read, for messages.
    own_code
        See :func:`family_of`.

    Raises
    ------
    IsoglossError
        If the family is not known, or a number is missing or is no positive integer.
    """
    family = family_of(model_type, where, own_code)

    def numbers(names: Iterable[str], most: int = MOST_NUMBERS) -> list[int]:
        found = {name: value for name in dict.fromkeys(names) if (value := settings(name)) is not None}
        for name, value in found.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise IsoglossError(f"{where}: {name} is {value!r}; expected a positive number.")
            if value > most:
                raise IsoglossError(f"{where}: {name} is {value:,}, which is beyond reason.")
        return list(found.values())

    def number(role: str) -> int | None:
        own = getattr(family, role)
        names = [name for name in (own, COMMON.get(role)) if own and name]
        return next(iter(numbers(names, MOST_LAYERS if "layers" in role else MOST_NUMBERS)), None)

    numbers(COUNTS)
    depth, hidden, longest = number("layers"), number("hidden"), number("positions")
    if depth is None or hidden is None:
        lacking = family.layers if depth is None else family.hidden
        raise IsoglossError(f"{where} does not say {lacking}, which every {model_type} has.")
    if family.stacks == ("encoder",) and settings("is_decoder"):
        raise IsoglossError(
            f"{where}: is_decoder is true, so that no word sees those behind it; a {model_type} is read as an encoder. "
            "Say false, or take a family that is a decoder."
        )
    if reason := unreadable(settings, family, hidden):
        raise IsoglossError(f"{where} ({model_type}): {reason}")
    depths = {family.reader: depth}
    if "decoder" in family.stacks[1:]:
        depths["decoder"] = number("decoder_layers") or depth
    if longest is None and family.positions:
        longest = usual_positions(model_type)
    if longest and family.after_padding:
        # The embeddings' padding row is the padding token's, 1 where nothing is said.
        padding = settings("pad_token_id")
        if padding is not None and (isinstance(padding, bool) or not isinstance(padding, int) or padding < 0):
            raise IsoglossError(f"{where}: pad_token_id is {padding!r}; expected the number of a subword.")
        longest -= (1 if padding is None else padding) + 1
    return Shape(model_type, depths, hidden, longest, family)


def usual_positions(model_type: str) -> int | None:
    """Give the longest input of a family's models whose config.json does not say; only transformers knows."""
    from transformers import AutoConfig

    return getattr(AutoConfig.for_model(model_type), "max_position_embeddings", None)


def unreadable(settings: Callable[[str], Any], family: Family, hidden: int) -> str:
    """Say why no states can be taken from a model of a known family; nothing if they can."""
    if quantised := settings("quantization_config"):
        method = quantised.get("quant_method") if isinstance(quantised, dict) else None
        return f"its weights are quantised ({method or 'quantization_config'}). Take the model with its own weights."
    if (width := settings(family.ends) if family.ends else None) not in (None, hidden):
        return (
            f"it has states of {width} values ({family.ends}) beside those of {hidden}: its layers are no one space, "
            "and cannot be compared. Take another model."
        )
    return ""


def read_config(folder: str | Path) -> dict[str, Any]:
    """Read a model folder's config.json.

    Raises
    ------
    IsoglossError
        If it is missing, is no JSON object, or does not say which family the model is of.
    """
    path = Path(folder) / "config.json"
    for link in sorted(Path(folder).glob("*")):
        if link.is_symlink() and not link.exists():
            raise IsoglossError(
                f"{link} is a link to {link.readlink()}, which is not there: the cache of the hub (HF_HOME) or the "
                f"model's folder was moved or deleted. Put it back, or delete {folder} and run the same command again."
            )
    if not path.is_file():
        raise IsoglossError(f"There is no model in {folder}: it has no config.json.")
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise IsoglossError(f"{path} is damaged: it is not JSON ({error}). Get it again.") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("model_type"), str):
        raise IsoglossError(f'{path} does not say the model\'s family: it has no `model_type`, such as "bert".')
    named, outputs = settings.get("architectures") or [], settings.get("id2label") or {}
    if not isinstance(named, list):
        raise IsoglossError(f'{path}: architectures is {named!r}; expected a list of names, such as ["BertModel"].')
    if not isinstance(outputs, dict) or not all(map(str.isdecimal, outputs)):
        raise IsoglossError(f'{path}: id2label is {outputs!r}; expected names by number, such as {{"0": "yes"}}.')
    return settings


def head_of(settings: Mapping[str, Any]) -> str | None:
    """Tell the task that a model has a head for, from its config.json; None for a bare one, and for other heads."""
    named = settings.get("architectures") or [""]
    return next((kind for ending, kind in HEADS.items() if str(named[0]).endswith(ending)), None)


def headless(folder: str | Path, kind: str) -> str:
    """Say that the model in a folder has no head for a task; nothing if it has one."""
    return "" if head_of(read_config(folder)) == kind else HEADLESS


def outputs_of(settings: Mapping[str, Any]) -> list[str]:
    """List the names of a classifier's outputs in their order, from its config.json; two where it does not say."""
    named = settings.get("id2label") or {"0": "LABEL_0", "1": "LABEL_1"}
    return [str(named[number]) for number in sorted(named, key=int)]


def read_shape(folder: str | Path) -> Shape:
    """Tell the shape of the model in a folder, from its config.json alone.

    Raises
    ------
    IsoglossError
        If config.json is missing or broken, does not tell, or is of a family without a row.
    """
    settings = read_config(folder)
    where = str(Path(folder) / "config.json")
    return shape_from(settings.get, settings["model_type"], where, "auto_map" in settings)


def check_length(shape: Shape, max_length: int, where: str) -> None:
    """Refuse inputs that are longer than a model can read.

    Parameters
    ----------
    shape
        The model's.
    max_length
        Most subwords of an input, special tokens included.
    where
        The model, for the message.

    Raises
    ------
    IsoglossError
        If it has fewer positions.
    """
    if shape.longest is not None and max_length > shape.longest:
        raise IsoglossError(
            f"{where} ({shape.model_type}) reads at most {shape.longest} subwords, special tokens included, but "
            f"max_length is {max_length}. Lower max_length."
        )
