"""A real Chromium, that of PyQt6-WebEngine, driven by its own protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

PROGRAM = Path(__file__).with_name("chromium.py")
#: Without a window, and as root too, whom Chromium would not let in otherwise.
SURROUNDINGS = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}
#: How often it is asked where it listens, ever later.
ATTEMPTS = 10
#: A message longer than any page that is looked at.
LONGEST = 1 << 28
#: What a page must never do is a fault of its script.
NO_DIALOGS = "window.alert = window.confirm = window.prompt = (text) => { throw new Error('asked: ' + text) }"


class Page:
    """A page that is open in the browser.

    Attributes
    ----------
    requests : list of str
        The addresses that it has asked for.
    troubles : list of str
        What its script, or the browser on its behalf, complained of.
    """

    def __init__(self, program: subprocess.Popen[str], port: int) -> None:
        self._program, self._loop = program, asyncio.new_event_loop()
        self._connection = self._loop.run_until_complete(_connected(port))
        self._number = 0
        self.requests: list[str] = []
        self.troubles: list[str] = []
        self._events: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.send("Emulation.setScrollbarsHidden", hidden=True)
        self.send("Page.addScriptToEvaluateOnNewDocument", source=NO_DIALOGS)

    def open(self, path: Path, width: int = 1200, height: int = 900) -> None:
        """Open a file, and wait until all of it is there."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.send("Emulation.setDeviceMetricsOverride", **metrics)
        self._events.clear()
        self.send("Page.navigate", url=path.as_uri())
        while "Page.loadEventFired" not in self._events:
            self._loop.run_until_complete(self._hear())

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command, and return what the browser answers."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        heard = self._loop.run_until_complete(self._answer(message))
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

    def picture(self, **more: Any) -> bytes:
        """Return what is seen, as a PNG file."""
        return base64.b64decode(self.send("Page.captureScreenshot", format="png", **more)["data"])

    def printed(self, path: Path) -> bytes:
        """Print the page into a PDF file, and return what that holds."""
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(path, file=self._program.stdin, flush=True)
        assert self._program.stdout.readline().strip() == str(path)
        return path.read_bytes()

    def close(self) -> None:
        """Let go of the browser."""
        self._loop.run_until_complete(_closed(self._connection))
        self._loop.close()

    async def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        await self._connection.write_message(json.dumps(message))
        while (heard := await self._hear()).get("id") != message["id"]:
            pass
        return heard

    async def _hear(self) -> dict[str, Any]:
        message = await self._connection.read_message()
        assert message is not None, "The browser has ended."
        heard: dict[str, Any] = json.loads(message)
        method, particulars = heard.get("method", ""), heard.get("params", {})
        self._events.append(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(particulars["request"]["url"])
        elif method in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.troubles.append(json.dumps(particulars))
        return heard


async def _connected(port: int) -> WebSocketClientConnection:
    for attempt in range(ATTEMPTS):
        try:
            answer = await AsyncHTTPClient().fetch(f"http://127.0.0.1:{port}/json/list")
            break
        except ConnectionRefusedError:  # on a busy machine it names its port before it listens there
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(0.1 * (attempt + 1))
    pages = json.loads(answer.body)
    return await websocket_connect(pages[0]["webSocketDebuggerUrl"], max_message_size=LONGEST)


async def _closed(connection: WebSocketClientConnection) -> None:
    connection.close()
    while await connection.read_message() is not None:
        pass


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """Run the browser, with its settings in a folder of its own."""
    if sys.platform == "win32":
        pytest.skip("Qt hears no lines from a pipe on Windows")
    troubles = folder / "browser.txt"
    with troubles.open("w") as errors:
        program = subprocess.Popen(
            [sys.executable, PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **SURROUNDINGS, "HOME": str(folder)},
        )
    assert program.stdin is not None
    assert program.stdout is not None
    with program:
        port = program.stdout.readline()
        if not port and "cannot open shared object file" in (why := troubles.read_text()):
            pytest.skip(f"Chromium wants more of this system: {why.splitlines()[-1]}")
        page = Page(program, int(port))
        try:
            yield page
        finally:
            page.close()
            program.stdin.close()
