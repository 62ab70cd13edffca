"""What operations have in common that are drawn by hand."""

from __future__ import annotations

from typing import Literal

import numpy as np

from maskeditor.engine.arrays import BoolArray, and_not

Mode = Literal["add", "erase"]


def drawn_into(mask: BoolArray, drawn: BoolArray, mode: Mode) -> BoolArray:
    """Return a mask (I, J, K) with what was drawn, of the same shape, added or erased; in Fortran order.

    Examples
    --------
    >>> mask, drawn = np.array([[[True, True, False]]]), np.array([[[False, True, True]]])
    >>> drawn_into(mask, drawn, "add").ravel().tolist(), drawn_into(mask, drawn, "erase").ravel().tolist()
    ([True, True, True], [True, False, False])
    """
    return np.asfortranarray((np.logical_or if mode == "add" else and_not)(mask, drawn))


def done_in_words(mode: Mode) -> str:
    """Return what was done to a mask with what was drawn, such as "added to"."""
    return "added to" if mode == "add" else "erased from"


def slice_in_words(plane: str) -> str:
    """Return the slice that was drawn in, such as "an axial slice"."""
    return f"{'an' if plane == 'axial' else 'a'} {plane} slice"
