"""How much memory and time a job needs, from the size of the work: what a cluster is asked for.

Everything here is light: it is paid again whenever the Snakefile is read. How much data there is tells
:mod:`isogloss.plan.amounts`. The numbers are generous on purpose. Asking for too little costs a second attempt, which
asks for twice as much.
"""

import math
from dataclasses import dataclass
from typing import Any

from isogloss.concepts.methods import BY_NAME as METHODS
from isogloss.concepts.settings import Concepts
from isogloss.measures.controls.settings import Controls
from isogloss.measures.crossed.settings import Crossed
from isogloss.measures.edits.settings import Edits, Facts
from isogloss.measures.probes.settings import Probes
from isogloss.measures.space_similarity.settings import SpaceSimilarity
from isogloss.measures.word_retrieval.settings import WordRetrieval
from isogloss.models.settings import Train
from isogloss.plan import amounts
from isogloss.plan.study import PRETRAINED, Study
from isogloss.section import of_kind
from isogloss.states.settings import Activations
from isogloss.tasks.settings import CONTROLS

# Operations a second that a thread of a modest CPU and a modest GPU reach on small matrices.
THREAD_SPEED, GPU_SPEED = 1e10, 2e12
# Start of Python, libraries and model files on a slow shared file system; and the libraries' own memory.
START_MINUTES, LIBRARIES_MB = 10, 1500
# The same for one member of a group, most of whose members find everything in the node's cache; and for one that loads
# a model.
MEMBER_MINUTES, LOADING_MINUTES = 1, 3
# Passes over all vectors that one clustering makes: its search among the leading components, and in full width.
COMPONENTS, ROUGH_PASSES, FINE_PASSES = 64, 150, 40
# What a text of the microworld can mean in one respect.
MEANINGS = 30


@dataclass(frozen=True)
class Effort:
    """What one job needs at its first attempt.

    Attributes
    ----------
    mem_mb
        Megabytes.
    runtime
        Minutes.
    work
        Operations of models, in jobs that may use a GPU.
    """

    mem_mb: int
    runtime: int
    work: float = 0.0


def minutes(operations: float, speed: float, start: int = START_MINUTES) -> int:
    """Turn a number of operations into minutes, twice as long as they should take."""
    return start + math.ceil(2 * operations / speed / 60)


def kept_words(study: Study, corpus: str) -> float:
    """Count the words of one language of a corpus that are used: all, or the first so many of each form."""
    return amounts.corpus(study, corpus).frequent


def parameters(study: Study, model: str) -> tuple[int, int, float]:
    """Give a model's width, its depth and its number of weights without the embeddings."""
    hidden = study.shapes[model].hidden
    layers = max([*study.layers(model), 1])
    halves = len(study.shapes[model].depths)
    return hidden, layers, 12.0 * halves * layers * hidden**2


def small(*_: Any, **__: Any) -> Effort:
    """What takes seconds."""
    return Effort(2000, 10)


def activation_memory(study: Study, model: str) -> int:
    """Estimate the megabytes that a forward pass needs: the weights twice, one batch, and the libraries."""
    hidden = study.shapes[model].hidden
    layers = max(study.layers(model)) + 1
    batch = study.settings.activations.token_budget * hidden * layers
    return LIBRARIES_MB + int(4 * (2 * amounts.weights(study, model)[0] + batch) / 1e6)


def gpus(section: Activations | Concepts) -> int:
    """Count the GPUs that one job of a section asks a cluster for."""
    return 0 if section.device == "cpu" else 1


def extraction(study: Study, model: str, corpus: str, **_: Any) -> Effort:
    """Estimate one store: a forward pass over a corpus, and the vectors written in half precision."""
    text = amounts.corpus(study, corpus)
    work = 2 * parameters(study, model)[2] * text.rows * text.subwords
    runtime = minutes(work, speed(study, study.settings.activations), LOADING_MINUTES)
    return Effort(activation_memory(study, model), runtime, work)


def training(study: Study, model: str, **_: Any) -> Effort:
    """Estimate the training of a model from nothing: forward and backward, with the output layer, on a CPU."""
    made = of_kind(study.settings.models[model].train, Train)
    hidden, layers, weights = parameters(study, model)
    weights += hidden * made.vocabulary
    sentence = amounts.corpus(study, made.corpus).subwords
    pieces = made.steps * made.batch * sentence
    memory = LIBRARIES_MB + int((16 * weights + 40 * made.batch * sentence * hidden * layers) / 1e6)
    return Effort(memory + 1500, minutes(6 * weights * pieces, THREAD_SPEED * study.settings.compute.threads))


def randomising(study: Study, model: str, **_: Any) -> Effort:
    """Estimate a control: the weights are drawn and written."""
    return Effort(activation_memory(study, model), START_MINUTES)


