"""Retrieval against the extraction of the same text, in CPU seconds: what the stores keep for it, and the scoring.

Two languages of 2,000 sentences of about 20 words, of which 500 are scored, and a 12 x 384 BERT; each word is selected
up to 15 times, as in the workflow. Extraction is done without and with the vectors for retrieval.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from isogloss.measures.retrieval import CANDIDATES, PROBE_SENTENCES
from isogloss.measures.retrieval.compute import evaluate
from isogloss.models.random_weights import make_random_model
from isogloss.states.extract import extract
from isogloss.states.settings import Activations

SENTENCES, FORMS, OCCURRENCES = 2000, 20_000, 15
LAYERS = list(range(13))
DRAW = {"seed": 0, "candidates": CANDIDATES, "probe_sentences": PROBE_SENTENCES}


def text(folder: Path) -> list[list[str]]:
    """Write a corpus whose words are distributed as natural ones, and which of its words are selected."""
    random = np.random.default_rng(0)
    chance = 1 / np.arange(1, FORMS + 1)
    lengths = random.integers(8, 32, SENTENCES)
    numbers = random.choice(FORMS, lengths.sum(), p=chance / chance.sum())
    words = [[f"w{number:x}" for number in row] for row in np.split(numbers, np.cumsum(lengths)[:-1])]
    pd.DataFrame({"sentence": range(SENTENCES), "words": words}).to_parquet(folder / "text.parquet")
    rows = [(sentence, place, word) for sentence, row in enumerate(words) for place, word in enumerate(row)]
    table = pd.DataFrame(rows, columns=["sentence", "position", "word"])
    chosen = table[table.groupby("word").cumcount() < OCCURRENCES]
    chosen.assign(aligned=True, frequent=True).to_parquet(folder / "selection.parquet")
    print(f"{SENTENCES} sentences, {len(table)} words, {len(chosen)} selected in {chosen.sentence.nunique()} sentences")
    return words


def seconds(function, **values) -> float:
    """Give the CPU seconds that a call takes."""
    begin = time.process_time()
    function(**values)
    return time.process_time() - begin


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = text(folder)
        shape = {"layers": 12, "hidden": 384, "heads": 12, "vocabulary": 2000, "seed": 0}
        make_random_model(folder=folder / "bert", family="bert", texts={"en": words}, **shape)
        settings = Activations().model_dump(include={"pooling", "token_budget", "max_length"})
        spent = {}
        for draw in (None, DRAW):
            spent[draw is None] = 0.0
            for side in ("source", "target"):
                spent[draw is None] += seconds(
                    extract,
                    checkpoint=folder / "bert",
                    corpora=dict.fromkeys(("source", "target"), folder / "text.parquet"),
                    selection=folder / "selection.parquet",
                    space=f"{side}-encoder",
                    store=folder / f"{side}-{draw is None}.h5",
                    layers=LAYERS,
                    device="cpu",
                    precision="float32",
                    threads=1,
                    attributes={},
                    retrieval=draw,
                    **settings,
                )
        sizes = [(folder / f"source-{plain}.h5").stat().st_size for plain in (True, False)]
        scoring = seconds(
            evaluate,
            sources={"xx": folder / "source-False.h5"},
            targets={"xx": folder / "target-False.h5"},
            corpora=dict.fromkeys(("en", "xx"), folder / "text.parquet"),
            source="en",
            layers=LAYERS,
            output=folder / "out.csv",
            attributes=dict.fromkeys(("model", "checkpoint", "task", "corpus"), ""),
            candidates=CANDIDATES,
            probe_sentences=PROBE_SENTENCES,
            threads=1,
        )
        plain, both = spent[True], spent[False]
        print(f"extraction {plain:.1f} CPU s, with what retrieval needs {both:.1f} CPU s; scoring {scoring:.1f} CPU s")
        share, disk = (both - plain + scoring) / plain, sizes[1] / sizes[0] - 1
        print(f"retrieval costs {share:.1%} of extraction, and {disk:.1%} of its disk")


main()
