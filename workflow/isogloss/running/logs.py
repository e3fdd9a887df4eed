"""What a workflow script needs around its one call: a log file, and errors a user can read."""

import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isogloss.errors import IsoglossError

# Torch's own, by its name: no job loads torch for its sake.
GPU_FULL = "OutOfMemoryError"
GPU_FULL_SAID = (
    "The GPU's memory is full. Lower `activations: token_budget` (most subwords of a batch) for a pass, the task's "
    "`batch` for a fine-tuning, or take a GPU with more memory that nobody else uses."
)


@contextmanager
def log_to(path: str | Path) -> Iterator[None]:
    """Send log records to ``path`` and to standard error; end the process on errors.

    A mistake of the user's becomes one line and exit status 1, without a traceback; so does a GPU's full memory.
    Anything else keeps its traceback in the log, with the last line on standard error. After a good end the log says
    what the job took.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    file = logging.FileHandler(path, mode="w", encoding="utf-8")
    handlers = (file, logging.StreamHandler(sys.stderr))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)
    started = time.monotonic()
    try:
        yield
        file.handle(logging.LogRecord("", logging.INFO, "", 0, taken(time.monotonic() - started), None, None))
    except IsoglossError as error:
        logging.error("Error: %s", error)
        leave()
    except Exception as error:
        if type(error).__name__ == GPU_FULL:
            logging.error("Error: %s", GPU_FULL_SAID)
        else:
            logging.error("Unexpected error, please report it:\n%s", traceback.format_exc())
        leave()


def taken(seconds: float) -> str:
    """Say what this process and those that it started have taken."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    computing = sum(part.ru_utime + part.ru_stime for part in parts)
    memory = max(part.ru_maxrss for part in parts) / 1024
    return f"It took {seconds:.1f} s, computed for {computing:.1f} s and held at most {memory:.0f} MB."


def leave() -> None:
    """End the process with status 1 at once, so that nobody prints a traceback after our message."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
