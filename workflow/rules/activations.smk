"""Hidden states of the selected words: one store a language (and stack) of a pair, all layers from one pass."""


rule extract_activations:
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
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.activations),
        mem_mb=needs("extraction", "mem_mb"),
        runtime=needs("extraction", "runtime"),
    params:
        spec=activation_spec,
        identity=identity,
        code=digest("isogloss.states.extract"),
    message:
        "Activations of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}"
    script:
        "../scripts/extract_activations.py"


rule table_activations:
    input:
        stores=grid.stores(settings),
    output:
        table=f"{RESULTS}/tables/activations.csv",
    log:
        f"{LOGS}/tables/activations.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        layers=grid.layer_counts(settings),
        code=digest("isogloss.states.extract"),
    message:
        "Table of words kept and dropped"
    script:
        "../scripts/table_activations.py"
