"""Seeds with a real mouse: painted for two ROIs, taken away, grown as one move, and taken up again."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from PyQt6.QtCore import Qt

from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.basins import Basins
from maskeditor.engine.progress import Progress
from maskeditor.model.numbers_in_words import counted
from maskeditor.ops.grow_from_seeds import GrowFromSeeds
from maskeditor.ops.threshold import Threshold
from maskeditor.ui.data.statistics import StatisticsPanel
from maskeditor.ui.panels.rois import VOXELS, RoisPanel
from maskeditor.ui.views.canvas import Canvas
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, Position

SHAPE = (40, 36, 20)


@pytest.fixture
def shown(desk: Desk, driver: Driver, tmp_path: Path) -> Desk:
    """Two blocks of different intensity in noise, and two ROIs."""
    values = np.random.default_rng(0).normal(0, 5, SHAPE)
    values[4:18, 6:30, 3:17] += 100
    values[18:34, 6:30, 3:17] += 200
    nib.save(nib.Nifti1Image(values.astype(np.float32), np.eye(4)), tmp_path / "blocks.nii")
    desk.open(tmp_path / "blocks.nii")
    desk.editor.add_roi("other")
    desk.editor.set_active(desk.document.rois[0].id)
    desk.window.viewer.set_crosshair((20, 18, 10))
    desk.wait()
    driver.key("G")
    return desk


def at(desk: Desk, voxel: tuple[int, int, int]) -> tuple[Canvas, Position]:
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    return canvas, canvas.camera.to_pixels(*canvas.map.to_screen(voxel))


def paint(desk: Desk, driver: Driver, voxel: tuple[int, int, int], *held: str, button: str = "left") -> None:
    canvas, place = at(desk, voxel)
    with driver.holding(*held):
        driver.drag(canvas, [place, (place[0] + 2, place[1])], button=button)
    desk.wait()


def blocks() -> tuple[np.ndarray, np.ndarray]:
    first, second = np.zeros((2, *SHAPE), bool)
    first[4:18, 6:30, 3:17] = second[18:34, 6:30, 3:17] = True
    return first, second


def close_to(mask: np.ndarray, block: np.ndarray) -> bool:
    return 2 * (mask & block).sum() / (mask.sum() + block.sum()) > 0.9


def test_seeds_of_two_rois_and_of_outside_grow_as_one_move_that_one_undo_takes_back(
    shown: Desk, driver: Driver
) -> None:
    one, other = (roi.id for roi in shown.document.rois)
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    assert shown.window.layers.preview is not None
    shown.editor.set_active(other)
    paint(shown, driver, (26, 18, 10))
    assert close_to(shown.window.layers.preview.patch.data, blocks()[1])
    driver.key("Return")
    shown.wait()
    for roi, block in zip((one, other), blocks(), strict=True):
        assert close_to(shown.document.mask(roi)[...], block)
    assert [step.operation.id for step in shown.document.timeline] == ["grow_from_seeds"] * 2
    assert not (shown.document.mask(one)[...] & shown.document.mask(other)[...]).any()
    # Of what Enter would do, nothing is said any more, though the pointer lies still.
    assert not any(view.canvas.badge.is_shown for view in shown.window.views.views.values())
    driver.key("Ctrl+Z")
    shown.wait()
    assert not shown.document.timeline
    assert shown.document.voxels(one) == shown.document.voxels(other) == 0


def test_each_roi_with_seeds_is_previewed_and_what_enter_does_to_what_it_holds_is_set_and_said(
    shown: Desk, driver: Driver
) -> None:
    one, other = (roi.id for roi in shown.document.rois)
    shown.editor.apply(Threshold(lower=212))  # some voxels of noise
    shown.wait()
    held = shown.mask()
    assert held.any()
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    assert {view.canvas.badge.text for view in shown.window.views.views.values()} == {shown.wiring.toolbox.tool.badge}
    shown.editor.set_active(other)
    paint(shown, driver, (26, 18, 10))
    tool, (drawn, active) = shown.wiring.toolbox.tool, (layer.mask for layer in shown.window.layers.layers)
    assert close_to(drawn[...], blocks()[0])
    assert active is shown.document.mask(other)
    assert tool.badge == "Enter replaces what the ROIs hold"
    # It goes on being seen from the other one, and after an undo of something else.
    shown.editor.set_active(one)
    shown.wait()
    assert close_to(shown.window.layers.layers[1].mask[...], blocks()[1])
    assert close_to(shown.window.layers.preview.patch.data, blocks()[0])
    shown.wiring.toolbox.options.change(combine="add")
    shown.wait()
    assert tool.badge == "Enter adds to what the ROIs hold"
    said = []
    shown.editor.message.connect(said.append)
    driver.key("Return")
    shown.wait()
    assert said[-1].startswith("Grown from seeds: 2 ROIs; it was added to what they held.")
    assert not (held & ~shown.document.mask(one)[...]).any()
    assert shown.window.layers.preview is None
    assert [layer.mask for layer in shown.window.layers.layers] == [shown.document.mask(id) for id in (one, other)]


def test_tables_of_rois_follow_what_each_would_become(shown: Desk, driver: Driver) -> None:
    shown.wiring.actions["data_statistics"].trigger()
    (table,), (panel,) = (shown.window.findChildren(kind) for kind in (StatisticsPanel, RoisPanel))
    _, other = (roi.id for roi in shown.document.rois)
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    shown.editor.set_active(other)
    paint(shown, driver, (26, 18, 10))

    def listed() -> list[str]:
        return [panel.model.data(panel.model.index(row, VOXELS)) for row in range(2)]

    def slanted() -> list[bool]:
        fonts = [panel.model.data(panel.model.index(row, VOXELS), Qt.ItemDataRole.FontRole) for row in range(2)]
        return [font is not None and font.italic() for font in fonts]

    values, drawn = shown.document.volume.stored_frame(0), shown.window.layers.layers[0].mask[...]
    would = shown.window.layers.preview.mask()[...]
    assert close_to(drawn, blocks()[0])
    assert list(table.view.table["voxels"]) == [drawn.sum(), would.sum()]
    assert listed() == [counted(drawn.sum()), counted(would.sum())]
    np.testing.assert_allclose(table.view.table["mean"], [values[mask].mean() for mask in (drawn, would)], rtol=1e-6)
    assert slanted() == [True, True]
    assert panel.model.index(0, VOXELS).data(Qt.ItemDataRole.ToolTipRole).endswith(" previewed")
    driver.key("Escape")
    shown.wait()
    assert list(table.view.table["voxels"]) == [0, 0]
    assert listed() == ["0", "0"]
    assert slanted() == [False, False]


def test_a_stroke_does_not_give_up_the_basins_that_are_being_found(
    shown: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, found, gate = Basins.of, [], Event()

    def of(*given: Any) -> Basins:
        found.append(given)
        gate.wait()
        return plain(*given)

    monkeypatch.setattr(Basins, "of", of)
    try:
        for voxel, *held in (((10, 18, 10),), ((1, 2, 10), "Ctrl"), ((12, 18, 10),)):
            canvas, place = at(shown, voxel)
            with driver.holding(*held):
                driver.drag(canvas, [place, (place[0] + 2, place[1])])
    finally:
        gate.set()
    shown.wait()
    assert close_to(shown.window.layers.preview.patch.data, blocks()[0] | blocks()[1])
    assert len(found) == 1


def test_seeds_of_a_step_that_is_undone_meanwhile_are_given_up_and_that_is_said(shown: Desk, driver: Driver) -> None:
    for voxel, held in (((10, 18, 10), ()), ((1, 2, 10), ("Ctrl",))):
        paint(shown, driver, voxel, *held)
    driver.key("Return")
    shown.wait()
    paint(shown, driver, (26, 18, 10), "Ctrl")
    said = []
    shown.editor.message.connect(said.append)
    driver.key("Ctrl+Z")
    shown.wait()
    assert "The step that these seeds were taken from has changed, so they were given up." in said
    assert shown.window.layers.preview is None
    assert shown.wiring.toolbox.tool.confirm() is False


def test_seeds_taken_away_leave_nothing_behind(shown: Desk, driver: Driver) -> None:
    for voxel in ((10, 18, 10), (26, 18, 10)):
        paint(shown, driver, voxel)
    paint(shown, driver, (1, 2, 10), "Ctrl")
    both = shown.window.layers.preview.patch.data.sum()
    paint(shown, driver, (26, 18, 10), button="right")
    paint(shown, driver, (30, 18, 10), "Ctrl")
    assert shown.window.layers.preview.patch.data.sum() < 0.7 * both
    driver.key("Return")
    shown.wait()
    (step,) = shown.document.timeline
    assert isinstance(step.operation, GrowFromSeeds)
    assert [label for label, _, _ in step.operation.strokes] == [1, 0, 0]
    # By command line and script, it is the same operation on the same image.
    scene = Scene(shown.document.volume, np.zeros(SHAPE, bool), None)
    patch = step.operation.apply(scene, Progress())
    assert patch is not None
    np.testing.assert_array_equal(patch.data, shown.mask())


def test_seeds_of_a_step_are_taken_up_again_and_change_it(shown: Desk, driver: Driver) -> None:
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    driver.key("Return")
    shown.wait()
    before = shown.mask()
    paint(shown, driver, (26, 18, 10), "Ctrl")
    driver.key("Return")
    shown.wait()
    (step,) = shown.document.timeline
    assert len(step.operation.strokes) == 3
    assert shown.mask().sum() < before.sum()
    assert close_to(shown.mask(), blocks()[0])
    driver.key("Ctrl+Z")
    shown.wait()
    np.testing.assert_array_equal(shown.mask(), before)


def test_backspace_takes_the_last_stroke_back_and_escape_gives_all_up(shown: Desk, driver: Driver) -> None:
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    assert shown.window.layers.preview is not None
    driver.key("Backspace")
    shown.wait()
    assert shown.window.layers.preview is None
    said = []
    shown.editor.message.connect(said.append)
    driver.key("Return")
    assert said == ["Paint seeds of two ROIs, or of one and of outside (with Ctrl), before they grow."]
    driver.key("Esc")
    shown.wait()
    assert not shown.document.timeline
    assert shown.wiring.toolbox.tool.cancel() is False


def test_seeds_beside_the_image_are_not_kept_and_that_is_said(shown: Desk, driver: Driver) -> None:
    paint(shown, driver, (10, 18, 10))
    said = []
    shown.editor.message.connect(said.append)
    driver.move(*at(shown, (20, 18, 10)))
    with driver.holding("Ctrl"):
        driver.turn(-3)  # so that there is room beside the image
    paint(shown, driver, (20, -5, 10), "Ctrl")
    assert said == ["These seeds cover no voxel of the image, so they are not kept; paint them inside it."]
    driver.key("Return")
    assert said[1].startswith("Paint seeds of two ROIs")
    # The stroke before it is the last.
    driver.key("Backspace")
    driver.key("Backspace")
    assert shown.wiring.toolbox.tool.cancel() is False


def test_a_stroke_belongs_to_the_roi_that_it_was_begun_for(shown: Desk, driver: Driver) -> None:
    one, other = (roi.id for roi in shown.document.rois)
    canvas, place = at(shown, (10, 18, 10))
    driver.move(canvas, place)
    driver.press()
    shown.editor.set_active(other)
    driver.release()
    shown.wait()
    paint(shown, driver, (1, 2, 10), "Ctrl")
    driver.key("Return")
    shown.wait()
    (step,) = shown.document.timeline
    assert step.roi == one
    assert close_to(shown.document.mask(one)[...], blocks()[0] | blocks()[1])


def test_seeds_painted_while_others_grow_go_on_from_these(
    shown: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, plain = Event(), GrowFromSeeds.apply

    def apply(*given: Any) -> Any:
        gate.wait()
        return plain(*given)

    monkeypatch.setattr(GrowFromSeeds, "apply", apply)
    said = []
    shown.editor.message.connect(said.append)
    counts, canvas = [], shown.window.views.views[Plane.AXIAL].canvas
    paint_at = [(10, 18, 10), (1, 2, 10), (26, 18, 10), (28, 20, 10)]
    try:
        for held, voxel in zip(((), ("Ctrl",), ("Ctrl",), ("Ctrl",)), paint_at, strict=True):
            _, place = at(shown, voxel)
            with driver.holding(*held):
                driver.drag(canvas, [place, (place[0] + 2, place[1])])
            if voxel != paint_at[0]:  # the last stroke comes after Enter each time
                gate.set()
                shown.wait()
                counts.append([len(step.operation.strokes) for step in shown.document.timeline])
                gate.clear()
                driver.key("Return")
    finally:
        gate.set()
    shown.wait()
    assert counts == [[], [2], [3]]
    assert [len(step.operation.strokes) for step in shown.document.timeline] == [4]
    assert not any("given up" in sentence for sentence in said)
    assert shown.wiring.toolbox.tool.confirm() is False


def test_an_roi_more_comes_into_seeds_that_were_taken_up(shown: Desk, driver: Driver) -> None:
    one, other = (roi.id for roi in shown.document.rois)
    for voxel, held in (((10, 18, 10), ()), ((1, 2, 10), ("Ctrl",))):
        paint(shown, driver, voxel, *held)
    driver.key("Return")
    shown.wait()
    paint(shown, driver, (12, 18, 10))
    shown.editor.set_active(other)
    paint(shown, driver, (26, 18, 10))
    said = []
    shown.editor.message.connect(said.append)
    driver.key("Return")
    shown.wait()
    assert [step.roi for step in shown.document.timeline] == [one, other]
    assert close_to(shown.document.mask(one)[...], blocks()[0])
    assert not any("given up" in sentence for sentence in said)


def test_another_image_gives_all_seeds_up_while_one_is_drawn_too(shown: Desk, driver: Driver) -> None:
    paint(shown, driver, (10, 18, 10))
    canvas, place = at(shown, (26, 18, 10))
    driver.move(canvas, place)
    driver.press()
    shown.editor.image_changed.emit()
    driver.release()
    shown.wait()
    assert shown.wiring.toolbox.tool.cancel() is False


def two_seeds_and_a_press(desk: Desk, driver: Driver, voxel: tuple[int, int, int], button: str = "left") -> None:
    """Paint for the first block and outside, and press Enter while the button is held for more."""
    paint(desk, driver, (10, 18, 10))
    paint(desk, driver, (1, 2, 10), "Ctrl")
    driver.move(*at(desk, voxel))
    driver.press(button)
    driver.key("Return")
    desk.wait()
    assert [len(step.operation.strokes) for step in desk.document.timeline] == [2]


def test_enter_within_a_stroke_that_ends_beside_the_image_leaves_the_others_as_they_are(
    shown: Desk, driver: Driver
) -> None:
    driver.move(*at(shown, (20, 18, 10)))
    with driver.holding("Ctrl"):
        driver.turn(-3)  # so that there is room beside the image
    two_seeds_and_a_press(shown, driver, (20, -5, 10))
    said = []
    shown.editor.message.connect(said.append)
    driver.release()
    shown.wait()
    assert said == ["These seeds cover no voxel of the image, so they are not kept; paint them inside it."]
    assert [len(step.operation.strokes) for step in shown.document.timeline] == [2]
    paint(shown, driver, (26, 18, 10), "Ctrl")
    driver.key("Return")
    shown.wait()
    assert [len(step.operation.strokes) for step in shown.document.timeline] == [3]


def test_a_stroke_within_which_enter_was_pressed_is_taken_back_by_itself(shown: Desk, driver: Driver) -> None:
    two_seeds_and_a_press(shown, driver, (26, 18, 10))
    driver.release()
    shown.wait()
    paint(shown, driver, (28, 20, 10))
    for _ in range(2):
        driver.key("Backspace")
        shown.wait()
    assert close_to(shown.window.layers.preview.patch.data, blocks()[0] | blocks()[1])
    # The seeds of the step are still in hand, as they were.
    assert shown.wiring.toolbox.tool.cancel() is True
    assert [len(step.operation.strokes) for step in shown.document.timeline] == [2]


def test_backspace_within_a_stroke_takes_that_stroke_back(shown: Desk, driver: Driver) -> None:
    paint(shown, driver, (10, 18, 10))
    paint(shown, driver, (1, 2, 10), "Ctrl")
    driver.move(*at(shown, (30, 3, 10)))
    driver.press()
    driver.key("Backspace")
    driver.move(*at(shown, (32, 3, 10)))
    driver.release()
    shown.wait()
    driver.key("Return")
    shown.wait()
    (step,) = shown.document.timeline
    assert len(step.operation.strokes) == 2


def test_erasing_goes_on_when_enter_is_pressed_within_it(shown: Desk, driver: Driver) -> None:
    two_seeds_and_a_press(shown, driver, (30, 3, 10), button="right")
    driver.move(*at(shown, (1, 2, 10)))
    driver.release("right")
    shown.wait()
    paint(shown, driver, (26, 18, 10), "Ctrl")
    driver.key("Return")
    shown.wait()
    (step,) = shown.document.timeline
    assert [label for label, _, _ in step.operation.strokes] == [1, 0]
    assert all(x > 8 for x, _, _ in step.operation.points)
