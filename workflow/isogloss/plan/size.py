"""How much there is to do: jobs by rule and bytes, before anything runs."""

from typing import Any

from isogloss.measures import MEASURES
from isogloss.plan import specs, targets
from isogloss.plan.places import Places
from isogloss.plan.study import WHOLE, Study


def size(study: Study) -> dict[str, Any]:
    """Count the jobs of every rule from nothing, and bound the bytes of activations.

    Returns
    -------
    dict
        ``jobs`` (by rule) and ``activation_bytes``: a store holds at most every occurrence that the selection allows,
        bounded by the words of the corpus where its size is known.
    """
    settings = study.settings
    corpus_pairs = [(name, *pair) for name in settings.corpora for pair in study.pairs(name)]
    made = [name for kind in ("train", "random") for name in study.models_of_kind(kind)]
    layers, source_layers = (
        sum(
            len(study.layers(cell["model"], cell["space"].split("-")[1]))
            for cell in study.store_cells
            if cell["space"].startswith(side)
        )
        for side in ("", "source")
    )
    seeds = len(settings.concepts.seeds)
    jobs = {
        "make_corpus": sum(len(corpus.languages) for corpus in settings.corpora.values()),
        "fetch_text": sum(len(corpus.languages) for corpus in settings.corpora.values() if corpus.kind == "hub"),
        "make_training_text": len({text for model in made for text in study.training_text(model)}),
        "align_words": len(corpus_pairs),
        "build_lexicon": len(corpus_pairs),
        "select_words": len(corpus_pairs),
        "score_word_alignment": len(study.aligner_cells),
        "train_model": len(study.models_of_kind("train")),
        "make_random_model": len(study.models_of_kind("random")),
        "link_model": len(study.models_of_kind("folder")),
        "randomise_model": len(study.models_of_kind("randomised")),
        "fetch_model": len(study.models_of_kind("hub")),
        "bring_checkpoint": len(study.ready_made),
        "extract_activations": len(study.store_cells),
        "cluster_concepts": layers * seeds + (source_layers if seeds == 1 else 0),
        "cluster_joint_concepts": len(study.layer_cells) * seeds,
        "cluster_halves": len(study.layer_cells),
        "describe_concepts": len(study.kind_cells),
        **tuning_jobs(study),
        **measure_jobs(study),
        "table_activations": int(bool(study.store_cells)),
        "collate_metric": len(targets.collated(study, Places(settings.results))),
        "draw_figure": len(targets.figures(study, Places(settings.results))),
        "record_provenance": 1,
        "write_report": 1,
        "all": 1,
    }
    return {"jobs": {rule: count for rule, count in jobs.items() if count}, "activation_bytes": activation_bytes(study)}


def measure_jobs(study: Study) -> dict[str, int]:
    """Count the jobs of every measure."""
    jobs = {measure.rule: len(measure.cells(study)) for measure in MEASURES}
    variants = sum(one.variant != WHOLE for one in study.tunings)
    jobs["measure_impact"] -= variants
    return {**jobs, "measure_variant_impact": variants}


def tuning_jobs(study: Study) -> dict[str, int]:
    """Count the jobs of fine-tuning and of what follows from it."""
    whole = [one for one in study.tuned if one.variant == WHOLE]
    measured = {(one.model, one.task, one.variant) for one in study.tunings if specs.measured(study, one)}
    tasks = study.settings.tasks
    return {
        "make_task_items": sum(len(task.sources) + len(study.task_targets(name)) for name, task in tasks.items()),
        "fetch_items": sum(
            len(study.task_targets(name)) + len(task.sources) * (2 if task.data.validation else 1)
            for name, task in tasks.items()
            if task.data.kind == "hub"
        ),
        "finetune": len(study.tunings),
        "embed_test_items": len({(one.model, one.task) for one in study.tuned}),
        "run_test_items": len(whole),
        "run_variant_test_items": len(study.tuned) - len(whole),
        "run_crossed_items": len(study.crossed_cells),
        "run_control_items": len(study.control_cells) + trained_controls(study),
        "choose_frozen_layers": len(measured),
        "measure_distances": int(bool(tasks)),
        "correlate": int(bool(tasks)),
        "compare_variants": int(bool(study.varied)),
        "follow_trajectories": int(bool(study.trajectories)),
    }


def trained_controls(study: Study) -> int:
    """Count the checkpoints that are tuned on items that lack something and stand beside one that is asked for such."""
    here = [cell for cell in study.control_cells if not study.by_checkpoint[cell["model"], cell["checkpoint"]].name]
    return sum(len(study.settings.tasks[cell["task"]].controls) for cell in here)


def activation_bytes(study: Study) -> int:
    """Bound the bytes of all stores."""
    total = 0
    for cell in study.store_cells:
        words = 10 * (getattr(study.settings.corpora[cell["corpus"]], "sentences", None) or 10_000)
        layers = len(study.layers(cell["model"], cell["space"].split("-")[1]))
        total += 2 * study.shapes[cell["model"]].hidden * words * layers
    return total
