"""Checkpoints that were not made here: a local folder, or a model of a hub at a pinned revision."""

import json
from pathlib import Path

from isogloss.errors import IsoglossError

WANTED = ("*.json", "*.safetensors", "*.model", "*.txt")


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
    source, folder = Path(source).resolve(), Path(folder)
    check_folder(source)
    folder.mkdir(parents=True, exist_ok=True)
    for file in sorted(path for path in source.iterdir() if path.is_file()):
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


def fetch(*, folder: str | Path, repository: str, revision: str) -> None:
    """Fetch one revision of a model from the hub into ``folder``.

    Parameters
    ----------
    repository
        The model's id on the hub, such as ``FacebookAI/xlm-roberta-base``.
    revision
        The commit, 40 hexadecimal digits, so that the same config always means the same weights.

    Raises
    ------
    IsoglossError
        If the hub cannot be reached, does not have that revision, or has no safetensors weights for it.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot_download(repository, revision=revision, local_dir=folder, allow_patterns=list(WANTED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise IsoglossError(
            f"Could not fetch {repository} at {revision} from the hub: {first} On a machine without a network, "
            "copy the model's folder there and name it in the config with `folder:` instead of `hub:`."
        ) from error
    check_folder(Path(folder))


def depth(folder: str | Path) -> tuple[int, bool]:
    """Read a model folder's number of layers and whether it has a decoder, from its config.json."""
    settings = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    layers = settings.get("num_hidden_layers") or settings.get("num_layers")
    if not layers:
        raise IsoglossError(f"{folder}/config.json names no number of layers (num_hidden_layers or num_layers).")
    return int(layers), bool(settings.get("is_encoder_decoder"))
