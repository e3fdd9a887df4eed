"""Realignment: linked words of parallel sentences are drawn together, before or during fine-tuning.

Gaschi et al. 2023, "Exploring the relationship between alignment and cross-lingual transfer in multilingual
transformers", section 4; halves of the model frozen meanwhile: Bakos et al. 2025, AlignFreeze.

What is random in it comes from generators of its own, seeded with the seed and the step's number. So the fine-tuning
draws what it draws without, and a run that was interrupted goes on where it stopped: the batch of a step follows from
its number.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from transformers import Seq2SeqTrainer, Trainer

from isogloss.errors import IsoglossError
from isogloss.files import SavePace, published, read_parquet
from isogloss.models.load import Checkpoint
from isogloss.models.words import Sentence, check_subwords, read_sentences, set_language
from isogloss.ownership import Ownership
from isogloss.states.forward import inputs_of
from isogloss.text.word_alignment import unflatten

log = logging.getLogger(__name__)

BATCH, WIDTH, TEMPERATURE = 16, 128, 0.1
# What a generator is for, beside its seed.
PROJECTION, ORDER, DROPOUT, CHANCE = range(4)
STATE = "realigned.pt"
Links = list[tuple[int, int]]


@dataclass(frozen=True)
class Pair:
    """A sentence in two languages, with the subwords at which its words begin.

    Attributes
    ----------
    sides
        Source and target.
    firsts
        Of each side, the first subword of every word that has one.
    links
        Pairs of places in ``firsts``.
    """

    sides: tuple[Sentence, Sentence]
    firsts: tuple[list[int], list[int]]
    links: Links


def clean(links: Links, source: Sequence[str], target: Sequence[str]) -> Links:
    """Keep links whose two words have no other, and are not written alike."""
    sources, targets = ([link[side] for link in links] for side in (0, 1))
    return [(i, j) for i, j in links if sources.count(i) == targets.count(j) == 1 and source[i] != target[j]]


def lexicon_links(source: Sequence[str], target: Sequence[str], translations: Mapping[str, set[str]]) -> Links:
    """Link by a lexicon: a word of which one translation is in the target sentence, once, and translates no other word.

    Parameters
    ----------
    source, target
        Words of the two sentences.
    translations
        Of source words.
    """
    found = [[j for j, word in enumerate(target) if word in translations.get(mine, ())] for mine in source]
    claims = [j for places in found for j in places]
    return [(i, places[0]) for i, places in enumerate(found) if len(places) == 1 and claims.count(places[0]) == 1]


def random_links(
    links: Sequence[Links], lengths: Sequence[int], rng: np.random.Generator
) -> tuple[list[int], list[Links]]:
    """Give each sentence another's translation, and each linked word a random word of that.

    Parameters
    ----------
    links
        Of each sentence pair.
    lengths
        Words of each target sentence.
    rng
        Where chance comes from.

    Returns
    -------
    partners : list of int
        Whose translation each sentence gets: never its own, if there are two.
    links : list
        As many as before, as far as the partner has words.
    """
    order = rng.permutation(len(links))
    partners = np.empty(len(links), dtype=int)
    partners[order] = np.roll(order, 1)
    drawn = []
    for mine, partner in zip(links, partners, strict=True):
        places = rng.permutation(lengths[partner])[: len(mine)]
        drawn.append([(i, int(j)) for (i, _), j in zip(mine, places, strict=False)])
    return partners.tolist(), drawn


def read_pairs(
    loaded: Checkpoint,
    texts: Mapping[str, str | Path],
    links: Mapping[str, str | Path],
    how: str,
    max_length: int,
    seed: int,
    language: str | None,
) -> list[list[Pair]]:
    """Read the sentence pairs of every target language that have a link.

    Parameters
    ----------
    loaded
        The model and its tokenizer.
    texts
        Corpus files by language, the source's first.
    links
        By target language the alignment file, or the lexicon.
    how
        ``alignment``, ``lexicon`` or ``random``.
    max_length
        Longest sentence in subwords.
    seed
        Of random links.
    language
        What the tokenizer is set to afterwards.

    Returns
    -------
    list of list
        A list a target language; those without any link are left out.
    """
    corpora, read, source = {}, {}, next(iter(texts))
    for name, path in texts.items():
        corpora[name] = read_parquet(path, ("sentence", "words")).set_index("sentence")
        set_language(loaded.tokenizer, name)
        words = [list(row) for row in corpora[name].words]
        running = list(corpora[name].text) if "text" in corpora[name] else None
        found = read_sentences(loaded.tokenizer, words, max_length, texts=running)
        embeddings = len(loaded.model.get_input_embeddings().weight)
        check_subwords(loaded.tokenizer, embeddings, found, f"The tokenizer on {path}", must_know=False)
        read[name] = dict(zip(corpora[name].index, found, strict=True))
    set_language(loaded.tokenizer, language)
    pairs = []
    for number, (target, path) in enumerate(links.items()):
        mine, theirs = corpora[source].words, corpora[target].words
        linked = read_links(path, how, mine, theirs)
        numbers, chosen = list(linked), list(linked.values())
        partners = numbers
        if how == "random":
            rng = np.random.default_rng([seed, CHANCE, number])
            order, chosen = random_links(chosen, [len(theirs.loc[one]) for one in numbers], rng)
            partners = [numbers[place] for place in order]
        of_target = [
            pair_of(read[source][one], read[target][other], clean(found, mine.loc[one], theirs.loc[other]))
            for one, other, found in zip(numbers, partners, chosen, strict=True)
        ]
        pairs.append([pair for pair in of_target if pair.links])
    log.info("Sentence pairs with links: %s", dict(zip(links, map(len, pairs), strict=True)))
    return [one for one in pairs if one]


def read_links(path: str | Path, how: str, source: pd.Series, target: pd.Series) -> dict[int, Links]:
    """Give the links of each sentence by its number, from an alignment file or by a lexicon."""
    if how != "lexicon":
        table = read_parquet(path, ("sentence", "links"))
        return {int(one): unflatten(flat) for one, flat in zip(table.sentence, table.links, strict=True)}
    table = read_parquet(path, ("source", "target"))
    translations = table.groupby("source").target.agg(set).to_dict()
    both = source.index.intersection(target.index)
    return {int(one): lexicon_links(source.loc[one], target.loc[one], translations) for one in both}


def pair_of(source: Sentence, target: Sentence, links: Links) -> Pair:
    """Put a pair together; links of words without a subword of their own are lost."""
    firsts = [side.first_subwords() for side in (source, target)]
    places = [{word: place for place, word in enumerate(first)} for first in firsts]
    kept = [(places[0][i], places[1][j]) for i, j in links if i in places[0] and j in places[1]]
    return Pair((source, target), (list(firsts[0].values()), list(firsts[1].values())), kept)


def realignment_loss(vectors: torch.Tensor, links: torch.Tensor) -> torch.Tensor:
    """Give the contrastive loss of linked words.

    Parameters
    ----------
    vectors
        Projected vectors of all words of both sides of a batch, ``[word, width]``.
    links
        Places of the words of each link, ``[link, 2]``.

    Returns
    -------
    Tensor
        Mean negative log-likelihood of the partner of every linked word of either side, by the softmax of cosine / 0.1
        over all words but itself: the *strong* loss of Gaschi et al. 2023, section 4.
    """
    unit = functional.normalize(vectors, dim=1)
    asked = torch.cat([links[:, 0], links[:, 1]])
    similar = unit[asked] @ unit.T / TEMPERATURE
    similar = similar.scatter(1, asked[:, None], float("-inf"))
    return functional.cross_entropy(similar, torch.cat([links[:, 1], links[:, 0]]))


def derived(seed: int, *what: int) -> int:
    """Derive a seed for one purpose."""
    return int(np.random.SeedSequence([seed, *what]).generate_state(1)[0])


@contextmanager
def own_stream(seed: int, device: torch.device) -> Iterator[None]:
    """Draw from a stream of its own, and leave the shared one where it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


