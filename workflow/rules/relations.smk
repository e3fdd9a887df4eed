"""How far apart languages are, what goes with what, and which layers to freeze."""

# Where the similarity of spaces is measured, alignment stands beside transfer.
SIMILARITY = {
    "similarity": places("table", table=name)
    for name in COLLATED
    if name == "space_similarity"
}
CONCEPTS = {
    "concepts": places("table", table=name)
    for name in COLLATED
    if name == "concept_alignment"
}


use rule step as measure_distances with:
    input:
        **({"texts": test_texts()} if settings.impact.lexical else {}),
    output:
        output=places("table", table="distances"),
    log:
        places.log(places("table", table="distances")),
    params:
        **step("isogloss.relations.distances:write_distances"),
        spec=specs.distances(study),
    message:
        "Distances between languages"


use rule step as measure_subword_distances with:
    input:
        tokenizer=places("checkpoint", checkpoint=PRETRAINED),
        texts=test_texts(),
    output:
        output=places("subword_distances"),
    log:
        places.log(places("subword_distances")),
    params:
        **step("isogloss.relations.subwords:write_subword_distances"),
        spec=lambda wildcards: specs.subword_distances(study, wildcards.model),
    message:
        "Distances between languages by subwords of {wildcards.model}"


use rule step as correlate with:
    input:
        **{
            name: places("table", table=name)
            for name in ("impact", "transfer", "distances", "baselines")
        },
        **{
            name: places("table", table=table)
            for name, table in (
                ("similarity", "space_similarity"),
                ("words", "word_retrieval"),
                ("subwords", "subword_distances"),
            )
            if table in COLLATED
        },
        **CONCEPTS,
    output:
        output=places("table", table="correlations"),
    log:
        places.log(places("table", table="correlations")),
    params:
        **step("isogloss.relations.correlations:write_correlations"),
        spec=specs.correlations(study),
    message:
        "Correlations of impact, transfer, distance and concept alignment"


use rule step as follow_trajectories with:
    input:
        **SIMILARITY,
        **CONCEPTS,
        **replicates_of_points(),
        notes=[
            places("finetuning_notes", model=one.model, checkpoint=one.checkpoint)
            for one in study.trajectories
        ],
        impact=places("table", table="impact"),
        transfer=places("table", table="transfer"),
    output:
        output=places("table", table="trajectories"),
    log:
        places.log(places("table", table="trajectories")),
    params:
        **step("isogloss.relations.trajectories:follow"),
        spec=specs.trajectories(study),
    message:
        "Impact, alignment and transfer along the fine-tunings"


use rule step as choose_frozen_layers with:
    input:
        impacts=impacts_of_whole,
        distances=places("table", table="distances"),
    output:
        output=places("frozen_layers"),
    log:
        places.log(places("frozen_layers")),
    params:
        **step("isogloss.relations.variants:choose_layers"),
        spec=lambda wildcards: specs.frozen_layers(
            study, wildcards.task, wildcards.variant
        ),
    message:
        "Layers of {wildcards.model} to freeze for {wildcards.task}, variant {wildcards.variant}"


use rule step as compare_variants with:
    input:
        **SIMILARITY,
        notes=[
            places("finetuning_notes", model=one.model, checkpoint=one.checkpoint)
            for one in study.varied
        ],
        transfer=places("table", table="transfer"),
        distances=places("table", table="distances"),
    output:
        output=places("table", table="variants"),
    log:
        places.log(places("table", table="variants")),
    params:
        **step("isogloss.relations.variants:compare_variants"),
        spec=specs.variants(study),
    message:
        "Transfer to near and far languages, tuned in other ways against tuned whole"
