"""CALIGN, COLAP and the similarity of spaces read games of Othello as they read any text."""

import pandas as pd
import pytest
import torch

from isogloss.concepts.cluster import cluster, cluster_halves
from isogloss.measures.calign.compute import score as score_alignment
from isogloss.measures.calign.settings import ConceptAlignment
from isogloss.measures.colap.compute import score as score_overlap
from isogloss.measures.colap.settings import ConceptOverlap
from isogloss.measures.space_similarity.compute import write_space_similarity
from isogloss.models.load import load_causal
from isogloss.models.train import train
from isogloss.states.extract import extract
from isogloss.tasks.test_pass import run_items
from isogloss.text.corpora import write_corpus
from isogloss.text.lexicons import build
from isogloss.text.selection import select
from isogloss.text.word_alignment import align

SIDES = {"source": "one", "target": "two"}
READING = {"token_budget": 2000, "max_length": 32, "device": "cpu", "precision": "float32", "threads": 1}


@pytest.fixture(scope="module")
def games(tmp_path_factory):
    """Games in two languages that share no word, and a decoder that was hardly trained on them."""
    folder = tmp_path_factory.mktemp("games")
    for index, name in enumerate(SIDES.values()):
        write_corpus(
            reader="isogloss.othello:generate", language=name, part="parallel", output=folder / f"{name}.parquet",
            games=40, board=4, index=index, words="atomic", first="atomic", anchors=0, opening=0, seed=1,
        )  # fmt: skip
        table = pd.read_parquet(folder / f"{name}.parquet")
        items = table[["sentence", "words"]].rename(columns={"sentence": "item"}).assign(split="test")
        items.to_parquet(folder / f"items-{name}.parquet")
    texts = {side: folder / f"{name}.parquet" for side, name in SIDES.items()}
    align(**texts, output=folder / "links.parquet", method="gold", max_words=300)
    build(alignment=folder / "links.parquet", **texts, output=folder / "lexicon.parquet")
    select(
        alignment=folder / "links.parquet", **texts, max_frequency=15, min_frequency=0, delete_frequency=10**6,
        outputs={side: folder / f"selected-{side}.parquet" for side in SIDES},
    )  # fmt: skip
    shape = {"layers": 1, "hidden": 16, "heads": 2, "intermediate": 32}
    train(
        folder=folder / "model", training={name: folder / f"{name}.parquet" for name in SIDES.values()}, seed=0,
        threads=1, spec={"architecture": "gpt", "steps": 1, "batch": 8, **shape}, letters=True,
        log_table=folder / "log.csv", attributes={},
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def models(games):
    """Two models: one language's words are read as the other's, so that all states are the same; or far from them."""
    loaded = load_causal(games / "model")
    words = [pd.read_parquet(games / f"{name}.parquet").words.explode() for name in SIDES.values()]
    said = sorted(set(zip(*words, strict=True)))
    ones, twos = (loaded.tokenizer.convert_tokens_to_ids(list(side)) for side in zip(*said, strict=True))
    far = 3 * torch.randn(loaded.shape.hidden, generator=torch.Generator().manual_seed(1))
    for name, shift in (("same", torch.zeros(())), ("apart", far)):
        with torch.no_grad():
            rows = loaded.model.get_input_embeddings().weight
            rows[twos] = rows[ones] + shift
        loaded.model.save_pretrained(games / name)
        loaded.tokenizer.save_pretrained(games / name)
    return games / "same", games / "apart"


def concepts(games, model, output):
    """CALIGN's and COLAP's shares of one layer."""
    output.mkdir()
    for side in SIDES:
        extract(
            checkpoint=model, corpora={one: games / f"{name}.parquet" for one, name in SIDES.items()},
            selection=games / f"selected-{side}.parquet", space=f"{side}-decoder", store=output / f"{side}.h5",
            layers=[1], pooling="last", attributes={}, **READING,
        )  # fmt: skip
    how = {"layer": 1, "clusters": 4, "method": "ward", "threads": 1, "device": "cpu"}
    for name, sides, seed in (("source", ["source"], 1), ("target", ["target"], 1), ("again", ["source"], 2),
                              ("joint", list(SIDES), 1)):  # fmt: skip
        kind = "frequent" if name == "joint" else "aligned"
        cluster(
            stores=[output / f"{side}.h5" for side in sides], languages=[SIDES[side] for side in sides],
            output=output / f"{name}.parquet", selection=kind, seed=seed, **how,
        )  # fmt: skip
    cluster_halves(store=output / "source.h5", output=output / "halves.parquet", selection="frequent", seed=1, **how)
    lexicon = games / "lexicon.parquet"
    score_alignment(
        sources=[output / "source.parquet"], targets=[output / "target.parquet"], again=output / "again.parquet",
        sources_before=[], targets_before=[], lexicon=lexicon, output=output / "calign.csv",
        pairs_output=output / "pairs.parquet", draws_output=output / "a.parquet",
        settings=ConceptAlignment(min_types=2).model_dump(), identity={},
    )  # fmt: skip
    score_overlap(
        clusters=[output / "joint.parquet"], halves=output / "halves.parquet", lexicon=lexicon, clusters_before=[],
        source="one", output=output / "colap.csv", draws_output=output / "b.parquet",
        settings=ConceptOverlap().model_dump(), identity={},
    )  # fmt: skip
    tables = [pd.read_csv(output / name) for name in ("calign.csv", "colap.csv")]
    return pd.concat(tables).set_index("measure").value


def similarity(games, model, output):
    """Every measure of two spaces, of the games' means in one layer."""
    test = {name: games / f"items-{name}.parquet" for name in SIDES.values()}
    run_items(
        checkpoint=model, test=test, kind="sequence-classification", labels=None, vectors=output / "v.h5", layers=[1],
        attributes={}, **READING,
    )  # fmt: skip
    write_space_similarity(
        vectors=output / "v.h5", pooling="mean", items=40, neighbours=5, null=100, bootstrap=100, seed=1, threads=1,
        attributes={}, before=[], output=output / "s.csv", replicates_output=output / "s.parquet",
    )  # fmt: skip
    table = pd.read_csv(output / "s.csv")
    return table[table.vectors == "raw"].set_index("measure")


@pytest.mark.slow
def test_a_language_read_as_the_other_is_the_same_and_one_far_away_is_not(games, models, tmp_path):
    same, apart = (concepts(games, model, tmp_path / model.name) for model in models)
    assert same["aligned_eligible"] == 1
    assert same["overlapping_tokens"] == same["overlapping_translated"] == 1
    assert apart["overlapping_tokens"] == apart["overlapping_translated"] == 0
    same, apart = (similarity(games, model, tmp_path / model.name) for model in models)
    assert (same.value["retrieval"] == 1).all()
    assert (same.value["mutual_retrieval"] == 1).all()
    assert (same.value[["neighbour_overlap"]] == 1).all()
    assert (apart.value["retrieval"] < 0.5).all()
