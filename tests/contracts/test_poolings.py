"""What holds for every pooling of words and of sentences."""

import numpy as np
import pytest
import torch

from isogloss.errors import IsoglossError
from isogloss.models.families import FAMILIES
from isogloss.models.words import Sentence
from isogloss.plan import plug_ins
from isogloss.plan.identity import reached
from isogloss.states.forward import pool_sentences, pool_words
from isogloss.states.pooling import SENTENCE_POOLINGS, WORD_POOLINGS, SentencePooling, poolings_of
from isogloss.states.settings import Activations

NAMES = [pooling.name for pooling in SENTENCE_POOLINGS]


@pytest.mark.parametrize("pooling", WORD_POOLINGS, ids=lambda pooling: pooling.__name__)
def test_a_word_s_vector_is_the_mean_of_its_pooling_s_subwords(pooling):
    states = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 9, 4))).float()
    spans = [[(1, 2), (2, 5)], [(1, 3), (4, 8)]]
    found = pool_words(spans, pooling, torch.device("cpu"))(states)["words"]
    flat = [(row, span) for row, group in enumerate(spans) for span in group]
    for vector, (row, span) in zip(found, flat, strict=True):
        start, stop = pooling(*span)
        assert span[0] <= start < stop <= span[1]
        torch.testing.assert_close(vector, states[row, start:stop].mean(0))
    assert Activations(pooling=pooling.__name__).pooling == pooling.__name__


@pytest.mark.parametrize("pooling", SENTENCE_POOLINGS, ids=NAMES)
def test_a_sentence_s_vector_is_the_mean_of_its_pooling_s_subwords(pooling):
    batch = [Sentence(list(range(size)), None, {}, 0, 0, np.array(text)) for size, text in ((6, [1, 2, 4]), (3, [1]))]
    for shift in (0, 1):
        states = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 6 + shift, 4))).float()
        found = pool_sentences(batch, (pooling.name,), torch.device("cpu"), shift)(states)[pooling.name]
        for vector, rows, sentence in zip(found, states, batch, strict=True):
            places = list(pooling.places(len(sentence.ids), sentence.text))
            weights = [pooling.weight(place) for place in places]
            expected = np.average(rows[[place + shift for place in places]], axis=0, weights=weights)
            np.testing.assert_allclose(vector, expected, rtol=1e-5, atol=1e-6)
    assert pooling.about


@pytest.mark.parametrize("summary", sorted({family.summary for family in FAMILIES.values()} | {"last"}))
@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_a_model_has_one_subword_that_stands_for_all_and_every_other_pooling(summary, stack):
    found = poolings_of(summary, stack)
    assert found[0] == (summary if stack == "encoder" else "last")
    assert len(found) == len(set(found))
    others = {one.name for one in SENTENCE_POOLINGS if not one.stands_for_all}
    for_decoders = {one.name for one in SENTENCE_POOLINGS if one.of_decoders}
    assert set(found[1:]) == (others if stack == "decoder" else others - for_decoders)


def test_position_weights_are_those_of_mexa():
    """Sum of t h_t over sum of t, t from 1: the t-th subword of the input, whatever it is."""
    states = torch.from_numpy(np.random.default_rng(2).normal(size=(1, 5, 3))).float()
    batch = [Sentence(list(range(5)), None, {}, 0, 0, np.array([1, 2, 3]))]
    found = pool_sentences(batch, ("position_weighted",), torch.device("cpu"))(states)["position_weighted"][0]
    total, weights = torch.zeros(3), 0
    for t in range(1, 6):
        total, weights = total + t * states[0, t - 1], weights + t
    torch.testing.assert_close(found, total / weights)


def test_extraction_hangs_on_no_pooling_of_words_but_the_one_in_its_params():
    found = {name for module, name in reached("isogloss.states.extract:extract") if module.endswith(".pooling")}
    assert "function_of" in found
    assert not found & {pooling.__name__ for pooling in WORD_POOLINGS}


def everything(start, stop):
    return 0, stop


def first(start, stop):
    return start, start + 1


@pytest.mark.parametrize(
    ("pooling", "told"),
    [(first, "2 poolings of words have the name 'first'"), (everything, "'everything': there is no function")],
)
def test_a_mistake_in_a_pooling_of_words_is_told_when_the_workflow_starts(pooling, told):
    plug_ins.check_poolings()
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_poolings(words=[*WORD_POOLINGS, pooling])


def test_a_pooling_of_words_that_takes_others_subwords_is_told(monkeypatch):
    monkeypatch.setattr(plug_ins, "check_function", lambda where, function: None)
    with pytest.raises(IsoglossError, match="'everything' gives 0 to 5 for the subwords 2 to 5"):
        plug_ins.check_poolings(words=[*WORD_POOLINGS, everything])


@pytest.mark.parametrize(
    ("name", "places", "told"),
    [
        ("mean", lambda size, text: text, "2 poolings of sentences have the name 'mean'"),
        ("none", lambda size, text: [], r"gives the places \[\]"),
        ("beyond", lambda size, text: [size], r"gives the places \[5\] for an input of 5 subwords"),
    ],
)
def test_a_mistake_in_a_pooling_of_sentences_is_told_when_the_workflow_starts(name, places, told):
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_poolings(sentences=[*SENTENCE_POOLINGS, SentencePooling(name, "what", places)])


def test_a_pooling_of_sentences_without_weight_is_told():
    pooling = SentencePooling("upside_down", "what", lambda size, text: range(size), weight=lambda place: -place)
    with pytest.raises(IsoglossError, match="'upside_down' gives a subword no weight"):
        plug_ins.check_poolings(sentences=[pooling])
