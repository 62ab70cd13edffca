"""Eyes in lists show what is seen, also while all masks or all further images are hidden by a key."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QTableView

from maskeditor.ui.panels.rois import GLYPH, VISIBLE
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver
from tests.ui.test_images_by_hand import row

SHAPE = (12, 14, 10)


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    """A window with two ROIs and two further images, the first of which is hidden."""
    for name in ("head", "one", "other"):
        data = np.random.default_rng(len(name)).integers(0, 100, SHAPE).astype(np.int16)
        nibabel.save(nibabel.Nifti1Image(data, phantoms.affine("anisotropic")), tmp_path / f"{name}.nii")
    desk.open(tmp_path / "head.nii")
    for name in ("one", "other"):
        desk.wiring.files.images.add(tmp_path / f"{name}.nii")
        desk.wait()
    desk.editor.displays.show("one", False)
    desk.editor.add_roi("ROI")
    desk.wait()
    return desk


def seen(desk: Desk) -> list[str]:
    """Return the names of the further images that are drawn, as their eyes say."""
    names = [name for name in ("one", "other") if row(desk, name).eye.accessibleName() == f"Hide {name}"]
    assert names == [display.name for display, _ in desk.editor.viewer.overlays]
    return names


@pytest.mark.parametrize("name", ["one", "other"])
def test_an_eye_is_shut_while_all_overlays_are_hidden(opened: Desk, driver: Driver, name: str) -> None:
    assert seen(opened) == ["other"]
    driver.key("V")
    assert seen(opened) == []
    assert "hidden with all overlays (V)" in row(opened, name).eye.toolTip()
    driver.key("V")
    assert seen(opened) == ["other"]
    driver.key("V")
    # Whoever clicks on one that is not seen wants to see it.
    driver.click(row(opened, name).eye)
    assert seen(opened) == (["one", "other"] if name == "one" else ["other"])
    driver.click(row(opened, name).eye)
    assert seen(opened) == (["other"] if name == "one" else [])


def test_an_eye_is_shut_while_all_masks_are_hidden(opened: Desk, driver: Driver) -> None:
    (table,) = (
        table for table in opened.window.docks["rois"].findChildren(QTableView) if table.accessibleName() == "ROIs"
    )
    model = table.model()

    def click(place: int) -> None:
        table.scrollTo(model.index(place, VISIBLE))
        at: QPoint = table.visualRect(model.index(place, VISIBLE)).center()
        driver.click(table.viewport(), (at.x(), at.y()))

    def eyes() -> list[str]:
        return [model.index(place, VISIBLE).data(GLYPH) for place in range(2)]

    click(0)
    assert eyes() == ["hidden", "eye"]
    driver.key("M")
    assert eyes() == ["hidden", "hidden"]
    click(1)
    assert eyes() == ["hidden", "eye"]
    assert not opened.editor.viewer.state.masks_hidden
    driver.key("M")
    click(0)
    assert eyes() == ["eye", "eye"]
