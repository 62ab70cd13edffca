"""Options of commands that carry a recipe out, and how many images at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.engine.parallel import all_processors
from maskeditor.model.further import INTERPOLATIONS

_Command = TypeVar("_Command", bound=Callable[..., Any])

recipe_option = click.option(
    "--recipe",
    metavar="R",
    type=click.Path(path_type=Path, readable=False),
    help="A recipe, a mask's .json file, or a mask that carries its recipe.",
)
bound_option = click.option(
    "--bound",
    type=click.Choice([choice.value for choice in Bound]),
    default=Bound.REFUSE.value,
    show_default=True,
    help="On another image than the recipe's: keep strokes, clicks, imported masks and slices at the same place in the "
    "world, leave them out, or refuse.",
)
resample_option = click.option(
    "--resample",
    type=click.Choice(INTERPOLATIONS),
    help="Bring further images that lie on another grid to that of IMAGE, which are refused otherwise (or brought as a "
    "recipe tells): nearest for labels, linear or continuous for images.",
)


def jobs_option(*more: str) -> Callable[[_Command], _Command]:
    """Return the option of how many images at a time; it may have more names than --jobs."""
    return click.option(
        *more,
        "--jobs",
        "jobs",
        type=click.IntRange(1),
        default=all_processors,
        help="Images at a time, each by a process; by default one for each processor.",
    )
