"""The config: one model per section, every mistake in a file told at once.

``python -m isogloss.config.root`` writes ``config/schema.json`` and ``config/README.md`` from the models below; with
``--check`` it fails where they are out of date.
"""

import difflib
import json
import logging
import sys
import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from isogloss.errors import IsoglossError

log = logging.getLogger(__name__)

NAME = r"^[a-z0-9][a-z0-9-]*$"
LANGUAGE = r"^[a-z]{2,3}$"
# Layers and whether there is a decoder, for hub models whose config.json is not on this machine yet.
KNOWN_DEPTHS = {
    "google-bert/bert-base-multilingual-cased": (12, False),
    "bert-base-multilingual-cased": (12, False),
    "FacebookAI/xlm-roberta-base": (12, False),
    "xlm-roberta-base": (12, False),
    "google/mt5-small": (8, True),
    "google/mt5-base": (12, True),
}

OBJECTIVES = {"bert": ("naive", "tlm", "unified", "contrastive"), "t5": ("translation", "contrastive")}

Name = Annotated[str, Field(pattern=NAME)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Device = Literal["auto", "cpu", "cuda"]


class Section(BaseModel):
    """A part of the config: unknown keys are mistakes, because a typo must not become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)


class Pairs(Section):
    """Which pairs of languages are compared."""

    source: Language = Field(description="The source language of every pair.")
    targets: list[Language] = Field(min_length=1, description="The target languages.")


class WordAlignment(Section):
    """How words of a sentence pair are linked."""

    method: Literal["eflomal", "gold", "given"] = Field(
        "eflomal", description="A statistical aligner, the microworld's own links, or links in Pharaoh files."
    )
    symmetrization: Literal["intersection", "grow-diag-final-and"] = Field(
        "intersection", description="How the aligner's two directions become one set of links."
    )
    seed: Seed = Field(212, description="Seed of the aligner.")
    files: dict[str, Path] = Field({}, description="For `given`: a Pharaoh file a pair, such as `en-de: links.txt`.")
    evaluate: bool = Field(False, description="Score eflomal against the gold links (microworld only).")


class Corpus(Section):
    """What every kind of corpus has."""

    languages: list[Language] = Field(min_length=2, description="The languages to make.")
    pairs: Pairs = Field(description="Which pairs of them are compared.")
    word_alignment: WordAlignment = Field(WordAlignment(), description="How words are linked.")
    max_sentence_words: Count = Field(300, description="Pairs with a side of this many words or more are dropped.")


class Microworld(Corpus):
    """Sentences of the embedded grammar, whose right answers are known."""

    kind: Literal["microworld"]
    sentences: Count = Field(2000, description="Parallel sentences to analyse.")
    training_sentences: Count = Field(12000, description="Other sentences, for models trained here.")
    seed: Seed = Field(1, description="Seed of the sentences.")


class Gettext(Corpus):
    """Human translations of programs' messages, from this machine's gettext catalogues."""

    kind: Literal["gettext"]
    folder: Path = Field(Path("/usr/share/locale"), description="Where the catalogues are.")
    min_words: Count = Field(4, description="Shorter messages are left out.")
    max_words: Count = Field(40, description="Longer messages are left out.")
    max_sentences: Count | None = Field(None, description="At most this many messages of each language are analysed.")


class Text(Corpus):
    """Plain text: a file a language, one sentence a line."""

    kind: Literal["text"]
    files: dict[Language, Path] = Field(description="A file for every language.")
    segmentation: dict[Language, Literal["whitespace", "jieba"]] = Field(
        {}, description="How lines become words; whitespace where nothing is said."
    )


class Table(Corpus):
    """A table with a column a language: Parquet, CSV or JSONL."""

    kind: Literal["table"]
    file: Path = Field(description="The table.")
    columns: dict[Language, str] = Field({}, description="A language's column; its code where nothing is said.")
    segmentation: dict[Language, Literal["whitespace", "jieba"]] = Field(
        {},
        description="How cells become words; whitespace where nothing is said. Lists of words are taken as they are.",
    )


class Train(Section):
    """A small model, trained here from nothing."""

    architecture: Literal["bert", "t5"] = Field("bert", description="Encoder, or encoder-decoder.")
    objective: Literal["naive", "tlm", "unified", "contrastive", "translation"] = Field(
        "naive",
        description="`naive`: masked words of single sentences. `tlm`: masked words of translation pairs too. "
        "`unified`: masked words answered with language-neutral lemmas (microworld only). `contrastive`: masked "
        "words, and parallel sentences drawn together. `translation`: for t5.",
    )
    corpus: Name = Field(description="The corpus whose training text is used.")
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


class Model(Section):
    """A model: exactly one of `train`, `random`, `folder` and `hub`."""

    train: Train | None = Field(None, description="Train a small one here.")
    random: Random | None = Field(None, description="Make one with random weights.")
    folder: Path | None = Field(None, description="A local folder, as save_pretrained writes it.")
    hub: str | None = Field(None, description="A model id on the hub; needs `revision`.")
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = Field(
        None, description="The hub commit, 40 hexadecimal digits."
    )
    depth: Count | None = Field(None, description="Number of layers of a hub model that Isogloss does not know.")
    encoder_decoder: bool | None = Field(None, description="Whether a hub model that Isogloss does not know has both.")
    layers: Literal["all"] | list[Annotated[int, Field(ge=0)]] = Field(
        "all", description="Which layers to analyse; 0 is the embeddings."
    )
    corpora: list[Name] | None = Field(None, description="The corpora it is measured on; all where nothing is said.")


class MicroworldTask(Section):
    """Items of the embedded grammar, whose right answers are known."""

    kind: Literal["microworld"]
    task: Literal["sentiment", "inference", "entities", "translation"] = Field(description="Which task.")
    languages: list[Language] = Field(min_length=2, description="The languages to make.")
    train: Count = Field(3000, description="Training items of each language.")
    validation: Count = Field(200, description="Items of each language that the learning curve is measured on.")
    test: Count = Field(400, description="Test items, the same in every language.")
    seed: Seed = Field(3, description="Seed of the items.")


class TableTask(Section):
    """The user's own items: Parquet, CSV or JSONL files, one for each language and split."""

    kind: Literal["table"]
    languages: list[Language] = Field(min_length=2, description="The languages.")
    train: str = Field(description="Path of the training items, with `{language}` in it. Sources need one.")
    validation: str | None = Field(
        None, description="Path of the validation items; where nothing is said, every tenth training item."
    )
    test: str = Field(description="Path of the test items, with `{language}` in it; the same items in every language.")
    text: str = Field("text", description="Column of the text, or of its list of words.")
    other_text: str | None = Field(None, description="Column of the second text: a hypothesis, or the translation.")
    label: str = Field("label", description="Column of the label, or of the list of tags, one a word.")
    labels: list[str] | None = Field(None, min_length=2, description="All labels or tags. Translation has none.")


class Freeze(Section):
    """Which weights a variant leaves as they were."""

    layers: Literal["measured"] | list[Count] = Field(
        "measured",
        description="Encoder layers to freeze, 1 is the first; or `measured`: the ones whose impact goes down most "
        "with distance, as the checkpoints that are tuned whole show.",
    )
    count: Count = Field(1, description="How many layers `measured` takes.")
    distance: str = Field("syntactic", description="The distance that `measured` and near and far go by.")
    embeddings: bool = Field(False, description="Freeze the embeddings too.")


class Task(Section):
    """What models are fine-tuned on, in one source language at a time, and tested on in all."""

    kind: Literal["sequence-classification", "token-classification", "translation"] = Field(
        description="What is predicted."
    )
    data: Annotated[MicroworldTask | TableTask, Field(discriminator="kind")] = Field(description="The items.")
    models: list[Name] = Field(min_length=1, description="The models to tune.")
    sources: list[Language] = Field(min_length=1, description="Source languages: each gives a checkpoint of its own.")
    targets: list[Language] | None = Field(None, description="Languages to test on; all where nothing is said.")
    into: Language | None = Field(None, description="For translation: the language to translate into.")
    seeds: list[Seed] = Field([0], min_length=1, description="Seeds of head, order and dropout; each a checkpoint.")
    epochs: Annotated[float, Field(gt=0)] = Field(3, description="Passes over the training items.")
    batch: Count = Field(32, description="Items a step.")
    learning_rate: Annotated[float, Field(gt=0)] = Field(2e-5, description="Peak of AdamW, falling linearly to 0.")
    warmup: Share = Field(0.0, description="Share of the steps in which the learning rate rises.")
    weight_decay: Annotated[float, Field(ge=0)] = Field(0.0, description="Of AdamW.")
    max_length: Annotated[int, Field(ge=8)] = Field(128, description="Longest input in subwords; longer ones are cut.")
    variants: dict[Name, Freeze] = Field(
        {}, description="Further checkpoints beside the one that is tuned whole, with frozen layers."
    )
    concepts: list[Language] = Field(
        [], description="Source languages whose checkpoints, tuned whole, are measured for CALIGN and COLAP too."
    )


class Impact(Section):
    """How far fine-tuning moved each language's space, and what goes with it."""

    families: list[
        Literal[
            "syntactic", "geographic", "inventory", "genetic", "phonological", "featural", "morphological", "script"
        ]
    ] = Field(["syntactic", "geographic", "inventory", "genetic", "phonological", "featural"],
        description="URIEL's distances between languages.",
    )  # fmt: skip
    microworld_distances: bool = Field(False, description="The embedded grammar's own distances too.")
    permutations: Annotated[int, Field(ge=99)] = Field(9999, description="Permutations of languages (Mantel).")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the intervals of transfer scores.")
    null: Annotated[int, Field(ge=20)] = Field(200, description="Draws of the null of transfer scores.")
    seed: Seed = Field(212, description="Seed of permutations, intervals and nulls.")


class Selection(Section):
    """Which occurrences of linked words are used (Mousi et al. 2024)."""

    max_frequency: Count = Field(15, description="Most occurrences of one word pair (CALIGN) or word (COLAP).")
    min_frequency: Annotated[int, Field(ge=0)] = Field(0, description="Word pairs that occur less often are left out.")
    delete_frequency: Count = Field(10_000_000, description="Word pairs that occur more often are left out.")


class Activations(Section):
    """How hidden states are extracted."""

    pooling: Literal["first", "last", "mean"] = Field("last", description="Which subwords stand for a word.")
    token_budget: Count = Field(
        2048, description="Tokens of one batch, padding included. More is no faster on a CPU, whose caches it leaves."
    )
    max_length: Annotated[int, Field(ge=8)] = Field(512, description="Longer sentences are cut, and the words counted.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "auto", description="Of the forward pass: bfloat16 on a GPU, float32 on a CPU where nothing is said."
    )
    device: Device = Field("auto", description="Where the forward pass runs.")
    sentence_vectors: bool = Field(
        False, description="Keep sentence vectors (first token, and mean) in the encoder stores too."
    )


class Concepts(Section):
    """How activations become concepts."""

    method: Literal["kmeans", "ward"] = Field("kmeans", description="Ward needs memory for all pairs of words.")
    clusters: Annotated[int, Field(ge=2)] = Field(600, description="Concepts a layer (K).")
    seed: Seed = Field(212, description="Seed of the clustering.")
    device: Device = Field("cpu", description="Where k-means runs; a GPU may change a few words' concepts.")


class ConceptAlignment(Section):
    """CALIGN."""

    match: Share = Field(0.8, description="Share of a source concept's types that must be translated in the target's.")
    size_ratio: Share = Field(0.6, description="Smaller over larger size, at least this.")
    min_types: Count = Field(5, description="Smaller source concepts are not eligible.")
    top_n: Count = Field(10, description="Best translations of a word that count.")
    convention: Literal["paper", "released"] = Field("paper", description="The paper's rule, or its released code's.")
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: the lexicon's targets permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the interval over concepts.")
    seed: Seed = Field(212, description="Seed of null and interval.")


class ConceptOverlap(Section):
    """COLAP."""

    threshold: Annotated[float, Field(gt=0, le=0.5)] = Field(0.3, description="Least share of each language.")
    convention: Literal["paper", "released"] = Field("paper", description="At least the threshold, or more than it.")
    null: Annotated[int, Field(ge=100)] = Field(100, description="Draws of the null: the languages permuted.")
    bootstrap: Annotated[int, Field(ge=100)] = Field(1000, description="Draws of the interval over concepts.")
    seed: Seed = Field(212, description="Seed of null and interval.")


class Compute(Section):
    """What a job may use."""

    threads: Count = Field(
        1,
        description="Threads of a training, an extraction or a clustering. Part of the result's last digits.",
    )


class Config(Section):
    """Everything that a run depends on."""

    title: str = Field("Isogloss", description="The report's title.")
    results: str = Field("results", min_length=1, description="Where results go.")
    corpora: dict[Name, Annotated[Microworld | Gettext | Text | Table, Field(discriminator="kind")]] = Field(
        min_length=1, description="Parallel text, by name."
    )
    models: dict[Name, Model] = Field(min_length=1, description="Models, by name.")
    selection: Selection = Field(Selection(), description="Which words are used.")
    activations: Activations = Field(Activations(), description="How hidden states are extracted.")
    concepts: Concepts = Field(Concepts(), description="How they become concepts.")
    concept_alignment: ConceptAlignment = Field(ConceptAlignment(), description="CALIGN.")
    concept_overlap: ConceptOverlap = Field(ConceptOverlap(), description="COLAP.")
    retrieval: bool = Field(
        False,
        description="Score each model's sentence retrieval, word translation and zero-shot sentiment too.",
    )
    tasks: dict[Name, Task] = Field({}, description="Tasks to fine-tune on, by name.")
    impact: Impact = Field(Impact(), description="Impact, transfer and distance.")
    compute: Compute = Field(Compute(), description="What a job may use.")


# Layers of a model ------------------------------------------------------------------------------------------------


def depth(model: Model) -> tuple[int, bool]:
    """Give a model's number of layers and whether it has a decoder.

    Raises
    ------
    IsoglossError
        If a local folder is no model, or a hub model is not known and the config does not say.
    """
    if model.train:
        return model.train.layers, model.train.architecture == "t5"
    if model.random:
        return model.random.layers, model.random.family == "mt5"
    if model.folder:
        from isogloss.models.bring import check_folder
        from isogloss.models.bring import depth as folder_depth

        check_folder(Path(model.folder))
        return folder_depth(model.folder)
    if model.depth:
        return model.depth, bool(model.encoder_decoder)
    if model.hub in KNOWN_DEPTHS:
        return KNOWN_DEPTHS[model.hub]
    raise IsoglossError(f"the number of layers of {model.hub} is not known here; say it with `depth:`")


def model_layers(model: Model) -> list[int]:
    """List the layers of a model to analyse, in order; 0 is the embeddings."""
    return list(range(depth(model)[0] + 1)) if model.layers == "all" else sorted(set(model.layers))


def is_encoder_decoder(model: Model) -> bool:
    """Tell whether a model has a decoder beside its encoder."""
    return depth(model)[1]


# Reading and checking ---------------------------------------------------------------------------------------------


class ConfigError(IsoglossError):
    """All mistakes of one config, one line each.

    Attributes
    ----------
    messages : list of str
    """

    def __init__(self, messages: list[str]):
        self.messages = messages
        super().__init__("\n".join(messages))


class UniqueKeyLoader(yaml.SafeLoader):
    """YAML, but a key that stands twice in one mapping is a mistake."""


def unique_mapping(loader: UniqueKeyLoader, node: yaml.MappingNode, deep: bool = False) -> dict:
    """Build a mapping; refuse a repeated key."""
    seen = set()
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue  # `<<: *anchor`, whose keys may be said again
        key = loader.construct_object(key_node, deep=deep)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice in one section", key_node.start_mark
            )
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_mapping)


