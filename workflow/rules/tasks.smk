"""Tasks: their items, models tuned on them in one language, and what those do with the test items in all languages."""


use rule step as fetch_items with:
    input:
        branch=branch_of("dataset", items_to_fetch),
    output:
        output=places("fetched_items"),
    log:
        places.log(places("fetched_items")),
    wildcard_constraints:
        task=one_of(FETCHED_TASKS),
        split="train|validation|test",
    params:
        **step("isogloss.text.sources.hub:fetch_items"),
        spec=items_to_fetch,
    message:
        "Fetching {wildcards.task} from the hub, {wildcards.split}: {wildcards.language}"


use rule step as make_task_items with:
    input:
        made_from=files_of_items,
    output:
        output=places("items"),
    log:
        places.log(places("items")),
    params:
        step="isogloss.tasks.items:write_items",
        code=code_of_task("isogloss.tasks.items:write_items"),
        spec=lambda wildcards: specs.items(
            study, wildcards.task, wildcards.language, wildcards.part
        ),
        content=content_of_items,
    message:
        "Items of {wildcards.task}, {wildcards.part}: {wildcards.language}"


use rule step as finetune with:
    input:
        base=places("checkpoint", checkpoint=PRETRAINED),
        training=training_items,
        frozen=frozen_layers,
        texts=texts_to_realign,
        links=links_to_realign,
    output:
        folder=deleted_if_chosen("checkpoints", directory(places("checkpoint"))),
        curve=places("finetuning"),
        notes=places("finetuning_notes"),
    log:
        places.log(places("checkpoint")),
    wildcard_constraints:
        checkpoint=TUNED_HERE,
    threads: THREADS
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("finetuning", "mem_mb"),
        runtime=needs("finetuning", "runtime"),
    params:
        step="isogloss.tasks.finetune:finetune",
        code=code_of_task("isogloss.tasks.finetune:finetune"),
        spec=lambda wildcards: specs.finetuning(study, tuning(wildcards)),
        mappings=keys_to_realign,
    message:
        "Fine-tuning {wildcards.model}: {wildcards.checkpoint}"


use rule step as embed_test_items with:
    input:
        test=test_items,
        checkpoint=places("checkpoint", checkpoint=PRETRAINED),
    output:
        vectors=places("sentences", checkpoint=PRETRAINED),
    log:
        places.log(places("sentences", checkpoint=PRETRAINED)),
    threads: THREADS
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("test_pass", "mem_mb"),
        runtime=needs("test_pass", "runtime"),
    params:
        step="isogloss.tasks.test_pass:run_items",
        code=code_of_task("isogloss.tasks.test_pass:run_items"),
        spec=lambda wildcards: specs.test_pass(
            study, wildcards.model, PRETRAINED, wildcards.task
        ),
        mappings=lambda wildcards: {"test": study.task_targets(wildcards.task)},
    message:
        "Test items of {wildcards.task} through {wildcards.model}, as it was pretrained"


use rule step as run_test_items with:
    input:
        test=test_items,
        checkpoint=places("checkpoint"),
    output:
        vectors=deleted_if_chosen("sentence_vectors", places("sentences")),
        predictions=places("predictions"),
    log:
        places.log(places("sentences")),
    wildcard_constraints:
        checkpoint=TUNED_WHOLE,
    threads: THREADS
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("test_pass", "mem_mb"),
        runtime=needs("test_pass", "runtime"),
    params:
        step="isogloss.tasks.test_pass:run_items",
        code=code_of_task("isogloss.tasks.test_pass:run_items"),
        spec=lambda wildcards: specs.test_pass(
            study, wildcards.model, wildcards.checkpoint, wildcards.task
        ),
        mappings=lambda wildcards: {"test": study.task_targets(wildcards.task)},
    message:
        "Test items of {wildcards.task} through {wildcards.model}/{wildcards.checkpoint}"


use rule step as run_crossed_items with:
    input:
        test=test_items,
        checkpoint=places("checkpoint"),
    output:
        output=places("crossed"),
    log:
        places.log(places("crossed")),
    wildcard_constraints:
        checkpoint=TUNED_WHOLE,
    threads: THREADS
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("crossed_pass", "mem_mb"),
        runtime=needs("crossed_pass", "runtime"),
    params:
        **step("isogloss.tasks.altered_pass:run_crossed"),
        spec=lambda wildcards: specs.altered_pass(
            study, wildcards.model, wildcards.checkpoint, wildcards.task, "crossed"
        ),
        mappings=lambda wildcards: {"test": study.task_targets(wildcards.task)},
    message:
        "Crossed test items of {wildcards.task} through {wildcards.model}/{wildcards.checkpoint}"


use rule run_crossed_items as run_control_items with:
    output:
        output=places("controls"),
    log:
        places.log(places("controls")),
    wildcard_constraints:
        checkpoint=TUNED,
    resources:
        gpu=gpus(settings.activations),
        mem_mb=needs("control_pass", "mem_mb"),
        runtime=needs("control_pass", "runtime"),
    params:
        **step("isogloss.tasks.altered_pass:run_controls"),
        spec=lambda wildcards: specs.altered_pass(
            study, wildcards.model, wildcards.checkpoint, wildcards.task, "controls"
        ),
        mappings=lambda wildcards: {"test": study.task_targets(wildcards.task)},
    message:
        "Test items of {wildcards.task} that lack something through {wildcards.model}/{wildcards.checkpoint}"


# A rule of its own, so that a cluster can group it apart: which layers are frozen may follow from the passes above.
use rule run_test_items as run_variant_test_items with:
    wildcard_constraints:
        checkpoint=TUNED_OTHERWISE,
