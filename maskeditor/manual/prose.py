"""The chapters that are prose: sections of the README, and those that the README is too short for."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from maskeditor.ui.look.resources import resource

#: A heading of Markdown: its level and its words.
_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
#: A link that leads out of the manual, to a file of the checkout or into the network: its words, and where it leads.
_AWAY = re.compile(r"(?<!!)\[([^\]]+)\]\((?:[a-z]+:|(?!#)[^)]*\.md)[^)]*\)")
#: What is drawn for a README alone.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PICTURE = re.compile(r"!\[([^\]]*)\]\(resources/screenshots/([^)]+)\)")


class Section(NamedTuple):
    """A part of the README."""

    level: int
    title: str
    text: str
    """Markdown, without its heading and without the sections below it."""


@cache
def readme() -> tuple[Section, ...]:
    """Return the sections of the README, in order; the first is what stands before all others."""
    try:
        path = resource("README.md")  # beside the pictures, where the program is installed
    except FileNotFoundError:
        path = Path(__file__).resolve().parents[2] / "README.md"
    return sections(path.read_text("utf-8"))


def sections(text: str) -> tuple[Section, ...]:
    """Take Markdown apart at its headings, but for those within a block of code."""
    code = [match.span() for match in re.finditer(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)]
    found = [match for match in _HEADING.finditer(text) if not any(start <= match.start() < end for start, end in code)]
    ends = [match.start() for match in found[1:]] + [len(text)]
    return tuple(
        Section(len(match[1]), match[2], text[match.end() : end].strip("\n"))
        for match, end in zip(found, ends, strict=True)
    )


def below(title: str) -> tuple[Section, ...]:
    """Return a section of the README and all sections below it."""
    every = readme()
    start = next(place for place, section in enumerate(every) if section.title == title)
    rest = every[start + 1 :]
    end = next((place for place, section in enumerate(rest) if section.level <= every[start].level), len(rest))
    return (every[start], *rest[:end])


def own_text(name: str) -> str:
    """Return the Markdown of a chapter that the README has not."""
    return resource(f"manual/{name}.md").read_text("utf-8")


def as_html(markdown: str) -> str:
    """Return Markdown as HTML: pictures lie beside the page, and links that lead away are words."""
    from markdown_it import MarkdownIt

    text = _PICTURE.sub(r"![\1](\2)", _AWAY.sub(r"\1", _COMMENT.sub("", markdown)))
    made: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return made


def pictures() -> tuple[Path, ...]:
    """Return the pictures that pages show."""
    return tuple(sorted(resource("screenshots").glob("*.png")))