def load(path: str | Path) -> Config:
    """Read and check a config file.

    Raises
    ------
    ConfigError
        With one line for every mistake in the file.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError([f"{path}: there is no such file"])
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), UniqueKeyLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError([f"{path}:{mark.line + 1}: {error.problem}"]) from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError([f"{path}: not readable as YAML in UTF-8: {error}"]) from error
    return validate(content, name=str(path))


def validate(content: Any, name: str = "config") -> Config:
    """Check a config that has been read already.

    Parameters
    ----------
    content
        The mapping that the YAML file holds.
    name
        What to call it in messages: the file.

    Raises
    ------
    ConfigError
        With one line for every mistake.
    """
    if not isinstance(content, dict):
        raise ConfigError([f"{name}: expected sections such as `corpora:` and `models:`, found {kind_of(content)}"])
    content = spelled_out(content)
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        messages = [describe(detail, content) for detail in error.errors(include_url=False)]
        raise ConfigError([f"{name}: {message}" for message in messages]) from None
    messages = cross_check(config)
    if messages:
        raise ConfigError([f"{name}: {message}" for message in messages])
    return without_missing_languages(config, name)


def spelled_out(content: Any) -> Any:
    """Give YAML's words back that it took for values: the keys `null` (draws of a null) and `no` (Norwegian)."""
    words = {None: "null", False: "no"}
    if isinstance(content, dict):
        return {
            (words[key] if key is None or key is False else key): spelled_out(value) for key, value in content.items()
        }
    return content


