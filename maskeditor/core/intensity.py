"""Intensities as the input of an operation: which image, which volume, smoothed or not; and ranges of them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.box import Box
from maskeditor.core.operation import Operation
from maskeditor.core.parameters import FrameChoice, Role, Unit, parameter
from maskeditor.core.progress import Progress
from maskeditor.core.reuse import results
from maskeditor.core.scene import BoolArray, Scene
from maskeditor.core.translation import number, quoted
from maskeditor.core.volume import Array, Frame, Volume

#: Voxels handled at a time, so that what is read and written stays in the processor's cache.
CHUNK = 1 << 17
#: Bytes of an image compared at a time.
COMPARED = 1 << 19

Reporter = Callable[[float], None]


class IntensityInput(Operation):
    """An operation that looks at intensities: of which image and volume, and how smooth."""

    image: str = parameter(
        "",
        title="Image",
        description="The image looked at; leave it empty for the one that is edited on.",
        role=Role.IMAGE,
    )
    frame: FrameChoice = parameter(
        "mean",
        title="Volume",
        description="Which volume of a 4D image: the mean over all, one by its number, or the mean over a range.",
        role=Role.FRAME,
    )
    fwhm: float = parameter(
        0.0,
        title="Smoothing",
        description="Full width at half maximum of a Gaussian that smooths the image first; 0 leaves it as it is.",
        unit=Unit.MM,
        ge=0,
        le=100,
        step=0.5,
    )

    def intensities(self, scene: Scene, progress: Progress) -> Array:
        """Return the chosen intensities (I, J, K), not to be written to."""
        return scene.intensities(self.image, self.frame, self.fwhm, progress)

    def in_range(
        self, scene: Scene, lower: float | None, upper: float | None, box: Box, progress: Progress
    ) -> BoolArray:
        """Return which voxels of a box have a chosen intensity within bounds."""
        return in_range_of(scene, self.image, self.frame, self.fwhm, lower, upper, box, progress)

    def python_input(self) -> tuple[tuple[str, ...], str]:
        """Return the Python that makes the chosen intensities, and the name they then have."""
        lines, name = [], "data"
        if self.image or self.frame != "mean":
            name = "chosen"
            source = f"images[{quoted(self.image)}]" if self.image else "image"
            frames = "" if self.frame == "mean" else f", {self.frame}, {self.frame}"
            if isinstance(self.frame, tuple):
                frames = f", {self.frame[0]}, {self.frame[1]}"
            lines.append(f"chosen = volume_of({source}{frames})")
        if self.fwhm:
            lines.append(f"smoothed = smooth({name}, zooms, {number(self.fwhm)})")
            name = "smoothed"
        return tuple(lines), name

    def python_image(self) -> tuple[tuple[str, ...], str]:
        """Return the Python that makes an image of the chosen intensities, and the name it then has."""
        lines, name = self.python_input()
        if not lines:
            return (), "image"
        return (*lines, f"made_image = nibabel.Nifti1Image({name}, affine, image.header)"), "made_image"

    @property
    def methods_input(self) -> str:
        """What was looked at, as a paper tells it, such as "the mean image, smoothed with …"."""
        image = "the image" if not self.image else f"the further image {self.image}"
        if self.frame == "mean":
            image += " (of a series, its mean)"
        elif isinstance(self.frame, tuple):
            image = f"the mean of volumes {self.frame[0]} to {self.frame[1]} (counted from 0) of {image}"
        else:
            image = f"volume {self.frame} (counted from 0) of {image}"
        return image + (f", smoothed with a Gaussian of {self.fwhm:g} mm FWHM," if self.fwhm else "")

    @property
    def input_told(self) -> str:
        """What differs from the plain image, as the history tells it, such as ", smoothed 4 mm"."""
        told = f", {self.image}" if self.image else ""
        if isinstance(self.frame, tuple):
            told += f", volumes {self.frame[0]}–{self.frame[1]}"
        elif self.frame != "mean":
            told += f", volume {self.frame}"
        return told + (f", smoothed {self.fwhm:g} mm" if self.fwhm else "")


def range_told(lower: float | None, upper: float | None) -> str:
    """Return a range in words: "120–340", "from 120", "up to 340" or "any intensity"."""
    if lower is None:
        return "any intensity" if upper is None else f"up to {upper:g}"
    return f"from {lower:g}" if upper is None else f"{lower:g}–{upper:g}"


def in_range_of(
    scene: Scene,
    image: str,
    frame: Frame,
    fwhm: float,
    lower: float | None,
    upper: float | None,
    box: Box,
    progress: Progress,
) -> BoolArray:
    """Return which voxels of a box have an intensity within bounds, both included; NaN lies outside.

    One volume that is not smoothed is compared as it is stored, which takes neither time nor memory for scaling.

    Parameters
    ----------
    scene : Scene
    image, frame, fwhm
        As in `Scene.intensities`.
    lower, upper : float, optional
        None is no bound.
    box : Box
    progress : Progress

    Returns
    -------
    array of bool of the box's shape
        In Fortran order.
    """
    volume = scene.image(image)
    plain = volume.checked_frame(frame)
    if not isinstance(plain, int) or fwhm > 0:
        values = scene.intensities(image, frame, fwhm, progress)[box.slices]
        return in_range(values, lower, upper, progress=progress.part(0.9, 1.0))
    stored = volume.stored_frame(plain, box)
    if not volume.is_scaled:
        return in_range(stored, lower, upper, progress=progress)
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 4:
        first, last = stored_range(volume, lower, upper)
        return in_range(stored, first, last, progress=progress)
    return in_range(stored, lower, upper, scaled=volume.scaled, progress=progress)


def in_range(
    values: Array,
    lower: float | None,
    upper: float | None,
    *,
    scaled: Callable[[Array], Array] | None = None,
    progress: Reporter | None = None,
) -> BoolArray:
    """Return which values lie within bounds, both included; NaN lies outside.

    Bounds are compared exactly: what decides is the real number that a stored value stands for, never a bound that
    was rounded to the type of the values.

    Parameters
    ----------
    values : (I, J, K) array of int or float
    lower, upper : float, optional
        None is no bound.
    scaled : callable, optional
        Applied to the values before they are compared, a chunk at a time.
    progress : callable of float, optional

    Returns
    -------
    (I, J, K) array of bool
        In Fortran order.

    Examples
    --------
    >>> values = np.array([[[1, 2, 3, 4]]], dtype=np.int16)
    >>> in_range(values, 1.5, 3)
    array([[[False,  True,  True, False]]])
    """
    made = results.empty(values.shape, order="F")
    compare = _comparison(values.dtype if scaled is None else np.dtype(np.float64), lower, upper)
    out = made
    if values.flags.f_contiguous:  # one long row takes less to begin with than rows of planes
        values, out = values.reshape((1, 1, -1), order="F"), made.reshape((1, 1, -1), order="F")
    for part, done in chunks(values.shape, COMPARED // values.itemsize):
        compare(values[part] if scaled is None else scaled(values[part]), out[part])
        if progress is not None:
            progress(done)
    return made


def chunks(shape: tuple[int, ...], size: int = CHUNK) -> Iterator[tuple[tuple[slice, slice, slice], float]]:
    """Yield indices that cut a volume into pieces of about so many voxels, and the fraction done after each.

    Whole planes across the last axis go together, or whole rows of one plane where a plane is too large: each piece
    of a volume in Fortran order is then contiguous.
    """
    row, rows, planes = shape
    height = max(1, min(rows, size // max(1, row)))
    depth = max(1, size // max(1, row * rows)) if height == rows else 1
    for k in range(0, planes, depth):
        for j in range(0, rows, height):
            done = (k + min(depth, planes - k) * min(rows, j + height) / rows) / planes
            yield (slice(None), slice(j, j + height), slice(k, k + depth)), done


def stored_range(volume: Volume, lower: float | None, upper: float | None) -> tuple[int, int]:
    """Return the first and last stored whole number whose scaled intensity lies within bounds; first > last for none.

    Scaling keeps the order of numbers (or turns it round, for a negative slope), rounding included, so two searches
    by halves over the type's range find what comparing every scaled voxel would.

    Parameters
    ----------
    volume : Volume
        Stored as integers of at most 32 bits.
    lower, upper : float, optional
        Bounds of the intensity, both included; None is no bound.

    Examples
    --------
    >>> from maskeditor.core.geometry import Geometry
    >>> volume = Volume(np.zeros((1, 1, 1), np.uint8), Geometry((1, 1, 1), np.eye(4)), slope=0.5, intercept=10.0)
    >>> stored_range(volume, 11, 12.75)
    (2, 5)
    """
    limits = np.iinfo(volume.stored.dtype)
    every = range(int(limits.min), int(limits.max) + 1)
    sign = 1 if volume.slope > 0 else -1
    if sign < 0:
        lower, upper = (None if upper is None else -upper), (None if lower is None else -lower)

    def rising(value: int) -> float:
        return sign * float(volume.scaled(np.array(value, dtype=volume.stored.dtype)))

    first = 0 if lower is None else bisect_left(every, lower, key=rising)
    last = len(every) if upper is None else bisect_right(every, upper, key=rising)
    return every.start + first, every.start + last - 1


def _comparison(dtype: np.dtype[Any], lower: float | None, upper: float | None) -> Callable[[Array, BoolArray], object]:
    """Return what writes into its second array which values of the first lie within bounds."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        first = int(limits.min) if lower is None else max(int(limits.min), math.ceil(lower))
        last = int(limits.max) if upper is None else min(int(limits.max), math.floor(upper))
        if first > last:
            return lambda values, out: out.fill(False)
        if last == limits.max:
            return lambda values, out: np.greater_equal(values, first, out=out)
        if first == limits.min:
            return lambda values, out: np.less_equal(values, last, out=out)
        return _integers_between(dtype, first, last)
    if dtype.kind == "f":
        low = None if lower is None else _rounded(dtype, lower, up=True)
        high = None if upper is None else _rounded(dtype, upper, up=False)
        return _floats_between(low, high)
    raise TypeError(f"Intensities of the type {dtype} cannot be ordered; give integers or floats.")


