"""What a worker gets of a document: all of it, as it is at one moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from maskeditor.core.history.delta import Delta
from maskeditor.core.history.images import Images
from maskeditor.core.history.timelines import Timeline, state_of
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.outside import Outside
from maskeditor.core.operation.scene import Scene, image_of, no_image
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The document at one moment, safe to hand to a worker.

    The masks are the live ones: a result is only taken if the revision is still the same, so what a worker
    read while a mask moved is never used, and nothing has to be copied first. `timeline` are the steps that made these
    masks; `present` are others while one looks at another row. `hold` counts each delta that is made.
    """

    revision: int
    volume: Volume
    images: Mapping[str, Volume]
    outside: Outside
    timeline: Timeline
    masks: Mapping[str, MaskBits]
    intermediates: Intermediates
    present: Timeline
    hold: Callable[[Delta], None]

    @property
    def later(self) -> Timeline:
        """The steps that follow those of the masks, while an earlier row is looked at."""
        return self.present[len(self.timeline) :]

    def image(self, name: str, progress: Progress) -> Volume:
        """Return an image as it is after the steps; "" is the one that is edited on. For a worker.

        Raises
        ------
        OperationError
            If there is none of that name.
        """
        images = Images(self.volume, self.images, self.timeline)
        source = images.get(name)
        if source is None:
            raise no_image(name, images.further)
        return image_of(source, self.volume, self.outside, self.intermediates, progress)

    def scene(self, roi: str) -> Scene:
        """Return the scene of an ROI as it is now."""
        return Scene(
            volume=self.volume,
            mask=self.masks[roi],
            extent=state_of(self.timeline, roi).extent,
            others={id: mask for id, mask in self.masks.items() if id != roi},
            images=Images(self.volume, self.images, self.timeline).further,
            outside=self.outside,
            intermediates=self.intermediates,
        )
