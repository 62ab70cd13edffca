"""Images and ROIs of a session on another grid, written beside the window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.open import open_image
from maskeditor.io.resample import Interpolation
from maskeditor.io.targets import image_target
from maskeditor.model.data.resampled import Grid, Resampled, grid_by_numbers, resampled, save_resampled
from maskeditor.model.recipes import by_hand, mask_type
from maskeditor.model.session import Session


@dataclass(frozen=True)
class ResampleAsked:
    """What is to be on another grid, on which, and how.

    Parameters
    ----------
    image : str
        By its name; "" is the one that is edited on.
    roi : str
        The id of the ROI that is meant instead of an image; "" for none.
    like : Path, optional
        The image whose grid is wanted.
    zooms : tuple of 3 float, optional
        In place of that, the zooms in mm.
    how : {"nearest", "linear", "continuous"}, optional
        Without it, what fits: nearest for masks and labels, continuous for images.
    """

    image: str = ""
    roi: str = ""
    like: Path | None = None
    zooms: tuple[float, float, float] | None = None
    how: Interpolation | None = None


def resample_to(session: Session, asked: ResampleAsked, path: Path) -> Callable[[Progress], Resampled]:
    """Return what writes an image or an ROI of a session on another grid, on any thread.

    Parameters
    ----------
    session : Session
    asked : ResampleAsked
    path : Path

    Raises
    ------
    FileError
        If nothing may be written there.
    """
    session.keep_sources(path)
    session.keep_sources(image_target(path))
    snapshot, facts = session.document.snapshot(), _facts(session, asked.roi)
    mask = session.document.mask(asked.roi).copy() if asked.roi else None

    def work(progress: Progress) -> Resampled:
        grid = session.document.geometry
        if mask is not None:
            name = str(facts["Label"])
            volume = Volume(mask[...].view(np.uint8), grid, name=name)
        else:
            volume = snapshot.image(asked.image, progress.within(0.0, 0.3))
        if asked.like is not None:
            other = open_image(asked.like, None, progress.part(0.3, 0.4), [0])
            wanted = Grid(other.volume.geometry, other.header, asked.like.name, asked.like)
        else:
            wanted = grid_by_numbers(grid, session.header, zooms=asked.zooms)
        further = session.further.get(asked.image) if not asked.roi else None
        named = further.labels.named if further is not None and further.labels is not None else None
        made = resampled(volume, wanted, asked.how, named, progress.within(0.4, 0.7))
        source = further.path if further is not None else session.path
        save_resampled(made, path, source, progress.within(0.7, 1.0), facts)
        return made

    return work


def _facts(session: Session, roi: str) -> Mapping[str, Any]:
    """Return what the sidecar of an ROI's mask says of it besides; nothing without an ROI."""
    if not roi:
        return {}
    document = session.document
    recipe = Recipe(document.present, document.rois, roi)
    return {"Type": mask_type(recipe), "Label": document.roi(roi).name, "Manual": bool(by_hand(recipe))}
