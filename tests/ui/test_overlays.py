"""Further images over the one that is edited on: what is drawn, voxel for voxel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import COLOURS
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.model.label_colours import colour_of
from maskeditor.model.label_images import label_image_of
from maskeditor.model.view.comparison import HOWS, Comparison, How
from maskeditor.model.view.display import DIVERGING, LABELS, Display, DisplayedImage
from maskeditor.model.view.label_pixels import label_colours
from maskeditor.model.view.layers import Layer, Layers
from maskeditor.model.view.pixels import FIRST_LAYER, HALO, HALO_OPACITY, NOTHING, compose, overlay_table
from maskeditor.model.view.state import ViewState
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.colour_maps import COLOUR_MAPS, colour_map, colour_strip
from maskeditor.ui.views import picture as picture_module
from maskeditor.ui.views import sheets as sheets_module
from maskeditor.ui.views.picture import SlicePicture
from maskeditor.ui.views.sheets import PixelTable

SHAPE = (9, 10, 11)
RED = (230, 60, 60)
MAP = Display("t", (-6.0, 6.0), DIVERGING, threshold=2.0, opacity=0.6)
SOFT = Display("soft", (0.0, 100.0), "viridis", threshold=None, opacity=0.3)


class Stage:
    """An image with two further images and a mask."""

    def __init__(self, order: Literal["C", "F"]) -> None:
        rng, grid = np.random.default_rng(0), Geometry(SHAPE, np.eye(4))
        self.base = np.asarray(rng.integers(0, 255, SHAPE), np.int16, order=order)
        self.t = np.asfortranarray(rng.normal(0, 3, SHAPE).astype(np.float32))
        self.soft = np.asarray(rng.uniform(-10, 110, SHAPE), np.float64, order="C")
        self.mask = np.asfortranarray(rng.random(SHAPE) > 0.6)
        self.viewer, self.layers = Viewer(), Layers()
        self.viewer.set_volume(Volume(self.base, grid))
        self.viewer.change(window=(0.0, 255.0))
        self.bits = MaskBits.of(self.mask)
        self.layers.show([Layer(self.bits, RED)], active=0)
        self.viewer.set_images({"t": Volume(self.t, grid), "soft": Volume(self.soft, grid)})
        self.viewer.change(displays=(SOFT, MAP))
        table = PixelTable(self.viewer, self.layers)
        self.pictures = [SlicePicture(self.viewer, self.layers, table, plane) for plane in Plane]

    def expected(self, axis: int, index: int) -> np.ndarray:
        """Return red, green and blue of a slice by plain blending, one layer after the other."""
        made = self.base.take(index, axis).astype(float)[..., None].repeat(3, -1)
        for values, display in ((self.soft, SOFT), (self.t, MAP)):
            cut, (low, high) = values.take(index, axis), display.window
            level = np.floor((cut - low) * 255 / (high - low) + 0.5).clip(1, 255).astype(int)
            weight = np.where(
                np.abs(cut) > (-1 if display.threshold is None else display.threshold), display.opacity, 0
            )
            made = made * (1 - weight[..., None]) + colour_map(display.colour_map)[level] * weight[..., None]
        return masked(self, axis, index, made)


LABELLED = Display("atlas", colour_map=LABELS, opacity=0.7)


def with_atlas(stage: Stage, dtype: Any, outline: bool, on_top: bool) -> None:
    """Lay labels over the image alone, or under the map as well; some of them are named, one far out of the others."""
    atlas = np.asfortranarray(np.random.default_rng(3).choice([0, 3, 40], (3, 5, 11)).repeat(3, 0).repeat(2, 1))
    if dtype == np.float32:
        atlas = np.where(atlas == 40, 614_454, atlas)
    stage.atlas = atlas.astype(dtype, order="F")
    volume = Volume(stage.atlas, stage.viewer.volume.geometry)
    labels = label_image_of(volume, {3: NamedLabel("three", (10, 200, 30))})
    images = {name: image.volume for name, image in stage.viewer.images.items()}
    stage.viewer.set_images(images | {"atlas": volume}, {"atlas": labels})
    shown = LABELLED.changed(outline=outline)
    stage.viewer.change(displays=(shown,) if on_top else (shown, MAP))
    stage.layers.show([Layer(stage.bits, RED)], active=0)


def expected_of_labels(stage: Stage, axis: int, index: int, outline: bool, on_top: bool) -> np.ndarray:
    made = stage.base.take(index, axis).astype(float)[..., None].repeat(3, -1)
    cut = stage.atlas.take(index, axis).astype(int)
    is_seen = cut != 0
    if outline:
        around = np.pad(cut, 1, mode="edge")
        beside = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
        is_seen &= np.logical_or.reduce([cut != other for other in beside])
    colours = {0: (0, 0, 0), 3: (10, 200, 30), 40: colour_of(40), 614_454: colour_of(614_454)}
    painted = np.array([colours[number] for number in cut.ravel().tolist()]).reshape(*cut.shape, 3)
    layers = [(np.where(is_seen, 0.7, 0), painted)]
    if not on_top:
        t = stage.t.take(index, axis)
        level = np.floor((t + 6) * 255 / 12 + 0.5).clip(1, 255).astype(int)
        layers.append((np.where(np.abs(t) > 2, MAP.opacity, 0), colour_map(DIVERGING)[level]))
    for weight, colour in layers:
        made = made * (1 - weight[..., None]) + colour * weight[..., None]
    return masked(stage, axis, index, made)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
@pytest.mark.parametrize("outline", [False, True])
@pytest.mark.parametrize("on_top", [False, True])
def test_labels_are_drawn_in_their_colours(stage: Stage, dtype: Any, outline: bool, on_top: bool) -> None:
    with_atlas(stage, dtype, outline, on_top)
    for ahead in (False, True):
        image = stage.viewer.images["atlas"]
        if ahead and dtype == np.float32:
            image.take_levels(image.levels(stage.viewer.state.displays[0], 0))
        for picture in stage.pictures:
            picture.stale_slice()
            wanted = expected_of_labels(stage, picture.axis, picture.index, outline, on_top)
            assert np.abs(seen(picture) - wanted).max() <= 2.0
    # A part of it, after the mask has changed there.
    box = Box((3, 4, 2), (6, 8, 9))
    stage.mask[box.slices] ^= True
    stage.bits = MaskBits.of(stage.mask)
    stage.layers.show([Layer(stage.bits, RED)], active=0)
    for picture in stage.pictures:
        assert picture.stale_masks(box) is not None
        wanted = expected_of_labels(stage, picture.axis, picture.index, outline, on_top)
        assert np.abs(seen(picture) - wanted).max() <= 2.0


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
@pytest.mark.parametrize("outline", [False, True])
@pytest.mark.parametrize("on_top", [False, True])
def test_labels_and_masks_cost_what_they_take_of_a_slice(
    stage: Stage, dtype: Any, outline: bool, on_top: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[int] = []
    monkeypatch.setattr(
        sheets_module, "compose", lambda levels, *args: looked_up.append(levels.size) or compose(levels, *args)
    )
    with_atlas(stage, dtype, outline, on_top)
    there = Box((5, 4, 6), (7, 6, 9))
    stage.atlas = np.where(in_box(there), np.maximum(stage.atlas, 3), 0).astype(dtype, order="F")
    volume, others = Volume(stage.atlas, stage.viewer.volume.geometry), stage.viewer.images
    labels = label_image_of(volume, {3: NamedLabel("three", (10, 200, 30))})
    assert labels is not None
    assert labels.box == there
    stage.viewer.set_images({"t": others["t"].volume, "atlas": volume}, {"atlas": labels})
    if dtype == np.float32:  # whose places are worked out for all slices
        drawn = stage.viewer.images["atlas"]
        drawn.take_levels(drawn.levels(LABELLED, 0))
    # A mask apart from the labels, one that reaches into them, and one in a corner.
    for mask in (Box((1, 1, 2), (3, 4, 8)), Box((1, 1, 2), (6, 5, 8)), Box((0, 9, 10), (1, 10, 11))):
        stage.mask = in_box(mask)
        stage.bits = MaskBits.of(stage.mask)
        stage.layers.show([Layer(stage.bits, RED)], active=0)
        for crosshair in ((6, 5, 7), (2, 2, 3), (0, 9, 10), (6, 2, 3)):
            stage.viewer.set_crosshair(crosshair)
            for picture in stage.pictures:
                looked_up.clear()
                picture.stale_slice()
                wanted = expected_of_labels(stage, picture.axis, picture.index, outline, on_top)
                assert np.abs(seen(picture) - wanted).max() <= 2.0
                if on_top:  # the labels alone, or they and the mask, with a voxel on every side
                    both = there.grown(1, SHAPE)
                    if stage.layers.states(picture.axis, picture.index) is not None:
                        both = both.union(stage.bits.held_box.grown(1, SHAPE))
                    assert sum(looked_up) <= np.prod([s.stop - s.start for s in both.spans(picture.axis)])


def in_box(box: Box) -> np.ndarray:
    """Return a mask of the voxels in a box."""
    mask = np.zeros(SHAPE, bool)
    mask[box.slices] = True
    return mask


@pytest.mark.parametrize(("dtype", "most"), [(np.int16, 40), (np.int16, 30_000), (np.uint16, 65_535), (np.float32, 40)])
@pytest.mark.parametrize("layers", [1, 200])
def test_masks_lie_over_labels_however_many_there_are_of_both(stage: Stage, dtype: Any, most: int, layers: int) -> None:
    # With few labels and masks, both are looked up together.
    with_atlas(stage, np.int16, False, True)
    stage.atlas = np.where(stage.atlas == 40, most, stage.atlas).astype(dtype, order="F")
    volume = Volume(stage.atlas, stage.viewer.volume.geometry)
    stage.viewer.set_images({"atlas": volume}, {"atlas": label_image_of(volume, {3: NamedLabel("", (10, 200, 30))})})
    nothing = MaskBits.of(np.zeros(SHAPE, bool, order="F"))
    stage.layers.show([*[Layer(nothing, (0, 0, 0))] * (layers - 1), Layer(stage.bits, RED)], active=0)
    for picture in stage.pictures:
        colours = np.zeros((most + 1, 3))
        colours[3], colours[most] = (10, 200, 30), colour_of(most)
        cut = stage.atlas.take(picture.index, picture.axis).astype(int)
        base = stage.base.take(picture.index, picture.axis).astype(float)[..., None].repeat(3, -1)
        made = base + np.where(cut != 0, LABELLED.opacity, 0)[..., None] * (colours[cut] - base)
        wanted = masked(stage, picture.axis, picture.index, made)
        assert np.abs(seen(picture) - wanted).max() <= 2.0


def test_labels_cost_a_table_and_no_volume(stage: Stage) -> None:
    with_atlas(stage, np.int16, False, True)
    image = stage.viewer.images["atlas"]
    assert not image.wants_levels(stage.viewer.state.displays[0], 0)
    places = image.places(image.labels, 2, 4, 0)
    assert places.nbytes == 2 * SHAPE[0] * SHAPE[1]
    colours, weight = label_colours(image.labels, 1.0)
    assert colours.shape == (42, 3)  # one for each value, and one that is clear
    assert weight.shape == (42, 1)


def seen(picture: SlicePicture) -> np.ndarray:
    """Return red, green and blue of a picture, in the order of the slice's axes."""
    return pixels(picture, picture.image())


