import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from snakemake.cli import parse_args

from isogloss.cli import SIMILARITIES, main
from isogloss.measures.space_similarity.pairs import QUESTIONS
from isogloss.states.sentence_vectors import new_vectors, open_vectors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "source.txt").write_text("".join(f"s{i}|||0|||{i}|||0|||{i // 5}\n" for i in range(10)))
    (tmp_path / "target.txt").write_text("".join(f"t{i}|||0|||{i}|||0|||{7 + i // 5}\n" for i in range(10)))
    (tmp_path / "lexicon.txt").write_text("".join(f"s{i} -> t{i}: Probability = 0.9, Count = 3\n" for i in range(9)))
    (tmp_path / "joint.txt").write_text("".join(f"w{i}|||0|||{i}|||0|||{i % 2}\n" for i in range(20)))
    return tmp_path


def answer(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 0
    return json.loads(capsys.readouterr().out)


def test_align(files, capsys):
    paths = files / "source.txt", files / "target.txt", files / "lexicon.txt"
    result = answer(capsys, "align", *paths, "--null", "100", "--json")
    assert result["null"].pop("null_draws") == 100
    assert {key: result[key] for key in result if key != "null"} == {
        "aligned": 2,
        "concepts": 2,
        "eligible": 2,
        "score": 1.0,
        "pairs": [[0, 7], [1, 8]],
    }
    assert answer(capsys, "align", *paths, "--match", "0.9", "--json")["pairs"] == [[0, 7]]
    assert answer(capsys, "align", *paths, "--convention", "released", "--json")["eligible"] == 0
    assert main([str(x) for x in ("align", *paths)]) == 0
    assert "2 of 2 source concepts are aligned: 1.0000" in capsys.readouterr().out


def test_overlap(files, capsys):
    result = answer(capsys, "overlap", files / "joint.txt", "--split", 10, "--json")
    assert result["overlapping"] == result["concepts"] == 2
    assert result["clusters"] == [0, 1]
    assert answer(capsys, "overlap", files / "joint.txt", "--split", 2, "--count", "tokens", "--json")["score"] == 0
    assert 0 < result["full_mixing"] <= 1


def test_overlap_of_translations(files, capsys):
    # Words 0 to 9 are the source's; every other lies in concept 1, and so does its translation 10 places on.
    (files / "joint.txt").write_text("".join(f"w{i}|||0|||{i}|||0|||{i % 2}\n" for i in range(20)))
    pairs = [(i, i + 10) for i in range(0, 10, 2)] + [(i, i + 9) for i in range(1, 10, 2)]
    (files / "joint-lexicon.txt").write_text("".join(f"w{i} -> w{j}: Probability = 1, Count = 1\n" for i, j in pairs))
    arguments = ["overlap", files / "joint.txt", "--split", 10, "--lexicon", files / "joint-lexicon.txt"]
    found = answer(capsys, *arguments, "--null", "99", "--json")["translated"]
    assert (found["concepts"], found["score"], found["clusters"]) == (1, 0.5, [0])
    assert found["null"]["null_draws"] == 99
    assert main([str(x) for x in arguments]) == 0
    assert "1 overlap and hold translations: 0.5000" in capsys.readouterr().out


def test_cka(files, capsys):
    x = np.random.default_rng(0).normal(size=(20, 4))
    np.save(files / "x.npy", x)
    np.save(files / "y.npy", -2 * x)
    assert answer(capsys, "cka", files / "x.npy", files / "y.npy", "--json")["cka"] == pytest.approx(1)
    assert answer(capsys, "cka", files / "x.npy", files / "x.npy", "--debiased", "--json")["cka"] == pytest.approx(1)


@pytest.mark.parametrize("measure", SIMILARITIES)
def test_similarity(files, capsys, measure):
    x = np.random.default_rng(0).normal(size=(40, 4))
    np.save(files / "x.npy", x.astype(np.float32))
    np.save(files / "y.npy", x.astype(np.float32) + 100)
    command = "similarity", files / "x.npy", files / "y.npy", "--measure", measure, "--neighbours", "3", "--centred"
    result = answer(capsys, *command, "--json")
    assert result == {"measure": measure, "value": pytest.approx(1), "n": 40}
    assert main([str(argument) for argument in command]) == 0
    assert capsys.readouterr().out == f"{measure}: 1.000000 (40 items)\n"


@pytest.mark.parametrize("factor", [2.0**-1000, 2.0**-120, 2.0**30, 2.0**120, 2.0**1020])
@pytest.mark.parametrize("measure", SIMILARITIES)
def test_similarity_does_not_depend_on_the_scale(files, capsys, measure, factor):
    rng = np.random.default_rng(1)
    x = np.round(rng.normal(size=(40, 4)), 2)
    y = np.round(x + rng.normal(size=(40, 4)), 2)
    # A power of two changes no digit, also in single precision where it has the range.
    precision = np.float32 if 2.0**-100 < factor < 2.0**125 else np.float64
    sides = {"x": x, "y": y, "large": x * factor}
    for name, side in sides.items():
        np.save(files / f"{name}.npy", side.astype(precision))
    more = ["--measure", measure, "--json"]
    expected = answer(capsys, "similarity", files / "x.npy", files / "y.npy", *more)["value"]
    found = answer(capsys, "similarity", files / "large.npy", files / "y.npy", *more)["value"]
    assert found == pytest.approx(expected, rel=1e-5)
    if measure.startswith("cka"):
        debiased = ["--debiased"] if measure == "cka_debiased" else []
        found = answer(capsys, "cka", files / "large.npy", files / "y.npy", *debiased, "--json")["cka"]
        assert found == pytest.approx(expected, rel=1e-5)


def test_similarity_has_every_measure_of_its_module():
    assert tuple(QUESTIONS) == SIMILARITIES


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_text("no array"), "holds no plain array of numbers"),
        (lambda path: path.write_bytes(b""), "holds no plain array of numbers"),
        (lambda path: np.save(path, np.array([[{}]]), allow_pickle=True), "holds no plain array of numbers"),
        (lambda path: path.write_bytes(path.with_name("x.npy").read_bytes()[:-1]), "holds no plain array of numbers"),
        (lambda path: np.save(path, np.full((40, 4), np.inf)), "not finite"),
        (lambda path: np.save(path, np.ones((40, 4))), "constant"),
        (lambda path: np.save(path, np.ones((39, 4))), "constant"),
        (lambda path: np.save(path, np.eye(39, 4)), "40 items"),
        (lambda path: np.save(path, np.eye(40, 4)[0]), "the shape 4"),
        (lambda path: np.save(path, np.eye(40, 4).astype(str)), "real numbers"),
        (lambda path: np.save(path, np.eye(40, 4) > 0), "real numbers"),
        (lambda path: np.save(path, np.eye(40, 4) * 1j), "real numbers"),
        (lambda path: np.save(path, np.eye(40, 4)[:, :0]), "at least 1 dimension"),
        (lambda path: path.write_bytes(path.with_name("x.npy").read_bytes() * 2), "one alone"),
        (lambda path: None, "There is no file"),
    ],
)
@pytest.mark.parametrize("command", ["cka", "similarity"])
def test_what_cannot_be_compared_is_one_line(files, capsys, command, write, message):
    np.save(files / "x.npy", np.random.default_rng(0).normal(size=(40, 4)))
    write(files / "bad.npy")
    more = ["--measure", "cka"] if command == "similarity" else []
    assert main([command, str(files / "x.npy"), str(files / "bad.npy"), *more]) == 1
    told = capsys.readouterr().err
    assert told.startswith("isogloss: ")
    assert told.count("\n") == 1
    assert message in told
    assert "bad.npy" in told


