"""Numbers as people read them: counts, volumes, changes."""

from __future__ import annotations

import math
from collections.abc import Iterable

from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry


def trimmed(value: float, digits: int = 6) -> str:
    """Return a number with at most so many decimals, without zeros at the end.

    Examples
    --------
    >>> trimmed(2.50, 3), trimmed(-0.0), trimmed(1200)
    ('2.5', '0', '1200')
    """
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def in_full(value: float) -> str:
    """Return a number with all digits that it has, and no more; those of a whole number where 64 bits can hold it.

    Examples
    --------
    >>> in_full(204.5), in_full(3.0), in_full(-0.0), in_full(1.25e-8)
    ('204.5', '3', '0', '1.25e-08')
    >>> in_full(2.0**63), in_full(2**64 - 1), in_full(-1e20)
    ('9223372036854775808', '18446744073709551615', '-1e+20')
    """
    return str(int(value)) if abs(value) < 2**64 and value == int(value) else repr(float(value))


def along_axes(numbers: Iterable[str]) -> str:
    """Return a length along each of the axes: one number where it is the same along all, which then is no extent.

    Examples
    --------
    >>> along_axes(["41", "41", "41"]), along_axes(["2", "2", "1"])
    ('41', '2 × 2 × 1')
    """
    listed = list(numbers)
    return listed[0] if len(set(listed)) == 1 else " × ".join(listed)


def in_brief(value: float) -> str:
    """Return a number with the four digits that matter, and those before the point that go with them.

    Examples
    --------
    >>> in_brief(0.0123456), in_brief(-812.3456), in_brief(65535.4), in_brief(-0.0), in_brief(3e9)
    ('0.01235', '-812.3', '65535', '0', '3e+09')
    """
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e7 else f"{value + 0.0:.4g}"


def counted(number: int) -> str:
    """Return a count with thin spaces between thousands.

    Examples
    --------
    >>> counted(1234567) == "1\u202f234\u202f567"
    True
    """
    return f"{number:,}".replace(",", "\u202f")


def in_number(number: int, one: str) -> str:
    """Return how many there are of something that is called so, of which several end in s: with thin spaces.

    Lines that a script may read, and what core and io say, have `plain_number`.

    Examples
    --------
    >>> in_number(1, "label"), in_number(0, "label"), in_number(48, "ROI")
    ('1 label', '0 labels', '48 ROIs')
    """
    return f"{counted(number)} {one}{'s' if number != 1 else ''}"


def volume_in_words(millilitres: float) -> str:
    """Return a volume with the digits that matter.

    Examples
    --------
    >>> volume_in_words(0.01234), volume_in_words(1.234), volume_in_words(1400.2)
    ('0.012 mL', '1.23 mL', '1400 mL')
    """
    size = abs(millilitres)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{millilitres:.{digits}f} mL"


def share_in_words(part: int, whole: int) -> str:
    """Return how much of the image some of its voxels are, with the digits that matter; all and none are exact.

    Examples
    --------
    >>> share_in_words(1, 8), share_in_words(1, 3000), share_in_words(0, 8), share_in_words(8, 8)
    ('12.5 %', '0.0333 %', '0 %', '100 %')
    >>> share_in_words(99999, 100000), share_in_words(1, 10**8)
    ('99.9 %', 'under 0.001 %')
    """
    percent = 100 * part / whole
    if 0 < percent < 0.001:
        return "under 0.001 %"
    return f"{percent if part == whole else min(percent, 99.9):.3g} %"


def size_in_line(voxels: int, millilitres: float, whole: int) -> str:
    """Return how large a mask of an image of so many voxels is, as the commands print it.

    Examples
    --------
    >>> size_in_line(7675, 7.675, 13824), size_in_line(1, 0.008, 64)
    ('7675 voxels, 7.675 mL, 55.5 % of the image', '1 voxel, 0.008 mL, 1.56 % of the image')
    """
    share = share_in_words(voxels, whole)
    return f"{plain_number(voxels, 'voxel')}, {millilitres:.6g} mL, {share} of the image"


def size_in_words(voxels: int, geometry: Geometry, where: str = "") -> str:
    """Return how large a mask on a grid is: voxels, and where these are counted, mL and per cent of the image.

    Examples
    --------
    >>> size_in_words(32, Geometry((4, 4, 4), [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1]]))
    '32 voxels, 0.256 mL, 50 %'
    """
    number, *others = sizes_in_words(voxels, geometry)
    return ", ".join((f"{number}{where}", *others))


def sizes_in_words(voxels: int, geometry: Geometry) -> tuple[str, str, str]:
    """Return how large a mask on a grid is by voxels, by mL and by per cent of the image, each by itself."""
    share = share_in_words(voxels, math.prod(geometry.shape))
    return in_number(voxels, "voxel"), volume_in_words(voxels * geometry.voxel_volume), share


def short_count(number: float) -> str:
    """Return a round count for an axis.

    Examples
    --------
    >>> short_count(100), short_count(1500), short_count(2e6)
    ('100', '1.5k', '2M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


def change_in_words(added: int, removed: int, voxel_volume: float | None = None) -> str:
    """Return what an operation adds and removes, in voxels and, given the volume of one, in mL.

    Examples
    --------
    >>> change_in_words(10, 0, 0.001)
    '+10 / −0 voxels (+0.010 / −0 mL)'
    """
    voxels = f"+{counted(added)} / −{counted(removed)} voxels"
    if voxel_volume is None:
        return voxels
    millilitres = [
        volume_in_words(count * voxel_volume).removesuffix(" mL") if count else "0" for count in (added, removed)
    ]
    return f"{voxels} (+{millilitres[0]} / −{millilitres[1]} mL)"
