"""How much data a study has: rows and words of its files, weights of its models.

What is on this machine is looked at: the first part of a text or table, the header of weights. It is read for a few
milliseconds a file, because this is paid again whenever the Snakefile is read. What is not here yet is assumed, and
:func:`assumptions` says so.
"""

import csv
import gzip
import io
import json
import math
import zlib
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from isogloss.models.shape import cached, known_weights
from isogloss.plan import specs
from isogloss.plan.study import Study
from isogloss.text.encoding import ending_of

# Where there is no file yet: parallel sentences, training items (XNLI has 392,702), test items (it has 5,010), words of
# a sentence or item, and subwords of a word with their share of special tokens and padding.
SENTENCES, TRAINING_ITEMS, TEST_ITEMS, WORDS, SUBWORDS = 20_000, 400_000, 5_000, 15, 2.5
# The embedded grammar's sentences, and the forms that a language has of its words.
MICROWORLD_WORDS, MICROWORLD_FORMS = 8.3, 175
# Of n words of natural text about 8.7 n ** 0.7 are among the first 15 of their form (English and German messages, 4,600
# words: 3,200; the exponent is that of Heaps' law and of what has fewer occurrences).
KEPT, GROWTH, USUAL_FREQUENCY = 8.7, 0.7, 15
# Words of a catalogue's message, and the chance that it is long enough and translated.
MESSAGE_WORDS, MESSAGES_KEPT = 8, 0.4
# How much of a file is looked at, in bytes of text and in rows of a table.
SAMPLE_BYTES, SAMPLE_ROWS = 1 << 18, 1000
# More letters a word than this: the text has no spaces; a word of such a script has some two letters.
LONGEST_WORD, LETTERS = 20, 1.7
UNKNOWN_VOCABULARY = 250_000
# Forms of text with a word a line, by the ending of a file's name, and where the word stands.
WORD_A_LINE = {".conll": 0, ".conllu": 1, ".wikiann": 0}


@dataclass(frozen=True)
class Amount:
    """How much text there is.

    Attributes
    ----------
    rows
        Sentences or items.
    words
        In all of them, both texts of an item included.
    frequent
        How many of the words are among the first so many occurrences of their form.
    read
        Whether it was read from a file that is here, or follows from the config; else it is assumed.
    """

    rows: int
    words: float
    frequent: float
    read: bool

    @property
    def subwords(self) -> float:
        """Subwords of a row, special tokens and padding included."""
        return SUBWORDS * self.words / max(1, self.rows) + 2


def corpus(study: Study, name: str, language: str | None = None) -> Amount:
    """Tell how much text one language of a corpus has; the source language where none is named."""
    section = study.settings.corpora[name]
    language = language or section.pairs.source
    most = study.settings.selection.max_frequency
    spec = specs.corpus(study, name, language)
    if section.kind == "microworld":
        words = MICROWORLD_WORDS * section.sentences
        return Amount(section.sentences, words, min(words, MICROWORLD_FORMS * most), True)
    if section.kind == "othello":
        words = (section.board**2 - 4) * section.games
        return Amount(section.games, words, min(words, section.board**2 * most), True)
    if section.kind == "gettext":
        messages = MESSAGES_KEPT * catalogue_messages(spec["folder"], spec["locale"])
        rows = int(min(section.max_sentences or math.inf, messages or SENTENCES))
        return natural(rows, most, bool(messages), MESSAGE_WORDS)
    found = look(spec.get("file", ""), (spec["column"],) if "column" in spec else (), most)
    rows = min(getattr(section, "max_sentences", None) or SENTENCES, SENTENCES)
    return found or natural(rows, most, False)


def items(study: Study, name: str, language: str, split: str) -> Amount:
    """Tell how much text one language of a task has, of its ``train`` or ``test`` items."""
    data, most = study.settings.tasks[name].data, USUAL_FREQUENCY
    count = getattr(data, split)
    if data.kind == "microworld":
        return Amount(count, MICROWORLD_WORDS * count * (1 + (data.task != "sentiment")), 0, True)
    if data.kind == "gettext":
        return natural(count * len(data.labels), most, True, MESSAGE_WORDS)
    spec = specs.items(study, name, language, "test" if split == "test" else "training")
    columns = tuple(spec[key] for key in ("text", "other_text") if spec[key])
    found = look(spec[split], columns, most)
    return found or natural(TEST_ITEMS if split == "test" else TRAINING_ITEMS, most, False)


