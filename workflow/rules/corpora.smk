"""Parallel text in several languages, as words; and the text that models made here learn from."""


rule make_corpus:
    input:
        files=corpus_files,
    output:
        corpus=f"{RESULTS}/corpora/{{corpus}}/{{language}}.parquet",
    log:
        f"{LOGS}/corpora/{{corpus}}/{{language}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.corpus_spec(
            settings, wildcards.corpus, wildcards.language
        ),
        code=digest("isogloss.text.corpora"),
    message:
        "Corpus {wildcards.corpus}: {wildcards.language}"
    script:
        "../scripts/make_corpus.py"


rule make_training_text:
    output:
        corpus=f"{RESULTS}/training/{{corpus}}/{{language}}.parquet",
    log:
        f"{LOGS}/training/{{corpus}}/{{language}}.log",
    conda:
        "../../envs/isogloss.yaml"
    params:
        spec=lambda wildcards: grid.training_text_spec(
            settings, wildcards.corpus, wildcards.language
        ),
        code=digest("isogloss.text.corpora"),
    message:
        "Training text of corpus {wildcards.corpus}: {wildcards.language}"
    script:
        "../scripts/make_corpus.py"
