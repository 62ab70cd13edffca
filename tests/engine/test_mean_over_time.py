"""The mean over frames equals numpy's to the bit, type and memory order included."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskeditor.engine import mean_over_time
from maskeditor.engine.mean_over_time import RunningMean, mean_over_frames

TYPES = ["bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"]


def series(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if np.dtype(dtype).kind == "f":
        return (rng.normal(size=shape) * 1e3).astype(dtype)
    info = np.iinfo(dtype)
    spread = int(rng.choice([10, 1000, 2**15, 2**62]))
    return rng.integers(max(info.min, -spread), min(info.max, spread), shape, dtype, endpoint=True)


@pytest.mark.parametrize("ends", [(-30_000, 9), (-9, 30_000), (-(2**15), -1), (-(2**15), 2**15 - 1)])
def test_numbers_that_lie_to_one_side_of_zero(ends):
    """How many are summed in their own type depends on the least and on the greatest."""
    data = np.asfortranarray(np.random.default_rng(5).integers(*ends, (3, 4, 5, 70), np.int16, endpoint=True))
    np.testing.assert_array_equal(mean_over_frames(data), data.mean(axis=-1))


@settings(max_examples=150)
@given(
    st.tuples(*[st.integers(1, 6)] * 3, st.sampled_from([1, 2, 7, 150, 600])),
    st.sampled_from(TYPES),
    st.one_of(st.just((0, 1, 2, 3)), st.just((3, 2, 1, 0)), st.permutations(range(4))),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_equals_numpy(shape, dtype, axes, seed, small_parts):
    stored = series([shape[axis] for axis in axes], dtype, seed)
    data = stored.transpose(np.argsort(axes))
    data.flags.writeable = False
    with pytest.MonkeyPatch.context() as patch:
        if small_parts:
            patch.setattr(mean_over_time, "CHUNK_VOXELS", 8)
        result = mean_over_frames(data)
    expected = data.mean(axis=-1)
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == expected.dtype
    assert result.flags.f_contiguous == expected.flags.f_contiguous


def test_a_series_of_several_parts():
    for dtype in ("int16", "uint8", "uint16"):
        data = np.asfortranarray(series((40, 41, 3, 300), dtype, 1))
        np.testing.assert_array_equal(mean_over_frames(data), data.mean(axis=-1))


def test_progress_grows_to_one():
    for dtype in ("int16", "float32"):
        seen = []
        mean_over_frames(np.ones((80, 40, 40, 20), dtype, order="F"), progress=seen.append)
        assert len(seen) > 1
        assert seen == sorted(seen)
        assert seen[-1] == 1


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 2, 2\); give four axes"):
        mean_over_frames(np.ones((2, 2, 2)))


@pytest.mark.parametrize("count", [2**15 - 1, 2**15 + 1])
@pytest.mark.parametrize("dtype", ["int16", "uint16"])
def test_sums_over_many_volumes_do_not_overflow(dtype, count):
    limits = np.iinfo(dtype)
    volume = np.array([limits.min, limits.max], dtype)
    running = RunningMean(2, dtype, count)
    for _ in range(count):
        running.add(0, volume)
    np.testing.assert_array_equal(running.mean(), volume.astype(float))


@settings(max_examples=200)
@given(
    st.sampled_from(["int16", "uint16", ">i2", ">u2"]),
    st.lists(st.tuples(st.sampled_from([1, 40, 4000, 2**13, 2**14, 2**15]), st.sampled_from([-1, 0, 1])), min_size=2),
    st.lists(st.integers(1, 30), max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_short_sums_of_pieces_never_overflow(dtype, ends, edges, seed):
    """The greatest of a volume may lie in any of its pieces, and volumes of large and of small ones follow another."""
    rng, limits = np.random.default_rng(seed), np.iinfo(dtype)
    volumes = []
    for spread, side in ends:
        low, high = (-spread if side < 1 else spread // 2), (spread if side > -1 else 0)
        low, high = max(limits.min, low), min(limits.max, high)
        scattered = rng.integers(low, high, 31, endpoint=True).astype(dtype)
        volumes += [np.where(rng.random(31) < 0.3, scattered, 1).astype(dtype)] * 5
    running = RunningMean(31, dtype, len(volumes))
    for volume in volumes:
        for first, last in itertools.pairwise([0, *sorted(set(edges)), 31]):
            running.add(first, volume[first:last])
    np.testing.assert_array_equal(running.mean(), np.stack(volumes, axis=-1).mean(axis=-1))
