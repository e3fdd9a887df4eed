"""Parallel text in several languages, as words; and the text that models made here learn from."""


def corpus_files(wildcards):
    """The user's files that a corpus is read from; none for the microworld and for gettext catalogues."""
    return grid.corpus_files(settings, wildcards.corpus, wildcards.language)


rule make_corpus:
    message:
        "Corpus {wildcards.corpus}: {wildcards.language}"
    input:
        files=corpus_files,
    output:
        corpus=f"{RESULTS}/corpora/{{corpus}}/{{language}}.parquet",
    log:
        f"{LOGS}/corpora/{{corpus}}/{{language}}.log",
    params:
        spec=lambda wildcards: grid.corpus_spec(settings, wildcards.corpus, wildcards.language),
        code=digest("isogloss.corpora"),
    script:
        "../scripts/make_corpus.py"


rule make_training_text:
    message:
        "Training text of corpus {wildcards.corpus}: {wildcards.language}"
    output:
        corpus=f"{RESULTS}/training/{{corpus}}/{{language}}.parquet",
    log:
        f"{LOGS}/training/{{corpus}}/{{language}}.log",
    params:
        spec=lambda wildcards: grid.training_text_spec(settings, wildcards.corpus, wildcards.language),
        code=digest("isogloss.corpora"),
    script:
        "../scripts/make_corpus.py"
