"""What is worth a look before a mask is saved."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.combine import Combining
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, Voxel, bounding_box
from maskeditor.engine.components.components import Components, PackedMask
from maskeditor.engine.holes import fill_holes
from maskeditor.engine.progress import Progress
from maskeditor.model.numbers_in_words import counted, in_number
from maskeditor.ops.import_mask import ImportMask

#: What the letters of axis codes stand for.
_SIDES = {"L": "left", "R": "right", "A": "anterior", "P": "posterior", "S": "superior", "I": "inferior"}
_OPPOSITE = dict(zip("LRAPSI", "RLPAIS", strict=True))


#: A mask that fills its box is no chance if this has so many voxels along each axis, and such a part of the image.
_LEAST_SIDE, _LEAST_SHARE = 4, 1 / 8


class Concern(Enum):
    """What a check is about."""

    EMPTY = "empty"
    SHAPE = "shape"
    EDGE = "edge"
    COMPONENTS = "components"
    HOLES = "holes"
    RESAMPLED = "resampled"
    OVERLAP = "overlap"


@dataclass(frozen=True)
class Check:
    """Something worth a look.

    Parameters
    ----------
    concern : Concern
    sentence : str
    place : tuple of 3 int or None
        A voxel where it can be seen.
    remedy : str
        Id of the operation that would mend it; empty where there is none.
    """

    concern: Concern
    sentence: str
    place: Voxel | None = None
    remedy: str = ""


def checks(
    mask: BoolArray, geometry: Geometry, steps: Iterable[Step] = (), progress: Progress | None = None
) -> tuple[Check, ...]:
    """Look a mask over.

    Parameters
    ----------
    mask : (I, J, K) array of bool
    geometry : Geometry
        Of the mask.
    steps : iterable of Step
        That made it.
    progress : Progress, optional

    Returns
    -------
    tuple of Check
        Whether it is empty, or a box where an operation found it, touches the edge of the field of view, has several
        components (voxels of one touch across faces, as `scipy.ndimage.label` has it) or holes (as
        `scipy.ndimage.binary_fill_holes` fills them), and whether a mask on another grid went into it. Nothing where
        nothing is worth a look.

    Examples
    --------
    >>> mask = np.zeros((5, 5, 5), bool, order="F")
    >>> mask[1, 1, 1] = mask[3, 3, 4] = True
    >>> for check in checks(mask, Geometry(mask.shape, np.eye(4))):
    ...     print(check.sentence, check.place)
    It touches the edge of the field of view (superior). (3, 3, 4)
    It has 2 components; the largest has 1 voxel, the others 1. (3, 3, 4)
    """
    progress = progress or Progress()
    box = bounding_box(mask)
    if box is None:
        return (
            Check(Concern.EMPTY, f"It {without_meaning(0, None, mask.shape, steps)}."),
            *_resampled(steps, mask, None),
        )
    progress(0.1)
    found = [_shape(mask, box, steps), _edge(mask, box, geometry), _components(mask, box, progress.within(0.1, 0.6))]
    found.append(_holes(mask, box, progress.within(0.6, 1.0)))
    return (*(check for check in found if check is not None), *_resampled(steps, mask, box))


def without_meaning(voxels: int, box: Box | None, shape: tuple[int, ...], steps: Iterable[Step]) -> str:
    """Return why a mask can hardly be what was wanted, as a sentence has it after "The mask"; "" if it may well be.

    Parameters
    ----------
    voxels : int
        That the mask holds.
    box : Box or None
        That holds them all.
    shape : tuple of int
        Of the image.
    steps : iterable of Step
        That made it. What was drawn by hand may be a box.

    Examples
    --------
    >>> without_meaning(0, None, (9, 9, 9), ())
    'is empty: no voxel is inside'
    """
    if box is None or not voxels:
        return "is empty: no voxel is inside"
    operations = [step.operation for step in steps if step.enabled]
    by_hand = any(operation.by_tool for operation in operations)
    if by_hand or not any(isinstance(operation, Combining) for operation in operations):
        return ""
    whole, filled = math.prod(shape), math.prod(box.shape)
    if voxels == whole:
        return "is the whole image: every voxel is inside"
    if voxels == filled and min(box.shape) >= _LEAST_SIDE and filled >= _LEAST_SHARE * whole:
        sides = " × ".join(map(str, box.shape))
        return f"is a mere box of {sides} voxels, as comes of an image without contrast or number"
    return ""


def _shape(mask: BoolArray, box: Box, steps: Iterable[Step]) -> Check | None:
    doubt = without_meaning(int(np.count_nonzero(mask)), box, mask.shape, steps)
    return Check(Concern.SHAPE, f"It {doubt}.", _middle(mask, box)) if doubt else None


def _edge(mask: BoolArray, box: Box, geometry: Geometry) -> Check | None:
    sides, place = [], None
    for axis, code in enumerate(geometry.axis_codes):
        length = mask.shape[axis]
        # An axis of one slice is all edge.
        for index, letter in ((0, _OPPOSITE[code]), (length - 1, code)) if length > 1 else ():
            if box.start[axis] <= index < box.stop[axis]:
                sides.append(_SIDES[letter])
                if place is None:
                    start, stop = list(box.start), list(box.stop)
                    start[axis], stop[axis] = index, index + 1
                    place = _middle(mask, Box((start[0], start[1], start[2]), (stop[0], stop[1], stop[2])))
    if not sides:
        return None
    return Check(Concern.EDGE, f"It touches the edge of the field of view ({', '.join(sides)}).", place)


def _components(mask: BoolArray, box: Box, progress: Progress) -> Check | None:
    components = Components(PackedMask(mask[box.slices]), progress=progress.within(0.0, 0.7))
    if components.count == 1:
        return None
    each = np.sort(components.sizes())[::-1]
    second = components.at(components.seeds(2)[1])
    progress(1.0)
    rest, voxels = int(each[1:].sum()), in_number(int(each[0]), "voxel")
    sentence = f"It has {counted(len(each))} components; the largest has {voxels}, the others {counted(rest)}."
    return Check(Concern.COMPONENTS, sentence, _moved(_middle(second, Box.whole(box.shape)), box), "keep_largest")


def _holes(mask: BoolArray, box: Box, progress: Progress) -> Check | None:
    part = mask[box.slices]
    holes = fill_holes(part, progress=progress.within(0.0, 0.7))
    holes ^= part  # in the same memory: what is filled holds all of the mask
    packed, total = PackedMask(holes), int(np.count_nonzero(holes))
    del holes
    components = Components(packed)
    if not components.count:
        return None
    place = _middle(components.largest(), Box.whole(box.shape))
    is_one = components.count == 1
    count, together = ("a hole", "") if is_one else (f"{counted(components.count)} holes", "together ")
    sentence = f"It has {count}, {together}{in_number(total, 'voxel')} large."
    return Check(Concern.HOLES, sentence, _moved(place, box), "fill_holes")


def _resampled(steps: Iterable[Step], mask: BoolArray, box: Box | None) -> tuple[Check, ...]:
    made = (step.operation for step in steps if step.enabled)
    names = {imported.file_name for imported in made if isinstance(imported, ImportMask) and imported.resampled}
    # Where the middle is takes as long as all else here, so it is only looked for where it is wanted.
    place = _middle(mask, box) if names and box is not None else None
    return tuple(
        Check(
            Concern.RESAMPLED,
            f"It is made with {name}, which lay on another grid and was brought to the image's by nearest neighbour.",
            place,
        )
        for name in sorted(names)
    )


def _middle(mask: BoolArray, box: Box) -> Voxel:
    """Return the voxel inside the mask and the box that is nearest to the middle of those that are."""
    part = mask[box.slices]
    axes = range(3)
    counts = [np.count_nonzero(part, axis=tuple(other for other in axes if other != axis)) for axis in axes]
    middle = [count @ np.arange(len(count)) / count.sum() for count in counts]
    # A few slices at a time: where all voxels of a large mask are takes many times the mask.
    least, nearest = np.inf, (0, 0, 0)
    for first in np.flatnonzero(counts[0]).tolist():
        inside = np.argwhere(part[first])
        distances = np.square(inside - middle[1:]).sum(axis=1) + (first - middle[0]) ** 2
        at = int(distances.argmin())
        if distances[at] < least:
            least, nearest = distances[at], (first, *inside[at].tolist())
    return _moved(nearest, box)


def _moved(place: Voxel, box: Box) -> Voxel:
    i, j, k = (at + start for at, start in zip(place, box.start, strict=True))
    return i, j, k
