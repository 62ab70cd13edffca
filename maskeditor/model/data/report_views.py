"""Pictures of a report that are turned or leafed through: slices of three planes, and the surface from all sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.first_hit import View, first_hits, shades
from maskeditor.engine.progress import Progress
from maskeditor.io.png import data_address, png
from maskeditor.model.data.slice_pictures import Outlined, SlicePictures, names_of
from maskeditor.model.view.solids import Solid, sphere_around
from maskeditor.model.view.surface_picture import directions

#: Slices of each plane that can be leafed through, and the pixels along their longer side.
MOST_SLICES, SIDE = 64, 256
#: From how many sides the surface is seen, and the pixels along each side of the picture.
TURNS, SURFACE_SIDE = 16, 300
#: Shades of each colour of a surface.
_SHADES = 24
_SIDES: dict[float, str] = {
    0: "from the front",
    90: "from the patient's right",
    180: "from behind",
    270: "from the patient's left",
}


class Leaf(NamedTuple):
    """A picture: its address, which holds it, and where it was taken."""

    address: str
    place: str


class Leaves(NamedTuple):
    """Pictures that are leafed through.

    Parameters
    ----------
    id : str
    title : str
    alt : str
        What stands for them where they cannot be seen.
    leaves : tuple of Leaf
    first : int
        The one that is shown first.
    letters : tuple of str
        At the left, right, top and bottom edge; of a surface none.
    note : str
        What is worth saying of them.
    """

    id: str
    title: str
    alt: str
    leaves: tuple[Leaf, ...]
    first: int
    letters: tuple[str, ...] = ()
    note: str = ""


def slice_leaves(pictures: SlicePictures, progress: Progress) -> list[Leaves]:
    """Return the slices of all three planes; of more than can be leafed through, evenly spread ones."""
    found = []
    for place, plane in enumerate((Plane.AXIAL, Plane.CORONAL, Plane.SAGITTAL)):
        count = pictures.geometry.shape[pictures.plane(plane).normal]
        indices = pictures.spread(plane, 0, count - 1, MOST_SLICES)
        first, last = pictures.extent(plane)
        middle = min(range(len(indices)), key=lambda at: abs(indices[at] - (first + last) / 2))
        leaves, enlarged = [], pictures.enlarged(plane, SIDE)
        for number, index in enumerate(indices):
            picture = png(pictures.picture(plane, index, SIDE, enlarged), pictures.palette)
            leaves.append(Leaf(data_address(picture), pictures.position(plane, index)))
            progress((place + (number + 1) / len(indices)) / 3)
        found.append(
            Leaves(
                plane.value,
                plane.capitalize(),
                f"{plane.capitalize()} slice of the image, outlined: {names_of(pictures.outlined)}",
                tuple(leaves),
                middle,
                pictures.plane(plane).letters,
                "" if len(indices) == count else f"{len(indices)} of {count} slices",
            )
        )
    return found


def surface_leaves(outlined: Sequence[Outlined], geometry: Geometry, progress: Progress) -> Leaves | None:
    """Return the surfaces of masks as they are seen from all sides, each in its colour; None where all are empty."""
    solids: list[Solid] = []
    for place, one in enumerate(outlined):
        part = progress.part(0.3 * place / len(outlined), 0.3 * (place + 1) / len(outlined))
        solids.append(Solid.of(one.mask, geometry.affine, part))
    if not any(len(solid.surface) for solid in solids):
        return None
    middle, reach = sphere_around(solids)
    # More masks than there is room for share colours with those before.
    apart = min(len(outlined), 255 // _SHADES)
    colours = np.array([one.colour for one in outlined[:apart]], float)
    lit = np.linspace(0, 1, _SHADES)
    shaded = np.concatenate((np.zeros((1, 3)), (colours[:, None] * lit[None, :, None]).reshape(-1, 3)))
    palette = shaded.round().astype(np.uint8)
    leaves = []
    for turn in range(TURNS):
        angle = 360 * turn / TURNS
        view = View.around(middle, directions(angle, 0), 2 * reach / SURFACE_SIDE, (SURFACE_SIDE, SURFACE_SIDE))
        pixels, depth = np.zeros(view.shape, np.uint8), np.full(view.shape, np.inf, np.float32)
        for place, solid in enumerate(solids):
            seen = first_hits(solid.surface, view)
            nearest = seen.depth < depth
            depth[nearest] = seen.depth[nearest]
            bright = np.rint(shades(solid.surface, view)[seen.point[nearest]] * (_SHADES - 1)).astype(np.uint8)
            pixels[nearest] = 1 + place % apart * _SHADES + bright
            progress(0.3 + 0.7 * (turn + (place + 1) / len(solids)) / TURNS)
        leaves.append(Leaf(data_address(png(pixels, palette)), _SIDES.get(angle, f"{angle:g}° round to the right")))
    coarse = max(solid.by for solid in solids)
    note = f"drawn from voxels of {coarse} × {coarse} × {coarse}" if coarse > 1 else ""
    return Leaves("surface", "Surface", f"Surface of {names_of(outlined)}", tuple(leaves), 0, note=note)
