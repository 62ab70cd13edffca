"""What of a cohort is worth a look first: masks unlike the others in volume, overlap, or voxels at the border."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress
from maskeditor.io.open import open_mask
from maskeditor.model.cohort.tasks import Outcome

#: Beyond how many robust standard deviations a mask is an outlier (Iglewicz and Hoaglin 1993).
LIMIT = 3.5
#: A median absolute deviation times this is the standard deviation of a normal distribution.
_TO_DEVIATIONS = 1.4826
#: What stands for a deviation where all others are equal.
MOST = 99.0
#: Masks of fewer images have no majority.
_LEAST = 3


class Standing(NamedTuple):
    """How a mask stands among the others, in robust standard deviations; 0 where it is no worse than they are.

    Parameters
    ----------
    volume, overlap, border : float
        Of the volume, away from the median; of the Dice coefficient with the majority, below it; of the voxels in the
        outermost slices, above it.
    dice : float or None
        With the majority of the masks of images of the same shape and voxels; None for fewer than three.
    """

    volume: float
    overlap: float
    border: float
    dice: float | None

    @property
    def most(self) -> float:
        """The largest of the three."""
        return max(self.volume, self.overlap, self.border)

    @property
    def why(self) -> tuple[str, ...]:
        """In what it is an outlier."""
        return tuple(name for name in ("volume", "overlap", "border") if getattr(self, name) > LIMIT)


def standings(outcomes: Sequence[Outcome], out: Path, progress: Progress | None = None) -> dict[str, Standing]:
    """Return how the masks of a cohort stand among one another, by key; the masks are read twice, one at a time.

    Raises
    ------
    FileError
        If a mask is not there any more.
    """
    there = [one for one in outcomes if not one.problem]
    dice = overlaps(there, out, progress or Progress())
    volume = deviations([one.millilitres for one in there])
    border = deviations([one.border_voxels / max(1, one.voxels) for one in there])
    known = [dice.get(one.key) for one in there]
    overlap = iter(deviations([value for value in known if value is not None]))
    found = {}
    for one, far, at_border, share in zip(there, volume, border, known, strict=True):
        below = max(0.0, -next(overlap)) if share is not None else 0.0
        found[one.key] = Standing(abs(far), below, max(0.0, at_border), share)
    return found


def deviations(values: Sequence[float]) -> list[float]:
    """Return how far values lie from their median, in robust standard deviations.

    Examples
    --------
    >>> [round(value, 2) for value in deviations([10, 11, 12, 13, 30])]
    [-1.35, -0.67, 0.0, 0.67, 12.14]
    """
    if not values:
        return []
    given = np.array(values, float)
    apart = given - np.median(given)
    spread = _TO_DEVIATIONS * float(np.median(np.abs(apart)))
    if spread == 0:
        return [float(np.sign(value)) * MOST if abs(value) > 1e-12 else 0.0 for value in apart]
    return [float(value) for value in (apart / spread).clip(-MOST, MOST)]


def overlaps(outcomes: Iterable[Outcome], out: Path, progress: Progress) -> dict[str, float]:
    """Return the Dice coefficient of each mask with the majority of those of the same shape and voxels, by key.

    Voxel by voxel: where heads lie alike in the images of a protocol, this is what shows a mask that is another.
    """
    groups: dict[tuple[object, ...], list[Outcome]] = defaultdict(list)
    for one in outcomes:
        groups[one.shape, one.zooms].append(one)
    found: dict[str, float] = {}
    large = [group for group in groups.values() if len(group) >= _LEAST]
    done, total = 0, 2 * sum(map(len, large))
    for group in large:
        counts = np.zeros(group[0].shape, np.uint32, order="F")
        for one in group:
            counts += read_mask(out / one.target)
            done += 1
            progress(done / total)
        majority = 2 * counts > len(group)
        held = int(np.count_nonzero(majority))
        for one in group:
            mask = read_mask(out / one.target)
            both = int(np.count_nonzero(mask & majority))
            voxels = int(np.count_nonzero(mask))
            found[one.key] = 2 * both / (voxels + held) if voxels + held else 1.0
            done += 1
            progress(done / total)
    return found


def read_mask(path: Path) -> BoolArray:
    """Return the voxels of a mask, (I, J, K) of bool."""
    opened = open_mask(path)
    mask: BoolArray = next(iter(opened.labels.values()), MaskBits(opened.geometry.shape))[...]
    return mask
