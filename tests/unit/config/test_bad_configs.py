"""Bad configs: each kind gives one clear line, from both doors. Most kinds are made from the config's own schema."""

import copy
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from isogloss.config.read import ConfigError, load, validate
from isogloss.config.root import Config

ROOT = Path(__file__).resolve().parents[3]
# Through JSON, so that a change stays where it is made: what an alias names is one object otherwise.
BASE = json.loads(json.dumps(yaml.safe_load((ROOT / "config" / "config.yaml").read_text(encoding="utf-8"))))
SCHEMA = Config.model_json_schema()
# Words of the machine, not of the user.
PYTHON = (
    "Input should", "should be a", "None", "dict", "instance", "integer", "boolean", "parse", "finite", "valid_",
    "pydantic", "Traceback", "validation error", "after validation", "__", "<class",
)  # fmt: skip


def sections(shape: dict, content: dict, path: tuple = ()) -> list[tuple[tuple, dict]]:
    """List the sections that the demo's config has, each with its schema."""
    if "$ref" in shape:
        shape = SCHEMA["$defs"][shape["$ref"].rsplit("/", 1)[1]]
    for key in ("anyOf", "oneOf"):
        if key in shape:
            options = [option for option in shape[key] if "$ref" in option]
            named = [SCHEMA["$defs"][option["$ref"].rsplit("/", 1)[1]] for option in options]
            fitting = [one for one in named if set(content) <= set(one["properties"])]
            return [found for one in fitting[:1] for found in sections(one, content, path)]
    found = [(path, shape)] if "properties" in shape else []
    inner = shape.get("properties") or {}
    wild = next(iter((shape.get("patternProperties") or {"": shape.get("additionalProperties")}).values()))
    for key, value in content.items():
        below = inner.get(key) or wild
        if isinstance(value, dict) and isinstance(below, dict):
            found += sections(below, value, (*path, key))
    return found


def kinds_of_mistake():
    """A config each: where, which key, which value, and what the message must name."""
    for path, shape in sections(SCHEMA, BASE):
        yield (*path, "surely_unknown"), 1
        for key, about in shape["properties"].items():
            options = about.get("anyOf", [about])
            types = {option.get("type") for option in options}
            if types & {"integer", "number"} and "boolean" not in types:
                yield (*path, key), True
                yield (*path, key), "many"
                yield (*path, key), float("inf")
                yield (*path, key), -(10**12)
            if any("enum" in option for option in options):
                yield (*path, key), "nothing-of-these"
            if types == {"array"}:
                yield (*path, key), "word"
            if types == {"integer"}:
                yield (*path, key), 1.5
            if types == {None} and "$ref" in about:
                yield (*path, key), "word"
            if types & {"integer", "number"}:
                yield (*path, key), 10**12
    yield from named_twice(BASE)


