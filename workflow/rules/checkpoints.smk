"""Models: trained here, made with random weights, taken from a local folder, or fetched from a hub."""

CHECKPOINT = f"{RESULTS}/checkpoints/{{model}}/{{checkpoint}}"


rule train_model:
    input:
        unpack(training_text),
    output:
        folder=directory(CHECKPOINT),
        curve=f"{RESULTS}/metrics/training/{{model}}/{{checkpoint}}.csv",
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    benchmark:
        f"{BENCHMARKS}/checkpoints/{{model}}/{{checkpoint}}.tsv"
    wildcard_constraints:
        checkpoint=grid.PRETRAINED,
        model=one_of(grid.models_of_kind(settings, "train")),
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=0,
        mem_mb=needs("training", "mem_mb"),
        runtime=needs("training", "runtime"),
    params:
        spec=lambda wildcards: grid.training_spec(settings, wildcards.model),
        identity=identity,
        code=digest("isogloss.models.train"),
    message:
        "Training {wildcards.model}"
    script:
        "../scripts/train_model.py"


rule make_random_model:
    input:
        unpack(training_text),
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    wildcard_constraints:
        checkpoint=grid.PRETRAINED,
        model=one_of(grid.models_of_kind(settings, "random")),
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.random_spec(settings, wildcards.model),
        code=digest("isogloss.models.random_weights"),
    message:
        "Random weights for {wildcards.model}"
    script:
        "../scripts/make_random_model.py"


rule link_model:
    input:
        files=lambda wildcards: grid.model_files(settings, wildcards.model),
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    wildcard_constraints:
        checkpoint=grid.PRETRAINED,
        model=one_of(grid.models_of_kind(settings, "folder")),
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.folder_spec(settings, wildcards.model),
        code=digest("isogloss.models.bring"),
    message:
        "Model {wildcards.model} from its folder"
    script:
        "../scripts/link_model.py"


rule fetch_model:
    output:
        folder=directory(CHECKPOINT),
    log:
        f"{LOGS}/checkpoints/{{model}}/{{checkpoint}}.log",
    wildcard_constraints:
        checkpoint=grid.PRETRAINED,
        model=one_of(grid.models_of_kind(settings, "hub")),
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.hub_spec(settings, wildcards.model),
        code=digest("isogloss.models.bring"),
    message:
        "Fetching {wildcards.model} from the hub"
    script:
        "../scripts/fetch_model.py"