def without_missing_languages(config: Config, name: str) -> Config:
    """Leave out languages of which this machine has no gettext catalogue, and say so in a line.

    Raises
    ------
    ConfigError
        If the source language is missing, or no target language is left.
    """
    corpora = dict(config.corpora)
    for key, corpus in config.corpora.items():
        if corpus.kind != "gettext":
            continue
        here = {path.parents[1].name for path in corpus.folder.glob("*/LC_MESSAGES/*.mo")}
        # English is what messages are translated from, so any catalogue has it.
        missing = [
            language for language in corpus.languages if language not in here and not (language == "en" and here)
        ]
        targets = [language for language in corpus.pairs.targets if language not in missing]
        where = f"{name}: corpora.{key}: {corpus.folder} has no gettext catalogue of {', '.join(missing)}"
        if missing and (not targets or corpus.pairs.source in missing):
            raise ConfigError(
                [f"{where}, and no pair of languages is left. Install translated programs, or take text."]
            )
        if missing:
            log.warning("%s; the corpus goes on without", where)
            languages = [language for language in corpus.languages if language not in missing]
            pairs = corpus.pairs.model_copy(update={"targets": targets})
            corpora[key] = corpus.model_copy(update={"languages": languages, "pairs": pairs})
    return config.model_copy(update={"corpora": corpora})