def named_twice(content, path=()):
    """Give each list of the demo's config with its first word said twice."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from named_twice(value, (*path, key))
        elif isinstance(value, list) and value and key != "labels":
            yield (*path, key), [*value, value[0]]


KINDS = list(kinds_of_mistake())


def changed(path: tuple, value) -> dict:
    content = copy.deepcopy(BASE)
    section = content
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value
    return content


def messages_of(content) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validate(content, "my.yaml")
    return caught.value.messages


def test_there_are_more_than_a_hundred_kinds():
    assert len(KINDS) > 100


@pytest.mark.parametrize(("path", "value"), KINDS, ids=lambda part: str(part)[:60])
def test_each_gives_one_clear_line(path, value):
    messages = messages_of(changed(path, value))
    assert len(messages) == 1, messages
    (message,) = messages
    assert message.startswith("my.yaml: ")
    assert path[-1] in message
    assert "\n" not in message
    assert not any(word in message for word in PYTHON), message


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("text", {"files": {"en": "a", "de": "a"}}, "files: 'en' and 'de' are the same text, a"),
        ("table", {"file": "a.csv", "columns": {"de": "en"}}, "columns: 'en' and 'de' are the same text, en"),
        ("gettext", {"names": {"de": "en"}}, "names: 'en' and 'de' are the same text, en"),
        ("hub", {"preset": "ted-multi", "names": {"en": "de"}}, "names: 'en' and 'de' are the same text, de"),
    ],
)
def test_two_languages_cannot_have_the_same_text(kind, more, told):
    corpus = {"kind": kind, "languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]}, **more}
    messages = messages_of({**BASE, "corpora": {**BASE["corpora"], "own": corpus}})
    assert f"my.yaml: corpora.own.{told}" in messages


def test_a_link_a_copy_and_another_path_are_the_same_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("x y\n")
    Path("b").symlink_to("a")
    Path("c").hardlink_to("a")
    Path("d").write_text("x y\n")
    Path("like").write_text("x z\n")  # as long as the others
    corpus = {"kind": "text", "languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]}}
    for other in ("b", "c", "d", f"../{tmp_path.name}/a", str(tmp_path / "b")):
        own = {**corpus, "files": {"en": "a", "de": other}}
        messages = messages_of({**BASE, "corpora": {**BASE["corpora"], "own": own}})
        told = f"my.yaml: corpora.own.files: 'en' and 'de' are the same text, {other}, with the content of a"
        assert messages == [told]
    links = {"method": "given", "files": {"en-de": "a", "en-fr": "d"}}
    own = {**corpus, "languages": ["en", "de", "fr"], "files": {"en": "a", "de": "like"}, "word_alignment": links}
    (message,) = [told for told in messages_of({**BASE, "corpora": {"own": own}}) if "word_alignment" in told]
    assert "'en-de' and 'en-fr' are the same links, d, with the content of a" in message


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("results",), "/", "holds other things"),
        (("results",), ".git/results", "holds other things"),
        (("results",), str(ROOT / "workflow" / "isogloss" / "x"), "inside the code"),
        (("results",), "out/{model}", "a path here cannot"),
        (("results",), "out\nput", "a path here cannot"),
        (("results",), "", "at least 1 character"),
        (("title",), "a\ud800", "half a surrogate pair"),
        (("results",), "a\ud800", "half a surrogate pair"),
        (("corpora", "microworld", "pairs", "source"), "a\ud800", "half a surrogate pair"),
        (("results",), "..", "holds other things"),
        (("results",), ".snakemake/x", "holds other things"),
        (("results",), "a\x00b", "a path here cannot"),
        (("results",), "a\u00a0b", "a path here cannot"),
        (("results",), "x" * 300, "File name too long"),
        (("results",), "s3://mine/x", "write the path itself"),
        (("models", "m" * 61), {"folder": "y"}, "expected a name of at most 60 characters; found 61"),
        *((("results",), name, "write the path itself") for name in ("~", "~you/x", "$HOME/x", "C:\\x", " ", "x ")),
        (("results",), f"{__file__}/x", "is a file; name a folder"),
        (("title",), False, 'put the word in quotes, such as "no"'),
        (("models", 1), {"folder": "x"}, "models.1: a name must be text; put it in quotes"),
        (("tasks", "inference", "variants", "whole"), {"layers": [1]}, "rename it"),
        (("impact", "beside"), ["lexicl"], "is not among this config's distances"),
        (("corpora", "microworld", "anchors"), 100_000, "content words that there are"),
        (("corpora", "microworld", "anchors"), -1, "0"),
        (("tasks", "inference", "data", "corpus"), "nowhere", "there is no microworld corpus 'nowhere'"),
        (("tasks", "inference", "controls"), ["shuffled-4"], "shuffled-3"),
        (("tasks", "inference", "controls"), ["shuffled-1", "shuffled-1"], "'shuffled-1' stands twice"),
        (("tasks", "sentiment", "controls"), ["second-empty"], "'second-empty' needs two texts"),
        (("tasks", "entities", "controls"), ["shuffled-1"], "only sequence-classification has controls"),
        (("selection",), {"min_frequency": 9, "delete_frequency": 3}, "no word would be left"),
        (("models", "Naive!"), {"folder": "x"}, "found 'Naive!'"),
        (("corpora",), [], "found a list"),
        (("models",), {}, "models: the section is empty"),
        (("models", "naive", "layers"), 5, "models.naive.layers: expected one of all or a list; found a number (5)"),
        (("models", "naive", "layers"), ["a"], "models.naive.layers.0: expected a whole number; found text ('a')"),
        (("models", "naive"), {}, "models.naive: needs exactly one of"),
        (("models", "naive"), {"hub": "", "revision": "x"}, "models.naive.hub: expected an id of the hub"),
        (("models", "naive"), {"hub": "a b/c", "revision": "x"}, "found 'a b/c'"),
        (("models", "naive"), {"hub": "../models/mine", "revision": "x"}, "found '../models/mine'"),
        (("models", "naive"), {"hub": "https://x/a/b", "revision": "x"}, "models.naive.hub: expected an id of the hub"),
        (("crossed",), {"tasks": []}, "crossed.tasks: the list is empty"),
        (("edits",), {"languages": []}, "edits.languages: the list is empty"),
        (("controls",), {"tasks": ["sentiment"], "sources": ["tr"]}, "no task of these is tuned on 'tr'; there are"),
        (("tasks", "inference", "targets"), [], "tasks.inference.targets: the list is empty"),
        (("sweep",), {"top_n": [3, 3]}, "sweep.top_n: '3' stands twice"),
        (("probes",), {"labels": ["label", "label"]}, "probes.labels: 'label' stands twice"),
        (("models",), None, "found nothing"),
    ],
)
def test_names_places_and_ranges_that_cannot_be(path, value, told):
    messages = messages_of(changed(path, value))
    assert any(told in message for message in messages), messages


def test_home_is_spelled_out_and_a_closing_slash_dropped():
    assert validate(changed(("results",), "~/results/")).results == str(Path.home() / "results")
    assert validate(changed(("results",), "out/")).results == "out"


UNREADABLE = {
    "missing.yaml": (None, "there is no such file"),
    "binary.yaml": (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
    "latin1.yaml": ("title: Grüße\n".encode("latin-1"), "not text in UTF-8"),
    "nul.yaml": (b"title: a\x00b\n", "not readable as YAML"),
    "tab.yaml": (b"corpora:\n\tmine: 1\n", ":2: "),
    "tag.yaml": (b"title: !!python/object:os.system x\n", ":1: "),
    "twice.yaml": (b"title: a\nresults: r\ntitle: b\n", ":3: the key 'title' stands twice"),
    "twice_no.yaml": (b"models:\n  no: {}\n  'no': {}\n", ":3: the key 'no' stands twice"),
    "twice_null.yaml": (b"models:\n  ~: {}\n  'null': {}\n", ":3: the key 'null' stands twice"),
    "twice_deep.yaml": (b"concepts:\n  clusters: 5\n  clusters: 6\n", ":3: the key 'clusters' stands twice"),
    "cyclic.yaml": (b"models: &a\n  x: *a\n", "holds itself"),
    "empty.yaml": (b"", "found nothing"),
    "word.yaml": (b"hello\n", "found text"),
    "list.yaml": (b"- a\n- b\n", "found a list"),
    "open.yaml": (b"title: 'a\n", ":"),
    "sixties.yaml": (b"concepts: {clusters: 1:20}\n", ":1: YAML reads 1:20 as the number 80"),
    "sixties_key.yaml": (b"models:\n  12:30: {}\n", ":2: YAML reads 12:30 as the number 750"),
    "octal.yaml": (b"concepts: {clusters: 010}\n", ":1: YAML reads 010 as the number 8"),
    "thousand.yaml": (b"concepts: {clusters: 1,000}\n", ":1: YAML reads 000 as the number 0"),
    "digits.yaml": (b"concepts: {clusters: " + b"9" * 5000 + b"}\n", "beyond reason"),
    "on.yaml": (b"models:\n  on: {}\n", ":2: YAML reads on as a truth value"),
    "off.yaml": (b"models:\n  OFF: {}\n", ":2: YAML reads OFF as a truth value"),
    "set.yaml": (b"x: !!set {a, b}\n", "the tag '!!set' means nothing here"),
    "binary_tag.yaml": (b"title: !!binary aGk=\n", "the tag '!!binary' means nothing here"),
    "env.yaml": (b"title: !env HOME\n", "the tag '!env' means nothing here"),
    "documents.yaml": (b"title: a\n---\ntitle: b\n", ":2: a second document begins here"),
    "indented.yaml": (b"models:\n  a: {}\n   b: {}\n", ":3: the line does not go with those before it"),
    "deep.yaml": (b"models: " + b"[" * 3000 + b"]" * 3000, "more sections within one another than can be read"),
    "listkey.yaml": (b"? [a, b]\n: 1\n", "a key must be a word"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_is_no_config_is_one_line(tmp_path, name):
    content, told = UNREADABLE[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name)
    assert len(caught.value.messages) == 1
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_dates_are_text_and_letters_that_look_alike_are_named():
    assert validate(changed(("title",), date(2026, 1, 1))).title == "2026-01-01"
    for key, told in {
        "\u0441oncepts": "did you mean 'concepts', without U+0441 (CYRILLIC SMALL LETTER ES)?",
        "concepts\u200b": "without U+200B (ZERO WIDTH SPACE)",
        "concepts\u00a0": "without U+00A0 (NO-BREAK SPACE)",
        "concept": "did you mean 'concepts'?",
    }.items():
        assert told in messages_of({**BASE, key: {}})[0]


@pytest.mark.parametrize("text", ["title: a\nresults: r\ntitle: b\n", "titel: a\n", "concepts: {clusters: true}\n"])
def test_snakemake_says_the_same_lines_as_check(tmp_path, text):
    file = tmp_path / "my.yaml"
    rest = "" if text.startswith("title") else (ROOT / "config" / "test" / "tiny.yaml").read_text(encoding="utf-8")
    lines = rest.replace("concepts: ", "# concepts: ") if "concepts" in text else rest
    file.write_text(text + lines, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--configfile", str(file)]
    done = subprocess.run([*command, "-n"], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "my.yaml" in line] == caught.value.messages
    assert "Traceback" not in done.stderr


def test_isogloss_run_checks_first_and_then_hands_over(tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(b"\x89PNG")
    command = [sys.executable, "-m", "isogloss.cli", "run"]
    environment = {"cwd": ROOT, "capture_output": True, "text": True}
    done = subprocess.run([*command, str(bad)], **environment, env={"PYTHONPATH": str(ROOT / "workflow")})
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    good = ROOT / "config" / "test" / "tiny.yaml"
    arguments = [str(good), "--dry-run", "--quiet", "--cores", "1", "--directory", str(tmp_path)]
    done = subprocess.run([*command, *arguments], **environment, env={"PYTHONPATH": str(ROOT / "workflow")})
    assert done.returncode == 0, done.stderr
