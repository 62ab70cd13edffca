"""Docstrings in numpydoc's form, taken apart for a page."""

from __future__ import annotations

import inspect
import re
from typing import NamedTuple

#: Headings of numpydoc: a line, and one of dashes below it.
_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}$", re.MULTILINE)


class Entry(NamedTuple):
    """What a section describes by name, such as a parameter."""

    name: str
    text: str


class Part(NamedTuple):
    """A section of a docstring."""

    title: str
    """Empty for what stands before all headings."""
    entries: tuple[Entry, ...]
    """Of a section that lists things by name."""
    paragraphs: tuple[str, ...]
    """Of prose."""
    code: str
    """Of examples."""


def parts(docstring: str | None) -> tuple[Part, ...]:
    """Take a docstring apart at its headings."""
    pieces = _HEADING.split(inspect.cleandoc(docstring or ""))
    titles = ("", *pieces[1::2])
    return tuple(_part(title, text.strip("\n")) for title, text in zip(titles, pieces[::2], strict=True))


def _part(title: str, text: str) -> Part:
    if title == "Examples":
        return Part(title, (), (), text)
    if not title or title in ("Notes", "See Also", "References"):
        return Part(title, (), tuple(" ".join(one.split()) for one in text.split("\n\n") if one.strip()), "")
    entries: list[Entry] = []
    for line in text.splitlines():
        if line and not line[0].isspace():
            entries.append(Entry(line, ""))
        elif line and entries:
            entries[-1] = Entry(entries[-1].name, f"{entries[-1].text} {line.strip()}".strip())
    return Part(title, tuple(entries), (), "")
