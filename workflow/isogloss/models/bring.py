"""Checkpoints that were not made here: a local folder, or a model of a hub at a pinned revision."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.files import write_text
from isogloss.hub import Repository, download, look_up
from isogloss.models.families import Shape, read_config, read_shape

SAFE = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
PICKLED = re.compile(r"pytorch_model(-\d+-of-\d+)?\.bin")
BESIDE = ("*.json", "*.model", "*.spm", "*.txt")  # the configuration, the list of shards, the tokenizer
# The files that a tokenizer is read from; without any, transformers makes an empty one.
TOKENIZERS = (
    "tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "spm.model", "vocab.txt",
    "vocab.json",
)  # fmt: skip
BESIDE_TOKENIZERS = (
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt", "source.spm", "target.spm",
    "target_vocab.json",
)  # fmt: skip
FLOATS = ("F64", "F32", "F16", "BF16")
ADAPTER, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


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
    link_files(files_of(source), Path(folder))


def files_of(source: Path) -> list[Path]:
    """List the files of a folder."""
    return sorted(path for path in source.iterdir() if path.is_file())


def tokenizer_files(source: Path) -> list[Path]:
    """List the files of a folder's tokenizer; none if it has no tokenizer."""
    found = [source / name for name in TOKENIZERS if (source / name).is_file()]
    return found and [*found, *(source / name for name in BESIDE_TOKENIZERS if (source / name).is_file())]


def link_files(files: Iterable[Path], folder: Path) -> None:
    """Make links to a whole model's ``files`` in ``folder``; an adapter left beside it is none of it."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        if file.name in (ADAPTER, ADAPTER_WEIGHTS):
            continue  # transformers would put it into the model
        link = folder / file.name
        link.unlink(missing_ok=True)
        link.symlink_to(file)


def check_folder(source: Path, tokenizer: bool = True) -> None:
    """Refuse a folder that cannot be loaded as a model, saying what it lacks; nothing in it is run.

    Parameters
    ----------
    source
        The folder.
    tokenizer
        Whether it must have a tokenizer.

    Raises
    ------
    IsoglossError
        If there is no such folder; its config.json is missing, broken or of a family that is not known; its weights
        are missing, cut off, empty, not there yet (Git LFS), no safetensors, or elsewhere; a decoder behind its encoder
        is missing, or the token that it starts with; or it has no tokenizer, or nothing to pad inputs with.
    """
    if not source.is_dir():
        raise IsoglossError(f"There is no model folder {source}.")
    if not (source / "config.json").is_file():
        raise IsoglossError(
            f"The folder {source} has no config.json, so it is not a model as save_pretrained writes it."
            f"{adapter_hint(path.name for path in source.iterdir())}"
        )
    shape = read_shape(source)
    names = [name for path in weight_files(source) for name in check_weights(path)]
    if len(set(names)) < len(names):
        name = Counter(names).most_common(1)[0][0]
        raise IsoglossError(
            f"{name} stands in two files of weights in {source}, so which is right cannot be known. Get it again."
        )
    if len(shape.family.stacks) == 2:
        check_decoder(source, shape, names)
    if tokenizer and not tokenizer_files(source):
        raise IsoglossError(
            f"The folder {source} has no tokenizer (none of {', '.join(TOKENIZERS)}). Save the model's own there: "
            "tokenizer.save_pretrained."
        )
    if tokenizer and lacks_padding(source):
        raise unpadded(source)


def check_decoder(source: Path, shape: Shape, names: Iterable[str]) -> None:
    """Refuse an encoder whose decoder is not among its weights, or a decoder that nothing says the start of.

    Raises
    ------
    IsoglossError
        Saying which.
    """
    if not any(f"decoder.{shape.family.blocks}." in name for name in names):
        raise IsoglossError(
            f"The weights in {source} hold no decoder, with which every {shape.model_type} is read. Get all of it."
        )
    if not shape.family.start_is_last and setting(source, "decoder_start_token_id") is None:
        raise IsoglossError(
            f"{source / 'config.json'} has no decoder_start_token_id, the token that the decoder of a "
            f"{shape.model_type} starts with. Say it there; of T5 it is the padding token's number."
        )


def lacks_padding(source: Path) -> bool:
    """Tell whether a model has neither a padding token nor an end-of-text token, as far as its files tell.

    Of tokenizers of a class of their own the class may name them: what these lack is told when they are loaded.
    """
    told: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        try:
            told |= json.loads((source / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            continue
    general = told.get("tokenizer_class") in ("PreTrainedTokenizerFast", "TokenizersBackend")
    if not general or told.get("pad_token") or told.get("eos_token"):
        return False
    return setting(source, "pad_token_id") is None


def setting(source: Path, name: str) -> Any:
    """Give what a model's config.json says; of what it leaves out, what transformers takes."""
    settings = read_config(source)
    if name in settings:
        return settings[name]
    from transformers import AutoConfig

    return getattr(AutoConfig.from_pretrained(source, local_files_only=True), name, None)


