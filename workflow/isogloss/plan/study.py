"""From a config to the grid: which cells there are, where they stand, and what each result depends on.

Everything here is pure and light: it is paid again whenever the Snakefile is read. A ``..._spec`` function gives a
plain dictionary with sorted keys that holds only what changes that one result, because a difference in it makes the
result again and nothing else.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isogloss.config.root import Activations, Concepts, Config, is_encoder_decoder, model_layers

SPACES = ("source-encoder", "target-encoder", "target-decoder")
KINDS = ("encoder-encoder", "encoder-decoder")
JOINT_SPACES = tuple(f"joint-{kind}" for kind in KINDS)
PRETRAINED = "pretrained"
WHOLE = "whole"

# Figure -> the tables it is drawn from.
FIGURES = {
    "concept_alignment_by_layer": ["concept_alignment"],
    "concept_alignment_heatmap": ["concept_alignment"],
    "concept_alignment_by_model": ["concept_alignment"],
    "concept_overlap_by_layer": ["concept_overlap"],
    "concept_overlap_heatmap": ["concept_overlap"],
}
TASK_FIGURES = {
    "transfer_heatmap": ["transfer", "baselines"],
    "impact_by_layer": ["impact", "distances"],
    "impact_heatmap": ["impact"],
    "transfer_by_impact": ["transfer", "impact"],
    "correlation_by_layer": ["correlations"],
    "learning_curves": ["finetuning"],
}
FREEZING_FIGURES = {"freezing": ["freezing"]}


def plain(value: Any) -> Any:
    """Give a config section as plain values with sorted keys."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def spaces_of_kind(kind: str) -> tuple[str, str]:
    """Name the two spaces that a kind of pair compares: the source's and the target's."""
    source, target = kind.split("-")
    return f"source-{source}", f"target-{target}"


def kinds(settings: Config, model: str) -> tuple[str, ...]:
    """Name the kinds of pair that a model has: a decoder adds encoder-decoder pairs."""
    return KINDS if is_encoder_decoder(settings.models[model]) else KINDS[:1]


def pairs(settings: Config, corpus: str) -> list[tuple[str, str]]:
    """List the (source, target) pairs of a corpus."""
    chosen = settings.corpora[corpus].pairs
    return [(chosen.source, target) for target in chosen.targets]


def corpora_of(settings: Config, model: str) -> list[str]:
    """List the corpora that a model is measured on: all of them, unless the model names its own."""
    return list(settings.models[model].corpora or settings.corpora)


@dataclass(frozen=True)
class Tuning:
    """A checkpoint that a fine-tuning gives.

    Attributes
    ----------
    model, task, source, seed
        What is tuned on which task in which language, from which seed.
    variant
        ``whole``, or the config's name for what is frozen.
    """

    model: str
    task: str
    source: str
    seed: int
    variant: str

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name. It never depends on what else the config has."""
        ending = "" if self.variant == WHOLE else f"-{self.variant}"
        return f"{self.task}-{self.source}-seed{self.seed}{ending}"


def tunings(settings: Config) -> list[Tuning]:
    """List every fine-tuning of the grid."""
    return [
        Tuning(model, name, source, seed, variant)
        for name, task in settings.tasks.items()
        for model in task.models
        for source in task.sources
        for seed in task.seeds
        for variant in (WHOLE, *task.variants)
    ]


def tuning_names(settings: Config, whole: bool) -> list[str]:
    """List the names of all checkpoints, of whichever model, that are tuned whole, or of those with layers frozen."""
    return sorted({tuning.checkpoint for tuning in tunings(settings) if (tuning.variant == WHOLE) == whole})


def concept_checkpoints(settings: Config, model: str) -> list[str]:
    """List the checkpoints of a model that are measured for shared concepts."""
    tuned = [
        one.checkpoint
        for one in tunings(settings)
        if one.model == model and one.variant == WHOLE and one.source in settings.tasks[one.task].concepts
    ]
    return [PRETRAINED, *tuned]


def cells(settings: Config) -> list[dict[str, Any]]:
    """List every cell of the grid: model, checkpoint, corpus, source, target, kind and layer."""
    return [
        {
            "model": model,
            "checkpoint": checkpoint,
            "corpus": corpus,
            "source": source,
            "target": target,
            "kind": kind,
            "layer": layer,
        }
        for model in settings.models
        for checkpoint in concept_checkpoints(settings, model)
        for corpus in corpora_of(settings, model)
        for source, target in pairs(settings, corpus)
        for kind in kinds(settings, model)
        for layer in model_layers(settings.models[model])
    ]


# Places ---------------------------------------------------------------------------------------------------------


def cell_files(settings: Config, metric: str, ending: str) -> list[str]:
    """List the files of one metric, one a cell."""
    place = "{model}/{checkpoint}/{corpus}/{source}-{target}/{kind}/layer{layer}"
    return [f"{settings.results}/metrics/{metric}/{place.format(**cell)}.{ending}" for cell in cells(settings)]


def metric_files(settings: Config, metric: str) -> list[str]:
    """List the tables of one metric, one a cell."""
    return cell_files(settings, metric, "csv")


def concept_pairs(settings: Config) -> list[str]:
    """List the files with each source concept and its nearest target concept, one a cell."""
    return cell_files(settings, "concept_pairs", "parquet")


def stores(settings: Config) -> list[str]:
    """List every activation store."""
    return sorted(
        {
            f"{settings.results}/activations/{cell['model']}/{cell['checkpoint']}/{cell['corpus']}/"
            f"{cell['source']}-{cell['target']}/{space}.h5"
            for cell in cells(settings)
            for space in spaces_of_kind(cell["kind"])
        }
    )


def word_alignment_scores(settings: Config) -> list[str]:
    """List the aligner's scores against gold links, of the corpora that ask for them."""
    return [
        f"{settings.results}/metrics/word_alignment/{name}/{source}-{target}.csv"
        for name, corpus in settings.corpora.items()
        if corpus.word_alignment.evaluate
        for source, target in pairs(settings, name)
    ]


