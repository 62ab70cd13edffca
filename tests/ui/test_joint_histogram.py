"""The joint histogram by mouse and keys: what is drawn is the pending step, and what the step says is drawn."""

from __future__ import annotations

import gc
import math
import weakref
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import QPointF
from PyQt6.QtWidgets import QAbstractButton
from scipy.ndimage import gaussian_filter

from maskeditor.core.history import edits
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.engine.gradients import gradient_magnitude
from maskeditor.engine.joint_histogram import in_polygon
from maskeditor.engine.progress import Progress
from maskeditor.model.numbers_in_words import counted
from maskeditor.ui.panels.joint_histogram import JointHistogramPanel
from maskeditor.ui.panels.joint_plot import Shape, outline
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position, wait_until

SHAPE = (20, 24, 18)


@pytest.fixture
def panel(desk: Desk, tmp_path: Path) -> JointHistogramPanel:
    """The panel, shown beside an image."""
    path = tmp_path / "image.nii"
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE), phantoms.affine("anisotropic")), path)
    desk.open(path)
    desk.window.docks["joint_histogram"].show()
    shown = desk.wiring.joint_histogram
    wait_until(lambda: shown.histogram is not None, "the counts")
    desk.wait()
    return shown


def place(panel: JointHistogramPanel, pair: tuple[float, float]) -> Position:
    """Where in the plot a pair of intensities is."""
    at = panel.plot.mapFromScene(panel.plot.area.mapToScene(panel.plot.area.mapFromView(QPointF(*pair))))
    return at.x(), at.y()


def drag(driver: Driver, panel: JointHistogramPanel, *pairs: tuple[float, float]) -> None:
    driver.move(panel.plot, place(panel, pairs[0]))
    driver.press()
    for pair in pairs[1:]:
        driver.move(panel.plot, place(panel, pair))
    driver.release()
    driver.settle()


def choose(driver: Driver, panel: JointHistogramPanel, shape: Shape) -> None:
    (button,) = (one for one in panel.findChildren(QAbstractButton) if one.text().lower() == shape)
    driver.click(button)


def pairs(desk: Desk) -> tuple[np.ndarray, np.ndarray]:
    stored = desk.document.volume.stored
    return stored.astype(float), gradient_magnitude(stored, desk.document.geometry.zooms)


def test_counts_are_numpys(desk: Desk, panel: JointHistogramPanel) -> None:
    histogram = panel.histogram
    assert histogram is not None
    first, second = pairs(desk)
    wanted = np.histogram2d(first.ravel(), second.ravel(), bins=256, range=histogram.spans)[0]
    assert np.array_equal(histogram.counts, wanted)
    assert histogram.whole == ((first.min(), first.max()), (second.min(), second.max()))


def test_an_image_that_is_made_otherwise_is_counted_anew(desk: Desk, panel: JointHistogramPanel) -> None:
    stored = desk.document.volume.stored.astype(np.float32)
    desk.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 4.0}))
    desk.wait()
    panel.first.setCurrentIndex(panel.first.findData("soft"))
    wait_until(lambda: panel.histogram is not None and panel.histogram.source.image == "soft", "the counts")
    before = panel.histogram
    desk.editor.rewrite(
        edits.edit(desk.document.present, 0, make("smooth", {"name": "soft", "fwhm": 12.0}), EVERYWHERE)
    )
    wait_until(lambda: not desk.editor.working and panel.histogram is not before, "the other counts")
    soft = gaussian_filter(stored, 12 / 2.3548200450309493 / np.array(desk.document.geometry.zooms))
    assert panel.histogram is not None
    assert panel.histogram.whole[0] == pytest.approx((soft.min(), soft.max()), rel=1e-5)
    assert np.array(panel.plot.spans()) == pytest.approx(np.array(panel.histogram.usual))


