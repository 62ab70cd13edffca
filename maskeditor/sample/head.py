"""The head of the embedded sample: every tissue as a signed distance (mm, negative inside) on a grid.

The cortex is a smooth hull cut by sulci, which are the zero sheets of a smooth random field; skull and scalp
follow the hull outwards; all else is made of the shapes of `maskeditor.sample.anatomy`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskeditor.sample import anatomy as anatomy
from maskeditor.sample.fields import FAR, Float, Grid, ellipsoid, sheets, soft_minimum, unite, wave, waves

HEAD_FIELDS = ("skin", "muscle", "fat", "bone", "marrow", "fluid", "tissue", "air", "inner")
BRAIN_FIELDS = (
    "hull",  # the outer surface of the cortex without its sulci
    "sheet",  # signed distance to the nearest sulcus
    "floor",  # negative below the bottom of the sulci
    "fissure",  # distance to the fissures between the hemispheres and above the temporal lobes
    "white",
    "stem",
    "nuclei",
    "thalamus",
    "pallidum",
    "ventricle",
    "brain",
)
SEED = 20240229


@dataclass(frozen=True, eq=False)
class HeadFields:
    """Signed distances on a grid: ``head`` and ``brain`` are (k, field, j, i), ``corner`` where brain begins."""

    head: Float
    brain: Float
    corner: tuple[int, int, int]


def _hemisphere_radius(grid: Grid) -> tuple[Float, Float, Float, Float]:
    """Return the place (mm) from the centre of the nearer hemisphere, and its radius: 1 about at the hull."""
    px, py, pz = np.abs(grid.x) - np.float32(25), grid.y - np.float32(-16), grid.z - np.float32(20)
    square = (px / np.float32(42)) ** 2 + (py / np.float32(81)) ** 2 + (pz / np.float32(50)) ** 2
    return px, py, pz, np.sqrt(square)


def _sulci(grid: Grid, rng: np.random.Generator) -> Float:
    """Return the signed distance to the middle of the sulci, as if they went on without end."""
    # Sulci run inwards: the field is read near where the ray from the hemisphere's centre meets the hull.
    px, py, pz, radius = _hemisphere_radius(grid)
    stretch = np.float32(0.25) + np.float32(0.75) / np.maximum(radius, np.float32(0.3))
    px *= stretch
    px += np.float32(25)
    np.copysign(px, grid.x, out=px)  # the two hemispheres differ
    for p in (py, pz):
        p *= stretch
        p += np.float32(2.5) * waves(rng, (grid.x, grid.y, grid.z), 3, (24, 40))
    return sheets(waves(rng, (px, py, pz), 16, (20, 27)), 23, grid.zooms)


def _leaves(grid: Grid, low: Float) -> Float:
    """Return the signed distance to the gaps between the leaves of the cerebellum: a fan from the fourth ventricle."""
    dy, dz = grid.y - np.float32(-38), grid.z - np.float32(-34)
    fan = dz / np.sqrt(dy * dy + dz * dz + np.float32(0.15) * grid.x * grid.x + np.float32(4))
    fan *= np.float32(2.4)
    fan += np.float32(0.35) * low
    return sheets(wave(fan), 13, grid.zooms)


def _rounded(square: Float) -> Float:
    """Return the distance to the surface of a fissure from the squared distance to its middle.

    The crease in the middle is rounded, so that it can be interpolated.
    """
    d: Float = np.sqrt(square + np.float32(1))
    d -= np.float32(1.4)
    return d


def _lateral_fissure(grid: Grid, low: Float) -> Float:
    """Return the distance to the fissure above the temporal lobe and to the gap over the insula."""
    side, y, z, zero = np.abs(grid.x), grid.y, grid.z, np.float32(0)
    off = z - (np.float32(-6) + np.float32(0.28) * (np.float32(20) - y) + np.float32(2) * low)
    ends = np.maximum(np.maximum(y - np.float32(26), np.float32(-44) - y), zero)
    inward = np.maximum(np.float32(36) - side, zero)
    square = off * off + ends * ends + inward * inward
    across = ((y - np.float32(1)) / np.float32(21)) ** 2 + ((z - np.float32(3)) / np.float32(13)) ** 2
    off = side - np.float32(39.5) + np.float32(4) * np.minimum(across, np.float32(1.5))
    rim = np.float32(14) * np.maximum(np.sqrt(across) - np.float32(1), zero)
    np.minimum(square, off * off + rim * rim, out=square)
    return _rounded(square)


def _cortex(
    grid: Grid, b: dict[str, Float], cerebrum: Float, cerebellum: Float, low: Float, rng: np.random.Generator
) -> None:
    """Fill the fields of the folded cortex of the cerebrum and the cerebellum, which do not touch."""
    fine = np.float32(1.6)  # the cortex of the cerebellum is thinner: its distances count for more
    below = fine * cerebellum < cerebrum
    np.minimum(cerebrum, fine * cerebellum, out=b["hull"])
    b["sheet"][...] = np.where(below, fine * _leaves(grid, low), _sulci(grid, rng))

    # The fissure between the hemispheres ends at the corpus callosum.
    inside = np.minimum(ellipsoid(np.zeros_like(grid.x), grid.y, grid.z, anatomy.CALLOSUM), np.float32(0))
    middle = _rounded(grid.x * grid.x + inside * inside)
    b["fissure"][...] = np.where(below, FAR, np.minimum(middle, _lateral_fissure(grid, low)))

    # How deep sulci go: from the hull, from the fissure, and never to the centre of the hemisphere.
    floor = np.maximum(cerebrum + np.float32(21) + np.float32(4) * low, np.float32(12) - middle)
    np.minimum(floor, np.float32(45) * (_hemisphere_radius(grid)[3] - np.float32(0.5)), out=floor)
    b["floor"][...] = np.where(below, b["hull"] + np.float32(28), floor)


def _outer_tissues(grid: Grid, h: dict[str, Float], low: Float, rng: np.random.Generator) -> None:
    """Fill the fields outside the dura from the inner surface of the skull."""
    inner, skin = h["inner"], h["skin"]
    np.subtract(inner, np.float32(12.5), out=skin)
    unite(grid, skin, anatomy.FACE, 10, 16)
    thickness = np.float32(6.8) + np.float32(1.2) * low
    thin = np.clip((np.abs(grid.x) - np.float32(52)) / np.float32(14), 0, 1)
    thin *= np.clip((np.float32(28) - grid.z) / np.float32(24), 0, 1)
    thickness *= np.float32(1) - np.float32(0.5) * thin
    np.subtract(inner, thickness, out=h["bone"])
    marrow = h["marrow"]
    np.abs(inner - np.float32(0.5) * thickness, out=marrow)
    marrow -= np.float32(0.38) * thickness - np.float32(1.3)
    np.add(skin, np.float32(6) - np.float32(1.2) * low, out=h["muscle"])
    # Thin sheets of fat between the muscles of the neck and the face.
    box = grid.box((-80, -110, -150), (80, 90, -42))
    neck = grid.part(box)
    septa = sheets(waves(rng, (neck.x, neck.y, np.float32(0.35) * neck.z), 8, (28, 46)), 37, neck.zooms)
    septa = np.sqrt(septa * septa + np.float32(2)) - np.float32(1.9)
    np.maximum(septa, neck.z + np.float32(54), out=septa)
    np.maximum(septa, skin[box] + np.float32(2), out=h["fat"][box])
    temple = grid.box((60, 10, -20), (95, 55, 40))
    unite(grid.part(temple), h["fat"][temple], (anatomy.MARKER,))
    for name, shapes in (
        ("fat", anatomy.FAT),
        ("muscle", anatomy.MUSCLES),
        ("bone", anatomy.BONE),
        ("marrow", anatomy.MARROW + anatomy.CORD),
        ("fluid", anatomy.EYES + anatomy.CANAL),
        ("tissue", anatomy.TISSUE + anatomy.TONGUE + anatomy.EARS),
        ("air", anatomy.AIR),
    ):
        unite(grid, h[name], shapes)
    np.maximum(h["muscle"], skin + np.float32(3), out=h["muscle"])


def head_fields(
    affine: NDArray[np.float64], shape: tuple[int, int, int], progress: Callable[[float], None]
) -> HeadFields:
    """Return the signed distances of every tissue on a grid.

    Parameters
    ----------
    affine : (4, 4) float64 array
        From voxel indices to RAS+ mm; rotations and zooms only.
    shape : tuple of three int
        The grid must hold the whole head: its fields are worked out in boxes of it.
    progress : callable of float
        Told the fraction done.
    """
    grid = Grid(affine, shape)
    rng = np.random.Generator(np.random.PCG64(SEED))
    bends = [waves(rng, (grid.x, grid.y, grid.z), 2, (75, 130)) for _ in range(3)]
    for coordinate, bend in zip((grid.x, grid.y, grid.z), bends, strict=True):
        bend *= np.float32(1.3)
        coordinate += bend
    del bends
    low = waves(rng, (grid.x, grid.y, grid.z), 4, (60, 110))
    progress(0.2)

    head = np.full((grid.shape[0], len(HEAD_FIELDS), *grid.shape[1:]), FAR)
    h = {name: head[:, n] for n, name in enumerate(HEAD_FIELDS)}
    brain_box = grid.box((-76, -112, -82), (76, 78, 84))
    inside = grid.part(brain_box)
    brain = np.full((inside.shape[0], len(BRAIN_FIELDS), *inside.shape[1:]), FAR)
    b = {name: brain[:, n] for n, name in enumerate(BRAIN_FIELDS)}

    cerebrum, cerebellum, stem = (np.full(grid.shape, FAR) for _ in range(3))
    unite(grid, cerebrum, anatomy.CEREBRUM, 8, 26)
    unite(grid, cerebrum, anatomy.TEMPORAL, 3, 26)
    unite(grid, cerebellum, anatomy.CEREBELLUM, 8, 26)
    unite(grid, stem, anatomy.STEM, 5, 16)

    inner = h["inner"]
    soft_minimum(cerebrum, cerebellum, 10, out=inner)
    soft_minimum(inner, stem, 8, out=inner)
    nervous = inner - np.float32(1.2)
    unite(grid, inner, anatomy.VAULT, 6, 26)
    inner -= np.float32(3)
    box = grid.box((-82, -60, -64), (82, 20, -16))
    petrous = unite(grid.part(box), np.full(inner[box].shape, FAR), anatomy.PETROUS, 3)
    np.maximum(inner[box], -petrous, out=inner[box])
    np.minimum(inner, nervous, out=inner)
    del nervous
    progress(0.5)
    _outer_tissues(grid, h, low, rng)
    progress(0.7)

    cerebrum, cerebellum = cerebrum[brain_box], cerebellum[brain_box]
    np.maximum(cerebrum, np.float32(2) - cerebellum, out=cerebrum)
    _cortex(inside, b, cerebrum, cerebellum, low[brain_box], rng)
    soft_minimum(cerebrum, cerebellum, 2, out=b["brain"])
    soft_minimum(b["brain"], stem[brain_box], 4, out=b["brain"])
    b["stem"][...] = stem[brain_box]
    for name, shapes, blend in (
        ("white", anatomy.WHITE, 3),
        ("nuclei", anatomy.NUCLEI, 1),
        ("thalamus", anatomy.THALAMUS, 2),
        ("pallidum", anatomy.PALLIDUM, 0),
        ("ventricle", anatomy.LATERAL_VENTRICLES, 2),
    ):
        unite(inside, b[name], shapes, blend)
    np.maximum(b["ventricle"], np.float32(0.5) - np.abs(inside.x), out=b["ventricle"])
    unite(inside, b["ventricle"], anatomy.MIDLINE_VENTRICLES)
    progress(1.0)
    return HeadFields(head, brain, inside.start)
