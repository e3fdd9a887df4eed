import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.measures.calign.compute import align_concepts, ceilings, pairs_table, score
from isogloss.statistics.nulls import permute_words


def clusters(rng, words, count, tokens):
    return pd.DataFrame({"word": rng.choice(words, tokens), "cluster": rng.integers(0, count, tokens)})


def lexicon(pairs, probability=1.0):
    return pd.DataFrame(
        [(s, t, probability, 1) for s, t in pairs], columns=["source", "target", "probability", "count"]
    )


def literal(source, target, table, match, size_ratio, min_types, top_n, convention):
    """The published rule, word by word: a double loop over concepts."""
    best = {}
    ordered = table.sort_values(["probability", "count", "target"], ascending=[False, False, True])
    for row in (table if convention == "released" else ordered).itertuples():
        best.setdefault(row.source, [])
        if len(best[row.source]) < top_n:
            best[row.source].append(row.target)
    types = [{label: set(group.word) for label, group in side.groupby("cluster")} for side in (source, target)]
    found = []
    for one, mine in types[0].items():
        for other, theirs in types[1].items():
            hits = sum(any(word in theirs for word in best.get(w, [])) for w in mine)
            if convention == "paper":
                ratio = min(len(mine), len(theirs)) / max(len(mine), len(theirs))
                fits = hits / len(mine) >= match and len(mine) >= min_types and ratio >= size_ratio
            else:
                fits = hits / len(mine) > match and len(mine) > min_types and len(mine) / len(theirs) > size_ratio
            if fits and hits:
                found.append((one, other))
    return sorted(found)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("convention", ["paper", "released"])
def test_same_pairs_as_the_double_loop(seed, convention):
    rng = np.random.default_rng(seed)
    left, right = [f"s{i}" for i in range(60)], [f"t{i}" for i in range(60)]
    source, target = clusters(rng, left, 12, 150), clusters(rng, right, 10, 150)
    table = pd.DataFrame(
        {
            "source": rng.choice(left, 300),
            "target": rng.choice(right, 300),
            "probability": rng.integers(1, 5, 300) / 5,
            "count": rng.integers(1, 4, 300),
        }
    ).drop_duplicates(["source", "target"])
    rule = {"match": 0.6, "size_ratio": 0.6, "min_types": 3, "top_n": 3, "convention": convention}
    result = align_concepts(source, target, table, null=0, **rule)
    expected = literal(source, target, table, **rule)
    assert result.pairs == expected
    assert result.aligned == len({pair[0] for pair in expected})
    assert result.concepts == source.cluster.nunique()


def planted(identical, seed=0, concepts=40, size=6):
    """Two languages of which the second's concepts hold the same meanings, or others."""
    rng = np.random.default_rng(seed)
    meanings = rng.permutation(concepts * size)
    source = pd.DataFrame({"word": [f"s{m}" for m in meanings], "cluster": np.repeat(np.arange(concepts), size)})
    other = meanings if identical else rng.permutation(concepts * size)
    target = pd.DataFrame({"word": [f"t{m}" for m in other], "cluster": np.repeat(np.arange(concepts), size)})
    return source, target, lexicon([(f"s{m}", f"t{m}") for m in meanings])


def test_identical_spaces_score_one_and_beat_their_null():
    result = align_concepts(*planted(True))
    assert result.score == 1
    assert result.null["null_high"] < 0.2
    assert result.null["null_p"] == pytest.approx(1 / 1000)


def test_independent_spaces_lie_inside_their_null():
    inside = 0
    for seed in range(20):
        null = (result := align_concepts(*planted(False, seed), match=0.3, null=199)).null
        inside += null["null_low"] <= result.score <= null["null_high"]
    assert inside >= 17


@pytest.mark.parametrize("convention", ["paper", "released"])
def test_a_draw_is_the_double_loop_on_a_permuted_lexicon(convention):
    rng = np.random.default_rng(3)
    left, right = [f"s{i}" for i in range(40)], [f"t{i}" for i in range(40)]
    source, target = clusters(rng, left, 12, 90), clusters(rng, right, 10, 90)
    table = lexicon({(str(s), str(t)) for s, t in zip(rng.choice(left, 120), rng.choice(right, 120), strict=True)})
    rule = {"match": 0.5, "size_ratio": 0.5, "min_types": 3, "convention": convention}
    # More draws than are held at a time, of which a few are told.
    result = align_concepts(source, target, table, null=300, seed=7, top_n=5, **rule)
    problem = result.problem
    frequencies = np.diff(problem.targets.indptr)
    [permutations] = permute_words(problem.translations, frequencies, 300, 7, held=300)
    # The best translations are chosen before words change places.
    rows, columns = problem.lexicon.nonzero()
    words = pd.factorize(source.word)[1]
    for draw in (0, 1, 150, 299):
        moved = [problem.translations[place] for place in permutations[draw][columns]]
        permuted = lexicon(zip(words[rows], moved, strict=True))
        expected = literal(source, target, permuted, top_n=40, **rule)
        assert result.draws[draw] == len({pair[0] for pair in expected})
    assert result.draws.std() > 0