def test_a_drag_is_a_pending_step_until_it_is_applied(desk: Desk, driver: Driver, panel: JointHistogramPanel) -> None:
    choose(driver, panel, Shape.RECTANGLE)
    (low, high), (_, top) = panel.plot.spans()
    drag(driver, panel, (low + 0.5 * (high - low), 0.1 * top), (low + 0.9 * (high - low), 0.7 * top))
    desk.wait()
    corners = panel.plot.corners
    assert len(corners) == 4
    change = desk.editor.pending.change
    assert change is not None
    assert change.fields.values()["corners"] == corners
    assert not desk.mask().any()
    state = desk.editor.previews.state
    assert state is not None
    wanted = in_polygon(*pairs(desk), corners)
    assert state.in_words().startswith(f"+{counted(int(wanted.sum()))} ")
    driver.key("Return")
    desk.wait()
    assert np.array_equal(desk.mask(), wanted)
    assert 0 < wanted.sum() < wanted.size
    assert desk.editor.pending.change is None
    assert panel.plot.corners == ()
    # The cells where the mask lies are lit.
    wait_until(lambda: panel.histogram.of_mask is not None and panel.histogram.of_mask.sum() == wanted.sum())


def test_a_region_is_moved_and_given_up(desk: Desk, driver: Driver, panel: JointHistogramPanel) -> None:
    choose(driver, panel, Shape.ELLIPSE)
    (low, high), (_, top) = panel.plot.spans()
    wide = high - low
    drag(driver, panel, (low + 0.3 * wide, 0.3 * top), (low + 0.6 * wide, 0.6 * top))
    before = np.array(panel.plot.corners)
    drag(driver, panel, (low + 0.45 * wide, 0.45 * top), (low + 0.6 * wide, 0.45 * top))
    after = np.array(panel.plot.corners)
    moved = after - before
    assert moved[:, 0] == pytest.approx(0.15 * wide, rel=0.1)
    assert moved[:, 1] == pytest.approx(0, abs=0.02 * top)
    # Once its button is clicked again, another one is drawn over it.
    choose(driver, panel, Shape.RECTANGLE)
    drag(driver, panel, (low + 0.5 * wide, 0.4 * top), (low + 0.6 * wide, 0.5 * top))
    assert np.ptp(np.array(panel.plot.corners), axis=0) == pytest.approx((0.1 * wide, 0.1 * top), rel=0.1)
    driver.key("Esc")
    desk.wait()
    assert desk.editor.pending.change is None
    assert panel.plot.corners == ()
    assert not desk.mask().any()


def test_its_panel_is_opened_with_the_operation(desk: Desk, panel: JointHistogramPanel) -> None:
    dock = desk.window.docks["joint_histogram"]
    dock.close()
    desk.wiring.operations.choose("threshold")
    assert not dock.isVisible()
    desk.wiring.operations.choose("joint_histogram_region")
    assert dock.isVisible()
    # Who closes it meanwhile does not want it.
    dock.close()
    form = desk.wiring.operations.fields.form
    assert form is not None
    form.fields["corners"].set_value(((0, 0), (500, 0), (500, 90)))
    desk.wait()
    assert not dock.isVisible()


def test_the_form_and_the_plot_are_one(desk: Desk, driver: Driver, panel: JointHistogramPanel) -> None:
    corners = ((100.0, 0.0), (400.0, 0.0), (250.0, 90.0))
    desk.editor.apply_now(make("joint_histogram_region", {"corners": corners}))
    desk.wait()
    assert panel.plot.corners == ()
    # Editing the step shows its region, and drawing changes the step.
    desk.wiring.history.step_form.open_step(0)
    desk.wait()
    assert panel.plot.corners == corners
    change = desk.editor.pending.change
    assert change is not None
    change.fields.set_values({"corners": corners[::-1]}, {})
    assert panel.plot.corners == corners[::-1]
    driver.settle()  # the open form may need a scroll bar, and its column the room for it
    drag(driver, panel, (250.0, 30.0), (300.0, 30.0))
    moved = panel.plot.corners
    assert moved[0][0] == pytest.approx(300, abs=15)
    driver.key("Return")
    desk.wait()
    (step,) = desk.document.timeline
    assert step.operation == make("joint_histogram_region", {"corners": moved})
    assert np.array_equal(desk.mask(), in_polygon(*pairs(desk), moved))
    assert panel.plot.corners == ()


