"""Ready-made data sets of the hub: the keys that `preset:` stands for in a config, an entry each.

A revision is the commit whose files were looked at. Where none was, it is the branch that has the Parquet files; what
that stands for is said when it is fetched.
"""

from typing import Any

CONVERTED = "refs/convert/parquet"


def words_of(text: str) -> list[str]:
    """Read a list that is written as text."""
    return text.split()


INTENTS = words_of(
    "alarm_query alarm_remove alarm_set audio_volume_down audio_volume_mute audio_volume_other audio_volume_up "
    "calendar_query calendar_remove calendar_set cooking_query cooking_recipe datetime_convert datetime_query "
    "email_addcontact email_query email_querycontact email_sendemail general_greet general_joke general_quirky "
    "iot_cleaning iot_coffee iot_hue_lightchange iot_hue_lightdim iot_hue_lightoff iot_hue_lighton iot_hue_lightup "
    "iot_wemo_off iot_wemo_on lists_createoradd lists_query lists_remove music_dislikeness music_likeness music_query "
    "music_settings news_query play_audiobook play_game play_music play_podcasts play_radio qa_currency qa_definition "
    "qa_factoid qa_maths qa_stock recommendation_events recommendation_locations recommendation_movies social_post "
    "social_query takeaway_order takeaway_query transport_query transport_taxi transport_ticket transport_traffic "
    "weather_query"
)

# Parallel text.
CORPORA: dict[str, dict[str, Any]] = {
    "ted-multi": {
        "repository": "neulab/ted_multi",
        "revision": "de61be957e71348e29076a9e76ed4f3b02c87e43",  # of refs/convert/parquet
        "files": "plain_text/test/*.parquet",
        "text": "translations",
        "names": {"zh": "zh-cn", "zh-hant": "zh-tw"},
    },
    "opus-100": {
        "repository": "Helsinki-NLP/opus-100",
        "revision": "main",
        "files": "{pair}/test-*.parquet",
        "text": "translation.{language}",
        "pivot": "en",
    },
    "ntrex-128": {
        "repository": "davidstap/NTREX",
        "revision": CONVERTED,
        "files": "{language}/test/*.parquet",
        "text": "text",
    },
    "flores-plus": {  # gated
        "repository": "openlanguagedata/flores_plus",
        "revision": "main",
        "files": "devtest/{language}.parquet",
        "text": "text",
        "names": {"ff": "fuv_Latn", "ps": "pbt_Arab", "qu": "quy_Latn"},  # the one that it has of each macrolanguage
    },
}
# Items of tasks. FORMS says which kind of task a data set is for.
TASKS: dict[str, dict[str, Any]] = {
    "xnli": {
        "repository": "facebook/xnli",
        "revision": "b8dd5d7af51114dbda02c0e3f6133f332186418e",
        "train": "{language}/train-*.parquet",
        "validation": "{language}/validation-*.parquet",
        "test": "{language}/test-*.parquet",
        "text": "premise",
        "other_text": "hypothesis",
        "labels": ["entailment", "neutral", "contradiction"],
    },
    "paws-x": {
        "repository": "google-research-datasets/paws-x",
        "revision": "bd262abfe7dd14d902e653e2e3b612ca05789d52",
        "train": "{language}/train-*.parquet",
        "validation": "{language}/validation-*.parquet",
        "test": "{language}/test-*.parquet",
        "text": "sentence1",
        "other_text": "sentence2",
        "labels": ["0", "1"],
    },
    "sst-2": {  # of GLUE, in English alone; the labels of its own test items are kept back
        "repository": "nyu-mll/glue",
        "revision": "bcdcba79d07bc864c1c254ccfcedcce55bcc9a8c",
        "train": "sst2/train-*.parquet",
        "test": "sst2/validation-*.parquet",
        "text": "sentence",
        "labels": ["negative", "positive"],
    },
    "massive": {
        "repository": "AmazonScience/massive",
        "revision": CONVERTED,
        "train": "{language}/train/*.parquet",
        "validation": "{language}/validation/*.parquet",
        "test": "{language}/test/*.parquet",
        "text": "utt",
        "label": "intent",
        "labels": INTENTS,
    },
    "wikiann": {
        "repository": "unimelb-nlp/wikiann",
        "revision": "main",
        "train": "{language}/train-*.parquet",
        "validation": "{language}/validation-*.parquet",
        "test": "{language}/test-*.parquet",
        "text": "tokens",
        "label": "ner_tags",
        "labels": ["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"],
        "same_items": False,
    },
    "opus-100": {
        "repository": "Helsinki-NLP/opus-100",
        "revision": "main",
        "train": "{pair}/train-*.parquet",
        "validation": "{pair}/validation-*.parquet",
        "test": "{pair}/test-*.parquet",
        "text": "translation.{language}",
        "other_text": "translation.{into}",
        "same_items": False,
    },
}
FORMS = {
    "xnli": "sequence-classification",
    "paws-x": "sequence-classification",
    "sst-2": "sequence-classification",
    "massive": "sequence-classification",
    "wikiann": "token-classification",
    "opus-100": "translation",
}


def filled(content: Any, presets: dict[str, dict[str, Any]]) -> Any:
    """Fill in the keys that a section's `preset` stands for; those that it says itself go before.

    Parameters
    ----------
    content
        A section of a config, as YAML gives it.
    presets
        :data:`CORPORA` or :data:`TASKS`.
    """
    if not isinstance(content, dict) or not content.get("preset"):
        return content
    # A name that is none is told by the type of the key: what it would have stood for is no second mistake.
    preset = presets.get(str(content["preset"]), next(iter(presets.values())))
    own_names = content.get("names") or {}
    names = {**preset.get("names", {}), **own_names} if isinstance(own_names, dict) else own_names
    return {**preset, **content, "names": names}


def without_required(schema: dict[str, Any]) -> None:
    """Tell editors that the keys which a preset can give are not needed beside one."""
    given = {key for presets in (CORPORA, TASKS) for preset in presets.values() for key in preset}
    schema["required"] = [key for key in schema["required"] if key not in given]