def training_items(study: Study, name: str) -> Amount:
    """Tell how much text the largest source language of a task has to train on."""
    found = [items(study, name, language, "train") for language in study.settings.tasks[name].sources]
    return max(found, key=lambda amount: amount.words)


def test_items(study: Study, name: str) -> list[Amount]:
    """Tell how much text each language of a task has to be tested on."""
    return [items(study, name, language, "test") for language in study.task_targets(name)]


def natural(rows: int, most: int, read: bool, length: float = WORDS) -> Amount:
    """Assume sentences of natural text, so many words long."""
    words = float(length * rows)
    return Amount(rows, words, min(words, KEPT * words**GROWTH * (most / USUAL_FREQUENCY) ** 0.5), read)


def look(path: str, columns: tuple[str, ...], most: int) -> Amount | None:
    """Look at a file of the user's, if it is here and can be read; whatever is wrong with it is told by who reads it.

    Parameters
    ----------
    path
        Lines of text, or a table, by its ending.
    columns
        The columns of a table that are read.
    most
        How many occurrences of a form count as frequent.
    """
    try:
        about = Path(path).stat()
        return measured(path, columns, most, (about.st_size, about.st_mtime_ns))
    except (OSError, ValueError, LookupError, EOFError, RecursionError, zlib.error, csv.Error):
        return None


@lru_cache
def measured(path: str, columns: tuple[str, ...], most: int, stamp: tuple[int, int]) -> Amount | None:
    """Measure the first part of a file, whose size and time are its ``stamp``, and tell what the whole has."""
    if ending_of(path) == ".parquet":
        rows, cells = parquet_sample(path, columns)
    else:
        rows, cells = text_sample(path, columns, stamp[0])
    forms = Counter(word for cell in cells for word in split(cell))
    share = rows * (max(1, len(columns)) if word_place(path, columns) is None else 1) / max(1, len(cells))
    words = share * forms.total()
    frequent = sum(min(count, most) for count in forms.values()) * share**GROWTH
    return Amount(rows, words, min(words, frequent), True) if rows else None


def parquet_sample(path: str, columns: tuple[str, ...]) -> tuple[int, list[Any]]:
    """Give a Parquet file's number of rows and its first cells."""
    import pyarrow.parquet as pq

    with gzip.open(path) if path.endswith(".gz") else nullcontext(path) as packed, pq.ParquetFile(packed) as file:
        # After a dot stands the key of a dictionary.
        known = [name if name in file.schema_arrow.names else name.split(".")[0] for name in columns]
        batch = next(file.iter_batches(SAMPLE_ROWS, columns=known), None)
        rows = file.metadata.num_rows
    cells = [] if batch is None else [row for column in batch.columns for row in column.to_pylist()]
    return rows, [next(iter(cell.values()), None) if isinstance(cell, dict) else cell for cell in cells]


def text_sample(path: str, columns: tuple[str, ...], size: int) -> tuple[int, list[Any]]:
    """Estimate the rows of a text, CSV or JSONL file, and give its first cells."""
    with Path(path).open("rb") as raw, gzip.open(raw) if path.endswith(".gz") else nullcontext(raw) as file:
        start = file.read(SAMPLE_BYTES)
        # How far the file was read, packed or not.
        taken, whole = raw.tell(), not file.read(1)
    if not whole:
        kept = start[: start.rfind(b"\n") + 1] or start  # where one line is longer than what is looked at
        start, taken = kept, round(taken * len(kept) / len(start))
    text, ending = start.decode("utf-8-sig", errors="replace"), ending_of(path)
    place = word_place(path, columns)
    if place is not None:
        lines = [[line.split() for line in block.splitlines() if line[:1] != "#"] for block in text.split("\n\n")]
        rows: list[Any] = [[row[place] for row in block if len(row) > place] for block in lines if block]
    elif not columns:
        rows = text.splitlines()
    elif ending == ".jsonl":
        rows = [row for line in text.split("\n") if line.strip() and isinstance(row := json.loads(line), dict)]
    else:
        form: dict[str, Any] = {"delimiter": "\t", "quoting": csv.QUOTE_NONE} if ending == ".tsv" else {}
        rows = list(csv.DictReader(io.StringIO(text, newline=""), **form))
    in_columns = columns and place is None
    cells = [row.get(name) for row in rows for name in columns] if in_columns else rows
    return len(rows) if whole else round(len(rows) * size / max(1, taken)), cells