def kind_of(value: Any) -> str:
    """Name a YAML value's kind for people."""
    if value is None:
        return "nothing"
    names = {
        dict: "a section",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return f"{names.get(type(value), type(value).__name__)}" + (f" ({value!r})" if not isinstance(value, dict) else "")


def describe(detail: dict, content: Any) -> str:
    """Turn one of pydantic's errors into a line that names the key, what was found and what to do."""
    keys = list(detail["loc"])
    for section, place in (("corpora", 2), ("tasks", 3)):
        if keys[0] == section and len(keys) > place and keys[place] in ("microworld", "gettext", "text", "table"):
            del keys[place]  # pydantic's name of the union's member
    keys = [key for key in keys if not (isinstance(key, str) and ("list[" in key or "literal[" in key))]
    where = ".".join(str(key) for key in keys if key != "[key]")
    found = value_at(content, keys)
    sort, context = detail["type"], detail.get("ctx", {})
    if sort == "extra_forbidden":
        return f"{'.'.join(map(str, keys[:-1])) or 'top level'}: unknown key '{keys[-1]}'{suggest(keys, content)}"
    if sort == "missing":
        return f"{where}: this key is missing"
    if sort in ("literal_error", "union_tag_invalid"):
        expected = context.get("expected") or context.get("expected_tags")
        options = [option.strip(" '") for option in expected.replace(" or ", ", ").split(",")]
        found = found.get("kind") if sort == "union_tag_invalid" else found
        return f"{where}: expected one of {', '.join(options)}; found {found!r}{did_you_mean(str(found), options)}"
    if sort == "union_tag_not_found":
        kinds = "microworld, table" if keys[0] == "tasks" else "microworld, gettext, text, table"
        return f"{where}.kind: this key is missing; expected one of {kinds}"
    if sort == "string_pattern_mismatch":
        rule = {
            NAME: "lower-case letters, digits and hyphens, starting with a letter or a digit",
            LANGUAGE: "a language code of two or three lower-case letters",
        }.get(context["pattern"], "40 hexadecimal digits (a commit)")
        found = keys[-1] if "[key]" in map(str, detail["loc"]) else found
        return f"{where}: expected {rule}; found {found!r}"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{where}: {message.replace('input should', 'should')}; found {kind_of(found)}"


def value_at(content: Any, keys: list) -> Any:
    """Look a value up by its keys; None where there is none."""
    for key in keys:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def did_you_mean(word: str, options: list[str]) -> str:
    """Suggest the option that looks most like ``word``, if one does."""
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def suggest(keys: list, content: Any) -> str:
    """Suggest a known key for an unknown one, and list what the section has."""
    section = section_at(Config, keys[:-1], content)
    if section is None:
        return ""
    known = list(section.model_fields)
    return did_you_mean(str(keys[-1]), known) or f"; this section has {', '.join(known)}"


def section_at(section: Any, keys: list, content: Any) -> type[Section] | None:
    """Find the section class that stands under ``keys``."""
    for key in keys:
        content = value_at(content, [key])
        if isinstance(section, type) and issubclass(section, Section):
            if key not in section.model_fields:
                return None
            section = section.model_fields[key].annotation
        elif typing.get_origin(section) is dict:
            section = typing.get_args(section)[1]
        else:
            return None
        section = choose(section, content)
    return section if isinstance(section, type) and issubclass(section, Section) else None


def choose(annotation: Any, content: Any) -> Any:
    """Of a union of sections, choose the one that ``content`` means."""
    if typing.get_origin(annotation) is Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(annotation) if isinstance(option, type)]
        sections = [option for option in options if issubclass(option, Section)]
        kind = content.get("kind") if isinstance(content, dict) else None
        for option in sections:
            if "kind" in option.model_fields and typing.get_args(option.model_fields["kind"].annotation) == (kind,):
                return option
        return sections[0] if len(sections) == 1 else None
    return annotation


