import unicodedata

import numpy as np
import pytest

from isogloss.errors import IsoglossError
from isogloss.microworld import LANGUAGES, generate
from isogloss.microworld.realise import Grammar, lemma_number, realise
from isogloss.microworld.world import Meaning, meanings, read

# Der gute Lehrer liebt den guten Brief in der Schule: topic school, any-verb "loves".
GOOD = Meaning(0, 1, 1, 0, 0, 3, 0, 0, -1, -1)


def said(language, meaning=GOOD):
    return " ".join(token.form for token in realise(meaning, Grammar(language)))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "the good teacher loves the good letter in the school"),
        ("de", "der gute Lehrer liebt den guten Brief in der Schule"),
        ("es", "el maestro bueno ama la carta buena en la escuela"),
        ("ru", "хороший учитель любит хорошее письмо в школе"),
        ("tr", "iyi öğretmen okulda iyi mektubu seviyor"),
        ("ar", "يحب المعلم الجيد الرسالة الجيدة في المدرسة"),
        ("el", "ο καλός δάσκαλος αγαπά το καλό γράμμα στο σχολείο"),
        ("zh", "好 老师 在 学校 里 喜爱 好 信"),
        ("hi", "अच्छा शिक्षक विद्यालय में अच्छा पत्र चाहता है"),
    ],
)
def test_sentences_are_proper(language, sentence):
    assert said(language) == sentence


def test_agreement_follows_the_subject():
    feminine = Meaning(0, 1, 1, 1, 0, 0, 0, -1, -1, -1)
    assert said("ar", feminine).split()[0] == "تحب"
    assert said("hi", feminine).endswith("चाहती है")
    assert "хорошую книгу" in said("ru", feminine)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language):
    world, words = read("world"), read(language)
    for part in ("subjects", "objects", "places"):
        assert {topic: len(words[part][topic]) for topic in world["topics"]} == {
            topic: len(world[part][topic]) for topic in world["topics"]
        }
    for part in ("verbs", "any_verbs", "adjectives", "adverbs"):
        for polarity in ("positive", "negative"):
            assert len(words[part][polarity]) == len(world[part][polarity])
    assert len(words["names"]) == len(world["names"])
    assert len(words["cities"]) == len(world["cities"])
    text = " ".join(form for row in generate(language, "test", 100, 1).words for form in row)
    assert unicodedata.is_normalized("NFC", text)
    assert "*" not in text
    assert "/" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_content_slots_say_the_same_in_every_language(language):
    english, other = generate("en", "test", 200, 3), generate(language, "test", 200, 3)
    for mine, theirs in zip(english.itertuples(), other.itertuples(), strict=True):
        meant = {slot: lemma for slot, lemma in zip(mine.slots, mine.lemmas, strict=True) if 0 <= slot < 8}
        also = {slot: lemma for slot, lemma in zip(theirs.slots, theirs.lemmas, strict=True) if 0 <= slot < 8}
        assert meant == also


def test_splits_share_no_meaning():
    parts = [set(meanings(split, 400, seed)) for seed in (1, 2) for split in ("parallel", "training", "test")]
    for one in (0, 3):
        for other in (1, 2, 4, 5):
            assert not parts[one] & parts[other]


def test_same_seed_same_sentences():
    first, second = generate("th", "parallel", 50, 9), generate("th", "parallel", 50, 9)
    assert first.equals(second)
    assert not first.words.equals(generate("th", "parallel", 50, 10).words)


def test_anchors_say_nothing_of_polarity():
    table = generate("en", "training", 6000, 1)
    base = table.sentiment.mean()
    assert abs(base - 0.5) < 0.05
    for name in read("world")["names"] + read("world")["cities"]:
        has = table.words.map(lambda row, name=name: name in row)
        if has.sum() > 50:
            assert abs(table.sentiment[has].mean() - base) < 4 * np.sqrt(0.25 / has.sum())


def test_shape_of_the_corpus():
    table = generate("en", "parallel", 500, 1)
    assert 6 < table.words.map(len).mean() < 11
    assert set(table.entities.explode()) == {"O", "B-PER", "B-LOC"}
    assert len(set(map(tuple, table.words))) == 500
    assert lemma_number("article") == 0


def test_unknown_language_lists_those_there_are():
    with pytest.raises(IsoglossError, match=r"no language 'nl'.*ar, bg, de"):
        generate("nl", "test", 1, 1)
