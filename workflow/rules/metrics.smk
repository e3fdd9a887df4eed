"""CALIGN and COLAP of every cell, each beside its null and its bootstrap interval."""


rule align_concepts:
    input:
        unpack(clusters_of_kind),
        lexicon=rules.build_lexicon.output.lexicon,
    output:
        scores=f"{RESULTS}/metrics/concept_alignment/{CELL}/{{kind}}/layer{{layer}}.csv",
        pairs=f"{RESULTS}/metrics/concept_pairs/{CELL}/{{kind}}/layer{{layer}}.parquet",
    log:
        f"{LOGS}/concept_alignment/{CELL}/{{kind}}/layer{{layer}}.log",
    conda:
        "../../envs/isogloss.yaml"
    resources:
        mem_mb=needs("scoring", "mem_mb"),
        runtime=needs("scoring", "runtime"),
    params:
        spec=grid.concept_alignment_spec(settings),
        identity=identity,
        code=digest("isogloss.measures.calign.compute"),
    message:
        "Concept alignment of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.kind}, layer {wildcards.layer}"
    script:
        "../scripts/align_concepts.py"


rule overlap_concepts:
    input:
        clusters=f"{RESULTS}/concepts/{CELL}/joint-{{kind}}/layer{{layer}}.parquet",
    output:
        scores=f"{RESULTS}/metrics/concept_overlap/{CELL}/{{kind}}/layer{{layer}}.csv",
    log:
        f"{LOGS}/concept_overlap/{CELL}/{{kind}}/layer{{layer}}.log",
    conda:
        "../../envs/isogloss.yaml"
    resources:
        mem_mb=needs("scoring", "mem_mb"),
        runtime=needs("scoring", "runtime"),
    params:
        spec=grid.concept_overlap_spec(settings),
        identity=identity,
        code=digest("isogloss.measures.colap.compute"),
    message:
        "Concept overlap of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.kind}, layer {wildcards.layer}"
    script:
        "../scripts/overlap_concepts.py"


rule score_retrieval:
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
    conda:
        "../../envs/isogloss.yaml"
    threads: THREADS
    resources:
        mem_mb=needs("retrieval", "mem_mb"),
        runtime=needs("retrieval", "runtime"),
    params:
        spec=lambda wildcards: grid.retrieval_spec(
            settings, wildcards.model, wildcards.corpus
        ),
        identity=identity,
        code=digest("isogloss.measures.retrieval.compute"),
    message:
        "Sentence retrieval of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}"
    script:
        "../scripts/score_retrieval.py"