def cross_check(config: Config) -> list[str]:
    """Find mistakes that show only when sections are read together."""
    return [
        *(message for name, corpus in config.corpora.items() for message in check_corpus(f"corpora.{name}", corpus)),
        *(message for name, model in config.models.items() for message in check_model(f"models.{name}", model, config)),
        *(message for name, task in config.tasks.items() for message in check_task(f"tasks.{name}", task, config)),
        *check_concepts(config.concepts),
    ]


def check_concepts(concepts: Concepts) -> list[str]:
    """Find a clustering that is asked to run where it cannot."""
    if concepts.method == "ward" and concepts.device != "cpu":
        return [f"concepts.device: Ward's method runs on a CPU only; found '{concepts.device}'"]
    return []


def check_corpus(where: str, corpus: Corpus) -> list[str]:
    """Find a corpus's mistakes: languages, pairs, files."""
    wrong = []
    pairs, languages = corpus.pairs, corpus.languages
    for key, values in (("languages", languages), ("pairs.targets", pairs.targets)):
        for twice in sorted({value for value in values if values.count(value) > 1}):
            wrong.append(f"{where}.{key}: '{twice}' stands twice")
    for key, values in (("pairs.source", [pairs.source]), ("pairs.targets", pairs.targets)):
        for value in values:
            if value not in languages:
                wrong.append(f"{where}.{key}: '{value}' is not among this corpus's languages ({', '.join(languages)})")
    if pairs.source in pairs.targets:
        wrong.append(f"{where}.pairs.targets: '{pairs.source}' is the source language")
    alignment = corpus.word_alignment
    if corpus.kind != "microworld":
        if alignment.method == "gold":
            wrong.append(f"{where}.word_alignment.method: only a microworld corpus has gold links")
        if alignment.evaluate:
            wrong.append(f"{where}.word_alignment.evaluate: only a microworld corpus has gold links to compare with")
    else:
        from isogloss.microworld import LANGUAGES

        for value in languages:
            if value not in LANGUAGES:
                wrong.append(f"{where}.languages: the microworld has no '{value}'; it has {', '.join(LANGUAGES)}")
    if alignment.method == "given":
        for target in pairs.targets:
            pair = f"{pairs.source}-{target}"
            if pair not in alignment.files:
                wrong.append(f"{where}.word_alignment.files: no Pharaoh file is given for {pair}")
    files = {f"word_alignment.files.{pair}": path for pair, path in alignment.files.items()}
    if corpus.kind == "text":
        files |= {f"files.{language}": path for language, path in corpus.files.items()}
        wrong += [f"{where}.files: no file is given for '{lang}'" for lang in languages if lang not in corpus.files]
    elif corpus.kind == "table":
        files["file"] = corpus.file
    wrong += [f"{where}.{key}: there is no file {path}" for key, path in files.items() if not Path(path).is_file()]
    if corpus.kind == "gettext" and not corpus.folder.is_dir():
        wrong.append(f"{where}.folder: there is no folder {corpus.folder}")
    return wrong


