"""Checkpoints that were not made here: a local folder, or a model of a hub at a pinned revision."""

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from isogloss.errors import IsoglossError
from isogloss.files import write_text
from isogloss.hub import download, look_up

SAFE = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
PICKLED = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin")
BESIDE = ("*.json", "*.model", "*.txt")  # the configuration, the list of shards, the tokenizer


def link_folder(*, folder: str | Path, source: str | Path) -> None:
    """Make ``folder`` hold a link to every file of a local model, so that no weights are copied.

    Parameters
    ----------
    folder
        The checkpoint's place among the results.
    source
        The user's folder, as ``save_pretrained`` writes it.

    Raises
    ------
    IsoglossError
        If ``source`` is no model folder or holds no safetensors weights.
    """
    source = Path(source).resolve()
    check_folder(source)
    link_files(sorted(path for path in source.iterdir() if path.is_file()), Path(folder))


def link_files(files: Iterable[Path], folder: Path) -> None:
    """Make links to ``files`` in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        link = folder / file.name
        link.unlink(missing_ok=True)
        link.symlink_to(file)


def check_folder(source: Path) -> None:
    """Refuse a folder that cannot be loaded as a model, saying what it lacks."""
    if not source.is_dir():
        raise IsoglossError(f"There is no model folder {source}.")
    if not (source / "config.json").is_file():
        raise IsoglossError(
            f"The folder {source} has no config.json, so it is not a model as save_pretrained writes it."
        )
    if not list(source.glob("*.safetensors")):
        raise IsoglossError(
            f"The folder {source} has no *.safetensors weights (other formats are not read, because they can "
            "run code). Save the model again with save_pretrained."
        )


def fetch(*, folder: str | Path, repository: str, revision: str, convert: bool = False) -> None:
    """Fetch a model from the hub into the cache that all results folders share, and link it into ``folder``.

    ``folder`` gets a ``tokenizer.json`` where the repository has none, and ``hub.json``, which says what the revision
    stood for.

    Parameters
    ----------
    repository
        The model's id on the hub, such as ``FacebookAI/xlm-roberta-base``.
    revision
        The commit, 40 hexadecimal digits, so that the same config always means the same weights; a branch is warned
        about.
    convert
        Whether pickled weights are turned into safetensors, where the repository has no others.

    Raises
    ------
    IsoglossError
        If the hub does not give it, or it is no model that can be loaded safely.
    """
    found = look_up(repository, revision)
    top = [file for file in found.files if "/" not in file]
    where = f"The model {repository} at {found.commit}"
    if "config.json" not in top:
        raise IsoglossError(f"{where} has no config.json, so it is not a model as save_pretrained writes it.")
    weights = [file for file in top if SAFE.fullmatch(file)]
    pickled = [] if weights else [file for file in top if PICKLED.fullmatch(file)]
    if not weights and not pickled:
        raise IsoglossError(f"{where} holds no weights of PyTorch; it has {', '.join(top)}.")
    if pickled and not convert:
        raise IsoglossError(
            f"{where} has only pickled weights ({pickled[0]}), which can run code when they are read. Either take the "
            f"commit of a pull request that adds model.safetensors as `revision:` (see "
            f"https://huggingface.co/{repository}/discussions), or say `convert: true`, and they are turned into "
            "safetensors here by a reader that takes tensors only."
        )
    others = [file for file in top if any(fnmatch(file, pattern) for pattern in BESIDE)]
    source = download(found, [*weights, *pickled, *others])
    folder = Path(folder)
    link_files([source / file for file in (*weights, *others)], folder)
    if pickled:
        from isogloss.models.convert import to_safetensors

        to_safetensors([source / file for file in pickled], folder)
    if "tokenizer.json" not in top:
        save_tokenizer(source, folder, where)
    record = {"repository": repository, "revision": revision, "commit": found.commit, "converted": bool(pickled)}
    write_text(json.dumps(record, indent=2) + "\n", folder / "hub.json")


def save_tokenizer(source: Path, folder: Path, where: str) -> None:
    """Write the fast form of a tokenizer that has only its maker's file, so that no later job has to turn it."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = str(error).strip().splitlines()[0]
        raise IsoglossError(f"{where} has no tokenizer.json, and none can be made of its files: {first}") from error
    if not tokenizer.is_fast:
        raise IsoglossError(f"{where} has no tokenizer that can tell which word a subword came from.")
    with TemporaryDirectory(dir=folder) as draft:
        tokenizer.save_pretrained(draft)
        for made in sorted(Path(draft).iterdir()):
            made.replace(folder / made.name)  # a link to the cache is replaced, not written through


def depth(folder: str | Path) -> tuple[int, bool]:
    """Read a model folder's number of layers and whether it has a decoder, from its config.json."""
    settings = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    layers = settings.get("num_hidden_layers") or settings.get("num_layers")
    if not layers:
        raise IsoglossError(f"{folder}/config.json names no number of layers (num_hidden_layers or num_layers).")
    return int(layers), bool(settings.get("is_encoder_decoder"))
