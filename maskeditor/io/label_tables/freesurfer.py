"""FreeSurfer: a line for each label with number, name, red, green, blue and transparency."""

from __future__ import annotations

import re

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import Colour

_LINE = re.compile(r"\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)(?:\s+\d+)?\s*(?:#.*)?")


def read(text: str) -> dict[int, NamedLabel] | None:
    r"""Return the names and colours of labels by number; None if the text is no such table.

    Examples
    --------
    >>> read("#No. Label Name:    R   G   B   A\n17  Left-Hippocampus  220 216 20 0\n")
    {17: NamedLabel(name='Left-Hippocampus', colour=(220, 216, 20))}
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [_LINE.fullmatch(line) for line in lines]
    return {int(one[1]): NamedLabel(one[2], _colour(one)) for one in found if one} if found and all(found) else None


def _colour(line: re.Match[str]) -> Colour | None:
    red, green, blue = (int(line[place]) for place in range(3, 6))
    return (red, green, blue) if max(red, green, blue) < 256 else None
