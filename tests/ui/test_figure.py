"""Figures of what is looked at, saved and copied by mouse and keys."""

from __future__ import annotations

import re
import string
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PyQt6.QtCore import QPointF, QRectF, QSizeF
from PyQt6.QtGui import QColor, QFont, QGuiApplication, QImage
from PyQt6.QtSvg import QSvgRenderer
from PyQt6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QPushButton

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.progress import Progress
from maskeditor.model.data.drawing import FigureParameters
from maskeditor.model.data.report_files import DRAWINGS
from maskeditor.ui.look.kept import last_set
from maskeditor.ui.look.painting import painting
from maskeditor.ui.main_window.figure_dialog import _KEY, FigureDialog
from maskeditor.ui.qt import sure
from maskeditor.ui.views.cells import Layout
from maskeditor.ui.views.figure import montage_figure, planes_figure
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

BARE = {"letters": False, "scale": False, "colour_bar": False}


@pytest.fixture
def masked(desk: Desk, slanted: Path) -> Desk:
    desk.open(slanted)
    desk.editor.apply(make("threshold", {"lower": 300.0, "upper": 600.0}))
    desk.wait()
    return desk


def dialog_of(desk: Desk) -> FigureDialog:
    desk.wiring.actions["export_figure"].trigger()
    return shown_dialog()


def shown_dialog() -> FigureDialog:
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, FigureDialog)
    return dialog


def button(dialog: FigureDialog, which: QDialogButtonBox.StandardButton) -> QPushButton:
    return sure(dialog.buttons.button(which))


