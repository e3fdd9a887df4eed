import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.measures.calign.compute import align_concepts, pairs_table


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
    for row in ordered.itertuples():
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
    result = align_concepts(source, target, table, null=0, bootstrap=0, **rule)
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
    assert result.null["aligned"]["null_high"] < 0.2
    assert result.null["aligned"]["null_p"] == pytest.approx(1 / 101)


def test_independent_spaces_lie_inside_their_null():
    inside = 0
    for seed in range(20):
        result = align_concepts(*planted(False, seed), match=0.3, bootstrap=0)
        inside += result.null["aligned"]["null_low"] <= result.score <= result.null["aligned"]["null_high"]
    assert inside >= 17


def test_p_values_under_the_null_are_not_small():
    values = [
        align_concepts(*planted(False, seed), match=0.3, bootstrap=0, seed=seed).null["aligned"]["null_p"]
        for seed in range(40)
    ]
    assert np.mean(np.array(values) <= 0.1) <= 0.25
    assert min(values) >= 1 / 101


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


def test_only_the_best_translations_count():
    source = pd.DataFrame({"word": list("abcde"), "cluster": 0})
    target = pd.DataFrame({"word": list("ABCDE"), "cluster": 0})
    good = lexicon([(w, w.upper()) for w in "abcde"], 0.3)
    better = lexicon([(w, "nothing") for w in "abcde"], 0.7)
    table = pd.concat([good, better])
    assert align_concepts(source, target, table, top_n=2, null=0).aligned == 1


def test_bootstrap_interval_holds_the_score():
    result = align_concepts(*planted(True))
    assert result.boot["aligned"] == {"boot_low": 1, "boot_high": 1}
    source, target, table = planted(True)
    half = table[table.source.isin(set(source.word[source.cluster < 20]))]
    result = align_concepts(source, target, half)
    assert result.score == 0.5
    # The normal approximation: 0.5 ± 1.96 sqrt(0.25 / 40).
    assert result.boot["aligned"]["boot_low"] == pytest.approx(0.345, abs=0.04)
    assert result.boot["aligned"]["boot_high"] == pytest.approx(0.655, abs=0.04)


def test_pairs_table_shows_the_best_counterpart():
    source, target, table = planted(True, concepts=5)
    shown = pairs_table(align_concepts(source, target, table, null=0), source, target, 5)
    assert shown.aligned.all()
    assert (shown.coverage == 1).all()
    assert (shown.source_cluster == shown.target_cluster).all()


def test_a_lexicon_of_other_languages_is_refused():
    source, target, _ = planted(True)
    with pytest.raises(IsoglossError, match="no overlap"):
        align_concepts(source, target, lexicon([("chien", "dog")]))
