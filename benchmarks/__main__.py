"""Run every benchmark of this folder, each in a process of its own: ``python -m benchmarks``."""

import subprocess
import sys
from pathlib import Path

failed = [
    script.name
    for script in sorted(Path(__file__).parent.glob("bench_*.py"))
    if subprocess.run([sys.executable, str(script)]).returncode
]
sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
