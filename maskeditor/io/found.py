"""An image that a search found, and one that was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.info import ImageInfo
from maskeditor.io.nifti.header import Header


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
        return cls(info, path, 1, True, 0, read, preview)

    def open(self, progress: Reporter | None = None) -> Opened:
        """Read the image.

        Raises
        ------
        FileError
            If it cannot be read.
        """
        volume, header = self._read(progress)
        return Opened(volume, header, self.path, self.info)

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
