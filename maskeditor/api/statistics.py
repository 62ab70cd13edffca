"""What the intensities in each ROI or label are like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from warnings import warn

from maskeditor.api.images import Image, open_image
from maskeditor.api.masks import Mask
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.progress import Progress
from maskeditor.io.columns import Table
from maskeditor.model.data.files import regions_of_files, statistics_of_session
from maskeditor.model.data.regions import Regions, check_grid, regions_of_mask
from maskeditor.model.data.statistics import PERCENTILES, frame_of
from maskeditor.model.session import Session


def statistics(
    image: Image | str | Path,
    masks: Mask | str | Path | Sequence[Mask | str | Path],
    frame: FrameChoice = "mean",
    percentiles: Sequence[float] = PERCENTILES,
    ddof: int = 0,
) -> Table:
    """Return a table of the intensities of an image: a row for each mask, or for each label of a label file.

    The same as ``maskeditor statistics``; what is doubtful is a warning. ``pandas.DataFrame(table.columns)`` makes a
    data frame of it.

    Parameters
    ----------
    image : Image or path
    masks : Mask or path, or a sequence of these
    frame : "mean", int or (int, int)
        Which volume of a 4D image: the mean over all, one, or the mean over a range.
    percentiles : sequence of float
        From 0 to 100; 50 is called the median.
    ddof : int
        The divisor of the standard deviation is the number of values less this.

    Raises
    ------
    MaskEditorError
        If a file cannot be read or holds no labels, or if a mask lies on another grid than the image.

    Examples
    --------
    >>> import numpy as np
    >>> from maskeditor import run
    >>> image = Image.of(np.arange(24).reshape(2, 3, 4), np.eye(4))
    >>> table = statistics(image, run(image, "threshold lower=20"))
    >>> table["voxels"][0], table["mean"][0], table["median"][0]
    (4, 21.5, 21.5)
    """
    opened = image if isinstance(image, Image) else open_image(image)
    session = Session(opened.volume, opened.header, opened.path)
    regions: list[Regions] = []
    listed = [masks] if isinstance(masks, Mask | str | Path) else list(masks)
    paths = [Path(one) for one in listed if not isinstance(one, Mask)]
    if paths:
        regions += regions_of_files(session, paths, Progress())
    for number, one in enumerate(listed, 1):
        if isinstance(one, Mask):
            document = one.session.document
            check_grid(document.geometry, opened.volume.geometry, "the mask", opened.volume.name or "the image")
            regions.append(regions_of_mask(MaskBits.of(one.data), number, document.roi(one.roi).name))
    found = statistics_of_session(session, regions, frame_of(frame), percentiles, ddof, Progress())
    for finding in found.findings:
        warn(finding, stacklevel=2)
    return found.table
