"""Concepts: clusters of activations, one job a layer; of one language (CALIGN), or of both together (COLAP)."""


def stores_of(wildcards, spaces):
    """The stores that are clustered.

    They are `ancient`: a store that was made again because it lacked a layer is as it was for the layers that it had.
    """
    return [ancient(places("store", **{**wildcards, "space": space})) for space in spaces]


def made_from(wildcards, spaces):
    """What the stores are made from, which tells when their vectors are others."""
    sides = {space.split("-")[0] for space in spaces}
    return [
        places("checkpoint", **wildcards),
        *texts_of_store(wildcards),
        *(
            places("selection", side=side, **pair(wildcards))
            for side in sorted(sides)
        ),
    ]


def vectors_of(wildcards, spaces):
    """What else the vectors depend on: settings and code of the extraction."""
    given = cell(wildcards)
    return [
        identity("isogloss.states.extract:extract"),
        *(specs.vectors(study, {**given, "space": space}) for space in spaces),
    ]


def joined(wildcards):
    """The two spaces that are clustered together."""
    return spaces_of_kind(wildcards.space.removeprefix("joint-"))


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
        **step("isogloss.concepts.cluster:cluster"),
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
        **step("isogloss.concepts.cluster:cluster"),
        spec=lambda wildcards: specs.concepts(study, cell(wildcards)),
        vectors=lambda wildcards: vectors_of(wildcards, joined(wildcards)),
    message:
        "Joint concepts of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}, layer {wildcards.layer}"
