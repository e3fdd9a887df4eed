"""Distances between languages: those of URIEL+, and those that the microworld's grammars were written with.

URIEL describes a language by vectors of features, most of them 0 or 1 and many of them unknown. We read the tables that
the package ``urielplus`` brings along, and compute its angular distance ourselves: its own class copies files into the
folder where it is installed, and it has a value where there is none (see :func:`angular`). The tables are under the
licence CC BY-SA 4.0.
"""

import csv
import logging
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from itertools import chain, permutations, product
from pathlib import Path

import numpy as np
import pandas as pd

from isogloss.errors import IsoglossError
from isogloss.files import read_parquet, write_csv
from isogloss.microworld import LANGUAGES, MICROWORLD_FAMILIES
from isogloss.microworld.realise import POLARITIES, Grammar
from isogloss.microworld.world import Meaning, read

log = logging.getLogger(__name__)

CODES = Path(__file__).with_name("languages.csv")
# The table that holds a family's features, and how their names begin. Morphology is Grambank's alone.
FAMILIES = {
    "syntactic": ("features", "S_"),
    "phonological": ("features", "P_"),
    "inventory": ("features", "INV_"),
    "featural": ("features", ""),
    "morphological": ("grambank", "M_"),
    "genetic": ("family_features", ""),
    "geographic": ("geocoord_features", ""),
    "script": ("script_features", ""),
}
LEXICAL = "lexical"
# Codes that ISO 639 has withdrawn and that data still bear: Wikipedia, gettext, Java, WikiANN.
WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "mol": "ro", "scc": "sr", "scr": "hr"}
# An angle between vectors of a few zeros and ones says more about what is unknown than about the languages.
LEAST_FEATURES = 10

Distance = tuple[float | None, str]


def write_distances(
    *,
    languages: list[str],
    families: list[str],
    microworld: bool,
    output: str | Path,
    texts: Sequence[str | Path] = (),
    text_languages: Sequence[str] = (),
) -> None:
    """Write the distances of every ordered pair of different languages.

    Parameters
    ----------
    languages
        Codes of ISO 639-1 or 639-3, also withdrawn ones; a script or region after a hyphen is not looked at.
    families
        Which of URIEL's distances: keys of :data:`FAMILIES`.
    microworld
        Whether to add :data:`isogloss.microworld.MICROWORLD_FAMILIES`.
    output
        The CSV file to write: source, target, distance (its name), value (0: the same; 1: nothing in common), and
        reason: a sentence where there is no value, as for a language that URIEL lacks.
    texts, text_languages
        Files of items and the language of each: for the distance ``lexical``, see :func:`lexical`; none: without it.

    Raises
    ------
    IsoglossError
        If URIEL has no such distance.
    """
    measured = uriel(languages, families)
    if microworld:
        measured |= {
            (source, target, name): microworld_distance(source, target, name)
            for source, target in permutations(languages, 2)
            for name in MICROWORLD_FAMILIES
        }
    if texts:
        measured |= lexical(languages, texts, text_languages)
    names = [*families, *(MICROWORLD_FAMILIES if microworld else ()), *([LEXICAL] if texts else [])]
    keys = [(*pair, name) for pair in permutations(languages, 2) for name in names]
    table = pd.DataFrame(keys, columns=["source", "target", "distance"])
    table["value"] = pd.array([measured[key][0] for key in keys], dtype="Float64")
    table["reason"] = [measured[key][1] for key in keys]
    write_csv(table, output)
    log.info("%d distances, %d of them empty with a reason: %s", len(table), table["value"].isna().sum(), output)


def lexical(
    languages: Sequence[str], texts: Sequence[str | Path], text_languages: Sequence[str]
) -> dict[tuple[str, str, str], Distance]:
    """Measure how few word forms the texts of two languages share: 1 − shared forms / forms of either (Jaccard).

    Forms count once each, as they are written, of all items together.

    Parameters
    ----------
    languages
        Of which every ordered pair is measured.
    texts, text_languages
        Parquet files with a column ``words``, and the language of each.
    """
    forms: dict[str, set[str]] = {language: set() for language in languages}
    for path, language in zip(texts, text_languages, strict=True):
        forms[language].update(chain.from_iterable(read_parquet(path, ("words",)).words))
    return {
        (source, target, LEXICAL): (1 - len(forms[source] & forms[target]) / len(forms[source] | forms[target]), "")
        for source, target in permutations(languages, 2)
    }


