import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.measures.colap.compute import overlap_concepts


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
        result = overlap_concepts(table, threshold=0.4, count=count, convention=convention, null=0, bootstrap=0)
        assert result.clusters == literal(table, 0.4, count, convention)
        assert result.concepts == table.cluster.nunique()


def test_the_threshold_itself_counts_in_the_paper_only():
    table = pd.DataFrame({"word": [f"w{i}" for i in range(10)], "language": ["en"] * 3 + ["de"] * 7, "cluster": 0})
    assert overlap_concepts(table, null=0).score == 1
    assert overlap_concepts(table, convention="released", null=0).score == 0


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
    assert result.null["null_low"] > 0.5
    assert result.null["null_p"] == 1


def test_one_language_is_refused():
    with pytest.raises(IsoglossError, match="two languages"):
        overlap_concepts(pd.DataFrame({"word": ["a"], "language": ["en"], "cluster": [0]}))
