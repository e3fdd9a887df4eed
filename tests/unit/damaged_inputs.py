"""Inputs as people have them, made at random: each kind gives a call and what must come of it.

A kind is a function of a random generator and an empty folder. It gives a call that reads the input, and what is right:
the value, computed without the code that is tested, or the pattern of the message by which it must be refused.
"""

import bz2
import codecs
import csv
import gzip
import json
import lzma
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from isogloss.tasks.items import write_items
from isogloss.text.corpora import write_corpus
from isogloss.text.settings import Table, Text
from isogloss.text.word_alignment import align

VARIANTS = 16
ALPHABETS = ("abcdefghijklmnop", "äöüéèñçßabcdefg", "абвгдежзиклмн", "αβγδεζηθικλμ", "ابتثجحخدر", "अआइईउकखगघ")
SPACES = "\u00a0\u2002\u2003\u2009\u202f\u205f\u3000\u1680\u0085\u2028\u2029\u000b\u000c"
INVISIBLE = "\u034f\u180e\ufff9\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2069\ufeff\u00ad"


@dataclass(frozen=True)
class Refused:
    """What the message must hold, as a regular expression."""

    pattern: str


Outcome = tuple[Callable[[], Any], Any]
KINDS: dict[str, Callable[[np.random.Generator, Path], Outcome]] = {}


def kind(function):
    """List a kind."""
    KINDS[function.__name__.replace("_", " ")] = function
    return function


# What inputs are made of -------------------------------------------------------------------------------------------


def words(rng, alphabet=None, least=1, most=8) -> list[str]:
    """Some words of one alphabet."""
    alphabet = alphabet or rng.choice(ALPHABETS)
    return ["".join(rng.choice(list(alphabet), rng.integers(1, 9))) for _ in range(rng.integers(least, most + 1))]


def sentences(rng, alphabet=None, least=2) -> list[list[str]]:
    """Some sentences of one alphabet."""
    alphabet = alphabet or rng.choice(ALPHABETS)
    return [words(rng, alphabet, least) for _ in range(rng.integers(5, 12))]


def lines(texts) -> str:
    """Sentences as a text file."""
    return "".join(" ".join(text) + "\n" for text in texts)


def row_of(rng, texts) -> int:
    """Any row but the first, so that no check of the first alone finds it."""
    return int(rng.integers(1, len(texts)))


def read_file(folder: Path, content: bytes | str, language="en", **more) -> Callable:
    """Write a text file; give the call that reads it as a corpus."""
    path = folder / f"text.{language}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def call():
        return read_corpus(folder, reader=Text.reader, language=language, file=str(path), **more)

    return call


def read_corpus(folder: Path, **spec) -> list[tuple[int, list[str]]]:
    """Make a corpus and read it back."""
    write_corpus(part="parallel", output=folder / "corpus.parquet", **spec)
    table = pd.read_parquet(folder / "corpus.parquet")
    assert all(word.strip() for row in table.words for word in row), "an empty word"
    return [(int(number), list(row)) for number, row in zip(table.sentence, table.words, strict=True)]


def numbered(texts) -> list[tuple[int, list[str]]]:
    """What a corpus of these sentences is; empty ones have no row."""
    return [(number, list(text)) for number, text in enumerate(texts) if text]


def save(folder: Path, ending: str, columns: dict[str, list], name="table") -> Path:
    """Write a table, null for None."""
    path = folder / f"{name}.{ending}"
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if ending == "parquet":
        pq.write_table(pa.table({key: pa.array(cells) for key, cells in columns.items()}), path)
    elif ending == "csv":
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(columns)
            writer.writerows([["" if cell is None else cell for cell in row.values()] for row in rows])
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read_table(folder: Path, path: Path, column="en", **more) -> Callable:
    """Give the call that reads a table's column as a corpus."""
    return lambda: read_corpus(folder, reader=Table.reader, language="en", file=str(path), column=column, **more)


def read_task(folder: Path, path: Path, form="sequence-classification", part="test", **more) -> Callable:
    """Give the call that makes items and reads back what they say."""

    def call():
        spec = {"kind": "table", "language": "en", "form": form, "part": part, **more}
        write_items(**spec, **{"test" if part == "test" else "train": str(path)}, output=folder / "items.parquet")
        table = pd.read_parquet(folder / "items.parquet")
        said = table.tags.map(list) if form == "token-classification" else table.get("label", table.get("other_words"))
        return [(list(text), value) for text, value in zip(table.words, said, strict=True)]

    return call


def place(path: Path, row: int, column: str) -> str:
    """The pattern of a cell's place."""
    return (
        re.escape(path.name)
        + rf".*row {row + 1}\b.*'{re.escape(column)}'|"
        + (re.escape(path.name) + rf".*'{re.escape(column)}'.*row {row + 1}\b")
    )


def refused_cell(path: Path, row: int, column: str, because: str) -> Refused:
    """Refused, with the place and the reason."""
    return Refused(rf"(?s)(?=.*(?:{place(path, row, column)}))(?=.*{because})")


# Text files --------------------------------------------------------------------------------------------------------


@kind
def plain_text(rng, folder):
    texts = [text if rng.random() < 0.8 else [] for text in sentences(rng)] + [words(rng)]
    end = rng.choice(["\n", "\r\n"])
    mark = "\ufeff" if rng.random() < 0.5 else ""
    content = mark + end.join(map(" ".join, texts)) + (end if rng.random() < 0.5 else "")
    return read_file(folder, content), numbered(texts)


@kind
def text_in_an_older_encoding(rng, folder):
    encoding, alphabet = [
        ("latin-1", "äöüéñabc"),
        ("cp1251", ALPHABETS[2]),
        ("iso8859-7", "αβγδεζηθικλμ"),
        ("shift_jis", "日本語学校先生"),
        ("gb18030", "老师喜爱学生"),
        ("big5", "老師喜愛學生"),
    ][rng.integers(6)]
    raw = [line.encode(encoding) for line in lines(sentences(rng, alphabet, least=3)).splitlines()]
    first = next(number for number, line in enumerate(raw, 1) if line.decode("utf-8", "replace").count("\ufffd"))
    return read_file(folder, b"\n".join(raw)), Refused(rf"text\.en:{first}: byte .* is not UTF-8")


@kind
def wide_encodings_with_a_mark(rng, folder):
    mark, encoding, name = [
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    ][rng.integers(4)]
    content = mark + lines(sentences(rng)).encode(encoding)
    return read_file(folder, content), Refused(rf"text\.en is {name.upper()};.*iconv -f {name} ")


@kind
def wide_encodings_without_a_mark(rng, folder):
    encoding = str(rng.choice(["utf-16-le", "utf-16-be", "utf-32-le"]))
    content = lines(sentences(rng, rng.choice([*ALPHABETS, "老师喜爱学生"]))).encode(encoding)
    return read_file(folder, content), Refused(r"text\.en(:\d+: .*not UTF-8| looks like UTF-|:\d+: .*U\+0000)")


