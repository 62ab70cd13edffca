"""A typed place is gone to."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from PyQt6.QtWidgets import QApplication

from maskeditor.model.places import WANTED
from maskeditor.ui.main_window.go_to import GoToDialog
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until


def dialog(desk: Desk, driver: Driver) -> GoToDialog:
    desk.window.activateWindow()
    wait_until(desk.window.isActiveWindow, "the window to have the keyboard")
    driver.key("Ctrl+G")
    shown = QApplication.activeModalWidget()
    assert isinstance(shown, GoToDialog)
    wait_until(shown.isActiveWindow, "the dialog to have the keyboard")
    return shown


def test_places_are_typed(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    data = np.random.default_rng(1).integers(0, 99, (9, 10, 11, 3)).astype(np.int16)
    nib.save(nib.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    viewer = desk.editor.viewer
    shown = dialog(desk, driver)
    assert shown.text.text() == "4, 5, 5"
    # What stands there is chosen, so that typing replaces it.
    driver.type("1 2 3")
    driver.key("Return")
    assert viewer.state.crosshair == (1, 2, 3)
    assert QApplication.activeModalWidget() is None
    dialog(desk, driver).text.setText("x=8 y=6 z=4 mm volume 2")
    driver.key("Return")
    assert (viewer.state.crosshair, viewer.state.frame) == ((4, 3, 2), 2)
    shown = dialog(desk, driver)
    driver.type("9")
    driver.key("Return")
    assert shown.sentence.text() == f"'9' names no place; type {WANTED}."
    assert viewer.state.crosshair == (4, 3, 2)
    driver.type("0 0 0")
    driver.key("Esc")
    assert QApplication.activeModalWidget() is None
    assert viewer.state.crosshair == (4, 3, 2)