def word_place(path: str, columns: tuple[str, ...]) -> int | None:
    """Tell where the word stands in a line of a file with a word a line; None where a line is more than a word."""
    return WORD_A_LINE.get(ending_of(path) or (".wikiann" if columns else ""))


def split(cell: Any) -> list[str]:
    """Split a cell roughly into words."""
    if isinstance(cell, list):
        return [str(word) for word in cell]
    text = cell if isinstance(cell, str) else ""
    words = text.split()
    if len(text) <= LONGEST_WORD * len(words):
        return words
    step = math.ceil(LETTERS)
    return [text[place : place + step] for place in range(0, len(text), step)]


@lru_cache
def catalogue_messages(folder: str, language: str) -> int:
    """Count the messages of a language's catalogues by their headers; English is what all are written in."""
    names = "*" if language == "en" else language
    counts: Counter[str] = Counter()
    for file in islice(Path(folder).glob(f"{names}/LC_MESSAGES/*.mo"), 5000):
        try:
            with file.open("rb") as handle:
                header = handle.read(12)
        except OSError:
            continue
        big = header[:4] != b"\xde\x12\x04\x95"
        counts[file.name] = max(counts[file.name], int.from_bytes(header[8:12], "big" if big else "little"))
    return counts.total()


def weights(study: Study, model: str) -> tuple[int, bool]:
    """Count all numbers of a model's weights; and whether that was read, or follows from the config."""
    section = study.settings.models[model]
    if section.randomised:
        return weights(study, section.randomised)
    shape = study.shapes[model]
    made = section.train or section.random
    if made:
        inner = section.train.intermediate if section.train else 4 * made.hidden
        layer = 4 * made.hidden**2 + 2 * made.hidden * inner + 9 * made.hidden + inner
        # A decoder's layers look at the encoder too; a gated feed-forward is counted as a plain one.
        layers = made.layers * (layer if len(shape.depths) == 1 else 2 * layer + 4 * made.hidden**2)
        return made.hidden * (made.vocabulary + (shape.longest or 0)) + layers, True
    folder = section.folder or cached(section.hub or "", section.revision or "")
    found = numbers_in(Path(folder)) if folder else 0
    if found:
        return found, True
    layers = sum(shape.depths.values())
    return known_weights(section.hub or "") or UNKNOWN_VOCABULARY * shape.hidden + 12 * layers * shape.hidden**2, False


def numbers_in(folder: Path) -> int:
    """Count the numbers in a folder's weights, by the headers of its safetensors files."""
    total = 0
    for file in folder.glob("*.safetensors"):
        with file.open("rb") as handle:
            length = int.from_bytes(handle.read(8), "little")
            header = json.loads(handle.read(length)) if 8 + length <= file.stat().st_size else {}
        total += sum(math.prod(about["shape"]) for name, about in header.items() if name != "__metadata__")
    return total


def assumptions(study: Study) -> list[str]:
    """Say what is assumed because no file is here: one line each."""
    found = []
    for name in study.settings.corpora:
        text = corpus(study, name)
        if not text.read:
            found.append(
                f"corpora.{name}: {text.rows:,} sentences of {WORDS} words; no file that can be read is here yet"
            )
    for name, task in study.settings.tasks.items():
        for split_, language in (("train", task.sources[0]), ("test", study.task_targets(name)[0])):
            amount = items(study, name, language, split_)
            if not amount.read:
                found.append(f"tasks.{name}.data.{split_}: {amount.rows:,} items; no file that can be read is here yet")
    for name in study.settings.models:
        count, read = weights(study, name)
        if not read:
            found.append(f"models.{name}: {count / 1e6:,.0f} million weights; it was not fetched yet")
    return found
