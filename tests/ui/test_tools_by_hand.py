"""Live-wire, cut and nudge, with a real pointer and real keys: what they make, what is seen, and what gives them up."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from maskeditor.core.operation.declaration import from_json
from maskeditor.core.space.geometry import Plane
from maskeditor.model import nudging
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ui.views.canvas import Canvas
from tests.ops.common import result_of
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position

pytestmark = [pytest.mark.qt_log_level_fail("WARNING"), pytest.mark.qt_log_ignore("propagateSizeHints")]

SHAPE, MIDDLE, RADIUS = (64, 60, 9), (32, 30), 18
#: Where a voxel lies from the middle of the disc in its slice, in voxels, which are mm.
FROM_MIDDLE = np.hypot(*(np.indices(SHAPE[:2]) - np.array(MIDDLE)[:, None, None]))


@pytest.fixture
def begun(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a bright cylinder, of which an ROI holds the middle slices."""
    data = np.random.default_rng(2).integers(0, 40, SHAPE)
    data[FROM_MIDDLE < RADIUS] += 300
    nib.save(nib.Nifti1Image(data.astype(np.int16), np.eye(4)), tmp_path / "cylinder.nii")
    desk.open(tmp_path / "cylinder.nii")
    mask = np.zeros(SHAPE, bool)
    mask[FROM_MIDDLE < RADIUS, 2:7] = True
    desk.editor.apply_now(ImportMask.of(mask, "cylinder.nii", "0" * 64))
    desk.wait()
    return desk


def axial(desk: Desk) -> Canvas:
    return desk.window.views.views[Plane.AXIAL].canvas


def at(desk: Desk, i: float, j: float, k: int = 4) -> Position:
    """Return where on the axial view a voxel lies, in a slice that is gone to."""
    desk.editor.viewer.set_crosshair((MIDDLE[0], MIDDLE[1], k))
    canvas = axial(desk)
    assert canvas.map is not None
    return canvas.camera.to_pixels(*canvas.map.to_screen((i, j, k)))


def on_rim(angle: float) -> tuple[int, int]:
    i, j = np.rint(np.array(MIDDLE) + RADIUS * np.array([np.cos(angle), np.sin(angle)])).astype(int).tolist()
    return i, j


