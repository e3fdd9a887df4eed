"""Inputs that people really have, each with what is right, all in one config and one run of Snakemake.

A case is a function that puts its files into the world's folder, its sections into the config, and says which results
must hold what and which must be refused with what words. Cases that are about the config itself are checked in place.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
CASES: dict[str, tuple[str, Callable[["World"], None]]] = {}

ENGLISH = ("the old farmer wants a house .", "my sister paints the red boat .", "our friend reads two books .")
GERMAN = (
    "der alte Bauer will ein Haus .",
    "meine Schwester malt das rote Boot .",
    "unser Freund liest zwei Bücher .",
)
FRENCH = (
    "le vieux paysan veut une maison .",
    "ma sœur peint le bateau rouge .",
    "notre ami achète deux livres .",
)


def case(number: str, title: str):
    """List a case under its number."""

    def listed(function):
        CASES[number] = (title, function)
        return function

    return listed


@dataclass
class Expectation:
    """What one result must be.

    Attributes
    ----------
    case
        The number of its case.
    target
        Its path below the results.
    right
        A check of the finished file that raises AssertionError, or a pattern of the refusal in the job's log.
    """

    case: str
    target: str
    right: Callable[[Path], None] | re.Pattern


@dataclass
class World:
    """A folder, a config, and what must come of it."""

    folder: Path
    number: str = ""
    config: dict[str, Any] = field(
        default_factory=lambda: {"results": "results", "corpora": {}, "models": {}, "tasks": {}}
    )
    expected: list[Expectation] = field(default_factory=list)
    replacements: list[tuple[str, str, str, str, Callable[[Path], None]]] = field(default_factory=list)
    verdicts: dict[str, list[str]] = field(default_factory=dict)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    # What cases say ------------------------------------------------------------------------------------------------

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file; give its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def lines(self, name: str, texts) -> str:
        """Write sentences, a line each; give the path."""
        return self.write(name, "".join(f"{text}\n" for text in texts))

    def corpus(self, name: str, source: str, target: str, **section) -> None:
        """Add a corpus of two languages."""
        pairs = {"source": source, "targets": [target]}
        self.config["corpora"][name] = {"languages": [source, target], "pairs": pairs, **section}

    def task(self, name: str, kind: str, data: dict, **section) -> None:
        """Add a task on the user's own tables, in English and German."""
        data = {"kind": "table", "languages": ["en", "de"], **data}
        self.config["tasks"][name] = {"kind": kind, "data": data, "models": ["plain"], "sources": ["en"], **section}

    def reads(self, target: str, right: Callable[[Path], None]) -> None:
        """Expect a result that passes a check."""
        self.expected.append(Expectation(self.number, target, right))

    def refuses(self, target: str, pattern: str) -> None:
        """Expect a refusal, in one line that matches."""
        self.expected.append(Expectation(self.number, target, re.compile(pattern)))

    def replaced(self, target: str, source: str, other: str, right: Callable[[Path], None]) -> None:
        """Expect a result to be made again after the run, when a file is replaced by an older one."""
        self.replacements.append((self.number, target, source, other, right))

    def small(self, languages=("en", "de"), **sections) -> dict[str, Any]:
        """A config of its own: one corpus of two languages, one model."""
        files = {language: self.lines(f"small.{language}", [*ENGLISH, f"in {language}"]) for language in languages}
        pairs = {"source": languages[0], "targets": [languages[1]]}
        corpus = {"kind": "text", "languages": list(languages), "files": files, "pairs": pairs}
        model = {"random": {"family": "bert", "corpus": "mine", "layers": 1, "hidden": 16, "heads": 2}}
        return {"corpora": {"mine": corpus}, "models": {"plain": model}, **sections}

    def check(self, config: dict[str, Any], pattern: str | None) -> None:
        """Read a config of its own: refused, each line a match, or found right where the pattern is None."""
        from isogloss.config.read import ConfigError, validate

        try:
            validate(config)
        except ConfigError as error:
            right = pattern is not None and all(re.search(pattern, message) for message in error.messages)
            self.judge(self.number, right, f"refused by check: {error.messages[0]}")
        else:
            self.judge(self.number, pattern is None, "found right by check")

    # The run -------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Build the world of all cases, run it, and judge what came."""
        for number, (_, function) in sorted(CASES.items()):
            self.number = number
            function(self)
        first = next(iter(self.config["corpora"]))
        self.config["models"]["plain"] = {
            "random": {"family": "bert", "corpus": first, "layers": 1, "hidden": 16, "heads": 2}
        }
        config = self.folder / "config.yaml"
        config.write_text(yaml.safe_dump(self.config, allow_unicode=True, sort_keys=False), encoding="utf-8")
        output = self.snakemake(config, *(f"results/{one.target}" for one in self.expected))
        for one in self.expected:
            self.look_at(one, output)
        for number, target, source, other, right in self.replacements:
            shutil.copy2(other, source)
            os.utime(source, (1, 1))
            output = self.snakemake(config, f"results/{target}")
            self.look_at(Expectation(number, target, right), output)

    def snakemake(self, config: Path, *targets: str) -> str:
        """Run Snakemake in the folder; give what it printed."""
        command = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2", "--keep-going"]
        done = subprocess.run(
            [*command, "--configfile", str(config), "--", *targets], cwd=self.folder, capture_output=True, text=True
        )
        return done.stdout + done.stderr

    def look_at(self, one: Expectation, output: str) -> None:
        """Judge one result."""
        path = self.folder / "results" / one.target
        refusal = self.refusal(one.target)
        if isinstance(one.right, re.Pattern):
            said = refusal or ("no message" if path.exists() else f"no log: {output[-500:]}")
            self.judge(one.case, not path.exists() and one.right.search(said) is not None, f"refused: {said}")
        elif not path.exists():
            told = [line for line in output.splitlines() if "rror: " in line]
            self.judge(one.case, False, refusal or f"{one.target} is not made: {' / '.join(told) or output[-1500:]}")
        else:
            try:
                one.right(path)
            except AssertionError as error:
                self.judge(one.case, False, f"{one.target}: {error}")
            else:
                self.judge(one.case, True, f"read: {one.target}")

    def refusal(self, target: str) -> str | None:
        """Give the error of a result's job, from its log; None without one."""
        log = self.folder / "results" / "logs" / Path(target).with_suffix(".log")
        lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
        return next((line.partition("Error: ")[2] or line for line in lines if re.search("(?i)error", line)), None)

    def judge(self, number: str, right: bool, said: str) -> None:
        """Keep a verdict."""
        self.verdicts.setdefault(number, []).append(said)
        if not right:
            self.wrong.setdefault(number, []).append(said)

    def report(self) -> str:
        """Give every case's verdict, a line each."""
        rows = []
        for number, (title, _) in sorted(CASES.items()):
            rows.append(f"{number}  {'WRONG' if number in self.wrong else 'right'}  {title}")
            rows += [f"      {said}" for said in self.wrong.get(number, self.verdicts.get(number, []))]
        return "\n".join(rows)