def _integers_between(dtype: np.dtype[Any], first: int, last: int) -> Callable[[Array, BoolArray], object]:
    # Counted from the first, modulo the type's size, all that lies outside comes after the last: one subtraction and
    # one comparison, where two comparisons and an "and" would be three passes.
    unsigned = np.dtype(f"u{dtype.itemsize}")
    start = np.array(first, dtype=dtype).view(unsigned)[()]
    span = unsigned.type(last - first)
    scratch = np.empty(0, dtype=unsigned)

    def compare(values: Array, out: BoolArray) -> None:
        nonlocal scratch
        if scratch.size < values.size:
            scratch = np.empty(values.size, dtype=unsigned)
        distance = scratch[: values.size].reshape(values.shape, order="F")
        np.subtract(values.view(unsigned), start, out=distance)
        np.less_equal(distance, span, out=out)

    return compare


def _floats_between(low: Any, high: Any) -> Callable[[Array, BoolArray], object]:
    scratch = np.empty(0, dtype=bool)

    def compare(values: Array, out: BoolArray) -> None:
        nonlocal scratch
        if low is None and high is None:
            np.equal(values, values, out=out)
        elif low is None:
            np.less_equal(values, high, out=out)
        else:
            np.greater_equal(values, low, out=out)
            if high is not None:
                if scratch.size < values.size:
                    scratch = np.empty(values.size, dtype=bool)
                below = scratch[: values.size].reshape(values.shape, order="F")
                np.less_equal(values, high, out=below)
                np.logical_and(out, below, out=out)

    return compare


def _rounded(dtype: np.dtype[Any], bound: float, *, up: bool) -> np.floating[Any]:
    """Return the nearest number of a type that lies on the inner side of a bound."""
    with np.errstate(over="ignore"):
        value: np.floating[Any] = dtype.type(bound)
    beyond = float(value) < bound if up else float(value) > bound
    return np.nextafter(value, dtype.type(np.inf if up else -np.inf)) if beyond else value


def sample(values: NDArray[Any], count: int = 1 << 16) -> NDArray[Any]:
    """Return about so many finite values, evenly spread over a volume, flat; for what a form opens with."""
    step = max(1, round((values.size / count) ** (1 / 3)))
    steps = [min(step, length) for length in values.shape]
    few = values[tuple(slice(by // 2, None, by) for by in steps)].ravel(order="K")
    return few[np.isfinite(few)] if few.dtype.kind == "f" else few
