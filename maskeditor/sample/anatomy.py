"""The anatomy of the embedded sample: where each structure of the head lies.

Positions and sizes are RAS+ mm with the origin near the anterior commissure. A structure is a tuple of
ellipsoids and tapered capsules; one whose centre is off the midline stands for the pair of them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

Point = tuple[float, float, float]


class Ellipsoid(NamedTuple):
    """An ellipsoid by its centre and radii (mm); with a centre off the midline, the pair of them."""

    centre: Point
    radii: Point


class Capsule(NamedTuple):
    """A capsule from ``start`` to ``end`` (mm) with a radius at each; off the midline, the pair of them.

    ``wide`` stretches it by so many mm to the left and the right.
    """

    start: Point
    end: Point
    radius: float
    end_radius: float
    wide: float = 0.0


Shape = Ellipsoid | Capsule
Shapes = tuple[Shape, ...]


def chain(*knots: tuple[float, float, float, float], wide: float = 0.0) -> Shapes:
    """Return the capsules that join knots of x, y, z and radius (mm)."""
    return tuple(Capsule(a[:3], b[:3], a[3], b[3], wide) for a, b in pairwise(knots))


CEREBRUM: Shapes = (
    Ellipsoid((18, -16, 24), (47, 79, 48)),
    Ellipsoid((20, 34, 2), (32, 34, 25)),
    Ellipsoid((21, -69, 4), (34, 34, 30)),
    Ellipsoid((36, -50, -4), (27, 36, 24)),
)
TEMPORAL: Shapes = (Ellipsoid((43, -16, -14), (24, 42, 23)), Ellipsoid((38, 4, -22), (17, 18, 15)))
VAULT: Shapes = (Ellipsoid((0, -16, 23), (63, 80, 48)),)
CEREBELLUM: Shapes = (Ellipsoid((22, -65, -38), (31, 28, 21)), Ellipsoid((0, -62, -33), (14, 26, 24)))
STEM: Shapes = (
    Capsule((0, -20, -4), (0, -27, -22), 13, 13),
    Ellipsoid((0, -25, -34), (17, 13, 14)),
    Capsule((0, -30, -44), (0, -38, -68), 8.5, 6.5),
    Capsule((13, -10, -2), (8, -22, -20), 6, 6),
    Capsule((10, -36, -34), (18, -50, -36), 7, 6),
)
CORD: Shapes = chain((0, -38, -68, 6.5), (0, -44, -92, 5.5), (0, -42, -150, 5.5))
WHITE: Shapes = (
    *chain((0, 13, -7, 1.2), (0, 24, -3, 2.5), (0, 29, 6, 4.5), (0, 25, 15, 3.8), (0, 14, 21, 3), wide=11),
    *chain((0, 14, 21, 3), (0, -2, 24, 2.6), (0, -18, 23, 2.6), (0, -30, 18, 3.5), (0, -37, 11, 5), wide=11),
    Ellipsoid((0, 4, 12), (4, 20, 9)),
    Ellipsoid((19, -8, 5), (15, 36, 17)),
)
CALLOSUM = Ellipsoid((0, -5, -4), (1, 36, 30))  # seen from the side: the arch of its upper surface
NUCLEI: Shapes = (
    Ellipsoid((26, 3, 1), (5, 17, 10)),
    Ellipsoid((13, 16, 7), (5.5, 10, 8)),
    *chain((13, 16, 9, 4), (17, -4, 20, 3.2), (20, -24, 19, 2.2)),
    Ellipsoid((23, -3, -19), (8, 8, 7)),
    *chain((27, -12, -19, 5), (31, -26, -13, 4.5), (25, -37, -3, 3)),
)
THALAMUS: Shapes = (
    Ellipsoid((11.5, -19, 8), (8.5, 15, 9)),
    Ellipsoid((0, -14, 8), (5, 4, 3)),
    Ellipsoid((0, 5, -9), (11, 16, 8)),
)
PALLIDUM: Shapes = (Ellipsoid((18.5, -2, 0), (4.5, 9, 6.5)),)
LATERAL_VENTRICLES: Shapes = (
    *chain((11, 30, 3, 2.5), (8, 21, 8, 5), (6.5, 6, 16, 5), (9, -14, 19, 4.5), (20, -34, 16, 6)),
    *chain((20, -34, 16, 6), (23, -48, 11, 4.5), (23, -66, 8, 2)),
    *chain((20, -36, 14, 6), (33, -32, -6, 3), (33, -14, -17, 2.4), (30, -6, -18, 2)),
)
MIDLINE_VENTRICLES: Shapes = (
    Ellipsoid((0, -11, 0), (2.2, 13, 5)),
    Ellipsoid((0, -1, -7), (2, 6, 8)),
    Capsule((0, -25, -4), (0, -36, -22), 1.2, 1.4),
    Ellipsoid((0, -42, -32), (7, 5, 10)),
    Ellipsoid((0, -14, -24), (10, 7, 6)),
    Ellipsoid((0, -40, 0), (9, 4, 7)),
)
FACE: Shapes = (
    Ellipsoid((0, 38, -64), (60, 52, 62)),
    Ellipsoid((36, 60, -46), (26, 27, 30)),
    Ellipsoid((0, 56, -96), (34, 42, 26)),
    Ellipsoid((0, 68, -2), (48, 18, 16)),
    *chain((0, 84, -16, 5), (0, 98, -40, 7.5)),
    Capsule((9, 92, -46), (0, 102, -42), 6, 5.5),
    Ellipsoid((0, 88, -68), (20, 11, 7)),
    Ellipsoid((0, 88, -79), (18, 10, 6)),
    Ellipsoid((0, -30, -134), (66, 64, 110)),
    Ellipsoid((54, -22, -38), (17, 32, 30)),
    Ellipsoid((62, 18, -8), (13, 28, 26)),
    Ellipsoid((36, 0, -66), (31, 40, 50)),
)
EARS: Shapes = (
    *chain((72, -12, -50, 5), (77, -20, -38, 4), (84, -33, -20, 3.2), (84, -34, -3, 3.2), (79, -20, 5, 3.2)),
    *chain((79, -20, 5, 3.2), (75, -9, -4, 3), (72, -8, -18, 3)),
    *chain((76, -10, -32, 4.5), (77, -22, -20, 3), (81, -26, -8, 3)),
    *chain((73, -22, -36, 4), (75, -24, -12, 4), (76, -20, 0, 3)),
)
MUSCLES: Shapes = (
    Capsule((58, 12, -48), (53, 18, -92), 8, 7),
    Capsule((58, -30, -56), (46, -14, -112), 10, 9),
    Capsule((60, -10, -56), (56, -6, -84), 8, 7),
)
PETROUS: Shapes = chain((60, -30, -40, 11), (36, -24, -40, 8), (12, -12, -40, 5))
FAT: Shapes = (
    Ellipsoid((29, 49, -31), (17, 26, 17)),
    Ellipsoid((44, 52, -62), (9, 16, 14)),
    Ellipsoid((42, 6, -46), (9, 14, 8)),
)
BONE: Shapes = (
    *chain((38, 74, -40, 5), (58, 54, -40, 4), (66, 24, -40, 3), (66, 0, -36, 3)),
    Ellipsoid((0, 74, -58), (26, 16, 9)),
    *chain((53, 4, -40, 5), (50, 10, -80, 5), (44, 30, -98, 7), (22, 76, -106, 8), (0, 86, -106, 9)),
    Ellipsoid((52, -28, -40), (16, 22, 14)),
    Ellipsoid((0, 6, -38), (16, 18, 14)),
    *chain((24, 72, -66, 5), (32, 48, -70, 5)),
    *chain((22, 76, -84, 5), (34, 48, -84, 5)),
    Ellipsoid((0, 78, -66), (24, 6, 5)),
    *chain((0, -19, -70, 6), (0, -20, -86, 9)),
    Ellipsoid((0, -20, -102), (10, 10, 9)),
    Ellipsoid((0, -20, -122), (10, 10, 9)),
    *chain((8, -42, -80, 6), (22, -38, -80, 6)),
    *chain((0, -56, -84, 5), (0, -72, -90, 4)),
    *chain((0, -56, -104, 4), (0, -68, -110, 3)),
)
MARROW: Shapes = (
    Capsule((0, -6, -36), (0, -20, -58), 6, 3.5),
    *chain((50, 10, -76, 2.2), (44, 30, -97, 3.5), (22, 75, -106, 4.5), (0, 84, -106, 5)),
    Ellipsoid((0, 71, -57), (20, 10, 5)),
    Ellipsoid((0, -19, -84), (6, 6, 7)),
    Ellipsoid((0, -20, -102), (8, 7.5, 7)),
    Ellipsoid((0, -20, -122), (8, 7.5, 7)),
    Capsule((62, 48, -40), (66, 24, -40), 1.5, 1.2),
)
EYES: Shapes = (Ellipsoid((31, 61, -31), (12, 12, 12)),)
CANAL: Shapes = chain((0, -38, -68, 10), (0, -44, -92, 9), (0, -42, -150, 9))
TISSUE: Shapes = (
    *chain((31, 50, -31, 2.4), (27, 32, -28, 2.2), (10, 12, -18, 2.4)),
    *chain((41, 60, -31, 1.6), (36, 44, -31, 2.4), (22, 26, -28, 1.5)),
    *chain((21, 60, -31, 1.6), (20, 44, -31, 2.2), (18, 28, -28, 1.5)),
    *chain((31, 60, -20, 1.5), (29, 42, -19, 2.2), (20, 26, -24, 1.5)),
    *chain((31, 60, -42, 1.5), (29, 42, -42, 2.2), (20, 26, -31, 1.5)),
    Ellipsoid((31, 70.5, -31), (5, 2.2, 5)),
    *chain((0, 92, -28, 3), (0, 100, -41, 6)),
    Ellipsoid((0, -3, -22), (6, 5, 4)),
    Ellipsoid((9, 52, -48), (3.2, 22, 5)),
    Ellipsoid((8, 50, -36), (2.5, 18, 4)),
    Ellipsoid((0, 52, -40), (1.4, 26, 18)),
)
AIR: Shapes = (
    Ellipsoid((25, 58, -50), (13, 17, 15)),
    Ellipsoid((9, 22, -28), (8, 12, 9)),
    Ellipsoid((9, 46, -44), (7, 34, 14)),
    Ellipsoid((7, 52, -29), (5, 20, 8)),
    Ellipsoid((9, 73, 0), (9, 3.5, 10)),
    *chain((0, 12, -48, 9), (0, 2, -66, 7), (0, 2, -100, 6), (0, 10, -150, 8)),
    *chain((7, 84, -48, 4), (7, 100, -56, 3.5)),
    *chain((79, -18, -28, 3), (66, -20, -30, 3), (54, -20, -30, 2.5)),
    Ellipsoid((57, -34, -44), (7, 9, 10)),
    Ellipsoid((0, 60, -76), (20, 22, 1.6)),
)
TONGUE: Shapes = (Ellipsoid((0, 44, -88), (22, 32, 15)),)
MARKER = Capsule((76, 32, 2), (76, 32, 16), 4, 4)
