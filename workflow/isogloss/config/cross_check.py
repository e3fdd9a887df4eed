"""Mistakes that show only when sections are read together."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from isogloss.concepts.methods import BY_NAME as METHODS
from isogloss.concepts.settings import Concepts
from isogloss.config.root import Config
from isogloss.errors import IsoglossError, did_you_mean
from isogloss.files import from_the_future, not_a_file
from isogloss.measures.edits.settings import Facts
from isogloss.models.families import TRANSLATION, Shape, check_length, family_of
from isogloss.models.language_signs import sign_of, signs_in
from isogloss.models.settings import OBJECTIVES, Model, ReadyMade, Train
from isogloss.models.shape import cached, shape_of
from isogloss.section import Label, NotHere, Section
from isogloss.states.pooling import poolings_of
from isogloss.tasks.kinds import BY_NAME as TASK_KINDS
from isogloss.tasks.settings import EMPTIED, WHOLE, GettextTask, HubTask, TableTask, Task, at, checkpoint_name
from isogloss.text.cells import check_labels, check_tags
from isogloss.text.presets import FORMS
from isogloss.text.settings import EFLOMAL_WORDS, Corpus, Segmentation, Selection, same_content, same_text

PRETRAINED = "pretrained"
CHINESE = ("zh", "zho", "cmn", "yue", "wuu", "lzh")
LABELS = list[Label] | None  # of tasks, which `check_labels` reads
CODE = re.compile(r"[a-z]{2,3}(-.*)?")  # any other name tells nothing of the language


def cross_check(config: Config) -> list[str]:
    """Find mistakes that show only when sections are read together."""
    if not config.corpora and not config.tasks:
        return ["top level: there is nothing to measure; name `corpora`, `tasks` or both"]
    return [
        *twice(config),
        *(message for name, corpus in config.corpora.items() for message in check_corpus(f"corpora.{name}", corpus)),
        *(message for name, model in config.models.items() for message in check_model(f"models.{name}", model, config)),
        *(message for name, task in config.tasks.items() for message in check_task(f"tasks.{name}", task, config)),
        *check_checkpoints(config),
        *check_concepts(config.concepts),
        *check_measures(config),
        *check_impact(config),
        *check_results(config.results),
        *check_selection(config.selection),
    ]


def twice(section: Section, where: str = "") -> Iterator[str]:
    """Find lists that name something twice: it would be done, and counted, twice."""
    for key, field in type(section).model_fields.items():
        value, place = getattr(section, key), f"{where}{key}"
        if isinstance(value, Section):
            yield from twice(value, f"{place}.")
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield from twice(inner, f"{place}.{name}.") if isinstance(inner, Section) else ()
        elif isinstance(value, list) and field.annotation != LABELS:
            yield from (f"{place}: '{one}' stands twice" for one in dict.fromkeys(value) if value.count(one) > 1)


def distances(config: Config) -> list[str]:
    """List the distances that a config has of all models alike."""
    from isogloss.microworld import MICROWORLD_FAMILIES

    own = MICROWORLD_FAMILIES if config.impact.microworld_distances else ()
    return [*config.impact.families, *own, *(["lexical"] if config.impact.lexical else [])]


def check_impact(config: Config) -> list[str]:
    """Find a distance that a regression shall have beside others and that there is not."""
    known = [*distances(config), *(["subword"] if config.impact.subword else [])]
    return [
        f"impact.beside: '{name}' is not among this config's distances ({', '.join(known)}){did_you_mean(name, known)}"
        for name in config.impact.beside
        if name not in known
    ]


def check_results(results: str) -> list[str]:
    """Refuse a results folder that holds something else, or a name that Snakemake reads as a pattern."""
    if results != results.strip() or results[0] in "~$%" or "\\" in results or "://" in results:
        return [
            f"results: write the path itself, with `/` between folders and no space at its ends; `~name`, `$NAME` and "
            f"addresses are not spelled out; found {results!r}"
        ]
    strange = sorted(
        letter for letter in set(results) if letter in "{}*?[]" or not (letter == " " or letter.isprintable())
    )
    if strange:
        return [f"results: the name has {', '.join(map(repr, strange))}, which a path here cannot; found {results!r}"]
    place, code, here = Path(results).resolve(), Path(__file__).resolve().parents[2], Path.cwd()
    if place in (Path("/"), Path.home(), here, *here.parents) or {".git", ".snakemake"} & {*place.parts}:
        return [f"results: {results} holds other things; name a folder of their own, such as results"]
    if place == code or code in place.parents:
        return [f"results: {results} lies inside the code ({code}); name a folder outside it"]
    if above := next((folder for folder in (place, *place.parents) if folder.is_file()), None):
        return [f"results: {above if above != place else results} is a file; name a folder"]
    return []


def check_selection(selection: Selection) -> list[str]:
    """Find a range of frequencies that holds nothing."""
    if selection.min_frequency > selection.delete_frequency:
        return [
            f"selection.min_frequency: {selection.min_frequency} is above delete_frequency "
            f"({selection.delete_frequency}), so no word would be left"
        ]
    return []


def check_measures(config: Config) -> list[str]:
    """Find names of tasks and models that a measure is asked for and that are none."""
    wrong = []
    for section, key, known in (
        ("space_similarity", "tasks", list(config.tasks)),
        ("probes", "tasks", list(config.tasks)),
        ("crossed", "tasks", list(config.tasks)),
        ("controls", "tasks", list(config.tasks)),
        ("edits", "tasks", list(config.tasks)),
        ("word_retrieval", "models", list(config.models)),
    ):
        for name in getattr(getattr(config, section), key, None) or []:
            if name not in known:
                hint = did_you_mean(name, known)
                wrong.append(f"{section}.{key}: there is no {key.removesuffix('s')} '{name}'{hint}")
            elif section in ("space_similarity", "crossed", "edits") and not config.tasks[name].same_items:
                wrong.append(f"{section}.{key}: the test items of '{name}' are not the same in every language")
            elif (
                section in ("probes", "crossed", "controls", "edits")
                and (kind := config.tasks[name].kind) != "sequence-classification"
            ):
                wrong.append(f"{section}.{key}: '{name}' has no label of a whole item, being {kind}")
    for section in ("crossed", "controls"):
        asked = getattr(config, section)
        known = tuned_on(config, asked.tasks) if asked else []
        for language in (asked.sources or []) if known else []:
            if language not in known:
                of_these = "" if asked.tasks is None else " of these"
                wrong.append(
                    f"{section}.sources: no task{of_these} is tuned on '{language}'; there are {', '.join(known)}"
                )
    return wrong + check_poolings(config) + check_edits(config)


def check_poolings(config: Config) -> list[str]:
    """Find sentence vectors that a measure is asked to take and that a model of its tasks does not have."""
    wrong = []
    for section in ("space_similarity", "probes"):
        asked = getattr(config, section)
        chosen = [
            name
            for name, task in config.tasks.items()
            if asked
            and name in (asked.tasks or config.tasks)
            and (task.same_items if section == "space_similarity" else task.kind == "sequence-classification")
        ]
        models = [model for name in chosen for model in (*config.tasks[name].models, *brought_for(config, name))]
        for model in dict.fromkeys(models):
            shape = known_shape(config, model)
            if shape is None:
                continue  # said of the model
            held = poolings_of(shape.family.summary, shape.family.reader)
            if asked.pooling not in held:
                wrong.append(
                    f"{section}.pooling: the {shape.family.reader} of '{model}' ({shape.model_type}) has the sentence "
                    f"vectors {', '.join(held)}; found '{asked.pooling}'"
                )
    return wrong


def brought_for(config: Config, task: str) -> list[str]:
    """List the models that have checkpoints of a task that were tuned elsewhere."""
    return [
        name for name, model in config.models.items() if any(one.task == task for one in model.checkpoints.values())
    ]


def tuned_on(config: Config, tasks: list[str] | None) -> list[str]:
    """List the languages that some classification tasks, or all, are tuned on, here or elsewhere."""
    chosen = [
        name
        for name, task in config.tasks.items()
        if task.kind == "sequence-classification" and name in (tasks or config.tasks)
    ]
    here = {source for name in chosen for source in config.tasks[name].sources}
    brought = {
        one.source for model in config.models.values() for one in model.checkpoints.values() if one.task in chosen
    }
    return sorted(here | brought)


def check_edits(config: Config) -> list[str]:
    """Find languages, labels, layers and facts that an edit is asked for and that are none."""
    edits = config.edits
    if not edits:
        return []
    wrong: list[str] = []
    chosen = {
        name: task
        for name, task in config.tasks.items()
        if task.kind == "sequence-classification"
        and task.same_items
        and name in (config.tasks if edits.tasks is None else edits.tasks)
    }
    if not chosen and not edits.facts:
        return [
            *wrong,
            "edits: there is no classification task, with the same items in every language, to edit, and no `facts`",
        ]
    known = {language for task in chosen.values() for language in task.data.languages}
    if edits.facts:
        wrong += check_facts(config, edits.facts)
        corpus = config.corpora.get(edits.facts.corpus)
        known |= set(corpus.languages) if corpus else set()
    wrong += [
        f"edits.languages: '{language}' is not among the languages of what is edited ({', '.join(sorted(known))})"
        for language in edits.languages or []
        if language not in known
    ]
    for name, task in chosen.items():
        labels = task.all_labels() or []
        if edits.wanted is not None and edits.wanted not in labels:
            hint = did_you_mean(edits.wanted, labels) or f"; it has {', '.join(labels)}"
            wrong.append(f"edits.wanted: the task '{name}' has no label '{edits.wanted}'{hint}")
    models = [model for task in chosen.values() for model in task.models]
    models += edits.facts.models if edits.facts else []
    for model in dict.fromkeys(models) if set(edits.weights) - {"all"} else ():
        shape = known_shape(config, model)
        if shape is None:
            continue  # said of the model
        depth = shape.depths[shape.family.reader]
        if shape.family.shared or depth < 3:
            has = "layers that all have the same weights" if shape.family.shared else f"{depth} layers"
            wrong.append(f"edits.weights: '{model}' has {has}, so no third of them can be edited; say [all]")
    return wrong


def check_facts(config: Config, facts: Facts) -> list[str]:
    """Find a corpus of which no facts are known, and models that answer no fact."""
    wrong = []
    corpus = config.corpora.get(facts.corpus)
    if corpus is None:
        hint = did_you_mean(facts.corpus, config.corpora)
        wrong.append(f"edits.facts.corpus: there is no corpus '{facts.corpus}'{hint}")
    elif corpus.kind != "microworld":
        wrong.append(
            f"edits.facts.corpus: '{facts.corpus}' is of the kind {corpus.kind}; facts are known of a microworld only"
        )
    for name in facts.models:
        if name not in config.models:
            wrong.append(f"edits.facts.models: there is no model '{name}'{did_you_mean(name, config.models)}")
            continue
        shape, made = known_shape(config, name), config.models[config.models[name].randomised or name].train
        if shape and shape.family.stacks != ("decoder",):
            wrong.append(
                f"edits.facts.models: '{name}' ({shape.model_type}) is no decoder alone, so it does not go on with a "
                "text; train one with `architecture: gpt`, or name another"
            )
        elif made and made.objective == "unified":
            wrong.append(f"edits.facts.models: '{name}' is unified: it answers in one language, whatever it reads")
    return wrong


def known_shape(config: Config, name: str) -> Shape | None:
    """Tell a model's shape; None where there is no such model, or a mistake in it."""
    model = config.models.get(name)
    original = config.models.get(model.randomised) if model and model.randomised else model
    try:
        return shape_of(original) if original else None
    except IsoglossError:
        return None


