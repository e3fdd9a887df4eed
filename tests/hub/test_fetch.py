"""Fetching a model as a user sees it: the genuine client against a hub on loopback."""

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from loopback import Handler
from safetensors.torch import save

from isogloss.errors import IsoglossError
from isogloss.models.families import read_config

ROOT = Path(__file__).resolve().parents[2]


def weights_of(size: int, name: str = "a") -> bytes:
    """Give a safetensors file of one tensor of so many random bytes."""
    return save({name: torch.frombuffer(bytearray(os.urandom(size)), dtype=torch.uint8)})


MODEL = {
    "config.json": b'{"model_type": "bert", "num_hidden_layers": 1, "hidden_size": 8}',
    "tokenizer.json": b"{}",
    "model.safetensors": weights_of(100_000),
    "README.md": b"# A model",
    "onnx/model.safetensors": b"not ours",
}


@pytest.fixture
def fetch(call, tmp_path):
    """Fetch a model into a results folder; gives the code and the lines."""

    def fetch(revision, name="tiny/bert", results="results", **more):
        return call(
            "models.bring:fetch", folder=tmp_path / results / "pretrained", repository=name, revision=revision, **more
        )

    return fetch


def refusal(outcome) -> str:
    """Give the one line that the user reads."""
    code, lines = outcome
    assert code == 1, lines
    said = [line for line in lines if line.startswith("REFUSED")]
    assert len(said) == 1
    assert said[0] == lines[-1], "nothing may follow the refusal"
    assert not any("Traceback" in line for line in lines)
    return said[0].removeprefix("REFUSED ")


def test_a_model_is_linked_from_the_shared_cache_and_the_second_results_folder_asks_for_nothing(hub, fetch, tmp_path):
    commit = hub.push("tiny/bert", MODEL)
    assert fetch(commit)[0] == 0
    folder = tmp_path / "results/pretrained"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "hub.json", "model.safetensors", "tokenizer.json"
    ]  # fmt: skip
    weights = folder / "model.safetensors"
    assert weights.is_symlink()
    assert weights.resolve().is_relative_to(tmp_path / "cache")
    assert weights.read_bytes() == MODEL["model.safetensors"]
    assert json.loads((folder / "hub.json").read_text())["commit"] == commit
    before = len(hub.contents.requests)
    assert fetch(commit, results="other")[0] == 0
    assert (tmp_path / "other/pretrained/model.safetensors").read_bytes() == MODEL["model.safetensors"]
    assert len(hub.contents.requests) == before


def test_large_files_come_by_plain_http_though_the_hub_offers_xet(hub, fetch):
    assert fetch(hub.push("tiny/bert", MODEL))[0] == 0
    assert hub.asked("xet") == []
    assert len(hub.asked("GET", "/cdn/")) == 1


def test_a_branch_is_resolved_recorded_and_warned_about_also_after_it_has_moved(hub, fetch, tmp_path):
    for weights in (weights_of(1000), weights_of(2000)):
        commit = hub.push("tiny/bert", MODEL | {"model.safetensors": weights})
        code, lines = fetch("main", results=commit)
        assert code == 0
        warning = next(line for line in lines if line.startswith("WARNING"))
        assert "'main'" in warning
        assert commit in warning
        folder = tmp_path / commit / "pretrained"
        assert (folder / "model.safetensors").read_bytes() == weights
        record = json.loads((folder / "hub.json").read_text())
        assert (record["revision"], record["commit"]) == ("main", commit)


def test_offline_the_cache_serves_a_commit_and_a_branch(hub, fetch):
    commit = hub.push("tiny/bert", MODEL)
    assert fetch("main")[0] == 0
    asked = len(hub.contents.requests)
    for revision in (commit, "main"):
        assert fetch(revision, results=f"offline-{revision}", env={"HF_HUB_OFFLINE": "1"})[0] == 0
    assert len(hub.contents.requests) == asked


def test_offline_with_nothing_in_the_cache(hub, fetch, tmp_path):
    said = refusal(fetch(hub.push("tiny/bert", MODEL), env={"HF_HUB_OFFLINE": "1"}))
    assert f"HF_HUB_OFFLINE is set, and the cache {tmp_path}/cache/hub does not hold it" in said
    assert "shares HF_HOME" in said


def test_no_hub_at_all_is_told_without_a_wait(fetch, tmp_path):
    waits = tmp_path / "sitecustomize.py"  # any sleep of the client would end the process with another message
    waits.write_text("import time\ndef sleep(seconds):\n    raise SystemExit(f'slept {seconds}')\ntime.sleep = sleep\n")
    elsewhere = {"HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": f"{tmp_path}:{ROOT / 'workflow'}"}
    said = refusal(fetch("a" * 40, env=elsewhere))
    assert "http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused)" in said
    assert "Fetch it on a machine with a network" in said


