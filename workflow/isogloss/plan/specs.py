"""What each result depends on beside its files: plain values with sorted keys.

A difference in them makes that one result again and nothing else, so each holds only what changes that result. They are
the keyword arguments of the function that makes it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from isogloss.models.settings import Train
from isogloss.models.shape import TRAINED_POSITIONS
from isogloss.plan.places import Places
from isogloss.plan.study import WHOLE, Study, Tuning, plain
from isogloss.section import of_kind
from isogloss.tasks.settings import CONTROLS, HubTask, Task
from isogloss.text.settings import Hub


def corpus(study: Study, name: str, language: str, part: str = "parallel") -> dict[str, Any]:
    """Name what one language of a corpus is made from."""
    section = study.settings.corpora[name]
    own = section.reading(language, part)
    if section.kind == "hub":
        # As a table of the user's, which the fetch has made.
        places = Places(study.settings.results)
        own["file"] = places("fetched_text", corpus=name, language=language)
        beside = places("fetched_text", corpus=name, language=section.pairs.source)
        own["beside"] = None if section.pivot else beside
    if section.takes_links:
        own["links"] = links_of(study, name, language)
    return plain({"reader": section.reader, "language": language, "part": part, **own})


def links_of(study: Study, name: str, language: str) -> list[str]:
    """List the files of given links that join a language's words; none where links are computed."""
    pairs = study.settings.corpora[name].pairs
    targets = pairs.targets if language == pairs.source else [language] if language in pairs.targets else []
    return [path for target in targets for path in given_links(study, name, pairs.source, target)]


def corpus_files(study: Study, name: str, language: str) -> list[str]:
    """List the user's files that one language of a corpus is read from."""
    files = map(str, study.settings.corpora[name].files_of(language))
    return sorted({*files, *links_of(study, name, language)})


def fetched_text(study: Study, name: str, language: str) -> dict[str, Any]:
    """Name one language of a data set of the hub."""
    section = of_kind(study.settings.corpora[name], Hub)
    names = {one: section.names.get(one, one) for one in (*section.languages, section.pivot or "")}
    spec: dict[str, Any] = {"repository": section.repository, "revision": section.revision}
    spec["max_rows"] = section.max_sentences

    def filled(pattern: str, language: str) -> str:
        pair = paired(names[language], names[section.pivot or ""])
        return pattern.replace("{language}", names[language]).replace("{pair}", pair)

    def files_of(language: str) -> str:
        # What is not named is found among the files, where they are one language's each.
        found_there = not section.pivot and language not in section.names
        return section.files if found_there else filled(section.files, language)

    read, text = [language], section.text
    if section.pivot:
        spec["joined_by"] = filled(section.pivot_text or section.text, section.pivot)
        if language == section.pivot:
            # It stands in the files of all the others.
            read, text = [other for other in section.languages if other != language], section.pivot_text or section.text
    files = [files_of(other) for other in read]
    spec |= siblings(files[0], language, section.languages, section.names)
    if not any(name in section.files + section.text for name in ("{language}", "{pair}")):
        spec["nested"] = True
    return plain({**spec, "files": files, "text": filled(text, language), "language": names[language]})


def paired(*names: str) -> str:
    """Name a pair of languages as OPUS does: in the order of the alphabet."""
    return "-".join(sorted(names))


def fetched_items(study: Study, name: str, language: str, split: str) -> dict[str, Any]:
    """Name one language's and split's items in a data set of the hub."""
    section = study.settings.tasks[name]
    data = of_kind(section.data, HubTask)
    own, into = (data.names.get(one, one) for one in (language, section.into or ""))
    files = getattr(data, split).replace("{pair}", paired(own, into))
    if language in data.names:
        files = files.replace("{language}", own)
    spec = {"repository": data.repository, "revision": data.revision, "files": files, "language": own}
    return plain({**spec, **siblings(files, language, data.languages, data.names)})


def siblings(files: str, language: str, languages: Sequence[str], names: Mapping[str, str]) -> dict[str, list[str]]:
    """Name the other languages of the same code, where a language's own files have to be found; if there are any."""
    code = language.partition("-")[0]
    found = [names.get(one, one) for one in languages if one != language and one.partition("-")[0] == code]
    return {"siblings": found} if found and "{language}" in files else {}


