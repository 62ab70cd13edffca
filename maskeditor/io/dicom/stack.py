"""Slices of one image put in order: where it lies, and what is doubtful about that.

DICOM's world (left, back, up positive) becomes RAS+ here and nowhere else.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from maskeditor.core.errors import GeometryError, mid_sentence
from maskeditor.core.plain_number import plain_number
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Floats, Integers
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import Elements
from maskeditor.io.dicom.regular import Resampling, grid_for
from maskeditor.io.dicom.scan import DicomHeader
from maskeditor.io.dicom.segments import is_label_map, is_segmentation
from maskeditor.io.dicom.slices import Slice, states_spacing

#: Positions are the same if they differ by less than this part of the thickness and this part of the widest gap,
#: or by less than so many mm.
_SAME_BY_THICKNESS, _SAME_BY_GAP, _SAME_MM = 0.02, 0.1, 0.002
#: Slices that lie off a regular grid by more than this part of their distance are reported; by more than the
#: second, no affine is right for them.
_OFF, _TOO_FAR_OFF = 0.02, 0.25
_TILT_DEGREES = 0.1
#: How far volumes may lie apart to be one image whose scanner followed the head, in parts of a step and in mm.
_FOLLOWED, _TOO_FAR_AWAY = 0.4, 20.0
#: Differences (mm; unit vectors) that are not worth a word.
_SAME_PLACE, _SAME_DIRECTION = 0.05, 2e-3
#: Transfer syntaxes that always lose something: JPEG baseline and extended.
_PALETTE = "PALETTE COLOR"
#: Triggers (ms) that differ by no more than this do not tell one volume from the next.
_SAME_TRIGGER = 1
_LOSSY = frozenset(("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"))
_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass
class Stack:
    """The slices of one image.

    Parameters
    ----------
    slices : list of Slice
        In no order at first; afterwards volume by volume, each from first to last slice.
    about : Elements
        What one of its files says, which speaks for all.
    label : str
        What sets this image apart from others of its series; may be empty.
    number : int
        Which image of its series, from 1; 0 if the series is one image.
    """

    slices: list[Slice]
    about: Elements
    label: str = ""
    number: int = 0
    shape: tuple[int, ...] = ()
    affine: Floats | None = None
    findings: list[str] = field(default_factory=list)
    refusal: str = ""
    #: Why its slices form no regular grid at right angles, though one may be made of them.
    irregular: list[str] = field(default_factory=list)
    #: What is offered beside it, if it cannot be opened as it is.
    offered: str = ""
    #: How it was made of slices that form none, and the image as it was measured.
    resampling: Resampling | None = None
    measured: Stack | None = None
    #: Whether it is the luminance of an image of colours.
    is_luminance: bool = False
    #: Which of several copies with different contents; 0 if there are none.
    copy: int = 0
    #: Files found so far, while the search goes on.
    so_far: int = 0

    @property
    def first(self) -> Slice:
        """The first slice, whose form is that of all."""
        return self.slices[0]

    def refuse(self, reason: str) -> None:
        """Say why these slices are not one image on a grid; of several reasons the first is given when it is opened."""
        self.refusal = self.refusal or reason
        self.findings.append(f"This cannot be opened as one image: {reason}.")

    @property
    def geometry(self) -> Geometry:
        """The grid, in RAS+ mm."""
        assert self.affine is not None
        return Geometry(self.shape[:3], self.affine)

    @property
    def kind(self) -> str:
        """How the image is stored, such as `mosaic 4D`."""
        form = "classic"
        if is_segmentation(self.first.file):
            form = "segmentation"
        elif self.first.tile is not None:
            form = "mosaic"
        elif tags.FRAME_GROUPS in self.about or tags.SHARED_GROUPS in self.about:
            form = "enhanced"
        if not self.shape:
            return form
        axes = 4 if len(self.shape) == 4 else 2 if self.shape[2:] == (1,) else 3
        return f"{form} {axes}D{' resampled' if self.resampling else ' luminance' if self.is_luminance else ''}"

    @property
    def has_colours(self) -> bool:
        """Whether its voxels are colours, not numbers; those of a label map are numbers, whatever their colours."""
        colours = self.about.integer(tags.SAMPLES, 1) > 1 or self.about.text(tags.PHOTOMETRIC) == _PALETTE
        return colours and not is_label_map(self.first.file)

    @property
    def series_number(self) -> int:
        """The number of the series."""
        return self.about.integer(tags.SERIES_NUMBER)

    @property
    def series_uid(self) -> str:
        """The UID of the series; empty if it has none."""
        return self.about.text(tags.SERIES_UID)

    @property
    def segment(self) -> int:
        """The number of the segment that is shown; 0 for intensities."""
        return self.first.part.segment if is_segmentation(self.first.file) else 0

    @property
    def files(self) -> list[str]:
        """The files, in the order of their slices, each once."""
        return list(dict.fromkeys(str(item.file.path) for item in self.slices))


def arrange(stack: Stack) -> None:
    """Put the slices in order and find the affine, or say why there is none."""
    first = stack.first
    columns, rows = first.shape
    stack.shape = (columns, rows, len(stack.slices))
    _note_values(stack)
    _note_lengths(stack)
    orientation = first.orientation
    placed = [item for item in stack.slices if item.position is not None]
    if orientation is not None and 0 < len(placed) < len(stack.slices):
        lost = [item.file for item in stack.slices if item.position is None]
        stack.findings.append(f"{_names(lost)} left out, as it is not said where the slices lie.")
        stack.slices = placed
        first = placed[0]
    if orientation is None or not placed:
        hidden = ", and parts of its header are encrypted" if tags.ENCRYPTED in stack.about else ""
        stack.refuse(
            f"its files do not say where the slices lie (position or orientation is missing in "
            f"{_names([item.file for item in stack.slices], verb=False)}{hidden})"
        )
        return
    across, down = orientation[:3], orientation[3:]
    normal = np.cross(across, down)
    if not 0.99 < float(np.linalg.norm(normal)) < 1.01:
        stack.refuse("the directions of its rows and columns are not at right angles, or not of length 1")
        return
    normal /= np.linalg.norm(normal)
    positions = np.array([item.position for item in stack.slices])
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    gaps = np.diff(heights[order])
    thick = first.thickness or first.step or 1.0
    same = max(_SAME_MM, min(_SAME_BY_THICKNESS * thick, _SAME_BY_GAP * float(gaps.max(initial=0.0))))
    level = np.empty(len(order), np.int64)
    level[order] = np.concatenate(([0], np.cumsum(gaps > same)))
    volumes = _volumes_by_file(stack, heights, level)
    if volumes is None:
        volumes = _volumes(stack, level)
    if volumes is None:
        return
    count, levels = len(volumes), len(volumes[0])
    origins = positions[volumes[0]]
    _note_motion(stack, volumes, positions)
    stack.slices = [stack.slices[index] for volume in volumes for index in volume]
    stack.shape = (columns, rows, levels, count) if count > 1 else (columns, rows, levels)
    step = _step(stack, origins, normal)
    if not stack.refusal:
        affine = _affine(first, step, origins[0])
        try:
            Geometry(stack.shape[:3], affine)
            stack.affine = affine
        except GeometryError as error:
            stack.refuse(mid_sentence(error).rstrip("."))


def _affine(first: Slice, step: Floats, corner: Floats) -> Floats:
    assert first.orientation is not None
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = first.orientation[:3] * first.spacing[1], first.orientation[3:] * first.spacing[0]
    affine[:3, 2], affine[:3, 3] = step, corner
    return np.asarray(_TO_RAS @ affine)


def resampled(stack: Stack) -> Stack | None:
    """Return the nearest image on a regular grid for one in order that lies on none; None if there is none near.

    It is never taken by itself: the user chooses it.
    """
    possible = stack.irregular and not is_segmentation(stack.first.file) and not stack.has_colours
    found = grid_for(stack.slices, stack.shape) if possible else None
    if found is None:
        return None
    resampling, corner, step = found
    measured, made = stack.shape[2], resampling.shape[2]
    doubts = [sentence for sentence in stack.findings if not any(why in sentence for why in stack.irregular)]
    how = f"{made} slices {resampling.spacing:.4g} mm apart were interpolated linearly from the {measured} measured"
    if resampling.aside.any():
        how += "; each was moved in its plane, and where nothing was measured the lowest intensity stands"
    doubts.append(f"The image was resampled, as {' and '.join(stack.irregular)}: {how}.")
    stack.offered = "resampled one that is offered beside it (the series with :resampled)"
    stack.findings.append(
        "The nearest regular image, resampled, is offered beside it (add :resampled to the name of the series)."
    )
    return Stack(
        stack.slices,
        stack.about,
        stack.label,
        stack.number,
        (*resampling.shape, *stack.shape[3:]),
        _affine(stack.first, step, corner),
        doubts,
        resampling=resampling,
        measured=stack,
    )


def luminance(stack: Stack) -> Stack | None:
    """Return the luminance of an image of colours; None for any other.

    It is never taken by itself: the user chooses it.
    """
    if not stack.has_colours:
        return None
    offered = replace(
        stack,
        refusal="",
        irregular=[],
        findings=["The luminance of the colours is shown: 0.299 red + 0.587 green + 0.114 blue."],
        is_luminance=True,
    )
    arrange(offered)
    if offered.refusal:
        return None
    stack.findings.append("Its luminance is offered beside it (add :luminance to the name of the series).")
    stack.offered = "luminance that is offered beside it (the series with :luminance)"
    return offered


def _names(files: list[DicomHeader], *, verb: bool = True) -> str:
    """Name the first of some files and count the others."""
    others = len(set(files)) - 1
    more = f" and {plain_number(others, 'more file')}" if others else ""
    return f"{files[0].path.name}{more}{(' were' if others else ' was') * verb}"


def _note_lengths(stack: Stack) -> None:
    doubts: dict[str, dict[DicomHeader, None]] = defaultdict(dict)
    for item in stack.slices:
        if item.file.doubt:
            doubts[item.file.doubt][item.file] = None
    stack.findings += [f"In {_names(list(files), verb=False)} {doubt}." for doubt, files in doubts.items()]


def _note_values(stack: Stack) -> None:
    elements = stack.about
    light = elements.text(tags.PHOTOMETRIC)
    if stack.has_colours and not stack.is_luminance:
        if light == _PALETTE:
            stack.refuse("its numbers stand for the colours of a palette, not for intensities")
        else:
            stack.refuse(f"it holds colours ({light or 'several samples a pixel'}), where one number a voxel is wanted")
    elif light == "MONOCHROME1":
        stack.findings.append("Low numbers are meant to be bright (MONOCHROME1); the numbers are kept as they are.")
    enhanced = tags.SHARED_GROUPS in elements or tags.FRAME_GROUPS in elements
    spacing = elements.numbers(tags.PIXEL_SPACING) or elements.numbers(tags.IMAGER_SPACING)
    if not enhanced and not states_spacing(spacing):
        stack.findings.append("The distance between pixels is not stated; 1 mm is taken.")
    elif min(spacing, default=0) < 0:
        stack.findings.append(
            "The distance between pixels is stated to be less than zero; it is taken without its sign."
        )
    if stack.first.tile is None and not enhanced and "MOSAIC" in elements.texts(tags.IMAGE_TYPE):
        places = {tuple(item.position) for item in stack.slices if item.position is not None}
        if len(places) == 1:
            stack.findings.append(
                "The image is labelled as a mosaic but does not say of how many slices; it is shown as one sheet."
            )
    if "PHILIPS" in elements.text(tags.MANUFACTURER).upper() and stack.first.slope != 1.0:
        stack.findings.append(
            "The intensities are those that the Philips console shows; its exact values differ by a factor."
        )
    if elements.text(tags.LOSSY) == "01" or stack.first.file.syntax in _LOSSY:
        stack.findings.append("The image was compressed with loss before it was stored.")


def _volumes_by_file(stack: Stack, heights: Floats, level: Integers) -> Integers | None:
    """Return the slices as (volumes, levels) indices if files are volumes that moved with the head, else None."""
    by_file: dict[DicomHeader, list[int]] = defaultdict(list)
    for index, item in enumerate(stack.slices):
        by_file[item.file].append(index)
    counts = {len(indices) for indices in by_file.values()}
    levels = int(level.max()) + 1
    if len(by_file) < 2 or len(counts) != 1 or counts == {1} or counts == {levels}:
        return None
    volumes = sorted(by_file.values(), key=lambda indices: stack.slices[indices[0]].time)
    volumes = [sorted(indices, key=lambda index: heights[index]) for indices in volumes]
    if any(len({int(level[index]) for index in indices}) != len(indices) for indices in volumes):
        return None
    moved = np.ptp(heights[np.array(volumes)], axis=0).max()
    # Half a step and more may be interleaved parts of one volume.
    return np.array(volumes) if moved < _FOLLOWED * np.diff(heights[volumes[0]]).min() else None


def _note_motion(stack: Stack, volumes: Integers, positions: Floats) -> None:
    """Say, or refuse, that later volumes lie elsewhere than the first; to be called before they are put in order."""
    moved = float(np.linalg.norm(positions[volumes] - positions[volumes[0]], axis=-1).max())
    orientations = np.array([item.orientation for item in stack.slices])
    turned = float(np.abs(orientations - orientations[0]).max())
    if moved > _TOO_FAR_AWAY:
        stack.refuse(f"slices of one height lie up to {moved:.3g} mm apart, so they show different places")
    elif moved > _SAME_PLACE or turned > _SAME_DIRECTION:
        stack.findings.append(
            f"Later volumes lie up to {moved:.3g} mm elsewhere and are turned by up to {_turn(orientations):.2g} "
            "degrees, as if the scanner followed the head; the place of the first is taken for all."
        )


def _turn(orientations: Floats) -> float:
    """Return the largest angle (degrees) by which directions of rows and columns, (N, 6), are turned from the first.

    Examples
    --------
    >>> round(_turn(np.array([[1, 0, 0, 0, 1, 0], [0.8, 0.6, 0, -0.6, 0.8, 0]])), 2)
    36.87
    """
    across, down = orientations[:, :3], orientations[:, 3:]
    frames = np.stack([across, down, np.cross(across, down)], axis=1)
    # Of a rotation by an angle, this is the length of the change; it is exact for small ones too.
    lengths = np.linalg.norm(frames - frames[0], axis=(1, 2)) / math.sqrt(8)
    return float(np.degrees(2 * np.arcsin(np.minimum(1.0, lengths))).max())


def _volumes(stack: Stack, level: Integers) -> Integers | None:
    """Return the slices as (volumes, levels) indices, volumes in the order of time; None if they form none."""
    slices, levels = stack.slices, int(level.max()) + 1
    keys = _times(slices, level)
    times = sorted(range(len(slices)), key=keys.__getitem__)
    at: list[list[int]] = [[] for _ in range(levels)]
    for index in times:
        at[int(level[index])].append(index)
    if any(keys[one][:-1] == keys[other][:-1] for column in at for one, other in pairwise(column)):
        stack.findings.append(
            "Nothing says in which order some of its volumes were taken; that of the files and frames is kept."
        )
    counts = [len(column) for column in at]
    complete = min(counts)
    if complete == max(counts):
        return np.array(at).T
    # An interrupted run leaves an incomplete last volume: then all before it are whole.
    whole = times[: complete * levels]
    if complete >= 1 and max(counts) == complete + 1 and np.bincount(level[whole], minlength=levels).min() == complete:
        stack.findings.append(
            f"The last of {complete + 1} volumes is incomplete ({len(slices) - len(whole)} of {levels} slices) and was "
            "left out."
        )
        return np.array([column[:complete] for column in at]).T
    stack.refuse(
        f"its {levels} slice positions hold between {complete} and {max(counts)} slices each, so which belong together "
        "is not known"
    )
    return None


def _times(slices: list[Slice], level: Integers) -> list[tuple[Any, ...]]:
    """Return what sorts the slices of one place: their time, then triggers where they tell all apart, then numbers.

    The last number is that of the frame.
    """
    triggers: dict[int, list[float]] = defaultdict(list)
    for index, item in enumerate(slices):
        triggers[int(level[index])].append(item.trigger)
    # Where the trigger is the time of a slice within its volume, all at one place have the same.
    tells = all(np.diff(np.sort(own)).min(initial=2 * _SAME_TRIGGER) > _SAME_TRIGGER for own in triggers.values())
    return [
        (*item.time[0], item.trigger if tells else 0.0, *item.time[1][:-1], item.trigger, item.time[1][-1])
        for item in slices
    ]


def _step(stack: Stack, origins: Floats, normal: Floats) -> Floats:
    """Return the vector from slice to slice; note or refuse what is not regular."""
    first = stack.first
    count = len(origins)
    if count == 1:
        return np.asarray(normal * (first.step or first.thickness or 1.0), dtype=np.float64)
    step: Floats = (origins[-1] - origins[0]) / (count - 1)
    length = float(np.linalg.norm(step))
    off = np.linalg.norm(origins - (origins[0] + np.arange(count)[:, None] * step), axis=1)
    gaps = np.diff(origins @ normal)
    # Rounded positions must not be taken for uneven spacing.
    if float(off.max()) > _OFF * length:
        usual = float(np.median(gaps))
        where = origins[:-1] @ normal + usual
        missing = [
            f"{round(float(place), 1) + 0.0}" for place, gap in zip(where, gaps, strict=True) if round(gap / usual) > 1
        ]
        regular = bool((np.abs(gaps / usual - np.round(gaps / usual)) < _TOO_FAR_OFF).all())
        if float(off.max()) > _TOO_FAR_OFF * length:
            why = f"its slices are unevenly spaced, {gaps.min():.3g} to {gaps.max():.3g} mm apart"
            if missing and regular:
                why = f"slices are missing at {', '.join(missing[:5])} mm along the slice axis"
            if not stack.refusal:
                stack.irregular.append(why)
            stack.refuse(why)
        else:
            stack.findings.append(
                f"The slices are {gaps.min():.4g} to {gaps.max():.4g} mm apart; {length:.4g} mm is taken throughout."
            )
    tilt = float(np.degrees(np.arccos(min(1.0, float(step @ normal) / length))))
    if tilt > _TILT_DEGREES:
        why = f"slices are sheared by {tilt:.1f} degrees, as with a tilted gantry"
        if stack.irregular or not stack.refusal:
            stack.irregular.append(why)
        stack.findings.append(f"The {why}; the affine is sheared with them.")
    return step
