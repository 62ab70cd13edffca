"""FreeSurfer: a line for each label with number, name, red, green, blue and transparency."""

from __future__ import annotations

import re

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import colour_of_words

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
    if not found or not all(found):
        return None
    parts = [one.groups() for one in found if one]
    return {int(one[0]): NamedLabel(one[1], colour_of_words(one[2:5])) for one in parts}
