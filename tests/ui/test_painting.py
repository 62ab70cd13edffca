"""What fills look like; and a fault while something is painted is reported, and the program goes on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QImage, QPainter

from maskeditor.ui.look.painting import fill, painting

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
images, open_at_once, closed = SlicePicture.images, 0, 0

def fail(picture, sampling):
    raise MemoryError("no room for the picture")

def close():
    global open_at_once, closed
    boxes = [box for box in app.topLevelWidgets() if isinstance(box, QMessageBox) and box.isVisible()]
    open_at_once = max(open_at_once, len(boxes))
    for box in boxes:
        closed += 1
        SlicePicture.images = images
        box.accept()

SlicePicture.images = fail
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


@pytest.mark.parametrize("area", [(3, 0, 30, 1), (3, 5, 30, 90), (3.4, 2.6, 30.2, 200.3), (3, 4, 30, 0)])
@pytest.mark.parametrize(
    "brush", [QBrush(QColor(230, 60, 60, 55)), QBrush(Qt.GlobalColor.red, Qt.BrushStyle.BDiagPattern)]
)
def test_what_is_filled_in_parts_looks_as_at_once(area: tuple[float, float, float, float], brush: QBrush) -> None:
    images = []
    for way in (
        lambda painter: fill(painter, QRectF(*area), brush),
        lambda painter: painter.fillRect(QRectF(*area), brush),
    ):
        image = QImage(40, 220, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        with painting(image) as painter:
            way(painter)
        images.append(image)
    assert images[0] == images[1]
    white = QImage(40, 220, QImage.Format.Format_RGB32)
    white.fill(Qt.GlobalColor.white)
    assert (images[0] == white) is (area[3] == 0)


def test_no_fill_is_of_so_many_lines_that_threads_share_it() -> None:
    heights: list[float] = []

    class Told(QPainter):
        def fillRect(self, area: QRectF, brush: QBrush) -> None:  # type: ignore[override]
            heights.append(area.height())

    fill(Told(), QRectF(0, 1.5, 300, 400), QColor(230, 60, 60, 55))
    # Qt shares (lines + 32) // 64 parts among threads where that is more than one.
    assert sum(heights) == 400
    assert all((lines + 32) // 64 <= 1 for lines in heights)
