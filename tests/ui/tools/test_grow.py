"""Region growing by click and drag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from skimage.segmentation import flood

from maskeditor.core.space.geometry import Plane
from maskeditor.model.ends import ends_of_range
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ui.tools.grow import GrowOptions
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

PLACE = (140, 150)


def test_the_drag_widens_what_is_suggested_and_letting_go_applies(desk: Desk, driver: Driver) -> None:
    desk.open()
    canvas, editor, values = (
        desk.window.views.views[Plane.AXIAL].canvas,
        desk.editor,
        desk.document.volume.intensities(0),
    )
    driver.key("9")
    driver.click(canvas, PLACE)
    desk.wait()
    (step,) = desk.document.timeline
    grow = step.operation
    assert isinstance(grow, RegionGrow)
    assert (grow.within, grow.combine) == ("axial", "add")
    fits = RegionGrow.suggest(replace(editor.scene(), focus=grow.seed))
    assert grow == fits.model_copy(update={"within": "axial", "combine": "add"})
    first = desk.mask()
    # An image of whole numbers has a range of such.
    assert grow.lower.is_integer()
    assert grow.upper.is_integer()
    # The form that the press has opened is closed again.
    assert desk.wiring.operations.fields.form is None
    # While it is dragged, it is previewed and drawn on the histogram.
    driver.move(canvas, PLACE)
    driver.press()
    driver.move(canvas, (PLACE[0] + 30, PLACE[1] - 10))
    driver.move(canvas, (PLACE[0] + 60, PLACE[1] - 20))
    desk.wait()
    change = editor.pending.change
    assert change is not None
    ends = ends_of_range(RegionGrow.parameters())
    assert ends is not None
    low, high = (change.fields.values()[end.name] for end in ends)
    assert low < grow.lower < grow.upper < high
    assert desk.window.histogram.plot.bounds == (low, high)
    assert editor.previews.state is not None
    driver.release()
    desk.wait()
    wide = desk.document.timeline[-1].operation
    assert (wide.lower, wide.upper) == (low, high)
    axis = desk.document.geometry.axis_of(Plane.AXIAL)
    inside = ((values >= low) & (values <= high)).take(wide.seed[axis], axis)
    expected = flood(inside.astype(np.uint8), tuple(np.delete(wide.seed, axis)), connectivity=1)
    made = desk.mask()
    assert np.array_equal(made.take(wide.seed[axis], axis), expected | first.take(wide.seed[axis], axis))
    assert made.any(axis=tuple({0, 1, 2} - {axis})).sum() == 1


def test_escape_gives_it_up_and_the_right_button_takes_away(desk: Desk, driver: Driver) -> None:
    desk.open()
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    driver.key("9")
    driver.move(canvas, PLACE)
    driver.press()
    driver.move(canvas, (PLACE[0] + 30, PLACE[1]))
    driver.key("Esc")
    driver.release()
    desk.wait()
    assert desk.editor.pending.change is None
    assert not desk.document.timeline
    assert desk.wiring.operations.fields.form is None
    desk.wiring.toolbox.of(GrowOptions).change(within="3D")
    driver.click(canvas, PLACE)
    desk.wait()
    assert desk.document.timeline[-1].operation.within == "3D"
    assert desk.mask().any()
    driver.click(canvas, PLACE, "right")
    desk.wait()
    assert desk.document.timeline[-1].operation.combine == "subtract"
    assert not desk.mask().any()


def test_the_form_opens_where_one_looks_with_what_fits_there(desk: Desk, driver: Driver) -> None:
    desk.open()
    panel, viewer = desk.wiring.operations, desk.window.viewer
    i, j, k = first = viewer.state.crosshair
    there = (i - 8, j - 8, k - 8)

    def opened() -> RegionGrow:
        panel.choose("opening")
        panel.choose("region_grow")
        desk.wait()
        asked = panel.fields.asked()
        assert asked is not None
        assert isinstance(asked[0], RegionGrow)
        return asked[0]

    def fits() -> RegionGrow:
        return RegionGrow.suggest(desk.editor.scene())

    driver.key("9")
    driver.click(desk.window.views.views[Plane.AXIAL].canvas, PLACE)
    desk.wait()
    assert opened() == fits()  # whatever the tool has grown before
    assert fits().seed == first
    panel.apply()
    desk.wait()
    viewer.set_crosshair(there)
    assert opened() == fits()
    assert fits().seed == there
    # What was set by hand and not applied yet is kept.
    panel.fields.set_values({"neighbours": 26}, {})
    viewer.set_crosshair(first)
    kept = opened()
    assert (kept.seed, kept.neighbours) == (there, 26)