@kind
def what_is_no_text_at_all(rng, folder):
    text = lines(sentences(rng)).encode()
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"en": ["a"]}), sink)
    content, name = [
        (gzip.compress(text), "gzip.*gunzip"),
        (bz2.compress(text), "bzip2"),
        (lzma.compress(text), "xz"),
        (sink.getvalue().to_pybytes(), "Parquet"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "git lfs pull"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", "web page"),
        (b"\n  <html><body>404</body></html>\n", "web page"),
        (b'<?xml version="1.0"?>\n<tmx version="1.4">\n', "XML"),
        (b"{\\rtf1\\ansi hello}\n", "RTF"),
        (b"\x93NUMPY\x01\x00", "NumPy array"),
    ][rng.integers(10)]
    return read_file(folder, content), Refused(rf"text\.en is .*{name}")


@kind
def control_characters_in_a_line(rng, folder):
    texts = sentences(rng)
    row = row_of(rng, texts)
    letter = chr(rng.choice([0, 1, 7, 0x0E, 0x1B, 0x1C, 0x1F, 0x7F]))
    texts[row].insert(rng.integers(len(texts[row]) + 1), f"a{letter}b")
    return read_file(folder, lines(texts)), Refused(rf"text\.en:{row + 1}: .*U\+{ord(letter):04X}")


@kind
def a_file_cut_within_a_letter(rng, folder):
    texts = sentences(rng, ALPHABETS[2])
    content = lines(texts).encode()[:-2]
    return read_file(folder, content), Refused(rf"text\.en:{len(texts)}: .*not UTF-8")


@kind
def letters_in_parts(rng, folder):
    texts = sentences(rng, "äöüéèñçåабвй가나다한글")
    content = unicodedata.normalize("NFD", lines(texts))
    assert content != lines(texts)
    return read_file(folder, content), numbered(texts)


@kind
def invisible_characters(rng, folder):
    texts = sentences(rng, rng.choice(ALPHABETS[:5]))
    content = list(lines(texts))
    for _ in range(20):
        content.insert(rng.integers(len(content) + 1), rng.choice(list(INVISIBLE)))
    return read_file(folder, "".join(content)), numbered(texts)


@kind
def other_spaces(rng, folder):
    texts = sentences(rng)
    content = "".join("".join(word + str(rng.choice(list(SPACES + " \t"))) for word in text) + "\n" for text in texts)
    return read_file(folder, content), numbered(texts)


@kind
def carriage_returns_within_lines(rng, folder):
    texts = sentences(rng)
    if rng.random() < 0.3:
        return read_file(folder, "\r".join(map(" ".join, texts))), Refused(r"text\.en:1: a carriage return")
    row = row_of(rng, texts)
    texts[row][0] += "\rx"
    return read_file(folder, lines(texts)), Refused(rf"text\.en:{row + 1}: a carriage return")


@kind
def no_words_at_all(rng, folder):
    content = "".join(rng.choice(list(" \n\t\u00a0\u200b\u200e"), 20))
    return read_file(folder, content), Refused(r"text\.en holds no words")


@kind
def files_of_different_length(rng, folder):
    texts = sentences(rng)
    paths = {"en": folder / "text.en", "de": folder / "text.de"}
    paths["en"].write_text(lines(texts))
    other = texts + [words(rng)] * int(rng.integers(1, 3)) if rng.random() < 0.5 else texts[: row_of(rng, texts)]
    paths["de"].write_text(lines(other))
    return (
        lambda: read_corpus(folder, reader=Text.reader, language="en", file=str(paths["en"]), beside=str(paths["de"])),
        Refused(rf"same number of lines: .*text\.en has {len(texts)}, .*text\.de has {len(other)}\."),
    )


UNSPACED = {
    "zh": ("老师喜爱学生们和新的学校", "图书馆里有很多旧书", "我们每天早上学习历史"),
    "ja": ("先生は新しい学校で本を読んだ", "毎朝図書館で歴史を勉強する", "彼女は小さな家に住んでいる"),
    "th": ("ครูรักนักเรียนในโรงเรียนใหญ่", "เขาอ่านหนังสือทุกวัน", "เราเรียนประวัติศาสตร์ตอนเช้า"),
    "km": ("ខ្ញុំស្រលាញ់ភាសាខ្មែរណាស់", "គ្រូបង្រៀនសិស្សនៅសាលារៀន"),
    "lo": ("ຂ້ອຍຮັກພາສາລາວຫຼາຍ", "ຄູສອນນັກຮຽນຢູ່ໂຮງຮຽນ"),
    "my": ("ကျွန်တော်မြန်မာစာကိုချစ်တယ်", "ဆရာကကျောင်းသားတွေကိုသင်ပေးတယ်"),
}


@kind
def text_without_spaces(rng, folder):
    language = str(rng.choice(list(UNSPACED)))
    texts = [str(rng.choice(UNSPACED[language])) for _ in range(12)]
    said = rng.choice(["nothing", "icu", "whitespace"], p=[0.5, 0.3, 0.2])
    if said == "nothing":
        call = read_file(folder, "\n".join(texts), language)
        return call, Refused(rf"text\.{language}: .*not split into words.*segmentation: {{{language}: icu}}")
    call = read_file(folder, "\n".join(texts), language, segmentation=str(said))
    if said == "whitespace":
        return call, [(number, [text]) for number, text in enumerate(texts)]

    def split():
        rows = call()
        assert all(len(row) > 1 for _, row in rows)
        return ["".join(row) for _, row in rows]

    return split, [unicodedata.normalize("NFC", text) for text in texts]


UNSPLIT = {
    "bo": ("བོད་སྐད་ནི་བོད་མི་རིགས་ཀྱི་སྐད་ཡིག་ཡིན།", "ཁྱེད་རང་སྐུ་གཟུགས་བདེ་པོ་ཡིན་པས།"),
    "jv": ("ꦱꦧꦼꦤ꧀ꦲꦸꦮꦺꦴꦁꦏꦭꦲꦶꦂꦲꦏꦺꦏꦟ꧀ꦛꦶꦩꦂꦢꦶꦏ", "ꦱꦏꦧꦺꦃꦲꦤꦏꦮꦺꦴꦁꦏꦭꦲꦶꦂꦲꦏꦺ"),
}


@kind
def text_without_spaces_that_no_segmenter_splits(rng, folder):
    language = str(rng.choice(list(UNSPLIT)))
    texts = [str(rng.choice(UNSPLIT[language])) for _ in range(12)]
    if rng.random() < 0.5:
        return read_file(folder, "\n".join(texts), language), Refused(
            rf"text\.{language}: .*not split into words.*Put spaces.*segmentation: {{{language}: whitespace}}"
        )
    letters = [letter for letter in "".join(texts) if unicodedata.category(letter) == "Lo"]
    split = [["".join(rng.choice(letters, rng.integers(1, 10))) for _ in range(8)] for _ in range(12)]
    return read_file(folder, lines(split), language), numbered(split)


@kind
def text_that_is_split_already(rng, folder):
    language = str(rng.choice(["zh", "ja", "th", "km", "lo", "my"]))
    # Words of one to four letters, as dictionaries have them; long ones now and then.
    letters = [letter for letter in "".join(UNSPACED[language]) if unicodedata.category(letter) == "Lo"]
    texts = [
        ["".join(rng.choice(letters, rng.choice([1, 2, 3, 4, 9], p=[0.2, 0.4, 0.2, 0.15, 0.05]))) for _ in range(10)]
        for _ in range(12)
    ]
    return read_file(folder, lines(texts), language), numbered(texts)


@kind
def text_whose_spaces_were_lost(rng, folder):
    texts = [["".join(words(rng, least=7, most=9)) + "e" * 20] for _ in range(8)]
    return read_file(folder, lines(texts)), Refused(r"text\.en: .*not split into words")


# Links that are given ----------------------------------------------------------------------------------------------


def given(folder, english: str, german: str, links: str | bytes) -> Callable:
    """Read two files and their links; give the pairs of words that are linked."""
    for name, text in (("en", english), ("de", german)):
        (folder / f"text.{name}").write_bytes(text.encode())
    (folder / "links").write_bytes(links if isinstance(links, bytes) else links.encode())

    def call():
        sides = {}
        for language in ("en", "de"):
            sides[language] = folder / f"{language}.parquet"
            write_corpus(
                reader=Text.reader, language=language, part="parallel", output=sides[language],
                file=str(folder / f"text.{language}"), beside=str(folder / "text.en"),
                links=[str(folder / "links")],
            )  # fmt: skip
        align(
            source=sides["en"], target=sides["de"], output=folder / "a.parquet", method="given", max_words=300,
            given=folder / "links",
        )  # fmt: skip
        texts = [pd.read_parquet(sides[language]).set_index("sentence").words for language in ("en", "de")]
        assert all(word for text in texts for row in text for word in row), "an empty word"
        table = pd.read_parquet(folder / "a.parquet")
        return [
            {(texts[0][number][i], texts[1][number][j]) for i, j in zip(flat[::2], flat[1::2], strict=True)}
            for number, flat in zip(table.sentence, table.links, strict=True)
        ]

    return call


def linked(rng, count=8):
    """Sentences, their translations in another order, the links, and the pairs of words that they mean."""
    english, german, links, pairs = [], [], [], []
    for _ in range(count):
        size = int(rng.integers(2, 7))
        numbers = rng.choice(100, size, replace=False)
        order = rng.permutation(size)
        english.append([f"w{number}" for number in numbers])
        german.append([f"v{numbers[place]}" for place in order])
        where = [(int(place), position) for position, place in enumerate(order)]
        links.append(" ".join(f"{i}-{j}" for i, j in sorted(where)))
        pairs.append({(f"w{number}", f"v{number}") for number in numbers})
    return english, german, links, pairs


@kind
def links_with_words_that_cannot_be_seen(rng, folder):
    english, german, links, pairs = linked(rng)
    row = row_of(rng, english)
    # A word of an invisible character is a word for every aligner, so that all positions behind it move.
    english[row].insert(0, rng.choice(["\u200b", "\u200e", "\ufeff\u200b"]))
    links[row] = " ".join(f"{int(i) + 1}-{j}" for i, j in (link.split("-") for link in links[row].split()))
    english[0][0] = english[0][0][:1] + "\u200e" + english[0][0][1:]
    return given(folder, lines(english), lines(german), "\n".join(links)), pairs


@kind
def links_for_text_with_other_spaces(rng, folder):
    english, german, links, _ = linked(rng)
    row = row_of(rng, english)
    english[row][-1] += str(rng.choice(list(SPACES))) + "x"
    return given(folder, lines(english), lines(german), "\n".join(links)), Refused(
        rf"text\.en:{row + 1}: the line holds the space U\+"
    )


@kind
def links_that_are_none(rng, folder):
    english, german, links, _ = linked(rng)
    row = row_of(rng, english)
    bad = str(rng.choice(["0:0", "0-", "-0", "a-b", "0-0-0", "0\u20130", "1p1", "(0,0)", "-1-0", "0.0-0"]))
    links[row] += f" {bad}"
    return given(folder, lines(english), lines(german), "\n".join(links)), Refused(
        rf"links:{row + 1}: expected links such as 0-0, found '{re.escape(bad)}'"
    )


@kind
def links_that_count_from_1(rng, folder):
    """A word more at each side's end, or the last link would point beyond."""
    english, german, links, _ = linked(rng, 30)
    english, german = ([[*text, "."] for text in side] for side in (english, german))
    moved = [
        " ".join(f"{int(i) + 1}-{int(j) + 1}" for i, j in (link.split("-") for link in row.split())) for row in links
    ]
    return given(folder, lines(english), lines(german), "\n".join(moved)), Refused(r"links: .*count from 1")


@kind
def links_beyond_the_sentence(rng, folder):
    english, german, links, _ = linked(rng)
    row = row_of(rng, english)
    links[row] += f" {len(english[row])}-0" if rng.random() < 0.5 else f" 0-{len(german[row])}"
    return given(folder, lines(english), lines(german), "\n".join(links)), Refused(rf"links:{row + 1}: .*points beyond")


@kind
def links_of_other_sentences(rng, folder):
    english, german, links, _ = linked(rng)
    links = [*links, "0-0"] if rng.random() < 0.5 else links[:-1]
    if rng.random() < 0.4:
        path = save(folder, "parquet", {"en": english})
        (folder / "links").write_text("\n".join(links))
        return read_table(folder, path, links=[str(folder / "links")]), Refused(
            rf"same number of lines: .*table\.parquet has {len(english)}, .*links has {len(links)}\."
        )
    return given(folder, lines(english), lines(german), "\n".join(links)), Refused(
        rf"same number of lines: .*text\.en has {len(english)}, .*links has {len(links)}\."
    )


@kind
def links_in_another_encoding(rng, folder):
    english, german, links, _ = linked(rng)
    encoding = str(rng.choice(["utf-16", "utf-16-le", "utf-32"]))
    return given(folder, lines(english), lines(german), "\n".join(links).encode(encoding)), Refused(
        r"links.*UTF-(16|32)"
    )


@kind
def links_for_lists_of_words(rng, folder):
    english, german, links, pairs = linked(rng)
    row = row_of(rng, english)
    # In a list a word with a space is one word.
    old, new = english[row][0], f"{english[row][0]}{rng.choice([' ', chr(160)])}x"
    english[row][0] = new
    pairs[row] = {(new.replace("\u00a0", " ") if one == old else one, other) for one, other in pairs[row]}
    path = save(folder, "parquet", {"en": english, "de": german})
    (folder / "links").write_text("\n".join(links))

    def call():
        for language in ("en", "de"):
            write_corpus(
                reader=Table.reader, language=language, part="parallel", output=folder / f"{language}.parquet",
                file=str(path), column=language, links=[str(folder / "links")],
            )  # fmt: skip
        sides = {"source": folder / "en.parquet", "target": folder / "de.parquet"}
        align(**sides, output=folder / "a.parquet", method="given", max_words=300, given=folder / "links")
        texts = [pd.read_parquet(folder / f"{language}.parquet").words for language in ("en", "de")]
        flat = pd.read_parquet(folder / "a.parquet").links
        return [
            {(texts[0][number][i], texts[1][number][j]) for i, j in zip(row[::2], row[1::2], strict=True)}
            for number, row in enumerate(flat)
        ]

    return call, pairs


# Tables ------------------------------------------------------------------------------------------------------------

ENDINGS = ("parquet", "csv", "jsonl")


@kind
def sentences_in_a_table(rng, folder):
    texts = [text if rng.random() < 0.8 else [] for text in sentences(rng)] + [words(rng)]
    cells = [" ".join(text) or (None if rng.random() < 0.5 else "") for text in texts]
    # What looks missing or like a value, and is text.
    for text in ("NA", "null", "None", "nan", "[Music]", '("Amen.")', "1,5", '"so"', "True", "{x}", "12"):
        cells.append(text)
        texts.append([text])
    path = save(folder, str(rng.choice(ENDINGS)), {"id": list(range(len(cells))), "en": cells})
    return read_table(folder, path), numbered(texts)


@kind
def text_in_other_types_of_parquet(rng, folder):
    texts = [text if rng.random() < 0.8 else [] for text in sentences(rng)] + [words(rng)]
    cells = [" ".join(text) or None for text in texts]
    make = [
        lambda: pa.array([cell and cell.encode() for cell in cells], pa.binary()),
        lambda: pa.array([cell and cell.encode() for cell in cells], pa.large_binary()),
        lambda: pa.array(cells, pa.large_string()),
        lambda: pa.array(cells).dictionary_encode(),
        lambda: pa.array([cell and cell.split() for cell in cells], pa.large_list(pa.string())),
        lambda: pa.array([cell and [word.encode() for word in cell.split()] for cell in cells]),
    ][rng.integers(6)]
    path = folder / "table.parquet"
    pq.write_table(pa.table({"en": make()}), path)
    return read_table(folder, path), numbered(texts)


@kind
def bytes_that_are_no_text(rng, folder):
    cells = [" ".join(text).encode() for text in sentences(rng)]
    row = row_of(rng, cells)
    cells[row] = "schön und größer".encode("latin-1")
    path = folder / "table.parquet"
    how = rng.integers(3)
    if how == 0:
        made = pa.array(cells)
    elif how == 1:  # the file says that it is text, and it is not
        made = pa.array(cells).view(pa.string())
    else:
        made = pa.array([[cell] for cell in cells])
    pq.write_table(pa.table({"en": made}), path)
    return read_table(folder, path), refused_cell(path, row, "en", "UTF-8")


@kind
def dictionaries(rng, folder):
    texts = sentences(rng)
    cells = [{"de": " ".join(text), "fr": "x"} for text in texts]
    ending = str(rng.choice(["parquet", "jsonl"]))
    path = save(folder, ending, {"translation": cells, "deep": [{"in": cell} for cell in cells]})
    column = str(rng.choice(["translation", "translation.de", "deep", "deep.in", "deep.in.de", "translation.en"]))
    if column.endswith(".de"):
        return read_table(folder, path, column), numbered(texts)
    if column == "translation.en":
        return read_table(folder, path, column), Refused(r"no (key|row has) .*en'; .* de, fr")
    example = {"translation": "translation.de", "deep": "deep.in", "deep.in": "deep.in.de"}[column]
    return read_table(folder, path, column), Refused(rf"{path.name}.*'{column}'.*dictionary.*`{example}`")


@kind
def one_dictionary_among_texts(rng, folder):
    cells = [" ".join(text) for text in sentences(rng)]
    row = row_of(rng, cells)
    cells[row] = {"en": cells[row]}
    path = save(folder, "jsonl", {"en": cells})
    return read_table(folder, path), refused_cell(path, row, "en", "dictionary")


@kind
def lists_with_something_else_in_them(rng, folder):
    texts = sentences(rng)
    row = row_of(rng, texts)
    bad = [None, "", " ", 7, 1.5, True, ["a"], {"a": "b"}, "a\u0000b", "\ud800"][rng.integers(10)]
    number = int(rng.integers(len(texts[row]) + 1))
    texts[row].insert(number, bad)
    ending = "parquet" if bad in (None, "", " ") and rng.random() < 0.5 else "jsonl"
    path = save(folder, ending, {"en": texts})
    return read_table(folder, path), refused_cell(path, row, "en", f"word {number + 1} of the list")


@kind
def values_saved_as_text(rng, folder):
    cells = [" ".join(text) for text in sentences(rng)]
    row = row_of(rng, cells)
    value = [*cells[row].split(), "it's"] if rng.random() < 0.5 else cells[row].split()
    as_text = [
        str(value),
        json.dumps(value),
        json.dumps(value, ensure_ascii=False),
        str(tuple(value)),
        str(np.array(value)),
        repr(np.array(value)),
        str([None, *value]),
        str({"en": cells[row]}),
        json.dumps({"en": cells[row]}),
        str(cells[row].encode()),
        str([1, 2, 3]),
        "[]",
        str([np.str_(word) for word in value]),
        "[" + ", ".join(f"u'{word}'" for word in cells[row].split()) + "]",
        str(dict.fromkeys(value).keys()),
        str([value]),
        str([{"en": cells[row]}]),
        str(frozenset(value)),
        str(pd.Series(value)),
        str(np.array([0.5, 1.0])),
        str([True, False]),
    ][rng.integers(21)]
    cells[row] = as_text
    path = save(folder, str(rng.choice(ENDINGS)), {"en": cells, "de": cells})
    return read_table(folder, path), refused_cell(path, row, "en", "saved as text")


@kind
def text_that_only_begins_like_a_value(rng, folder):
    texts = sentences(rng)
    starts = ["[1, 2] show", "(True, but", "[1] and [2]", "[Music]", '("Amen.")', "{1, 2} is", "[so it is", "f(x) ="]
    for text in texts:
        text[:0] = str(rng.choice(starts)).split()
    if rng.random() < 0.3:  # programs may be a language
        texts = [[f"{text[0]}(a,", f"{text[-1]})"] for text in sentences(rng)]
    texts[0] = ["(True,", "he", "said.)"]
    path = save(folder, str(rng.choice(ENDINGS)), {"en": [" ".join(text) for text in texts]})
    return read_table(folder, path), numbered(texts)


@kind
def lists_whose_words_are_not_quoted(rng, folder):
    """One text in brackets is a text; where all are, a program printed lists."""
    texts = [[word, "x", *text] for text in sentences(rng, least=2) for word in text[:1]]
    left, right = [("[", "]"), ("{", "}"), ("WrappedArray(", ")"), ("List(", ")")][rng.integers(4)]
    cells = [f"{left}{', '.join(text)}{right}" for text in texts]
    ending = str(rng.choice(ENDINGS))
    if rng.random() < 0.5:
        path = save(folder, ending, {"en": cells})
        return read_table(folder, path), Refused(rf"{path.name}, column 'en': in every row: .*saved as text")
    row = row_of(rng, cells)
    cells[row] = "so it is"
    return read_table(folder, save(folder, ending, {"en": cells})), numbered([cell.split() for cell in cells])


@kind
def words_that_look_like_values(rng, folder):
    """In a list of words [1,2] is a word, as it is in a text about references, and {} in one about programs."""
    texts = sentences(rng)
    for text in texts:
        text.insert(int(rng.integers(len(text) + 1)), str(rng.choice(["[1,2]", "{}", "[]", "b'x'", "None", "('a',)"])))
    ending = str(rng.choice(["parquet", "jsonl", "conll"]))
    if ending == "conll":
        path = folder / "table.conll"
        path.write_text("".join("".join(f"{word} O\n" for word in text) + "\n" for text in texts))
        return lambda: read_corpus(folder, reader=Text.reader, language="en", file=str(path)), numbered(texts)
    return read_table(folder, save(folder, ending, {"en": texts})), numbered(texts)


@kind
def columns_between_other_marks(rng, folder):
    mark, name = [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")][rng.integers(3)]
    first = "sep=;\n" if mark == ";" and rng.random() < 0.3 else ""
    path = folder / "table.csv"
    path.write_text(first + "".join(mark.join(row) + "\n" for row in [["en", "de"], *[["a b", "c"]] * 3]))
    return read_table(folder, path), Refused(rf"table\.csv:1: the header has one cell, .*{name}.*expected commas")


@kind
def keys_that_no_row_has(rng, folder):
    rows = [{"translation": {"en": " ".join(text), "de": "x"}} for text in sentences(rng)]
    path = folder / "table.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_table(folder, path, "translation.fr"), Refused(
        r"table\.jsonl: no row has 'translation\.fr'; 'translation' has en, de\."
    )


@kind
def numbers_where_text_should_be(rng, folder):
    cells = [" ".join(text) for text in sentences(rng)]
    if rng.random() < 0.5:
        row = row_of(rng, cells)
        cells[row] = [3, 1.5, True][rng.integers(3)]
        path = save(folder, "jsonl", {"en": cells})
    else:
        row = 0
        made = [list(range(5)), [1.5, 2.0], [True, False], list(pd.date_range("2020", periods=3))][rng.integers(4)]
        path = save(folder, "parquet", {"en": made})
    return read_table(folder, path), refused_cell(path, row, "en", "expected text")


@kind
def csv_rows_that_do_not_fit_the_header(rng, folder):
    rows = [["one", "eins", "un"] for _ in range(8)]
    row = row_of(rng, rows[:-1])  # an empty line at the end is none
    damage = int(rng.integers(6))
    if damage == 0:
        rows[row][int(rng.integers(3))] += ",more"
    elif damage == 1:
        rows[row].pop()
    elif damage == 2:
        rows[row].append("")
    elif damage == 3:
        rows[row] = []
    elif damage == 4:  # a comma at all ends, and one more where a text had one
        rows = [[*cells, ""] for cells in rows]
        rows[row].append("")
        row = 0
    else:  # all rows have a cell of which the header knows nothing
        rows = [[*cells, "x"] for cells in rows]
        row = 0
    text = "".join(",".join(cells) + "\n" for cells in [["en", "de", "fr"], *rows])
    path = folder / "table.csv"
    path.write_text(text)
    return read_table(folder, path), Refused(rf"table\.csv:{row + 2}: this row has \d cells, the header 3")


@kind
def csv_with_commas_at_all_ends(rng, folder):
    texts = sentences(rng)
    commas = "," * int(rng.integers(1, 4))
    path = folder / "table.csv"
    path.write_text("en,de\n" + "".join(f"{' '.join(text)},x{commas}\n" for text in texts))
    return read_table(folder, path, str(rng.choice(["en"]))), numbered(texts)


@kind
def csv_with_quotes(rng, folder):
    texts = sentences(rng)
    row = row_of(rng, texts)
    cells = [" ".join(text) for text in texts]
    path = folder / "table.csv"
    if rng.random() < 0.5:  # quoted as it should be: a comma, a quote, a line's end
        extra = [("a,b", ["a,b"]), ('a "b"', ["a", '"b"']), ("a\nb", ["a", "b"]), ("", [])][rng.integers(4)]
        cells[row], texts[row] = extra
        return read_table(folder, save(folder, "csv", {"en": cells, "de": ["x"] * len(cells)})), numbered(texts)
    rows = [f"{cell},x" for cell in cells]
    rows[row] = ['"a" b,x', '"a,x', '"a"b",x'][rng.integers(3)]
    path.write_text("\n".join(["en,de", *rows]) + "\n")
    return read_table(folder, path), Refused(rf"table\.csv:({row + 2}|{len(rows) + 1}): not CSV")


@kind
def columns_that_are_not_there_or_twice(rng, folder):
    ending = str(rng.choice(ENDINGS))
    if rng.random() < 0.3:
        path = save(folder, ending, {"text_en": ["a"] * 3, "de": ["b"] * 3})
        return read_table(folder, path, "text_em"), Refused(
            rf"{path.name} has no column 'text_em'; did you mean 'text_en'\? It has text_en, de"
        )
    path = folder / f"table.{ending}"
    if ending == "csv":
        path.write_text("en,en\na,b\n")
    elif ending == "parquet":
        pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], names=["en", "en"]), path)
    else:
        path.write_text('{"en": "x"}\n{"en": "a", "en": "b"}\n')
    return read_table(folder, path), Refused(rf"{path.name}.*'en'.*(2 times|twice)")


