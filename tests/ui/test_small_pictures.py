"""A slice that is drawn small looks as if all of it were worked out and drawn by Qt, whatever its size."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRect, QRectF, QSize
from PyQt6.QtGui import QImage, QPainter, QTransform
from PyQt6.QtWidgets import QApplication

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray, Counts
from maskeditor.engine.box import Box
from maskeditor.model.view import slabs_ahead
from maskeditor.model.view.display import Display
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.painting import LINES
from maskeditor.ui.views.picture import SlicePicture
from maskeditor.ui.views.scaled_picture import ScaledPicture
from maskeditor.ui.views.sheets import PixelTable

SHAPE = (300, 260, 200)
VIEW = (110, 90)
#: Pixels of the screen for a voxel, and where the picture begins.
Way = tuple[float, float, float, float]
WAYS: list[Way] = [
    (0.284, 0.284, 3.4, 2.2),
    (-0.3, 0.25, 101.3, 4.7),
    (0.2, -0.2, -10.1, 80.3),
    (-0.125, -0.0977, 77.7, 61.2),
    (0.25, 0.5, 9.8, -20.2),
    (0.0612, 0.31, 40.1, -7.3),
]


class Stroke:
    """A mask that is drawn on in one slice."""

    def __init__(self, drawn: BoolArray, index: int, news: Counts) -> None:
        self._drawn, self._index, self._news = drawn, index, news

    def slice(self, axis: int, index: int) -> BoolArray | None:
        return self._drawn if (axis, index) == (2, self._index) else None

    def whole(self) -> None:
        return None

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        return self._news


class WholePicture(SlicePicture):
    """All of a slice, whatever is looked at."""

    def images(self, sampling: object = None) -> tuple[QImage, ...]:
        return super().images()


@cache
def noise(shape: tuple[int, int, int]) -> tuple[NDArray[np.int16], list[BoolArray]]:
    """Return an image, and two masks of single voxels, of which some are left out."""
    rng = np.random.default_rng(0)
    values = np.asfortranarray(rng.integers(0, 900, shape, np.int16))
    return values, [np.asfortranarray(rng.integers(0, 100, shape, np.uint8) < share) for share in (10, 2)]


class Stage:
    """A slice of a noisy image with two masks over it, drawn small."""

    def __init__(self, plane: Plane = Plane.AXIAL, shape: tuple[int, int, int] = SHAPE) -> None:
        values, masks = noise(shape)
        self.plane, self.viewer, self.layers = plane, Viewer(), Layers()
        self.viewer.set_volume(Volume(values, Geometry(shape, np.eye(4))))
        self.masks = [MaskBits.of(mask) for mask in masks]
        self.layers.show(
            [Layer(mask, colour) for mask, colour in zip(self.masks, ((230, 60, 60), (60, 90, 230)), strict=True)], 0
        )
        self.table = PixelTable(self.viewer, self.layers)
        self.picture = SlicePicture(self.viewer, self.layers, self.table, plane)
        self.scaled = ScaledPicture(self.picture)
        #: The same, of all voxels: a part of a picture that is drawn again is so from where the part begins.
        self.whole = WholePicture(self.viewer, self.layers, PixelTable(self.viewer, self.layers), plane)
        self.scaled_whole = ScaledPicture(self.whole)
        self.viewer.changed.connect(self._follow)

    def _follow(self, changed: frozenset[str]) -> None:
        for picture in (self.picture, self.whole):
            picture.follow(changed)
            if "crosshair" in changed:
                picture.stale_slice()
        for scaled in (self.scaled, self.scaled_whole):
            scaled.stale(None)

    def place(self, way: Way) -> None:
        self.lie(QTransform(way[0], 0, 0, way[1], way[2], way[3]))

    def lie(self, way: QTransform) -> None:
        self.way = way
        for scaled in (self.scaled, self.scaled_whole):
            scaled.place(self.way, True, QSize(*VIEW), 1.0)

    def touch(self, box: Box) -> None:
        for picture, scaled in ((self.picture, self.scaled), (self.whole, self.scaled_whole)):
            part = picture.stale_masks(box)
            if part is not None:
                scaled.stale(part)

    def expected(self) -> QImage:
        """Return what Qt draws of the whole slice, worked out anew."""
        picture = SlicePicture(self.viewer, self.layers, PixelTable(self.viewer, self.layers), self.plane).image()
        drawn = QImage(*VIEW, QImage.Format.Format_RGB32)
        drawn.fill(0xFF000000)
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for top in range(0, VIEW[1], LINES):
            painter.setTransform(QTransform())
            painter.setClipRect(QRect(0, top, VIEW[0], min(LINES, VIEW[1] - top)))
            painter.setTransform(self.way)
            painter.drawImage(QPointF(0, 0), picture)
        painter.end()
        return drawn

    def check(self, is_sampled: bool = True) -> None:
        assert self.scaled.image() == self.expected()
        self.check_part(is_sampled)

    def check_part(self, is_sampled: bool = True) -> None:
        assert self.scaled.image() == self.scaled_whole.image()
        assert (self.picture.sampling is not None) == is_sampled


@pytest.fixture(autouse=True)
def application(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures need one; and slices of this size are gathered ahead as large ones are."""
    monkeypatch.setattr(slabs_ahead, "WORTHWHILE", 1)


