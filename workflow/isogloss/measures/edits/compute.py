"""Does what is changed in one language hold in the others? Edits of a checkpoint, one item or fact at a time.

A checkpoint is tuned on one test item in one language until it says another label of it; or a causal language model on
one fact, until it answers with another word. Then the item, its paraphrase and other items are asked in every language,
and the weights are put back. XME (Beniwal et al. 2024, section 3) asks the same; here the wanted label is never the one
that was there, and what other items now say is counted too: a checkpoint that says the wanted label of everything has
learnt no fact.

What was asked after each edit is kept in an undeclared file beside the table, and a run that was interrupted goes on
with the next edit.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from torch import nn

from isogloss.errors import IsoglossError
from isogloss.files import file_digest, write_csv
from isogloss.measures.edits.questions import NOTHING, FactQuestions, LabelQuestions, Questions
from isogloss.models.families import LABELS, headless
from isogloss.models.load import folder_digest
from isogloss.ownership import Ownership
from isogloss.states.forward import Reader
from isogloss.statistics.nulls import bootstrap_means, null_summary, resamples

log = logging.getLogger(__name__)

THIRDS = ("first", "middle", "last")
COLUMNS = (
    "weights",
    "source",
    "target",
    "measure",
    "value",
    "low",
    "high",
    "null_mean",
    "null_low",
    "null_high",
    "null_p",
    "null_draws",
    "n",
    "edits",
    "skipped",
    "steps",
    "reason",
)
Row = dict[str, Any]


def write_edits(
    *,
    checkpoint: str | Path,
    test: Mapping[str, str | Path],
    source: str,
    weights: str,
    items: int,
    others: int,
    learning_rate: float,
    steps: int,
    probability: float,
    null: int,
    bootstrap: int,
    seed: int,
    token_budget: int,
    device: str,
    threads: int,
    attributes: Mapping[str, Any],
    output: str | Path,
    labels: list[str] | None = None,
    wanted: str | None = None,
    max_length: int = 128,
    answers: int | None = None,
) -> None:
    """Edit one checkpoint in one language, ask it in all; write one tidy table.

    Parameters
    ----------
    checkpoint
        Folder of a model tuned for classification; or, where there are ``answers``, of a causal language model.
    test
        For each language the Parquet file of the test items, see :func:`isogloss.tasks.items.write_items`; the same
        items in every language. Where there is a column ``paraphrase``, an item whose list of words is empty has none.
        Of a language model, the corpus whose facts are asked, see :func:`isogloss.microworld.facts.facts`.
    source
        The language to edit in.
    weights
        ``all``; or ``first``, ``middle`` or ``last``: a third of the layers, of the stack that reads.
    items, others
        How many items or facts are edited, and how many further ones are asked after each edit; drawn once.
    learning_rate, steps, probability
        Of Adam; most steps; the edit ends as soon as what is wanted is more probable than this.
    null, bootstrap, seed
        Draws, and the seed of everything that is drawn.
    token_budget
        Most subwords of a batch, padding included.
    device, threads
        See :func:`isogloss.states.extract.extract`. Numbers are float32.
    attributes
        First columns of the table.
    output
        CSV: ``weights``, ``source`` (edited in), ``target`` (asked in), ``measure`` (see :func:`score`), ``value``,
        ``low`` and ``high`` (95 %, edits resampled), ``null_mean``, ``null_low``, ``null_high``, ``null_p``,
        ``null_draws`` (empty where a measure has none), ``n`` edits that count, ``edits`` that were made, ``skipped``
        (items of which the wanted label was said already), ``steps`` (mean of an edit), and ``reason`` where there is
        no value, as of a checkpoint without a head.
    labels
        All labels of the task. The model's outputs are those that its own config.json names, in its order.
    wanted
        The label that all edits ask for; one that the model does not say, drawn for each item, where it is None.
    max_length
        Longest input of a classifier, in subwords.
    answers
        How many different answers edits of facts ask for; None of a classifier.

    Raises
    ------
    IsoglossError
        If the folder is no such model, its layers cannot be changed apart, there are too few items, or an edit is not
        finite.
    """
    torch.set_num_threads(threads)
    if answers is None and (reason := headless(checkpoint, LABELS)):
        told: Row = {"weights": weights, "source": source, "n": 0, "edits": 0, "skipped": 0, "reason": reason}
        none = [{**told, "target": target, "measure": measure}
                for target in sorted(test) for measure in measures_in(target == source)]  # fmt: skip
        write_csv(pd.DataFrame(none, columns=list(COLUMNS)), output, attributes)
        return
    count = items + others
    questions: Questions
    if answers is None:
        questions = LabelQuestions(checkpoint, test, labels, source, count, seed, max_length, token_budget, device)
        label = None if wanted is None else questions.outputs.index(wanted)
    else:
        questions = FactQuestions(checkpoint, test, source, count, answers, seed, token_budget, device)
        label = None
    editor = Editor(questions.reader, weights, learning_rate, steps, probability)
    before = questions.said()
    own = before[source][: min(items, len(questions.asked))]
    plan = wanted_answers(own, questions.asked, questions.numbers(source), label, seed)
    facts = dict(
        labels=labels, answers=answers, source=source, weights=weights, learning_rate=learning_rate, steps=steps,
        others=others,
        probability=probability, seed=seed, max_length=max_length, token_budget=token_budget, device=device,
        threads=threads, items=items, wanted=wanted, checkpoint=folder_digest(checkpoint),
        test={language: file_digest(path) for language, path in test.items()},
        versions=[torch.__version__, transformers.__version__],
    )  # fmt: skip
    partial = Path(output).with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    ownership = Ownership(partial)
    made = kept(partial, hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest())
    with partial.open("a", encoding="utf-8") as file:
        for place, answer in plan[len(made) :]:
            ownership.check()
            taken = editor.edit(questions, place, answer)
            after = questions.said()
            editor.restore()
            made.append({"steps": taken, "after": {language: found.tolist() for language, found in after.items()}})
            file.write(json.dumps(made[-1]) + "\n")
            file.flush()
            log.info("%s, %s: edit %d of %d, %d steps", source, weights, len(made), len(plan), taken)
    rows = []
    places, answered = np.array(plan, dtype=int).reshape(-1, 2).T
    for language, first in before.items():
        after = np.array([one["after"][language] for one in made], dtype=int).reshape(-1, len(first))
        found = questions.numbers(language)[answered]
        world = Asked(before=first, after=after, places=places, wanted=found, items=len(questions.asked))
        rows += score(world, language, language == source, null, bootstrap, seed)
    told = {
        "weights": weights,
        "source": source,
        "edits": len(made),
        "skipped": len(own) - len(plan),
        "steps": float(np.mean([one["steps"] for one in made])) if made else np.nan,
    }
    write_csv(pd.DataFrame([{**told, **row} for row in rows], columns=list(COLUMNS)), output, attributes)
    partial.unlink()
    ownership.release()


def wanted_answers(
    own: np.ndarray, rows: np.ndarray, numbers: np.ndarray, wanted: int | None, seed: int
) -> list[tuple[int, int]]:
    """Plan the edits: which of the items that were drawn, and which answer each shall get.

    Parameters
    ----------
    own
        ``[edits]``: what the model says of the items in the edited language.
    rows
        ``[edits or more]``: their numbers. An item's answer is drawn by its number, whatever else is edited.
    numbers
        ``[answers]``: what the model says where it says each answer.
    wanted
        The answer that is asked for; drawn among those that the model does not say where it is None.
    seed
        Of the draws.
    """
    plan = []
    for place, said_now in enumerate(own):
        others = np.flatnonzero(numbers != said_now)
        if wanted is not None:
            others = others[others == wanted]
        if len(others):
            draw = np.random.default_rng([seed, int(rows[place])]).integers(len(others))
            plan.append((place, int(others[draw])))
    return plan


class Editor:
    """Changes a checkpoint's weights for one item at a time, and puts them back.

    Parameters
    ----------
    reader
        The checkpoint.
    weights, learning_rate, steps, probability
        See :func:`write_edits`.

    Raises
    ------
    IsoglossError
        If there are no such layers to change apart from the others.
    """

    def __init__(self, reader: Reader, weights: str, learning_rate: float, steps: int, probability: float):
        self.reader, self.learning_rate, self.steps, self.probability = reader, learning_rate, steps, probability
        self.parameters = chosen_weights(reader, weights)
        for parameter in self.parameters:
            parameter.requires_grad_(True)
        self.first = [parameter.detach().clone() for parameter in self.parameters]

    def edit(self, questions: Questions, place: int, answer: int) -> int:
        """Tune on one item until it has the answer; give the number of steps that were taken.

        Raises
        ------
        IsoglossError
            If the loss stops being finite.
        """
        optimizer = torch.optim.Adam(self.parameters, lr=self.learning_rate)
        for step in range(self.steps + 1):
            loss = questions.loss(place, answer)
            if not torch.isfinite(loss):
                raise IsoglossError(
                    f"An edit became unstable: its loss is {loss.item()} after {step} steps. Lower edits.learning_rate "
                    f"(it is {self.learning_rate:g})."
                )
            if step == self.steps or torch.exp(-loss) > self.probability:
                break
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return step

    @torch.no_grad()
    def restore(self) -> None:
        """Put the weights back."""
        for parameter, values in zip(self.parameters, self.first, strict=True):
            parameter.copy_(values)


def chosen_weights(reader: Reader, weights: str) -> list[nn.Parameter]:
    """List the weights that an edit may change."""
    if weights == "all":
        return list(reader.model.parameters())
    if reader.shape.family.shared:
        raise IsoglossError(
            f"All layers of this model ({reader.shape.model_type}) have the same weights, so none can be edited by "
            "itself. Say `edits: weights: [all]`."
        )
    if len(reader.blocks) < len(THIRDS):
        raise IsoglossError(
            f"This model has {len(reader.blocks)} layers, so no {weights} third can be edited. Say "
            "`edits: weights: [all]`."
        )
    third = np.array_split(np.arange(len(reader.blocks)), len(THIRDS))[THIRDS.index(weights)]
    return [parameter for number in third for parameter in reader.blocks[number].parameters()]


def kept(partial: Path, mark: str) -> list[Row]:
    """Take up what was asked after the edits that an interrupted run had made; begin anew if the file is another's."""
    lines = partial.read_text(encoding="utf-8").splitlines(keepends=True) if partial.is_file() else []
    whole = [line for line in lines if line.endswith("\n")]
    if not whole or whole[0].strip() != mark:
        whole = [f"{mark}\n"]
    partial.write_text("".join(whole), encoding="utf-8")
    if len(whole) > 1:
        log.info("Going on after %d edits", len(whole) - 1)
    return [json.loads(line) for line in whole[1:]]


