import numpy as np
import pytest
import tiny_families
from transformers import AutoTokenizer

from isogloss.errors import IsoglossError
from isogloss.models.subwords import train_tokenizer
from isogloss.models.words import check_subwords, in_language, locate, read_sentences, set_language

LONG = [sentence.split() for sentence in tiny_families.SENTENCES]


@pytest.fixture(params=[*tiny_families.FORMS, "m2m_100"])
def tokenizer(request, tmp_path):
    tiny_families.tokenizer_of(request.param).save_pretrained(tmp_path)
    return AutoTokenizer.from_pretrained(tmp_path)


def letters(tokenizer, text, ids):
    """What the subwords stand for, without spaces."""
    return "".join(tokenizer.decode(ids).split())


def test_subwords_are_those_of_the_plain_sentence(tokenizer):
    for words, sentence in zip(LONG, read_sentences(tokenizer, LONG, 200), strict=True):
        assert sentence.ids == tokenizer(" ".join(words)).input_ids
        assert [sentence.ids[place] for place in sentence.text] == tokenizer(
            " ".join(words), add_special_tokens=False
        ).input_ids
        assert sentence.words == sentence.cut == len(words)


def test_every_word_has_the_subwords_that_spell_it(tokenizer):
    # Letters that every one of the vocabularies has, so that each word can be read back from its subwords.
    words = "The teacher loves a very important letter. Don't read it, it's unbelievably strong".split()  # noqa: SIM905
    (sentence,) = read_sentences(tokenizer, [words], 200)
    assert list(sentence.spans) == list(range(len(words)))
    for word, (start, stop) in sentence.spans.items():
        assert letters(tokenizer, words, sentence.ids[start:stop]) == words[word]
    covered = [index for start, stop in sentence.spans.values() for index in range(start, stop)]
    assert covered == list(sentence.text)


def test_words_of_text_without_spaces_are_found_by_their_letters(tokenizer):
    words, text = ["我", "爱", "北京", "天安门", "，", "他", "用", "Linux", "系统"], "我爱北京天安门，他用Linux系统"
    (sentence,) = read_sentences(tokenizer, [words], 200, texts=[text])
    assert sentence.ids == tokenizer(text).input_ids
    assert list(sentence.spans) == list(range(len(words)))
    offsets = tiny_families.letters_of(tokenizer, text)
    for (start, stop), (first, end) in zip(locate(words, text), sentence.spans.values(), strict=True):
        expected = [i for i in sentence.text if offsets[i][0] < stop and offsets[i][1] > start]
        assert set(expected) <= set(range(first, end))
        # No more than those, but for a mark of a space in front.
        assert end == expected[-1] + 1
        assert expected[0] - first in (0, 1)


def test_a_word_that_does_not_fit_whole_is_cut(tokenizer):
    words = LONG[0]
    (whole,) = read_sentences(tokenizer, [words], 200)
    special = len(whole.ids) - len(whole.text)
    for length in range(special + 1, len(whole.ids) + 1):
        (cut,) = read_sentences(tokenizer, [words], length)
        room = length - special
        fits = [word for word, (_, stop) in whole.spans.items() if stop <= whole.text[0] + room]
        assert list(cut.spans) == fits
        assert cut.cut == len(fits)
        assert {word: whole.spans[word] for word in fits} == cut.spans
        assert cut.ids == tokenizer(" ".join(words), truncation=True, max_length=length).input_ids


def test_both_sentences_of_a_pair_are_text(tokenizer):
    if not tokenizer.is_fast:  # no family that has one takes pairs
        with pytest.raises(IsoglossError, match="reads no pairs of texts; save"):
            read_sentences(tokenizer, [LONG[0]], 200, others=[LONG[2]])
        return
    (pair,) = read_sentences(tokenizer, [LONG[0]], 200, others=[LONG[2]])
    plain = tokenizer(" ".join(LONG[0]), " ".join(LONG[2]))
    assert pair.ids == plain.input_ids
    assert pair.types == plain.get("token_type_ids")
    assert pair.spans == {}
    alone = [tokenizer(" ".join(words), add_special_tokens=False).input_ids for words in (LONG[0], LONG[2])]
    assert [pair.ids[place] for place in pair.text][: len(alone[0])] == alone[0]
    assert len(pair.text) == len(alone[0]) + len(alone[1])


@pytest.mark.parametrize("family", ["bert", "t5"])
def test_tokenizers_trained_here_read_words_as_they_always_did(family, tmp_path):
    train_tokenizer({"en": LONG}, 200, family).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    # Even of a text without spaces: they were trained on single words.
    given = read_sentences(tokenizer, LONG, 200, texts=["".join(words) for words in LONG])
    for words, sentence in zip(LONG, given, strict=True):
        split = tokenizer(words, is_split_into_words=True)
        owners = split.word_ids()
        assert sentence.ids == split.input_ids
        expected = {}
        for index, owner in enumerate(owners):
            if owner is not None:
                expected[owner] = (expected.get(owner, (index,))[0], index + 1)
        assert sentence.spans == expected