@kind
def tables_that_are_damaged(rng, folder):
    texts = sentences(rng)
    ending = str(rng.choice(ENDINGS))
    path = save(folder, ending, {"en": [" ".join(text) for text in texts], "de": ["x"] * len(texts)})
    content = path.read_bytes()
    damage = int(rng.integers(4))
    if damage == 0 and ending != "csv":
        content = content[: len(content) - 3 - int(rng.integers(5))]
    elif damage == 1 and ending != "parquet":
        content = codecs.BOM_UTF16_LE + content.decode().encode("utf-16-le")
    elif damage == 2:
        content = gzip.compress(content)
    else:
        content = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    path.write_bytes(content)
    return read_table(folder, path), Refused(rf"{path.name}")


@kind
def lines_that_are_no_json_objects(rng, folder):
    rows = [json.dumps({"en": " ".join(text)}) for text in sentences(rng)]
    row = row_of(rng, rows)
    rows[row] = ['["a"]', '"a"', "3", "null", '{"en": "a"', "{'en': 'a'}", '{"en": Infinity}', "x"][rng.integers(8)]
    path = folder / "table.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return read_table(folder, path), Refused(rf"table\.jsonl:{row + 1}: (not JSON|expected an object)")


@kind
def text_with_characters_that_are_none(rng, folder):
    cells = [" ".join(text) for text in sentences(rng)]
    row = row_of(rng, cells)
    cells[row] += ("\u0000", "\u001b", "\ud83d", "\udc00")[rng.integers(4)]
    path = save(folder, "jsonl", {"en": cells})
    return read_table(folder, path), refused_cell(path, row, "en", "no part of a text")


