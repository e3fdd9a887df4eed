"""A hub on this machine that the genuine client takes for the real one, with faults to order."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

LARGE = (".safetensors", ".bin", ".model", ".parquet")  # kept on another host, as Git LFS does


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@dataclass
class Commit:
    """A repository's files at one time."""

    files: dict[str, bytes]
    alias: str = ""

    @cached_property
    def name(self) -> str:
        if self.alias:
            return self.alias
        listing = "".join(f"{path} {sha1(data)}\n" for path, data in sorted(self.files.items()))
        return sha1(listing.encode())

    @cached_property
    def entries(self) -> dict[str, dict]:
        return {path: self.entry(path, data) for path, data in self.files.items()}

    def entry(self, path: str, data: bytes) -> dict:
        entry = {"type": "file", "path": path, "size": len(data), "oid": sha1(b"blob %d\0" % len(data) + data)}
        if path.endswith(LARGE):
            oid = hashlib.sha256(data).hexdigest()
            entry |= {"lfs": {"oid": oid, "size": len(data), "pointerSize": 134}, "xetHash": oid}
        return entry


@dataclass
class Fault:
    """What goes wrong once with the next request that fits: a status, a cut after so many bytes, or silence."""

    method: str
    part: str
    status: int = 0
    cut: int = 0
    silent: bool = False


@dataclass
class Contents:
    """What the hub holds and what it was asked."""

    branches: dict[tuple[str, str], dict[str, Commit]] = field(default_factory=dict)
    commits: dict[tuple[str, str], dict[str, Commit]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class Hub(ThreadingHTTPServer):
    """The server; ``with Hub() as hub`` runs it, and ``hub.url`` is what HF_ENDPOINT must be."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.contents, self.lock, self.closing = Contents(), threading.Lock(), threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing.set()
        self.shutdown()
        self.server_close()

    def push(
        self, name: str, files: dict[str, bytes], kind: str = "models", branch: str = "main", commit_name: str = ""
    ) -> str:
        """Put a commit on a branch, under a name of its own or one that is given; gives the name."""
        commit = Commit(dict(files), commit_name)
        self.contents.branches.setdefault((kind, name), {})[branch] = commit
        self.contents.commits.setdefault((kind, name), {})[commit.name] = commit
        return commit.name

    def fail(self, method: str, part: str, times: int = 1, **what):
        self.contents.faults += [Fault(method, part, **what) for _ in range(times)]

    def asked(self, *parts: str) -> list[str]:
        """List the requests that hold all of these parts."""
        return [one for one in self.contents.requests if all(part in one for part in parts)]

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for fault in self.contents.faults:
                if fault.method == method and fault.part in path:
                    self.contents.faults.remove(fault)
                    return fault
        return None


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        heard = f"{self.command} {path} {self.headers['Range'] or ''} {self.headers['Authorization'] or ''}"
        self.server.contents.requests.append(heard)
        self.fault = self.server.next_fault(self.command, path)
        if self.fault and self.fault.silent:
            self.server.closing.wait()
            return
        if self.fault and self.fault.status:
            self.reply(self.fault.status)
            return
        place = path.strip("/").split("/")
        if place[0] == "api":
            self.api(place[1], "/".join(place[2:4]), place[4:], parse_qs(parts.query))
        elif place[0] == "cdn":
            self.send(self.find(place[1], "/".join(place[2:4]), place[4]).files["/".join(place[5:])])
        else:
            kind = place.pop(0) if place[0] == "datasets" else "models"
            self.resolve(kind, "/".join(place[:2]), place[3], "/".join(place[4:]))

    do_HEAD = do_GET  # noqa: N815

    def find(self, kind: str, name: str, revision: str) -> Commit | None:
        key = (kind, name)
        contents = self.server.contents
        return contents.branches.get(key, {}).get(revision) or contents.commits.get(key, {}).get(revision)

    def known(self, kind: str, name: str, revision: str) -> Commit | None:
        """Find a commit, or refuse; strangers are not told whether a repository is private or missing."""
        if (kind, name) not in self.server.contents.branches:
            self.refuse(404 if self.headers["Authorization"] else 401, "RepoNotFound", "Repository not found")
            return None
        commit = self.find(kind, name, revision)
        if commit is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def api(self, kind: str, name: str, rest: list[str], query: dict[str, list[str]]):
        what, revision = rest[0] if rest else "revision", "/".join(rest[1:]) or "main"
        if what not in ("tree", "revision"):
            self.refuse(404, "", "Not found")
        elif commit := self.known(kind, name, revision):
            if what == "tree":
                assert query["recursive"] == ["true"]
                answer = list(commit.entries.values())
            else:
                answer = {"_id": "0", "id": name, "sha": commit.name, "private": False, "tags": [], "siblings": []}
            self.reply(200, json.dumps(answer).encode(), Content_Type="application/json")

    def resolve(self, kind: str, name: str, revision: str, file: str):
        commit = self.known(kind, name, revision)
        if commit is None:
            return
        token = self.headers["Authorization"]
        if name in self.server.contents.gated and (not token or "refused" in token):
            self.refuse(403 if token else 401, "GatedRepo", f"Access to {name} is restricted.")
        elif file not in commit.files:
            self.refuse(404, "EntryNotFound", "Entry not found", X_Repo_Commit=commit.name)
        elif file.endswith(LARGE):
            entry = commit.entries[file]
            self.reply(
                302,
                X_Repo_Commit=commit.name,
                X_Linked_Etag=f'"{entry["lfs"]["oid"]}"',
                X_Linked_Size=str(entry["size"]),
                Location=f"http://localhost:{self.server.server_port}/cdn/{kind}/{name}/{commit.name}/{file}",
            )
        else:
            self.send(commit.files[file], X_Repo_Commit=commit.name, ETag=f'"{commit.entries[file]["oid"]}"')

    def send(self, data: bytes, **headers: str):
        """Send a file, or what is left of it from where the client wants to go on."""
        if wanted := self.headers["Range"]:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self.reply(206, data[start:], **headers)
        else:
            self.reply(200, data, Accept_Ranges="bytes", **headers)

    def refuse(self, status: int, code: str, message: str, **headers: str):
        self.reply(
            status, json.dumps({"error": message}).encode(), X_Error_Code=code, X_Error_Message=message, **headers
        )

    def reply(self, status: int, data: bytes = b"", **headers: str):
        self.send_response(status)
        for name, value in {**headers, "Content_Length": str(len(data))}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.fault.cut if self.fault else 0
        self.wfile.write(data[:cut] if cut else data)
        if cut:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
