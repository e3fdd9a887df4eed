import json

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertForMaskedLM, MT5ForConditionalGeneration

from isogloss.errors import IsoglossError
from isogloss.models.random_weights import make_random_model, randomise

TEXT = {"en": [["a", "small", "house"], ["the", "old", "house"]] * 20}


@pytest.fixture(scope="module", params=["bert", "xlm-roberta", "mt5"])
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    shape = {"layers": 2, "hidden": 32, "heads": 2, "vocabulary": 80, "seed": 1}
    make_random_model(folder=folder, family=request.param, texts=TEXT, **shape)
    # As if it had been trained: nothing is left as it was initialised.
    trained = AutoModel.from_pretrained(folder)
    with torch.no_grad():
        for parameter in trained.parameters():
            parameter.add_(1)
    trained.half().save_pretrained(folder)
    return folder


def test_a_control_has_the_shape_and_tokenizer_and_none_of_the_weights(model, tmp_path):
    randomise(folder=tmp_path / "a", source=model, model="mine", seed=5)
    theirs, own = AutoModel.from_pretrained(model), AutoModel.from_pretrained(tmp_path / "a")
    assert type(theirs) is type(own)
    mine = dict(own.named_parameters())
    for name, parameter in theirs.named_parameters():
        assert mine[name].shape == parameter.shape
        assert mine[name].dtype == torch.float32
        # As the family draws them: norms are 1, biases 0, the rest small numbers around 0.
        expected = 1 if "norm" in name.lower() and name.endswith("weight") else 0
        assert abs(mine[name].mean() - expected) < 0.1
    texts = "the small old house"
    tokenizers = [AutoTokenizer.from_pretrained(folder) for folder in (model, tmp_path / "a")]
    assert tokenizers[0](texts).input_ids == tokenizers[1](texts).input_ids
    told = json.loads((tmp_path / "a" / "config.json").read_text())
    assert told["isogloss_randomised"] == {"model": "mine", "seed": 5}


def test_the_seed_makes_the_weights(model, tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        randomise(folder=tmp_path / name, source=model, model="mine", seed=seed)
    files = [(tmp_path / name / "model.safetensors").read_bytes() for name in "abc"]
    assert files[0] == files[1]
    assert files[0] != files[2]


@pytest.mark.parametrize("kind", [BertForMaskedLM, MT5ForConditionalGeneration])
def test_a_head_is_drawn_too(kind, tmp_path):
    family = "bert" if kind is BertForMaskedLM else "mt5"
    make_random_model(
        folder=tmp_path / "base", family=family, texts=TEXT, layers=1, hidden=16, heads=2, vocabulary=80, seed=1
    )
    kind.from_pretrained(tmp_path / "base").save_pretrained(tmp_path / "whole")
    randomise(folder=tmp_path / "control", source=tmp_path / "whole", model="whole", seed=1)
    _, loading = kind.from_pretrained(tmp_path / "control", output_loading_info=True)
    assert not loading["missing_keys"]


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(IsoglossError, match=r"config\.json"):
        randomise(folder=tmp_path / "a", source=tmp_path, model="mine", seed=1)
