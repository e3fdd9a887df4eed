"""What a fetch makes of repositories that lack a safe or a fast form: mT5's weights and tokenizer, for instance."""

import io

import pytest
import sentencepiece
import torch
from transformers import AutoTokenizer, MT5Config, MT5EncoderModel, MT5ForConditionalGeneration

WORDS = ("the", "dog", "sees", "a", "cat", "der", "Hund", "sieht", "eine", "Katze", "und", "läuft", "weg")


@pytest.fixture(scope="module")
def mt5(tmp_path_factory):
    """A tiny mT5 as Google's repositories have it: pickled weights and SentencePiece's own file."""
    folder = tmp_path_factory.mktemp("mt5")
    torch.manual_seed(3)
    model = MT5ForConditionalGeneration(
        MT5Config(vocab_size=80, d_model=16, d_kv=8, d_ff=16, num_layers=2, num_heads=2, tie_word_embeddings=False)
    ).eval()
    model.config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    pieces = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([f"{one} {other}" for one in WORDS for other in WORDS] * 5),
        model_writer=pieces,
        vocab_size=37,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
    )
    (folder / "spiece.model").write_bytes(pieces.getvalue())
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "T5Tokenizer", "extra_ids": 0}')
    return folder, model, pieces.getvalue()


def test_mt5_is_converted_once_and_gets_a_fast_tokenizer(hub, call, tmp_path, mt5):
    source, model, pieces = mt5
    commit = hub.push("google/mt5-tiny", {path.name: path.read_bytes() for path in source.iterdir()})
    folder = tmp_path / "results/pretrained"
    code, lines = call("models.bring:fetch", folder=folder, repository="google/mt5-tiny", revision=commit, convert=True)
    assert code == 0, lines
    assert not list(folder.glob("*.bin"))
    ours = MT5EncoderModel.from_pretrained(folder, use_safetensors=True).eval()
    inputs = torch.tensor([[5, 6, 7, 1]])
    with torch.no_grad():
        expected = model.encoder(inputs).last_hidden_state
        assert torch.equal(ours(inputs).last_hidden_state, expected)
    assert (folder / "tokenizer.json").is_file()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    plain = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    for sentence in ("der Hund läuft weg", "a cat sees the dog"):
        assert tokenizer(sentence).input_ids == [*plain.encode(sentence), 1]
        assert tokenizer(sentence.split(), is_split_into_words=True).word_ids()[-2] == len(sentence.split()) - 1


def test_the_commit_of_a_conversion_is_a_revision_like_any_other(hub, call, tmp_path, mt5):
    source, model, _ = mt5
    files = {path.name: path.read_bytes() for path in source.iterdir()}
    hub.push("google/mt5-tiny", files)
    model.save_pretrained(tmp_path / "safe")
    weights = (tmp_path / "safe/model.safetensors").read_bytes()
    commit = hub.push("google/mt5-tiny", files | {"model.safetensors": weights}, branch="refs/pr/5")
    folder = tmp_path / "results/pretrained"
    code, lines = call("models.bring:fetch", folder=folder, repository="google/mt5-tiny", revision=commit)
    assert code == 0, lines
    assert (folder / "model.safetensors").is_symlink()
    assert hub.asked("pytorch_model.bin") == [], "2.3 GB that nobody needs"


def test_a_tokenizer_that_cannot_be_made_fast_is_refused_with_the_model_named(hub, call, tmp_path):
    files = {"config.json": b'{"model_type": "mt5"}', "model.safetensors": b"x", "spiece.model": b"damaged"}
    commit = hub.push("google/mt5-tiny", files)
    code, lines = call("models.bring:fetch", folder=tmp_path / "results", repository="google/mt5-tiny", revision=commit)
    assert code == 1
    assert f"The model google/mt5-tiny at {commit} has no tokenizer.json" in lines[-1]