def uriel(languages: Sequence[str], families: Sequence[str]) -> dict[tuple[str, str, str], Distance]:
    """Measure URIEL's distances of every ordered pair.

    Where a language has two codes of ISO 639-3 (that of the macrolanguage, and that of the individual language which
    most texts are in) each family takes the one that URIEL describes more fully.

    Returns
    -------
    dict
        A value and an empty reason, or None and a reason, of source, target and family.

    Raises
    ------
    IsoglossError
        If URIEL has no such distance.
    """
    unknown = [family for family in families if family not in FAMILIES]
    if unknown:
        raise IsoglossError(f"URIEL has no distance '{unknown[0]}'; it has {', '.join(FAMILIES)}.")
    missing = lacking(languages) if families else {}
    candidates = {language: codes_of(language) for language in languages if families and language not in missing}
    measured: dict[tuple[str, str, str], Distance] = {
        (source, target, family): (None, missing.get(source) or missing.get(target, ""))
        for source, target in permutations(languages, 2)
        for family in families
    }
    for file in dict.fromkeys(FAMILIES[family][0] for family in families):
        table = read_features(file, tuple(dict.fromkeys(chain(*candidates.values()))))
        for family in families:
            if FAMILIES[family][0] != file:
                continue
            vectors = fullest(table, family, candidates)
            for source, target in permutations(candidates, 2):
                measured[source, target, family] = angular(vectors, source, target, family)
    return measured


def fullest(table: pd.DataFrame, family: str, candidates: dict[str, list[str]]) -> dict[str, np.ndarray]:
    """Give each language's features of a family, of that of its codes which URIEL describes most fully."""
    features = table.loc[:, table.columns.str.startswith(FAMILIES[family][1])]
    # A lineage has no unknown features: the fuller one is the longer one.
    fullness = (features > 0 if family == "genetic" else features >= 0).sum(axis=1)
    return {language: features.loc[max(codes, key=fullness.get)].to_numpy() for language, codes in candidates.items()}


def relatedness(languages: Sequence[str]) -> np.ndarray:
    """Say how much of their descent languages share: the cosine of the sets of their ancestors, as URIEL has them.

    Returns
    -------
    ndarray
        float64 ``[languages, languages]``: 1 on the diagonal, 0 between families and for isolates; positive
        semidefinite. NaN in the rows and columns of languages that URIEL lacks.
    """
    candidates = {language: codes_of(language) for language in languages if language not in lacking(languages)}
    related = np.full((len(languages), len(languages)), np.nan)
    if not candidates:
        return related
    table = read_features("family_features", tuple(dict.fromkeys(chain(*candidates.values()))))
    lineages = np.array(list(fullest(table, "genetic", candidates).values())) > 0
    lengths = np.sqrt(np.maximum(lineages.sum(1), 1))
    shared = lineages.astype(np.float64) @ lineages.T / np.outer(lengths, lengths)
    np.fill_diagonal(shared, 1)
    places = [place for place, language in enumerate(languages) if language in candidates]
    related[np.ix_(places, places)] = shared
    return related


def lacking(languages: Sequence[str]) -> dict[str, str]:
    """Name the languages that URIEL does not have, with a sentence for each."""
    return {
        language: f"URIEL has no language '{language}': it goes by codes of ISO 639-1 (such as sw) or 639-3 (swa)."
        for language in languages
        if not codes_of(language)
    }


def codes_of(language: str) -> list[str]:
    """Give the codes of ISO 639-3 under which URIEL has a language: none, one, or a macrolanguage's two."""
    code = language.partition("-")[0]
    code = WITHDRAWN.get(code, code)
    return [known for known in iso_codes().get(code, (code,)) if known in glottocodes()]


def angular(vectors: dict[str, np.ndarray], source: str, target: str, family: str) -> Distance:
    """Measure the angle between two languages' features, over those that are known of both; 1 is a right angle.

    ``2 arccos(cos) / π`` (Khan et al. 2025, "URIEL+", the default distance). The package replaces a vector of zeros by
    one of equal small numbers, whose angle means nothing: an isolate would be at about 0.97 of a language of any
    family and at 0 of any other isolate. There such a pair has no value, and none has one whose known features are few.
    """
    pair = vectors[source], vectors[target]
    known = (pair[0] >= 0) & (pair[1] >= 0)
    for language, vector in zip((source, target), pair, strict=True):
        if not (vector >= 0).any():
            return None, f"URIEL has no {family} features of {language}."
    if known.sum() < LEAST_FEATURES:
        found = f"URIEL has {known.sum()} {family} features of both {source} and {target}"
        return None, f"{found}; at least {LEAST_FEATURES} are needed."
    for language, vector in zip((source, target), pair, strict=True):
        if not vector[known].any():
            found = f"{language} has none of the {known.sum()} {family} features that URIEL knows of both"
            return None, f"{found} {source} and {target}: there is no angle."
    x, y = (vector[known] / np.linalg.norm(vector[known]) for vector in pair)
    # The same as 2 arccos(x·y) / π, and exact where the two are nearly the same.
    return float(4 / np.pi * np.arctan2(np.linalg.norm(x - y), np.linalg.norm(x + y))), ""