def clustering(study: Study, model: str, corpus: str, spaces: int = 1, **_: Any) -> Effort:
    """Estimate the clustering of one layer of one or two spaces: three copies of the vectors, and the distances."""
    hidden = parameters(study, model)[0]
    words, clusters = spaces * kept_words(study, corpus), study.settings.concepts.clusters
    memory = LIBRARIES_MB + int(4 * (3 * words * hidden + 16 * words + 3 * 4096 * clusters) / 1e6)
    method = METHODS[study.settings.concepts.method]
    memory += int(method.memory(int(words)) / 1e6)
    work = method.time * 2 * words * clusters * (min(hidden, COMPONENTS) * ROUGH_PASSES + hidden * FINE_PASSES)
    return Effort(memory, minutes(work, speed(study, study.settings.concepts), MEMBER_MINUTES))


def joint_clustering(study: Study, model: str, corpus: str, **_: Any) -> Effort:
    """Estimate the clustering of one layer of both sides of a pair together."""
    return clustering(study, model, corpus, spaces=2)


def scoring(study: Study, corpus: str, **_: Any) -> Effort:
    """Estimate CALIGN or COLAP of one layer of a pair: draws over all words' concepts, without any vectors."""
    draws = max(
        section.null + section.bootstrap
        for section in (study.settings.concept_alignment, study.settings.concept_overlap)
    )
    words = 2 * kept_words(study, corpus)
    return Effort(LIBRARIES_MB + int(200 * words / 1e6), minutes(100 * draws * words, THREAD_SPEED, MEMBER_MINUTES))


