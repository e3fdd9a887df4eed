"""The steps of a training: batches, losses, the state that is saved and taken up."""

import hashlib
import json
import logging
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from isogloss.errors import IsoglossError
from isogloss.files import published
from isogloss.models.training.spec import Spec
from isogloss.models.training.text import IGNORED, Text

logger = logging.getLogger(__name__)

TEMPERATURE = 0.1
MASKING = {"masked": 0.2, "translation-masked": 0.3, "restored": 0.3}


class Learner:
    """The network, its optimiser and its learning curve; goes one step at a time.

    Parameters
    ----------
    model, head
        From :func:`isogloss.models.training.networks.make_model`.
    tokenizer
        The model's tokenizer.
    text
        From :func:`isogloss.models.training.text.encode`.
    spec
        What to train.
    seed
        With the step's number, decides the step's batch and masks.
    """

    def __init__(self, model: Any, head: nn.Module | None, tokenizer: Any, text: Text, spec: Spec, seed: int):
        self.model, self.head, self.text, self.spec, self.seed = model.train(), head, text, spec, seed
        self.padding, self.mask = tokenizer.pad_token_id, tokenizer.mask_token_id
        self.vocabulary = len(tokenizer)
        self.special = np.zeros(self.vocabulary, dtype=bool)
        self.special[tokenizer.all_special_ids] = True
        self.ordinary = np.flatnonzero(~self.special)
        trained = model.bert if head is not None else model
        self.modules = nn.ModuleList([trained] if head is None else [trained, head])
        self.parameters = list(self.modules.parameters())
        self.optimizer = torch.optim.AdamW(self.parameters, lr=spec.learning_rate, weight_decay=0.01, fused=True)
        self.lengths = list(text.by_length)
        sizes = np.array([len(rows) for rows in text.by_length.values()], dtype=np.float64)
        self.length_odds = sizes / sizes.sum()
        self.rows: list[tuple[int, str, float, int]] = []
        self.sums: dict[str, tuple[float, int]] = {}

    def __str__(self) -> str:
        latest = {kind: loss for _, kind, loss, _ in self.rows}
        return ", ".join(f"{kind} loss {loss:.3f}" for kind, loss in sorted(latest.items()))

    def step(self, done: int) -> int:
        """Take the step after ``done`` steps; return its number.

        Raises
        ------
        IsoglossError
            If the loss is not finite.
        """
        spec, number = self.spec, done + 1
        random = np.random.default_rng([self.seed, number])
        kind = self.kind(random)
        rate = min(1.0, 20 * number / spec.steps) * max(0.05, 1 - done / spec.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = spec.learning_rate * rate
        loss = {
            "masked": self.masked,
            "translation-masked": self.translation_masked,
            "contrastive": self.contrastive,
            "translated": self.translated,
            "restored": self.restored,
            "following": self.following,
        }[kind](random)
        value = loss.item()
        if not math.isfinite(value):
            raise IsoglossError(
                f"The training loss became {value} at step {number} of {spec.steps}. "
                f"Lower learning_rate (it is {spec.learning_rate:g}) or take another seed."
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        total, count = self.sums.get(kind, (0.0, 0))
        self.sums[kind] = (total + value, count + 1)
        if number % max(1, spec.steps // 50) == 0 or number == spec.steps:
            self.rows += [(number, kind, total / n, n) for kind, (total, n) in sorted(self.sums.items())]
            self.sums = {}
        return number

    def kind(self, random: np.random.Generator) -> str:
        """Draw the kind of the next batch."""
        spec = self.spec
        if spec.architecture == "gpt":
            return "following"
        if spec.objective == "contrastive" and random.random() < spec.contrastive_share:
            return "contrastive"
        paired = random.random() < spec.translation_share
        if spec.architecture == "t5":
            return "translated" if paired else "restored"
        return "translation-masked" if spec.objective == "tlm" and paired else "masked"

    def alike(self, random: np.random.Generator, sentences: int) -> np.ndarray:
        """Positions in ``text.pieces``, int64 [sentences, length], of sentences of one length."""
        length = self.lengths[random.choice(len(self.lengths), p=self.length_odds)]
        rows = random.choice(self.text.by_length[length], sentences)
        return self.text.starts[rows][:, None] + np.arange(length)

    def padded(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pieces of ``rows`` and where they are real, both [rows, longest]."""
        columns = np.arange(self.text.lengths[rows].max())
        real = columns < self.text.lengths[rows][:, None]
        positions = np.where(real, self.text.starts[rows][:, None] + columns, 0)
        return np.where(real, self.text.pieces[positions], self.padding), real

    def translations(self, random: np.random.Generator, pairs: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of two sides of translation pairs; the pivot is on the first side of about half of them."""
        drawn = self.text.pairs[random.integers(len(self.text.pairs), size=pairs)]
        turned = random.random(pairs) < 0.5
        return np.where(turned, drawn[:, 1], drawn[:, 0]), np.where(turned, drawn[:, 0], drawn[:, 1])

    def hide(
        self, random: np.random.Generator, pieces: np.ndarray, share: float, allowed: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mask a share of the pieces: 80 % by the mask, 10 % by another piece, 10 % left (BERT's way).

        Returns the pieces after that, and which of them are to be predicted (always at least one).
        """
        chosen = (random.random(pieces.shape) < share) & allowed
        if not chosen.any():
            candidates = np.flatnonzero(allowed)
            if len(candidates):
                chosen.flat[random.choice(candidates)] = True
        fate = random.random(pieces.shape)
        other = self.ordinary[random.integers(len(self.ordinary), size=pieces.shape)]
        hidden = np.where(chosen & (fate < 0.8), self.mask, pieces)
        return np.where(chosen & (fate >= 0.9), other, hidden), chosen

    def predicted(self, states: torch.Tensor, chosen: np.ndarray, truth: np.ndarray) -> torch.Tensor:
        """Cross-entropy of what the head says at the chosen positions only."""
        head = self.model.cls if self.head is None else self.head
        return functional.cross_entropy(head(states[torch.from_numpy(chosen)]), torch.from_numpy(truth[chosen]))

    def masked(self, random: np.random.Generator) -> torch.Tensor:
        """Masked pieces, or masked words' lemmas, of sentences of one length (no padding)."""
        positions = self.alike(random, self.spec.batch)
        pieces = self.text.pieces[positions]
        truth = pieces if self.head is None else self.text.labels[positions]
        allowed = ~self.special[pieces] if self.head is None else truth != IGNORED
        hidden, chosen = self.hide(random, pieces, MASKING["masked"], allowed)
        states = self.model.bert(input_ids=torch.from_numpy(hidden)).last_hidden_state
        if not chosen.any():  # sentences of words without a lemma teach nothing
            return states.sum() * 0.0
        return self.predicted(states, chosen, truth)

    def translation_masked(self, random: np.random.Generator) -> torch.Tensor:
        """Masked pieces of translation pairs, side by side; positions start again in the second side."""
        one, two = self.translations(random, self.spec.batch // 2)
        first, first_real = self.padded(one)
        second, second_real = self.padded(two)
        # The second side keeps its end mark but not its beginning mark.
        pieces = np.concatenate([first, second[:, 1:]], axis=1)
        real = np.concatenate([first_real, second_real[:, 1:]], axis=1)
        places = np.concatenate([np.arange(first.shape[1]), np.arange(1, second.shape[1])])
        hidden, chosen = self.hide(random, pieces, MASKING["translation-masked"], real & ~self.special[pieces])
        states = self.model.bert(
            input_ids=torch.from_numpy(hidden),
            attention_mask=torch.from_numpy(real.astype(np.int64)),
            position_ids=torch.from_numpy(places)[None],
        ).last_hidden_state
        return self.predicted(states, chosen, pieces)

    def contrastive(self, random: np.random.Generator) -> torch.Tensor:
        """InfoNCE between the mean vectors of parallel sentences, both ways."""
        sides = self.translations(random, self.spec.batch // 2)
        pieces, real = self.padded(np.concatenate(sides))
        mask = torch.from_numpy(real.astype(np.int64))
        encoder = self.model.bert if self.spec.architecture == "bert" else self.model.encoder
        states = encoder(input_ids=torch.from_numpy(pieces), attention_mask=mask).last_hidden_state
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        one, two = functional.normalize(means, dim=-1).chunk(2)
        likeness = one @ two.T / TEMPERATURE
        truth = torch.arange(len(one))
        return 0.5 * (functional.cross_entropy(likeness, truth) + functional.cross_entropy(likeness.T, truth))

    def translated(self, random: np.random.Generator) -> torch.Tensor:
        """A sentence from its translation, teacher-forced."""
        one, two = self.translations(random, self.spec.batch)
        source, source_real = self.padded(one)
        target, target_real = self.padded(two)
        return self.forced(source, source_real, target, target_real)

    def restored(self, random: np.random.Generator) -> torch.Tensor:
        """A whole sentence from one with masked pieces, teacher-forced; only the masked pieces count."""
        pieces = self.text.pieces[self.alike(random, self.spec.batch)]
        hidden, chosen = self.hide(random, pieces, MASKING["restored"], ~self.special[pieces])
        return self.forced(hidden, np.ones_like(chosen), pieces, chosen)

    def forced(
        self, source: np.ndarray, source_real: np.ndarray, target: np.ndarray, counted: np.ndarray
    ) -> torch.Tensor:
        """Cross-entropy of the target's counted pieces, each given the source and the pieces before it."""
        mask = torch.from_numpy(source_real.astype(np.int64))
        encoded = self.model.encoder(input_ids=torch.from_numpy(source), attention_mask=mask).last_hidden_state
        before = np.concatenate([np.full_like(target[:, :1], self.padding), target[:, :-1]], axis=1)
        states = self.model.decoder(
            input_ids=torch.from_numpy(before),
            encoder_hidden_states=encoded,
            encoder_attention_mask=mask,
            use_cache=False,
        ).last_hidden_state
        # The output layer is by far the dearest, so it only sees the positions that count.
        wanted = states[torch.from_numpy(counted)] * self.model.model_dim**-0.5
        return functional.cross_entropy(self.model.lm_head(wanted), torch.from_numpy(target[counted]))

    def following(self, random: np.random.Generator) -> torch.Tensor:
        """What is to be said after each piece of sentences of any length."""
        rows = random.integers(len(self.text.lengths), size=self.spec.batch)
        pieces, real = self.padded(rows)
        positions = np.where(real, self.text.starts[rows][:, None] + np.arange(pieces.shape[1]), 0)
        truth = np.where(real, self.text.labels[positions], IGNORED)
        # No piece sees what is padded behind it.
        states = self.model.transformer(input_ids=torch.from_numpy(pieces), use_cache=False).last_hidden_state
        asked = truth != IGNORED
        said = self.model.lm_head(states[torch.from_numpy(asked)])
        return functional.cross_entropy(said, torch.from_numpy(truth[asked]))

    def save(self, path: Path, mark: str, step: int) -> None:
        """Save the state after ``step`` steps to ``path``, atomically."""
        tensors = {}
        for index, parameter in enumerate(self.parameters):
            tensors[f"{index}.weight"] = parameter.detach()
            for key, value in self.optimizer.state[parameter].items():
                tensors[f"{index}.{key}"] = value
        facts = {"mark": mark, "step": step, "rows": self.rows, "sums": self.sums}
        with published(path) as draft:
            save_file(tensors, draft, metadata={"state": json.dumps(facts)})

    def resume(self, path: Path, mark: str) -> int:
        """Take up the state at ``path`` if it belongs to this run; return its step, or 0."""
        if not path.exists():
            return 0
        try:
            with safe_open(path, framework="pt") as file:
                facts = json.loads((file.metadata() or {}).get("state", "{}"))
                if facts.get("mark") != mark:
                    logger.info("%s belongs to another training and is not used", path)
                    return 0
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            logger.info("%s is damaged (%s) and is not used", path, error)
            return 0
        for index, parameter in enumerate(self.parameters):
            parameter.data.copy_(tensors.pop(f"{index}.weight"))
        for name, value in tensors.items():
            index, key = name.split(".")
            self.optimizer.state[self.parameters[int(index)]][key] = value
        self.rows = [tuple(row) for row in facts["rows"]]
        self.sums = {kind: (total, count) for kind, (total, count) in facts["sums"].items()}
        return facts["step"]

    def curve(self) -> pd.DataFrame:
        """The learning curve: step, kind of batch, mean loss since the row before, number of batches."""
        return pd.DataFrame(self.rows, columns=["step", "kind", "loss", "batches"])


def fingerprint(spec: Spec, tokenizer: Any, text: Text, seed: int, threads: int, start: str | None) -> str:
    """Digest of all that decides the weights, so that a saved state is only taken up by its own run."""
    digest = hashlib.sha256()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__, "numpy": np.__version__}
    facts = {**asdict(spec), "seed": seed, "threads": threads, "start": start, **versions}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(tokenizer.backend_tokenizer.to_str().encode())
    for array in (text.pieces, text.labels, text.lengths, text.pairs):
        digest.update(array.tobytes())
    return digest.hexdigest()