def check_model(where: str, model: Model, config: Config) -> list[str]:
    """Find a model's mistakes: its origin, its corpus, its layers."""
    origins = [key for key in ("train", "random", "folder", "hub") if getattr(model, key) is not None]
    if len(origins) != 1:
        return [f"{where}: needs exactly one of train, random, folder, hub; found {', '.join(origins) or 'none'}"]
    wrong = []
    if model.hub and not model.revision:
        wrong.append(
            f"{where}.revision: a hub model needs the commit (40 hexadecimal digits), so that it stays the same"
        )
    if model.revision and not model.hub:
        wrong.append(f"{where}.revision: only a hub model has a revision")
    for name in model.corpora or []:
        if name not in config.corpora:
            wrong.append(f"{where}.corpora: there is no corpus '{name}'{did_you_mean(name, list(config.corpora))}")
    made = model.train or model.random
    if made:
        key = origins[0]
        if made.corpus not in config.corpora:
            close = did_you_mean(made.corpus, list(config.corpora))
            wrong.append(f"{where}.{key}.corpus: there is no corpus '{made.corpus}'{close}")
        if made.hidden % made.heads:
            wrong.append(f"{where}.{key}.heads: {made.hidden} (hidden) is not a multiple of {made.heads}")
    if model.train:
        allowed = OBJECTIVES[model.train.architecture]
        if model.train.objective not in allowed:
            wrong.append(
                f"{where}.train.objective: architecture {model.train.architecture} goes with {', '.join(allowed)}; "
                f"found '{model.train.objective}'"
            )
        corpus = config.corpora.get(model.train.corpus)
        if model.train.objective == "unified" and corpus is not None and corpus.kind != "microworld":
            wrong.append(f"{where}.train.objective: `unified` needs lemmas, which only a microworld corpus has")
    try:
        deepest = depth(model)[0]
    except (IsoglossError, ValueError) as error:
        return [*wrong, f"{where}.{origins[0]}: {error}"]
    if model.layers != "all":
        beyond = [layer for layer in model.layers if layer > deepest]
        if beyond:
            wrong.append(f"{where}.layers: {', '.join(map(str, beyond))} is beyond this model's layers 0 to {deepest}")
        if not model.layers:
            wrong.append(f"{where}.layers: the list is empty")
    return wrong


