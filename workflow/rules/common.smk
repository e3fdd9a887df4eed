"""What the rules share: wildcards, how a rule names its files and values, and the functions that find them."""

import re

RESULTS = settings.results
THREADS = settings.compute.threads
USER_FILES = Contents(Path(".snakemake") / "isogloss-contents.json")


def one_of(names):
    """A wildcard constraint that lets through just these names, so that a mistyped target fails at once."""
    return "|".join(map(re.escape, names)) or "(?!)"


FETCHED_CORPORA = [
    name for name, corpus in settings.corpora.items() if corpus.kind == "hub"
]
FETCHED_TASKS = [
    name for name, task in settings.tasks.items() if task.data.kind == "hub"
]
LANGUAGES = {
    *study.task_languages,
    *(
        language
        for corpus in settings.corpora.values()
        for language in corpus.languages
    ),
}
TUNED_WHOLE = one_of(study.tuning_names(whole=True))
TUNED_OTHERWISE = one_of(study.tuning_names(whole=False))
TUNED = f"{TUNED_WHOLE}|{TUNED_OTHERWISE}"
TUNED_HERE = one_of(sorted({one.checkpoint for one in study.tunings}))
READY_MADE = one_of(sorted({one.checkpoint for one in study.ready_made}))


wildcard_constraints:
    model=one_of(settings.models),
    checkpoint=f"{PRETRAINED}|{TUNED}",
    task=one_of(settings.tasks),
    variant=one_of({name for task in settings.tasks.values() for name in task.variants}),
    part="training|test",
    corpus=one_of(settings.corpora),
    language=one_of(sorted(LANGUAGES)),
    source=source_constraint(
        {name: corpus.pairs.source for name, corpus in settings.corpora.items()},
        {name: task.sources for name, task in settings.tasks.items()},
    ),
    target=one_of(sorted(LANGUAGES)),
    side="source|target",
    space=one_of(SPACES),
    kind=one_of(KINDS),
    layer=r"\d+",
    clusters=r"\d+",
    seed=r"\d+",
    weights=one_of(WEIGHTS),


def step(name, *plug_ins):
    """The params of every rule: the function that makes its results, and the code that this function reaches.

    Plug-ins that it looks up by name are named, because their code counts too.
    """
    return {"step": name, "code": code(name, *plug_ins)}


def code(*functions):
    """The code that functions reach."""
    return "-".join(map(identity, functions))


POOLING = pooling.function_of(settings.activations.pooling)
CLUSTERING = methods.function_of(settings.concepts.method)


def cell(wildcards):
    """A job's wildcards as plain values."""
    return {
        name: int(value) if name in ("layer", "seed", "clusters") else value
        for name, value in wildcards.items()
    }


def needs(estimate, name):
    """A resource (`mem_mb` or `runtime`) from the size of the work, doubled at each attempt."""

    def resource(wildcards, attempt):
        needed = getattr(estimates, estimate)(study, **wildcards)
        return getattr(needed, name) * 2 ** (attempt - 1)

    return resource


def deleted_if_chosen(what, path):
    """A file or folder that is deleted after its last use where the config says so."""
    return temp(path) if what in settings.compute.delete_used else path


def flat(files):
    """Files by keyword as Snakemake takes them: a mapping becomes the list of its files."""
    return {
        name: list(value.values()) if isinstance(value, dict) else value
        for name, value in files.items()
    }


def keys(files):
    """The keys of the mappings among files by keyword."""
    return {
        name: list(value) for name, value in files.items() if isinstance(value, dict)
    }


def tuning(wildcards):
    """The fine-tuning that a checkpoint's name stands for."""
    return study.by_checkpoint[wildcards.model, wildcards.checkpoint]


# The hub -------------------------------------------------------------------------------------------------------------


def branch_of(kind, spec):
    """The file with the commit that all jobs take which fetch from a branch; none where the config names the commit."""
    return lambda wildcards: specs.branch(study, kind, spec(wildcards)) or []


def text_to_fetch(wildcards):
    """One language of a corpus, in a data set of the hub."""
    return specs.fetched_text(study, wildcards.corpus, wildcards.language)


def items_to_fetch(wildcards):
    """One language's and split's items of a task, in a data set of the hub."""
    return specs.fetched_items(
        study, wildcards.task, wildcards.language, wildcards.split
    )


def model_to_fetch(wildcards):
    """A model of the hub."""
    return specs.hub(study, wildcards.model)


def checkpoint_to_bring(wildcards):
    """A checkpoint that was tuned elsewhere."""
    return specs.ready_made(study, wildcards.model, wildcards.checkpoint)


# Corpora -------------------------------------------------------------------------------------------------------------


