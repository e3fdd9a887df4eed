"""Fine-tuning a model on a task in one source language, through transformers' Trainer.

A checkpoint is the whole model, as ``save_pretrained`` writes it. While it trains, its state is saved beside it every
so many seconds; the same command goes on from there after an interruption, and ends with the same weights as a run that
was not interrupted on the same machine.
"""

import json
import logging
import math
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import transformers
from datasets import Dataset
from transformers import (
    PrinterCallback,
    ProgressCallback,
    Seq2SeqTrainer,
    Seq2SeqTrainingArguments,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from isogloss.errors import IsoglossError
from isogloss.files import SavePace, file_digest, published_folder, read_json, read_parquet, write_csv, write_text
from isogloss.models.devices import choose_device
from isogloss.models.families import TRANSLATION, check_length
from isogloss.models.load import Checkpoint, folder_digest
from isogloss.models.words import set_language
from isogloss.ownership import Ownership
from isogloss.tasks.altered import alter
from isogloss.tasks.heads import load_with_head, read_items
from isogloss.tasks.kinds.kind import TaskKind, kind_named
from isogloss.tasks.realign import Realigner, RealigningSeq2SeqTrainer, RealigningTrainer, read_pairs

log = logging.getLogger(__name__)

TRAINERS: dict[tuple[bool, bool], type[Trainer]] = {
    (False, False): Trainer,
    (False, True): RealigningTrainer,
    (True, False): Seq2SeqTrainer,
    (True, True): RealigningSeq2SeqTrainer,
}
CURVE_POINTS = 100
EVALUATIONS = 5


def finetune(
    *,
    base: str | Path,
    training: str | Path,
    folder: str | Path,
    curve: str | Path,
    notes: str | Path,
    kind: str,
    labels: list[str] | None,
    epochs: float,
    batch: int,
    learning_rate: float,
    warmup: float,
    weight_decay: float,
    max_length: int,
    seed: int,
    freeze: Mapping[str, Any],
    realign: Mapping[str, Any] | None = None,
    texts: Mapping[str, str | Path] | None = None,
    links: Mapping[str, str | Path] | None = None,
    fraction: float = 1.0,
    frozen: str | Path | None = None,
    device: str,
    threads: int,
    attributes: Mapping[str, Any],
    save_seconds: float = 30.0,
    language: str | None = None,
    control: str | None = None,
    into: str | None = None,
) -> None:
    """Tune a model on the training items of one language and write it to ``folder``.

    Parameters
    ----------
    base
        Folder of the pretrained model.
    training
        Parquet file, see :func:`isogloss.tasks.items.write_items`.
    folder
        Where the tuned model shall stand; it appears complete or not at all. Saved states stand in ``folder`` +
        ``.partial`` until then.
    curve
        CSV of the learning curve: ``step``, ``epoch``, ``measure`` (``loss``, ``gradient_norm``, ``learning_rate``,
        ``validation_loss``), ``value``.
    notes
        JSON, which stands in the folder as ``finetuning.json`` too: ``steps`` that were done, ``frozen_parameters``,
        ``freeze``; ``realign`` and a ``reason`` where nothing could be frozen, if there are any.
    kind
        One of :mod:`isogloss.tasks.kinds`.
    labels
        All labels or tags, in the order of the model's outputs.
    epochs, batch, learning_rate, warmup, weight_decay, max_length
        Passes over the items, items a step, peak of AdamW (falling linearly), share of the steps in which it rises,
        its decay, longest input in subwords.
    seed
        Of the head's first weights, the order of the items, and dropout.
    freeze
        ``layers``: encoder layers that stay as they are, 1 is the first; ``embeddings``: whether these do.
    realign
        Draw linked words together: ``when`` (``before`` or ``during``), ``links`` (what they are, see
        :func:`isogloss.tasks.realign.read_pairs`), ``weight``, ``half`` and ``convention``, see
        :class:`isogloss.tasks.realign.Realigner`.
    texts, links
        For that, corpus files by language, the source's first; alignment files or lexicons by target.
    fraction
        Share of the steps after which it ends, the learning rate still being the whole fine-tuning's: at every step it
        is where the whole fine-tuning is.
    frozen
        JSON file that says in ``layers`` which ones, where they were chosen by measurement.
    device
        See :mod:`isogloss.models.devices`.
    threads
        Threads on a CPU.
    attributes
        First columns of the learning curve.
    language
        The items' language, for tokenizers that mark it.
    control
        What the items lack that are tuned on, see :func:`isogloss.tasks.altered.alter`; None: nothing.
    into
        The language that a translation goes into.
    save_seconds
        Least seconds between two saves of the state, see :class:`isogloss.files.SavePace`; rounded up to the next of
        the curve's 100 points.

    Raises
    ------
    IsoglossError
        If weights are missing, a layer does not exist, the split is empty, another job trains the same checkpoint, or
        the loss stops being finite.
    """
    torch.set_num_threads(threads)
    folder = Path(folder)
    set_seed(seed)
    task = kind_named(kind, labels=labels, into=into)
    loaded = load_with_head(base, task.head, labels, tuned=False, **task.options)
    model, tokenizer = loaded.model, loaded.tokenizer
    check_length(loaded.shape, max_length, f"The model in {base}")
    set_language(tokenizer, language)
    idle = ""
    if frozen:
        chosen = read_json(frozen)
        freeze, idle = {**freeze, "layers": chosen["layers"]}, chosen.get("reason", "")
    still = freeze_weights(loaded, freeze.get("layers", []), freeze.get("embeddings", False))
    table = read_parquet(training, ("split", "item", "words"))
    if control:
        table = alter(table, control, seed)
    what = f"The tokenizer in {base} on {training}"
    parts = {
        name: Dataset.from_dict(encode(table[table.split == name], loaded, task, max_length, what))
        for name in ("training", "validation")
    }
    realigner, pairs, idle_realigning = None, 0, ""
    if realign:
        realigner, pairs, idle_realigning = make_realigner(
            loaded, realign, texts=texts or {}, links=links or {}, max_length=max_length, seed=seed, language=language
        )
    idle = idle_realigning or idle
    for name, part in parts.items():
        if not len(part):
            raise IsoglossError(f"{training} has no {name} items: the split is empty.")
    steps = max(1, math.ceil(len(parts["training"]) / batch * epochs))
    stop = max(1, round(fraction * steps))
    partial = folder.with_name(folder.name + ".partial")
    facts = dict(
        kind=kind, labels=labels, epochs=epochs, batch=batch, learning_rate=learning_rate, warmup=warmup,
        weight_decay=weight_decay, max_length=max_length, seed=seed, freeze=dict(freeze), stop=stop, threads=threads,
        realign=realign and {**realign, "texts": {key: file_digest(path) for key, path in (texts or {}).items()},
                             "linked": {key: file_digest(path) for key, path in (links or {}).items()}},
        versions=[torch.__version__, transformers.__version__], base=folder_digest(base), items=file_digest(training),
    )  # fmt: skip
    partial.parent.mkdir(parents=True, exist_ok=True)
    ownership = Ownership(partial)
    latest = resume_point(partial, facts)
    if latest:
        log.info("Going on after step %s of %d", latest.name.split("-")[-1], stop)
    arguments = trainer_arguments(
        partial,
        translation=task.head == TRANSLATION,
        steps=steps,
        batch=batch,
        learning_rate=learning_rate,
        warmup=warmup,
        weight_decay=weight_decay,
        seed=seed,
        on_cpu=choose_device(device) == "cpu",
    )
    during = bool(realigner and realign and realign["when"] == "during")
    trainer = TRAINERS[task.head == TRANSLATION, during](
        model=model,
        args=arguments,
        train_dataset=parts["training"],
        eval_dataset=parts["validation"],
        data_collator=task.collator(tokenizer, model),
        callbacks=[Watch(stop, learning_rate, save_seconds, ownership)],
    )
    for callback in (PrinterCallback, ProgressCallback):
        trainer.remove_callback(callback)
    if realigner:
        realigner.to(model.device)
        if isinstance(trainer, RealigningTrainer):
            trainer.realigner = realigner
        elif not latest:
            realigner.run(steps, learning_rate, partial, save_seconds, ownership)
    trainer.train(resume_from_checkpoint=str(latest) if latest else None)
    model.to("cpu")
    ownership.check()
    done: dict[str, Any] = {"frozen_parameters": still, "freeze": dict(freeze), "steps": stop}
    done |= {"realign": {**realign, "pairs": pairs}} if realign else {}
    done |= {"reason": idle} if idle else {}
    told = json.dumps(done, indent=1, sort_keys=True) + "\n"
    with published_folder(folder) as draft:
        model.save_pretrained(draft)
        tokenizer.save_pretrained(draft)
        (draft / "finetuning.json").write_text(told, encoding="utf-8")
    write_text(told, notes)
    write_csv(learning_curve(trainer.state.log_history), curve, attributes)
    shutil.rmtree(partial, ignore_errors=True)
    ownership.release()


def make_realigner(
    loaded: Checkpoint,
    realign: Mapping[str, Any],
    *,
    texts: Mapping[str, str | Path],
    links: Mapping[str, str | Path],
    max_length: int,
    seed: int,
    language: str | None,
) -> tuple[Realigner | None, int, str]:
    """Make what draws linked words together, with the number of their pairs; or None and the reason why there is none.

    Parameters are those of :func:`finetune`.
    """
    settings = {key: realign[key] for key in ("convention", "weight", "half")}
    pairs = read_pairs(loaded, texts, links, realign["links"], max_length, seed, language)
    if not pairs:
        return None, 0, "No word is linked by these links, so nothing is realigned."
    realigner, number = Realigner(loaded, pairs, **settings, seed=seed), sum(map(len, pairs))
    if not realigner.moves:
        return None, number, "Every layer that the realignment reaches is left as it is, so nothing is realigned."
    return realigner, number, ""


def trainer_arguments(
    partial: Path,
    *,
    translation: bool,
    steps: int,
    batch: int,
    learning_rate: float,
    warmup: float,
    weight_decay: float,
    seed: int,
    on_cpu: bool,
) -> TrainingArguments:
    """Say to the Trainer what to do; when it saves is decided by `Watch`."""
    arguments = (Seq2SeqTrainingArguments if translation else TrainingArguments)(
        output_dir=str(partial),
        max_steps=steps,
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=max(batch, 32),
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=math.ceil(warmup * steps),
        weight_decay=weight_decay,
        seed=seed,
        data_seed=seed,
        full_determinism=not on_cpu,
        use_cpu=on_cpu,
        bf16=not on_cpu and torch.cuda.is_bf16_supported(),
        logging_steps=max(1, steps // CURVE_POINTS),
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=max(1, steps // EVALUATIONS),
        save_strategy="no",
        save_total_limit=2,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=not on_cpu,
    )
    # The Trainer would take every GPU that it sees, each with a batch of its own: so many times the items a step.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def freeze_weights(loaded: Checkpoint, layers: list[int], embeddings: bool) -> int:
    """Leave layers of the stack that reads, and if asked the embeddings, as they are; give the number of weights.

    Raises
    ------
    IsoglossError
        If there is no such layer, or all layers have the same weights.
    """
    model, family = loaded.model, loaded.shape.family
    inner = model.base_model
    stack = inner.get_encoder() if len(family.stacks) == 2 else inner
    if layers and family.shared:
        raise IsoglossError(
            f"All layers of this model ({loaded.shape.model_type}) have the same weights, so none can be frozen by "
            "itself. Take its variants with frozen layers out of the task."
        )
    blocks = stack.get_submodule(family.blocks)
    for number in layers:
        if not 1 <= number <= len(blocks):
            raise IsoglossError(f"There is no layer {number} to freeze; this model has 1 to {len(blocks)}.")
        blocks[number - 1].requires_grad_(False)
    if embeddings:
        getattr(inner, "embeddings", inner.get_input_embeddings()).requires_grad_(False)
    return sum(parameter.numel() for parameter in model.parameters() if not parameter.requires_grad)


def encode(table: pd.DataFrame, loaded: Checkpoint, task: TaskKind, max_length: int, what: str) -> dict[str, list]:
    """Turn items into what the model reads: ``input_ids``, ``attention_mask`` (and type ids), ``labels``."""
    if table.empty:
        return {"input_ids": [], "attention_mask": [], "labels": []}
    sentences = read_items(loaded, table, task.head, max_length, what)
    features: dict[str, list[Any]] = {
        "input_ids": [sentence.ids for sentence in sentences],
        "attention_mask": [[1] * len(sentence.ids) for sentence in sentences],
    }
    if types := [sentence.types for sentence in sentences if sentence.types is not None]:
        features["token_type_ids"] = types
    features["labels"] = task.features(table, sentences, loaded, max_length)
    return features


class Watch(TrainerCallback):
    """End at a step, save now and then, tell progress, and stop a training that is not finite at the first sign."""

    def __init__(self, stop: int, learning_rate: float, save_seconds: float, ownership: Ownership):
        self.stop, self.learning_rate = stop, learning_rate
        self.pace, self.ownership = SavePace(save_seconds), ownership
        self.measured = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask for a save when it is time; the last step's model is written anyway.

        Only where the curve has a point: a loss that is averaged since the point before would lose its first steps.
        """
        if state.global_step >= self.stop:
            control.should_training_stop = True
        if self.pace.due() and state.global_step < self.stop and state.global_step % args.logging_steps == 0:
            self.ownership.check()
            control.should_save = True
        self.measured = time.monotonic()

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Note when the Trainer has measured what it measures before a save."""
        self.measured = time.monotonic()

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Note what the save took."""
        self.pace.saved(self.measured)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **more: Any) -> None:
        """Look at what was just measured."""
        for key in ("loss", "grad_norm", "eval_loss"):
            value = (logs or {}).get(key)
            if value is not None and not math.isfinite(value):
                raise IsoglossError(
                    f"The training became unstable: {key} is {value} at step {state.global_step} of {state.max_steps}. "
                    f"Lower learning_rate (it is {self.learning_rate:g}), raise warmup, or take another seed."
                )
        if logs and "loss" in logs:
            log.info("step %d of %d, loss %.3f", state.global_step, state.max_steps, logs["loss"])


def resume_point(partial: Path, facts: Mapping[str, Any]) -> Path | None:
    """Find the last complete state of this very training; clear away what belongs to another."""
    mark = json.dumps(facts, sort_keys=True)
    file = partial / "training.json"
    if partial.exists() and (not file.is_file() or file.read_text(encoding="utf-8") != mark):
        log.info("%s belongs to another training and is not used", partial)
        shutil.rmtree(partial)
    partial.mkdir(parents=True, exist_ok=True)
    file.write_text(mark, encoding="utf-8")
    complete = []
    for saved in partial.glob("checkpoint-*"):
        try:
            # It is written last, so a state that has it is whole.
            json.loads((saved / "trainer_state.json").read_text(encoding="utf-8"))
            complete.append(saved)
        except (OSError, ValueError):
            shutil.rmtree(saved)
    return max(complete, key=lambda saved: int(saved.name.split("-")[-1]), default=None)


def learning_curve(history: list[dict[str, float]]) -> pd.DataFrame:
    """Put what the Trainer logged into a tidy table, one row a value."""
    names = {
        "loss": "loss",
        "grad_norm": "gradient_norm",
        "learning_rate": "learning_rate",
        "eval_loss": "validation_loss",
    }
    rows = [
        (int(entry["step"]), float(entry["epoch"]), names[key], float(value))
        for entry in history
        for key, value in entry.items()
        if key in names
    ]
    table = pd.DataFrame(rows, columns=["step", "epoch", "measure", "value"])
    return table.sort_values(["measure", "step"], kind="stable", ignore_index=True)
