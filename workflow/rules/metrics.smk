"""CALIGN and COLAP of every cell, each beside its null and its bootstrap interval."""


def clusters_of_kind(wildcards):
    """The source's and the target's concepts that a kind of pair compares."""
    source, target = grid.spaces_of_kind(wildcards.kind)
    cell = (
        f"{RESULTS}/concepts/{wildcards.model}/{wildcards.checkpoint}/{wildcards.corpus}/"
        f"{wildcards.source}-{wildcards.target}"
    )
    return {
        "source": f"{cell}/{source}/layer{wildcards.layer}.parquet",
        "target": f"{cell}/{target}/layer{wildcards.layer}.parquet",
    }


rule align_concepts:
    message:
        "Concept alignment of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.kind}, layer {wildcards.layer}"
    input:
        unpack(clusters_of_kind),
        lexicon=rules.build_lexicon.output.lexicon,
    output:
        scores=f"{RESULTS}/metrics/concept_alignment/{CELL}/{{kind}}/layer{{layer}}.csv",
        pairs=f"{RESULTS}/metrics/concept_pairs/{CELL}/{{kind}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concept_alignment/{CELL}/{{kind}}/layer{{layer}}.log",
    params:
        spec=grid.concept_alignment_spec(settings),
        identity=identity,
        code=digest("isogloss.concept_alignment"),
    script:
        "../scripts/align_concepts.py"


rule overlap_concepts:
    message:
        "Concept overlap of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.kind}, layer {wildcards.layer}"
    input:
        clusters=f"{RESULTS}/concepts/{CELL}/joint-{{kind}}/layer{{layer}}.parquet",
    output:
        scores=f"{RESULTS}/metrics/concept_overlap/{CELL}/{{kind}}/layer{{layer}}.csv",
    log:
        f"{LOGS}/concept_overlap/{CELL}/{{kind}}/layer{{layer}}.log",
    params:
        spec=grid.concept_overlap_spec(settings),
        identity=identity,
        code=digest("isogloss.concept_overlap"),
    script:
        "../scripts/overlap_concepts.py"


rule score_retrieval:
    message:
        "Sentence retrieval of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}"
    input:
        unpack(
            lambda wildcards: {
                language: f"{RESULTS}/corpora/{wildcards.corpus}/{language}.parquet"
                for language in settings.corpora[wildcards.corpus].languages
            }
        ),
        checkpoint=CHECKPOINT,
    output:
        scores=f"{RESULTS}/metrics/retrieval/{{model}}/{{checkpoint}}/{{corpus}}.csv",
    log:
        f"{LOGS}/retrieval/{{model}}/{{checkpoint}}/{{corpus}}.log",
    params:
        spec=lambda wildcards: grid.retrieval_spec(settings, wildcards.model, wildcards.corpus),
        identity=identity,
        code=digest("isogloss.retrieval"),
    threads: THREADS
    script:
        "../scripts/score_retrieval.py"
