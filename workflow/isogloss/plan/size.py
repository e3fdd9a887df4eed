"""How much there is to do and to keep: jobs by rule, bytes, hours of a GPU and memory, before anything runs."""

from collections.abc import Iterable
from typing import Any

from isogloss.measures import MEASURES
from isogloss.plan import amounts, needs, specs, targets
from isogloss.plan.places import Places
from isogloss.plan.study import PRETRAINED, WHOLE, Study, Tuning, spaces_of_kind
from isogloss.states.pooling import poolings_of

# Teraflops of half precision without sparsity, from the makers' data sheets, and the share of them that small batches
# of short sentences reach.
GPUS = {"t4": 65, "v100": 125, "a100": 312, "l40s": 362, "h100": 989, "h200": 989}
REACHED = 0.15
# Start of Python and the libraries, and reading of the model, in minutes that a job holds its GPU.
START_MINUTES = 1.0
# Bytes: of a weight, of a number in a store, of a subword in tokenizer.json, of an HDF5 dataset's header, and of a word
# in a fetched text; and of a checkpoint's small files.
WEIGHT, HALF, SUBWORD, HEADER, LETTERS, SMALL_FILES = 4, 2, 30, 1000, 7, 2000
# A word in a store, compressed: its sentence, position, form and marks; and a store's own headers and attributes.
WORD, STORE = 6, 12_000

Jobs = dict[str, tuple[str, list[dict[str, Any]]]]


def size(study: Study, gpu: str = "a100") -> dict[str, Any]:
    """Tell what a study takes, from nothing.

    Parameters
    ----------
    study
        Of a config without mistakes. Files and models that it names are looked at where they are here.
    gpu
        A key of ``GPUS``, whose hours are told.

    Returns
    -------
    dict
        ``jobs`` by rule; ``downloads`` by repository, ``activation_bytes``, ``sentence_vector_bytes`` and
        ``checkpoint_bytes`` (of what is written among the results, not of links), in bytes; ``gpu_hours`` on ``gpu``;
        ``largest_job``: its ``rule``, ``cell`` and ``mem_mb``; ``assumptions``, one line each.
    """
    jobs = {rule: job for rule, job in all_jobs(study).items() if job[1]}
    efforts = {
        rule: [(getattr(needs, estimate)(study, **cell), cell) for cell in distinct(cells)]
        for rule, (estimate, cells) in jobs.items()
        if estimate != "small"
    }
    largest: tuple[int, str, dict[str, Any]] = max(
        ((effort.mem_mb, rule, cell) for rule, found in efforts.items() for effort, cell in found),
        key=lambda found: found[0],
        default=(needs.small().mem_mb, "all", {}),
    )
    return {
        "jobs": {rule: len(cells) for rule, (_, cells) in jobs.items()},
        "downloads": downloads(study),
        "activation_bytes": activation_bytes(study),
        "sentence_vector_bytes": sentence_vector_bytes(study),
        "checkpoint_bytes": checkpoint_bytes(study),
        "gpu": gpu,
        "gpu_hours": gpu_hours(study, jobs, gpu),
        "largest_job": {"rule": largest[1], "cell": largest[2], "mem_mb": largest[0]},
        "assumptions": [
            *amounts.assumptions(study),
            *(
                f"bytes of {what.replace('_', ' ')}: of all that are written; those of fine-tunings are deleted after "
                "their last use"
                for what in study.settings.compute.delete_used
            ),
            f"GPU hours: {REACHED:.0%} of an {gpu.upper()}'s {GPUS[gpu]} teraflops in half precision, and "
            f"{START_MINUTES:g} minute a job to start",
        ],
    }


