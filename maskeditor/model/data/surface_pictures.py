"""The surfaces of masks as pictures of few colours: black, then shades of the colour of each mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Floats
from maskeditor.engine.first_hit import View, first_hits, shades
from maskeditor.engine.progress import Progress
from maskeditor.model.data.slice_pictures import Outlined
from maskeditor.model.view.pixels import Levels
from maskeditor.model.view.solids import Solid, sphere_around

#: Shades of each colour.
SHADES = 24


@dataclass(frozen=True, eq=False)
class SurfacePictures:
    """Surfaces of masks, to be drawn from any side.

    Parameters
    ----------
    solids : tuple of Solid
    middle : (3,) array of float64
        Of a sphere around all, in world mm.
    reach : float
        Its radius in mm.
    palette : (N, 3) array of uint8
        Black, then the shades of each colour, from dark to bright.
    """

    solids: tuple[Solid, ...]
    middle: Floats
    reach: float
    palette: NDArray[np.uint8]

    @property
    def coarse(self) -> int:
        """How many voxels of the masks each voxel that is drawn is long."""
        return max(solid.by for solid in self.solids)

    def picture(self, directions: Floats, shape: tuple[int, int], progress: Progress) -> Levels:
        """Return the picture (H, W) of all of them that fills a shape.

        Parameters
        ----------
        directions : (3, 3) array of float64
            Of a `View`.
        shape : tuple of 2 int
        progress : Progress
        """
        view = View.around(self.middle, directions, 2 * self.reach / min(shape), shape)
        apart = (len(self.palette) - 1) // SHADES
        pixels, depth = np.zeros(shape, np.uint8), np.full(shape, np.inf, np.float32)
        for place, solid in enumerate(self.solids):
            seen = first_hits(solid.surface, view)
            nearest = seen.depth < depth
            depth[nearest] = seen.depth[nearest]
            bright = np.rint(shades(solid.surface, view)[seen.point[nearest]] * (SHADES - 1)).astype(np.uint8)
            pixels[nearest] = 1 + place % apart * SHADES + bright
            progress((place + 1) / len(self.solids))
        return pixels


def surface_pictures(
    outlined: Sequence[Outlined], geometry: Geometry, progress: Progress, colours: int = 256
) -> SurfacePictures | None:
    """Return the surfaces of masks, each in its colour; None where all are empty.

    Parameters
    ----------
    outlined : sequence of Outlined
    geometry : Geometry
    progress : Progress
    colours : int
        How many there may be, `SHADES` and black at least; masks that find no room share colours with those before.
    """
    solids: list[Solid] = []
    for place, one in enumerate(outlined):
        part = progress.part(place / len(outlined), (place + 1) / len(outlined))
        solids.append(Solid.of(one.mask, geometry.affine, part))
    if not any(len(solid.surface) for solid in solids):
        return None
    middle, reach = sphere_around(solids)
    own = np.array([one.colour for one in outlined[: (colours - 1) // SHADES]], float)
    lit = np.linspace(0, 1, SHADES)
    shaded = np.concatenate((np.zeros((1, 3)), (own[:, None] * lit[None, :, None]).reshape(-1, 3)))
    return SurfacePictures(tuple(solids), middle, reach, shaded.round().astype(np.uint8))