def retrieval_files(settings: Config) -> list[str]:
    """List the retrieval scores of every model on every corpus, where the config asks for them."""
    return [
        f"{settings.results}/metrics/retrieval/{model}/{checkpoint}/{corpus}.csv"
        for model in settings.models
        for checkpoint in concept_checkpoints(settings, model)
        for corpus in corpora_of(settings, model)
        if settings.retrieval
    ]


def training_curves(settings: Config) -> list[str]:
    """List the learning curves of the models trained here."""
    return [
        f"{settings.results}/metrics/training/{model}/{PRETRAINED}.csv" for model in models_of_kind(settings, "train")
    ]


def tuning_files(settings: Config, metric: str) -> list[str]:
    """List the tables of one metric, one a fine-tuned checkpoint."""
    return [f"{settings.results}/metrics/{metric}/{one.model}/{one.checkpoint}.csv" for one in tunings(settings)]


def baseline_files(settings: Config) -> list[str]:
    """List the scores of the baselines, one a task and source language."""
    return [
        f"{settings.results}/metrics/baselines/{name}/{source}.csv"
        for name, task in settings.tasks.items()
        for source in task.sources
    ]


def task_targets(settings: Config, task: str) -> list[str]:
    """List the languages that a task is tested on: all of its data's, but for the one that is translated into."""
    section = settings.tasks[task]
    tested = {*(section.targets or section.data.languages), *section.sources}
    return [language for language in section.data.languages if language in tested and language != section.into]


def task_languages(settings: Config) -> list[str]:
    """List the languages of all tasks."""
    return sorted({language for task in settings.tasks for language in task_targets(settings, task)})


def figures(settings: Config) -> dict[str, list[str]]:
    """Name the figures of a run, each with the tables it is drawn from."""
    frozen = any(task.variants for task in settings.tasks.values())
    return {
        **FIGURES,
        **(TASK_FIGURES if settings.tasks else {}),
        **(FREEZING_FIGURES if frozen else {}),
    }


# What each result depends on ------------------------------------------------------------------------------------


def models_of_kind(settings: Config, kind: str) -> list[str]:
    """List the models that come from ``train``, ``random``, ``folder`` or ``hub``."""
    return [name for name, model in settings.models.items() if getattr(model, kind)]


def corpus_spec(settings: Config, corpus: str, language: str, part: str = "parallel") -> dict[str, Any]:
    """Name what one language of a corpus is made from."""
    section = settings.corpora[corpus]
    if section.kind == "microworld":
        count = section.sentences if part == "parallel" else section.training_sentences
        own = {"sentences": count, "seed": section.seed}
    elif section.kind == "gettext":
        own = {
            "folder": str(section.folder),
            "min_words": section.min_words,
            "max_words": section.max_words,
            "max_sentences": section.max_sentences if part == "parallel" else None,
        }
    elif section.kind == "text":
        own = {
            "files": {name: str(section.files[name]) for name in sorted(section.files)},
            "segmentation": section.segmentation.get(language, "whitespace"),
        }
    else:
        own = {
            "file": str(section.file),
            "column": section.columns.get(language, language),
            "segmentation": section.segmentation.get(language, "whitespace"),
        }
    return plain({"kind": section.kind, "language": language, "part": part, **own})


