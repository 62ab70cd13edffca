"""A stroke while it is drawn: each point works out and paints what is new, and leaves nothing of before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.model.strokes import Stroke
from maskeditor.model.view.display import Display
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ops.paint import Paint
from maskeditor.ui.views.picture import PixelTable, SlicePicture
from maskeditor.ui.views.triplanar import PLANES, TriplanarView
from tests.ui.test_views import levels

SIZE = 150
POINTS = [(75.0 + 3 * step, 74.0 + step * step / 8, 70.0) for step in range(12)]


@dataclass
class Board:
    """Three planes, two masks, and a stroke on the first."""

    views: TriplanarView
    viewer: Viewer
    layers: Layers
    before: Scene
    stroke: Stroke

    def settle(self) -> None:
        QApplication.sendPostedEvents()
        QApplication.processEvents()

    def draw(self, point: tuple[float, float, float]) -> None:
        box = self.stroke.add(point)
        if box is not None:
            self.views.refresh(box)

    def check(self) -> None:
        """Check that the planes look as if all were worked out now, with a stroke drawn anew."""
        operation = self.stroke.operation()
        assert operation is not None
        again = Stroke(self.before, operation)
        for point in operation.points:
            again.add(point)
        layers = Layers()
        layers.show(self.layers.layers, self.layers.active)
        layers.stroke = again
        for plane, view in self.views.views.items():
            anew = SlicePicture(self.viewer, layers, PixelTable(self.viewer, layers), plane)
            assert view.picture.image() == anew.image(), plane
            painted = levels(view.canvas.grab().toImage())
            view.canvas.scaled[0].stale(None)
            whole = levels(view.canvas.grab().toImage())
            assert np.abs(painted - whole).max() <= 1, plane  # Qt rounds what it blends


def brush(radius: float, **settings: Any) -> Paint:
    """Return a stroke of no points that matter."""
    return Paint(points=((0, 0, 0),), radius=radius, **settings)


def board(qtbot: QtBot, like: Paint, order: str = "F") -> Board:
    rng = np.random.default_rng(0)
    values = np.array(rng.integers(0, 1000, (SIZE,) * 3), np.int16, order=order)  # type: ignore[call-overload]
    volume = Volume(values, Geometry((SIZE,) * 3, np.eye(4)))
    viewer, layers = Viewer(), Layers()
    views = TriplanarView(viewer, layers)
    viewer.changed.connect(views.follow)
    qtbot.addWidget(views)
    views.resize(700, 600)
    views.show()
    qtbot.waitExposed(views)
    viewer.set_volume(volume)
    mask, other = (MaskBits.of(np.asfortranarray(rng.random(values.shape) < share)) for share in (0.3, 0.1))
    layers.show([Layer(mask, (230, 60, 60)), Layer(other, (60, 60, 230))], active=0)
    before = Scene(volume, mask, mask.bounds())
    made = Board(views, viewer, layers, before, Stroke(before, like))
    layers.stroke = made.stroke
    views.refresh()
    made.settle()
    return made


@pytest.mark.parametrize(
    ("like", "order"),
    [
        (brush(60.0, shape="sphere"), "F"),
        (brush(60.0, shape="sphere", lower=300.0, mode="erase"), "F"),
        (brush(60.0), "F"),
        (brush(60.0, upper=500.0, mode="erase"), "C"),
        (brush(3.0, shape="sphere", mode="erase"), "F"),
    ],
)
def test_what_is_seen_is_what_is_drawn(qtbot: QtBot, like: Paint, order: str) -> None:
    made = board(qtbot, like, order)
    for number, point in enumerate(POINTS):
        made.draw(point)
        # As the window does with a small brush; the volume of a large one lags behind.
        if not made.stroke.is_large or number == 7:
            made.stroke.work_out()
        if number != 4:  # several points between two paints
            made.settle()
            made.check()


def test_nothing_stays_of_before_when_the_view_changes_between_two_points(qtbot: QtBot) -> None:
    made = board(qtbot, brush(60.0, shape="sphere"))
    i, j, k = made.viewer.state.crosshair
    made.viewer.set_images({"map": made.before.volume})
    changes: list[dict[str, object]] = [
        {"window": (100.0, 400.0)},
        {"outline": True},
        {"outline": False},
        {"crosshair": (i + 4, j - 3, k + 2)},
        {"displays": (Display("map", (0.0, 900.0), opacity=0.4),)},
        {"displays": ()},
        {"masks_hidden": True},
        {"masks_hidden": False},
        {"opacity": 0.9},
        {"smooth": True},
    ]
    for point, change in zip(POINTS, changes, strict=False):
        made.draw(point)
        made.viewer.change(**change)
        made.draw((point[0] + 1, *point[1:]))
        made.settle()
        made.check()


@pytest.mark.parametrize("shape", ["sphere", "disc"])
def test_a_point_costs_what_is_new(qtbot: QtBot, shape: str) -> None:
    made = board(qtbot, brush(60.0, shape=shape))
    for point in POINTS[:4]:
        made.draw(point)
        made.settle()
    views = [made.views.views[plane] for plane in PLANES]
    looked_up = [view.picture.looked_up for view in views]
    drawn = [view.canvas.scaled[0].drawn for view in views]
    seen = [made.stroke.slice(view.picture.axis, view.picture.index) for view in views]
    before = [0 if mask is None else mask.sum() for mask in seen]
    made.draw(POINTS[4])
    made.settle()
    for view, looked, count in zip(views, looked_up, before, strict=True):
        now = made.stroke.slice(view.picture.axis, view.picture.index)
        new = (0 if now is None else now.sum()) - count
        # Of what is new, three of ten voxels were in the mask before; of a disc seen from its edge, three lines change.
        assert view.picture.looked_up - looked <= max(2 * new, 3 * SIZE)
    # The part of the disc before which the brush goes, here aslant; in the plane across its way, something is new all
    # round.
    discs = sum(view.canvas.scaled[0].drawn for view in views) - sum(drawn)
    assert discs < 2.5 * (120 * views[0].canvas.camera.scale + 4) ** 2
