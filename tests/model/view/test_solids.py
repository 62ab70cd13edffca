"""Solids: surfaces of masks that change, pictures of several, and what is hit in them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.box import Box
from maskeditor.engine.first_hit import View
from maskeditor.model.view.solids import Solid
from maskeditor.model.view.surface_picture import Coloured, CutOpen, directions, surface_picture

RED, BLUE = (200, 0, 0), (0, 0, 200)


def ball(radius: float, size: int = 32) -> np.ndarray:
    return np.square(np.indices((size,) * 3) - size / 2).sum(0) < radius**2


def front(size: int = 32) -> View:
    return View.around(np.full(3, size / 2), directions(0, 0), 1.0, (size + 1, size + 1))


def test_a_solid_follows_its_mask_and_looks_only_where_that_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = ball(12)
    bits = MaskBits.of(mask)
    solid = Solid.of(bits, np.eye(4))
    mask[16:20, 3:8, 16] ^= True
    bits.put(MaskBits.of(mask).rows(Box.whole((32, 32, 32))))
    read, plain = [], MaskBits.read
    monkeypatch.setattr(MaskBits, "read", lambda self, box: read.append(box.size) or plain(self, box))
    now = solid.updated(bits)
    assert sum(read) <= 12 * 13 * 9
    whole = Solid.of(bits, np.eye(4)).surface
    assert sorted(now.surface.voxels.T.tolist()) == sorted(whole.voxels.T.tolist())
    assert now.updated(bits) is now


def test_a_surface_too_fine_to_be_turned_is_drawn_from_larger_voxels_and_in_full_again_once_it_can_be() -> None:
    mask = ball(12)
    solid = Solid.of(MaskBits.of(mask), np.eye(4), most=800)
    assert solid.by == 2
    assert len(solid.surface) <= 800
    assert mask[solid.voxel_of(tuple(solid.surface.voxels[:, 0].astype(int)))]
    mask[14:] = False
    mask[:8] = False
    smaller = solid.updated(MaskBits.of(ball(5)))
    assert smaller.by == 1
    assert smaller.updated(MaskBits.of(ball(12))).by == 2


def test_of_an_empty_mask_nothing_is_drawn() -> None:
    empty = Solid.of(MaskBits((32, 32, 32)), np.eye(4))
    picture = surface_picture([Coloured(empty, RED)], front(), 0.4)
    assert (picture.pixels == 0xFF000000).all()
    assert picture.hit(16, 16) is None


def test_a_hit_is_the_nearest_voxel_of_the_solid_in_front() -> None:
    solids = [
        Coloured(Solid.of(MaskBits.of(ball(radius)), np.eye(4)), colour) for radius, colour in ((6, RED), (9, BLUE))
    ]
    picture = surface_picture(solids, front(), 1.0)
    # From the front, the viewer looks towards lower y.
    assert picture.hit(16, 16) == (1, (16, 24, 16))
    assert picture.hit(0, 0) is None
    assert picture.hit(-1, 4) is None
    assert picture.pixels[16, 16] & 0xFF > 100
    assert picture.pixels[16, 16] >> 16 & 0xFF == 0


def test_what_lies_behind_shines_through_by_the_opacity_whatever_the_order() -> None:
    inner, outer = (Solid.of(MaskBits.of(ball(radius)), np.eye(4)) for radius in (6, 9))
    alone = surface_picture([Coloured(outer, BLUE)], front(), 0.4).pixels[16, 16]
    assert alone >> 16 & 0xFF == 0
    pictures = [
        surface_picture(solids, front(), 0.4).pixels
        for solids in ([Coloured(inner, RED), Coloured(outer, BLUE)], [Coloured(outer, BLUE), Coloured(inner, RED)])
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert int(pictures[0][16, 16] >> 16 & 0xFF) == pytest.approx(0.6 * 200, abs=3)
    assert int(pictures[0][16, 16] & 0xFF) == pytest.approx(0.4 * int(alone & 0xFF), abs=3)


def test_the_nearest_of_those_behind_shines_through_whatever_the_order() -> None:
    solids = [Coloured(Solid.of(MaskBits.of(ball(radius)), np.eye(4)), (radius * 20, 0, 0)) for radius in (4, 7, 10)]
    pixels = {int(surface_picture(some, front(), 0.4).pixels[16, 16]) for some in permutations(solids)}
    assert pixels == {int(surface_picture(solids[1:], front(), 0.4).pixels[16, 16])}


def test_of_solids_in_the_same_place_the_last_is_seen() -> None:
    solid = Solid.of(MaskBits.of(ball(8)), np.eye(4))
    picture = surface_picture([Coloured(solid, RED), Coloured(solid, BLUE)], front(), 1.0)
    assert picture.hit(16, 16)[0] == 1


def test_a_cut_shows_the_image_inside() -> None:
    solid = Solid.of(MaskBits.of(ball(12)), np.eye(4))
    asked = []

    def greys(voxels: np.ndarray) -> np.ndarray:
        asked.append(voxels)
        return np.full(voxels.shape[1], 77, np.uint8)

    view = View.around(np.full(3, 16.0), directions(45, 30), 1.0, (40, 40))
    picture = surface_picture([Coloured(solid, RED)], view, 0.0, CutOpen((16, 16, 16), greys))
    walls = picture.pixels == 0xFF4D4D4D
    assert walls.sum() > 100
    row, column = np.argwhere(walls)[walls.sum() // 2]
    _, voxel = picture.hit(row, column)
    assert 16 in voxel
    assert ball(12)[tuple(asked[0])].all()
