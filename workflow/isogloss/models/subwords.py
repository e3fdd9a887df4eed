"""Subword tokenizers trained on the spot, for models that are trained or made here.

Words come split at whitespace (or by a segmenter) and stay whole before the subword model sees them, so that
every piece belongs to exactly one word and ``word_ids()`` counts the corpus's own words. There is no
lower-casing and no stripping of accents: two languages must not be made
to share forms that they do not share.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from isogloss.errors import IsoglossError

Family = Literal["bert", "t5", "gpt"]

BERT_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
GPT_SPECIAL = ("<pad>", "<s>", "<unk>")
T5_SPECIAL = ("<pad>", "</s>", "<unk>", "<extra_id_0>")


def train_tokenizer(
    texts: Mapping[str, Iterable[Sequence[str]]],
    vocabulary: int,
    family: Family = "bert",
    max_length: int = 128,
) -> PreTrainedTokenizerFast:
    """Train a subword tokenizer on the words of several languages.

    ``bert`` gives WordPiece with ``[CLS]`` and ``[SEP]``; ``t5`` gives byte-pair encoding with
    SentencePiece's mark of a word's start and a closing ``</s>``; ``gpt`` the same with an opening ``<s>``
    instead. The same texts give the same tokenizer, byte for byte.

    Parameters
    ----------
    texts
        For each language its sentences, each a sequence of words.
    vocabulary
        Most entries that the tokenizer may have, special tokens included. There may be fewer when the texts
        hold too few different words.
    family
        The kind of model that the tokenizer is for.
    max_length
        Longest input in pieces, special tokens included (``model_max_length``).

    Returns
    -------
    PreTrainedTokenizerFast
        Survives ``save_pretrained`` and ``AutoTokenizer.from_pretrained``. Its ``trained_on_words`` tells
        :mod:`isogloss.models.words` to put a space between any two words.

    Raises
    ------
    IsoglossError
        If there are no words, or the vocabulary cannot hold the special tokens and the letters.
    """
    special = {"bert": BERT_SPECIAL, "t5": T5_SPECIAL, "gpt": GPT_SPECIAL}.get(family)
    if special is None:
        raise IsoglossError(f"There is no tokenizer family {family!r}; choose bert, t5 or gpt.")
    counts: Counter[str] = Counter()
    for word, count in Counter(word for sentences in texts.values() for words in sentences for word in words).items():
        counts[unicodedata.normalize("NFC", word)] += count
    letters: Counter[str] = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    if not letters:
        raise IsoglossError("The training texts hold no words, so no tokenizer can be trained on them.")
    if vocabulary < len(special) + 32:
        raise IsoglossError(f"A vocabulary of {vocabulary} is too small; take at least {len(special) + 32}.")
    # Rare letters beyond half of the room become unknown, so that frequent words still get pieces.
    room = (vocabulary - len(special)) // (4 if family == "bert" else 2)
    alphabet = sorted(sorted(letters, key=lambda letter: (-letters[letter], letter))[:room])
    words = [word for word in sorted(counts) for _ in range(counts[word])]
    if family == "bert":
        tokenizer = wordpiece(words, vocabulary, alphabet)
    else:
        tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
        tokenizer.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            special_tokens=list(special),
            initial_alphabet=[*alphabet, "▁"],
            limit_alphabet=len(alphabet) + 1,
            show_progress=False,
        )
        tokenizer.train_from_iterator(words, trainer)
    if family == "bert":
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
        )
        names = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
    elif family == "gpt":
        return opened(tokenizer, max_length)
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
        )
        names = {"pad": "<pad>", "unk": "<unk>", "eos": "</s>", "mask": "<extra_id_0>"}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
        trained_on_words=True,
        **{f"{role}_token": token for role, token in names.items()},
    )


def wordpiece(words: Sequence[str], vocabulary: int, alphabet: Sequence[str]) -> Tokenizer:
    """Train WordPiece on ``words``, with entries numbered the same way each time.

    The library numbers the letters within words (``##x``) in the order of a hash table, which changes
    from one process to the next, and ties between merges follow the numbers. So these entries are given to it
    first, as if they were special; the tokenizer that is returned does not treat them so.
    """
    within = [f"##{letter}" for letter in alphabet]
    draft = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    draft.normalizer = normalizers.NFC()
    draft.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=[*BERT_SPECIAL, *within],
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    draft.train_from_iterator(words, trainer)
    model = models.WordPiece(draft.get_vocab(), unk_token="[UNK]", max_input_chars_per_word=100)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    tokenizer.add_special_tokens(list(BERT_SPECIAL))
    return tokenizer


def letter_tokenizer(texts: Mapping[str, Iterable[Sequence[str]]], max_length: int) -> PreTrainedTokenizerFast:
    """Make a tokenizer in which each letter is a piece, for a decoder alone.

    Parameters
    ----------
    texts, max_length
        See :func:`train_tokenizer`.
    """
    letters = sorted(
        {letter for sentences in texts.values() for words in sentences for word in words for letter in word}
    )
    vocabulary = {piece: number for number, piece in enumerate((*GPT_SPECIAL, *letters))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex("."), "isolated")]
    )
    return opened(tokenizer, max_length)


def opened(tokenizer: Tokenizer, max_length: int) -> PreTrainedTokenizerFast:
    """Let a decoder's sentences begin with a mark, so that the first piece is said after something."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        clean_up_tokenization_spaces=False,
        trained_on_words=True,
        pad_token="<pad>",
        bos_token="<s>",
        unk_token="<unk>",
    )