def training_text_spec(settings: Config, corpus: str, language: str) -> dict[str, Any]:
    """Name what one language's training text is made from."""
    return corpus_spec(settings, corpus, language, "training")


def corpus_files(settings: Config, corpus: str, language: str) -> list[str]:
    """List the user's files that one language of a corpus is read from."""
    section = settings.corpora[corpus]
    if section.kind == "text":
        return [str(section.files[name]) for name in sorted(section.files)]
    return [str(section.file)] if section.kind == "table" else []


def given_links(settings: Config, corpus: str, source: str, target: str) -> list[str]:
    """List the Pharaoh file of a pair: one, or none where the links are computed."""
    section = settings.corpora[corpus].word_alignment
    return [str(section.files[f"{source}-{target}"])] if section.method == "given" else []


def word_alignment_spec(settings: Config, corpus: str) -> dict[str, Any]:
    """Name what the word alignment of a corpus depends on beside its text."""
    section = settings.corpora[corpus]
    spec = {"method": section.word_alignment.method, "max_words": section.max_sentence_words}
    if section.word_alignment.method == "eflomal":
        spec |= {"symmetrization": section.word_alignment.symmetrization, "seed": section.word_alignment.seed}
    return plain(spec)


def word_alignment_score_spec(settings: Config, corpus: str) -> dict[str, Any]:
    """Name what the score of the aligner against gold links depends on."""
    section = settings.corpora[corpus]
    return plain(
        {
            "symmetrization": section.word_alignment.symmetrization,
            "seed": section.word_alignment.seed,
            "max_words": section.max_sentence_words,
        }
    )


def selection_spec(settings: Config) -> dict[str, Any]:
    """Name what the selection of words depends on."""
    return plain(settings.selection)


def training_text(settings: Config, model: str) -> list[tuple[str, str]]:
    """List the (corpus, language) pairs whose training text a model made here reads."""
    made = settings.models[model].train or settings.models[model].random
    return [(made.corpus, language) for language in settings.corpora[made.corpus].languages]


def training_spec(settings: Config, model: str) -> dict[str, Any]:
    """Name what the training of a model depends on beside its text."""
    spec = plain(settings.models[model].train)
    seed = spec.pop("seed")
    spec.pop("corpus")
    return {"seed": seed, "spec": spec, "threads": settings.compute.threads}


def random_spec(settings: Config, model: str) -> dict[str, Any]:
    """Name what a model with random weights depends on beside the text its tokenizer is trained on."""
    spec = plain(settings.models[model].random)
    spec.pop("corpus")
    return spec


def folder_spec(settings: Config, model: str) -> dict[str, Any]:
    """Name the folder of a local model."""
    return {"source": str(Path(settings.models[model].folder).resolve())}


def model_files(settings: Config, model: str) -> list[str]:
    """List the files of a local model's folder."""
    return sorted(str(path) for path in Path(settings.models[model].folder).iterdir() if path.is_file())


def hub_spec(settings: Config, model: str) -> dict[str, Any]:
    """Name the repository and the revision of a model of the hub."""
    return {"repository": settings.models[model].hub, "revision": settings.models[model].revision}


def activation_spec(settings: Config, model: str) -> dict[str, Any]:
    """Name what a model's activations depend on beside its weights and the words."""
    return plain(
        {
            **plain(settings.activations),
            "layers": model_layers(settings.models[model]),
            "threads": settings.compute.threads,
        }
    )


def layer_counts(settings: Config) -> dict[str, int]:
    """Count the layers of every model that the grid has."""
    return {model: len(model_layers(settings.models[model])) for model in sorted(settings.models)}


def gpus(section: Activations | Concepts) -> int:
    """Count the GPUs that one job of a section asks a cluster for."""
    return 0 if section.device == "cpu" else 1


def activation_memory(settings: Config, model: str) -> int:
    """Estimate the megabytes that an extraction needs: the weights twice, one batch, and the libraries."""
    section = settings.models[model]
    made = section.train or section.random
    hidden = made.hidden if made else 1024
    layers = max(model_layers(section)) + 1
    weights = 250_000 * hidden + 12 * layers * hidden**2
    batch = settings.activations.token_budget * hidden * layers
    return 1500 + int(4 * (2 * weights + batch) / 1e6)