def check_task(where: str, task: Task, config: Config) -> list[str]:
    """Find a task's mistakes: its data, its languages, its models, its layers."""
    data, wrong = task.data, []
    for key, values in (
        ("models", task.models),
        ("sources", task.sources),
        ("targets", task.targets or []),
        ("seeds", task.seeds),
        ("data.languages", data.languages),
    ):
        wrong += [
            f"{where}.{key}: '{value}' stands twice" for value in sorted({v for v in values if values.count(v) > 1})
        ]
    into = [task.into] if task.into else []
    for key, values in (
        ("sources", task.sources),
        ("targets", task.targets or []),
        ("into", into if data.kind == "microworld" else []),
        ("concepts", task.concepts),
    ):
        known = task.sources if key == "concepts" else data.languages
        whose = "this task's sources" if key == "concepts" else "the languages of this task's data"
        wrong += [
            f"{where}.{key}: '{value}' is not among {whose} ({', '.join(known)})"
            for value in values
            if value not in known
        ]
    wrong += [
        f"{where}.sources: '{task.into}' is the language to translate into" for s in task.sources if s == task.into
    ]
    translation = task.kind == "translation"
    if translation and not task.into:
        wrong.append(f"{where}.into: this key is missing; say which language to translate into")
    if task.into and not translation:
        wrong.append(f"{where}.into: only a translation task has one")
    if data.kind == "microworld":
        fitting = {"entities": "token-classification", "translation": "translation"}
        expected = fitting.get(data.task, "sequence-classification")
        if task.kind != expected:
            wrong.append(f"{where}.kind: the microworld's {data.task} goes with {expected}; found '{task.kind}'")
        from isogloss.microworld import LANGUAGES

        wrong += [
            f"{where}.data.languages: the microworld has no '{value}'; it has {', '.join(LANGUAGES)}"
            for value in data.languages
            if value not in LANGUAGES
        ]
    else:
        wrong += check_task_files(f"{where}.data", task)
    for name in task.models:
        if name not in config.models:
            wrong.append(f"{where}.models: there is no model '{name}'{did_you_mean(name, list(config.models))}")
            continue
        try:
            deepest, decoder = depth(config.models[name])
        except (IsoglossError, ValueError):
            continue  # said of the model
        if decoder != translation:
            needed = "an encoder-decoder" if translation else "an encoder without a decoder"
            wrong.append(f"{where}.models: {task.kind} needs {needed}, which '{name}' is not")
        for variant, freeze in task.variants.items():
            place = f"{where}.variants.{variant}"
            if freeze.layers == "measured":
                if freeze.count > deepest:
                    wrong.append(f"{place}.count: '{name}' has only {deepest} layers")
                continue
            beyond = [layer for layer in freeze.layers if layer > deepest]
            if beyond:
                listed = ", ".join(map(str, beyond))
                wrong.append(f"{place}.layers: {listed} is beyond the encoder layers 1 to {deepest} of '{name}'")
    for variant, freeze in task.variants.items():
        from isogloss.microworld import MICROWORLD_FAMILIES

        families = [*config.impact.families, *(MICROWORLD_FAMILIES if config.impact.microworld_distances else ())]
        if freeze.distance not in families:
            wrong.append(
                f"{where}.variants.{variant}.distance: '{freeze.distance}' is not among this config's distances "
                f"({', '.join(families)}){did_you_mean(freeze.distance, families)}"
            )
        if freeze.layers == []:
            wrong.append(f"{where}.variants.{variant}.layers: the list is empty")
    return wrong