def all_jobs(study: Study) -> Jobs:
    """List the jobs of every rule from nothing: the estimate of their needs, and the cell of each."""
    settings = study.settings
    languages = [
        {"corpus": name, "language": one} for name in settings.corpora for one in settings.corpora[name].languages
    ]
    fetched = [one for one in languages if settings.corpora[one["corpus"]].kind == "hub"]
    pairs = [
        {"corpus": name, "source": source, "target": target}
        for name in settings.corpora
        for source, target in study.pairs(name)
    ]
    made = [name for kind in ("train", "random") for name in study.models_of_kind(kind)]
    texts = {text for model in made for text in study.training_text(model)}
    seeds = settings.concepts.seeds
    spaces = [
        {**cell, "layer": layer, "seed": seed}
        for cell in study.store_cells
        for layer in study.layers(cell["model"], cell["space"].split("-")[1])
        # The source is held against itself, clustered from another seed.
        for seed in {*seeds, *([study.seed_of_ceiling] if cell["space"].startswith("source") else [])}
    ]
    other_sizes = {*study.swept_clusters} - {settings.concepts.clusters}
    swept = {
        (*(value for name, value in cell.items() if name != "kind"), space): {**cell, "space": space}
        for cell in study.layer_cells
        for space in spaces_of_kind(cell["kind"])
    }
    places = Places(settings.results)
    return {
        "resolve_branch": ("small", study.branches),
        "make_corpus": ("small", languages),
        "fetch_text": ("small", fetched),
        "make_training_text": ("small", [{"corpus": name, "language": language} for name, language in texts]),
        "align_words": ("small", pairs),
        "build_lexicon": ("small", pairs),
        "select_words": ("small", pairs),
        "score_word_alignment": ("small", study.aligner_cells),
        "train_model": ("training", of_models(study, "train")),
        "make_random_model": ("small", of_models(study, "random")),
        "link_model": ("small", of_models(study, "folder")),
        "randomise_model": ("randomising", of_models(study, "randomised")),
        "fetch_model": ("small", of_models(study, "hub")),
        "bring_checkpoint": ("small", [{"model": one.model, "checkpoint": one.checkpoint} for one in study.ready_made]),
        "extract_activations": ("extraction", study.store_cells),
        "cluster_concepts": ("clustering", spaces),
        "cluster_joint_concepts": ("joint_clustering", [one for one in study.layer_cells for _ in seeds]),
        "cluster_halves": ("clustering", study.layer_cells),
        "cluster_swept_concepts": ("clustering", [one for one in swept.values() for _ in other_sizes]),
        "cluster_swept_joint_concepts": ("joint_clustering", [one for one in study.layer_cells for _ in other_sizes]),
        "describe_concepts": ("cards", study.kind_cells),
        **tuning_jobs(study),
        **measure_jobs(study),
        "table_activations": ("small", [{}] * bool(study.store_cells)),
        "collate_metric": ("small", [{}] * len(targets.collated(study, places))),
        "draw_figure": ("small", [{}] * len(targets.figures(study, places))),
        "record_provenance": ("small", [{}]),
        "write_report": ("small", [{}]),
        "all": ("small", [{}]),
    }


def of_models(study: Study, kind: str) -> list[dict[str, Any]]:
    """List the models of a kind as cells."""
    return [{"model": name} for name in study.models_of_kind(kind)]


