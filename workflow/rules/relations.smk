"""How far apart languages are, what goes with what, and which layers to freeze."""


use rule step as measure_distances with:
    output:
        output=places("table", table="distances"),
    log:
        places.log(places("table", table="distances")),
    params:
        **step("isogloss.relations.distances:write_distances"),
        spec=specs.distances(study),
    message:
        "Distances between languages"


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
            )
            if table in COLLATED
        },
        concepts=places("table", table="concept_alignment"),
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
        **(
            {"similarity": places("table", table="space_similarity")}
            if "space_similarity" in COLLATED
            else {}
        ),
        checkpoints=[
            places("checkpoint", model=one.model, checkpoint=one.checkpoint)
            for one in study.trajectories
        ],
        impact=places("table", table="impact"),
        transfer=places("table", table="transfer"),
        concepts=places("table", table="concept_alignment"),
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
        **step("isogloss.relations.freezing:choose_layers"),
        spec=lambda wildcards: specs.frozen_layers(
            study, wildcards.task, wildcards.variant
        ),
    message:
        "Layers of {wildcards.model} to freeze for {wildcards.task}, variant {wildcards.variant}"


use rule step as compare_freezing with:
    input:
        transfer=places("table", table="transfer"),
        distances=places("table", table="distances"),
    output:
        output=places("table", table="freezing"),
    log:
        places.log(places("table", table="freezing")),
    params:
        **step("isogloss.relations.freezing:compare_freezing"),
        spec=specs.freezing(study),
    message:
        "Transfer to near and far languages, with layers frozen and without"
