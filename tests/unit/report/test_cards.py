"""Concept cards against slow literal counts, their map, and the choice of cards for the page."""

import base64
import gzip
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from report_world import write_results
from tiny_world import sentences

from isogloss.report.browser import cards as module
from isogloss.report.browser import embed
from isogloss.report.browser.cards import write_cards
from isogloss.report.browser.map import project
from isogloss.states.store import StoreWriter

LANGUAGES = {"source": "en", "target": "de"}
RULE = {
    "null": 0,
    "match": 0.9,
    "size_ratio": 0.5,
    "min_types": 2,
    "top_n": 2,
    "convention": "paper",
    "seed": 0,
}
NAMES = {"model": "m", "checkpoint": "pretrained", "corpus": "c", "source": "en", "target": "de", "kind": "e-e"}
LAYERS = [0, 2]


def world(folder):
    """Write a store, clusters of two layers, a text and a lexicon of two languages; some words are not clustered."""
    rng = np.random.default_rng(1)
    made = {"stores": {}, "corpora": {}}
    for side, language in LANGUAGES.items():
        text = sentences(language, 40)
        words = text[["sentence", "words"]].explode("words").rename(columns={"words": "form"})
        words["position"] = words.groupby("sentence").cumcount()
        words = words.reset_index(drop=True).assign(aligned=lambda rows: rows.index % 5 > 0, frequent=True)
        vectors = rng.normal(size=(2, len(words), 4)).astype(np.float16)
        made["stores"][side] = folder / f"{side}.h5"
        writer = StoreWriter(made["stores"][side], words, LAYERS, 4, {"model": "m"})
        writer.write(0, vectors)
        writer.finish()
        made["corpora"][side] = folder / f"{language}.parquet"
        text[["sentence", "words"]].to_parquet(made["corpora"][side])
        made[f"{side}_clusters"] = []
        for layer in LAYERS:
            table = words[words.aligned].rename(columns={"form": "word"}).assign(language=language)
            lemma = table.word.str[-1].map(ord)
            table["cluster"] = np.where(rng.random(len(table)) < 0.7, lemma % 5, rng.integers(0, 5, len(table)))
            made[f"{side}_clusters"].append(folder / f"{side}{layer}.parquet")
            table.sample(frac=1, random_state=0).to_parquet(made[f"{side}_clusters"][-1])
    lemmas = [chr(97 + number) for number in range(24)]
    rows = [(f"en{one}", f"de{other}", p, 3) for place, one in enumerate(lemmas)
            for other, p in ((one, 0.7), (lemmas[(place + 5) % 24], 0.2), (lemmas[(place + 7) % 24], 0.1))]  # fmt: skip
    made["lexicon"] = folder / "lexicon.parquet"
    pd.DataFrame(rows, columns=["source", "target", "probability", "count"]).to_parquet(made["lexicon"])
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards")
    inputs = world(folder)
    output = folder / "cards.parquet"
    given = {**inputs, "languages": LANGUAGES, "layers": LAYERS, "settings": RULE, "seed": 0, "identity": NAMES}
    write_cards(**given, output=output)
    write_cards(**given, output=folder / "again.parquet")
    assert output.read_bytes() == (folder / "again.parquet").read_bytes()
    return inputs, pd.read_parquet(output)


def best(lexicon):
    rows = lexicon.sort_values(["probability", "count", "target"], ascending=[False, False, True])
    return {source: list(part.target)[:2] for source, part in rows.groupby("source")}


def test_cards_say_what_slow_counting_finds(made):
    inputs, table = made
    translations = best(pd.read_parquet(inputs["lexicon"]))
    for number, layer in enumerate(LAYERS):
        sides = {side: pd.read_parquet(inputs[f"{side}_clusters"][number]) for side in LANGUAGES}
        types = {side: {c: set(part.word) for c, part in rows.groupby("cluster")} for side, rows in sides.items()}
        for row in table[(table.layer == layer) & (table.side == "source")].itertuples():
            mine = types["source"][row.cluster]
            assert row.types == len(mine)
            assert row.tokens == (sides["source"].cluster == row.cluster).sum()
            counts = sides["source"][sides["source"].cluster == row.cluster].word.value_counts().to_dict()
            assert dict(zip(row.words, row.counts, strict=True)).items() <= counts.items()
            assert list(row.counts) == sorted(row.counts, reverse=True)
            fits = []
            for other, theirs in types["target"].items():
                hits = sum(any(word in theirs for word in translations[one]) for one in mine)
                ratio = min(len(mine), len(theirs)) / max(len(mine), len(theirs))
                aligned = hits / len(mine) >= 0.9 and len(mine) >= 2 and ratio >= 0.5
                fits.append((not aligned, -hits, other))
            fits.sort()
            assert row.aligned == (not fits[0][0])
            assert row.coverage == pytest.approx(-fits[0][1] / len(mine))
            wanted = [other for misses, _, other in fits if not misses][:4] or [fits[0][2]]
            assert list(row.targets) == wanted
            carried = set(zip(row.matched_source, row.matched_target, strict=True))
            all_carried = {
                (one, word) for one in mine for word in translations[one] if word in types["target"][wanted[0]]
            }
            assert carried <= all_carried
            assert len(carried) == min(len(all_carried), module.MATCHES)
    assert table[table.side == "source"].aligned.any()
    assert not table[table.side == "source"].aligned.all()