def distinct(cells: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """List one cell for each that estimates tell apart: by model, checkpoint, corpus and task."""
    names = ("model", "checkpoint", "corpus", "task")
    return list({tuple(cell.get(name) for name in names): cell for cell in cells}.values())


def measure_jobs(study: Study) -> Jobs:
    """List the jobs of every measure."""
    jobs: Jobs = {}
    for measure in MEASURES:
        cells = measure.cells(study)
        if measure.variant_rule:
            whole = {(one.model, one.checkpoint) for one in study.tuned if one.variant == WHOLE}
            apart = [cell for cell in cells if (cell["model"], cell["checkpoint"]) not in whole]
            jobs[measure.variant_rule] = (measure.needs, apart)
            cells = [cell for cell in cells if cell not in apart]
        jobs[measure.rule] = (measure.needs, cells)
    return jobs


def tuning_jobs(study: Study) -> Jobs:
    """List the jobs of fine-tuning and of what follows from it."""
    tasks = study.settings.tasks

    def cell(one: Tuning) -> dict[str, Any]:
        return {"model": one.model, "checkpoint": one.checkpoint, "task": one.task, "variant": one.variant}

    measured = {(one.model, one.task, one.variant): cell(one) for one in study.tunings if specs.measured(study, one)}
    items = [
        {"task": name, "language": language, "part": part}
        for name, task in tasks.items()
        for part, languages in (("training", task.sources), ("test", study.task_targets(name)))
        for language in languages
    ]
    fetched = {
        (one["task"], one["language"], split)
        for one in items
        if tasks[one["task"]].data.kind == "hub"
        for split in ("train", "validation", "test")
        if (split == "test") == (one["part"] == "test") and getattr(tasks[one["task"]].data, split)
    }
    return {
        "make_task_items": ("small", items),
        "fetch_items": ("small", [{"task": task, "language": language} for task, language, _ in fetched]),
        "finetune": ("finetuning", [cell(one) for one in study.tunings]),
        "embed_test_items": ("test_pass", [cell for cell in study.test_cells if cell["checkpoint"] == PRETRAINED]),
        "run_test_items": ("test_pass", [cell(one) for one in study.tuned if one.variant == WHOLE]),
        "run_variant_test_items": ("test_pass", [cell(one) for one in study.tuned if one.variant != WHOLE]),
        "run_crossed_items": ("crossed_pass", study.crossed_cells),
        "run_control_items": ("control_pass", [*study.control_cells, *trained_controls(study)]),
        "choose_frozen_layers": ("small", list(measured.values())),
        "measure_distances": ("small", [{}] * bool(tasks)),
        "measure_subword_distances": ("small", [{"model": model} for model in study.subword_models]),
        "correlate": ("small", [{}] * bool(tasks)),
        "compare_variants": ("small", [{}] * bool(study.varied)),
        "follow_trajectories": ("small", [{}] * bool(study.trajectories)),
    }


def trained_controls(study: Study) -> list[dict[str, Any]]:
    """List the checkpoints that are tuned on items that lack something, by the one that each stands beside."""
    here = [cell for cell in study.control_cells if not study.by_checkpoint[cell["model"], cell["checkpoint"]].name]
    return [cell for cell in here for _ in study.settings.tasks[cell["task"]].controls]


def gpu_hours(study: Study, jobs: Jobs, gpu: str) -> float:
    """Estimate the hours that one GPU works, if all forward and backward passes run on it."""
    hours = 0.0
    for estimate, cells in jobs.values():
        if estimate in ("extraction", "finetuning", "test_pass", "crossed_pass", "control_pass"):
            work = sum(getattr(needs, estimate)(study, **cell).work for cell in cells)
            hours += work / (GPUS[gpu] * 1e12 * REACHED) / 3600 + len(cells) * START_MINUTES / 60
    return hours


def downloads(study: Study) -> dict[str, int]:
    """Estimate the bytes that are fetched, by repository."""
    found: dict[str, int] = {}
    for name, model in study.settings.models.items():
        for repository in (model.hub, *(one.hub for one in model.checkpoints.values())):
            if repository:
                found[repository] = WEIGHT * amounts.weights(study, name)[0]
    for name, corpus in study.settings.corpora.items():
        if corpus.kind == "hub":
            words = sum(amounts.corpus(study, name, language).words for language in corpus.languages)
            found[corpus.repository] = found.get(corpus.repository, 0) + int(LETTERS * words)
    for name, task in study.settings.tasks.items():
        if task.data.kind == "hub":
            tested = amounts.test_items(study, name)
            trained = [amounts.items(study, name, language, "train") for language in task.sources]
            words = sum(one.words for one in (*tested, *trained))
            found[task.data.repository] = found.get(task.data.repository, 0) + int(LETTERS * words)
    return found


def activation_bytes(study: Study) -> int:
    """Estimate the bytes of all stores."""
    total = 0.0
    for cell in study.store_cells:
        side, stack = cell["space"].split("-")
        text = amounts.corpus(study, cell["corpus"], cell[side])
        layers = len(study.layers(cell["model"], stack))
        poolings = len(poolings_of(study.shapes[cell["model"]].family.summary, stack))
        vectors = text.frequent + poolings * text.rows * study.settings.activations.sentence_vectors
        if draw := specs.drawn(study, cell):
            vectors += poolings * min(draw["most"], text.rows)
            total += poolings * layers * HEADER
        total += HALF * study.shapes[cell["model"]].hidden * vectors * layers
        total += STORE + WORD * text.frequent
    return int(total)


def sentence_vector_bytes(study: Study) -> int:
    """Estimate the bytes of all files of sentence vectors: the model's poolings of every item in every language."""
    total = 0
    for cell in study.test_cells:
        layers = len(study.layers(cell["model"]))
        shape = study.shapes[cell["model"]]
        matrices = len(poolings_of(shape.family.summary, shape.family.reader)) * layers
        for items in amounts.test_items(study, cell["task"]):
            total += matrices * (HALF * shape.hidden * items.rows + HEADER)
    return total


def checkpoint_bytes(study: Study) -> int:
    """Estimate the bytes of all checkpoints that are written: made here, converted, or tuned."""
    written = [
        *(name for kind in ("train", "random", "randomised") for name in study.models_of_kind(kind)),
        *(name for name in study.models_of_kind("hub") if study.settings.models[name].convert),
        *(one.model for one in study.tunings),
    ]
    return sum(WEIGHT * amounts.weights(study, name)[0] + tokenizer_bytes(study, name) for name in written)


def tokenizer_bytes(study: Study, model: str) -> int:
    """Estimate the bytes of a checkpoint's other files, the largest of which is the tokenizer."""
    section = study.settings.models[study.settings.models[model].randomised or model]
    made = section.train or section.random
    return SMALL_FILES + SUBWORD * (made.vocabulary if made else amounts.UNKNOWN_VOCABULARY)
