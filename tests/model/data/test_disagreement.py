"""Pieces in which two masks differ are scipy's components, the largest first; the image shows which mask holds what."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.model.data import disagreement as module
from maskeditor.model.data.agreement import compare_masks
from maskeditor.model.data.disagreement import BOTH, FIRST, SECOND, disagreement, shown_as
from tests.phantoms import blobs

SHAPE = (23, 19, 17)
GRID = Geometry(SHAPE, np.diag([2.0, 2.0, 3.0, 1.0]))


def test_pieces_are_those_of_scipy(monkeypatch) -> None:
    first, second = blobs(SHAPE, 1), blobs(SHAPE, 2)
    found = disagreement(MaskBits.of(first), MaskBits.of(second), GRID)
    sizes = []
    for value, alone in ((FIRST, first & ~second), (SECOND, second & ~first)):
        pieces, count = ndimage.label(alone)
        expected = sorted(np.bincount(pieces.ravel())[1:].tolist(), reverse=True)
        mine = [piece for piece in found.pieces if piece.value == value]
        assert [piece.voxels for piece in mine] == expected
        assert all((pieces == pieces[piece.place]).sum() == piece.voxels for piece in mine)
        sizes.append(count)
    assert found.in_all == sum(sizes) == len(found.pieces)
    assert [piece.voxels for piece in found.pieces] == sorted((piece.voxels for piece in found.pieces), reverse=True)
    expected = np.where(first & second, BOTH, np.where(first, FIRST, np.where(second, SECOND, 0)))
    np.testing.assert_array_equal(found.volume.stored, expected)
    assert found.comparison == compare_masks({1: MaskBits.of(first)}, {1: MaskBits.of(second)}, GRID)
    table = found.table("a", "b")
    assert (table["piece"][0], table["millilitres"][0]) in (("only a", sizes_ml(table)), ("only b", sizes_ml(table)))
    monkeypatch.setattr(module, "MOST_PIECES", 3)
    fewer = disagreement(MaskBits.of(first), MaskBits.of(second), GRID)
    assert [piece.voxels for piece in fewer.pieces] == [piece.voxels for piece in found.pieces[:3]]
    assert fewer.in_all == found.in_all


def sizes_ml(table) -> float:
    return table["voxels"][0] * 0.012


def test_empty_and_equal_masks() -> None:
    some, empty = MaskBits.of(blobs(SHAPE)), MaskBits(SHAPE)
    assert disagreement(some, some, GRID).pieces == ()
    assert disagreement(empty, empty, GRID).pieces == ()
    assert {piece.value for piece in disagreement(empty, some, GRID).pieces} == {SECOND}


def test_values_have_names() -> None:
    labels = shown_as("a", "b")
    assert [labels.name(value) for value in (BOTH, FIRST, SECOND)] == ["both", "only a", "only b"]
