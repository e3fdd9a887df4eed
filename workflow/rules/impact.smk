"""Impact and transfer of every fine-tuning, how far apart languages are, and what goes with what."""


rule measure_impact:
    input:
        unpack(vectors_of),
    output:
        scores=f"{RESULTS}/metrics/impact/{{model}}/{{checkpoint}}.csv",
    log:
        f"{LOGS}/impact/{{model}}/{{checkpoint}}.log",
    wildcard_constraints:
        checkpoint=TUNED_WHOLE,
    conda:
        "../../envs/isogloss.yaml"
    params:
        source=lambda wildcards: tuning_of(wildcards).source,
        identity=tuning_identity,
        code=digest("isogloss.measures.impact.compute"),
    message:
        "Impact of {wildcards.checkpoint} on {wildcards.model}"
    script:
        "../scripts/measure_impact.py"


# A rule of its own, so that a cluster can group it apart: which layers are frozen may follow from the impacts above.
use rule measure_impact as measure_variant_impact with:
    wildcard_constraints:
        checkpoint=TUNED_FROZEN,


rule score_transfer:
    input:
        predictions=lambda wildcards: f"{RESULTS}/predictions/{{model}}/{{checkpoint}}/{tuning_of(wildcards).task}.parquet",
    output:
        scores=f"{RESULTS}/metrics/transfer/{{model}}/{{checkpoint}}.csv",
    log:
        f"{LOGS}/transfer/{{model}}/{{checkpoint}}.log",
    wildcard_constraints:
        checkpoint=TUNED,
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.transfer_spec(settings, tuning_of(wildcards)),
        identity=tuning_identity,
        code=digest("isogloss.measures.transfer.compute"),
    message:
        "Transfer of {wildcards.model}/{wildcards.checkpoint}"
    script:
        "../scripts/score_transfer.py"


rule score_baselines:
    input:
        unpack(test_items),
        training=f"{RESULTS}/tasks/{{task}}/{{source}}/training.parquet",
    output:
        scores=f"{RESULTS}/metrics/baselines/{{task}}/{{source}}.csv",
    log:
        f"{LOGS}/baselines/{{task}}/{{source}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: {
            "kind": settings.tasks[wildcards.task].kind,
            "into": settings.tasks[wildcards.task].into,
        },
        code=digest("isogloss.measures.baselines.compute"),
    message:
        "What words alone tell of {wildcards.task}, from {wildcards.source}"
    script:
        "../scripts/score_baselines.py"


rule measure_distances:
    output:
        table=f"{RESULTS}/tables/distances.csv",
    log:
        f"{LOGS}/tables/distances.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=grid.distances_spec(settings),
        code=digest("isogloss.relations.distances"),
    message:
        "Distances between languages"
    script:
        "../scripts/measure_distances.py"


rule correlate:
    input:
        impact=f"{RESULTS}/tables/impact.csv",
        transfer=f"{RESULTS}/tables/transfer.csv",
        distances=rules.measure_distances.output.table,
        concepts=f"{RESULTS}/tables/concept_alignment.csv",
    output:
        table=f"{RESULTS}/tables/correlations.csv",
    log:
        f"{LOGS}/tables/correlations.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec={
            "draws": settings.impact.permutations,
            "seed": settings.impact.seed,
        },
        code=digest("isogloss.relations.correlations"),
    message:
        "Correlations of impact, transfer, distance and concept alignment"
    script:
        "../scripts/correlate.py"


rule choose_frozen_layers:
    input:
        impacts=whole_impacts,
        distances=rules.measure_distances.output.table,
    output:
        choice=f"{RESULTS}/metrics/frozen_layers/{{model}}/{{task}}/{{variant}}.json",
    log:
        f"{LOGS}/frozen_layers/{{model}}/{{task}}/{{variant}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.freezing_spec(
            settings, wildcards.task, wildcards.variant
        ),
        code=digest("isogloss.relations.freezing"),
    message:
        "Layers of {wildcards.model} to freeze for {wildcards.task}, variant {wildcards.variant}"
    script:
        "../scripts/choose_frozen_layers.py"


rule compare_freezing:
    input:
        transfer=f"{RESULTS}/tables/transfer.csv",
        distances=rules.measure_distances.output.table,
    output:
        table=f"{RESULTS}/tables/freezing.csv",
    log:
        f"{LOGS}/tables/freezing.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        distance=grid.freezing_distances(settings),
        draws=settings.impact.bootstrap,
        seed=settings.impact.seed,
        code=digest("isogloss.relations.freezing"),
    message:
        "Transfer to near and far languages, with layers frozen and without"
    script:
        "../scripts/compare_freezing.py"
