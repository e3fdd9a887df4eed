"""Activations of 600 sentences from a 12 x 768 BERT against NeuroX's HDF5 writer, on the same inputs in one run.

Twice: sentences as the microworld has them, and three in a row, about as long as those of news. Both programs must do
the model's matrix products, so the ratio depends on how fast the machine does those; their share is told.

NeuroX is installed apart from everything else, without its dependencies (`make bench` does it).
"""

import contextlib
import io
import json
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import torch
from transformers import AutoTokenizer

from isogloss.microworld import generate
from isogloss.models.random_weights import make_random_model
from isogloss.states.extract import extract
from isogloss.states.settings import Activations
from isogloss.states.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build" / "neurox"))
SENTENCES, THREADS = 600, 2


def products(pieces: int) -> float:
    """Give the seconds that the model's matrix products alone take for so many subwords."""
    rows = torch.randn(4096, 768)
    wide, back, square = torch.randn(3072, 768), torch.randn(768, 3072), torch.randn(768, 768)
    linear = torch.nn.functional.linear
    linear(rows, wide)
    begin = time.perf_counter()
    for _ in range(3):
        for _ in range(4):
            linear(rows, square)
        linear(linear(rows, wide), back)
    return (time.perf_counter() - begin) / 3 * 12 * pieces / len(rows)


def measure(folder: Path, words: list[list[str]]) -> None:
    try:
        from neurox.data.extraction.transformers_extractor import extract_representations
    except ImportError as error:
        sys.exit(f"NeuroX is not installed in build/neurox ({error}). Run this with `make bench`.")
    torch.set_num_threads(THREADS)
    table = pd.DataFrame({"sentence": range(SENTENCES), "words": words})
    table.to_parquet(folder / "text.parquet")
    (folder / "text.txt").write_text("\n".join(" ".join(row) for row in words) + "\n", encoding="utf-8")
    rows = [(s, p, w, True, True) for s, row in enumerate(words) for p, w in enumerate(row)]
    selection = pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"])
    selection.to_parquet(folder / "selection.parquet")
    shape = {"layers": 12, "hidden": 768, "heads": 12, "vocabulary": 1000, "seed": 0}
    make_random_model(folder=folder / "bert", family="bert", texts={"en": words}, **shape)
    tokenizer = AutoTokenizer.from_pretrained(folder / "bert")
    pieces = sum(map(len, tokenizer(words, is_split_into_words=True)["input_ids"]))
    bare = products(pieces)

    begin = time.perf_counter()
    extract(
        checkpoint=folder / "bert",
        corpora={"source": folder / "text.parquet", "target": folder / "text.parquet"},
        selection=folder / "selection.parquet",
        space="source-encoder",
        store=folder / "own.h5",
        layers=list(range(13)),
        pooling="last",
        token_budget=Activations().token_budget,
        max_length=512,
        device="cpu",
        precision="float32",
        threads=THREADS,
        attributes={},
    )
    own = time.perf_counter() - begin
    begin = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        extract_representations(
            str(folder / "bert"), str(folder / "text.txt"), str(folder / "peer.hdf5"), output_type="hdf5"
        )
    peer = time.perf_counter() - begin

    worst = 0.0
    with open_store(folder / "own.h5") as store, h5py.File(folder / "peer.hdf5") as file:
        where = json.loads(file["sentence_to_index"][0])
        index = {int(number): text for text, number in where.items()}
        place = store.words().groupby("sentence").indices
        vectors = np.stack([store.vectors(layer) for layer in store.layers])
        compared = 0
        for number, text in index.items():
            sentence = next(s for s, row in enumerate(words) if " ".join(row) == text)
            mine = vectors[:, place[sentence]]
            order = np.argsort(store.words().position.to_numpy()[place[sentence]])
            theirs = file[str(number)][:]
            bound = np.maximum(np.abs(theirs), 2.0**-14) * 2.0**-11
            worst = max(worst, float((np.abs(mine[:, order] - theirs) / (bound + 1e-5)).max()))
            compared += 1
    sizes = (folder / "own.h5").stat().st_size, (folder / "peer.hdf5").stat().st_size
    print(f"activations of {SENTENCES} sentences of {pieces / SENTENCES:.0f} subwords, 13 layers of 768:")
    print(f"  {own:.1f} s; NeuroX's HDF5 writer {peer:.1f} s: {peer / own:.1f} times as fast (goal: at least 6)")
    print(f"  the matrix products alone take {bare:.1f} s, so {peer / bare:.1f} times is the most at this precision")
    print(f"  {sizes[0] / 1e6:.0f} MB; NeuroX {sizes[1] / 1e6:.0f} MB: {sizes[0] / sizes[1]:.4f} (goal: at most 0.5)")
    print(f"  {compared} sentences compared; largest difference {worst:.2f} half-precision roundings (goal: at most 1)")


def main() -> None:
    said = list(map(list, generate("en", "parallel", SENTENCES, 1).words))
    in_rows = [said[i] + said[(i + 1) % SENTENCES] + said[(i + 2) % SENTENCES] for i in range(SENTENCES)]
    for words in (said, in_rows):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), words)


if __name__ == "__main__":
    main()
