"""From words to subwords: a tokenizer reads the running sentence, and its offsets tell which subwords are a word's.

A tokenizer that is given words one by one reads something else than the sentence: a byte-level one glues them together,
or puts a space where there is none, without a sign. So the sentence is given as it stands, and words are looked up in
it by their letters.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from isogloss.errors import IsoglossError
from isogloss.models.language_signs import sign_of, signs_among
from isogloss.models.pieces import encode_pieces

log = logging.getLogger(__name__)

# Tokenizers are asked for so many sentences at a time, so that their answers do not pile up.
SLICE = 1000


@dataclass
class Sentence:
    """What a model reads of a sentence, or of a pair of sentences.

    Attributes
    ----------
    ids
        Subword numbers with the special tokens, as the tokenizer gives them for the running sentence.
    types
        The sentence that each subword is of, for tokenizers that tell the model so; None for others.
    spans
        Word position -> (first, one past the last) subword position, of the words that have any. Words share a
        subword that has letters of both. Not told of pairs.
    words
        Number of words of the first sentence.
    cut
        Position of the first word that lies beyond the length limit, even in part; ``words`` if none does.
    text
        Positions of the subwords that are text, not special tokens.
    """

    ids: list[int]
    types: list[int] | None
    spans: dict[int, tuple[int, int]]
    words: int
    cut: int
    text: np.ndarray

    def first_subwords(self) -> dict[int, int]:
        """Give the subword at which each word starts, by word; of words that share one, the first has it."""
        found: dict[int, int] = {}
        for word, (start, _) in self.spans.items():
            if start not in found.values():
                found[word] = start
        return found


def read_sentences(
    tokenizer: Any,
    sentences: Sequence[Sequence[str]],
    max_length: int,
    *,
    texts: Sequence[str] | None = None,
    others: Sequence[Sequence[str]] | None = None,
    other_texts: Sequence[str] | None = None,
) -> list[Sentence]:
    """Split sentences into subwords, and tell which are whose.

    Parameters
    ----------
    tokenizer
        See :func:`isogloss.models.load.load_tokenizer`.
    sentences
        Each a sequence of words.
    max_length
        Most subwords, special tokens included; what is beyond is cut as the tokenizer cuts.
    texts
        The running sentences, which hold the words in their order; words joined by spaces where nothing is said.
    others, other_texts
        Second sentences of pairs.

    Raises
    ------
    IsoglossError
        If a sentence does not hold its words.
    """
    firsts = running(tokenizer, sentences, texts)
    seconds = None if others is None else running(tokenizer, others, other_texts)
    found = []
    for start in range(0, len(firsts), SLICE):
        part = slice(start, start + SLICE)
        encodings, types = encode(tokenizer, firsts[part], None if seconds is None else seconds[part], max_length)
        for row, words in enumerate(sentences[part]):
            encoding = encodings[row]
            cut, spans = len(words), {}
            if seconds is None:
                places = locate(words, firsts[start + row])
                spans = subwords_of(encoding, places)
                if encoding.overflowing:
                    beyond = min(left for _, (left, _) in text_of(encoding.overflowing[0]))
                    cut = next(number for number, (_, right) in enumerate(places) if right > beyond)
                    spans = {word: span for word, span in spans.items() if word < cut}
            text = np.array([index for index, _ in text_of(encoding)], dtype=int)
            found.append(Sentence(encoding.ids, types and types[row], spans, len(words), cut, text))
    return found


def encode(
    tokenizer: Any, texts: Sequence[str], others: Sequence[str] | None, max_length: int
) -> tuple[Sequence[Any], Any]:
    """Split texts, or pairs of them, into subwords: encodings, and by text the types of its subwords if it has any."""
    if tokenizer.is_fast:
        encoded = tokenizer(texts, others, truncation=True, max_length=max_length, return_attention_mask=False)
        return encoded.encodings, encoded.get("token_type_ids")
    if others is not None:
        raise IsoglossError("This tokenizer reads no pairs of texts; save a fast one (tokenizer.json).")
    return [encode_pieces(tokenizer, text, max_length) for text in texts], None


def set_language(tokenizer: Any, language: str | None) -> None:
    """Tell a tokenizer that gives each text a sign of its language (mBART's, NLLB's, M2M-100's) which one that is.

    Parameters
    ----------
    tokenizer
        Others are left as they are.
    language
        The language's code; None where it is not known, and then the tokenizer's own choice stays.

    Raises
    ------
    IsoglossError
        If the tokenizer has no sign for it.
    """
    if language is None or getattr(tokenizer, "src_lang", None) is None:
        return
    # M2M-100's are called by the languages' codes.
    signs = getattr(tokenizer, "lang_code_to_id", None) or signs_among(tokenizer.get_added_vocab())
    tokenizer.src_lang = sign_of(language, signs)


@contextmanager
def in_language(tokenizer: Any, language: str | None, *, written: bool) -> Iterator[bool]:
    """Read texts of another language for a while; tells whether the tokenizer marks it. See :func:`set_language`.

    Texts to be translated and translations get their signs in the same places.

    Parameters
    ----------
    tokenizer, language
        See :func:`set_language`.
    written
        Whether they are what a decoder writes behind an encoder: for these Marian's tokenizer has subwords of their
        own.
    """
    before, own = getattr(tokenizer, "src_lang", None), written and hasattr(tokenizer, "spm_target")
    set_language(tokenizer, language)
    if own:
        tokenizer._switch_to_target_mode()
    try:
        yield before is not None
    finally:
        if own:
            tokenizer._switch_to_input_mode()
        if before is not None:
            tokenizer.src_lang = before


def running(tokenizer: Any, sentences: Sequence[Sequence[str]], texts: Sequence[str] | None) -> list[str]:
    """Give the running sentences; a tokenizer that was trained on single words needs spaces between them."""
    if texts is None or tokenizer.init_kwargs.get("trained_on_words"):
        return [" ".join(words) for words in sentences]
    return list(texts)


def locate(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Find words in the text that they are from, in their order.

    Returns
    -------
    list of tuple
        For each word its first letter's place, and one past its last letter's.

    Raises
    ------
    IsoglossError
        If the text does not hold them.
    """
    places, start = [], 0
    for word in words:
        start = text.find(word, start)
        if start < 0:
            raise IsoglossError(f"The text {text[:60]!r} does not hold its word {word!r}; make its corpus again.")
        places.append((start, start + len(word)))
        start += len(word)
    return places


def text_of(encoding: Any) -> list[tuple[int, tuple[int, int]]]:
    """List the subwords that are no special tokens: their positions, and where their letters are in the text."""
    sides = enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True))
    return [(index, letters) for index, (side, letters) in sides if side is not None]


