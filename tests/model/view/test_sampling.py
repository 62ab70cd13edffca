"""What is kept of a slice that is drawn small is what is read of it, and lies regularly on the screen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from maskeditor.model.view.sampling import UNITS, Sampling, sampled_line
from maskeditor.model.view.slices import WHOLE, Part

#: Pixels of the screen along a line.
PIXELS = 400


@given(st.floats(0.02, 0.34), st.booleans(), st.floats(-300, 700), st.integers(1, 1200))
def test_what_the_screen_reads_is_kept_and_lies_regularly(
    scale: float, is_mirrored: bool, offset: float, size: int
) -> None:
    scale = -scale if is_mirrored else scale
    line = sampled_line(scale, offset, size, PIXELS)
    # By hand: where the middles of the screen's pixels lie among those of the picture's, on which the whole is drawn.
    middles = (np.arange(-400, 1200) + 0.5 - offset) / scale - 0.5
    read = middles[(middles >= 0) & (middles <= size - 1)]
    below = np.floor(read).astype(int)
    # Steps along a line are cut off to whole units: a place may be off by one unit for each pixel.
    off = (PIXELS + 1) / UNITS
    for near in (below, np.minimum(below + 1, size - 1), np.floor(np.maximum(read - off, 0)).astype(int)):
        assert np.isin(near, line.kept).all()
    # Where the same middles lie among what is kept: as far from the pixel before, and from no other than that.
    among = (np.arange(-400, 1200) + 0.5 - line.offset) / line.scale - 0.5
    there = np.searchsorted(line.kept, below) + (read - below)
    np.testing.assert_allclose(among[(middles >= 0) & (middles <= size - 1)], there, atol=1e-6)


@example(0.03125, 0.0, 10)  # between two pixels
@given(st.floats(0.02, 0.33), st.floats(0, 3), st.integers(1, 4000))
def test_no_more_than_three_are_kept_for_a_pixel(scale: float, offset: float, size: int) -> None:
    kept = sampled_line(scale, offset, size, PIXELS).kept
    assert kept.size <= 3 * (scale * size + 3)
    assert np.all(np.diff(kept) > 0)
    assert kept[-1] < size


@pytest.mark.parametrize("scale", [0.34, 0.5, 1.0, -2.0])
def test_all_are_kept_of_what_is_not_drawn_small(scale: float) -> None:
    line = sampled_line(scale, 3.25, 50, PIXELS)
    assert (line.kept.tolist(), line.scale, line.offset) == (list(range(50)), scale, 3.25)


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.float64])
def test_what_is_kept_is_picked(order: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    values = np.array(rng.integers(0, 2, (40, 30)), dtype, order=order)  # type: ignore[call-overload]
    kept = tuple(np.sort(rng.choice(size, size // 2, replace=False)) for size in values.shape)
    sampling = Sampling((40, 30), (kept[0], kept[1]))
    picked = sampling.of(values)
    np.testing.assert_array_equal(picked, values[np.ix_(*kept)])
    assert picked.dtype == dtype
    assert picked.flags.f_contiguous if order == "F" else picked.flags.c_contiguous
    out = np.empty_like(picked)
    assert np.shares_memory(sampling.within(WHOLE).pick(values, out), out)
    np.testing.assert_array_equal(out, picked)


@given(st.data())
def test_a_part_of_it_is_where_that_part_lies(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    kept = [np.array(sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))) for size in shape]
    sampling = Sampling(shape, (kept[0], kept[1]))
    ends = [sorted(data.draw(st.tuples(st.integers(0, size), st.integers(0, size)))) for size in shape]
    assume(all(start < stop for start, stop in ends))
    part: Part = (slice(*ends[0]), slice(*ends[1]))
    values = np.asfortranarray(np.arange(shape[0] * shape[1]).reshape(shape))
    inside = [
        [place for place in line if start <= place < stop] for line, (start, stop) in zip(kept, ends, strict=True)
    ]
    expected = values[np.ix_(inside[0], inside[1])] if all(inside) else np.zeros([len(line) for line in inside], int)
    np.testing.assert_array_equal(sampling.of(values)[sampling.part(part)], expected)
    np.testing.assert_array_equal(sampling.within(part).of(values), expected)


def test_single_voxels_are_found_among_what_is_kept() -> None:
    values = np.asfortranarray(np.arange(35).reshape(5, 7))
    sampling = Sampling((5, 7), (np.array([0, 2, 4]), np.array([1, 5, 6])))
    voxels = np.arange(35)  # each, counted in Fortran order
    are_kept, places = sampling.places(voxels)
    assert sampling.of(values).ravel(order="F")[places].tolist() == values.ravel(order="F")[are_kept].tolist()
    assert are_kept.sum() == 9
