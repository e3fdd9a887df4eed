"""Where everything stands: the only file that spells a path of the results.

A rule's output, the input of the next and every list of files come from here, so a place is written once.
"""

import re
from collections.abc import Mapping, Sequence

PAIR = "{corpus}/{source}-{target}"
CELL = f"{{model}}/{{checkpoint}}/{PAIR}"

PLACES = {
    "branch": "branches/{kind}/{repository}@{revision}.json",
    "fetched_text": "fetched/{corpus}/{language}.parquet",
    "fetched_items": "fetched/{task}/{language}/{split}.parquet",
    "corpus": "corpora/{corpus}/{language}.parquet",
    "training_text": "training/{corpus}/{language}.parquet",
    "alignment": f"alignments/{PAIR}.parquet",
    "lexicon": f"lexicons/{PAIR}.parquet",
    "selection": f"selections/{PAIR}/{{side}}.parquet",
    "checkpoint": "checkpoints/{model}/{checkpoint}",
    "store": f"activations/{CELL}/{{space}}.h5",
    "concepts": f"concepts/{CELL}/{{space}}/layer{{layer}}-seed{{seed}}.parquet",
    "swept_concepts": f"concepts/{CELL}/{{space}}/layer{{layer}}-clusters{{clusters}}.parquet",
    "halves": f"concepts/{CELL}/{{space}}/layer{{layer}}-halves.parquet",
    "items": "tasks/{task}/{language}/{part}.parquet",
    "sentences": "sentences/{model}/{checkpoint}/{task}.h5",
    "predictions": "predictions/{model}/{checkpoint}/{task}.parquet",
    "crossed": "altered/crossed/{model}/{checkpoint}/{task}.parquet",
    "controls": "altered/controls/{model}/{checkpoint}/{task}.parquet",
    "frozen_layers": "metrics/frozen_layers/{model}/{task}/{variant}.json",
    "training": "metrics/training/{model}/{checkpoint}.csv",
    "finetuning": "metrics/finetuning/{model}/{checkpoint}.csv",
    "finetuning_notes": "metrics/finetuning/{model}/{checkpoint}.json",
    "subword_distances": "metrics/subword_distances/{model}.csv",
    "word_alignment": f"metrics/word_alignment/{PAIR}.csv",
    "cards": f"metrics/concept_cards/{CELL}/{{kind}}.parquet",
    "table": "tables/{table}.csv",
    "figure": "figures/{figure}.svg",
    "figure_pdf": "figures/{figure}.pdf",
    "provenance": "provenance.json",
    "report": "report.html",
}
# What one file of a measure is about: the wildcards that name it.
CELLS = {
    "pair-layer": f"{CELL}/{{kind}}/layer{{layer}}",
    "checkpoint": "{model}/{checkpoint}",
    "corpus": "{model}/{checkpoint}/{corpus}",
    "pair": CELL,
    "tuning": "{model}/{checkpoint}",
    "test-items": "{model}/{checkpoint}/{task}",
    "task-source": "{task}/{source}",
    "edits": "{model}/{checkpoint}/{language}/{weights}",
}


def source_constraint(corpora: Mapping[str, str], tasks: Mapping[str, Sequence[str]]) -> str:
    """Say in a regular expression which source languages a path may name, and where.

    Names of languages hold hyphens, and so does a pair: `pt-br-en` is pt to br-en, or pt-br to en. All pairs of a
    corpus have one source, so the folder before a pair tells which it is.

    Parameters
    ----------
    corpora
        Each corpus's source language.
    tasks
        Each task's source languages, which stand by themselves.
    """
    before_pair = [rf"(?<=/{re.escape(name)}/){re.escape(source)}(?=-)" for name, source in corpora.items()]
    alone = [
        rf"(?<=/{re.escape(name)}/)(?:{'|'.join(map(re.escape, sources))})(?=\.)" for name, sources in tasks.items()
    ]
    return "|".join([*before_pair, *alone]) or "(?!)"


class Blanks(dict):
    """Wildcards that are not known yet stay as they are."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


class Places:
    """The places of one results folder.

    Parameters
    ----------
    results
        The folder.
    """

    def __init__(self, results: str):
        self.results = results

    def __call__(self, name: str, **wildcards: object) -> str:
        """Give the path of something, with the wildcards that are known filled in."""
        return self.fill(f"{self.results}/{PLACES[name]}", wildcards)

    def metric(self, name: str, cell: str, ending: str = "csv", **wildcards: object) -> str:
        """Give the path of one measure's file of a cell.

        Parameters
        ----------
        name
            Of the folder below ``metrics``.
        cell
            What a file is about, a key of ``CELLS``.
        ending
            Of the file.
        **wildcards
            Those that are known.
        """
        return self.fill(f"{self.results}/metrics/{name}/{CELLS[cell]}.{ending}", wildcards)

    def log(self, path: str) -> str:
        """Give the log of the job that makes ``path``."""
        return f"{self.results}/logs/{self.below(path)}.log"

    def below(self, path: str) -> str:
        """Give a path below the results folder, without its ending."""
        inner = path.removeprefix(f"{self.results}/").removeprefix("metrics/")
        folder, _, name = inner.rpartition("/")
        stem = name.rpartition(".")[0] or name
        return f"{folder}/{stem}" if folder else stem

    @staticmethod
    def fill(pattern: str, wildcards: dict[str, object]) -> str:
        """Fill in the wildcards that are known."""
        return pattern.format_map(Blanks(wildcards)) if wildcards else pattern
