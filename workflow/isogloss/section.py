"""The base class of config sections, and the types that their keys share."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from isogloss.errors import did_you_mean

NAME = r"^[a-z0-9][a-z0-9-]*$"
LONGEST_NAME = 60  # a file's name is put together from up to three, and a file system takes 255 bytes
Name = Annotated[str, Field(pattern=NAME, max_length=LONGEST_NAME)]
# Any short name, best a code of ISO 639: distances go by it. YAML takes Norwegian for a truth value.
Language = Annotated[
    str,
    BeforeValidator(lambda value: "no" if value is False else value),
    Field(pattern=NAME, max_length=LONGEST_NAME),
]
# Of a model or data set of the hub; its client refuses some more, such as two dots in a row.
HUB_ID = r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)?$"
HubId = Annotated[str, Field(pattern=HUB_ID)]
# A commit, or a branch as Git names them: no part of it begins with a dot, so that it can be a file's name.
REVISION = r"^[\w-][\w.-]*(/[\w-][\w.-]*)*$"
Revision = Annotated[str, Field(pattern=REVISION)]
Share = Annotated[float, Field(ge=0, le=1)]
# Nothing that is counted here comes near this; a slip of the keyboard does.
Count = Annotated[int, Field(ge=1, le=10**9)]
LARGEST = 2**31 - 1  # of any number
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Device = Literal["auto", "cpu", "cuda"]
HALF_LETTER = "the text holds half a surrogate pair; write the character itself"
HALF = re.compile("[\ud800-\udfff]")
Kind = TypeVar("Kind")


def label(value: Any) -> Any:
    """Take a number as its digits; refuse what YAML made of a word."""
    if isinstance(value, bool):
        raise ValueError('YAML reads yes, no, on, off, true and false as truth values; quote the label, such as "yes"')
    return str(value) if isinstance(value, int) else value


Label = Annotated[str, BeforeValidator(label, json_schema_input_type=str | int)]


def placeholders(*names: str) -> AfterValidator:
    """Refuse a name in braces that nothing is filled in for, in a text where each language's own stands for some.

    Parameters
    ----------
    *names
        Those that are filled in, such as ``language``.
    """
    known = [f"{{{name}}}" for name in names]

    def check(text: str) -> str:
        for found in re.findall(r"\{[^{}]*\}?|\}", text):
            if found not in known:
                listed = " and ".join(known)
                raise ValueError(
                    f"'{found}' stands for nothing here; filled in is {listed}{did_you_mean(found, known)}"
                )
        return text

    return AfterValidator(check)


class NotHere(str):
    """A message that a file is not on this machine, which is no mistake where nothing is run."""


class Section(BaseModel):
    """A part of the config: unknown keys are mistakes, because a typo must not become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def within_reason(cls, value: Any) -> Any:
        """Refuse a number that is a slip of the keyboard, and text that cannot be written to a file."""
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, int | float) and abs(item) > LARGEST:
                raise ValueError(f"the number is beyond reason, above {LARGEST:,}")
            if isinstance(item, str) and HALF.search(item):
                raise ValueError(HALF_LETTER)
        return value


def of_kind(value: object, kind: type[Kind]) -> Kind:
    """Give a value of the config that may be of another kind, or not there, where only this one can be meant.

    Raises
    ------
    TypeError
        If it is another all the same.
    """
    if not isinstance(value, kind):
        raise TypeError(f"Expected {kind.__name__}, found {type(value).__name__}.")
    return value


def kind_of(section: type[Section]) -> str:
    """Give the name, under the key ``kind``, by which a config asks for one of several sections."""
    (kind,) = get_args(section.model_fields["kind"].annotation)
    return kind


def any_of(sections: Sequence[type[Section]]) -> Any:
    """Give the type of a key under which one of several sections stands, as its ``kind`` says."""
    return Annotated[reduce(or_, sections), Field(discriminator="kind")]


def types_within(annotation: Any) -> set[Any]:
    """List the plain types that an annotation is made of."""
    inner = get_args(annotation)
    return {annotation} if not inner else set().union(*(types_within(part) for part in inner))
