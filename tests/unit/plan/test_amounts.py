import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from isogloss.plan.amounts import look, numbers_in

SENTENCE = "the quick brown fox jumps over the lazy dog"


def sentences(rows: int) -> list[str]:
    return [f"{SENTENCE} number {row} {'again ' * (row % 5)}".strip() for row in range(rows)]


def write(path, cells) -> str:
    if path.suffix == ".gz":
        plain = write(path.with_suffix(""), cells)
        path.write_bytes(gzip.compress(Path(plain).read_bytes()))
    elif path.suffix == ".conllu":
        blocks = ["".join(f"{row}\t{word}\t_\n" for row, word in enumerate(cell.split(), 1)) for cell in cells]
        path.write_text("# text\n" + "\n".join(blocks), encoding="utf-8")
    elif path.suffix == ".tsv":
        pd.DataFrame({"text": cells, "label": "a"}).to_csv(path, sep="\t", index=False)
    elif path.suffix == ".parquet":
        pd.DataFrame({"text": cells, "label": "a"}).to_parquet(path)
    elif path.suffix == ".csv":
        pd.DataFrame({"text": cells, "label": "a"}).to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"label": "a", "text": cell}) + "\n" for cell in cells), encoding="utf-8")
    else:
        path.write_text("".join(cell + "\n" for cell in cells), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("rows", [1, 40, 30_000])
@pytest.mark.parametrize(
    "ending", ["txt", "csv", "jsonl", "parquet", "tsv", "conllu", "txt.gz", "csv.gz", "parquet.gz"]
)
def test_rows_and_words_of_a_file_are_told(tmp_path, ending, rows):
    cells = sentences(rows)
    columns = () if "txt" in ending else ("text",)
    found = look(write(tmp_path / f"file.{ending}", cells), columns, 15)
    assert found.read
    # Of a packed file it is known only roughly how much of it was read.
    near = 0.5 if ending.endswith("gz") else 0.05
    assert found.rows == pytest.approx(rows, rel=near, abs=1)
    assert found.words == pytest.approx(sum(len(cell.split()) for cell in cells), rel=near)
    assert found.frequent <= found.words


def test_two_columns_are_counted_together_and_lists_as_they_are(tmp_path):
    path = tmp_path / "pairs.parquet"
    pd.DataFrame({"one": [["a", "b", "c"]] * 10, "two": ["d e"] * 10}).to_parquet(path)
    found = look(str(path), ("one", "two"), 15)
    assert (found.rows, found.words) == (10, 50)


def test_text_without_spaces_has_words_too(tmp_path):
    found = look(write(tmp_path / "zh.txt", ["这只敏捷的棕色狐狸跳过了那只懒惰的狗和一只睡着的猫"] * 20), (), 15)
    assert 8 * 20 < found.words < 20 * 20


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff\xfe", b"{]\n", b"[1]\n", b"7\n", b"null\n", b"[" * 99_999 + b"\n"],
    ids=lambda content: str(content[:9]),
)  # fmt: skip
@pytest.mark.parametrize("ending", ["txt", "csv", "jsonl", "parquet"])
def test_what_cannot_be_read_is_assumed_and_told_by_who_reads_it(tmp_path, ending, content):
    (tmp_path / f"file.{ending}").write_bytes(content)
    found = look(str(tmp_path / f"file.{ending}"), () if ending == "txt" else ("text",), 15)
    assert found is None or found.rows < 3
    assert look(str(tmp_path / f"none.{ending}"), ("text",), 15) is None


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl"])
def test_a_mark_at_the_start_is_no_part_of_the_first_column_s_name(tmp_path, ending):
    path = write(tmp_path / f"file.{ending}", sentences(5))
    plain = look(path, ("text",), 15)
    Path(path).write_bytes(b"\xef\xbb\xbf" + Path(path).read_bytes())
    assert look(path, ("text",), 15) == plain
    assert plain.words > 0


def test_one_line_that_is_longer_than_what_is_looked_at_has_words(tmp_path):
    found = look(write(tmp_path / "file.txt", ["word " * 200_000]), (), 15)
    assert found.words == pytest.approx(200_000, rel=0.05)


def test_the_weights_of_a_folder_are_counted(tmp_path):
    import torch
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(3, 4), "b": torch.zeros(5)}, tmp_path / "model.safetensors")
    assert numbers_in(tmp_path) == 17
