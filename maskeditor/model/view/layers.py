"""What lies over the image: ROI masks, a preview of one, a stroke that is being drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import BoolArray, Bytes, Counts, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.pixels import ADDED, FIRST_LAYER, HALO, LIT, MOST_LAYERS, REMOVED, Levels
from maskeditor.model.view.sampling import Sampled
from maskeditor.model.view.slices import WHOLE, Part

#: Bytes of eight slices that are kept besides one for each mask, for whoever moves about: one for so many slices, so
#: that those of half of them are.
EIGHTS = 16
#: A part of a slice, or just some voxels of it, counted in Fortran order.
Where = Part | Counts


class Sliced(Protocol):
    """A mask that is known slice by slice, so that it need not be worked out whole to be seen: as it would become."""

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return one slice across an axis (2-D, the other axes in order), or None if it is not concerned."""
        ...

    def whole(self) -> MaskBits | None:
        """Return the whole mask as far as it is known, or None where it is not; for a worker."""
        ...


class Drawn(Sliced, Protocol):
    """A mask that follows a hand: as it looks now."""

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        """Return the voxels of a slice that have changed since it was seen last, if that is only where a box says.

        They are counted in Fortran order, (V,) of int; None where it is not known.
        """
        ...


def picked(array: NDArray[Any], where: Where) -> NDArray[Any]:
    """Return a part of a slice, or some of its voxels, (V,), as they lie in it."""
    return array[where] if isinstance(where, tuple) else array.reshape(-1, order="F").take(where)


@dataclass(frozen=True, eq=False)
class Layer:
    """One ROI as it is drawn.

    Parameters
    ----------
    mask : MaskBits
    colour : tuple of 3 int
        Red, green, blue, 0 to 255.
    visible : bool
    """

    mask: MaskBits
    colour: Colour
    visible: bool = True


