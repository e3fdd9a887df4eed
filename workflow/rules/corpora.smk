"""Parallel text in several languages, as words; and the text that models made here learn from."""


use rule step as make_corpus with:
    input:
        made_from=lambda wildcards: map(
            ancient, specs.corpus_files(study, wildcards.corpus, wildcards.language)
        ),
    output:
        output=places("corpus"),
    log:
        places.log(places("corpus")),
    params:
        **step("isogloss.text.corpora:write_corpus"),
        spec=lambda wildcards: specs.corpus(study, wildcards.corpus, wildcards.language),
        content=content_of_corpus,
    message:
        "Corpus {wildcards.corpus}: {wildcards.language}"


use rule step as make_training_text with:
    output:
        output=places("training_text"),
    log:
        places.log(places("training_text")),
    params:
        **step("isogloss.text.corpora:write_corpus"),
        spec=lambda wildcards: specs.corpus(
            study, wildcards.corpus, wildcards.language, "training"
        ),
        content=content_of_corpus,
    message:
        "Training text of corpus {wildcards.corpus}: {wildcards.language}"