def unpadded(source: str | Path) -> IsoglossError:
    """Give what a user is told of a model whose inputs cannot be padded."""
    return IsoglossError(
        f"The model in {source} has no padding token and no end-of-text token, so sentences cannot be read together. "
        "Name a pad_token in its tokenizer_config.json."
    )


def adapter_hint(names: Iterable[str]) -> str:
    """Say where an adapter belongs, if these are its files."""
    return " It is an adapter: name it among the `checkpoints` of the model that it adapts." if ADAPTER in names else ""


def weight_files(source: Path) -> list[Path]:
    """List the files that hold a model's weights.

    Raises
    ------
    IsoglossError
        If there are none, or the index of a model in several files names what is no safetensors file beside it.
    """
    whole, index = source / "model.safetensors", source / "model.safetensors.index.json"
    if whole.is_file():
        return [whole]
    if not index.is_file():
        raise IsoglossError(
            f"The folder {source} has no *.safetensors weights (other formats are not read, because they can "
            "run code). Save the model again with save_pretrained."
        )
    try:
        listed = json.loads(index.read_text(encoding="utf-8"))
        names = sorted(set(listed["weight_map"].values()))
        if not names or not isinstance(listed["metadata"], dict):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        told = "it has no readable `weight_map` that names files, and `metadata`"
        raise IsoglossError(f"{index} is damaged: {told}. Get it again.") from error
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
            raise IsoglossError(
                f"{index} names {name!r}; only *.safetensors files in the same folder are read. "
                "Save the model again with save_pretrained."
            )
        if not (source / name).is_file():
            raise IsoglossError(f"{index} names {name!r}, which is not there. Get the whole checkpoint.")
    return [source / name for name in names]


def check_weights(path: Path) -> dict[str, list[int]]:
    """Refuse a safetensors file that is not whole, or holds no floating-point weights, by its header.

    Returns
    -------
    dict
        The shape of every tensor by name.

    Raises
    ------
    IsoglossError
        Saying which.
    """
    size = path.stat().st_size
    with path.open("rb") as handle:
        start = handle.read(8)
        if start.startswith(b"version "):
            raise IsoglossError(f"{path} is a Git-LFS pointer, not the weights. Run `git lfs pull` in its folder.")
        length = int.from_bytes(start, "little")
        try:
            header = json.loads(handle.read(length) if 8 < 8 + length <= size else b"")
            tensors = {
                name: (about["dtype"], list(about["shape"]), about["data_offsets"][1])
                for name, about in header.items()
                if name != "__metadata__"
            }
            end = max((last for _, _, last in tensors.values()), default=0)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            raise IsoglossError(f"{path} is no safetensors file ({size:,} bytes). Get it again.") from None
    if 8 + length + end != size:
        raise IsoglossError(f"{path} is cut off: {size:,} bytes of {8 + length + end:,}. Get it again.")
    for name, (dtype, _, _) in tensors.items():
        if name.endswith(".weight") and dtype not in FLOATS:
            raise IsoglossError(
                f"{path} holds {name} as {dtype}, which is no floating-point number: quantised weights are not read."
            )
    return {name: shape for name, (_, shape, _) in tensors.items()}