@kind
def a_table_without_spaces(rng, folder):
    language = str(rng.choice(list(UNSPACED)))
    cells = [str(rng.choice(UNSPACED[language])) for _ in range(8)]
    if rng.random() < 0.3:  # lists of words are as they are
        path = save(folder, "parquet", {"en": [[cell] for cell in cells]})
        return read_table(folder, path), [(n, [unicodedata.normalize("NFC", cell)]) for n, cell in enumerate(cells)]
    path = save(folder, str(rng.choice(ENDINGS)), {"en": cells})
    return read_table(folder, path), Refused(rf"{path.name}, column 'en': .*segmentation")


# Tasks -------------------------------------------------------------------------------------------------------------

NAMES = ["entailment", "neutral", "contradiction"]


def items(rng, count=12):
    """Texts, and numbers of labels."""
    texts = [words(rng, least=2) for _ in range(count)]
    return texts, [int(number) for number in rng.integers(0, 3, count)]


@kind
def labels_by_name_or_number(rng, folder):
    texts, numbers = items(rng)
    cells = [" ".join(text) for text in texts]
    right = [NAMES[number] for number in numbers]
    how = int(rng.integers(6))
    made, ending, labels = [
        (right, str(rng.choice(ENDINGS)), NAMES),
        (numbers, str(rng.choice(ENDINGS)), NAMES),
        ([float(number) for number in numbers], str(rng.choice(ENDINGS)), NAMES),
        (numbers, str(rng.choice(ENDINGS)), ["0", "1", "2"]),
        ([float(number) for number in numbers], str(rng.choice(ENDINGS)), ["2", "0", "1"]),
        (
            [unicodedata.normalize("NFD", "fröhlich") if number else "müde" for number in numbers],
            "jsonl",
            ["müde", "fröhlich"],
        ),
    ][how]
    if how in (3, 4):
        right = [str(number) for number in numbers]
    if how == 5:
        right = ["fröhlich" if number else "müde" for number in numbers]
    path = save(folder, ending, {"text": cells, "label": made})
    return read_task(folder, path, labels=labels), list(zip(texts, right, strict=True))


