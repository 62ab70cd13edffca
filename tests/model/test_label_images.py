"""Images of labels are told from images of intensities, whatever type they are stored as."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import MOST_LABELS, NamedLabel
from maskeditor.core.space.volume import Volume
from maskeditor.model.label_colours import colour_of
from maskeditor.model.label_images import label_image_of
from tests import phantoms

SHAPE = (16, 18, 14)
TABLE = {17: NamedLabel("Left", (1, 2, 3)), 99: NamedLabel("absent")}


def atlas(dtype: Any) -> np.ndarray:
    values = np.zeros(SHAPE, dtype, order="F")
    values[2:8, 3:9, 2:9], values[8:14, 3:9, 2:9] = 17, 53
    return values


def volume(stored: np.ndarray, slope: float = 1.0) -> Volume:
    return Volume(np.asfortranarray(stored), Geometry(stored.shape[:3], np.eye(4)), slope)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.uint64, np.float32, np.float64])
def test_labels_are_found_in_any_type(dtype: Any) -> None:
    found = label_image_of(volume(atlas(dtype)), TABLE)
    assert found is not None
    assert found.labels == (17, 53)
    assert (found.name(17), found.name(53)) == ("Left", "")
    assert (found.colour(17), found.colour(53)) == ((1, 2, 3), colour_of(53))
    assert found.in_words(17.0) == "17 Left"
    assert label_image_of(volume(atlas(dtype))) is not None


def test_labels_are_what_the_scaling_makes() -> None:
    found = label_image_of(volume(atlas(np.int16), slope=2.0))
    assert found is not None
    assert found.labels == (34, 106)
    assert found.stored.tolist() == [0, 17, 53]


def test_what_is_no_number_is_no_label() -> None:
    values = atlas(np.float32)
    values[0, 0, :] = np.nan
    found = label_image_of(volume(values))
    assert found is not None
    assert found.labels == (17, 53)
    assert not np.isnan(found.stored).any()


def test_a_single_voxel_is_no_image_of_labels_unless_a_table_says_so() -> None:
    one = Volume(np.full((1, 1, 1), 40, np.int16), Geometry((1, 1, 1), np.eye(4)))
    assert label_image_of(one) is None
    named = label_image_of(one, {40: NamedLabel("left")})
    assert named is not None
    assert named.labels == (40,)


def test_intensities_are_no_labels() -> None:
    head = phantoms.head(SHAPE, 0)
    for intensities in (head, head.astype(np.uint8), head.astype(np.float32)):
        assert label_image_of(volume(intensities)) is None
    # A thresholded map of both signs, fractions, and a series.
    assert label_image_of(volume(atlas(np.float32) - 20)) is None
    assert label_image_of(volume(atlas(np.float32) / 2)) is None
    assert label_image_of(volume(atlas(np.int16)[..., None].repeat(3, -1))) is None


def test_a_table_says_that_noise_is_labels_but_not_that_fractions_are() -> None:
    noise = np.random.default_rng(0).integers(0, 60, SHAPE)
    assert label_image_of(volume(noise)) is None
    found = label_image_of(volume(noise), TABLE)
    assert found is not None
    assert found.labels == tuple(range(1, 60))
    assert label_image_of(volume(noise / 3), TABLE) is None
    many = np.arange(MOST_LABELS + 1).reshape(1, 1, -1)
    assert label_image_of(volume(many), TABLE) is None


@pytest.mark.parametrize("dtype", [np.int64, np.float64])
def test_numbers_beyond_those_that_floats_tell_apart_are_no_labels(dtype: Any) -> None:
    values = atlas(dtype)
    values[0, 0, 0] = 2**53
    assert label_image_of(volume(values), TABLE) is None
