"""One job: what the rule names is called by keywords, with a log, errors that a user can read, and what is kept."""

import importlib
from typing import Any

from isogloss.running.fork_server import hand_over
from isogloss.running.logs import log_to
from isogloss.running.lost_groups import group_results

# Inputs that count for reruns only; no function reads them.
UNREAD = "made_from"


def run(job: Any) -> None:
    """Do a job, in a child of the fork server if there is one; then this process ends with it.

    Parameters
    ----------
    job
        As :func:`do` takes it.
    """
    hand_over(do, job)
    do(job)


def do(job: Any) -> None:
    """Do a job here.

    Parameters
    ----------
    job
        What Snakemake gives a script. Its params name the function (``step``), its values (``spec``) and, of inputs and
        outputs that are mappings, the keys (``mappings``).
    """
    with log_to(job.log[0]), group_results(job.output, job.input, job.params) as done:
        if not done:
            module, _, name = job.params.step.partition(":")
            getattr(importlib.import_module(module), name)(**arguments(job))


def arguments(job: Any) -> dict[str, Any]:
    """Give a job's files and values by keyword."""
    keys = job.params.get("mappings", {})
    given: dict[str, Any] = {}
    for name, value in [*job.input.items(), *job.output.items()]:
        if name in keys:
            given[name] = dict(zip(keys[name], [value] if isinstance(value, str) else value, strict=True))
        elif name != UNREAD:
            given[name] = str(value) if isinstance(value, str) else list(value)
    return {**given, **job.params.get("spec", {})}
