"""Settings of this room: where a model comes from, and which of its layers count."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from isogloss.section import Count, HubId, Label, Language, Name, Revision, Section, Seed

OBJECTIVES = {
    "bert": ("naive", "tlm", "unified", "contrastive"),
    "t5": ("translation", "contrastive"),
    "gpt": ("naive", "unified"),
}


class Train(Section):
    """A small model, trained here from nothing."""

    architecture: Literal["bert", "t5", "gpt"] = Field(
        "bert", description="Encoder, encoder-decoder, or decoder alone (GPT-2)."
    )
    objective: Literal["naive", "tlm", "unified", "contrastive", "translation"] = Field(
        "naive",
        description="`naive`: masked words of single sentences. `tlm`: masked words of translation pairs too. "
        "`unified`: masked words answered with language-neutral lemmas (microworld only). `contrastive`: masked "
        "words, and parallel sentences drawn together. `translation`: for t5. Of gpt, `naive`: the next subword; "
        "`unified`: the next word in the corpus's source language, after each word.",
    )
    corpus: Name = Field(description="The corpus whose training text is used.")
    languages: list[Language] | None = Field(None, description="Only these of its languages; all if nothing is said.")
    start: Name | None = Field(
        None, description="A model of the same shape that is trained here too: its weights and subwords are the first."
    )
    layers: Count = Field(3, description="Layers (of each stack).")
    hidden: Count = Field(64, description="Width.")
    heads: Count = Field(2, description="Attention heads.")
    intermediate: Count = Field(256, description="Width of the feed-forward layers.")
    vocabulary: Annotated[int, Field(ge=50)] = Field(2500, description="Size of the subword vocabulary.")
    steps: Count = Field(2000, description="Training steps.")
    batch: Annotated[int, Field(ge=2)] = Field(64, description="Sentences a step.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(4e-3, description="Peak learning rate of AdamW.")
    seed: Seed = Field(0, description="Seed of weights and batches.")


class Random(Section):
    """A model of full size with random weights and a tokenizer trained on the spot."""

    family: Literal["bert", "xlm-roberta", "mt5"] = Field(description="Architecture.")
    corpus: Name = Field(description="The corpus whose training text the tokenizer is trained on.")
    layers: Count = Field(12, description="Layers (of each stack).")
    hidden: Count = Field(768, description="Width.")
    heads: Count = Field(12, description="Attention heads.")
    vocabulary: Annotated[int, Field(ge=50)] = Field(2000, description="Size of the subword vocabulary.")
    seed: Seed = Field(0, description="Seed of the weights.")


class ReadyMade(Section):
    """A checkpoint that was tuned elsewhere: exactly one of `folder` and `hub`.

    A whole model, with a head or without, or an adapter of PEFT (LoRA and its like), which is merged into the model.
    """

    folder: Path | None = Field(None, description="A local folder, as save_pretrained writes it.")
    hub: HubId | None = Field(None, description="Its id on the hub; needs `revision`.")
    revision: Revision | None = Field(
        None, description="The hub commit, 40 hexadecimal digits; a branch is warned about."
    )
    convert: bool = Field(
        False, description="Turn pickled weights of the hub into safetensors, where it has no others."
    )
    task: Name = Field(
        description="What it was tuned on. One of this config's `tasks` gives it impact and, with a head, transfer; "
        "any other name only stands in the tables."
    )
    source: Language = Field(description="The language that it was tuned in.")
    seed: Seed = Field(0, description="Tells checkpoints of one task and source apart; their scores are averaged.")
    labels: list[Label] | None = Field(
        None,
        min_length=2,
        description="The task's labels in the order of its outputs, where its config.json calls them otherwise "
        "(LABEL_0) or, with an adapter, there is none.",
    )


class Model(Section):
    """A model: exactly one of `train`, `random`, `folder`, `hub` and `randomised`."""

    train: Train | None = Field(None, description="Train a small one here.")
    random: Random | None = Field(None, description="Make one with random weights.")
    folder: Path | None = Field(None, description="A local folder, as save_pretrained writes it.")
    hub: HubId | None = Field(None, description="A model id on the hub; needs `revision`.")
    revision: Revision | None = Field(
        None,
        description="The hub commit, 40 hexadecimal digits. A branch is taken too, but it moves: what it stood for is "
        "written down, and warned about.",
    )
    convert: bool = Field(
        False, description="Turn a hub model's pickled weights into safetensors, where it has no others."
    )
    randomised: Name | None = Field(
        None,
        description="A control: another model of this config, with the same shape and tokenizer and all weights drawn "
        "anew. It stands beside its model.",
    )
    seed: Seed = Field(0, description="Seed of a control's weights.")
    depth: Count | None = Field(
        None,
        description="Layers (of each stack) of a hub model that was not fetched yet, where Isogloss does not know.",
    )
    family: str | None = Field(
        None, description="The family of such a model, which its config.json calls model_type: `qwen3`."
    )
    layers: Literal["all"] | list[Annotated[int, Field(ge=0)]] = Field(
        "all", description="Which layers to analyse; 0 is the embeddings."
    )
    corpora: list[Name] | None = Field(
        None, description="The corpora it is measured on; all where nothing is said, none if `[]`."
    )
    checkpoints: dict[Name, ReadyMade] = Field(
        {}, description="Checkpoints of it that were tuned elsewhere, by a name of yours, such as `nli-en`."
    )
