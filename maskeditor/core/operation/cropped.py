"""What a scene that was cropped looks at: its image, its masks and what is kept of parts of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.box import Box, Voxel

Kept = TypeVar("Kept", Array, Volume)


class Part(NamedTuple, Generic[Kept]):
    """An array, or a volume, of what lies in a box."""

    box: Box
    made: Kept

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self.made.nbytes


class CroppedMask:
    """A mask (I, J, K) inside a box, unpacked when it is looked at: most operations look at the image alone."""

    def __init__(self, mask: Voxels, box: Box) -> None:
        self._mask, self._box = mask, box
        self._voxels: BoolArray | None = None

    @property
    def shape(self) -> Voxel:
        """Voxels along each axis."""
        return self._box.shape

    def __getitem__(self, where: Any) -> Any:
        """Return a voxel, or voxels as (…) of bool."""
        # No cached property: in Python 3.11 one lock is for all that have it, so that slices would wait for a volume.
        if self._voxels is None:
            self._voxels = self._mask[self._box.slices]
        return self._voxels[where]


class CroppedMasks(Mapping[str, Voxels]):
    """Masks inside a box, by the ids of their ROIs."""

    def __init__(self, masks: Mapping[str, Voxels], box: Box) -> None:
        self._masks, self._box = masks, box

    def __getitem__(self, roi: str) -> Voxels:
        part: BoolArray = self._masks[roi][self._box.slices]
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(self._masks)

    def __len__(self) -> int:
        return len(self._masks)


def cropped_volume(volume: Volume, box: Box, geometry: Geometry) -> Volume:
    """Return an image inside a box as a view, on the grid of that box."""
    return Volume(volume.stored[box.slices], geometry, volume.slope, volume.intercept, volume.name)
