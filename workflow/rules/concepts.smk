"""Concepts: clusters of activations, one job a layer; of one language (CALIGN), or of both together (COLAP)."""


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


def cluster_memory(wildcards, input, attempt):
    """Megabytes for one layer in single precision with room for the distances; doubled at each attempt."""
    return max(1000, int(2 * input.size_mb)) * 2 ** (attempt - 1)


rule cluster_concepts:
    message:
        "Concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"
    input:
        stores=[rules.extract_activations.output.store],
    output:
        clusters=f"{RESULTS}/concepts/{CELL}/{{space}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concepts/{CELL}/{{space}}/layer{{layer}}.log",
    params:
        spec=grid.concept_spec(settings, "aligned"),
        languages=language_of,
        code=digest("isogloss.concepts"),
    threads: THREADS
    resources:
        mem_mb=cluster_memory,
    script:
        "../scripts/cluster_concepts.py"


rule cluster_joint_concepts:
    message:
        "Joint concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.joint}, layer {wildcards.layer}"
    input:
        stores=spaces_of_joint,
    output:
        clusters=f"{RESULTS}/concepts/{CELL}/{{joint}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concepts/{CELL}/{{joint}}/layer{{layer}}.log",
    params:
        spec=grid.concept_spec(settings, "frequent"),
        languages=lambda wildcards: [wildcards.source, wildcards.target],
        code=digest("isogloss.concepts"),
    threads: THREADS
    resources:
        mem_mb=cluster_memory,
    script:
        "../scripts/cluster_concepts.py"
