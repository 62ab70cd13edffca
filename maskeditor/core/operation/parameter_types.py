"""The types of parameters beyond those of Python: how each is read, checked and put in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

#: Characters that the name of an image may have, and what such a name is.
LONGEST_NAME = 60
IMAGE_NAME = f"a name of 1 to {LONGEST_NAME} characters that can be seen, without blanks at its ends"
#: Of a Gaussian, mm.
WIDEST = 100.0
#: Of a point from the origin of the world, mm: a thousand kilometres.
FARTHEST = 1e9


def _frame(value: Any) -> Any:
    """Read a frame: "mean" or "all", a number, or a range as "0-9" or [0, 9]."""
    if isinstance(value, str) and value not in ("mean", "all"):
        first, dash, last = value.partition("-")
        value = (int(first), int(last)) if dash else int(value)
    if isinstance(value, list | tuple) and len(value) == 2:
        first, last = value
        if isinstance(first, int) and isinstance(last, int) and last < first:
            raise ValueError("a range must not end before it begins")
        return (first, last)
    return value


def is_image_name(name: str) -> bool:
    """Whether an image may be called so."""
    return 1 <= len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()


def _image_name(name: str) -> str:
    if not is_image_name(name):
        raise ValueError(f"an image wants {IMAGE_NAME}")
    return name


def _widths(value: Any) -> Any:
    """Read one width or three, as "4" or "4,4,6"; three that are equal are one."""
    if isinstance(value, str) and "," in value:
        value = tuple(part.strip() for part in value.strip("()[] ").split(","))
    if isinstance(value, list | tuple) and len(value) == 3 and len(set(value)) == 1:
        return value[0]
    return value


def width_in_words(width: float | tuple[float, float, float]) -> str:
    """Return how wide a Gaussian is, such as "4 mm" or "4 × 4 × 6 mm"."""
    return " × ".join(f"{one:g}" for one in (width if isinstance(width, tuple) else (width,))) + " mm"


def _switched_count(value: Any) -> Any:
    """Read a count that may also be switched off or on, as nilearn's `opening`: false is 0, true is 1."""
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return int(value.lower() == "true")
    return int(value) if isinstance(value, bool) else value


def _volumes(value: Any) -> Any:
    """Read numbers of volumes: "all" or nothing is none, "4-99,110" are their numbers."""
    if not isinstance(value, str):
        return value
    found: list[int] = []
    for part in filter(None, (part.strip() for part in value.split(","))):
        if part == "all":
            return None
        first, dash, last = part.partition("-")
        start, stop = int(first), int(last) if dash else int(first)
        if stop < start:
            raise ValueError("a range must not end before it begins")
        found.extend(range(start, stop + 1))
    return tuple(found) or None


def in_ranges(numbers: Iterable[int]) -> str:
    """Return numbers as they are given for volumes, such as "4-6,9".

    Examples
    --------
    >>> in_ranges([4, 5, 6, 9])
    '4-6,9'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs)


#: "mean", the index of a volume, or a first and last index (both included).
FrameParameter = Annotated[Literal["mean"] | int | tuple[int, int], BeforeValidator(_frame)]
#: "all", the index of a volume, or a first and last index (both included).
FramesParameter = Annotated[Literal["all"] | int | tuple[int, int], BeforeValidator(_frame)]
_Width = Annotated[float, Field(ge=0, le=WIDEST)]
#: The full width at half maximum of a Gaussian in mm, or one for each axis; as nilearn's `fwhm`.
Widths = Annotated[_Width | tuple[_Width, _Width, _Width], BeforeValidator(_widths)]
#: What an image is called.
ImageName = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(_image_name)]
#: A number of iterations; false stands for 0 and true for 1, as in nilearn.
SwitchedCount = Annotated[int, BeforeValidator(_switched_count)]
#: To a micrometre: recipes stay short, and what is drawn live and its replay use the same numbers. Distances from
#: points that are farther away than any scanner are no numbers.
Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST), AfterValidator(lambda value: round(value, 3))]
#: A way through points (x, y, z) in world mm.
WorldPoints = tuple[tuple[Coordinate, Coordinate, Coordinate], ...]
#: The corners of a region of a joint histogram, a pair of intensities each.
RegionCorners = Annotated[tuple[tuple[float, float], ...], Field(min_length=3)]
#: Numbers of volumes; None for all.
VolumesParameter = Annotated[tuple[Annotated[int, Field(ge=0)], ...] | None, BeforeValidator(_volumes)]