def alike(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


def replayed(desk: Desk, before: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what the last step makes of a mask when it is read from its record."""
    (*_, step) = desk.document.timeline
    scene = desk.editor.scene()
    object.__setattr__(scene, "mask", np.asfortranarray(before))
    return result_of(from_json(step.operation.to_json()), scene)


# Live-wire


@pytest.fixture
def wired(begun: Desk, driver: Driver) -> Desk:
    """An empty ROI on the cylinder, and the live-wire fixed at four places of its rim."""
    begun.editor.add_roi("wired")
    begun.wait()
    driver.key("W")
    for angle in (0.2, 1.7, 3.3, 4.8):
        driver.click(axial(begun), at(begun, *on_rim(angle)))
    return begun


@pytest.mark.parametrize("end", ["Return", "start", "double click"])
def test_a_live_wire_is_closed(wired: Desk, driver: Driver, end: str) -> None:
    steps, before = len(wired.document.timeline), wired.mask()
    if end == "Return":
        driver.key(end)
    elif end == "start":
        x, y = at(wired, *on_rim(0.2))
        driver.click(axial(wired), (x + 3, y - 2))
    else:
        driver.double_click(axial(wired), at(wired, *on_rim(5.5)))
    wired.wait()
    (step,) = wired.document.timeline[steps:]
    assert step.operation.id == "live_wire"
    mask = wired.mask()
    assert alike(mask[:, :, 4], FROM_MIDDLE < RADIUS) > 0.96
    assert mask.sum() == mask[:, :, 4].sum()
    # By its definition: the voxels of the way, and what they enclose.
    way = np.zeros(SHAPE[:2], bool)
    points = np.rint(step.operation.model_dump()["points"]).astype(int)[:, :2]
    for start, stop in zip(points, np.roll(points, -1, axis=0), strict=True):
        count = max(1, np.abs(stop - start).max())
        way[tuple(np.rint(start + np.arange(count + 1)[:, None] * (stop - start) / count).astype(int).T)] = True
    assert np.array_equal(mask[:, :, 4], ndimage.binary_fill_holes(way))
    assert np.array_equal(replayed(wired, before), mask)
    assert axial(wired).drawing.path.isEmpty()
    driver.key("Ctrl+Z")
    wired.wait()
    assert not wired.mask().any()


def test_a_live_wire_is_seen_taken_back_and_given_up(wired: Desk, driver: Driver) -> None:
    canvas, steps = axial(wired), len(wired.document.timeline)
    fixed = canvas.drawing.path.elementCount()
    driver.move(canvas, at(wired, *on_rim(5.5)))
    assert canvas.outline.path.elementCount() > 5  # voxel by voxel, and not in one line
    driver.key("Backspace")
    assert 0 < canvas.drawing.path.elementCount() < fixed
    # Another slice shows nothing of it, and a click there changes nothing.
    elsewhere = at(wired, *MIDDLE, k=6)
    assert canvas.drawing.path.isEmpty()
    said: list[str] = []
    wired.editor.message.connect(said.append)
    driver.click(canvas, elsewhere)
    assert said == ["The wire lies in axial slice 4; go on there, or give it up with Escape."]
    at(wired, *MIDDLE)
    assert not canvas.drawing.path.isEmpty()
    driver.key("Esc")
    assert canvas.drawing.path.isEmpty()
    driver.key("Return")
    wired.wait()
    assert len(wired.document.timeline) == steps
    # All of it taken back is the same as given up.
    driver.click(canvas, at(wired, *MIDDLE))
    driver.key("Backspace")
    driver.key("Return")
    wired.wait()
    assert len(wired.document.timeline) == steps


def test_a_live_wire_erases_with_ctrl(begun: Desk, driver: Driver) -> None:
    before = begun.mask()
    driver.key("W")
    first, *others = [at(begun, *on_rim(angle)) for angle in (0.2, 1.7, 3.3, 4.8)]
    for place in (first, *others):
        driver.click(axial(begun), place)
    with driver.holding("Ctrl"):
        driver.click(axial(begun), first)
    begun.wait()
    gone = before & ~begun.mask()
    assert not (begun.mask() & ~before).any()
    assert alike(gone[:, :, 4], before[:, :, 4]) > 0.95
    assert gone.sum() == gone[:, :, 4].sum()


def test_a_locked_roi_stays_as_it_is(begun: Desk, driver: Driver) -> None:
    begun.editor.change_roi(begun.editor.active, locked=True)
    before, steps = begun.mask(), len(begun.document.timeline)
    said: list[str] = []
    begun.editor.message.connect(said.append)
    for key in ("W", "K", "N"):
        driver.key(key)
        driver.drag(axial(begun), [at(begun, *MIDDLE), at(begun, 60, 30), at(begun, 60, 50)])
        driver.key("Return")
    begun.wait()
    assert said.count("The ROI is locked; unlock it in the list of ROIs.") == 3
    assert len(begun.document.timeline) == steps
    assert np.array_equal(begun.mask(), before)


def test_what_is_added_spares_locked_rois(begun: Desk, driver: Driver) -> None:
    """A live-wire, a nudge and a copied slice leave the voxels of the locked cylinder as they are."""
    cylinder, locked = begun.mask(), begun.editor.active
    begun.editor.change_roi(locked, locked=True)
    begun.editor.add_roi("beside")
    begun.wait()
    driver.key("W")
    corners = [(20, 20), (60, 20), (60, 40), (20, 40)]
    for i, j in corners:
        driver.click(axial(begun), at(begun, i, j))
    driver.key("Return")
    begun.wait()
    drawn = begun.mask()
    assert drawn[55, 30, 4]
    assert not (drawn & cylinder).any()
    driver.key("N")
    driver.drag(axial(begun), [at(begun, 56, 30), at(begun, 45, 30)])
    driver.key("Ctrl+PgUp")
    begun.wait()
    made = begun.mask()
    assert made[:, :, 5].any()
    assert not (made & cylinder).any()
    assert np.array_equal(begun.document.mask(locked)[...], cylinder)
    scopes = {step.operation.id: step.scope for step in begun.document.timeline[1:]}
    assert {id: scope.outside for id, scope in scopes.items()} == dict.fromkeys(scopes, (locked,))


# Cut


@pytest.mark.parametrize(
    ("button", "modifiers", "swapped"), [("left", (), False), ("right", (), True), ("left", ("Ctrl",), True)]
)
def test_a_cut_takes_one_side_and_shows_it_beforehand(
    begun: Desk, driver: Driver, button: str, modifiers: tuple[str, ...], swapped: bool
) -> None:
    canvas, before, steps = axial(begun), begun.mask(), len(begun.document.timeline)
    driver.key("K")
    start, stop = at(begun, 20.3, 10.2), at(begun, 41.7, 52.6)
    with driver.holding(*modifiers):
        driver.move(canvas, start)
        driver.press(button)
        driver.move(canvas, stop)
        begun.wait()
        layers = begun.editor.layers
        assert layers.preview is not None
        seen = np.stack([layers.preview.slice(2, index) for index in range(SHAPE[2])], axis=2)
        assert not canvas.drawing.path.isEmpty()
        assert np.array_equal(begun.mask(), before)
        driver.release(button)
    begun.wait()
    # On the screen, left is the greater index along the first axis, and down is less along the second.
    assert canvas.map is not None
    (x, y), (to_x, to_y) = canvas.camera.to_mm(*start), canvas.camera.to_mm(*stop)
    place = np.array([canvas.map.to_screen((i, j, 0)) for i, j in np.ndindex(SHAPE[:2])]).reshape(*SHAPE[:2], 2)
    right = (to_x - x) * (place[..., 1] - y) - (to_y - y) * (place[..., 0] - x) > 0
    stays = right if swapped else ~right
    mask = begun.mask()
    assert np.array_equal(mask, before & stays[:, :, None])
    assert 0 < mask.sum() < before.sum()
    assert np.array_equal(seen, mask)
    (step,) = begun.document.timeline[steps:]
    assert step.operation.id == "cut_by_plane"
    assert np.array_equal(replayed(begun, before), mask)
    assert begun.editor.layers.preview is None
    assert canvas.drawing.path.isEmpty()


def test_a_cut_is_given_up_by_escape_and_by_a_line_of_no_length(begun: Desk, driver: Driver) -> None:
    canvas, before, steps = axial(begun), begun.mask(), len(begun.document.timeline)
    driver.key("K")
    driver.move(canvas, at(begun, 20, 10))
    driver.press()
    driver.move(canvas, at(begun, 40, 50))
    driver.key("Esc")
    assert begun.editor.layers.preview is None
    assert canvas.drawing.path.isEmpty()
    driver.release()
    driver.click(canvas, at(begun, 20, 10))
    begun.wait()
    assert np.array_equal(begun.mask(), before)
    assert len(begun.document.timeline) == steps


def test_a_cut_that_takes_nothing_away_leaves_no_preview(begun: Desk, driver: Driver) -> None:
    steps = len(begun.document.timeline)
    driver.key("K")
    # Up along the right edge, where left of the line is the whole disc.
    driver.drag(axial(begun), [at(begun, 2, 5), at(begun, 2, 30), at(begun, 2, 55)])
    begun.wait()
    assert len(begun.document.timeline) == steps
    assert begun.editor.layers.preview is None


def test_a_cut_leaves_a_form_as_it_is(begun: Desk, driver: Driver) -> None:
    """What is previewed from a form is previewed again after a line was given up."""
    begun.wiring.operations.choose("dilation")
    begun.wait()
    asked = begun.editor.layers.preview
    assert asked is not None
    begun.wiring.toolbox.choose("cut")
    driver.move(axial(begun), at(begun, 20, 10))
    driver.press()
    driver.move(axial(begun), at(begun, 40, 50))
    driver.key("Esc")
    driver.release()
    begun.wait()
    again = begun.editor.layers.preview
    assert again is not None
    assert again.operation.id == "dilation"


# Slices


def test_a_slice_is_copied_on_and_gone_to(begun: Desk, driver: Driver) -> None:
    driver.key("3")
    driver.drag(axial(begun), [at(begun, 55, 50), at(begun, 58, 55)])
    begun.wait()
    wanted = begun.mask()
    for key, start, to in (("Ctrl+PgUp", 4, 5), ("Ctrl+PgDown", 4, 3)):
        at(begun, *MIDDLE, k=start)
        driver.key(key)
        begun.wait()
        assert not np.array_equal(wanted[:, :, to], wanted[:, :, start])
        wanted[:, :, to] = wanted[:, :, start]
        assert np.array_equal(begun.mask(), wanted)
        assert begun.editor.viewer.state.crosshair[2] == to


def test_what_cannot_be_copied_is_said(begun: Desk, driver: Driver) -> None:
    said: list[str] = []
    begun.editor.message.connect(said.append)
    before, steps = begun.mask(), len(begun.document.timeline)
    driver.move(axial(begun), at(begun, *MIDDLE, k=8))
    driver.key("Ctrl+PgUp")
    driver.key("Ctrl+PgDown")
    driver.key("F")
    begun.wait()
    assert said == [
        "There is no axial slice beyond 8 (of 0–8); go the other way.",
        "There is no mask in axial slice 8; go to one that has some.",
        "There is no mask in axial slice 8; go to one that has some.",
    ]
    assert np.array_equal(begun.mask(), before)
    assert len(begun.document.timeline) == steps


def test_an_outline_is_filled_in_its_slice_alone(begun: Desk, driver: Driver) -> None:
    ring = np.zeros(SHAPE, bool)
    ring[20:40, 20:40, 1:8] = True
    ring[24:36, 24:36, 3:6] = False
    begun.editor.apply_now(ImportMask.of(ring, "ring.nii", "0" * 64))
    begun.wait()
    begun.editor.viewer.set_crosshair((30, 28, 4))
    for plane, where in (
        (Plane.SAGITTAL, np.index_exp[30]),
        (Plane.CORONAL, np.index_exp[:, 28]),
        (Plane.AXIAL, np.index_exp[:, :, 4]),
    ):
        driver.move(begun.window.views.views[plane].canvas, (40, 60))
        driver.key("F")
        begun.wait()
        wanted = ring.copy()
        wanted[where] = ndimage.binary_fill_holes(ring[where])
        assert wanted.sum() > ring.sum()
        assert np.array_equal(begun.mask(), wanted)
        driver.key("Ctrl+Z")
        begun.wait()


def test_drawn_slices_are_interpolated_by_a_key(begun: Desk, driver: Driver) -> None:
    """Previewed in the plane pointed at; Escape leaves all as it was, Enter over the plane applies it."""
    drawn = np.zeros(SHAPE, bool)
    drawn[FROM_MIDDLE < 8, 1] = drawn[FROM_MIDDLE < 16, 7] = True
    begun.editor.apply_now(ImportMask.of(drawn, "drawn.nii", "0" * 64))
    begun.wait()
    steps = len(begun.document.timeline)
    for end in ("Esc", "Return"):
        driver.move(axial(begun), at(begun, *MIDDLE))
        driver.key("I")
        begun.wait()
        preview = begun.editor.layers.preview
        assert preview is not None
        seen = preview.slice(2, 4)
        driver.move(axial(begun), at(begun, 30, 30))
        driver.key(end)
        begun.wait()
        assert begun.editor.layers.preview is None
        assert len(begun.document.timeline) == steps + (end == "Return")
    # Halfway between radii of 8 and 16.
    assert seen is not None
    assert np.array_equal(begun.mask()[:, :, 4], seen)
    assert alike(seen, FROM_MIDDLE < 12) > 0.97
    assert begun.document.timeline[-1].operation.id == "interpolate_slices"


# Nudge


@pytest.mark.parametrize(("shape", "outwards"), [("sphere", True), ("disc", False)])
def test_a_nudge_pushes_the_border(begun: Desk, driver: Driver, shape: str, outwards: bool) -> None:
    canvas, before, steps = axial(begun), begun.mask(), len(begun.document.timeline)
    driver.key("N")
    begun.wiring.toolbox.options.change(radius=6.0, shape=shape)
    # The cylinder ends two slices above and below, which a sphere must not touch either.
    inside, outside = at(begun, 32 + 11, 30), at(begun, 32 + 25, 30)
    start, stop = (inside, outside) if outwards else (outside, inside)
    # Put down, it changes nothing.
    driver.click(canvas, start)
    begun.wait()
    assert len(begun.document.timeline) == steps
    driver.drag(canvas, [start, stop])
    begun.wait()
    mask = begun.mask()
    (step,) = begun.document.timeline[steps:]
    made = step.operation.model_dump()
    assert (made["mode"], made["shape"]) == ("add" if outwards else "erase", shape)
    assert made["radius"] == pytest.approx(6.0 if shape == "disc" else 2.998 if outwards else 6.0, abs=0.02)
    changed = mask != before
    assert changed.any()
    assert not (changed & (before if outwards else ~before)).any()
    # By its definition: all within the radius of the way between the points, in the slice or around.
    (a, b), places = np.array(made["points"])[[0, -1]], np.moveaxis(np.indices(SHAPE), 0, -1).astype(float)
    along = np.clip((places - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    near = np.linalg.norm(places - (a + along[..., None] * (b - a)), axis=-1) <= made["radius"]
    if shape == "disc":
        near &= np.indices(SHAPE)[2] == 4
    assert np.array_equal(mask, before | near if outwards else before & ~near)
    assert np.array_equal(replayed(begun, before), mask)


def test_a_nudge_is_given_up(begun: Desk, driver: Driver) -> None:
    canvas, before, steps = axial(begun), begun.mask(), len(begun.document.timeline)
    driver.key("N")
    driver.move(canvas, at(begun, 40, 30))
    assert not canvas.outline.path.isEmpty()
    driver.press()
    driver.move(canvas, at(begun, 60, 30))
    driver.key("Esc")
    driver.release()
    begun.wait()
    assert np.array_equal(begun.mask(), before)
    assert len(begun.document.timeline) == steps


def test_a_ball_looks_no_further_than_it_reaches() -> None:
    """However large the volume: what is read grows with the ball alone."""

    class Read:
        """A mask that counts the voxels that are read of it."""

        def __init__(self, length: int) -> None:
            self.mask = np.zeros((length, 12, 500), bool)
            self.mask[: length // 2] = True
            self.voxels = 0

        def __getitem__(self, key: object) -> object:
            part = self.mask[key]  # type: ignore[call-overload]
            self.voxels += np.size(part)
            return part

    counts = []
    for length in (40, 400):
        read = Read(length)
        grid = nudging.Geometry(read.mask.shape, np.eye(4))
        ball = nudging.ball_at(read, grid, np.array([length / 2 - 4.0, 6, 250]), 50.0)  # type: ignore[arg-type]
        assert ball == (True, 3.998)
        counts.append(read.voxels)
    assert counts[0] == counts[1] < 3000
