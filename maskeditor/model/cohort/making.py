"""The mask of one image of a cohort: opened, worked out and saved, on any process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.history.timelines import without_effect
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe, frames_looked_at
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.open import open_mask
from maskeditor.io.provenance import apart, fingerprint
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
        return Outcome.failed(task, " ".join(str(error).split()))
    except MemoryError:
        return Outcome.failed(task, "There is not enough memory for this image; give fewer --jobs.")
    except Exception as error:
        # One image must not end the work on all others.
        return Outcome.failed(task, f"Something unforeseen went wrong ({type(error).__name__}: {error}); report it.")


def _made(task: Task, progress: Progress) -> Outcome:
    if task.problem:
        raise FileError(task.problem)
    output = task.output
    _keep_others_work(output, task.replaces)
    marks = {name: file_mark(Path(path)) for name, path in task.files.items()}
    progress(0.05)
    with opened(task, progress.within(0.05, 0.6)) as (session, recipe, corrected, doubts):
        roi = carry_out(session.document, recipe, Bound.KEEP, WAYS, progress.within(0.6, 0.9))
        output.parent.mkdir(parents=True, exist_ok=True)
        save_mask(session, roi, output, progress.within(0.9, 1.0))
        document = session.document
        mask, geometry = document.mask(roi), document.geometry
        voxels = document.voxels(roi)
        status = output.stat()
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
            (*findings_of(session), *doubts, *without_effect(document.timeline), *session.doubts(roi)),
            marks=marks,
            choices=task.choices,
            written=(status.st_size, status.st_mtime_ns),
        )


@contextmanager
def opened(task: Task, progress: Progress) -> Iterator[tuple[Session, Recipe, int, tuple[str, ...]]]:
    """Open the image of a task; yield its session, the recipe to carry out, its own steps, and doubts.

    Raises
    ------
    MaskEditorError
        If something cannot be read, or does not suit the image.
    """
    shared = recipe_at(task.recipe, task.mark)
    correction = read_correction(Path(task.correction)) if task.correction else None
    steps = (*shared.steps, *(correction.steps if correction is not None else ()))
    further = {name: Path(path) for name, path in task.further.items()}
    images = Images(Path(task.image), further, {}, task.resample, Bound(task.bound))

    @contextmanager
    def part(_title: str) -> Iterator[Progress]:
        yield progress

    session = open_for(shared, images, frames_looked_at(steps), part)
    try:
        recipe, doubts = joined_with(shared, correction, session.document.volume, images.bound, WAYS)
        yield session, recipe, len(correction.steps) if correction is not None else 0, doubts
    finally:
        session.close()


@lru_cache(maxsize=4)
def recipe_at(path: str, _mark: str) -> Recipe:
    """Return the recipe of a task, read once for all that have the same."""
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


def _keep_others_work(output: Path, known: str) -> None:
    """Raise `FileError` if there is a mask that was not made by a recipe, or was changed since it was made here."""
    if not output.exists():
        return
    mask = open_mask(output)
    voxels = next(iter(mask.labels.values()), MaskBits(mask.geometry.shape))[...]
    own = mask.extension is not None and len(mask.labels) < 2 and not apart(output, voxels, mask.extension)
    if not own or (known and fingerprint(voxels) != known):
        raise FileError(
            f"{output.name} is there already and was changed, or made, by another program or by hand; move it away to "
            "have it made again."
        )