def check_signs(where: str, model: Model, languages: Iterable[str]) -> list[str]:
    """Find languages that a model cannot be told, where it must be and its tokenizer is on this machine."""
    folder = Path(model.folder) if model.folder else cached(model.hub, model.revision or "") if model.hub else None
    signs = signs_in(folder) if folder else None
    wrong = []
    for language in dict.fromkeys(languages) if signs else ():
        try:
            sign_of(language, signs or ())
        except IsoglossError as error:
            wrong.append(f"{where}: {error}")
    return wrong


def check_concepts(concepts: Concepts) -> list[str]:
    """Find a clustering that is asked to run where it cannot."""
    wrong = []
    method = METHODS[concepts.method]
    if concepts.device != "cpu" and not method.on_gpu:
        wrong.append(f"concepts.device: {method.title} runs on a CPU only; found '{concepts.device}'")
    if len(concepts.seeds) > 1 and not method.seeded:
        wrong.append(f"concepts.seeds: {method.title} has no seed, so that all its clusterings are the same; give one")
    return wrong


def check_corpus(where: str, corpus: Corpus) -> list[str]:
    """Find a corpus's mistakes: languages, pairs, files."""
    wrong = []
    pairs, languages = corpus.pairs, corpus.languages
    for key, values in (("pairs.source", [pairs.source]), ("pairs.targets", pairs.targets)):
        for value in values:
            if value not in languages:
                wrong.append(f"{where}.{key}: '{value}' is not among this corpus's languages ({', '.join(languages)})")
    if pairs.source in pairs.targets:
        wrong.append(f"{where}.pairs.targets: '{pairs.source}' is the source language")
    alignment = corpus.word_alignment
    if not corpus.gold:
        if alignment.method == "gold":
            wrong.append(f"{where}.word_alignment.method: only a microworld corpus has gold links")
        if alignment.evaluate:
            wrong.append(f"{where}.word_alignment.evaluate: only a microworld corpus has gold links to compare with")
    if (alignment.method == "eflomal" or alignment.evaluate) and corpus.max_sentence_words > EFLOMAL_WORDS:
        wrong.append(
            f"{where}.max_sentence_words: eflomal takes sentences of at most {EFLOMAL_WORDS:,} words; "
            f"found {corpus.max_sentence_words:,}"
        )
    if alignment.files and alignment.method != "given":
        wrong.append(
            f"{where}.word_alignment.files: links are read with `method: given` only; found '{alignment.method}'"
        )
    segmentation = getattr(corpus, "segmentation", {})
    wrong += check_segmentation(f"{where}.segmentation", segmentation, languages)
    if alignment.method == "given":
        if not corpus.takes_links:
            wrong.append(f"{where}.word_alignment.method: only text and tables of yours have given links")
        elif {"jieba", "icu"} & {*segmentation.values()}:
            wrong.append(
                f"{where}.segmentation: given links count the words that the aligner saw; give the text as it was split"
            )
        for target in pairs.targets:
            pair = f"{pairs.source}-{target}"
            if pair not in alignment.files:
                wrong.append(f"{where}.word_alignment.files: no Pharaoh file is given for {pair}")
    wrong += [type(mistake)(f"{where}.{mistake}") for mistake in corpus.mistakes()]
    files = {f"word_alignment.files.{pair}": path for pair, path in alignment.files.items()} | corpus.user_files()
    wrong += [f"{where}.{told}" for told in same_content("word_alignment.files", alignment.files, "links")]
    lacking = [(key, path) for key, path in files.items() if not Path(path).is_file()]
    wrong += [NotHere(f"{where}.{key}: {not_a_file(path)}") for key, path in lacking]
    late = {key: from_the_future(path) for key, path in files.items() if (key, path) not in lacking}
    wrong += [NotHere(f"{where}.{key}: {told}") for key, told in late.items() if told]
    return wrong


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
            for variant in dict.fromkeys((WHOLE, *task.variants_of(source), *task.controls, *map(at, task.trajectory))):
                yield name, model, source, seed, variant, checkpoint_name(name, source, seed, variant)


