"""`maskeditor run`: carry out a recipe, or steps given one by one, on an image."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import named_values, series_by_name, series_of_several_option
from maskeditor.cli.output import check_output
from maskeditor.cli.recipe_options import bound_option, recipe_option, resample_option
from maskeditor.core.errors import FileError, GeometryMismatch
from maskeditor.core.fingerprints import recorded_in, why_not_compared
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step, without_effect
from maskeditor.core.operation.as_script import joined
from maskeditor.core.operation.scene import no_image
from maskeditor.core.plain_number import plain_number
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe, frames_looked_at, on_roi
from maskeditor.core.recipe.replay import check_images
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import Array
from maskeditor.io.provenance import matches
from maskeditor.io.resample import Interpolation
from maskeditor.model.further import check_name
from maskeditor.model.image_files import save_image
from maskeditor.model.label_files import left_out, save_labels
from maskeditor.model.lines import operation_of
from maskeditor.model.mask_files import import_mask, save_mask
from maskeditor.model.new_rois import split_roi
from maskeditor.model.numbers_in_words import size_in_line
from maskeditor.model.open_for import WAYS, Images, findings_of, on_another_grid, open_for
from maskeditor.model.recipes import absolute_elsewhere, carry_out, doubts_of_carried, made_elsewhere, read_recipe
from maskeditor.model.session import Session

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor run bold.nii.gz -o brain.nii.gz --do epi_mask --do "dilation iterations=2"
maskeditor run sub-02_bold.nii.gz -o sub-02_mask.nii.gz --recipe sub-01_mask.nii.gz
maskeditor run T1w.nii.gz --image stat=tmap.nii.gz --resample linear -o roi.nii.gz --do "threshold image=stat lower=4"
maskeditor run bold.nii.gz -o mean.nii.gz --do "smooth name=s fwhm=6" --do "mean name=m image=s" --save m
maskeditor run tmap.nii.gz -o peaks_dseg.nii.gz --do "threshold lower=4" --do "keep_largest count=2" --split
"""
_DRIFTED = (
    "the recipe was made on this very image, but the {what} is not the one that it records{that}; this version works "
    "out a step in another way than {program}."
)
#: The ROI that steps work on, unless another is named.
_ON = "mask"


@click.command(epilog=_EXAMPLES)
@click.argument("image", type=click.Path(path_type=Path, readable=False))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="MASK.nii.gz",
    type=click.Path(path_type=Path, readable=False),
    help="The mask (or image, by --save) to write; how it was made goes into a .json file beside it, and into a mask.",
)
@recipe_option
@click.option(
    "--do",
    "lines",
    metavar='"ID name=value …"',
    multiple=True,
    help="A step; repeat it for more, in order. See maskeditor operations for what there is.",
)
@bound_option
@series_of_several_option
@click.option(
    "--image",
    "further",
    metavar="NAME=PATH",
    multiple=True,
    help="A further image (statistical map, atlas, other contrast) that steps look at by its name; repeat it for more.",
)
@resample_option
@click.option(
    "--save",
    metavar="NAME",
    help='Write this image instead of the mask: one that a step makes, a further one, or "" for IMAGE itself. A recipe '
    "of an image writes that.",
)
@click.option(
    "--split",
    is_flag=True,
    help="Write an image of labels instead of the mask, with a table (.tsv) beside it: a label for each component, the "
    "largest first, whose voxels touch across faces.",
)
@click.option(
    "--roi",
    "given",
    metavar="NAME=MASK",
    multiple=True,
    help="An ROI that is there from the start, from a file: to be looked at (other=NAME) or changed (--on NAME); "
    "repeat it for more.",
)
@click.option("--on", metavar="NAME", default=_ON, show_default=True, help="The ROI that --do works on.")
def run(
    image: Path,
    output: Path,
    recipe: Path | None,
    lines: tuple[str, ...],
    bound: str,
    several_series: tuple[str, ...],
    further: tuple[str, ...],
    resample: Interpolation | None,
    save: str | None,
    split: bool,
    given: tuple[str, ...],
    on: str,
) -> None:
    """Make a mask of IMAGE (a NIfTI file, or a DICOM folder or file) without a window.

    The result is the mask that the window makes by the same steps.
    """
    if (recipe is None) == (not lines):
        raise click.UsageError("Give either --recipe R, or one or more --do steps")
    paths, masks = (
        {name: Path(path) for name, path in named_values(option, texts).items()}
        for option, texts in (("--image", further), ("--roi", given))
    )
    if recipe is not None and (masks or on != _ON):
        raise click.UsageError("--roi and --on go with --do steps; a recipe has ROIs of its own")
    series = series_by_name(several_series, paths)
    for name in paths:
        check_name(name)
    replayed = read_recipe(recipe) if recipe is not None else None
    if replayed is not None and save is None:
        save = replayed.image
    if split and save is not None:
        raise click.UsageError("--split writes labels, --save and a recipe of an image write an image; give one")
    sources = (image, *paths.values(), *masks.values())
    check_output(output, sources, "labels" if split else "mask" if save is None else "image")
    wanted = replayed or on_roi([operation_of(line, {"": image, **paths}) for line in lines], on, masks)
    check_images(wanted, paths, "give each by --image NAME=PATH")
    if save:
        there = (*paths, *(step.makes.name for step in wanted.steps if step.enabled and step.makes is not None))
        if save not in there:
            raise no_image(save, there)
    # Of a series, only what steps look at is read; what is saved may be all of it.
    frames = frames_looked_at(wanted.steps) if save is None else None

    images = Images(image, paths, series, resample, Bound(bound))
    session = open_for(wanted, images, frames, progress_bar)
    print_warnings(findings_of(session))
    print_warnings(doubts_of_carried(recipe) if recipe is not None else ())
    if masks and replayed is None and on not in masks and on != _ON:
        known = f"{joined(masks)} {'are' if len(masks) > 1 else 'is'}"
        print_warnings([f"no --roi is called {on} ({known}); --on {on} begins with an empty mask."])
    ids = {roi.name: roi.id for roi in wanted.rois}
    brought = [step for name, path in masks.items() for step in _brought_in(session, path, ids[name])]
    wanted = replace(wanted, steps=(*brought, *wanted.steps))
    with progress_bar("Working out the mask") as progress:
        roi = carry_out(session.document, wanted, images.bound, WAYS, progress)
    print_warnings(absolute_elsewhere(wanted, session.source))
    if save is not None:
        with progress_bar(f"Saving {output.name}") as progress:
            written = save_image(session, save, output, progress)
        print_warnings(without_effect(session.document.timeline, session.document.rois))
        print_line(f"{output}: {' × '.join(map(str, written.stored.shape))}, {written.stored.dtype}")
        if has_drifted(wanted, session, recorded_in(wanted.result, "image_"), written.stored):
            print_warnings([_DRIFTED.format(what="image", that="", program=wanted.program or "the one that wrote it")])
        return
    lines_of_sizes = (_save_components if split else _save_mask)(session, roi, output)
    document = session.document
    print_warnings(without_effect(document.timeline, document.rois))
    print_warnings(session.doubts(roi))
    print_warnings(left_out(wanted))
    for line in lines_of_sizes:
        print_line(line)
    if has_drifted(wanted, session, recorded_in(wanted.result), document.mask(roi)):
        that = f" ({plain_number(wanted.result.get('voxels', 0), 'voxel')})"
        print_warnings([_DRIFTED.format(what="mask", that=that, program=wanted.program or "the one that wrote it")])


