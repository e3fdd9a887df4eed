"""Extraction from an encoder of the shape of e5-small beside its matrix products, sentence-transformers and NeuroX.

The same sentences for all, in one run. Ours keeps every tenth word and the sentence vectors of all 13 layers;
sentence-transformers gives one vector a sentence, of the last layer; NeuroX writes every word of every layer. What the
passes alone take, without storing, is told too. On a GPU the share of its matrix products' peak is what the same lines
say: `python benchmarks/bench_e5_small.py cuda`.

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
from transformers import AutoTokenizer

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
SENTENCES, THREADS, LAYERS, HIDDEN = 600, 2, 12, 384
BUDGET = Activations().token_budget


def seconds(work: Callable[[], object]) -> float:
    """Time one call, to its end on the device."""
    begin = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def products(subwords: int, device: str) -> Callable[[], None]:
    """Give the work of the model's matrix products alone, for so many subwords."""
    width = {"device": device, "dtype": torch.bfloat16 if device == "cuda" else torch.float32}
    rows = torch.randn(min(subwords, BUDGET), HIDDEN, **width)
    square, wide = torch.randn(HIDDEN, HIDDEN, **width), torch.randn(4 * HIDDEN, HIDDEN, **width)
    back = torch.randn(HIDDEN, 4 * HIDDEN, **width)
    linear = torch.nn.functional.linear

    @torch.inference_mode()
    def work() -> None:
        for _ in range(round(LAYERS * subwords / len(rows))):
            for _ in range(4):
                linear(rows, square)
            linear(linear(rows, wide), back)

    return work


def passes(folder: Path, words: list[list[str]], device: str) -> Callable[[], None]:
    """Give the work of our passes, pooling and all, whose vectors are thrown away."""
    loaded = load_checkpoint(folder, device, "bfloat16" if device == "cuda" else "float32")
    reader = Reader(loaded, "encoder")
    sentences = read_sentences(loaded.tokenizer, words, 512)

    def work() -> None:
        for rows in batch_by_length({row: len(each.ids) for row, each in enumerate(sentences)}, BUDGET):
            batch = [sentences[row] for row in rows]
            spans = [[span for word, span in sentence.spans.items() if word % 10 == 0] for sentence in batch]
            pool = joined(pool_words(spans, last, reader.device), pool_sentences(batch, reader.poolings, reader.device))
            reader.read(batch, pool, list(range(LAYERS + 1)))[0].arrays()

    return work


def main(device: str = "cpu") -> None:
    try:
        from neurox.data.extraction.transformers_extractor import extract_representations
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError as error:
        sys.exit(f"A peer is not installed in build ({error}). Run this with `make bench`.")
    torch.set_num_threads(THREADS)
    said = list(map(list, generate("en", "parallel", SENTENCES, 1).words))
    words = [said[i] + said[(i + 1) % SENTENCES] + said[(i + 2) % SENTENCES] for i in range(SENTENCES)]
    texts = [" ".join(row) for row in words]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shape = {"layers": LAYERS, "hidden": HIDDEN, "heads": 12, "vocabulary": 1000, "seed": 0}
        make_random_model(folder=folder / "bert", family="bert", texts={"en": words}, **shape)
        subwords = sum(map(len, AutoTokenizer.from_pretrained(folder / "bert")(texts)["input_ids"]))
        pd.DataFrame({"sentence": range(SENTENCES), "words": words}).to_parquet(folder / "text.parquet")
        rows = [(s, p, w, True, True) for s, row in enumerate(words) for p, w in enumerate(row) if p % 10 == 0]
        selection = pd.DataFrame(rows, columns=["sentence", "position", "word", "aligned", "frequent"])
        selection.to_parquet(folder / "selection.parquet")
        (folder / "text.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")

        def own() -> None:
            extract(
                checkpoint=folder / "bert",
                corpora={"source": folder / "text.parquet", "target": folder / "text.parquet"},
                selection=folder / "selection.parquet",
                space="source-encoder",
                store=folder / "own.h5",
                layers=list(range(LAYERS + 1)),
                pooling="last",
                token_budget=BUDGET,
                max_length=512,
                device=device,
                precision="bfloat16" if device == "cuda" else "float32",
                threads=THREADS,
                attributes={},
                sentence_vectors=True,
            )

        def neurox() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                extract_representations(
                    str(folder / "bert"), str(folder / "text.txt"), str(folder / "peer.hdf5"), output_type="hdf5"
                )

        bare = products(subwords, device)
        bare()
        times = {"products": [seconds(bare)], "extraction": [seconds(own)]}
        alone = passes(folder / "bert", words, device)
        times |= {"passes": [seconds(alone)]}
        modules = [Transformer(str(folder / "bert")), Pooling(HIDDEN, pooling_mode="cls")]
        encoder = SentenceTransformer(modules=modules, device=device)
        encoded: list[np.ndarray] = []
        times["encode"] = [seconds(lambda: encoded.append(encoder.encode(texts, batch_size=64)))]
        # Once more in turn: the least of each is what the others of the machine left alone.
        for kind, work in (("products", bare), ("extraction", own), ("passes", alone)):
            times[kind].append(seconds(work))
        if device == "cpu":
            times["NeuroX"] = [seconds(neurox)]
        took = {kind: min(each) for kind, each in times.items()}

        with open_store(folder / "own.h5") as store:
            mine = store.sentence_vectors(LAYERS, "first")
            order = np.argsort(store.file["sentences/sentence"][:])
            cosine = np.sum(mine[order] * encoded[0], 1) / np.linalg.norm(mine[order], axis=1)
            cosine /= np.linalg.norm(encoded[0], axis=1)
            states = store.vectors(LAYERS)
            place = store.words()
        print(f"{SENTENCES} sentences, {subwords} subwords, {LAYERS} layers of {HIDDEN}, {device}:")
        print(f"  the matrix products alone {took['products']:.1f} s")
        over = took["extraction"] / took["products"] - 1
        print(f"  extraction {took['extraction']:.1f} s, {over:.0%} over the products (goal: at most 25 %)")
        over = took["extraction"] / took["passes"] - 1
        print(f"  its passes without storing {took['passes']:.1f} s: storing adds {over:.0%} (goal: at most 5 %)")
        print(f"  sentence-transformers' encode, one layer {took['encode']:.1f} s; least cosine {cosine.min():.5f}")
        if "NeuroX" in took:
            with h5py.File(folder / "peer.hdf5") as file:
                number = json.loads(file["sentence_to_index"][0])
                # Of a text that comes twice it tells one place under another name.
                known = np.array([texts[sentence] in number for sentence in place.sentence])
                asked = zip(place.sentence[known], place.position[known], strict=True)
                theirs = np.stack([file[number[texts[sentence]]][LAYERS, word] for sentence, word in asked])
            difference = np.abs(states[known] - theirs).max()
            print(f"  NeuroX {took['NeuroX']:.1f} s; its words of the last layer: largest difference {difference:.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
