"""Pictures of a report that are turned or leafed through: slices of three planes, and the surface from all sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.engine.progress import Progress
from maskeditor.io.png import data_address, png
from maskeditor.model.data.slice_pictures import Outlined, SlicePictures, names_of
from maskeditor.model.data.surface_pictures import surface_pictures
from maskeditor.model.view.surface_picture import directions

#: Slices of each plane that can be leafed through, and the pixels along their longer side.
MOST_SLICES, SIDE = 64, 256
#: From how many sides the surface is seen, and the pixels along each side of the picture.
TURNS, SURFACE_SIDE = 16, 300
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
    surfaces = surface_pictures(outlined, geometry, progress.within(0, 0.3))
    if surfaces is None:
        return None
    leaves = []
    for turn in range(TURNS):
        angle = 360 * turn / TURNS
        part = progress.within(0.3 + 0.7 * turn / TURNS, 0.3 + 0.7 * (turn + 1) / TURNS)
        pixels = surfaces.picture(directions(angle, 0), (SURFACE_SIDE, SURFACE_SIDE), part)
        picture = png(pixels, surfaces.palette)
        leaves.append(Leaf(data_address(picture), _SIDES.get(angle, f"{angle:g}° round to the right")))
    coarse = surfaces.coarse
    note = f"drawn from voxels of {coarse} × {coarse} × {coarse}" if coarse > 1 else ""
    return Leaves("surface", "Surface", f"Surface of {names_of(outlined)}", tuple(leaves), 0, note=note)
