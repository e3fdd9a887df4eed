"""Extraction from an encoder of the shape of e5-small beside its matrix products, sentence-transformers and NeuroX.

The same sentences for all, in one run. Ours keeps every tenth word and the sentence vectors of all 13 layers;
sentence-transformers gives one vector a sentence, of the last layer; NeuroX writes every word of every layer.

What a text of one sentence takes (the model is loaded, the tokenizer, the store made and sealed) is told apart from
what each subword adds. Between the matrix products and the extraction stand two passes of the loaded model over the
same batches: a bare one by transformers, of which nothing is kept, and ours, whose vectors are thrown away.

On a CPU it is seconds of the processor that count, of one thread, the least of several turns: others on the machine
change them little. On a GPU, `python benchmarks/bench_e5_small.py cuda`, it is the clock.

sentence-transformers and NeuroX are installed apart from everything else, without their dependencies (`make bench`).
"""

import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import torch
from transformers import AutoModel

from isogloss.microworld import generate
from isogloss.models.load import load_checkpoint
from isogloss.models.random_weights import make_random_model
from isogloss.models.words import read_sentences
from isogloss.states.batching import batch_by_length
from isogloss.states.extract import extract
from isogloss.states.forward import Reader, joined, pool_sentences, pool_words
from isogloss.states.pooling import last
from isogloss.states.settings import Activations
from isogloss.states.store import open_store

BUILD = Path(__file__).resolve().parents[1] / "build"
sys.path[:0] = [str(BUILD / "neurox"), str(BUILD / "sentence-transformers")]
SENTENCES, TURNS, LAYERS, HIDDEN = 1000, 3, 12, 384
BUDGET = Activations().token_budget


def seconds(work: Callable[[], object], device: str) -> float:
    """Time one call, to its end on the device."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    begin = clock()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return clock() - begin


def products(subwords: int, device: str, dtype: torch.dtype) -> Callable[[], None]:
    """Give the work of the model's matrix products alone, for so many subwords without any padding."""
    rows = torch.randn(min(subwords, BUDGET), HIDDEN, device=device, dtype=dtype)
    square, wide, back = (
        torch.randn(*shape, device=device, dtype=dtype)
        for shape in ((HIDDEN, HIDDEN), (4 * HIDDEN, HIDDEN), (HIDDEN, 4 * HIDDEN))
    )
    linear = torch.nn.functional.linear

    @torch.inference_mode()
    def work() -> None:
        for start in range(0, subwords, len(rows)):
            batch = rows[: subwords - start]
            for _ in range(LAYERS):
                for _ in range(4):
                    linear(batch, square)
                linear(linear(batch, wide), back)

    return work


def bare_passes(folder: Path, batches: list[list[list[int]]], device: str, dtype: torch.dtype) -> Callable[[], None]:
    """Give the work of transformers alone over batches of subwords, of which nothing is kept."""
    model = AutoModel.from_pretrained(folder, dtype=dtype).to(device).eval()
    inputs = []
    for batch in batches:
        widest = max(map(len, batch))
        ids = torch.tensor([row + [0] * (widest - len(row)) for row in batch])
        mask = torch.tensor([[1] * len(row) + [0] * (widest - len(row)) for row in batch])
        inputs.append((ids.to(device), mask.to(device)))

    @torch.inference_mode()
    def work() -> None:
        for ids, mask in inputs:
            model(input_ids=ids, attention_mask=mask)

    return work


def extraction(folder: Path, sentences: int, device: str) -> Callable[[], None]:
    """Give the work of an extraction from the first sentences, from the model's folder to the finished store."""
    text = folder / f"text-{sentences}.parquet"
    table = pd.read_parquet(folder / "text.parquet").head(sentences)
    table.to_parquet(text)
    rows = [(s, p, w, True, True) for s, row in enumerate(table.words) for p, w in enumerate(row) if p % 10 == 0]
    selection = pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"])
    selection.to_parquet(folder / f"selection-{sentences}.parquet")

    def work() -> None:
        extract(
            checkpoint=folder / "bert",
            corpora={"source": text, "target": text},
            selection=folder / f"selection-{sentences}.parquet",
            space="source-encoder",
            store=folder / f"own-{sentences}.h5",
            layers=list(range(LAYERS + 1)),
            pooling="last",
            token_budget=BUDGET,
            max_length=512,
            device=device,
            precision="auto",
            threads=1,
            attributes={},
            sentence_vectors=True,
        )

    return work


