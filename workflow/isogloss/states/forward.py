"""The one forward pass, for words, sentences and test items: batches in, pooled hidden states of every layer out.

The rows that are wanted are taken from a layer's states as soon as they are there, so that the states of all other
subwords are gone by the next layer. From a GPU they come on a stream of their own, while the next batch runs.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from isogloss.errors import IsoglossError
from isogloss.models.load import Checkpoint
from isogloss.models.words import Sentence, in_language
from isogloss.states.pooling import SENTENCE_POOLINGS, poolings_of

# From a layer's states, [sentence, subword, hidden], to what is kept of them, [vector, hidden] by name.
Pool = Callable[[torch.Tensor], dict[str, torch.Tensor]]


class Reader:
    """Runs a checkpoint's stack over batches.

    Parameters
    ----------
    loaded
        The model, with or without a head, and its tokenizer.
    stack
        ``encoder`` or ``decoder``: whose states are wanted.

    Attributes
    ----------
    poolings : tuple of str
        How sentences are pooled: the subword that stands for the whole, and the others, such as ``mean``.
    """

    def __init__(self, loaded: Checkpoint, stack: str):
        self.model, self.shape, self.stack = loaded.model, loaded.shape, stack
        self.tokenizer, self.device = loaded.tokenizer, loaded.model.device
        self.poolings = poolings_of(self.shape.family.summary, stack)
        base = loaded.model.base_model
        self.after_encoder = stack != self.shape.family.reader
        if len(self.shape.family.stacks) == 2:
            self.part = base.get_decoder() if self.after_encoder else base.get_encoder()
        else:
            self.part = base
        self.whole = base if self.after_encoder else self.part
        self.blocks = list(self.part.get_submodule(self.shape.family.blocks))
        self.copies = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None
        self.layer_by_layer = self.blocks_give_the_states()

    @torch.inference_mode()
    def blocks_give_the_states(self) -> bool:
        """Tell whether what goes into and out of the blocks is what transformers calls the hidden states."""
        few = Sentence([0, 1, 2], None, {}, 0, 0, np.arange(3))
        found: list[torch.Tensor] = []
        depth = self.shape.depths[self.stack]
        with Watch(self, range(depth + 1), found.append, by_block=True):
            output = self.call(self.whole, [few], [few] if self.after_encoder else None, output_hidden_states=True)
        states = output.decoder_hidden_states if self.after_encoder else output.hidden_states
        if states is None or len(states) != depth + 1:
            raise IsoglossError(f"The model ({self.shape.model_type}) does not give its hidden states, layer by layer.")
        if widths := {state.shape[-1] for state in states} - {self.shape.hidden}:
            raise IsoglossError(
                f"The model ({self.shape.model_type}) has states of {min(widths)} values beside those of "
                f"{self.shape.hidden}: its layers are no one space, and cannot be compared. Take another model."
            )
        return len(found) == depth + 1 and all(map(torch.equal, found, states))

    def call(self, module: nn.Module, batch: Sequence[Sentence], before: Sequence[Sentence] | None, **more: Any) -> Any:
        """Call a module on a batch, padded on the right."""
        if before is None:
            return module(**inputs_of(batch, self.tokenizer.pad_token_id, self.device), **more)
        inputs = self.inputs([sentence.ids for sentence in before])
        read = self.inputs([[self.start(sentence), *sentence.ids] for sentence in batch])
        return module(**inputs, **{f"decoder_{name}": value for name, value in read.items()}, use_cache=False, **more)

    def start(self, sentence: Sentence) -> int:
        """Give the token that a decoder starts with."""
        if self.shape.family.start_is_last:
            return sentence.ids[-1]
        return self.model.config.decoder_start_token_id

    def inputs(self, rows: Sequence[Sequence[int]]) -> dict[str, torch.Tensor]:
        """Give subwords and attention mask, each ``[sentence, subword]``."""
        return padded(rows, self.tokenizer.pad_token_id, self.device)

    @torch.inference_mode()
    def read(
        self,
        batch: Sequence[Sentence],
        pool: Pool,
        layers: Sequence[int],
        *,
        before: Sequence[Sentence] | None = None,
        head: bool = False,
    ) -> tuple["Arrival", Any]:
        """Run one batch.

        Parameters
        ----------
        batch
            What the stack reads.
        pool
            What to keep of a layer's states.
        layers
            Which layers, ascending; 0 is the embeddings. The last one is what the model returns, which has passed the
            final norm where the family has one.
        before
            For a decoder behind an encoder: what the encoder reads.
        head
            Run the model's head too.

        Returns
        -------
        vectors : Arrival
            Of the names that ``pool`` gives.
        output
            The model's own.
        """
        kept: list[dict[str, torch.Tensor]] = []
        extremes: list[torch.Tensor] = []

        def take(states: torch.Tensor) -> None:
            rows = pool(states)
            # NaN is both the least and the greatest of the values that it is among, so these two tell of all.
            extremes.extend(end for each in rows.values() if each.numel() for end in each.aminmax())
            kept.append({name: each.half() for name, each in rows.items()})

        options = {} if self.layer_by_layer else {"output_hidden_states": True}
        module = self.model if head else self.whole
        with Watch(self, layers, take, self.layer_by_layer):
            output = self.call(module, batch, before, **options)
        vectors = {name: torch.stack([rows[name] for rows in kept]) for name in kept[0]}
        ends = torch.stack(extremes) if extremes else torch.zeros(1, device=self.device)
        flags = torch.stack([torch.isfinite(ends).all(), torch.isfinite(ends.half()).all()])
        return Arrival(vectors, flags, self.copies, self.model.dtype), output

    @torch.inference_mode()
    def translate(self, batch: Sequence[Sentence], encoded: Any, max_length: int, into: str | None) -> list[str]:
        """Translate a batch greedily, from what the encoder gave for it.

        Parameters
        ----------
        batch
            The sentences.
        encoded
            The encoder's output, as :meth:`read` gives it.
        max_length
            Most subwords of a translation.
        into
            The language to translate into, for models that are told.
        """
        mask = self.inputs([sentence.ids for sentence in batch])["attention_mask"]
        written = self.model.generate(
            encoder_outputs=encoded, attention_mask=mask, do_sample=False, num_beams=1, max_new_tokens=max_length,
            **self.beginning(into),
        )  # fmt: skip
        return [text.strip() for text in self.tokenizer.batch_decode(written, skip_special_tokens=True)]

    def beginning(self, into: str | None) -> dict[str, int]:
        """Tell what a translation begins with, where the model is told its language: what it was tuned to begin with.

        Tuned on translations, a decoder reads the start and then the translation with its special tokens: of mBART the
        sign is the start, of mBART-50, NLLB and M2M-100 it comes after it.
        """
        with in_language(self.tokenizer, into, written=True) as marked:
            if not marked:
                return {}
            first, *_, last = self.tokenizer("").input_ids
        start = {"decoder_start_token_id": last} if self.shape.family.start_is_last else {}
        return start if first == self.tokenizer.eos_token_id else {**start, "forced_bos_token_id": first}


def inputs_of(batch: Sequence[Sentence], padding: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Give what a model reads of sentences: subwords, attention mask and, of some tokenizers, types of texts.

    Parameters
    ----------
    batch
        The sentences.
    padding
        The padding's subword.
    device
        Where the model is.

    Returns
    -------
    dict of Tensor of int, ``[sentence, subword]``, padded on the right
    """
    inputs = padded([sentence.ids for sentence in batch], padding, device)
    if types := [sentence.types for sentence in batch if sentence.types is not None]:
        inputs["token_type_ids"] = stacked(types, 0, device)
    return inputs


