"""Tokenizers that are Python code are refused by the check of a config, with what loading them would say."""

import json
import re
from pathlib import Path

import pytest
import tiny_families
import transformers
from pydantic import TypeAdapter

from isogloss.config.checks.models import check_tokenizer
from isogloss.errors import IsoglossError
from isogloss.models.load import load_tokenizer
from isogloss.models.settings import Model
from isogloss.models.slow_tokenizers import SLOW


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return tiny_families.make(tmp_path_factory.mktemp("bert"), "bert")


def found(folder):
    return check_tokenizer("models.mine.folder", TypeAdapter(Model).validate_python({"folder": str(folder)}))


def test_all_slow_tokenizers_of_the_installed_transformers_are_known():
    named = {}
    for path in (Path(transformers.__file__).parent / "models").glob("*/tokenization_*.py"):
        text = path.read_text(encoding="utf-8")
        tells = bool(re.search(r"self\.(sp_model|current_spm) = ", text)) and "bert_japanese" not in path.name
        named |= dict.fromkeys(re.findall(r"^class (\w+)\(PreTrainedTokenizer\)", text, re.MULTILINE), tells)
    # Bert's Japanese one has a SentencePiece model, if any, for what a segmenter has cut out.
    assert {name for name, tells in named.items() if not tells} == SLOW


FILES = ("tokenizer_config.json", "config.json")


@pytest.mark.parametrize(("name", "file"), [(name, FILES[number % 2]) for number, name in enumerate(sorted(SLOW))])
def test_what_loading_refuses_the_check_refuses_with_the_same_words(name, file, bert, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for path in bert.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    del settings["tokenizer_class"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / file).write_text(json.dumps({**json.loads((folder / file).read_text()), "tokenizer_class": name}))
    with pytest.raises(IsoglossError) as refused:
        load_tokenizer(folder)
    assert found(folder) == [f"models.mine.folder: {refused.value}"]
    assert "\n" not in str(refused.value)


def test_other_tokenizers_are_not_loaded(bert, monkeypatch):
    monkeypatch.setattr("isogloss.models.load.load_tokenizer", None)
    assert found(bert) == []
