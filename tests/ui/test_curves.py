"""Time courses, profiles and play, by mouse and keys."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QFileDialog

from maskeditor.core.operation.declaration import make
from maskeditor.model import time_courses
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.panels.curves import LINES, CurvesPanel
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until

SHAPE, FRAMES, SECONDS = (20, 24, 18), 6, 2.5


def write(path: Path, frames: int) -> Path:
    data = (
        np.stack([phantoms.head(SHAPE, seed) for seed in range(frames)], axis=-1)
        if frames > 1
        else phantoms.head(SHAPE)
    )
    image = nib.Nifti1Image(data, phantoms.affine("anisotropic"))
    if frames > 1:
        image.header.set_zooms((*image.header.get_zooms()[:3], SECONDS))
    image.header.set_xyzt_units("mm", "sec")
    nib.save(image, path)
    return path


def panel(desk: Desk) -> CurvesPanel:
    found = desk.window.docks["curves"].findChild(CurvesPanel)
    assert found is not None
    return found


def clipboard() -> list[list[str]]:
    board = QGuiApplication.clipboard()
    assert board is not None
    return [line.split("\t") for line in board.text().split("\n")]


@pytest.fixture
def series(desk: Desk, driver: Driver, tmp_path: Path) -> Desk:
    """A window with a series of six volumes and two ROIs, its curves shown by the key."""
    desk.open(write(tmp_path / "series.nii", FRAMES))
    desk.editor.apply_now(make("threshold", {"lower": 700}))
    desk.editor.add_roi("other")
    desk.editor.apply_now(make("threshold", {"lower": 200, "upper": 300}))
    driver.key("Ctrl+T")
    desk.wait()
    assert panel(desk).isVisible()
    return desk


def intensities(desk: Desk) -> np.ndarray:
    return np.asarray(desk.document.volume.stored, np.float64)


def test_the_panel_is_shown_by_its_key_and_hidden_again(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    desk.open(write(tmp_path / "series.nii", FRAMES))
    action = desk.wiring.actions["curves"]
    assert not panel(desk).isVisible()
    assert not action.isChecked()
    driver.key("Ctrl+T")
    assert panel(desk).isVisible()
    assert action.isChecked()
    driver.key("Ctrl+T")
    assert not panel(desk).isVisible()
    assert not action.isChecked()


def test_voxel_and_visible_rois_over_time(series: Desk) -> None:
    shown, data = panel(series), intensities(series)
    crosshair = series.editor.viewer.state.crosshair
    rois = series.document.rois
    masks = [np.asarray(series.document.mask(roi.id)[...]) for roi in rois]
    drawn = [line.getData()[1] for line in shown.plot.lines]
    assert drawn[0].tolist() == data[crosshair].tolist()
    assert all(values == pytest.approx(data[mask].mean(axis=0)) for values, mask in zip(drawn[1:], masks, strict=True))
    assert [line.opts["pen"].color().getRgb()[:3] for line in shown.plot.lines[1:]] == [roi.colour for roi in rois]
    series.editor.change_roi(rois[0].id, visible=False)
    assert len(shown.plot.lines) == 2
    series.editor.viewer.set_crosshair((3, 4, 5))
    assert shown.plot.lines[0].getData()[1].tolist() == data[3, 4, 5].tolist()
    assert shown.values.text().startswith("volume 0  ·  voxel 3, 4, 5: ")


def test_only_the_mask_that_changed_is_worked_out_again(series: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[int] = []
    one = time_courses.mean_course
    monkeypatch.setattr(time_courses, "mean_course", lambda v, m, p: (worked.append(m.count()), one(v, m, p))[1])
    series.editor.apply_now(make("invert", {}))
    series.wait()
    assert worked == [series.document.voxels(series.editor.active)]
    series.editor.viewer.set_crosshair((3, 4, 5))
    series.editor.viewer.set_frame(2)
    series.editor.change_roi("roi1", visible=False)
    series.editor.change_roi("roi1", visible=True)
    series.wait()
    assert len(worked) == 1
    mask = series.mask()
    assert panel(series).plot.lines[2].getData()[1] == pytest.approx(intensities(series)[mask].mean(axis=0))


def test_nothing_is_worked_out_unseen(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_courses, "mean_course", lambda *_: pytest.fail("worked out"))
    desk.open(write(tmp_path / "series.nii", FRAMES))
    desk.editor.apply_now(make("threshold", {"lower": 700}))
    desk.wait()
    assert panel(desk).plot.lines == []


def test_a_click_and_a_drag_go_to_a_volume(series: Desk, driver: Driver) -> None:
    plot, viewer = panel(series).plot, series.editor.viewer
    driver.click(plot, (plot.to_pixel(4), plot.height() / 2))
    assert viewer.state.frame == 4
    assert plot.place.value() == 4
    driver.drag(plot, [(plot.to_pixel(x), plot.height() / 3) for x in (4, 3, 1)])
    assert viewer.state.frame == 1
    driver.click(panel(series).seconds)
    assert plot.place.value() == SECONDS
    driver.click(plot, (plot.to_pixel(3 * SECONDS), plot.height() / 2))
    assert viewer.state.frame == 3
    viewer.set_frame("mean")
    assert not plot.place.isVisible()


def test_what_is_copied(series: Desk, driver: Driver) -> None:
    shown, data = panel(series), intensities(series)
    driver.click(shown.seconds)
    driver.click(shown.copy_button)
    rows = clipboard()
    crosshair = series.editor.viewer.state.crosshair
    assert rows[0] == ["seconds", f"voxel {', '.join(map(str, crosshair))}", "mask", "other"]
    assert [float(row[0]) for row in rows[1:]] == [SECONDS * frame for frame in range(FRAMES)]
    assert [float(row[1]) for row in rows[1:]] == data[crosshair].tolist()
    assert [float(row[3]) for row in rows[1:]] == pytest.approx(data[series.mask()].mean(axis=0))


@pytest.mark.parametrize("frame", [2, "mean", (1, 3)])
def test_profiles(series: Desk, driver: Driver, frame: object) -> None:
    shown, viewer = panel(series), series.editor.viewer
    viewer.set_crosshair((7, 9, 5))
    viewer.set_frame(frame)  # type: ignore[arg-type]
    series.wait()
    data = intensities(series)
    seen = data[..., 2] if frame == 2 else data.mean(axis=-1) if frame == "mean" else data[..., 1:4].mean(axis=-1)
    found = []
    for place, _ in enumerate(LINES):
        shown.what.setCurrentIndex(place + 1)
        found.append(shown.plot.lines[0].getData()[1])
    wanted = {len(line): line for line in (seen[:, 9, 5], seen[7, :, 5], seen[7, 9, :])}
    assert sorted(map(len, found)) == sorted(SHAPE)
    assert all(line == pytest.approx(wanted[len(line)]) for line in found)
    axis = SHAPE.index(len(found[-1]))
    driver.click(shown.plot, (shown.plot.to_pixel(11), shown.plot.height() / 2))
    assert viewer.state.crosshair[axis] == 11
    assert shown.plot.place.value() == 11
    assert not shown.seconds.isVisible()
    driver.click(shown.copy_button)
    assert [float(row[1]) for row in clipboard()[1:]] == pytest.approx(wanted[SHAPE[axis]])


def test_an_image_of_one_volume_has_profiles_alone(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    desk.open(write(tmp_path / "head.nii", 1))
    driver.key("Ctrl+T")
    shown = panel(desk)
    assert shown.sentence.isVisible()
    assert not shown.plot.isVisible()
    assert not shown.copy_button.isEnabled()
    shown.what.setFocus(Qt.FocusReason.OtherFocusReason)
    driver.key("Down")
    assert shown.what.currentText() == next(iter(LINES))
    assert shown.plot.isVisible()
    assert not shown.sentence.isVisible()
    assert len(shown.plot.lines) == 1


def test_play_goes_round_and_stops(series: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    bar, viewer = series.window.views.frames, series.editor.viewer
    seen: list[object] = []
    set_frame = Viewer.set_frame
    monkeypatch.setattr(Viewer, "set_frame", lambda self, frame: (seen.append(frame), set_frame(self, frame))[1])
    viewer.set_frame(4)
    bar.speed.setValue(30)
    driver.click(bar.play_button)
    assert series.wiring.actions["play_volumes"].isChecked()
    wait_until(lambda: len(seen) > 4, "volumes to be played")
    assert seen[:5] == [4, 5, 0, 1, 2]
    series.window.setFocus()
    driver.key("Ctrl+P")
    assert not bar.play_button.isChecked()
    assert not series.wiring.actions["play_volumes"].isChecked()
    assert not bar.playing


def test_another_image_stops_the_play_and_begins_anew(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    desk.open(write(tmp_path / "series.nii", FRAMES))
    driver.key("Ctrl+T")
    driver.click(desk.window.views.frames.play_button)
    desk.open(write(tmp_path / "other.nii", 3))
    assert not desk.window.views.frames.play_button.isChecked()
    assert [len(line.getData()[1]) for line in panel(desk).plot.lines] == [3]


def events(folder: Path) -> Path:
    """Two conditions, of a series of six volumes 2.5 s apart; the third lies after its end."""
    rows = ("onset\tduration\ttrial_type", "2.5\t5\tface", "7.5\t2.5\thouse <b>", "11\t0\tface", "99\t2\tlate")
    path = folder / "events.tsv"
    path.write_text("\n".join(rows))
    return path


def shaded(desk: Desk) -> dict[str, list[tuple[float, float]]]:
    """What is shaded, by the name in the legend."""
    shown = panel(desk)
    found = {}
    for (name, colour), item in zip(shown.legend._colours.items(), shown.plot._shades, strict=True):
        assert item.brush().color().getRgb()[:3] == colour
        path = item.path()
        corners = [path.elementAt(number) for number in range(path.elementCount())]
        found[name] = [(corners[first].x, corners[first + 1].x) for first in range(0, len(corners), 5)]
    return found


def choose(desk: Desk, title: str) -> None:
    button = panel(desk).events
    button._fill()
    (action,) = (action for action in button.menu_of_choices.actions() if action.text().startswith(title))
    assert action.isEnabled()
    action.trigger()
    desk.wait()


def test_events_of_a_table_are_shaded(
    series: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown = panel(series)
    assert not shown.legend.isVisible()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(events(tmp_path)), ""))
    choose(series, "From a table")
    assert shown.legend.isVisible()
    assert shown.legend.toolTip() == "face, house <b>"
    assert shaded(series) == {"face": [(1, 3), (4.4, 4.42)], "house <b>": [(3, 4)]}
    first, second = shown.legend._colours.values()
    assert first != second
    series.editor.viewer.set_frame(2)
    assert shown.values.text().startswith("volume 2 (face)")
    # As high as the plot, whatever the curves are; laid out once.
    shades = list(shown.plot._shades)
    for voxel in ((1, 1, 1), (10, 12, 9)):
        series.editor.viewer.set_crosshair(voxel)
        series.wait()
        low, high = shown.plot.area.viewRange()[1]
        for item in shown.plot._shades:
            box = item.mapRectToParent(item.path().boundingRect())
            assert (box.top(), box.bottom()) == pytest.approx((low, high))
    assert shades == shown.plot._shades
    # By seconds, and gone of a line of voxels.
    driver.click(shown.seconds)
    assert shaded(series)["house <b>"] == [(7.5, 10)]
    shown.what.setCurrentText(next(iter(LINES)))
    assert (shown.plot._shades, shown.legend.isVisible()) == ([], False)
    shown.what.setCurrentIndex(0)
    assert list(shaded(series)) == ["face", "house <b>"]
    # They are kept with the session, are no step, and are removed again.
    session = series.editor.session
    assert session is not None
    assert session.notes.conditions[0] == (2.5, 5.0, "face")
    assert not series.editor.present[2:]
    choose(series, "None")
    assert (shown.plot._shades, session.notes.conditions) == ([], ())


def test_conditions_of_steps_and_of_the_open_form_are_shaded(series: Desk) -> None:
    labels = ("rest", "rest", "face", "face", "rest", "face")
    test = make("t_test", {"name": "t", "conditions": labels, "a": "face", "b": "rest"})
    series.editor.apply(test)
    series.wait()
    choose(series, "Of step 3: t")
    assert shaded(series) == {"rest": [(-0.5, 1.5), (3.5, 4.5)], "face": [(1.5, 3.5), (4.5, 5.5)]}
    choose(series, "None")
    series.wiring.operations.choose("f_test")
    series.wiring.operations.fields.form.fields["conditions"].set_value(labels[::-1])  # type: ignore[union-attr]
    series.wait()
    choose(series, "Of the form: F test")
    assert shaded(series)["face"][0] == (-0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("label\na\nb", "2 labels, but the image has 6 volumes"),
        ("onset\tduration\ttrial_type\n99\t2\tlate", "No event of the table lies within the series"),
        ("nothing\tof\tthis\n1\t2\t3", "rename a column"),
    ],
)
def test_a_table_that_is_none_of_the_series_is_refused(
    series: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, sentence: str
) -> None:
    failed: list[str] = []
    series.editor.failed.disconnect()
    series.editor.failed.connect(failed.append)
    (tmp_path / "table.tsv").write_text(text)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "table.tsv"), ""))
    choose(series, "From a table")
    assert len(failed) == 1
    assert sentence in failed[0]
    assert panel(series).plot._shades == []


def test_the_wheel_over_an_axis_changes_nothing(series: Desk, driver: Driver) -> None:
    plot = panel(series).plot
    seen = plot.area.viewRange()
    for axis in plot._axes:
        middle = plot.mapFromScene(axis.mapToScene(axis.boundingRect().center()))
        driver.wheel(plot.viewport(), 2, (middle.x(), middle.y()))
    assert plot.area.viewRange() == seen
