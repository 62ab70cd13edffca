"""The embedded sample: a T1-weighted volume and a short EPI of one head, whose true masks are known.

Both images show the head of `maskeditor.sample.head`, each on its own oblique grid. Left and right can be
distinguished: a bright capsule lies on the skin of the **right** temple, near (77, 32, 9) mm, as vitamin E capsules
do in real scans.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from maskeditor.engine.progress import Progress
from maskeditor.sample.fields import Float, soft_minimum
from maskeditor.sample.head import BRAIN_FIELDS, HEAD_FIELDS, HeadFields, head_fields

Shape3 = tuple[int, int, int]

MASKS = ("brain", "grey matter", "white matter")
CORTEX = np.float32(2.8)  # thickness of the cortex, mm
SULCUS = np.float32(0.45)  # half the width of a sulcus, mm


class Contrast(NamedTuple):
    """The intensity of each tissue."""

    skin: float
    muscle: float
    fat: float
    bone: float
    marrow: float
    fluid: float
    tissue: float
    air: float
    dura: float
    csf: float
    grey: float
    white: float


T1 = Contrast(420, 370, 880, 60, 560, 150, 390, 8, 300, 150, 440, 640)
EPI = Contrast(170, 230, 60, 25, 70, 780, 260, 10, 330, 860, 640, 540)


@dataclass(frozen=True, eq=False)
class SampleImage:
    """An image made by the program, with the truth about it.

    Parameters
    ----------
    data : (I, J, K) or (I, J, K, T) int16 array
        Intensities, Fortran order, read-only.
    affine : (4, 4) float64 array
        From voxel indices to RAS+ mm.
    masks : mapping of str to (I, J, K) bool array
        ``"brain"`` (all within the pial surface, sulci and ventricles included), ``"grey matter"`` and
        ``"white matter"`` (voxels more than half of which is that tissue); Fortran order, read-only.
    """

    data: NDArray[np.int16]
    affine: NDArray[np.float64]
    masks: Mapping[str, NDArray[np.bool_]]


def _rotation(x: float, y: float, z: float) -> NDArray[np.float64]:
    """Return the rotation about the axis x, y, z by twice the arc tangent of its length (the unit quaternion)."""
    norm = 1 + x * x + y * y + z * z
    return (
        np.array(
            [
                [1 + x * x - y * y - z * z, 2 * (x * y - z), 2 * (x * z + y)],
                [2 * (x * y + z), 1 - x * x + y * y - z * z, 2 * (y * z - x)],
                [2 * (x * z - y), 2 * (y * z + x), 1 - x * x - y * y + z * z],
            ]
        )
        / norm
    )


def _affine(
    axes: NDArray[np.float64], zooms: tuple[float, float, float], shape: Shape3, centre: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return the affine of a grid with the given unit axes (columns) whose middle lies at a point of world mm."""
    affine = np.eye(4)
    affine[:3, :3] = axes * np.array(zooms)
    middle = (np.array(shape) - 1) / 2
    affine[:3, 3] = np.array(centre) - (affine[:3, :3] * middle).sum(axis=1)
    return affine


class _Painter:
    """Turns planes of signed distances into intensities and tissue fractions."""

    def __init__(self, contrast: Contrast, width: float) -> None:
        self._contrast = contrast
        self._slope = np.float32(-1 / width)

    def _cover(self, distance: Float) -> Float:
        """Return the part of each voxel that a structure fills, from its signed distance."""
        part: Float = distance * self._slope
        part += np.float32(0.5)
        return np.clip(part, np.float32(0), np.float32(1), out=part)

    def _over(self, image: Float, distance: Float, value: float) -> None:
        """Lay a structure of one intensity over an image."""
        part = self._cover(distance)
        part *= np.float32(value) - image
        image += part

    def head(self, fields: Float) -> Float:
        """Return the intensities of a plane (field, j, i), the skull filled with CSF."""
        c = self._contrast
        f = dict(zip(HEAD_FIELDS, fields, strict=True))
        image = np.full(fields.shape[1:], np.float32(c.air))
        self._over(image, f["skin"], c.skin)
        self._over(image, f["skin"] + np.float32(1.6), c.fat)
        for name in ("muscle", "fat", "bone", "fluid", "marrow", "tissue", "air"):
            self._over(image, f[name], getattr(c, name))
        self._over(image, f["inner"], c.dura)
        self._over(image, f["inner"] + np.float32(1.3), c.csf)
        return image

    def brain(self, fields: Float) -> tuple[Float, Float, Float]:
        """Return the fractions of grey matter, white matter and brain in a plane (field, j, i)."""
        f = dict(zip(BRAIN_FIELDS, fields, strict=True))
        below = np.minimum(f["floor"], np.float32(0))
        pia = f["sheet"] * f["sheet"]
        pia += below * below
        np.sqrt(pia, out=pia)
        pia -= SULCUS
        np.minimum(pia, f["fissure"], out=pia)
        soft_minimum(pia, -f["hull"], 3, out=pia)  # the crowns of the gyri are round
        np.negative(pia, out=pia)
        tissue = self._cover(pia)
        white = self._cover(pia + CORTEX)
        grey = np.subtract(tissue, white, out=tissue)
        for name, part_grey, part_white in (
            ("white", 0.0, 1.0),
            ("stem", 0.15, 0.85),
            ("nuclei", 0.95, 0.05),
            ("thalamus", 0.65, 0.35),
            ("pallidum", 0.35, 0.65),
            ("ventricle", 0.0, 0.0),
        ):
            part = self._cover(f[name])
            grey += part * (np.float32(part_grey) - grey)
            white += part * (np.float32(part_white) - white)
        brain = self._cover(f["brain"])
        grey *= brain
        white *= brain
        return grey, white, brain

    def mix(self, image: Float, grey: Float, white: Float) -> None:
        """Put the tissue of the brain in the place of CSF."""
        c = self._contrast
        image += grey * np.float32(c.grey - c.csf)
        image += white * np.float32(c.white - c.csf)


