"""Concepts: clusters of activations, one job a layer; of one language (CALIGN), or of both together (COLAP)."""


use rule step as cluster_concepts with:
    input:
        stores=lambda wildcards: stores_of(wildcards, [wildcards.space]),
        made_from=lambda wildcards: made_from(wildcards, [wildcards.space]),
    output:
        output=places("concepts"),
    log:
        places.log(places("concepts")),
    threads: THREADS
    resources:
        gpu=gpus(settings.concepts),
        mem_mb=needs("clustering", "mem_mb"),
        runtime=needs("clustering", "runtime"),
    params:
        **step("isogloss.concepts.cluster:cluster", CLUSTERING),
        spec=lambda wildcards: specs.concepts(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, [wildcards.space]),
    message:
        "Concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"


use rule cluster_concepts as cluster_joint_concepts with:
    input:
        stores=lambda wildcards: stores_of(wildcards, joined(wildcards)),
        made_from=lambda wildcards: made_from(wildcards, joined(wildcards)),
    wildcard_constraints:
        space=one_of(JOINT_SPACES),
    resources:
        gpu=gpus(settings.concepts),
        mem_mb=needs("joint_clustering", "mem_mb"),
        runtime=needs("joint_clustering", "runtime"),
    params:
        **step("isogloss.concepts.cluster:cluster", CLUSTERING),
        spec=lambda wildcards: specs.concepts(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, joined(wildcards)),
    message:
        "Joint concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"


use rule cluster_concepts as cluster_swept_concepts with:
    output:
        output=places("swept_concepts"),
    log:
        places.log(places("swept_concepts")),
    params:
        **step("isogloss.concepts.cluster:cluster", CLUSTERING),
        spec=lambda wildcards: specs.swept_concepts(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, [wildcards.space]),
    message:
        "{wildcards.clusters} concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"


use rule cluster_joint_concepts as cluster_swept_joint_concepts with:
    output:
        output=places("swept_concepts"),
    log:
        places.log(places("swept_concepts")),
    params:
        **step("isogloss.concepts.cluster:cluster", CLUSTERING),
        spec=lambda wildcards: specs.swept_concepts(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, joined(wildcards)),
    message:
        "{wildcards.clusters} joint concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"


use rule cluster_concepts as cluster_halves with:
    input:
        store=lambda wildcards: stores_of(wildcards, halved(wildcards))[0],
        made_from=lambda wildcards: made_from(wildcards, halved(wildcards)),
    output:
        output=places("halves"),
    log:
        places.log(places("halves")),
    wildcard_constraints:
        space=one_of(JOINT_SPACES),
    params:
        **step("isogloss.concepts.cluster:cluster_halves", CLUSTERING),
        spec=lambda wildcards: specs.halves(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, halved(wildcards)),
    message:
        "Concepts of the halves of {wildcards.source} of {wildcards.model}/{wildcards.checkpoint} on "
        "{wildcards.corpus}, {wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"
