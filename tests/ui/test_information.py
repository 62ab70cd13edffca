"""Image information shows what the intensities are like, once that is worked out."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
from PyQt6.QtCore import Qt

from maskeditor.ui.main_window.information import INTENSITIES, InformationDialog
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until


def test_minimum_maximum_and_percentiles(desk: Desk, driver: Driver, tmp_path: Path) -> None:
    data = np.random.default_rng(2).normal(50, 20, (9, 10, 11, 3)).astype(np.float32)
    data[0, 0, 0, 0] = np.nan
    nib.save(nib.Nifti1Image(data, np.eye(4)), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    driver.key("Ctrl+I")
    (dialog,) = desk.window.findChildren(InformationDialog)
    shown = dialog.image

    def cells() -> dict[str, str]:
        items = ((shown.item(row, 0), shown.item(row, 1)) for row in range(shown.rowCount()))
        return {name.text(): value.text() for name, value in items if name is not None and value is not None}

    wait_until(lambda: "being worked out" not in cells()[INTENSITIES], "the statistics")
    found = cells()
    assert found[INTENSITIES] == f"{np.nanmin(data):.6g} to {np.nanmax(data):.6g}"
    percents = np.nanpercentile(data.astype(np.float64), (1, 25, 50, 75, 99))
    assert found["Percentiles 1, 25, 50, 75, 99"] == ", ".join(f"{value:.6g}" for value in percents)
    assert found["NaN or infinite"] == "1 left out"
    # What stood below stands there still.
    assert len(shown.findItems("Affine, row 3", Qt.MatchFlag.MatchExactly)) == 1
    dialog.close()
