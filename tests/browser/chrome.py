"""Debian's Chromium without a window, driven over its DevTools protocol: what the tests of the report look with."""

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


class Tab:
    """One open page.

    Attributes
    ----------
    problems : list of str
        What the console said that is an error or a warning, and exceptions that nothing caught.
    requests : list of str
        Every address that the page asked for.
    fetched : list of dict
        What the browser told of downloads.
    """

    def __init__(self, socket: ClientConnection, downloads: Path):
        self.socket, self.downloads = socket, downloads
        self.number, self.problems, self.requests, self.fetched = 0, [], [], []
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.call(f"{domain}.enable")
        behaviour = {"behavior": "allow", "downloadPath": str(downloads), "eventsEnabled": True}
        self.call("Browser.setDownloadBehavior", **behaviour)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and give its result; events that come meanwhile are noted."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=60))
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.note(message)

    def note(self, message: dict[str, Any]) -> None:
        """Keep what matters of an event."""
        method, given = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = given["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning", "assert"):
            self.problems.append(" ".join(str(each.get("value", each.get("description"))) for each in given["args"]))
        elif method in ("Browser.downloadWillBegin", "Browser.downloadProgress"):
            self.fetched.append(given)
        elif method == "Log.entryAdded" and given["entry"]["level"] in ("error", "warning"):
            self.problems.append(given["entry"]["text"])

    def run(self, script: str) -> Any:
        """Give the value of an expression in the page; a promise is waited for."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"]["exception"].get("description", found["exceptionDetails"]))
        return found["result"].get("value")

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait("document.readyState === 'complete'")

    def wait(self, script: str, seconds: float = 30) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({script})"):
            if time.monotonic() > end:
                raise AssertionError(f"not true within {seconds:.0f} s: {script}; problems: {self.problems}")
            time.sleep(0.05)

    def text(self, selector: str) -> str:
        """Give the text of an element as it is seen."""
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def count(self, selector: str) -> int:
        """Count elements."""
        return self.run(f"document.querySelectorAll({json.dumps(selector)}).length")

    def click(self, selector: str, seconds: float = 30) -> None:
        """Press an element with the mouse, where it is seen; again, if the page moved it away under the mouse."""
        one = f"document.querySelector({json.dumps(selector)})"
        self.run(
            f"{one}.addEventListener('click', () => {{ window.pressed = true; }}, {{ once: true, capture: true }})"
        )
        end = time.monotonic() + seconds
        while True:
            x, y = self.run(
                f"(() => {{ window.pressed = false; {one}.scrollIntoView({{block: 'center'}});"
                f"const b = {one}.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()"
            )
            for kind in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
            if self.run("window.pressed"):
                return
            if time.monotonic() > end:
                raise AssertionError(f"{selector} could not be pressed at {x}, {y} within {seconds:.0f} s")
            time.sleep(0.1)

    def type(self, selector: str, text: str) -> None:
        """Type into a field, in place of what it holds."""
        self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.focus(); e.select(); }})()")
        self.call("Input.insertText", text=text)

    def key(self, name: str, code: int) -> None:
        """Press a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a list, or move a slider."""
        self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.value = {json.dumps(value)};"
            "for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def looks(self, width: int, height: int = 900, dark: bool = False, media: str = "screen") -> None:
        """Set the window's size, light or dark, screen or print."""
        phone = width < 600
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def picture(self, path: Path, whole: bool = False) -> None:
        """Write a screenshot as PNG: of the window, or of the whole page."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def downloaded(self, name: str, seconds: float = 60) -> bytes:
        """Wait for a download and give its bytes."""
        path, end = self.downloads / name, time.monotonic() + seconds
        while not path.is_file() or list(self.downloads.glob("*.crdownload")):
            if time.monotonic() > end:
                there = sorted(each.name for each in self.downloads.iterdir())
                raise AssertionError(f"{name} was not downloaded; there: {there}; told: {self.fetched}")
            self.run("null")  # takes in what the browser tells meanwhile
            time.sleep(0.05)
        return path.read_bytes()


@contextmanager
def chromium(folder: Path) -> Iterator[Tab]:
    """Start Chromium with a profile and downloads of its own in ``folder``, and end it."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    profile = folder / "profile"
    command = [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not (profile / "DevToolsActivePort").is_file():
            assert process.poll() is None, f"Chromium ended with {process.returncode}"
            assert time.monotonic() < end, "Chromium did not start within a minute"
            time.sleep(0.05)
        port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
            tab = next(each for each in json.load(answer) if each["type"] == "page")
        with connect(tab["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
            yield Tab(socket, downloads)
    finally:
        process.terminate()
        process.wait(timeout=20)
