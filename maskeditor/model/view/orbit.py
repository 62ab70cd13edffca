"""From where solids are looked at: a viewer who goes round them, rises, comes nearer, and moves aside."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Array, Floats
from maskeditor.engine.first_hit import View
from maskeditor.model.view.surface_picture import directions

#: How near and how far away one can go.
LEAST_ZOOM, MOST_ZOOM = 0.2, 60.0
#: Pixels that the longest edge of a voxel has at most; seen from nearer, each pixel is drawn larger.
LARGEST_VOXEL = 6.0
#: Of what is shown, the share that is at least filled; less than that is looked at from nearer.
LEAST_FILLED = 0.4


@dataclass(frozen=True)
class Orbit:
    """From where one looks.

    Parameters
    ----------
    middle : tuple of 3 float
        What one goes round, in world mm.
    reach : float
        How far from there something is seen, in mm, before one comes nearer.
    azimuth, elevation : float
        As in `directions`.
    zoom : float
    shift : tuple of 2 float
        How far what one looks at lies to the right of the middle and below it, in mm.

    Examples
    --------
    >>> orbit = Orbit((0.0, 0.0, 0.0), 50.0)
    >>> orbit.turned(20, 90).elevation, orbit.nearer(1000).zoom
    (90, 60.0)
    """

    middle: tuple[float, float, float] = (0.0, 0.0, 0.0)
    reach: float = 100.0
    azimuth: float = 35.0
    elevation: float = 20.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def directions(self) -> Floats:
        """Right, down and away, (3, 3), in world mm."""
        return directions(self.azimuth, self.elevation)

    def turned(self, azimuth: float, elevation: float) -> Orbit:
        """Return where one is after going round and rising by so many degrees; no farther than above and below."""
        risen = min(max(self.elevation + elevation, -90), 90)
        return replace(self, azimuth=(self.azimuth + azimuth) % 360, elevation=risen)

    def nearer(self, factor: float, right: float = 0.0, down: float = 0.0) -> Orbit:
        """Return where one is after coming nearer by a factor, to a point so many mm right of what is looked at."""
        zoom = min(max(self.zoom * factor, LEAST_ZOOM), MOST_ZOOM)
        left = 1 - self.zoom / zoom
        return replace(self, zoom=zoom, shift=(self.shift[0] + left * right, self.shift[1] + left * down))

    def moved(self, right: float, down: float) -> Orbit:
        """Return where one is after what is seen has moved so many mm to the right and down."""
        return replace(self, shift=(self.shift[0] - right, self.shift[1] - down))

    def fitting(self, middle: Array, reach: float) -> Orbit:
        """Return it with all of a sphere in sight: itself, where that is in sight already, and not small."""
        apart = float(np.linalg.norm(np.asarray(middle) - self.middle))
        if apart + reach <= self.reach and reach >= LEAST_FILLED * self.reach:
            return self
        x, y, z = np.asarray(middle, float).tolist()
        return replace(self, middle=(x, y, z), reach=reach)

    def at_rest(self) -> Orbit:
        """Return it before one came nearer or moved aside."""
        return replace(self, zoom=1.0, shift=(0.0, 0.0))

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody came nearer or moved aside."""
        return self.zoom == 1 and self.shift == (0, 0)

    def pixel(self, width: int, height: int) -> float:
        """Return the side in mm of a pixel of a picture of a size."""
        return 2 * self.reach / self.zoom / max(1, min(width, height))

    def view(self, width: int, height: int, geometry: Geometry) -> tuple[View, int]:
        """Return the view of a picture of a size, and how many of its pixels are drawn as one.

        Voxels that are seen from so near are plain enough in larger pixels.
        """
        pixel = self.pixel(width, height)
        together = max(1, math.ceil(max(geometry.zooms) / pixel / LARGEST_VOXEL))
        aim = self.directions
        middle = np.array(self.middle) + np.array(self.shift) @ aim[:2]
        shape = (-(-height // together), -(-width // together))
        # The left upper corner is where it would be without larger pixels, which may reach over the other edges.
        corner = aim[:2] @ middle - pixel * np.array([width, height]) / 2
        return View(aim, corner + together * pixel / 2, together * pixel, shape), together
