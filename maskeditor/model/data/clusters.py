"""The clusters of a statistical map as a table, and thresholds for a rate of errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Array
from maskeditor.engine.box import Voxel
from maskeditor.engine.progress import Progress
from maskeditor.engine.z_thresholds import Correction
from maskeditor.io.columns import Cell, Table
from maskeditor.model.data.statistics import intensities_of
from maskeditor.model.numbers_in_words import in_brief, in_number
from maskeditor.model.session import Session

#: Of nilearn: mm between the peaks of a cluster that are listed, and the rate of errors without a choice.
DISTANCE, ALPHA = 8.0, 0.001
#: Which volume of a series without a choice.
FIRST = 0
_MEANINGS = {
    "cluster_id": "Number of the cluster, with a letter for peaks that are not its highest",
    **{axis: f"{axis} of the peak in RAS mm" for axis in "xyz"},
    "peak": "Value at the peak",
    "cluster_size_mm3": "Size of the cluster in mm³, without what is after the point",
    "voxels": "Size of the cluster in voxels",
    **{axis: f"{axis} of the peak in voxels" for axis in "ijk"},
}


class Clusters(NamedTuple):
    """The clusters of a map.

    Parameters
    ----------
    threshold : float
        That they lie beyond.
    table : Table
        A row for each peak.
    voxels : tuple of tuple of 3 int
        Of the peaks.
    findings : tuple of str
        What is doubtful, one sentence each.
    """

    threshold: float
    table: Table
    voxels: tuple[Voxel, ...]
    findings: tuple[str, ...]


def clusters_table(
    values: Array,
    scaled: Callable[[Array], Array] | None,
    geometry: Geometry,
    threshold: float,
    two_sided: bool = False,
    minimum_size: int = 0,
    distance: float = DISTANCE,
    progress: Progress | None = None,
) -> Clusters:
    """Return the table of the clusters of a map; equal to `nilearn.reporting.get_clusters_table`.

    Parameters
    ----------
    values : (I, J, K) array
    scaled : callable, optional
        Makes the map of the values.
    geometry : Geometry
    threshold, two_sided, minimum_size, distance
        As in `maskeditor.engine.clusters.clusters`; beyond an infinite threshold there is none.
    progress : Progress, optional

    Raises
    ------
    ParameterError
        If the threshold is negative and two-sided, or the distance not positive.
    """
    from maskeditor.engine.clusters import clusters  # brings in scipy

    if two_sided and threshold < 0:
        raise ParameterError(f"The threshold {threshold:g} is negative; give it without a sign for both sides.")
    if math.isnan(threshold) or threshold == -math.inf or not distance > 0:
        raise ParameterError("The threshold must be a number, and the distance between peaks more than 0 mm.")
    data, peaks = scaled(values) if scaled is not None else values, []
    if threshold < math.inf:
        peaks = clusters(
            data,
            geometry.affine,
            threshold,
            two_sided=two_sided,
            minimum_size=minimum_size,
            distance=distance,
            progress=progress or Progress(),
        )
    columns: dict[str, list[Cell]] = {
        "cluster_id": [peak.id for peak in peaks],
        **{axis: [peak.world[place] for peak in peaks] for place, axis in enumerate("xyz")},
        "peak": [peak.value for peak in peaks],
        "cluster_size_mm3": [peak.size for peak in peaks],
        "voxels": [peak.voxels for peak in peaks],
        **{axis: [peak.voxel[place] for peak in peaks] for place, axis in enumerate("ijk")},
    }
    findings = []
    if data.dtype.kind == "f" and (lost := data.size - int(np.count_nonzero(np.isfinite(data)))):
        verbs = ("holds", "counts") if lost == 1 else ("hold", "count")
        findings.append(f"{in_number(lost, 'voxel')} of the map {verbs[0]} no finite number and {verbs[1]} as 0.")
    if not peaks:
        large = f" of {in_number(minimum_size, 'voxel')} or more" if minimum_size > 1 else ""
        beyond = f"No cluster{large} lies beyond the threshold {in_brief(threshold)}."
        findings.append("Nothing in the map is significant." if threshold == math.inf else beyond)
    return Clusters(threshold, Table(columns, _MEANINGS), tuple(peak.voxel for peak in peaks), tuple(findings))


def found_threshold(
    scene: Scene,
    image: str,
    frame: FrameChoice,
    correction: Correction,
    alpha: float,
    two_sided: bool,
    progress: Progress,
) -> float:
    """Return the threshold of a z map as the operation `z_threshold` finds it; infinite where nothing is significant.

    Raises
    ------
    ParameterError
        If alpha is out of bounds.
    """
    parameters = {"image": image, "frame": frame, "correction": correction, "alpha": alpha, "two_sided": two_sided}
    found = make("z_threshold", parameters).found(scene, progress)
    return found[-1].value if found else math.inf


def clusters_of_session(
    session: Session,
    frame: FrameChoice,
    threshold: float | None,
    correction: Correction,
    alpha: float,
    two_sided: bool,
    minimum_size: int,
    distance: float,
    progress: Progress,
) -> Clusters:
    """Return the clusters of a session's image; without a threshold, those beyond the one that a correction finds.

    Parameters and errors are those of `clusters_table` and `found_threshold`.
    """
    document = session.document
    scene = document.snapshot().scene(document.rois[0].id)
    if threshold is None:
        threshold = found_threshold(scene, "", frame, correction, alpha, two_sided, progress.within(0, 0.3))
    values, scaled = intensities_of(scene, "", frame, progress.within(0.3, 0.5))
    report = progress.within(0.5, 1)
    return clusters_table(values, scaled, document.geometry, threshold, two_sided, minimum_size, distance, report)