@kind
def class_labels_of_the_hub(rng, folder):
    """The file itself says what its numbers mean, whatever the order in which the config lists the labels."""
    texts, numbers = items(rng)
    note = {"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}}
    table = pa.table({"text": [" ".join(text) for text in texts], "label": numbers})
    path = folder / "table.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(note)}), path)
    if rng.random() < 0.3:
        bad = next(number for number in numbers)
        others = [name for place, name in enumerate(NAMES) if place != bad]
        return read_task(folder, path, labels=others), refused_cell(path, 0, "label", "not among the declared labels")
    right = [NAMES[number] for number in numbers]
    return read_task(folder, path, labels=list(rng.permutation(NAMES))), list(zip(texts, right, strict=True))


@kind
def labels_that_are_missing_or_mean_nothing(rng, folder):
    texts, numbers = items(rng)
    ending = str(rng.choice(ENDINGS))
    row = row_of(rng, numbers)
    how = int(rng.integers(8))
    labels, because = NAMES, "means no label"
    made: list[Any] = list(numbers)
    if how == 0:
        made[row], because = None, "there is no label"
    elif how == 1:  # pandas makes numbers of these
        made, because = [float(number) for number in numbers], "there is no label"
        made[row] = None
        labels = ["0", "1", "2"] if rng.random() < 0.5 else NAMES
    elif how == 2:
        made[row] = -1 if rng.random() < 0.5 else 3
    elif how == 3:
        made, because = [NAMES[number] for number in numbers], "not among the declared labels"
        made[row] = str(rng.choice(["Neutral", " neutral", "neutrall", "-"]))
    elif how == 4:
        labels, because = ["1", "2", "3"], "not among the declared labels"
        made = [number + 1 for number in numbers]
        made[row] = 0
    elif how == 5:
        made, because = [float(number) for number in numbers], "expected a label|not among"
        made[row] = 0.5
    elif how == 6:
        made, because = [NAMES[number] for number in numbers], "not among"
        made[row] = True
        ending = "jsonl"
    else:
        made, because = [NAMES[number] for number in numbers], "expected a label"
        made[row] = [NAMES[0]]
        ending = "jsonl"
    path = save(folder, ending, {"text": [" ".join(text) for text in texts], "label": made})
    return read_task(folder, path, labels=labels), refused_cell(path, row, "label", f"(?:{because})")


@kind
def truth_values_as_labels(rng, folder):
    texts, numbers = items(rng)
    truth = [number > 0 for number in numbers]
    path = save(folder, str(rng.choice(["parquet", "jsonl"])), {"text": [" ".join(t) for t in texts], "label": truth})
    if rng.random() < 0.5:
        return read_task(folder, path, labels=["yes", "no"]), refused_cell(path, 0, "label", "not among")
    right = [str(value).lower() for value in truth]
    return read_task(folder, path, labels=["false", "true"]), list(zip(texts, right, strict=True))


@kind
def texts_that_are_missing(rng, folder):
    texts, numbers = items(rng)
    cells = {name: [" ".join(text) for text in texts] for name in ("text", "other")}
    column = str(rng.choice(["text", "other"]))
    row = row_of(rng, texts)
    cells[column][row] = [None, "", "  ", "\u200b\u00a0"][rng.integers(4)]
    labels = {} if rng.random() < 0.5 else {"label": numbers}
    path = save(folder, str(rng.choice(ENDINGS)), {**cells, **labels})
    form = "sequence-classification" if labels else "translation"
    call = read_task(folder, path, form, other_text="other", labels=NAMES if labels else None)
    return call, refused_cell(path, row, column, "there is no text")


TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


@kind
def tags_by_name_or_number(rng, folder):
    texts, _ = items(rng)
    numbers = [[int(number) for number in rng.integers(0, 5, len(text))] for text in texts]
    names = [[TAGS[number] for number in row] for row in numbers]
    right = list(zip(texts, names, strict=True))
    how = int(rng.integers(5))
    labels, more = TAGS, {}
    if how == 0:
        path = save(folder, str(rng.choice(["parquet", "jsonl"])), {"text": texts, "label": names})
    elif how == 1:
        path = save(folder, str(rng.choice(["parquet", "jsonl"])), {"text": texts, "label": numbers})
    elif how == 2:
        made = {"text": [" ".join(text) for text in texts], "label": [" ".join(row) for row in names]}
        path = save(folder, str(rng.choice(ENDINGS)), made)
    elif how == 3:
        note = {"info": {"features": {"label": {"feature": {"names": TAGS, "_type": "ClassLabel"}, "_type": "List"}}}}
        table = pa.table({"text": texts, "label": numbers})
        path = folder / "table.parquet"
        pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(note)}), path)
        labels = list(rng.permutation(TAGS))
    else:
        path = save(folder, "parquet", {"text": texts, "label": numbers})
        labels, more = [str(number) for number in range(5)], {"tag_measure": "accuracy"}
        right = list(zip(texts, [list(map(str, row)) for row in numbers], strict=True))
    return read_task(folder, path, "token-classification", labels=labels, **more), right


