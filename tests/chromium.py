"""The Chromium of PyQt6-WebEngine as a program of its own, with one empty page; see `tests/browser.py`.

It prints the port at which the page hears commands. Of its input, each line is a file into which the page is printed,
which it prints again once the file is there; it ends with its input.
"""

from __future__ import annotations

import os
import socket
import sys

from PyQt6.QtCore import QSocketNotifier, Qt, QUrl
from PyQt6.QtWebEngineWidgets import QWebEngineView
from PyQt6.QtWidgets import QApplication


def main() -> None:
    """Show the page until the input ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["QTWEBENGINE_REMOTE_DEBUGGING"] = f"127.0.0.1:{port}"
    app = QApplication(sys.argv)
    view = QWebEngineView()
    page = view.page()
    assert page is not None

    def asked() -> None:
        line = sys.stdin.readline()
        if line:
            page.printToPdf(line.strip())
        else:
            app.quit()

    page.loadFinished.connect(lambda: print(port, flush=True), Qt.ConnectionType.SingleShotConnection)
    page.pdfPrintingFinished.connect(lambda path: print(path, flush=True))
    lines = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    lines.activated.connect(asked)
    view.show()
    page.load(QUrl("about:blank"))
    app.exec()


if __name__ == "__main__":
    main()
