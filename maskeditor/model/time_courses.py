"""Courses over time and profiles along a line: what the curves of the panel are, without a window."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.conditions import Conditions, labels_of
from maskeditor.core.space.mask import Colour
from maskeditor.core.space.mask_bits import FEW, MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import on_one_line
from maskeditor.engine.arrays import Floats
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.progress import Progress, Reporter, silent


@dataclass(frozen=True, eq=False)
class Curve:
    """A line of the plot.

    Parameters
    ----------
    title : str
    values : (N,) array of float64
    colour : tuple of 3 int, optional
        Without one, that of text.
    """

    title: str
    values: Floats
    colour: Colour | None = None


def course_at(volume: Volume, voxel: Voxel) -> Floats:
    """Return the intensities (T,) of one voxel in all volumes, as float64."""
    stored = volume.stored[voxel].reshape(-1)
    return np.asarray(volume.scaled(stored), np.float64)


def mean_course(volume: Volume, mask: MaskBits, progress: Reporter = silent) -> Floats:
    """Return the mean intensity of a mask's voxels in each volume, added up in float64.

    It equals ``numpy.mean`` over the voxels, and ``nilearn.masking.apply_mask(...).mean(axis=1)`` of finite
    intensities, to within rounding. Only the box that holds the mask is read, a few slices of one volume at a time.

    Parameters
    ----------
    volume : Volume
        Of T volumes.
    mask : MaskBits
        On its grid (I, J, K).
    progress : callable, optional
        Called with the fraction done, from 0 to 1; may raise to cancel.

    Returns
    -------
    (T,) array of float64
        NaN for an empty mask.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> series = np.array([[[[1, 2]]], [[[3, 8]]]], np.int16, order="F")
    >>> mean_course(Volume(series, Geometry((2, 1, 1), np.eye(4))), MaskBits.of(np.ones((2, 1, 1), bool)))
    array([2., 5.])
    """
    box = mask.bounds()
    sums, voxels = np.zeros(volume.frames), 0
    if box is None:
        return np.full(volume.frames, np.nan)
    (i, j, first), (m, n, last) = box
    slices = max(1, FEW // ((m - i) * (n - j)))
    with np.errstate(over="ignore", invalid="ignore"):  # of what is not finite
        for start in range(first, last, slices):
            stop = min(last, start + slices)
            slab = Box((i, j, start), (m, n, stop))
            # Turned, so that both are gone through as they lie in memory.
            inside = mask.read(slab).T
            voxels += int(np.count_nonzero(inside))
            for frame in range(volume.frames):
                sums[frame] += volume.intensities(frame, slab).T[inside].sum(dtype=np.float64)
                progress((start - first + (stop - start) * (frame + 1) / volume.frames) / (last - first))
    return sums / voxels


class MeanCourses:
    """The mean courses of ROIs, each kept until its mask changes.

    Parameters
    ----------
    volume : Volume
    """

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._known: dict[str, Floats] = {}
        self._changes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def forget(self, rois: Iterable[str]) -> None:
        """Note that the masks of ROIs have changed."""
        with self._lock:
            for roi in rois:
                self._changes[roi] += 1
                self._known.pop(roi, None)

    def get(self, roi: str) -> Floats | None:
        """Return the mean course (T,) of an ROI; None until it has been worked out."""
        return self._known.get(roi)

    def missing(self, rois: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """Return which of some ROIs have no course, each with how often its mask has changed."""
        return tuple((roi, self._changes[roi]) for roi in rois if roi not in self._known)

    def work(self, masks: Mapping[str, MaskBits]) -> Callable[[Progress], None]:
        """Return what works out the courses of masks, which must not change any more, on any thread.

        Each is kept as soon as it is known, also where the others are cancelled; none whose mask has changed since.
        """
        changes = dict(self.missing(masks))

        def work(progress: Progress) -> None:
            for place, (roi, change) in enumerate(changes.items()):
                part = progress.part(place / len(changes), (place + 1) / len(changes))
                course = mean_course(self._volume, masks[roi], part)
                with self._lock:
                    if self._changes[roi] == change:
                        self._known[roi] = course

        return work


class Span(NamedTuple):
    """How long a condition held.

    Parameters
    ----------
    name : str
        Of the condition.
    start, end : float
        Counted in volumes: the volumes that belong to it lie from start (included) to end.
    """

    name: str
    start: float
    end: float


def spans_of(conditions: Conditions, frames: int, seconds: float) -> tuple[Span, ...]:
    """Return when the conditions of a table held during a series.

    Parameters
    ----------
    conditions : Conditions
        A label for each volume, or events in seconds.
    frames : int
        Volumes of the series.
    seconds : float
        From one volume to the next; 0 if that is not known.

    Raises
    ------
    OperationError
        If the table is not one of this series.

    Examples
    --------
    >>> spans_of(((2.0, 4.0, "face"),), 5, 2.0)
    (Span(name='face', start=1.0, end=3.0),)
    >>> spans_of(("rest", "rest", "face"), 3, 0.0)
    (Span(name='rest', start=-0.5, end=1.5), Span(name='face', start=1.5, end=2.5))
    """
    events = [row for row in conditions if not isinstance(row, str)]
    if events and not seconds:
        raise OperationError(
            "Events are timed in seconds, but the header of the image states no time between its volumes; give a label "
            "for each volume."
        )
    if events:
        found = [Span(name, onset / seconds, (onset + length) / seconds) for onset, length, name in events]
        return tuple(span for span in found if span.end > -0.5 and span.start < frames - 0.5)
    labels = labels_of(conditions, frames, seconds, 0.0, "the image") if conditions else ()
    places = ((label, place) for place, label in enumerate(labels))
    runs = ((label, [place for _, place in run]) for label, run in groupby(places, key=itemgetter(0)))
    return tuple(Span(label, run[0] - 0.5, run[-1] + 0.5) for label, run in runs if label)


def as_text(x_title: str, x: Floats, curves: Sequence[Curve]) -> str:
    """Return curves as a table: a line of titles, then one for each value, a tabulator between columns.

    Parameters
    ----------
    x_title : str
    x : (N,) array of float64
    curves : sequence of Curve
        Of N values each; numbers are written so that reading them gives the same float64.

    Examples
    --------
    >>> print(as_text("volume", np.arange(2.0), [Curve("mask", np.array([1.5, 2.0]))]).replace(chr(9), "|"))
    volume|mask
    0|1.5
    1|2
    """
    titles = [on_one_line(title) for title in (x_title, *(curve.title for curve in curves))]
    rows = zip(x, *(curve.values for curve in curves), strict=True)
    return "\n".join("\t".join(line) for line in (titles, *(map(_plain, row) for row in rows)))


def _plain(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
