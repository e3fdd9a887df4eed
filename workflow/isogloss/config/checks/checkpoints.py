"""Mistakes of checkpoints: two of one name, and those that were tuned elsewhere."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from isogloss.config.root import Config
from isogloss.errors import IsoglossError
from isogloss.files import from_the_future
from isogloss.models.settings import Model, ReadyMade
from isogloss.models.shape import cached
from isogloss.section import Label, NotHere
from isogloss.tasks.settings import WHOLE, Task, at, checkpoint_name

PRETRAINED = "pretrained"
LABELS = list[Label] | None  # of tasks, which `check_labels` reads


def check_checkpoints(config: Config) -> list[str]:
    """Find two checkpoints of one name: `nli-pt-br` is `nli` in pt-br, or `nli-pt` in br."""
    owners: dict[tuple[str, str], str] = {}
    wrong = []
    for name, model, _, _, _, checkpoint in tuned_here(config):
        owner = owners.setdefault((model, checkpoint), name)
        if owner != name:
            wrong.append(f"tasks.{name}: a checkpoint is called {checkpoint} as one of '{owner}' is; rename a task")
    return wrong[:1]


def tuned_here(config: Config) -> Iterator[tuple[str, str, str, int, str, str]]:
    """Give task, model, source, seed, variant and name of every checkpoint that is tuned here."""
    for name, task in config.tasks.items():
        for model, source, seed in product(task.models, task.sources, task.seeds):
            tuned = (*task.variants_of(source), *config.controls_of(name, source), *map(at, task.trajectory))
            for variant in dict.fromkeys((WHOLE, *tuned)):
                yield name, model, source, seed, variant, checkpoint_name(name, source, seed, variant)


def brought_for(config: Config, task: str) -> list[str]:
    """List the models that have checkpoints of a task that were tuned elsewhere."""
    return [
        name for name, model in config.models.items() if any(one.task == task for one in model.checkpoints.values())
    ]


def check_brought(name: str, config: Config) -> list[str]:
    """Find mistakes of a model's checkpoints that were tuned elsewhere: origin, name, task, and files that are here."""
    model, wrong = config.models[name], []
    if model.checkpoints and model.randomised:
        return [f"models.{name}.checkpoints: a control has none; name them under the model that they were tuned from"]
    tuned = list(tuned_here(config))
    made_here = {checkpoint for *_, checkpoint in tuned}
    taken = {
        (task, source, seed): "a checkpoint that is tuned here"
        for task, model_of, source, seed, _, _ in tuned
        if model_of == name
    }
    for own, one in model.checkpoints.items():
        where = f"models.{name}.checkpoints.{own}"
        if own in (PRETRAINED, *made_here):
            wrong.append(f"{where}: a checkpoint that is made here is called so; rename it")
        if (one.folder is None) == (one.hub is None):
            wrong.append(f"{where}: needs exactly one of folder, hub; found {'both' if one.hub else 'none'}")
            continue
        if one.hub and not one.revision:
            wrong.append(
                f"{where}.revision: the hub's needs the commit (40 hexadecimal digits), so that it stays the same"
            )
        for key in ("revision", "convert"):
            if one.folder and getattr(one, key):
                wrong.append(f"{where}.{key}: only a checkpoint of the hub has it")
        if one.task == PRETRAINED:
            wrong.append(f"{where}.task: '{PRETRAINED}' stands for no task; say what it was tuned on")
        cell = (one.task, one.source, one.seed)
        if cell in taken:
            wrong.append(
                f"{where}.seed: {taken[cell]} has the same task, source and seed ({one.seed}); give another seed"
            )
        taken[cell] = f"'{own}'"
        task = config.tasks.get(one.task)
        if task:
            tested = list(dict.fromkeys([*(task.targets or task.data.languages), *task.sources]))
            if one.source not in tested:
                wrong.append(
                    f"{where}.source: '{one.source}' is not among the languages that {one.task} is tested on "
                    f"({', '.join(tested)}), and scores are told relative to its own"
                )
        wrong += check_checkpoint_files(where, one, model, task)
    return wrong


def check_times(where: str, folder: Path | None) -> list[NotHere]:
    """Find files of a model's folder whose time stamps are from the future."""
    files = sorted(folder.iterdir()) if folder and folder.is_dir() else []
    return [NotHere(f"{where}: {told}") for file in files if file.is_file() and (told := from_the_future(file))]


def check_checkpoint_files(where: str, one: ReadyMade, model: Model, task: Task | None) -> list[str]:
    """Find what does not fit of a checkpoint: its labels, and as far as they are on this machine, its files."""
    from isogloss.models.ready_made import check_outputs, check_ready_made

    labels = labels_of(task) if task else None
    base = Path(model.folder) if model.folder else cached(model.hub, model.revision or "") if model.hub else None
    try:
        if one.labels and labels:
            check_outputs(one.labels, labels, "This checkpoint")
    except IsoglossError as error:
        return [f"{where}.labels: {error}"]
    try:
        if one.folder:
            kind = task.kind if task else None
            check_ready_made(one.folder, base=base, base_name=model.hub, kind=kind, labels=labels, outputs=one.labels)
    except IsoglossError as error:
        return [f"{where}.folder: {error}"]
    return list(check_times(f"{where}.folder", one.folder))


def labels_of(task: Task) -> list[str] | None:
    """List a task's labels; None where it has none."""
    if task.data.kind != "microworld":
        return task.data.labels
    from isogloss.microworld.tasks import LABELS

    labels = LABELS.get(task.data.task)
    return list(labels) if labels else None
