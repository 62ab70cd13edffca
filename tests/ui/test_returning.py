"""Undo and redo lead back to where the change is, if it is out of sight."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import step_of_record, step_record, to_record
from maskeditor.core.space.geometry import Plane
from maskeditor.ui.work import travels
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, middle

SHAPE, FRAMES = (20, 24, 18), 4


@pytest.fixture
def series(desk: Desk, tmp_path: Path) -> Desk:
    data = np.stack([phantoms.head(SHAPE, seed) for seed in range(FRAMES)], axis=-1)
    nib.save(nib.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "series.nii")
    desk.open(tmp_path / "series.nii")
    return desk


def paint(desk: Desk, driver: Driver) -> None:
    """Paint a spot in the axial plane."""
    driver.key("3")
    driver.click(desk.window.views.views[Plane.AXIAL].canvas, middle(desk.window.views.views[Plane.AXIAL].canvas))
    desk.wait()
    assert [step.operation.id for step in desk.document.timeline] == ["paint"]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_stroke_out_of_sight_is_returned_to(
    series: Desk, driver: Driver, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not at_once:
        monkeypatch.setattr(travels, "AT_ONCE", 0)
    viewer = series.editor.viewer
    viewer.set_crosshair((10, 12, 4))
    paint(series, driver)
    painted = series.mask()
    for key in ("Ctrl+Z", "Ctrl+Y"):
        viewer.set_crosshair((1, 1, 15))
        driver.key(key)
        series.wait()
        assert painted[viewer.state.crosshair]
        assert viewer.state.crosshair[2] == 4


def test_a_stroke_is_returned_to_in_the_volume_it_was_drawn_on(series: Desk, driver: Driver) -> None:
    viewer = series.editor.viewer
    viewer.set_crosshair((10, 12, 4))
    viewer.set_frame(2)
    paint(series, driver)
    for key, elsewhere in (("Ctrl+Z", 0), ("Ctrl+Y", 3)):
        viewer.set_frame(elsewhere)
        driver.key(key)
        series.wait()
        assert viewer.state.frame == 2
    # A journal brings it back, and a recipe does not say it.
    (step,) = series.document.timeline
    assert step_of_record(json.loads(json.dumps(step_record(step))), None, own=True).frame == step.frame == 2
    assert series.editor.session is not None
    assert "frame" not in to_record(series.editor.session.recipe("roi1"))["steps"][0]
    # What changes the mask as a whole was made on no volume.
    series.editor.apply_now(make("invert", {}))
    viewer.set_frame(1)
    driver.key("Ctrl+Z")
    series.wait()
    assert viewer.state.frame == 1


def test_what_a_plane_shows_is_not_gone_to(series: Desk, driver: Driver) -> None:
    viewer = series.editor.viewer
    viewer.set_crosshair((10, 12, 4))
    paint(series, driver)
    i, j, k = (int(index[0]) for index in np.nonzero(series.mask()))
    for seen in ((i, 1, 15), (1, j, 15), (1, 1, k)):
        viewer.set_crosshair(seen)
        driver.key("Ctrl+Z")
        driver.key("Ctrl+Y")
        assert viewer.state.crosshair == seen
    # With one plane alone, its slice has to meet the change.
    series.window.views.toggle_maximised(Plane.AXIAL)
    viewer.set_crosshair((i, 1, 15))
    driver.key("Ctrl+Z")
    assert viewer.state.crosshair[0] == i
    assert viewer.state.crosshair[2] == 4


def test_a_hidden_roi_moves_nothing(series: Desk, driver: Driver) -> None:
    viewer = series.editor.viewer
    viewer.set_crosshair((10, 12, 4))
    paint(series, driver)
    series.editor.change_roi("roi1", visible=False)
    viewer.set_crosshair((1, 1, 15))
    driver.key("Ctrl+Z")
    assert viewer.state.crosshair == (1, 1, 15)


def test_a_step_that_looked_at_one_volume_brings_it_back(series: Desk, driver: Driver) -> None:
    viewer = series.editor.viewer
    for frame in (2, 3, "mean"):
        series.editor.apply_now(make("threshold", {"lower": 650 + (frame == 3), "frame": frame}))
    for key, start, shown in (
        ("Ctrl+Z", 1, 1),  # of the mean of all
        ("Ctrl+Z", 1, 3),
        ("Ctrl+Z", "mean", 2),
        ("Ctrl+Y", 0, 2),
        ("Ctrl+Y", 0, 3),
    ):
        viewer.set_frame(start)  # type: ignore[arg-type]
        driver.key(key)
        series.wait()
        assert viewer.state.frame == shown