def pixels(picture: SlicePicture, image: QImage) -> np.ndarray:
    """Return red, green and blue of one of the images of a picture, in the order of the slice's axes."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    lines = np.array(
        [[image.pixelColor(x, y).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    )
    return lines.swapaxes(0, 1) if picture.is_fortran else lines


@pytest.fixture(params=["C", "F"])
def stage(request: pytest.FixtureRequest, qapp: QApplication) -> Stage:
    return Stage(request.param)


def test_overlays_lie_over_the_image_and_under_the_masks(stage: Stage) -> None:
    for picture in stage.pictures:
        difference = np.abs(seen(picture) - stage.expected(picture.axis, picture.index))
        assert difference.max() <= 2.0  # three times rounded to whole steps of 255


def test_what_is_composed_in_parts_is_what_is_composed_whole(stage: Stage) -> None:
    for picture in stage.pictures:
        picture.image()
    box = Box((3, 4, 2), (6, 8, 9))
    stage.mask[box.slices] ^= True
    stage.bits = MaskBits.of(stage.mask)
    stage.layers.layers = (Layer(stage.bits, RED),)
    stage.layers._kept.clear()
    stage.layers._eights.clear()
    for picture in stage.pictures:
        assert picture.stale_masks(box) is not None
        assert np.abs(seen(picture) - stage.expected(picture.axis, picture.index)).max() <= 2.0


def test_only_visible_overlays_cost(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = DisplayedImage.levels_of

    def noted(self: DisplayedImage, display: Display, *rest: object) -> np.ndarray:
        written.append(display.name)
        return write(self, display, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DisplayedImage, "levels_of", noted)
    picture = stage.pictures[0]
    before = seen(picture)
    assert written == ["soft", "t"]
    # Colours, opacity and masks ask for no values again; a window asks for those of its image.
    stage.viewer.change_display("t", opacity=0.2, colour_map="hot")
    picture.stale_overlays()
    picture.stale_masks(None)
    picture.stale_window()
    picture.image()
    assert written == ["soft", "t"]
    stage.viewer.change_display("t", window=(0, 3))
    picture.stale_overlays()
    picture.image()
    assert written == ["soft", "t", "t"]
    stage.viewer.change_display("t", visible=False)
    stage.viewer.change_display("soft", visible=False)
    picture.stale_overlays()
    picture.stale_slice()
    alone = seen(picture)
    assert written == ["soft", "t", "t"]
    stage.viewer.change(overlays_hidden=True, displays=(SOFT, MAP))
    picture.stale_overlays()
    assert (seen(picture) == alone).all()
    stage.viewer.change(overlays_hidden=False)
    picture.stale_overlays()
    assert (seen(picture) == before).all()


def other(stage: Stage, axis: int, index: int, display: Display, values: np.ndarray) -> np.ndarray:
    """Return red, green and blue of a further image by itself, where it is not clear."""
    cut, (low, high) = values.take(index, axis), display.window
    level = np.floor((cut - low) * 255 / (high - low) + 0.5).clip(1, 255).astype(int)
    return colour_map(display.colour_map)[level].astype(float)


def masked(stage: Stage, axis: int, index: int, colours: np.ndarray) -> np.ndarray:
    """Return colours with the mask over them, which has a dark halo where further images are drawn."""
    mask = stage.mask.take(index, axis)
    if stage.viewer.drawn:
        around = np.pad(mask, 1)
        beside = around[:-2, 1:-1] | around[2:, 1:-1] | around[1:-1, :-2] | around[1:-1, 2:]
        colours = colours * (1 - HALO_OPACITY * (beside & ~mask)[..., None])
    weight = np.where(mask, stage.viewer.state.opacity, 0)[..., None]
    return colours * (1 - weight) + np.array(RED) * weight


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("how", HOWS)
def test_two_images_are_compared_with_the_masks_over_both(stage: Stage, how: How, swapped: bool) -> None:
    comparison = Comparison("soft", how, share=0.3, square=3.0, swapped=swapped)
    stage.viewer.change(comparison=comparison)
    for picture in stage.pictures:
        axis, index, plane_map = picture.axis, picture.index, stage.viewer.plane_map(picture.plane)
        base = masked(stage, axis, index, stage.base.take(index, axis).astype(float)[..., None].repeat(3, -1))
        soft = masked(stage, axis, index, other(stage, axis, index, SOFT, stage.soft))
        first, second = (soft, base) if swapped else (base, soft)
        images = picture.images()
        assert len(images) == (2 if how == "side by side" else 1)
        got = seen(picture)
        if how == "side by side":
            assert np.abs(pixels(picture, images[1]) - second).max() <= 1.0
        if how == "blend":
            expected = first * 0.7 + second * 0.3
        elif how == "checkerboard":
            board = np.indices(first.shape[:2]) // 3 % 2
            expected = np.where((board[0] != board[1])[..., None], second, first)
        elif how == "swipe":
            place, _ = comparison.edge(plane_map)
            left, _ = comparison.sides(plane_map)
            is_left = np.zeros(first.shape[:2], bool)
            is_left[(slice(None),) * place + (left,)] = True
            expected = np.where(is_left[..., None], first, second)
        else:
            expected = first
        assert np.abs(got - expected).max() <= 2.0


def test_a_line_that_moves_has_no_more_worked_out_than_it_passes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[int] = []
    work = sheets_module.compose

    def noted(grey: np.ndarray, *rest: object) -> None:
        looked_up.append(grey.size)
        work(grey, *rest)  # type: ignore[arg-type]

    for module in (picture_module, sheets_module):
        monkeypatch.setattr(module, "compose", noted)
    stage.viewer.change(comparison=Comparison("soft", "swipe", share=0.5))
    for picture in stage.pictures:
        whole = picture.image().width() * picture.image().height()
        assert sum(looked_up) == whole  # each voxel once, of one image or of the other
        looked_up.clear()
        for share in (0.6, 0.4, 0.0, 0.5, 1.0):
            stage.viewer.change_comparison(share=share)
            assert picture.stale_comparison() is not None
            moved = seen(picture)
            assert sum(looked_up) < whole
            picture.stale_overlays()
            assert (seen(picture) == moved).all()
            looked_up.clear()


@pytest.mark.parametrize("name", ["t", "atlas"])
def test_what_is_clear_by_choice_lies_over_the_image_below(stage: Stage, name: str) -> None:
    with_atlas(stage, np.int16, False, False)
    for picture in stage.pictures:
        stage.viewer.change(displays=tuple(one for one in (LABELLED, MAP) if one.name == name), comparison=None)
        picture.stale_comparison()
        over = seen(picture)
        for how in HOWS:
            stage.viewer.change(comparison=Comparison(name, how, share=0.0, swapped=True))
            picture.stale_comparison()
            if how in ("side by side", "blend", "blink"):
                assert np.abs(seen(picture) - over).max() <= 1.0


def test_what_is_hidden_of_two_is_not_gathered(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = DisplayedImage.levels_of

    def noted(self: DisplayedImage, display: Display, *rest: object) -> np.ndarray:
        written.append(display.name)
        return write(self, display, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DisplayedImage, "levels_of", noted)
    picture = stage.pictures[0]
    for how in HOWS:
        stage.viewer.change(comparison=Comparison("soft", how))
        picture.stale_comparison()
        picture.image()
    assert written == ["soft"]  # whatever the way, the levels that are there do
    stage.viewer.change(comparison=Comparison("t", "blink"))
    picture.stale_comparison()
    picture.image()
    assert written == ["soft"]


def test_the_image_below_may_be_faint_or_hidden(stage: Stage) -> None:
    picture = stage.pictures[0]
    base = stage.base.take(picture.index, picture.axis).astype(float)[..., None].repeat(3, -1)
    stage.viewer.change(displays=())
    for values, strength in (({"image_opacity": 0.25}, 0.25), ({"image_visible": False}, 0.0)):
        stage.viewer.change(**values)
        picture.stale_overlays()
        expected = masked(stage, picture.axis, picture.index, base * strength)
        assert np.abs(seen(picture) - expected).max() <= 1.0


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_a_mask_of_any_colour_is_seen_on_any_overlay(name: str) -> None:
    table = overlay_table(colour_map(name), 1.0, COLOURS, ViewState().opacity).reshape(256, 256)
    colours = table[:, 1:, None] >> np.uint32([16, 8, 0]) & 255
    plain, halo, masks = colours[NOTHING].astype(int), colours[HALO], colours[FIRST_LAYER:][: len(COLOURS)]
    # By its own colour or by its halo: either differs by a sixth of the range of a channel.
    by_halo = np.abs(halo - plain).max(axis=-1)
    by_colour = np.abs(masks - plain).max(axis=-1)
    assert np.maximum(by_halo, by_colour).min() > 255 / 6


@pytest.mark.parametrize(
    ("changes", "drawn"),
    [
        ({"threshold": 2.0}, lambda t: np.abs(t) > 2),
        ({"threshold": 2.0, "sign": "above"}, lambda t: t > 2),
        ({"threshold": -2.0, "sign": "below"}, lambda t: t < -2),
        ({"threshold": None}, lambda t: t == t),
    ],
)
def test_the_strip_of_colours_is_clear_where_the_map_is(changes: dict[str, Any], drawn: Any) -> None:
    display = Display("t").changed(window=(-6.0, 6.0), colour_map=DIVERGING, **changes)
    strip = colour_strip(display.colour_map, display.window, display.clear)
    opaque = [strip.pixelColor(x, 0).alpha() == 255 for x in range(256)]
    assert opaque == drawn(np.linspace(-6, 6, 256)).tolist()
    first = next(x for x in range(256) if opaque[x])
    assert list(strip.pixelColor(first, 0).getRgb()[:3]) == colour_map(DIVERGING)[first].tolist()


@pytest.mark.parametrize("name", ["bone", "hot"])
def test_colour_maps_by_their_formula(name: str) -> None:
    # Of MATLAB's documentation: red, green and blue of "hot" rise one after the other, and "bone" is grey with a tinge.
    colours = colour_map(name).astype(int)
    assert colours[0].tolist() == [0, 0, 0]
    assert colours[255].tolist() == [255, 255, 255]
    if name == "hot":
        assert colours[[96, 191]].tolist() == [[255, 1, 0], [255, 254, 0]]
    else:
        assert (colours[16:240, 2] > colours[16:240, 0]).all()
        assert (np.diff(colours.sum(axis=1)) > 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_masks_lie_over_an_image_that_is_of_labels_itself(stage: Stage, dtype: Any) -> None:
    numbers = (0, 3, 40) if dtype == np.uint8 else (0, 3, 1_035)
    atlas = np.asfortranarray(np.random.default_rng(3).choice(numbers, SHAPE).astype(dtype))
    volume = Volume(atlas, Geometry(SHAPE, np.eye(4)))
    stage.viewer.set_volume(volume)
    stage.viewer.set_labels(label_image_of(volume, {3: NamedLabel("three", (10, 200, 30))}))
    stage.viewer.set_images({"t": Volume(stage.t, volume.geometry)})
    stage.viewer.change(colour_map=LABELS)
    colours = np.zeros((1_036, 3))
    colours[3], colours[numbers[2]] = (10, 200, 30), colour_of(numbers[2])
    for how in (None, *HOWS):
        stage.viewer.change(displays=(MAP,) if how else (), comparison=Comparison("t", how, share=0.0) if how else None)
        for picture in stage.pictures:
            picture.stale_slice()
            expected = masked(
                stage, picture.axis, picture.index, colours[atlas.take(picture.index, picture.axis).astype(int)]
            )
            if how in (None, "side by side", "blend", "blink"):
                assert np.abs(seen(picture) - expected).max() <= 2.0
            if how == "side by side":
                # The map is clear up to its threshold, where the labels are seen through it.
                axis, index = picture.axis, picture.index
                t, through = stage.t.take(index, axis), colours[atlas.take(index, axis).astype(int)]
                level = np.floor((t + 6) * 255 / 12 + 0.5).clip(1, 255).astype(int)
                weight = np.where(np.abs(t) > 2, MAP.opacity, 0)[..., None]
                through = masked(stage, axis, index, through * (1 - weight) + colour_map(DIVERGING)[level] * weight)
                assert np.abs(pixels(picture, picture.images()[1]) - through).max() <= 2.0
