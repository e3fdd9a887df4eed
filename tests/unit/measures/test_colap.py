import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.measures.colap.compute import overlap_concepts, overlap_translations, score
from isogloss.statistics.nulls import permute_words


def literal(table, threshold, count, convention):
    found = []
    for label, group in table.groupby("cluster"):
        members = group.drop_duplicates(["word", "language"]) if count == "types" else group
        shares = [(members.language == language).mean() for language in sorted(set(table.language))]
        fits = min(shares) >= threshold if convention == "paper" else min(shares) > threshold
        if fits:
            found.append(label)
    return found


@pytest.mark.parametrize("count", ["types", "tokens"])
@pytest.mark.parametrize("convention", ["paper", "released"])
def test_same_concepts_as_the_loop(count, convention):
    for seed in range(10):
        rng = np.random.default_rng(seed)
        table = pd.DataFrame(
            {
                "word": rng.integers(0, 40, 400).astype(str),
                "language": rng.choice(["de", "en"], 400, p=[0.35, 0.65]),
                "cluster": rng.integers(0, 40, 400),
            }
        )
        result = overlap_concepts(table, threshold=0.4, count=count, convention=convention, mixings=0)
        assert result.clusters == literal(table, 0.4, count, convention)
        assert result.concepts == table.cluster.nunique()


def test_the_threshold_itself_counts_in_the_paper_only():
    table = pd.DataFrame({"word": [f"w{i}" for i in range(10)], "language": ["en"] * 3 + ["de"] * 7, "cluster": 0})
    assert overlap_concepts(table).score == 1
    assert overlap_concepts(table, convention="released").score == 0


def test_separate_languages_share_nothing_and_mixed_ones_all():
    rng = np.random.default_rng(0)
    labels, language = np.repeat(np.arange(40), 20), np.tile(["en", "de"], 400)
    words = rng.integers(0, 10**6, 800).astype(str)
    mixed = pd.DataFrame({"word": words, "language": language, "cluster": labels})
    result = overlap_concepts(mixed)
    assert result.score == 1
    apart = mixed.assign(language=np.repeat(["en", "de"], 400))
    result = overlap_concepts(apart)
    assert result.score == 0
    assert result.full_mixing > 0.9


def test_one_language_is_refused():
    with pytest.raises(IsoglossError, match="two languages"):
        overlap_concepts(pd.DataFrame({"word": ["a"], "language": ["en"], "cluster": [0]}))


def joint(rng, tokens=400, concepts=30, words=25):
    side = pd.DataFrame({"language": rng.choice(["en", "de"], tokens), "cluster": rng.integers(0, concepts, tokens)})
    return side.assign(word=side.language + pd.Series(rng.integers(0, words, tokens)).astype(str))


def pairs_at_random(rng, count, words=25):
    table = pd.DataFrame({"source": rng.integers(0, words, count), "target": rng.integers(0, words, count)})
    table = table.drop_duplicates().assign(probability=1.0, count=1)
    return table.assign(source="en" + table.source.astype(str), target="de" + table.target.astype(str))


def literally_translated(table, pairs, threshold, match, convention):
    """The published overlap, and then word by word whether the smaller side is translated."""
    known, found = set(zip(pairs.source, pairs.target, strict=True)), []
    for label in literal(table, threshold, "types", convention):
        group = table[table.cluster == label]
        en, de = (set(group.word[group.language == language]) for language in ("en", "de"))
        if len(en) <= len(de):
            hits = sum(any((word, other) in known for other in de) for word in en)
        else:
            hits = sum(any((other, word) in known for other in en) for word in de)
        needed = match * min(len(en), len(de))
        if hits and (hits >= needed if convention == "paper" else hits > needed):
            found.append(label)
    return found


@pytest.mark.parametrize("convention", ["paper", "released"])
@pytest.mark.parametrize("seed", range(8))
def test_the_same_concepts_hold_translations_as_in_the_loop(seed, convention):
    rng = np.random.default_rng(seed)
    table, pairs = joint(rng), pairs_at_random(rng, 60)
    rule = {"threshold": 0.3, "match": 0.5, "convention": convention}
    result = overlap_translations(table, pairs, "en", top_n=99, null=0, **rule)
    assert result.clusters == literally_translated(table, pairs, **rule)
    assert result.translated == len(result.clusters)
    assert result.overlapping == len(literal(table, 0.3, "types", convention))


def test_a_draw_is_the_loop_on_a_permuted_lexicon():
    rng = np.random.default_rng(5)
    table, pairs = joint(rng), pairs_at_random(rng, 60)
    rule = {"threshold": 0.3, "match": 0.5, "convention": "paper"}
    result = overlap_translations(table, pairs, "en", top_n=99, null=20, seed=3, **rule)
    words = list(dict.fromkeys(pairs.target[pairs.source.isin(table.word)]))
    frequency = np.array([table.cluster[table.word == word].nunique() for word in words])
    [permutations] = permute_words(words, frequency, 20, 3, held=20)
    for draw, permutation in enumerate(permutations):
        moved = dict(zip(words, np.array(words)[permutation], strict=True))
        permuted = pairs.assign(target=pairs.target.map(moved))
        assert result.draws[draw] == len(literally_translated(table, permuted, **rule))
    assert result.draws.std() > 0