def test_words_are_looked_up_in_order_and_must_be_there():
    assert locate(["a", "a", "ba"], "a ba ba") == [(0, 1), (3, 4), (5, 7)]
    with pytest.raises(IsoglossError, match="does not hold its word 'x'"):
        locate(["a", "x"], "a b")


def test_of_words_that_share_a_subword_only_the_first_starts_there():
    tokenizer = tiny_families.tokenizer_of("xlm-roberta")
    (sentence,) = read_sentences(tokenizer, [["lett", "er"]], 200, texts=["letter"])
    assert sentence.spans[0][1] > sentence.spans[1][0] or sentence.spans[0][1] == sentence.spans[1][0]
    starts = sentence.first_subwords()
    assert len(set(starts.values())) == len(starts)
    assert np.all(np.diff(sentence.text) == 1)


def test_subwords_that_say_nothing_or_have_no_embedding_are_refused(tmp_path, caplog):
    tiny_families.tokenizer_of("wordpiece").save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    known, half, unknown = (
        read_sentences(tokenizer, [words], 50) for words in (["letter"], ["a", "犬"], ["犬", "犬", "a"])
    )
    check_subwords(tokenizer, len(tokenizer), known + half, "T")
    with pytest.raises(IsoglossError, match=r"^T: 2 of 3 subwords are unknown \(\[UNK\]\)"):
        check_subwords(tokenizer, len(tokenizer), unknown, "T")
    check_subwords(tokenizer, len(tokenizer), unknown, "T", must_know=False)
    assert "T: 2 of 3 subwords are unknown" in caplog.text
    highest = max(known[0].ids)
    check_subwords(tokenizer, highest + 1, known, "T")
    with pytest.raises(IsoglossError, match=f"^T: it gives subword {highest}, but .* {highest} only"):
        check_subwords(tokenizer, highest, known, "T")


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["wordpiece", "xlm-roberta", "t5", "m2m_100"])
def test_a_space_before_an_unknown_word_is_no_known_subword(name, seed, tmp_path):
    tiny_families.tokenizer_of(name).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    random = np.random.default_rng(seed)
    strange = ["".join(random.choice([*"ⰀⰁⰂⰃⰄⰅ"], 3)) for _ in range(random.integers(4, 30))]
    sentences = read_sentences(tokenizer, [[*strange, "a"]], 200)
    with pytest.raises(IsoglossError, match="subwords are unknown"):
        check_subwords(tokenizer, 10_000, sentences, "T")
    known = read_sentences(tokenizer, [[*strange[:2], *LONG[0]]], 200)
    check_subwords(tokenizer, 10_000, known, "T")


def test_bytes_are_never_unknown(tmp_path):
    tiny_families.tokenizer_of("qwen2").save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    check_subwords(tokenizer, len(tokenizer), read_sentences(tokenizer, [["собака", "犬"]], 50), "T")


def test_a_tokenizer_that_marks_the_language_is_told_it(tmp_path):
    tiny_families.tokenizer_of("mbart").save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for language, sign in (("de", "de_DE"), ("zh", "zh_CN"), (None, "zh_CN")):
        set_language(tokenizer, language)
        (sentence,) = read_sentences(tokenizer, [["letter"]], 50)
        assert tokenizer.convert_ids_to_tokens(sentence.ids)[-2:] == ["</s>", sign]
    # What its only sign for Chinese stands for is written otherwise than zh-hant.
    for language in ("xx", "zh-hant"):
        with pytest.raises(IsoglossError, match=f"has 0 marks for '{language}'"):
            set_language(tokenizer, language)
    set_language(tiny_families.tokenizer_of("roberta"), "xx")


def test_nllb_is_told_the_language_by_its_longer_code(tmp_path):
    tiny_families.tokenizer_of("nllb").save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for language, sign in (("de", "deu_Latn"), ("ru", "rus_Cyrl"), ("zh", "zho_Hans"), ("deu", "deu_Latn")):
        set_language(tokenizer, language)
        (sentence,) = read_sentences(tokenizer, [["letter"]], 50)
        assert tokenizer.convert_ids_to_tokens(sentence.ids)[0] == sign


@pytest.mark.parametrize("form", ["marian", "m2m_100"])
def test_a_special_token_in_the_text_of_a_tokenizer_of_pieces_is_refused(form, tmp_path):
    tiny_families.tokenizer_of(form).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    with pytest.raises(IsoglossError, match=r"The text 'a </s> letter' holds '</s>', which .* special token\. Take"):
        read_sentences(tokenizer, [["letter"], ["a", "</s>", "letter"]], 50)


def test_marian_reads_what_is_written_with_the_other_model(tmp_path):
    tiny_families.tokenizer_of("marian").save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for words in LONG:
        text = " ".join(words)
        for longest in (200, 9):
            with in_language(tokenizer, "de", written=True):
                (written,) = read_sentences(tokenizer, [words], longest)
            (read,) = read_sentences(tokenizer, [words], longest)
            assert read.ids == tokenizer(text, truncation=True, max_length=longest).input_ids
            assert written.ids == tokenizer(text_target=text, truncation=True, max_length=longest).input_ids
    assert read.ids != written.ids
