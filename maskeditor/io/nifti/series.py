"""A series that is reduced while it is read: means and single volumes of it, in one pass that never holds it all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Box
from maskeditor.engine.mean_over_time import RunningMean
from maskeditor.engine.progress import Reporter, silent
from maskeditor.io.digest import Digest
from maskeditor.io.names import stem_of
from maskeditor.io.nifti.doubts import doubts
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.names import ENDINGS
from maskeditor.io.nifti.read import begun, check_still, checked_header, read_image
from maskeditor.io.streams import BLOCK, ByteStream, HeaderError, reading

#: How many blocks are held where another thread hashes them: one is filled, the others wait.
_ROOMS = 3
#: The share of a block that one thread fills and goes on with: it stays in the cache with the sums, and its memory is
#: kept for the next image.
_ALONE = 4


def read_reduced(
    path: Path,
    frames: Iterable[FrameChoice],
    report: Reporter | None = None,
    known: tuple[Header, Path] | None = None,
) -> tuple[Volume, Header]:
    """Read a NIfTI image as `read_image` does, but of a series only what is asked for, and its fingerprint on the way.

    Parameters
    ----------
    path : Path
    frames : iterable of "mean", int or (int, int)
        The means and volumes that will be looked at.
    report : callable of float, optional
    known : (Header, Path), optional
        What `checked_header` has just returned.

    Raises
    ------
    MaskEditorError
        As `read_image`, and before any voxel is read if the series has not these volumes.
    """
    header, voxel_path = known or checked_header(path)
    dtype = np.dtype(np.float64) if header.scaling != (1.0, 0.0) else header.dtype
    shape = header.shape
    if len(shape) < 4 or not RunningMean.can_run(math.prod(shape[:3]), dtype, shape[3]):
        return read_image(path, report, hashed=True)
    return ReducedSeries(path, header, voxel_path, frames, report or silent), header


class ReducedSeries(Volume):
    """A series of which only what was asked for is held; whoever looks at more has all of it read again.

    Parameters
    ----------
    path : Path
    header : Header
    voxel_path : Path
        The file of the voxels.
    frames : iterable of "mean", int or (int, int)
    report : callable of float
    """

    #: The volumes that hold no number.
    without_numbers: tuple[int, ...]
    _path: Path
    _header: Header
    _means: dict[tuple[int, int], Array]
    _single: dict[int, Array]
    _voxel_path: Path
    _state: tuple[int, int, int]

    def __init__(
        self, path: Path, header: Header, voxel_path: Path, frames: Iterable[FrameChoice], report: Reporter
    ) -> None:
        self._know(
            geometry=header.geometry(),
            slope=header.scaling[0],
            intercept=header.scaling[1],
            name=visible(stem_of(path, ENDINGS)),
            findings=doubts(header),
            _path=path,
            _header=header,
            _voxel_path=voxel_path,
        )
        asked = {self.checked_frame(frame) for frame in frames}
        spans = {(0, self.frames - 1) if one == "mean" else one for one in asked if not isinstance(one, int)}
        voxels = math.prod(self.shape[:3])
        means = {(one, last): RunningMean(voxels, self.intensity_dtype, last - one + 1) for one, last in spans}
        single = {one: np.empty(voxels, self.dtype) for one in asked if isinstance(one, int)}
        full = np.full(self.frames, self.dtype.kind != "f")
        start = 0

        def take(values: Array) -> None:
            nonlocal start
            for frame, first, part in self._by_volume(start, values):
                if frame in single:
                    single[frame][first : first + part.size] = part
                if not full[frame]:
                    full[frame] = np.isfinite(part).any()
                intensities = self.scaled(part) if means else part
                for (one, last), running in means.items():
                    if one <= frame <= last:
                        running.add(first, intensities)
            start += values.size
            report(start / math.prod(self.shape))

        with reading(path), ByteStream(voxel_path) as stream, Digest() as digest:
            check_still(path, header, stream)
            stream.skip_to(header.offset, report)
            ahead = begun(stream, header)
            for block in self._blocks(digest if ahead is None else None):
                stream.fill(block, swap=not header.dtype.isnative, show=take)
            stream.finish(report)
            hashed = digest.result() if ahead is None else ahead.fingerprint
            self._know(hashed=hashed, without_numbers=tuple(np.flatnonzero(~full).tolist()), _state=stream.state)
        self._know(
            _means={span: self._grid(running.mean()) for span, running in means.items()},
            _single={frame: self._grid(values) for frame, values in single.items()},
        )

    def _know(self, **known: Any) -> None:
        # As a dataclass that is frozen does it.
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def _grid(self, values: Array) -> Array:
        values.setflags(write=False)
        return values.reshape(self.geometry.shape, order="F")

    def _blocks(self, digest: Digest | None) -> Iterator[Array]:
        """Yield room (N,) for the values, part after part; what was put into it is hashed while the next is filled."""
        size = math.prod(self.shape)
        count, nbytes = (1, BLOCK // _ALONE) if digest is None or digest.is_at_once else (_ROOMS, BLOCK)
        length = min(size, max(1, nbytes // self.dtype.itemsize))
        rooms = [np.empty(length, self.dtype) for _ in range(min(count, -(-size // length)))]
        hashed: list[Future[object]] = []
        for number, start in enumerate(range(0, size, length)):
            if number - count in range(len(hashed)):
                hashed[number - count].result()
            block = rooms[number % count][: size - start]
            yield block
            if digest is not None and (taken := digest.add(block)) is not None:
                hashed.append(taken)

    def _by_volume(self, start: int, values: Array) -> Iterator[tuple[int, int, Array]]:
        """Yield volume, first voxel and values (N,) for each part of values (M,) of which the first is that number."""
        voxels = math.prod(self.geometry.shape)
        at = 0
        while at < values.size:
            frame, first = divmod(start + at, voxels)
            part = values[at : at + voxels - first]
            yield frame, first, part
            at += part.size

    @cached_property
    def stored(self) -> Array:
        """Values as stored (I, J, K, T), read now.

        Raises
        ------
        FileError
            Also if the file is another since it was read first, of which means and fingerprint are.
        """
        with reading(self._path), ByteStream(self._voxel_path) as stream:
            self._check(stream)
        return read_image(self._path)[0].stored

    def parts(self) -> Iterator[Array]:
        """Yield the stored values part after part, read again; each lasts until the next is asked for.

        Raises
        ------
        FileError
            As for `stored`.
        """
        with reading(self._path), ByteStream(self._voxel_path) as stream:
            self._check(stream)
            stream.skip_to(self._header.offset)
            for block in self._blocks(None):
                stream.fill(block, swap=not self._header.dtype.isnative)
                yield block
            stream.finish()

    def _check(self, stream: ByteStream) -> None:
        if stream.state != self._state:
            raise HeaderError("another program has changed it since it was read first; begin again.")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the series."""
        return self._header.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the stored values."""
        return self._header.dtype.newbyteorder("=")

    def stored_frame(self, frame: int, box: Box | None = None) -> Array:
        """Return one volume as stored, (I, J, K) or the box of it."""
        if frame not in self._single:
            return super().stored_frame(frame, box)
        return self._single[frame] if box is None else self._single[frame][box.slices]

    def mean(self, first: int, last: int, progress: Reporter | None = None) -> Array:
        """Return the mean intensities (I, J, K) of some volumes, both ends included."""
        known = self._means.get((first, last))
        return super().mean(first, last, progress) if known is None else known
