"""What a small job costs on a real SLURM: grouped, as the profile sends them, against one submission a job.

The same small jobs (clusterings and scores of one model's layers) are run on this machine without SLURM, through it
with the profile's groups, and through it with the groups taken out; the last takes so long that it does a third of the
layers. What a way costs beyond the first is its overhead, told a job. Busy CPU seconds of the whole machine are
compared too, since two cores here pretend to be five nodes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
CLUSTER = ROOT / "tests" / "slurm" / "cluster.sh"
LANGUAGES = ["de", "es", "fr", "ru", "tr"]
CONFIG = {
    "results": "results",
    "corpora": {
        "microworld": {
            "kind": "microworld",
            "languages": ["en", *LANGUAGES],
            "pairs": {"source": "en", "targets": LANGUAGES},
            "sentences": 200,
            "training_sentences": 200,
            "word_alignment": {"method": "gold"},
        }
    },
    "models": {
        "encoder": {
            "train": {
                "corpus": "microworld",
                "objective": "naive",
                "layers": 8,
                "hidden": 16,
                "intermediate": 32,
                "vocabulary": 400,
                "steps": 20,
                "batch": 8,
            }
        }
    },
    "concepts": {"clusters": 8},
    "concept_alignment": {"null": 100, "bootstrap": 100},
    "concept_overlap": {"null": 100, "bootstrap": 100},
}
LAYERS = range(CONFIG["models"]["encoder"]["train"]["layers"] + 1)  # the embeddings among them
FEWER = LAYERS[::3]
JOBS_A_LAYER = 5 * len(LANGUAGES)  # three clusterings and two scores


def busy() -> float:
    """Give the CPU seconds that this machine has worked since it was started."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def run(folder: Path, *arguments: str) -> tuple[float, float]:
    """Run the workflow in a folder; give the wall clock and the machine's busy seconds."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--configfile", str(folder / "config.yaml"), "--directory", str(folder), *arguments]
    started, worked = time.perf_counter(), busy()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-2000:] + done.stderr[-4000:])
    return time.perf_counter() - started, busy() - worked


def scores(layers: range) -> list[str]:
    """Name the scores of some layers of all pairs."""
    return [
        f"results/metrics/{score}/encoder/pretrained/microworld/en-{language}/encoder-encoder/layer{layer}.csv"
        for score in ("concept_alignment", "concept_overlap")
        for language in LANGUAGES
        for layer in layers
    ]


with tempfile.TemporaryDirectory() as name:
    folder = Path(name).resolve()
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    for key in ("groups", "group-components"):
        del profile[key]
    (folder / "single").mkdir()
    (folder / "single" / "config.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    subprocess.run([CLUSTER, "up"], check=True, stdout=subprocess.DEVNULL)
    try:
        run(folder, *scores(LAYERS))
        wanted = {file: (folder / file).read_bytes() for file in scores(LAYERS)}
        costs = {}
        for way, layers, arguments in (
            ("without SLURM", LAYERS, []),
            ("grouped", LAYERS, ["--profile", "slurm"]),
            ("one by one", FEWER, ["--profile", str(folder / "single")]),
        ):
            for part in ("concepts", "metrics/concept_alignment", "metrics/concept_overlap"):
                shutil.rmtree(folder / "results" / part)
            # No more at a time than two cores bear, whatever the nodes pretend.
            at_once = ["--jobs", "4"] if arguments else []
            clock, cpu = run(folder, *arguments, *at_once, *scores(layers))
            jobs = JOBS_A_LAYER * len(layers)
            print(f"{way:14} {jobs:4} small jobs: {clock:6.0f} s, {cpu:6.0f} busy CPU seconds", flush=True)
            costs[way] = clock / jobs, cpu / jobs
            for file in scores(layers):
                if (folder / file).read_bytes() != wanted[file]:
                    sys.exit(f"{way}: {file} is another")
    finally:
        subprocess.run([CLUSTER, "down"], check=True)

print("the same scores each way, byte for byte")
for place, what in enumerate(("wall clock", "CPU")):
    ours, peer = (costs[way][place] - costs["without SLURM"][place] for way in ("grouped", "one by one"))
    print(f"overhead a job, {what}: {ours:.2f} s grouped, {peer:.2f} s one by one: {ours / peer:.3f} (goal: 0.1)")
