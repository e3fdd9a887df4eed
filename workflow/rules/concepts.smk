"""Concepts: clusters of activations, one job a layer; of one language (CALIGN), or of both together (COLAP)."""


rule cluster_concepts:
    input:
        stores=[rules.extract_activations.output.store],
    output:
        clusters=f"{RESULTS}/concepts/{CELL}/{{space}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concepts/{CELL}/{{space}}/layer{{layer}}.log",
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.concepts),
        mem_mb=needs("clustering", "mem_mb"),
        runtime=needs("clustering", "runtime"),
    params:
        spec=grid.concept_spec(settings, "aligned"),
        languages=language_of,
        code=digest("isogloss.concepts.cluster"),
    message:
        "Concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"
    script:
        "../scripts/cluster_concepts.py"


rule cluster_joint_concepts:
    input:
        stores=spaces_of_joint,
    output:
        clusters=f"{RESULTS}/concepts/{CELL}/{{joint}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concepts/{CELL}/{{joint}}/layer{{layer}}.log",
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        gpu=grid.gpus(settings.concepts),
        mem_mb=needs("joint_clustering", "mem_mb"),
        runtime=needs("joint_clustering", "runtime"),
    params:
        spec=grid.concept_spec(settings, "frequent"),
        languages=lambda wildcards: [wildcards.source, wildcards.target],
        code=digest("isogloss.concepts.cluster"),
    message:
        "Joint concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.joint}, layer {wildcards.layer}"
    script:
        "../scripts/cluster_concepts.py"