@dataclass(frozen=True)
class Asked:
    """What one language was asked before and after each edit.

    Attributes
    ----------
    before
        ``[2 × items]``: the label's number said of each item, then of each paraphrase; -1 where there is none.
    after
        ``[edits, 2 × items]``: the same after each edit.
    places, wanted
        ``[edits]``: which item was edited, and the number of the label that it was to get.
    items
        How many items are asked.
    """

    before: np.ndarray
    after: np.ndarray
    places: np.ndarray
    wanted: np.ndarray
    items: int

    def got(self, shift: int) -> np.ndarray:
        """Tell whether the edited item i got its wanted label in edit j, bool ``[i, j]``; ``shift`` to paraphrases."""
        return (self.after[:, self.places + shift] == self.wanted).T

    def counted(self, shift: int) -> np.ndarray:
        """Tell of which edited items something else was said before, bool ``[edits]``."""
        before = self.before[self.places + shift]
        return (before != NOTHING) & (before != self.wanted)

    def of_others(self) -> tuple[np.ndarray, np.ndarray]:
        """Give for each edit the share of other items that stayed, and of those not wanted before that are now.

        Returns
        -------
        locality, drift : float64 ``[edits]``
            NaN where there is nothing to take a share of.
        """
        before, after = self.before[: self.items], self.after[:, : self.items]
        other = np.arange(self.items) != self.places[:, None]
        could = other & (before != self.wanted[:, None])
        drifted = could & (after == self.wanted[:, None])
        stayed = other & (after == before)
        with np.errstate(invalid="ignore"):
            return stayed.sum(1) / other.sum(1), drifted.sum(1) / could.sum(1)


