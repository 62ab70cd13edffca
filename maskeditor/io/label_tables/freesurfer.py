"""FreeSurfer: a line for each label with number, name, red, green, blue and transparency."""

from __future__ import annotations

import re

_LINE = re.compile(r"\s*(\d+)\s+(\S+)\s+\d+\s+\d+\s+\d+(?:\s+\d+)?\s*(?:#.*)?")


def read(text: str) -> dict[int, str] | None:
    r"""Return the names of labels by number; None if the text is no such table.

    Examples
    --------
    >>> read("#No. Label Name:    R   G   B   A\n17  Left-Hippocampus  220 216 20 0\n")
    {17: 'Left-Hippocampus'}
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [_LINE.fullmatch(line) for line in lines]
    return {int(one[1]): one[2] for one in found if one} if found and all(found) else None