@pytest.mark.parametrize("plane", list(Plane))
@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_picture_of_the_whole_slice(plane: Plane, way: Way) -> None:
    stage = Stage(plane)
    stage.place(way)
    stage.check()
    for index in (101, 102, 110, 90, 91, 92):
        stage.viewer.set_crosshair((index, index, index))
        stage.check()


@pytest.mark.parametrize("step", [3.5, 4, 5, 8, 10])
def test_it_is_so_where_pixels_of_the_screen_are_whole_units_apart(step: float) -> None:
    stage = Stage(shape=(470, 252, 2))
    for left in np.arange(0.2, 100, 17.3):
        for way in (1, -1):
            stage.place((way / step, -way / step, float(left), 100.8 - float(left)))
            stage.viewer.set_window(0, 500 + float(left) + way)
            assert stage.scaled.image() == stage.expected()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_it_is_so_at_any_size_and_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stage = Stage(shape=(int(rng.integers(40, 700)), int(rng.integers(40, 500)), 2))
    for _ in range(5):
        across, down = rng.uniform(0.05, 0.33, 2) * rng.choice([-1, 1], 2)
        stage.place((across, down, *rng.uniform(-40, 150, 2)))
        stage.viewer.set_window(0, float(rng.uniform(500, 900)))
        assert stage.scaled.image() == stage.expected()


def _hide(stage: Stage) -> None:
    stage.viewer.change(masks_hidden=not stage.viewer.state.masks_hidden)


@pytest.mark.parametrize(
    "change",
    [
        lambda stage: stage.viewer.set_window(100, 500),
        lambda stage: stage.viewer.change(outline=True),
        lambda stage: stage.viewer.change(opacity=0.9),
        lambda stage: stage.viewer.change(colour_map="hot"),
        _hide,
        lambda stage: stage.viewer.set_crosshair((20, 30, 40)),
    ],
)
def test_it_follows_what_changes(change: Callable[[Stage], None]) -> None:
    stage = Stage()
    stage.place(WAYS[0])
    stage.check()
    change(stage)
    stage.check()