def files_of_corpus(wildcards):
    """The files that one language of a corpus is read from: the user's own, or what was fetched."""
    if wildcards.corpus in FETCHED_CORPORA:
        spec = specs.corpus(study, wildcards.corpus, wildcards.language)
        return sorted({spec["file"], spec["beside"] or spec["file"]})
    return map(ancient, specs.corpus_files(study, wildcards.corpus, wildcards.language))


def code_of_corpus(wildcards):
    """The code that makes a corpus: what writes it, and its source's own."""
    reader = settings.corpora[wildcards.corpus].reader
    return code("isogloss.text.corpora:write_corpus", reader)


def content_of_corpus(wildcards):
    """The content of the user's files, or of the column of their table, that a corpus is read from."""
    if wildcards.corpus in FETCHED_CORPORA:
        return None
    spec = specs.corpus(study, wildcards.corpus, wildcards.language)
    if "column" in spec:
        return USER_FILES.of_column(spec["file"], spec["column"], column_digest)
    return USER_FILES.of(
        specs.corpus_files(study, wildcards.corpus, wildcards.language)
    )


# Words ---------------------------------------------------------------------------------------------------------------


def both_sides(wildcards):
    """The two languages' corpora of a pair."""
    return {
        side: places("corpus", corpus=wildcards.corpus, language=wildcards.get(side))
        for side in ("source", "target")
    }


def given_links(wildcards):
    """The Pharaoh file of a pair, where the config names one."""
    return specs.given_links(
        study, wildcards.corpus, wildcards.source, wildcards.target
    )


# Models --------------------------------------------------------------------------------------------------------------


def training_text(wildcards):
    """The text that a model made here learns from, by language."""
    return [
        places("training_text", corpus=corpus, language=language)
        for corpus, language in study.training_text(wildcards.model)
    ]


def model_to_start_from(wildcards):
    """The model whose weights a model that is trained here starts with; none where it starts from nothing."""
    start = settings.models[wildcards.model].train.start
    return places("checkpoint", model=start, checkpoint=PRETRAINED) if start else []


def training_languages(wildcards):
    """The keys of that text."""
    return [language for _, language in study.training_text(wildcards.model)]


# States --------------------------------------------------------------------------------------------------------------


def texts_of_store(wildcards):
    """The two languages' corpora of a pair."""
    return [
        places("corpus", corpus=wildcards.corpus, language=language)
        for language in (wildcards.source, wildcards.target)
    ]


def selection_of_store(wildcards):
    """The selected words of the side that a space holds."""
    return places("selection", side=wildcards.space.split("-")[0], **pair(wildcards))


def pair(wildcards):
    """The wildcards that name a pair of a corpus."""
    return {name: wildcards.get(name) for name in ("corpus", "source", "target")}


def store_spec(wildcards):
    """What a store depends on; one that holds more than is wanted now is as good as it was."""
    stack = wildcards.space.split("-")[1]
    layers, draw = kept(
        places("store", **wildcards),
        study.layers(wildcards.model, stack),
        study.shapes[wildcards.model].depths[stack],
        specs.drawn(study, cell(wildcards)),
    )
    own = {"draw": plain(draw)} if draw else {}
    return {**specs.vectors(study, cell(wildcards)), "layers": layers, **own}


# Concepts ------------------------------------------------------------------------------------------------------------


def stores_of(wildcards, spaces):
    """The stores that are clustered.

    They are `ancient`: a store that was made again because it lacked a layer is as it was for the layers that it had.
    """
    return [
        ancient(places("store", **{**wildcards, "space": space})) for space in spaces
    ]


def made_from(wildcards, spaces):
    """What the stores are made from, which tells when their vectors are others."""
    sides = {space.split("-")[0] for space in spaces}
    return [
        places("checkpoint", **wildcards),
        *texts_of_store(wildcards),
        *(places("selection", side=side, **pair(wildcards)) for side in sorted(sides)),
    ]


def vectors_of(wildcards, spaces):
    """What else the vectors depend on: settings and code of the extraction."""
    given = cell(wildcards)
    return [
        code("isogloss.states.extract:extract", POOLING),
        *(specs.vectors(study, {**given, "space": space}) for space in spaces),
    ]


def joined(wildcards):
    """The two spaces that are clustered together."""
    return spaces_of_kind(wildcards.space.removeprefix("joint-"))


def halved(wildcards):
    """The source's space, whose halves are clustered together as if they were two languages."""
    return joined(wildcards)[:1]


# Tasks ---------------------------------------------------------------------------------------------------------------


def code_of_task(function):
    """The code of a step that does what its task's kind tells."""
    return lambda wildcards: code(
        function,
        kinds.function_of(
            settings.tasks[
                wildcards.get("task")
                or study.task_of(wildcards.model, wildcards.checkpoint)
            ].kind
        ),
    )


def training_items(wildcards):
    """The items that a checkpoint is tuned on."""
    one = tuning(wildcards)
    return places("items", task=one.task, language=one.source, part="training")


