"""Which intensities to draw darkest and brightest, found from the image."""

from __future__ import annotations

import math

import numpy as np

from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array

#: The part of the intensities that an automatic window spans, in percent.
WINDOW_PERCENTILES = (0.5, 99.5)
#: Voxels and volumes looked at to find a window; more would not move it visibly.
SAMPLES = 200_000
SAMPLED_FRAMES = 16
#: Below this share of voxels that are brighter than air, air was mistaken.
LEAST_FOREGROUND = 0.05


def frame_span(frame: FrameChoice, frames: int) -> slice:
    """Return the volumes that a mean goes over, as a span of their indices."""
    if isinstance(frame, tuple):
        return slice(frame[0], frame[1] + 1)
    return slice(0, frames)


def window_of(volume: Volume, frame: FrameChoice) -> tuple[float, float]:
    """Find a window: percentiles 0.5 to 99.5 of the intensities that are not background.

    Background is what is not finite, and what is as dark as the air round a head: up to three times as far above the
    smallest intensity as the median of the outermost voxels (noise of magnitude images seldom gets further). Where
    that leaves less than 5 % of the voxels, such as in an image without air round it, only what is not finite and
    zeros are left out. Some 200,000 voxels are looked at.

    Parameters
    ----------
    volume : Volume
    frame : int, "mean" or a range

    Returns
    -------
    tuple of 2 float
        Lowest and highest intensity; (0, 1) without any finite one.

    Examples
    --------
    >>> from maskeditor.core.space.geometry import Geometry
    >>> head = np.full((9, 9, 9), 1, np.int16, order="F"); head[2:7, 2:7, 2:7] = 100
    >>> window_of(Volume(head, Geometry((9, 9, 9), np.eye(4))), 0)
    (1.0, 100.0)
    """
    values, outermost = _sample(volume, frame)
    finite = np.isfinite(values)
    values, outermost = values[finite], outermost[finite]
    if values.size == 0:
        return (0.0, 1.0)
    lowest = float(values.min())
    foreground = values[:0]
    if outermost.any():
        air = lowest + 3 * (float(np.median(values[outermost])) - lowest)
        foreground = values[values > air]
    if foreground.size < LEAST_FOREGROUND * values.size:
        foreground = values[values != 0]
    if foreground.size == 0:
        foreground = values
    low, high = (float(value) for value in np.percentile(foreground, WINDOW_PERCENTILES))
    if low == high:  # one intensity only: draw it bright on what is dark, or dark if nothing is
        low = lowest
    return (low, high)


def _sample(volume: Volume, frame: FrameChoice) -> tuple[Array, Array]:
    """Return intensities of voxels spread over the volume, and which of them are outermost."""
    shape = volume.geometry.shape
    i, j, k = shape
    step = max(1, i * j * k // SAMPLES)
    while step > 1 and (math.gcd(step, i) > 1 or math.gcd(step, i * j) > 1):
        step += 1  # in step with rows or planes, it would only ever see a few columns
    where = np.unravel_index(np.arange(0, i * j * k, step), shape, order="F")
    outermost = np.zeros(where[0].shape, bool)
    for indices, size in zip(where, shape, strict=True):
        if size > 2:  # along an axis of one or two voxels, all would be outermost
            outermost |= (indices == 0) | (indices == size - 1)
    if isinstance(frame, int):
        return volume.scaled(volume.stored_frame(frame)[where]), outermost
    span = range(volume.frames)[frame_span(frame, volume.frames)]
    frames = span[:: max(1, -(-len(span) // SAMPLED_FRAMES))]
    total = np.zeros(where[0].shape)
    for index in frames:
        total += volume.stored_frame(index)[where]
    return volume.scaled(total / len(frames)), outermost
