"""What all rules share: wildcards, the one script, and how a rule names its files and values."""

import re

RESULTS = settings.results
THREADS = settings.compute.threads
USER_FILES = Contents(Path(".snakemake") / "isogloss-contents.json")


def one_of(names):
    """A wildcard constraint that lets through just these names, so that a mistyped target fails at once."""
    return "|".join(map(re.escape, names)) or "(?!)"


LANGUAGES = {
    *study.task_languages,
    *(language for corpus in settings.corpora.values() for language in corpus.languages),
}
TUNED_WHOLE = one_of(study.tuning_names(whole=True))
TUNED_OTHERWISE = one_of(study.tuning_names(whole=False))
TUNED = f"{TUNED_WHOLE}|{TUNED_OTHERWISE}"


wildcard_constraints:
    model=one_of(settings.models),
    checkpoint=f"{PRETRAINED}|{TUNED}",
    task=one_of(settings.tasks),
    variant=one_of(
        {name for task in settings.tasks.values() for name in task.variants}
    ),
    part="training|test",
    corpus=one_of(settings.corpora),
    language=one_of(sorted(LANGUAGES)),
    source=one_of(sorted(LANGUAGES)),
    target=one_of(sorted(LANGUAGES)),
    side="source|target",
    space=one_of(SPACES),
    kind=one_of(KINDS),
    layer=r"\d+",


def step(name):
    """The params that every rule has: the function that makes its results, and the code that this function reaches."""
    return {"step": name, "code": identity(name)}


def cell(wildcards):
    """A job's wildcards as plain values."""
    return {
        name: int(value) if name == "layer" else value
        for name, value in wildcards.items()
    }


def needs(estimate, name):
    """A resource (`mem_mb` or `runtime`) from the size of the work, doubled at each attempt."""

    def resource(wildcards, attempt):
        needed = getattr(estimates, estimate)(study, **wildcards)
        return getattr(needed, name) * 2 ** (attempt - 1)

    return resource


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


# What a rule says beside its own lines.
rule step:
    conda:
        "../../envs/isogloss.yaml"
    script:
        "../scripts/step.py"
