"""What holds for every source of text."""

import inspect
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
from catalogues import catalogue

from isogloss.config.manual import manual
from isogloss.config.root import Config
from isogloss.errors import IsoglossError
from isogloss.named import named
from isogloss.plan import plug_ins, specs
from isogloss.plan.identity import reached
from isogloss.plan.study import Study
from isogloss.section import kind_of
from isogloss.text.corpora import check_corpus, write_corpus
from isogloss.text.settings import Corpus, Microworld
from isogloss.text.sources import SOURCES

SENTENCES = {
    "en": ["the red house is big", "a cat sleeps on the bed", "she reads two old books"],
    "de": ["das rote Haus ist groß", "eine Katze schläft auf dem Bett", "sie liest zwei alte Bücher"],
}


def section(kind: str, folder: Path) -> dict:
    """What a config says of a source, with its files."""
    if kind == "microworld":
        return {"sentences": 5, "training_sentences": 7}
    if kind == "othello":
        return {"games": 5, "training_games": 7}
    if kind == "gettext":
        letters = [first + second for first in "abcdef" for second in "ghijkl"]
        messages = {f"the house of {one} is big": f"das Haus von {one} ist groß" for one in letters}
        catalogue(folder / "locale" / "de" / "LC_MESSAGES" / "one.mo", messages)
        return {"folder": str(folder / "locale")}
    if kind == "text":
        for language, lines in SENTENCES.items():
            (folder / f"{language}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {"files": {language: str(folder / f"{language}.txt") for language in SENTENCES}}
    pd.DataFrame(SENTENCES).to_parquet(folder / "both.parquet")
    if kind == "table":
        return {"file": str(folder / "both.parquet")}
    assert kind == "hub", f"say here how {kind} is tried"
    for language, lines in SENTENCES.items():
        path = folder / "results" / "fetched" / "mine" / f"{language}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame({"sentence": range(3), "text": lines}).to_parquet(path)
    return {"repository": "a/b", "revision": "0" * 40, "files": "{language}/*", "text": "text"}


@pytest.fixture
def study(tmp_path, request):
    kind = request.param
    own = {"kind": kind, "languages": ["en", "de"], "pairs": {"source": "en", "targets": ["de"]}}
    random = {"family": "bert", "corpus": "mine", "layers": 1, "hidden": 16, "heads": 2}
    return Study(
        Config.model_validate(
            {
                "results": str(tmp_path / "results"),
                "corpora": {"mine": {**own, **section(kind, tmp_path)}},
                "models": {"tiny": {"random": random}},
            }
        )
    )


@pytest.mark.parametrize("study", list(map(kind_of, SOURCES)), indirect=True)
def test_a_source_gives_words_in_sentences_that_its_languages_share(study, tmp_path):
    reader = inspect.signature(named(study.settings.corpora["mine"].reader)).parameters
    seen = {}
    for part in ("parallel", "training"):
        for language in ("en", "de"):
            spec = specs.corpus(study, "mine", language, part)
            assert set(spec) - {"reader"} <= set(reader)
            write_corpus(**spec, output=tmp_path / "made.parquet")
            table = pd.read_parquet(tmp_path / "made.parquet")
            seen[part, language] = set(table.sentence)
            assert list(table.columns[:2]) == ["sentence", "words"]
        assert seen[part, "en"] & seen[part, "de"]


@pytest.mark.parametrize("study", list(map(kind_of, SOURCES)), indirect=True)
def test_a_source_names_the_user_s_files_and_no_others(study):
    corpus = study.settings.corpora["mine"]
    assert all(path.is_file() for path in corpus.user_files().values())
    for language in corpus.languages:
        assert set(corpus.files_of(language)) <= set(corpus.user_files().values())
        spec = specs.corpus(study, "mine", language)
        named_files = {str(spec[key]) for key in ("file", "beside") if spec.get(key)}
        if corpus.kind != "hub":  # its files are made by the fetch
            assert named_files == set(map(str, corpus.files_of(language)))
    assert corpus.mistakes() == []


@pytest.mark.parametrize("kind", list(map(kind_of, SOURCES)))
def test_a_source_is_in_the_manual(kind):
    assert f"## corpora.NAME, kind: {kind}" in manual()


def test_a_corpus_hangs_on_no_source_but_the_one_in_its_params():
    modules = {module for module, _ in reached("isogloss.text.corpora:write_corpus")}
    assert not {module for module in modules if "sources" in module or "microworld" in module}


class Nameless(Corpus):
    """A source without a reader."""

    kind: Literal["nameless"]


class Wrong(Microworld):
    """A source whose reader is not there."""

    reader = "isogloss.text.sources.lines:raed"
    kind: Literal["wrong"]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (Microworld, "2 sources of text have the name 'microworld'"),
        (Nameless, "'nameless' does not say in `reader` what reads it"),
        (Wrong, "'wrong': there is no function isogloss.text.sources.lines:raed"),
    ],
)
def test_a_mistake_is_told_when_the_workflow_starts(source, told):
    plug_ins.check_sources()
    with pytest.raises(IsoglossError, match=told):
        plug_ins.check_sources([*SOURCES, source])


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"sentence": [1], "text": ["a b"]}, "has no column 'words'; it has sentence, text"),
        ({"sentence": [], "words": []}, "holds no sentence"),
        ({"sentence": [1], "words": ["a b"]}, "sentence 1 is 'a b'; expected a list of words"),
        ({"sentence": [4], "words": [[]]}, r"sentence 4 is \[\]"),
        ({"sentence": [1, 2], "words": [["a"], ["b", None]]}, "sentence 2 is"),
        ({"sentence": [1, 1], "words": [["a"], ["b"]]}, "several sentences with the number 1"),
    ],
)
def test_what_a_source_gives_that_is_no_corpus_is_refused(table, told):
    with pytest.raises(IsoglossError, match=told):
        check_corpus(pd.DataFrame(table), "It")