def padded(rows: Sequence[Sequence[int]], padding: int, device: torch.device) -> dict[str, torch.Tensor]:
    """Give rows of subwords and their attention mask, see :func:`inputs_of`."""
    mask = [[1] * len(row) for row in rows]
    return {"input_ids": stacked(rows, padding, device), "attention_mask": stacked(mask, 0, device)}


def stacked(rows: Sequence[Sequence[int]], padding: int, device: torch.device) -> torch.Tensor:
    """Stack rows of numbers, padded on the right, ``[row, widest]``."""
    filled = torch.full((len(rows), max(map(len, rows))), padding)
    for index, row in enumerate(rows):
        filled[index, : len(row)] = torch.as_tensor(row)
    return sent(filled, device)


class Arrival:
    """Vectors of a batch on their way into memory, in half precision as they are kept.

    From a GPU they are copied into pinned memory on a stream of its own, and whether they are sound is looked at when
    they are there: nothing waits for the device while a batch runs.

    Parameters
    ----------
    vectors
        By name, half precision, ``[layer, vector, hidden]``, on the device.
    flags
        Whether all were finite before they were halved, and whether all are since.
    copies
        The stream that copies; None where they are in memory already.
    dtype
        What the model computes in.
    """

    def __init__(
        self, vectors: dict[str, torch.Tensor], flags: torch.Tensor, copies: "torch.cuda.Stream | None", dtype: Any
    ):
        self.vectors, self.flags, self.dtype, self.copied = vectors, flags, dtype, None
        if copies is not None:
            copies.wait_stream(torch.cuda.current_stream(flags.device))
            with torch.cuda.stream(copies):
                self.vectors = {name: pinned(rows, copies) for name, rows in vectors.items()}
                self.flags = pinned(flags, copies)
            self.copied = copies.record_event()

    def arrays(self) -> dict[str, np.ndarray]:
        """Wait for the vectors.

        Returns
        -------
        dict of ndarray of float16, ``[layer, vector, hidden]``

        Raises
        ------
        IsoglossError
            If a vector is not finite or too large for half precision.
        """
        if self.copied is not None:
            self.copied.synchronize()
        finite, fits = self.flags.tolist()
        if not finite:
            raise IsoglossError(
                f"The model's hidden states hold NaN or infinity in {self.dtype}. Are its weights whole? "
                "If it was tuned here, look at its learning curve; else set activations.precision to float32."
            )
        if not fits:
            raise IsoglossError(
                "The model's hidden states are too large for half precision (65504), in which they are kept."
            )
        return {name: rows.cpu().numpy() for name, rows in self.vectors.items()}


