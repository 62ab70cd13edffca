"""The main job on the embedded sample, for where no window can be opened."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

from maskeditor.cli.guard import print_line
from maskeditor.cli.output import make_folder
from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import Operation, make
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.space.geometry import Plane
from maskeditor.io.save import write_text
from maskeditor.model.mask_files import save_mask
from maskeditor.model.numbers_in_words import size_in_line
from maskeditor.model.session import Session

#: Told the files of the picture and of the mask; paints the window with the sample EPI and this mask.
Picture = Callable[[Path, Path], None]


def run_sample_job(folder: Path, picture: Picture) -> None:
    """Make a mask of the sample EPI step by step, undo and redo, and save it with its recipe and a picture.

    Parameters
    ----------
    folder : Path
        Where the files go; made if it is not there.
    picture : callable
        Paints the window into a file.

    Raises
    ------
    FileError
        If the files cannot be written.
    """
    print_line(
        f"There is no display here, so the main job is done on the sample without a window, in {folder}{os.sep}."
    )
    make_folder(folder)
    session = Session.sample("epi")
    document = session.document
    roi = document.rois[0].id
    shape = " × ".join(str(count) for count in document.volume.stored.shape)
    print_line(f"image: {document.volume.name}, {shape}")

    def print_words(what: str) -> None:
        voxels = document.voxels(roi)
        grid = document.geometry
        print_line(f"{what}: {size_in_line(voxels, voxels * grid.voxel_volume, math.prod(grid.shape))}")

    def do(operation: Operation) -> None:
        if document.do(operation, roi):
            print_words(operation.summary())
        else:
            print_line(f"{operation.summary()}: nothing changes, so no step is recorded")

    do(make("epi_mask", {"connected": False}))
    do(make("opening", {}))
    do(make("keep_largest", {}))
    do(_stroke(document, roi))
    document.undo()
    print_words("undo")
    document.redo()
    print_words("redo")

    mask, recipe, view = folder / "mask.nii.gz", folder / "recipe.json", folder / "window.png"
    save_mask(session, roi, mask)
    print_line(f"mask: {mask}")
    write_text(recipe, dumps(session.recipe(roi)))
    print_line(f"its recipe: {recipe}")
    picture(view, mask)
    print_line(f"a picture of the window: {view}")


def _stroke(document: Document, roi: str) -> Operation:
    """Return a brush stroke of 20 mm along the mask's left or right edge, which has voxels to add there."""
    extent = document.extent(roi)
    if extent is None:
        raise OperationError("The mask of the sample is empty, so there is nothing to paint on.")
    edge = [(start + stop - 1) / 2 for start, stop in zip(extent.start, extent.stop, strict=True)]
    edge[document.geometry.axis_of(Plane.SAGITTAL)] = extent.start[document.geometry.axis_of(Plane.SAGITTAL)]
    x, y, z = document.geometry.to_world(edge).tolist()
    return make("paint", {"points": ((x, y - 10, z), (x, y + 10, z)), "radius": 5.0, "shape": "sphere"})
