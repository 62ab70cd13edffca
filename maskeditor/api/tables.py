"""Tables of an image: what the intensities in each ROI or label are like, and the clusters of a map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args
from warnings import warn

import numpy as np

from maskeditor.api.images import Image, image_given
from maskeditor.api.masks import Mask, masks_given
from maskeditor.core.errors import ParameterError
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.arrays import Neighbours
from maskeditor.engine.progress import Progress
from maskeditor.engine.z_thresholds import Correction
from maskeditor.io.columns import Table
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.clusters import ALPHA, DISTANCE, FIRST, clusters_of_session
from maskeditor.model.data.files import components_of_session, regions_of_files, statistics_of_session
from maskeditor.model.data.regions import Regions, check_grid, regions_of_mask
from maskeditor.model.data.statistics import FRAME, PERCENTILES, frame_of, volume_taken
from maskeditor.model.session import Session


def statistics(
    image: Image | str | Path,
    masks: Mask | str | Path | Sequence[Mask | str | Path],
    frame: FrameChoice | None = None,
    percentiles: Sequence[float] = PERCENTILES,
    ddof: int = 0,
    components: Neighbours | None = None,
) -> Table:
    """Return a table of the intensities of an image: a row for each mask, or for each label of a label file.

    The same as ``maskeditor statistics``; what is doubtful is a warning. ``pandas.DataFrame(table.columns)`` makes a
    data frame of it.

    Parameters
    ----------
    image : Image or path
    masks : Mask or path, or a sequence of these
    frame : "mean", int or (int, int), optional
        Which volume of a 4D image: the mean over all, one, or the mean over a range. Without it the mean, which a
        warning says.
    percentiles : sequence of float
        From 0 to 100; 50 is called the median.
    ddof : int
        The divisor of the standard deviation is the number of values less this.
    components : {6, 18, 26}, optional
        A row for each connected component of one mask instead, by so many neighbours: voxels, mL, peak and mean.

    Raises
    ------
    MaskEditorError
        If a file cannot be read or holds no labels, if a mask lies on another grid than the image, or if there is more
        than one of which components are wanted.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> other = Image.of(2 * image.data, image.affine)
    >>> table = statistics(other, run(image, "threshold lower=20"))
    >>> table["voxels"][0], table["mean"][0], table["median"][0]
    (4, 43.0, 43.0)
    >>> statistics(other, run(image, "threshold lower=20"), components=6)["peak"]
    [46.0]
    """
    choices = get_args(Neighbours)
    if components not in (None, *choices):
        raise ParameterError(f"components is {components!r}, but must be one of {', '.join(map(str, choices))}.")
    shares = np.asarray(percentiles)
    if shares.ndim != 1 or shares.dtype.kind not in "iuf":
        raise ParameterError(f"percentiles is {percentiles!r}, but must be numbers from 0 to 100, such as (5, 95).")
    opened = image_given(image)
    session = Session(opened.volume, opened.header, opened.path)
    regions: list[Regions] = []
    listed = masks_given(masks)
    paths = [one for one in listed if not isinstance(one, Mask)]
    if paths:
        regions += regions_of_files(session, paths, Progress())
    for number, one in enumerate(listed, 1):
        if isinstance(one, Mask):
            document = one.session.document
            check_grid(document.geometry, opened.volume.geometry, "the mask", opened.volume.name or "the image")
            regions.append(regions_of_mask(MaskBits.of(one.data), number, document.roi(one.roi).name))
    said = volume_taken(opened.volume, FRAME) if frame is None else ()
    chosen = FRAME if frame is None else frame_of(frame)
    if components is None:
        found = statistics_of_session(session, regions, chosen, percentiles, ddof, Progress())
        table, findings = found.table, found.findings
    else:
        table, findings = components_of_session(session, regions, chosen, components, Progress())
    recipes = [one.recipe for one in listed if isinstance(one, Mask)] + recipes_of(paths)
    for finding in (*said, *findings, *circular_in(recipes, opened.volume, over_time=False)):
        warn(finding, stacklevel=2)
    return table


def clusters(
    image: Image | str | Path,
    threshold: float | None = None,
    two_sided: bool = False,
    minimum_size: int = 0,
    distance: float = DISTANCE,
    correction: Correction = "fpr",
    alpha: float = ALPHA,
    frame: FrameChoice | None = None,
) -> Table:
    """Return a table of the clusters of a map and their peaks, as `nilearn.reporting.get_clusters_table` has them.

    The same as ``maskeditor clusters``; what is doubtful is a warning.

    Parameters
    ----------
    image : Image or path
    threshold : float, optional
        Clusters lie above it; below it, if it is negative. Without one the image must hold z values, and the threshold
        is that of `correction` and `alpha`.
    two_sided : bool
        Clusters below the negative of the threshold too.
    minimum_size : int
        Voxels that a cluster has at least.
    distance : float
        Between the listed peaks of a cluster, in mm.
    correction : {"fpr", "fdr", "bonferroni"}
    alpha : float
        The p of each voxel (fpr), the false discovery rate, or the chance of any false positive (bonferroni).
    frame : "mean", int or (int, int), optional
        Which volume of a 4D image. Without it the first, which a warning says.

    Raises
    ------
    MaskEditorError
        If the image cannot be read, or a parameter cannot be.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.zeros((9, 5, 5))
    >>> values[1:3, 2, 2], values[6, 2, 2] = (4, 5), 3
    >>> table = clusters(Image.of(values, np.eye(4)), threshold=2.0)
    >>> table["cluster_id"], table["peak"], table["voxels"]
    (['1', '2'], [5.0, 3.0], [2, 1])
    """
    opened = image_given(image)
    session = Session(opened.volume, opened.header, opened.path)
    said = volume_taken(opened.volume, FIRST) if frame is None else ()
    chosen = FIRST if frame is None else frame_of(frame)
    found = clusters_of_session(
        session, chosen, threshold, correction, alpha, two_sided, minimum_size, distance, Progress()
    )
    for finding in (*said, *found.findings):
        warn(finding, stacklevel=2)
    return found.table
