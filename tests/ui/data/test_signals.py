"""The walk from a statistic to ROIs to signals by condition, in the window; masks applied, and values put back."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pandas
import pytest
from nilearn import masking
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker
from PyQt6.QtCore import QCoreApplication, QEvent, Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication, QFileDialog, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.declaration import make
from maskeditor.io import maskers
from maskeditor.model.session import Session
from maskeditor.ui.data.apply import ApplyDialog
from maskeditor.ui.data.signals import SignalsPanel
from maskeditor.ui.panels.condition_legend import ConditionLegend
from maskeditor.ui.qt import sure
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until

SHAPE, FRAMES = (20, 24, 18), 24
TASK = (["face"] * 4 + ["house"] * 4) * 3


def panel(desk: Desk) -> SignalsPanel:
    found = desk.window.docks["signals"].findChild(SignalsPanel)
    assert found is not None
    return found


@pytest.fixture
def bold(tmp_path: Path) -> Path:
    data = phantoms.head(SHAPE)[..., None] + np.random.default_rng(0).normal(0, 5, (*SHAPE, FRAMES))
    data[6:9, 8:12, 8:11] += 40 * (np.array(TASK) == "face")
    image = nibabel.Nifti1Image(data.astype(np.float32), phantoms.affine("anisotropic"))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 2.0
    nibabel.save(image, tmp_path / "bold.nii")
    (tmp_path / "labels.txt").write_text("\n".join(TASK))
    return tmp_path / "bold.nii"


@pytest.fixture
def series(desk: Desk, driver: Driver, bold: Path) -> Desk:
    """A window with a series, an ROI by its t test, and another by hand; the panel shown by the menu."""
    desk.open(bold)
    desk.editor.apply_now(make("t_test", {"name": "t", "a": "face", "b": "house", "conditions": tuple(TASK)}))
    desk.editor.apply_now(make("threshold", {"image": "t", "lower": 8}))
    desk.editor.add_roi("whole")
    desk.editor.apply_now(make("threshold", {"lower": 500}))
    desk.wiring.actions["data_signals"].trigger()
    desk.wait()
    assert panel(desk).isVisible()
    return desk


def test_why_there_are_no_signals_stands_in_the_plot(desk: Desk, bold: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE), np.eye(4)), bold.with_name("head.nii"))
    desk.open(bold.with_name("head.nii"))
    desk.wiring.actions["data_signals"].trigger()
    why = panel(desk).courses.why
    assert why.isVisible()
    assert "no image that is open has several volumes" in why.text()
    desk.open(bold)
    assert why.text() == "Take signals draws them here."


def test_a_displacement_is_no_size_in_voxels(series: Desk) -> None:
    shown = panel(series)
    displacement, smoothing = shown.more.fields["fd_threshold"], shown.form.fields["fwhm"]
    assert displacement.note is None
    assert smoothing.note is not None


def test_forms_that_nobody_sees_are_not_made_anew(desk: Desk, bold: Path) -> None:
    shown = panel(desk)
    before = shown.form, shown.more
    desk.open(bold)
    desk.open(bold)
    assert (shown.form, shown.more) == before
    desk.wiring.actions["data_signals"].trigger()
    assert shown.form is not before[0]
    assert shown.form.around.frames == FRAMES
    seen = shown.form
    desk.open(bold)
    assert shown.form is not seen


def take(desk: Desk) -> None:
    shown = panel(desk)
    shown.taken = None
    shown.take.click()
    wait_until(lambda: shown.taken is not None, "the signals")
    desk.wait()


@pytest.mark.parametrize("is_renewed", [False, True])
def test_tab_goes_through_the_panel_as_one_reads(series: Desk, driver: Driver, is_renewed: bool) -> None:
    """Also through forms that were made anew, as for another series: later than all that stands round them."""
    shown = panel(series)
    if is_renewed:
        before = shown.form
        series.editor.apply(make("smooth", {"name": "soft", "fwhm": 4}))
        series.wait()
        assert shown.form is not before
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    take(series)
    fields = [*shown.form.fields.values(), *shown.more.fields.values()]
    expected = [shown.series, shown.regions, shown.events, shown.delay, shown.table]
    expected += [sure(field.focusProxy()) for field in fields if field.isVisible()]
    assert len(expected) > 20
    expected += [shown.take, shown.copy_button, shown.save_button, sure(shown.tabs.tabBar()), shown.courses]
    shown.series.setFocus(Qt.FocusReason.TabFocusReason)
    met: list[QWidget] = []
    while (widget := QApplication.focusWidget()) is not None and shown.isAncestorOf(widget):
        met.append(widget)
        driver.key("Tab")
    assert [widget for widget in met if widget in expected] == expected
    # What else a field has, as its slider, comes with it.
    assert all(any(field.isAncestorOf(widget) for field in fields) for widget in {*met} - {*expected})


def nilearns(masker: object, image: Path) -> np.ndarray:  # type: ignore[type-arg]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(masker.fit_transform(str(image)))  # type: ignore[attr-defined]


def answer(monkeypatch: pytest.MonkeyPatch, opened: Path | None = None, saved: Path | None = None) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(opened), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved), ""))


def of_roi(desk: Desk, place: int, path: Path) -> nibabel.Nifti1Image:
    mask = desk.document.mask(desk.document.rois[place].id)[...]
    return nibabel.Nifti1Image(mask.astype(np.uint8), nibabel.load(path).affine)


def test_signals_of_rois_are_those_of_nilearn(series: Desk, bold: Path) -> None:
    shown = panel(series)
    shown.form.set_values({"standardize": "psc", "detrend": True, "low_pass": 0.1})
    take(series)
    assert shown.taken is not None
    signals = shown.taken.signals
    assert signals.repetition_time == 2.0
    for place, roi in enumerate(series.document.rois):
        labels = of_roi(series, place, bold)
        masker = NiftiLabelsMasker(labels, standardize="psc", detrend=True, low_pass=0.1, t_r=2.0)
        column = signals.values[:, signals.names.index(roi.name)]
        assert np.array_equal(column, nilearns(masker, bold)[:, 0])
    assert not shown.courses.why.isVisible()
    line = shown.courses.lines[signals.names.index("whole")]
    assert np.array_equal(line.getData()[1], signals.values[:, signals.names.index("whole")])
    assert shown.tabs.tabText(0) == "Over time (seconds)"
    assert not shown.tabs.isTabEnabled(1)


def test_signals_have_the_room_in_which_the_plot_said_why_there_were_none(series: Desk) -> None:
    """What was hidden meanwhile would have none until the plot got another size."""
    plot = panel(series).courses
    assert plot.why.isVisible()
    assert plot.centralWidget.effectiveOpacity() == 0
    take(series)
    wait_until(lambda: plot.area.geometry().height() > plot.height() / 2, "room for the curves")
    assert plot.area.geometry().width() > plot.width() / 2
    assert plot.centralWidget.effectiveOpacity() == 1


def test_circular_signals_are_warned_of(series: Desk) -> None:
    shown = panel(series)
    shown.regions.setCurrentIndex(shown.regions.findText("mask"))
    take(series)
    assert shown.warning.text().startswith("The voxels were chosen by these very data (t test of 'face' and 'house'")
    assert "cross-validation" in shown.warning.text()
    assert shown.warning.isVisible()
    shown.regions.setCurrentIndex(shown.regions.findText("whole"))
    take(series)
    assert not shown.warning.isVisible()


def test_rois_that_were_chosen_alike_share_a_warning(series: Desk) -> None:
    series.editor.add_roi("more")
    series.editor.apply_now(make("threshold", {"image": "t", "lower": 9}))
    take(series)
    said = panel(series).warning.text()
    assert said.startswith("The voxels of 'mask' and 'more' were chosen by these very data (t test of 'face' and")
    assert said.count("circular") == 1


def test_names_of_conditions_are_as_wide_as_they_want_beside_the_tabs(qtbot: QtBot) -> None:
    tabs, legend = QTabWidget(), ConditionLegend()
    qtbot.addWidget(tabs)
    tabs.addTab(QWidget(), "Over time")
    tabs.setCornerWidget(legend)
    tabs.resize(500, 100)
    tabs.show()
    legend.show_colours({"resting state": (0, 0, 255), "famous face": (255, 0, 0), "house": (0, 255, 0)})
    names = legend.fontMetrics().horizontalAdvance("resting statefamous facehouse")
    wait_until(lambda: legend.width() > names, "room for the names")
    legend.show_colours({"a condition of a very long name": (0, 0, 255), "another one, as long as that": (255, 0, 0)})
    wait_until(lambda: names < legend.width() <= 300, "no more than leaves room for the tabs")


def test_a_box_for_each_condition(series: Desk, bold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = panel(series)
    answer(monkeypatch, opened=tmp_path / "labels.txt")
    shown.events.menu_of_choices.aboutToShow.emit()
    shown.events.menu_of_choices.actions()[0].trigger()
    assert shown.events.text() == "Chosen"
    take(series)
    assert shown.taken is not None
    assert shown.tabs.currentWidget() is shown.boxes
    expected = nilearns(NiftiLabelsMasker(of_roi(series, 0, bold), standardize=None), bold)[:, 0]
    of_faces = expected[np.array(TASK) == "face"].astype(float)
    box = shown.boxes.boxes["face", "mask"]
    assert np.allclose((box.lower, box.median, box.upper), np.percentile(of_faces, (25, 50, 75)))
    answer(monkeypatch, saved=tmp_path / "boxes.svg")
    shown.plot_button.click()
    answer(monkeypatch, saved=tmp_path / "rois_timeseries.tsv")
    series.wait()
    shown.save_button.click()
    series.wait()
    assert f"mask, face: median {np.median(of_faces):.5g}" in (tmp_path / "boxes.svg").read_text()
    table = pandas.read_csv(tmp_path / "rois_timeseries.tsv", sep="\t")
    assert np.array_equal(table["mask"].to_numpy(np.float32), expected)
    assert table["trial_type"].tolist() == TASK
    assert "circular" in json.loads((tmp_path / "rois_timeseries.json").read_text())["Warnings"][0]
    shown.copy_button.click()
    board = QGuiApplication.clipboard()
    assert board is not None
    assert board.text() + "\n" == (tmp_path / "rois_timeseries.tsv").read_text()


def test_what_does_not_fit_is_said(series: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[str] = []
    series.editor.failed.disconnect()
    series.editor.failed.connect(failed.append)
    shown = panel(series)
    (tmp_path / "c.tsv").write_text("x\n1\n2\n")
    answer(monkeypatch, opened=tmp_path / "c.tsv")
    shown.table.click()
    assert shown.table.text() == "c.tsv"
    shown.take.click()
    wait_until(lambda: failed, "the sentence")
    assert failed == ["The confounds have 2 rows, but bold has 24 volumes; give a row for each."]
    shown.table.click()
    shown.form.set_values({"high_pass": 0.2, "low_pass": 0.1})
    shown.take.click()
    assert "must be below the low pass" in failed[-1]
    assert shown.taken is None


def test_work_is_cancelled(series: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = panel(series)
    monkeypatch.setattr(maskers, "_PART", 1)
    monkeypatch.setattr(maskers, "_FEWEST_OF_LABELS", 1)
    series.editor.jobs.progressed.connect(lambda _: series.editor.jobs.cancel())
    shown.take.click()
    series.wait()
    assert shown.taken is None
    assert not series.editor.jobs.busy


def test_every_voxel_of_an_roi(series: Desk, bold: Path) -> None:
    shown = panel(series)
    shown.regions.setCurrentIndex(shown.regions.findText("mask"))
    shown.form.set_values({"voxels": True})
    take(series)
    assert shown.taken is not None
    expected = nilearns(NiftiMasker(of_roi(series, 0, bold), standardize=None), bold)
    assert np.array_equal(shown.taken.signals.values, expected)


def test_an_image_inside_a_mask_and_values_back(
    series: Desk, bold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accept(dialog: ApplyDialog) -> int:
        dialog.roi.setCurrentIndex(dialog.roi.findText("whole"))
        return 1

    monkeypatch.setattr(ApplyDialog, "exec", accept)
    answer(monkeypatch, saved=tmp_path / "inside.nii.gz")
    series.wiring.actions["data_apply"].trigger()
    series.wait()
    mask = of_roi(series, 1, bold)
    expected = np.asarray(masking.unmask(masking.apply_mask(str(bold), mask), mask).dataobj)
    assert np.array_equal(np.asarray(nibabel.load(tmp_path / "inside.nii.gz").dataobj), expected)
    np.save(tmp_path / "values.npy", masking.apply_mask(str(bold), mask))
    answer(monkeypatch, tmp_path / "values.npy", tmp_path / "back.nii.gz")
    series.wiring.actions["data_unmask"].trigger()
    series.wait()
    assert np.array_equal(np.asarray(nibabel.load(tmp_path / "back.nii.gz").dataobj), expected)
    # What does not fit is refused before anybody is asked where it goes.
    np.save(tmp_path / "short.npy", np.zeros((2, 3)))
    answer(monkeypatch, tmp_path / "short.npy")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: pytest.fail("it was asked where to save"))
    failed: list[str] = []
    series.editor.failed.disconnect()
    series.editor.failed.connect(failed.append)
    series.wiring.actions["data_unmask"].trigger()
    series.wait()
    assert "short.npy" in failed[0]


def test_another_image_has_its_own_time_between_volumes(series: Desk, bold: Path, tmp_path: Path) -> None:
    panel(series).form.set_values({"repetition_time": 2.0, "sample_mask": (0, 1, 2), "detrend": True})
    image = nibabel.load(bold)
    image.header["pixdim"][4] = 3.0
    nibabel.save(image, tmp_path / "slower.nii")
    series.editor.set_session(Session.open(tmp_path / "slower.nii"))
    series.wait()
    series.editor.apply_now(make("threshold", {"lower": 500}))
    take(series)
    taken = panel(series).taken
    assert taken is not None
    assert (taken.signals.repetition_time, len(taken.signals.volumes)) == (3.0, FRAMES)
    assert taken.signals.parameters.detrend


def test_signals_of_another_run_are_named_by_it(series: Desk, bold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bold.with_name("sub-01_run-2_bold.nii")
    path.write_bytes(bold.read_bytes())
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(path)], ""))
    answer(monkeypatch, opened=path)
    series.wiring.actions["add_image"].trigger()
    series.wait()
    shown = panel(series)
    suggested: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: (suggested.append(given[2]), ("", ""))[1])
    for name, stem in (("sub-01_run-2_bold", "sub-01_run-2_bold"), ("The image", "bold")):
        shown.series.setCurrentText(name)
        take(series)
        shown.save_button.click()
        assert suggested.pop() == str(bold.with_name(f"{stem}_timeseries.tsv"))


def test_an_image_of_one_volume_has_no_signals(desk: Desk, tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE), np.eye(4)), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    desk.wiring.actions["data_signals"].trigger()
    desk.wait()
    assert not panel(desk).take.isEnabled()
    assert "open a series (4D)" in panel(desk).take.toolTip()