def _save_mask(session: Session, roi: str, output: Path) -> list[str]:
    """Write the mask of an ROI; return a line that says how large it is."""
    with progress_bar("Saving") as progress:
        save_mask(session, roi, output, progress)
    return [f"{output}: {_size(session.document, roi)}"]


def _save_components(session: Session, roi: str, output: Path) -> list[str]:
    """Write the components of an ROI as an image of labels; return lines that say how large each is."""
    document = session.document
    if not document.voxels(roi):
        raise FileError(f"{output.name} was not written: an empty mask has no components; change the steps.")
    with progress_bar("Finding components") as progress:
        made, count = split_roi(document, roi, progress)
    with progress_bar("Saving") as progress:
        save_labels(session, output, progress, only=made)
    if count > len(made):
        print_warnings([f"the mask has {count} components; the {len(made)} largest are in {output.name}."])
    sizes = [f"{number}: {_size(document, id)}" for number, id in enumerate(made, 1)]
    return [*sizes, f"{output}: {plain_number(len(made), 'label')}"]


def _size(document: Document, roi: str) -> str:
    voxels, grid = document.voxels(roi), document.geometry
    return size_in_line(voxels, voxels * grid.voxel_volume, math.prod(grid.shape))


def _brought_in(session: Session, path: Path, roi: str) -> Iterator[Step]:
    """Yield the step that puts the mask of a file into an ROI."""
    with progress_bar(f"Opening {path.name}") as progress:
        try:
            imported = import_mask(session, path, progress)
        except GeometryMismatch as error:
            raise on_another_grid(path, error, "give a mask on that grid") from None
    print_warnings(imported.findings)
    if len(imported.masks) > 1:
        raise FileError(
            f"{path.name} holds {len(imported.masks)} labels, but an ROI is one mask; give a file of one label."
        )
    yield from (Step(operation, roi) for operation in imported.masks.values())


def has_drifted(wanted: Recipe, session: Session, recorded: str, values: Array | MaskBits) -> bool:
    """Whether a recipe was replayed on the very images it was made on and another mask, or image, came out.

    Parameters
    ----------
    wanted : Recipe
        As it was given.
    session : Session
        In which it was carried out.
    recorded : str
        The fingerprint that it has of its result; "" for none.
    values : MaskBits or array
        The mask, or the stored values of the image, that came out.
    """
    if not recorded or why_not_compared(recorded) or matches(recorded, values[...]):
        return False
    if not recorded_in(wanted.source) or made_elsewhere(wanted, session.document.volume):
        return False
    further = session.further
    return all(name in further and further[name].is_known_by(recorded_in(one)) for name, one in wanted.images.items())
