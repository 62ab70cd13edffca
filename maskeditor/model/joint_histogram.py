"""The joint histogram of two images, or of an image and its gradient, with the cells where a mask lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from maskeditor.core.operation.pairs import Pairs
from maskeditor.core.operation.scene import ImageSource, Scene, Width
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Array, Counts, Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.in_range import chunks
from maskeditor.engine.joint_histogram import Bins, joint_counts
from maskeditor.engine.progress import Progress

#: Cells along each axis.
CELLS = 256
#: The share of the voxels that is seen at first, from the lowest on; beyond, where few lie far away, one zooms out.
MOST_SEEN = 0.9995

#: The lowest and the highest value along an axis.
Span = tuple[float, float]


class JointSource(NamedTuple):
    """What is counted: as the parameters of `joint_histogram_region` say it."""

    image: str = ""
    other: str | None = None
    frame: FrameChoice = "mean"
    fwhm: Width = 0.0

    def images(self, scene: Scene) -> tuple[ImageSource | None, ...]:
        """Return the images of a scene that are counted: the same names may be of others later."""
        return scene.sources({self.image, self.other or self.image})


@dataclass(frozen=True, eq=False)
class JointHistogram:
    """Counts of pairs of intensities, which are not held: means and smoothed images are among what a document keeps.

    Parameters
    ----------
    source : JointSource
    images : tuple of Volume or Derived
        What the images of the source were.
    whole : two spans
        From the lowest to the highest finite value along each axis.
    usual : two spans
        What is seen at first.
    spans : two spans
        What was counted along each axis.
    counts : (CELLS, CELLS) array of int
        The first axis is that of the first image.
    of_mask : (CELLS, CELLS) array of int, optional
        The same of the voxels of a mask.
    """

    source: JointSource
    images: tuple[ImageSource | None, ...]
    whole: tuple[Span, Span]
    usual: tuple[Span, Span]
    spans: tuple[Span, Span]
    counts: Counts
    of_mask: Counts | None = None

    def pair_at(self, scene: Scene, voxel: Voxel) -> tuple[float, float] | None:
        """Return both intensities of a voxel; None where they are not at hand, or no longer those that were counted."""
        if self.source.images(scene) != self.images or not Pairs.at_hand(scene, *self.source):
            return None
        i, j, k = (slice(index, index + 1) for index in voxel)
        first, second = Pairs(scene, *self.source, Progress()).of((i, j, k))
        return float(first.flat[0]), float(second.flat[0])

    def count_at(self, pair: tuple[float, float]) -> int:
        """Return how many voxels lie in the cell of a pair; none outside what was counted."""
        place = []
        for value, (low, high) in zip(pair, self.spans, strict=True):
            if not low <= value <= high:
                return 0
            place.append(min(CELLS - 1, int((value - low) / (high - low) * CELLS)))
        return int(self.counts[place[0], place[1]])


@dataclass(frozen=True, eq=False)
class JointRequest:
    """A joint histogram that is wanted.

    Parameters
    ----------
    scene : Scene
        With the mask whose cells are lit.
    source : JointSource
    spans : two spans, optional
        What is counted along each axis; what is seen at first, unless given.
    before : JointHistogram, optional
        What was worked out before, of which what is the same is taken.
    """

    scene: Scene
    source: JointSource
    spans: tuple[Span, Span] | None = None
    before: JointHistogram | None = None

    def work_out(self, progress: Progress) -> JointHistogram:
        """Count."""
        images, before = self.source.images(self.scene), self.before
        pairs = Pairs(self.scene, *self.source, progress)
        if before is None or (before.source, before.images) != (self.source, images):
            before = None
            whole, usual = _spans(pairs, self.scene, progress)
        else:
            whole, usual = before.whole, before.usual
        spans = self.spans or usual
        bins = [
            Bins(CELLS, low, high, values.dtype if values is not None else np.dtype(np.float64), scaled)
            for (low, high), values, scaled in zip(
                spans, (pairs.first, pairs.second), (pairs.first_scaled, pairs.second_scaled), strict=True
            )
        ]
        if before is not None and before.spans == spans:
            made = replace(before, of_mask=None)
        else:

            def parts() -> Iterator[tuple[Array, Array]]:
                for part, done in chunks(self.scene.geometry.shape):
                    progress(0.5 + 0.4 * done)
                    yield pairs.stored(part)

            counts = joint_counts(parts(), bins[0], bins[1])
            made = JointHistogram(self.source, images, whole, usual, spans, counts)
        return replace(made, of_mask=_of_mask(pairs, self.scene.mask, self.scene.extent, bins, progress))


def _spans(pairs: Pairs, scene: Scene, progress: Progress) -> tuple[tuple[Span, Span], tuple[Span, Span]]:
    """Return the spans of all finite values along both axes, and those that are seen at first."""
    ends: list[list[float]] = [[], []]
    few: list[list[Floats]] = [[], []]
    for part, done in chunks(scene.geometry.shape):
        for axis, values in enumerate(pairs.of(part)):
            finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel(order="K")
            if finite.size:
                ends[axis] += [float(finite.min()), float(finite.max())]
                few[axis].append(finite[:: max(1, finite.size // 4096)].astype(np.float64))
        progress(0.5 * done)
    whole, usual = [], []
    for one, some in zip(ends, few, strict=True):
        low, high = (min(one), max(one)) if one else (0.0, 1.0)
        high = high if high > low else low + 1.0
        seen = float(np.quantile(np.concatenate(some), MOST_SEEN)) if some else high
        whole.append((low, high))
        # Where the rest is not far away, all of it is seen.
        usual.append((low, high if high - low <= 1.5 * (seen - low) or seen <= low else seen))
    return (whole[0], whole[1]), (usual[0], usual[1])


def _of_mask(pairs: Pairs, mask: Voxels, extent: Box | None, bins: list[Bins], progress: Progress) -> Counts | None:
    """Count the voxels of a mask alone; None if it is empty."""
    if extent is None:
        return None

    def parts() -> Iterator[tuple[Array, Array]]:
        for part, done in chunks(extent.shape):
            progress(0.9 + 0.1 * done)
            here = extent.part(part).slices
            inside = mask[here]
            if inside.any():
                first, second = pairs.stored(here)
                yield first[inside], second[inside]

    return joint_counts(parts(), bins[0], bins[1])
