"""What a start costs, in CPU seconds: Snakemake's planning of a small and a large grid, and `isogloss check`.

Planning is linear in the jobs, so two grids give the start and what one more job adds. The bound is Snakemake's own
cost, of the same graph without any code of this project: a Snakefile with one rule for each rule that has jobs, each
job fed by the same jobs, with one output of six wildcards, a log, a message, an environment, params and resources
that are looked up.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE = ROOT / "config" / "test" / "tiny.yaml", ROOT / "config" / "all-languages.yaml"
FIVE = "one/two/one/two/one"
RULE = """
rule {rule}:
    input: lambda wildcards: NEEDS["{rule}"][int(wildcards.number)]
    output: "results/{rule}/{{a}}/{{b}}/{{c}}/{{d}}/{{e}}/{{number}}.csv"
    log: "results/logs/{rule}/{{a}}/{{b}}/{{c}}/{{d}}/{{e}}/{{number}}.log"
    conda: "environment.yaml"
    resources: mem_mb=needs, runtime=needs
    params: spec=spec, step="a", code="b"
    message: "{rule} of {{wildcards.number}}"
    script: "step.py"
"""
START = """
NEEDS = {needs!r}
def needs(wildcards, attempt): return 2000 * attempt
def spec(wildcards): return {{"number": int(wildcards.number), "settings": {{"null": 999, "bootstrap": 1000}}}}
wildcard_constraints: number=r"\\d+", **dict.fromkeys("abcde", "one|two")
"""


def cost(folder: str, *command: str) -> tuple[float, float, str]:
    """Run a command in a folder; give its CPU seconds, its most memory in megabytes, and what it said."""
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        said.seek(0)
        text = said.read()
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def planned(snakefile: Path, *options: str) -> tuple[float, float, int]:
    """Plan a grid from nothing, the best of four starts; give CPU seconds, megabytes, and its number of jobs."""
    with tempfile.TemporaryDirectory() as folder:
        runs = [cost(folder, "snakemake", "-n", "--snakefile", str(snakefile), *options) for _ in range(4)]
    seconds, memory, text = min(runs)
    return seconds, memory, int(re.search(r"^total +(\d+)", text, flags=re.MULTILINE)[1])


def bare(config: Path) -> tuple[float, float, int]:
    """Plan the same graph of jobs that are nothing but jobs."""
    with tempfile.TemporaryDirectory() as folder:
        _, _, graph = cost(
            folder, "snakemake", "--dag", "--snakefile", str(ROOT / "Snakefile"), "--configfile", str(config)
        )
    rules = {int(one[1]): one[2] for one in re.finditer(r'^\s*(\d+)\[label = "(\w+)', graph, flags=re.MULTILINE)}
    files = {job: f"results/{rule}/{FIVE}/{job}.csv" for job, rule in rules.items()}
    needs: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for job, rule in rules.items():
        needs[rule][job] = []
    for fed, feeds in re.findall(r"^\s*(\d+) -> (\d+)", graph, flags=re.MULTILINE):
        needs[rules[int(feeds)]][int(feeds)].append(files[int(fed)])
    (last,) = needs.pop("all").values()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("step.py", "environment.yaml"):
            (Path(folder) / name).touch()
        text = START.format(needs=dict(needs)) + f"rule all:\n    input: {last!r}\n"
        snakefile = Path(folder) / "Snakefile"
        snakefile.write_text(text + "".join(RULE.format(rule=rule) for rule in needs))
        return planned(snakefile)


def line(small: tuple[float, float, int], large: tuple[float, float, int]) -> tuple[float, float]:
    """Give the seconds of a start and of one more job."""
    job = (large[0] - small[0]) / (large[2] - small[2])
    return small[0] - small[2] * job, job


small, large = (planned(ROOT / "Snakefile", "--configfile", str(config)) for config in (SMALL, LARGE))
start, job = line(small, large)
bound_start, bound = line(bare(SMALL), bare(LARGE))
seconds, memory, many = large
print(f"snakemake -n, {many:,} jobs: {seconds:.1f} s and {memory:.0f} MB")
print(f"  start {start:.2f} s (goal: at most 1.5), {start / bound_start:.2f} times Snakemake's own")
print(f"  {1000 * job:.2f} ms a job (goal: at most 1), {job / bound:.2f} times Snakemake's own")
print(f"  5,000 jobs: {start + 5000 * job:.1f} s (goal: below 8)")
print(f"isogloss check: {cost(str(ROOT), 'isogloss.cli', 'check', str(LARGE))[0]:.2f} s")