@kind
def tags_that_do_not_fit(rng, folder):
    texts, _ = items(rng)
    tags: list[Any] = [[TAGS[number] for number in rng.integers(0, 5, len(text))] for text in texts]
    row = row_of(rng, texts)
    how = int(rng.integers(6))
    labels, pattern = TAGS, None
    if how == 0:
        tags[row], because = tags[row][:-1] if rng.random() < 0.5 else [*tags[row], "O"], r"\d+ words, but \d+ tags"
    elif how == 1:
        tags[row][0], because = None, "tag 1: there is no label"
    elif how == 2:
        tags[row], because = None, "there are no tags"
    elif how == 3:
        tags[row][-1], because = "B-ORG", f"tag {len(tags[row])}: 'B-ORG' is not among"
    elif how == 4:
        tags = [str(row) for row in tags]
        row, because = 0, "saved as text"
    else:
        labels = ["O", str(rng.choice(["PER", "0", "NOUN", "S-PER", "B_PER", "B-", "E-LOC", "o"]))]
        pattern, because = rf"'label'.*'{labels[1]}' is none of O, B-X and I-X.*tag_measure: accuracy", ""
    path = save(folder, str(rng.choice(["parquet", "jsonl"])), {"text": texts, "label": tags})
    call = read_task(folder, path, "token-classification", labels=labels)
    return call, Refused(pattern) if pattern else refused_cell(path, row, "label", because)


@kind
def labels_that_stand_twice(rng, folder):
    texts, numbers = items(rng)
    path = save(folder, "csv", {"text": [" ".join(text) for text in texts], "label": numbers})
    form = str(rng.choice(["sequence-classification", "token-classification"]))
    twice = str(rng.choice(NAMES if form == "sequence-classification" else TAGS))
    labels = [*(NAMES if form == "sequence-classification" else TAGS), twice]
    return read_task(folder, path, form, labels=labels), Refused(rf"{path.name}.*'{twice}' stands twice")


@kind
def test_items_that_are_not_the_same(rng, folder):
    texts, numbers = items(rng)
    cells = [" ".join(text) for text in texts]
    ending, other_ending = str(rng.choice(ENDINGS)), str(rng.choice(ENDINGS))
    other = save(folder, other_ending, {"text": cells, "label": [NAMES[number] for number in numbers]}, "other")
    row = row_of(rng, texts)
    how = int(rng.integers(4))
    right: Any = Refused(rf"table\.{ending} has {len(texts) - 1} items, .*other\.{other_ending} has {len(texts)}")
    if how == 0:
        del cells[row], numbers[row]
    elif how == 1:
        numbers[row] = (numbers[row] + 1) % 3
        right = Refused(rf"table\.{ending}, row {row + 1}, column 'label': '{NAMES[numbers[row]]}', but ")
    elif how == 2:
        right = list(zip(texts, [NAMES[number] for number in numbers], strict=True))
    else:
        del cells[-1], numbers[-1]
    path = save(folder, ending, {"text": cells, "label": numbers})
    return read_task(folder, path, labels=NAMES, parallel=str(other)), right


