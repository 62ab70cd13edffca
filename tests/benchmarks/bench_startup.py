"""Time from process start to the first painted window, beside a bare window of numpy and pyqtgraph.

    python tests/benchmarks/bench_startup.py [rounds]

Both start in turn, so that whatever else the machine does meets both. The window of maskeditor is the real one, as the
program opens it; panels, menus and the image follow once it is painted, and their time is printed too.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

BARE = """
import time
import numpy
import pyqtgraph
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QMainWindow

class Plot(pyqtgraph.PlotWidget):
    first = True
    def paintEvent(self, event):
        super().paintEvent(event)
        if self.first:
            self.first = False
            QTimer.singleShot(0, self.tell)
    def tell(self):
        print(time.monotonic(), flush=True)
        QApplication.quit()

app = QApplication([])
window = QMainWindow()
window.setCentralWidget(Plot())
window.resize(1280, 860)
window.show()
app.exec()
"""

OURS = """
import os
import time
from maskeditor.__main__ import import_window

import_window()
from maskeditor.ui import app

started = {}
class Window(app.MainWindow):
    def __init__(self):
        super().__init__()
        self.painted.connect(self.begun)
    def begun(self):
        started["painted"] = time.monotonic()
        self.viewer.changed.connect(lambda changed: self.shown() if "volume" in changed else None)
    def shown(self):
        print(started["painted"], time.monotonic(), flush=True)
        os._exit(0)

app.MainWindow = Window
app.main()
"""


def run(code: str, python: Sequence[str] = (sys.executable, "-c")) -> list[float]:
    """Return the seconds from process start to each time that the program prints; `python` takes code to run."""
    # Settings and sessions of its own, as on the first day; but gathering the system's fonts anew would hide the rest.
    places = {"XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))}
    if sys.platform.startswith("linux") and not {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ):
        places["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as home:
        places |= dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA", "APPDATA"), home)
        start = time.monotonic()
        done = subprocess.run(
            [*python, code],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, **places},
        )
    if not done.stdout:
        raise SystemExit(f"The window has not come up (exit status {done.returncode}); what it said is above.")
    return [float(word) - start for word in done.stdout.split()]


def main() -> None:
    """Start both in turn and print the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    bare, ours, image = [], [], []
    for turn in range(rounds + 1):
        one, two = run(BARE), run(OURS)
        if turn:  # the first fills the disk's cache
            bare.append(one[0])
            ours.append(two[0])
            image.append(two[1])
    low, ours_median = statistics.median(bare), statistics.median(ours)
    print(f"bare numpy + pyqtgraph window   {low:.3f} s")
    print(f"maskeditor, first paint         {ours_median:.3f} s   ratio {ours_median / low:.2f} (target ≤ 1.25)")
    print(f"maskeditor, sample head shown   {statistics.median(image):.3f} s")


if __name__ == "__main__":
    main()
