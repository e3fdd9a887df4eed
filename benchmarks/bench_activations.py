"""Activations of 600 sentences from a 12 x 768 BERT against NeuroX's HDF5 writer, on the same inputs in one run.

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

from isogloss.activations import extract
from isogloss.microworld import generate
from isogloss.scratch import make_random_model
from isogloss.store import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build" / "neurox"))
SENTENCES, THREADS = 600, 2


def main(folder: Path) -> None:
    try:
        from neurox.data.extraction.transformers_extractor import extract_representations
    except ImportError as error:
        sys.exit(f"NeuroX is not installed in build/neurox ({error}). Run this with `make bench`.")
    torch.set_num_threads(THREADS)
    table = generate("en", "parallel", SENTENCES, 1)[["sentence", "words"]]
    # As long as sentences of news are, about 25 words: three of the microworld's in a row.
    said = list(map(list, table.words))
    words = [said[i] + said[(i + 1) % SENTENCES] + said[(i + 2) % SENTENCES] for i in range(SENTENCES)]
    table = pd.DataFrame({"sentence": range(SENTENCES), "words": words})
    table.to_parquet(folder / "text.parquet")
    (folder / "text.txt").write_text("\n".join(" ".join(row) for row in words) + "\n", encoding="utf-8")
    rows = [(s, p, w, True, True) for s, row in enumerate(words) for p, w in enumerate(row)]
    selection = pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"])
    selection.to_parquet(folder / "selection.parquet")
    shape = {"layers": 12, "hidden": 768, "heads": 12, "vocabulary": 1000, "seed": 0}
    make_random_model(folder=folder / "bert", family="bert", texts={"en": words}, **shape)

    begin = time.perf_counter()
    extract(
        checkpoint=folder / "bert",
        corpora={"source": folder / "text.parquet", "target": folder / "text.parquet"},
        selection=folder / "selection.parquet",
        space="source-encoder",
        store=folder / "own.h5",
        layers=list(range(13)),
        pooling="last",
        token_budget=4096,
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
    print(f"activations of {SENTENCES} sentences, {len(rows):,} words, 13 layers of 768, {THREADS} threads:")
    print(f"  {own:.1f} s; NeuroX's HDF5 writer {peer:.1f} s: {peer / own:.1f} times as fast (goal: at least 6)")
    print(f"  {sizes[0] / 1e6:.0f} MB; NeuroX {sizes[1] / 1e6:.0f} MB: {sizes[0] / sizes[1]:.2f} (goal: at most 0.5)")
    print(f"  {compared} sentences compared; largest difference {worst:.2f} half-precision roundings (goal: at most 1)")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
