"""Markup in a name is shown as it is written, wherever the name is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import pytest
from PyQt6.QtCore import QPoint, Qt, QTimer
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QMessageBox,
    QTextEdit,
    QToolTip,
    QWidget,
)

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.model.checks import Check, Concern
from maskeditor.ui.dialogs import ask, show_rows
from maskeditor.ui.files.save_checks import SaveChecks
from maskeditor.ui.look.plain_text import without_shortcut
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

MARKUP = "<b>bold</b><img src='file:///nowhere.png'>&amp;"


def labels(root: QWidget) -> Iterator[QLabel]:
    """Yield every label that shows a name with markup, after seeing that it shows it as it is."""
    for label in root.findChildren(QLabel):
        if label.isVisible() and "<" in label.text():
            assert label.textFormat() is Qt.TextFormat.PlainText, label.text()
            yield label


@pytest.fixture
def named(desk: Desk, tmp_path: Path) -> Desk:
    """A window whose file, ROIs and steps have markup in their names."""
    path = tmp_path / f"{MARKUP.replace('/', '-')}.nii"
    nib.save(nib.Nifti1Image(phantoms.head((30, 34, 26)), phantoms.affine("anisotropic")), path)
    desk.open(path)
    desk.editor.change_roi(desk.editor.active, name=MARKUP)
    desk.editor.add_roi(f"{MARKUP} 2")
    desk.editor.apply_now(make("threshold", {"lower": 100}))
    desk.wait()
    return desk


def test_every_widget_shows_names_as_they_are(named: Desk, driver: Driver) -> None:
    canvas = named.window.views.views[Plane.AXIAL].canvas
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    named.editor.say(f"Opened {MARKUP}.")
    QApplication.processEvents()
    shown = [label.text() for label in labels(named.window)]
    assert any("voxel" in text for text in shown)
    assert any(text.startswith("ROI") for text in shown)
    assert any(text.startswith("Opened") for text in shown)
    assert not named.window.findChildren(QTextEdit)
    # Where text may hold a letter for a key, an & stands for itself.
    buttons = [button for button in named.window.findChildren(QAbstractButton) if "<" in button.text()]
    assert all(without_shortcut(MARKUP) in button.text() or "&" not in button.text() for button in buttons)


@pytest.mark.parametrize("roi", [0, 1])
def test_tool_tips(named: Desk, roi: int) -> None:
    panel = named.window.docks["rois"].widget()
    assert panel is not None
    QToolTip.showText(QPoint(200, 200), f"{MARKUP} {roi}", named.window)
    QApplication.processEvents()
    (tip,) = (one for one in QApplication.topLevelWidgets() if one.inherits("QTipLabel"))
    assert isinstance(tip, QLabel)
    assert tip.textFormat() is Qt.TextFormat.PlainText
    assert tip.text() == f"{MARKUP} {roi}"
    QToolTip.hideText()
    tip.close()


def test_message_boxes_and_dialogs(named: Desk) -> None:
    seen: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            seen.extend(label.text() for label in labels(dialog))
            dialog.close()

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(look)
    timer.start()
    ask(named.window, "Question", f"Is it {MARKUP}?", yes="Yes", details=(f"Or {MARKUP}",))
    QMessageBox.warning(named.window, "maskeditor", f"{MARKUP} cannot be read.")
    SaveChecks(MARKUP, [Check(Concern.RESAMPLED, f"It is made with {MARKUP}.")], named.window).exec()
    timer.stop()
    assert len(seen) == 5
    show_rows(named.window, "Rows", ("One", "Two"), [(MARKUP, MARKUP)])
    QApplication.processEvents()
    for label in labels(named.window):
        assert MARKUP[:6] in label.text()


def test_menus_keep_every_letter_of_a_name(named: Desk) -> None:
    named.editor.change_roi(named.editor.active, name="grey & white")
    assert without_shortcut("grey & white") == "grey && white"
    undo = named.wiring.actions["undo"].text()
    assert undo.count("&") % 2 == 1  # the one before its own letter


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_is_shown_on_one_line_with_codes_for_what_cannot_be_seen(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "two\nlines \u202egpj\udcff.nii"
    nib.save(nib.Nifti1Image(phantoms.head((30, 34, 26)), phantoms.affine("anisotropic")), tmp_path / "plain.nii")
    (tmp_path / "plain.nii").rename(path)
    said: list[str] = []
    desk.editor.message.connect(said.append)
    desk.open(path)
    desk.editor.say(f"Opened {path.name}.")
    assert said[-1] == r"Opened two lines \u202egpj\udcff.nii."
    shown = r"two\nlines \u202egpj\udcff.nii"
    assert desk.window.windowTitle() == f"{shown}[*]"
    texts = [label.text() for label in desk.window.findChildren(QLabel)]
    assert shown in texts  # in the list of images
    assert not any(letter in text for text in texts for letter in "\u202e\udcff")
    assert not any("lines" in text and "\n" in text for text in texts)
