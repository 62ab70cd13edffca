"""The head of the embedded sample: every tissue as a function of world mm.

Each structure is a signed distance (mm, negative inside) in RAS+ mm with the origin near the anterior
commissure. Structures are unions of ellipsoids and tapered capsules; the cortex is a smooth hull cut by
sulci, which are the zero sheets of a smooth random field. On the grid only ``+ - * /``, square root,
minimum, maximum and rounding are used: IEEE 754 fixes each of them to the bit, so that the head is the same
voxels on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskeditor.model import sample_anatomy as anatomy
from maskeditor.model.sample_anatomy import Capsule, Ellipsoid, Point, Shape

Float = NDArray[np.float32]
Box = tuple[slice, slice, slice]

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
FAR = np.float32(30.0)
MARGIN = 8.0


@dataclass(frozen=True, eq=False)
class HeadFields:
    """Signed distances on a grid: ``head`` and ``brain`` are (k, field, j, i), ``corner`` where brain begins."""

    head: Float
    brain: Float
    corner: tuple[int, int, int]


class _Grid:
    """World coordinates (mm) of a grid, C-ordered (k, j, i), and the boxes that shapes take up in it."""

    def __init__(self, affine: NDArray[np.float64], shape: tuple[int, int, int]) -> None:
        self.shape = shape[::-1]
        self.start = (0, 0, 0)
        self.zooms = np.sqrt((affine[:3, :3] ** 2).sum(axis=0))
        self._inverse = np.linalg.inv(affine)
        i, j, k = (np.arange(n, dtype=np.float64) for n in shape)
        self.x, self.y, self.z = (
            (row[2] * k[:, None, None] + row[3]).astype(np.float32)
            + ((row[1] * j)[:, None] + row[0] * i).astype(np.float32)
            for row in affine[:3]
        )

    def part(self, box: Box) -> _Grid:
        """Return the grid inside a box, sharing the coordinates."""
        part = copy(self)
        part.x, part.y, part.z = self.x[box], self.y[box], self.z[box]
        part.shape = part.x.shape
        part.start = (box[0].start, box[1].start, box[2].start)
        return part

    def box(self, low: Point, high: Point) -> Box:
        """Return the slices (k, j, i) that hold a box of world mm."""
        corners = np.array([[(low, high)[n >> a & 1][a] for a in range(3)] for n in range(8)])
        index = (corners @ self._inverse[:3, :3].T + self._inverse[:3, 3])[:, ::-1] - self.start
        first = np.clip(np.floor(index.min(axis=0)).astype(int), 0, self.shape)
        last = np.clip(np.ceil(index.max(axis=0)).astype(int) + 1, 0, self.shape)
        k, j, i = (slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        return k, j, i

    def box_of(self, shape: Shape, margin: float) -> Box:
        """Return the slices of a shape (of both of a pair) with ``margin`` mm around it."""
        if isinstance(shape, Ellipsoid):
            low = [c - r - margin for c, r in zip(*shape, strict=True)]
            high = [c + r + margin for c, r in zip(*shape, strict=True)]
        else:
            reach = max(shape.radius, shape.end_radius) + margin
            low = [min(a, b) - reach for a, b in zip(shape.start, shape.end, strict=True)]
            high = [max(a, b) + reach for a, b in zip(shape.start, shape.end, strict=True)]
            high[0] += shape.wide
        return self.box((-high[0], low[1], low[2]), (high[0], high[1], high[2]))


def _distance(grid: _Grid, shape: Shape, box: Box) -> Float:
    """Return the signed distance (mm) to a shape or the pair of it."""
    x, y, z = grid.x[box], grid.y[box], grid.z[box]
    point = shape.centre if isinstance(shape, Ellipsoid) else shape.start
    if point[0] != 0 or (isinstance(shape, Capsule) and shape.end[0] != 0):
        x = np.abs(x)
    if isinstance(shape, Ellipsoid):
        return _ellipsoid(x, y, z, shape)
    if shape.wide:
        x = x - np.clip(x, -shape.wide, shape.wide)
    a = [np.float32(v) for v in shape.start]
    ba = [np.float32(e - s) for s, e in zip(shape.start, shape.end, strict=True)]
    inverse = np.float32(1.0 / max(sum(float(v) * float(v) for v in ba), 1e-6))
    px, py, pz = x - a[0], y - a[1], z - a[2]
    t = px * (ba[0] * inverse)
    t += py * (ba[1] * inverse)
    t += pz * (ba[2] * inverse)
    np.clip(t, 0.0, 1.0, out=t)
    px -= t * ba[0]
    py -= t * ba[1]
    pz -= t * ba[2]
    d: Float = np.sqrt(px * px + py * py + pz * pz)
    t *= np.float32(shape.end_radius - shape.radius)
    d -= t
    d -= np.float32(shape.radius)
    return d


def _ellipsoid(x: Float, y: Float, z: Float, shape: Ellipsoid) -> Float:
    """Return the signed distance to an ellipsoid, exact to first order at its surface."""
    inner = outer = np.float32(0)
    for p, c, r in zip((x, y, z), shape.centre, shape.radii, strict=True):
        q = (p - np.float32(c)) * np.float32(1 / r)
        q *= q
        inner = inner + q
        q *= np.float32(1 / (r * r))
        outer = outer + q
    k = np.sqrt(inner)
    d: Float = k * (k - np.float32(1))
    d /= np.sqrt(np.maximum(outer, np.float32(1e-8)))
    return d


def _unite(
    grid: _Grid, field: Float, shapes: tuple[Shape, ...], blend: float = 0.0, margin: float = MARGIN
) -> Float:
    """Take shapes into a field: the minimum, rounded over ``blend`` mm where surfaces meet.

    Distances are right up to ``margin`` mm outside a shape.
    """
    for shape in shapes:
        box = grid.box_of(shape, margin)
        d = _distance(grid, shape, box)
        part = field[box]
        if blend:
            soft_minimum(part, d, blend, out=part)
        else:
            np.minimum(part, d, out=part)
    return field


def soft_minimum(a: Float, b: Float, blend: float, out: Float) -> None:
    """Write the minimum of two distances, rounded over ``blend`` mm, to ``out``."""
    h = a - b
    np.abs(h, out=h)
    np.subtract(np.float32(blend), h, out=h)
    np.maximum(h, np.float32(0), out=h)
    h *= h
    h *= np.float32(0.25 / blend)
    np.minimum(a, b, out=out)
    out -= h


def _wave(phase: Float) -> Float:
    """Return a sine-like wave of a phase in turns, made of two parabolas (exact arithmetic)."""
    t: Float = phase - np.rint(phase)
    w: Float = np.abs(t)
    w *= np.float32(-16)
    w += np.float32(8)
    w *= t
    return w


def _waves(
    rng: np.random.Generator, points: tuple[Float, Float, Float], count: int, lengths: tuple[float, float]
) -> Float:
    """Return a smooth random field of unit variance: ``count`` plane waves of lengths (mm) in a range."""
    total: Float = np.zeros(points[0].shape, np.float32)
    for _ in range(count):
        z, length, start = rng.uniform(-1, 1), rng.uniform(*lengths), rng.uniform(0, 1)
        # A direction by the rational circle, so that no sine of the platform comes in.
        turn = rng.uniform(-1, 1)
        across = float(np.sqrt(1 - z * z)) * (1 if rng.uniform(-1, 1) < 0 else -1)
        cosine, sine = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
        phase = points[0] * np.float32(across * cosine / length)
        phase += points[1] * np.float32(across * sine / length)
        phase += points[2] * np.float32(z / length)
        phase += np.float32(start)
        total += _wave(phase)
    total *= np.float32(float(np.sqrt(2 / count)))
    return total


def _sheets(values: Float, zooms: NDArray[np.float64]) -> Float:
    """Return the signed distance (mm) to the zero sheets of a field: the field over its gradient's length."""
    square = np.zeros(values.shape, np.float32)
    for axis, zoom in enumerate(zooms[::-1]):
        v, s = np.moveaxis(values, axis, 0), np.moveaxis(square, axis, 0)
        step = v[2:] - v[:-2]
        step *= np.float32(0.5 / zoom)
        step *= step
        s[1:-1] += step
        s[0] += step[0]
        s[-1] += step[-1]
    np.sqrt(square, out=square)
    square += np.float32(0.02)
    return values / square


