"""Parallel text in several languages, as words; and the text that models made here learn from."""


use rule step as fetch_text with:
    input:
        branch=branch_of("dataset", text_to_fetch),
    output:
        output=places("fetched_text"),
    log:
        places.log(places("fetched_text")),
    wildcard_constraints:
        corpus=one_of(FETCHED_CORPORA),
    params:
        **step("isogloss.text.sources.hub:fetch_text"),
        spec=text_to_fetch,
    message:
        "Fetching {wildcards.corpus} from the hub: {wildcards.language}"


use rule step as make_corpus with:
    input:
        made_from=files_of_corpus,
    output:
        output=places("corpus"),
    log:
        places.log(places("corpus")),
    params:
        step="isogloss.text.corpora:write_corpus",
        code=code_of_corpus,
        spec=lambda wildcards: specs.corpus(study, wildcards.corpus, wildcards.language),
        content=content_of_corpus,
    message:
        "Corpus {wildcards.corpus}: {wildcards.language}"


use rule step as make_training_text with:
    input:
        made_from=files_of_corpus,
    output:
        output=places("training_text"),
    log:
        places.log(places("training_text")),
    params:
        step="isogloss.text.corpora:write_corpus",
        code=code_of_corpus,
        spec=lambda wildcards: specs.corpus(
            study, wildcards.corpus, wildcards.language, "training"
        ),
        content=content_of_corpus,
    message:
        "Training text of corpus {wildcards.corpus}: {wildcards.language}"