@kind
def task_text_without_spaces(rng, folder):
    language = str(rng.choice(list(UNSPACED)))
    cells = [str(rng.choice(UNSPACED[language])) for _ in range(8)]
    path = save(folder, str(rng.choice(ENDINGS)), {"text": cells, "label": [0] * 8})
    said = [{}, {language: "whitespace"}, {"en": "icu"}][rng.integers(3)]
    call = read_task(folder, path, labels=NAMES, **{"segmentation": said, "language": language})
    if said.get(language):
        return call, [([unicodedata.normalize("NFC", cell)], NAMES[0]) for cell in cells]
    return call, Refused(rf"{path.name}, column 'text': .*segmentation: {{{language}: icu}}")


# A word a line, TSV, and what is compressed ---------------------------------------------------------------------------

TOKEN_FORMS = ("x.conll", "x.wikiann", "x", "x.conllu")


def tagged(rng) -> list[list[tuple[str, str]]]:
    """Some sentences with a tag a word."""
    return [[(word, str(rng.choice(TAGS))) for word in text] for text in sentences(rng)]


def token_lines(rng, name: str, texts) -> list[list[str]]:
    """Lines of a file with a word a line, by sentence; the name tells the form."""
    if name == "x.conll":
        joint = str(rng.choice(["\t", " ", "  "]))
        between = ["_"] * int(rng.integers(0, 3))
        return [[joint.join([word, *between, tag]) for word, tag in text] for text in texts]
    if name == "x.conllu":
        return [
            ["\t".join([str(number), word, "_", tag, *["_"] * 6]) for number, (word, tag) in enumerate(text, start=1)]
            for text in texts
        ]
    return [[f"en:{word}\t{tag}" for word, tag in text] for text in texts]


def write_tokens(rng, folder: Path, name: str, blocks, packed=None) -> Path:
    """Write such a file, now and then compressed."""
    content = "".join("\n".join([*block, "", ""]) for block in blocks).encode()
    packed = bool(rng.random() < 0.3) if packed is None else packed
    path = folder / (name + ".gz" * packed)
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def read_tags(folder: Path, path: Path) -> Callable:
    """Give the call that reads tagged items."""
    names = ("form", "upos") if ".conllu" in path.name else ("tokens", "tags")
    return read_task(folder, path, "token-classification", text=names[0], label=names[1], labels=TAGS)


@kind
def files_with_a_word_a_line(rng, folder):
    """CoNLL, CoNLL-U and WikiANN's form mean the same; comments, ranges and document marks are no words."""
    texts, name = tagged(rng), str(rng.choice(TOKEN_FORMS))
    blocks = token_lines(rng, name, texts)
    if name == "x.conllu":
        for block in blocks:
            block[:0] = ["# sent_id = 1", "# text = x", "1-2\tabc" + "\t_" * 8]
            block.append("9.1\tabc" + "\t_" * 8)
    if name == "x.conll":
        place = int(rng.integers(0, len(blocks)))
        if rng.random() < 0.5:
            comment = str(rng.choice(["# id 7f46 domain=en", "# text = a b c", "# newdoc", "# sent_id = 3"]))
            blocks[place].insert(0, comment)
        blocks[place : place + 1] = (
            [["-DOCSTART- O", *blocks[place]]] if rng.random() < 0.5 else [["-DOCSTART- O"], blocks[place]]
        )
    right = [([word for word, _ in text], [tag for _, tag in text]) for text in texts]
    return read_tags(folder, write_tokens(rng, folder, name, blocks)), right


@kind
def words_whose_line_is_damaged(rng, folder):
    """A column too many or too few, an empty one, another language, a line that is lost: refused with its line."""
    texts, name = tagged(rng), str(rng.choice(TOKEN_FORMS))
    texts[1] += texts[0]  # a line can be lost within it
    blocks = token_lines(rng, name, texts)
    place = int(rng.integers(0, len(blocks[1])))
    at = 1 + len(blocks[0]) + 1 + place
    line, pattern = blocks[1][place], rf":{at}\b"
    damage = int(rng.integers(0, 4))
    if damage == 0:
        joint = "\t" if "\t" in line else " "
        blocks[1][place] = line + joint + "O"
    elif damage == 1:
        blocks[1][place] = re.split(r"\s+", line)[0]
    elif name == "x.conllu" and len(blocks[1]) > 1:
        del blocks[1][0]
        pattern = rf":{at - place}, column 'id': expected word 1"
    elif name in ("x", "x.wikiann"):
        blocks[1][place] = line.replace("en:", "de:", 1) if damage == 2 else re.sub(":.*\t", ":\t", line)
    else:
        blocks[1][place] = "\t" + line.split()[-1] if "\t" in line else "?"
    return read_tags(folder, write_tokens(rng, folder, name, blocks)), Refused(re.escape(name) + r"(\.gz)?" + pattern)


@kind
def sentences_with_a_word_a_line(rng, folder):
    """Text may be given so too: its words are as they stand."""
    texts, name = tagged(rng), str(rng.choice(["x.conll", "x.conllu", "x.wikiann"]))
    path = write_tokens(rng, folder, name, token_lines(rng, name, texts))
    right = numbered([[word for word, _ in text] for text in texts])
    return lambda: read_corpus(folder, reader=Text.reader, language="en", file=str(path)), right


@kind
def tables_that_are_compressed(rng, folder):
    """Whatever the form: the ending tells that it is compressed, and the one before it the form."""
    ending = str(rng.choice(["parquet", "csv", "jsonl"]))
    texts = sentences(rng)
    path = save(folder, ending, {"en": [" ".join(text) for text in texts]})
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    return read_table(folder, packed), numbered(texts)


@kind
def compressed_files_that_are_damaged(rng, folder):
    """Cut, changed, or not compressed at all; or compressed under another name."""
    content = lines(sentences(rng, least=1)).encode() * 20
    packed, damage = bytearray(gzip.compress(content)), int(rng.integers(0, 4))
    if damage == 0:
        packed = packed[: int(rng.integers(1, len(packed)))]
    elif damage == 1:
        packed[-5] ^= 255  # of the checksum
    elif damage == 2:
        packed = content
    path = folder / ("text.en" if damage == 3 else "text.en.gz")
    path.write_bytes(packed)
    right = r"text\.en\.gz (cannot be unpacked by|is not compressed by) gzip"
    if damage == 3:
        right = r"text\.en is compressed by gzip.*Let its name end in \.gz"
    return lambda: read_corpus(folder, reader=Text.reader, language="en", file=str(path)), Refused(right)


@kind
def tsv_with_quotes(rng, folder):
    """In TSV quotes and commas are a part of the text; a tab within a cell moves the cells."""
    texts = [[*text, str(rng.choice(['"', ",", '"said"', "'"]))] for text in sentences(rng)]
    rows = ["id\ten", *(f"{number}\t{' '.join(text)}" for number, text in enumerate(texts))]
    path = folder / "table.tsv"
    if rng.random() < 0.5:
        path.write_text("".join(row + "\n" for row in rows))
        return read_table(folder, path), numbered(texts)
    row = row_of(rng, rows)
    rows[row] += "\tmore"
    path.write_text("".join(row + "\n" for row in rows))
    return read_table(folder, path), Refused(rf"table\.tsv:{row + 1}: this row has 3 cells, the header 2.*tabs within")