def test_an_array_with_a_flipped_bit_in_its_header_is_another_or_one_line(files, capsys):
    np.save(files / "x.npy", np.random.default_rng(0).normal(size=(40, 4)))
    whole = (files / "x.npy").read_bytes()
    for place in range(0, 128):
        bit = 1 << np.random.default_rng(place).integers(8)
        (files / "y.npy").write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        failed = main(["similarity", str(files / "x.npy"), str(files / "y.npy"), "--measure", "cka"])
        told = capsys.readouterr()
        assert (failed, told.err.count("\n")) in ((0, 0), (1, 1))


def test_neighbours_are_a_whole_number(files, capsys):
    with pytest.raises(SystemExit):
        main(["similarity", "x.npy", "y.npy", "--measure", "cka", "--neighbours", "0"])
    assert "not a whole number above 0" in capsys.readouterr().err


def test_export_and_info(files, capsys):
    pd.DataFrame({"word": ["a"], "sentence": [1], "position": [2], "language": ["en"], "cluster": [3]}).to_parquet(
        files / "c.parquet"
    )
    assert main(["export", str(files / "c.parquet"), str(files / "c.txt")]) == 0
    assert (files / "c.txt").read_text() == "a|||0|||1|||2|||3\n"
    assert main(["info", str(files / "c.parquet")]) == 0
    assert "table: 1 rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    "place",
    ["joint.txt", "link.txt", ".", "joint.txt/x", "none/x", "lexicon.txt", "c.parquet", "nothing", "loop", "loop/x"],
)
def test_export_never_writes_over_anything_but_an_export(files, capsys, place):
    (files / "link.txt").symlink_to(files / "joint.txt")
    (files / "nothing").symlink_to(files / "absent")  # as /dev/stdout is where output is closed
    (files / "loop").symlink_to(files / "loop")
    (files / "c.parquet").write_bytes(b"PAR1")
    before = {path.name: path.read_bytes() for path in files.iterdir() if path.is_file()}
    assert main(["export", str(files / "joint.txt"), str(files / place)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("isogloss: ")
    assert told.count("\n") == 1
    assert {path.name: path.read_bytes() for path in files.iterdir() if path.is_file()} == before
    assert main(["export", str(files / "joint.txt"), str(files / "target.txt")]) == 0
    assert (files / "target.txt").read_text() == (files / "joint.txt").read_text()


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2,3\n4,5,6,7\n", "a,b\n1,2\n".encode("utf-16")])
def test_info_of_a_damaged_table_is_one_line(files, capsys, content):
    (files / "t.csv").write_bytes(content)
    assert main(["info", str(files / "t.csv")]) == 1
    told = capsys.readouterr().err
    assert "t.csv is no CSV table in UTF-8" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "option", [("--top-n", "0"), ("--min-types", "-5"), ("--null", "-1"), ("--seed", "-1"), ("--match", "x")]
)
def test_numbers_that_mean_nothing_are_refused(files, capsys, option):
    with pytest.raises(SystemExit):
        main(["align", str(files / "source.txt"), str(files / "target.txt"), str(files / "lexicon.txt"), *option])
    assert f"argument {option[0]}: {option[1]} is " in capsys.readouterr().err


def test_info_tells_what_a_column_holds_by_what_is_there(files, capsys):
    columns = {
        "gone": [None, None],
        "some": [None, "w"],
        "list": [None, [1]],
        "key": [{"x": 1}, {"x": 2}],
        "n": [None, 2],
    }
    pd.DataFrame(columns).to_parquet(files / "t.parquet")
    (files / "t.csv").write_text("a,b\n")
    assert main(["info", str(files / "t.parquet")]) == main(["info", str(files / "t.csv")]) == 0
    expected = ["table: 2 rows", "gone: nothing", "some: 1 different, such as w", "list: lists", "key: sections",
                "n: 2.0 to 2.0", "table: 0 rows", "a: nothing", "b: nothing"]  # fmt: skip
    assert capsys.readouterr().out.splitlines() == expected


def test_info_of_sentence_vectors(files, capsys):
    with new_vectors(files / "v.h5", {"task": "sentiment"}) as writer:
        for language in ("de", "en"):
            writer.add(language, [0, 2], {"mean": np.ones((2, 5, 4), np.float16)})
    assert main(["info", str(files / "v.h5")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "sentence vectors: en, 5 items, layers 0, 2, pooling mean"
    assert "task: sentiment" in told
    with open_vectors(files / "v.h5") as file:
        assert (file["de/mean/2"][:] == 1).all()


def test_check_and_plan(files, capsys):
    tiny = ROOT / "config" / "test" / "tiny.yaml"
    assert main(["check", str(tiny)]) == 0
    assert "no mistakes" in capsys.readouterr().out
    jobs = answer(capsys, "plan", tiny, "--json")["jobs"]
    assert jobs["cluster_concepts"] == 28
    (files / "bad.yaml").write_text("modles: {}\nconcepts: {clusters: 1}\n")
    assert main(["check", str(files / "bad.yaml")]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert all(line.startswith(str(files / "bad.yaml")) for line in told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("align", "none.txt", "target.txt", "lexicon.txt"), "There is no file none.txt"),
        (("align", "target.txt", "source.txt", "lexicon.txt"), "no overlap"),
        (("overlap", "joint.txt"), "--split SENTENCE"),
        (("overlap", "joint.txt", "--split", "9", "--null", "99"), "--null needs --lexicon"),
        (("overlap", "joint.txt", "--lexicon", "lexicon.txt"), "--lexicon needs --source"),
        (("cka", "none.npy", "none.npy"), "There is no file"),
        (("cka", "x.npy", "y.npy", "--layer", "3"), "--layer is of stores"),
        (("info", "none.h5"), "There is no file"),
    ],
)
def test_mistakes_are_one_line(files, capsys, monkeypatch, arguments, message):
    monkeypatch.chdir(files)
    assert main(list(arguments)) == 1
    told = capsys.readouterr().err
    assert told.startswith("isogloss: ")
    assert told.count("\n") == 1
    assert message in told


def test_percent_are_refused(files, capsys):
    with pytest.raises(SystemExit):
        main(["overlap", str(files / "joint.txt"), "--threshold", "30"])
    assert "percent" in capsys.readouterr().err


COMMANDS = [
    ["info", "t.csv"],
    ["align", "source.txt", "target.txt", "lexicon.txt", "--json"],
    ["--help"],
    ["info", "none-ö.csv"],
]


def as_command(folder, arguments, stdout, **environment):
    """Run the command as a shell does, with output that is buffered."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "isogloss", *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT / "workflow"), **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_output_that_nobody_takes(files, arguments):
    (files / "t.csv").write_text("ä,b\nλ,1\n", encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    done = as_command(files, arguments, writer)
    os.close(writer)
    missing = arguments[1:] == ["none-ö.csv"]
    assert (done.returncode, len(done.stderr.splitlines())) == (int(missing), int(missing))
    with Path("/dev/full").open("w") as full:
        done = as_command(files, arguments, full)
    assert done.returncode == 1
    assert (
        done.stderr.decode()
        == f"isogloss: {'There is no file none-ö.csv.' if missing else 'No space left on device'}\n"
    )


def test_output_in_ascii(files):
    (files / "t.csv").write_text("ä,b\nλ,1\n", encoding="utf-8")
    told = as_command(files, ["info", "t.csv"], subprocess.PIPE, PYTHONIOENCODING="ascii").stdout.splitlines()
    assert told[1:] == [rb"\xe4: 1 different, such as \u03bb", b"b: 1 to 1"]


def test_names_of_files_in_ascii_are_refused(files):
    done = as_command(files, ["info", "t.csv"], subprocess.PIPE, LC_ALL="C", PYTHONUTF8="0")
    assert done.returncode == 1
    assert done.stderr == b"isogloss: Names of files are read as ascii here, not as UTF-8. Say: export PYTHONUTF8=1\n"


def test_interrupted_is_one_line(files, capsys, monkeypatch):
    def interrupt(path):
        raise KeyboardInterrupt

    monkeypatch.setattr("isogloss.concepts.cluster.read_clusters", interrupt)
    assert main(["info", str(files / "joint.txt")]) == 130
    assert capsys.readouterr().err == "isogloss: interrupted\n"


def test_run_knows_targets_from_configs_and_snakemake_by_its_name(monkeypatch):
    called = []
    monkeypatch.setattr("os.execv", lambda program, arguments: called.append(arguments))
    tiny = str(ROOT / "config" / "test" / "tiny.yaml")
    assert main(["run", tiny, "tables"]) == 0
    parsed = subprocess.run([*called[0], "--nope"], capture_output=True, text=True)
    assert parsed.stderr.splitlines()[-1] == "snakemake: error: unrecognized arguments: --nope"
    assert parse_args(called[0][3:])[1].configfile == [Path(tiny)]
    assert parse_args(called[0][3:])[1].targets == ["tables"]


@pytest.mark.parametrize("option", [("--configfile", "other.yaml"), ("--configfiles=x",), ("-n", "--configf", "x")])
def test_run_takes_one_config(capsys, option):
    assert main(["run", str(ROOT / "config" / "test" / "tiny.yaml"), *option]) == 2
    assert "isogloss run takes one config" in capsys.readouterr().err
