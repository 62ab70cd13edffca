"""What people write for a parameter, as it is read."""

from __future__ import annotations

import pytest

import maskeditor.ops
from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import find, from_text
from maskeditor.ops.polygon import Polygon

assert maskeditor.ops  # fills the register

CORNERS = ((1.0, 2.0, 3.0), (-4.5, 5.0, 3.0), (7.0, 8.25, 3.0))


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3; -4.5,5,3; 7,8.25,3",
        "1, 2, 3\n-4.5 5 3\n\n7,8.25,3\n",
        "(1, 2, 3); (−4.5, 5, 3); [7, 8.25, 3];",
        "[[1, 2, 3], [-4.5, 5, 3], [7, 8.25, 3]]",
    ],
)
def test_points_are_read(text: str) -> None:
    (declared,) = (one for one in find("polygon").parameters() if one.name == "points")
    assert Polygon(points=declared.read(text)).points == CORNERS
    assert from_text(f"polygon points='{text}'") == Polygon(points=CORNERS)


@pytest.mark.parametrize(("text", "named"), [("1,2,3; 4,5", "'4,5'"), ("1,2,x", "'1,2,x'"), ("[[1, 2", "'[[1, 2'")])
def test_the_point_that_cannot_be_read_is_refused(text: str, named: str) -> None:
    (declared,) = (one for one in find("polygon").parameters() if one.name == "points")
    assert repr(declared.read(text)) == named
    with pytest.raises(ParameterError, match=r"^polygon: points is '.*', but must be points x, y, z in mm, parted by"):
        from_text(f"polygon points='{text}'")


def test_points_are_counted_in_words() -> None:
    (declared,) = (one for one in find("polygon").parameters() if one.name == "points")
    assert declared.describe(CORNERS) == "3 points"