def check_segmentation(where: str, segmentation: Segmentation, languages: list[str]) -> list[str]:
    """Find a language that is not there, and Chinese words for another language."""
    wrong = [
        f"{where}: '{language}' is not among the languages ({', '.join(languages)})"
        for language in segmentation
        if language not in languages
    ]
    return wrong + [
        f"{where}.{language}: jieba splits Chinese; take icu"
        for language, how in segmentation.items()
        if how == "jieba" and CODE.fullmatch(language) and language.partition("-")[0] not in CHINESE
    ]


def check_model(where: str, model: Model, config: Config) -> list[str]:
    """Find a model's mistakes: its origin, its corpus, its layers."""
    kinds = ("train", "random", "folder", "hub", "randomised")
    origins = [key for key in kinds if getattr(model, key) is not None]
    if len(origins) != 1:
        return [f"{where}: needs exactly one of {', '.join(kinds)}; found {', '.join(origins) or 'none'}"]
    wrong = []
    if "seed" in model.model_fields_set and not model.randomised:
        wrong.append(f"{where}.seed: only a control (`randomised`) has a seed here")
    original = model
    if model.randomised:
        if model.randomised not in config.models:
            close = did_you_mean(model.randomised, list(config.models))
            return [*wrong, f"{where}.randomised: there is no model '{model.randomised}'{close}"]
        original = config.models[model.randomised]
        if original.randomised:
            return [*wrong, f"{where}.randomised: '{model.randomised}' is a control itself; name the model it is of"]
    if model.hub and not model.revision:
        wrong.append(
            f"{where}.revision: a hub model needs the commit (40 hexadecimal digits), so that it stays the same"
        )
    if model.revision and not model.hub:
        wrong.append(f"{where}.revision: only a hub model has a revision")
    if model.convert and not model.hub:
        wrong.append(f"{where}.convert: only a hub model is converted")
    for name in model.corpora or []:
        if name not in config.corpora:
            wrong.append(f"{where}.corpora: there is no corpus '{name}'{did_you_mean(name, list(config.corpora))}")
    for name, corpus in config.corpora.items():
        if model.corpora is None or name in model.corpora:
            wrong += check_signs(f"{where}: corpus '{name}'", model, [corpus.pairs.source, *corpus.pairs.targets])
    made = model.train or model.random
    if made:
        key = origins[0]
        if made.corpus not in config.corpora:
            close = did_you_mean(made.corpus, list(config.corpora))
            wrong.append(f"{where}.{key}.corpus: there is no corpus '{made.corpus}'{close}")
        if made.hidden % made.heads:
            wrong.append(f"{where}.{key}.heads: {made.hidden} (hidden) is not a multiple of {made.heads}")
    if model.train:
        allowed = OBJECTIVES[model.train.architecture]
        if model.train.objective not in allowed:
            wrong.append(
                f"{where}.train.objective: architecture {model.train.architecture} goes with {', '.join(allowed)}; "
                f"found '{model.train.objective}'"
            )
        wrong += check_start(f"{where}.train", model.train, config)
        corpus = config.corpora.get(model.train.corpus)
        if model.train.objective == "unified" and corpus is not None and not corpus.gold:
            wrong.append(f"{where}.train.objective: `unified` needs lemmas, which only a microworld corpus has")
    if (model.depth or model.family) and not model.hub:
        wrong.append(f"{where}.{'depth' if model.depth else 'family'}: only a hub model needs it")
    try:
        if model.family:
            family_of(model.family, "this model")
    except IsoglossError as error:
        return [*wrong, f"{where}.family: {error}"]
    try:
        deepest = max(shape_of(original).depths.values())
    except IsoglossError as error:
        return [*wrong, f"{where}.{origins[0]}: {error}"]
    wrong += check_times(f"{where}.folder", model.folder)
    wrong += check_brought(where.removeprefix("models."), config)
    if model.layers != "all":
        beyond = [layer for layer in model.layers if layer > deepest]
        if beyond:
            wrong.append(f"{where}.layers: {', '.join(map(str, beyond))} is beyond this model's layers 0 to {deepest}")
        if not model.layers:
            wrong.append(f"{where}.layers: the list is empty")
    return wrong


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


