"""From parallel text to linked words, a lexicon, and the words whose activations are needed."""


rule align_words:
    input:
        unpack(both_sides),
        given=given_links,
    output:
        alignment=f"{RESULTS}/alignments/{{corpus}}/{{source}}-{{target}}.parquet",
    log:
        f"{LOGS}/alignments/{{corpus}}/{{source}}-{{target}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.word_alignment_spec(settings, wildcards.corpus),
        code=digest("isogloss.text.word_alignment"),
    message:
        "Word alignment of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"
    script:
        "../scripts/align_words.py"


rule score_word_alignment:
    input:
        unpack(both_sides),
    output:
        scores=f"{RESULTS}/metrics/word_alignment/{{corpus}}/{{source}}-{{target}}.csv",
    log:
        f"{LOGS}/word_alignment/{{corpus}}/{{source}}-{{target}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.word_alignment_score_spec(
            settings, wildcards.corpus
        ),
        identity=lambda wildcards: {
            "corpus": wildcards.corpus,
            "source": wildcards.source,
            "target": wildcards.target,
        },
        code=digest("isogloss.text.word_alignment"),
    message:
        "Aligner against gold links of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"
    script:
        "../scripts/score_word_alignment.py"


rule build_lexicon:
    input:
        unpack(both_sides),
        alignment=rules.align_words.output.alignment,
    output:
        lexicon=f"{RESULTS}/lexicons/{{corpus}}/{{source}}-{{target}}.parquet",
    log:
        f"{LOGS}/lexicons/{{corpus}}/{{source}}-{{target}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        code=digest("isogloss.text.lexicons"),
    message:
        "Lexicon of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"
    script:
        "../scripts/build_lexicon.py"


rule select_words:
    input:
        unpack(both_sides),
        alignment=rules.align_words.output.alignment,
    output:
        source_words=f"{RESULTS}/selections/{{corpus}}/{{source}}-{{target}}/source.parquet",
        target_words=f"{RESULTS}/selections/{{corpus}}/{{source}}-{{target}}/target.parquet",
    log:
        f"{LOGS}/selections/{{corpus}}/{{source}}-{{target}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=grid.selection_spec(settings),
        code=digest("isogloss.text.selection"),
    message:
        "Words to extract of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"
    script:
        "../scripts/select_words.py"
