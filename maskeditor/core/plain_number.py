"""How many there are of something, in digits and a word."""

from __future__ import annotations


def plain_number(number: int, one: str) -> str:
    """Return how many there are of something that is called so, of which several end in s, in digits alone.

    Examples
    --------
    >>> plain_number(1, "voxel"), plain_number(0, "voxel"), plain_number(1234567, "voxel")
    ('1 voxel', '0 voxels', '1234567 voxels')
    """
    return f"{number} {one}{'s' if number != 1 else ''}"
