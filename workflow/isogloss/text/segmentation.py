"""From a line of text to words."""

import logging
import re
import unicodedata

from isogloss.errors import IsoglossError

SEGMENTATIONS = ("whitespace", "jieba", "icu")

# Invisible characters that split or join nothing a reader sees; the joiners U+200C and U+200D stay, because Persian and
# Hindi spelling needs them.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]"
)

# Where words are not set apart by spaces, a zero-width space ends a word: Thai, Lao, Burmese, Khmer.
SOUTH_EAST_ASIAN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"
WORD_END = re.compile(f"(?<=[{SOUTH_EAST_ASIAN}])\u200b+(?=[{SOUTH_EAST_ASIAN}])")

# Letters of the scripts that are written without spaces: these and Chinese characters and kana.
UNSPACED = re.compile(f"[{SOUTH_EAST_ASIAN}\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Others that are, for which there is no segmenter: Tibetan, Tai Le, New Tai Lue, Tai Tham, Balinese, Javanese, Cham and
# Tai Viet.
UNSPACED_TOO = re.compile(
    "[\u0f00-\u0fff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f\ua980-\ua9df\uaa00-\uaa5f\uaa80-\uaadf]"
)
LONGEST_MEAN_TOO = 10  # Tibetan words have one to three syllables of up to four letters
LONGEST_MEAN = 5  # letters a word, vowel signs and tone marks not counted; split text has 2 (Chinese) to 4 (Thai)
LONGEST_MEAN_ANYWHERE = 20  # Finnish and Turkish have 7
MOST_UNSPLIT = 0.25
LOOKED_AT = 1000


def clean(text: str) -> str:
    """Give text the one form in which it is compared.

    Composed letters (NFC), without zero-width spaces, direction marks and soft hyphens, with a plain space for every
    kind and run of spaces. A zero-width space between two letters of a script that has no spaces is a word's end.
    """
    text = INVISIBLE.sub("", WORD_END.sub(" ", text))
    return " ".join(unicodedata.normalize("NFC", text).split())


def split_words(text: str, segmentation: str | None) -> list[str]:
    """Split a line into words.

    Parameters
    ----------
    text
        The line. Words may hold any character that is not a space, ``|||`` included.
    segmentation
        ``whitespace``, or None for the same where nothing was said; ``jieba`` for Chinese that is not split yet;
        ``icu`` for any language, by the dictionaries and rules of Unicode's library (Chinese, Japanese, Thai, Khmer,
        Lao, Burmese; elsewhere it sets punctuation apart).

    Raises
    ------
    IsoglossError
        If there is no such segmentation.
    """
    text = clean(text)
    if segmentation in (None, "whitespace"):
        return text.split()
    if segmentation == "jieba":
        import jieba

        jieba.setLogLevel(logging.WARNING)
        return [word for word in jieba.cut(text, HMM=False) if word.strip()]
    if segmentation == "icu":
        from icu4py.breakers import WordBreaker

        # Which dictionary follows from the letters, so that the language need not be told.
        return [word for word in WordBreaker(text, "en") if word.strip()]
    raise IsoglossError(f"There is no segmentation '{segmentation}'; choose {', '.join(SEGMENTATIONS)}.")


def split_as_aligned(line: str, place: str) -> list[str]:
    """Split a line into the very words that an outside aligner numbered, for links that are given.

    Aligners split at plain spaces and tabs. Some (eflomal's and awesome-align's front ends) split at every other kind
    of space too, some (fast_align, GIZA++) do not; so a line that the two read differently has no certain positions.

    Raises
    ------
    IsoglossError
        If there is such a space in the line.
    """
    tokens = line.strip(" \t").split()
    if tokens != [token for token in re.split("[ \t]+", line.strip(" \t")) if token]:
        odd = next(letter for letter in line.strip(" \t") if letter.isspace() and letter not in " \t")
        raise IsoglossError(
            f"{place}: the line holds the space U+{ord(odd):04X}, which is a part of a word for some aligners and "
            "ends one for others, so that the given links may mean other words. Put a plain space in its place and "
            "align again, or give the words as lists in a table."
        )
    return [as_one_word(token) for token in tokens]


def as_one_word(word: str) -> str:
    """Clean a word that is counted as one; what is invisible throughout stays as it is, to keep its position."""
    return clean(word.replace("\u200b", "")) or word


def check_split(sentences: list[list[str]], place: str, language: str) -> None:
    """Refuse text that is not split into words, where nothing was said of its segmentation.

    Parameters
    ----------
    sentences
        As words, by white space.
    place
        What to call the text in a message.
    language
        Its code.

    Raises
    ------
    IsoglossError
        If in more than a quarter of the sentences words are longer, on average, than words of any language are.
    """
    texts = [words for words in sentences[:: max(1, len(sentences) // LOOKED_AT)] if any(map(letters, words))]
    unsplit = [words for words in texts if looks_unsplit(words)]
    if len(unsplit) <= MOST_UNSPLIT * len(texts):
        return
    known = any(UNSPACED.search(word) for words in unsplit for word in words)
    advice = (
        f"Say how to split it: `segmentation: {{{language}: icu}}` (or `whitespace`, if it is split as it should be)."
        if known
        else f"Put spaces between its words, or say `segmentation: {{{language}: whitespace}}` if it is split as it "
        "should be."
    )
    raise IsoglossError(
        f"{place}: this text is not split into words, '{shortened(max(unsplit[0], key=letters))}' is one. {advice}"
    )


def looks_unsplit(words: list[str]) -> bool:
    """Tell whether a sentence's words are longer, on average, than words are."""
    lengths = {word: letters(word) for word in words}
    spelled = [lengths[word] for word in words if lengths[word]]
    unspaced = [lengths[word] for word in words if UNSPACED.search(word) and lengths[word]]
    if 2 * sum(unspaced) > sum(spelled):
        return sum(unspaced) > LONGEST_MEAN * len(unspaced)
    most = LONGEST_MEAN_TOO if any(map(UNSPACED_TOO.search, words)) else LONGEST_MEAN_ANYWHERE
    return sum(spelled) > most * len(spelled)


def letters(word: str) -> int:
    """Count letters; vowel signs and tone marks that are written above or below another are none."""
    return sum(map(str.isalpha, word))


def shortened(text: str, most: int = 40) -> str:
    """Shorten text for a message."""
    return text if len(text) <= most else text[: most - 1] + "…"
