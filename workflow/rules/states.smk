"""Hidden states of the selected words: one store a language (and stack) of a pair, all layers from one pass."""


def texts_of_store(wildcards):
    """The two languages' corpora of a pair."""
    return [
        places("corpus", corpus=wildcards.corpus, language=language)
        for language in (wildcards.source, wildcards.target)
    ]


def selection_of_store(wildcards):
    """The selected words of the side that a space holds."""
    return places("selection", side=wildcards.space.split("-")[0], **pair(wildcards))


def pair(wildcards):
    """The wildcards that name a pair of a corpus."""
    return {name: wildcards.get(name) for name in ("corpus", "source", "target")}


def store_spec(wildcards):
    """What a store depends on; one that holds more layers than are wanted now is as good as it was."""
    stack = wildcards.space.split("-")[1]
    layers = kept_layers(
        places("store", **wildcards),
        study.layers(wildcards.model, stack),
        study.shapes[wildcards.model].depths[stack],
    )
    return {**specs.vectors(study, cell(wildcards)), "layers": layers}


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
        **step("isogloss.states.extract:extract"),
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
            }
        },
    message:
        "Table of words kept and dropped"
