"""Image information shows what the intensities are like, once that is worked out."""

from __future__ import annotations

import threading
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import Qt

from maskeditor.core.operation.declaration import make
from maskeditor.model.further import open_further
from maskeditor.ui.main_window import information
from maskeditor.ui.main_window.image_page import INTENSITIES, ImagePage, Rows
from maskeditor.ui.main_window.information import InformationDialog
from maskeditor.ui.work.worker import Lane
from tests.io.dicom.phantom import numbers, write_series
from tests.ui.conftest import Desk
from tests.ui.drivers import PATIENCE, Driver, wait_until


def cells(page: ImagePage) -> dict[str, str]:
    """Return what a page says once all is worked out."""

    def now() -> dict[str, str]:
        items = ((page.table.item(row, 0), page.table.item(row, 1)) for row in range(page.table.rowCount()))
        return {name.text(): value.text() for name, value in items if name is not None and value is not None}

    wait_until(lambda: "being worked out" not in now()[INTENSITIES], "the statistics")
    return now()


def test_minimum_maximum_and_percentiles(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    data = np.random.default_rng(2).normal(50, 20, (9, 10, 11, 3)).astype(np.float32)
    data[0, 0, 0, 0] = np.nan
    nib.save(nib.Nifti1Image(data, np.eye(4)), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    driver.key("Ctrl+I")
    (dialog,) = desk.window.findChildren(InformationDialog)
    shown = dialog.pages[""].table
    found = cells(dialog.pages[""])
    assert found[INTENSITIES] == f"{np.nanmin(data):.6g} to {np.nanmax(data):.6g}"
    percents = np.nanpercentile(data.astype(np.float64), (1, 25, 50, 75, 99))
    assert found["Percentiles 1, 25, 50, 75, 99"] == ", ".join(f"{value:.6g}" for value in percents)
    assert found["NaN or infinite"] == "1 left out"
    # What stood below stands there still.
    assert len(shown.findItems("Affine, row 3", Qt.MatchFlag.MatchExactly)) == 1
    dialog.close()


def test_every_image_has_a_page(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    rng, affine = np.random.default_rng(2), np.diag([2.0, 2, 2, 1])
    series, coarse = rng.normal(50, 20, (9, 10, 11, 3)), rng.normal(0, 3, (5, 5, 6))
    for name, data, at in (("series", series, affine), ("stat", coarse, affine * 2)):
        nib.save(nib.Nifti1Image(data.astype(np.float32), np.diag([*at.diagonal()[:3], 1])), tmp_path / f"{name}.nii")
    desk.open(tmp_path / "series.nii")
    assert desk.editor.session is not None
    grid = desk.document.geometry
    (tmp_path / "way").mkdir()
    way = tmp_path / "way" / ".." / "stat.nii"
    desk.editor.session.add_image("stat", open_further(way, grid, "linear"))
    desk.editor.apply(make("mean", {"name": "average"}))
    desk.wait()
    desk.editor.viewer.change(chosen_image="average")
    driver.key("Ctrl+I")
    (dialog,) = desk.window.findChildren(InformationDialog)
    assert list(dialog.pages) == ["", "stat", "average"]
    # Of the one that is chosen, which nobody has looked at: it is worked out for this.
    derived = cells(dialog.pages["average"])
    mean = series.astype(np.float32).mean(axis=3)
    assert derived[INTENSITIES] == f"{mean.min():.6g} to {mean.max():.6g}"
    assert (derived["Shape"], derived["Made by"]) == ("9 × 10 × 11", "Image average: mean")
    assert desk.editor.viewer.images.keys() == {"stat"}
    dialog.tabs.setCurrentWidget(dialog.pages["stat"])
    opened = cells(dialog.pages["stat"])
    assert opened["File"] == str(tmp_path / "stat.nii")
    assert opened["Resampled"] == "to the grid of the open image (linear)"
    assert opened["Units"] == "lengths in mm"
    # What was brought to it was another.
    assert (opened["In its file"], opened["Zooms there"]) == ("5 × 5 × 6 voxels, float32", "4 × 4 × 4 mm")
    assert opened["Shape"] == "9 × 10 × 11"
    assert opened["Difference"].startswith("likely cause: ")  # the last of them
    dialog.tabs.setCurrentWidget(dialog.pages[""])
    assert cells(dialog.pages[""])["Units"] == "lengths in mm; no time between volumes is stated"
    dialog.close()


def test_a_header_that_is_being_read_is_not_waited_for(
    desk: Desk, driver: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(tmp_path, numbers((20, 16, 5)))
    desk.open(tmp_path)
    reading, go_on, waited_for = list[threading.Thread](), threading.Event(), list[Lane]()

    def read(path: Path) -> Rows:
        reading.append(threading.current_thread())
        go_on.wait()
        return []

    monkeypatch.setattr(information, "dicom_information", read)
    driver.key("Ctrl+I")
    (dialog,) = desk.window.findChildren(InformationDialog)
    dialog.tabs.setCurrentIndex(1)
    wait_until(lambda: reading, "the header to be read")
    monkeypatch.setattr(Lane, "close", waited_for.append)
    driver.key("Esc")
    wait_until(lambda: not desk.window.findChildren(InformationDialog), "the dialog to go")
    assert waited_for == []
    go_on.set()
    reading[0].join(PATIENCE)
    assert not reading[0].is_alive()
    monkeypatch.undo()
