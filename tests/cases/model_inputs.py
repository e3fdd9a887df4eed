"""Cases of models, tokenizers and configs."""

import json
from pathlib import Path

import pandas as pd
import tiny_families
import yaml
from inputs import parquet
from world import ENGLISH, GERMAN, World, case

from isogloss.config.read import ConfigError, load

TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def tagged(world: World, model: str, kind: str = "token-classification") -> dict:
    """A task on the user's own items for one model."""
    rows = [text.split() for text in ENGLISH * 8]
    tags = [[TAGS[len(word) % len(TAGS)] for word in row] for row in rows]
    labels = [["far", "near"][len(row) % 2] for row in rows]
    for language in ("en", "de"):
        parquet(world, f"tagged.{language}.parquet", words=rows, tags=tags, label=labels)
    path = str(world.folder / "tagged.{language}.parquet")
    by_tag = kind == "token-classification"
    return {
        "data": {"train": path, "test": path, "text": "words", "label": "tags" if by_tag else "label"}
        | {"labels": TAGS if by_tag else ["far", "near"]},
        "kind": kind,
        "models": [model],
        "epochs": 4,
        "learning_rate": 5.0e-3,
        "max_length": 24,
        **({"tag_measure": "accuracy"} if by_tag else {}),
    }


def tuned(world: World, model: str, folder: Path, kind: str = "token-classification") -> str:
    """Tune a model of a folder; give the place of its transfer."""
    world.config["models"][model] = {"folder": str(folder), "corpora": []}
    world.task(f"of-{model}", **tagged(world, model, kind))
    return f"metrics/transfer/{model}/of-{model}-en-seed0.csv"


def is_scored(path: Path) -> None:
    """A check that a transfer has a score for every language."""
    table = pd.read_csv(path)
    assert set(table.target) == {"en", "de"}
    assert table.score.notna().all(), table.score


@case("01", "a tokenizer that pads on the left")
def left_padding(world):
    places = []
    for side in ("right", "left"):
        folder = tiny_families.make(world.folder / f"pads-{side}", "bert")
        about = folder / "tokenizer_config.json"
        about.write_text(json.dumps({**json.loads(about.read_text()), "padding_side": side}))
        places.append(tuned(world, f"pads-{side}", folder))
    world.reads(places[0], is_scored)

    def same(path):
        scores = [pd.read_csv(world.folder / "results" / place).score.tolist() for place in places]
        assert scores[0] == scores[1], scores

    world.reads(places[1], same)


@case("11", "fewer decoder layers than encoder layers")
def asymmetric(world):
    folder = tiny_families.make(world.folder / "t5deep", "t5", num_layers=3, num_decoder_layers=1)
    world.config["models"]["t5deep"] = {"folder": str(folder), "corpora": ["deep"]}
    files = {"en": world.lines("deep.en", ENGLISH), "de": world.lines("deep.de", GERMAN)}
    links = {"method": "given", "files": {"en-de": world.lines("deep.links", ["0-0 1-1 2-2"] * 3)}}
    world.corpus("deep", "en", "de", kind="text", files=files, word_alignment=links)

    def has(layers):
        def right(path):
            from isogloss.states.store import open_store

            with open_store(path) as store:
                assert store.layers == layers, store.layers

        return right

    world.reads("activations/t5deep/pretrained/deep/en-de/source-encoder.h5", has([0, 1, 2, 3]))
    world.reads("activations/t5deep/pretrained/deep/en-de/target-decoder.h5", has([0, 1]))


@case("13", "a model whose layers share their weights (ALBERT)")
def shared_layers(world):
    folder = tiny_families.make(world.folder / "albert", "albert")
    world.reads(tuned(world, "albert", folder), is_scored)
    task = {**world.config["tasks"]["of-albert"], "models": ["shared"], "variants": {"frozen": {"layers": [1]}}}
    config = world.small(tasks={"tags": task})
    config["models"]["shared"] = {"folder": str(folder)}
    world.check(config, r"tasks\.tags\.variants: all layers of 'shared' \(albert\) have the same weights")


@case("14", "a section that stands twice")
def twice(world):
    text = yaml.safe_dump(world.small()) + "concepts: {clusters: 3}\nconcepts: {clusters: 4}\n"
    path = Path(world.write("twice.yaml", text))
    try:
        load(path)
        said = "found right by check"
    except ConfigError as error:
        said = str(error)
    world.judge("14", "'concepts' stands twice" in said, f"refused by check: {said}")
    printed = world.snakemake(path, "--dry-run")
    world.judge("14", said in printed, "refused by snakemake in the same line" if said in printed else printed[-500:])


@case("16", "a length beyond the model's positions")
def too_long(world):
    folder = tiny_families.make(world.folder / "short", "xlm-roberta", max_position_embeddings=66)
    config = world.small(tasks={"tags": {**tagged(world, "short"), "sources": ["en"], "max_length": 200}})
    config["tasks"]["tags"]["data"] |= {"kind": "table", "languages": ["en", "de"]}
    config["models"]["short"] = {"folder": str(folder)}
    world.check(config, r"reads at most 64 subwords.*max_length is 200")


@case("17", "a decoder whose config names no padding token")
def no_padding(world):
    folder = tiny_families.make(world.folder / "llama", "llama")
    about = folder / "config.json"
    settings = json.loads(about.read_text())
    about.write_text(json.dumps({**settings, "pad_token_id": None}))
    world.reads(tuned(world, "llama", folder, "sequence-classification"), is_scored)


@case("22", "results below the home folder, or with a slash at the end")
def tilde(world):
    from isogloss.config.read import validate

    for given, meant in (("~/isogloss-x", str(Path.home() / "isogloss-x")), ("out/", "out")):
        found = validate(world.small(results=given)).results
        world.judge("22", found == meant, f"{given} is {found}")


@case("23", "codes of languages that URIEL does not have")
def unknown_codes(world):
    from isogloss.config.read import validate
    from isogloss.plan.notes import notes
    from isogloss.plan.study import Study

    for code, known in (("iw", True), ("mo", True), ("nah", False), ("bh", False), ("qqq", False)):
        task = {**tagged(world, "plain"), "sources": ["en"]}
        task["data"] = {**task["data"], "kind": "table", "languages": ["en", code]}
        parquet(world, f"tagged.{code}.parquet", words=[["a"]], tags=[["O"]], label=["far"])
        found = notes(Study(validate(world.small(tasks={"tags": task}))))
        said = [line for line in found if f"'{code}'" in line]
        world.judge("23", bool(said) != known, said[0] if said else f"{code} is known")
