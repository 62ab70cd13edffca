"""`maskeditor batch`: carry a recipe out on many images."""

from __future__ import annotations

from pathlib import Path

import click

from maskeditor.cli.batches import processors, run_batch
from maskeditor.cli.guard import print_warnings
from maskeditor.cli.options import named_values
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.io.resample import Interpolation
from maskeditor.model.cohort.batch import Asked
from maskeditor.model.further import INTERPOLATIONS
from maskeditor.model.recipes import recipe_and_doubts

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor batch recipe.json 'sub-*/func/*_bold.nii.gz' -o out/
maskeditor batch sub-01_mask.nii.gz 'sub-*/anat/*_T1w.nii.gz' -o out/ --bound leave-out --jobs 4
maskeditor batch recipe.json 'sub-*/func/*_bold.nii.gz' --image 'stat=maps/sub-{sub}_zmap.nii.gz' -o out/
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
@click.option("--name", default="", metavar="NAME", help="What the masks are called; by default as in the recipe.")
@click.option(
    "--image",
    "further",
    metavar="NAME=PATH",
    multiple=True,
    help="A further image that steps look at, for each image: {sub}, {ses} and other entities stand for what its name "
    "says, {stem} for the name and {folder} for the folder, * for what is not known. Repeat it for more.",
)
@click.option(
    "--resample", type=click.Choice(INTERPOLATIONS), help="Bring further images from another grid, as maskeditor run."
)
@click.option(
    "--bound",
    type=click.Choice([choice.value for choice in Bound]),
    default=Bound.REFUSE.value,
    show_default=True,
    help="Keep strokes, clicks, imported masks and slices of the recipe at the same place in the world, leave them "
    "out, or refuse.",
)
@click.option(
    "--jobs", type=click.IntRange(1), help="Images at a time, each by a process; by default one for each processor."
)
@click.option(
    "--scheduler",
    default="",
    metavar="ADDRESS",
    help="Have the workers of this Dask scheduler do it (tcp://HOST:PORT).",
)
@click.option("--again", is_flag=True, help="Do again what is done already.")
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
def batch(
    recipe: Path,
    images: tuple[str, ...],
    out: Path,
    name: str,
    further: tuple[str, ...],
    resample: Interpolation | None,
    bound: str,
    jobs: int | None,
    scheduler: str,
    again: bool,
    dry_run: bool,
) -> int:
    """Make the mask of each IMAGE (paths, or patterns in quotes) by RECIPE, and a table of results.

    Masks are named as BIDS has it where the images are, with a .json file beside each, in a folder for each subject.
    What cannot be done is named at the end, and the others are done. The same command again does what is not done yet,
    or what has changed since: an image, the recipe, a correction, the program.
    """
    wanted, doubts = recipe_and_doubts(recipe)
    print_warnings(doubts)
    asked = Asked(
        wanted,
        images,
        out,
        name,
        named_values("--image", further),
        Bound(bound),
        resample,
        jobs or processors(),
        scheduler,
        again,
    )
    return run_batch(asked, dry_run)