def task_spec(settings: Config, task: str) -> dict[str, Any]:
    """Name a task's kind and labels."""
    section = settings.tasks[task]
    if section.data.kind == "microworld":
        from isogloss.microworld.tasks import LABELS

        labels = LABELS.get(section.data.task)
    else:
        labels = section.data.labels
    return plain({"kind": section.kind, "labels": labels and list(labels)})


def items_spec(settings: Config, task: str, language: str, part: str) -> dict[str, Any]:
    """Name what one language's items of a task are made from."""
    section = settings.tasks[task]
    spec = {key: value for key, value in plain(section.data).items() if key != "languages"}
    for key in ("train", "validation") if part == "test" else ("test",):
        spec[key] = None
    if section.data.kind == "microworld":
        return plain({**spec, "into": section.into, "language": language, "part": part})
    for key in ("train", "validation", "test"):
        spec[key] = spec[key] and spec[key].replace("{language}", language)
    return plain({**spec, "form": section.kind, "language": language, "part": part})


def items_files(settings: Config, task: str, language: str, part: str) -> list[str]:
    """List the user's files that one language's items are read from."""
    if settings.tasks[task].data.kind == "microworld":
        return []
    spec = items_spec(settings, task, language, part)
    return [spec[key] for key in ("train", "validation", "test") if spec[key]]


def finetuning_spec(settings: Config, one: Tuning) -> dict[str, Any]:
    """Name what a fine-tuning depends on beside the pretrained weights and the items."""
    section = settings.tasks[one.task]
    names = ("epochs", "batch", "learning_rate", "warmup", "weight_decay", "max_length")
    frozen = section.variants.get(one.variant)
    freeze = (
        {"embeddings": frozen.embeddings, "layers": frozen.layers} if frozen else {"embeddings": False, "layers": []}
    )
    return plain(
        {
            **task_spec(settings, one.task),
            **{name: getattr(section, name) for name in names},
            "seed": one.seed,
            "freeze": freeze,
            "device": settings.activations.device,
            "threads": settings.compute.threads,
        }
    )


def tuning_identity(one: Tuning) -> dict[str, Any]:
    """Name the columns that say which fine-tuning a row is of."""
    return {
        "model": one.model,
        "checkpoint": one.checkpoint,
        "task": one.task,
        "variant": one.variant,
        "seed": one.seed,
    }


def evaluation_spec(settings: Config, model: str, task: str) -> dict[str, Any]:
    """Name what sentence vectors and predictions depend on beside the weights and the items."""
    return plain(
        {
            **task_spec(settings, task),
            "layers": model_layers(settings.models[model]),
            "max_length": settings.tasks[task].max_length,
            "token_budget": settings.activations.token_budget,
            "device": settings.activations.device,
            "precision": settings.activations.precision,
            "threads": settings.compute.threads,
        }
    )


def transfer_spec(settings: Config, one: Tuning) -> dict[str, Any]:
    """Name what transfer scores depend on beside the predictions."""
    section = settings.tasks[one.task]
    return {
        "source": one.source,
        "kind": section.kind,
        "into": section.into,
        "draws": settings.impact.bootstrap,
        "null": settings.impact.null,
        "seed": settings.impact.seed,
    }


def distances_spec(settings: Config) -> dict[str, Any]:
    """Name what the table of distances depends on."""
    return {
        "languages": task_languages(settings),
        "families": list(settings.impact.families),
        "microworld": settings.impact.microworld_distances,
    }


def freezing_spec(settings: Config, task: str, variant: str) -> dict[str, Any]:
    """Name how a variant's frozen layers are chosen."""
    frozen = settings.tasks[task].variants[variant]
    return {"count": frozen.count, "distance": frozen.distance}


def freezing_distances(settings: Config) -> dict[str, dict[str, str]]:
    """Name the distance that near and far go by, for each task and variant of it."""
    return {
        name: {variant: choice.distance for variant, choice in task.variants.items()}
        for name, task in settings.tasks.items()
        if task.variants
    }


def concept_spec(settings: Config, selection: str) -> dict[str, Any]:
    """Name what a clustering depends on beside its vectors."""
    return plain({**plain(settings.concepts), "selection": selection, "threads": settings.compute.threads})


def concept_alignment_spec(settings: Config) -> dict[str, Any]:
    """Name what CALIGN depends on beside the concepts and the lexicon."""
    return plain(settings.concept_alignment)


def concept_overlap_spec(settings: Config) -> dict[str, Any]:
    """Name what COLAP depends on beside the joint concepts."""
    return plain(settings.concept_overlap)


