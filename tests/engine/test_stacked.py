"""A step on planes that share their bytes equals scipy's, and is taken where it is quicker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from maskeditor.engine import morphology, parallel, stacked

PEERS = {"dilation": ndimage.binary_dilation, "erosion": ndimage.binary_erosion}


@given(
    st.tuples(st.integers(1, 70), st.integers(1, 6), st.integers(1, 20)),
    st.sampled_from([0.0, 0.02, 0.5, 0.98, 1.0]),
    st.booleans(),
    st.sampled_from([1, 300, stacked.TILE_BYTES]),
    st.sampled_from([1, stacked.LEAST_BYTES]),
)
def test_equals_scipy(shape, share, grow, tile, least):
    mask = np.random.default_rng(sum(shape)).random(shape) < share
    mask.flags.writeable = False
    out = np.random.default_rng(0).random(shape) < 0.5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked, "TILE_BYTES", tile)
        patch.setattr(stacked, "LEAST_BYTES", least)  # of a single byte, each stack is worth a thread
        patch.setattr(parallel, "processors", lambda: 3)
        stacked.step(mask, grow, out)
    peer = ndimage.binary_dilation if grow else ndimage.binary_erosion
    # Byte for byte: what is true is 1.
    np.testing.assert_array_equal(out.view(np.uint8), peer(mask))


@pytest.fixture
def steps(monkeypatch):
    """The steps that were taken so, one after the other."""
    taken, step = [], stacked.step
    monkeypatch.setattr(stacked, "step", lambda *given: taken.append(given[1]) or step(*given))
    return taken


def full(share, order="F"):
    """Return a mask of which about so much is true, up to all its faces, its slowest axis long."""
    return np.array(np.random.default_rng(3).random((37, 12, 50)) < share, order=order)


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("share", [0.03, 0.97])
def test_a_full_mask_is_stepped_so(name, order, share, steps):
    mask = full(share, order)
    before = mask.copy(order="K")
    out = np.empty_like(mask)
    for result in (getattr(morphology, name)(mask), getattr(morphology, name)(mask, out=out)):
        np.testing.assert_array_equal(result, PEERS[name](before))
        assert result.flags.c_contiguous == mask.flags.c_contiguous
    np.testing.assert_array_equal(mask, before)
    assert steps == [name == "dilation"] * 2


def test_nothing_is_written_over_that_is_still_read(steps):
    mask = full(0.1)
    expected = ndimage.binary_dilation(mask)
    morphology.dilation(mask, out=mask)
    np.testing.assert_array_equal(mask, expected)
    assert not steps


@pytest.mark.parametrize("axis", [1, 2])
@pytest.mark.parametrize("at", [0, -1])
def test_only_a_full_mask_is(axis, at, steps):
    mask = full(0.9)
    np.moveaxis(mask, axis, 0)[at] = False
    np.testing.assert_array_equal(morphology.dilation(mask), ndimage.binary_dilation(mask))
    assert not steps


def test_progress_ends_at_one_whoever_works_last(monkeypatch):
    monkeypatch.setattr(stacked, "in_parallel", lambda work, parts, progress: progress(0.5))
    seen = []
    morphology.dilation(full(0.1), progress=seen.append)
    assert seen == [0.5, 1]


def test_progress_can_cancel():
    def cancel(fraction):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        morphology.dilation(full(0.1), progress=cancel)