def test_words_change_places_only_with_words_as_frequent():
    # Ten words in all ten concepts translate the source's, ninety words in one each are spread beneath them.
    source = pd.DataFrame({"word": [f"s{i}" for i in range(10)] * 10, "cluster": np.repeat(range(10), 10)})
    target = pd.DataFrame({"word": [f"t{i}" for i in range(10)] * 10, "cluster": np.repeat(range(10), 10)})
    rare = pd.DataFrame({"word": [f"r{i}" for i in range(90)], "cluster": np.arange(90) % 10})
    extra = pd.DataFrame({"word": [f"q{i}" for i in range(90)], "cluster": np.arange(90) // 9 + 10})
    table = lexicon([(f"s{i}", f"t{i}") for i in range(10)] + [(f"q{i}", f"r{i}") for i in range(90)])
    result = align_concepts(pd.concat([source, extra]), pd.concat([target, rare]), table, size_ratio=0.4)
    assert result.aligned == 10
    # Frequent words are matched in whatever order, so nothing is shown.
    assert (result.draws == 10).all()
    assert result.null["null_p"] == 1


def test_where_everything_is_aligned_whatever_the_lexicon_p_is_one():
    words = [f"w{i}" for i in range(8)]
    side = pd.DataFrame({"word": words * 6, "cluster": np.repeat(range(6), 8)})
    result = align_concepts(side, side, lexicon([(word, word) for word in words]))
    assert result.score == 1
    assert result.null["null_p"] == 1


def test_layers_of_a_pair_are_permuted_alike():
    first, second = planted(True), planted(True)
    shuffled = second[1].sample(frac=1, random_state=1)
    assert np.array_equal(align_concepts(*first).draws, align_concepts(second[0], shuffled, second[2]).draws)


def test_conventions_differ_exactly_at_equality():
    source = pd.DataFrame({"word": list("abcde"), "cluster": 0})
    target = pd.DataFrame({"word": list("ABCDX"), "cluster": 0})
    table = lexicon([("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")])
    assert align_concepts(source, target, table, null=0).aligned == 1
    assert align_concepts(source, target, table, convention="released", min_types=4, null=0).aligned == 0
    assert align_concepts(source, target, table, convention="released", min_types=4, match=0.79, null=0).aligned == 1


def test_released_size_test_has_one_direction():
    source = pd.DataFrame({"word": [f"s{i}" for i in range(10)], "cluster": 0})
    target = pd.DataFrame({"word": [f"t{i}" for i in range(4)], "cluster": 0})
    table = lexicon([(f"s{i}", "t0") for i in range(10)])
    assert align_concepts(source, target, table, null=0).aligned == 0
    assert align_concepts(source, target, table, convention="released", null=0).aligned == 1


def test_released_the_first_translations_of_the_lexicon_count():
    source = pd.DataFrame({"word": list("abcdef"), "cluster": 0})
    target = pd.DataFrame({"word": [*"ABCDEF", "other"], "cluster": [0] * 6 + [1]})
    good = lexicon([(w, w.upper()) for w in "abcdef"], 0.3)
    better = lexicon([(w, "other") for w in "abcdef"], 0.7)
    for parts, pairs in ([good, better], [(0, 0)]), ([better, good], []):
        found = align_concepts(source, target, pd.concat(parts), top_n=1, size_ratio=0.8, convention="released", null=0)
        assert [pair for pair in found.pairs if pair[1] == 0] == pairs
        assert align_concepts(source, target, pd.concat(parts), top_n=1, size_ratio=0.8, null=0).pairs == []


def test_only_the_best_translations_count():
    source = pd.DataFrame({"word": list("abcde"), "cluster": 0})
    target = pd.DataFrame({"word": list("ABCDE"), "cluster": 0})
    good = lexicon([(w, w.upper()) for w in "abcde"], 0.3)
    better = lexicon([(w, "nothing") for w in "abcde"], 0.7)
    table = pd.concat([good, better])
    assert align_concepts(source, target, table, top_n=2, null=0).aligned == 1


def test_pairs_table_shows_the_best_counterpart():
    source, target, table = planted(True, concepts=5)
    shown = pairs_table(align_concepts(source, target, table, null=0), source, target)
    assert shown.aligned.all()
    assert (shown.coverage == 1).all()
    assert (shown.source_cluster == shown.target_cluster).all()


@pytest.mark.parametrize("convention", ["paper", "released"])
@pytest.mark.parametrize("min_types", [4, 5, 6])
def test_pairs_table_lists_the_concepts_that_count(convention, min_types):
    source, target = (pd.DataFrame({"word": list(words), "cluster": [0] * 5 + [1] * 6}) for words in
                      ("abcdefghijk", "ABCDEFGHIJK"))  # fmt: skip
    table = lexicon([(word, word.upper()) for word in "abcdefghijk"])
    result = align_concepts(source, target, table, convention=convention, min_types=min_types, null=0)
    counted = [size for size in (5, 6) if (size > min_types if convention == "released" else size >= min_types)]
    assert len(pairs_table(result, source, target)) == result.eligible == len(counted)


def test_a_lexicon_of_other_languages_is_refused():
    source, target, _ = planted(True)
    with pytest.raises(IsoglossError, match="no overlap"):
        align_concepts(source, target, lexicon([("chien", "dog")]))


SETTINGS = {
    "match": 0.8,
    "size_ratio": 0.6,
    "min_types": 5,
    "top_n": 10,
    "convention": "paper",
    "null": 199,
    "bootstrap": 200,
    "seed": 1,
}


def scored(folder, tables, table, again, before=()):
    """The tables that one cell leaves: scores, draws."""
    places = {"sources": [], "targets": [], "sources_before": [], "targets_before": []}
    for when, both in (("", tables), ("_before", before)):
        for number, sides in enumerate(both):
            for side, rows in zip(("sources", "targets"), sides, strict=True):
                places[side + when].append(folder / f"{side}{when}{number}.parquet")
                rows = rows.assign(sentence=range(len(rows)), position=0, language=side)
                rows.to_parquet(places[side + when][-1])
    table.to_parquet(folder / "lexicon.parquet")
    again.assign(sentence=0, position=0, language="sources").to_parquet(folder / "again.parquet")
    score(
        **places,
        again=folder / "again.parquet",
        lexicon=folder / "lexicon.parquet",
        output=folder / "scores.csv",
        pairs_output=folder / "pairs.parquet",
        draws_output=folder / "draws.parquet",
        settings=SETTINGS,
        identity={"model": "m", "layer": 0},
    )
    return pd.read_csv(folder / "scores.csv").set_index("measure"), pd.read_parquet(folder / "draws.parquet")


def test_seeds_are_pooled_and_their_spread_is_told(tmp_path):
    good, bad = planted(True), planted(False, 1)
    rows, draws = scored(tmp_path, [good[:2], bad[:2]], good[2], good[0])
    row = rows.loc["aligned"]
    assert (row.numerator, row.denominator, row.value) == (40, 80, 0.5)
    assert (row.seeds, row.seeds_low, row.seeds_high) == (2, 0, 1)
    assert row.null_draws == len(draws) == 199
    assert row.null_mean == pytest.approx(draws.aligned.mean() / 80)
    assert row.null_p == pytest.approx(1 / 200)
    # As wide as one clustering of 40 concepts has it: 0.5 ± 1.96 sqrt(0.25 / 40).
    assert row.boot_low == pytest.approx(0.345, abs=0.05)
    assert row.boot_high == pytest.approx(0.655, abs=0.05)


def test_the_ceiling_is_the_language_with_itself(tmp_path):
    source, target, table = planted(True)
    # From the other seed every other concept of the source language has fallen to pieces of one word each.
    pieces = 100 + np.arange(len(source))
    astray = source.assign(cluster=np.where(source.cluster % 2, source.cluster, pieces))
    assert ceilings(source, astray, {name: value for name, value in SETTINGS.items() if name != "bootstrap"}) == {
        # 20 of 40 concepts one way, 20 of 20 and 120 pieces the other; the pieces are too small to be eligible.
        "aligned": 40 / 180,
        "aligned_eligible": 40 / 60,
    }
    rows, _ = scored(tmp_path, [(source, target)], table, astray)
    assert rows.loc["aligned", "over_ceiling"] == pytest.approx(180 / 40)
    assert rows.loc["aligned_eligible", "over_ceiling"] == pytest.approx(1.5)


def test_nothing_eligible_is_empty_not_significant(tmp_path):
    source, target, table = planted(True, size=4)
    rows, _ = scored(tmp_path, [(source, target)], table, source)
    assert rows.loc["aligned", "null_p"] == 1
    assert rows.loc["aligned_eligible", ["value", "null_p", "null_mean", "boot_low", "ceiling"]].isna().all()


def test_a_change_is_told_by_pairs_of_concepts(tmp_path):
    # Half of what was aligned falls to pieces; the other half, and all seeds, stay as they are.
    source, target, table = planted(True)
    before = [(source, target)] * 2
    halved = target.assign(cluster=np.where(target.cluster % 2, target.cluster, 1000 + np.arange(len(target))))
    rows, _ = scored(tmp_path, [(source, halved)] * 2, table, source, before)
    row = rows.loc["aligned"]
    assert (row.value, row.change) == (0.5, -0.5)
    # Of 40 pairs, 20 fell; they are as many whatever the seeds: 0.5 ± 1.96 sqrt(0.25 / 40).
    assert row[["change_low", "change_high"]].tolist() == pytest.approx([-0.655, -0.345], abs=0.05)
    # Draws of two seeds are held against the change as if they were of one.
    assert row.change_p < 0.001
    rows, _ = scored(tmp_path, before, table, source, before)
    assert rows.loc["aligned", ["change", "change_low", "change_high", "change_p"]].tolist() == [0, 0, 0, 1]


def test_without_a_model_before_there_is_no_change(tmp_path):
    source, target, table = planted(True)
    rows, _ = scored(tmp_path, [(source, target)], table, source)
    assert rows[["change", "change_low", "change_high", "change_p"]].isna().all(axis=None)
