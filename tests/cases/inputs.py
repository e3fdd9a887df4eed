"""Cases of text, tables, links, labels and what is made of them."""

import gzip
import unicodedata
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from world import ENGLISH, FRENCH, GERMAN, World, case

LABELS = ["entailment", "neutral", "contradiction"]
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
CHINESE = ("老农民每天早上想要一座小房子。", "我姐姐在花园里画那条红船。", "我们的朋友在家里读两本书。")


def words(texts):
    """A check that a corpus holds these sentences."""

    def right(path: Path) -> None:
        expected = [text.split() if isinstance(text, str) else text for text in texts]
        assert [list(row) for row in pd.read_parquet(path).words] == expected

    return right


def column(name, values):
    """A check that items hold these values in one column."""

    def right(path: Path) -> None:
        found = [value if isinstance(value, str) else list(value) for value in pd.read_parquet(path)[name]]
        assert found == list(values), found

    return right


def parquet(world: World, name: str, **columns) -> str:
    """Write a Parquet table."""
    path = world.folder / name
    pq.write_table(pa.table(columns), path)
    return str(path)


def linked(world: World, name: str, english: list[str], links: list[str], **more) -> None:
    """Add a corpus with given links."""
    files = {"en": world.lines(f"{name}.en", english), "de": world.lines(f"{name}.de", GERMAN)}
    given = {"method": "given", "files": {"en-de": world.lines(f"{name}.links", links)}}
    world.corpus(name, "en", "de", kind="text", files=files, word_alignment=given, **more)


@case("02", "tags as numbers of a list of names")
def integer_tags(world):
    texts, numbers = (
        [text.split() for text in ENGLISH * 4],
        [[0, 1, 0, 2, 0, 0, 3, 0][: len(t.split())] for t in ENGLISH * 4],
    )
    for language in ("en", "de"):
        parquet(world, f"tags.{language}.parquet", text=texts, label=numbers)
    data = {
        "train": str(world.folder / "tags.{language}.parquet"),
        "test": str(world.folder / "tags.{language}.parquet"),
    }
    world.task("named", "token-classification", {**data, "labels": TAGS})
    named = [[TAGS[number] for number in row] for row in numbers]
    world.reads("tasks/named/en/test.parquet", column("tags", named))
    world.task("numbered", "token-classification", {**data, "labels": list("01234")}, tag_measure="accuracy")
    world.reads("tasks/numbered/en/test.parquet", column("tags", [list(map(str, row)) for row in numbers]))
    config = world.small(tasks={"tags": world.config["tasks"]["numbered"] | {"tag_measure": "entity_f1"}})
    world.check(config, r"tasks\.tags\.data\.labels: '0' is none of O, B-X and I-X")


@case("03", "text columns of Parquet that are bytes")
def bytes_in_parquet(world):
    raw = [text.encode() for text in ENGLISH]
    path = parquet(world, "bytes.parquet", en=raw, de=[text.encode() for text in GERMAN])
    world.corpus("bytes", "en", "de", kind="table", file=path)
    world.reads("corpora/bytes/en.parquet", words(ENGLISH))
    broken = parquet(world, "latin1.parquet", en=["schön".encode("latin-1")] * 3, de=raw)
    world.corpus("latin1", "en", "de", kind="table", file=broken)
    world.refuses("corpora/latin1/en.parquet", r"latin1\.parquet, row 1, column 'en': .*not UTF-8")


@case("05", "CSV whose rows have more cells than the header")
def csv_with_more_cells(world):
    rows = [f"{en},{de},{fr}," for en, de, fr in zip(ENGLISH, GERMAN, FRENCH, strict=True)]
    world.corpus("trailing", "en", "de", kind="table", file=world.lines("trailing.csv", ["en,de,fr", *rows]))
    world.reads("corpora/trailing/en.parquet", words(ENGLISH))
    world.reads("corpora/trailing/de.parquet", words(GERMAN))
    rows = ["Yes, she does .,Ja .", *(f"{en},{de}" for en, de in zip(ENGLISH, GERMAN, strict=True))]
    world.corpus("comma", "en", "de", kind="table", file=world.lines("comma.csv", ["en,de", *rows]))
    world.refuses("corpora/comma/en.parquet", r"comma\.csv:2: this row has 3 cells, the header 2 \(en, de\)")


