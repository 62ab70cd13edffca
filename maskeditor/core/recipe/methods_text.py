"""A recipe as the paragraph of a paper: every step with its parameters, and what is to be cited."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby

from maskeditor.core.operation.as_script import NILEARN, NUMPY, SCIPY, joined
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.plain_number import plain_number
from maskeditor.core.recipe.circularity import KRIEGESKORTE, in_methods
from maskeditor.core.recipe.onto_another_image import source_geometry
from maskeditor.core.recipe.recipe import Recipe, renamed
from maskeditor.engine.errors import MaskEditorError
from maskeditor.version import __version__


def methods_text(recipe: Recipe) -> str:
    """Return a paragraph that says how a mask was made, and the references, a line each.

    It names nothing of the image and nothing that somebody wrote (names of steps, notes, file names).

    Parameters
    ----------
    recipe : Recipe

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.history.timelines import Step
    >>> from maskeditor.core.operation.declaration import make
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> print(methods_text(of_operations([Step(make("dilation", {"iterations": 2}), "roi1")])).splitlines()[0][:66])
    The mask was made with maskeditor 0.2.0 (NumPy, Harris et al. 2020
    """
    steps = [step for step in recipe.needed if step.enabled]
    names, images = roi_names(recipe), _image_names(recipe)
    several = len({step.roi for step in steps if step.roi}) > 1
    brought = {name: recipe.images.get(name, {}).get("interpolation") for name in recipe.opened}
    sentences_by_roi = [
        ("", f"The {images[name]} was brought to the grid of the image, as by Nilearn ({how}; {NILEARN.short})")
        for name, how in brought.items()
        if how
    ]
    frames = _frames(recipe)
    for step in steps:
        operation, scope = (named := renamed(step, names, images)).operation, named.scope
        flat = frames.get(getattr(step.operation, "image", "")) == 1
        sentence = (operation.of_one_volume() if flat else operation).methods().rstrip(".")
        if cited := operation.citations():
            short = "; ".join(citation.short for citation in cited)
            sentence = f"{sentence[:-1]}; {short})" if sentence.endswith(")") else f"{sentence} ({short})"
        if where := scope.methods():
            sentence += f", changing only {where}"
        sentences_by_roi.append((named.roi if several else "", sentence))
    sentences = []
    for (roi, sentence), group in groupby(sentences_by_roi):
        count = len(list(group))
        times = f" ({count} times)" if count > 1 else ""
        sentences.append(f"For {roi}: {sentence[0].lower()}{sentence[1:]}{times}." if roi else f"{sentence}{times}.")
    program = recipe.program or f"maskeditor {__version__}"
    helping = sorted({roi for roi, _ in sentences_by_roi if roi} - {names[recipe.target]})
    target, helpers = (f" ({names[recipe.target]})", f", by way of {joined(helping)}") if helping else ("", "")
    made = f"The mask{target}" if recipe.image is None else f"The {images.get(recipe.image, 'image')}"
    first = (
        f"{made} was made with {program} (NumPy, {NUMPY.short}; SciPy, {SCIPY.short}){helpers} in "
        f"{plain_number(len(steps), 'step')}."
    )
    if doubt := in_methods(recipe, images):
        sentences.append(doubt)
    references = {
        NUMPY,
        SCIPY,
        *([NILEARN] if any(brought.values()) else []),
        *([KRIEGESKORTE] if doubt else []),
    }.union(*(step.operation.citations() for step in steps))
    listed = sorted((citation.full for citation in references), key=str.casefold)
    return "\n".join([" ".join([first, *sentences]), "", "References", *listed]) + "\n"


def roi_names(recipe: Recipe) -> dict[str, str]:
    """Return what the text calls each ROI: mask A, mask B …; the names that somebody gave are left out."""
    return {roi.id: f"mask {_letters(place)}" for place, roi in enumerate(recipe.rois)}


def _image_names(recipe: Recipe) -> dict[str, str]:
    """Return what the text calls each further image, by the name that steps call it by."""
    made = {step.operation.name for step in recipe.steps if isinstance(step.operation, ImageOperation)}
    return {
        name: f"derived image {name}" if name in made else f"further image {name}" for name in (*recipe.opened, *made)
    }


def _frames(recipe: Recipe) -> dict[str, int]:
    """Return how many volumes each image has, by name; of those of which it is known."""
    found = {}
    for name, record in {"": recipe.source, **recipe.images}.items():
        shape = record.get("shape")
        if isinstance(shape, list) and all(type(length) is int for length in shape):
            found[name] = shape[3] if len(shape) > 3 else 1
    grid = source_geometry(recipe)
    for step in recipe.steps:
        operation = step.operation
        if isinstance(operation, ImageOperation) and grid is not None and operation.image in found:
            with suppress(MaskEditorError):  # what cannot be made has no volumes
                found[operation.name] = operation.frames_made(found[operation.image], grid)
    return found


def _letters(place: int) -> str:
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)
