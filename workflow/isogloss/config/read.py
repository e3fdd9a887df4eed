"""Reading a config: every mistake in the file told at once, one line each."""

import logging
import re
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import ValidationError

from isogloss.config.cross_check import cross_check
from isogloss.config.root import Config
from isogloss.errors import IsoglossError, did_you_mean
from isogloss.section import HALF_LETTER, HUB_ID, NAME, NotHere, Section, kind_of, types_within
from isogloss.tasks.settings import ITEM_SOURCES
from isogloss.text.segmentation import shortened
from isogloss.text.sources import SOURCES

log = logging.getLogger(__name__)

# Of sections that there are several kinds of.
KINDS = {"corpora": list(map(kind_of, SOURCES)), "tasks": list(map(kind_of, ITEM_SOURCES))}
# What pydantic's errors mean, by their names.
EXPECTED = {
    "a section": ("dict_type", "model_type", "model_attributes_type"),
    "a list": ("list_type",),
    "text": ("string_type", "path_type"),
    "a whole number": ("int_type", "int_parsing", "int_parsing_size", "int_from_float"),
    "a number": ("float_type", "float_parsing", "finite_number"),
    "true or false": ("bool_type", "bool_parsing"),
}
# The keys and values that YAML takes for something else than the word that stands there.
WORDS = {None: "null", False: "no", True: "yes"}
# Keys of the top level that there were, and what asks for the same.
GONE = {
    "retrieval": "retrieval: this key has gone; take `space_similarity: {corpora: [NAME]}` for sentences of corpora, "
    "`word_retrieval: {}` for words, and `probes: {}` for labels of tasks, such as sentiment",
}
RECURSIVE = "a section holds itself, by an anchor (&) and an alias (*)"
DEEP = "there are more sections within one another than can be read"
# What YAML says of a line, in words that it knows its own parts by, and what that means.
INDENTED = "the line does not go with those before it: look at its indentation, and for a missing colon, comma or quote"
YAML_SAYS = {
    r"expected <block|expected the node|mapping values are not|could not find expected|found unexpected end": INDENTED,
    r"found character '\\t'": "a tab stands where YAML takes spaces only",
    r"another document": "a second document begins here (---); a config is one",
    r"could not determine a constructor for the tag ('.*')": r"the tag \1 means nothing here; write the value itself",
}
# Numbers of YAML 1.1 that are other numbers to most readers: 12:30 is 750 and 010 is 8.
ODD_NUMBER = re.compile(r"[-+]?([0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|0[0-9_]+)")
MOST_DIGITS = 100


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
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, (list, dict)):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
        if isinstance(key, bool) and key_node.value.lower() not in ("yes", "no"):
            problem = f"YAML reads {key_node.value} as a truth value; put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        key = WORDS[key] if key is None or isinstance(key, bool) else key
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{key}' stands twice in one section", key_node.start_mark
            )
        seen.add(key)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


def plain_number(loader: UniqueKeyLoader, node: yaml.ScalarNode) -> int | float:
    """Read a number; refuse one that YAML reads as another than a reader does."""
    text = loader.construct_scalar(node)
    problem = None
    if len(text) > MOST_DIGITS:
        problem = f"a number of {len(text):,} characters is beyond reason"
    elif ODD_NUMBER.fullmatch(text):
        kind = "int" if node.tag.endswith("int") else "float"
        value = getattr(yaml.SafeLoader, f"construct_yaml_{kind}")(loader, node)
        problem = f"YAML reads {text} as the number {value}; put it in quotes if it is text, or write the number itself"
    if problem:
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    construct = yaml.SafeLoader.yaml_constructors[node.tag]
    return construct(loader, node)


def no_such_thing(loader: UniqueKeyLoader, node: yaml.Node) -> None:
    """Refuse a tag as YAML refuses one that it does not know."""
    loader.construct_undefined(node)


UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, unique_mapping)
for name in ("int", "float"):
    UniqueKeyLoader.add_constructor(f"tag:yaml.org,2002:{name}", plain_number)
for name in ("binary", "set", "omap", "pairs"):  # a set has no order that stays
    UniqueKeyLoader.add_constructor(f"tag:yaml.org,2002:{name}", no_such_thing)


def load(path: str | Path, files: bool = True) -> Config:
    """Read and check a config file.

    Parameters
    ----------
    path
        The file.
    files
        Whether the data that it names must be on this machine.

    Raises
    ------
    ConfigError
        With one line for every mistake in the file.
    """
    return validate(read(path), name=str(path), files=files)


