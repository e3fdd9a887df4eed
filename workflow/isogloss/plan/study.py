"""Which cells the grid has: models, checkpoints, corpora, pairs, layers, tasks.

Everything here is pure and light: it is paid again whenever the Snakefile is read.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from isogloss.config.root import Config
from isogloss.hub import COMMIT
from isogloss.measures.controls.settings import Controls
from isogloss.measures.crossed.settings import Crossed
from isogloss.models.families import Shape
from isogloss.models.settings import Random
from isogloss.models.shape import shape_of
from isogloss.section import of_kind
from isogloss.tasks.settings import WHOLE, Task, at, checkpoint_name

SPACES = ("source-encoder", "target-encoder", "source-decoder", "target-decoder")
KINDS = ("encoder-encoder", "encoder-decoder", "decoder-decoder")
# By a model's stacks, the kinds of pair that it has.
KINDS_OF = {
    ("encoder",): KINDS[:1],
    ("encoder", "decoder"): KINDS[:2],
    ("decoder",): KINDS[2:],
}
JOINT_SPACES = tuple(f"joint-{kind}" for kind in KINDS)
PRETRAINED = "pretrained"


def plain(value: Any) -> Any:
    """Give a config section as plain values with sorted keys: what Snakemake can compare."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def spaces_of_kind(kind: str) -> tuple[str, str]:
    """Name the two spaces that a kind of pair compares: the source's and the target's."""
    source, target = kind.split("-")
    return f"source-{source}", f"target-{target}"


@dataclass(frozen=True)
class Tuning:
    """A checkpoint that a fine-tuning gives, here or elsewhere.

    Attributes
    ----------
    model, task, source, seed
        What is tuned on which task in which language, from which seed.
    variant
        ``whole``, the config's name for another way of tuning, or the fraction at which a trajectory is looked at.
    fraction
        The share of the steps after which it ends.
    name
        The config's name for a checkpoint that was tuned elsewhere.
    """

    model: str
    task: str
    source: str
    seed: int
    variant: str
    fraction: float = 1.0
    name: str = ""

    @property
    def checkpoint(self) -> str:
        """The checkpoint's name."""
        return self.name or checkpoint_name(self.task, self.source, self.seed, self.variant)

    @property
    def identity(self) -> dict[str, Any]:
        """The columns that say in every table which fine-tuning a row is of."""
        return {
            "model": self.model,
            "checkpoint": self.checkpoint,
            "task": self.task,
            "variant": self.variant,
            "seed": self.seed,
        }


def steps_of(task: Task) -> dict[str, float]:
    """List what a task's trajectory looks at, each with its fraction of the steps."""
    return {at(fraction): fraction for fraction in task.trajectory}


