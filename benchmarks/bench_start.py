"""What a start costs, in CPU seconds: Snakemake's planning of a small and a large grid, and `isogloss check`.

Planning is linear in the jobs, so two grids give the start and what one more job adds. The bound is Snakemake's own
cost: a Snakefile that imports nothing, with as many jobs of two rules, each job of the second fed by one of the first,
and each with a log, a message, params and two resources.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE = ROOT / "config" / "test" / "tiny.yaml", ROOT / "config" / "all-languages.yaml"


BARE = """
rule all:
    input: expand("scores/{{part}}/{{number}}.csv", part=range(10), number=range({each}))
def needs(wildcards, attempt): return 2000 * attempt
def spec(wildcards): return {{"number": int(wildcards.number), "settings": {{"null": 999, "bootstrap": 1000}}}}
rule cluster:
    output: "clusters/{{part}}/{{number}}.parquet"
    log: "logs/clusters/{{part}}/{{number}}.log"
    resources: mem_mb=needs, runtime=needs
    params: spec=spec, step="a", code="b"
    message: "Clusters {{wildcards.part}}, {{wildcards.number}}"
    script: "step.py"
rule score:
    input: "clusters/{{part}}/{{number}}.parquet"
    output: "scores/{{part}}/{{number}}.csv"
    log: "logs/scores/{{part}}/{{number}}.log"
    resources: mem_mb=needs, runtime=needs
    params: spec=spec, step="a", code="b"
    message: "Scores {{wildcards.part}}, {{wildcards.number}}"
    script: "step.py"
"""


def cost(*command: str) -> tuple[float, float, str]:
    """Run a command; give its CPU seconds, its most memory in megabytes, and what it said."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        said.seek(0)
        text = said.read()
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def planned(snakefile: Path, *options: str) -> tuple[float, float, int]:
    """Plan a grid from nothing; give CPU seconds, megabytes, and its number of jobs."""
    seconds, memory, text = cost("snakemake", "-n", "--snakefile", str(snakefile), *options)
    return seconds, memory, int(re.search(r"^total +(\d+)", text, flags=re.MULTILINE)[1])


def bare(jobs: int) -> tuple[float, float, int]:
    """Plan about so many jobs that are nothing but jobs."""
    with tempfile.TemporaryDirectory() as folder:
        snakefile = Path(folder) / "Snakefile"
        (Path(folder) / "step.py").touch()
        snakefile.write_text(BARE.format(each=max(1, jobs // 20)))
        return planned(snakefile)


def line(small: tuple[float, float, int], large: tuple[float, float, int]) -> tuple[float, float]:
    """Give the seconds of a start and of one more job."""
    job = (large[0] - small[0]) / (large[2] - small[2])
    return small[0] - small[2] * job, job


small, large = (planned(ROOT / "Snakefile", "--configfile", str(config)) for config in (SMALL, LARGE))
start, job = line(small, large)
bound_start, bound = line(bare(small[2]), bare(large[2]))
seconds, memory, many = large
print(f"snakemake -n, {many:,} jobs: {seconds:.1f} s and {memory:.0f} MB")
print(f"  start {start:.2f} s (goal: at most 1.5), {start / bound_start:.2f} times Snakemake's own")
print(f"  {1000 * job:.2f} ms a job (goal: at most 1), {job / bound:.2f} times Snakemake's own")
print(f"  5,000 jobs: {start + 5000 * job:.1f} s (goal: below 8)")
print(f"isogloss check: {cost('isogloss.cli', 'check', str(LARGE))[0]:.2f} s")
