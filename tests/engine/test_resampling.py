"""Resampling equals scipy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.engine import parallel, resampling
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress


@pytest.fixture
def three_threads(monkeypatch):
    monkeypatch.setattr(resampling, "LEAST", 1)
    monkeypatch.setattr(parallel, "processors", lambda: 3)


SHAPES = st.tuples(*[st.integers(1, 9)] * 3)


@pytest.mark.usefixtures("three_threads")
@settings(max_examples=400)
@given(
    shapes=st.tuples(SHAPES, SHAPES),
    dtype=st.sampled_from([np.float32, np.float64, np.int16]),
    diagonal=st.booleans(),
    places=st.sampled_from(["anywhere", "on voxels", "last on last"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_equals_scipy(shapes, dtype, diagonal, places, seed):
    random = np.random.default_rng(seed)
    data = (random.normal(size=shapes[0]) * 100).astype(dtype)
    matrix = random.uniform(0.2, 1.5, 3) * random.choice([-1, 1], 3)
    if not diagonal:
        matrix = (np.diag(matrix) + random.normal(0, 0.2, (3, 3)))[random.permutation(3)]
    offset = random.uniform(-1, 5, 3)
    if places == "on voxels":
        matrix, offset = np.round(matrix) + (np.round(matrix) == 0), np.round(offset)
    if places == "last on last":  # whether it lies inside depends on how it is rounded
        lasts = [np.array(shape) - 1.0 for shape in shapes]
        offset = lasts[0] - (matrix * lasts[1] if diagonal else matrix @ lasts[1])
    peer = ndimage.affine_transform(data, matrix, offset, shapes[1], output=np.float32)
    splines = resampling.splines_of(data)
    np.testing.assert_array_equal(splines, ndimage.spline_filter(data))
    made = resampling.resample(splines, matrix, offset, shapes[1])
    assert made.flags.f_contiguous
    np.testing.assert_array_equal(made, peer)


@pytest.mark.usefixtures("three_threads")
def test_tells_how_far_it_is_and_stops():
    seen = []
    splines = np.ones((4, 4, 4))
    resampling.resample(splines, (1, 1, 1), (0, 0, 0), (4, 4, 7), progress=Progress(seen.append))
    assert seen == sorted(seen)
    assert seen
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        resampling.resample(splines, (1, 1, 1), (0, 0, 0), (4, 4, 7), progress=progress)
