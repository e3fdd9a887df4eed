"""Reading users' own text: plain files, tables, catalogues; and splitting it into words."""

import pandas as pd
import pytest
from catalogues import catalogue

from isogloss.errors import IsoglossError
from isogloss.text.corpora import write_corpus
from isogloss.text.segmentation import split_words
from isogloss.text.settings import Table, Text
from isogloss.text.sources.gettext import part_of, program_messages, read_catalogues
from isogloss.text.sources.lines import read_lines
from isogloss.text.sources.tables import read_columns, read_words


def words(table):
    return [list(row) for row in table.words]


def read_column(path, column, segmentation=None):
    return read_words(read_columns(path, [column])[0], column, segmentation)


def test_spaces_marks_and_directions():
    assert split_words("a\u00a0b\u202fc\u3000d", "whitespace") == ["a", "b", "c", "d"]
    assert split_words("\ufeffzero\u200bwidth \u200fعربي\u200e", "whitespace") == ["zerowidth", "عربي"]
    assert split_words("می\u200cخواهم a|||b", "whitespace") == ["می\u200cخواهم", "a|||b"]
    assert split_words("\u200b \u00a0", "whitespace") == []


def test_jieba_splits_chinese():
    assert split_words("老师喜爱学生", "jieba") == ["老师", "喜爱", "学生"]
    with pytest.raises(IsoglossError, match="no segmentation 'mecab'"):
        split_words("a", "mecab")


def test_lines_keep_their_number(tmp_path):
    path = tmp_path / "en.txt"
    path.write_bytes(b"\xef\xbb\xbfone two\r\n\r\n  \nthree\n")
    assert read_lines(path, "en") == [["one", "two"], [], [], ["three"]]
    write_corpus(reader=Text.reader, language="en", part="parallel", file=path, output=tmp_path / "o.parquet")
    table = pd.read_parquet(tmp_path / "o.parquet")
    assert table.sentence.tolist() == [0, 3]
    assert words(table) == [["one", "two"], ["three"]]


def test_a_very_long_line_is_read(tmp_path):
    path = tmp_path / "en.txt"
    path.write_text("word " * 5000 + "\nshort\n")
    assert list(map(len, read_lines(path, "en"))) == [5000, 1]


def test_bytes_that_are_not_utf8_are_placed(tmp_path):
    path = tmp_path / "de.txt"
    path.write_bytes("gut\nschön\n".encode("latin1"))
    with pytest.raises(IsoglossError, match=r"de\.txt:2: byte 4 of the line \(0xf6\) is not UTF-8"):
        read_lines(path, "de")


def test_empty_and_missing_files(tmp_path):
    path = tmp_path / "en.txt"
    path.write_text(" \n\n")
    with pytest.raises(IsoglossError, match="empty corpus"):
        write_corpus(reader=Text.reader, language="en", part="parallel", file=path, output=tmp_path / "o.parquet")
    with pytest.raises(IsoglossError, match="There is no file"):
        read_lines(tmp_path / "none.txt", "en")


def test_sides_of_unequal_length(tmp_path):
    for name, lines in (("en", 3), ("de", 2)):
        (tmp_path / name).write_text("x\n" * lines)
    files = {name: tmp_path / name for name in ("en", "de")}
    with pytest.raises(IsoglossError, match=r"en has 3, .*de has 2\."):
        write_corpus(
            reader=Text.reader,
            language="en",
            part="parallel",
            file=str(files["en"]),
            beside=str(files["de"]),
            output=tmp_path / "out.parquet",
        )
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_tables(tmp_path, ending):
    path = tmp_path / f"text.{ending}"
    table = pd.DataFrame({"en": ["good day", None, "NA is a word"], "de": ["guten Tag", "ja", ""]})
    if ending == "parquet":
        table.to_parquet(path)
    elif ending == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_json(path, orient="records", lines=True, force_ascii=False)
    assert read_column(path, "en") == [["good", "day"], [], ["NA", "is", "a", "word"]]
    with pytest.raises(IsoglossError, match=r"no column 'dee'; did you mean 'de'\? It has en, de"):
        read_column(path, "dee")


def test_a_column_of_words(tmp_path):
    pd.DataFrame({"th": [["ครู", "รัก"], [], ["a|||b"]]}).to_parquet(tmp_path / "x.parquet")
    assert read_column(tmp_path / "x.parquet", "th") == [["ครู", "รัก"], [], ["a|||b"]]


