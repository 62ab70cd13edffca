"""What the window says, and where: names in quotes, one sentence in one place, dates as people write them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QDateTime, QLocale, Qt, QTimer
from PyQt6.QtGui import QFont, QFontMetrics
from PyQt6.QtWidgets import QApplication, QFrame, QLabel

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Plane
from maskeditor.model.mask_files import import_mask
from maskeditor.model.session import Session
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ui.files.save_checks import SaveChecks
from maskeditor.ui.files.sessions import when_in_words
from maskeditor.ui.histogram.pictured import HINT, NO_NUMBER
from maskeditor.ui.main_window.gestures import GESTURES
from maskeditor.ui.panels.steps_view import brief, elided
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

AFFINE = phantoms.affine("anisotropic")
SHAPE = (30, 34, 26)
#: A name that would be read as a part of the sentence.
NAME = "and so on"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "head.nii"
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE, 0), AFFINE), made)
    return made


@pytest.fixture
def opened(desk: Desk, path: Path) -> Desk:
    desk.open(path)
    return desk


@pytest.fixture
def said(desk: Desk) -> Iterator[list[str]]:
    """All that was said: in the status line, in message boxes and dialogs, which are closed."""
    sentences: list[str] = []
    desk.editor.message.connect(sentences.append)

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            sentences.extend(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())
            dialog.close()

    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(look)
    timer.start()
    yield sentences
    timer.stop()


def test_a_name_stands_in_quotes_in_every_sentence(opened: Desk, said: list[str], path: Path) -> None:
    editor, document = opened.editor, opened.document
    editor.change_roi("roi1", name=NAME)
    editor.delete_roi("roi1")
    editor.apply_now(make("threshold", {"lower": 400}))
    editor.change_roi("roi1", visible=False)
    editor.show_masks()
    editor.change_roi("roi1", locked=True)
    editor.apply_now(make("dilation", {}))
    editor.change_roi("roi1", locked=False)
    editor.add_roi("other")
    editor.apply_now(make("boolean", {"other": "roi1"}))
    editor.delete_roi("roi1")
    editor.undo()
    editor.delete_roi("roi1")
    editor.apply_now(make("dilation", {}), roi="roi1")
    editor.undo()
    editor.bringing_in.masks({NAME: ImportMask.of(opened.mask(), "m.nii", "0" * 64)})
    opened.wait()
    editor.bringing_in.masks({NAME: ImportMask.of(np.zeros(SHAPE, bool, order="F"), "m.nii", "0" * 64)})
    opened.wait()
    opened.wiring.files.saving.after_saving(lambda: None)
    SaveChecks(NAME, [], opened.window).exec()
    assert [roi.name for roi in document.rois].count(NAME) == 1
    about = [sentence for sentence in said if NAME in sentence]
    assert len(about) >= 9, about
    for sentence in about:
        assert sentence.replace(f"'{NAME} 2'", "").replace(f"'{NAME}'", "").count(NAME) == 0, sentence


# Errors ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [(), (3,)], ids=["3D", "4D"])
def test_an_image_without_a_number_is_warned_of_where_one_looks(
    desk: Desk, said: list[str], tmp_path: Path, frames: tuple[int, ...]
) -> None:
    nibabel.save(nibabel.Nifti1Image(np.full((*SHAPE, *frames), np.nan, np.float32), AFFINE), tmp_path / "nan.nii")
    desk.open(tmp_path / "nan.nii")
    assert any(sentence.startswith("The image holds no number (all voxels are NaN") for sentence in said)
    assert desk.window.histogram.plot.picture().hint == NO_NUMBER


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.nan, "The image holds no number (all voxels are NaN or infinite); choose another."),
        (5.0, "The image has one intensity alone, 5, which cannot be parted in classes; choose another image."),
    ],
)
def test_what_a_preview_refuses_is_said_once_in_one_place(
    desk: Desk, said: list[str], tmp_path: Path, value: float, sentence: str
) -> None:
    data = np.full(SHAPE, value, np.float32)
    data[0] = np.nan
    nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / "flat.nii")
    desk.open(tmp_path / "flat.nii")
    said.clear()
    panel = desk.wiring.operations
    panel.choose("otsu")
    desk.wait()
    assert panel.counts.text() == sentence
    assert not panel.apply_button.isEnabled()
    panel.apply()
    desk.wait()
    assert said == []
    # Without a preview it is Apply that says so, in a box of its own.
    panel.live.click()
    panel.apply_button.click()
    desk.wait()
    assert [text for text in said if text == sentence] == [sentence]


def test_preview_says_why_it_is_not_ticked(opened: Desk, driver: Driver) -> None:
    panel = opened.wiring.operations
    opened.editor.apply_now(make("threshold", {"lower": 400}))
    panel.choose("dilation")
    opened.wait()
    assert panel.live.isChecked()
    assert "voxels" in panel.counts.text()
    driver.click(panel.apply_button)
    opened.wait()
    assert not panel.live.isChecked()
    assert panel.counts.text().startswith("Nothing is previewed now; change a value, or tick Preview")
    driver.click(panel.live)
    opened.wait()
    assert panel.live.isChecked()
    driver.key("M")
    opened.wait()
    assert not panel.live.isChecked()
    assert panel.counts.text().endswith("Masks are hidden; M or Ctrl+H shows them.")
    driver.key("M")
    # Whoever takes the tick away knows why.
    driver.click(panel.live)
    opened.wait()
    assert panel.counts.text() == ""


# Where --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["navigate", "brush", "eraser", "component"])
def test_a_plane_is_maximised_by_its_button_whatever_tool_is_in_hand(opened: Desk, driver: Driver, tool: str) -> None:
    opened.wiring.toolbox.choose(tool)
    views = opened.window.views
    for wanted in (Plane.CORONAL, None):
        driver.click(views.views[Plane.CORONAL].maximise_button)
        assert views.maximised is wanted
        assert [view.isVisible() for view in views.views.values()] == [wanted in (None, plane) for plane in views.views]
    assert opened.document.timeline == ()


def test_a_double_click_of_the_brush_is_two_dabs_and_the_help_says_so(opened: Desk, driver: Driver) -> None:
    opened.wiring.toolbox.choose("brush")
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2
    driver.click(canvas, (x, y))
    driver.double_click(canvas, (x + 20, y))
    opened.wait()
    assert [step.operation.id for step in opened.document.timeline] == ["paint", "paint"]
    assert opened.window.views.maximised is None
    said = {gesture: opened.window.keys.in_words(what) for gesture, what in GESTURES}
    assert "button in a plane's corner" in " ".join(said)
    assert said["Double click with brush or eraser"] == "paints twice; the plane's corner button or F11 maximises"


def test_ticks_in_menus_are_not_hidden_by_pictures(opened: Desk) -> None:
    for menu in ("View", "Tools"):
        for action in opened.wiring.actions.submenus[menu].actions():
            assert not (action.isCheckable() and action.isIconVisibleInMenu()), action.text()


def test_lines_stand_between_the_numbers_of_the_status_line(opened: Desk) -> None:
    bar = opened.window.statusBar()
    assert bar is not None
    in_order = sorted(
        (
            one
            for one in (*bar.findChildren(QLabel), *bar.findChildren(QFrame))
            if one.isVisible() and one.parent() is bar
        ),
        key=lambda one: one.x(),
    )
    kinds = ["line" if one.frameShape() == QFrame.Shape.VLine else one.accessibleName() for one in in_order]
    kinds = [kind for kind, _ in itertools.groupby(kinds)]
    assert kinds[-5:] == ["Under the pointer", "line", "Active mask", "line", "Image"]


# Words ----------------------------------------------------------------------------------------------------------------


def test_steps_are_shortened_between_words_and_stay_apart(qapp: QApplication) -> None:
    metrics = QFontMetrics(QFont())
    for least, number, one, other in (
        (150, 9, "Brush 9 points, 3 mm disc", "Brush 9 points, 3 mm sphere"),
        (150, 10, "EPI mask 0.2–0.85, opening 2", "EPI mask 0.2–0.85, opening 1"),
        (200, 3, "Threshold 300.5–1200.25 (intersect)", "Threshold 300.5–1200.75 (intersect)"),
    ):
        for width in range(least, least + 40, 10):
            shown = [elided(f"{number}  {title}", metrics, width) for title in (one, other)]
            assert shown[0] != shown[1], shown
            assert all(metrics.horizontalAdvance(text) <= width for text in shown)
    assert elided("9  Brush 9 points, 3 mm disc", metrics, 150).split(" … ")[0] == "9  Brush"


def test_both_ends_of_a_long_range_are_read_in_its_row(qapp: QApplication) -> None:
    metrics = QFontMetrics(QFont())
    for title in ("3  Threshold -1024.5–-300.125", "12  Threshold 300.513–1200.25, smoothed 4 mm (intersect)"):
        words = title.split(" ")
        for width in range(metrics.horizontalAdvance(f"12  Thr… {words[3]} …"), metrics.horizontalAdvance(title)):
            shown = elided(title, metrics, width)
            assert words[3] in shown
            assert metrics.horizontalAdvance(shown) <= width
    # Where there is no room for both, it is cut as any other.
    assert metrics.horizontalAdvance(elided("3  Threshold 300.513–1200.25", metrics, 60)) <= 60


def test_a_long_title_leaves_room_for_a_short_count_of_voxels(qapp: QApplication) -> None:
    metrics = QFontMetrics(QFont())
    title, change = "7  EPI mask 0.2–0.85, opening 2", "+2.06M −29.8k"
    whole, room = metrics.horizontalAdvance(change), metrics.horizontalAdvance(title)
    assert brief(change, title, metrics, room + whole) == change
    assert brief(change, title, metrics, room + whole - 1) == "+2.06M …"
    short = metrics.horizontalAdvance("+2.06M …")
    assert brief(change, f"{title}, {title}", metrics, 4 * short) == "+2.06M …"
    assert brief(change, f"{title}, {title}", metrics, 3 * short) == ""
    assert brief("+118", title, metrics, room) == "+118"


def test_an_import_that_was_resampled_says_so_in_its_row(path: Path, tmp_path: Path) -> None:
    other = AFFINE.copy()
    other[0, 3] += 1.0
    nibabel.save(nibabel.Nifti1Image(np.ones(SHAPE, np.uint8), other), tmp_path / "mask.nii")
    session = Session.open(path)
    imported = import_mask(session, tmp_path / "mask.nii", resample=True)
    assert imported.masks["mask"].summary() == "Import mask.nii, resampled"


def test_the_time_of_an_interrupted_session_is_in_plain_words() -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    now = QDateTime.fromString("2026-03-02T09:05:00", Qt.DateFormat.ISODate)
    words = [when_in_words(now.addSecs(-ago).toSecsSinceEpoch(), now) for ago in (60, 86_400, 7 * 86_400)]
    QLocale.setDefault(before)
    assert words == ["today, 09:04", "yesterday, 09:05", "23 February 2026, 09:05"]


def test_the_hint_of_the_histogram_stands_above_the_bars(desk: Desk) -> None:
    desk.open()
    plot = desk.window.histogram.plot
    ground = plot.picture().ground
    assert ground is not None
    line = QFontMetrics(plot.font()).height()
    assert plot.bars is not None
    assert plot.histogram is not None
    is_background = (plot.bars.edges[1:] + plot.bars.edges[:-1]) / 2 < plot.histogram.background
    # The background's bars are higher than the scale, and torn off.
    assert (ground.outlines.tops[is_background] < 0).any()
    assert ground.outlines.tops[~is_background].min() >= line
    assert plot.picture().hint == HINT
