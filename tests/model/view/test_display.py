"""How further images are looked at: windows, thresholds and records, and the levels that are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.label_images import label_image_of
from maskeditor.model.view import display as module
from maskeditor.model.view.display import DIVERGING, FIRST_MAP, Display, DisplayedImage, first_display
from maskeditor.model.view.label_pixels import borders
from maskeditor.model.view.pixels import to_levels
from maskeditor.model.view.viewer import Viewer

SHAPE = (5, 6, 7)
GRID = Geometry(SHAPE, np.eye(4))


def volume(dtype: str, slope: float = 1.0, intercept: float = 0.0, frames: int = 1) -> Volume:
    values = np.random.default_rng(1).uniform(-90, 100, (*SHAPE, frames)).clip(0 if dtype[0] == "u" else None)
    stored = np.asfortranarray(values[..., 0] if frames == 1 else values).astype(dtype, order="F")
    return Volume(stored, GRID, slope, intercept)


def drawn(image: DisplayedImage, display: Display, axis: int, index: int, frame: Any = 0) -> np.ndarray:
    shape = tuple(size for other, size in enumerate(SHAPE) if other != axis)
    return image.levels_of(display, axis, index, frame, np.empty(shape, np.float32))


def test_a_window_is_in_order_and_round_zero_where_the_map_is_diverging() -> None:
    display = Display("t").changed(window=(5, -2))
    assert display.window == (-2.0, 5.0)
    assert display.changed(colour_map=DIVERGING).window == (-5.0, 5.0)
    assert display.changed(colour_map=DIVERGING).changed(window=(-5, 3)).window == (-5.0, 5.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"window": (0, math.inf)}, "two finite numbers"),
        ({"threshold": -1}, "0 or greater"),
        ({"threshold": math.nan}, "0 or greater"),
        ({"opacity": 1.5}, "from 0 to 1"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(MaskEditorError, match=words):
        Display("t").changed(**values)


def test_a_record_is_read_again_and_nothing_else() -> None:
    display = Display("t", (-3.0, 3.0), DIVERGING, None, 0.4, False, frame="mean")
    record = display.to_record()
    assert Display.from_record(record) == display
    older = {key: value for key, value in record.items() if key not in ("outline", "sign", "frame")}
    assert Display.from_record(older) == display.changed(frame=None)
    below = display.changed(sign="below", threshold=-2.5)
    assert Display.from_record(below.to_record()) == below
    for key, value in (
        ("window", [0]),
        ("window", [0, math.nan]),
        ("window", "ab"),
        ("threshold", -1),
        ("threshold", "high"),
        ("opacity", 7),
        ("visible", 1),
        ("name", 3),
        ("sign", "beside"),
        ("sign", ["both"]),
        ("frame", -1),
        ("frame", True),
        ("frame", "last"),
    ):
        assert Display.from_record(record | {key: value}) is None
    assert Display.from_record(record | {"outline": 1}) is None
    # Records of before there were outlines.
    assert Display.from_record({key: value for key, value in record.items() if key != "outline"}) == display
    assert Display.from_record({}) is None
    assert Display.from_record([record]) is None


def test_maps_of_both_signs_are_drawn_round_zero() -> None:
    assert first_display("t", volume("f4")).colour_map == DIVERGING
    low, high = first_display("t", volume("f4")).window
    assert low == -high
    # A CT is of both signs as well, but is no map; nor is what is hardly below zero anywhere.
    assert first_display("ct", volume("i2")).colour_map == FIRST_MAP
    almost = Volume(np.where(volume("f4").stored < -89, -1e-3, 50).astype(np.float32), GRID)
    assert first_display("soft", almost).colour_map == FIRST_MAP


@pytest.mark.parametrize(("dtype", "slope", "intercept"), [("f4", 1, 0), ("i2", 1, 0), ("u1", -0.5, 7), ("f8", 2, -3)])
@pytest.mark.parametrize("threshold", [None, 0.0, 12.5])
def test_levels_are_those_of_a_slow_formula(
    dtype: str, slope: float, intercept: float, threshold: float | None
) -> None:
    image = DisplayedImage(volume(dtype, slope, intercept))
    display = Display("t", (-40.0, 60.0), threshold=threshold)
    for axis in range(3):
        got, values = drawn(image, display, axis, 2), image.volume.intensities().take(2, axis=axis).astype(float)
        is_clear = np.zeros(values.shape, bool) if threshold is None else np.abs(values) <= threshold
        np.testing.assert_array_equal(got == 0, is_clear)
        expected = np.floor((values + 40) * 255 / 100 + 0.5).clip(1, 255)
        assert np.abs(got.astype(int) - expected)[~is_clear].max() <= 1


def test_not_a_number_is_clear_in_any_case() -> None:
    values = np.array([[np.nan, 0.0, 5.0]], np.float32)
    out, scratch = np.empty((1, 3), np.uint8), np.empty((1, 3), np.float32)
    for clear, expected in ((None, [0, 1, 255]), ((0.0, 0.0), [0, 0, 255])):
        to_levels(values, (0, 5), clear, out, scratch)
        assert out.tolist() == [expected]


def test_whole_numbers_are_compared_with_a_threshold_between_them() -> None:
    values = np.array([[-3, -2, 2, 3]], np.int16)
    out, scratch = np.empty((1, 4), np.uint8), np.empty((1, 4), np.float32)
    to_levels(values, (-4, 4), (-2.5, 2.5), out, scratch)
    assert (out != 0).tolist() == [[True, False, False, True]]


def test_levels_of_the_whole_volume_are_those_of_its_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 1)
    image, display = DisplayedImage(volume("f4", frames=2)), Display("t", (-40.0, 60.0), threshold=20.0)
    slices = {(axis, frame): drawn(image, display, axis, 3, frame) for axis in range(3) for frame in range(2)}
    assert image.wants_levels(display, 1)
    image.take_levels(image.levels(display, 1))
    assert not image.wants_levels(display, 1)
    # Nor is another volume, window or threshold drawn from them.
    assert image.wants_levels(display, 0)
    assert image.wants_levels(display.changed(window=(0, 1)), 1)
    assert image.wants_levels(display.changed(threshold=3), 1)
    for (axis, frame), expected in slices.items():
        np.testing.assert_array_equal(drawn(image, display, axis, 3, frame), expected)
    monkeypatch.setattr(image, "slice", None)  # no value is looked at again
    drawn(image, display, 0, 3, 1)


def test_small_images_are_drawn_from_their_values() -> None:
    assert not DisplayedImage(volume("f4")).wants_levels(Display("t"), 0)


@pytest.mark.parametrize(
    ("frames", "shown", "own", "expected"),
    [
        (3, 2, None, 2),
        (3, "mean", None, "mean"),
        (3, (1, 2), None, 0),
        (2, 2, None, 0),
        (1, 2, None, 0),
        (2, 2, 1, 1),
        (2, 0, 7, 1),  # of a series that was longer when this was chosen
        (2, 0, "mean", "mean"),
    ],
)
def test_which_volume_in_time_is_drawn(frames: int, shown: Any, own: Any, expected: Any) -> None:
    viewer, display = Viewer(), Display("t", frame=own)
    viewer.set_volume(volume("f4", frames=3))
    viewer.set_frame(shown)
    viewer.set_images({"t": volume("f4", frames=frames)})
    image = viewer.images["t"]
    assert viewer.wanted_frame(display, image) == expected
    # Until its mean is worked out, its first volume is seen.
    assert viewer.overlay_frame(display, image) == (0 if expected == "mean" else expected)
    viewer.set_image_mean(image, image.volume.intensities().copy())
    assert viewer.overlay_frame(display, image) == expected


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (-0.5, 7)])
def test_the_mean_of_a_series_is_drawn_in_intensities(slope: float, intercept: float) -> None:
    series = volume("i2", slope, intercept, frames=3)
    image, display = DisplayedImage(series), Display("t", (-40.0, 60.0), threshold=5.0, frame="mean")
    image.mean = mean = series.scaled(series.stored).mean(axis=3)
    expected = drawn(DisplayedImage(Volume(mean, GRID)), display, 1, 3)
    np.testing.assert_array_equal(drawn(image, display, 1, 3, "mean"), expected)
    assert image.intensity((1, 2, 3), "mean") == mean[1, 2, 3]


@pytest.mark.parametrize(("dtype", "slope"), [("f4", 1), ("i2", 1), ("u1", -0.5)])
def test_a_threshold_may_have_one_side(dtype: str, slope: float) -> None:
    image = DisplayedImage(volume(dtype, slope))
    values = image.volume.intensities().take(2, axis=0).astype(float)
    for sign, threshold, is_drawn in (
        ("above", 12.5, values > 12.5),
        ("above", -20.0, values > -20),
        ("below", -12.5, values < -12.5),
        ("below", 30.0, values < 30),
        ("both", 12.5, abs(values) > 12.5),
    ):
        display = Display("t", (-40.0, 60.0)).changed(threshold=threshold, sign=sign)
        np.testing.assert_array_equal(drawn(image, display, 0, 2) != 0, is_drawn, err_msg=f"{sign} {threshold}")
    with pytest.raises(MaskEditorError, match="0 or greater"):
        Display("t", sign="above").changed(threshold=-1, sign="both")


def test_what_lies_over_the_image_in_order() -> None:
    viewer, heard = Viewer(), []
    viewer.set_volume(volume("i2"))
    viewer.changed.connect(heard.append)
    one, other = volume("f4"), volume("f4")
    viewer.set_images({"b": one, "a": other})
    viewer.change(displays=(Display("a"), Display("b"), Display("gone")))
    assert [display.name for display, _ in viewer.overlays] == ["a", "b"]
    kept = viewer.images["a"]
    viewer.set_images({"a": other})
    assert viewer.images["a"] is kept
    assert heard == [{"images"}, {"displays"}, {"images"}]
    viewer.change_display("a", visible=False)
    assert viewer.overlays == []
    viewer.change_display("a", visible=True, opacity=0.5)
    assert viewer.display("a") == Display("a", opacity=0.5)
    viewer.change(overlays_hidden=True)
    assert viewer.overlays == []
    viewer.set_volume(volume("i2"))
    assert viewer.images == {}
    assert viewer.state.displays == ()


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_labels_at_the_border_of_their_box_have_an_outline(dtype: str) -> None:
    stored = np.zeros(SHAPE, dtype, order="F")
    stored[1:4, 1:5, 2:5] = 3  # all that has a label, of one
    image = DisplayedImage(Volume(stored, GRID))
    image.labels = label_image_of(image.volume, {})
    assert image.labels is not None
    assert image.labels.box == Box((1, 1, 2), (4, 5, 5))
    for axis, index in enumerate((2, 3, 3)):
        seen = np.zeros(tuple(np.delete(SHAPE, axis)), bool)
        seen[image.box_of(image.labels).spans(axis)] = borders(image.places(image.labels, axis, index, 0))
        inside = np.take(stored, index, axis) != 0
        np.testing.assert_array_equal(seen & inside, inside & ~ndimage.binary_erosion(inside))