def subwords_of(encoding: Any, places: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Tell which subwords are which word's: those that have a letter of it.

    A subword without any letter, such as SentencePiece's mark of a space, is the next word's.

    Parameters
    ----------
    encoding
        Of one sentence, as the tokenizers library gives it.
    places
        Of its words, see :func:`locate`.
    """
    spans: dict[int, tuple[int, int]] = {}
    word, mark = 0, None
    for index, (start, stop) in text_of(encoding):
        stop = max(stop, start + 1)
        while word < len(places) and places[word][1] <= start:
            word += 1
        if word == len(places) or places[word][0] >= stop:
            mark = index if mark is None else mark
            continue
        first, mark = index if mark is None else mark, None
        for number in range(word, len(places)):
            if places[number][0] >= stop:
                break
            begin = first if number == word else index
            spans[number] = (spans.get(number, (begin,))[0], index + 1)
    return spans


def check_subwords(
    tokenizer: Any, embeddings: int, sentences: Sequence[Sentence], what: str, *, must_know: bool = True
) -> None:
    """Refuse subwords that a model cannot read, or that say nothing.

    Parameters
    ----------
    tokenizer
        That gave them.
    embeddings
        How many subwords the model has embeddings for.
    sentences
        What it gave.
    what
        The tokenizer's folder and the text, for messages.
    must_know
        Whether text is refused of which most subwords are the unknown one; otherwise the log tells of it.

    Raises
    ------
    IsoglossError
        If a number is beyond the embeddings, or most subwords of the text are the unknown one.
    """
    highest = max((max(sentence.ids) for sentence in sentences if sentence.ids), default=0)
    if highest >= embeddings:
        raise IsoglossError(
            f"{what}: it gives subword {highest}, but the model has embeddings for {embeddings} only, 0 to "
            f"{embeddings - 1}. Tokenizer and weights must be of the same model."
        )
    counts = Counter(one for sentence in sentences for one in np.array(sentence.ids)[sentence.text].tolist())
    unknown, total = unknown_among(tokenizer, counts)
    if 2 * unknown > total:
        message = (
            f"{what}: {unknown:,} of {total:,} subwords are unknown ({tokenizer.unk_token}), so their states "
            "would say nothing of the words. Is it the model's own tokenizer, and does it know this script?"
        )
        if must_know:
            raise IsoglossError(message)
        log.warning("%s", message)


def known_among(tokenizer: Any, subwords: Iterable[int]) -> set[int]:
    """Give the subwords that say something: no special token, the unknown one among them, and no space alone."""
    return {one for one in set(subwords) - {*tokenizer.all_special_ids} if tokenizer.decode([one]).strip()}


def unknown_among(tokenizer: Any, counts: Mapping[int, int]) -> tuple[int, int]:
    """Count the unknown subwords of a text, and those with the known ones; of text without unknown ones, none of both.

    Parameters
    ----------
    tokenizer
        That gave them.
    counts
        How often each subword stands there.
    """
    if not (unknown := counts.get(tokenizer.unk_token_id, 0)):
        return 0, 0
    return unknown, unknown + sum(counts[one] for one in known_among(tokenizer, counts))