def _cortex(
    grid: _Grid, b: dict[str, Float], cerebrum: Float, cerebellum: Float, low: Float, rng: np.random.Generator
) -> None:
    """Fill the fields of the folded cortex, of the cerebrum and the cerebellum."""
    x, y, z = grid.x, grid.y, grid.z
    side = np.abs(x)
    # Sulci run inwards: the field is read where the ray from the hemisphere's centre meets the hull, nearly.
    centre = tuple(np.float32(c) for c in (25, -16, 20))
    px, py, pz = side - centre[0], y - centre[1], z - centre[2]
    radius = np.sqrt((px / np.float32(42)) ** 2 + (py / np.float32(81)) ** 2 + (pz / np.float32(50)) ** 2)
    stretch = np.float32(0.25) + np.float32(0.75) / np.maximum(radius, np.float32(0.3))
    px = np.copysign(px * stretch + centre[0], x)
    values = _waves(rng, (px, py * stretch, pz * stretch), 16, (20, 27))
    sheet = _sheets(values, grid.zooms)

    # The leaves of the cerebellum fan out from the fourth ventricle.
    dy, dz = y - np.float32(-38), z - np.float32(-34)
    fan = dz / np.sqrt(dy * dy + dz * dz + np.float32(0.15) * x * x + np.float32(4))
    fan *= np.float32(3.1)
    fan += np.float32(0.35) * low
    leaves = _sheets(_wave(fan), grid.zooms)

    fine = np.float32(1.6)  # the leaves' cortex is thinner
    cerebellum = fine * cerebellum
    below = cerebellum < cerebrum
    np.minimum(cerebrum, cerebellum, out=b["hull"])
    b["sheet"][...] = np.where(below, fine * leaves, sheet)
    callosum = _ellipsoid(np.zeros_like(x), y, z, Ellipsoid((0, -5, -4), (1, 36, 30)))
    middle = np.minimum(callosum, np.float32(0))
    middle = np.sqrt(x * x + middle * middle)
    middle -= np.float32(0.7)
    outer = b["hull"] + np.where(below, np.float32(28), np.float32(18) + np.float32(3) * low)
    np.maximum(outer, np.where(below, -FAR, np.float32(12) - middle), out=b["floor"])
    zero = np.float32(0)
    lateral = z - (np.float32(-6) + np.float32(0.28) * (np.float32(20) - y) + np.float32(2) * low)
    ends = np.maximum(np.maximum(y - np.float32(26), np.float32(-44) - y), zero)
    inward = np.maximum(np.float32(36) - side, zero)
    lateral = np.sqrt(lateral * lateral + ends * ends + inward * inward)
    tall = np.maximum(np.abs(z - np.float32(3)) - np.float32(12), zero)
    long = np.maximum(np.abs(y - np.float32(2)) - np.float32(20), zero)
    flat = side - np.float32(38) - np.float32(1.5) * low
    flat += np.float32(0.008) * (y - np.float32(2)) ** 2
    insula = np.sqrt(flat * flat + tall * tall + long * long)
    np.minimum(lateral, insula, out=lateral)
    lateral -= np.float32(0.9)
    np.minimum(middle, lateral, out=middle)
    b["fissure"][...] = np.where(below, FAR, middle)


