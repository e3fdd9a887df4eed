"""The page docs/extend/model-family.md: its example, as written, makes a model of that family readable."""

import re
from pathlib import Path

import pytest
import tiny_families
import torch
from transformers import AutoModel

from isogloss.errors import IsoglossError
from isogloss.models import families
from isogloss.models.load import load_checkpoint
from isogloss.models.words import read_sentences
from isogloss.states.forward import Reader, pool_words
from isogloss.states.pooling import last

PAGE = Path(__file__).parents[3] / "docs" / "extend" / "model-family.md"


def test_the_example_as_written(tmp_path, monkeypatch):
    monkeypatch.setitem(tiny_families.FORM_OF, "gpt_neo", "gpt2")
    sizes = {"hidden_size": 16, "num_layers": 3, "num_heads": 2, "max_position_embeddings": 96}
    changes = {**sizes, "attention_types": [[["global"], 3]]}
    folder = tiny_families.make(tmp_path, "gpt_neo", **changes)
    with pytest.raises(IsoglossError, match="did you mean 'gpt_neox'"):
        load_checkpoint(folder, "cpu", "float32")
    (entry,) = re.findall(r"```python\n# models/families.py: FAMILIES\n(.*?)```", PAGE.read_text(), re.DOTALL)
    monkeypatch.setattr(families, "FAMILIES", families.FAMILIES | eval(f"{{{entry}}}", vars(families)))
    loaded = load_checkpoint(folder, "cpu", "float32")
    reader = Reader(loaded, "decoder")
    batch = read_sentences(loaded.tokenizer, [["a", "letter"], ["strong"]], 90)
    spans = [list(sentence.spans.values()) for sentence in batch]
    arriving, _ = reader.read(batch, pool_words(spans, last, reader.device), [0, 1, 2, 3])
    with torch.no_grad():
        states = AutoModel.from_pretrained(folder).eval()(torch.tensor([batch[0].ids]), output_hidden_states=True)
    for layer, plain in enumerate(states.hidden_states):
        expected = plain[0, [stop - 1 for _, stop in spans[0]]]
        torch.testing.assert_close(
            torch.tensor(arriving.arrays()["words"][layer, :2]).float(), expected, rtol=2e-3, atol=5e-3
        )
