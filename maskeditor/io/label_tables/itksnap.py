"""ITK-SNAP: a line for each label with number, red, green, blue, opacity, two flags and the name in quotes."""

from __future__ import annotations

import re

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import Colour

_LINE = re.compile(r'\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+[\d.]+\s+[01]\s+[01]\s+"([^"]*)"\s*')


def read(text: str) -> dict[int, NamedLabel] | None:
    r"""Return the names and colours of labels by number; None if the text is no such file.

    Examples
    --------
    >>> read('# ITK-SnAP Label Description File\n 1 255 0 0 1 1 1 "Caudate"\n')
    {1: NamedLabel(name='Caudate', colour=(255, 0, 0))}
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [_LINE.fullmatch(line) for line in lines]
    return {int(one[1]): NamedLabel(one[5], _colour(one)) for one in found if one} if found and all(found) else None


def _colour(line: re.Match[str]) -> Colour | None:
    red, green, blue = (int(line[place]) for place in range(2, 5))
    return (red, green, blue) if max(red, green, blue) < 256 else None
