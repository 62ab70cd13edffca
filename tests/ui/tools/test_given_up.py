"""Escape in the middle of a gesture, with every tool: nothing has changed, and the tool is still in hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtGui import QPainterPath

from maskeditor.core.space.geometry import Plane
from maskeditor.model.session import Session
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ui.tools.toolbox import tools
from maskeditor.ui.views.canvas import Canvas
from maskeditor.ui.views.cells import Layout
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

SHAPE, MIDDLE, SLICE = (64, 60, 9), (32, 30), 4
FROM_MIDDLE = np.hypot(*(np.indices(SHAPE[:2]) - np.array(MIDDLE)[:, None, None]))
#: From the mask over its edge, which is where the image goes on to be bright, and back.
WAY = ((39, 30), (52, 30), (48, 44), (40, 47))
#: Button and key that is held.
HANDS = {"left": ("left", ()), "right": ("right", ()), "Ctrl": ("left", ("Ctrl",))}
#: Whose gestures go on when the button is let go.
OF_SEVERAL_DRAGS = {(tool, hand) for tool in ("polygon", "live_wire", "seeds", "ruler") for hand in ("left", "Ctrl")}
#: What takes away what was drawn before, and finds nothing.
DOES_NOTHING = {("seeds", "right"), ("polygon", "right")}


@pytest.fixture
def begun(desk: Desk, tmp_path: Path) -> Desk:
    """A bright cylinder, of which the mask holds the inner part with a hole, and a piece beside it."""
    data = np.random.default_rng(2).integers(0, 40, SHAPE)
    data[FROM_MIDDLE < 18] += 300
    nib.save(nib.Nifti1Image(data.astype(np.int16), np.eye(4)), tmp_path / "cylinder.nii")
    desk.open(tmp_path / "cylinder.nii")
    draw_mask(desk)
    return desk


def draw_mask(desk: Desk) -> None:
    mask = np.zeros(SHAPE, bool)
    mask[(FROM_MIDDLE < 13) & (FROM_MIDDLE > 4), 2:7] = True
    mask[4:9, 4:9, 2:7] = True
    desk.editor.apply_now(ImportMask.of(mask, "cylinder.nii", "0" * 64))
    desk.editor.viewer.set_crosshair((*MIDDLE, SLICE))
    desk.wait()


def begin_anew(desk: Desk, tmp_path: Path) -> None:
    """Have the image and its mask as they were first, whatever was done, in the same window."""
    desk.editor.set_session(Session.open(tmp_path / "cylinder.nii"))
    draw_mask(desk)


def axial(desk: Desk) -> Canvas:
    return desk.window.views.views[Plane.AXIAL].canvas


def at(desk: Desk, i: float, j: float) -> Position:
    canvas = axial(desk)
    assert canvas.map is not None
    return canvas.camera.to_pixels(*canvas.map.to_screen((i, j, SLICE)))


def way(desk: Desk, tool: str, hand: str) -> list[Position]:
    """Return where the pointer goes; fill fills a hole, and takes away what is no hole."""
    places = (MIDDLE, *WAY[1:]) if tool == "fill" and hand == "left" else WAY
    return [at(desk, *place) for place in places]


def elements(path: QPainterPath) -> list[tuple[float, float]]:
    # (Of no length, it is not seen.)
    return [] if path.isEmpty() else [(path.elementAt(at).x, path.elementAt(at).y) for at in range(path.elementCount())]


def held_state(desk: Desk) -> dict[str, Any]:
    """Return whatever a gesture may change, what not how it looks."""
    editor, document, views = desk.editor, desk.document, desk.window.views
    state: dict[str, Any] = {
        "timeline": document.timeline,
        "moves": document.revision,
        "rois": document.rois,
        "mask": desk.mask().tobytes(),
        "active": editor.active,
        "view": editor.viewer.state,
        "tool": desk.wiring.toolbox.chosen,
        "options": desk.wiring.toolbox.options.settings,
        "pending": editor.pending.change,
        "form": desk.wiring.operations.fields.form,
        "preview": editor.layers.preview,
        "stroke": editor.layers.stroke,
        "layout": views.arrangement,
    }
    for plane, view in views.views.items():
        camera = view.canvas.camera
        state[f"{plane} at"] = (camera.scale, camera.is_fitted, *camera.to_mm(0, 0))
        state[f"{plane} drawn"] = elements(view.canvas.drawing.path)
        state[f"{plane} outlined"] = elements(view.canvas.outline.path)
    return state


def seen(desk: Desk, driver: Driver) -> dict[str, Any]:
    """Return whatever a gesture may change, and how the planes look, the pointer being elsewhere."""
    driver.move(desk.window.histogram, (5, 5))
    axial(desk).setFocus()
    desk.wait()
    driver.settle()
    pictures = {f"{plane} seen": view.canvas.grab().toImage() for plane, view in desk.window.views.views.items()}
    return held_state(desk) | pictures


def changed(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [name for name in one if one[name] != other[name]]


@pytest.mark.parametrize("tool", [tool.id for tool in tools()])
def test_escape_leaves_all_as_it_was(begun: Desk, driver: Driver, tmp_path: Path, tool: str) -> None:
    for hand in HANDS:
        begin_anew(begun, tmp_path)
        check_that_escape_leaves_all_as_it_was(begun, driver, tool, hand)


def check_that_escape_leaves_all_as_it_was(begun: Desk, driver: Driver, tool: str, hand: str) -> None:
    canvas, (button, modifiers) = axial(begun), HANDS[hand]
    begun.wiring.toolbox.choose(tool)
    driver.settle()  # the bar of its options takes room
    places = way(begun, tool, hand)
    before_seen = seen(begun, driver)
    driver.move(canvas, places[-1])
    begun.wait()
    before = held_state(begun)

    def go_half() -> None:
        driver.move(canvas, places[0])
        begun.wait()
        with driver.holding(*modifiers):
            driver.press(button)
            for place in places[1:]:
                driver.move(canvas, place)

    go_half()
    driver.key("Esc")
    begun.wait()
    assert changed(before, held_state(begun)) == [], hand
    # Nor does what is left of the gesture do anything.
    driver.move(canvas, places[-2])
    driver.release(button)
    begun.wait()
    assert changed(before_seen, seen(begun, driver)) == [], hand
    if (tool, hand) in OF_SEVERAL_DRAGS:
        go_half()
        driver.release(button)
        begun.wait()
        driver.key("Esc")
        assert changed(before_seen, seen(begun, driver)) == [], hand
    # The same gesture, not given up, does something: it is the tool's, and Escape has not put it down.
    go_half()
    driver.release(button)
    assert (changed(before_seen, seen(begun, driver)) == []) == ((tool, hand) in DOES_NOTHING), hand


def test_escape_brings_back_what_was_seen_before_a_pan(begun: Desk, driver: Driver) -> None:
    canvas, places = axial(begun), [at(begun, *place) for place in WAY]
    driver.click(canvas, places[-1])
    before = held_state(begun)
    driver.move(canvas, places[0])
    driver.press("middle")
    driver.move(canvas, places[1])
    assert canvas.camera.to_mm(0, 0) != before["axial at"][2:]
    driver.key("Esc")
    driver.move(canvas, places[-1])
    driver.release("middle")
    assert changed(before, held_state(begun)) == []


def test_escape_gives_up_one_erasing_of_seeds_and_not_all_seeds(begun: Desk, driver: Driver) -> None:
    canvas = axial(begun)
    begun.wiring.toolbox.choose("seeds")
    driver.settle()
    driver.drag(canvas, [at(begun, *place) for place in WAY[:3]])
    before = seen(begun, driver)
    assert before["axial drawn"]
    driver.move(canvas, at(begun, *WAY[0]))
    driver.press("right")
    driver.move(canvas, at(begun, *WAY[1]))
    assert held_state(begun)["axial drawn"] != before["axial drawn"]
    driver.key("Esc")
    driver.move(canvas, at(begun, *WAY[2]))
    driver.release("right")
    assert changed(before, seen(begun, driver)) == []


def test_escape_gives_up_a_second_leg_and_keeps_what_was_measured(begun: Desk, driver: Driver) -> None:
    canvas, places = axial(begun), [at(begun, *place) for place in WAY]
    begun.wiring.toolbox.choose("ruler")
    driver.settle()
    driver.drag(canvas, places[:2])
    before = seen(begun, driver)
    for modifiers in ((), ("Ctrl",)):  # another length in its place, and an angle
        driver.move(canvas, places[1])
        with driver.holding(*modifiers):
            driver.press()
            driver.move(canvas, places[3])
        assert held_state(begun)["axial drawn"] != before["axial drawn"]
        driver.key("Esc")
        driver.release()
        assert changed(before, seen(begun, driver)) == []
    driver.key("Esc")
    assert held_state(begun)["axial drawn"] == []


def test_the_size_of_a_component_stands_in_all_planes_as_long_as_it_is_pointed_at(begun: Desk, driver: Driver) -> None:
    badges = [view.canvas.badge for view in begun.window.views.views.values()]
    begun.wiring.toolbox.choose("component")
    driver.settle()
    for i, j in (WAY[0], (6, 6)):
        driver.move(axial(begun), at(begun, i, j))
        begun.wait()
        assert len({badge.text for badge in badges}) == 1
        assert all(badge.is_shown for badge in badges)
    seen(begun, driver)
    assert not any(badge.is_shown for badge in badges)


@pytest.mark.parametrize("tool", [tool.id for tool in tools()])
def test_an_image_that_is_opened_meanwhile_is_left_alone(
    begun: Desk, driver: Driver, tmp_path: Path, tool: str
) -> None:
    """What was begun in another image neither goes on in it, nor is done in it, nor is given up there."""
    nib.save(nib.Nifti1Image(np.indices((20, 16, 5))[0].astype(np.int16), np.eye(4)), tmp_path / "small.nii")
    for hand in (*HANDS, "middle"):
        begin_anew(begun, tmp_path)
        check_that_another_image_is_left_alone(begun, driver, tmp_path, tool, hand)


def check_that_another_image_is_left_alone(begun: Desk, driver: Driver, tmp_path: Path, tool: str, hand: str) -> None:
    canvas, (button, modifiers) = axial(begun), HANDS.get(hand, (hand, ()))
    begun.wiring.toolbox.choose(tool)
    driver.settle()
    places = way(begun, tool, hand)
    driver.move(canvas, places[0])
    begun.wait()
    with driver.holding(*modifiers):
        driver.press(button)
        driver.move(canvas, places[1])
    begun.editor.set_session(Session.open(tmp_path / "small.nii"))
    begun.wait()
    opened = held_state(begun)
    assert [opened[f"{plane} drawn"] for plane in Plane] == [[], [], []], hand
    for place in places[2:]:
        driver.move(canvas, place)
    driver.release(button)
    begun.wait()
    canvas.setFocus()
    for key in ("Return", "Esc"):
        driver.key(key)
        begun.wait()
    driver.move(canvas, places[1])  # the tool outlines what is there
    assert [name for name in changed(opened, held_state(begun)) if not name.endswith("outlined")] == [], hand


@pytest.mark.parametrize("button", ["middle", "right"])
def test_a_pan_or_zoom_goes_on_with_another_tool(begun: Desk, driver: Driver, button: str) -> None:
    canvas, places = axial(begun), [at(begun, *place) for place in WAY]
    driver.settle()
    driver.move(canvas, places[0])
    driver.press(button)
    driver.move(canvas, places[1])
    looked_at = canvas.camera.scale, canvas.camera.centre
    begun.wiring.toolbox.choose("brush")
    assert (canvas.camera.scale, canvas.camera.centre) == looked_at
    driver.move(canvas, places[2])
    assert (canvas.camera.scale, canvas.camera.centre) != looked_at
    driver.release(button)
    assert len(begun.document.timeline) == 1


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("by", ["mouse", "keys"])
def test_escape_brings_back_what_was_seen_without_the_crosshair(
    begun: Desk, driver: Driver, by: str, linked: bool
) -> None:
    """Close by, the crosshair was out of sight; as it moves, the other planes follow it."""
    begun.wiring.toolbox.choose("navigate")
    begun.editor.viewer.change(linked_zoom=linked)
    driver.settle()
    for view in begun.window.views.views.values():
        view.canvas.zoom(6.0, (view.canvas.width() / 2, view.canvas.height() / 2))
        view.canvas.pan(0.8 * view.canvas.width(), 0.0)
    canvas = axial(begun)
    driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
    begun.wait()
    canvas.setFocus()
    before = held_state(begun)
    if by == "mouse":
        driver.press()
        driver.move(canvas, (canvas.width() / 2 + 9, canvas.height() / 2))
    else:
        driver.key_down("P")
        driver.key("Left")
    assert held_state(begun)["view"] != before["view"]
    driver.key("Esc")
    if by == "mouse":
        driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
        driver.release()
    else:
        driver.key_up("P")
    begun.wait()
    assert changed(before, held_state(begun)) == []


def test_what_is_dragged_in_a_view_that_goes_ends_there(begun: Desk, driver: Driver) -> None:
    """Its release comes elsewhere; nothing is left for an Escape, or for a pointer that comes back without a button."""
    canvas, views, places = axial(begun), begun.window.views, [at(begun, *place) for place in WAY]
    for button, steps in (("middle", 0), ("left", 1)):
        driver.move(canvas, places[0])
        driver.press(button)
        driver.move(canvas, places[1])
        drawn, before = begun.mask(), len(begun.document.timeline)
        views.choose(Layout.MONTAGE)
        begun.wait()
        assert len(begun.document.timeline) == before + steps
        driver.move(begun.wiring.montage.view, (9.0, 9.0))
        driver.release(button)
        views.choose(Layout.THREE)
        driver.settle()
        camera, painted = canvas.camera.centre, begun.mask()
        assert (painted != drawn).any() == bool(steps)
        driver.key("Esc")
        driver.move(canvas, places[2])
        begun.wait()
        assert canvas.camera.centre == camera
        assert np.array_equal(begun.mask(), painted)
        begun.wiring.toolbox.choose("brush")
        driver.settle()


@pytest.mark.parametrize("tool", ["polygon", "live_wire"])
def test_what_was_outlined_in_one_image_is_not_filled_in_another(
    begun: Desk, driver: Driver, tmp_path: Path, tool: str
) -> None:
    begun.wiring.toolbox.choose(tool)
    driver.settle()
    for place in WAY[:3]:
        driver.click(axial(begun), at(begun, *place))
        begun.wait()
    assert held_state(begun)["axial drawn"]
    nib.save(nib.Nifti1Image(np.zeros(SHAPE, np.int16), np.eye(4)), tmp_path / "other.nii")
    begun.open(tmp_path / "other.nii")
    assert held_state(begun)["axial drawn"] == []
    axial(begun).setFocus()
    driver.key("Return")
    begun.wait()
    assert begun.document.timeline == ()
