"""Models with random weights: of full size, for trying a grid before the real weights are there, and controls.

A control is another model with its weights drawn anew: what it scores, the other did not learn.
"""

import shutil
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    AutoConfig,
    AutoModel,
    BertConfig,
    BertModel,
    MT5Config,
    MT5Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet
from isogloss.models.subwords import train_tokenizer


def make_random_model(
    *,
    folder: str | Path,
    family: str,
    texts: dict[str, list[list[str]]],
    layers: int,
    hidden: int,
    heads: int,
    vocabulary: int,
    seed: int,
) -> None:
    """Make a model folder as a downloaded one looks: config, safetensors weights, fast tokenizer.

    Parameters
    ----------
    folder
        Where it shall stand.
    family
        ``bert``, ``xlm-roberta`` or ``mt5``; mt5 has as many layers in each stack.
    texts
        Sentences by language, to train the tokenizer on.
    layers, hidden, heads
        Its shape; feed-forward layers are four times as wide as ``hidden``.
    vocabulary
        Most subwords.
    seed
        Seed of the weights.
    """
    tokenizer = train_tokenizer(texts, vocabulary, "t5" if family == "mt5" else "bert", max_length=512)
    torch.manual_seed(seed)
    size, padding = len(tokenizer), tokenizer.pad_token_id
    if family == "mt5":
        config = MT5Config(
            vocab_size=size,
            d_model=hidden,
            d_kv=hidden // heads,
            d_ff=4 * hidden,
            num_layers=layers,
            num_heads=heads,
            pad_token_id=padding,
            decoder_start_token_id=padding,
            eos_token_id=tokenizer.eos_token_id,
        )
        model = MT5Model(config)
    else:
        config = (BertConfig if family == "bert" else XLMRobertaConfig)(
            vocab_size=size,
            hidden_size=hidden,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            intermediate_size=4 * hidden,
            max_position_embeddings=514,
            pad_token_id=padding,
        )
        model = BertModel(config) if isinstance(config, BertConfig) else XLMRobertaModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def randomise(*, folder: str | Path, source: str | Path, model: str, seed: int) -> None:
    """Make a control: a model's shape and tokenizer, with all weights drawn anew as its family initialises them.

    Parameters
    ----------
    folder
        Where it shall stand. Its config.json says of which model it is the control, and with which seed.
    source
        The model's folder, as ``save_pretrained`` writes it. No weights are read from it.
    model
        The model's name.
    seed
        Seed of the weights.

    Raises
    ------
    IsoglossError
        If the folder's config cannot be read, or is of a family that transformers does not have.
    """
    folder, source = Path(folder), Path(source)
    try:
        config = AutoConfig.from_pretrained(source, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise IsoglossError(f"The config.json in {source} cannot be read, so it has no control: {first}") from error
    # With the heads it was saved with: an encoder-decoder's output layer counts when it is tuned.
    named = [getattr(transformers, name, None) for name in config.architectures or ()]
    build = next((one for one in named if getattr(one, "config_class", None) is type(config)), None)
    torch.manual_seed(seed)
    made = build(config) if build else AutoModel.from_config(config, trust_remote_code=False)
    made.float()
    made.config.isogloss_randomised = {"model": model, "seed": seed}
    made.save_pretrained(folder)
    for file in sorted(path for path in source.iterdir() if path.is_file()):
        if file.name != "config.json" and not file.name.endswith((".safetensors", ".safetensors.index.json")):
            shutil.copyfile(file, folder / file.name)


def make_from_corpora(*, folder: str | Path, texts: dict[str, str | Path], **shape: Any) -> None:
    """Make a random model whose tokenizer is trained on corpus files.

    Parameters
    ----------
    folder
        Where it shall stand.
    texts
        Corpus files by language.
    **shape
        See :func:`make_random_model`.
    """
    sentences = {
        language: [list(row) for row in read_parquet(path, ("words",)).words] for language, path in texts.items()
    }
    make_random_model(folder=folder, texts=sentences, **shape)
