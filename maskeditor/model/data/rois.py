"""The ROIs of a session as regions, with what is circular about measuring an image in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from maskeditor.engine.errors import Cancelled
from maskeditor.model.data.asked import root_of
from maskeditor.model.data.circularity import circular_in
from maskeditor.model.data.regions import Regions, regions_of_mask
from maskeditor.model.preview import Preview
from maskeditor.model.session import Session


def regions_of_rois(session: Session, image: str, preview: Preview | None = None) -> Callable[[], list[Regions]]:
    """Return what makes regions of the ROIs as they are now; that may take a while, and is for a worker.

    Where masks have moved before it has read them, it raises `Cancelled`.

    Parameters
    ----------
    session : Session
    image : str
        The image that is measured in them; "" is the one that is edited on.
    preview : Preview, optional
        That shows what one of them would become, or several, which is measured in their place.
    """
    document = session.document
    rois, snapshot = document.rois, document.snapshot()
    volume, further = document.volume, document.further_images()
    # Of a recipe, what its mask is like does not matter here, and would take a while.
    nothing = np.zeros((0, 0, 0), np.bool_)

    def regions() -> list[Regions]:
        others = preview.others if preview is not None else {}
        shown = {roi.id: others[roi.id].mask if roi.id in others else snapshot.masks[roi.id] for roi in rois}
        # (A mask that would be is the document's own once it is.)
        masks = {id: mask.copy() for id, mask in shown.items() if preview is None or id != preview.roi}
        if preview is not None:
            masks[preview.roi] = preview.mask()
        if document.revision != snapshot.revision:
            raise Cancelled
        made = [regions_of_mask(masks[roi.id], number, roi.name) for number, roi in enumerate(rois, 1)]
        filled = [roi.id for roi in rois if masks[roi.id].bounds() is not None]
        recipes = [session.recipe(id, (snapshot.timeline, nothing)) for id in filled]
        doubts = circular_in(recipes, root_of(volume, further, image), over_time=False)
        return [replace(made[0], findings=doubts), *made[1:]]

    return regions
