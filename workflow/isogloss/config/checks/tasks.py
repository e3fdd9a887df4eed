"""Mistakes of tasks: data, languages, models, variants, controls."""

from pathlib import Path

from isogloss.config.checks.checkpoints import brought_for
from isogloss.config.checks.corpora import check_segmentation
from isogloss.config.checks.measures import distances
from isogloss.config.checks.models import check_signs, known_shape
from isogloss.config.root import Config
from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import from_the_future, not_a_file
from isogloss.models.families import TRANSLATION, check_length
from isogloss.section import NotHere
from isogloss.tasks.kinds import BY_NAME as TASK_KINDS
from isogloss.tasks.settings import EMPTIED, WHOLE, GettextTask, HubTask, MicroworldTask, TableTask, Task, at
from isogloss.text.cells import check_labels, check_tags
from isogloss.text.presets import FORMS
from isogloss.text.settings import same_text


def check_task(where: str, task: Task, config: Config) -> list[str]:
    """Find a task's mistakes: its data, its languages, its models, its layers."""
    brought = brought_for(config, where.removeprefix("tasks."))
    wrong = check_languages(where, task)
    if not task.models and not brought:
        wrong.append(f"{where}.models: no model is named, and no ready-made checkpoint is of this task")
    wrong += check_kind(where, task)
    if task.data.kind == "microworld":
        wrong += check_microworld(where, task, task.data, config)
    elif task.data.kind == "gettext":
        wrong += check_task_messages(f"{where}.data", task, task.data)
    else:
        wrong += check_task_files(f"{where}.data", task, task.data)
    for name in dict.fromkeys([*task.models, *brought]):
        wrong += check_task_model(where, task, name, config)
    return wrong + check_controls(f"{where}.controls", task) + check_variants(where, task, config)


def check_languages(where: str, task: Task) -> list[str]:
    """Find languages that the task's data lack, or that stand for the same text."""
    data, wrong = task.data, list[str]()
    if names := getattr(data, "names", None):
        wrong += [
            f"{where}.data.{told}" for told in same_text("names", {one: names.get(one, one) for one in data.languages})
        ]
    for key, values in (
        ("sources", task.sources),
        ("targets", task.targets or []),
        ("into", [task.into] if task.into and data.kind == "microworld" else []),
        ("concepts", task.concepts),
    ):
        known = task.sources if key == "concepts" else data.languages
        whose = "this task's sources" if key == "concepts" else "the languages of this task's data"
        wrong += [
            f"{where}.{key}: '{value}' is not among {whose} ({', '.join(known)})"
            for value in values
            if value not in known
        ]
    wrong += [
        f"{where}.sources: '{task.into}' is the language to translate into" for s in task.sources if s == task.into
    ]
    return wrong


def check_kind(where: str, task: Task) -> list[str]:
    """Find keys that the kind of task needs or does not have."""
    wrong, translation = list[str](), TASK_KINDS[task.kind].head == TRANSLATION
    if translation and not task.into:
        wrong.append(f"{where}.into: this key is missing; say which language to translate into")
    if task.into and not translation:
        wrong.append(f"{where}.into: only a translation task has one")
    if task.tag_measure != "entity_f1" and task.kind != "token-classification":
        wrong.append(f"{where}.tag_measure: only a token-classification task has tags")
    return wrong


def check_microworld(where: str, task: Task, data: MicroworldTask, config: Config) -> list[str]:
    """Find a kind, a corpus and languages that the microworld's task does not have."""
    from isogloss.microworld import LANGUAGES

    wrong = []
    fitting = {"entities": "token-classification", "translation": "translation"}
    expected = fitting.get(data.task, "sequence-classification")
    if task.kind != expected:
        wrong.append(f"{where}.kind: the microworld's {data.task} goes with {expected}; found '{task.kind}'")
    said_as = config.corpora.get(data.corpus or "")
    if data.corpus and (said_as is None or said_as.kind != "microworld"):
        wrong.append(f"{where}.data.corpus: there is no microworld corpus '{data.corpus}'")
    wrong += [
        f"{where}.data.languages: the microworld has no '{value}'; it has {', '.join(LANGUAGES)}"
        for value in data.languages
        if value not in LANGUAGES
    ]
    return wrong


def check_task_model(where: str, task: Task, name: str, config: Config) -> list[str]:
    """Find why a model cannot be tuned on a task, or read its items."""
    if name not in config.models:
        return [f"{where}.models: there is no model '{name}'{did_you_mean(name, list(config.models))}"]
    shape, wrong = known_shape(config, name), list[str]()
    if shape is None:
        return []  # said of the model
    try:
        check_length(shape, task.max_length, f"'{name}'")
    except IsoglossError as error:
        wrong.append(f"{where}.max_length: {error}")
    told = [*task.sources, *(task.targets or task.data.languages), *([task.into] if task.into else [])]
    wrong += check_signs(f"{where}.models: '{name}'", config.models[name], told)
    if name not in task.models:
        return wrong
    family, deepest, kind = shape.family, shape.depths[shape.family.reader], TASK_KINDS[task.kind]
    if kind.head not in family.heads:
        wrong.append(
            f"{where}.models: '{name}' ({shape.model_type}) cannot be tuned for {task.kind}; it can be for "
            f"{', '.join(family.heads) or 'nothing'}"
        )
    if family.shared and any(one.layers or (one.realign and one.realign.half) for one in task.variants.values()):
        wrong.append(
            f"{where}.variants: all layers of '{name}' ({shape.model_type}) have the same weights, so none can be "
            "frozen by itself"
        )
    for variant, freeze in task.variants.items():
        place = f"{where}.variants.{variant}"
        if freeze.layers == "measured":
            if freeze.count > deepest:
                wrong.append(f"{place}.count: '{name}' has only {deepest} layers")
            continue
        beyond = [layer for layer in freeze.layers if layer > deepest]
        if beyond:
            listed = ", ".join(map(str, beyond))
            wrong.append(f"{place}.layers: {listed} is beyond the layers 1 to {deepest} of '{name}'")
    return wrong


