"""The ROIs of a session as regions, with what is circular about measuring an image in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from maskeditor.model.data.asked import root_of
from maskeditor.model.data.circularity import circular_in
from maskeditor.model.data.regions import Regions, regions_of_mask
from maskeditor.model.session import Session


def regions_of_rois(session: Session, image: str) -> Callable[[], list[Regions]]:
    """Return what makes regions of the ROIs as they are now; that may take a while, and is for a worker.

    Parameters
    ----------
    session : Session
    image : str
        The image that is measured in them; "" is the one that is edited on.
    """
    document = session.document
    rois = document.rois
    timeline, masks = document.stills(roi.id for roi in rois)
    volume, further = document.volume, document.further_images()
    filled = [roi.id for roi, mask in zip(rois, masks, strict=True) if mask.bounds() is not None]
    # Of a recipe, what its mask is like does not matter here, and would take a while.
    nothing = np.zeros((0, 0, 0), np.bool_)

    def regions() -> list[Regions]:
        pairs = enumerate(zip(masks, rois, strict=True), 1)
        made = [regions_of_mask(mask, number, roi.name) for number, (mask, roi) in pairs]
        recipes = [session.recipe(id, (timeline, nothing)) for id in filled]
        doubts = circular_in(recipes, root_of(volume, further, image), over_time=False)
        return [replace(made[0], findings=doubts), *made[1:]]

    return regions
