"""Models: trained here, made with random weights, taken from a local folder, or fetched from a hub."""


def training_text(wildcards):
    """The text that a model made here learns from, by language."""
    return {
        language: f"{RESULTS}/training/{corpus}/{language}.parquet"
        for corpus, language in grid.training_text(settings, wildcards.model)
    }


CHECKPOINT = f"{RESULTS}/checkpoints/{{model}}/{{checkpoint}}"


rule train_model:
    message:
        "Training {wildcards.model}"
    wildcard_constraints:
        model=one_of(grid.models_of_kind(settings, "train")),
    input:
        unpack(training_text),
    output:
        folder=directory(CHECKPOINT),
        curve=f"{RESULTS}/metrics/training/{{model}}/{{checkpoint}}.csv",
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    benchmark:
        f"{BENCHMARKS}/checkpoints/{{model}}/{{checkpoint}}.tsv"
    params:
        spec=lambda wildcards: grid.training_spec(settings, wildcards.model),
        identity=identity,
        code=digest("isogloss.training"),
    threads: THREADS
    resources:
        gpu=0,
        mem_mb=4000,
    script:
        "../scripts/train_model.py"


rule make_random_model:
    message:
        "Random weights for {wildcards.model}"
    wildcard_constraints:
        model=one_of(grid.models_of_kind(settings, "random")),
    input:
        unpack(training_text),
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    params:
        spec=lambda wildcards: grid.random_spec(settings, wildcards.model),
        code=digest("isogloss.scratch"),
    script:
        "../scripts/make_random_model.py"


rule link_model:
    message:
        "Model {wildcards.model} from its folder"
    wildcard_constraints:
        model=one_of(grid.models_of_kind(settings, "folder")),
    input:
        files=lambda wildcards: grid.model_files(settings, wildcards.model),
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    params:
        spec=lambda wildcards: grid.folder_spec(settings, wildcards.model),
        code=digest("isogloss.hub"),
    script:
        "../scripts/link_model.py"


rule fetch_model:
    message:
        "Fetching {wildcards.model} from the hub"
    wildcard_constraints:
        model=one_of(grid.models_of_kind(settings, "hub")),
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    params:
        spec=lambda wildcards: grid.hub_spec(settings, wildcards.model),
        code=digest("isogloss.hub"),
    script:
        "../scripts/fetch_model.py"
