"""Pictures of a report that are turned or leafed through: slices of three planes, and the surface from all sides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from maskeditor.core.space.geometry import Geometry, Plane
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.arrays import Affine, BoolArray
from maskeditor.engine.progress import Progress
from maskeditor.engine.surface import Surface, seen, surface_of
from maskeditor.io.png import data_address, png
from maskeditor.model.data.slice_pictures import Outlined, SlicePictures, names_of

#: Slices of each plane that can be leafed through, and the pixels along their longer side.
MOST_SLICES, SIDE = 64, 256
#: From how many sides the surface is seen, and the pixels along each side of the picture.
TURNS, SURFACE_SIDE = 16, 300
#: Voxels along the longest side of a mask, beyond which its surface is drawn from larger ones.
MOST_VOXELS = 160
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
        leaves = []
        for number, index in enumerate(indices):
            picture = png(pictures.picture(plane, index, SIDE), pictures.palette)
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
    surfaces: list[Surface] = []
    voxel = np.zeros((3, 3))
    for one in outlined:
        mask, affine = shrunk(one.mask, geometry.affine)
        surfaces.append(surface_of(mask, affine))
        # Voxels of the coarsest mask leave no gap in the others either.
        voxel = max(voxel, affine[:3, :3], key=lambda edges: float(np.abs(edges).max()))
        progress(0.3 * len(surfaces) / len(outlined))
    whole = Surface(*(np.concatenate(parts) for parts in zip(*surfaces, strict=True)))
    if not len(whole.points):
        return None
    whose = np.repeat(np.arange(len(surfaces)), [len(one.points) for one in surfaces])
    middle = (whole.points.min(0) + whole.points.max(0)) / 2
    reach = float(np.linalg.norm(whole.points - middle, axis=1).max()) + float(np.linalg.norm(voxel))
    # More masks than there is room for share colours with those before.
    apart = min(len(outlined), 255 // _SHADES)
    colours = np.array([one.colour for one in outlined[:apart]], float)
    shades = np.linspace(0, 1, _SHADES)
    shaded = np.concatenate((np.zeros((1, 3)), (colours[:, None] * shades[None, :, None]).reshape(-1, 3)))
    palette = shaded.round().astype(np.uint8)
    leaves = []
    for turn in range(TURNS):
        angle = 360 * turn / TURNS
        picture = seen(whole, _directions(angle), voxel, middle, 2 * reach / SURFACE_SIDE, SURFACE_SIDE)
        pixels = np.zeros(picture.point.shape, np.uint8)
        there = picture.point >= 0
        bright = np.rint(picture.shade[there] * (_SHADES - 1)).astype(np.int64)
        pixels[there] = 1 + whose[picture.point[there]] % apart * _SHADES + bright
        leaves.append(Leaf(data_address(png(pixels, palette)), _SIDES.get(angle, f"{angle:g}° round to the right")))
        progress(0.3 + 0.7 * (turn + 1) / TURNS)
    return Leaves("surface", "Surface", f"Surface of {names_of(outlined)}", tuple(leaves), 0)


def _directions(angle: float) -> Affine:
    """Return right, down and away of a viewer who has walked round the patient, from the front to the right."""
    turn = np.radians(angle)
    right, away = (-np.cos(turn), np.sin(turn), 0.0), (-np.sin(turn), -np.cos(turn), 0.0)
    return np.array([right, (0.0, 0.0, -1.0), away])


def shrunk(mask: MaskBits, affine: Affine) -> tuple[BoolArray, Affine]:
    """Return the box of a mask, from so many voxels on in larger ones, and the affine that belongs to it.

    A larger voxel is inside where any of its voxels is.

    Examples
    --------
    >>> voxels, affine = shrunk(MaskBits.of(np.ones((400, 2, 1), bool)), np.eye(4))
    >>> voxels.shape, affine[0].tolist()
    ((134, 1, 1), [3.0, 0.0, 0.0, 1.0])
    """
    box = mask.bounds()
    if box is None:
        return np.zeros((1, 1, 1), bool), affine
    voxels = mask.read(box)
    by = -(-max(box.shape) // MOST_VOXELS)
    moved = affine.copy()
    moved[:3, 3] += affine[:3, :3] @ (np.array(box.start) + (by - 1) / 2)
    moved[:3, :3] *= by
    for axis in range(3) if by > 1 else ():
        voxels = np.logical_or.reduceat(voxels, np.arange(0, voxels.shape[axis], by), axis)
    return voxels, moved