def test_planes_are_saved_as_they_are_seen(
    masked: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, saved = masked.window.views.seen, {ending: tmp_path / f"figure{ending}" for ending in DRAWINGS}
    driver.move(seen[0], (30, 30))
    for path in saved.values():
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        driver.click(button(dialog_of(masked), QDialogButtonBox.StandardButton.Save))
        masked.wait()
    # Captions stand above the planes, where they cover nothing.
    heads = 2 * (seen[0].caption.line + 2)
    width, height = 2 * (2 * seen[0].width() + 4), 2 * (seen[0].height() + seen[2].height() + 4 + heads)
    picture = QImage(str(saved[".png"]))
    assert abs(picture.width() - width) <= 8
    assert abs(picture.height() - height) <= 4 * heads
    assert all(picture.pixelColor(x, 1) == QColor(0, 0, 0) for x in range(width // 2, width // 2 + 40))
    drawn = ElementTree.parse(saved[".svg"]).getroot()
    written = drawn.iter("{http://www.w3.org/2000/svg}text")
    texts = [one.text for one in written if not one.get("stroke")]
    assert seen[0].caption.text in texts
    assert [texts.count(letter) for letter in "LRSI"] == [2, 2, 2, 2]
    assert texts.count(seen[0].bar.text) == 3
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}image"))) == 1
    # Programs that draw edges over letters, as Qt does, show them too.
    rendered = QImage(width, round(heads), QImage.Format.Format_RGB32)
    rendered.fill(QColor(0, 0, 0))
    with painting(rendered) as painter:
        QSvgRenderer(str(saved[".svg"])).render(painter, QRectF(QPointF(0, 0), QSizeF(picture.size())))
    assert any(rendered.pixelColor(x, y).lightness() > 200 for x in range(10, 100) for y in range(round(heads)))
    # What stands on it is chosen, and Cancel writes nothing.
    dialog = dialog_of(masked)
    dialog.form.fields["letters"].set_value(False)
    assert dialog.form.value() == FigureParameters(letters=False)
    driver.click(button(dialog, QDialogButtonBox.StandardButton.Cancel))
    assert QApplication.activeModalWidget() is None


def test_the_picture_is_that_of_the_window(masked: Desk) -> None:
    masked.window.viewer.change(crosshair_visible=True)
    canvas = masked.window.views.seen[0]
    figure = planes_figure([canvas], FigureParameters(enlarged=1, crosshair=True, **BARE))
    grabbed = canvas.grab().toImage()
    (x, y), size = canvas.camera.to_pixels(*canvas.map.to_screen((20, 22, 24))), canvas.size()  # type: ignore[union-attr]
    assert (figure.image.width(), figure.image.height()) == (size.width(), size.height())
    for right, down in ((0, 0), (20, -40), (-35, 30), (60, 60)):
        place = (round(x) + right, round(y) + down)
        assert figure.image.pixelColor(*place) == grabbed.pixelColor(*place)
    # Without it, there is no line.
    bare = planes_figure([canvas], FigureParameters(enlarged=1, **BARE))
    cross = round(canvas.camera.to_pixels(*canvas.map.to_screen(masked.window.viewer.state.crosshair))[0])  # type: ignore[union-attr]
    assert bare.words == ()
    column = {bare.image.pixelColor(cross, row).getRgb()[:3] for row in range(3)}
    assert column == {(0, 0, 0)}
    assert figure.image.pixelColor(cross, 1) != QColor(0, 0, 0)


def test_a_montage_is_copied_with_its_positions(masked: Desk, driver: Driver) -> None:
    masked.window.views.choose(Layout.MONTAGE)
    masked.wait()
    driver.move(masked.wiring.montage.view, (30, 30))
    driver.key("Ctrl+Shift+F")
    shown_dialog().form.fields["letters"].set_value(False)
    driver.click(shown_dialog().copy_button)
    masked.wait()
    copied = sure(QGuiApplication.clipboard()).image()
    view = masked.wiring.montage.view
    assert copied.width() == 2 * max(tile.place.right() + 1 for tile in view.tiles)
    figure = montage_figure(view, FigureParameters(), None)
    texts = [one.text for one in figure.words]
    assert [text for text in texts if text.startswith("z ")] == [tile.position.text for tile in view.tiles]
    assert re.fullmatch(r"16 axial slices from z -?[\d.]+ mm to z [\d.]+ mm", figure.alt)
    assert any(re.fullmatch(r"\d+ mm", text) for text in texts)
    assert copied.size() == figure.drawn().size()
    # Of one that is enlarged, the picture is as sharp as that of the voxels allows.
    tile = view.tiles[7]
    assert last_set(_KEY, FigureParameters) == FigureParameters(letters=False)
    pixel = figure.image.pixelColor(2 * tile.place.center().x(), 2 * tile.place.center().y())
    assert pixel != QColor(0, 0, 0)


@pytest.mark.parametrize("layout", [Layout.THREE, Layout.FOUR, Layout.MONTAGE])
def test_a_picture_that_is_saved_is_that_which_is_drawn_anew(
    masked: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    """To the pixel, whatever was written on the screen in between, and in whatever size."""
    masked.window.views.choose(layout)
    masked.wait()
    path = tmp_path / "figure.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    dialog = dialog_of(masked)
    for name in ("surface", "image_bar"):
        dialog.form.fields[name].set_value(True)
    driver.click(button(dialog, QDialogButtonBox.StandardButton.Save))
    masked.wait()
    saved = QImage(str(path))
    figure = masked.wiring.commands._figure(last_set(_KEY, FigureParameters))(Progress())
    for size in range(8, 40):
        write_at(size)
        assert figure.drawn().convertToFormat(saved.format()) == saved
    assert masked.wiring.commands._figure(last_set(_KEY, FigureParameters))(Progress()).image == figure.image


def write_at(size: int) -> None:
    """Write all letters and digits somewhere, as anything on the screen does."""
    elsewhere, font = QImage(400, 60, QImage.Format.Format_RGB32), QFont()
    font.setPixelSize(size)
    with painting(elsewhere) as painter:
        painter.setFont(font)
        painter.drawText(10, 40, string.ascii_letters + string.digits)


@pytest.mark.parametrize("layout", [Layout.THREE, Layout.ONE, Layout.MONTAGE])
def test_the_surface_stands_beside_what_is_seen(
    masked: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Layout
) -> None:
    masked.window.views.choose(layout)
    masked.wait()
    for ending in DRAWINGS:
        path = tmp_path / f"figure{ending}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        dialog = dialog_of(masked)
        for name in ("surface", "image_bar"):
            dialog.form.fields[name].set_value(True)
        driver.click(button(dialog, QDialogButtonBox.StandardButton.Save))
        masked.wait()
    wanted = FigureParameters(surface=True, image_bar=True)
    figure = masked.wiring.commands._figure(wanted)(Progress())
    assert figure.alt.endswith(", surface")
    drawn = figure.drawn()
    assert drawn.rect().contains(figure.cell)
    assert QImage(str(tmp_path / "figure.png")).size() == drawn.size()
    part = drawn.copy(figure.cell)
    colour = QColor(*masked.document.rois[0].colour)
    hues = {part.pixelColor(x, y).hue() for x in range(0, part.width(), 7) for y in range(0, part.height(), 7)}
    assert any(abs(hue - colour.hue()) <= 2 for hue in hues)
    # The bar of the image is there, and no longer once it is not wanted.
    without = masked.wiring.commands._figure(FigureParameters(surface=True))(Progress())
    assert without.image != figure.image
    masked.editor.change_roi(masked.editor.active, visible=False)
    with pytest.raises(OperationError, match="No visible ROI holds voxels"):
        masked.wiring.commands._figure(wanted)(Progress())