def check_task_files(where: str, task: Task) -> list[str]:
    """Find what a task's own tables lack, as far as paths and column names tell."""
    data, wrong = task.data, []
    wanted = {"train": task.sources, "validation": task.sources, "test": task.targets or data.languages}
    for key, languages in wanted.items():
        pattern = getattr(data, key)
        if pattern is None:
            continue
        if "{language}" not in pattern:
            wrong.append(f"{where}.{key}: the path needs `{{language}}` in it; found '{pattern}'")
            continue
        for language in languages:
            path = pattern.replace("{language}", language)
            if not Path(path).is_file():
                wrong.append(f"{where}.{key}: there is no file {path}")
    if task.kind == "translation" and not data.other_text:
        wrong.append(f"{where}.other_text: this key is missing; say which column holds the translation")
    if task.kind != "translation" and not data.labels:
        wrong.append(f"{where}.labels: this key is missing; list all labels")
    return wrong


# Generated files ----------------------------------------------------------------------------------------------------


def schema() -> str:
    """Give the JSON schema of a config file, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def manual() -> str:
    """Give the manual of every key, as Markdown."""
    lines = [
        "# The config, key by key",
        "",
        "Made from `workflow/isogloss/config.py` by `make docs`; do not edit. Unknown keys are refused.",
        "`isogloss check FILE` reports every mistake in a file before any job starts.",
        "",
    ]
    sections: list[tuple[str, type[Section]]] = [("Top level", Config)]
    corpora = [Microworld, Gettext, Text, Table]
    sections += [(f"corpora.NAME, kind: {option.__name__.lower()}", option) for option in corpora]
    sections += [("corpora.NAME.pairs", Pairs), ("corpora.NAME.word_alignment", WordAlignment)]
    sections += [("models.NAME", Model), ("models.NAME.train", Train), ("models.NAME.random", Random)]
    sections += [("tasks.NAME", Task), ("tasks.NAME.data, kind: microworld", MicroworldTask)]
    sections += [("tasks.NAME.data, kind: table", TableTask), ("tasks.NAME.variants.NAME", Freeze)]
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            sections.append((name, field.annotation))
    for title, section in sections:
        lines += [
            f"## {title}",
            "",
            section.__doc__.strip(),
            "",
            "| key | default | meaning |",
            "|---|---|---|",
        ]
        for name, field in section.model_fields.items():
            lines.append(f"| `{name}` | {default_text(field)} | {field.description or 'Which kind this is.'} |")
        lines.append("")
    return "\n".join(lines).replace("|---|---|---|", "| --- | --- | --- |")


def default_text(field: Any) -> str:
    """Give a field's default for the manual."""
    if field.is_required():
        return "(needed)"
    if isinstance(field.default, Section):
        return "see below"
    if field.default is None:
        return "none"
    return f"`{field.default}`"


def main(arguments: list[str]) -> int:
    """Write the generated files, or with ``--check`` tell whether they are up to date."""
    folder = Path(__file__).resolve().parents[3] / "config"
    stale = []
    for name, text in (("schema.json", schema()), ("README.md", manual())):
        path = folder / name
        if "--check" in arguments:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                stale.append(f"config/{name}")
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"{', '.join(stale)}: out of date; run make docs", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