def check_variants(where: str, task: Task, config: Config) -> list[str]:
    """Find variants that are called as another checkpoint, name what there is not, or change nothing."""
    wrong = []
    if WHOLE in task.variants:
        wrong.append(f"{where}.variants.{WHOLE}: the checkpoint that is tuned whole is called so; rename it")
    wrong += [
        f"{where}.variants.{name}: the checkpoint at {fraction:g} of the steps (trajectory) is called so; rename it"
        for name, fraction in ((at(fraction), fraction) for fraction in task.trajectory)
        if name != WHOLE and name in task.variants
    ]
    families = distances(config)
    for variant, freeze in task.variants.items():
        if freeze.distance not in families:
            wrong.append(
                f"{where}.variants.{variant}.distance: '{freeze.distance}' is not among this config's distances "
                f"({', '.join(families)}){did_you_mean(freeze.distance, families)}"
            )
        known = ", ".join(task.sources)
        wrong += [
            f"{where}.variants.{variant}.sources: '{source}' is not among this task's sources ({known})"
            for source in freeze.sources or []
            if source not in task.sources
        ]
        if freeze.layers == [] and not freeze.realign:
            wrong.append(f"{where}.variants.{variant}.layers: the list is empty")
        if freeze.realign and freeze.realign.corpus not in config.corpora:
            name = freeze.realign.corpus
            close = did_you_mean(name, list(config.corpora))
            wrong.append(f"{where}.variants.{variant}.realign.corpus: there is no corpus '{name}'{close}")
    meanings = {(): WHOLE}
    for variant, section in task.variants.items():
        same = meanings.setdefault(section.meaning, variant)
        if same != variant and (section.realign or section.layers):
            wrong.append(f"{where}.variants.{variant}: means the same as '{same}'; take one of them out")
    return wrong


def check_controls(where: str, task: Task) -> list[str]:
    """Find a control that the task's items cannot have, or whose checkpoint is called as another's."""
    wrong = [
        f"{where}: '{name}' is a variant's name too; rename that" for name in task.controls if name in task.variants
    ]
    if task.controls and task.kind != "sequence-classification":
        return [*wrong, f"{where}: only sequence-classification has controls; this task's kind is '{task.kind}'"]
    data = task.data
    paired = data.task == "inference" if data.kind == "microworld" else getattr(data, "other_text", None)
    if not paired:
        wrong += [
            f"{where}: '{name}' needs two texts; this task's items have one"
            for name in task.controls
            if name in EMPTIED
        ]
    return wrong


def check_task_messages(where: str, task: Task, data: GettextTask) -> list[str]:
    """Find the catalogues that a task of programs' messages lacks."""
    wrong: list[str] = [
        NotHere(f"{where}.labels: '{program}' has no catalogue in '{language}' below {data.folder}")
        for program in data.labels
        for language in data.languages
        if language != "en"
        and not (data.folder / data.names.get(language, language) / "LC_MESSAGES" / f"{program}.mo").is_file()
    ]
    if task.kind != "sequence-classification":
        wrong.append(f"{where}.kind: the program of a message goes with sequence-classification; found '{task.kind}'")
    return wrong


def check_task_files(where: str, task: Task, data: HubTask | TableTask) -> list[str]:
    """Find what a task's own tables lack, as far as paths and column names tell."""
    wrong = []
    if data.kind == "hub" and data.preset and task.kind != FORMS[data.preset]:
        wrong.append(f"{where}.preset: '{data.preset}' goes with {FORMS[data.preset]}; found '{task.kind}'")
    wanted = {"train": task.sources, "validation": task.sources, "test": task.targets or data.languages}
    for key, languages in wanted.items():
        pattern = getattr(data, key)
        if pattern is None:
            continue
        named = any(name in pattern for name in ("{language}", "{pair}")) or "{language}" in data.text
        if len(data.languages) > 1 and not named:
            wrong.append(
                f"{where}.{key}: the path needs `{{language}}` in it, or `text`, where each language has a column; "
                f"found '{pattern}'"
            )
            continue
        for language in languages if data.kind == "table" else ():
            path = pattern.replace("{language}", data.names.get(language, language))
            if not Path(path).is_file():
                wrong.append(NotHere(f"{where}.{key}: {not_a_file(path)}"))
            elif told := from_the_future(path):
                wrong.append(NotHere(f"{where}.{key}: {told}"))
    kind = TASK_KINDS[task.kind]
    if kind.head != TRANSLATION:
        wrong += [
            f"{where}.{key}: `{name}` is filled in for a translation only; found '{text}'"
            for key in ("train", "validation", "test", "text", "other_text", "paraphrase", "label")
            for name in ("{pair}", "{into}")
            if name in (text := getattr(data, key) or "")
        ]
    if not kind.column and not data.other_text:
        wrong.append(f"{where}.other_text: this key is missing; say which column holds the translation")
    if kind.listed and not data.labels:
        wrong.append(f"{where}.labels: this key is missing; list all labels")
    read = [*data.languages, *([task.into] if task.into else [])]
    wrong += check_segmentation(f"{where}.segmentation", data.segmentation, read)
    try:
        check_labels(data.labels or [], f"{where}.labels")
        if task.kind == "token-classification":
            check_tags(data.labels or [], f"{where}.labels", task.tag_measure)
    except IsoglossError as error:
        wrong.append(str(error))
    return wrong
