"""From labels: a mask of some labels of a label image."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import Python, joined
from maskeditor.core.operation.combine import Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.progress import Progress

#: Planes gone through together.
PLANES = 8


@operation(
    "from_labels",
    title="From labels",
    group="Masks",
    synonyms=("atlas", "parcellation", "segmentation", "region", "label image", "ROI of an atlas"),
)
class FromLabels(Combining):
    """Take the voxels that have one of some labels in a label image (atlas, segmentation).

    Equal to numpy's ``isin``.
    """

    labels: Annotated[tuple[int, ...], Field(min_length=1, max_length=10_000)] = parameter(
        title="Labels",
        description="The numbers of the labels, parted by commas. On the command line, names too: those of the table "
        "beside the label image, or of the one given as table=FILE.",
        role=Role.LABELS,
    )
    names: tuple[str, ...] = parameter(
        (), title="Names", description="What the labels are called, for who reads the steps.", role=Role.NAMES
    )
    image: str = parameter(
        "",
        title="Image",
        description="The label image; leave it empty for the image that is edited on.",
        role=Role.IMAGE,
    )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Look the labels up, some planes at a time."""
        volume = scene.image(self.image)
        if volume.frames > 1:
            raise OperationError(
                f"{self.image or 'The image'} has {volume.frames} volumes, but a label image has one; choose another."
            )
        box = self.region(scene)
        if box is None:
            return None
        stored = volume.stored_frame(0, box)
        made: BoolArray = np.empty(box.shape, dtype=bool, order="F")
        for start in range(0, box.shape[2], PLANES):
            planes = slice(start, min(box.shape[2], start + PLANES))
            made[:, :, planes] = np.isin(volume.scaled(stored[:, :, planes]), self.labels)
            progress(planes.stop / box.shape[2])
        return self.combined(scene, box, made)

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """A voxel's own label decides, once the image is there."""
        return (0, 0, 0) if scene.has_image(self.image) else None

    @classmethod
    def suggest(cls, scene: Scene) -> FromLabels:
        """Open with the label of the voxel that is looked at, in the further image of whole numbers that came last."""
        further = [
            name
            for name, source in scene.images.items()
            if isinstance(source, Volume) and source.is_integral and source.frames == 1
        ]
        image = further[-1] if further else ""
        value = float(scene.image(image).intensities(0)[scene.middle])
        is_label = value.is_integer() and 0 < abs(value) < 1 << 53
        return cls(labels=(int(value) if is_label else 1,), image=image)

    @property
    def _words(self) -> str:
        several = "s" if len(self.labels) > 1 else ""
        shown = self.names or tuple(map(str, self.labels))
        return f"{'' if self.names else f'label{several} '}{joined(shown[:8])}{' …' if len(shown) > 8 else ''}"

    def summary(self) -> str:
        """Return the row of the history."""
        return f"From labels: {self._words}{f' of {self.image}' if self.image else ''}{self.combine_words}"

    def python(self) -> Python:
        """Return numpy's function."""
        source = f"images[{self.image!r}]" if self.image else "image"
        return Python((self.python_combined(f"np.isin(volume_of({source}), {list(self.labels)})"),))

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        source = f"the {self.image}" if self.image else "the image"
        return f"Voxels with the {self._words} in {source} were taken{self.methods_combined}."
