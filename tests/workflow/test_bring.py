"""The pages of docs/bring: their files and commands as written, in an empty folder; and what they promise."""

import re
import subprocess
import sys

import pandas as pd
import pytest
import tiny_families
import tiny_tuned
from checkout import ROOT
from transformers import AutoModel, AutoTokenizer

PAGES = ROOT / "docs" / "bring"
LABELS = ["entailment", "neutral", "contradiction"]
CONFIG = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


def blocks(name):
    """Give a page's blocks: their language and content."""
    return CONFIG.findall((PAGES / f"{name}.md").read_text(encoding="utf-8"))


@pytest.fixture
def carry_out(tmp_path):
    """Do what a page says, where the user has got a model and what was tuned from it; gives the folder."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "isogloss"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m isogloss.cli "$@"\n')
    command.chmod(0o755)
    base = tiny_families.make(tmp_path / "bin" / "base", "bert")
    own = {"model": AutoModel.from_pretrained(base), "tokenizer": AutoTokenizer.from_pretrained(base)}
    work = tmp_path / "work"
    work.mkdir()

    def carry_out(name, **more):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(work)
            patch.setenv("PATH", f"{tmp_path / 'bin'}:{sys.exec_prefix}/bin", prepend=":")
            patch.setenv("PYTHONPATH", str(ROOT / "workflow"))
            for language, content in blocks(name):
                if language == "python":
                    exec(content, own | more)
                elif language == "bash":
                    done = subprocess.run(["bash", "-ec", content], capture_output=True, text=True)
                    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
                    assert "no mistakes found" in done.stdout
                else:
                    first, rest = content.split("\n", 1)
                    (work / first.removeprefix("# ")).write_text(rest, encoding="utf-8")
        return work

    carry_out.own, carry_out.base, carry_out.work = own, base, work
    return carry_out


def save_model(carry_out):
    for part in carry_out.own.values():
        part.save_pretrained(carry_out.work / "my-model")


@pytest.mark.slow
def test_text(carry_out):
    table = pd.read_csv(carry_out("text") / "results-text/tables/concept_alignment.csv")
    assert set(table.layer) == {0, 1}
    assert set(table.target) == {"de"}


@pytest.mark.slow
def test_alignments(carry_out):
    lexicon = pd.read_parquet(carry_out("alignments") / "results-links/lexicons/mine/en-de.parquet")
    links = {("the", "das"), ("red", "rote"), ("house", "Haus"), ("a", "ein"), ("boat", "Boot")}
    assert set(zip(lexicon.source, lexicon.target, strict=True)) == links


@pytest.mark.slow
def test_model(carry_out):
    table = pd.read_csv(carry_out("model") / "results-model/tables/activations.csv")
    assert set(table.model) == {"mine"}
    assert set(table.layers) == {2}
    assert (table.kept > 0).all()


@pytest.mark.slow
def test_labelled_data(carry_out):
    save_model(carry_out)
    folder = carry_out("labelled-data") / "results-labels/tables"
    assert set(pd.read_csv(folder / "transfer.csv").target) == {"en", "de"}
    assert set(pd.read_csv(folder / "impact.csv").source) == {"en"}


@pytest.mark.slow
def test_checkpoints(carry_out):
    save_model(carry_out)

    class Saved:
        def __init__(self, save):
            self.save_pretrained = lambda name: save(carry_out.base, carry_out.work / name)

    tuned = Saved(lambda base, place: tiny_tuned.classifier(base, place, LABELS[::-1]))
    folder = carry_out("checkpoints", tuned=tuned, adapted=Saved(tiny_tuned.adapter)) / "results-checkpoints/tables"
    assert set(pd.read_csv(folder / "concept_overlap.csv").checkpoint) == {"pretrained", "nli-en", "nli-de"}
    assert set(pd.read_csv(folder / "transfer.csv").checkpoint) == {"nli-en", "nli-de"}


def test_every_page_is_in_the_list_and_every_config_beside_one_is_named_in_its_commands():
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert pages == set(re.findall(r"\((\S+)\.md\)", (PAGES / "README.md").read_text(encoding="utf-8")))
    for page in pages:
        (config,) = [content.split("\n", 1)[0].removeprefix("# ") for kind, content in blocks(page) if kind == "yaml"]
        (commands,) = [content for kind, content in blocks(page) if kind == "bash"]
        assert commands.startswith(f"isogloss check {config}\nisogloss run {config} ")
