"""Grey levels and pixels, against plain slow formulas."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from maskeditor.model.view.pixels import (
    ADDED,
    FIRST_LAYER,
    PREVIEW_COLOURS,
    PREVIEW_OPACITY,
    REMOVED,
    colour_table,
    compose,
    to_grey,
)

GREY = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
TYPES = ["?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]

# What the three kinds of colour blindness see (Machado, Oliveira and Fernandes 2009, severity 1), in linear RGB.
SEEN = {
    "everything": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def greys(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    out, scratch = np.empty_like(values, np.uint8), np.empty_like(values, np.float32)
    to_grey(values, low, high, out, scratch)
    return out


def slow_grey(value: float, low: float, high: float) -> int:
    """Return the grey level of one value, in double precision."""
    if math.isnan(value):
        return 0
    if low == high:
        return 255 * (value > low)
    level = (value - low) * (255 / (high - low))
    return 0 if level <= 0 else 255 if level >= 255 else int(level + 0.5)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("window", [(0, 1), (-3.5, 90.25), (20, 20), (100, -101), (-1e6, 1.1e6)])
def test_grey_levels_of_every_type(dtype: str, window: tuple[float, float]) -> None:
    rng = np.random.default_rng(0)
    values = np.asfortranarray(rng.uniform(-128, 300, (11, 13)).round(1).clip(0 if dtype[0] in "u?" else None))
    values = values.clip(None, 127 if dtype == "i1" else 255).astype(dtype)
    expected = [[slow_grey(float(value), *window) for value in row] for row in values]
    got = greys(values, *window)
    # Single precision may round a value that lies on the border between two levels the other way.
    assert np.abs(got.astype(int) - expected).max() <= 1
    assert (got == expected).mean() > 0.98


@pytest.mark.parametrize("dtype", ["i2", "u2"])
def test_every_value_of_a_small_type(dtype: str) -> None:
    values = np.arange(65536, dtype=np.uint16).view(dtype)
    got = greys(values, 0, 255)
    np.testing.assert_array_equal(got, np.clip(values, 0, 255))
    assert (np.diff(got.astype(int)[np.argsort(values)]) >= 0).all()


def test_not_a_number_is_black_and_infinities_are_the_ends() -> None:
    values = np.array([np.nan, -np.inf, np.inf, 3e38, -3e38, 5], np.float32)
    assert greys(values, 0, 10).tolist() == [0, 0, 255, 255, 0, 128]
    assert greys(values.astype(np.float64), 0, 10).tolist() == [0, 0, 255, 255, 0, 128]
    assert greys(np.array([1e300, -1e300]), 0, 10).tolist() == [255, 0]


@pytest.mark.parametrize("dtype", ["i4", "u8", "f8"])
def test_a_narrow_window_far_from_zero_is_sharp(dtype: DTypeLike) -> None:
    values = (10_000_000 + np.arange(11)).astype(dtype)
    assert greys(values, 10_000_000, 10_000_010).tolist() == [slow_grey(float(i), 0, 10) for i in range(11)]


def slow_pixel(grey: int, state: int, layers: list[tuple[int, int, int]], opacity: float, outline: bool) -> int:
    colour, weight = (0, 0, 0), 0.0
    if state in (ADDED, REMOVED):
        colour = PREVIEW_COLOURS[0][state == REMOVED]
        weight = max(opacity, PREVIEW_OPACITY)
    elif state >= FIRST_LAYER:
        colour, weight = layers[state - FIRST_LAYER], min(1, 2 * opacity) if outline else opacity
    red, green, blue = (round((1 - weight) * grey + weight * part) for part in colour)
    return 0xFF << 24 | red << 16 | green << 8 | blue


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize(("opacity", "outline"), [(0.0, False), (0.35, False), (0.35, True), (0.8, True), (1.0, False)])
def test_composing_equals_a_slow_reference(order: str, opacity: float, outline: bool) -> None:
    rng = np.random.default_rng(1)
    layers = [(230, 60, 60), (0, 180, 130)]
    states = np.array(rng.choice([0, FIRST_LAYER, FIRST_LAYER + 1, ADDED, REMOVED], (9, 14)), np.uint8, order=order)
    grey = np.array(rng.integers(0, 256, (9, 14)), np.uint8, order=order)
    out, scratch = np.empty_like(grey, np.uint32), np.empty_like(grey, np.uint16)
    table = colour_table(GREY, layers, opacity, outline)
    compose(grey, states, table, out, scratch)
    expected = [
        [slow_pixel(int(g), int(s), layers, opacity, outline) for g, s in zip(*rows, strict=True)]
        for rows in zip(grey, states, strict=True)
    ]
    np.testing.assert_array_equal(out, expected)
    out[3:6, 2:9] = 0
    part = (slice(3, 6), slice(2, 9))
    compose(grey[part], states[part], table, out[part], scratch[part])
    np.testing.assert_array_equal(out, expected)
    compose(grey, None, table, out, scratch)
    np.testing.assert_array_equal(out, 0xFF000000 | grey * np.uint32(0x010101))


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_large_slice_is_looked_up_in_little_memory(order: Literal["C", "F"]) -> None:
    rng, shape = np.random.default_rng(2), (517, 509)  # the last part is smaller than the others
    grey, states = (np.array(rng.integers(0, 256, shape), np.uint8, order=order) for _ in range(2))
    table = rng.integers(0, 2**32, 1 << 16, np.uint32)
    out, scratch = np.empty_like(grey, np.uint32), np.empty_like(grey, np.uint16)
    tracemalloc.start()
    compose(grey, states, table, out, scratch)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    np.testing.assert_array_equal(out, table[states.astype(int) * 256 + grey])
    assert most < 3 * out.size  # numbers of 8 bytes for all pixels would be 8


def test_an_inverted_colour_map_inverts() -> None:
    table = colour_table(GREY[::-1], [], 0.5)
    assert table[[0, 255]].tolist() == [0xFFFFFFFF, 0xFF000000]


@pytest.mark.parametrize("kind", SEEN)
def test_changes_are_told_apart_by_everybody(kind: str) -> None:
    def lab(colour: NDArray[Any]) -> NDArray[np.float64]:
        part = colour / 255
        linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
        seen = np.clip(linear @ np.array(SEEN[kind]).T, 0, 1)
        return rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))

    table = colour_table(GREY, [(230, 60, 60)], 0.4).reshape(256, 256)
    rgb = np.stack([table >> 16 & 255, table >> 8 & 255, table & 255], axis=-1)
    added, removed, image = lab(rgb[ADDED]), lab(rgb[REMOVED]), lab(rgb[0])
    # A difference of 10 is seen at a glance (CIEDE2000).
    assert deltaE_ciede2000(added, removed).min() > 30
    assert deltaE_ciede2000(added, image).min() > 15
    assert deltaE_ciede2000(removed, image).min() > 15
