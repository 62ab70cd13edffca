"""What lies over the image, against plain set logic and scipy's erosion."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import MaskBits, Rows
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.layers import Layer, Layers, halo_of, outline_of
from maskeditor.model.view.pixels import ADDED, FIRST_LAYER, HALO, MOST_LAYERS, NOTHING, REMOVED
from tests import phantoms

RED, BLUE = (230, 60, 60), (86, 180, 233)
SHAPE = (9, 10, 11)


class Whole:
    """A preview or stroke with the whole volume at hand."""

    def __init__(self, mask: BoolArray) -> None:
        self.mask = mask

    def slice(self, axis: int, index: int) -> BoolArray | None:
        return np.take(self.mask, index, axis=axis)

    def news(self, axis: int, index: int, box: Box) -> None:
        return None


def states_of(layers: Layers, outline: bool = False) -> NDArray[np.uint8]:
    """Return the states of the whole volume, which must be the same from every axis."""
    from_axes = []
    for axis in range(3):
        slices = [layers.states(axis, index, outline=outline) for index in range(SHAPE[axis])]
        shape = SHAPE[:axis] + SHAPE[axis + 1 :]
        filled = [np.zeros(shape, np.uint8) if states is None else states.copy() for states in slices]
        from_axes.append(np.stack(filled, axis=axis))
    if not outline:
        np.testing.assert_array_equal(from_axes[0], from_axes[1])
        np.testing.assert_array_equal(from_axes[0], from_axes[2])
    return from_axes[2]


def layer(mask: BoolArray, colour: Colour, visible: bool = True) -> Layer:
    return Layer(MaskBits.of(mask), colour, visible)


@pytest.fixture
def masks() -> tuple[BoolArray, BoolArray]:
    return phantoms.blobs(SHAPE, seed=1), phantoms.blobs(SHAPE, seed=2)


def test_later_layers_lie_on_top(masks: tuple[BoolArray, BoolArray]) -> None:
    layers = Layers()
    layers.show([layer(masks[0], RED), layer(masks[1], BLUE)])
    expected = np.where(masks[1], FIRST_LAYER + 1, np.where(masks[0], FIRST_LAYER, NOTHING))
    np.testing.assert_array_equal(states_of(layers), expected)
    assert layers.colours == (RED, BLUE)


def test_hidden_layers_are_not_there(masks: tuple[BoolArray, BoolArray]) -> None:
    layers = Layers()
    layers.show([layer(masks[0], RED, visible=False), layer(masks[1], BLUE)])
    np.testing.assert_array_equal(states_of(layers), np.where(masks[1], FIRST_LAYER + 1, NOTHING))
    layers.show([layer(masks[0], RED, visible=False)])
    assert layers.states(0, 0) is None
    assert Layers().states(2, 5) is None


def test_a_preview_shows_what_is_added_and_removed(masks: tuple[BoolArray, BoolArray]) -> None:
    now, then = masks
    layers = Layers()
    layers.show([layer(now, RED)], active=0)
    layers.preview = Whole(then)
    expected = np.select([now & then, then, now], [FIRST_LAYER, ADDED, REMOVED], NOTHING)
    np.testing.assert_array_equal(states_of(layers), expected)
    layers.show([layer(now, RED, visible=False)], active=0)
    np.testing.assert_array_equal(states_of(layers), np.where(now ^ then, expected, NOTHING))


def test_a_preview_of_no_slice_changes_nothing(masks: tuple[BoolArray, BoolArray]) -> None:
    class Unknown:
        def slice(self, axis: int, index: int) -> None:
            return None

    layers = Layers()
    layers.show([layer(masks[0], RED)], active=0)
    layers.preview = layers.stroke = Unknown()
    np.testing.assert_array_equal(states_of(layers), np.where(masks[0], FIRST_LAYER, NOTHING))


def test_a_stroke_is_drawn_like_the_mask(masks: tuple[BoolArray, BoolArray]) -> None:
    layers = Layers()
    layers.stroke = Whole(masks[1])
    for visible in (True, False):
        layers.show([layer(masks[0], RED, visible)], active=0)
        np.testing.assert_array_equal(states_of(layers), np.where(masks[1], FIRST_LAYER, NOTHING))


def test_outlines_are_what_scipys_erosion_takes_away(masks: tuple[BoolArray, BoolArray]) -> None:
    layers = Layers()
    layers.show([layer(masks[0], RED)])
    cross = ndimage.generate_binary_structure(2, 1)
    outlined = states_of(layers, outline=True) == FIRST_LAYER
    for k in range(SHAPE[2]):
        plane = masks[0][:, :, k]
        np.testing.assert_array_equal(outlined[:, :, k], plane & ~ndimage.binary_erosion(plane, cross))


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 7), (7, 2), (9, 8)])
def test_the_outline_of_a_part_is_the_part_of_the_outline(shape: tuple[int, int]) -> None:
    mask = np.asfortranarray(np.random.default_rng(0).random(shape) < 0.8)
    whole = mask & ~ndimage.binary_erosion(mask)
    np.testing.assert_array_equal(outline_of(mask), whole)
    spans = [[slice(a, b) for a, b in itertools.combinations(range(size + 1), 2)] for size in shape]
    for part in itertools.product(*spans):
        np.testing.assert_array_equal(outline_of(mask, part), whole[part])


@pytest.mark.parametrize("shape", [(7, 9), (1, 5), (5, 1), (1, 1), (2, 2), (1, 2), (2, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_halo_is_what_scipys_dilation_adds(shape: tuple[int, int], order: str) -> None:
    rng = np.random.default_rng(0)
    for share in (0.1, 0.5):
        mask = np.asarray(rng.random(shape) < share, order=order)  # type: ignore[call-overload]
        wanted = ndimage.binary_dilation(mask) & ~mask
        np.testing.assert_array_equal(halo_of(mask), wanted)
        part = (slice(1, 4), slice(1, 3))
        np.testing.assert_array_equal(halo_of(mask, part), wanted[part])
        np.testing.assert_array_equal(halo_of(mask, part, covered=True) & ~mask[part], wanted[part])


@pytest.mark.parametrize("outline", [False, True])
def test_a_part_of_the_states_is_the_part(masks: tuple[BoolArray, BoolArray], outline: bool) -> None:
    layers = Layers()
    layers.show([layer(masks[0], RED), layer(masks[1], BLUE)], active=0)
    layers.preview = Whole(~masks[1])
    part = (slice(2, 6), slice(1, 9))
    whole = layers.states(1, 3, outline=outline)
    out = np.empty((4, 8), np.uint8)
    assert whole is not None
    assert layers.states(1, 3, part, outline, out) is out
    np.testing.assert_array_equal(out, whole[part])


def test_nothing_is_drawn_beside_the_extent_no_halo_either() -> None:
    mask = np.zeros((9, 10, 11), bool)
    mask[8, 4:6, 7] = True
    layers = Layers()
    layers.show([layer(mask, RED), layer(np.ones(mask.shape, bool), BLUE, visible=False)])
    # Across the first axis, what is held has no voxel beside the mask.
    assert layers.extent(0) == (slice(3, 7), slice(6, 9))
    for axis, index in enumerate((8, 4, 7)):
        states = layers.states(axis, index, halo=True)
        assert states is not None
        there = np.zeros(states.shape, bool)
        there[layers.extent(axis)] = True
        assert not states[~there].any()
        # The halo itself: a voxel on each side, as far as the image reaches.
        assert np.count_nonzero(states == HALO) == (6, 3, 4)[axis]
    layers.show([layer(mask, RED, visible=False)])
    assert layers.extent(0) is None


def test_slices_are_kept_until_touched() -> None:
    mask, one = MaskBits.of(np.ones(SHAPE, bool)), Box((1, 2, 4), (2, 3, 5))
    layers = Layers()
    layers.show([Layer(mask, RED)])
    np.testing.assert_array_equal(layers.states(2, 4), FIRST_LAYER)
    mask.toggle(Rows.of(one, np.ones((1, 1, 1), bool)))
    layers.touch(0, Box((1, 2, 5), (2, 3, 6)))  # another slice
    np.testing.assert_array_equal(layers.states(2, 4), FIRST_LAYER)
    layers.touch(1, one)  # another mask
    np.testing.assert_array_equal(layers.states(2, 4), FIRST_LAYER)
    layers.touch(0, one)
    np.testing.assert_array_equal(layers.states(2, 4), np.where(mask[:, :, 4], FIRST_LAYER, NOTHING))


def test_slices_that_lie_in_the_same_bytes_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    array = phantoms.blobs(SHAPE, seed=1)
    mask, read = MaskBits.of(array), []
    monkeypatch.setattr(
        MaskBits, "eight", lambda self, index, eight=MaskBits.eight: read.append(index) or eight(self, index)
    )
    layers = Layers()
    layers.show([Layer(mask, RED)])
    for _ in range(2):
        for index in range(SHAPE[0]):
            states = layers.states(0, index)
            np.testing.assert_array_equal(
                states if states is not None else 0, np.where(array[index], FIRST_LAYER, NOTHING)
            )
        mask.put(Rows.of(Box((7, 3, 3), (9, 4, 4)), ~array[7:9, 3:4, 3:4]))
        array[7:9, 3:4, 3:4] ^= True
        layers.touch(0, Box((7, 3, 3), (9, 4, 4)))
    assert read == [0, 8] * 2


def test_a_mask_that_does_not_reach_a_slice_is_not_read() -> None:
    mask = MaskBits(SHAPE)
    mask.put(Rows.of(Box((1, 2, 4), (2, 3, 5)), np.ones((1, 1, 1), bool)))
    layers = Layers()
    layers.show([Layer(mask, RED)])
    assert layers.states(2, 3) is None
    assert layers.states(2, 4) is not None
    assert list(layers._kept) == [(0, 2)]


def test_slices_of_other_masks_are_forgotten(masks: tuple[BoolArray, BoolArray]) -> None:
    layers = Layers()
    layers.show([layer(masks[0], RED)])
    layers.states(2, 4)
    mask = layers.layers[0].mask
    mask.toggle(Rows.of(Box((0, 0, 4), (1, 1, 5)), np.ones((1, 1, 1), bool)))
    layers.show([Layer(mask, BLUE), layer(masks[1], RED, visible=False)])
    states = layers.states(2, 4)
    assert states is not None
    assert (states[0, 0] == FIRST_LAYER) == masks[0][0, 0, 4]  # the same mask: kept until touched
    layers.show([layer(masks[1], RED)])
    np.testing.assert_array_equal(layers.states(2, 4), np.where(masks[1][:, :, 4], FIRST_LAYER, NOTHING))


def test_more_layers_than_can_be_told_apart_are_refused() -> None:
    mask = MaskBits((1, 1, 1))
    layers = Layers()
    layers.show([Layer(mask, RED)] * MOST_LAYERS)
    with pytest.raises(MaskEditorError, match="at most 251"):
        layers.show([Layer(mask, RED)] * (MOST_LAYERS + 1))
