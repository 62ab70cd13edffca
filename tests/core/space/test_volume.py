"""Volumes: stored values, scaled only when asked for, as nibabel scales them."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nibabel.arrayproxy import ArrayProxy

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError

SHAPE = (3, 4, 2)
GRID = Geometry(SHAPE, np.eye(4))
DTYPES = [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64]


@given(
    st.sampled_from(DTYPES),
    st.floats(-1000, 1000).filter(lambda slope: abs(slope) > 1e-6),
    st.floats(-1e6, 1e6),
    st.integers(0, 99),
)
def test_intensities_are_those_of_nibabel(dtype: type, slope: float, intercept: float, seed: int) -> None:
    stored = np.asfortranarray(np.random.default_rng(seed).integers(0, 120, SHAPE).astype(dtype))
    file = ArrayProxy(BytesIO(stored.tobytes(order="F")), (SHAPE, stored.dtype, 0, slope, intercept))
    expected = np.asarray(file)
    volume = Volume(stored, GRID, slope, intercept)
    assert np.array_equal(volume.intensities(), expected)
    box = Box((1, 1, 0), (3, 3, 1))
    assert np.array_equal(volume.intensities(0, box), expected[box.slices])
    assert volume.intensities().dtype == volume.intensity_dtype == expected.dtype


def test_unscaled_values_are_not_copied() -> None:
    stored = np.zeros((*SHAPE, 5), np.int16, order="F")
    volume = Volume(stored, GRID)
    assert np.shares_memory(volume.intensities(3), stored)
    assert np.shares_memory(volume.stored_frame(3), stored)
    assert volume.intensity_dtype == np.int16
    with pytest.raises(ValueError, match="read-only"):
        stored[0, 0, 0, 0] = 1


def test_frames() -> None:
    volume = Volume(np.zeros((*SHAPE, 5), np.int16, order="F"), GRID, name="bold")
    assert volume.frames == 5
    assert [volume.checked_frame(frame) for frame in ("mean", 0, 4, (1, 3), (2, 2))] == ["mean", 0, 4, (1, 3), 2]
    for frame in (5, -1, (3, 5)):
        with pytest.raises(MaskEditorError, match=r"Volume (5|-1) was asked for, but bold has volumes 0 to 4"):
            volume.checked_frame(frame)
    still = Volume(np.zeros(SHAPE, np.int16), GRID)
    assert (still.frames, still.checked_frame("mean"), still.checked_frame((0, 0))) == (1, 0, 0)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3), (3, 4, 2, 1, 1)])
def test_the_shape_must_be_the_grids(shape: tuple[int, ...]) -> None:
    with pytest.raises(MaskEditorError, match="must have three or four axes that begin with"):
        Volume(np.zeros(shape), GRID)


@pytest.mark.parametrize(
    ("dtype", "slope", "intercept", "integral"),
    [(np.int16, 1, 0, True), (np.int16, 2, -1024, True), (np.int16, 0.5, 0, False), (np.float32, 1, 0, False)],
)
def test_whether_intensities_are_whole_numbers(dtype: type, slope: float, intercept: float, integral: bool) -> None:
    assert Volume(np.zeros(SHAPE, dtype), GRID, slope, intercept).is_integral is integral


def test_the_stored_value_of_an_intensity() -> None:
    assert Volume(np.zeros(SHAPE), GRID, 0.5, -10).unscaled(-9) == 2


def test_the_byte_order_must_be_the_machines() -> None:
    values = np.zeros((2, 3, 4), np.dtype(np.int16).newbyteorder())
    with pytest.raises(MaskEditorError, match="give it in the byte order of this machine"):
        Volume(values, Geometry((2, 3, 4), np.eye(4)))
