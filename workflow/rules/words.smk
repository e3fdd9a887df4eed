"""From parallel text to linked words, a lexicon, and the words whose activations are needed."""


use rule step as align_words with:
    input:
        unpack(both_sides),
        made_from=lambda wildcards: map(ancient, given_links(wildcards)),
    output:
        output=places("alignment"),
    log:
        places.log(places("alignment")),
    params:
        **step("isogloss.text.word_alignment:align"),
        spec=lambda wildcards: specs.word_alignment(
            study, wildcards.corpus, wildcards.source, wildcards.target
        ),
        content=lambda wildcards: USER_FILES.of(given_links(wildcards)),
    message:
        "Word alignment of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"


use rule step as score_word_alignment with:
    input:
        unpack(both_sides),
    output:
        output=places("word_alignment"),
    log:
        places.log(places("word_alignment")),
    params:
        **step("isogloss.text.word_alignment:score"),
        spec=lambda wildcards: specs.word_alignment_score(study, cell(wildcards)),
    message:
        "Aligner against gold links of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"


use rule step as build_lexicon with:
    input:
        unpack(both_sides),
        alignment=places("alignment"),
    output:
        output=places("lexicon"),
    log:
        places.log(places("lexicon")),
    params:
        **step("isogloss.text.lexicons:build"),
    message:
        "Lexicon of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"


use rule step as select_words with:
    input:
        unpack(both_sides),
        alignment=places("alignment"),
    output:
        outputs=[places("selection", side=side) for side in ("source", "target")],
    log:
        places.log(places("lexicon")).replace("lexicons", "selections"),
    params:
        **step("isogloss.text.selection:select"),
        spec=plain(settings.selection),
        mappings={"outputs": ["source", "target"]},
    message:
        "Words to extract of {wildcards.corpus}, {wildcards.source}-{wildcards.target}"
