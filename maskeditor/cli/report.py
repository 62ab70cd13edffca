"""`maskeditor report` and `maskeditor montage`: masks on an image as a page, and as a sheet of slices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.declared import declared_options, value_of
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.core.plain_number import plain_number
from maskeditor.io.open import open_image
from maskeditor.model.data.montage import MontageParameters
from maskeditor.model.data.report import report_of, reported_files
from maskeditor.model.data.report_files import check_montage, check_report, drawn_slices, save_drawing, save_report

_PATH = click.Path(path_type=Path, readable=False)
_REPORT = """\b
maskeditor report T1w.nii.gz brain_mask.nii.gz -o brain.html
maskeditor report bold.nii.gz left.nii.gz right.nii.gz -o rois.html
"""
_MONTAGE = """\b
maskeditor montage T1w.nii.gz brain_mask.nii.gz -o brain.png
maskeditor montage T1w.nii.gz lesion.nii.gz -o lesion.svg --plane sagittal --rows 2 --columns 6
maskeditor montage T1w.nii.gz -o head.png --from -20 --to 55 --step 5
"""


@click.command(epilog=_REPORT)
@click.argument("image", type=_PATH)
@click.argument("masks", metavar="MASK-OR-LABELS…", nargs=-1, required=True, type=_PATH)
@click.option("-o", "--output", required=True, metavar="OUT.html", type=_PATH, help="The page to write.")
@series_option
def report(image: Path, masks: tuple[Path, ...], output: Path, series: str | None) -> None:
    """Write a page that shows masks on IMAGE, and all that is known of them: it needs no other file and no network.

    Outlines in three planes and as a montage, the surface, volumes and intensities, the histogram with the bounds of
    steps, the steps that the masks carry, text for a paper, provenance, and what is doubtful.
    """
    check_report(output, (image, *masks))
    with progress_bar(f"Opening {image.name}") as progress:
        volume = open_image(image, series, progress).volume
    with progress_bar("Opening the masks") as progress:
        reported = reported_files(masks, volume, image.name, progress)
    with progress_bar("Making the report") as progress:
        made = report_of(volume, image.name, reported, progress)
    save_report(made, output)
    print_warnings(made.warnings)
    print_line(f"{output}: {plain_number(len(reported), 'mask')} on {image.name}")


@click.command(epilog=_MONTAGE)
@click.argument("image", type=_PATH)
@click.argument("masks", metavar="[MASK-OR-LABELS…]", nargs=-1, type=_PATH)
@click.option("-o", "--output", required=True, metavar="OUT.png|.svg", type=_PATH, help="The drawing to write.")
@declared_options(MontageParameters)
@series_option
def montage(image: Path, masks: tuple[Path, ...], output: Path, series: str | None, **given: Any) -> None:
    """Draw slices of IMAGE side by side, with the outlines of masks, letters of the directions, and positions in mm."""
    parameters = value_of(MontageParameters, "montage", given)
    check_montage(output, (image, *masks))
    with progress_bar(f"Opening {image.name}") as progress:
        volume = open_image(image, series, progress).volume
    print_warnings(volume.findings)
    with progress_bar("Opening the masks") as progress:
        reported = reported_files(masks, volume, image.name, progress)
    print_warnings(doubt for one in reported for doubt in one.doubts)
    with progress_bar("Drawing") as progress:
        sheet = drawn_slices(volume, reported, parameters, progress)
    save_drawing(sheet, output)
    print_line(f"{output}: {sheet.alt}")
