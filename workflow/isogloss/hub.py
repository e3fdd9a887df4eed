"""The Hugging Face hub: a repository's files at one commit, fetched into the cache that all its users share.

The client is huggingface_hub's own. Added here: a timeout on listings, for which it has none; a second try where it has
none (a file's answer 503); large files by plain HTTP, which goes on after a cut; and one line that says why a fetch
failed, which the client hides in its second paragraph.
"""

import errno
import json
import logging
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from isogloss.errors import IsoglossError
from isogloss.files import disk_error, read_json, write_text

log = logging.getLogger(__name__)

COMMIT = re.compile(r"[0-9a-f]{40}")
WAITS = (1, 2, 4, 8)  # seconds before another try
BROKEN = (500, 502, 503, 504)
STAYS = "Files that are finished stay in the cache: run the same command again later."

Kind = Literal["model", "dataset"]


@dataclass(frozen=True)
class Repository:
    """A repository of the hub at one commit.

    Attributes
    ----------
    kind
        ``model`` or ``dataset``.
    name
        Such as ``FacebookAI/xlm-roberta-base``.
    revision
        As the user names it: a commit or a branch.
    commit
        What it stood for when it was looked up, 40 hexadecimal digits.
    files
        Size in bytes by path; sizes are 0 where only the cache's own files are known.
    """

    kind: Kind
    name: str
    revision: str
    commit: str
    files: dict[str, int]


def resolve_branch(*, output: str | Path, repository: str, revision: str, kind: Kind) -> None:
    """Write down which commit a branch stands for, so that all that is fetched of it is of that one.

    Parameters
    ----------
    output
        JSON with ``repository``, ``revision`` and ``commit``.
    repository, revision, kind
        See :class:`Repository`.

    Raises
    ------
    IsoglossError
        See :func:`look_up`.
    """
    found = look_up(repository, revision, kind)
    about = {"repository": found.name, "revision": found.revision, "commit": found.commit}
    write_text(json.dumps(about, indent=2) + "\n", output)


def look_up(name: str, revision: str, kind: Kind = "model", branch: str | Path | None = None) -> Repository:
    """List a repository's files at a revision; nothing is asked for where the cache has the list of that commit.

    Parameters
    ----------
    name, revision, kind
        See :class:`Repository`. A branch is resolved and warned about, because it moves.
    branch
        What :func:`resolve_branch` wrote: its commit is taken, whatever the branch stands for by now.

    Raises
    ------
    IsoglossError
        If the hub cannot be reached or does not give the list, with the cause and the way out.
    """
    resolved = read_json(branch)["commit"] if branch else revision
    # With no pattern that fits, the client lists the files and keeps the list, but fetches none.
    folder = _ask(Repository(kind, name, revision, resolved, {}), ())
    files = _listed(name, folder.name, kind) or {
        path.relative_to(folder).as_posix(): 0 for path in sorted(folder.rglob("*")) if path.is_file()
    }
    if not COMMIT.fullmatch(resolved):
        log.warning(
            "The revision '%s' of %s is no commit, so what it stands for can change. Now it is %s: "
            "put that into the config as `revision:`, so that the study stays the same.",
            revision,
            name,
            folder.name,
        )
    return Repository(kind, name, revision, folder.name, files)


def download(repository: Repository, files: Iterable[str]) -> Path:
    """Fetch some of a repository's files into the shared cache (``HF_HOME``); those it has are not asked for again.

    Returns
    -------
    Path
        The folder of this commit in the cache.

    Raises
    ------
    IsoglossError
        If one cannot be fetched, with the cause and the way out. The finished ones stay in the cache.
    """
    files = tuple(files)
    size = sum(repository.files[file] for file in files)
    log.info("%s at %s: %d files, %.1f MB", repository.name, repository.commit, len(files), size / 1e6)
    return _ask(repository, files)


def _ask(repository: Repository, files: tuple[str, ...]) -> Path:
    """Have the client fetch these files, with patience."""
    import httpx2
    from huggingface_hub import constants, set_client_factory, snapshot_download
    from huggingface_hub.errors import OfflineModeIsEnabled
    from huggingface_hub.utils import disable_progress_bars
    from huggingface_hub.utils import logging as client_logging
    from huggingface_hub.utils._http import default_client_factory

    reached: list[int] = []

    def bound(request: httpx2.Request) -> None:
        # A listing asks for no timeout at all, which goes before the timeout of a client.
        if not any(request.extensions["timeout"].values()):
            request.extensions["timeout"] = httpx2.Timeout(constants.HF_HUB_ETAG_TIMEOUT).as_dict()

    def answered(response: httpx2.Response) -> None:
        reached.append(response.status_code)

    def client() -> httpx2.Client:
        made = default_client_factory()
        made.event_hooks = {"request": [*made.event_hooks["request"], bound], "response": [answered]}
        send = made.send

        def send_soon(request: httpx2.Request, **how: Any) -> httpx2.Response:
            # The client knocks for 25 s at a door that was never there; one that has opened before is worth the wait.
            try:
                return send(request, **how)
            except httpx2.ConnectError as error:
                if reached:
                    raise
                raise OfflineModeIsEnabled(str(error)) from error

        made.send = send_soon  # type: ignore[method-assign]
        return made

    # Over Xet it asks other hosts, which many clusters do not let through. HF_HUB_DISABLE_XET=1 means the same, but is
    # read when the client is imported, which another part of this process may have done.
    constants.HF_HUB_DISABLE_XET = True
    set_client_factory(client)
    client_logging.set_verbosity_error()
    if not sys.stderr.isatty():
        disable_progress_bars()
    for wait in (*WAITS, None):
        try:
            return Path(
                snapshot_download(
                    repository.name,
                    repo_type=repository.kind,
                    revision=repository.commit,
                    allow_patterns=[literally(file) for file in files],
                )
            )
        except (OSError, ValueError, httpx2.TransportError, httpx2.InvalidURL) as error:
            refusal = explain(error, repository)
            if wait is None or not _passing(error):
                raise refusal from error
            log.warning("%s Trying again in %d s.", refusal, wait)
            time.sleep(wait)
    raise AssertionError("the last round returns or raises")


