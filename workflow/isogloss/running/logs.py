"""What a workflow script needs around its one call: a log file, and errors a user can read."""

import logging
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isogloss.errors import IsoglossError


@contextmanager
def log_to(path: str | Path) -> Iterator[None]:
    """Send log records to ``path`` and to standard error; end the process on errors.

    A mistake of the user's becomes one line and exit status 1, without a traceback. Anything else keeps
    its traceback in the log, with the last line on standard error.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handlers = [logging.FileHandler(path, mode="w", encoding="utf-8"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", handlers=handlers, force=True)
    try:
        yield
    except IsoglossError as error:
        logging.error("Error: %s", error)
        leave()
    except Exception:
        logging.error("Unexpected error, please report it:\n%s", traceback.format_exc())
        leave()


def leave() -> None:
    """End the process with status 1 at once, so that nobody prints a traceback after our message."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