class Realigner:
    """Adds the gradients of the realignment's loss to a model's.

    Parameters
    ----------
    loaded
        The model and its tokenizer.
    pairs
        See :func:`read_pairs`.
    convention
        ``paper``: the last layer's states; ``released``: those that the released code takes, of the last layer but one.
    weight
        Of the loss.
    half
        ``lower`` (with the embeddings) or ``upper``: the layers that the loss leaves as they are; None for neither.
    seed
        Of the projection, the order of the sentences, and dropout.

    Attributes
    ----------
    projection : Module
        h → Linear(d, d) → ReLU → Linear(d, 128), without biases.
    moves : bool
        Whether the loss reaches any layer, or the embeddings, that may move.
    """

    def __init__(
        self,
        loaded: Checkpoint,
        pairs: Sequence[Sequence[Pair]],
        *,
        convention: str,
        weight: float,
        half: str | None,
        seed: int,
    ):
        self.model, self.tokenizer, self.pairs, self.weight, self.seed = (
            loaded.model,
            loaded.tokenizer,
            pairs,
            weight,
            seed,
        )
        base, family = loaded.model.base_model, loaded.shape.family
        self.stack = base.get_encoder() if len(family.stacks) == 2 else base
        depth = loaded.shape.depths[family.reader]
        self.layer = depth - (convention == "released")
        self.still = half_of(loaded, self.stack, half)
        below = [loaded.model.base_model.get_input_embeddings()]
        below += list(self.stack.get_submodule(family.blocks))[: self.layer]
        fixed = {id(parameter) for parameter in self.still}
        self.moves = any(one.requires_grad and id(one) not in fixed for part in below for one in part.parameters())
        self.order = lru_cache(maxsize=2 * len(pairs))(self.new_order)
        with own_stream(derived(seed, PROJECTION), torch.device("cpu")):
            width = loaded.shape.hidden
            self.projection = nn.Sequential(
                nn.Linear(width, width, bias=False), nn.ReLU(), nn.Linear(width, WIDTH, bias=False)
            )

    def to(self, device: str | torch.device) -> "Realigner":
        """Move what is not the model's."""
        self.projection.to(device)
        return self

    def new_order(self, language: int, epoch: int) -> np.ndarray:
        """Shuffle a language's pairs for one passage."""
        return np.random.default_rng([self.seed, ORDER, language, epoch]).permutation(len(self.pairs[language]))

    def batch(self, step: int) -> list[Pair]:
        """Give the pairs of a step, the languages in turn."""
        chosen = []
        for number in range(step * BATCH, (step + 1) * BATCH):
            turn, language = divmod(number, len(self.pairs))
            epoch, place = divmod(turn, len(self.pairs[language]))
            chosen.append(self.pairs[language][self.order(language, epoch)[place]])
        return chosen

    def loss(self, batch: Sequence[Pair]) -> torch.Tensor:
        """Give the loss of a batch of pairs."""
        device = self.model.device
        sentences = [pair.sides[side] for side in (0, 1) for pair in batch]
        firsts = [pair.firsts[side] for side in (0, 1) for pair in batch]
        begin = np.concatenate([[0], np.cumsum([len(places) for places in firsts])])
        links = [
            (begin[number] + i, begin[len(batch) + number] + j)
            for number, pair in enumerate(batch)
            for i, j in pair.links
        ]
        inputs = inputs_of(sentences, self.tokenizer.pad_token_id, device)
        states = self.stack(**inputs, output_hidden_states=True).hidden_states[self.layer]
        rows = torch.tensor(np.repeat(np.arange(len(firsts)), [len(places) for places in firsts]), device=device)
        places = torch.tensor(np.concatenate(firsts).astype(int), device=device)
        return realignment_loss(
            self.projection(states[rows, places].float()), torch.tensor(np.array(links), device=device)
        )

    def add_gradients(self, step: int) -> float:
        """Add a step's gradients to the model's, and give the projection its own; give the loss.

        Parameters
        ----------
        step
            How many steps were done before.
        """
        self.projection.zero_grad()
        thawed = [parameter for parameter in self.still if parameter.requires_grad]
        for parameter in thawed:
            parameter.requires_grad_(False)
        with own_stream(derived(self.seed, DROPOUT, step), self.model.device):
            loss = self.loss(self.batch(step))
        (self.weight * loss).backward()
        for parameter in thawed:
            parameter.requires_grad_(True)
        return float(loss.detach())

    def run(self, steps: int, learning_rate: float, partial: Path, save_seconds: float, ownership: Ownership) -> None:
        """Realign before fine-tuning: so many steps of Adam at a constant rate, saving the state by the clock.

        Parameters
        ----------
        steps, learning_rate
            As many as the fine-tuning has, and its peak.
        partial
            Folder of the saved state, from which it goes on.
        save_seconds
            Least seconds between two saves, see :class:`isogloss.files.SavePace`.
        ownership
            Of the folder.

        Raises
        ------
        IsoglossError
            If the loss stops being finite.
        """
        moved = [parameter for parameter in self.stack.parameters() if parameter.requires_grad]
        optimizer = torch.optim.Adam([*moved, *self.projection.parameters()], lr=learning_rate, fused=True)
        parts = {"model": self.model, "projection": self.projection, "optimizer": optimizer}
        file, done = partial / STATE, 0
        if file.is_file():
            saved = torch.load(file, map_location=self.model.device, weights_only=True)
            done = saved["done"]
            for name, part in parts.items():
                part.load_state_dict(saved[name])
            log.info("Going on with the realignment after step %d of %d", done, steps)
        self.model.train()
        pace = SavePace(save_seconds)
        for step in range(done, steps):
            optimizer.zero_grad()
            loss = self.add_gradients(step)
            if not np.isfinite(loss):
                raise IsoglossError(
                    f"The realignment became unstable: its loss is {loss} at step {step + 1} of {steps}. Lower "
                    f"learning_rate (it is {learning_rate:g}), or take another seed."
                )
            optimizer.step()
            if (step + 1) % max(1, steps // 10) == 0:
                log.info("realignment, step %d of %d, loss %.3f", step + 1, steps, loss)
            if pace.due() or step + 1 == steps:
                ownership.check()
                with pace.saving(), published(file) as draft:
                    torch.save({"done": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, draft)
        self.model.zero_grad()


def half_of(loaded: Checkpoint, stack: Any, half: str | None) -> list[nn.Parameter]:
    """List the weights of the lower half of a stack's layers, with the embeddings, or of the upper one."""
    if half is None:
        return []
    blocks = list(stack.get_submodule(loaded.shape.family.blocks))
    middle = len(blocks) // 2
    if half == "upper":
        return [parameter for block in blocks[middle:] for parameter in block.parameters()]
    inner = loaded.model.base_model
    below = getattr(inner, "embeddings", inner.get_input_embeddings())
    return [parameter for part in (below, *blocks[:middle]) for parameter in part.parameters()]


class RealigningTrainer(Trainer):
    """A Trainer that realigns with every step.

    The projection has a group of its own in the optimiser, with the fine-tuning's learning rate, and is not clipped.
    """

    realigner: Realigner

    def training_step(self, *inputs: Any, **more: Any) -> torch.Tensor:
        """Add the realignment's gradients to those of the task; the loss in the curve is the task's."""
        loss = super().training_step(*inputs, **more)
        self.realigner.add_gradients(self.state.global_step)
        return loss

    def create_optimizer(self, *inputs: Any, **more: Any) -> torch.optim.Optimizer:
        """Add the projection to the optimiser."""
        new = self.optimizer is None
        optimizer = super().create_optimizer(*inputs, **more)
        if new:
            optimizer.add_param_group({"params": list(self.realigner.projection.parameters()), "weight_decay": 0.0})
        return optimizer

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        super()._save_optimizer_and_scheduler(output_dir)
        save_file(self.realigner.projection.state_dict(), Path(output_dir) / "projection.safetensors")

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint:
            self.realigner.projection.load_state_dict(load_file(Path(checkpoint) / "projection.safetensors"))


class RealigningSeq2SeqTrainer(RealigningTrainer, Seq2SeqTrainer):
    """The same for tasks that translate."""
