"""Options that several commands have."""

from __future__ import annotations

import click

series_option = click.option(
    "--series",
    metavar="UID",
    help="Which DICOM series of a folder that holds several. (Of files that are an image each, give the file itself.)",
)
