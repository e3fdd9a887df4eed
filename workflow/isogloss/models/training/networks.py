"""The networks of the three architectures, with their first weights."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    T5Config,
    T5ForConditionalGeneration,
)

from isogloss.errors import IsoglossError
from isogloss.models.training.spec import Spec

# T5 begins with embeddings of unit variance; in so few steps they would stay near what chance made them.
FIRST_SCALE = 0.2


def make_model(spec: Spec, tokenizer: Any, lemmas: int, seed: int) -> tuple[Any, nn.Module | None]:
    """Make the network with its first weights, and the lemma head if the objective has one."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if spec.architecture == "t5":
            config = T5Config(
                vocab_size=len(tokenizer),
                d_model=spec.hidden,
                d_kv=spec.hidden // spec.heads,
                d_ff=spec.intermediate,
                num_layers=spec.layers,
                num_decoder_layers=spec.layers,
                num_heads=spec.heads,
                dropout_rate=0.0,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                decoder_start_token_id=tokenizer.pad_token_id,  # type: ignore[call-arg]  # of every config
            )
            model = T5ForConditionalGeneration(config)
            model.shared.weight.data.mul_(FIRST_SCALE)
            return model, None
        if spec.architecture == "gpt":
            config = GPT2Config(
                vocab_size=len(tokenizer),
                n_embd=spec.hidden,
                n_layer=spec.layers,
                n_head=spec.heads,
                n_inner=spec.intermediate,
                n_positions=spec.max_length,
                resid_pdrop=0.0,
                embd_pdrop=0.0,
                attn_pdrop=0.0,
                tie_word_embeddings=False,
                pad_token_id=tokenizer.pad_token_id,
                bos_token_id=tokenizer.bos_token_id,
                eos_token_id=tokenizer.bos_token_id,
            )
            return GPT2LMHeadModel(config), None
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=spec.hidden,
            num_hidden_layers=spec.layers,
            num_attention_heads=spec.heads,
            intermediate_size=spec.intermediate,
            max_position_embeddings=spec.max_length,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=tokenizer.pad_token_id,
        )
        model = BertForMaskedLM(config)
        if spec.objective != "unified":
            return model, None
        if not lemmas:
            raise IsoglossError("The objective unified needs lemmas, but every word of the text has lemma -1.")
        first, answer = nn.Linear(spec.hidden, spec.hidden), nn.Linear(spec.hidden, lemmas)
        head = nn.Sequential(first, nn.GELU(), nn.LayerNorm(spec.hidden), answer)
        nn.init.normal_(answer.weight, std=0.02)
        return model, head


def start_from(model: Any, folder: str | Path) -> None:
    """Give a model the weights of another one.

    Raises
    ------
    IsoglossError
        If the other has not the same shape.
    """
    weights = load_file(Path(folder) / "model.safetensors")
    there, here = ({name: tuple(one.shape) for name, one in found.items()} for found in (weights, model.state_dict()))
    if there != here:
        name = min(set(there.items()) ^ set(here.items()))[0]
        raise IsoglossError(
            f"The model in {folder} has another shape than the one that starts from it: {name} is "
            f"{there.get(name, 'not there')}, expected {here.get(name, 'not to be there')}."
        )
    model.load_state_dict(weights)
