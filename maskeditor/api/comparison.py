"""How far masks agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from warnings import warn

from maskeditor.api.masks import Mask, mask_given
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import open as files
from maskeditor.model.data.agreement import Agreement, Comparison, Labelled, check_grids, compare_masks
from maskeditor.model.data.agreement import compare_all as compare_raters


def compare(a: Mask | str | Path, b: Mask | str | Path) -> Comparison:
    """Compare two masks on the same grid; of a file, all labels together are the mask.

    A file is read as the window reads it: numbers that are whole but for rounding are labels, and what is not a number
    (NaN) lies outside. What is doubtful about it is a warning, and so is a mask that is empty.

    Parameters
    ----------
    a, b : Mask or path

    Raises
    ------
    GeometryError
        If they lie on different grids; the message says how these differ.
    MaskEditorError
        If a file cannot be read, or is no mask: it holds fractions, or several volumes.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import Image, run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> found = compare(run(image, "threshold lower=20"), run(image, "threshold lower=18 upper=21"))
    >>> found.dice, found.both, found.hausdorff, found.mean_surface_distance
    (0.5, 2, 1.0, 0.5)
    """
    masks, grid = _read({"a": a, "b": b})
    found = compare_masks(masks["a"], masks["b"], grid)
    if found.doubt:
        warn(f"{found.doubt[0].upper()}{found.doubt[1:]}.", stacklevel=2)
    return found


def compare_all(masks: Mapping[str, Mask | str | Path] | Iterable[str | Path]) -> Agreement:
    """Compare several masks or images of labels, each with each; of more than two, with Fleiss' kappa of all.

    Parameters
    ----------
    masks : mapping of str to (Mask or path), or iterable of path
        On one grid, by what they are called; two or more.

    Returns
    -------
    Agreement
        Its `table` has a row for each pair, and for each label.

    Raises
    ------
    GeometryError, MaskEditorError
        As by `compare`.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import Image, run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> raters = {name: run(image, f"threshold lower={lower}") for name, lower in (("x", 18), ("y", 20), ("z", 12))}
    >>> found = compare_all(raters)
    >>> found.table()["dice"], round(found.fleiss_kappa, 3)
    ([0.8, 0.6666666666666666, 0.5, None], 0.476)
    """
    named = dict(masks) if isinstance(masks, Mapping) else {str(path): path for path in masks}
    if not isinstance(masks, Mapping) and any(isinstance(one, Mask) for one in named.values()):
        raise MaskEditorError("Masks that are no files have no names; give them by names, as {'first': mask, …}.")
    if len(named) < 2:
        raise MaskEditorError(f"Two masks or more are wanted to compare, but {len(named)} given; give more.")
    read, grid = _read(named)
    found = compare_raters(read, grid)
    for doubt in found.doubts:
        warn(doubt, stacklevel=2)
    return found


def _read(masks: Mapping[str, Mask | str | Path]) -> tuple[dict[str, Labelled], Geometry]:
    read: dict[str, Labelled] = {}
    grids: dict[str, Geometry] = {}
    for name, given in masks.items():
        mask = mask_given(given)
        if isinstance(mask, Mask):
            read[name], grids[name] = {1: MaskBits.of(mask.data)}, mask.session.document.geometry
            continue
        opened = files.open_mask(mask)
        for finding in opened.findings:
            warn(finding, stacklevel=4)
        read[name], grids[name] = opened.labels, opened.geometry
    return read, check_grids(grids)
