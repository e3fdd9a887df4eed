"""How much memory and time a job needs, from the size of its work: what a cluster is asked for.

Everything here is light and reads nothing but the config: it is paid again whenever the Snakefile is read. The numbers
are generous on purpose. Asking for too little costs a second attempt, which asks for twice as much.
"""

import math
from dataclasses import dataclass

from isogloss.config.root import Activations, Concepts, Config, is_encoder_decoder, model_layers
from isogloss.plan import study as grid

# Where the config does not say how many sentences there are, or how wide a model is.
SENTENCES, ITEMS = 20_000, 400_000
HIDDEN = 1024
# Words and pieces of a sentence, special tokens and padding included.
WORDS, PIECES = 15, 40
# Operations a second that a thread of a modest CPU and a modest GPU reach on small matrices.
THREAD_SPEED, GPU_SPEED = 1e10, 2e12
# Start of Python, libraries and model files on a slow shared file system; and the libraries' own memory.
START_MINUTES, LIBRARIES_MB = 10, 1500
# The same for one member of a group, most of whose members find everything in the node's cache; and for one that loads
# a model.
MEMBER_MINUTES, LOADING_MINUTES = 1, 3
# Passes over all vectors that one clustering makes: its search among the leading components, and in full width.
COMPONENTS, ROUGH_PASSES, FINE_PASSES = 64, 150, 40
# The most that Ward's distances may take (`isogloss.concepts.cluster`, not imported here because it is heavy).
WARD_BYTES = 4e9


@dataclass(frozen=True)
class Effort:
    """What one job needs at its first attempt.

    Attributes
    ----------
    mem_mb
        Megabytes.
    runtime
        Minutes.
    """

    mem_mb: int
    runtime: int


def minutes(operations: float, speed: float, start: int = START_MINUTES) -> int:
    """Turn a number of operations into minutes, twice as long as they should take."""
    return start + math.ceil(2 * operations / speed / 60)


def sentences(settings: Config, corpus: str) -> int:
    """Count the parallel sentences of a corpus, or bound them."""
    section = settings.corpora[corpus]
    return getattr(section, "sentences", None) or getattr(section, "max_sentences", None) or SENTENCES


def parameters(settings: Config, model: str) -> tuple[int, int, float]:
    """Give a model's width, its depth and its number of weights without the embeddings."""
    section = settings.models[model]
    made = section.train or section.random
    hidden = made.hidden if made else HIDDEN
    layers = max([*model_layers(section), 1])
    halves = 2 if is_encoder_decoder(section) else 1
    return hidden, layers, 12.0 * halves * layers * hidden**2


def extraction(settings: Config, model: str, corpus: str, **_) -> Effort:
    """Estimate one store: a forward pass over a corpus, and the vectors written in half precision."""
    work = 2 * parameters(settings, model)[2] * sentences(settings, corpus) * PIECES
    runtime = minutes(work, speed(settings, settings.activations), LOADING_MINUTES)
    return Effort(grid.activation_memory(settings, model), runtime)


def training(settings: Config, model: str, **_) -> Effort:
    """Estimate the training of a model from nothing: forward and backward, with the output layer, on a CPU."""
    made = settings.models[model].train
    hidden, layers, weights = parameters(settings, model)
    weights += hidden * made.vocabulary
    pieces = made.steps * made.batch * PIECES
    memory = LIBRARIES_MB + int((16 * weights + 40 * made.batch * PIECES * hidden * layers) / 1e6)
    return Effort(memory + 1500, minutes(6 * weights * pieces, THREAD_SPEED * settings.compute.threads))


def clustering(settings: Config, model: str, corpus: str, spaces: int = 1, **_) -> Effort:
    """Estimate the clustering of one layer of one or two spaces: three copies of the vectors, and the distances."""
    hidden = parameters(settings, model)[0]
    words, clusters = spaces * sentences(settings, corpus) * WORDS, settings.concepts.clusters
    memory = LIBRARIES_MB + int(4 * (3 * words * hidden + 16 * words + 3 * 4096 * clusters) / 1e6)
    if settings.concepts.method == "ward":
        memory += int(min(WARD_BYTES, 4 * words**2) / 1e6)
    work = 2 * words * clusters * (min(hidden, COMPONENTS) * ROUGH_PASSES + hidden * FINE_PASSES)
    return Effort(memory, minutes(work, speed(settings, settings.concepts), MEMBER_MINUTES))


def joint_clustering(settings: Config, model: str, corpus: str, **_) -> Effort:
    """Estimate the clustering of one layer of both sides of a pair together."""
    return clustering(settings, model, corpus, spaces=2)


def scoring(settings: Config, corpus: str, **_) -> Effort:
    """Estimate CALIGN or COLAP of one layer of a pair: draws over all words' concepts, without any vectors."""
    draws = max(section.null + section.bootstrap for section in (settings.concept_alignment, settings.concept_overlap))
    words = 2 * sentences(settings, corpus) * WORDS
    return Effort(LIBRARIES_MB + int(200 * words / 1e6), minutes(100 * draws * words, THREAD_SPEED, MEMBER_MINUTES))


def retrieval(settings: Config, model: str, corpus: str, **_) -> Effort:
    """Estimate a forward pass over every language of a corpus on a CPU, and all sentences against all."""
    count, languages = sentences(settings, corpus), len(settings.corpora[corpus].languages)
    hidden, layers, weights = parameters(settings, model)
    work = 2 * languages * count * (weights * PIECES + (layers + 1) * hidden * count)
    memory = grid.activation_memory(settings, model) + int(4 * count * (3 * count + languages * layers * hidden) / 1e6)
    return Effort(memory, minutes(work, THREAD_SPEED * settings.compute.threads))


def finetuning(settings: Config, model: str, checkpoint: str, **_) -> Effort:
    """Estimate a fine-tuning: forward and backward over all items, weights, gradients, and the optimiser's moments."""
    task = next(
        settings.tasks[one.task] for one in grid.tunings(settings) if (one.model, one.checkpoint) == (model, checkpoint)
    )
    hidden, layers, weights = parameters(settings, model)
    work = 6 * weights * items(task.data.train) * task.epochs * min(task.max_length, 2 * PIECES)
    batch = 40 * task.batch * task.max_length * hidden * layers
    memory = grid.activation_memory(settings, model) + int((12 * weights + batch) / 1e6)
    return Effort(memory, minutes(work, speed(settings, settings.activations)))


def test_pass(settings: Config, model: str, task: str, **_) -> Effort:
    """Estimate a forward pass of a task's test items in every language; what is generated counts as a second one."""
    section = settings.tasks[task]
    hidden, layers, weights = parameters(settings, model)
    count = items(section.data.test)
    work = 4 * weights * len(grid.task_targets(settings, task)) * count * min(section.max_length, 2 * PIECES)
    memory = grid.activation_memory(settings, model) + int(16 * count * layers * hidden / 1e6)
    return Effort(memory, minutes(work, speed(settings, settings.activations), LOADING_MINUTES))


def items(count: int | str) -> int:
    """Give a number of items, or bound it where the config names a file instead."""
    return count if isinstance(count, int) else ITEMS


def speed(settings: Config, section: Activations | Concepts) -> float:
    """Give the operations a second of a section's jobs, which may use a GPU."""
    return GPU_SPEED if grid.gpus(section) else THREAD_SPEED * settings.compute.threads
