"""Run the workflow as a user does, in a folder of its own."""

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


class Workflow:
    """One folder with a config, in which `snakemake` can be run, from this checkout or from another."""

    def __init__(self, folder: Path, config: dict, checkout: Path = ROOT):
        self.folder, self.config, self.checkout = folder, config, checkout
        self.file = folder / "config.yaml"
        self.write()

    def write(self) -> None:
        self.file.write_text(yaml.safe_dump(self.config, allow_unicode=True), encoding="utf-8")

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(self.checkout / "Snakefile"),
            "--configfile",
            str(self.file),
            "--directory",
            str(self.folder),
            *arguments,
        ]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, cwd=self.checkout)
        if check and done.returncode:
            raise AssertionError(done.stdout[-3000:] + done.stderr[-6000:])
        return done

    def plan(self, *arguments: str) -> dict[str, int]:
        """Jobs by rule that a run would do now."""
        text = self.run("--dry-run", *arguments).stdout
        jobs, inside = {}, False
        for line in text.splitlines():
            if line.startswith("job "):
                inside = True
            elif inside and line.startswith("total"):
                break
            elif inside and line and not line.startswith("-"):
                name, count = line.split()
                jobs[name] = int(count)
        return jobs

    def tables(self) -> dict[str, bytes]:
        folder = self.folder / "results" / "tables"
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}