def fetch(
    *,
    folder: str | Path,
    repository: str,
    revision: str,
    branch: str | Path | None = None,
    convert: bool = False,
) -> None:
    """Fetch a model from the hub into the cache that all results folders share, and link it into ``folder``.

    ``folder`` gets a ``tokenizer.json`` where the repository has none, and ``hub.json``, which says what the revision
    stood for.

    Parameters
    ----------
    repository
        The model's id on the hub, such as ``FacebookAI/xlm-roberta-base``.
    revision
        The commit, 40 hexadecimal digits, so that the same config always means the same weights; or a branch.
    branch
        What a branch stands for, see :func:`isogloss.hub.look_up`.
    convert
        Whether pickled weights are turned into safetensors, where the repository has no others.

    Raises
    ------
    IsoglossError
        If the hub does not give it, or it is no model that can be loaded safely.
    """
    fetch_found(look_up(repository, revision, branch=branch), Path(folder), convert)


def fetch_found(found: Repository, folder: Path, convert: bool, tokenizer: Path | None = None) -> None:
    """Fetch a model that was looked up, see :func:`fetch`; where it has no tokenizer, take the one of a folder."""
    top = [file for file in found.files if "/" not in file]
    where = f"The model {found.name} at {found.commit}"
    if "config.json" not in top:
        raise IsoglossError(
            f"{where} has no config.json, so it is not a model as save_pretrained writes it.{adapter_hint(top)}"
        )
    weights = [file for file in top if SAFE.fullmatch(file)]
    pickled = [] if weights else [file for file in top if PICKLED.fullmatch(file)]
    if not weights and not pickled:
        raise IsoglossError(f"{where} holds no weights of PyTorch; it has {', '.join(top)}.")
    if pickled and not convert:
        raise IsoglossError(
            f"{where} has only pickled weights ({pickled[0]}), which can run code when they are read. Either take the "
            f"commit of a pull request that adds model.safetensors as `revision:` (see "
            f"https://huggingface.co/{found.name}/discussions), or say `convert: true`, and they are turned into "
            "safetensors here by a reader that takes tensors only."
        )
    others = [file for file in top if any(fnmatch(file, pattern) for pattern in BESIDE)]
    source = download(found, [*weights, *pickled, *others])
    link_files([source / file for file in (*weights, *others)], folder)
    if pickled:
        from isogloss.models.convert import to_safetensors

        to_safetensors([source / file for file in pickled], folder)
    if tokenizer is not None and not any(name in top for name in TOKENIZERS):
        link_files([file.resolve() for file in tokenizer_files(tokenizer)], folder)
    elif "tokenizer.json" not in top:
        save_tokenizer(source, folder, where)
    try:
        check_folder(folder, tokenizer=False)
    except IsoglossError as error:
        raise IsoglossError(f"{where} is not whole: {error}") from error
    write_record(found, folder, converted=bool(pickled))


def write_record(found: Repository, folder: Path, *, converted: bool) -> None:
    """Write beside the weights where they came from."""
    record = {"repository": found.name, "revision": found.revision, "commit": found.commit, "converted": converted}
    write_text(json.dumps(record, indent=2) + "\n", folder / "hub.json")


def save_tokenizer(source: Path, folder: Path, where: str) -> None:
    """Write the fast form of a tokenizer that has only its maker's file, so that no later job has to turn it."""
    from transformers import AutoTokenizer

    from isogloss.models.pieces import pieces_model

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        first = str(error).strip().splitlines()[0]
        raise IsoglossError(f"{where} has no tokenizer.json, and none can be made of its files: {first}") from error
    if not tokenizer.is_fast and pieces_model(tokenizer) is None:
        raise IsoglossError(f"{where} has no tokenizer that can tell which word a subword came from.")
    with TemporaryDirectory(dir=folder) as draft:
        tokenizer.save_pretrained(draft)
        for made in sorted(Path(draft).iterdir()):
            made.replace(folder / made.name)  # a link to the cache is replaced, not written through