def frozen_layers(wildcards):
    """The file that says which layers to freeze, where they are chosen by measurement."""
    one = tuning(wildcards)
    if not specs.measured(study, one):
        return []
    return places("frozen_layers", model=one.model, task=one.task, variant=one.variant)


def texts_to_realign(wildcards):
    """The sentences that a checkpoint is realigned by, the source language's first; none where it is not."""
    languages, _, corpus, _ = specs.realigned(study, tuning(wildcards))
    return [
        places("corpus", corpus=corpus, language=language) for language in languages
    ]


def links_to_realign(wildcards):
    """The links, or lexicons, of their words."""
    languages, targets, corpus, place = specs.realigned(study, tuning(wildcards))
    return [
        places(place, corpus=corpus, source=languages[0], target=target)
        for target in targets
    ]


def keys_to_realign(wildcards):
    """The languages of both."""
    languages, targets, *_ = specs.realigned(study, tuning(wildcards))
    return {"texts": languages, "links": targets}


def files_of_items(wildcards):
    """The files that items are read from: the user's own, or what was fetched."""
    files = specs.items_files(study, wildcards.task, wildcards.language, wildcards.part)
    return files if wildcards.task in FETCHED_TASKS else map(ancient, files)


def content_of_items(wildcards):
    """The content of the user's files that items are read from."""
    if wildcards.task in FETCHED_TASKS:
        return None
    return USER_FILES.of(
        specs.items_files(study, wildcards.task, wildcards.language, wildcards.part)
    )


def test_items(wildcards):
    """The test items of a task in every language."""
    return [
        places("items", task=wildcards.task, language=language, part="test")
        for language in study.task_targets(wildcards.task)
    ]


# Measures ------------------------------------------------------------------------------------------------------------


def taken(measure):
    """The files that a measure reads of a cell."""
    return lambda wildcards: flat(measure.takes(study, places, cell(wildcards)))


def keys_taken(measure):
    """The keys of the mappings among them."""
    return lambda wildcards: keys(measure.takes(study, places, cell(wildcards)))


def code_of(measure):
    """The code that a measure depends on: its own, and that of what it looks up by name."""
    return lambda wildcards: code(
        measure.function, *measure.plug_ins(study, cell(wildcards))
    )


def given(measure):
    """The places of the files that a measure writes of a cell."""
    return {
        name: places.metric(folder, measure.cell, ending)
        for name, (folder, ending) in measure.gives.items()
    }


def values(measure):
    """The values that a measure depends on."""
    return lambda wildcards: plain(measure.spec(study, cell(wildcards)))


def rules_of(measure):
    """A measure's rules, each with the checkpoints that it is for.

    Where a second one is named, it is for what is not tuned whole, so that a cluster can group it apart: which layers are
    frozen may follow from the measure of the others.
    """
    if measure.variant_rule:
        return [
            (measure.rule, TUNED_WHOLE),
            (measure.variant_rule, TUNED_OTHERWISE),
        ]
    return [
        (measure.rule, TUNED if measure.cell == "tuning" else f"{PRETRAINED}|{TUNED}")
    ]


# Relations -----------------------------------------------------------------------------------------------------------


def test_texts():
    """The test items of all tasks, whose word forms and subwords make distances."""
    return [
        places("items", task=task, language=language, part="test")
        for task, language in specs.test_texts(study)
    ]


def impacts_of_whole(wildcards):
    """The impacts of a model's checkpoints that are tuned whole on a task."""
    return [
        places.metric("impact", "tuning", model=one.model, checkpoint=one.checkpoint)
        for one in study.tunings
        if (one.model, one.task, one.variant)
        == (wildcards.model, wildcards.task, WHOLE)
    ]


def replicates_of_points():
    """What measures give of a trajectory's points without blocks of items."""
    points = {(one.model, one.checkpoint) for one in study.trajectories}
    found = {}
    for measure in MEASURES:
        # Of a corpus no course is told.
        if "replicates_output" in measure.gives and measure.cell != "corpus":
            folder, ending = measure.gives["replicates_output"]
            found[f"{measure.name}_replicates"] = [
                places.metric(folder, measure.cell, ending, **one)
                for one in measure.cells(study)
                if (one["model"], one["checkpoint"]) in points
            ]
    return found


def of_figure(name):
    """What a figure's files are called in Snakemake's own report."""
    return {
        "caption": "../report/figure.rst",
        "category": lambda wildcards: QUESTIONS[FIGURES[wildcards.figure].question],
        "labels": lambda wildcards: {
            "figure": FIGURES[wildcards.figure].title,
            "format": name,
        },
    }


def clusters_of(wildcards, space):
    """One space's concepts in every layer, of the first seed."""
    seed = settings.concepts.seeds[0]
    return [
        places(
            "concepts", **{**wildcards, "space": space, "layer": layer, "seed": seed}
        )
        for layer in study.layers_of_kind(wildcards.model, wildcards.kind)
    ]