def planted_joint(shared, concepts=30, size=6):
    """Joint concepts that hold each meaning in both languages in a share of them, other meanings in the rest."""
    meanings = np.arange(concepts * size)
    other = meanings.copy()
    strangers = meanings[int(shared * concepts) * size :]
    other[strangers] = np.roll(strangers, len(strangers) // 2)
    en = pd.DataFrame({"word": [f"e{m}" for m in meanings], "language": "en", "cluster": meanings // size})
    de = pd.DataFrame({"word": [f"d{m}" for m in other], "language": "de", "cluster": meanings // size})
    lexicon = {"source": [f"e{m}" for m in meanings], "target": [f"d{m}" for m in meanings]}
    return pd.concat([en, de]), pd.DataFrame(lexicon).assign(probability=1.0, count=1)


@pytest.mark.parametrize("shared", [0, 0.3, 0.7])
def test_what_is_planted_is_found_and_nothing_else(shared):
    table, pairs = planted_joint(shared)
    # COLAP cannot tell the difference.
    assert overlap_concepts(table, mixings=0).score == 1
    result = overlap_translations(table, pairs, "en")
    assert result.score == pytest.approx(shared)
    assert result.null["null_p"] == (1 if shared == 0 else pytest.approx(1 / 1000))


def test_one_cell_leaves_three_rows(tmp_path):
    table, pairs = planted_joint(0.5)
    table = table.assign(sentence=table.index, position=0)
    table.to_parquet(tmp_path / "joint.parquet")
    # Before tuning the concepts of one language were dealt out in another way: none held translations.
    before = table.assign(cluster=np.where(table.language == "de", 29 - table.cluster, table.cluster))
    before.to_parquet(tmp_path / "before.parquet")
    # The source language with itself: what stands in both halves is mixed but for a third of the concepts.
    mine = table[table.language == "en"]
    third = mine.cluster % 3 == 0
    halves = [mine.assign(language="first"), mine.assign(language="second", cluster=mine.cluster + 100 * third)]
    pd.concat(halves).to_parquet(tmp_path / "halves.parquet")
    pairs.to_parquet(tmp_path / "lexicon.parquet")
    score(
        clusters=[tmp_path / "joint.parquet"],
        halves=tmp_path / "halves.parquet",
        lexicon=tmp_path / "lexicon.parquet",
        clusters_before=[tmp_path / "before.parquet"],
        source="en",
        output=tmp_path / "scores.csv",
        draws_output=tmp_path / "draws.parquet",
        settings={
            "threshold": 0.3,
            "convention": "paper",
            "match": 0.8,
            "top_n": 10,
            "null": 99,
            "bootstrap": 100,
            "seed": 1,
        },
        identity={"model": "m", "layer": 0},
    )
    rows = pd.read_csv(tmp_path / "scores.csv").set_index("measure")
    assert rows.value.to_dict() == {
        "overlapping_translated": 0.5,
        "overlapping_types": 1,
        "overlapping_tokens": 1,
    }
    # 20 of 30 concepts are whole; the others became two concepts each, of one half.
    assert rows.ceiling.round(3).eq(0.5).all()
    assert rows.over_ceiling.to_dict() == {
        "overlapping_translated": 1,
        "overlapping_types": 2,
        "overlapping_tokens": 2,
    }
    assert rows.loc["overlapping_translated", "null_p"] == pytest.approx(1 / 100)
    assert rows.loc[["overlapping_types", "overlapping_tokens"], ["null_p", "null_mean"]].isna().all(axis=None)
    assert (rows.loc[["overlapping_types", "overlapping_tokens"], "full_mixing"] > 0.8).all()
    assert len(pd.read_parquet(tmp_path / "draws.parquet")) == 99
    assert rows.change.to_dict() == {"overlapping_translated": 0.5, "overlapping_types": 0, "overlapping_tokens": 0}
    assert rows.loc["overlapping_translated", "change_p"] < 0.001
    assert rows.loc[["overlapping_types", "overlapping_tokens"], "change_p"].eq(1).all()
    # 15 of 30 pairs of concepts rose: 0.5 ± 1.96 sqrt(0.25 / 30).
    low, high = rows.loc["overlapping_translated", ["change_low", "change_high"]]
    assert (low, high) == (pytest.approx(0.32, abs=0.06), pytest.approx(0.68, abs=0.06))


def test_a_lexicon_of_other_languages_is_refused():
    table, pairs = planted_joint(0.5)
    with pytest.raises(IsoglossError, match="no overlap"):
        overlap_translations(table, pairs.rename(columns={"source": "target", "target": "source"}), "en")
    with pytest.raises(IsoglossError, match="lexicon is from fr"):
        overlap_translations(table, pairs, "fr")