class Layers:
    """The ordered masks over an image (later ones on top), and what is about to happen to one of them.

    Slices of masks are kept once gathered. Whoever changes voxels of a mask calls `touch`.

    Examples
    --------
    >>> mask = np.zeros((2, 2, 2), bool); mask[0, 1, 0] = True
    >>> layers = Layers(); layers.show([Layer(MaskBits.of(mask), (255, 0, 0))], active=0)
    >>> layers.states(2, 0).tolist()
    [[0, 2], [0, 0]]
    """

    def __init__(self) -> None:
        self.layers: tuple[Layer, ...] = ()
        #: The place in `layers` of the mask that is edited.
        self.active: int | None = None
        #: The active mask as it would become: what it adds and removes is shown in two colours of their own.
        self.preview: Drawn | None = None
        #: Voxels that are lit as long as somebody points at them elsewhere.
        self.lit: Sliced | None = None
        #: The active mask as it looks while it is drawn on.
        self.stroke: Drawn | None = None
        self._kept: dict[tuple[int, int], tuple[int, BoolArray]] = {}
        # Of each, the slices across the first axis that lie in the same bytes: whoever scrolls asks for these next.
        self._eights: dict[tuple[int, int], Bytes] = {}

    def show(self, layers: Sequence[Layer], active: int | None = None) -> None:
        """Replace the masks that are shown; slices of those that are shown already are kept.

        Raises
        ------
        MaskEditorError
            If there are more than can be distinguished.
        """
        if len(layers) > MOST_LAYERS:
            raise MaskEditorError(
                f"{len(layers)} ROIs were to be shown, but at most {MOST_LAYERS} can be; hide some of them."
            )
        before, self.layers, self.active = self.layers, tuple(layers), active
        same = {place for place, (old, new) in enumerate(zip(before, layers, strict=False)) if old.mask is new.mask}
        self._kept = {key: kept for key, kept in self._kept.items() if key[0] in same}
        self._eights = {key: eight for key, eight in self._eights.items() if key[0] in same}

    def touch(self, place: int, box: Box) -> None:
        """Notice that voxels of one mask, by its place in `layers`, have changed inside a box."""
        self._eights = {key: eight for key, eight in self._eights.items() if key[0] != place}
        for (changed, axis), (index, kept) in self._kept.items():
            if changed == place and box.start[axis] <= index < box.stop[axis]:
                part = box.across(axis, index - box.start[axis])
                kept[box.spans(axis)] = self.layers[place].mask.read(part).squeeze(axis)

    @property
    def colours(self) -> tuple[Colour, ...]:
        """The colours of all layers, visible or not."""
        return tuple(layer.colour for layer in self.layers)

    def shown_whole(self, place: int) -> Callable[[], MaskBits]:
        """Return what gives, on any thread, a mask as it is seen: drawn on, or as it would become, once that is known.

        Parameters
        ----------
        place : int
            Of the mask in `layers`.
        """
        mask, seen = self.layers[place].mask, (self.stroke or self.preview) if place == self.active else None

        def whole() -> MaskBits:
            found = seen.whole() if seen is not None else None
            return mask if found is None else found

        return whole

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        """Return the voxels of a slice that look different where masks have changed in a box, as `Drawn.news` does."""
        drawn = self.stroke or self.preview
        return drawn.news(axis, index, box) if drawn is not None else None

    def extent(self, axis: int) -> Part | None:
        """Return the part of slices across an axis outside which nothing lies, no halo either; None if there is none.

        It costs nothing, and may be larger than it need be.
        """
        if self.stroke is not None or self.preview is not None or self.lit is not None:
            return WHOLE
        every = None
        for layer in self.layers:
            box = layer.mask.held_box if layer.visible else None
            if box is not None:
                every = box.union(every)
        return None if every is None else every.grown(1, self.layers[0].mask.shape).spans(axis)

    def states(
        self,
        axis: int,
        index: int,
        part: Where | Sampled = WHOLE,
        outline: bool = False,
        out: Levels | None = None,
        halo: bool = False,
    ) -> Levels | None:
        """Return what lies over each voxel of a slice, or of a part of it.

        Parameters
        ----------
        axis, index : int
            The slice.
        part : pair of slice, or (V,) array of int, or Sampled
            Spans along the two axes of the slice, or some of its voxels, or what is kept of a part.
        outline : bool
            Whether only the outlines of masks count. What a preview adds or removes stays filled.
        out : array of uint8, optional
            Taken for the result; of the shape of the part.
        halo : bool
            Whether masks have a halo, one voxel wide, where no mask lies.

        Returns
        -------
        2-D array, or (V,), of uint8; or None
            `NOTHING`, `HALO`, `ADDED`, `REMOVED`, `LIT`, or `FIRST_LAYER` + the place of a layer; None if nothing lies
            there.
        """
        if isinstance(part, Sampled):
            # Voxels are picked last: for as long, ten masks are joined, and all is known of neighbours so.
            every = self.states(axis, index, part.part, outline, halo=halo)
            return None if every is None else part.pick(every, out)
        # Later layers have higher codes and changes the highest, so the greatest code is the one on top: adding
        # one is a multiplication and a maximum, 20 to 50 times faster than an assignment under a mask.
        states: Levels | None = None
        for code, shape in self._shapes(axis, index, part, outline, halo):
            if states is None:
                states = out if out is not None else np.empty_like(shape, dtype=np.uint8)
                np.multiply(shape.view(np.uint8), np.uint8(code), out=states)
            else:
                codes = shape.view(np.uint8)  # 0 and 1, which is what a halo has
                np.maximum(states, codes if code == HALO else codes * np.uint8(code), out=states)
        return states

    def _shapes(self, axis: int, index: int, part: Where, outline: bool, halo: bool) -> Iterator[tuple[int, BoolArray]]:
        """Yield the codes and shapes to be drawn."""
        for place, layer in enumerate(self.layers):
            is_active = place == self.active
            stroke = self.stroke.slice(axis, index) if is_active and self.stroke is not None else None
            # What a preview makes of the mask before the stroke is not what it will make of it afterwards.
            previewed = self.preview if is_active and self.stroke is None else None
            then = previewed.slice(axis, index) if previewed is not None else None
            # A hidden mask is seen while it is drawn on, and the changes of a preview are seen either way.
            is_shown = layer.visible or stroke is not None
            if stroke is None and not layer.mask.meets(axis, index):
                if then is not None:
                    yield ADDED, picked(then, part)
                continue
            if then is None and not is_shown:
                continue
            now = stroke if stroke is not None else self._gathered(place, axis, index)
            here, there = picked(now, part), picked(then, part) if then is not None else None
            if is_shown and not outline:
                yield FIRST_LAYER + place, here if there is None else here & there
            if is_shown and (outline or halo):
                # What neighbours decide needs more than the part.
                kept = now if then is None else now & then
                if outline:
                    yield FIRST_LAYER + place, _of_neighbours(outline_of, kept, part)
                if halo:  # where the mask is filled, it lies over what of the halo is in it
                    yield HALO, _of_neighbours(partial(halo_of, covered=not outline), kept, part)
            if there is not None:
                yield ADDED, and_not(there, here)
                yield REMOVED, and_not(here, there)
        lit = self.lit.slice(axis, index) if self.lit is not None else None
        if lit is not None:
            yield LIT, picked(lit, part)

    def _gathered(self, place: int, axis: int, index: int) -> BoolArray:
        kept = self._kept.get((place, axis))
        if kept is None or kept[0] != index:
            kept = self._kept[place, axis] = (index, self._read(place, axis, index))
        return kept[1]

    def _read(self, place: int, axis: int, index: int) -> BoolArray:
        mask = self.layers[place].mask
        if axis != 0:
            return mask.read(Box.whole(mask.shape).across(axis, index)).squeeze(axis)
        key = (place, index // 8)
        if key not in self._eights:
            if len(self._eights) >= len(self.layers) + mask.shape[0] // EIGHTS:
                self._eights.pop(next(iter(self._eights)))  # the oldest
            self._eights[key] = mask.eight(index)
        voxels: BoolArray = (self._eights[key] & np.uint8(1 << index % 8)) != 0
        return voxels


def _of_neighbours(find: Callable[[BoolArray, Part], BoolArray], mask: BoolArray, part: Where) -> BoolArray:
    """Return what `outline_of` or `halo_of` finds in a part of a slice, or which of some of its voxels."""
    return find(mask, part) if isinstance(part, tuple) else picked(find(mask, WHOLE), part)


def halo_of(mask: BoolArray, part: Part = WHOLE, covered: bool = False) -> BoolArray:
    """Return the voxels of a slice (or of a part of it) outside the mask that have one of their 4 neighbours in it.

    Parameters
    ----------
    mask : 2-D array of bool
    part : pair of slice
    covered : bool
        Whether the mask is drawn over the halo, so that it does not matter which of its own voxels count as well.

    Returns
    -------
    2-D array of bool

    Examples
    --------
    >>> halo_of(np.eye(3, 4, dtype=bool)).astype(int).tolist()
    [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1]]
    """
    around, inside = _with_neighbours(mask, part)
    # As one row of voxels, line after line, it takes half the time; what comes round the ends of lines is overwritten.
    lines = np.ascontiguousarray(around.T if around.flags.f_contiguous else around)
    halo, last = np.empty_like(lines), lines.shape[1] - 1
    row, voxels = halo.reshape(-1), lines.reshape(-1)
    np.logical_or(voxels[:-2], voxels[2:], out=row[1:-1])
    # Where a line is one voxel long, it is its own neighbour: a voxel of the mask, so none outside.
    halo[:, 0], halo[:, -1] = lines[:, min(1, last)], lines[:, max(0, last - 1)]
    np.logical_or(halo[1:], lines[:-1], out=halo[1:])
    np.logical_or(halo[:-1], lines[1:], out=halo[:-1])
    if not covered:
        and_not(halo, lines, out=halo)
    return (halo.T if around.flags.f_contiguous else halo)[inside]


def outline_of(mask: BoolArray, part: Part = WHOLE) -> BoolArray:
    """Return the voxels of a slice (or of a part of it) that have one of their 4 neighbours outside the mask.

    Examples
    --------
    >>> outline_of(np.ones((3, 4), bool)).astype(int).tolist()
    [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    """
    around, inside = _with_neighbours(mask, part)
    inner = np.zeros_like(around)
    if min(around.shape) > 2:
        core = inner[1:-1, 1:-1]
        np.logical_and(around[:-2, 1:-1], around[2:, 1:-1], out=core)
        np.logical_and(core, around[1:-1, :-2], out=core)
        np.logical_and(core, around[1:-1, 2:], out=core)
    return and_not(around, inner)[inside]


def _with_neighbours(mask: BoolArray, part: Part) -> tuple[BoolArray, Part]:
    """Return a part of a slice with one voxel more on every side that has one, and where the part lies in that.

    What neighbours decide is thus the same of a part as of the whole.
    """
    (top, bottom, _), (left, right, _) = (span.indices(size) for span, size in zip(part, mask.shape, strict=True))
    above, before = max(0, top - 1), max(0, left - 1)
    inside = (slice(top - above, bottom - above), slice(left - before, right - before))
    return mask[above : bottom + 1, before : right + 1], inside
