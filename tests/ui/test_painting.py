"""A fault while something is painted is reported like any other, and does not take the program with it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

#: A window whose planes cannot be drawn for a while; what is reported in dialogs is counted, and each dialog closed.
WINDOW = """
import sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QMessageBox
from maskeditor.ui import app as module
from maskeditor.ui.main_window.faults import report
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring
from maskeditor.ui.views.picture import SlicePicture
from tests.ui.conftest import Desk

app = module.application()
sys.excepthook = report
window = MainWindow()
window.resize(1350, 720)
window.show()
desk = Desk(window, Wiring(window))
desk.open()
image, open_at_once, closed = SlicePicture.image, 0, 0

def fail(picture):
    raise MemoryError("no room for the picture")

def close():
    global open_at_once, closed
    boxes = [box for box in app.topLevelWidgets() if isinstance(box, QMessageBox) and box.isVisible()]
    open_at_once = max(open_at_once, len(boxes))
    for box in boxes:
        closed += 1
        SlicePicture.image = image
        box.accept()

SlicePicture.image = fail
timer = QTimer(interval=50)
timer.timeout.connect(close)
timer.start()
for view in window.views.views.values():
    view.canvas.look()
    view.canvas.repaint()
while not closed:
    app.processEvents()
for view in window.views.views.values():
    view.canvas.repaint()
print(open_at_once, closed)
desk.close()
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.mark.slow
def test_a_plane_that_cannot_be_drawn_is_reported_once_at_a_time() -> None:
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", WINDOW], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == "1 1"
    assert ended.stderr.count("no room for the picture") >= 3