def branch(study: Study, kind: str, spec: dict[str, Any]) -> str | None:
    """Name the file that says which commit what is fetched is of; none where its revision is a commit."""
    one = {"kind": kind, **{key: spec.get(key) for key in ("repository", "revision")}}
    return Places(study.settings.results)("branch", **one) if one in study.branches else None


def given_links(study: Study, name: str, source: str, target: str) -> list[str]:
    """List the Pharaoh file of a pair: one, or none where the links are computed."""
    section = study.settings.corpora[name].word_alignment
    return [str(section.files[f"{source}-{target}"])] if section.method == "given" else []


def word_alignment(study: Study, name: str, source: str, target: str) -> dict[str, Any]:
    """Name what the word alignment of a pair depends on beside its text."""
    section = study.settings.corpora[name]
    spec: dict[str, Any] = {"method": section.word_alignment.method, "max_words": section.max_sentence_words}
    if section.word_alignment.method == "eflomal":
        spec |= {"symmetrization": section.word_alignment.symmetrization, "seed": section.word_alignment.seed}
    for path in given_links(study, name, source, target):
        spec["given"] = path
    return plain(spec)


def word_alignment_score(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what the score of the aligner against gold links depends on."""
    section = study.settings.corpora[cell["corpus"]]
    return plain(
        {
            "symmetrization": section.word_alignment.symmetrization,
            "seed": section.word_alignment.seed,
            "max_words": section.max_sentence_words,
            "identity": cell,
        }
    )


def training(study: Study, model: str) -> dict[str, Any]:
    """Name what the training of a model depends on beside its text."""
    section = of_kind(study.settings.models[model].train, Train)
    spec, corpus = plain(section), study.settings.corpora[section.corpus]
    seed = spec.pop("seed")
    for key in ("corpus", "languages", "start"):
        spec.pop(key)
    own: dict[str, Any] = {"letters": True} if corpus.letters else {}
    if section.architecture == "gpt":
        spec |= {"pivot": corpus.pairs.source, "max_length": TRAINED_POSITIONS["gpt"]}
    attributes = study.attributes({"model": model, "checkpoint": "pretrained"})
    return {"attributes": attributes, "seed": seed, "spec": spec, "threads": study.settings.compute.threads, **own}


def random_weights(study: Study, model: str) -> dict[str, Any]:
    """Name what a model with random weights depends on beside the text its tokenizer is trained on."""
    spec = plain(study.settings.models[model].random)
    spec.pop("corpus")
    return spec


def randomised(study: Study, model: str) -> dict[str, Any]:
    """Name what a control depends on beside its model's folder."""
    section = study.settings.models[model]
    return {"model": section.randomised, "seed": section.seed}


def folder(study: Study, model: str) -> dict[str, Any]:
    """Name the folder of a local model."""
    return {"source": str(of_kind(study.settings.models[model].folder, Path).resolve())}


def model_files(study: Study, model: str) -> list[str]:
    """List the files of a local model's folder."""
    folder = of_kind(study.settings.models[model].folder, Path)
    return sorted(str(path) for path in folder.iterdir() if path.is_file())


def hub(study: Study, model: str) -> dict[str, Any]:
    """Name the repository and the revision of a model of the hub, and whether its weights are converted."""
    section = study.settings.models[model]
    return {"repository": section.hub, "revision": section.revision, "convert": section.convert}


def ready_made(study: Study, model: str, checkpoint: str) -> dict[str, Any]:
    """Name where a checkpoint comes from that was tuned elsewhere, and what it must fit."""
    section = study.settings.models[model].checkpoints[checkpoint]
    known = section.task in study.settings.tasks
    own = {
        "base_name": study.settings.models[model].hub,
        **(task(study, section.task) if known else {"kind": None, "labels": None}),
        "outputs": section.labels,
    }
    if section.folder:
        return plain({**own, "source": str(section.folder.resolve())})
    return plain({**own, **{key: getattr(section, key) for key in ("revision", "convert")}, "repository": section.hub})


def checkpoint_files(study: Study, model: str, checkpoint: str) -> list[str]:
    """List the files of the user's folder that a checkpoint comes from; none where it comes from the hub."""
    folder = study.settings.models[model].checkpoints[checkpoint].folder
    return sorted(str(path) for path in folder.iterdir() if path.is_file()) if folder else []


def vectors(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what one space's vectors depend on beside the weights and the words: all but which layers are kept."""
    own = {"attributes": study.attributes(cell), "space": cell["space"], "threads": study.settings.compute.threads}
    section = plain(study.settings.activations)
    convention = section.pop("convention")
    # Only a decoder behind an encoder has a step that predicts a sentence's first subword.
    if cell["space"].split("-")[1] != study.shapes[cell["model"]].family.reader:
        own["convention"] = convention
    return plain({**section, **own})


def drawn(study: Study, cell: dict[str, Any]) -> dict[str, int] | None:
    """Say how the sentences are drawn whose own vectors a store keeps; None where nothing is measured on them.

    They are kept where a text is read by itself, so not by a decoder behind an encoder.
    """
    section = study.settings.space_similarity
    reads = cell["space"].split("-")[1] == study.shapes[cell["model"]].family.reader
    if not (reads and section and cell["corpus"] in section.corpora):
        return None
    return {"seed": study.settings.concepts.seeds[0], "most": section.items}


def clustering(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what any clustering of one layer depends on beside the vectors and its seed."""
    own = {
        "selection": "frequent" if cell["space"].startswith("joint-") else "aligned",
        "threads": study.settings.compute.threads,
        "layer": int(cell["layer"]),
    }
    section = plain(study.settings.concepts)
    section.pop("seeds")
    return {**section, **own}


def concepts(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what the clustering of one layer of one space, or of two together, depends on beside the vectors."""
    joint = cell["space"].startswith("joint-")
    languages = [cell["source"], cell["target"]] if joint else [cell[cell["space"].split("-")[0]]]
    return plain({**clustering(study, cell), "languages": languages, "seed": int(cell["seed"])})


def swept_concepts(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what a clustering with another K depends on beside the vectors."""
    spec = concepts(study, {**cell, "seed": study.settings.concepts.seeds[0]})
    return {**spec, "clusters": int(cell["clusters"])}


def halves(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what the joint clustering of a language's halves depends on beside the vectors."""
    return plain({**clustering(study, cell), "seed": study.settings.concepts.seeds[0]})


def cards(study: Study, cell: dict[str, Any]) -> dict[str, Any]:
    """Name what a pair's concept cards depend on beside its concepts, vectors and text."""
    settings = {**plain(study.settings.concept_alignment), "null": 0}
    del settings["bootstrap"]
    languages = {side: cell[side] for side in ("source", "target")}
    identity = {name: cell[name] for name in ("model", "checkpoint", "corpus", "source", "target", "kind")}
    layers = study.layers_of_kind(cell["model"], cell["kind"])
    own = {"layers": layers, "settings": settings, "languages": languages, "identity": identity}
    return plain({**own, "seed": study.settings.concepts.seeds[0]})


def task(study: Study, name: str) -> dict[str, Any]:
    """Name a task's kind and labels."""
    section = study.settings.tasks[name]
    return plain({"kind": section.kind, "labels": section.all_labels()})


def items(study: Study, name: str, language: str, part: str) -> dict[str, Any]:
    """Name what one language's items of a task are made from."""
    section = study.settings.tasks[name]
    spec = {key: value for key, value in plain(section.data).items() if key != "languages"}
    if section.data.kind == "gettext":
        # A split depends on all three numbers and on the messages of all languages.
        return plain({**spec, "languages": list(section.data.languages), "language": language, "part": part})
    for key in ("train", "validation") if part == "test" else ("test",):
        spec[key] = None
    if part == "training":
        spec.pop("paraphrase", None)
    if section.data.kind == "microworld":
        if said_as := spec.pop("corpus"):
            anchored = study.settings.corpora[said_as]
            spec |= {"anchored": {**anchored.anchored, "seed": anchored.seed}} if anchored.anchored else {}
        return plain({**spec, "into": section.into, "language": language, "part": part})
    patterns = {key: getattr(section.data, key) for key in ("train", "validation", "test")}
    if section.data.kind == "hub":
        # As tables of the user's, which the fetch has made.
        places = Places(study.settings.results)
        patterns = {key: value and places("fetched_items", task=name, split=key) for key, value in patterns.items()}
        spec = {key: value for key, value in spec.items() if key not in ("preset", "repository", "revision")}
        spec["kind"] = "table"
    names = spec.pop("names")
    own, into = (names.get(one, one) for one in (language, section.into or ""))
    in_path = {} if section.data.kind == "hub" else names
    for key, pattern in patterns.items():
        spec[key] = spec[key] and pattern.replace("{language}", in_path.get(language, language))
    for key in {"text", "other_text", "paraphrase", "label"} & set(spec):
        spec[key] = spec[key] and spec[key].replace("{language}", own).replace("{into}", into)
    read = {language, section.into} if section.kind == "translation" else {language}
    spec["segmentation"] = {name: how for name, how in section.data.segmentation.items() if name in read}
    # Each language's test items are held against the first one's, so a further language is no matter of the others.
    first = study.task_targets(name)[0]
    if spec.pop("same_items") and part == "test" and language != first:
        spec["parallel"] = patterns["test"].replace("{language}", in_path.get(first, first))
        spec["parallel_text"] = section.data.text.replace("{language}", names.get(first, first)).replace("{into}", into)
    own = {"form": section.kind, "into": section.into, "tag_measure": section.tag_measure}
    return plain({**spec, **own, "language": language, "part": part})


def items_files(study: Study, name: str, language: str, part: str) -> list[str]:
    """List the files that one language's items are read from: the user's, or what is fetched."""
    if study.settings.tasks[name].data.kind not in ("table", "hub"):
        return []
    spec = items(study, name, language, part)
    return [spec[key] for key in ("train", "validation", "test", "parallel") if spec.get(key)]


def finetuning(study: Study, one: Tuning) -> dict[str, Any]:
    """Name what a fine-tuning depends on beside the pretrained weights and the items."""
    section = study.settings.tasks[one.task]
    names = ("epochs", "batch", "learning_rate", "warmup", "weight_decay", "max_length")
    variant = section.variants.get(one.variant)
    freeze = (
        {"embeddings": variant.embeddings, "layers": variant.layers} if variant else {"embeddings": False, "layers": []}
    )
    control = {"control": one.variant} if one.variant in section.controls else {}
    realign = variant and variant.realign
    return plain(
        {
            **task(study, one.task),
            **control,
            **translated_into(section),
            **{name: getattr(section, name) for name in names},
            "seed": one.seed,
            "fraction": one.fraction,
            "freeze": freeze,
            "realign": realign and {**realign.model_dump(exclude={"corpus"}), "weight": realign.strength},
            "language": one.source,
            "device": study.settings.activations.device,
            "threads": study.settings.compute.threads,
            "attributes": one.identity,
        }
    )


def translated_into(section: Task) -> dict[str, Any]:
    """Name the language that a translation goes into; nothing of other tasks."""
    return {"into": section.into} if section.into else {}


def realigned(study: Study, one: Tuning) -> tuple[list[str], list[str], str, str]:
    """Name what a fine-tuning realigns by: languages, targets among them, corpus, and the place of the links."""
    variant = study.settings.tasks[one.task].variants.get(one.variant)
    if variant is None or variant.realign is None:
        return [], [], "", ""
    corpus = variant.realign.corpus
    source = study.settings.corpora[corpus].pairs.source
    targets = [target for _, target in study.pairs(corpus)]
    return [source, *targets], targets, corpus, "lexicon" if variant.realign.links == "lexicon" else "alignment"


def test_pass(study: Study, model: str, checkpoint: str, name: str) -> dict[str, Any]:
    """Name what sentence vectors and predictions depend on beside the weights and the items."""
    return plain(
        {
            **task(study, name),
            **translated_into(study.settings.tasks[name]),
            "layers": study.layers(model),
            "max_length": study.settings.tasks[name].max_length,
            "token_budget": study.settings.activations.token_budget,
            "device": study.settings.activations.device,
            "precision": study.settings.activations.precision,
            "threads": study.settings.compute.threads,
            "attributes": {"model": model, "checkpoint": checkpoint, "task": name},
        }
    )


def altered_pass(study: Study, model: str, checkpoint: str, name: str, section: str) -> dict[str, Any]:
    """Name what a checkpoint's answers to altered test items depend on beside its weights and the items.

    Parameters
    ----------
    section
        ``crossed`` or ``controls``.
    """
    chosen = getattr(study.settings, section)
    spec = test_pass(study, model, checkpoint, name)
    spec = {key: value for key, value in spec.items() if key not in ("attributes", "kind", "layers")}
    if section == "crossed" and not study.settings.tasks[name].same_items:
        spec["same_items"] = False
    if section == "controls":
        variant = study.by_checkpoint[model, checkpoint].variant
        # A checkpoint that is tuned on items that lack something reads such items only.
        spec["controls"] = list(CONTROLS) if variant == WHOLE else [variant]
    return plain({**spec, "items": chosen.items, "seed": chosen.seed})


def test_texts(study: Study) -> list[tuple[str, str]]:
    """List the test items, task and language: their word forms and subwords make distances."""
    return [(task, language) for task in study.settings.tasks for language in study.task_targets(task)]


def distances(study: Study) -> dict[str, Any]:
    """Name what the table of distances depends on."""
    texts = test_texts(study) if study.settings.impact.lexical else []
    return {
        **({"text_languages": [language for _, language in texts]} if texts else {}),
        "languages": study.task_languages,
        "families": list(study.settings.impact.families),
        "microworld": study.settings.impact.microworld_distances,
    }


def subword_distances(study: Study, model: str) -> dict[str, Any]:
    """Name what a model's distances by subwords depend on beside its tokenizer and the test items."""
    return {"model": model, "text_languages": [language for _, language in test_texts(study)]}


def correlations(study: Study) -> dict[str, Any]:
    """Name what the table of correlations depends on beside the other tables."""
    impact = study.settings.impact
    spec: dict[str, Any] = {"draws": impact.permutations, "seed": impact.seed, "controls": study.controls}
    return plain({**spec, "beside": impact.beside} if impact.beside else spec)


def frozen_layers(study: Study, name: str, variant: str) -> dict[str, Any]:
    """Name how a variant's frozen layers are chosen."""
    frozen = study.settings.tasks[name].variants[variant]
    return {"count": frozen.count, "distance": frozen.distance}


def variants(study: Study) -> dict[str, Any]:
    """Name what the comparison of variants depends on: by task and variant, the distance that near and far go by."""
    distance = {
        name: {variant: choice.distance for variant, choice in task.variants.items()}
        for name, task in study.settings.tasks.items()
        if task.variants
    }
    tunings = [{**one.identity, "source": one.source} for one in study.varied]
    draws, seed = study.settings.impact.bootstrap, study.settings.impact.seed
    random_links = {name: random_links_of(task) for name, task in study.settings.tasks.items() if task.variants}
    own = {"random_links": random_links, "controls": study.controls}
    return plain({"distance": distance, "tunings": tunings, "draws": draws, "seed": seed, **own})


def random_links_of(task: Task) -> dict[str, list[str]]:
    """List for each variant that realigns linked words the ones by words at random: alike in all else, or else all."""
    chance = {name: one for name, one in task.variants.items() if one.realign and one.realign.links == "random"}
    found = {}
    for name, one in task.variants.items():
        if one.realign and name not in chance:
            at_random = one.model_copy(update={"realign": one.realign.model_copy(update={"links": "random"})})
            found[name] = [null for null, other in chance.items() if other.meaning == at_random.meaning] or list(chance)
    return found


def trajectories(study: Study) -> dict[str, Any]:
    """Name the points of the trajectories, in the order of their checkpoints."""
    points = [{**one.identity, "source": one.source, "fraction": one.fraction} for one in study.trajectories]
    return plain({"points": points, "controls": study.controls})


def measured(study: Study, one: Tuning) -> bool:
    """Tell whether a fine-tuning freezes layers that are chosen by measurement."""
    variant = study.settings.tasks[one.task].variants.get(one.variant)
    return variant is not None and variant.layers == "measured"