def read(path: str | Path) -> Any:
    """Read a config file as YAML.

    Raises
    ------
    ConfigError
        With one line if it is no YAML, or a key stands twice in one section.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError([f"{path}: {'this is a folder' if path.is_dir() else 'there is no such file'}"])
    try:
        return yaml.load(path.read_text(encoding="utf-8-sig"), UniqueKeyLoader)
    except yaml.MarkedYAMLError as error:
        problem = RECURSIVE if "recursive" in (error.problem or "") else in_our_words(error.problem or str(error))
        where = [f":{mark.line + 1}" for mark in (error.problem_mark, error.context_mark) if mark]
        raise ConfigError([f"{path}{''.join(where[:1])}: {problem}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not text in UTF-8 (byte {error.start + 1}); save it as UTF-8"]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}: {DEEP}"]) from error
    except (yaml.YAMLError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError([f"{path}: not readable as YAML: {first}"]) from error
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error


def in_our_words(problem: str) -> str:
    """Say what YAML says of a line in words that do not ask for YAML's grammar."""
    problem = problem.replace("tag:yaml.org,2002:", "!!")
    found = ((re.search(pattern, problem), said) for pattern, said in YAML_SAYS.items())
    return next((match.expand(said) for match, said in found if match), problem)


def validate(content: Any, name: str = "config", files: bool = True) -> Config:
    """Check a config that has been read already.

    Parameters
    ----------
    content
        The mapping that the YAML file holds.
    name
        What to call it in messages: the file.
    files
        Whether the data that it names must be on this machine.

    Raises
    ------
    ConfigError
        With one line for every mistake.
    """
    if not isinstance(content, dict):
        raise ConfigError([f"{name}: expected sections such as `corpora:` and `models:`, found {sort_of(content)}"])
    try:
        content = spelled_out(content)
    except RecursionError:
        raise ConfigError([f"{name}: {RECURSIVE}"]) from None
    content = one_language_each(content)
    if wrong := truths_for_numbers(content, content, []):
        raise ConfigError([f"{name}: {message}" for message in wrong])
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        details = [detail for detail in error.errors(include_url=False) if of_the_form_found(detail, content)]
        raise ConfigError([f"{name}: {describe(detail, content)}" for detail in details]) from None
    try:
        messages = [message for message in cross_check(config) if files or not isinstance(message, NotHere)]
    except OSError as error:  # a path that is too long, or that may not be looked at
        raise ConfigError([f"{name}: {shortened(str(error.filename), 80)}: {error.strerror}"]) from error
    if messages:
        raise ConfigError([f"{name}: {message}" for message in messages])
    return without_missing_languages(config, name) if files else config


def spelled_out(content: Any) -> Any:
    """Say what is meant: the keys `null` (of draws) and `no` (Norwegian), which YAML takes for values, dates, `~/`."""
    if isinstance(content, dict):
        return {
            (WORDS[key] if key is None or isinstance(key, bool) else spelled_out(key)): spelled_out(value)
            for key, value in content.items()
        }
    if isinstance(content, list):
        return [spelled_out(value) for value in content]
    if isinstance(content, date):
        return str(content)
    return str(Path(content).expanduser()) if isinstance(content, str) and content.startswith("~/") else content


def one_language_each(content: dict) -> dict:
    """Part a task that is translated into several languages: a task for each, without that language as a source."""
    tasks = content.get("tasks")
    if not isinstance(tasks, dict):
        return content
    parted: dict[Any, Any] = {}
    for name, task in tasks.items():
        into = task.get("into") if isinstance(task, dict) else None
        languages = ["no" if one is False else one for one in into] if isinstance(into, list) else []
        names = [f"{name}-{language}" for language in languages]
        well_named = languages and all(isinstance(one, str) and re.fullmatch(NAME, one) for one in languages)
        if not well_named or len({*names}) < len(names) or {*names} & {*tasks}:
            parted[name] = task  # a mistake is told of the section as it stands
            continue
        for own, language in zip(names, languages, strict=True):
            kept = without(task, ("sources", "concepts", "targets"), language)
            if isinstance(variants := task.get("variants"), dict):
                apart = {key: without(one, ("sources",), language) for key, one in variants.items()}
                # A variant for this language alone is none of this task.
                kept["variants"] = {
                    key: one for key, one in apart.items() if one == variants[key] or one.get("sources") != []
                }
            parted[own] = {**kept, "into": language}
    return {**content, "tasks": parted}


def without(section: Any, keys: Sequence[str], language: str) -> Any:
    """Take a language out of a section's lists."""
    if not isinstance(section, dict):
        return section
    lists = {key: section[key] for key in keys if isinstance(section.get(key), list)}
    return section | {key: [one for one in found if one != language] for key, found in lists.items()}


def truths_for_numbers(value: Any, content: Any, keys: list) -> list[str]:
    """Find `true` and `false` where a number is expected: to Python they are 1 and 0."""
    if isinstance(value, dict):
        return [message for key, inner in value.items() for message in truths_for_numbers(inner, content, [*keys, key])]
    items = value if isinstance(value, list) else [value]
    section = section_at(Config, keys[:-1], content) if any(isinstance(item, bool) for item in items) else None
    if section is None or keys[-1] not in section.model_fields:
        return []
    types = types_within(section.model_fields[keys[-1]].annotation)
    if not types & {int, float} or types & {bool, str}:
        return []
    found = next(item for item in items if isinstance(item, bool))
    return [f"{'.'.join(map(str, keys))}: expected a number; found {sort_of(found)}"]


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
            language
            for language in corpus.languages
            if corpus.names.get(language, language) not in here and not (language == "en" and here)
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


