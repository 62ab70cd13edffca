"""`maskeditor batch`: carry a recipe out on many images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskeditor.cli.batches import batch_options, run_batch
from maskeditor.cli.options import series_of_several_option
from maskeditor.cli.recipe_options import jobs_option

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor batch recipe.json 'sub-*/func/*_bold.nii.gz' -o out/
maskeditor batch sub-01_mask.nii.gz 'sub-*/anat/*_T1w.nii.gz' -o out/ --bound leave-out --jobs 4
maskeditor batch recipe.json 'sub-*/func/*_bold.nii.gz' --image 'stat=maps/sub-{sub}_zmap.nii.gz' -o out/
maskeditor batch recipe.json 'dicom/*' --series ep2d_bold_run1 -o out/
maskeditor batch recipe.json 'sub-*/func/*_bold.nii.gz' -o out/ --scheduler tcp://head:8786
"""


@click.command(epilog=_EXAMPLES)
@click.argument("recipe", type=click.Path(path_type=Path, readable=False))
@click.argument("images", metavar="IMAGE…", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    "out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, readable=False),
    help="The folder of results; it is made, and a batch that was stopped goes on there.",
)
@series_of_several_option
@batch_options
@jobs_option()
@click.option("--again", is_flag=True, help="Do again what is done already.")
def batch(recipe: Path, images: tuple[str, ...], out: Path, **chosen: Any) -> int:
    """Make the mask of each IMAGE (paths, or patterns in quotes) by RECIPE, and a table of results.

    Masks are named as BIDS has it where the images are, with a .json file beside each, in a folder for each subject.
    What cannot be done is named at the end, and the others are done. The same command again does what is not done yet,
    or what has changed since: an image, the recipe, a correction, the program.
    """
    return run_batch(recipe, images, out, **chosen)