def check_start(where: str, train: Train, config: Config) -> list[str]:
    """Find mistakes in what a training starts from, and in the languages that it reads."""
    wrong = []
    corpus = config.corpora.get(train.corpus)
    known = corpus.languages if corpus else train.languages or []
    for language in train.languages or []:
        if language not in known:
            wrong.append(f"{where}.languages: '{language}' is not among the corpus's languages ({', '.join(known)})")
    if train.languages == []:
        wrong.append(f"{where}.languages: the list is empty")
    unified = train.architecture == "gpt" and train.objective == "unified"
    if unified and corpus and corpus.pairs.source not in (train.languages or known):
        wrong.append(f"{where}.languages: `unified` answers in '{corpus.pairs.source}', which is not among them")
    if train.start is None:
        return wrong
    seen: list[str] = []
    start = train.start
    while start is not None:
        before = config.models.get(start)
        if before is None or before.train is None:
            hint = did_you_mean(start, [name for name, one in config.models.items() if one.train])
            return [*wrong, f"{where}.start: '{start}' is no model that is trained here{hint}"]
        if start in seen:
            return [*wrong, f"{where}.start: {' starts from '.join([*seen, start])}: a circle"]
        seen, start = [*seen, start], before.train.start
    first = config.models[train.start].train
    for key in ("architecture", "layers", "hidden", "heads", "intermediate"):
        mine, theirs = getattr(train, key), getattr(first, key)
        if mine != theirs:
            wrong.append(f"{where}.start: '{train.start}' has {key} {theirs}, this model {mine}; they must be the same")
    return wrong