def retrieval_spec(settings: Config, model: str, corpus: str) -> dict[str, Any]:
    """Name what sentence retrieval depends on beside the weights and the text."""
    return plain(
        {
            "seed": settings.concepts.seed,
            "source": settings.corpora[corpus].pairs.source,
            "threads": settings.compute.threads,
        }
    )


def tuning_jobs(settings: Config) -> dict[str, int]:
    """Count the jobs of fine-tuning and of what follows from it."""
    all_tunings = tunings(settings)
    whole = [one for one in all_tunings if one.variant == WHOLE]
    measured = {
        (one.model, one.task, one.variant)
        for one in all_tunings
        if one.variant != WHOLE and settings.tasks[one.task].variants[one.variant].layers == "measured"
    }
    return {
        "make_task_items": sum(
            len(task.sources) + len(task_targets(settings, name)) for name, task in settings.tasks.items()
        ),
        "finetune": len(all_tunings),
        "embed_test_items": len({(one.model, one.task) for one in all_tunings}),
        "run_test_items": len(whole),
        "run_variant_test_items": len(all_tunings) - len(whole),
        "score_transfer": len(all_tunings),
        "measure_impact": len(whole),
        "measure_variant_impact": len(all_tunings) - len(whole),
        "score_baselines": len(baseline_files(settings)),
        "choose_frozen_layers": len(measured),
        "measure_distances": int(bool(settings.tasks)),
        "correlate": int(bool(settings.tasks)),
        "compare_freezing": int(any(task.variants for task in settings.tasks.values())),
    }


# How much there is to do ----------------------------------------------------------------------------------------


def size(settings: Config) -> dict[str, Any]:
    """Count the jobs of every rule from nothing, and bound the bytes of activations.

    Returns
    -------
    dict
        ``jobs`` (by rule) and ``activation_bytes``: a store holds at most every occurrence that the selection allows,
        bounded by the words of the corpus where its size is known.
    """
    corpus_pairs = [(name, *pair) for name in settings.corpora for pair in pairs(settings, name)]
    made = [name for kind in ("train", "random") for name in models_of_kind(settings, kind)]
    grid_cells = cells(settings)
    separate = {
        (cell["model"], cell["checkpoint"], cell["corpus"], cell["target"], space, cell["layer"])
        for cell in grid_cells
        for space in spaces_of_kind(cell["kind"])
    }
    metrics = [metric_files(settings, "concept_alignment"), metric_files(settings, "concept_overlap")]
    metrics += [word_alignment_scores(settings), retrieval_files(settings), training_curves(settings)]
    metrics += [tuning_files(settings, "transfer")] * 3 + [baseline_files(settings)]  # transfer, impact, finetuning
    jobs = {
        "make_corpus": sum(len(corpus.languages) for corpus in settings.corpora.values()),
        "make_training_text": len({text for model in made for text in training_text(settings, model)}),
        "align_words": len(corpus_pairs),
        "build_lexicon": len(corpus_pairs),
        "select_words": len(corpus_pairs),
        "score_word_alignment": len(word_alignment_scores(settings)),
        "train_model": len(models_of_kind(settings, "train")),
        "make_random_model": len(models_of_kind(settings, "random")),
        "link_model": len(models_of_kind(settings, "folder")),
        "fetch_model": len(models_of_kind(settings, "hub")),
        "extract_activations": len(stores(settings)),
        "cluster_concepts": len(separate),
        "cluster_joint_concepts": len(grid_cells),
        "align_concepts": len(grid_cells),
        "overlap_concepts": len(grid_cells),
        "score_retrieval": len(retrieval_files(settings)),
        **tuning_jobs(settings),
        "table_activations": 1,
        "collate_metric": sum(bool(files) for files in metrics),
        "draw_figure": len(figures(settings)),
        "record_provenance": 1,
        "write_report": 1,
        "all": 1,
    }
    total = 0
    for model in settings.models:
        section = settings.models[model]
        shape = section.train or section.random
        for corpus in corpora_of(settings, model):
            words = getattr(settings.corpora[corpus], "sentences", None) or 10_000
            spaces = len({space for kind in kinds(settings, model) for space in spaces_of_kind(kind)})
            width = shape.hidden if shape else 768
            cell_bytes = 2 * width * len(model_layers(section)) * words * 10
            total += cell_bytes * spaces * len(pairs(settings, corpus)) * len(concept_checkpoints(settings, model))
    return {"jobs": {rule: count for rule, count in jobs.items() if count}, "activation_bytes": total}
