"""Checkpoints that were tuned elsewhere: whole models, with a head or without, and adapters, which are merged.

What a checkpoint is, is read from its own files: the architecture in config.json, or an adapter_config.json of PEFT.
"""

import json
import logging
import re
import shutil
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from isogloss.errors import IsoglossError
from isogloss.files import published_folder, write_text
from isogloss.hub import download, look_up
from isogloss.models.bring import (
    ADAPTER,
    ADAPTER_WEIGHTS,
    BESIDE,
    PICKLED,
    SAFE,
    check_folder,
    check_weights,
    fetch_found,
    files_of,
    link_files,
    tokenizer_files,
    weight_files,
    write_record,
)
from isogloss.models.families import LABELS, TAGS, TRANSLATION, head_of, outputs_of, read_config, read_shape

log = logging.getLogger(__name__)

# PEFT's names of tasks.
ADAPTED = {"SEQ_CLS": LABELS, "TOKEN_CLS": TAGS, "SEQ_2_SEQ_LM": TRANSLATION}
HUB_ID = re.compile(r"[\w-][\w.-]*(/[\w.-]+)?")


def bring(
    *,
    folder: str | Path,
    base: str | Path,
    base_name: str | None,
    kind: str | None,
    labels: list[str] | None,
    outputs: list[str] | None,
    source: str | Path = "",
    repository: str = "",
    revision: str = "",
    branch: str | Path | None = None,
    convert: bool = False,
) -> None:
    """Bring a checkpoint that was tuned elsewhere; it then stands in ``folder`` like one that was tuned here.

    A whole model becomes links to its files, an adapter is merged into the model's weights (Hu et al. 2021, section
    4.1, and PEFT's other kinds that can be merged). Where there is no tokenizer, it gets the model's. Its config.json
    names its outputs as the task does.

    Parameters
    ----------
    folder
        The checkpoint's place among the results.
    base
        Folder of the pretrained model.
    base_name
        The pretrained model's id on the hub, if it has one.
    kind, labels
        Of the task that it was tuned on, see :func:`isogloss.tasks.finetune.finetune`; None if this config has no such
        task.
    outputs
        The task's labels in the order of the checkpoint's outputs, where its config.json does not name them so.
    source
        The user's folder; or else
    repository, revision, branch, convert
        see :func:`isogloss.models.bring.fetch`.

    Raises
    ------
    IsoglossError
        If it cannot be had, is no checkpoint of this model, or was tuned on other labels.
    """
    folder, base = Path(folder), Path(base)
    found = None
    if repository:
        found = look_up(repository, revision, branch=branch)
        top = [file for file in found.files if "/" not in file]
        if is_adapter(top):
            beside = [file for file in top if any(fnmatch(file, pattern) for pattern in BESIDE)]
            place = download(found, [*beside, *(file for file in top if file == ADAPTER_WEIGHTS)])
        else:
            fetch_found(found, folder, convert, tokenizer=base)
            place = folder
    else:
        place = Path(source).resolve()
    check_ready_made(place, base=base, base_name=base_name, kind=kind, labels=labels, outputs=outputs)
    if is_adapter(names_in(place)):
        merge(place, base, folder, outputs)
        if found:
            write_record(found, folder, converted=False)
        return
    if place != folder:
        link_files(files_of(place), folder)
        if not tokenizer_files(place):
            link_files([file.resolve() for file in tokenizer_files(base)], folder)
    if outputs:
        settings = {**read_config(folder), **named(outputs)}
        (folder / "config.json").unlink()  # a link to the user's own, which stays as it is
        write_text(json.dumps(settings, indent=2) + "\n", folder / "config.json")
    check_vocabulary(folder, base)


def named(outputs: Sequence[str]) -> dict[str, Any]:
    """Name a classifier's outputs as a config.json does."""
    return {
        "id2label": {str(number): label for number, label in enumerate(outputs)},
        "label2id": {label: number for number, label in enumerate(outputs)},
    }


def names_in(folder: Path) -> list[str]:
    """List the names of a folder's files; none if there is no such folder."""
    return [path.name for path in files_of(folder)] if folder.is_dir() else []


def is_adapter(names: Iterable[str]) -> bool:
    """Whether files are an adapter of PEFT, and not a whole model that an adapter's settings were left beside."""
    names = list(names)
    return ADAPTER in names and not any(SAFE.fullmatch(name) or PICKLED.fullmatch(name) for name in names)


def check_ready_made(
    source: Path,
    *,
    base: Path | None,
    base_name: str | None,
    kind: str | None,
    labels: Sequence[str] | None,
    outputs: Sequence[str] | None,
) -> None:
    """Refuse what is no checkpoint of a model, or none of its task, as far as headers and settings tell.

    Parameters
    ----------
    source
        Its folder.
    base
        The pretrained model's folder; None while it is not on this machine.
    base_name, kind, labels, outputs
        See :func:`bring`.

    Raises
    ------
    IsoglossError
        Saying what does not fit.
    """
    if is_adapter(names_in(source)):
        return check_adapter(source, base, base_name, kind, labels, outputs)
    check_folder(source, tokenizer=False)
    where = f"The checkpoint in {source}"
    if base is not None:
        check_shape(source, base)
    settings = read_config(source)
    head = head_of(settings)
    if kind is None or head is None:
        return None
    if head != kind:
        raise IsoglossError(f"{where} was tuned for {head} ({settings['architectures'][0]}); its task is {kind}.")
    if labels is not None:
        there = outputs_of(settings)
        check_count(where, len(there), outputs)
        check_outputs(outputs or there, labels, where)
    return None


