"""`maskeditor run`: carry out a recipe, or steps given one by one, on an image."""

from __future__ import annotations

from pathlib import Path

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import tell
from maskeditor.core.binding import Bound, fitted
from maskeditor.core.errors import FileError, RecipeError
from maskeditor.core.history import Step
from maskeditor.core.operation import from_text
from maskeditor.core.recipe import Recipe, of_operations, replay
from maskeditor.core.translation import joined
from maskeditor.core.volume import Volume
from maskeditor.io.nifti import is_nifti_name
from maskeditor.io.provenance import sidecar_path
from maskeditor.model.replay import bound_elsewhere, few
from maskeditor.model.session import Session, read_recipe

#: The ROI that steps given one by one work on: the first of every document.
ROI = "roi1"


@click.command(short_help="Make a mask by a recipe or by steps.")
@click.argument("image", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="MASK.nii.gz",
    type=click.Path(path_type=Path),
    help="The mask to write; its recipe goes inside, and into a .json file beside it.",
)
@click.option(
    "--recipe",
    metavar="R",
    type=click.Path(path_type=Path),
    help="A recipe, a mask's .json file, or a mask that carries its recipe.",
)
@click.option(
    "--do",
    "lines",
    metavar='"ID name=value …"',
    multiple=True,
    help="A step; repeat it for more, in order. See maskeditor operations for what there is.",
)
@click.option(
    "--bound",
    type=click.Choice([choice.value for choice in Bound]),
    default=Bound.REFUSE.value,
    show_default=True,
    help="On another image than the recipe's: keep strokes, clicks, imported masks and slices at the same place in the "
    "world, leave them out, or refuse.",
)
@click.option("--series", metavar="UID", help="Which DICOM series of a folder that holds several.")
def run(image: Path, output: Path, recipe: Path | None, lines: tuple[str, ...], bound: str, series: str | None) -> None:
    r"""Make a mask of IMAGE (a NIfTI file, or a DICOM folder or file) without a window.

    The result is the mask that the window makes by the same steps.

    \b
    maskeditor run bold.nii.gz -o brain.nii.gz --do epi_mask --do "dilation iterations=2"
    maskeditor run sub-02_bold.nii.gz -o sub-02_mask.nii.gz --recipe sub-01_mask.nii.gz
    """
    if (recipe is None) == (not lines):
        raise click.UsageError("Give either --recipe R, or one or more --do steps")
    check_output(output, image)
    wanted = of_operations([Step(from_text(line), ROI) for line in lines]) if recipe is None else read_recipe(recipe)
    with progress_bar("Opening") as progress:
        session = Session.open(image, series, progress)
    wanted = for_image(wanted, session.document.volume, Bound(bound))
    with progress_bar("Working out the mask") as progress:
        roi = replay(session.document, wanted, progress)
    with progress_bar("Saving") as progress:
        session.save_mask(roi, output, progress)
    document = session.document
    voxels = document.voxels(roi)
    print(f"{output}: {voxels} voxels, {voxels * document.geometry.voxel_volume:.6g} mL")
    if has_drifted(wanted, read_recipe(output)):
        tell(
            "Warning: the recipe was made on this very image, but the mask is not the one that it records "
            f"({wanted.result.get('voxels')} voxels); this version works out a step in another way than "
            f"{wanted.program or 'the one that wrote it'}."
        )


def for_image(recipe: Recipe, volume: Volume, choice: Bound) -> Recipe:
    """Return a recipe as it is to be carried out on an image.

    Raises
    ------
    RecipeError
        If steps belong to another image, and they are neither to be kept nor to be left out.
    """
    bound = bound_elsewhere(recipe, volume)
    if not bound:
        return recipe
    if choice is Bound.REFUSE:
        raise RecipeError(
            f"The recipe was made on another image, to which {joined(few(bound))} belong{'s' * (len(bound) == 1)}; "
            "give --bound keep to do the same at the same place in the world, or --bound leave-out to do without."
        )
    return fitted(recipe, volume.geometry, choice)


def check_output(output: Path, image: Path) -> None:
    """Raise `FileError` if a mask cannot be written there, before any work is done.

    Parameters
    ----------
    output : Path
        The mask to be.
    image : Path
        What it is made from, which it must not replace.
    """
    if not is_nifti_name(output):
        raise FileError(f"{output} should end in .nii.gz, .nii, .hdr or .img; choose such a name for the mask.")
    if not output.parent.is_dir():
        raise FileError(f"The folder {output.parent} for the mask does not exist; make it first or choose another.")
    if output.is_dir():
        raise FileError(f"{output} is a folder; choose the name of a file for the mask.")
    if image.exists() and any(file.exists() and file.samefile(image) for file in (output, sidecar_path(output))):
        raise FileError(f"{output} would replace the image itself; choose another name for the mask.")


def has_drifted(wanted: Recipe, made: Recipe) -> bool:
    """Whether a recipe was replayed on the very image it was made on and another mask came out."""
    same_image = "sha256" in wanted.source and wanted.source["sha256"] == made.source.get("sha256")
    return same_image and "sha256" in wanted.result and wanted.result["sha256"] != made.result.get("sha256")
