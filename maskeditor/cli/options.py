"""Options that several commands have."""

from __future__ import annotations

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
