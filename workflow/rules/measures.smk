"""Every measure of the list, one job a cell; the tables that are put together from them."""


def taken(measure):
    """The files that a measure reads of a cell."""
    return lambda wildcards: flat(measure.takes(study, places, cell(wildcards)))


def keys_taken(measure):
    """The keys of the mappings among them."""
    return lambda wildcards: keys(measure.takes(study, places, cell(wildcards)))


def given(measure):
    """The places of the files that a measure writes of a cell."""
    return {
        name: places.metric(folder, measure.cell, ending)
        for name, (folder, ending) in measure.gives.items()
    }


def values(measure):
    """The values that a measure depends on."""
    return lambda wildcards: plain(measure.spec(study, cell(wildcards)))


def rules_of(measure):
    """A measure's rules, each with the checkpoints that it is for.

    Where a second one is named, it is for what is not tuned whole, so that a cluster can group it apart: which layers are
    frozen may follow from the measure of the others.
    """
    if measure.variant_rule:
        return [
            (measure.rule, TUNED_WHOLE),
            (measure.variant_rule, TUNED_OTHERWISE),
        ]
    return [(measure.rule, TUNED if measure.cell == "tuning" else f"{PRETRAINED}|{TUNED}")]


for measure in MEASURES:
    for rule_name, checkpoints in rules_of(measure):

        rule:
            name:
                rule_name
            input:
                unpack(taken(measure)),
            output:
                **given(measure),
            log:
                places.log(next(iter(given(measure).values()))),
            wildcard_constraints:
                checkpoint=checkpoints,
            threads: THREADS if measure.needs != "small" else 1
            resources:
                mem_mb=needs(measure.needs, "mem_mb"),
                runtime=needs(measure.needs, "runtime"),
            params:
                **step(measure.function),
                spec=values(measure),
                mappings=keys_taken(measure),
            message:
                f"{measure.message}: {{wildcards}}"
            conda:
                "../../envs/isogloss.yaml"
            script:
                "../scripts/step.py"


use rule step as collate_metric with:
    input:
        inputs=lambda wildcards: COLLATED[wildcards.table],
    output:
        output=places("table"),
    log:
        places.log(places("table")),
    wildcard_constraints:
        table=one_of(COLLATED),
    params:
        **step("isogloss.tables:collate"),
    message:
        "Table {wildcards.table}"
