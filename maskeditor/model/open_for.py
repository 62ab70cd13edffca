"""An image opened so that a recipe can be carried out on it, with the further images that its steps look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from maskeditor.core.errors import FileError, GeometryMismatch
from maskeditor.core.fingerprints import recorded_in
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.progress import Progress
from maskeditor.io.info import ImageInfo
from maskeditor.io.resample import Interpolation
from maskeditor.model.further import INTERPOLATIONS, interpolation_of, open_further
from maskeditor.model.recipes import check_ahead
from maskeditor.model.session import Session

#: How else bound steps can be carried out, in the words of the command line.
WAYS = "give --bound keep to do the same at the same place in the world, or --bound leave-out to do without"


@dataclass(frozen=True)
class Images:
    """The images that a recipe is carried out on.

    Parameters
    ----------
    image : Path
        The one that the mask is made on.
    further : mapping of str to Path
        Those that steps look at, by name.
    series : mapping of str to str
        Which series of a DICOM folder is meant, by the name of the image; that of the first under "".
    resample : {"nearest", "linear", "continuous"}, optional
        How further images are brought from another grid; without it as the recipe has it, or they are refused.
    bound : Bound
        What becomes of steps that belong to another image.
    """

    image: Path
    further: Mapping[str, Path] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)
    resample: Interpolation | None = None
    bound: Bound = Bound.REFUSE


def open_for(
    recipe: Recipe,
    images: Images,
    frames: Iterable[FrameChoice] | None,
    progress: Callable[[str], AbstractContextManager[Progress]],
) -> Session:
    """Open an image and its further images for a recipe.

    Parameters
    ----------
    recipe : Recipe
    images : Images
    frames : iterable of "mean", int or (int, int), or None
        All that will be looked at of a series; None for the whole of it.
    progress : callable
        Given a title, opens the progress of that part of the work.

    Raises
    ------
    MaskEditorError
        If an image cannot be read, a further one lies on another grid, or what the header shows does not suit the
        recipe; the voxels are then not read.
    """

    def check(known: ImageInfo) -> None:
        if known.can_open:
            count, geometry = known.shape[3] if len(known.shape) > 3 else 1, Geometry(known.shape[:3], known.affine)
            check_ahead(recipe, images.bound, WAYS, geometry, count, known.description)

    with progress("Opening") as part:
        session = Session.open(images.image, images.series.get(""), part, frames, check)
    for name, path in images.further.items():
        how, grid = images.resample or interpolation_of(recipe, name), session.document.geometry
        series, known = images.series.get(name), recorded_in(recipe.images.get(name, {}))
        try:
            with progress(f"Opening {name}") as part:
                session.add_image(name, open_further(path, grid, how, part, series, name, known))
        except GeometryMismatch as error:
            way = f"give --resample with one of {', '.join(INTERPOLATIONS)}, or an image on that grid"
            raise on_another_grid(path, error, way) from None
    return session


def on_another_grid(path: Path, error: GeometryMismatch, way: str) -> FileError:
    """Return the sentence that a file lies on another grid than the image, and what can be done."""
    return FileError(f"{path.name} lies on another grid than the image ({'; '.join(error.differences)}); {way}.")


def findings_of(session: Session) -> tuple[str, ...]:
    """Return what is doubtful about the images of a session, one sentence each."""
    further = (f"{name}: {finding}" for name, image in session.further.items() for finding in image.volume.findings)
    return (*session.document.volume.findings, *further)
