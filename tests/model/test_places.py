"""Places as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.places import WANTED, Place, place_of

#: Axes to the left, up and to the front: (i, j, k) of (L, S, A).
GRID = Geometry((40, 50, 60), np.array([[-2.0, 0, 0, 30], [0, 0, 1.5, -40], [0, 3.0, 0, -20], [0, 0, 0, 1]]))
HERE = (3, 4, 5)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("12 30 5", Place((12, 30, 5))),
        ("12, 30, 5", Place((12, 30, 5))),
        (" (12;30;5) ", Place((12, 30, 5))),
        ("x=-20 y=4 z=11 mm", Place((25, 10, 29))),
        ("X = -20, Y = 4, Z = 11", Place((25, 10, 29))),
        ("-20 4 11mm", Place((25, 10, 29))),
        ("\N{MINUS SIGN}20 4 11 mm", Place((25, 10, 29))),
        ("z=10", Place((3, 10, 5))),
        ("k=7", Place((3, 4, 7))),
        ("axial 9", Place((3, 9, 5))),
        ("Coronal=8 sagittal 2", Place((2, 4, 8))),
        ("volume 3", Place(HERE, 3)),
        ("axial 9 volume 0", Place((3, 9, 5), 0)),
    ],
)
def test_places(text: str, place: Place) -> None:
    assert place_of(text, GRID, HERE, frames=4) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "here",
        "12 30",
        "1 2 3 4",
        "12 30 x",
        "i=1 x=2",
        "i=1 2 3",
        "i=1 i=2",
        "axial",
        "i=2 mm",
        "nan 1 2",
        "1e999 0 0",
    ],
)
def test_what_names_no_place_is_answered_by_what_does(text: str) -> None:
    with pytest.raises(MaskEditorError) as caught:
        place_of(text, GRID, HERE)
    assert str(caught.value).endswith(f"; type {WANTED}.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "12 99 5",
            "Voxel 12, 99, 5 lies outside the image, whose voxels are 0–39, 0–49, 0–59; type a",
        ),
        ("axial -1", "Voxel 3, -1, 5 lies outside"),
        ("x=300", "Voxel -135, 4, 5 lies outside"),
        ("1.5 2 3", "1.5 is no voxel, slice or volume, which are whole numbers; add mm to a position in mm."),
        ("volume 4", "There is no volume 4; the image has volumes 0 to 3; take one of them."),
    ],
)
def test_a_place_that_is_not_there(text: str, sentence: str) -> None:
    with pytest.raises(MaskEditorError) as caught:
        place_of(text, GRID, HERE, frames=4)
    assert str(caught.value).startswith(sentence)


@given(st.tuples(st.integers(0, 39), st.integers(0, 49), st.integers(0, 59)))
def test_the_position_of_a_voxel_leads_to_it(voxel: tuple[int, int, int]) -> None:
    x, y, z = GRID.to_world(voxel)
    assert place_of(f"{x} {y} {z} mm", GRID, HERE).voxel == voxel
    assert place_of(str(voxel), GRID, HERE).voxel == voxel