def _between(a: Float, b: Float, c: Float, d: Float, out: Float) -> None:
    """Write the values half way from ``b`` to ``c`` on the cubic through four even steps."""
    np.add(b, c, out=out)
    out *= np.float32(9 / 16)
    ends = a + d
    ends *= np.float32(1 / 16)
    out -= ends


def _doubled(stack: Float, k: int) -> Float:
    """Return plane ``k`` of a stack (k, field, j, i) at half the voxel size, cubically interpolated.

    Along each axis of n points, 2 (n - 3) are made; the first lies on the second point of the stack.
    """
    m, odd = divmod(k, 2)
    coarse: Float = stack[m + 1]
    if odd:
        coarse = np.empty_like(stack[0])
        _between(stack[m], stack[m + 1], stack[m + 2], stack[m + 3], out=coarse)
    for axis in (2, 1):
        n = coarse.shape[axis]
        shape = list(coarse.shape)
        shape[axis] = 2 * (n - 3)
        fine = np.empty(shape, np.float32)
        source, target = np.moveaxis(coarse, axis, 0), np.moveaxis(fine, axis, 0)
        target[::2] = source[1 : n - 2]
        a, b, c, d = (np.moveaxis(source[s : n - 3 + s], 0, axis) for s in range(4))
        _between(a, b, c, d, out=np.moveaxis(target[1::2], 0, axis))
        coarse = fine
    return coarse


def _made(
    fields: HeadFields, contrast: Contrast, width: float, double: bool
) -> Iterator[tuple[Float, Float, Float, Float]]:
    """Yield intensities and the fractions of brain, grey and white matter, plane by plane (j, i).

    ``double`` makes planes of half the voxel size of the fields, which then reach one voxel further all round.
    """
    painter = _Painter(contrast, width)
    step = 2 if double else 1
    k0, j0, i0 = (step * c for c in fields.corner)
    edge = 3 if double else 0
    deep = step * (len(fields.brain) - edge)
    for k in range(step * (len(fields.head) - edge)):
        image = painter.head(_doubled(fields.head, k) if double else fields.head[k])
        grey, white, brain = (np.zeros(image.shape, np.float32) for _ in range(3))
        if 0 <= k - k0 < deep:
            plane = _doubled(fields.brain, k - k0) if double else fields.brain[k - k0]
            inside = slice(j0, j0 + plane.shape[1]), slice(i0, i0 + plane.shape[2])
            grey[inside], white[inside], brain[inside] = painter.brain(plane)
            painter.mix(image[inside], grey[inside], white[inside])
        yield image, brain, grey, white


def _frozen(data: NDArray[np.int16], affine: NDArray[np.float64], masks: NDArray[np.bool_]) -> SampleImage:
    """Return a sample of an image (t, k, j, i) and its masks (mask, k, j, i), read-only."""
    for array in (data, affine, masks):
        array.setflags(write=False)
    named = {name: mask.T for name, mask in zip(MASKS, masks, strict=True)}
    return SampleImage(data.T, affine, MappingProxyType(named))


def t1_grid() -> tuple[Shape3, NDArray[np.float64]]:
    """Return shape and affine (4, 4) of the T1-weighted volume."""
    shape = (224, 204, 148)
    axes = np.array([[0.0, 0, 1], [-1, 0, 0], [0, 1, 0]])
    return shape, _affine(_rotation(0.075, -0.03, 0.055) @ axes, (1.0, 1.0, 1.2), shape, (0, -4, -11))


