"""What a document holds, only to be read: images, ROIs, masks, and the steps that made them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from maskeditor.core.history.images import Images
from maskeditor.core.history.masks import Masks
from maskeditor.core.history.rois import Rois
from maskeditor.core.history.shown import Shown
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.history.timelines import Timeline, Way
from maskeditor.core.history.visits import History
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.outside import Outside
from maskeditor.core.operation.scene import ImageSource
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import Roi
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box
from maskeditor.engine.memory_pool import idle_nbytes


class Contents:
    """All that one may ask a document; nothing here changes it.

    Parameters
    ----------
    volume : Volume
        The image that is edited on; all masks lie on its grid.
    history : History, optional
    outside : Outside, optional
        Standard images by name, for the operations that look at one.
    """

    def __init__(self, volume: Volume, history: History | None = None, outside: Outside | None = None) -> None:
        self.volume = volume
        self.images: dict[str, Volume] = {}
        self.outside = outside or Outside()
        self.history = history or History()
        self.intermediates = Intermediates()
        #: Even at rest, odd while a move is made; each move makes it greater.
        self.revision = 0
        self._rois = Rois()
        self._masks = Masks(volume.geometry.shape)
        self._shown = Shown(self.history)

    # Images -----------------------------------------------------------------------------------------------------

    @property
    def taken_image_names(self) -> frozenset[str]:
        """The names that no image can be given: those of further images, and of what undo or redo may bring back."""
        return frozenset(self.images) | {step.makes.name for step in self.history.steps if step.makes is not None}

    def image_names(self, timeline: Timeline | None = None) -> tuple[str, ...]:
        """Return the names of the further images there are after the steps that are shown, or after others."""
        return tuple(self.further_images(timeline))

    def further_images(self, timeline: Timeline | None = None) -> dict[str, ImageSource]:
        """Return the further images there are after the steps that are shown, or after others, by name."""
        return Images(self.volume, self.images, self.timeline if timeline is None else timeline).further

    # ROIs -------------------------------------------------------------------------------------------------------

    @property
    def geometry(self) -> Geometry:
        """The grid of the image and of every mask."""
        return self.volume.geometry

    @property
    def rois(self) -> tuple[Roi, ...]:
        """The ROIs there are: those added and not deleted, and those that steps fill or look at.

        An ROI is not gone because one looks at a row from before it came.
        """
        return self._rois.there(self.present, self.timeline)

    @property
    def every_roi(self) -> tuple[tuple[Roi, bool], ...]:
        """All ROIs there ever were, as undo may bring them back, each with whether it stays without any step."""
        return self._rois.every

    def roi(self, id: str) -> Roi:
        """Return an ROI by id."""
        return self._rois[id]

    def draft_rois(self, names: Iterable[str]) -> tuple[Roi, ...]:
        """Return ROIs that may be added, their names made unlike all others; nothing is added yet."""
        return self._rois.draft(names, self.rois)

    def mask(self, roi: str) -> MaskBits:
        """Return the mask of an ROI, only to be read; it follows every change until the next swap."""
        return self._masks[self.roi(roi).id]

    def still(self, roi: str) -> tuple[Timeline, BoolArray]:
        """Return the steps and an ROI's mask (I, J, K) of bool that belong together, whatever moves are made meanwhile.

        Any thread may call it, to save what it gets.
        """
        timeline, (mask,) = self.stills([roi])
        return timeline, mask[...]

    def stills(self, rois: Iterable[str]) -> tuple[Timeline, tuple[MaskBits, ...]]:
        """Return the steps and the masks of several ROIs that belong together, as `still` does, packed."""
        wanted = tuple(rois)
        while True:
            revision = self.revision
            if revision % 2 == 0:
                timeline, masks = self.timeline, tuple(self.mask(roi).copy() for roi in wanted)
                if self.revision == revision:
                    return timeline, masks
            time.sleep(0.001)

    def voxels(self, roi: str) -> int:
        """Return the number of voxels of an ROI."""
        return self._masks.state(roi, self.timeline).voxels

    def extent(self, roi: str) -> Box | None:
        """Return a box that holds every voxel of an ROI; None when it is empty."""
        return self._masks.state(roi, self.timeline).extent

    # Steps ------------------------------------------------------------------------------------------------------

    @property
    def present(self) -> Timeline:
        """The steps that are made, in order; looking at another row does not change them."""
        return self.history.timeline

    @property
    def timeline(self) -> Timeline:
        """The steps that make the masks as they are shown: those of the present, or up to the row looked at."""
        return self._shown.timeline

    @property
    def is_looking(self) -> bool:
        """Whether the masks are shown as they are after another row than the present one."""
        return self._shown.is_earlier

    @property
    def later(self) -> Timeline:
        """The steps of the present that follow those shown."""
        return self._shown.later

    def snapshot(self, rois: Iterable[Roi] = ()) -> Snapshot:
        """Return the document as it is now, and with empty ROIs that are to come, for `prepare` on any thread."""
        masks = {roi.id: self.mask(roi.id) for roi in self.rois}
        masks |= {roi.id: MaskBits(self.geometry.shape) for roi in rois if roi.id not in masks}
        return Snapshot(
            revision=self.revision,
            volume=self.volume,
            images=dict(self.images),
            outside=self.outside,
            timeline=self.timeline,
            masks=masks,
            intermediates=self.intermediates,
            present=self.present,
            hold=self.history.held.hold,
        )

    def way_to(self, goal: Timeline) -> Way:
        """Return how to go from the masks that are shown to those of another row.

        Raises
        ------
        OperationError
            If it is none, as other steps were made since.
        """
        return self._shown.way_to(goal)

    def way_by(self, by: int) -> Way:
        """Return how to go from the masks that are shown to those after the cursor has moved by 1 or -1."""
        return self._shown.way_by(by)

    @property
    def kept_nbytes(self) -> int:
        """Bytes kept to work faster: intermediate results, and memory that earlier results have left."""
        return self.intermediates.nbytes + idle_nbytes()