def test_single_voxels_of_masks_and_of_strokes_follow() -> None:
    stage = Stage()
    stage.place(WAYS[0])
    index = stage.viewer.state.crosshair[2]
    for place in [*range(100, 112), 299]:  # some of which are kept, and some not
        box = Box((place, place // 2, index), (place + 1, place // 2 + 1, index + 1))
        stage.check_part()
        stage.masks[0].toggle(Rows.of(box, np.ones((1, 1, 1), bool)))
        stage.layers.touch(0, box)
        stage.touch(box)
        stage.check_part()
    drawn = stage.masks[0].read(Box.whole(SHAPE).across(2, index)).squeeze(2)
    for first in range(5000, 9000, 411):
        news = np.arange(first, first + 30)
        drawn.reshape(-1, order="F")[news] ^= True
        stage.layers.stroke = Stroke(drawn, index, news)
        stage.touch(Box.whole(SHAPE).across(2, index))
        stage.check_part()


def test_a_small_part_is_worked_out_where_it_is_looked_at() -> None:
    stage = Stage()
    stage.place(WAYS[0])
    stage.check_part()
    before = stage.picture.looked_up
    index = stage.viewer.state.crosshair[2]
    stage.touch(Box((100, 100, index), (104, 104, index + 1)))
    stage.check_part()
    assert 0 < stage.picture.looked_up - before <= 6 * 6


def test_whoever_moves_the_slice_waits_for_nothing_and_who_zooms_in_only_once() -> None:
    stage = Stage()
    across, down, left, top = 0.284, 0.284, 3.4, 2.3
    stage.place((across, down, left, top))
    stage.check()
    composed = stage.picture.composed
    stage.place((across, down, left + 7, top - 5))  # by whole pixels of the screen
    stage.check()
    assert stage.picture.composed == composed
    for step in range(1, 4):
        stage.place((across * 1.02**step, down * 1.02**step, left, top))
        stage.check(is_sampled=False)
        assert stage.picture.composed == composed + 1
    stage.viewer.set_crosshair((3, 4, 5))
    stage.check()


def test_all_is_worked_out_where_it_is_large_or_turned_or_has_images_over_it() -> None:
    stage = Stage()
    stage.place(WAYS[0])
    stage.check()
    stage.place((0.9, 0.9, -40.2, -30.3))
    stage.viewer.set_crosshair((3, 4, 5))
    stage.check(is_sampled=False)
    stage.place((*WAYS[0][:2], 3.5, 2.2))  # the middle of a pixel of the screen lies on the edge
    stage.viewer.set_crosshair((5, 4, 6))
    stage.check(is_sampled=False)
    stage.lie(QTransform(0, 0.28, 0.27, 0, 3.3, 2.2))
    stage.viewer.set_crosshair((4, 5, 6))
    stage.check(is_sampled=False)
    stage.place(WAYS[0])
    stage.viewer.set_crosshair((5, 6, 7))
    stage.check()
    grid = stage.viewer.plane_map(Plane.AXIAL).geometry
    values = np.asfortranarray(np.random.default_rng(1).normal(size=SHAPE).astype(np.float32))
    stage.viewer.set_images({"map": Volume(values, grid)})
    stage.viewer.change(displays=(Display("map", (-2.0, 2.0), "hot", 1.0, 0.7),))
    stage.check(is_sampled=False)
    stage.viewer.change(displays=())
    stage.check()


def test_another_image_of_another_size_is_drawn_whole_first() -> None:
    stage = Stage()
    stage.place(WAYS[0])
    stage.check()
    shape = (250, 310, 190)
    stage.layers.show([])
    stage.viewer.set_volume(Volume(np.full(shape, 7, np.int16, order="F"), Geometry(shape, np.eye(4))))
    stage.picture.stale_slice()
    assert stage.picture.is_fortran
    stage.place(WAYS[1])
    stage.check()


@pytest.mark.parametrize("size", [300, 600, 1200])
def test_it_takes_as_many_voxels_whatever_the_size(size: int) -> None:
    stage = Stage(shape=(size, size, 2))
    scale = 80 / size
    stage.place((scale, scale, 4.3, 3.4))
    stage.scaled.image()
    assert stage.picture.looked_up <= 9 * 83**2  # three by three for each pixel of the screen
    covered = QTransform(scale, 0, 0, scale, 4.3, 3.4).mapRect(QRectF(0, 0, size, size)).toRect()
    assert stage.picture.looked_up >= 4 * covered.width() * covered.height()
