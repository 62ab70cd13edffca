"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Iterable

import click

_WHICH = "Which DICOM series of a folder that holds several. (Of files that are an image each, give the file itself.)"
series_option = click.option("--series", metavar="UID", help=_WHICH)
series_of_several_option = click.option(
    "--series",
    "several_series",
    metavar="[NAME=]UID",
    multiple=True,
    help=f"{_WHICH} Of a further image, NAME=UID.",
)


def named_values(option: str, given: Iterable[str]) -> dict[str, str]:
    """Return the paths that an option gives as NAME=PATH, by name.

    Raises
    ------
    click.UsageError
        If one is not of that form, or a name is given twice.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"{option} {text!r} is not of the form NAME=PATH")
        if name in values:
            raise click.UsageError(f"{option} {name} is given twice; give each a name of its own")
        values[name] = value
    return values
