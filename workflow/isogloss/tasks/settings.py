"""Settings of this room: what models are fine-tuned on."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from isogloss.section import Count, HubId, Label, Language, Name, Revision, Section, Seed, Share, placeholders
from isogloss.tasks.kinds import KINDS
from isogloss.text import presets
from isogloss.text.settings import FOUND, NAMES, PRESET, SEGMENTATION, Segmentation

FileName = Annotated[str, placeholders("language")]
FilePattern = Annotated[str, placeholders("language", "pair")]
ColumnName = Annotated[str, placeholders("language", "into")]
PARAPHRASE = (
    "Column of the test items: the text, of pairs the second one, said in other words, for edits; empty where there is "
    "none."
)

# What the checkpoint is called whose weights are all tuned; no variant may have this name.
WHOLE = "whole"
# What items may lack, see `isogloss.tasks.altered`.
SHUFFLED = ("shuffled-1", "shuffled-2", "shuffled-3")
OTHER_FIRST = "other-first"
EMPTIED = ("first-empty", "second-empty")
CONTROLS = (*SHUFFLED, OTHER_FIRST, *EMPTIED)
Fraction = Annotated[float, Field(gt=0, le=1)]


def at(fraction: float) -> str:
    """Name the variant that a fine-tuning is at a fraction of its steps: ``at0-3``, or ``whole`` at the end."""
    return WHOLE if fraction == 1 else f"at{Decimal(str(fraction)):f}".replace(".", "-")


def also_a_list(schema: dict[str, Any]) -> None:
    """Tell editors that a list is taken too: :func:`isogloss.config.read.one_language_each` parts it."""
    schema["anyOf"].append({"type": "array", "items": schema["anyOf"][0]})


def checkpoint_name(task: str, source: str, seed: int, variant: str) -> str:
    """Name a checkpoint that is tuned here. The name never depends on what else the config has."""
    ending = "" if variant == WHOLE else f"-{variant}"
    return f"{task}-{source}-seed{seed}{ending}"


class MicroworldTask(Section):
    """Items of the embedded grammar, whose right answers are known."""

    kind: Literal["microworld"]
    task: Literal["sentiment", "inference", "entities", "translation"] = Field(description="Which task.")
    languages: list[Language] = Field(min_length=2, description="The languages to make.")
    train: Count = Field(3000, description="Training items of each language.")
    validation: Count = Field(200, description="Items of each language that the learning curve is measured on.")
    test: Count = Field(400, description="Test items, the same in every language.")
    seed: Seed = Field(3, description="Seed of the items.")
    corpus: Name | None = Field(
        None, description="A microworld corpus with `anchors`: the items are said with the same ones."
    )


class TableTask(Section):
    """The user's own items: files for each language and split, read by the endings of their names.

    Parquet, CSV, TSV, JSONL; CoNLL, CoNLL-U, WikiANN's form; each may be compressed (`.gz`).
    """

    kind: Literal["table"]
    languages: list[Language] = Field(min_length=1, description="The languages.")
    names: dict[Language, str] = Field({}, description=NAMES)
    train: FileName = Field(
        description="Path of the training items, with `{language}` in it, or in `text` where each language has a "
        "column of one file. Sources need one."
    )
    validation: FileName | None = Field(
        None, description="Path of the validation items; where nothing is said, every tenth training item."
    )
    test: FileName = Field(
        description="Path of the test items, with `{language}` in it; the same items in every language."
    )
    text: ColumnName = Field(
        "text",
        description="Column of the text, or of its list of words; here and below, after a dot the key of a dictionary, "
        "with `{language}` and `{into}` where languages have their own.",
    )
    other_text: ColumnName | None = Field(
        None, description="Column of the second text: a hypothesis, or the translation."
    )
    paraphrase: ColumnName | None = Field(None, description=PARAPHRASE)
    label: ColumnName = Field("label", description="Column of the label, or of the list of tags, one a word.")
    labels: list[Label] | None = Field(
        None,
        min_length=2,
        description="All labels or tags, in the order of their numbers where the tables have numbers. Translation has "
        "none.",
    )
    same_items: bool = Field(
        True,
        description="Whether the test items of all languages are the same, in the same order. Where they are not, the "
        "languages' spaces are not compared.",
    )
    segmentation: Segmentation = Field({}, description=f"{SEGMENTATION} Lists of words are taken as they are.")


class GettextTask(Section):
    """Which program a message is of: human translations from this machine's gettext catalogues.

    Messages that are nearly the same are all in one split, and those of several programs in none.
    """

    kind: Literal["gettext"]
    languages: list[Language] = Field(min_length=2, description="The languages; a message must be in all of them.")
    labels: list[str] = Field(min_length=2, description="The programs: names of catalogues, such as `coreutils`.")
    folder: Path = Field(Path("/usr/share/locale"), description="Where the catalogues are.")
    names: dict[Language, str] = Field({}, description=NAMES)
    min_words: Count = Field(4, description="Shorter messages are left out.")
    max_words: Count = Field(40, description="Longer messages are left out.")
    similarity: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="Share of two messages' words that both have (Jaccard) from which they are nearly the same."
    )
    train: Count = Field(100, description="Training items of each program.")
    validation: Count = Field(20, description="Validation items of each program.")
    test: Count = Field(50, description="Test items of each program, the same in every language.")


class HubTask(Section):
    """Items of a data set of the hub."""

    model_config = ConfigDict(json_schema_extra=presets.without_required)

    kind: Literal["hub"]
    preset: Literal[tuple(presets.TASKS)] | None = Field(  # type: ignore[valid-type]  # from the list
        None, description=PRESET
    )
    languages: list[Language] = Field(min_length=1, description="The languages.")
    repository: HubId = Field(description="Its id, such as `facebook/xnli`.")
    revision: Revision = Field(description="The commit, 40 hexadecimal digits; a branch is warned about.")
    names: dict[Language, str] = Field({}, description=FOUND)
    train: FilePattern = Field(
        description="The Parquet files of the training items: a pattern with `{language}` in it, or, of a translation, "
        "`{pair}`: the two names in the order of the alphabet."
    )
    validation: FilePattern | None = Field(None, description="Of the validation items; else every tenth training item.")
    test: FilePattern = Field(description="Of the test items, the same in every language.")
    text: ColumnName = Field(
        "text",
        description="Column of the text, or of its list of words; here and below, after a dot what is nested, with "
        "`{language}` and `{into}` where languages have their own.",
    )
    other_text: ColumnName | None = Field(
        None, description="Column of the second text: a hypothesis, or the translation."
    )
    paraphrase: ColumnName | None = Field(None, description=PARAPHRASE)
    label: ColumnName = Field("label", description="Column of the label, or of the list of tags, one a word.")
    labels: list[Label] | None = Field(
        None, min_length=2, description="All labels or tags, by the names that the files give their numbers."
    )
    same_items: bool = Field(
        True,
        description="Whether the test items of all languages are the same, in the same order. Where they are not, the "
        "languages' spaces are not compared.",
    )
    segmentation: Segmentation = Field({}, description=f"{SEGMENTATION} Lists of words are taken as they are.")

    @model_validator(mode="before")
    @classmethod
    def fill_preset(cls, content: Any) -> Any:
        """Fill in what the preset stands for."""
        return presets.filled(content, presets.TASKS)


ITEM_SOURCES: list[type[Section]] = [MicroworldTask, GettextTask, TableTask, HubTask]


class Realign(Section):
    """Linked words of parallel sentences are drawn together (Gaschi et al. 2023; AlignFreeze, Bakos et al. 2025)."""

    when: Literal["before", "during"] = Field(
        description="Before fine-tuning, for as many steps at a constant learning rate; or with each of its steps."
    )
    corpus: Name = Field(description="The corpus whose sentence pairs are used, all its targets in turn.")
    links: Literal["alignment", "lexicon", "random"] = Field(
        "alignment",
        description="Which words are linked: as the corpus's `word_alignment` says (`gold`, `eflomal`, `given`); by "
        "its lexicon, where one word alone is a translation; or, as a null, random words of another sentence.",
    )
    weight: Annotated[float, Field(ge=0)] | None = Field(
        None, description="Of its loss; where nothing is said 1 before fine-tuning, and 0.1 during it."
    )
    half: Literal["lower", "upper"] | None = Field(
        None, description="The half of the layers that realignment leaves as they are; `lower` with the embeddings."
    )
    convention: Literal["paper", "released"] = Field(
        "paper", description="The last layer's states; or those of the last but one, which the released code takes."
    )

    @property
    def strength(self) -> float:
        """The weight of its loss."""
        return {"before": 1.0, "during": 0.1}[self.when] if self.weight is None else self.weight


class Variant(Section):
    """Another way of tuning: weights that stay as they were, words that are realigned, or both."""

    sources: list[Language] | None = Field(
        None, min_length=1, description="The task's source languages that it is for; all where nothing is said."
    )

    layers: Literal["measured"] | list[Count] = Field(
        "measured",
        description="Encoder layers to freeze, 1 is the first; or `measured`: the ones whose impact goes down most "
        "with distance, as the checkpoints that are tuned whole show. None where `realign` stands and nothing is said.",
    )
    count: Count = Field(1, description="How many layers `measured` takes.")
    distance: str = Field("syntactic", description="The distance that `measured` and near and far go by.")
    embeddings: bool = Field(False, description="Freeze the embeddings too.")
    realign: Realign | None = Field(None, description="Draw linked words together.")

    @model_validator(mode="before")
    @classmethod
    def freeze_nothing_more(cls, values: Any) -> Any:
        """A variant that realigns freezes what it names, and nothing by default."""
        return {"layers": [], **values} if isinstance(values, dict) and values.get("realign") else values

    @property
    def meaning(self) -> tuple:
        """What tells its checkpoints from those of another variant; empty if they are those that are tuned whole."""
        layers = self.layers
        frozen = (layers, self.count, self.distance) if isinstance(layers, str) else tuple(sorted(set(layers)))
        realigned = ()
        if self.realign and self.realign.strength:
            realigned = tuple({**self.realign.model_dump(), "weight": self.realign.strength}.items())
        parts = (frozen, self.embeddings, realigned)
        return parts if any(parts) else ()


class Task(Section):
    """What models are fine-tuned on, in one source language at a time, and tested on in all."""

    kind: Literal[tuple(kind.name for kind in KINDS)] = Field(  # type: ignore[valid-type]  # from the list
        description="What is predicted."
    )
    data: Annotated[MicroworldTask | GettextTask | HubTask | TableTask, Field(discriminator="kind")] = Field(
        description="The items."
    )
    models: list[Name] = Field(
        description="The models to tune; none (`[]`) where ready-made checkpoints of the task are tested alone."
    )
    sources: list[Language] = Field(min_length=1, description="Source languages: each gives a checkpoint of its own.")
    targets: list[Language] | None = Field(
        None, min_length=1, description="Languages to test on; all where nothing is said."
    )
    into: Language | None = Field(
        None,
        description="For translation: the language to translate into. Of several, as a list, each makes a task of its "
        "own, called NAME-LANGUAGE.",
        json_schema_extra=also_a_list,
    )
    tag_measure: Literal["entity_f1", "accuracy"] = Field(
        "entity_f1",
        description="How tags are scored: by F1 of entities, which needs O, B-X and I-X, or by accuracy of words.",
    )
    seeds: list[Seed] = Field([0], min_length=1, description="Seeds of head, order and dropout; each a checkpoint.")
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training items.")
    batch: Count = Field(32, description="Items a step.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak of AdamW, falling linearly to 0.")
    warmup: Share = Field(0.0, description="Share of the steps in which the learning rate rises.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.0, description="Of AdamW.")
    max_length: Annotated[int, Field(ge=8)] = Field(128, description="Longest input in subwords; longer ones are cut.")
    variants: dict[Name, Variant] = Field(
        {}, description="Further checkpoints beside the one that is tuned whole: with frozen layers, or realigned."
    )
    trajectory: list[Fraction] = Field(
        [],
        description="Fractions of the steps at which the fine-tuning of the whole model is looked at; each is a "
        "checkpoint of its own, 1 is the one that is there anyway.",
    )
    controls: list[Literal["shuffled-1", "shuffled-2", "shuffled-3", "first-empty", "second-empty"]] = Field(
        [],
        description="Further checkpoints beside the one that is tuned whole, tuned on items that lack something: the "
        "words' order (runs of one, two or three words stay together), or one of two texts. Where the section "
        "`controls` names source languages, of those alone.",
    )
    concepts: list[Language] = Field(
        [],
        description="Source languages whose checkpoints, tuned whole and on the way there, are measured for CALIGN and "
        "COLAP too.",
    )

    def variants_of(self, source: str) -> list[str]:
        """List the variants of one source language."""
        return [name for name, one in self.variants.items() if one.sources is None or source in one.sources]

    @property
    def same_items(self) -> bool:
        """Whether the test items of all languages are the same."""
        return getattr(self.data, "same_items", True)

    def all_labels(self) -> list[str] | None:
        """List the labels or tags, in the order of the model's outputs; None where there are none."""
        if self.data.kind == "microworld":
            from isogloss.microworld.tasks import LABELS

            return list(LABELS.get(self.data.task, ())) or None
        return self.data.labels and list(self.data.labels)
