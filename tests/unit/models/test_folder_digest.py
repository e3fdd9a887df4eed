"""One digest of a model folder: what counts in it, and what does not."""

import pytest

from isogloss.models.load import folder_digest


@pytest.fixture
def folder(tmp_path):
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_any_of_a_model_s_files_counts(folder, name):
    before = folder_digest(folder)
    (folder / name).write_text("another")
    assert folder_digest(folder) != before


def test_a_time_stamp_in_the_folder_does_not_count(folder):
    before = folder_digest(folder)
    (folder / ".snakemake_timestamp").touch()
    assert folder_digest(folder) == before