def measures_in(own: bool) -> tuple[str, ...]:
    """Name what is measured in a language; ``own`` is the one that was edited in. See :func:`score`."""
    return ("reliability" if own else "success", "generality", "specific_success", "locality", "drift")


def score(asked: Asked, language: str, own: bool, null: int, bootstrap: int, seed: int) -> list[Row]:
    """Score the edits in one language.

    ``reliability`` (in the edited language) or ``success`` (in another): the share of edited items that have the wanted
    label now, of those that had not. ``generality``: the same of paraphrases. ``locality``: the share of other items
    of which the same is said as before. ``drift``: the share of other items that have the wanted label now, of those
    that had not. ``specific_success``: reliability or success, less the drift of the same edit.

    The null of success, generality and specific success permutes the edits among those that want the same label: an
    item is asked after another item's edit.

    Parameters
    ----------
    asked
        What the language said.
    language
        Its name.
    own
        Whether it is the language that was edited in.
    null, bootstrap, seed
        Draws, and the seed of null and intervals.
    """
    rng = np.random.default_rng(seed)
    orders = orders_within(asked.wanted, null, rng)
    locality, drift = asked.of_others()
    answered, again = asked.counted(0), asked.counted(asked.items)
    item, paraphrase = asked.got(0).astype(float), asked.got(asked.items).astype(float)
    both = answered & np.isfinite(drift)
    said_before = f"{language} said the wanted label of all edited items before"
    no_paraphrase = f"no edited item has a paraphrase of which {language} said another label before"
    no_other = f"{language} said the wanted label of all other items before"
    found = (
        (item, answered, said_before),
        (paraphrase, again, no_paraphrase),
        (item - drift, both, no_other if answered.any() else said_before),
        (locality, np.isfinite(locality), ""),
        (drift, np.isfinite(drift), no_other),
    )
    rows = []
    for name, (cells, counts, reason) in zip(measures_in(own), found, strict=True):
        row: Row = {"target": language, "measure": name, "n": int(counts.sum())}
        if not row["n"]:
            reason = reason if len(asked.wanted) else "the wanted label was there already, of all items"
            rows.append({**row, "reason": reason})
            continue
        number = np.flatnonzero(counts)
        values = cells[number] if cells.ndim == 1 else cells[number, number]
        (low,), (high,) = bootstrap_means(values[:, None], resamples(len(values), bootstrap, rng))
        row |= {"value": float(values.mean()), "low": low, "high": high, "reason": ""}
        if cells.ndim == 2:
            row |= null_summary(row["value"], np.nanmean(cells[number, orders[:, number]], axis=1))
        rows.append(row)
    return rows


def orders_within(groups: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Permute things within their groups, int ``[draws, things]``: which thing stands in each one's place."""
    orders = np.tile(np.arange(len(groups)), (draws, 1))
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        orders[:, members] = rng.permuted(orders[:, members], axis=1)
    return orders