def test_what_is_in_the_cache_needs_no_hub(hub, fetch):
    commit = hub.push("tiny/bert", MODEL)
    assert fetch(commit)[0] == 0
    assert fetch(commit, results="other", env={"HF_ENDPOINT": "http://127.0.0.1:9"})[0] == 0


def test_links_into_a_cache_that_is_gone_are_told_with_the_way_out(hub, fetch, tmp_path):
    assert fetch(hub.push("tiny/bert", MODEL))[0] == 0
    (tmp_path / "cache").rename(tmp_path / "moved")
    folder = tmp_path / "results/pretrained"
    with pytest.raises(IsoglossError, match=r"is a link to .*, which is not there: the cache of the hub") as caught:
        read_config(folder)
    assert f"delete {folder} and run the same command again" in str(caught.value)
    shutil.rmtree(folder)
    (tmp_path / "moved").rename(tmp_path / "cache")
    assert fetch(hub.push("tiny/bert", MODEL))[0] == 0
    assert read_config(folder)["model_type"] == "bert"


@pytest.mark.parametrize(
    ("token", "cause"),
    [("", "or it is private and no token was sent"), ("hf_mine", "or the account of the token that was sent")],
)
def test_a_missing_or_private_repository(fetch, token, cause):
    said = refusal(fetch("a" * 40, name="tiny/nobody", env={"HF_TOKEN": token}))
    assert "tiny/nobody" in said
    assert cause in said
    assert "hf_mine" not in said


@pytest.mark.parametrize(
    ("token", "cause"),
    [
        ("", "it is gated, and no token was sent"),
        ("hf_refused", "the account of the token that was sent has no access"),
    ],
)
def test_a_gated_repository_names_the_page_of_its_terms(hub, fetch, token, cause):
    hub.contents.gated.add("tiny/bert")
    said = refusal(fetch(hub.push("tiny/bert", MODEL), env={"HF_TOKEN": token}))
    assert cause in said
    assert f"Accept its terms on {hub.url}/tiny/bert" in said
    assert "hf_refused" not in said


def test_a_gated_repository_with_a_good_token(hub, fetch):
    hub.contents.gated.add("tiny/bert")
    assert fetch(hub.push("tiny/bert", MODEL), env={"HF_TOKEN": "hf_good"})[0] == 0
    assert not any("hf_good" in one for one in hub.asked("/cdn/")), "the token stays with the hub"


def test_a_revision_that_is_not_there(hub, fetch):
    hub.push("tiny/bert", MODEL)
    assert "it has no such revision" in refusal(fetch("b" * 40))


def test_what_a_branch_stood_for_counts_and_if_it_is_gone_the_way_out_is_told(hub, call, fetch, tmp_path):
    weights = weights_of(1000)
    commit = hub.push("tiny/bert", MODEL | {"model.safetensors": weights})
    branch = tmp_path / "main.json"
    about = {"output": branch, "repository": "tiny/bert", "revision": "main", "kind": "model"}
    assert call("hub:resolve_branch", **about)[0] == 0
    hub.push("tiny/bert", MODEL)
    code, lines = fetch("main", branch=branch)
    assert code == 0, lines
    folder = tmp_path / "results/pretrained"
    assert (folder / "model.safetensors").read_bytes() == weights
    record = json.loads((folder / "hub.json").read_text())
    assert (record["revision"], record["commit"]) == ("main", commit)
    del hub.contents.commits["models", "tiny/bert"][commit]
    said = refusal(fetch("main", branch=branch, results="other", env={"HF_HOME": str(tmp_path / "empty")}))
    assert f"the commit {commit}, which it stood for when this study looked it up, is not there any more" in said
    assert "`snakemake --forcerun resolve_branch`" in said


@pytest.mark.parametrize(("method", "part"), [("GET", "/tree/"), ("HEAD", "/resolve/"), ("GET", "/cdn/")])
def test_one_503_is_borne(hub, fetch, method, part):
    hub.fail(method, part, status=503)
    code, lines = fetch(hub.push("tiny/bert", MODEL))
    assert code == 0, lines


@pytest.mark.slow
def test_a_503_for_good_leaves_the_finished_files_for_the_next_try(hub, fetch):
    hub.fail("GET", "/cdn/", times=99, status=503)
    commit = hub.push("tiny/bert", MODEL)
    said = refusal(fetch(commit))
    assert "the hub answered 503 Service Unavailable, again and again" in said
    assert "run the same command again later" in said
    hub.contents.faults.clear()
    hub.contents.requests.clear()
    assert fetch(commit)[0] == 0
    assert [one for one in hub.asked("GET") if "/api/" not in one and "model.safetensors" not in one] == []


