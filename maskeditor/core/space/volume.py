"""Intensities on a grid, kept as they were stored."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.mean_over_time import mean_over_frames
from maskeditor.engine.progress import Reporter

#: Which volume of a 4D image: the mean over all, one index, or the mean over a range (both ends included).
FrameChoice = Literal["mean"] | int | tuple[int, int]


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3D or 4D image, never reoriented, its intensities stored as in the file.

    Parameters
    ----------
    stored : (I, J, K) or (I, J, K, T) array
        Values as stored (native byte order, Fortran order); made read-only.
    geometry : Geometry
    slope, intercept : float
        Intensity = stored × slope + intercept, in float64; 1 and 0 leave the stored values as they are.
    name : str
        What the image is called: the file name without its ending, or a DICOM series description.
    findings : tuple of str
        What is doubtful about the file, one sentence each.
    hashed : Future of str, optional
        The fingerprint of the stored values, if it is worked out since they were read.
    repetition_time : float
        Seconds from one volume in time to the next, as the header states them; 0 where it does not.

    Examples
    --------
    >>> grid = Geometry((2, 1, 1), np.eye(4))
    >>> Volume(np.array([[[3]], [[4]]], np.int16), grid, slope=2.0).intensities().ravel().tolist()
    [6.0, 8.0]
    """

    stored: Array
    geometry: Geometry
    slope: float = 1.0
    intercept: float = 0.0
    name: str = ""
    findings: tuple[str, ...] = field(default=())
    hashed: Future[str] | None = None
    repetition_time: float = 0.0

    def __post_init__(self) -> None:
        if self.stored.ndim not in (3, 4) or self.stored.shape[:3] != self.geometry.shape:
            raise MaskEditorError(
                f"The image has the shape {self.stored.shape}, but must have three or four axes that begin with "
                f"{self.geometry.shape}."
            )
        if not self.stored.dtype.isnative:
            raise MaskEditorError(
                f"The image is stored as {self.stored.dtype.str}; give it in the byte order of this machine."
            )
        self.stored.setflags(write=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the stored values: three or four axes."""
        return self.stored.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored values."""
        return self.stored.dtype

    @property
    def frames(self) -> int:
        """Number of volumes in time; 1 for a 3D image."""
        return self.shape[3] if len(self.shape) == 4 else 1

    @property
    def nbytes(self) -> int:
        """Bytes of the stored values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def fingerprint(self) -> str:
        """Of the stored values, which may take a moment; empty if nobody works it out."""
        return self.hashed.result() if self.hashed is not None else ""

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Those of the stored values that were worked out, by kind."""
        return {}

    def parts(self) -> Iterator[Array]:
        """Yield the stored values part after part, axis 0 fastest."""
        yield self.stored

    @property
    def is_scaled(self) -> bool:
        """Whether intensities differ from the stored values."""
        return self.slope != 1.0 or self.intercept != 0.0

    @property
    def is_whole(self) -> bool:
        """Whether all intensities of all volumes are whole numbers, by their type."""
        return self.dtype.kind in "iu" and float(self.slope).is_integer() and float(self.intercept).is_integer()

    @property
    def intensity_dtype(self) -> np.dtype[Any]:
        """The type that `intensities` returns for one volume."""
        return np.dtype(np.float64) if self.is_scaled else self.dtype

    @cached_property
    def is_integral(self) -> bool:
        """Whether every intensity of one volume is a whole number by its type."""
        return self.dtype.kind in "iu" and float(self.slope).is_integer() and float(self.intercept).is_integer()

    def stored_frame(self, frame: int, box: Box | None = None) -> Array:
        """Return one volume as stored, (I, J, K) or the box of it: a read-only view, never a copy."""
        where = box.slices if box is not None else (slice(None),) * 3
        return self.stored[where] if self.stored.ndim == 3 else self.stored[(*where, frame)]

    def scaled(self, stored: Array) -> Array:
        """Return stored values as intensities; the same array where no scaling is needed."""
        if not self.is_scaled:
            return stored
        values: Array = np.multiply(stored, np.float64(self.slope), dtype=np.float64)
        if self.intercept != 0.0:
            values += self.intercept
        return values

    def intensities(self, frame: int = 0, box: Box | None = None) -> Array:
        """Return the intensities of one volume (I, J, K), or of a box of it; not to be written to."""
        return self.scaled(self.stored_frame(frame, box))

    def mean(self, first: int, last: int, progress: Reporter | None = None) -> Array:
        """Return the mean intensities (I, J, K) of some volumes of a series, both ends included."""
        scaled = self.scaled if self.is_scaled else None
        return mean_over_frames(self.stored[..., first : last + 1], scaled=scaled, progress=progress)

    def with_findings(self, sentences: tuple[str, ...]) -> Self:
        """Return the same image with more that is doubtful about it."""
        return self._with(findings=self.findings + sentences)

    def with_repetition_time(self, seconds: float) -> Self:
        """Return the same image with so many seconds from one volume to the next."""
        return self._with(repetition_time=seconds)

    def _with(self, **values: Any) -> Self:
        made = copy.copy(self)
        for name, value in values.items():
            object.__setattr__(made, name, value)
        return made

    def unscaled(self, intensity: float) -> float:
        """Return the stored value, possibly fractional, that stands for an intensity."""
        return (intensity - self.intercept) / self.slope

    def checked_frame(self, frame: FrameChoice) -> FrameChoice:
        """Return the frame in its plainest form; raise if the image does not have it.

        Raises
        ------
        OperationError
            If an index lies outside the image's volumes.
        """
        check_frame(frame, self.frames, self.name)
        if self.frames == 1:
            return 0
        if isinstance(frame, tuple) and frame[0] == frame[1]:
            return frame[0]
        return frame


def volumes_in_words(frames: int) -> str:
    """Return which volumes an image of so many has, and which to choose.

    Examples
    --------
    >>> volumes_in_words(1)
    'one volume alone; leave it out, or take 0'
    >>> volumes_in_words(5)
    'volumes 0 to 4; take one of them'
    """
    return (
        "one volume alone; leave it out, or take 0" if frames == 1 else f"volumes 0 to {frames - 1}; take one of them"
    )


def check_frame(frame: FrameChoice, frames: int, name: str) -> None:
    """Raise `OperationError` if an index lies outside the volumes of an image, of which there are so many."""
    wanted = (frame,) if isinstance(frame, int) else () if frame == "mean" else frame
    for index in wanted:
        if not 0 <= index < frames:
            raise OperationError(
                f"Volume {index} was asked for, but {name or 'the image'} has {volumes_in_words(frames)}."
            )
