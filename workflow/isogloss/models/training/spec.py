"""What to train, and how."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from isogloss.errors import IsoglossError
from isogloss.models.subwords import Family

OBJECTIVES = {
    "bert": ("naive", "tlm", "unified", "contrastive"),
    "t5": ("translation", "contrastive"),
    "gpt": ("naive", "unified"),
}
PARALLEL = ("tlm", "contrastive", "translation")


@dataclass(frozen=True)
class Spec:
    """What to train, and how.

    Attributes
    ----------
    architecture
        ``bert`` (encoder), ``t5`` (encoder-decoder; ``layers`` then counts each half's) or ``gpt`` (decoder).
    objective
        For ``bert`` one of ``naive``, ``tlm``, ``unified`` and ``contrastive``; for ``t5`` ``translation`` or
        ``contrastive``; for ``gpt`` ``naive`` or ``unified``.
    layers, hidden, heads, intermediate
        The network's depth, width, attention heads and inner width.
    vocabulary
        Most entries of the tokenizer.
    steps, batch
        Optimiser steps, and sentences in each.
    learning_rate
        The peak; reached after 5 % of the steps and then falling linearly to 5 % of itself.
    pivot
        The language that every translation pair has on one side; of ``gpt`` the language of unified answers.
    contrastive_share
        Share of the steps that are contrastive (``contrastive`` only).
    translation_share
        Share of the other steps that see translation pairs (``tlm``, and all of ``t5``).
    max_length
        Longest input in pieces, special tokens included; longer training sentences are cut.
    """

    architecture: Family = "bert"
    objective: str = "naive"
    layers: int = 3
    hidden: int = 64
    heads: int = 2
    intermediate: int = 256
    vocabulary: int = 2000
    steps: int = 2000
    batch: int = 64
    learning_rate: float = 4e-3
    pivot: str = "en"
    contrastive_share: float = 0.2
    translation_share: float = 0.5
    max_length: int = 128

    @classmethod
    def read(cls, values: Mapping) -> "Spec":
        """Make a spec from a mapping, checking every value.

        Raises
        ------
        IsoglossError
            If a key is unknown or a value is not allowed.
        """
        known = {field.name: field.default for field in fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise IsoglossError(f"Unknown training setting {unknown[0]!r}; there are {', '.join(known)}.")
        for key, value in values.items():
            wanted = type(known[key])
            fits = isinstance(value, int | float if wanted is float else wanted)
            if not fits or isinstance(value, bool):
                raise IsoglossError(f"The training setting {key} must be {wanted.__name__}, not {value!r}.")
            if wanted is int and value < 1:
                raise IsoglossError(f"The training setting {key} must be at least 1, not {value}.")
        spec = cls(**values)
        if spec.architecture not in OBJECTIVES:
            raise IsoglossError(f"There is no architecture {spec.architecture!r}; choose bert, t5 or gpt.")
        if spec.objective not in OBJECTIVES[spec.architecture]:
            raise IsoglossError(
                f"A {spec.architecture} model cannot be trained with the objective {spec.objective!r}; "
                f"choose {' or '.join(OBJECTIVES[spec.architecture])}."
            )
        if spec.hidden % spec.heads:
            raise IsoglossError(f"hidden ({spec.hidden}) must be a multiple of heads ({spec.heads}).")
        if not spec.learning_rate > 0 or not math.isfinite(spec.learning_rate):
            raise IsoglossError(f"learning_rate must be above 0, not {spec.learning_rate}.")
        if not (0 <= spec.contrastive_share < 1 and 0 <= spec.translation_share <= 1):
            raise IsoglossError("contrastive_share and translation_share are shares between 0 and 1.")
        if spec.max_length < 8 or spec.batch < 4:
            raise IsoglossError("max_length must be at least 8 and batch at least 4.")
        return spec
