"""A wire that is fixed place by place, taken back, and closed."""

from __future__ import annotations

import numpy as np

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.model.wire import DrawnWire
from tests.ops.common import on_mask


def drawn(*places: tuple[int, int]) -> DrawnWire:
    values = np.random.default_rng(5).normal(size=(12, 14)).cumsum(axis=1)
    wire = DrawnWire(Geometry((12, 14, 3), np.eye(4)), Plane.AXIAL, 1, values, places[0])
    for place in places[1:]:
        wire.fix(place)
    return wire


def test_what_is_taken_back_leaves_nothing() -> None:
    wire = drawn((2, 2), (9, 3), (10, 11))
    wire.take_back()
    before = drawn((2, 2), (9, 3))
    assert wire.places == before.places
    assert wire.way.tolist() == before.way.tolist()
    assert wire.to((1, 12)).tolist() == before.to((1, 12)).tolist()


def test_closed_it_makes_its_way_and_what_that_encloses() -> None:
    wire = drawn((2, 2), (9, 3), (10, 11))
    made = on_mask(wire.closed("add"), np.zeros((12, 14, 3), bool))
    way = np.concatenate((wire.way, wire.to((2, 2))))
    assert made[way[:, 0], way[:, 1], 1].all()
    assert not made[:, :, [0, 2]].any()
    single = on_mask(drawn((4, 5), (4, 5)).closed("add"), np.zeros((12, 14, 3), bool))
    assert np.argwhere(single).tolist() == [[4, 5, 1]]
