"""Every row against transformers: the shape against AutoConfig, the rest measured on a tiny random model."""

import itertools
import json
import re
import subprocess
import sys

import pytest
import tiny_families
import torch
from transformers import AutoConfig, AutoModel
from transformers.models.auto import modeling_auto

from isogloss.errors import IsoglossError
from isogloss.models.families import FAMILIES, read_shape

# What a family calls its numbers of heads, widths and vocabularies; the kinds of tokens may be none.
WIDTHS = "vocab_size|embedding_size|hidden_size|intermediate_size|_dim|d_ff|d_kv|d_inner|d_head"
COUNT = re.compile(rf"(?!type_|task_|pooler_).*(heads?|{WIDTHS})$").match
DECODERS = [name for name, family in FAMILIES.items() if family.stacks == ("decoder",)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def folder(name):
        if name not in made:
            made[name] = tiny_families.make(tmp_path_factory.mktemp(name), name)
        return made[name]

    return folder


def stacks_of(model):
    return [model.get_encoder(), model.get_decoder()] if model.config.is_encoder_decoder else [model]


@torch.no_grad()
def states_of(model, ids):
    """The hidden states of every stack."""
    if not model.config.is_encoder_decoder:
        return [model(input_ids=ids, output_hidden_states=True).hidden_states]
    output = model(input_ids=ids, decoder_input_ids=ids, output_hidden_states=True)
    return [output.encoder_hidden_states, output.decoder_hidden_states]


@pytest.mark.parametrize("name", FAMILIES)
def test_the_shape_is_what_transformers_reads(name, folders):
    config = AutoConfig.from_pretrained(folders(name))
    shape = read_shape(folders(name))
    assert shape.hidden == config.hidden_size
    assert shape.depths[shape.family.reader] == config.num_hidden_layers == 3
    if config.is_encoder_decoder:
        assert shape.family.stacks == ("encoder", "decoder")
        assert shape.depths["decoder"] == 2
    positions = getattr(config, "max_position_embeddings", None)
    if shape.family.positions is None:
        assert positions in (None, -1)
    else:
        assert shape.longest == positions - (config.pad_token_id + 1 if shape.family.after_padding else 0)


@pytest.mark.parametrize("name", FAMILIES)
def test_names_that_every_family_understands_are_read_too(name, tmp_path):
    config = {"model_type": name, "num_hidden_layers": 5, "hidden_size": 1536, "num_attention_heads": 8, "d_head": 192}
    (tmp_path / "config.json").write_text(json.dumps(config))
    plain, shape = AutoConfig.from_pretrained(tmp_path), read_shape(tmp_path)
    assert plain.num_hidden_layers == shape.depths[shape.family.reader] == 5
    assert plain.hidden_size == shape.hidden == 1536
    # What is not said of positions is as in transformers.
    left = plain.pad_token_id + 1 if shape.family.after_padding else 0
    assert shape.longest == (plain.max_position_embeddings - left if shape.family.positions else None)


@pytest.mark.parametrize("name", FAMILIES)
def test_stacks_blocks_and_final_norm_are_what_the_model_has(name, folders):
    family, shape = FAMILIES[name], read_shape(folders(name))
    model = AutoModel.from_pretrained(folders(name)).eval()
    assert bool(model.config.is_encoder_decoder) == (len(family.stacks) == 2)
    ids = torch.arange(8, 20)[None]
    for stack, part, states in zip(family.stacks, stacks_of(model), states_of(model, ids), strict=True):
        assert len(states) == shape.depths[stack] + 1
        assert len(part.get_submodule(family.blocks)) == (1 if family.shared else shape.depths[stack])
        last, before = ((state.pow(2).mean(-1) - 1).abs().max() < 1e-3 for state in (states[-1], states[-2]))
        assert bool(last and not before) == family.final_norm
    # A decoder's state does not know what comes later; an encoder's does.
    changed = ids.clone()
    changed[0, -1] = 30
    first, other = (states_of(model, rows)[0][-1][0, 0] for rows in (ids, changed))
    assert torch.allclose(first, other, atol=1e-5) == (family.reader == "decoder")


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.positions])
def test_the_longest_input_is_the_longest_that_can_be_read(name, folders):
    shape = read_shape(folders(name))
    model = AutoModel.from_pretrained(folders(name)).eval()
    assert torch.isfinite(states_of(model, torch.full((1, shape.longest), 9))[0][-1]).all()
    if any("position_embeddings" in key or key.endswith("wpe.weight") for key in model.state_dict()):
        with pytest.raises((IndexError, RuntimeError)):
            states_of(model, torch.full((1, shape.longest + 1), 9))


