"""Files with a word a line and an empty line after each sentence: CoNLL, CoNLL-U, and WikiANN's form."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from isogloss.errors import IsoglossError
from isogloss.text.encoding import lines_of

# The ten columns of CoNLL-U (universaldependencies.org/format.html).
CONLLU = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
# A word has a whole number; 3-4 is a token that the words 3 and 4 are written as, 8.1 a word that is not written.
WORD, NO_WORD = re.compile(r"\d+"), re.compile(r"\d+-\d+|\d+\.\d+")
LONGEST = 500  # words of a file's first sentence
NO_WORDS = "-DOCSTART-"  # a line that begins a document
COMMENT = re.compile(r"# ?(id |\w+ ?= ?|newdoc|newpar)")  # of CoNLL-U, and of files of SemEval and WNUT

Sentence = list[tuple[int, list[str]]]  # of each word the line's number and its columns


def read_conll(path: Path) -> dict[str, list[list[str]]]:
    """Read CoNLL's form: columns between tabs, or plain spaces where the file has no tab.

    Returns
    -------
    dict
        Of each column the sentences, as lists: ``tokens`` (the first column, or the second where the first one counts
        the words), ``tags`` (the last), and each by its number from 1.

    Raises
    ------
    IsoglossError
        If a word has more or fewer columns than the first one, or an empty one; or there is no column of words.
    """
    tabs = any("\t" in line for line in lines_of(path) if line.strip())

    def cells_of(line: str, number: int) -> list[str] | None:
        if line.split()[0] == NO_WORDS or COMMENT.match(line):
            return None  # in some files without an empty line after it
        return line.split("\t") if tabs else [cell for cell in line.split(" ") if cell]

    found = list(sentences(path, cells_of))
    width = len(found[0][0][1]) if found else 0
    for sentence in found:
        for number, cells in sentence:
            if len(cells) != width:
                raise IsoglossError(
                    f"{path}:{number}: this word has {len(cells)} columns, the first one of the file {width}."
                )
    columns = {str(place + 1): column(found, place, path) for place in range(width)}
    if not found:
        return {"tokens": [], "tags": []}
    tokens = "2" if counts_words(columns["1"]) else "1"
    if tokens == "2" and width < 3:
        raise IsoglossError(f"{path}: the first column counts the words, and there is no other beside the tags.")
    return {"tokens": columns[tokens], "tags": columns[str(width)], **columns}


def counts_words(found: list[list[str]]) -> bool:
    """Tell whether a column holds the numbers of words, from 0 or 1 in each sentence, as in CoNLL-X and CoNLL-2009."""
    return max(map(len, found)) > 1 and all(
        numbers == [str(place) for place in range(least, least + len(numbers))]
        for numbers in found
        for least in [0 if numbers[0] == "0" else 1]
    )


def read_conllu(path: Path) -> dict[str, list[list[str]]]:
    """Read CoNLL-U: the words of each sentence, with its ten columns by their names in lower case.

    Raises
    ------
    IsoglossError
        If a line has not ten columns, or the words of a sentence are not numbered 1, 2, 3, …
    """

    def cells_of(line: str, number: int) -> list[str] | None:
        if line.startswith("#"):
            return None
        cells = line.split("\t")
        if len(cells) != len(CONLLU):
            raise IsoglossError(
                f"{path}:{number}: this line has {len(cells)} columns; CoNLL-U has {len(CONLLU)}, with tabs between "
                "them. If it is another form, let the name end in .conll."
            )
        return None if NO_WORD.fullmatch(cells[0]) else cells

    found = list(sentences(path, cells_of))
    for sentence in found:
        for expected, (number, cells) in enumerate(sentence, start=1):
            if not WORD.fullmatch(cells[0]) or int(cells[0]) != expected:
                raise IsoglossError(
                    f"{path}:{number}, column 'id': expected word {expected} of its sentence, found '{cells[0]}': a "
                    "line is missing, or the empty line between two sentences."
                )
    return {name: column(found, place, path) for place, name in enumerate(CONLLU)}


def read_wikiann(path: Path) -> dict[str, list[list[str]]]:
    """Read WikiANN's form, ``en:Ada<TAB>B-PER``: the columns ``tokens`` and ``tags``.

    Raises
    ------
    IsoglossError
        If a line has another form, or another language than the first.
    """
    languages: list[str] = []

    def cells_of(line: str, number: int) -> list[str]:
        head, tab, tag = line.partition("\t")
        language, colon, word = head.partition(":")
        if not tab or not colon or not language or "\t" in tag:
            raise IsoglossError(
                f"{path}:{number}: expected a language, a colon, a word, a tab and a tag, such as en:Ada<TAB>B-PER, as "
                f"in WikiANN's files; found '{line}'. A table's name ends in .csv, .tsv, .jsonl, .parquet or .conll."
            )
        if not languages:
            languages.append(language)
        if language != languages[0]:
            raise IsoglossError(f"{path}:{number}: the word is of '{language}', the ones before of '{languages[0]}'.")
        return [word, tag]

    found = list(sentences(path, cells_of))
    return {name: column(found, place, path) for place, name in enumerate(("tokens", "tags"))}


def sentences(path: Path, cells_of: Callable[[str, int], list[str] | None]) -> Iterator[Sentence]:
    """Part a file into sentences of words; a line that is none has no cells."""
    sentence: Sentence = []
    several = False
    for number, line in enumerate([*lines_of(path), ""], start=1):
        if not line.strip():
            if len(sentence) > LONGEST and not several:
                raise IsoglossError(
                    f"{path}: no empty line stands between sentences; the first has {len(sentence):,} words."
                )
            if sentence:
                yield sentence
            several, sentence = several or bool(sentence), []
        elif (cells := cells_of(line, number)) is not None:
            sentence.append((number, cells))


def column(found: list[Sentence], place: int, path: Path) -> list[list[str]]:
    """Give one column of all sentences."""
    for sentence in found:
        for number, cells in sentence:
            if not cells[place].strip():
                raise IsoglossError(f"{path}:{number}: column {place + 1} is empty.")
    return [[cells[place] for _, cells in sentence] for sentence in found]


# By the ending of a file's name.
TOKEN_FILES = {".conll": read_conll, ".conllu": read_conllu, ".wikiann": read_wikiann}
