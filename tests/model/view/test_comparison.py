"""Two images compared: what is recorded of it, where the line lies, and which squares are the second image's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.comparison import HOWS, Comparison
from maskeditor.model.view.look import Look
from maskeditor.model.view.slices import PlaneMap
from maskeditor.model.view.state import ViewState

GRID = Geometry((10, 12, 8), np.diag([2.0, 1.0, 3.0, 1.0]))


@pytest.mark.parametrize("how", HOWS)
def test_a_record_is_read_again_and_nothing_else(how: Any) -> None:
    look = Look(False, 0.25, Comparison("t2", how, 0.1, 33.0, 1.5, False, how != "blink"), (4, 5, 6))
    record = look.to_record()
    assert Look.from_record(record) == look
    for key, value in (
        ("how", "guess"),
        ("share", 2),
        ("share", True),
        ("square", math.nan),
        ("turn", "long"),
        ("x", 1),
    ):
        assert Look.from_record(record | {"comparison": record["comparison"] | {key: value}}).comparison is None
    for broken in (None, [], {}, {"image_opacity": math.nan, "image_visible": 3}):
        assert Look.from_record(broken) == Look()


def test_which_of_two_is_seen_in_turn_is_not_kept() -> None:
    swapped = Comparison("t2", "blink", swapped=True)
    assert Look.of(ViewState(comparison=swapped)) == Look.of(ViewState(comparison=swapped.changed(swapped=False)))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(MaskEditorError, match="width of squares is 0 mm, but must be from 2 to 100 mm"):
        Comparison("t2", "checkerboard").changed(square=0)


@pytest.mark.parametrize("radiological", [True, False])
@pytest.mark.parametrize("plane", Plane)
def test_the_line_lies_where_it_is_seen(plane: Plane, radiological: bool) -> None:
    plane_map, comparison = PlaneMap(GRID, plane, radiological), Comparison("t2", "swipe", share=0.3)
    place, _ = comparison.edge(plane_map)
    left, right = comparison.sides(plane_map)
    axes = [axis for axis in range(3) if axis != plane_map.normal]
    edge = comparison.left(plane_map) * plane_map.pixel[0]
    for span, is_left in ((left, True), (right, False)):
        for index in range(span.start, span.stop):
            voxel = [4, 4, 4]
            voxel[axes[place]] = index
            x, _ = plane_map.to_screen((voxel[0], voxel[1], voxel[2]))
            assert (x < edge) is is_left
    assert left.stop - left.start + right.stop - right.start == plane_map.counts[0]


def test_squares_are_as_wide_as_they_are_high() -> None:
    board = Comparison("t2", "checkerboard", square=6.0).board(PlaneMap(GRID, Plane.CORONAL), fortran=True)
    # 6 mm are three voxels of 2 mm and two of 3 mm.
    expected = [[(i // 3 + k // 2) % 2 == 1 for k in range(8)] for i in range(10)]
    assert board.tolist() == expected
    swapped = Comparison("t2", "checkerboard", square=6.0, swapped=True)
    assert (swapped.board(PlaneMap(GRID, Plane.CORONAL), fortran=True) != board).all()
