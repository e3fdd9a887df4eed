"""Where things stand, what a wildcard may be, and the functions that rules take their inputs from."""

import re

from isogloss.config.root import depth
from isogloss.states.kept_layers import kept_layers

RESULTS = settings.results
LOGS = f"{RESULTS}/logs"
BENCHMARKS = f"{RESULTS}/benchmarks"
THREADS = settings.compute.threads

# The identity of a cell, as it stands in every path and in every table.
CELL = "{model}/{checkpoint}/{corpus}/{source}-{target}"


def one_of(names):
    """A wildcard constraint that lets through just these names, so that a mistyped target fails at once."""
    return "|".join(map(re.escape, names)) or "(?!)"


LANGUAGES = one_of(
    sorted(
        {
            language
            for corpus in settings.corpora.values()
            for language in corpus.languages
        }
        | set(grid.task_languages(settings))
    )
)
TUNINGS = {(one.model, one.checkpoint): one for one in grid.tunings(settings)}
TUNED_WHOLE = one_of(grid.tuning_names(settings, whole=True))
TUNED_FROZEN = one_of(grid.tuning_names(settings, whole=False))
TUNED = f"{TUNED_WHOLE}|{TUNED_FROZEN}"


wildcard_constraints:
    model=one_of(settings.models),
    checkpoint=f"{grid.PRETRAINED}|{TUNED}",
    task=one_of(settings.tasks),
    variant=one_of(
        {variant for task in settings.tasks.values() for variant in task.variants}
    ),
    part="training|test",
    corpus=one_of(settings.corpora),
    language=LANGUAGES,
    source=LANGUAGES,
    target=LANGUAGES,
    side="source|target",
    space=one_of(grid.SPACES),
    joint=one_of(grid.JOINT_SPACES),
    kind=one_of(grid.KINDS),
    layer=r"\d+",


def identity(wildcards):
    """The columns that name a cell in every table."""
    names = ("model", "checkpoint", "corpus", "source", "target", "kind", "layer")
    cell = {
        name: wildcards.get(name) for name in names if wildcards.get(name) is not None
    }
    if "layer" in cell:
        cell["layer"] = int(cell["layer"])
    tuned = TUNINGS.get((wildcards.model, wildcards.checkpoint))
    return {**cell, "task": tuned.task if tuned else grid.PRETRAINED}


def tuning_identity(wildcards):
    """The columns that name a fine-tuned checkpoint in every table."""
    return grid.tuning_identity(tuning_of(wildcards))


def tuning_of(wildcards):
    """The fine-tuning that a checkpoint's name stands for."""
    return TUNINGS[wildcards.model, wildcards.checkpoint]


def training_items(wildcards):
    """The items that a checkpoint is tuned on."""
    one = tuning_of(wildcards)
    return f"{RESULTS}/tasks/{one.task}/{one.source}/training.parquet"


def frozen_layers(wildcards):
    """The file that says which layers to freeze, where they are chosen by measurement."""
    one = tuning_of(wildcards)
    variants = settings.tasks[one.task].variants
    if one.variant not in variants or variants[one.variant].layers != "measured":
        return []
    return f"{RESULTS}/metrics/frozen_layers/{one.model}/{one.task}/{one.variant}.json"


def test_items(wildcards):
    """The test items of a task, by language."""
    return {
        language: f"{RESULTS}/tasks/{wildcards.task}/{language}/test.parquet"
        for language in grid.task_targets(settings, wildcards.task)
    }


def vectors_of(wildcards):
    """Sentence vectors of a task's test items before and after a fine-tuning."""
    one = tuning_of(wildcards)
    place = f"{RESULTS}/sentences/{one.model}/{{}}/{one.task}.h5"
    return {
        "pretrained": place.format(grid.PRETRAINED),
        "tuned": place.format(wildcards.checkpoint),
    }


def whole_impacts(wildcards):
    """The impacts of a model's checkpoints that are tuned whole on a task."""
    return [
        f"{RESULTS}/metrics/impact/{one.model}/{one.checkpoint}.csv"
        for one in TUNINGS.values()
        if (one.model, one.task, one.variant)
        == (wildcards.model, wildcards.task, grid.WHOLE)
    ]


def corpus_files(wildcards):
    """The user's files that a corpus is read from; none for the microworld and for gettext catalogues."""
    return grid.corpus_files(settings, wildcards.corpus, wildcards.language)


def both_sides(wildcards):
    """The two languages' corpora of a pair."""
    return {
        side: f"{RESULTS}/corpora/{wildcards.corpus}/{wildcards.get(side)}.parquet"
        for side in ("source", "target")
    }


def given_links(wildcards):
    """The Pharaoh file of a pair, where the config names one."""
    return grid.given_links(
        settings, wildcards.corpus, wildcards.source, wildcards.target
    )


def training_text(wildcards):
    """The text that a model made here learns from, by language."""
    return {
        language: f"{RESULTS}/training/{corpus}/{language}.parquet"
        for corpus, language in grid.training_text(settings, wildcards.model)
    }


def activation_spec(wildcards):
    """What a store depends on; one that holds more layers than are wanted now is as good as it was."""
    spec = grid.activation_spec(settings, wildcards.model)
    store = f"{RESULTS}/activations/{CELL}/{{space}}.h5".format(**wildcards)
    deepest = depth(settings.models[wildcards.model])[0]
    return {**spec, "layers": kept_layers(store, spec["layers"], deepest)}


def selection_of(wildcards):
    """The selected words of the side that a space holds."""
    side = wildcards.space.split("-")[0]
    return f"{RESULTS}/selections/{wildcards.corpus}/{wildcards.source}-{wildcards.target}/{side}.parquet"


def spaces_of_joint(wildcards):
    """The two stores that are clustered together."""
    return [
        f"{RESULTS}/activations/{wildcards.model}/{wildcards.checkpoint}/{wildcards.corpus}/"
        f"{wildcards.source}-{wildcards.target}/{space}.h5"
        for space in grid.spaces_of_kind(wildcards.joint.removeprefix("joint-"))
    ]


def language_of(wildcards):
    """The language that a space's words are in."""
    return [wildcards.get(wildcards.space.split("-")[0])]


def clusters_of_kind(wildcards):
    """The source's and the target's concepts that a kind of pair compares."""
    source, target = grid.spaces_of_kind(wildcards.kind)
    cell = (
        f"{RESULTS}/concepts/{wildcards.model}/{wildcards.checkpoint}/{wildcards.corpus}/"
        f"{wildcards.source}-{wildcards.target}"
    )
    return {
        "source": f"{cell}/{source}/layer{wildcards.layer}.parquet",
        "target": f"{cell}/{target}/layer{wildcards.layer}.parquet",
    }
