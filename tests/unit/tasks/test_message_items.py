"""Items whose labels are real: which program a message is of."""

import pandas as pd
from catalogues import catalogue

from isogloss.tasks.items import write_items


def message_items(tmp_path, languages=("en", "de"), **more):
    """Items of made messages of two programs, by language and part."""
    nouns = ["branch", "remote", "commit", "index", "merge", "tag", "stash", "hook", "blob", "tree"]
    for program, verbs in (("git", ["push", "pull", "fetch"]), ("tar", ["pack", "list", "append"])):
        texts = {f"{verb} every {noun} right here": f"{noun} hier {verb}en" for noun in nouns for verb in verbs}
        catalogue(tmp_path / "de" / "LC_MESSAGES" / f"{program}.mo", texts)
    found = {}
    for language in languages:
        for part in ("training", "test"):
            output = tmp_path / f"{language}-{part}.parquet"
            write_items(
                kind="gettext", language=language, part=part, output=output, labels=["git", "tar"], train=6,
                validation=2, test=4, languages=list(languages), folder=str(tmp_path), min_words=4, max_words=40,
                similarity=0.9, **more,
            )  # fmt: skip
            found[language, part] = pd.read_parquet(output)
    return found


def test_items_of_messages_are_the_same_in_every_language_and_in_one_split(tmp_path):
    found = message_items(tmp_path)
    assert found["en", "test"].label.value_counts().to_dict() == {"git": 4, "tar": 4}
    assert found["en", "training"].groupby(["split", "label"]).size().to_dict() == {
        ("training", "git"): 6, ("training", "tar"): 6, ("validation", "git"): 2, ("validation", "tar"): 2,
    }  # fmt: skip
    assert list(found["en", "test"].item) == list(found["de", "test"].item)
    assert list(found["en", "test"].label) == list(found["de", "test"].label)
    assert not set(found["en", "test"].item) & set(found["en", "training"].item)
    for english, german in zip(found["en", "test"].words, found["de", "test"].words, strict=True):
        assert [german[0], german[2]] == [english[2], f"{english[0]}en"]
