"""Our names of languages among those of data sets and tokenizers."""

import pytest

from isogloss.errors import IsoglossError
from isogloss.models.language_signs import sign_of
from isogloss.text.languages import names_of
from isogloss.text.presets import words_of

# As the sets call them.
FLORES = words_of(
    "als_Latn apc_Arab arb_Arab arb_Latn azb_Arab azj_Latn cat_Latn cat_Latn_vale1252 cmn_Hans cmn_Hant ekk_Latn "
    "eng_Latn fil_Latn gaz_Latn kas_Arab kas_Deva khk_Cyrl kmr_Latn lvs_Latn nno_Latn nob_Latn npi_Deva ory_Orya "
    "pes_Arab plt_Latn por_Latn prs_Arab srp_Cyrl swh_Latn twi_Latn uzn_Latn ydd_Hebr yue_Hant zsm_Latn"
)
NTREX = words_of(
    "aze_Latn eng_Latn eng-GB_Latn eng-IN_Latn eng-US_Latn fas_Arab fra_Latn fra-CA_Latn mon_Cyrl nob_Latn por_Latn "
    "por-BR_Latn prs_Arab spa_Latn spa-MX_Latn srp_Cyrl srp_Latn swa_Latn zho_Hans zho_Hant"
)
MASSIVE = words_of("ar-SA de-DE en-US fa-IR nb-NO pt-PT sw-KE tl-PH zh-CN zh-TW")
MBART = words_of("en_XX ko_KR pt_XX sw_KE zh_CN")


@pytest.mark.parametrize(
    ("names", "ours", "theirs"),
    [
        (FLORES, "zh", "cmn_Hans"), (FLORES, "zh-hant", "cmn_Hant"), (FLORES, "yue", "yue_Hant"),
        (FLORES, "ar", "arb_Arab"), (FLORES, "ar-latn", "arb_Latn"), (FLORES, "fa", "pes_Arab"),
        (FLORES, "prs", "prs_Arab"), (FLORES, "sq", "als_Latn"), (FLORES, "az", "azj_Latn"), (FLORES, "no", "nob_Latn"),
        (FLORES, "nn", "nno_Latn"), (FLORES, "mg", "plt_Latn"), (FLORES, "sr", "srp_Cyrl"), (FLORES, "tw", "twi_Latn"),
        (FLORES, "ca", "cat_Latn"), (FLORES, "ks", "kas_Arab"), (FLORES, "ks-deva", "kas_Deva"),
        (FLORES, "sw", "swh_Latn"), (FLORES, "et", "ekk_Latn"), (FLORES, "eng_Latn", "eng_Latn"),
        (NTREX, "sr", "srp_Cyrl"), (NTREX, "sr-latn", "srp_Latn"), (NTREX, "en", "eng_Latn"),
        (NTREX, "en-us", "eng-US_Latn"), (NTREX, "pt", "por_Latn"), (NTREX, "pt-br", "por-BR_Latn"),
        (NTREX, "fr-ca", "fra-CA_Latn"), (NTREX, "zh", "zho_Hans"), (NTREX, "sw", "swa_Latn"),
        (MASSIVE, "zh", "zh-CN"), (MASSIVE, "zh-hant", "zh-TW"), (MASSIVE, "no", "nb-NO"), (MASSIVE, "pt", "pt-PT"),
        (MASSIVE, "tl", "tl-PH"), (MBART, "pt", "pt_XX"), (MBART, "sw", "sw_KE"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_what_its_name_means(names, ours, theirs):
    assert names_of(ours, names) == [theirs]


@pytest.mark.parametrize(
    ("names", "ours"),
    [(NTREX, "pt-pt"), (FLORES, "sr-latn"), (FLORES, "en-gb"), (MBART, "zh-hant"), (FLORES, "python"),
     (FLORES, "c")],
)  # fmt: skip
def test_another_script_or_region_is_not_taken_for_it(names, ours):
    assert names_of(ours, names) == []


def test_what_is_not_told_apart_is_said():
    assert names_of("ff", ["fuc_Latn", "fuv_Latn"]) == ["fuc_Latn"]
    assert names_of("en", ["en-GB", "en-IN"]) == ["en-GB", "en-IN"]


def test_a_tokenizers_signs_are_told_apart_by_script_too():
    signs = ["srp_Cyrl", "zho_Hans", "zho_Hant"]
    assert [sign_of(one, signs) for one in ("sr", "zh", "zh-hant")] == signs
    with pytest.raises(IsoglossError, match="has 0 marks for 'sr-latn'"):
        sign_of("sr-latn", signs)