@case("06", "more concepts than vectors that differ")
def equal_vectors(world):
    world.corpus("few", "en", "de", kind="text", files={
        "en": world.lines("few.en", ENGLISH * 10), "de": world.lines("few.de", GERMAN * 10)})  # fmt: skip
    world.config["models"]["t5"] = {
        "random": {"family": "mt5", "corpus": "few", "layers": 1, "hidden": 16, "heads": 2, "vocabulary": 200},
        "corpora": ["few"],
    }
    world.config["concepts"] = {"clusters": 40}
    world.refuses(
        "concepts/t5/pretrained/few/en-de/source-encoder/layer0-seed212.parquet",
        r"More clusters than words that differ: 40 were asked for, and only \d+ of \d+ vectors are distinct",
    )


@case("07", "given links count the aligner's words")
def words_of_links(world):
    straight = [" ".join(f"{place}-{place}" for place in range(len(text.split()) - 1)) for text in ENGLISH]
    linked(world, "plain", list(ENGLISH), straight)
    # A word that cannot be seen is a word for every aligner: all positions behind it are one more.
    behind = " ".join(f"{place + 1}-{place}" for place in range(len(ENGLISH[0].split())))
    linked(world, "unseen", ["\u200b " + ENGLISH[0], *ENGLISH[1:]], [behind, *straight[1:]])
    linked(world, "spaces", [ENGLISH[0].replace(" ", "\u00a0", 1), *ENGLISH[1:]], straight)
    linked(world, "more", list(ENGLISH), [*straight, "0-0"])
    world.reads("corpora/plain/en.parquet", words(ENGLISH))

    said = {pair for en, de in zip(ENGLISH, GERMAN, strict=True) for pair in zip(en.split(), de.split(), strict=True)}

    def translations(path):
        table = pd.read_parquet(path)
        found = set(zip(table.source, table.target, strict=True))
        assert found <= said, found - said

    world.reads("lexicons/plain/en-de.parquet", translations)
    world.reads("lexicons/unseen/en-de.parquet", translations)
    world.refuses("corpora/spaces/en.parquet", r"spaces\.en:1: the line holds the space U\+00A0")
    world.refuses("corpora/more/en.parquet", r"same number of lines: .*more\.en has 3, .*more\.links has 4")
    lists = [["the old", "farmer"], ["my", "sister"]]
    path, given = parquet(world, "lists.parquet", en=lists, de=lists), world.lines("lists.links", ["0-0", "1-1"])
    links = {"method": "given", "files": {"en-de": given}}
    world.corpus("lists", "en", "de", kind="table", file=path, word_alignment=links)
    world.reads("corpora/lists/en.parquet", words(lists))


@case("08", "a file replaced by one with an older time stamp")
def older_file(world):
    files = {"en": world.lines("older.en", ENGLISH), "de": world.lines("older.de", GERMAN)}
    other = world.lines("other.en", ENGLISH[::-1])
    world.corpus("older", "en", "de", kind="text", files=files)
    world.reads("corpora/older/en.parquet", words(ENGLISH))
    world.replaced("corpora/older/en.parquet", files["en"], other, words(ENGLISH[::-1]))


@case("10", "test items that are not the same in every language")
def other_test_items(world):
    labels = [LABELS[place % 3] for place in range(12)]
    for language, kept in (("en", labels), ("de", labels[1:])):
        parquet(world, f"short.{language}.parquet", text=["a text"] * len(kept), label=kept)
    for language, kept in (("en", labels), ("de", [*labels[:7], *reversed(labels[7:])])):
        parquet(world, f"mixed.{language}.parquet", text=["a text"] * len(kept), label=kept)
    for name, pattern in (
        ("short", r"short\.de\.parquet has 11 items, .*short\.en\.parquet has 12"),
        ("mixed", r"mixed\.de\.parquet, row 8, column 'label': 'contradiction', but 'neutral'"),
    ):
        path = str(world.folder / f"{name}.{{language}}.parquet")
        world.task(name, "sequence-classification", {"train": path, "test": path, "labels": LABELS})
        world.refuses(f"tasks/{name}/de/test.parquet", pattern)


