"""Hidden states of the selected words: one store a language (and stack) of a pair, all layers from one pass."""


use rule step as extract_activations with:
    input:
        checkpoint=places("checkpoint"),
        corpora=texts_of_store,
        selection=selection_of_store,
    output:
        store=ensure(places("store"), non_empty=True),
    log:
        places.log(places("store")),
    threads: THREADS
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("extraction", "mem_mb"),
        runtime=needs("extraction", "runtime"),
    params:
        **step("isogloss.states.extract:extract", POOLING),
        spec=store_spec,
        mappings={"corpora": ["source", "target"]},
    message:
        "Activations of {wildcards.model}/{wildcards.checkpoint} on {wildcards.corpus}, "
        "{wildcards.source}-{wildcards.target}, {wildcards.space}"


use rule step as table_activations with:
    input:
        stores=[places("store", **one) for one in study.store_cells],
    output:
        output=places("table", table="activations"),
    log:
        places.log(places("table", table="activations")),
    params:
        **step("isogloss.states.extract:collect"),
        spec={
            "layers": {
                model: {
                    stack: len(study.layers(model, stack))
                    for stack in study.shapes[model].depths
                }
                for model in sorted(settings.models)
            },
            "controls": study.controls,
        },
    message:
        "Table of words kept and dropped"