def test_wheel_and_double_click(desk: Desk, driver: Driver, panel: JointHistogramPanel) -> None:
    histogram = panel.histogram
    assert histogram is not None
    (low, high), (_, top) = panel.plot.spans()
    driver.wheel(panel.plot, 2, place(panel, ((low + high) / 2, top / 2)))
    wait_until(lambda: panel.histogram is not histogram, "finer cells")
    finer = panel.histogram
    assert finer is not None
    assert finer.spans[0][1] - finer.spans[0][0] < 0.7 * (high - low)
    first, second = pairs(desk)
    assert np.array_equal(finer.counts, np.histogram2d(first.ravel(), second.ravel(), 256, finer.spans)[0])
    driver.double_click(panel.plot, place(panel, ((low + high) / 2, top / 2)))
    wait_until(lambda: panel.histogram is not finer, "all cells")
    assert panel.histogram.spans == histogram.spans


def test_the_crosshair_and_the_pointer_are_marked(desk: Desk, panel: JointHistogramPanel) -> None:
    first, second = pairs(desk)
    for voxel in ((3, 4, 5), (10, 12, 9)):
        desk.editor.viewer.set_crosshair(voxel)
        x, y = panel.plot.place.getData()
        assert (x[0], y[0]) == (first[voxel], second[voxel])
    panel.point(np.array([5.2, 5.9, 7.4]))
    x, y = panel.plot.place.getData()
    assert (x[0], y[0]) == (first[5, 6, 7], second[5, 6, 7])
    panel.point(None)
    x, y = panel.plot.place.getData()
    assert (x[0], y[0]) == (first[10, 12, 9], second[10, 12, 9])


@pytest.mark.filterwarnings("error")
def test_what_is_no_number_is_not_marked(panel: JointHistogramPanel) -> None:
    panel.plot.show_place((3.0, 4.0))
    panel.plot.show_place((math.nan, 4.0))
    assert panel.plot.place.getData()[0].size == 0


def test_two_images(desk: Desk, panel: JointHistogramPanel) -> None:
    desk.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 4.0}))
    desk.wait()
    panel.second.setCurrentIndex(panel.second.findText("soft"))
    wait_until(lambda: panel.histogram is not None and panel.histogram.source.other == "soft", "the other image")
    soft = desk.document.snapshot().image("soft", Progress()).stored
    first, _ = pairs(desk)
    wanted = np.histogram2d(first.ravel(), soft.ravel().astype(float), bins=256, range=panel.histogram.spans)[0]
    assert np.array_equal(panel.histogram.counts, wanted)
    assert not np.array_equal(soft, first)


def test_what_is_smoothed_for_the_counts_goes_at_rest(desk: Desk, panel: JointHistogramPanel) -> None:
    desk.editor.apply_now(make("smooth", {"name": "soft", "fwhm": 4.0}))
    desk.wait()
    panel.second.setCurrentIndex(panel.second.findText("soft"))
    wait_until(lambda: panel.histogram is not None and panel.histogram.source.other == "soft", "the other image")
    desk.wait()
    soft = weakref.ref(desk.document.snapshot().image("soft", Progress()).stored)
    values = soft()
    assert values is not None
    wanted = (desk.document.volume.stored[3, 4, 5], values[3, 4, 5])
    del values
    assert panel.histogram.pair_at(desk.editor.scene(), (3, 4, 5)) == wanted
    assert desk.document.intermediates.nbytes >= 4 * np.prod(SHAPE)
    desk.document.rest()
    gc.collect()
    assert soft() is None
    # Nothing is worked out for a mark; the counts are there as before.
    panel.point(np.array([3.0, 4.0, 5.0]))
    assert len(panel.plot.place.getData()[0]) == 0
    counts = panel.histogram.counts
    desk.editor.apply_now(make("threshold", {"lower": 200}))
    wait_until(lambda: panel.histogram.of_mask is not None, "the cells of the mask")
    assert panel.histogram.counts is counts
    assert panel.histogram.pair_at(desk.editor.scene(), (3, 4, 5)) == wanted


def test_outlines() -> None:
    assert outline(Shape.RECTANGLE, (1, 1), (3, 2)) == [(1, 1), (3, 1), (3, 2), (1, 2)]
    round_ = np.array(outline(Shape.ELLIPSE, (0, 0), (4, 2)))
    assert ((round_[:, 0] - 2) / 2) ** 2 + (round_[:, 1] - 1) ** 2 == pytest.approx(np.ones(len(round_)))
    point, *arc = outline(Shape.SECTOR, (1, 1), (4, 5))
    assert point == (1, 1)
    assert np.hypot(*(np.array(arc) - 1).T) == pytest.approx(5)