@case("15", "words that YAML takes for values")
def norwegian(world):
    world.check(world.small(languages=["en", False]), None)  # `no` in a list of languages
    for labels in ([True, False], ["a", "a"], [1.5, 2.5]):
        path = str(world.folder / "short.{language}.parquet")
        data = {"kind": "table", "languages": ["en", "de"], "train": path, "test": path, "labels": labels}
        task = {"kind": "sequence-classification", "models": ["plain"], "sources": ["en"], "data": data}
        world.check(world.small(tasks={"x": task}), r"tasks\.x\.data\.labels")
    world.check(world.small(tasks={"x": task | {"data": data | {"labels": [0, 1, 2]}}}), None)


@case("18", "lists of words saved as text, and nulls in lists")
def lists_in_csv(world):
    printed = [str(text.split()) for text in ENGLISH]
    path = world.folder / "printed.csv"
    pd.DataFrame({"en": printed, "de": printed}).to_csv(path, index=False)
    world.corpus("printed", "en", "de", kind="table", file=str(path))
    world.refuses("corpora/printed/en.parquet", r"printed\.csv, row 1, column 'en': .*a list that was saved as text")
    holes = [*[text.split() for text in ENGLISH], ["the", None]]
    world.corpus("holes", "en", "de", kind="table", file=parquet(world, "holes.parquet", en=holes, de=holes))
    world.refuses(
        "corpora/holes/en.parquet",
        r"holes\.parquet, row 4, column 'en': word 2 of the list should be text, found nothing",
    )


@case("19", "text in UTF-16, with and without a mark, and packed")
def other_encodings(world):
    german = world.lines("encoded.de", GERMAN)
    text = "".join(f"{line}\n" for line in ENGLISH)
    for name, content, pattern in (
        ("utf16", text.encode("utf-16"), r"utf16\.en is UTF-16; .*iconv -f utf-16 -t utf-8"),
        ("utf16le", text.encode("utf-16-le"), r"utf16le\.en looks like UTF-16LE without a mark"),
        ("packed", gzip.compress(text.encode()), r"packed\.en is compressed by gzip; .*gunzip"),
        ("zero", text.encode() + b"a\0b\n", r"zero\.en:4: .*a zero byte"),
    ):
        world.corpus(name, "en", "de", kind="text", files={"en": world.write(f"{name}.en", content), "de": german})
        world.refuses(f"corpora/{name}/en.parquet", pattern)


@case("20", "text without spaces")
def without_spaces(world):
    files = {"en": world.lines("unsplit.en", ENGLISH), "zh": world.lines("unsplit.zh", CHINESE)}
    world.corpus("unsplit", "en", "zh", kind="text", files=files)
    world.refuses("corpora/unsplit/zh.parquet", r"unsplit\.zh: .*not split into words.*segmentation: \{zh: icu\}")
    for segmentation in ("icu", "jieba"):
        world.corpus(segmentation, "en", "zh", kind="text", files=files, segmentation={"zh": segmentation})

        def split(path):
            rows = pd.read_parquet(path).words
            assert ["".join(row) for row in rows] == list(CHINESE)
            assert all(len(row) > 6 for row in rows)

        world.reads(f"corpora/{segmentation}/zh.parquet", split)


@case("24", "sentences that are longer than eflomal takes")
def long_sentences(world):
    config = world.small()
    config["corpora"]["mine"]["max_sentence_words"] = 5000
    world.check(config, r"corpora\.mine\.max_sentence_words: .*1,024")


@case("25", "the same word in two spellings")
def two_spellings(world):
    marked = [text.replace("the", "\u061cthe") for text in ENGLISH]
    parts = [unicodedata.normalize("NFD", text) for text in FRENCH]
    files = {"en": world.lines("marked.en", marked), "fr": world.lines("marked.fr", parts)}
    world.corpus("marked", "en", "fr", kind="text", files=files)
    world.reads("corpora/marked/en.parquet", words(ENGLISH))
    world.reads("corpora/marked/fr.parquet", words(FRENCH))


@case("26", "labels as numbers, of which one is missing")
def missing_label(world):
    for language in ("en", "de"):
        parquet(world, f"null.{language}.parquet", text=["a text"] * 12, label=[0.0, 1.0, 2.0] * 3 + [0.0, None, 2.0])
    path = str(world.folder / "null.{language}.parquet")
    world.task("null", "sequence-classification", {"train": path, "test": path, "labels": ["0", "1", "2"]})
    world.refuses("tasks/null/en/training.parquet", r"null\.en\.parquet, row 11, column 'label': there is no label")
