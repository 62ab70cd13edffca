"""Morphology with a ball equals its definition by exact Euclidean distance in mm."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from skimage.morphology import ball, isotropic_closing, isotropic_dilation, isotropic_erosion, isotropic_opening

from maskeditor.engine import ball as module
from maskeditor.engine.ball import ball_runs, spread_by_ball
from maskeditor.engine.bits import packed_rows, unpacked
from maskeditor.engine.morphology import ball_closing, ball_dilation, ball_erosion, ball_opening

SHAPES = [(1, 1, 1), (1, 5, 9), (5, 6, 7), (9, 17, 64), (3, 3, 200), (12, 11, 13), (30, 1, 8)]


def near(mask, radius, zooms):
    """All voxels within the radius of the mask, by scipy's distance transform."""
    if not mask.any():
        return np.zeros_like(mask)
    return distance_transform_edt(~mask, zooms) <= radius * (1 + 1e-6)


def far(mask, radius, zooms):
    """All voxels of the mask further than the radius from the background, which goes on outside the volume."""
    margins = [int(radius / zoom) + 1 for zoom in zooms]
    padded = np.pad(mask, [(margin, margin) for margin in margins])
    inside = tuple(slice(margin, -margin) for margin in margins)
    return (~near(~padded, radius, zooms))[inside]


PEERS = {
    ball_dilation: near,
    ball_erosion: far,
    ball_opening: lambda mask, radius, zooms: near(far(mask, radius, zooms), radius, zooms),
    ball_closing: lambda mask, radius, zooms: far(near(mask, radius, zooms), radius, zooms),
}


@pytest.mark.slow
@pytest.mark.parametrize("tile", [1, 500, module.TILE_BYTES])
@pytest.mark.parametrize("run", PEERS)
def test_equals_the_distance_transform(run, tile, monkeypatch):
    monkeypatch.setattr(module, "TILE_BYTES", tile)
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        for zooms, radius in (((1, 1, 1), 2), ((0.9, 1.25, 3), 3.75), ((3.3, 0.6, 1.1), 3.3), ((1, 1, 0.25), 4)):
            for share in (0, 0.01, 0.3, 0.97, 1):
                mask = np.array(rng.random(shape) < share, order=rng.choice(["C", "F"]))
                mask.flags.writeable = False
                result = run(mask, radius, zooms)
                np.testing.assert_array_equal(result, PEERS[run](mask, radius, zooms))
                assert result.flags.f_contiguous == mask.flags.f_contiguous


@settings(max_examples=60)
@given(
    st.sampled_from(list(PEERS)),
    st.tuples(*[st.integers(1, 16)] * 3),
    st.tuples(*[st.floats(0.3, 4)] * 3),
    st.floats(0, 9),
    st.sampled_from([0.003, 0.1, 0.9, 0.997]),
    st.permutations(range(3)),
    st.integers(0, 2**32 - 1),
)
def test_any_ball_in_any_volume(run, shape, zooms, radius, share, axes, seed):
    mask = (np.random.default_rng(seed).random(shape) < share).transpose(axes)
    expected = PEERS[run](mask, radius, zooms)
    out = np.ones_like(mask)
    run(mask, radius, zooms, out=out)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(run(mask, radius, zooms), expected)


def test_equals_scikit_image_away_from_the_border():
    mask = np.zeros((40, 41, 42), bool)
    mask[9:29, 9:29, 9:29] = True
    mask[12:14, 20, 20] = mask[9:11, 15, 9:11] = mask[25, 10:14, 28] = False
    for radius in (1, 2, 4.5):
        for ours, theirs in (
            (ball_dilation, isotropic_dilation),
            (ball_erosion, isotropic_erosion),
            (ball_opening, isotropic_opening),
            (ball_closing, isotropic_closing),
        ):
            np.testing.assert_array_equal(ours(mask, radius, (1, 1, 1)), theirs(mask, radius))


@pytest.mark.parametrize("radius", [1, 2, 5, 9])
def test_runs_are_those_of_a_ball(radius):
    solid = ball(radius)[radius:, radius:].astype(bool)
    np.testing.assert_array_equal(2 * ball_runs(radius, (1, 1, 1)) + 1, solid.sum(axis=2) - (~solid.any(axis=2)))


def test_a_radius_of_some_voxels_reaches_them_whatever_the_zoom():
    for zoom in np.random.default_rng(0).uniform(0.1, 5, 200):
        for count in range(1, 9):
            assert ball_runs(count * zoom, (zoom, zoom, zoom))[0, 0] == count
            assert len(ball_runs(count * zoom, (zoom, zoom, zoom))) == count + 1


def test_zooms_in_single_precision_reach_as_far_as_in_double():
    zooms = tuple(float(np.float32(zoom)) for zoom in (1.1, 0.7, 3.3))
    assert zooms[0] > 1.1
    mask = np.zeros((9, 11, 5), bool)
    mask[4, 5, 2] = True
    grown = ball_dilation(mask, 2.2, zooms)
    np.testing.assert_array_equal(grown, near(mask, 2.2, (1.1, 0.7, 3.3)))
    assert grown[2, 5, 2]
    assert grown[6, 5, 2]


def test_a_long_reach_along_rows():
    mask = np.zeros((3, 4, 700), bool)
    mask[1, 2, 350] = True
    np.testing.assert_array_equal(ball_dilation(mask, 30, (9, 20, 0.1)), near(mask, 30, (9, 20, 0.1)))


def test_progress_grows_to_one():
    seen = []
    ball_opening(np.ones((40, 90, 90), bool), 3, (1, 1, 1), progress=seen.append)
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1


def test_what_is_refused():
    for radius in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="give a number of 0 or more"):
            ball_dilation(np.ones((2, 2, 2), bool), radius, (1, 1, 1))


@pytest.mark.parametrize("shape", [(6, 7, 5), (9, 4, 70), (1, 3, 128)])
def test_packed_voxels_are_spread_as_masks_are(shape):
    mask, zooms = np.random.default_rng(1).random(shape) < 0.02, (1.5, 1.0, 0.8)
    mask[0, 1, 2] = True
    spread = unpacked(spread_by_ball(packed_rows(mask), 2.2, zooms), shape[2])
    np.testing.assert_array_equal(spread, near(mask, 2.2, zooms))
