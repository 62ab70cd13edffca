"""ITK-SNAP: a line for each label with number, red, green, blue, opacity, two flags and the name in quotes."""

from __future__ import annotations

import re

from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import colour_of_words

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
    if not found or not all(found):
        return None
    parts = [one.groups() for one in found if one]
    return {int(one[0]): NamedLabel(one[4], colour_of_words(one[1:4])) for one in parts}
