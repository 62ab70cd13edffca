"""The adaptive brush by hand."""

from __future__ import annotations

import numpy as np

from maskeditor.core.space.geometry import Plane
from maskeditor.ops.adaptive_paint import AdaptivePaint
from maskeditor.ui.tools.adaptive import AdaptiveOptions
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

PLACE = (140, 150)


def test_a_click_paints_what_is_like_the_voxel(desk: Desk, driver: Driver) -> None:
    desk.open()
    canvas, options = desk.window.views.views[Plane.AXIAL].canvas, desk.wiring.toolbox.of(AdaptiveOptions)
    driver.key("6")
    assert desk.wiring.toolbox.chosen == "adaptive"
    driver.click(canvas, PLACE)
    desk.wait()
    (step,) = desk.document.timeline
    assert isinstance(step.operation, AdaptivePaint)
    assert step.operation.tolerance > 0  # what fits the voxel
    first, values = desk.mask(), desk.document.volume.intensities(0)
    assert np.ptp(values[first]) <= 2 * step.operation.tolerance
    # More is like it with a larger tolerance.
    with driver.holding("Alt"):
        driver.wheel(canvas, 4, PLACE)
    assert options.settings.tolerance is not None
    assert options.settings.tolerance > step.operation.tolerance
    driver.click(canvas, PLACE)
    desk.wait()
    assert first.sum() < desk.mask().sum()
    driver.click(canvas, PLACE, "right")
    desk.wait()
    assert not desk.mask().any()
    assert [step.title.split(" ")[1] for step in desk.document.timeline] == ["brush", "brush", "eraser"]
