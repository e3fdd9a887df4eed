"""What others call a language: `zh` is `cmn_Hans` in FLORES+, `zho_Hans` in NTREX-128, `zh-CN` in MASSIVE.

Names are compared by what they mean: macrolanguages, withdrawn codes, the usual script and region of a language are
those of ISO 639 and Unicode's CLDR, from the package langcodes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# CLDR keeps the macrolanguage apart from its usual written form.
USUAL = {"no": "nb"}
NOWHERE = "XX"  # mBART's region


@dataclass(frozen=True)
class Meaning:
    """What a name of a language says.

    Attributes
    ----------
    language, script, territory
        As it says itself, in the shortest codes; "" where it does not.
    full
        Macrolanguage, script and territory, with the usual ones filled in.
    variants
        What else it says.
    """

    language: str
    script: str
    territory: str
    full: tuple[str, str, str]
    variants: frozenset[str]


def meaning(name: str) -> Meaning | None:
    """Tell what a name of a language says; None where it is no such name."""
    from langcodes import Language
    from langcodes.tag_parser import LanguageTagError

    code, *rest = re.split("[-_]", name)
    # Many put the region before the script.
    rest.sort(key=lambda part: not (len(part) == 4 and part.isalpha()))
    try:
        tag = Language.get("-".join([USUAL.get(code, code), *(part for part in rest if part != NOWHERE)]))
        full = tag.prefer_macrolanguage().maximize()
    except LanguageTagError:
        return None
    return Meaning(
        language=tag.language or "",
        script=tag.script or "",
        territory=tag.territory or "",
        full=(full.language or "", full.script or "", full.territory or ""),
        variants=frozenset(tag.variants or ()),
    )


def names_of(language: str, names: Iterable[str]) -> list[str]:
    """Find a language among the names that others have.

    What is said of script and region must be so; what is not said is the usual, or else what there is.

    Parameters
    ----------
    language
        Our name: a code of ISO 639, with a script or region after a hyphen.
    names
        Theirs.

    Returns
    -------
    list of str
        One name; none where no name means that; several where it is not told which.
    """
    names = list(names)
    wanted = meaning(language)
    if language in names or wanted is None:
        return [language] if language in names else []
    known = [(name, its) for name in names if (its := meaning(name)) and its.variants == wanted.variants]
    conditions: list[Callable[[Meaning], bool]] = [
        lambda its: its.full == wanted.full and its.territory == wanted.territory and its.language == wanted.language,
        lambda its: its.full == wanted.full and its.territory == wanted.territory,
        lambda its: its.full == wanted.full,
        lambda its: its.full[:2] == wanted.full[:2] and not wanted.territory,
        lambda its: its.full[:1] == wanted.full[:1] and not wanted.territory and not wanted.script,
    ]
    for fits in conditions:
        if found := [name for name, its in known if fits(its)]:
            return found
    return []


def nearest(language: str, names: Iterable[str]) -> list[str]:
    """List the names of the same language, in whatever script or region."""
    wanted = meaning(language)
    return [name for name in names if wanted and (its := meaning(name)) and its.full[0] == wanted.full[0]]
