"""`maskeditor apply` and `maskeditor unmask`: an image inside a mask, and values of its voxels back in their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.declared import declared_options, value_of
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.cli.output import check_output
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.volume import Volume
from maskeditor.io.nifti.header import Header
from maskeditor.io.numbers import read_numbers
from maskeditor.io.open import open_image, open_mask
from maskeditor.io.save import save_volume
from maskeditor.io.targets import image_target
from maskeditor.model.data.applied import ApplyParameters, applied, put_back
from maskeditor.model.data.mask_on import open_mask_on, whole_mask

_PATH = click.Path(path_type=Path, readable=False)
_output = click.option(
    "-o", "--output", required=True, metavar="IMAGE.nii.gz", type=_PATH, help="The image to write, a NIfTI file."
)
_APPLY = """\b
maskeditor apply T1w.nii.gz brain_mask.nii.gz -o brain.nii.gz
maskeditor apply bold.nii.gz brain_mask.nii.gz -o bold_brain.nii.gz --crop
maskeditor apply T1w.nii.gz face.nii.gz -o defaced.nii.gz --inverse
"""
_UNMASK = """\b
maskeditor signals bold.nii.gz brain_mask.nii.gz -o voxels.npy --voxels
maskeditor unmask voxels.npy brain_mask.nii.gz -o bold_brain.nii.gz
"""


@click.command(epilog=_APPLY)
@click.argument("image", type=_PATH)
@click.argument("mask", type=_PATH)
@_output
@declared_options(ApplyParameters)
@series_option
def apply(image: Path, mask: Path, output: Path, series: str | None, **given: Any) -> None:
    """Write IMAGE inside MASK: of one volume or several, in the type and scaling of IMAGE.

    Of several labels, all together are the mask. What --crop cuts off changes the place of no voxel in the world.
    """
    parameters = value_of(ApplyParameters, "apply", given)
    check_output(output, (image, mask), "image")
    with progress_bar(f"Opening {image.name}") as progress:
        opened = open_image(image, series, progress)
    print_warnings(opened.volume.findings)
    with progress_bar(f"Opening {mask.name}") as progress:
        inside = open_mask_on(mask, opened.volume.geometry, image.name, progress)
    print_warnings(inside.findings)
    with progress_bar("Applying the mask") as progress:
        made = applied(
            opened.volume,
            opened.header,
            whole_mask(inside),
            parameters,
            overwrite=True,
            progress=progress,
        )
    print_warnings(made.findings)
    _save(made.volume, made.header, output, f", {plain_number(made.voxels, 'voxel')} kept")


@click.command(epilog=_UNMASK)
@click.argument("table", type=_PATH)
@click.argument("mask", type=_PATH)
@_output
def unmask(table: Path, mask: Path, output: Path) -> None:
    """Write the values of MASK's voxels in TABLE (.tsv, .csv, .txt or .npy) as an image, 0 outside.

    A table of one row, or one column, is one volume; of several rows, each is one. Voxels are in the order of numpy and
    nilearn: the last axis counts fastest.
    """
    check_output(output, (mask, table), "image")
    values = read_numbers(table)
    with progress_bar(f"Opening {mask.name}") as progress:
        inside = open_mask(mask, progress=progress)
    print_warnings(inside.findings)
    with progress_bar("Putting values back") as progress:
        volume = put_back(values, whole_mask(inside), inside.geometry, table.name, progress)
    print_warnings(volume.findings)
    _save(volume, inside.header, output)


def _save(volume: Volume, header: Header, output: Path, more: str = "") -> None:
    with progress_bar(f"Writing {output.name}") as progress:
        save_volume(volume, image_target(output), header, report=progress)
    print_line(f"{output}: {' × '.join(map(str, volume.shape))}, {volume.dtype}{more}")