def _outer_tissues(grid: _Grid, h: dict[str, Float], low: Float, rng: np.random.Generator) -> None:
    """Fill the fields outside the dura from the inner surface of the skull."""
    inner, skin = h["inner"], h["skin"]
    np.subtract(inner, np.float32(13), out=skin)
    _unite(grid, skin, anatomy.FACE, 10, 16)
    _unite(grid, skin, anatomy.EARS, 2, 6)
    thickness = np.float32(6.8) + np.float32(1.2) * low
    thin = np.clip((np.abs(grid.x) - np.float32(52)) / np.float32(14), 0, 1)
    thin *= np.clip((np.float32(28) - grid.z) / np.float32(24), 0, 1)
    thickness *= np.float32(1) - np.float32(0.5) * thin
    np.subtract(inner, thickness, out=h["bone"])
    _unite(grid, h["bone"], anatomy.BONE)
    marrow = h["marrow"]
    np.subtract(inner, np.float32(0.5) * thickness, out=marrow)
    np.abs(marrow, out=marrow)
    marrow -= np.float32(0.38) * thickness - np.float32(1.3)
    np.add(skin, np.float32(6.4) + np.float32(0.8) * low, out=h["muscle"])
    _unite(grid, h["marrow"], anatomy.MARROW)
    neck = grid.part(grid.box((-80, -110, -150), (80, 90, -44)))
    septa = _sheets(_waves(rng, (neck.x, neck.y, np.float32(0.35) * neck.z), 8, (28, 46)), neck.zooms)
    box = grid.box((-80, -110, -150), (80, 90, -44))
    np.abs(septa, out=septa)
    septa -= np.float32(0.6)
    np.maximum(septa, skin[box] + np.float32(2), out=h["fat"][box])
    for name, shapes in (
        ("fat", anatomy.FAT),
        ("fluid", anatomy.EYES + anatomy.CANAL),
        ("marrow", anatomy.CORD),
        ("tissue", anatomy.TISSUE + anatomy.TONGUE),
        ("air", anatomy.AIR),
    ):
        _unite(grid, h[name], shapes)


