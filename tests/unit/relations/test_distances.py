import logging

import numpy as np
import pandas as pd
import pytest

from isogloss.errors import IsoglossError
from isogloss.microworld import LANGUAGES, generate
from isogloss.relations.distances import (
    FAMILIES,
    MICROWORLD_FAMILIES,
    angular,
    glottocodes,
    iso_codes,
    lacking,
    microworld_distance,
    read_features,
    relatedness,
    uriel,
    vocabulary,
    write_distances,
)
from isogloss.tables import read_table


@pytest.fixture(scope="module")
def fifteen():
    return uriel(LANGUAGES, list(FAMILIES))


def test_related_languages_are_near(fifteen):
    for near, far in (("de", "zh"), ("de", "ru"), ("fr", "ar")):
        assert fifteen["en", near, "genetic"][0] < fifteen["en", far, "genetic"][0]
    assert fifteen["hi", "ur", "genetic"][0] == 0
    assert fifteen["en", "zh", "genetic"][0] == pytest.approx(1)
    assert fifteen["en", "de", "geographic"][0] < fifteen["en", "vi", "geographic"][0]
    assert fifteen["en", "fr", "syntactic"][0] < fifteen["en", "tr", "syntactic"][0]
    assert fifteen["fr", "es", "script"][0] == 0
    assert fifteen["en", "de", "script"][0] < fifteen["en", "th", "script"][0]


def test_genetic_distance_by_hand(fifteen):
    # English has 9 ancestors, German 6, and they share Indo-European to West Germanic: 4.
    assert fifteen["en", "de", "genetic"][0] == pytest.approx(2 / np.pi * np.arccos(4 / np.sqrt(9 * 6)))


def test_distances_are_symmetric_and_bounded(fifteen):
    assert len(fifteen) == 15 * 14 * len(FAMILIES)
    for (source, target, family), (value, _) in fifteen.items():
        assert value == fifteen[target, source, family][0]
        assert value is None or 0 <= value <= 1 + 1e-12


def test_what_uriel_lacks_for_the_fifteen(fifteen):
    lacking = {family: {} for family in FAMILIES}
    for (source, target, family), (value, reason) in fifteen.items():
        assert (value is None) == bool(reason)
        if value is None:
            for language in (source, target):
                lacking[family][language] = lacking[family].get(language, 0) + 1
    assert {
        family: {language for language, count in counts.items() if count == 28}
        for family, counts in lacking.items()
        if counts
    } == {"phonological": {"ur"}, "morphological": {"bg", "de", "es", "ur"}}
    assert fifteen["en", "ur", "phonological"] == (None, "URIEL has no phonological features of ur.")


# Of urielplus 1.3.2 after `integrate_grambank()`, which takes half a minute: `new_distance("morphological", …)`.
@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [("en", "fr", 0.6323), ("en", "zh", 0.786), ("hi", "tr", 0.5779), ("ar", "sw", 0.6353)],
)
def test_morphology_is_that_of_urielplus(fifteen, source, target, expected):
    assert fifteen[source, target, "morphological"][0] == pytest.approx(expected, abs=5.1e-5)


def test_a_vector_of_zeros_has_no_angle(fifteen):
    # urielplus says 0.8136: Vietnamese has no feature of those known of both, and ones stand in for zeros.
    reason = "vi has none of the 36 morphological features that URIEL knows of both {} and {}: there is no angle."
    assert fifteen["th", "vi", "morphological"] == (None, reason.format("th", "vi"))
    assert fifteen["vi", "th", "morphological"] == (None, reason.format("vi", "th"))


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "morphological"])
def test_equals_urielplus(family):
    """The package's own class that measures, on rows of its own tables (its main class would copy files)."""
    from urielplus.urielplus_querying import URIELPlusQuerying

    codes = ["eng", "deu", "tur", "vie"]
    file, prefix = FAMILIES[family]
    table = read_features(file, tuple(codes))
    place = ["family_features", "features", "geocoord_features", "script_features"].index(file)
    feats, data = [np.array(["X_"])] * 4, [np.zeros((4, 1, 1))] * 4
    feats[place], data[place] = table.columns.to_numpy(str), table.to_numpy()[:, :, None]
    theirs = URIELPlusQuerying(feats, [np.array(codes)] * 4, data, [["source"]] * 4)
    table = table.loc[:, table.columns.str.startswith(prefix)]
    for target in codes[1:]:
        vectors = {code: table.loc[code].to_numpy() for code in codes}
        ours, _ = angular(vectors, "eng", target, family)
        assert ours == pytest.approx(theirs.new_distance(family, ["eng", target]), abs=5.1e-5)