@cache
def read_features(file: str, codes: tuple[str, ...]) -> pd.DataFrame:
    """Read one of URIEL's tables; a feature that several sources give is 1 where one of them says so.

    Parameters
    ----------
    file
        First part of a value of :data:`FAMILIES`.
    codes
        Languages, as ISO 639-3.

    Returns
    -------
    DataFrame
        A row a language, a column a feature; -1 where it is unknown.
    """
    folder, index = Path(str(files("urielplus"))) / "database", list(codes)
    if file == "grambank":
        table = pd.read_csv(folder / "urielplus_csvs" / "grambank_data.csv", index_col="language_id")
        return table.reindex([glottocodes()[code] for code in codes], fill_value=-1).set_axis(index).astype(np.float64)
    with np.load(folder / "original_uriel" / f"{file}.npz", allow_pickle=False) as arrays:
        rows = pd.Index(arrays["langs"]).get_indexer(index)
        return pd.DataFrame(arrays["data"][rows].max(2), index=index, columns=arrays["feats"], dtype=np.float64)


@cache
def glottocodes() -> dict[str, str]:
    """Map every language of URIEL, as ISO 639-3, to its Glottocode; to nothing where it has none."""
    path = files("urielplus") / "database" / "urielplus_csvs" / "uriel_glottocode_map.csv"
    # One of the codes is `nan`.
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return dict(zip(table["iso_code"], table["glottocode"], strict=True))


@cache
def iso_codes() -> dict[str, tuple[str, ...]]:
    """Map codes of ISO 639-1 and of macrolanguages to ISO 639-3.

    The table is ISO 639-3's; the individual language of a macrolanguage is the one that FLORES-200 has, and for
    Chinese, Estonian and Guarani, where that has the macrolanguage, the standard language.
    """
    found = {}
    with CODES.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            codes = tuple(code for code in (row["iso639_3"], row["individual"]) if code)
            found[row["iso639_1"]] = found[row["iso639_3"]] = codes
    return found


def microworld_distance(source: str, target: str, name: str) -> Distance:
    """Measure how far apart the grammars of two languages of the microworld are.

    Parameters
    ----------
    source, target
        Languages.
    name
        ``microworld-word-order``: share of the rules of order that differ. ``microworld-script``: 1 for another script.
        ``microworld-vocabulary``: 1 - Jaccard overlap of word forms.
    """
    for language in (source, target):
        if language not in LANGUAGES:
            return None, f"The microworld has no language '{language}'."
    if name == "microworld-script":
        return float(read(source)["script"] != read(target)["script"]), ""
    if name == "microworld-word-order":
        return float(np.mean([a != b for a, b in zip(orders(source), orders(target), strict=True)])), ""
    x, y = vocabulary(source), vocabulary(target)
    return 1 - len(x & y) / len(x | y), ""


def orders(language: str) -> tuple[str, str, str, bool]:
    """Give a microworld language's rules of order: of the clause, the adjective, the adverb, and the place."""
    grammar = Grammar(language)
    # Everything stands before a verb that is last.
    before = grammar.place_before_verb or grammar.order == "SOV"
    return grammar.order, grammar.words["adjective"], grammar.adverb_place, before


@cache
def vocabulary(language: str) -> frozenset[str]:
    """Collect the word forms that a microworld language can say, without the years, which all write alike."""
    grammar, world = Grammar(language), read("world")
    said = [*grammar.words["names"], *(grammar.words["city"].format(city) for city in grammar.words["cities"])]
    for topic, polarity, gender in product(range(len(world["topics"])), range(2), "mfn"):
        for verb in range(1 + len(grammar.words["any_verbs"][POLARITIES[polarity]])):
            said += grammar.verb(Meaning(topic, polarity, verb, *[-1] * 7), gender)
    for polarity in POLARITIES:
        said += grammar.words["adverbs"][polarity]
        for index, gender, case in product(range(len(world["adjectives"][polarity])), "mfn", ("subject", "object")):
            said.append(grammar.adjective(polarity, index, gender, case))
    for topic in world["topics"]:
        said += [phrase.replace("*", "") for phrase in grammar.words["places"][topic]]
        for part in ("subjects", "objects"):
            for index in range(len(world[part][topic])):
                said += grammar.noun(part, topic, index)[0]
    return frozenset(form for phrase in said for form in phrase.split())
