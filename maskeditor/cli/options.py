"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import click

_WHICH = (
    "Which DICOM series of a folder that holds several, by its UID or its description. (Of files that are an image "
    "each, give the file itself.)"
)
series_option = click.option("--series", metavar="UID", help=_WHICH)
series_of_several_option = click.option(
    "--series",
    "several_series",
    metavar="[NAME=]UID",
    multiple=True,
    help=f"{_WHICH} Of a further image, NAME=UID.",
)


def series_by_name(given: Iterable[str], further: Collection[str]) -> dict[str, str]:
    """Return the series that `series_of_several_option` gives, by name; "" is that of IMAGE.

    Parameters
    ----------
    given : iterable of str
    further : collection of str
        The names of further images.

    Raises
    ------
    click.UsageError
        If one is given twice, or is of no image that there is.
    """
    series: dict[str, str] = {}
    for text in given:
        before, equals, after = text.partition("=")
        name, which = (before, after) if equals else ("", text)
        if name in series:
            raise click.UsageError(f"--series {name or which} is given twice; choose one for each image")
        if name and name not in further:
            known = ", ".join(further) or "none"
            raise click.UsageError(
                f"--series {text} is of no further image that --image names ({known}); name one, or write ={text} "
                "where IMAGE has a series of this description"
            )
        series[name] = which
    return series


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
