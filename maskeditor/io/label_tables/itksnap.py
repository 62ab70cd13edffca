"""ITK-SNAP: a line for each label with number, red, green, blue, opacity, two flags and the name in quotes."""

from __future__ import annotations

import re

_LINE = re.compile(r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"([^"]*)"\s*')


def read(text: str) -> dict[int, str] | None:
    r"""Return the names of labels by number; None if the text is no such file.

    Examples
    --------
    >>> read('# ITK-SnAP Label Description File\n 1 255 0 0 1 1 1 "Caudate"\n')
    {1: 'Caudate'}
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [_LINE.fullmatch(line) for line in lines]
    return {int(one[1]): one[2] for one in found if one} if found and all(found) else None
