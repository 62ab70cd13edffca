"""How far masks agree: counts, coefficients and distances of two, of each of their labels, and of several raters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine import bits
from maskeditor.engine.kappa import cohen_kappa, fleiss_kappa
from maskeditor.engine.progress import Progress
from maskeditor.engine.surface_distances import NO_DISTANCES, SurfaceDistances, surface_distances
from maskeditor.io.columns import Cell, Table

#: The labels of a file or an ROI by number; of a mask, one, whose number says nothing.
Labelled = Mapping[int, MaskBits]
#: The number of a mask among labels.
_MASK = 1
#: What a table calls all labels of an image together.
ALL_LABELS = "all labels"
#: What stands in place of the names of two where the row is of all raters together.
ALL_RATERS = "all"


@dataclass(frozen=True)
class Comparison:
    """How far two masks agree: voxels of each and of both, and the distances between them.

    What has no value is not a number (NaN): the share of nothing, and distances where a mask is empty.

    Parameters
    ----------
    first, second, both : int
        Voxels of each, and those that both hold.
    voxels : int
        Of the grid.
    voxel_volume : float
        In mL.
    distances : SurfaceDistances
    """

    first: int
    second: int
    both: int
    voxels: int
    voxel_volume: float
    distances: SurfaceDistances

    @property
    def either(self) -> int:
        """Voxels that one or both hold."""
        return self.first + self.second - self.both

    @property
    def differing(self) -> int:
        """Voxels that one of the two holds alone."""
        return self.first + self.second - 2 * self.both

    @property
    def dice(self) -> float:
        """Twice what both hold, over the sum of what each holds; 1 for two empty masks (Dice 1945)."""
        return 2 * self.both / (self.first + self.second) if self.first + self.second else 1.0

    @property
    def jaccard(self) -> float:
        """What both hold, over what one or both hold; 1 for two empty masks (Jaccard 1912)."""
        return self.both / self.either if self.either else 1.0

    @property
    def hausdorff(self) -> float:
        """The furthest that a voxel of either lies from the other mask, in mm."""
        return self.distances.hausdorff

    @property
    def hausdorff_95(self) -> float:
        """The 95th percentile of the distances between the surfaces in mm, both ways together."""
        return self.distances.hausdorff_95

    @property
    def mean_surface_distance(self) -> float:
        """The mean of the distances between the surfaces in mm, both ways together."""
        return self.distances.mean

    @property
    def sensitivity(self) -> float:
        """The share of the first mask that the second holds."""
        return _share(self.both, self.first)

    @property
    def specificity(self) -> float:
        """The share of what lies outside the first mask that lies outside the second too."""
        return _share(self.voxels - self.either, self.voxels - self.first)

    @property
    def kappa(self) -> float:
        """Cohen's kappa over all voxels of the grid."""
        same = (self.both, self.voxels - self.either)
        return cohen_kappa(same, (self.first, self.voxels - self.first), (self.second, self.voxels - self.second))

    @property
    def first_millilitres(self) -> float:
        """The volume of the first mask."""
        return self.first * self.voxel_volume

    @property
    def second_millilitres(self) -> float:
        """The volume of the second mask."""
        return self.second * self.voxel_volume

    @property
    def doubt(self) -> str:
        """What has no value, and why; empty if all has one."""
        if not self.first and not self.second:
            return "both are empty, so they are equal (Dice and Jaccard 1), and distances between them have no value"
        if not self.first or not self.second:
            return f"the {'second' if self.first else 'first'} is empty, so distances have no value"
        if np.isnan(self.hausdorff):
            return "one fills the whole image, so it has no surface, and distances have no value"
        return ""


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


#: What a table of comparisons holds of each, and what that means.
MEASURES = {
    "dice": "twice what both hold, over the sum of what each holds",
    "jaccard": "what both hold, over what one or both hold",
    "hausdorff": "mm; the furthest that a voxel of either lies from the other mask",
    "hausdorff_95": "mm; the 95th percentile of the distances between the surfaces, both ways together",
    "mean_surface_distance": "mm; the mean of the distances between the surfaces, both ways together",
    "sensitivity": "the share of the first that the second holds",
    "specificity": "the share of what lies outside the first that lies outside the second too",
    "kappa": "Cohen's kappa over all voxels of the grid; of all labels with each as a category, of all raters Fleiss'",
    "first_voxels": "voxels of the first",
    "second_voxels": "voxels of the second",
    "both_voxels": "voxels that both hold",
    "first_millilitres": "mL of the first",
    "second_millilitres": "mL of the second",
}


