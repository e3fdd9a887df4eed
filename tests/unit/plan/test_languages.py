"""Languages of any short name: what a path means, what has no code, and names that would be another's."""

import random
import re

import pytest
from snakemake.io import regex_from_filepattern

from isogloss.config.read import ConfigError, validate
from isogloss.plan.notes import notes
from isogloss.plan.places import CELLS, PLACES, source_constraint
from isogloss.plan.study import Study

PARTS = ["pt", "br", "en", "zh", "hant", "python", "c", "0"]


def language(random_numbers):
    """Draw a name of one to three parts, so that one is often the beginning or the end of another."""
    return "-".join(random_numbers.choices(PARTS, k=random_numbers.randint(1, 3)))


@pytest.mark.parametrize("seed", range(20))
def test_a_path_names_one_pair_whatever_the_languages_are_called(seed):
    numbers = random.Random(seed)
    corpora = {name: [language(numbers) for _ in range(6)] for name in ("talks", "talks-pt", "pt")}
    tasks = {name: [language(numbers) for _ in range(3)] for name in ("nli", "nli-pt", "pt")}
    known = {one for several in [*corpora.values(), *tasks.values()] for one in several}
    constraints = {
        "source": source_constraint({name: several[0] for name, several in corpora.items()}, tasks),
        **{name: "|".join(map(re.escape, sorted(known))) for name in ("target", "language")},
        "corpus": "|".join(corpora), "task": "|".join(tasks), "model": "m", "checkpoint": "pretrained",
        "side": "source|target", "space": "source-encoder", "kind": "encoder-encoder", "layer": r"\d+", "seed": r"\d+",
        "clusters": r"\d+",
        "table": "x", "figure": "x", "variant": "x", "part": "test", "split": "test",
        "weights": "all|last", "repository": "some/talks", "revision": "refs/convert/parquet",
    }  # fmt: skip
    common = {"model": "m", "checkpoint": "pretrained", "side": "source", "space": "source-encoder", "layer": "3",
              "kind": "encoder-encoder", "seed": "1", "clusters": "5",
              "table": "x", "figure": "x", "variant": "x", "part": "test",
              "split": "test", "weights": "all",
              "repository": "some/talks", "revision": "refs/convert/parquet"}  # fmt: skip
    cells = [{"corpus": name, "source": source, "target": target, "language": target}
             for name, (source, *targets) in corpora.items() for target in targets]  # fmt: skip
    cells += [{"task": name, "source": source, "language": source} for name, several in tasks.items()
              for source in several]  # fmt: skip
    met = 0
    for pattern in [*PLACES.values(), *(f"metrics/x/{cell}.csv" for cell in CELLS.values())]:
        names = re.findall(r"\{(\w+)\}", pattern)
        filled = "results/" + re.sub(r"\{(\w+)\}", lambda match: f"{{{match[1]},{constraints[match[1]]}}}", pattern)
        shape = re.compile(regex_from_filepattern(filled))
        for cell in cells:
            wanted = {name: (common | cell).get(name) for name in names}
            if None not in wanted.values():
                assert shape.match("results/" + pattern.format(**wanted)).groupdict() == wanted
                met += "source" in wanted
    assert met > 100


def config(languages, **sections):
    code = {name: f"{name}.txt" for name in languages}
    model = {"hub": "tiny/bert", "revision": "a" * 40, "depth": 1, "family": "bert"}
    text = {"kind": "hub", "repository": "some/code", "revision": "b" * 40, "files": "{language}.parquet",
            "text": "text", "languages": languages, "names": code,
            "pairs": {"source": languages[0], "targets": languages[1:]}}  # fmt: skip
    return {"corpora": {"code": text}, "models": {"m": model}, **sections}


def task(languages, sources, **keys):
    data = {"kind": "hub", "repository": "some/task", "revision": "c" * 40, "languages": languages,
            "train": "{language}/a.parquet", "test": "{language}/b.parquet", "labels": ["x", "y"]}  # fmt: skip
    return {"kind": "sequence-classification", "models": ["m"], "sources": sources, "data": data, **keys}


def test_programming_languages_are_languages_and_have_no_distance_for_a_reason():
    names = ["python", "rust", "c", "zh-hant", "de"]
    study = Study(validate(config(names, tasks={"bugs": task(names, ["python"])})))
    assert study.pairs("code")[2] == ("python", "zh-hant")
    said = "\n".join(notes(study))
    for name in ("python", "rust", "c"):
        assert f"URIEL has no language '{name}'" in said
    assert "zh-hant" not in said
    assert "'de'" not in said


@pytest.mark.parametrize("name", ["zh_CN", "eng_Latn", "Python", "-x", "c++", "sr@latin", ""])
def test_what_is_no_name_is_told(name):
    with pytest.raises(ConfigError, match="expected lower-case letters, digits and hyphens"):
        validate(config([name, "de"]))


def test_two_checkpoints_of_one_name_are_refused():
    tasks = {"nli": task(["pt-br", "de"], ["pt-br"]), "nli-pt": task(["br", "de"], ["br"])}
    with pytest.raises(ConfigError, match=r"tasks\.nli-pt: a checkpoint is called nli-pt-br-seed0 as one of 'nli' is"):
        validate(config(["en", "de"], tasks=tasks))
    tasks["nli-pt"]["models"] = ["other"]
    more = config(["en", "de"], tasks=tasks)
    more["models"]["other"] = more["models"]["m"]
    assert validate(more)


def test_a_segmenter_of_chinese_is_for_what_may_be_chinese():
    content = config(["zh-hant", "mandarin", "ja"])
    content["corpora"]["code"]["segmentation"] = {"zh-hant": "jieba", "mandarin": "jieba", "ja": "jieba"}
    with pytest.raises(ConfigError) as caught:
        validate(content)
    assert caught.value.messages == ["config: corpora.code.segmentation.ja: jieba splits Chinese; take icu"]