def test_a_cut_in_the_middle_of_a_large_file_goes_on_where_it_was(hub, fetch, tmp_path):
    weights = weights_of(25 << 20)
    hub.fail("GET", "/cdn/", cut=22 << 20)
    commit = hub.push("tiny/bert", MODEL | {"model.safetensors": weights})
    assert fetch(commit)[0] == 0
    assert len(hub.asked("GET", "/cdn/", "bytes=20971520-")) == 1
    assert (tmp_path / "results/pretrained/model.safetensors").read_bytes() == weights


@pytest.mark.slow
def test_a_hub_that_never_answers_is_given_up(hub, fetch):
    hub.fail("GET", "/tree/", times=99, silent=True)
    said = refusal(fetch(hub.push("tiny/bert", MODEL), env={"HF_HUB_ETAG_TIMEOUT": "1"}))
    assert "it does not answer" in said


def test_a_full_disk_keeps_what_was_finished_and_says_where_the_cache_is(hub, fetch, tmp_path):
    commit = hub.push("tiny/bert", MODEL | {"model.safetensors": weights_of(300_000)})
    said = refusal(fetch(commit, limit=200_000))
    assert f"no space is left on the disk that holds the cache {tmp_path}/cache/hub" in said
    assert "HF_HOME" in said
    hub.contents.requests.clear()
    assert fetch(commit)[0] == 0
    assert {one.split("/")[-1].split()[0] for one in hub.asked("GET")} == {"model.safetensors"}


def test_pickled_weights_are_refused_before_they_are_fetched_with_both_ways_out(hub, fetch):
    commit = hub.push("tiny/bert", {"config.json": b"{}", "pytorch_model.bin": b"pickle", "tokenizer.json": b"{}"})
    said = refusal(fetch(commit))
    assert "only pickled weights (pytorch_model.bin)" in said
    assert "https://huggingface.co/tiny/bert/discussions" in said
    assert "`revision:`" in said
    assert "`convert: true`" in said
    assert hub.asked("resolve") == []


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"model.safetensors": b"x"}, "has no config.json"),
        ({"config.json": b"{}", "tf_model.h5": b"x"}, "holds no weights of PyTorch; it has config.json, tf_model.h5"),
    ],
)
def test_a_repository_that_is_no_model(hub, fetch, files, cause):
    assert cause in refusal(fetch(hub.push("tiny/bert", files)))


SHARDS = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
INDEX = json.dumps({"metadata": {}, "weight_map": dict(zip("ab", SHARDS, strict=True))}).encode()
SHARDED = {name: data for name, data in MODEL.items() if name != "model.safetensors"} | {
    "model.safetensors.index.json": INDEX, SHARDS[0]: weights_of(40_000), SHARDS[1]: weights_of(60_000, "b")
}  # fmt: skip


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": 30_000}])
def test_a_fault_of_the_second_of_two_files_of_weights_is_borne_and_the_first_is_not_asked_for_again(hub, fetch, fault):
    hub.fail("GET", SHARDS[1], **fault)
    code, lines = fetch(hub.push("tiny/bert", SHARDED))
    assert code == 0, lines
    assert len(hub.asked("GET", "/cdn/", SHARDS[0])) == 1
    assert len(hub.asked("GET", "/cdn/", SHARDS[1])) == 2


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({SHARDS[1]: None}, f"model.safetensors.index.json names {SHARDS[1]!r}, which is not there"),
        ({"model.safetensors.index.json": None}, "has no *.safetensors weights"),
        ({SHARDS[1]: b"version https://git-lfs.github.com/spec/v1"}, "is a Git-LFS pointer"),
        ({SHARDS[0]: weights_of(4000)[:-1]}, "is cut off"),
        ({"config.json": b"<html>"}, "config.json"),
    ],
)
def test_a_repository_that_is_not_whole_is_told_by_its_fetch_not_by_what_comes_after(hub, fetch, changes, cause):
    files = {name: data for name, data in {**SHARDED, **changes}.items() if data is not None}
    commit = hub.push("tiny/bert", files)
    said = refusal(fetch(commit))
    assert f"The model tiny/bert at {commit} is not whole: " in said
    assert cause in said


def test_an_address_that_is_none_and_a_page_to_log_in_are_told(hub, fetch, monkeypatch):
    commit = hub.push("tiny/bert", MODEL)
    said = refusal(fetch(commit, env={"HF_ENDPOINT": "huggingface.co"}))
    assert "HF_ENDPOINT is 'huggingface.co', which is no address of a hub. It begins with https://" in said
    monkeypatch.setattr(Handler, "api", lambda self, *_: self.reply(200, b"<html>Welcome</html>"))
    assert f"what answers as {hub.url} is no hub" in refusal(fetch(commit))
