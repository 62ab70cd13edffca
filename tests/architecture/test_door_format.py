"""A new file format is one new file in io/formats: dialogs, drag and drop and the command line have it then."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor.io.formats import FORMATS
from tests.architecture.conftest import CHECKOUT

CUBE = '''
"""Cubes: a line with the number of voxels along an edge, and their values, as bytes."""

from pathlib import Path

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Reporter
from maskeditor.io.format import Format, begins
from maskeditor.io.found import Found, Show
from maskeditor.io.nifti.header import Header


def read(path: Path) -> tuple[Volume, Header]:
    """Return the (N, N, N) voxels of uint8, and a header for masks on them."""
    line, _, values = path.read_bytes().partition(b"\\\\n")
    edge = int(line.split()[1])
    geometry = Geometry((edge, edge, edge), np.eye(4))
    voxels = np.frombuffer(values, np.uint8).reshape((edge, edge, edge), order="F")
    return Volume(voxels, geometry, name=path.stem), Header.from_geometry(geometry)


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the image in a cube."""
    volume, _ = read(path)
    grid, voxels = volume.geometry, volume.stored
    return [
        Found.in_file(
            path, "Cube", path.stem, grid, voxels.shape, voxels.dtype, (), lambda _: read(path), lambda: voxels[:, :, 0]
        )
    ]


FORMATS = (Format(title="Cubes", name="a cube", recognise=begins(b"CUBE"), endings=(".cube",), find=find),)
'''.replace("\\\\n", "\\n")
#: Where it stands how names end: the register, what it is made of, what writes, and what reads tables.
KNOW = (
    "io/formats/",
    "io/nifti/names.py",
    "io/dicom/names.py",
    "io/conditions.py",
    "io/label_tables/",
    "io/numbers.py",
    "io/png.py",
)
FILTERS = (
    "from maskeditor.ui.files.filters import *; print(OPEN_FILES, IMAGE_FILES, MASK_FILES, SAVE_MASK_FILES, sep='\\n')"
)
DROPPED = """
import sys
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QMessageBox
from maskeditor.ui import app
from maskeditor.ui.main_window.window import MainWindow

opened, dropped = sys.argv[1:]
application = app.application()
data = QMimeData()
data.setUrls([QUrl.fromLocalFile(dropped)])
sent = []


def look():
    # The questions first: they hold up the rest.
    question = application.activeModalWidget()
    if isinstance(question, QMessageBox):
        print(question.text())
        next(button for button in question.buttons() if button.text() == "Open as image").click()
        return
    window = next(widget for widget in application.topLevelWidgets() if isinstance(widget, MainWindow))
    if window.windowTitle().startswith("first.nii") and not sent:
        how = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        sent.extend((QDragEnterEvent(QPoint(50, 50), *how), QDropEvent(QPointF(50, 50), *how)))
        for event in sent:
            QApplication.sendEvent(window, event)
    elif window.windowTitle().startswith("image.cube"):
        print(window.windowTitle())
        timer.stop()
        window.close_now()


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
sys.exit(app.main(opened))
"""


@pytest.fixture(scope="module")
def with_cubes(copied: Path) -> Path:
    """The package and one new file."""
    (copied / "maskeditor" / "io" / "formats" / "cubes.py").write_text(CUBE, "utf-8")
    return copied


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    path = tmp_path / "image.cube"
    path.write_bytes(b"CUBE 4\n" + bytes(range(64)))
    return path


def ran(folder: Path, home: Path, *arguments: str) -> str:
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home))
    environment = {**os.environ, **places, "PYTHONPATH": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, *arguments]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_nothing_beside_the_register_knows_how_names_end() -> None:
    endings = {ending for form in FORMATS for ending in form.endings + form.unlisted}
    package = CHECKOUT / "maskeditor"
    for path in package.rglob("*.py"):
        if not path.relative_to(package).as_posix().startswith(KNOW):
            words = {
                node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)
            }
            assert not words & endings, path


def test_command_line(with_cubes: Path, tmp_path: Path, cube: Path) -> None:
    (image,) = json.loads(ran(with_cubes, tmp_path, "-m", "maskeditor", "info", str(cube), "--json"))["images"]
    assert (image["kind"], image["shape"], image["dtype"]) == ("Cube 3D", [4, 4, 4], "uint8")
    (image,) = json.loads(ran(with_cubes, tmp_path, "-m", "maskeditor", "info", str(tmp_path), "--json"))["images"]
    assert image["description"] == "image"
    mask = tmp_path / "mask.nii"
    ran(with_cubes, tmp_path, "-m", "maskeditor", "run", str(cube), "-o", str(mask), "--do", "threshold lower=60")
    assert np.flatnonzero(np.asarray(nibabel.load(mask).dataobj).ravel(order="F")).tolist() == [60, 61, 62, 63]
    copy = tmp_path / "copy.nii"
    ran(with_cubes, tmp_path, "-m", "maskeditor", "convert", str(cube), str(copy))
    assert np.asarray(nibabel.load(copy).dataobj).max() == 63


def test_refusals_name_it_among_what_is_wanted(with_cubes: Path, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    look = f"from maskeditor.io.open import inspect\ntry: inspect({str(tmp_path / 'picture.png')!r})\n"
    assert "a cube" in ran(with_cubes, tmp_path, "-c", f"{look}except Exception as error: print(error)")


def test_dialogs(with_cubes: Path, tmp_path: Path) -> None:
    opened, images, masks, saved = ran(with_cubes, tmp_path, "-c", FILTERS).splitlines()
    assert all("*.cube" in offered for offered in (opened, images, masks))
    assert "Cubes (*.cube)" in images
    assert "cube" not in saved


def test_drag_and_drop(with_cubes: Path, tmp_path: Path, cube: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)), tmp_path / "first.nii")
    question, title = ran(with_cubes, tmp_path, "-c", DROPPED, str(tmp_path / "first.nii"), str(cube)).splitlines()
    assert question == "What is image.cube to the open image?"
    assert title.startswith("image.cube")