def cards(study: Study, model: str, **_: Any) -> Effort:
    """Estimate the map of one pair's concepts: t-SNE of two languages' concepts in all layers, on one thread."""
    concepts = 2 * len(study.layers(model)) * study.settings.concepts.clusters
    hidden = parameters(study, model)[0]
    return Effort(LIBRARIES_MB + int(16 * concepts * hidden / 1e6), 10 + concepts // 2000)


def finetuning(study: Study, model: str, checkpoint: str, **_: Any) -> Effort:
    """Estimate a fine-tuning: forward and backward over all items, weights, gradients, and the optimiser's moments."""
    task = study.settings.tasks[study.task_of(model, checkpoint)]
    hidden, layers, weights = parameters(study, model)
    one = study.by_checkpoint[model, checkpoint]
    variant = task.variants.get(one.variant)
    items = amounts.training_items(study, one.task)
    work = 6 * weights * items.rows * task.epochs * one.fraction * min(task.max_length, items.subwords)
    if variant and variant.realign:
        work *= 3  # what a realigned step costs at most
    batch = 40 * task.batch * task.max_length * hidden * layers
    memory = activation_memory(study, model) + int((12 * amounts.weights(study, model)[0] + batch) / 1e6)
    return Effort(memory, minutes(work, speed(study, study.settings.activations)), work)


def test_pass(study: Study, model: str, task: str, **_: Any) -> Effort:
    """Estimate a forward pass of a task's test items in every language; what is generated counts as a second one."""
    section = study.settings.tasks[task]
    hidden, layers, weights = parameters(study, model)
    tested = amounts.test_items(study, task)
    work = 4 * weights * sum(items.rows * min(section.max_length, items.subwords) for items in tested)
    count = max(items.rows for items in tested)
    memory = activation_memory(study, model) + int(16 * count * layers * hidden / 1e6)
    return Effort(memory, minutes(work, speed(study, study.settings.activations), LOADING_MINUTES), work)


def crossed_pass(study: Study, model: str, task: str, **_: Any) -> Effort:
    """Estimate a forward pass of crossed test items: every two languages."""
    most = of_kind(study.settings.crossed, Crossed).items
    return altered_pass(study, model, task, len(study.task_targets(task)) ** 2, most)


def control_pass(study: Study, model: str, task: str, **_: Any) -> Effort:
    """Estimate a forward pass of test items that lack something, in every language."""
    passes = len(CONTROLS) * len(study.task_targets(task))
    return altered_pass(study, model, task, passes, of_kind(study.settings.controls, Controls).items)


def altered_pass(study: Study, model: str, task: str, passes: int, most: int) -> Effort:
    """Estimate so many forward passes of at most so many test items, of which nothing but answers is kept."""
    tested = max(amounts.test_items(study, task), key=lambda items: items.words)
    work = 2 * parameters(study, model)[2] * passes * min(tested.rows, most)
    work *= min(study.settings.tasks[task].max_length, tested.subwords)
    runtime = minutes(work, speed(study, study.settings.activations), LOADING_MINUTES)
    return Effort(activation_memory(study, model), runtime, work)


def similarity(study: Study, model: str, task: str, **_: Any) -> Effort:
    """Estimate the similarity of spaces on a task's test items."""
    tested = amounts.test_items(study, task)
    return of_spaces(study, model, max(items.rows for items in tested), len(tested))


def similarity_on_corpora(study: Study, model: str, corpus: str, **_: Any) -> Effort:
    """Estimate the similarity of spaces on a corpus whose pairs share all sentences."""
    return of_spaces(study, model, amounts.corpus(study, corpus).rows, 1 + len(study.pairs(corpus)))


def of_spaces(study: Study, model: str, rows: int, languages: int) -> Effort:
    """Estimate the similarity of spaces: all pairs of languages in all layers, with every draw."""
    section = of_kind(study.settings.space_similarity, SpaceSimilarity)
    hidden, layers, _ = parameters(study, model)
    count = min(rows, section.items)
    # Beside the products of vectors some two hundred passes over the similarities of all items.
    work = languages**2 * (layers + 1) * count**2 * (10 * hidden + 2000) * (10 if section.cca else 1)
    memory = LIBRARIES_MB + int((30 * languages * count * (count + hidden) + 100 * count**2) / 1e6)
    return Effort(memory, minutes(work, THREAD_SPEED * study.settings.compute.threads))


def probes(study: Study, model: str, task: str, **_: Any) -> Effort:
    """Estimate probes: a regression a language, layer and label, asked in every language, with every draw."""
    section, threads = of_kind(study.settings.probes, Probes), study.settings.compute.threads
    hidden, layers, _ = parameters(study, model)
    tested = amounts.test_items(study, task)
    half, languages = math.ceil(max(items.rows for items in tested) / 2), len(tested)
    told = (section.null + 1) * max(len(study.settings.tasks[task].all_labels() or ()), MEANINGS)
    # Every language's vectors of a layer, and for each thread one regression and what it says.
    each = 8 * (6 * half * hidden + 2 * hidden**2 + told * (3 * half + 2 * hidden))
    memory = LIBRARIES_MB + int((8 * languages * half * hidden + threads * each) / 1e6)
    work = 20 * half * hidden * min(half, hidden) + 4 * (languages + 1) * half * hidden * told
    work *= languages * (layers + 1) * len(section.labels)
    return Effort(memory, minutes(work, THREAD_SPEED * threads))


def word_retrieval(study: Study, model: str, corpus: str, **_: Any) -> Effort:
    """Estimate word retrieval of one pair: a store's layers one by one, and all linked words against all."""
    hidden, layers, _ = parameters(study, model)
    count = of_kind(study.settings.word_retrieval, WordRetrieval).pairs
    memory = LIBRARIES_MB + int((8 * kept_words(study, corpus) * hidden + 100 * count**2) / 1e6)
    work = (layers + 1) * count**2 * (10 * hidden + 2000)
    return Effort(memory, minutes(work, THREAD_SPEED * study.settings.compute.threads, MEMBER_MINUTES))


def edits(study: Study, model: str, checkpoint: str, **_: Any) -> Effort:
    """Estimate edits: each takes its steps on one item, and passes of other items in every language."""
    section = of_kind(study.settings.edits, Edits)
    weights = parameters(study, model)[2]
    if checkpoint == PRETRAINED:
        corpus = of_kind(section.facts, Facts).corpus
        languages = len(study.settings.corpora[corpus].languages)
        subwords = amounts.corpus(study, corpus).subwords
    else:
        task = study.task_of(model, checkpoint)
        languages = len(study.task_targets(task))
        subwords = max(items.subwords for items in amounts.test_items(study, task))
    passes = section.items * (3 * section.steps + 2 * (section.items + section.others) * languages)
    memory = activation_memory(study, model) + int(20 * weights / 1e6)
    work = 2 * weights * subwords * passes
    return Effort(memory, minutes(work, speed(study, study.settings.activations)), work)


def board_probe(study: Study, model: str, corpus: str, **_: Any) -> Effort:
    """Estimate the board probe: games read in every language, and a regression a language and layer."""
    section, hidden = study.settings.board_probe, parameters(study, model)[0]
    moves = (section.games if section else 0) * 60
    languages = len(study.settings.corpora[corpus].languages)
    work = languages * (len(study.layers(model)) + 1) * moves * hidden * (hidden + 200 * languages)
    memory = activation_memory(study, model) + int(40 * moves * (hidden + 200) / 1e6)
    return Effort(memory, minutes(20 * work, THREAD_SPEED * study.settings.compute.threads))


def speed(study: Study, section: Activations | Concepts) -> float:
    """Give the operations a second of a section's jobs, which may use a GPU."""
    return GPU_SPEED if gpus(section) else THREAD_SPEED * study.settings.compute.threads
