"""How much memory a process of a batch takes, estimated before it begins."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeditor.core.recipe.recipe import Recipe, frames_looked_at
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io.open import inspect

#: Bytes of a process before it opens an image, and what is needed of each voxel of the grid beside the image itself:
#: an image of floats smoothed and its copy, ranks or labels, and masks.
_BASE, _PER_VOXEL = 180 << 20, 24
#: The largest images, of whose headers it is estimated.
_LOOKED_AT = 12


class Estimate(NamedTuple):
    """What memory is needed.

    Parameters
    ----------
    each : int
        Bytes of a process at most.
    free : int or None
        Bytes that are free now, where the system says it.
    jobs : int
        How many processes fit, of those that are wanted.
    """

    each: int
    free: int | None
    jobs: int


def estimate(
    images: Sequence[Path], recipe: Recipe, wanted: int, further: int = 0, series: str | None = None
) -> Estimate:
    """Estimate the memory of a batch from the headers of its largest files.

    Parameters
    ----------
    images : sequence of Path
    recipe : Recipe
    wanted : int
        How many processes.
    further : int
        How many further images are opened with each.
    series : str, optional
        Which of each image's folder, where that holds several.
    """
    largest = sorted(images, key=_size, reverse=True)[:_LOOKED_AT]
    frames = frames_looked_at(recipe.steps)
    each = _BASE + max((_bytes(path, series, frames is None, further) for path in largest), default=0)
    free = free_memory()
    # A tenth is left to others.
    fit = wanted if free is None else max(1, min(wanted, int(0.9 * free) // each))
    return Estimate(each, free, fit)


def _bytes(path: Path, series: str | None, whole: bool, further: int) -> int:
    try:
        info = inspect(path, series=series)[0]
    except (MaskEditorError, IndexError):
        return 0
    voxels = math.prod(info.shape[:3])
    stored = voxels * np.dtype(info.dtype).itemsize
    # Of a series of which only the mean is looked at, a sum of floats is held and a volume at a time.
    held = math.prod(info.shape) * np.dtype(info.dtype).itemsize if whole else stored + 8 * voxels
    return held + voxels * (_PER_VOXEL + 8 * further)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def free_memory() -> int | None:
    """Return how many bytes of memory are free, where the system says it."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