def test_broken_tables(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text('{"en": "a"}\n{"en": \n')
    with pytest.raises(IsoglossError, match=r"x\.jsonl:2: not JSON"):
        read_column(path, "en")
    path.write_text('{"en": 3}\n')
    with pytest.raises(IsoglossError, match="row 1, column 'en': expected text"):
        read_column(path, "en")
    (tmp_path / "x.txt").write_text("a")
    with pytest.raises(IsoglossError, match=r"ends in \.parquet"):
        read_column(tmp_path / "x.txt", "en")
    (tmp_path / "y.parquet").write_text("no")
    with pytest.raises(IsoglossError, match="cannot be read"):
        read_column(tmp_path / "y.parquet", "en")


@pytest.fixture
def folder(tmp_path):
    common = {
        "Cannot open the file": "Die Datei kann nicht geöffnet werden",
        "Menu\x04_Save this very document": "Dieses Dokument _speichern",
        "Value is %d for now": "Wert ist %d",
        "Too short": "Zu kurz",
        "Same in both languages": "Same in both languages",
    }
    catalogue(tmp_path / "de" / "LC_MESSAGES" / "a.mo", common)
    catalogue(tmp_path / "ru" / "LC_MESSAGES" / "a.mo", {"Cannot open the file": "Не удаётся открыть файл!"})
    return tmp_path


def test_messages_of_catalogues(folder):
    german = read_catalogues("de", folder, 4, 40)
    english = read_catalogues("en", folder, 4, 40)
    russian = read_catalogues("ru", folder, 4, 40)
    assert sorted(map(tuple, german.words)) == [
        ("Die", "Datei", "kann", "nicht", "geöffnet", "werden"),
        ("Dieses", "Dokument", "speichern"),
    ]
    assert words(russian) == [["Не", "удаётся", "открыть", "файл", "!"]]
    pairs = english.merge(german, on="sentence")
    assert ["Save", "this", "very", "document"] in [list(row) for row in pairs.words_x]
    assert set(russian.sentence) < set(german.sentence) < set(english.sentence)


def test_catalogues_have_names_of_their_own_for_languages(folder):
    ours = read_catalogues("german-de", folder, 4, 40, locale="de")
    assert ours.to_dict() == read_catalogues("de", folder, 4, 40).to_dict()
    with pytest.raises(IsoglossError, match="no gettext catalogue of 'pt_BR'"):
        read_catalogues("pt-br", folder, 4, 40, locale="pt_BR")
    programs = program_messages(["en", "x-de"], folder, ["a"], 4, 40, {"x-de": "de"})
    assert programs.equals(program_messages(["en", "de"], folder, ["a"], 4, 40).rename(columns={"de": "x-de"}))


def test_a_damaged_catalogue_is_passed_over(folder):
    (folder / "ru" / "LC_MESSAGES" / "b.mo").write_bytes(b"\xde\x12\x04\x95 cut")
    assert len(read_catalogues("ru", folder, 4, 40)) == 1


def test_a_language_without_catalogues_is_told(folder):
    with pytest.raises(IsoglossError, match=r"no gettext catalogue of 'sw'.* It has de, ru"):
        read_catalogues("sw", folder, 4, 40)


def test_analysed_and_training_messages_are_disjoint():
    table = pd.DataFrame({"sentence": range(1000), "words": [["a"]] * 1000})
    analysed, training = part_of(table, "parallel"), part_of(table, "training")
    assert not set(analysed.sentence) & set(training.sentence)
    assert len(analysed) + len(training) == 1000


@pytest.mark.parametrize("segmentation", ["jieba", "icu"])
@pytest.mark.parametrize("ending", ["txt", "parquet"])
def test_a_segmenter_leaves_the_running_sentence_beside_its_words(segmentation, ending, tmp_path):
    lines = ["我爱北京天安门，他用 Linux 系统。", "", "他爱\u200b我"]
    path = tmp_path / f"zh.{ending}"
    if ending == "txt":
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        where = {"reader": Text.reader, "file": path}
    else:
        pd.DataFrame({"zh": lines}).to_parquet(path)
        where = {"reader": Table.reader, "file": path, "column": "zh"}
    write_corpus(**where, language="zh", part="parallel", output=tmp_path / "out", segmentation=segmentation)
    table = pd.read_parquet(tmp_path / "out")
    assert list(table.text) == [lines[0], "他爱我"]
    for words, text in zip(table.words, table.text, strict=True):
        assert "".join(words) == text.replace(" ", "")


@pytest.fixture
def programs(tmp_path):
    """Two programs with one message in common; Russian lacks one."""
    german = {
        "git": {"Switch to this new branch": "Zu diesem neuen Zweig wechseln", "Cannot open the file": "Datei zu"},
        "tar": {"Cannot open the file": "Datei zu", "Extract all of these files": "Alle Dateien auspacken"},
    }
    russian = {
        "git": {"Switch to this new branch": "Перейти на новую ветку", "Cannot open the file": "Файл не открыть"},
        "tar": {"Extract all of these files": "Извлечь все файлы", "Add files to the archive": "Добавить файлы"},
    }
    for language, texts in (("de", german), ("ru", russian)):
        for program, messages in texts.items():
            catalogue(tmp_path / language / "LC_MESSAGES" / f"{program}.mo", messages)
    return tmp_path


def test_messages_of_programs_are_those_in_all_languages(programs):
    table = program_messages(["en", "de", "ru"], programs, ["git", "tar"], 4, 40).set_index("label")
    assert sorted(table.index) == ["git", "git", "tar"]
    assert table.en["tar"] == ["Extract", "all", "of", "these", "files"]
    assert table.de["tar"] == ["Alle", "Dateien", "auspacken"]
    assert table.ru["tar"] == ["Извлечь", "все", "файлы"]


def test_a_message_of_two_programs_has_no_program(programs):
    table = program_messages(["en", "de"], programs, ["git", "tar"], 4, 40)
    assert sorted(map(" ".join, table.text)) == ["Extract all of these files", "Switch to this new branch"]


def test_a_program_without_a_translation_is_told(programs):
    with pytest.raises(IsoglossError, match="'git' is not translated into 'tr'"):
        program_messages(["en", "tr"], programs, ["git"], 4, 40)
    with pytest.raises(IsoglossError, match="'git' has no message in all of en, de"):
        program_messages(["en", "de"], programs, ["git"], 9, 40)
