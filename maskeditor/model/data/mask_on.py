"""A mask or labels from a file, for an image whose voxels are measured or kept by it."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Reporter
from maskeditor.io.open import OpenedMask, open_mask
from maskeditor.model.data.regions import check_grid


def open_mask_on(path: Path, grid: Geometry, image: str, progress: Reporter | None = None) -> OpenedMask:
    """Open a mask or label file that lies on the grid of an image.

    Parameters
    ----------
    path : Path
    grid : Geometry
        Of the image.
    image : str
        What the image is called.
    progress : callable of float, optional

    Raises
    ------
    GeometryMismatch
        If it lies on another grid; the sentence names all differences.
    FileError
        If it cannot be read or holds no labels.
    """
    opened = open_mask(path, progress=progress)
    check_grid(opened.geometry, grid, path.name, image)
    return opened


def whole_mask(opened: OpenedMask) -> MaskBits:
    """Return all labels of a file together."""
    if len(opened.labels) == 1:
        return next(iter(opened.labels.values()))
    return MaskBits.of(opened.mask)