def test_an_isolate_has_no_genetic_distance():
    measured = uriel(["en", "eu"], ["genetic", "syntactic"])
    assert measured["en", "eu", "genetic"] == (
        None,
        "eu has none of the 3718 genetic features that URIEL knows of both en and eu: there is no angle.",
    )
    assert 0 < measured["en", "eu", "syntactic"][0] < 1


def test_few_known_features_are_no_distance():
    value, reason = uriel(["en", "he"], ["phonological"])["he", "en", "phonological"]
    assert value is None
    assert reason == "URIEL has 3 phonological features of both he and en; at least 10 are needed."


def test_a_macrolanguage_is_described_by_the_code_that_uriel_knows_most_of():
    # swh is said to be written in Arabic letters only, swa in Latin ones; zho has one ancestor, cmn four.
    either = {code: uriel([code, "en"], ["script"])[code, "en", "script"][0] for code in ("sw", "swa", "swh")}
    assert either["sw"] == either["swa"] < either["swh"]
    zh = {code: uriel([code, "my"], ["genetic"])[code, "my", "genetic"][0] for code in ("zh", "cmn")}
    assert zh["zh"] == zh["cmn"]


def test_codes():
    assert iso_codes()["ar"] == iso_codes()["ara"] == ("ara", "arb")
    assert iso_codes()["no"] == ("nor", "nob")
    assert iso_codes()["na"] == ("nau",)
    assert iso_codes()["de"] == ("deu",)
    assert "nan" in glottocodes()
    missing = {code for codes in iso_codes().values() for code in codes} - set(glottocodes())
    assert not missing


def test_unknown_names_are_said():
    with pytest.raises(IsoglossError, match="URIEL has no distance 'genetics'; it has syntactic"):
        uriel(["en", "de"], ["genetics"])


LOST = ("xx", "bh", "nah", "roa", "simple", "x", "en_US", "EN")
# What is written, and the code of ISO 639-3 that it means.
MEANT = {
    "iw": "heb", "in": "ind", "ji": "yid", "jw": "jav", "mo": "ron", "mol": "ron", "scr": "hrv", "scc": "srp",
    "sh": "hbs", "zh-hant": "zho", "pt-br": "por", "sr-latn": "srp", "iw-il": "heb",
}  # fmt: skip


def test_a_language_that_uriel_lacks_is_an_empty_value_with_a_reason():
    families = ["genetic", "morphological", "script"]
    measured = uriel(["en", *LOST, "de"], families)
    for family in families:
        for lost in LOST:
            reason = f"URIEL has no language '{lost}': it goes by codes of ISO 639-1 (such as sw) or 639-3 (swa)."
            assert measured["en", lost, family] == measured[lost, "de", family] == (None, reason)
            assert lacking(["en", lost]) == {lost: reason}
        assert measured["xx", "bh", family] == (None, lacking(["xx"])["xx"])
    assert measured["en", "de", "genetic"][0] > 0
    assert uriel(["xx"], families) == {}
    assert set(uriel(["xx", "yy"], ["genetic"])) == {("xx", "yy", "genetic"), ("yy", "xx", "genetic")}


def test_withdrawn_codes_and_regions_are_the_language_that_they_mean():
    measured = uriel(["en", *MEANT, *dict.fromkeys(MEANT.values())], ["genetic"])
    for written, meant in MEANT.items():
        assert measured[written, "en", "genetic"] == measured[meant, "en", "genetic"]
    assert not lacking(MEANT)