def main(device: str = "cpu") -> None:
    try:
        from neurox.data.extraction.transformers_extractor import extract_representations
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError as error:
        sys.exit(f"A peer is not installed in build ({error}). Run this with `make bench`.")
    torch.set_num_threads(1)
    said = list(map(list, generate("en", "parallel", SENTENCES, 1).words))
    words = [said[i] + said[(i + 1) % SENTENCES] + said[(i + 2) % SENTENCES] for i in range(SENTENCES)]
    texts = [" ".join(row) for row in words]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = {"layers": LAYERS, "hidden": HIDDEN, "heads": 12, "vocabulary": 1000, "seed": 0}
        make_random_model(folder=folder / "bert", family="bert", texts={"en": words}, **shape)
        pd.DataFrame({"sentence": range(SENTENCES), "words": words}).to_parquet(folder / "text.parquet")
        (folder / "text.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")

        loaded = load_checkpoint(folder / "bert", device, "auto")
        reader, dtype = Reader(loaded, "encoder"), loaded.model.dtype
        sentences = read_sentences(loaded.tokenizer, words, 512)
        lengths = {row: len(each.ids) for row, each in enumerate(sentences)}
        batches = [[sentences[row] for row in rows] for rows in batch_by_length(lengths, BUDGET)]
        subwords = sum(lengths.values())
        padded = sum(len(batch) * max(len(each.ids) for each in batch) for batch in batches)

        def passes() -> None:
            for batch in batches:
                spans = [[span for word, span in each.spans.items() if word % 10 == 0] for each in batch]
                pools = pool_words(spans, last, reader.device), pool_sentences(batch, reader.poolings, reader.device)
                reader.read(batch, joined(*pools), list(range(LAYERS + 1)))[0].arrays()

        def neurox() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                extract_representations(
                    str(folder / "bert"), str(folder / "text.txt"), str(folder / "peer.hdf5"), output_type="hdf5"
                )

        modules = [Transformer(str(folder / "bert")), Pooling(HIDDEN, pooling_mode="cls")]
        encoder = SentenceTransformer(modules=modules, device=device)
        encoded: list[np.ndarray] = []
        contest = {
            "products": products(subwords, device, dtype),
            "bare": bare_passes(folder / "bert", [[each.ids for each in batch] for batch in batches], device, dtype),
            "passes": passes,
            "extraction": extraction(folder, SENTENCES, device),
            "one": extraction(folder, 1, device),
            "encode": lambda: encoded.append(encoder.encode(texts, batch_size=64)),
        }
        for warm in ("products", "bare", "one"):
            contest[warm]()
        # In turns, so that a slow minute of the machine is nobody's own.
        took = {kind: np.inf for kind in contest}
        for _ in range(TURNS):
            for kind, work in contest.items():
                took[kind] = min(took[kind], seconds(work, device))
        if device == "cpu":
            took["NeuroX"] = seconds(neurox, device)

        with open_store(folder / f"own-{SENTENCES}.h5") as store:
            mine = store.sentence_vectors(LAYERS, "first")
            order = np.argsort(store.file["sentences/sentence"][:])
            cosine = np.sum(mine[order] * encoded[0], 1) / np.linalg.norm(mine[order], axis=1)
            cosine /= np.linalg.norm(encoded[0], axis=1)
            states = store.vectors(LAYERS)
            place = store.words()

        def over(mine: float, other: str) -> str:
            return f"{mine / took[other] - 1:.0%} over"

        text = took["extraction"] - took["one"]
        print(f"{SENTENCES} sentences, {subwords} subwords, {LAYERS} layers of {HIDDEN}, {device}:")
        print(f"  the matrix products alone {took['products']:.2f} s, of the subwords without padding")
        print(
            f"  a bare pass of transformers over our batches {took['bare']:.2f} s, {over(took['bare'], 'products')} "
            f"the products; {padded / subwords - 1:.1%} are padding"
        )
        print(f"  our pass, not stored {took['passes']:.2f} s, {over(took['passes'], 'bare')} the bare one")
        print(
            f"  extraction {took['extraction']:.2f} s, of which one sentence takes {took['one']:.2f} s and the others:"
        )
        print(f"    {text:.2f} s, {over(text, 'products')} the products (goal: at most 25 %)")
        print(f"    {over(text, 'passes')} our pass (goal: at most 5 %), {over(text, 'bare')} the bare one")
        print(f"  with the start {over(took['extraction'], 'products')} the products")
        print(f"  sentence-transformers' encode, one layer {took['encode']:.2f} s; least cosine {cosine.min():.5f}")
        if device == "cpu":
            with h5py.File(folder / "peer.hdf5") as file:
                number = json.loads(file["sentence_to_index"][0])
                # Of a text that comes twice it tells one place under another name.
                known = np.array([texts[sentence] in number for sentence in place.sentence])
                asked = zip(place.sentence[known], place.position[known], strict=True)
                theirs = np.stack([file[number[texts[sentence]]][LAYERS, word] for sentence, word in asked])
            difference = np.abs(states[known] - theirs).max()
            print(f"  NeuroX {took['NeuroX']:.2f} s; its words of the last layer: largest difference {difference:.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
