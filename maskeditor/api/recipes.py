"""Recipes: read or made of steps, as a script, as text for a paper; and what operations there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from warnings import warn

import maskeditor.ops
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation import declaration as register
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe, of_operations
from maskeditor.model.lines import operation_of
from maskeditor.model.recipes import recipe_and_doubts

assert maskeditor.ops  # fills the register


def recipe(source: Path | str | Iterable[str]) -> Recipe:
    """Return a recipe, read from a file or made of steps.

    What is doubtful about the file is a warning.

    Parameters
    ----------
    source : Path, str or iterable of str
        A path: a recipe, a mask's .json file, or a mask that carries its recipe. Text: a step, or several in order, as
        the command line takes them.

    Raises
    ------
    MaskEditorError
        If the file holds no recipe, or a step is not known.

    Examples
    --------
    >>> [step.title for step in recipe(["threshold lower=40", "dilation iterations=2"]).steps]
    ['Threshold from 40', 'Dilation 2 ×']
    """
    return recipe_from(source, {})


def recipe_from(source: Path | str | Iterable[str], paths: Mapping[str, Path]) -> Recipe:
    """Return a recipe; of images whose paths are given by name, the tables beside them are looked at."""
    if isinstance(source, Path):
        wanted, doubts = recipe_and_doubts(source)
        for doubt in doubts:
            warn(doubt, stacklevel=3)
        return wanted
    lines = [source] if isinstance(source, str) else source
    return of_operations([Step(operation_of(line, paths), "roi1") for line in lines])


def operations() -> dict[str, str]:
    """Return what each operation does in a sentence, by id.

    Examples
    --------
    >>> operations()["clear"]
    'Take every voxel out of the mask.'
    """
    return {cls.id: cls.summary_line() for cls in register.operations()}


def script(steps: Recipe | Path | str | Iterable[str]) -> str:
    """Return a recipe as Python of nibabel, numpy, scipy and nilearn that makes the same mask without maskeditor.

    Parameters
    ----------
    steps : Recipe, or what `recipe` takes

    Examples
    --------
    >>> print(script("dilation iterations=2").splitlines()[-8])
    mask = ndimage.binary_dilation(mask, iterations=2)
    """
    from maskeditor.core.recipe.script import to_python  # brings in scipy

    return to_python(steps if isinstance(steps, Recipe) else recipe(steps))


def methods(steps: Recipe | Path | str | Iterable[str]) -> str:
    """Return the paragraph of a paper that says how a mask is made, and the references, a line each.

    Parameters
    ----------
    steps : Recipe, or what `recipe` takes

    Examples
    --------
    >>> print(methods("invert").split(". ")[-1].splitlines()[0])
    doi:10.1038/s41592-019-0686-2
    """
    return methods_text(steps if isinstance(steps, Recipe) else recipe(steps))
