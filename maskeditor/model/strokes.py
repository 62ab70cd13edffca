"""The stroke that is being drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from threading import Lock

import numpy as np

from maskeditor.core.operation.painted import Painted
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.space.mask_bits import MaskBits, Rows, Voxels
from maskeditor.engine.arrays import BoolArray, Counts, and_not
from maskeditor.engine.box import Box
from maskeditor.engine.capsule import Way
from maskeditor.engine.progress import Reporter, silent
from maskeditor.engine.stroke_painter import Drawing, StrokePainter
from maskeditor.model.view.slices import slice_of

#: Lines of voxels in a point of a stroke beyond which its volume is not worked out while the hand moves.
LARGE = 1 << 10
#: Voxels of a part of a slice up to which all of it is looked at, whatever is new in it.
SMALL = 1 << 12
#: Ways that are drawn in a slice one by one; more are taken from the volume, as far as that is worked out.
FEW = 8


@dataclass(eq=False)
class _Slice:
    """A slice of the mask as a stroke leaves it, and how many ways are drawn in it.

    Where the last was drawn before anybody asked for it, its voxels wait, counted in Fortran order.
    """

    drawing: Drawing
    done: int = 0
    waiting: Counts | None = None


class Stroke:
    """A stroke from press to release: drawn live, then made into one step.

    While the hand moves, the slices that somebody looks at are drawn. The volume is worked out beside them, by
    `work_out`: of a large ball on another thread, which may lag behind.

    Parameters
    ----------
    scene : Scene
        Of the ROI that is painted on.
    like : Painted
        How it paints: its points have no say.
    over : Stroke, optional
        One that was drawn on the same ROI before, and that is not in the scene's mask yet.
    scope : Scope
        Where it may change the mask.
    """

    def __init__(self, scene: Scene, like: Painted, over: Stroke | None = None, scope: Scope = EVERYWHERE) -> None:
        self._mask: Voxels = scene.mask
        self._over = over
        self._erase = like.mode == "erase"
        self._like = like
        #: Where it may change the mask.
        self.scope = scope
        self._points: list[tuple[float, float, float]] = []
        self._painter: StrokePainter = self._like.painter(scene, scope)
        #: Whether its volume takes too long to be worked out while the hand moves.
        self.is_large = self._painter.lines > LARGE
        self._whole = scene.whole
        self._ways: list[Way] = []
        #: Where it was drawn; None if it never came into the volume.
        self.box: Box | None = None
        # How many of the ways are in the volume.
        self._worked_out = 0
        self._working = Lock()
        # By axis; a stroke only ever grows, so that later ways are drawn over what was gathered.
        self._slices: dict[int, _Slice] = {}

    @property
    def is_behind(self) -> bool:
        """Whether its volume is not worked out as far as it is drawn."""
        return self._worked_out < len(self._ways)

    @property
    def size(self) -> int:
        """Voxels of the box that it lies in."""
        return self.box.size if self.box is not None else 0

    @property
    def visited(self) -> int:
        """How many voxels, and lines of them, were visited to work the volume out."""
        return self._painter.visited

    def add(self, world: tuple[float, float, float]) -> Box | None:
        """Go on to a point in world mm; return the box of voxels that may look different now."""
        # As the operation rounds them, so that live and replayed strokes are the same to the voxel.
        point = (round(world[0], 3), round(world[1], 3), round(world[2], 3))
        if self._points and self._points[-1] == point:
            return None
        self._points.append(point)
        way = self._painter.go_to(point)
        if way.box is not None:
            self.box = way.box.union(self.box)
        self._ways.append(way)
        return way.news

    def work_out(self, report: Reporter = silent) -> None:
        """Work the volume out as far as the stroke is drawn; any thread may do so, and waits for another that does.

        It is reported after each piece of some 10,000 voxels, so that a reporter that waits holds it up at once.
        """
        with self._working:
            while self.is_behind:
                self._painter.paint(self._ways[self._worked_out], lambda: report(self._worked_out / len(self._ways)))
                self._worked_out += 1

    def follow(self, mask: Voxels, over: Stroke | None, is_other: bool) -> None:
        """Take the mask (I, J, K) as it is now, after a move that was made meanwhile.

        Parameters
        ----------
        mask : (I, J, K) of bool
        over : Stroke or None
            The one before it on the same ROI that is not in that mask yet.
        is_other : bool
            Whether it looks otherwise than before, or only what was drawn has become a step.
        """
        self._mask, self._over = mask, over
        if is_other:
            self._slices.clear()

    def slice(self, axis: int, index: int) -> BoolArray | None:
        """Return a slice of the mask as the stroke leaves it, good until the next point; None where it did not come."""
        below = self._over.slice(axis, index) if self._over is not None else None
        if not self._meets(axis, index):
            return below
        kept = self._slices.get(axis)
        if kept is None or kept.drawing.index != index:
            before = below if below is not None else slice_of(self._mask, axis, index)
            drawing = Drawing(axis, index, np.array(before, order="F"), self._allowed(axis, index))
            kept = self._slices[axis] = _Slice(drawing)
        if kept.done < len(self._ways):
            kept.waiting = None  # what waits is of a way before
        if not self.is_large or len(self._ways) - kept.done > FEW:
            self._take_from_volume(kept)
        for way in self._ways[kept.done :]:
            self._painter.draw(way, [kept.drawing], self._erase)
        kept.done = len(self._ways)
        return kept.drawing.voxels

    def whole(self) -> MaskBits:
        """Return the mask (I, J, K) as the stroke leaves it, as far as its volume is worked out; for a worker."""
        below, touched = self._over, self._painter.touched
        mask = below.whole() if below is not None else _copied(self._mask)
        if touched is None:
            return mask
        box, covered = touched
        if self._painter.allowed is not None:
            covered = covered & self._painter.allowed(box)
        before = mask.read(box)
        mask.put(Rows.of(box, and_not(before, covered) if self._erase else before | covered))
        return mask

    def news(self, axis: int, index: int, box: Box) -> Counts | None:
        """Draw the last point in a slice, and return which voxels that has changed.

        Parameters
        ----------
        axis, index : int
        box : Box
            What `add` has returned last; of any other, nothing is known.

        Returns
        -------
        (V,) array of int or None
            Counted in Fortran order; None where it is not known, or no cheaper than the whole box.
        """
        kept, last = self._slices.get(axis), self._ways[-1] if self._ways else None
        if last is None or last.news is not box or not _is_worth_it(box, axis):
            return None
        if kept is None or kept.drawing.index != index:
            return None
        if kept.waiting is None and self._is_next(kept):
            self._draw_last(last, box)
        news, kept.waiting = kept.waiting, None
        return news if kept.done == len(self._ways) else None

    def _is_next(self, kept: _Slice) -> bool:
        return kept.done == len(self._ways) - 1

    def _draw_last(self, way: Way, box: Box) -> None:
        """Draw the last way in all slices at once that it is the next of, as long as what was drawn is asked for."""
        slices = [
            kept
            for axis, kept in self._slices.items()
            if self._is_next(kept) and kept.waiting is None and _is_worth_it(box, axis)
        ]
        drawn = self._painter.draw(way, [kept.drawing for kept in slices], self._erase)
        for kept, voxels in zip(slices, drawn, strict=True):
            kept.done, kept.waiting = len(self._ways), voxels

    def _meets(self, axis: int, index: int) -> bool:
        return self.box is not None and self.box.start[axis] <= index < self.box.stop[axis]

    def _allowed(self, axis: int, index: int) -> BoolArray | None:
        if self._painter.allowed is None:
            return None
        whole = self._painter.allowed(self._whole.cut(axis, index, index + 1))
        return np.asfortranarray(whole.squeeze(axis))

    def _take_from_volume(self, kept: _Slice) -> None:
        """Draw in a slice what the volume knows already, which takes no longer however many ways that are."""
        axis, index = kept.drawing.axis, kept.drawing.index
        drawn, allowed = kept.drawing.voxels, kept.drawing.allowed
        done, worked_out = kept.done, self._worked_out
        boxes = [way.box for way in self._ways[done:worked_out] if way.box is not None]
        kept.done = max(done, worked_out)
        slab = self._whole.cut(axis, index, index + 1)
        new = reduce(Box.union, boxes).intersection(slab) if boxes else None
        touched = self._painter.touched
        if new is None or touched is None:
            return
        outer, covered = touched
        part = tuple(span for other, span in enumerate(new.slices) if other != axis)
        marked = covered[new.within(outer).slices].squeeze(axis)
        if allowed is not None:
            marked = marked & allowed[part]
        join = and_not if self._erase else np.logical_or
        join(drawn[part], marked, out=drawn[part])

    def patch(self, mask: Voxels, report: Reporter = silent) -> Patch | None:
        """Return what becomes of a mask (I, J, K), once all is drawn; None if it never came into the volume."""
        self.work_out()
        return self._like.made(self._painter, mask, report)

    def operation(self) -> Painted | None:
        """Return the stroke as an operation; None before its first point."""
        return self._like.model_copy(update={"points": tuple(self._points)}) if self._points else None


def _is_worth_it(box: Box, axis: int) -> bool:
    """Whether a part of slices is so large that it takes longer to look at all of it than to find what is new."""
    return box.size > SMALL * box.shape[axis]


def _copied(mask: Voxels) -> MaskBits:
    return mask.copy() if isinstance(mask, MaskBits) else MaskBits.of(mask[...])
