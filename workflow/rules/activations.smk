"""Hidden states of the selected words: one store a language (and stack) of a pair, all layers from one pass."""


def activation_memory(wildcards, attempt):
    """Megabytes for one model and one batch; doubled at each attempt."""
    return grid.activation_memory(settings, wildcards.model) * 2 ** (attempt - 1)


def selection_of(wildcards):
    """The selected words of the side that a space holds."""
    side = wildcards.space.split("-")[0]
    return f"{RESULTS}/selections/{wildcards.corpus}/{wildcards.source}-{wildcards.target}/{side}.parquet"


rule extract_activations:
    message:
        "Activations of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}"
    input:
        unpack(both_sides),
        checkpoint=CHECKPOINT,
        selection=selection_of,
    output:
        store=ensure(f"{RESULTS}/activations/{CELL}/{{space}}.h5", non_empty=True),
    log:
        f"{LOGS}/activations/{CELL}/{{space}}.log",
    benchmark:
        f"{BENCHMARKS}/activations/{CELL}/{{space}}.tsv"
    params:
        spec=lambda wildcards: grid.activation_spec(settings, wildcards.model),
        identity=identity,
        code=digest("isogloss.activations"),
    threads: THREADS
    resources:
        gpu=grid.gpus(settings),
        mem_mb=activation_memory,
    script:
        "../scripts/extract_activations.py"


rule table_activations:
    message:
        "Table of words kept and dropped"
    input:
        stores=grid.stores(settings),
    output:
        table=f"{RESULTS}/tables/activations.csv",
    log:
        f"{LOGS}/tables/activations.log",
    params:
        code=digest("isogloss.activations"),
    script:
        "../scripts/table_activations.py"
