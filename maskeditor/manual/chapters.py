"""The chapters of the manual, each made of what its subject declares."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import click

import maskeditor.ops
from maskeditor import api
from maskeditor.cli.commands import COMMANDS
from maskeditor.cli.main import program
from maskeditor.cli.operations import meaning, with_default
from maskeditor.core.operation.declaration import operations
from maskeditor.manual.docstrings import parts
from maskeditor.manual.prose import as_html, below, own_text, readme, sections
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.main_window.help import KeyRow, key_rows, roi_walk
from maskeditor.ui.main_window.menus import keyed
from maskeditor.ui.views.view_keys import VIEW_KEYS

assert maskeditor.ops  # fills the register

#: Letters in a line of a command's help.
_WIDTH = 78
#: Sections of the README that are for who has the source before him.
_OF_THE_SOURCE = ("maskeditor", "The two commands", "How an operation is added", "More")


class Block(NamedTuple):
    """A part of a chapter, under a heading that can be linked to."""

    anchor: str
    title: str
    template: str
    """Of `block.html`, which draws it."""
    what: Any


class Chapter(NamedTuple):
    """A page."""

    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def file(self) -> str:
        """Its file in the folder of the manual."""
        return f"{self.name}.html"


def usual_keys() -> list[KeyRow]:
    """Return all keys as they are before anybody has chosen others."""
    return key_rows(Keys((*VIEW_KEYS, *keyed())))


def chapters(keys: Sequence[KeyRow]) -> tuple[Chapter, ...]:
    """Return all chapters, in order."""
    commands, files = "The command line", ("Files", "DICOM")
    first, *others = (
        section.title for section in readme() if section.level == 2 and section.title not in _OF_THE_SOURCE
    )
    return (
        Chapter("first-mask", "The first mask", tuple(_of_readme(first))),
        Chapter("walks", "Walks", (*_of_text("walks"), _walk())),
        Chapter("data", "Images, data and cohorts", tuple(_of_readme(commands))[1:]),
        Chapter("operations", "Operations", tuple(_of_operations())),
        Chapter("keys", "Keys and mouse", (Block("keys", "Keys and mouse", "keys", keys),)),
        Chapter("command-line", "Command line", (next(_of_readme(commands)), *_of_commands())),
        Chapter("python", "Python", tuple(_of_functions())),
        Chapter("files", "Files", (*(block for title in files for block in _of_readme(title)), *_of_text("files"))),
        Chapter(
            "exact", "What is exact, and against what", (*_of_text("exact"), _of_equals(), *_of_readme("Measured"))
        ),
        *(
            Chapter(_anchor(title), title, tuple(_of_readme(title)))
            for title in others
            if title not in (commands, *files, "Measured")
        ),
    )


def _anchor(title: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())


def _prose(title: str, markdown: str) -> Block:
    return Block(_anchor(title), title, "prose", as_html(markdown))


def _of_readme(title: str) -> Iterator[Block]:
    return (_prose(section.title, section.text) for section in below(title))


def _of_text(name: str) -> Iterator[Block]:
    return (_prose(section.title, section.text) for section in sections(own_text(name)))


def _walk() -> Block:
    return Block("from-a-statistic-to-a-box-plot", "From a statistic to a box plot", "stages", roi_walk())


def _of_operations() -> Iterator[Block]:
    yield Block("all", "All operations", "list_of_operations", _groups())
    for cls in operations():
        declared = [(with_default(one), one.title, one.wanted, meaning(one)) for one in cls.parameters()]
        yield Block(cls.id, cls.title, "operation", {"cls": cls, "docs": parts(cls.__doc__), "parameters": declared})


def _groups() -> list[tuple[str, list[Any]]]:
    return [(group, list(members)) for group, members in groupby(operations(), key=lambda cls: cls.group)]


def _of_commands() -> Iterator[Block]:
    with program.make_context("maskeditor", [], resilient_parsing=True) as context:
        for name, known in COMMANDS.items():
            command = known.load()
            inner = click.Context(
                command, info_name=name, parent=context, terminal_width=_WIDTH, max_content_width=_WIDTH
            )
            yield Block(name, f"maskeditor {name}", "code", command.get_help(inner))


def _of_functions() -> Iterator[Block]:
    yield from _of_readme("From Python")
    for name, found in vars(api).items():
        if not name.startswith("_") and callable(found):
            signature = "" if inspect.isclass(found) else _signature(name, found)
            yield Block(name, name, "function", {"signature": signature, "docs": parts(found.__doc__)})


def _signature(name: str, function: Any) -> str:
    """Return how a function is called; of what type its parameters are is said below it."""
    signature = inspect.signature(function)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return name + str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def _of_equals() -> Block:
    """Return the sentence of each operation that names the function it equals."""
    rows = []
    for cls in operations():
        sentences = re.split(r"(?<=[.;]) (?=[A-Z`])", " ".join(inspect.cleandoc(cls.__doc__ or "").split()))
        said = " ".join(one for one in sentences if re.search(r"\b[Ee]qual to\b", one))
        if said:
            rows.append((cls.id, cls.title, said))
    return Block("operations", "Operations", "equals", rows)
