"""Anchors: so many lemmas with one language's form in all languages, and nothing else that is shared."""

from itertools import combinations, pairwise

import pandas as pd
import pytest

from isogloss.microworld import LANGUAGES, generate, generate_task
from isogloss.microworld.anchors import Anchors, content_lemmas

PARTS = [("parallel", 150, 1), ("training", 150, 1), ("test", 150, 7)]


def forms(table):
    """The forms of each lemma; of words without one under -1."""
    words = pd.DataFrame({"form": table.words.explode(), "lemma": table.lemmas.explode()})
    return words.groupby("form").lemma.agg(set).to_dict()


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part[0])
def test_without_anchors_no_two_languages_share_a_form(part):
    said = {language: set(forms(generate(language, *part, anchors=0))) for language in LANGUAGES}
    for one, other in combinations(LANGUAGES, 2):
        assert not said[one] & said[other]
    # Which they do otherwise.
    assert set(forms(generate("en", *part))) & set(forms(generate("de", *part)))


@pytest.mark.parametrize("count", [4, 30])
@pytest.mark.parametrize("source", ["en", "ru"])
def test_anchors_are_shared_and_nothing_else(count, source):
    lemmas = Anchors(count, 1, source).lemmas()
    assert len(lemmas) == count
    tables = {language: generate(language, "parallel", 400, 1, count, source) for language in ("en", "de", "ar", "ru")}
    said = {language: forms(table) for language, table in tables.items()}
    for one, other in combinations(tables, 2):
        shared = set(said[one]) & set(said[other])
        assert shared
        for form in shared:
            assert said[one][form] & lemmas
            assert said[other][form] & lemmas
    # Word by word the source's form, and the meanings, slots and labels are as before.
    for language, table in tables.items():
        plain = generate(language, "parallel", 400, 1)
        pd.testing.assert_frame_equal(table.drop(columns="words"), plain.drop(columns="words"))
        for row, other in zip(table.itertuples(), tables[source].itertuples(), strict=True):
            theirs = dict(zip(zip(other.slots, other.lemmas, strict=True), other.words, strict=True))
            for key, word in zip(zip(row.slots, row.lemmas, strict=True), row.words, strict=True):
                assert key[1] not in lemmas or word == theirs[key]


def test_fewer_anchors_are_among_more_and_all_content_words_can_be():
    draws = [Anchors(count, 5, "en").lemmas() for count in (0, 3, 9, len(content_lemmas()))]
    assert all(few < more for few, more in pairwise(draws))
    assert draws[-1] == set(content_lemmas())
    assert Anchors(9, 6, "en").lemmas() != draws[2]


def test_items_are_said_with_the_same_anchors():
    anchors = Anchors(6, 1, "en")
    known = {language: set(forms(generate(language, "training", 3000, 1, 6, "en"))) for language in ("en", "de")}
    for task in ("sentiment", "inference", "entities", "translation"):
        items = generate_task(task, "de", "test", 80, 3, "en", anchors)
        said = set(items.words.explode())
        assert len(said - known["de"]) <= 0.05 * len(said)
        if task == "translation":
            assert len(set(items.other_words.explode()) - known["en"]) <= 0.05 * len(said)
        assert said != set(generate_task(task, "de", "test", 80, 3, "en").words.explode())
