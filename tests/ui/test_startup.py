"""What the window imports before it is painted, and afterwards: nothing slow that it does not need."""

from __future__ import annotations

import os
import subprocess
import sys

#: Of operations and formats that are asked for later; nilearn with all that it brings takes a second and more.
LATE = {"nilearn", "sklearn", "pandas", "joblib", "requests", "nibabel", "pydicom", "matplotlib", "highdicom"}
#: Of the panels, which follow once the window stands.
AFTERWARDS = {"scipy", "pydantic"}

WINDOW = """
import os, sys
import maskeditor.__main__
from maskeditor.ui import app

def packages():
    return " ".join(sorted({name.partition(".")[0] for name in sys.modules}))

class Window(app.MainWindow):
    def __init__(self):
        super().__init__()
        self.painted.connect(self.end)
    def end(self):
        print(packages())
        import maskeditor.ui.main_window.wiring
        print(packages(), flush=True)
        os._exit(0)

app.MainWindow = Window
app.main()
"""


def test_the_window_stands_before_what_is_slow_is_imported() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run([sys.executable, "-c", WINDOW], env=environment, capture_output=True, text=True, check=True)
    painted, wired = (set(line.split()) for line in ended.stdout.splitlines())
    assert {"numpy", "PyQt6", "pyqtgraph"} <= painted
    assert not painted & (LATE | AFTERWARDS)
    assert "pydantic" in wired
    assert not wired & LATE


IMAGE = WINDOW.replace(
    """        print(packages())
        import maskeditor.ui.main_window.wiring
        print(packages(), flush=True)
        os._exit(0)
""",
    """        self.connect_views()
        self.viewer.changed.connect(self.shown)
    def shown(self, changed):
        print(packages())
        print(self.views.testAttribute(app.Qt.WidgetAttribute.WA_TransparentForMouseEvents), flush=True)
        os._exit(0)
""",
)


def test_the_sample_is_shown_before_what_is_slow_is_imported() -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run([sys.executable, "-c", IMAGE], env=environment, capture_output=True, text=True, check=True)
    shown, waits = ended.stdout.splitlines()
    assert not set(shown.split()) & (LATE | AFTERWARDS)
    # Until the tools are there, no hand does anything in the planes.
    assert waits == "True"


SEARCHES = """
import gc
from maskeditor.__main__ import import_window

searches = []
gc.callbacks.append(lambda phase, facts: searches.append(phase))
import_window()
print(len(searches), gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_the_window_is_imported_without_a_look_for_garbage() -> None:
    ended = subprocess.run([sys.executable, "-c", SEARCHES], capture_output=True, text=True, check=True)
    assert ended.stdout == "0 True True\n"
