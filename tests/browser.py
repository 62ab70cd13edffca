"""A real Chromium, driven by its own protocol over two pipes: nothing is installed for it but the browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Where it is; None without one.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if sys.platform == "win32":  # where a program is not given pipes by their numbers
    CHROMIUM = None
#: Becomes the browser, which reads from file 3 and writes to file 4.
_BECOME = "import os, sys; os.dup2({}, 3); os.dup2({}, 4); os.execv(sys.argv[1], sys.argv[1:])"
#: Files from here on are none of those two.
_HIGH = 64


class Page:
    """A page that is open in the browser.

    Attributes
    ----------
    requests : list of str
        The addresses that it has asked for.
    troubles : list of str
        What its script, or the browser on its behalf, complained of.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = os.fdopen(commands, "wb", 0), os.fdopen(answers, "rb")
        self._number, self._left, self._session = 0, b"", ""
        self.requests: list[str] = []
        self.troubles: list[str] = []
        self._events: list[str] = []

    def open(self, path: Path, width: int = 1200, height: int = 900) -> None:
        """Open a file, and wait until all of it is there."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self._events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self._events:
            self._hear()

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return what the browser answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._commands.write(json.dumps(message).encode() + b"\0")
        while (heard := self._hear()).get("id") != self._number:
            pass
        assert "error" not in heard, heard
        result: dict[str, Any] = heard["result"]
        return result

    def value(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        return self.send("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def press(self, key: str) -> None:
        """Press and let go a key, such as "ArrowRight"."""
        codes = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Tab": 9}
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key])

    def close(self) -> None:
        """End the browser: without its pipes it goes."""
        self._commands.close()
        self._answers.close()

    def _hear(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            heard = os.read(self._answers.fileno(), 1 << 20)
            assert heard, "The browser has ended."
            self._left += heard
        message, _, self._left = self._left.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        method, told = said.get("method", ""), said.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method in ("Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening"):
            self.troubles.append(json.dumps(told))
        return said


def _pipe() -> list[int]:
    import fcntl  # which Windows lacks

    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in low]
    for end in low:
        os.close(end)
    return high


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """Run the browser, with its settings in a folder of its own."""
    (hears, commands), (answers, says) = _pipe(), _pipe()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]
    assert CHROMIUM is not None
    program = subprocess.Popen(
        [sys.executable, "-c", _BECOME.format(hears, says), CHROMIUM, *options, f"--user-data-dir={profile}"],
        pass_fds=(hears, says),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    os.close(hears)
    os.close(says)
    page = Page(commands, answers)
    try:
        yield page
    finally:
        page.close()
        program.wait()
