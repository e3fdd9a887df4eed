"""The one script of all rules: it calls the function that a rule names (``isogloss.running.step`` tells how)."""

import sys
from pathlib import Path

# The package beside this script, also where another version is installed.
sys.path.insert(0, str(Path(snakemake.scriptdir).parent))

from isogloss.running.step import run

run(snakemake)