def test_examples_are_the_words_in_their_sentences(made):
    inputs, table = made
    for side in LANGUAGES:
        texts = [" ".join(words) for words in pd.read_parquet(inputs["corpora"][side]).words]
        for row in table[table.side == side].itertuples():
            assert list(row.word) == list(row.words[:2])
            for before, word, after in zip(row.before, row.word, row.after, strict=True):
                assert any(" ".join(filter(None, (before, word, after))) in text for text in texts)


def test_words_without_spaces_are_joined_without(made, tmp_path):
    inputs, _ = made
    given = {**inputs, "layers": LAYERS, "settings": RULE, "seed": 0, "identity": NAMES}
    write_cards(**given, languages={"source": "en", "target": "zh-hant"}, output=tmp_path / "x.parquet")
    table = pd.read_parquet(tmp_path / "x.parquet")
    assert not any(" " in text for row in table[table.side == "target"].before for text in row)
    assert any(" " in text for row in table[table.side == "source"].before for text in row)


def test_centroids_are_means_of_the_concepts_vectors(made):
    inputs, _ = made
    clusters = pd.read_parquet(inputs["source_clusters"][1])
    labels = pd.Index(sorted(set(clusters.cluster)))
    found = module.centroids(inputs["stores"]["source"], 2, clusters, labels)
    with module.open_store(inputs["stores"]["source"]) as store:
        words, vectors = store.words(), store.vectors(2)
    for place, label in enumerate(labels):
        own = clusters[clusters.cluster == label]
        rows = [words[(words.sentence == s) & (words.position == p)].index[0]
                for s, p in zip(own.sentence, own.position, strict=True)]  # fmt: skip
        np.testing.assert_allclose(found[place], vectors[rows].mean(0), rtol=1e-5)


def test_the_map_shows_two_languages_coming_together():
    """Planted: in layer 0 a constant parts the languages, in layer 1 it does not."""
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(40, 16))
    apart, together = (
        np.concatenate([meaning, meaning + 0.05 * rng.normal(size=(40, 16)) + gap]) for gap in (4.0, 0.0)
    )
    layer = np.repeat([0, 1], 80)
    places = project(np.concatenate([apart, together]), layer, seed=0)
    assert np.abs(places).max() == pytest.approx(1)
    np.testing.assert_array_equal(places, project(np.concatenate([apart, together]), layer, seed=0))

    def own_nearest(points):
        away = ((points[:, None] - points[None]) ** 2).sum(-1) + np.diag(np.full(80, np.inf))
        return (away.argmin(1) // 40 == np.arange(80) // 40).mean()

    assert own_nearest(places[:80]) > 0.95
    assert own_nearest(places[80:]) < 0.5


@pytest.mark.parametrize("shape", [(2, 1), (4, 8), (6, 2)])
def test_a_map_of_few_concepts(shape):
    places = project(np.random.default_rng(0).normal(size=shape), np.zeros(len(range(shape[0]))), seed=0)
    assert places.shape == (shape[0], 2)
    assert np.isfinite(places).all()


def unpacked(blocks, name):
    return json.loads(gzip.decompress(base64.b64decode(blocks[name])))


def test_all_cards_are_embedded_where_there_is_room(tmp_path):
    folder = write_results(tmp_path, targets=("de", "th"), models=("m",))
    paths = sorted((folder / "metrics" / "concept_cards").rglob("*.parquet"))
    index, blocks = embed.embed_cards(paths, {"m"})
    assert [one["target"] for one in index] == ["de", "de", "th", "th"]
    assert all(one["control"] and one["shown"] == one["whole"] == 3 * 2 * 12 for one in index)
    table = pq.read_table(paths[0]).to_pylist()
    text, cards = unpacked(blocks, index[0]["words"]), unpacked(blocks, index[0]["cards"])
    first = cards["0"]["source"][0]
    assert [text["words"][number] for number in first[3][::2]] == table[0]["words"]
    assert first[3][1::2] == table[0]["counts"]
    assert [text["contexts"][number] for number in first[10]] == [
        list(context) for context in zip(table[0]["before"], table[0]["word"], table[0]["after"], strict=True)
    ]


def test_a_sample_keeps_words_that_can_be_followed_and_every_language(tmp_path, monkeypatch):
    folder = write_results(tmp_path, targets=("de", "th"), models=("m",), concepts=60)
    paths = sorted((folder / "metrics" / "concept_cards").rglob("*.parquet"))
    monkeypatch.setattr(embed, "BUDGET", 10 * embed.CARD * 2 * 3 * len(paths))
    index, blocks = embed.embed_cards(paths, set())
    assert {one["target"] for one in index} == {"de", "th"}
    for one in index:
        cards = unpacked(blocks, one["cards"])
        kept = [{card[0] for card in cards[layer]["source"]} for layer in ("0", "1", "2")]
        # The made-up world keeps each concept's words from layer to layer, so the same concepts stay.
        assert kept[0] == kept[1] == kept[2]
        assert len(kept[0]) == 10
        states = [card[7] for layer in cards.values() for card in layer["source"]]
        assert 0 < sum(states) < len(states)
        for layer in cards.values():
            there = {card[0] for card in layer["target"]}
            assert all(card[6][0] in there for card in layer["source"] if card[6])