def check_count(where: str, count: int | None, outputs: Sequence[str] | None) -> None:
    """Refuse names of outputs that are not as many as there are outputs."""
    if outputs and len(outputs) != count:
        raise IsoglossError(f"{where} has {count} outputs; `labels` names {len(outputs)} ({', '.join(outputs)}).")


def check_outputs(outputs: Sequence[str], labels: Sequence[str], where: str) -> None:
    """Refuse outputs that are not the task's labels; their order does not matter."""
    if sorted(outputs) != sorted(labels):
        raise IsoglossError(
            f"{where} has the labels {', '.join(outputs)}; the task's are {', '.join(labels)}. If they mean the same, "
            "say as its `labels` the task's labels in the order of its outputs."
        )


def check_shape(source: Path, base: Path) -> None:
    """Refuse a checkpoint that cannot have come from a model: another family, size or vocabulary."""
    mine, its = read_shape(source), read_shape(base)
    vocabulary = [read_config(folder).get("vocab_size") for folder in (source, base)]
    for what, one, other in (
        ("family", mine.model_type, its.model_type),
        ("number of layers", *("+".join(map(str, shape.depths.values())) for shape in (mine, its))),
        ("width", mine.hidden, its.hidden),
        ("number of subwords", *vocabulary),
    ):
        if one != other:
            raise IsoglossError(
                f"The checkpoint in {source} was not tuned from this model: its {what} is {one}, the model's {other}."
            )


def check_vocabulary(folder: Path, base: Path) -> None:
    """Refuse a checkpoint whose tokenizer has other subwords than the model's: other words would be compared."""
    from isogloss.models.load import load_tokenizer

    compare_vocabularies(load_tokenizer(folder).get_vocab(), base, folder)


def compare_vocabularies(mine: dict[str, int], base: Path, where: Path) -> None:
    """Refuse subwords that are not the model's."""
    from isogloss.models.load import load_tokenizer

    its = load_tokenizer(base).get_vocab()
    if mine != its:
        apart = min(piece for piece in {*mine, *its} if mine.get(piece) != its.get(piece))
        raise IsoglossError(
            f"The checkpoint in {where} was not tuned from this model: its tokenizer has other subwords "
            f"({len(mine):,}, the model's {len(its):,}; {apart!r} differs)."
        )


def read_adapter(source: Path) -> dict[str, Any]:
    """Read an adapter's settings."""
    path = source / ADAPTER
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise IsoglossError(f"{path} is damaged: it is not JSON ({error}). Get it again.") from error
    if not isinstance(settings, dict) or not isinstance(settings.get("peft_type"), str):
        raise IsoglossError(f"{path} does not say the adapter's kind: it has no `peft_type`, such as LORA.")
    return settings


def check_adapter(
    source: Path,
    base: Path | None,
    base_name: str | None,
    kind: str | None,
    labels: Sequence[str] | None,
    outputs: Sequence[str] | None,
) -> None:
    """Refuse an adapter of another model or task; see :func:`check_ready_made`."""
    where = f"The adapter in {source}"
    settings = read_adapter(source)
    if not (source / ADAPTER_WEIGHTS).is_file():
        raise IsoglossError(
            f"{where} has no {ADAPTER_WEIGHTS} (pickled weights can run code). Save it again with PEFT."
        )
    shapes = check_weights(source / ADAPTER_WEIGHTS)
    of = str(settings.get("base_model_name_or_path") or "")
    if base_name and HUB_ID.fullmatch(of) and last_name(of) != last_name(base_name):
        raise IsoglossError(f"{where} is for the model {of}, not for {base_name}; name it under that model.")
    if base is not None:
        check_products(where, shapes, base)
    head = ADAPTED.get(str(settings.get("task_type")))
    count = outputs_saved(settings, shapes)
    if kind is None or head is None or (head != TRANSLATION and count is None):
        return
    if head != kind:
        raise IsoglossError(f"{where} was tuned for {head}; its task is {kind}.")
    if labels is not None:
        check_count(where, count, outputs)
        there = outputs or adapter_outputs(source)
        if there is None:
            raise IsoglossError(
                f"{where} does not name its {count} outputs. Say as its `labels` the task's labels "
                f"({', '.join(labels)}) in the order of its outputs."
            )
        check_outputs(there, labels, where)


def last_name(model: str) -> str:
    """Give a model's name without its owner, who has changed for many."""
    return model.split("/")[-1].lower()