def _listed(name: str, commit: str, kind: Kind) -> dict[str, int]:
    """Give the list of a commit's files that the client keeps; empty where an older client filled the cache."""
    from huggingface_hub import get_cached_repo_tree
    from huggingface_hub.errors import CachedRepoTreeNotFoundError

    try:
        return {file.path: file.size for file in get_cached_repo_tree(name, repo_type=kind, revision=commit)}
    except CachedRepoTreeNotFoundError:
        return {}


def literally(file: str) -> str:
    """Write a file's name as a pattern that fits this name alone."""
    return re.sub(r"([*?[])", r"[\1]", file)


def _passing(error: Exception) -> bool:
    """Whether a fault may be gone at another try that the client does not make itself."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in BROKEN
    cut = isinstance(error, (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.TimeoutException))
    return cut or "Consistency check failed" in str(error)


def explain(error: Exception, repository: Repository) -> IsoglossError:
    """Say in one line why a fetch failed and what to do."""
    cause, way_out = _cause(error, repository)
    what = f"{repository.name} at {repository.revision}"
    return IsoglossError(f"Could not fetch the {repository.kind} {what} from the hub: {cause}. {way_out}")


def _cause(error: Exception, repository: Repository) -> tuple[str, str]:
    """Find a fault's cause and the way out of it."""
    import httpx2
    from huggingface_hub import constants, get_token
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, IncompleteSnapshotError, OfflineModeIsEnabled

    chain: list[Any] = [error]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)

    def first(*kinds: type) -> Any:
        return next((one for one in chain if isinstance(one, kinds)), None)

    page = f"{constants.ENDPOINT}/{'datasets/' * (repository.kind == 'dataset')}{repository.name}"
    elsewhere = (
        "Fetch it on a machine with a network that shares HF_HOME with this one, or copy its folder here and name "
        "that in the config."
    )
    if answer := first(HfHubHTTPError):
        return _refused(answer.response, page, repository, bool(get_token()))
    if first(httpx2.UnsupportedProtocol, httpx2.InvalidURL):
        return (
            f"HF_ENDPOINT is '{constants.ENDPOINT}', which is no address of a hub",
            "It begins with https:// or http://; take it out of the environment for the hub itself.",
        )
    if first(json.JSONDecodeError):
        return f"what answers as {constants.ENDPOINT} is no hub but, it seems, a page to log in to a network", elsewhere
    if first(httpx2.ConnectError):
        return f"{constants.ENDPOINT} cannot be reached ({first(httpx2.ConnectError)})", elsewhere
    if first(OfflineModeIsEnabled):
        part = "holds only a part of it" if first(IncompleteSnapshotError) else "does not hold it"
        return f"HF_HUB_OFFLINE is set, and the cache {constants.HF_HUB_CACHE} {part}", elsewhere
    if first(httpx2.TimeoutException):
        return "it does not answer", STAYS
    if first(httpx2.TransportError) or "Consistency check failed" in str(error):
        return "the connection was cut in the middle of a file, again and again", STAYS
    if isinstance(error, HFValidationError):
        return "that is no name of a repository", "A name is OWNER/NAME, as it stands on the hub's page."
    full = first(OSError)
    if full is not None and full.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"no space is left on the disk that holds the cache {constants.HF_HUB_CACHE}",
            "Free some, or set HF_HOME to a folder on another disk, and run the same command again; "
            "files that are finished stay.",
        )
    if full is not None and isinstance(said := disk_error(full, constants.HF_HUB_CACHE), IsoglossError):
        return str(said).rstrip("."), "Or set HF_HOME to a folder of yours."
    said = str(error).strip().splitlines()
    return (said[0].rstrip(".") if said else type(error).__name__), STAYS


def _refused(response: Any, page: str, repository: Repository, token: bool) -> tuple[str, str]:
    """Find the cause in what the hub answered."""
    revision = repository.revision
    code, status = response.headers.get("X-Error-Code", ""), response.status_code
    if code == "GatedRepo" and token:
        return (
            "it is gated, and the account of the token that was sent has no access to it",
            f"Accept its terms on {page}, and run the same command again when access has been granted.",
        )
    if code == "GatedRepo":
        return (
            "it is gated, and no token was sent",
            f"Accept its terms on {page}, and put a token of that account into the environment (HF_TOKEN).",
        )
    if code == "RevisionNotFound" and repository.commit != revision:
        return (
            f"the commit {repository.commit}, which it stood for when this study looked it up, is not there any more",
            "`snakemake --forcerun resolve_branch` takes what it stands for now, and makes all that follows again.",
        )
    if code == "RevisionNotFound":
        return "it has no such revision", f"{page}/commits/main lists them."
    if code == "EntryNotFound":
        return f"a file of it is not there ({response.url})", f"Look at {page}/tree/{revision}."
    if code == "RepoNotFound" and token:
        return (
            "there is no such repository, or the account of the token that was sent may not read it",
            "Check the name.",
        )
    if code == "RepoNotFound":
        return (
            "there is no such repository, or it is private and no token was sent",
            "Check the name; if it is private, put a token that may read it into the environment (HF_TOKEN).",
        )
    if status in (401, 403):
        return f"the hub does not accept the token that was sent ({status})", "Put a valid one into HF_TOKEN."
    reason = f"{status} {response.reason_phrase}".strip()
    return f"the hub answered {reason}, again and again", STAYS