@pytest.mark.parametrize("name", FAMILIES)
def test_heads_are_those_of_transformers(name):
    maps = {
        "sequence-classification": modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
        "token-classification": modeling_auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
        "translation": modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    }
    expected = {kind for kind, names in maps.items() if name in names}
    if len(FAMILIES[name].stacks) == 2:
        expected.add("token-classification")  # our own, which keeps the decoder
    assert set(FAMILIES[name].heads) == expected


@pytest.mark.parametrize("name", FAMILIES)
def test_a_quantised_model_is_refused_before_it_is_loaded(name, folders, tmp_path):
    config = json.loads((folders(name) / "config.json").read_text())
    methods = (({"quant_method": "gptq"}, "gptq"), ({}, None), ({"bits": 4}, "quantization_config"))
    for method, told in methods:
        (tmp_path / "config.json").write_text(json.dumps({**config, "quantization_config": method}))
        if told is None:
            read_shape(tmp_path)
            continue
        with pytest.raises(IsoglossError, match=rf"\({name}\): its weights are quantised \({told}\)\. Take the model"):
            read_shape(tmp_path)


@pytest.mark.parametrize("name", FAMILIES)
def test_embeddings_of_another_width_are_refused_where_they_are_states_of_another_width(name, folders, tmp_path):
    for key in ("word_embed_proj_dim", "embedding_size", "input_embedding_size"):
        config = json.loads((folders(name) / "config.json").read_text()) | {key: 8}
        (tmp_path / "config.json").write_text(json.dumps(config))
        model = AutoModel.from_config(AutoConfig.from_pretrained(tmp_path))
        widths = {state.shape[-1] for states in states_of(model.eval(), torch.arange(8, 20)[None]) for state in states}
        if len(widths) == 1:
            assert read_shape(tmp_path).hidden == 16
            continue
        with pytest.raises(IsoglossError, match=rf"states of 8 values \({key}\) beside those of 16"):
            read_shape(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no config.json"),
        ("{", "is not JSON"),
        ("[1]", "no `model_type`"),
        ('{"hidden_size": 4}', "no `model_type`"),
        ('{"model_type": "berd"}', "family 'berd', which Isogloss does not know; did you mean 'bert'. It reads albert"),
        ('{"model_type": "own", "auto_map": {}}', "code that comes with it, which is never run"),
        ('{"model_type": "bert", "hidden_size": 4}', "does not say num_hidden_layers"),
        ('{"model_type": "bert", "hidden_size": 4, "num_hidden_layers": "six"}', "num_hidden_layers is 'six'"),
        ('{"model_type": "bert", "hidden_size": true, "num_hidden_layers": 2}', "hidden_size is True"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused_in_one_line(text, message, tmp_path):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    with pytest.raises(IsoglossError, match=message) as caught:
        read_shape(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_count_that_is_none_is_refused_whatever_a_family_calls_it(name, folders, tmp_path):
    sound = json.loads((folders(name) / "config.json").read_text())
    counts = [key for key, value in AutoConfig.for_model(name).to_dict().items() if type(value) is int and COUNT(key)]
    assert len(counts) > 1
    for key, wrong in itertools.product(counts, (-1, 0, 1.5, "two", True, [2], 10**12)):
        (tmp_path / "config.json").write_text(json.dumps({**sound, key: wrong}))
        with pytest.raises(IsoglossError, match=rf"config.json: {key} is .*(expected a positive number|beyond reason)"):
            read_shape(tmp_path)


def test_reading_a_shape_is_light():
    heavy = "{'torch', 'transformers', 'tokenizers', 'numpy', 'pandas'}"
    code = f"import sys, isogloss.models.families; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
