"""The mask of one image of a cohort: opened, worked out and saved, on any process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import why_not_compared
from maskeditor.core.history.timelines import without_effect
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe, frames_looked_at
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.visible import on_one_line
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.open import open_mask
from maskeditor.io.provenance import apart, fingerprint, matches, recorded_masks
from maskeditor.model.cohort.corrections import joined_with, read_correction
from maskeditor.model.cohort.tasks import Outcome, Task, file_mark
from maskeditor.model.mask_files import save_mask
from maskeditor.model.open_for import WAYS, Images, findings_of, open_for
from maskeditor.model.recipes import carry_out, read_recipe
from maskeditor.model.session import Session


def make_mask(task: Task, progress: Progress | None = None) -> Outcome:
    """Make the mask of an image and save it; what cannot be done is in the outcome, and then nothing was written.

    Raises
    ------
    Cancelled
        If it should stop; nothing was written.
    """
    try:
        return _made(task, progress or Progress())
    except Cancelled:
        raise
    except MaskEditorError as error:
        return Outcome.failed(task, on_one_line(str(error)))
    except MemoryError:
        return Outcome.failed(task, "There is not enough memory for this image; give fewer --jobs.")
    except Exception as error:
        # One image must not end the work on all others.
        return Outcome.failed(
            task, f"Something unforeseen went wrong ({on_one_line(f'{type(error).__name__}: {error}')}); report it."
        )


def _made(task: Task, progress: Progress) -> Outcome:
    if task.problem:
        raise FileError(task.problem)
    keep_others_work(task.output, task.replaces)
    marks = marks_of(task)
    progress(0.05)
    opened = open_task(task, progress.within(0.05, 0.6))
    try:
        roi = carry_out(opened.session.document, opened.recipe, Bound.KEEP, WAYS, progress.within(0.6, 0.9))
        task.output.parent.mkdir(parents=True, exist_ok=True)
        save_mask(opened.session, roi, task.output, progress.within(0.9, 1.0))
        return outcome_of(task, opened.session, roi, opened.corrected, opened.doubts, marks)
    finally:
        # The next image needs as much; to take it from the system again costs more than a step.
        opened.session.close(keep_memory=True)


def marks_of(task: Task) -> dict[str, Any]:
    """Return the marks of the files that a mask is made of.

    Raises
    ------
    FileError
        If one cannot be read.
    """
    return {name: file_mark(Path(path)) for name, path in task.files.items()}


def outcome_of(
    task: Task, session: Session, roi: str, corrected: int, doubts: tuple[str, ...], marks: Mapping[str, Any]
) -> Outcome:
    """Return what came of a task, once the mask of a session is saved."""
    document = session.document
    mask, geometry = document.mask(roi), document.geometry
    voxels = document.voxels(roi)
    status = task.output.stat()
    return Outcome(
        task.key,
        task.image,
        task.target,
        voxels,
        voxels * geometry.voxel_volume,
        100 * voxels / math.prod(geometry.shape),
        at_border(mask),
        geometry.shape,
        tuple(round(zoom, 6) for zoom in geometry.zooms),
        fingerprint(mask[...]),
        corrected,
        (*findings_of(session), *doubts, *without_effect(document.timeline, document.rois), *session.doubts(roi)),
        marks=marks,
        choices=task.choices,
        written=(status.st_size, status.st_mtime_ns),
        asked=task.asked,
    )


class OpenedTask(NamedTuple):
    """The image of a task, and what is carried out on it.

    Parameters
    ----------
    session : Session
    shared : Recipe
        That of all images, as it is carried out here.
    recipe : Recipe
        The same with the steps of the correction after it.
    corrected : int
        How many these are.
    doubts : tuple of str
        What is doubtful, one sentence each.
    """

    session: Session
    shared: Recipe
    recipe: Recipe
    corrected: int
    doubts: tuple[str, ...]


def open_task(task: Task, progress: Progress, whole: bool = False) -> OpenedTask:
    """Open the image of a task and its further images.

    Parameters
    ----------
    task : Task
    progress : Progress
    whole : bool
        Whether all of a series is held, to be looked at; else what the steps look at.

    Raises
    ------
    MaskEditorError
        If something cannot be read, or does not suit the image.
    """
    shared = recipe_at(task.recipe)
    correction = read_correction(Path(task.correction)) if task.correction else None
    steps = (*shared.steps, *(correction.steps if correction is not None else ()))
    further = {name: Path(path) for name, path in task.further.items()}
    images = Images(Path(task.image), further, task.series, task.resample, Bound(task.bound))

    @contextmanager
    def part(_title: str) -> Iterator[Progress]:
        yield progress

    session = open_for(shared, images, None if whole else frames_looked_at(steps), part)
    try:
        volume = session.document.volume
        alone, _ = joined_with(shared, None, volume, images.bound, WAYS)
        recipe, doubts = joined_with(shared, correction, volume, images.bound, WAYS)
    except MaskEditorError:
        session.close()
        raise
    return OpenedTask(session, alone, recipe, len(correction.steps) if correction is not None else 0, doubts)


@lru_cache(maxsize=4)
def recipe_at(path: str) -> Recipe:
    """Return the recipe of a task, read once for all that have the same; its file is called by what it holds."""
    return read_recipe(Path(path))


def at_border(mask: MaskBits) -> int:
    """Return how many voxels of a mask lie in the outermost slices of the image.

    An axis of one slice has no border.

    Examples
    --------
    >>> at_border(MaskBits.of(np.ones((3, 3, 3), bool))), at_border(MaskBits.of(np.ones((3, 3, 1), bool)))
    (26, 8)
    """
    box = mask.bounds()
    if box is None:
        return 0
    inner = tuple(slice(1, -1) if length > 1 else slice(None) for length in mask.shape)
    whole = mask[...]
    return int(np.count_nonzero(whole)) - int(np.count_nonzero(whole[inner]))


def keep_others_work(output: Path, known: str) -> None:
    """Raise `FileError` if there is a mask that was not made by a recipe, or was changed since it was made here."""
    if not output.exists():
        return
    mask = open_mask(output)
    voxels = next(iter(mask.labels.values()), MaskBits(mask.geometry.shape))[...]
    own = mask.extension is not None and len(mask.labels) < 2 and not apart(output, voxels, mask.extension)
    why = next(filter(None, map(why_not_compared, (known, *recorded_masks(output, mask.extension).values()))), "")
    if why:
        raise FileError(
            f"{output.name} is there already, and whether it was changed since it was made cannot be told: {why}. Move "
            "it away to have it made again."
        )
    if not own or (known and not matches(known, voxels)):
        raise FileError(
            f"{output.name} is there already and was changed, or made, by another program or by hand; move it away to "
            "have it made again."
        )