def head_fields(
    affine: NDArray[np.float64], shape: tuple[int, int, int], progress: Callable[[float], None]
) -> HeadFields:
    """Return the signed distances of every tissue on a grid."""
    grid = _Grid(affine, shape)
    rng = np.random.Generator(np.random.PCG64(SEED))
    bends = [_waves(rng, (grid.x, grid.y, grid.z), 2, (75, 130)) for _ in range(3)]
    for coordinate, bend in zip((grid.x, grid.y, grid.z), bends, strict=True):
        bend *= np.float32(1.3)
        coordinate += bend
    del bends
    low = _waves(rng, (grid.x, grid.y, grid.z), 4, (60, 110))

    head = np.full((grid.shape[0], len(HEAD_FIELDS), *grid.shape[1:]), FAR)
    h = {name: head[:, n] for n, name in enumerate(HEAD_FIELDS)}
    box = grid.box((-76, -112, -82), (76, 78, 84))
    inside = grid.part(box)
    brain = np.full((inside.shape[0], len(BRAIN_FIELDS), *inside.shape[1:]), FAR)
    b = {name: brain[:, n] for n, name in enumerate(BRAIN_FIELDS)}

    cerebrum, cerebellum, stem = (np.full(grid.shape, FAR) for _ in range(3))
    _unite(grid, cerebrum, anatomy.CEREBRUM, 8, 26)
    _unite(grid, cerebrum, anatomy.TEMPORAL, 3, 26)
    _unite(grid, cerebellum, anatomy.CEREBELLUM, 8, 26)
    _unite(grid, stem, anatomy.STEM, 5, 16)

    soft_minimum(cerebrum, cerebellum, 16, out=h["inner"])
    soft_minimum(h["inner"], stem, 8, out=h["inner"])
    _unite(grid, h["inner"], anatomy.VAULT, 6, 26)
    h["inner"] -= np.float32(3.2)
    _outer_tissues(grid, h, low, rng)

    cerebrum, cerebellum = cerebrum[box], cerebellum[box]
    np.maximum(cerebrum, np.float32(3) - cerebellum, out=cerebrum)
    _cortex(inside, b, cerebrum, cerebellum, low[box], rng)
    soft_minimum(cerebrum, cerebellum, 2, out=b["brain"])
    soft_minimum(b["brain"], stem[box], 4, out=b["brain"])
    b["stem"][...] = stem[box]
    for name, shapes, blend in (
        ("white", anatomy.WHITE, 3),
        ("nuclei", anatomy.NUCLEI, 1),
        ("thalamus", anatomy.THALAMUS, 2),
        ("pallidum", anatomy.PALLIDUM, 0),
        ("ventricle", anatomy.LATERAL_VENTRICLES, 2),
    ):
        _unite(inside, b[name], shapes, blend)
    np.maximum(b["ventricle"], np.float32(0.5) - np.abs(inside.x), out=b["ventricle"])
    _unite(inside, b["ventricle"], anatomy.MIDLINE_VENTRICLES)
    return HeadFields(head, brain, inside.start)
