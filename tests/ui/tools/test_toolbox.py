"""Tools say what they do, and let go of an image that is open no more."""

from __future__ import annotations

import gc
from pathlib import Path
from weakref import ref

from maskeditor.core.space.geometry import Plane
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.tools.toolbox import tools
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver


def test_no_tool_holds_an_image_that_is_open_no_more(desk: Desk, driver: Driver, slanted: Path) -> None:
    desk.open(slanted)
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    for declared in tools():
        desk.wiring.toolbox.choose(declared.id)
        for place in ((60, 60), (64, 60)):
            driver.move(canvas, place)
        desk.wait()
    desk.wiring.toolbox.choose("navigate")
    before = ref(desk.document)
    desk.open(slanted)
    gc.collect()
    assert before() is None


def test_what_each_tool_does_is_read_whole_on_a_small_screen(desk: Desk, slanted: Path) -> None:
    """With all the fields, that of a second ROI too."""
    desk.open(slanted)
    desk.editor.add_roi("other")
    desk.wait()
    (bar,) = desk.window.findChildren(OptionsBar)
    for declared in tools():
        desk.wiring.toolbox.choose(declared.id)
        desk.wait()
        (shown,) = (label.shown for label in bar.findChildren(ElidedLabel) if label.isVisible())
        assert shown.startswith(desk.editor.keys.in_words(declared.tip)), declared.id