def pinned(rows: torch.Tensor, stream: "torch.cuda.Stream") -> torch.Tensor:
    """Start a copy from the GPU into pinned memory; the GPU's memory is not used again before the copy is done."""
    memory = torch.empty(rows.shape, dtype=rows.dtype, pin_memory=True)
    memory.copy_(rows, non_blocking=True)
    rows.record_stream(stream)
    return memory


def sent(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Bring values to a device: to a GPU from pinned memory, else the program waits for all that the GPU has to do."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values.to(device)


class Watch:
    """While it is entered, hands the states of wanted layers to a function, in order.

    Parameters
    ----------
    reader
        Whose stack is run.
    layers, take
        Which layers, and what to do with the states of each.
    by_block
        Take them from the blocks as they come, instead of from the model's own list of them all.
    """

    def __init__(self, reader: Reader, layers: Sequence[int], take: Callable[[torch.Tensor], Any], by_block: bool):
        self.reader, self.layers, self.take, self.by_block = reader, set(layers), take, by_block
        self.last, self.passed = reader.shape.depths[reader.stack], 0
        self.handles: list[Any] = []

    def __enter__(self) -> None:
        for block in self.reader.blocks if self.by_block else ():
            self.handles.append(block.register_forward_pre_hook(self.enters, with_kwargs=True))
            self.handles.append(block.register_forward_hook(self.leaves))
        self.handles.append(self.reader.part.register_forward_hook(self.ends))

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def enters(self, block: nn.Module, inputs: tuple, named: Mapping[str, Any]) -> None:
        """Take the embeddings: what goes into the first block."""
        if self.passed == 0 and 0 in self.layers:
            self.take(inputs[0] if inputs else named["hidden_states"])

    def leaves(self, block: nn.Module, inputs: tuple, output: Any) -> None:
        """Take what comes out of a block, except of the last: a final norm may follow."""
        self.passed += 1
        if self.passed in self.layers and self.passed < self.last:
            self.take(output[0] if isinstance(output, tuple) else output)

    def ends(self, part: nn.Module, inputs: tuple, output: Any) -> None:
        """Take the last layer, or every one where the blocks do not tell."""
        if not self.by_block:
            for layer in sorted(self.layers):
                self.take(output.hidden_states[layer])
        elif self.last in self.layers:
            self.take(output[0])


def pool_words(
    spans: Sequence[Sequence[tuple[int, int]]], pooling: Callable, device: torch.device, shift: int = 0
) -> Pool:
    """Pool words, in the order of the sentences and their spans.

    Parameters
    ----------
    spans
        For each sentence of a batch, the subword spans of its wanted words.
    pooling
        One of :mod:`isogloss.states.pooling`.
    device
        Of the states.
    shift
        How many steps later a subword is read.
    """
    sentence = np.repeat(np.arange(len(spans)), [len(group) for group in spans])
    ends = np.array([span for group in spans for span in group], dtype=int).reshape(-1, 2)
    start, stop = pooling(ends[:, 0], ends[:, 1])
    place = sent(torch.from_numpy(sentence), device)
    first = sent(torch.from_numpy(start + shift), device)
    number = sent(torch.from_numpy(stop - start), device)
    # Which words go on, step by step, is known beforehand, so that a GPU need not be asked.
    longer = [np.flatnonzero(stop - start > step) for step in range(1, int((stop - start).max(initial=1)))]
    going = [sent(torch.from_numpy(rows), device) for rows in longer]

    def pool(states: torch.Tensor) -> dict[str, torch.Tensor]:
        # One word's subwords stand side by side, so a mean is at most as many gathers as the longest word is long.
        total = states[place, first].float()
        for step, here in enumerate(going, start=1):
            total[here] += states[place[here], first[here] + step].float()
        return {"words": total / number[:, None]}

    return pool


def pool_sentences(batch: Sequence[Sentence], poolings: Sequence[str], device: torch.device, shift: int = 0) -> Pool:
    """Pool whole sentences.

    Parameters
    ----------
    batch
        The sentences.
    poolings
        Names of :mod:`isogloss.states.pooling`.
    device, shift
        See :func:`pool_words`.
    """
    by_name = {pooling.name: pooling for pooling in SENTENCE_POOLINGS}
    widest, means = max(len(sentence.ids) for sentence in batch) + shift, {}
    for name in poolings:
        pooling = by_name[name]
        found = [np.array(list(pooling.places(len(each.ids), each.text)), dtype=np.int64) for each in batch]
        weights = [np.array([pooling.weight(place) for place in row.tolist()], dtype=np.float64) for row in found]
        means[name] = mean_of([row + shift for row in found], weights, widest, device)

    def pool(states: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: mean(states) for name, mean in means.items()}

    return pool


def mean_of(
    places: Sequence[np.ndarray], weights: Sequence[np.ndarray], widest: int, device: torch.device
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Give what averages these places of each sentence.

    Parameters
    ----------
    places
        For each sentence, where the subwords are that are averaged.
    weights
        For each sentence, what these subwords count.
    widest
        Subwords of the longest sentence.
    device
        Of the states.

    Returns
    -------
    Callable
        From states, ``[sentence, widest, hidden]``, to ``[sentence, hidden]``.
    """
    if all(len(each) == 1 for each in places):
        # One row each need not be summed up from all.
        which, one = sent(torch.arange(len(places)), device), sent(torch.from_numpy(np.concatenate(places)), device)
        return lambda states: states[which, one].float()
    shares = torch.zeros(len(places), 1, widest)
    for (row,), each, counts in zip(shares, places, weights, strict=True):
        row[each] = torch.from_numpy(counts / counts.sum()).float()
    shares = sent(shares, device)
    # The same as an einsum, which turns the states over first and takes ten times as long.
    return lambda states: torch.bmm(shares, states.float())[:, 0]


def joined(*pools: Pool) -> Pool:
    """Pool in several ways at once."""

    def pool(states: torch.Tensor) -> dict[str, torch.Tensor]:
        return {name: rows for each in pools for name, rows in each(states).items()}

    return pool
