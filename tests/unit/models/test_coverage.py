import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from isogloss.errors import IsoglossError
from isogloss.models.coverage import check_coverage, unknown_share

KNOWN = {"[UNK]": 0, "the": 1, "dog": 2, "##s": 3}


def wordpiece(unknown="[UNK]"):
    made = Tokenizer(models.WordPiece(KNOWN, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=made, unk_token=unknown)


@pytest.mark.parametrize(
    ("sentences", "share"),
    [
        ([["the", "dogs"]], 0.0),
        ([["the", "Hund"]], 0.5),
        ([["the"], ["der", "Hund", "the"]], 0.5),
        ([["собака"]], 1.0),
        ([["the", "\u200b"]], 0.5),
        ([], 0.0),
    ],
)
def test_the_share_of_words_with_an_unknown_subword(sentences, share):
    assert unknown_share(wordpiece(), sentences) == share


def test_bytes_are_never_unknown():
    made = Tokenizer(
        models.BPE({letter: place for place, letter in enumerate(pre_tokenizers.ByteLevel.alphabet())}, [])
    )
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    assert unknown_share(PreTrainedTokenizerFast(tokenizer_object=made), [["собака", "犬"]]) == 0.0


def test_mostly_unknown_text_is_refused_by_name():
    check_coverage(wordpiece(), [["the", "Hund"]], "talks (de)", "xglm")
    with pytest.raises(IsoglossError, match=r"tokenizer of xglm makes unknowns of 100% of the words of talks \(ru\)"):
        check_coverage(wordpiece(), [["собака"]], "talks (ru)", "xglm")
