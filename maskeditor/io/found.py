"""An image that a search found, and one that was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.operation.as_script import joined
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.info import ImageInfo
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.series import ReducedSeries


@dataclass(frozen=True, eq=False)
class Opened:
    """An image that was read, and what a mask on it is written with."""

    volume: Volume
    header: Header
    path: Path
    info: ImageInfo

    @property
    def kind(self) -> str:
        """How the image is stored, as in its information."""
        return self.info.kind


#: Reads an image, and shows the first volume of a series before the others are read.
ShowFirst = Callable[[Reporter | None, Callable[[Volume], object] | None], tuple[Volume, Header]]
#: Reads an image with what is asked for of its volumes, without holding all of a series.
Reduce = Callable[[Iterable[FrameChoice], Reporter | None], tuple[Volume, Header]]


def _nothing(_: Reporter | None) -> list[int]:
    return []


@dataclass(frozen=True, eq=False)
class Found:
    """An image that a search found.

    Parameters
    ----------
    info : ImageInfo
    path : Path
        Where was searched.
    files : int
        How many files belong to it, as far as is known.
    complete : bool
        Whether all is known of it; until then it has no shape and cannot be opened.
    segment : int
        Number of the segment that it shows; 0 for intensities.
    """

    info: ImageInfo
    path: Path
    files: int
    complete: bool
    segment: int
    _read: Callable[[Reporter | None], tuple[Volume, Header]]
    _preview: Callable[[], Array]
    _check: Callable[[Reporter | None], list[int]] = _nothing
    _reduce: Reduce | None = None
    _show_first: ShowFirst | None = None

    @classmethod
    def in_file(
        cls,
        path: Path,
        kind: str,
        stem: str,
        geometry: Geometry,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        findings: tuple[str, ...],
        read: Callable[[Reporter | None], tuple[Volume, Header]],
        preview: Callable[[], Array],
        check: Callable[[Reporter | None], list[int]] | None = None,
        reduce: Reduce | None = None,
        show_first: ShowFirst | None = None,
    ) -> Found:
        """Return what was found in a file that is one image.

        Parameters
        ----------
        path : Path
        kind : str
            What such files are called.
        stem : str
            The file's name without its ending.
        geometry, shape, dtype, findings
            As in the information of the image.
        read : callable
            Reads it: (I, J, K) or (I, J, K, T) voxels and a header for masks on it.
        preview : callable
            Returns its middle slice, (I, J) values as stored.
        check : callable, optional
            Raises what `read` would, keeps no voxel, and returns the volumes that hold no number; unless given, the
            image is read for that.
        reduce : callable, optional
            Reads it, but holds of a series only the means and volumes that are asked for.
        show_first : callable, optional
            Reads it, and shows the first volume of a series before the others are read.
        """
        info = ImageInfo(
            series_uid=None,
            description=stem,
            modality=None,
            kind=f"{kind} {len(shape)}D",
            shape=shape,
            **placed(geometry),
            dtype=dtype.newbyteorder("=").name,
            files=(str(path),),
            findings=findings,
            key=path.name,
        )
        by_reading = check or (lambda report: _without_numbers(read(report)[0]))
        return cls(info, path, 1, True, 0, read, preview, by_reading, reduce, show_first)

    def open(
        self,
        progress: Reporter | None = None,
        frames: Iterable[FrameChoice] | None = None,
        first: Callable[[Volume], object] | None = None,
    ) -> Opened:
        """Read the image.

        Parameters
        ----------
        progress : callable of float, optional
        frames : iterable of "mean", int or (int, int), optional
            All that will be looked at of a series, which then need not be held; without it, anything may be.
        first : callable of Volume, optional
            Given the first volume of a series before the others are read, where the format can do that.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        if frames is not None and self._reduce is not None:
            volume, header = self._reduce(frames, progress)
        elif self._show_first is not None:
            volume, header = self._show_first(progress, first)
        else:
            volume, header = self._read(progress)
        volume = volume.with_findings(without_numbers(volume)).with_repetition_time(header.repetition_time)
        return Opened(volume, header, self.path, self.info)

    def checked(self, progress: Reporter | None = None) -> Found:
        """Return the same, with findings of its voxels; they are read, but not kept.

        Raises
        ------
        FileError
            If the image is cut short or damaged.
        """
        shape = self.info.shape
        doubts = _none_in(self._check(progress), shape[3] if len(shape) == 4 else 1)
        return replace(self, info=replace(self.info, findings=self.info.findings + doubts)) if doubts else self

    def preview(self) -> Array:
        """Return the middle slice of the first volume, (I, J) values as stored.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        return self._preview()


#: Shown all that a search knows so far.
Show = Callable[[list[Found]], None]


def placed(geometry: Geometry | None) -> dict[str, Any]:
    """Return where an image lies, as its information has it; nothing for one without a place in space."""
    if geometry is None:
        return {"zooms": (), "affine": (), "axis_codes": ()}
    return {
        "zooms": geometry.zooms,
        "affine": tuple(map(tuple, geometry.affine.tolist())),
        "axis_codes": geometry.axis_codes,
    }


#: Voxels looked at together.
_PIECE = 1 << 16


def without_numbers(volume: Volume) -> tuple[str, ...]:
    """Return a sentence if volumes of an image hold no number at all, so that nothing can be made of them.

    Examples
    --------
    >>> stored = np.zeros((2, 2, 2, 3), np.float32)
    >>> stored[..., 1] = np.nan
    >>> without_numbers(Volume(stored, Geometry((2, 2, 2), np.eye(4))))[0][:37]
    'Volume 1 holds no number (all are NaN'
    """
    return _none_in(_without_numbers(volume), volume.frames)


def _none_in(empty: list[int], frames: int) -> tuple[str, ...]:
    """Return a sentence if some of so many volumes hold no number."""
    if not empty:
        return ()
    if len(empty) == frames:
        return ("The image holds no number (all voxels are NaN or infinite), so no mask can be made of it.",)
    named = f"Volume {empty[0]} holds" if len(empty) == 1 else f"Volumes {joined(map(str, empty))} hold"
    return (
        f"{named} no number (all are NaN or infinite), and neither does the mean over the volumes; give other volumes "
        "(frame=), or mend the image.",
    )


def _without_numbers(volume: Volume) -> list[int]:
    """Return which volumes of an image hold no number."""
    if isinstance(volume, ReducedSeries):
        return list(volume.without_numbers)
    if volume.stored.dtype.kind != "f":
        return []
    return [frame for frame in range(volume.frames) if not _has_number(volume.stored_frame(frame))]


def _has_number(values: Array) -> bool:
    flat = values.reshape(-1, order="F")
    return any(np.isfinite(flat[start : start + _PIECE]).any() for start in range(0, flat.size, _PIECE))
