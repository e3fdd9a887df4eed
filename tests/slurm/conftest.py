"""Run the workflow through a real SLURM, which the session brings up and takes down again.

The tests mostly wait, so several run at once (pytest-xdist) on the one cluster, each in a folder of its own.
"""

import copy
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
import yaml
from checkout import ROOT, Workflow
from filelock import FileLock

# One cluster a session: with accounting, or with ACCOUNTING=0 without.
collect_ignore = ["test_cluster.py" if os.environ.get("ACCOUNTING") == "0" else "test_without_accounting.py"]

SCRIPT = Path(__file__).with_name("cluster.sh")


# One model whose training and extraction take some seconds.
CONFIG = {
    "results": "results",
    "corpora": {
        "microworld": {
            "kind": "microworld",
            "languages": ["en", "de"],
            "pairs": {"source": "en", "targets": ["de"]},
            "sentences": 4000,
            "training_sentences": 300,
            "word_alignment": {"method": "gold"},
        }
    },
    "models": {
        "encoder": {
            "train": {
                "corpus": "microworld",
                "objective": "contrastive",
                "layers": 6,
                "hidden": 16,
                "intermediate": 32,
                "vocabulary": 400,
                "steps": 1500,
                "batch": 8,
            },
            "layers": [6],
        }
    },
    "concepts": {"clusters": 8},
    "activations": {"precision": "float32", "token_budget": 16},
}
# Fine-tuning, what follows from it, and a second task whose fine-tuning takes some seconds.
TASKS = yaml.safe_load((ROOT / "config" / "test" / "tasks.yaml").read_text(encoding="utf-8")) | {"results": "results"}
del TASKS["models"]["translator"], TASKS["tasks"]["translation"]
TASKS["activations"]["device"] = "auto"
TASKS["tasks"]["entities"] = {
    "kind": "token-classification",
    "data": {"kind": "microworld", "task": "entities", "languages": ["en", "de"], "train": 600, "test": 20},
    "models": ["encoder"],
    "sources": ["de"],
    "batch": 4,
    "epochs": 20,
}
STORE = "results/activations/encoder/pretrained/microworld/en-de/source-encoder.h5"
CHECKPOINT = "results/checkpoints/encoder/pretrained"


