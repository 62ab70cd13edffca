"""Tables of the Data menu: statistics that follow the masks, clusters that follow a threshold, rows that lead there."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.reporting import get_clusters_table
from PyQt6.QtCore import QModelIndex, QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDockWidget, QFileDialog

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.progress import Progress
from maskeditor.io.columns import Table
from maskeditor.model.further import open_further
from maskeditor.model.numbers_in_words import in_number
from maskeditor.ui.data.clusters import ClustersPanel, _bounds
from maskeditor.ui.data.live_table import MEAN, SHOWN, LiveTable
from maskeditor.ui.data.statistics import StatisticsPanel
from maskeditor.ui.data.table_model import TableModel
from maskeditor.ui.data.table_view import TableView
from maskeditor.ui.qt import sure
from tests import phantoms
from tests.engine.test_clusters import z_map
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

SHAPE = (24, 26, 20)
AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])
Z = z_map(21, SHAPE).astype(np.float32)
ATLAS = np.zeros(SHAPE, np.int16)
ATLAS[2:6, 3:9, 4:9], ATLAS[12:16, 3:9, 4:9] = 17, 53


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    for name, data in (("head", phantoms.head(SHAPE, 0)), ("z", Z), ("atlas", ATLAS)):
        nibabel.save(nibabel.Nifti1Image(data, AFFINE), tmp_path / f"{name}.nii.gz")
    (tmp_path / "atlas.tsv").write_text("index\tname\n17\tleft\n53\tright\n", "utf-8")
    desk.open(tmp_path / "head.nii.gz")
    desk.wiring.files.images.add(tmp_path / "z.nii.gz")
    desk.wait()
    return desk


def statistics(desk: Desk) -> StatisticsPanel:
    desk.wiring.actions["data_statistics"].trigger()
    desk.wait()
    (found,) = desk.window.findChildren(StatisticsPanel)
    return found


def clusters(desk: Desk) -> ClustersPanel:
    desk.wiring.actions["data_clusters"].trigger()
    desk.wait()
    (found,) = desk.window.findChildren(ClustersPanel)
    return found


def choose(desk: Desk, box: object, text: str) -> None:
    box.setCurrentText(text)  # type: ignore[attr-defined]
    box.activated.emit(box.currentIndex())  # type: ignore[attr-defined]
    desk.wait()


def click(view: TableView, row: int, column: str) -> None:
    index = view.model.index(row, view.table.names.index(column))
    view.list.scrollTo(index)
    at = view.list.visualRect(index).center()
    QTest.mouseClick(view.list.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_table_that_takes_long_says_that_it_is_worked_out(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = clusters(opened)
    shown = panel.view.sentence.text()
    assert not panel._slow.isActive()
    asked: list[str] = []
    monkeypatch.setattr(opened.editor.image_lanes, "table", lambda name, *_: asked.append(name))
    panel.minimum.setValue(7)
    assert asked == ["Clusters"]
    assert panel.view.sentence.text() == shown
    panel._slow.timeout.emit()
    assert panel.view.sentence.text() == "Working…"


def test_a_table_is_worked_out_again_when_it_would_be_another_one_and_the_newest_alone_is_shown(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = clusters(opened)
    asked: list[Any] = []
    monkeypatch.setattr(opened.editor.image_lanes, "table", lambda _, *given: asked.append(given))
    panel.renew()
    assert not asked
    panel.both.toggle()
    panel.minimum.setValue(7)
    (_, _, failed), (work, done, _) = asked
    done(work(Progress()))
    table = panel.view.table
    assert len(table)
    failed(ParameterError("What is of an older table is not shown."))
    assert panel.view.table is table
    assert "older" not in panel.view.sentence.text()


@pytest.mark.parametrize("tested", ["mask", "image"])
def test_clusters_of_a_step_that_tests_the_mask_follow_the_mask_and_others_do_not(opened: Desk, tested: str) -> None:
    panel = clusters(opened)
    opened.editor.apply(make("threshold", {"image": "z", "lower": 0.5}))
    opened.wait()
    opened.wiring.operations.choose("z_threshold")
    change = opened.editor.pending.change
    assert change is not None
    change.fields.set_values({"image": "z", "tested": tested, "correction": "fdr"}, {})
    keys = [sure(panel.wanted()).key]
    opened.document.undo()
    keys.append(sure(panel.wanted()).key)
    assert (keys[0] != keys[1]) == (tested == "mask")
    opened.wait()


def test_statistics_follow_masks_and_images(opened: Desk) -> None:
    opened.editor.viewer.change(chosen_image="")
    panel = statistics(opened)
    assert panel.isVisible()
    assert list(panel.view.table["voxels"]) == [0]
    opened.editor.apply(make("threshold", {"lower": 500}))
    opened.wait()
    data = phantoms.head(SHAPE, 0)
    assert list(panel.view.table["mean"]) == pytest.approx([data[data >= 500].mean()], rel=1e-12)
    # The image has chosen the voxels that are measured in it; another has not.
    assert "circular" in panel.view.findings.text()
    choose(opened, panel.image, "z")
    assert "circular" not in panel.view.findings.text()
    there = Z[data >= 500].astype(np.float64)
    assert list(panel.view.table["median"]) == [np.median(there)]
    click(panel.view, 0, "maximum")
    assert Z[opened.editor.viewer.state.crosshair] == there.max()
    opened.editor.undo()
    opened.wait()
    assert list(panel.view.table["voxels"]) == [0]
    assert "'mask' has no voxels." in panel.view.findings.text()


def test_statistics_name_an_roi_as_it_is_called_now(opened: Desk) -> None:
    panel = statistics(opened)
    opened.editor.change_roi(opened.editor.active, name="lesion")
    opened.wait()
    assert list(panel.view.table["name"]) == ["lesion"]


def test_statistics_follow_a_preview(opened: Desk) -> None:
    data = phantoms.head(SHAPE, 0)
    panel = statistics(opened)
    opened.wiring.operations.choose("threshold")
    change = opened.editor.pending.change
    assert change is not None
    for lower in (500.0, 650.0):
        change.fields.set_values({"image": "", "lower": lower}, {})
        opened.wait()
        there = np.argwhere(data >= lower)
        assert list(panel.view.table["voxels"]) == [len(there)]
        assert [panel.view.table[f"last_{axis}"][0] for axis in "ijk"] == there.max(axis=0).tolist()
    opened.editor.clear_preview()
    opened.wait()
    assert list(panel.view.table["voxels"]) == [0]
    assert list(panel.view.table["last_k"]) == [None]


def test_statistics_of_an_atlas(opened: Desk, tmp_path: Path) -> None:
    opened.wiring.files.images.add(tmp_path / "atlas.nii.gz")
    opened.wait()
    panel = statistics(opened)
    choose(opened, panel.image, "z")
    choose(opened, panel.regions, "Labels of atlas")
    assert list(panel.view.table["name"]) == ["left", "right"]
    assert list(panel.view.table["voxels"]) == [(ATLAS == 17).sum(), (ATLAS == 53).sum()]
    assert list(panel.view.table["maximum"]) == [Z[ATLAS == 17].max(), Z[ATLAS == 53].max()]


def test_a_table_is_sorted_copied_and_saved(opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = clusters(opened)
    view, table = panel.view, panel.view.table
    view.list.sortByColumn(table.names.index("cluster_id"), Qt.SortOrder.AscendingOrder)
    assert [view.model.index(row, 0).data() for row in range(len(table))] == list(table["cluster_id"])
    view.list.sortByColumn(table.names.index("voxels"), Qt.SortOrder.AscendingOrder)
    view.copy()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    lines = list(csv.DictReader(clipboard.text().splitlines(), delimiter="\t"))
    sizes = [line["voxels"] for line in lines]
    known = [int(size) for size in sizes if size != "n/a"]
    assert known == sorted(known)
    assert view.rows == []
    assert sizes[len(known) :] == ["n/a"] * (len(sizes) - len(known))  # what is not known comes last
    assert {float(line["peak"]) for line in lines} == set(table["peak"])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "out"), ""))
    view.save()
    opened.wait()
    assert (tmp_path / "out.tsv").read_text("utf-8") == clipboard.text() + "\n"


def test_names_are_sorted_by_their_numbers_whatever_else_looks_like_one() -> None:
    model, names = TableModel(), ["area 10", "1²", "Area 2", "²"]
    model.show_table(Table({"name": names}))
    model.sort(0)
    assert [names[row] for row in model.order] == ["1²", "Area 2", "area 10", "²"]
    model.show_table(Table({"value": [2.0, None, 3.0, 1.0]}))
    model.sort(0, Qt.SortOrder.DescendingOrder)
    assert model.order == [2, 0, 3, 1]


def test_the_range_of_a_cluster_leaves_out_the_threshold_itself() -> None:
    above, below = _bounds(1.5, 2.0)["lower"], _bounds(1.5, -2.0)["upper"]
    assert (above > 1.5, below < -1.5) == (True, True)
    assert (above, below) == pytest.approx((1.5, -1.5))
    assert _bounds(-1.5, -2.0) == {"upper": below}


def test_columns_are_chosen_and_stay_so(opened: Desk, driver: Driver) -> None:
    panel = statistics(opened)
    view = panel.view

    def shown() -> list[str]:
        return [name for at, name in enumerate(view.table.names) if not view.list.isColumnHidden(at)]

    assert {"voxels", "millilitres", "percent_of_image", "mean", "median", "centre_x", "first_i"} < set(shown())
    assert "percentile_5" not in shown()
    menu = view.columns.menu_of_columns
    sure(view.list.horizontalHeader()).customContextMenuRequested.emit(QPoint(9, 9))
    for name in ("percentile 5", "mean"):
        (action,) = (action for action in menu.actions() if action.text() == name)
        at = menu.actionGeometry(action).center()
        driver.click(menu, (at.x(), at.y()))
        assert menu.isVisible()  # for the next one
    driver.key("Escape")
    assert "percentile_5" in shown()
    assert "mean" not in shown()
    view.copy()
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    assert clipboard.text().split("\n")[0].split("\t") == shown()
    opened.editor.apply(make("threshold", {"lower": 500}))
    opened.wait()
    assert "mean" not in shown()
    assert TableView(opened.editor, "Statistics").columns.hidden == view.columns.hidden


def test_clusters_follow_the_overlay_and_lead_to_peaks(opened: Desk) -> None:
    panel = clusters(opened)
    assert panel.image.currentText() == "z"
    for threshold, sign in ((1.5, "both"), (1.0, "above"), (-1.2, "below")):
        opened.editor.displays.change("z", threshold=threshold, sign=sign)
        opened.wait()
        peer = get_clusters_table(nibabel.Nifti1Image(Z, AFFINE), threshold, two_sided=sign == "both")
        assert list(panel.view.table["cluster_id"]) == peer["Cluster ID"].astype(str).tolist()
        assert [abs(value) for value in panel.view.table["peak"]] == np.abs(peer["Peak Stat"]).tolist()
        assert panel.threshold.value() == threshold
        assert panel.both.isChecked() == (sign == "both")
    assert "of the overlay" in panel.view.sentence.text()
    click(panel.view, 0, "peak")
    assert Z[opened.editor.viewer.state.crosshair] == panel.view.table["peak"][0]


def test_clusters_are_of_what_lies_over_the_image_though_that_is_chosen(opened: Desk) -> None:
    opened.editor.viewer.change(chosen_image="")
    panel = clusters(opened)
    assert panel.image.currentText() == "z"
    choose(opened, panel.image, "The image")
    opened.editor.viewer.change(chosen_image="z")
    assert panel.image.currentText() == "The image"


def test_tables_that_are_seen_before_an_image_is_there_are_empty(desk: Desk) -> None:
    """As at a start with the panels of last time."""
    for panel in desk.window.findChildren(LiveTable):
        dock = panel.parentWidget()
        while not isinstance(dock, QDockWidget):
            dock = sure(dock).parentWidget()
        dock.show()
        dock.raise_()
        desk.wait()
        assert panel.isVisible()
        panel.renew()
        assert panel.image.count() == 0
        assert len(panel.view.table) == 0


def test_statistics_are_of_the_image_that_is_chosen(opened: Desk) -> None:
    opened.editor.apply(make("threshold", {"image": "z", "lower": 0.5}))
    opened.wait()
    panel = statistics(opened)
    assert panel.view.table["maximum"] == [Z.max()]
    opened.editor.viewer.change(chosen_image="")
    opened.wait()
    assert panel.view.table["maximum"] == [phantoms.head(SHAPE, 0)[Z >= 0.5].max()]


def test_clusters_follow_the_pending_step_and_become_rois(opened: Desk) -> None:
    panel = clusters(opened)
    opened.wiring.operations.choose("z_threshold")
    change = opened.editor.pending.change
    assert change is not None
    change.fields.set_values({"image": "z", "alpha": 0.05, "correction": "fpr", "two_sided": False}, {})
    opened.wait()
    assert panel.threshold.value() == pytest.approx(1.6448536, rel=1e-6)
    assert "of the step" in panel.view.sentence.text()
    opened.editor.clear_preview()
    panel.threshold.set_number(1.25)  # by hand: nothing is followed any more
    opened.wait()
    assert not panel.follow.isChecked()
    peer = get_clusters_table(nibabel.Nifti1Image(Z, AFFINE), 1.25, two_sided=True)  # as the overlay had it
    assert list(panel.view.table["cluster_id"]) == peer["Cluster ID"].astype(str).tolist()
    panel.view.list.selectRow(0)
    panel.make_button.click()
    opened.wait()
    assert opened.document.roi(opened.editor.active).name == "cluster 1"
    assert opened.mask().sum() == panel.view.table["voxels"][0]
    assert (Z[opened.mask()] > 1.25).all()
    said: list[str] = []
    opened.editor.message.connect(said.append)
    panel.view.list.selectAll()
    panel.make_button.click()
    opened.wait()
    assert said[-1] == f"Made {len(opened.document.rois) - 1} ROIs."


def test_enter_in_a_field_of_a_table_applies_nothing_that_is_pending(opened: Desk) -> None:
    panel = clusters(opened)
    opened.wiring.operations.choose("threshold")
    opened.wait()
    steps, pending = len(opened.document.timeline), opened.editor.pending.change
    for field in (panel.threshold, panel.minimum):
        field.setFocus()
        QTest.keyClicks(field, "2")
        QTest.keyClick(field, Qt.Key.Key_Return)
        opened.wait()
        assert len(opened.document.timeline) == steps
        assert opened.editor.pending.change is pending


@pytest.mark.parametrize("size", [10**9, 2_000_001])
def test_clusters_of_any_size_can_be_asked_for(opened: Desk, size: int) -> None:
    """As large as the operation takes: neither what is typed nor what is followed becomes another number."""
    panel = clusters(opened)
    panel.minimum.selectAll()
    QTest.keyClicks(panel.minimum, str(size))
    opened.wait()
    assert panel.minimum.text() == str(size)
    assert f"No cluster of {in_number(size, 'voxel')} or more lies beyond" in panel.view.sentence.text()
    panel.minimum.set_number(0)
    opened.wiring.operations.choose("z_threshold")
    change = opened.editor.pending.change
    assert change is not None
    change.fields.set_values({"image": "z", "correction": "fpr", "cluster_threshold": size}, {})
    opened.wait()
    assert panel.minimum.value() == size
    assert not len(panel.view.table)


def test_clusters_and_statistics_of_a_series_are_of_the_volumes_that_are_shown(desk: Desk, tmp_path: Path) -> None:
    series = np.stack([z_map(seed, SHAPE) for seed in range(3)], axis=-1).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(series, AFFINE), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    panel, measured = clusters(desk), statistics(desk)
    measured.frame.setCurrentText(SHOWN)
    desk.editor.apply(make("invert", {}))
    panel.threshold.set_number(1.1)
    for shown, values in ((1, series[..., 1]), ("mean", series.mean(-1)), ((0, 1), series[..., :2].mean(-1))):
        desk.window.viewer.change(frame=shown)
        desk.wiring.actions["data_statistics"].trigger()
        desk.wait()
        assert measured.view.table["maximum"][0] == pytest.approx(values.max())
        desk.wiring.actions["data_clusters"].trigger()
        desk.wait()
        assert max(panel.view.table["peak"]) == pytest.approx(values.max())
        panel.view.list.selectRow(0)
        voxels = panel.view.table["voxels"][0]
        # What is chosen is what is made, also before the table of another volume is there.
        desk.window.viewer.change(frame=2)
        panel.make_button.click()
        desk.wait()
        assert desk.mask().sum() == voxels


def test_what_cannot_be_worked_out_is_said(opened: Desk) -> None:
    panel = clusters(opened)
    opened.wiring.operations.choose("z_threshold")
    change = opened.editor.pending.change
    assert change is not None
    change.fields.set_values({"image": "z", "tested": "mask", "correction": "fdr"}, {})
    opened.wait()
    assert panel.view.sentence.text().startswith("The mask whose voxels are to be tested is empty")
    assert not len(panel.view.table)


def test_nothing_is_worked_out_unseen(opened: Desk) -> None:
    (panel,) = opened.window.findChildren(ClustersPanel)
    opened.editor.displays.change("z", threshold=1.0)
    opened.wait()
    assert not len(panel.view.table)


def test_a_map_that_was_resampled_is_named_so(opened: Desk, tmp_path: Path) -> None:
    """Its peaks and sizes are others than those of its file."""
    path = tmp_path / "coarse.nii.gz"
    nibabel.save(nibabel.Nifti1Image(Z[::2, ::2, ::2], np.diag([4.0, 4.0, 5.0, 1.0])), path)
    session = opened.editor.session
    assert session is not None
    session.add_image("coarse", open_further(path, session.document.geometry, "linear"))
    for panel in (clusters(opened), statistics(opened)):
        choose(opened, panel.image, "coarse")
        assert "Of coarse.nii.gz resampled (linear) to the image." in panel.view.sentence.text()
        choose(opened, panel.image, "z")
        assert "resampled" not in panel.view.sentence.text()


def test_cells_are_read_of_columns_that_are_shown_and_once(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    view = statistics(opened).view
    names = view.table.names
    read: list[int] = []
    data = TableModel.data

    def counted(self: TableModel, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            read.append(index.column())
        return data(self, index, role)

    monkeypatch.setattr(TableModel, "data", counted)
    view.show_table(Table({name: [12345.0] * 60 for name in names}))
    shown = [names.index(name) for name in view.columns.shown]
    assert len(shown) < len(names)
    assert set(read) == set(shown)
    assert len(read) <= 20 * len(shown)  # of sixty rows, those in sight
    for column in shown:
        least = view.list.fontMetrics().horizontalAdvance("12345")
        assert view.list.columnWidth(column) > least


def test_clusters_of_a_series_are_of_the_volume_that_is_chosen(desk: Desk, tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(np.stack([Z, Z / 2, 0 * Z], axis=-1), AFFINE), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    panel = clusters(desk)
    panel.threshold.set_number(1.25)
    desk.editor.viewer.change(frame=1)
    for chosen, data, said in ((SHOWN, Z / 2, "volume 1"), (MEAN, Z / 2, "the mean of all")):
        panel.frame.setCurrentText(chosen)
        panel.frame.activated.emit(0)
        desk.wait()
        peer = get_clusters_table(nibabel.Nifti1Image(data, AFFINE), 1.25)
        assert list(panel.view.table["voxels"]) != []
        np.testing.assert_allclose(panel.view.table["peak"], peer["Peak Stat"])
        assert f"Of {said}." in panel.view.sentence.text()
    panel.view.list.selectRow(0)
    panel.make_button.click()
    desk.wait()
    assert desk.mask().sum() == panel.view.table["voxels"][0]