def test_relatedness_is_the_cosine_of_lineages(fifteen):
    languages = [*LANGUAGES, "eu", "xx", "iw"]
    related = relatedness(languages)
    assert related == pytest.approx(related.T, nan_ok=True)
    known = [place for place, language in enumerate(languages) if language != "xx"]
    assert np.isnan(related[languages.index("xx")]).all()
    inner = related[np.ix_(known, known)]
    assert np.linalg.eigvalsh(inner).min() > -1e-12
    assert (np.diag(inner) == 1).all()
    for (source, target, family), (value, _) in fifteen.items():
        if family == "genetic":
            found = related[languages.index(source), languages.index(target)]
            assert found == pytest.approx(np.cos(np.pi / 2 * value), abs=1e-9)
    # An isolate; and two of one family.
    assert (related[languages.index("eu")][known] == np.eye(len(languages))[languages.index("eu")][known]).all()
    assert related[languages.index("ar"), languages.index("iw")] > 0.2
    assert np.isnan(relatedness(["xx"])).all()


def test_microworld_distances_by_hand():
    # SVO and SOV; before the noun; before the verb; the place last and before the verb.
    assert microworld_distance("en", "tr", "microworld-word-order") == (0.5, "")
    # Chinese has an English order but for the place.
    assert microworld_distance("en", "zh", "microworld-word-order") == (0.25, "")
    assert microworld_distance("en", "bg", "microworld-word-order") == (0, "")
    assert microworld_distance("ru", "bg", "microworld-script") == (0, "")
    assert microworld_distance("en", "bg", "microworld-script") == (1, "")
    assert microworld_distance("en", "th", "microworld-vocabulary") == (1, "")
    de, en = vocabulary("de"), vocabulary("en")
    assert de & en >= {"in", "Anna", "Berlin"}
    value, _ = microworld_distance("de", "en", "microworld-vocabulary")
    assert value == pytest.approx(1 - len(de & en) / (len(de) + len(en) - len(de & en)))
    assert microworld_distance("en", "eu", "microworld-script") == (None, "The microworld has no language 'eu'.")


@pytest.mark.parametrize("language", ["ar", "de", "ru", "zh"])
def test_a_vocabulary_holds_what_is_said(language):
    said = {form for row in generate(language, "training", 400, 0)["words"] for form in row if not form.isdigit()}
    assert said <= vocabulary(language)


def test_the_table_names_a_reason_where_a_value_is_missing(tmp_path, caplog):
    output = tmp_path / "distances.csv"
    with caplog.at_level(logging.INFO):
        write_distances(languages=["en", "eu", "fr"], families=["genetic"], microworld=True, output=output)
    table = read_table(output)
    assert list(table.columns) == ["source", "target", "distance", "value", "reason"]
    assert len(table) == 6 * (1 + len(MICROWORLD_FAMILIES))
    empty = table["value"].isna()
    assert (table["reason"].notna() == empty).all()
    assert set(table[empty]["source"] + table[empty]["target"]) == {"eneu", "euen", "freu", "eufr"}
    assert len(caplog.records) == 1
    first = output.read_bytes()
    write_distances(languages=["en", "eu", "fr"], families=["genetic"], microworld=True, output=output)
    assert output.read_bytes() == first


def test_lexical_distance_counts_forms_of_all_texts_once(tmp_path):
    texts = {
        "a-en": [["the", "cat"], ["the", "bar"]],
        "b-en": [["zoo"]],
        "a-de": [["die", "bar", "bar"]],
        "b-de": [["zoo"]],
    }
    for name, words in {**texts, "a-zh": [["动物"]]}.items():
        pd.DataFrame({"words": words}).to_parquet(tmp_path / f"{name}.parquet")
    names = [*texts, "a-zh"]
    write_distances(
        languages=["de", "en", "zh"], families=[], microworld=False, output=tmp_path / "d.csv",
        texts=[tmp_path / f"{name}.parquet" for name in names], text_languages=[name[-2:] for name in names],
    )  # fmt: skip
    found = pd.read_csv(tmp_path / "d.csv").set_index(["source", "target", "distance"]).value
    # Of the, cat, bar, zoo, die two are shared.
    assert found["en", "de", "lexical"] == found["de", "en", "lexical"] == pytest.approx(3 / 5)
    assert found["en", "zh", "lexical"] == 1
    assert len(found) == 6


def test_the_microworlds_distances_need_no_language_of_uriel(tmp_path):
    output = tmp_path / "distances.csv"
    write_distances(languages=["en", "de"], families=[], microworld=True, output=output)
    table = pd.read_csv(output)
    assert list(table["distance"][:3]) == list(MICROWORLD_FAMILIES)
    assert table["value"].notna().all()
