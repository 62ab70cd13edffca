"""The ROIs of a document as regions, with what is circular about measuring an image in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from maskeditor.core.history.document import Document
from maskeditor.model.data.circularity import circular_rois
from maskeditor.model.data.regions import Regions, regions_of_mask


def regions_of_rois(document: Document, image: str) -> Callable[[], list[Regions]]:
    """Return what makes regions of the ROIs as they are now; that may take a while, and is for a worker.

    Parameters
    ----------
    document : Document
    image : str
        The image that is measured in them; "" is the one that is edited on.
    """
    rois = document.rois
    _, masks = document.stills(roi.id for roi in rois)
    doubts = circular_rois(document, image)

    def regions() -> list[Regions]:
        pairs = enumerate(zip(masks, rois, strict=True), 1)
        made = [regions_of_mask(mask, number, roi.name) for number, (mask, roi) in pairs]
        return [replace(made[0], findings=doubts), *made[1:]]

    return regions