@kind
def text_that_is_something_else(rng, folder):
    """Links, tables, subtitles, subwords, markup, lost letters: every line is text, all together they are not."""
    texts = sentences(rng, least=3)
    whole = [" ".join(text) for text in texts]
    taken = ["caf\u00e9 \u00e0 la", "na\u00efve \u2019s", "\u0442\u0435\u0441\u0442 \u0434\u0430"]
    forms = {
        "links of words": ["0-0 1-1", "0-1 1-0 2-2"],
        "a sentence and its translation": [f"{text} ||| {text} x" for text in whole],
        r"2 cells with tabs": [f"{number}\t{text}" for number, text in enumerate(whole)],
        r"3 cells with tabs": [f"{text}\tx y\t0" for text in whole],
        "a subtitle's time": [line for text in whole for line in ("1", "00:00:01,000 --> 00:00:02,500", text, "")],
        "cut into subwords": ["\u2581" + " \u2581".join(text) for text in texts],
        "cut into +subwords|cut into subwords": ["@@ ".join(text) for text in texts],
        "within tags": [f"<s> {text} </s>" for text in whole],
        "within  ?tags": [f'<seg id="{number}">{text}</seg>' for number, text in enumerate(whole)],
        "letters are written as numbers": ["".join(f"\\u{ord(c):04x}" for c in text) for text in whole],
        "letters +are written as numbers": ["".join(f"&#{ord(c)};" for c in text) for text in whole],
        "letters were lost": [f"{text[:3]}\ufffd\ufffd" for text in whole],
        "letters? were lost": ["??? ?????", "x y", "???? ?? ?!"],
        "taken for Windows-1252": [text.encode().decode("cp1252", "ignore") for text in taken],
        "taken for Latin-1": [f"it\x92s {text}" for text in whole],
        "only signs": ["...", "!?", "\u2014 \u2026"],
    }
    because = list(forms)[int(rng.integers(0, len(forms)))]
    rows = forms[because] * 3
    if rng.random() < 0.5:
        return read_file(folder, "\n".join(rows)), Refused(rf"text\.en: .*{because}")
    rows = [row for row in rows if row]
    path = save(folder, str(rng.choice(["parquet", "jsonl"])), {"en": rows})
    return read_table(folder, path), Refused(rf"table\.\w+, column 'en': .*{because}")


@kind
def text_with_a_few_lines_of_another_form(rng, folder):
    """What stands in some lines of real text is text."""
    odd = ["0-0 1-1", "a ||| b", "x\ty", "00:01 --> 00:02", "\u2581 a", "a@@ b", "<s> a </s>", "\\u0430", "&amp; &lt;",
           "\ufffd", "???", "caf\u00c3\u00a9", "...", "#1 a", "it\x92s"]  # fmt: skip
    texts = [words(rng, ALPHABETS[1], 2) for _ in range(40)]
    texts[int(rng.integers(1, 40))] = odd[int(rng.integers(0, len(odd)))].split()
    return read_file(folder, lines(texts)), numbered(texts)


@kind
def csv_whose_quotes_swallow_rows(rng, folder):
    """What is said goes over several sentences, and its quotes were written as they stand."""
    rows = [f"{' '.join(text)},{' '.join(reversed(text))}" for text in sentences(rng)]
    first = int(rng.integers(0, len(rows) - 1))
    last = int(rng.integers(first + 1, len(rows)))
    rows[first], rows[last] = '"' + rows[first], rows[last].replace(",", '",')
    path = folder / "table.csv"
    path.write_text("\n".join(["en,de", *rows]) + "\n")
    return read_table(folder, path), Refused(
        rf"table\.csv:{first + 2}: a quote joins the lines {first + 2} to {last + 2} "
    )


@kind
def csv_with_verses(rng, folder):
    """Line ends and commas within cells that are quoted as they should be."""
    rows = [f"{' '.join(text)},\n{' '.join(text)}, and {text[0]}" for text in sentences(rng)]
    path = save(folder, "csv", {"en": rows, "label": ["0"] * len(rows)})
    return read_table(folder, path), numbered([row.split() for row in rows])


@kind
def errors_of_spreadsheets(rng, folder):
    rows = [" ".join(text) for text in sentences(rng)]
    row = row_of(rng, rows)
    rows[row] = str(rng.choice(["#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#N/A"]))
    path = save(folder, str(rng.choice(["csv", "parquet"])), {"en": rows, "label": ["0"] * len(rows)})
    return read_table(folder, path), refused_cell(path, row, "en", "spreadsheet's error")


@kind
def columns_that_look_the_same(rng, folder):
    odd = str(rng.choice([" ", "\u200b", "\ufeff", "\u00a0", "\u00ad"]))
    rows = [" ".join(text) for text in sentences(rng)]
    if rng.random() < 0.5:
        path = save(folder, "csv", {"en": rows, f"en{odd}": rows})
        return read_table(folder, path), Refused("differ in spaces or signs that cannot be seen")
    path = save(folder, "csv", {f"enen{odd}": rows, "de": rows})
    return read_table(folder, path, "enen"), Refused(r"no column 'enen'; did you mean")


@kind
def what_is_missing_to_pandas(rng, folder):
    """Afrikaans "na", the name None, "null": words and labels like others."""
    odd = ["NA", "na", "nan", "NaN", "None", "null", "n/a", "N/A", "-nan", "<NA>", "NULL"]
    chosen = list(map(str, rng.choice(odd, 5, replace=False)))
    ending = str(rng.choice(["csv", "parquet", "jsonl"]))
    path = save(folder, ending, {"text": chosen, "label": chosen})
    return read_task(folder, path, labels=sorted(chosen)), [([word], word) for word in chosen]


@kind
def labels_of_two_spellings(rng, folder):
    names = list(rng.permutation(["no", "yes", "maybe"]))
    rows = [" ".join(text) for text in sentences(rng)]
    given = [str(names[number % 3]) for number in range(len(rows))]
    given[row_of(rng, rows)] = str(rng.choice(["0", "1", "2", "1.0"]))
    path = save(folder, str(rng.choice(["csv", "parquet"])), {"text": rows, "label": given})
    told = r"table\.\w+, column 'label': some labels are names \('\w+'\) and some are numbers \('\d"
    return read_task(folder, path, labels=list(map(str, names))), Refused(told)


@kind
def labels_with_numbers_in_them(rng, folder):
    labels = ["grade 1", "grade 2", "3 and more"]
    rows = sentences(rng)
    given = [labels[int(rng.integers(0, 3))] for _ in rows]
    path = save(folder, "csv", {"text": [" ".join(text) for text in rows], "label": given})
    return read_task(folder, path, labels=labels), [*zip(rows, given, strict=True)]


@kind
def words_that_are_numbered(rng, folder):
    """CoNLL-X and its like number the words of a sentence in their first column, from 1 or 0."""
    texts = sentences(rng, least=2)
    least, mark = int(rng.integers(0, 2)), str(rng.choice([" ", "\t"]))
    rows = [
        "".join(mark.join([str(least + n), word, "x", "O"]) + "\n" for n, word in enumerate(text)) for text in texts
    ]
    path = folder / "table.conll"
    path.write_text("\n".join(rows))
    tags = ["O", "B-X", "I-X"]
    call = read_task(folder, path, form="token-classification", text="tokens", label="tags", labels=tags)
    return call, [(text, ["O"] * len(text)) for text in texts]


@kind
def no_empty_line_between_sentences(rng, folder):
    path = folder / "table.conll"
    path.write_text("".join(f"{word} O\n" for word in words(rng) * 600))
    call = read_task(folder, path, form="token-classification", text="tokens", label="tags", labels=["O", "B-X"])
    return call, Refused(r"table\.conll: no empty line stands between sentences")