class Cluster:
    """What SLURM knows."""

    def control(self, *arguments: str) -> None:
        subprocess.run(["scontrol", *arguments], check=True, capture_output=True)

    def node(self, what: str, name: str) -> None:
        subprocess.run([SCRIPT, "node", what, name], check=True)

    def jobs(self, folder: Path) -> list[dict[str, str]]:
        """All jobs of a folder so far, from accounting, in the order of submission."""
        names = ("JobIDRaw", "State", "Partition", "ReqTRES", "TimelimitRaw", "NodeList", "JobName", "WorkDir")
        command = ["sacct", "-X", "-P", "-n", "-D", "--starttime=now-1days", f"--format={','.join(names)}"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        rows = [dict(zip(names, line.split("|"), strict=True)) for line in lines]
        for row in rows:
            row["JobName"] = row["JobName"].removeprefix("isogloss_")
            row["asked"] = dict(part.split("=") for part in row["ReqTRES"].split(",") if part)
        return [row for row in rows if row["WorkDir"] == str(folder)]

    def named(self, folder: Path, name: str) -> list[dict[str, str]]:
        return [job for job in self.jobs(folder) if job["JobName"] == name]

    def steps(self, number: str) -> set[str]:
        """Names of a job's steps: ``batch``, ``extern``, and a number for each program that it started by srun."""
        command = ["sacct", "-P", "-n", f"--jobs={number}", "--format=JobID"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return {line.partition(".")[2] for line in lines if "." in line}

    def queued(self, folder: Path) -> dict[str, str]:
        """Jobs in the queue now: number -> state."""
        lines = subprocess.run(
            ["squeue", "--noheader", "--format=%i|%T|%Z"], check=True, capture_output=True, text=True
        ).stdout.splitlines()
        rows = [line.split("|") for line in lines]
        return {number: state for number, state, place in rows if place == str(folder)}


class SlurmRun(Workflow):
    """One folder in which `snakemake --profile slurm` is run."""

    profile = "slurm"

    def command(self, *arguments: str) -> list[str]:
        return super().command("--profile", self.profile, "--slurm-init-seconds-before-status-checks", "2", *arguments)

    def start(self, *arguments: str) -> subprocess.Popen:
        self.log = self.folder / "snakemake.log"
        with self.log.open("w") as log:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # Under nohup the signal of a lost session would be ignored, here too.
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            )

    def finish(self, process: subprocess.Popen, seconds: float = 900) -> None:
        """Wait for a run's good end."""
        assert process.wait(seconds) == 0, self.log.read_text()[-6000:]

    def forget(self, *places: str) -> None:
        """Delete results, and the tables, so that the next run makes them again."""
        for place in (*places, "results/tables", "results/report.html"):
            path = self.folder / place
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def local(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake without the cluster."""
        return subprocess.run(super().command(*arguments), cwd=ROOT, capture_output=True, text=True, check=check)


def await_(condition: Callable, seconds: float = 120):
    """Wait for a condition's first true value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s")


def script_process(folder: Path, rule: str, job: str | None = None) -> int | None:
    """Find the process of a running job of a rule of a folder, in whichever SLURM job or in a given one.

    All rules have one script; what Snakemake writes above it names the rule.
    """
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                command = (place / "cmdline").read_bytes().decode().split("\0")
                variables = (place / "environ").read_bytes().decode().split("\0")
                if job and f"SLURM_JOB_ID={job}" not in variables:
                    continue
                script = Path(command[1] if len(command) > 1 else "")
                if script.is_relative_to(folder) and script.name.endswith(".step.py") and rule in script.read_text():
                    return int(place.name)
            except OSError:
                continue
    return None


def freeze_after(folder: Path, rule: str, condition: Callable, job: str | None = None) -> int:
    """Stop a job's process at the first moment at which a condition holds; it stays where it is.

    So whatever befalls the job does so in the middle of its work, on a machine of any speed.
    """
    await_(condition, 300)
    process = script_process(folder, rule, job)
    assert process, f"{rule} was over too soon: give it more to do"
    os.kill(process, signal.SIGSTOP)
    return process


def freeze_after_save(
    folder: Path, rule: str, begun: Callable, seconds: float, saved: Callable, job: str | None = None
) -> int:
    """Stop a job's process after it has saved what it had done.

    Saves go by the clock. So that the work outlasts one on a machine of any speed, the process stands still, once it
    has begun, until a save is due.
    """
    process = freeze_after(folder, rule, begun, job)
    time.sleep(seconds)
    os.kill(process, signal.SIGCONT)
    return freeze_after(folder, rule, saved, job)


def freeze_extraction(run: SlurmRun) -> int:
    """Stop the extraction after some batches were saved."""
    return freeze_after(run.folder, "extract_activations", lambda: saved_batches(run))


def saved_batches(run: SlurmRun) -> int:
    """Count the batches that an interrupted extraction would not have to do again."""
    try:
        with h5py.File(run.folder / f"{STORE}.partial", "r", locking=False) as file:
            return int(file.attrs["batches"])
    except (OSError, KeyError):
        return 0


def log_of(run: SlurmRun, place: str) -> str:
    """Read a job's log; empty before there is one."""
    path = run.folder / "results" / "logs" / f"{place}.log"
    return path.read_text() if path.is_file() else ""


def pytest_sessionstart(session):
    if hasattr(session.config, "workerinput"):
        return
    up = subprocess.run([SCRIPT, "up"], capture_output=True, text=True)
    if up.returncode:
        pytest.exit(up.stderr, returncode=1)


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        subprocess.run([SCRIPT, "down"], check=True, capture_output=True)


@pytest.fixture(scope="session")
def cluster():
    return Cluster()


def finished_locally(factory: pytest.TempPathFactory, name: str, config: dict) -> SlurmRun:
    """An undisturbed local run, made once for all workers."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder = shared / name
    folder.mkdir(exist_ok=True)
    with FileLock(shared / f"{name}.lock"):
        run = SlurmRun(folder, copy.deepcopy(config))
        if not (run.folder / "done").exists():
            run.local()
            (run.folder / "done").touch()
    return run


@pytest.fixture(scope="session")
def reference(tmp_path_factory) -> SlurmRun:
    return finished_locally(tmp_path_factory, "reference", CONFIG)


@pytest.fixture(scope="session")
def tasks_reference(tmp_path_factory) -> SlurmRun:
    return finished_locally(tmp_path_factory, "tasks", TASKS)


@pytest.fixture
def run(cluster, reference, tmp_path) -> SlurmRun:
    """A copy of the finished run; a test forgets what it wants made again."""
    folder = tmp_path / "run"
    shutil.copytree(reference.folder, folder, symlinks=True)
    yield SlurmRun(folder, copy.deepcopy(CONFIG))
    cancel_all(cluster, folder)


@pytest.fixture
def tasks_run(cluster, tmp_path) -> SlurmRun:
    """The graph with its fine-tunings, of which nothing is made yet."""
    yield SlurmRun(tmp_path, copy.deepcopy(TASKS))
    cancel_all(cluster, tmp_path)


def cancel_all(cluster: Cluster, folder: Path) -> None:
    """Leave no job of a folder behind."""
    left = list(cluster.queued(folder))
    if left:
        subprocess.run(["scancel", *left], check=True)
        await_(lambda: not cluster.queued(folder))


@pytest.fixture
def same_tables(reference, run):
    """At the end of the test: the tables are those of the undisturbed local run, byte for byte."""
    yield
    assert run.tables() == reference.tables()