def sort_of(value: Any) -> str:
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
    if isinstance(value, dict):
        return names[dict]
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f"{names.get(type(value), type(value).__name__)} ({shown})"


def keys_of(detail: Mapping[str, Any]) -> list:
    """Name where one of pydantic's errors is, as the user wrote it: without its names of a union's members."""
    keys = list(detail["loc"])
    for section, place in (("corpora", 2), ("tasks", 3)):
        if keys[0] == section and len(keys) > place and keys[place] in KINDS[section]:
            del keys[place]
    return [key for key in keys if not is_form(key)]


def is_form(key: Any) -> bool:
    """Whether a part of a place is pydantic's name of a form, of a key that takes a word or a list."""
    return isinstance(key, str) and ("list[" in key or "literal[" in key)


def of_the_form_found(detail: Mapping[str, Any], content: Any) -> bool:
    """Whether an error is of the form that was found, where a key takes a word or a list; else two would be told."""
    form = next((place for place, key in enumerate(detail["loc"]) if is_form(key)), None)
    if form is None:
        return True
    found = value_at(content, keys_of({"loc": detail["loc"][:form]}))
    return isinstance(found, list) == ("list[" in detail["loc"][form])


def describe(detail: Mapping[str, Any], content: Any) -> str:
    """Turn one of pydantic's errors into a line that names the key, what was found and what to do."""
    keys = keys_of(detail)
    where = ".".join(str(key) for key in keys if key != "[key]")
    found = value_at(content, keys)
    sort, context = detail["type"], detail.get("ctx", {})
    if sort == "extra_forbidden" and where in GONE:
        return GONE[where]
    if sort == "extra_forbidden":
        return f"{'.'.join(map(str, keys[:-1])) or 'top level'}: unknown key '{keys[-1]}'{suggest(keys, content)}"
    if sort == "missing":
        return f"{where}: this key is missing"
    if sort in ("literal_error", "union_tag_invalid"):
        expected = context.get("expected") or context.get("expected_tags")
        options = [option.strip(" '") for option in expected.replace(" or ", ", ").split(",")]
        found = found.get("kind") if isinstance(found, dict) and sort == "union_tag_invalid" else found
        listed = " or a list" if any(map(is_form, detail["loc"])) else ""
        told = repr(found) if isinstance(found, str) else sort_of(found)
        return f"{where}: expected one of {', '.join(options)}{listed}; found {told}{did_you_mean(str(found), options)}"
    if sort == "union_tag_not_found":
        return f"{where}.kind: this key is missing; expected one of {', '.join(KINDS[keys[0]])}"
    if sort == "string_pattern_mismatch":
        rule = {
            NAME: "lower-case letters, digits and hyphens, starting with a letter or a digit",
            HUB_ID: "an id of the hub, such as FacebookAI/xlm-roberta-base",
        }.get(context["pattern"], "a commit, 40 hexadecimal digits")
        found = [key for key in keys if key != "[key]"][-1] if "[key]" in map(str, detail["loc"]) else found
        return f"{where}: expected {rule}; found {found!r}"
    if sort == "string_unicode":
        return f"{where}: {HALF_LETTER}; found {found!r}"
    if sort == "string_too_long":
        said = keys[-2] if keys[-1] == "[key]" else found
        return f"{where}: expected a name of at most {context['max_length']} characters; found {len(said)}"
    if sort == "string_type" and "[key]" in map(str, detail["loc"]):
        return f"{where}: a name must be text; put it in quotes"
    if sort == "invalid_key":
        return f"{where}: a key must be a word; put it in quotes"
    if sort == "value_error":
        return f"{where}: {context['error']}; found {sort_of(found)}"
    if sort == "too_short" and not found:
        return f"{where}: the {'section' if isinstance(found, dict) else 'list'} is empty"
    if expected := next((said for said, sorts in EXPECTED.items() if sort in sorts), None):
        return f"{where}: expected {expected}; found {sort_of(found)}{in_quotes(found) if expected == 'text' else ''}"
    message = detail["msg"][0].lower() + detail["msg"][1:]
    return f"{where}: {message.replace('input should', 'should')}; found {sort_of(found)}"


def in_quotes(found: Any) -> str:
    """Advise quotes where YAML took a word for a truth value or a number."""
    if isinstance(found, bool):
        return f'; YAML reads yes, no, on and off as truth values: put the word in quotes, such as "{WORDS[found]}"'
    return "; put it in quotes" if isinstance(found, int | float) else ""


def value_at(content: Any, keys: list) -> Any:
    """Look a value up by its keys; None where there is none."""
    for key in keys:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return None
    return content


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