def adapter_outputs(source: Path) -> list[str] | None:
    """List the names of outputs in a config.json beside an adapter; None where there is none that says."""
    settings = read_config(source) if (source / "config.json").is_file() else {}
    return outputs_of(settings) if settings.get("id2label") else None


def outputs_saved(settings: dict[str, Any], shapes: dict[str, list[int]]) -> int | None:
    """Count the outputs of the head that an adapter was saved with; None where it has none."""
    heads = settings.get("modules_to_save") or ()
    sizes = [
        shape[0]
        for name, shape in shapes.items()
        if len(shape) == 2 and any(f".{head}." in name for head in heads) and ".lora_" not in name
    ]
    return min(sizes, default=None)


def check_products(where: str, shapes: dict[str, list[int]], base: Path) -> None:
    """Refuse LoRA's matrices B [out, r] and A [r, in] that fit no weights [out, in] of the model."""
    weights: dict[str, list[int]] = {}
    try:
        for file in weight_files(base):
            weights |= check_weights(file)
    except IsoglossError:
        return  # said of the model
    for name, shape in shapes.items():
        start, found, _ = name.partition(".lora_A.")
        b = shapes.get(name.replace(".lora_A.", ".lora_B."))
        if not found or b is None or len(shape) != 2:
            continue
        # Names of a model with a head and without differ in what comes first.
        inner = start.removeprefix("base_model.model.")
        its = next((size for key, size in weights.items() if same_weights(key, inner)), None)
        if its is None or sorted(its) != sorted([b[0], shape[1]]):
            there = "has no such weights" if its is None else f"has {' × '.join(map(str, its))}"
            raise IsoglossError(
                f"{where} is for another model: it changes {inner} of {b[0]} × {shape[1]}; this model {there}."
            )


def same_weights(key: str, module: str) -> bool:
    """Whether a tensor is the weights of a module, whose names may have more or less in front."""
    key = "." + key.removesuffix(".weight")
    return key.endswith(f".{module}") or f".{module}".endswith(key)


def merge(source: Path, base: Path, folder: Path, outputs: Sequence[str] | None) -> None:
    """Merge an adapter into a model's weights and write the whole model, with the model's tokenizer.

    Raises
    ------
    IsoglossError
        If it is of a kind that cannot be merged, or does not fit the model.
    """
    import torch
    from peft import PeftConfig, PeftModel, get_peft_model_state_dict
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoModelForCausalLM

    from isogloss.models.heads import class_with
    from isogloss.models.load import first_line, load_weights

    settings = read_adapter(source)
    count = outputs_saved(settings, check_weights(source / ADAPTER_WEIGHTS))
    names = outputs or adapter_outputs(source) or [f"LABEL_{number}" for number in range(count or 2)]
    task = str(settings.get("task_type"))
    bare = AutoModelForCausalLM if task == "CAUSAL_LM" else AutoModel
    kind = class_with(ADAPTED[task], read_shape(base).model_type) if task in ADAPTED else bare
    options = {}
    if ADAPTED.get(task) in (LABELS, TAGS):
        options = {"num_labels": len(names), **named(names)}
        options["id2label"] = dict(enumerate(names))
    where = f"The adapter in {source}"
    model = load_weights(kind, base, torch.float32, new_head=task != "SEQ_2_SEQ_LM", **options)
    try:
        kept = PeftConfig.from_pretrained(str(source))
        if ADAPTED.get(task) == TAGS and getattr(kept, "exclude_modules", "") is None:
            # Transformers tags with an encoder-decoder's encoder alone; ours keeps the decoder, which stays as it is.
            kept.exclude_modules = r".*\bdecoder\..*"
        adapted = PeftModel.from_pretrained(model, str(source), config=kept, torch_device="cpu")
    except Exception as error:  # foreign files can fail in any way
        raise IsoglossError(f"{where} does not fit the model in {base}: {first_line(error)}") from error
    if not hasattr(adapted.base_model, "merge_and_unload"):
        raise IsoglossError(f"{where} is of the kind {settings['peft_type']}, which cannot be merged into weights.")
    # The library lets what it has no place for, or no weights of, pass with a warning.
    stray = {*get_peft_model_state_dict(adapted, save_embedding_layers=False)} ^ {*load_file(source / ADAPTER_WEIGHTS)}
    if stray := sorted(name for name in stray if ".lora_" in name or "embed" not in name):
        raise IsoglossError(
            f"{where} does not fit the model in {base}: of its weights and those that its settings ask for, "
            f"{len(stray)} stand alone, {stray[0]} among them."
        )
    merged = adapted.merge_and_unload(safe_merge=True)
    if options and count is None:
        merged = merged.base_model  # its head was not saved
    if (source / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        compare_vocabularies(Tokenizer.from_file(str(source / "tokenizer.json")).get_vocab(), base, source)
    with published_folder(folder) as draft:
        merged.save_pretrained(draft)
        for file in tokenizer_files(base):
            shutil.copyfile(file, draft / file.name)
    log.info("Merged the adapter of %s (%s) into the model", source, settings["peft_type"])
