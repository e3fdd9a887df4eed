"""Pickled weights become safetensors without running what is in them."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForMaskedLM, BertModel, MT5Config, MT5ForConditionalGeneration

from isogloss.errors import IsoglossError
from isogloss.models.convert import to_safetensors

TINY = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def test_tied_embeddings_are_written_once_and_every_weight_comes_back(tmp_path):
    torch.manual_seed(1)
    model = BertForMaskedLM(BertConfig(**TINY))
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    to_safetensors([tmp_path / "pytorch_model.bin"], tmp_path)
    written = load_file(tmp_path / "model.safetensors")
    assert "bert.embeddings.word_embeddings.weight" in written
    assert "cls.predictions.decoder.weight" not in written
    (tmp_path / "pytorch_model.bin").unlink()
    for architecture in (BertForMaskedLM, BertModel):
        again = architecture.from_pretrained(tmp_path)
        old = model.state_dict() if architecture is BertForMaskedLM else model.bert.state_dict()
        shared = old.keys() & again.state_dict().keys()
        assert all(torch.equal(old[name], again.state_dict()[name]) for name in shared)
        assert shared >= {name for name in old if "pooler" not in name}


def test_an_encoder_decoder_in_several_files_comes_back_whole(tmp_path):
    torch.manual_seed(2)
    model = MT5ForConditionalGeneration(
        MT5Config(vocab_size=50, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, tie_word_embeddings=False)
    )
    model.config.save_pretrained(tmp_path)
    names = sorted(model.state_dict())
    for part in range(2):
        state = {name: model.state_dict()[name] for name in names[part::2]}
        torch.save(state, tmp_path / f"pytorch_model-0000{part + 1}-of-00002.bin")
    to_safetensors(sorted(tmp_path.glob("*.bin")), tmp_path)
    for file in tmp_path.glob("*.bin"):
        file.unlink()
    again = MT5ForConditionalGeneration.from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in model.state_dict().items())


def test_views_that_overlap_each_get_their_memory(tmp_path):
    whole = torch.arange(10.0)
    torch.save({"whole": whole, "part": whole[2:5], "again": whole}, tmp_path / "pytorch_model.bin")
    to_safetensors([tmp_path / "pytorch_model.bin"], tmp_path)
    written = load_file(tmp_path / "model.safetensors")
    assert written.keys() == {"whole", "part"}
    assert written["part"].tolist() == [2.0, 3.0, 4.0]


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("form", ["zip", "plain"])
def test_a_file_that_would_run_code_is_refused_and_does_not_run(tmp_path, form):
    file, sprung = tmp_path / "pytorch_model.bin", tmp_path / "sprung"
    state = {"weight": torch.zeros(2), "trap": Trap(sprung)}
    if form == "zip":
        torch.save(state, file)
    else:
        file.write_bytes(pickle.dumps(state, protocol=2))
    with pytest.raises(IsoglossError, match="could run code"):
        to_safetensors([file], tmp_path)
    assert not sprung.exists()
    assert not (tmp_path / "model.safetensors").exists()


def test_a_file_of_other_things_than_tensors_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(2), "epoch": 3}, tmp_path / "pytorch_model.bin")
    with pytest.raises(IsoglossError, match="no list of tensors by name"):
        to_safetensors([tmp_path / "pytorch_model.bin"], tmp_path)
