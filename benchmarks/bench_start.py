"""What a start costs, in CPU seconds: Snakemake's planning of a small and a large grid, and `isogloss check`.

Planning is linear in the jobs, so two grids give the start and what one more job adds.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE = ROOT / "config" / "test" / "tiny.yaml", ROOT / "config" / "all-languages.yaml"


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


def planned(config: Path) -> tuple[float, float, int]:
    """Plan a grid from nothing; give CPU seconds, megabytes, and its number of jobs."""
    seconds, memory, text = cost("snakemake", "-n", "--snakefile", str(ROOT / "Snakefile"), "--configfile", str(config))
    return seconds, memory, int(re.search(r"^total +(\d+)", text, flags=re.MULTILINE)[1])


small, _, few = planned(SMALL)
large, memory, many = planned(LARGE)
job = (large - small) / (many - few)
start = small - few * job
print(f"snakemake -n, {many:,} jobs: {large:.1f} s and {memory:.0f} MB")
print(f"  start {start:.2f} s (goal: at most 1.5), {1000 * job:.2f} ms a job (goal: at most 1)")
print(f"  5,000 jobs: {start + 5000 * job:.1f} s (goal: below 8)")
print(f"isogloss check: {cost('isogloss.cli', 'check', str(LARGE))[0]:.2f} s")