class Study:
    """The grid that a config spans.

    Parameters
    ----------
    settings
        The config.
    """

    def __init__(self, settings: Config):
        self.settings = settings

    # Models --------------------------------------------------------------------------------------------------------

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Every model's family and layers; a control has its model's."""
        models = self.settings.models
        return {name: shape_of(models[model.randomised or name]) for name, model in models.items()}

    def layers(self, model: str, *stacks: str) -> list[int]:
        """List the layers to analyse that all of some stacks have; 0 is the embeddings.

        Parameters
        ----------
        model
            Which model.
        *stacks
            ``encoder``, ``decoder``; the stack that reads a text by itself where nothing is said.
        """
        shape = self.shapes[model]
        deepest = min(shape.depths[stack] for stack in stacks or (shape.family.reader,))
        chosen = self.settings.models[model].layers
        return [layer for layer in range(deepest + 1) if chosen == "all" or layer in chosen]

    def layers_of_kind(self, model: str, kind: str) -> list[int]:
        """List the layers to analyse that both sides of a kind of pair have."""
        return self.layers(model, *kind.split("-"))

    def kinds(self, model: str) -> tuple[str, ...]:
        """Name the kinds of pair that a model has: a decoder beside an encoder adds encoder-decoder pairs."""
        return KINDS_OF[self.shapes[model].family.stacks]

    def spaces(self, model: str) -> list[str]:
        """Name the spaces of a model, each once."""
        return list(dict.fromkeys(space for kind in self.kinds(model) for space in spaces_of_kind(kind)))

    def models_of_kind(self, kind: str) -> list[str]:
        """List the models that come from ``train``, ``random``, ``folder``, ``hub`` or ``randomised``."""
        return [name for name, model in self.settings.models.items() if getattr(model, kind)]

    def training_text(self, model: str) -> list[tuple[str, str]]:
        """List the (corpus, language) pairs whose training text a model made here reads."""
        section = self.settings.models[model]
        made = section.train or of_kind(section.random, Random)
        chosen = getattr(made, "languages", None) or self.settings.corpora[made.corpus].languages
        return [(made.corpus, language) for language in chosen]

    # Corpora -------------------------------------------------------------------------------------------------------

    def pairs(self, corpus: str) -> list[tuple[str, str]]:
        """List the (source, target) pairs of a corpus."""
        chosen = self.settings.corpora[corpus].pairs
        return [(chosen.source, target) for target in chosen.targets]

    def corpora_of(self, model: str) -> list[str]:
        """List the corpora that a model is measured on: all of them, unless the model names its own, or none."""
        chosen = self.settings.models[model].corpora
        return list(self.settings.corpora if chosen is None else chosen)

    # Tasks ---------------------------------------------------------------------------------------------------------

    @cached_property
    def tunings(self) -> list[Tuning]:
        """Every fine-tuning that is done here."""
        return [
            Tuning(model, name, source, seed, variant, fraction)
            for name, task in self.settings.tasks.items()
            for model in task.models
            for source in task.sources
            for seed in task.seeds
            for variant, fraction in {
                **dict.fromkeys((WHOLE, *task.variants_of(source), *self.settings.controls_of(name, source)), 1.0),
                **steps_of(task),
            }.items()
        ]

    @cached_property
    def ready_made(self) -> list[Tuning]:
        """Every checkpoint that was tuned elsewhere, of whichever task."""
        return [
            Tuning(model, one.task, one.source, one.seed, WHOLE, name=name)
            for model, section in self.settings.models.items()
            for name, one in section.checkpoints.items()
        ]

    @cached_property
    def tuned(self) -> list[Tuning]:
        """Every checkpoint that is tested on a task of this config."""
        return [*self.tunings, *(one for one in self.ready_made if one.task in self.settings.tasks)]

    @cached_property
    def by_checkpoint(self) -> dict[tuple[str, str], Tuning]:
        """Every tuned checkpoint by model and name."""
        return {(one.model, one.checkpoint): one for one in [*self.tunings, *self.ready_made]}

    def task_of(self, model: str, checkpoint: str) -> str:
        """Name the task that a checkpoint was tuned on; ``pretrained`` for none."""
        tuned = self.by_checkpoint.get((model, checkpoint))
        return tuned.task if tuned else PRETRAINED

    def tuning_names(self, whole: bool) -> list[str]:
        """List the names of all checkpoints, of whichever model, that are tuned whole, or of those that are not."""
        every = self.by_checkpoint.values()
        return sorted({one.checkpoint for one in every if (one.variant == WHOLE) == whole})

    def task_targets(self, task: str) -> list[str]:
        """List the languages that a task is tested on: all of its data's, but for the one that is translated into."""
        section = self.settings.tasks[task]
        tested = {*(section.targets or section.data.languages), *section.sources}
        return [language for language in section.data.languages if language in tested and language != section.into]

    @cached_property
    def task_languages(self) -> list[str]:
        """The languages of all tasks."""
        return sorted({language for task in self.settings.tasks for language in self.task_targets(task)})

    @cached_property
    def subword_models(self) -> list[str]:
        """The models whose subwords make a distance, where it is asked for: those that are tested on tasks."""
        return list(dict.fromkeys(one.model for one in self.tuned)) if self.settings.impact.subword else []

    @cached_property
    def varied(self) -> list[Tuning]:
        """Every fine-tuning in another way than the plain one."""
        return [one for one in self.tunings if one.variant in self.settings.tasks[one.task].variants]

    @cached_property
    def trajectories(self) -> list[Tuning]:
        """Every fine-tuning that is a point of a trajectory."""
        return [one for one in self.tunings if one.variant in steps_of(self.settings.tasks[one.task])]

    # Cells ---------------------------------------------------------------------------------------------------------

    def concept_checkpoints(self, model: str) -> list[str]:
        """List the checkpoints of a model that are measured for shared concepts."""
        tuned = [
            one.checkpoint
            for one in self.tunings
            if one.model == model
            and (one.variant == WHOLE or one.fraction < 1)
            and one.source in self.settings.tasks[one.task].concepts
        ]
        return [PRETRAINED, *tuned, *self.settings.models[model].checkpoints]

    @cached_property
    def seed_of_ceiling(self) -> int:
        """The seed from which a language is clustered once more, to be held against itself."""
        seeds = self.settings.concepts.seeds
        return seeds[1] if len(seeds) > 1 else seeds[0] + 1

    @cached_property
    def swept_clusters(self) -> list[int]:
        """The numbers of concepts (K) that a sweep compares."""
        swept = self.settings.sweep
        return list(dict.fromkeys(swept.clusters if swept and swept.clusters else [self.settings.concepts.clusters]))

    @cached_property
    def concept_cells(self) -> list[dict[str, Any]]:
        """Every model and checkpoint whose concepts are looked for."""
        return [
            {"model": model, "checkpoint": checkpoint}
            for model in self.settings.models
            if self.corpora_of(model)
            for checkpoint in self.concept_checkpoints(model)
        ]

    @cached_property
    def corpus_cells(self) -> list[dict[str, Any]]:
        """The same with every corpus."""
        return [{**cell, "corpus": corpus} for cell in self.concept_cells for corpus in self.corpora_of(cell["model"])]

    @cached_property
    def pair_cells(self) -> list[dict[str, Any]]:
        """The same with every pair of languages."""
        return [
            {**cell, "source": source, "target": target}
            for cell in self.corpus_cells
            for source, target in self.pairs(cell["corpus"])
        ]

    @cached_property
    def kind_cells(self) -> list[dict[str, Any]]:
        """List every pair of every checkpoint, by kind."""
        return [{**cell, "kind": kind} for cell in self.pair_cells for kind in self.kinds(cell["model"])]

    @cached_property
    def layer_cells(self) -> list[dict[str, Any]]:
        """The same with every kind of pair and layer: what CALIGN and COLAP are measured on."""
        return [
            {**cell, "kind": kind, "layer": layer}
            for cell in self.pair_cells
            for kind in self.kinds(cell["model"])
            for layer in self.layers_of_kind(cell["model"], kind)
        ]

    @cached_property
    def store_cells(self) -> list[dict[str, Any]]:
        """Every pair of languages with each space: one activation store each."""
        return [{**cell, "space": space} for cell in self.pair_cells for space in self.spaces(cell["model"])]

    @cached_property
    def tuning_cells(self) -> list[dict[str, Any]]:
        """Every checkpoint that is tested on a task."""
        return [{"model": one.model, "checkpoint": one.checkpoint} for one in self.tuned]

    @cached_property
    def test_cells(self) -> list[dict[str, Any]]:
        """Every model and task with each checkpoint that reads the test items: the pretrained one, and those tuned."""
        passes = dict.fromkeys(
            (one.model, checkpoint, one.task) for one in self.tuned for checkpoint in (PRETRAINED, one.checkpoint)
        )
        return [dict(zip(("model", "checkpoint", "task"), names, strict=True)) for names in passes]

    @cached_property
    def crossed_cells(self) -> list[dict[str, Any]]:
        """Every checkpoint whose test items are crossed."""
        same = {name for name, task in self.settings.tasks.items() if task.same_items}
        return [cell for cell in self.altered_cells(self.settings.crossed) if cell["task"] in same]

    @cached_property
    def control_cells(self) -> list[dict[str, Any]]:
        """Every checkpoint that is asked for items that lack something."""
        return self.altered_cells(self.settings.controls)

    def altered_cells(self, section: Crossed | Controls | None) -> list[dict[str, Any]]:
        """List the checkpoints of classification, tuned whole, of a section's tasks and source languages."""
        return [
            {"model": one.model, "checkpoint": one.checkpoint, "task": one.task}
            for one in self.tuned
            if section
            and one.variant == WHOLE
            and self.settings.tasks[one.task].kind == "sequence-classification"
            and one.task in (section.tasks or self.settings.tasks)
            and one.source in (section.sources or [one.source])
        ]

    @cached_property
    def aligner_cells(self) -> list[dict[str, Any]]:
        """The pairs whose aligner is scored against gold links."""
        return [
            {"corpus": name, "source": source, "target": target}
            for name, corpus in self.settings.corpora.items()
            if corpus.word_alignment.evaluate
            for source, target in self.pairs(name)
        ]

    @cached_property
    def baseline_cells(self) -> list[dict[str, Any]]:
        """Every task and source language."""
        return [
            {"task": name, "source": source} for name, task in self.settings.tasks.items() for source in task.sources
        ]

    @cached_property
    def branches(self) -> list[dict[str, str]]:
        """What of the hub is named by a branch, which moves: each kind, repository and revision once."""
        sources: list[tuple[str, str | None, str | None]] = []
        for model in self.settings.models.values():
            sources.append(("model", model.hub, model.revision))
            sources += [("model", one.hub, one.revision) for one in model.checkpoints.values()]
        for data in (*self.settings.corpora.values(), *(task.data for task in self.settings.tasks.values())):
            if data.kind == "hub":
                sources.append(("dataset", data.repository, data.revision))
        return [
            {"kind": kind, "repository": repository, "revision": revision}
            for kind, repository, revision in dict.fromkeys(sources)
            if repository and revision and not COMMIT.fullmatch(revision)
        ]

    @cached_property
    def controls(self) -> dict[str, str]:
        """By model with weights drawn anew the model that it is the control of."""
        return {name: str(self.settings.models[name].randomised) for name in sorted(self.models_of_kind("randomised"))}

    def before(self, cell: dict[str, Any]) -> list[dict[str, Any]]:
        """Give the same cell of the model before it was tuned; none where it was not tuned."""
        return [] if cell["checkpoint"] == PRETRAINED else [{**cell, "checkpoint": PRETRAINED}]

    def identity(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Give the columns that name a cell in every table."""
        names = ("model", "checkpoint", "corpus", "source", "target", "kind", "layer")
        columns = {name: cell[name] for name in names if name in cell}
        return {**columns, "task": self.task_of(cell["model"], cell["checkpoint"])}

    def attributes(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Give what a store, or a training, says of its model: its tables' columns, and whose control it is."""
        return {**self.identity(cell), "control_of": self.controls.get(cell["model"], "")}