class LabelsCompared(NamedTuple):
    """Two masks, or two images of labels.

    Parameters
    ----------
    whole : Comparison
        Of all labels of each together.
    labels : dict of int to Comparison
        Of each label that one of the two has, in ascending order; empty for masks.
    same : int
        Voxels that have the same label in both, or lie outside both.
    kappa : float
        Cohen's kappa with each label as a category; NaN for labels that lie over one another.
    """

    whole: Comparison
    labels: dict[int, Comparison]
    same: int
    kappa: float


class Pair(NamedTuple):
    """Two of several raters, and how far they agree.

    Parameters
    ----------
    first, second : str
        What they are called.
    compared : LabelsCompared
    """

    first: str
    second: str
    compared: LabelsCompared


@dataclass(frozen=True)
class Agreement:
    """How far several raters agree.

    Parameters
    ----------
    pairs : tuple of Pair
        Each with each, in order.
    fleiss_kappa : float
        Of all of them together, over all voxels of the grid; of two, NaN.
    """

    pairs: tuple[Pair, ...]
    fleiss_kappa: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """What has no value, and why, a sentence for each pair of masks."""
        return tuple(
            f"{pair.first} and {pair.second}: {pair.compared.whole.doubt}."
            for pair in self.pairs
            if pair.compared.whole.doubt
        )

    def table(self, names: Mapping[int, str] | None = None) -> Table:
        """Return a row for each pair of masks, and of images of labels one for all of them and one for each.

        Of more than two raters, the last row is that of all together, with Fleiss' kappa.

        Parameters
        ----------
        names : mapping of int to str, optional
            Of the labels.
        """
        rows = [row for pair in self.pairs for row in _rows(pair, names or {})]
        if len(self.pairs) > 1:
            rows.append({"first": ALL_RATERS, "second": ALL_RATERS, "kappa": self.fleiss_kappa})
        has_labels = any(pair.compared.labels for pair in self.pairs)
        columns = ["first", "second", *(("label", "name") if has_labels else ()), *MEASURES]
        return Table({column: [row.get(column) for row in rows] for column in columns}, MEASURES)


def compare(first: Labelled, second: Labelled, grid: Geometry, progress: Progress | None = None) -> LabelsCompared:
    """Compare two masks, or two images of labels, on one grid.

    They are masks if each has one label, whatever its number.

    Parameters
    ----------
    first, second : mapping of int to MaskBits
    grid : Geometry
    progress : Progress, optional

    Examples
    --------
    >>> one = {1: MaskBits.of(np.array([1, 1, 0, 0], bool).reshape(4, 1, 1))}
    >>> other = {7: MaskBits.of(np.array([0, 1, 1, 0], bool).reshape(4, 1, 1))}
    >>> found = compare(one, other, Geometry((4, 1, 1), np.eye(4)))
    >>> found.whole.dice, found.whole.hausdorff, found.labels
    (0.5, 1.0, {})
    """
    one, other = _alike((first, second))
    return _compare_labels(one, other, grid, progress or Progress())


def _compare_labels(one: Labelled, other: Labelled, grid: Geometry, progress: Progress) -> LabelsCompared:
    numbers = sorted({*one, *other}) if len({*one, *other}) > 1 else []
    steps = len(numbers) + 1
    whole = _compare(_together(one), _together(other), grid, progress.within(0.0, 1 / steps))
    labels = {}
    nothing = MaskBits(grid.shape)
    for place, number in enumerate(numbers, 1):
        part = progress.within(place / steps, (place + 1) / steps)
        labels[number] = _compare(one.get(number, nothing), other.get(number, nothing), grid, part)
    if not labels:
        return LabelsCompared(whole, labels, whole.voxels - whole.differing, whole.kappa)
    outside = whole.voxels - whole.either
    same = [*(each.both for each in labels.values()), outside]
    counts = [
        [*(getattr(each, which) for each in labels.values()), whole.voxels - getattr(whole, which)]
        for which in ("first", "second")
    ]
    is_parted = all(sum(row) == whole.voxels for row in counts)
    return LabelsCompared(whole, labels, sum(same), cohen_kappa(same, *counts) if is_parted else np.nan)