def sample_t1(progress: Progress | None = None) -> SampleImage:
    """Make the T1-weighted volume: 224 × 204 × 148 sagittal voxels of 1 × 1 × 1.2 mm, axis codes PSR.

    Parameters
    ----------
    progress : Progress, optional
        Told the fraction done; stops the work when cancelled.

    Returns
    -------
    SampleImage

    Examples
    --------
    >>> image = sample_t1()
    >>> image.data.shape, list(image.masks)
    ((224, 204, 148), ['brain', 'grey matter', 'white matter'])
    """
    progress = progress or Progress()
    shape, affine = t1_grid()
    # The fields are smooth, so that every second voxel and one around the edge are enough to have them all.
    coarse = affine @ np.diag([2.0, 2, 2, 1])
    coarse[:3, 3] -= coarse[:3, :3].sum(axis=1)
    fields = head_fields(coarse, (shape[0] // 2 + 3, shape[1] // 2 + 3, shape[2] // 2 + 3), progress.part(0, 0.4))
    rng = np.random.Generator(np.random.PCG64(1))
    u, v, w = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    data = np.empty(shape[::-1], np.int16)
    masks = np.empty((3, *shape[::-1]), np.bool_)
    noise = np.empty((2, *shape[1::-1]), np.float32)
    in_plane = np.float32(1) + np.float32(0.08) * (v * v)[:, None] - np.float32(0.09) * u + np.float32(0.04) * u * u
    for k, (image, *fractions) in enumerate(_made(fields, T1, 1.1, double=True)):
        image *= in_plane + np.float32(0.07 * w[k] * w[k] + 0.05 * w[k] - 0.05)
        rng.standard_normal(out=noise, dtype=np.float32)
        noise *= np.float32(14)
        image += noise[0]
        _store(np.sqrt(image * image + noise[1] * noise[1]), data[k])
        for mask, fraction in zip(masks, fractions, strict=True):
            np.greater(fraction, np.float32(0.5), out=mask[k])
        progress(0.4 + 0.6 * (k + 1) / shape[2])
    return _frozen(data, affine, masks)


def _store(image: Float, out: NDArray[np.int16]) -> None:
    """Round intensities to whole numbers, as a scanner stores them."""
    np.rint(image, out=image)
    out[...] = image


def _dropout(affine: NDArray[np.float64], shape: Shape3) -> Float:
    """Return the part of the EPI's signal (k, j, i) that is left above the sinuses and the ear canals."""
    i, j, k = np.ogrid[: shape[0], : shape[1], : shape[2]]
    x, y, z = (row[0] * i.T + row[1] * j.T + row[2] * k.T + row[3] for row in affine[:3])
    left = np.ones(shape[::-1])
    for cx, cy, cz, rx, ry, rz, loss in (
        (0, 42, -26, 30, 30, 27, 0.97),
        (54, -22, -40, 26, 30, 27, 0.9),
    ):
        square = ((np.abs(x) - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 + ((z - cz) / rz) ** 2
        left *= 1 - loss * np.sqrt(np.maximum(1 - square, 0))
    return left.astype(np.float32)


def sample_epi(progress: Progress | None = None) -> SampleImage:
    """Make the EPI: 12 volumes of 64 × 64 × 32 axial voxels of 3 × 3 × 3.6 mm, axis codes LAS.

    Parameters
    ----------
    progress : Progress, optional
        Told the fraction done; stops the work when cancelled.

    Returns
    -------
    SampleImage

    Examples
    --------
    >>> sample_epi().data.shape
    (64, 64, 32, 12)
    """
    progress = progress or Progress()
    shape, volumes = (64, 64, 32), 12
    axes = np.array([[-1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    affine = _affine(_rotation(-0.09, 0.02, -0.035) @ axes, (3.0, 3.0, 3.6), shape, (1, -17, 16))
    # Each voxel is the mean over eight parts of it.
    part = affine @ np.diag([0.5, 0.5, 0.5, 1])
    part[:3, 3] -= 0.5 * part[:3, :3].sum(axis=1)
    fields = head_fields(part, (128, 128, 64), progress.part(0, 0.6))
    means = np.zeros((4, *shape[::-1]), np.float32)
    for k, planes in enumerate(_made(fields, EPI, 1.6, double=False)):
        for mean, plane in zip(means, planes, strict=True):
            rows = plane[::2] + plane[1::2]
            mean[k // 2] += rows[:, ::2] + rows[:, 1::2]
        progress(0.6 + 0.3 * k / 64)
    means *= np.float32(1 / 8)
    image = means[0] * _dropout(affine, shape)
    rng = np.random.Generator(np.random.PCG64(2))
    data = np.empty((volumes, *shape[::-1]), np.int16)
    noise = np.empty((2, *image.shape), np.float32)
    for t in range(volumes):
        rng.standard_normal(out=noise, dtype=np.float32)
        noise *= np.float32(9)
        signal = image * np.float32(1 + 0.0015 * t + 0.004 * rng.uniform(-1, 1)) + noise[0]
        _store(np.sqrt(signal * signal + noise[1] * noise[1]), data[t])
        progress(0.9 + 0.1 * (t + 1) / volumes)
    return _frozen(data, affine, means[1:] > np.float32(0.5))
