"""What the intensities in each ROI or label are like, as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.parameter_types import FrameParameter
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Voxel
from maskeditor.engine.progress import Progress
from maskeditor.engine.regions import RegionStatistics, region_statistics
from maskeditor.io.columns import Table
from maskeditor.model.data.regions import Regions
from maskeditor.model.numbers_in_words import in_number, trimmed

#: Percentiles without a choice, the median among them.
PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0)
_MEDIAN = 50.0
#: Which volume of a series without a choice.
FRAME: FrameChoice = "mean"
_FRAME: TypeAdapter[FrameChoice] = TypeAdapter(FrameParameter)


class Statistics(NamedTuple):
    """What was found of each region, a row each.

    Parameters
    ----------
    table : Table
    peaks : tuple of (tuple of 3 int or None)
        The voxel of the maximum of each row; None where no value is finite.
    findings : tuple of str
        What is doubtful, one sentence each.
    """

    table: Table
    peaks: tuple[Voxel | None, ...]
    findings: tuple[str, ...]


def frame_of(given: str | FrameChoice) -> FrameChoice:
    """Return which volume of a series is meant: "mean", an index, or a first and last one such as "2-5".

    Raises
    ------
    ParameterError
        If it means none.

    Examples
    --------
    >>> frame_of("mean"), frame_of("3"), frame_of("2-5")
    ('mean', 3, (2, 5))
    """
    try:
        return _FRAME.validate_python(given)
    except (ValidationError, ValueError):
        raise ParameterError(
            f"{given!r} is no volume; give mean, an index such as 3, or a range such as 2-5."
        ) from None


def volume_taken(volume: Volume, frame: FrameChoice) -> tuple[str, ...]:
    """Return a sentence on which volume of a series is looked at, where nobody has chosen one; none of one volume."""
    if volume.frames == 1:
        return ()
    return (f"{volume.name or 'The image'} has {volume.frames} volumes; {frame_in_words(frame)} was taken.",)


def frame_in_words(frame: FrameChoice) -> str:
    """Return which volume of a series is looked at.

    Examples
    --------
    >>> frame_in_words(3), frame_in_words("mean"), frame_in_words((2, 5))
    ('volume 3', 'the mean of all', 'the mean of volumes 2 to 5')
    """
    if isinstance(frame, int):
        return f"volume {frame}"
    return "the mean of all" if frame == "mean" else f"the mean of volumes {frame[0]} to {frame[1]}"


def not_finite_left_out(called: str, count: int) -> str:
    """Return a sentence on voxels of a region that do not count."""
    is_one = count == 1
    return (
        f"{in_number(count, 'voxel')} of {called} {'holds' if is_one else 'hold'} no finite number (NaN or infinite) "
        f"and {'is' if is_one else 'are'} left out."
    )


def intensities_of(
    scene: Scene, image: str, frame: FrameChoice, progress: Progress
) -> tuple[Array, Callable[[Array], Array] | None]:
    """Return values (I, J, K), and what makes the intensities of an image of them, or None if they are these.

    Of one volume, this takes no memory.

    Parameters
    ----------
    scene : Scene
    image : str
        "" for the one that is edited on.
    frame : "mean", int or (int, int)
        Which volume of a 4D image.
    progress : Progress

    Raises
    ------
    MaskEditorError
        If there is no such image or volume.
    """
    volume = scene.image(image, progress)
    plain = volume.checked_frame(frame)
    if isinstance(plain, int):
        return volume.stored_frame(plain), volume.scaled if volume.is_scaled else None
    return scene.intensities(image, plain, 0.0, progress), None


def statistics(
    values: Array,
    scaled: Callable[[Array], Array] | None,
    geometry: Geometry,
    regions: Sequence[Regions],
    percentiles: Sequence[float] = PERCENTILES,
    ddof: int = 0,
    progress: Progress | None = None,
) -> Statistics:
    """Return the statistics of the intensities in regions, a row for each; what is not finite is left out and counted.

    Parameters
    ----------
    values : (I, J, K) array
    scaled : callable, optional
        Makes intensities of the values.
    geometry : Geometry
        The grid of both.
    regions : sequence of Regions
    percentiles : sequence of float
        From 0 to 100; 50 is called the median.
    ddof : int
        The divisor of the standard deviation is the number of values less this.
    progress : Progress, optional

    Raises
    ------
    ParameterError
        If a percentile or ddof cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor.core.space.mask_bits import MaskBits
    >>> from maskeditor.model.data.regions import regions_of_mask
    >>> values = np.array([1.0, 2.0, 6.0, 50.0]).reshape(4, 1, 1)
    >>> mask = regions_of_mask(MaskBits.of(values < 10), 1, "low")
    >>> statistics(values, None, Geometry((4, 1, 1), np.diag([2, 2, 2, 1])), [mask]).table.row(0)["mean"]
    3.0
    """
    if not all(0 <= percent <= 100 for percent in percentiles) or ddof < 0:
        raise ParameterError("Percentiles must lie between 0 and 100, and ddof must be 0 or more.")
    progress = progress or Progress()
    found: list[tuple[int, str, RegionStatistics]] = []
    for place, some in enumerate(regions):
        part = progress.within(place / len(regions), (place + 1) / len(regions))
        made = region_statistics(
            values, some.pieces, len(some.numbers), percentiles, ddof=ddof, scaled=scaled, progress=part
        )
        found += zip(some.numbers, some.names, made, strict=True)
    findings = [finding for some in regions for finding in some.findings]
    findings += [
        not_finite_left_out(_called(number, name), one.not_finite) for number, name, one in found if one.not_finite
    ]
    findings += [f"{_called(number, name)} has no voxels." for number, name, one in found if not one.voxels]
    return Statistics(
        _table(found, geometry, percentiles, ddof),
        tuple(one.peak for _, _, one in found),
        tuple(dict.fromkeys(findings)),
    )


def _called(number: int, name: str) -> str:
    return repr(name) if name else f"label {number}"


def _table(
    found: Sequence[tuple[int, str, RegionStatistics]], geometry: Geometry, percentiles: Sequence[float], ddof: int
) -> Table:
    every = [one for _, _, one in found]
    columns: dict[str, list[Any]] = {}
    meanings: dict[str, str] = {}

    def add(name: str, cells: Iterable[Any], meaning: str) -> None:
        columns[name], meanings[name] = list(cells), meaning

    def add_places(what: str, places: Sequence[Sequence[float] | None], meaning: str) -> None:
        worlds = [None if place is None else geometry.to_world(place).tolist() for place in places]
        for names, unit, there in (("ijk", "voxels", places), ("xyz", "RAS mm", worlds)):
            for axis, name in enumerate(names):
                cells = (None if place is None else place[axis] for place in there)
                add(f"{what}_{name}", cells, f"{meaning}: {name} in {unit}")

    add("label", (number for number, _, _ in found), "Number in the file, or place in the list")
    add("name", (name for _, name, _ in found), "Name")
    add("voxels", (one.voxels for one in every), "Number of voxels")
    add("millilitres", (one.voxels * geometry.voxel_volume for one in every), "Volume in mL")
    whole = math.prod(geometry.shape)
    add(
        "percent_of_image", (100 * one.voxels / whole for one in every), "Share of the voxels of the image, in per cent"
    )
    add("not_finite", (one.not_finite for one in every), "Voxels that are left out, as they hold NaN or infinity")
    add("mean", (one.mean for one in every), "Mean of the intensities")
    deviation = f"Standard deviation, whose divisor is the number of values{f' less {ddof}' if ddof else ''}"
    add(f"standard_deviation_ddof_{ddof}", (one.standard_deviation for one in every), deviation)
    for place, percent in enumerate(percentiles):
        number = trimmed(percent)
        name, meaning = f"percentile_{number}", f"Percentile {number} of the intensities"
        if percent == _MEDIAN:
            name, meaning = "median", "Median of the intensities"
        add(name, (one.percentiles[place] for one in every), meaning)
    add("minimum", (one.minimum for one in every), "Least intensity")
    add("maximum", (one.maximum for one in every), "Greatest intensity")
    add_places("centre", [one.centre for one in every], "Centre of mass, all voxels of the same weight")
    add_places("peak", [one.peak for one in every], "Voxel of the greatest intensity")
    for place, axis in enumerate("ijk"):
        firsts = (None if one.box is None else one.box.start[place] for one in every)
        lasts = (None if one.box is None else one.box.stop[place] - 1 for one in every)
        add(f"first_{axis}", firsts, f"Box that holds the voxels: the lowest {axis}")
        add(f"last_{axis}", lasts, f"Box that holds the voxels: the highest {axis}, which is inside")
    return Table(columns, meanings)