def check_task(where: str, task: Task, config: Config) -> list[str]:
    """Find a task's mistakes: its data, its languages, its models, its layers."""
    data, wrong = task.data, list[str]()
    if names := getattr(data, "names", None):
        wrong += [
            f"{where}.data.{told}" for told in same_text("names", {one: names.get(one, one) for one in data.languages})
        ]
    into = [task.into] if task.into else []
    for key, values in (
        ("sources", task.sources),
        ("targets", task.targets or []),
        ("into", into if data.kind == "microworld" else []),
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
    brought = brought_for(config, where.removeprefix("tasks."))
    if not task.models and not brought:
        wrong.append(f"{where}.models: no model is named, and no ready-made checkpoint is of this task")
    kind = TASK_KINDS[task.kind]
    translation = kind.head == TRANSLATION
    if translation and not task.into:
        wrong.append(f"{where}.into: this key is missing; say which language to translate into")
    if task.into and not translation:
        wrong.append(f"{where}.into: only a translation task has one")
    if task.tag_measure != "entity_f1" and task.kind != "token-classification":
        wrong.append(f"{where}.tag_measure: only a token-classification task has tags")
    if data.kind == "microworld":
        fitting = {"entities": "token-classification", "translation": "translation"}
        expected = fitting.get(data.task, "sequence-classification")
        if task.kind != expected:
            wrong.append(f"{where}.kind: the microworld's {data.task} goes with {expected}; found '{task.kind}'")
        from isogloss.microworld import LANGUAGES

        said_as = config.corpora.get(data.corpus or "")
        if data.corpus and (said_as is None or said_as.kind != "microworld"):
            wrong.append(f"{where}.data.corpus: there is no microworld corpus '{data.corpus}'")
        wrong += [
            f"{where}.data.languages: the microworld has no '{value}'; it has {', '.join(LANGUAGES)}"
            for value in data.languages
            if value not in LANGUAGES
        ]
    elif data.kind == "gettext":
        wrong += check_task_messages(f"{where}.data", task, data)
    else:
        wrong += check_task_files(f"{where}.data", task, data)
    for name in dict.fromkeys([*task.models, *brought]):
        if name not in config.models:
            wrong.append(f"{where}.models: there is no model '{name}'{did_you_mean(name, list(config.models))}")
            continue
        shape = known_shape(config, name)
        if shape is None:
            continue  # said of the model
        family, deepest = shape.family, shape.depths[shape.family.reader]
        try:
            check_length(shape, task.max_length, f"'{name}'")
        except IsoglossError as error:
            wrong.append(f"{where}.max_length: {error}")
        told = [*task.sources, *(task.targets or data.languages), *into]
        wrong += check_signs(f"{where}.models: '{name}'", config.models[name], told)
        if name not in task.models:
            continue
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
    wrong += check_controls(f"{where}.controls", task)
    if WHOLE in task.variants:
        wrong.append(f"{where}.variants.{WHOLE}: the checkpoint that is tuned whole is called so; rename it")
    wrong += [
        f"{where}.variants.{name}: the checkpoint at {fraction:g} of the steps (trajectory) is called so; rename it"
        for name, fraction in ((at(fraction), fraction) for fraction in task.trajectory)
        if name != WHOLE and name in task.variants
    ]
    for variant, freeze in task.variants.items():
        families = distances(config)
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
        if len(data.languages) > 1 and "{language}" not in pattern and "{pair}" not in pattern:
            wrong.append(f"{where}.{key}: the path needs `{{language}}` in it; found '{pattern}'")
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
