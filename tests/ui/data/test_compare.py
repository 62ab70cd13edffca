"""Two ROIs compared in the window: numbers, pieces to go to, and both in the planes; it follows what is done."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor
from maskeditor.core.operation.declaration import make
from maskeditor.model.data.disagreement import BOTH, COLOURS, FIRST, SECOND
from maskeditor.ui.data.compare import ComparePanel
from maskeditor.ui.forms.smoothing_field import SmoothingField
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until

SHAPE = (24, 26, 20)


@pytest.fixture
def two(desk: Desk, driver: Driver, tmp_path: Path) -> Desk:
    """A window with two ROIs that differ, and the panel opened by the menu."""
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE), np.diag([2.0, 2.0, 3.0, 1.0])), tmp_path / "head.nii")
    desk.open(tmp_path / "head.nii")
    desk.editor.apply_now(make("threshold", {"lower": 500}))
    desk.editor.add_roi("other")
    desk.editor.apply_now(make("threshold", {"lower": 690}))
    desk.wiring.actions["data_compare"].trigger()
    wait_until(lambda: panel(desk).found is not None)
    return desk


def panel(desk: Desk) -> ComparePanel:
    found = desk.window.docks["compare"].findChild(ComparePanel)
    assert found is not None
    return found


def masks(desk: Desk) -> list[np.ndarray]:
    document = desk.editor.document
    return [document.mask(roi.id)[...] for roi in document.rois]


def test_numbers_are_those_of_the_command(two: Desk, tmp_path: Path) -> None:
    paths = []
    for place, mask in enumerate(masks(two)):
        paths.append(tmp_path / f"{place}.nii")
        nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), np.diag([2.0, 2.0, 3.0, 1.0])), paths[-1])
    expected = maskeditor.compare(*paths)
    shown = dict(zip(panel(two).numbers.table["measure"], panel(two).numbers.table["value"], strict=True))
    for measure in ("dice", "hausdorff", "hausdorff_95", "mean_surface_distance", "kappa", "sensitivity"):
        assert shown[measure] == getattr(expected, measure)


def test_a_piece_is_gone_to(two: Desk) -> None:
    view = panel(two).pieces
    piece = panel(two).found.pieces[2]
    view.list.clicked.emit(view.model.index(2, 0))
    assert two.editor.viewer.state.crosshair == piece.place


def test_it_follows_the_document(two: Desk) -> None:
    before = panel(two).found
    two.editor.apply_now(make("threshold", {"lower": 500}))
    wait_until(lambda: panel(two).found is not before)
    assert panel(two).found.comparison.dice == 1
    assert len(panel(two).pieces.table) == 0
    two.editor.undo()
    wait_until(lambda: panel(two).found.comparison.dice < 1)
    assert panel(two).found.comparison == before.comparison


def test_both_are_drawn_in_the_planes(two: Desk) -> None:
    viewer, shown = two.editor.viewer, panel(two)
    assert viewer.preview is None
    shown.shown.click()
    assert viewer.preview is not None
    display, image = viewer.preview
    assert display.shows_labels
    first, second = masks(two)
    expected = np.where(first & second, BOTH, np.where(first, FIRST, np.where(second, SECOND, 0)))
    np.testing.assert_array_equal(image.volume.stored, expected)
    assert image.labels.colour(FIRST) == COLOURS[FIRST]
    assert viewer.state.masks_hidden
    assert "only other" in shown.legend.toolTip()
    # What is done is drawn at once, and with the panel all of it goes.
    two.editor.apply_now(make("opening", {}))
    wait_until(lambda: viewer.preview[1].volume is shown.found.volume and shown.found.volume is not image.volume)
    two.window.docks["compare"].close()
    assert viewer.preview is None
    assert not viewer.state.masks_hidden


def test_it_gives_way_to_a_preview_and_to_masks_that_are_shown(two: Desk) -> None:
    """Over masks, no colour would be that of the legend."""
    shown, viewer = panel(two).shown, two.editor.viewer
    shown.setChecked(True)
    two.wiring.operations.choose("dilation")
    two.wait()
    assert not shown.isChecked()
    assert not viewer.state.masks_hidden
    two.editor.clear_preview()
    shown.setChecked(True)
    assert viewer.state.masks_hidden
    viewer.change(masks_hidden=False)
    assert not shown.isChecked()


def test_it_is_drawn_beside_another_view_of_the_image(two: Desk) -> None:
    """The smoothed image of the histogram is drawn as well; each comes back once the other has gone."""
    viewer, histogram = two.editor.viewer, two.window.histogram
    # By its own field, as a count that comes back late has what is set there followed again.
    smoothing = histogram.sources.smoothing.menu().findChild(SmoothingField)
    smoothing.number.setValue(4.0)
    histogram.sources.show_smoothed.click()
    wait_until(lambda: viewer.preview is not None)
    panel(two).shown.click()
    assert viewer.preview is not None
    assert viewer.preview[0].shows_labels
    panel(two).shown.click()
    assert viewer.preview is not None
    assert viewer.preview[0].name == "image smoothed"
    panel(two).shown.click()
    histogram.sources.show_smoothed.click()
    assert viewer.preview is not None
    assert viewer.preview[0].shows_labels
    panel(two).shown.click()
    assert viewer.preview is None


def test_without_two_there_is_nothing_to_compare(two: Desk) -> None:
    shown = panel(two)
    shown.second.setCurrentIndex(0)
    assert shown.found is None
    assert "two different ROIs" in shown.numbers.findings.text()
    assert not shown.shown.isEnabled()
    shown.second.setCurrentIndex(1)
    wait_until(lambda: shown.found is not None)
