"""Models: trained here, made with random weights, taken from a local folder, or fetched from a hub; and checkpoints of
them that were tuned elsewhere."""


use rule step as train_model with:
    input:
        training=training_text,
        start=model_to_start_from,
    output:
        folder=directory(places("checkpoint")),
        log_table=places("training"),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=PRETRAINED,
        model=one_of(study.models_of_kind("train")),
    threads: THREADS
    resources:
        gpu=0,
        mem_mb=needs("training", "mem_mb"),
        runtime=needs("training", "runtime"),
    params:
        **step("isogloss.models.train:train"),
        spec=lambda wildcards: specs.training(study, wildcards.model),
        mappings=lambda wildcards: {"training": training_languages(wildcards)},
    message:
        "Training {wildcards.model}"


use rule step as make_random_model with:
    input:
        texts=training_text,
    output:
        folder=directory(places("checkpoint")),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=PRETRAINED,
        model=one_of(study.models_of_kind("random")),
    params:
        **step("isogloss.models.random_weights:make_from_corpora"),
        spec=lambda wildcards: specs.random_weights(study, wildcards.model),
        mappings=lambda wildcards: {"texts": training_languages(wildcards)},
    message:
        "Random weights for {wildcards.model}"


use rule step as randomise_model with:
    input:
        source=lambda wildcards: places(
            "checkpoint",
            model=settings.models[wildcards.model].randomised,
            checkpoint=PRETRAINED,
        ),
    output:
        folder=directory(places("checkpoint")),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=PRETRAINED,
        model=one_of(study.models_of_kind("randomised")),
    resources:
        mem_mb=needs("randomising", "mem_mb"),
        runtime=needs("randomising", "runtime"),
    params:
        **step("isogloss.models.random_weights:randomise"),
        spec=lambda wildcards: specs.randomised(study, wildcards.model),
    message:
        "Control {wildcards.model}, with weights drawn anew"


use rule step as link_model with:
    input:
        made_from=lambda wildcards: map(
            ancient, specs.model_files(study, wildcards.model)
        ),
    output:
        folder=directory(places("checkpoint")),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=PRETRAINED,
        model=one_of(study.models_of_kind("folder")),
    params:
        **step("isogloss.models.bring:link_folder"),
        spec=lambda wildcards: specs.folder(study, wildcards.model),
        content=lambda wildcards: USER_FILES.of(
            specs.model_files(study, wildcards.model)
        ),
    message:
        "Model {wildcards.model} from its folder"


use rule step as fetch_model with:
    input:
        branch=branch_of("model", model_to_fetch),
    output:
        folder=directory(places("checkpoint")),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=PRETRAINED,
        model=one_of(study.models_of_kind("hub")),
    params:
        **step("isogloss.models.bring:fetch"),
        spec=model_to_fetch,
    message:
        "Fetching {wildcards.model} from the hub"


use rule step as bring_checkpoint with:
    input:
        base=places("checkpoint", checkpoint=PRETRAINED),
        branch=branch_of("model", checkpoint_to_bring),
        made_from=lambda wildcards: map(
            ancient,
            specs.checkpoint_files(study, wildcards.model, wildcards.checkpoint),
        ),
    output:
        folder=directory(places("checkpoint")),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=READY_MADE,
        model=one_of(sorted({one.model for one in study.ready_made})),
    params:
        **step("isogloss.models.ready_made:bring"),
        spec=checkpoint_to_bring,
        content=lambda wildcards: USER_FILES.of(
            specs.checkpoint_files(study, wildcards.model, wildcards.checkpoint)
        ),
    message:
        "Checkpoint {wildcards.checkpoint} of {wildcards.model}, tuned elsewhere"
