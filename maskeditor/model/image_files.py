"""The files of a session's images: any of them saved, with how it came about beside it."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.fingerprints import KEY
from maskeditor.core.history.timelines import Timeline
from maskeditor.core.recipe.recipe import Recipe, opened_images, steps_of
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io.provenance import PROGRAM, described, fingerprint, sidecar
from maskeditor.io.save import save_volume
from maskeditor.io.targets import image_place
from maskeditor.model.recipes import by_hand
from maskeditor.model.session import Session


def save_image(session: Session, name: str, path: Path, progress: Progress | None = None) -> Volume:
    """Save an image as NIfTI with the geometry of the source, its recipe in a sidecar beside it, and return it.

    Parameters
    ----------
    session : Session
    name : str
        Of a further image, opened or derived; "" is the image that is edited on.
    path : Path
    progress : Progress, optional

    Raises
    ------
    OperationError
        If there is no image of that name, or it cannot be worked out.
    FileError
        If it cannot be written; older files are then untouched.
    """
    progress = progress or Progress()
    session.keep_sources(path)
    target, beside, kept = image_place(session.path, path)
    session.keep_sources(target)
    # What is saved must belong together, though moves may be made while a worker saves.
    snapshot = session.document.snapshot()
    volume = snapshot.image(name, progress.within(0.0, 0.6))
    recipe = image_recipe(session, name, snapshot.timeline, volume)
    text = sidecar("", "", *session.sources_of(recipe, target), by_hand(recipe), dumps(recipe), kept)
    save_volume(volume, target, session.header, texts=[(beside, text)], report=progress.part(0.6, 1.0))
    return volume


def image_recipe(session: Session, name: str, timeline: Timeline, volume: Volume) -> Recipe:
    """Return the recipe of an image, with fingerprints of it and of its sources. Takes a while on big images.

    Parameters
    ----------
    session : Session
    name : str
    timeline : tuple of Step
        The steps after which it is looked at.
    volume : Volume
        The image.
    """
    steps, document = steps_of(timeline, image=name), session.document
    used = {step.roi for step in steps}.union(*(step.references for step in steps))
    rois = tuple(roi for roi in document.rois if roi.id in used) or document.rois[:1]
    return Recipe(
        steps,
        rois,
        rois[0].id,
        described(document.volume, session.name),
        {"image": name, f"image_{KEY}": fingerprint(volume.stored)},
        PROGRAM,
        session.describe_further(dict.fromkeys((*opened_images(steps), name))),
    )
