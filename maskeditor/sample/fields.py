"""Signed distances on a grid: the tools that the embedded sample's head is built with.

On the grid only ``+ - * /``, square root, minimum, maximum and rounding are used: IEEE 754 fixes each of them to
the bit, so that the same shapes are the same voxels on every machine.
"""

from __future__ import annotations

import math
from copy import copy

import numpy as np
from numpy.typing import NDArray

from maskeditor.sample.anatomy import Capsule, Ellipsoid, Point, Shape

Float = NDArray[np.float32]
Box = tuple[slice, slice, slice]

FAR = np.float32(30.0)  # mm; the distance to whatever is not near
MARGIN = 8.0  # mm outside a shape up to which its distances are worked out


class Grid:
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

    def part(self, box: Box) -> Grid:
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


def _distance(grid: Grid, shape: Shape, box: Box) -> Float:
    """Return the signed distance (mm) to a shape or the pair of it."""
    x, y, z = grid.x[box], grid.y[box], grid.z[box]
    point = shape.centre if isinstance(shape, Ellipsoid) else shape.start
    if point[0] != 0 or (isinstance(shape, Capsule) and shape.end[0] != 0):
        x = np.abs(x)
    if isinstance(shape, Ellipsoid):
        return ellipsoid(x, y, z, shape)
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


def ellipsoid(x: Float, y: Float, z: Float, shape: Ellipsoid) -> Float:
    """Return the signed distance to an ellipsoid, exact to first order at its surface."""
    inner, outer = np.zeros_like(x), np.zeros_like(x)
    for p, c, r in zip((x, y, z), shape.centre, shape.radii, strict=True):
        q = (p - np.float32(c)) * np.float32(1 / r)
        q *= q
        inner += q
        q *= np.float32(1 / (r * r))
        outer += q
    k = np.sqrt(inner)
    d: Float = k * (k - np.float32(1))
    d /= np.sqrt(np.maximum(outer, np.float32(1e-8)))
    return d


def unite(grid: Grid, field: Float, shapes: tuple[Shape, ...], blend: float = 0.0, margin: float = MARGIN) -> Float:
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


def wave(phase: Float) -> Float:
    """Return a sine-like wave of a phase in turns, made of two parabolas (exact arithmetic)."""
    t: Float = phase - np.rint(phase)
    w: Float = np.abs(t)
    w *= np.float32(-16)
    w += np.float32(8)
    w *= t
    return w


def waves(
    rng: np.random.Generator, points: tuple[Float, Float, Float], count: int, lengths: tuple[float, float]
) -> Float:
    """Return a smooth random field of unit variance: ``count`` plane waves of lengths (mm) in a range."""
    total: Float = np.zeros(points[0].shape, np.float32)
    for _ in range(count):
        z, length, start = rng.uniform(-1, 1), rng.uniform(*lengths), rng.uniform(0, 1)
        # A direction by the rational circle, so that no sine of the platform comes in.
        turn = rng.uniform(-1, 1)
        across = math.sqrt(1 - z * z) * (1 if rng.uniform(-1, 1) < 0 else -1)
        cosine, sine = (1 - turn * turn) / (1 + turn * turn), 2 * turn / (1 + turn * turn)
        phase = points[0] * np.float32(across * cosine / length)
        phase += points[1] * np.float32(across * sine / length)
        phase += points[2] * np.float32(z / length)
        phase += np.float32(start)
        total += wave(phase)
    total *= np.float32(math.sqrt(2 / count))
    return total


def sheets(values: Float, length: float, zooms: NDArray[np.float64]) -> Float:
    """Return the signed distance (mm) to the zero sheets of a field made of waves of about one length (mm).

    For n = sin(k x) the distance x is n / |n'| at the sheet; 0.4 (k n)² under the root keeps it right to 1 %
    up to the crest, where the gradient vanishes.
    """
    square = np.float32(0.4 * (2 * math.pi / length) ** 2) * values * values
    square += np.float32(1e-6)
    for axis, zoom in enumerate(zooms[::-1]):
        v, s = np.moveaxis(values, axis, 0), np.moveaxis(square, axis, 0)
        step = v[2:] - v[:-2]
        step *= np.float32(0.5 / zoom)
        step *= step
        s[1:-1] += step
        s[0] += step[0]
        s[-1] += step[-1]
    np.sqrt(square, out=square)
    np.divide(values, square, out=square)
    return square