def compare_all(raters: Mapping[str, Labelled], grid: Geometry, progress: Progress | None = None) -> Agreement:
    """Compare several masks, or several images of labels, each with each.

    Parameters
    ----------
    raters : mapping of str to mapping of int to MaskBits
        Two or more, by what they are called.
    grid : Geometry
        Of all of them.
    progress : Progress, optional
    """
    progress = progress or Progress()
    alike = dict(zip(raters, _alike(tuple(raters.values())), strict=True))
    chosen = list(combinations(alike, 2))
    pairs = []
    for place, (first, second) in enumerate(chosen):
        part = progress.within(place / len(chosen), (place + 1) / len(chosen))
        pairs.append(Pair(first, second, _compare_labels(alike[first], alike[second], grid, part)))
    return Agreement(tuple(pairs), _fleiss(pairs, alike, grid) if len(alike) > 2 else np.nan)


def _fleiss(pairs: Sequence[Pair], raters: Mapping[str, Labelled], grid: Geometry) -> float:
    voxels = int(np.prod(grid.shape))
    numbers = sorted({number for labels in raters.values() for number in labels})
    counts = [[labels[number].count() if number in labels else 0 for number in numbers] for labels in raters.values()]
    outside = [voxels - _together(labels).count() for labels in raters.values()]
    rated = [[*row, rest] for row, rest in zip(counts, outside, strict=True)]
    if any(sum(row) != voxels for row in rated):  # labels that lie over one another are no categories
        return np.nan
    return fleiss_kappa([pair.compared.same for pair in pairs], rated)


def _alike(raters: Sequence[Labelled]) -> list[Labelled]:
    """Return masks as such, whatever their number; images of labels as they are."""
    if any(len(labels) > 1 for labels in raters):
        return list(raters)
    return [{_MASK: next(iter(labels.values()))} for labels in raters]


def _together(labels: Labelled) -> MaskBits:
    first, *others = labels.values()
    if not others:
        return first
    voxels = first[...]
    for other in others:
        box = other.bounds()
        if box is not None:
            voxels[box.slices] |= other[box.slices]
    return MaskBits.of(voxels)


def _compare(first: MaskBits, second: MaskBits, grid: Geometry, progress: Progress) -> Comparison:
    boxes = first.bounds(), second.bounds()
    both, distances = 0, NO_DISTANCES
    if boxes[0] is not None and boxes[1] is not None:
        shared = boxes[0].intersection(boxes[1])
        if shared is not None:
            both = bits.count(first.rows(shared).data & second.rows(shared).data)
        # What lies beyond is outside both, and the voxels that touch them are all that must be seen of it.
        box = boxes[0].union(boxes[1]).grown(1, grid.shape)
        masks = (mask.read(box) for mask in (first, second))
        distances = surface_distances(masks, grid.affine[:3, :3], progress=progress)
    progress(1.0)
    return Comparison(first.count(), second.count(), both, int(np.prod(grid.shape)), grid.voxel_volume, distances)


def _rows(pair: Pair, names: Mapping[int, str]) -> Iterator[dict[str, Cell]]:
    pairing: dict[str, Cell] = {"first": pair.first, "second": pair.second}
    name = ALL_LABELS if pair.compared.labels else ""
    whole = pair.compared.whole
    yield pairing | {"label": None, "name": name} | _measured(whole) | {"kappa": pair.compared.kappa}
    for number, each in pair.compared.labels.items():
        yield pairing | {"label": number, "name": names.get(number, "")} | _measured(each)


def _measured(each: Comparison) -> dict[str, Cell]:
    return {measure: getattr(each, measure.removesuffix("_voxels")) for measure in MEASURES}


def compare_masks(first: Labelled, second: Labelled, grid: Geometry, progress: Progress | None = None) -> Comparison:
    """Compare two masks; of images of labels, all labels of each together."""
    return _compare(_together(first), _together(second), grid, progress or Progress())


def check_grids(grids: Mapping[str, Geometry]) -> Geometry:
    """Return the grid that masks share, by what these are called.

    Raises
    ------
    GeometryError
        If one lies on another grid than the first; the message says how these differ.
    """
    first, *others = grids
    for other in others:
        if differences := grids[first].differences(grids[other]):
            raise GeometryError(
                f"{first} and {other} lie on different grids ({'; '.join(differences)}); bring one to the grid of the "
                "other (maskeditor resample ONE --to OTHER -o NEW), or compare others."
            )
    return grids[first]
