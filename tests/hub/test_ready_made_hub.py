"""Checkpoints tuned elsewhere, from the hub: the genuine client against a hub on loopback."""

import json

import pytest
import tiny_families
from test_fetch import refusal
from tiny_tuned import LABELS, OTHER_ORDER, adapter, classifier


@pytest.fixture
def bring(call, tmp_path):
    """Bring a repository's checkpoint of a tiny model."""
    base = tiny_families.make(tmp_path / "base", "bert")

    def bring(revision, **changes):
        settings = {"base_name": None, "kind": "sequence-classification", "labels": LABELS, "outputs": None, **changes}
        place = {"folder": tmp_path / "ours", "base": base, "repository": "tiny/nli", "revision": revision}
        return call("models.ready_made:bring", **place, **settings)

    return bring


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_whole_model_comes_from_the_cache_and_says_which_commit_it_is(hub, bring, tmp_path):
    source = classifier(tmp_path / "base", tmp_path / "theirs", OTHER_ORDER, tokenizer=False)
    commit = hub.push("tiny/nli", content(source))
    code, lines = bring(commit)
    assert code == 0, lines
    ours = tmp_path / "ours"
    assert (ours / "model.safetensors").resolve().is_relative_to(tmp_path / "cache")
    assert list(json.loads((ours / "config.json").read_text())["id2label"].values()) == OTHER_ORDER
    assert json.loads((ours / "hub.json").read_text())["commit"] == commit
    assert (ours / "tokenizer.json").read_bytes() == (tmp_path / "base/tokenizer.json").read_bytes()


def test_an_adapter_is_merged_with_nothing_but_its_own_files_fetched(hub, bring, tmp_path):
    source = adapter(tmp_path / "base", tmp_path / "theirs")
    commit = hub.push("tiny/nli", {**content(source), "optimizer.pt": b"large"})
    code, lines = bring(commit, outputs=LABELS)
    assert code == 0, lines
    ours = tmp_path / "ours"
    assert not (ours / "model.safetensors").is_symlink()
    assert json.loads((ours / "hub.json").read_text())["commit"] == commit
    assert hub.asked("optimizer.pt") == []
    asked = len(hub.contents.requests)
    assert bring(commit, outputs=LABELS, env={"HF_HUB_OFFLINE": "1"})[0] == 0
    assert len(hub.contents.requests) == asked


def test_what_does_not_fit_is_told_in_one_line_and_a_missing_repository_too(hub, bring, tmp_path):
    source = classifier(tmp_path / "base", tmp_path / "theirs", ["yes", "no"])
    assert "has the labels yes, no; the task's are" in refusal(bring(hub.push("tiny/nli", content(source))))
    assert "it has no such revision" in refusal(bring("1" * 40))


def test_an_adapter_named_as_a_model_is_told_where_it_belongs(hub, call, tmp_path):
    base = tiny_families.make(tmp_path / "base", "bert")
    commit = hub.push("tiny/nli", content(adapter(base, tmp_path / "theirs")))
    said = refusal(call("models.bring:fetch", folder=tmp_path / "ours", repository="tiny/nli", revision=commit))
    assert "name it among the `checkpoints` of the model" in said
