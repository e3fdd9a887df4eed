"""Human-translated messages of programs, from the gettext catalogues (``*.mo``) of this machine.

They are the kind of text that OPUS collects as GNOME, KDE4 and Ubuntu. The English side of a message is its msgid, so
a message has the same number in every language, whatever languages are asked for.
"""

import gettext
import hashlib
import logging
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.text.segmentation import check_split, clean, split_words

log = logging.getLogger(__name__)

# A message with markup, format directives or a key's name is hardly a sentence.
NOT_PROSE = re.compile(r"[<>{}\\|=@#]|%|\$\w|\w_\w|--\w|://|\.\w+\b(?<=\.\w\w\w)")
PUNCTUATION = re.compile(r"([.,;:!?¿¡…()\"“”„«»،؛؟。，！？、：；]+)")
# English comes from the msgids of all these, so that it does not depend on the languages that are asked for.
WITNESSES = ("de", "fr", "es", "ru", "tr", "it", "nl", "pl", "sv", "pt_BR")
TENTHS_TO_ANALYSE = 3


def languages_here(folder: str | Path) -> list[str]:
    """List the languages that have catalogues below ``folder``."""
    return sorted({path.parents[1].name for path in Path(folder).glob("*/LC_MESSAGES/*.mo")})


def read(
    *,
    language: str,
    part: str,
    folder: str,
    locale: str,
    min_words: int,
    max_words: int,
    max_sentences: int | None,
    segmentation: str | None,
) -> pd.DataFrame:
    """Read one language of a corpus of messages: see :func:`read_catalogues`, and :func:`part_of` for the part.

    Numbers are digests, so the first ``max_sentences`` are a random sample, and the same one in every language.
    """
    table = read_catalogues(language, folder, min_words, max_words, segmentation, locale)
    return part_of(table, part).head(max_sentences or len(table))


def read_catalogues(
    language: str,
    folder: str | Path,
    min_words: int,
    max_words: int,
    segmentation: str | None = None,
    locale: str | None = None,
) -> pd.DataFrame:
    """Read all messages of one language.

    Parameters
    ----------
    language
        A language code; ``en`` gives the messages as the programs' authors wrote them.
    folder
        Where the catalogues are, such as ``/usr/share/locale``.
    min_words, max_words
        Messages whose original is shorter or longer are left out.
    segmentation
        How translations become words, see :func:`isogloss.text.segmentation.split_words`.
    locale
        What the catalogues call the language, such as ``pt_BR``; as we do where nothing is said.

    Returns
    -------
    DataFrame
        ``sentence`` (63 bits of the original's SHA-256) and ``words``, sorted by sentence. Of several translations of
        one message the first catalogue's is taken.

    Raises
    ------
    IsoglossError
        If this machine has no catalogue of that language.
    """
    folder = Path(folder)
    locales = WITNESSES if language == "en" else (locale or language,)
    files = sorted(
        (path for locale in locales for path in (folder / locale / "LC_MESSAGES").glob("*.mo")),
        key=lambda path: (path.name, path),
    )
    if not files:
        raise IsoglossError(
            f"This machine has no gettext catalogue of '{locale or language}' below {folder}. It has "
            f"{', '.join(languages_here(folder)) or 'none at all'}. Take `{language}` out of the corpus, or install "
            "translated programs."
        )
    found: dict[int, list[str]] = {}
    for path in files:
        for original, translation in messages(path):
            source = words_of(original)
            if not min_words <= len(source) <= max_words or NOT_PROSE.search(original):
                continue
            target = source if language == "en" else words_of(translation, segmentation)
            if target and (language == "en" or target != source):
                found.setdefault(number(source), target)
    rows = sorted(found.items())
    if not rows:
        raise IsoglossError(f"The catalogues of '{language}' below {folder} hold no usable message.")
    if segmentation is None:
        check_split([words for _, words in rows], f"The catalogues of '{language}' below {folder}", language)
    return pd.DataFrame(rows, columns=["sentence", "words"])


def program_messages(
    languages: list[str],
    folder: str | Path,
    programs: list[str],
    min_words: int,
    max_words: int,
    names: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read the messages that several programs have in all of these languages.

    Parameters
    ----------
    languages
        Language codes, ``en`` for the originals.
    folder, min_words, max_words
        See :func:`read_catalogues`.
    programs
        Names of catalogues. A message of several of them is left out.
    names
        What the catalogues call the languages, where it is not what we do.

    Returns
    -------
    DataFrame
        ``sentence``, ``label`` (the program), ``text`` (words of the original), and the words in each language by its
        code; sorted by sentence, which is a random order, because the numbers are digests.

    Raises
    ------
    IsoglossError
        If a program has no catalogue of a language, or no message in all of them.
    """
    rows = []
    for program in programs:
        translated: dict[str, dict[tuple[str, ...], list[str]]] = {}
        for language in languages:
            if language == "en":
                continue
            path = Path(folder) / (names or {}).get(language, language) / "LC_MESSAGES" / f"{program}.mo"
            if not path.is_file():
                raise IsoglossError(
                    f"There is no catalogue {path}: the program '{program}' is not translated into '{language}' on "
                    "this machine. Install it, or leave out that program or that language."
                )
            found = translated.setdefault(language, {})
            for original, translation in messages(path):
                source, target = tuple(words_of(original)), words_of(translation)
                if min_words <= len(source) <= max_words and not NOT_PROSE.search(original) and target:
                    found.setdefault(source, target)
        common = set.intersection(*map(set, translated.values()))
        if not common:
            raise IsoglossError(f"The program '{program}' has no message in all of {', '.join(languages)}.")
        for source in common:
            words = {code: list(source) if code == "en" else translated[code][source] for code in languages}
            rows.append({"sentence": number(list(source)), "label": program, "text": list(source), **words})
    table = pd.DataFrame(rows).drop_duplicates("sentence", keep=False)
    return table.sort_values("sentence", ignore_index=True)


def messages(path: Path) -> list[tuple[str, str]]:
    """List (original, translation) of one catalogue; a damaged one is passed over with a word in the log."""
    try:
        with path.open("rb") as handle:
            # Nothing public lists its messages.
            catalogue = gettext.GNUTranslations(handle)._catalog  # type: ignore[attr-defined]
    except (OSError, UnicodeDecodeError, ValueError, struct.error) as error:
        log.warning("%s is passed over: %s", path, error)
        return []
    pairs = []
    for key, value in catalogue.items():
        # A key is (original, plural number) where a message has plural forms; the context stands before \x04.
        if isinstance(key, str) and key and isinstance(value, str):
            pairs.append((key.rpartition("\x04")[2], value))
    return sorted(pairs)


def words_of(message: str, segmentation: str | None = None) -> list[str]:
    """Split a message into words, with punctuation by itself and without keyboard marks."""
    return split_words(PUNCTUATION.sub(r" \1 ", clean(message.replace("_", "").replace("&", ""))), segmentation)


def number(source: list[str]) -> int:
    """Number a message by its original, for ever."""
    return int.from_bytes(hashlib.sha256(" ".join(source).encode()).digest()[:8], "big") >> 1


def part_of(table: pd.DataFrame, part: str) -> pd.DataFrame:
    """Keep the messages to analyse (``parallel``) or those to train on (``training``); no message is in both."""
    analysed = table.sentence % 10 < TENTHS_TO_ANALYSE
    return table[analysed if part == "parallel" else ~analysed].reset_index(drop=True)
