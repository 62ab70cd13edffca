"""Circular analysis: whether voxels were chosen by the very data that are now measured in them (Kriegeskorte 2009)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from maskeditor.core.fingerprints import recorded_in
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.as_script import Citation, joined
from maskeditor.core.operation.conditions import ConditionsOperation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.recipe.recipe import Recipe, steps_of

KRIEGESKORTE = Citation(
    "Kriegeskorte et al. 2009",
    "Kriegeskorte N, Simmons WK, Bellgowan PSF, Baker CI (2009). Circular analysis in systems neuroscience: the "
    "dangers of double dipping. Nature Neuroscience 12:535–540. doi:10.1038/nn.2303",
)
#: What to do about it.
WAY_OUT = "measure in other runs or subjects, or choose the voxels by cross-validation"


class Choice(NamedTuple):
    """A way in which an image has chosen the voxels of a mask.

    Parameters
    ----------
    image : str
        The opened image by its name; "" is the one that was edited on.
    by : tuple of str
        The steps between, from the first.
    conditions : frozenset of str
        Those that were compared.
    tests : bool
        Whether the way leads through a test or a correlation of courses over time.
    makes_brain : bool
        Whether the last step takes a whole brain out of the image, and not what is special in it.
    """

    image: str
    by: tuple[str, ...]
    conditions: frozenset[str]
    tests: bool
    makes_brain: bool


def choices(recipe: Recipe) -> tuple[Choice, ...]:
    """Return how the intensities of images have chosen the voxels of a recipe's mask, each way once.

    Examples
    --------
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import from_text
    >>> from maskeditor.core.recipe.recipe import of_operations
    >>> lines = ("t_test name=t conditions=a,a,b,b a=a b=b", "threshold image=t lower=3", "dilation")
    >>> choices(of_operations(Step(from_text(line), "" if "name" in line else "roi1") for line in lines))[0].by
    ("t test of 'a' and 'b'", 'Threshold')
    """
    # Of each ROI, by its id: what has chosen the voxels that it has after a step.
    found: dict[str, dict[Choice, None]] = defaultdict(dict)
    made: dict[str, ImageOperation] = {}
    for step in steps_of(recipe.steps, recipe.target):
        operation = step.operation
        if not step.enabled:
            continue
        if isinstance(operation, ImageOperation):
            made[operation.name] = operation
            continue
        before = {} if _makes_anew(step) else found[step.roi]
        looked_at = [choice for other in sorted(step.references) for choice in found[other]]
        found[step.roi] = {**before, **dict.fromkeys((*looked_at, *_choices_of(step, made)))}
    return tuple(found[recipe.target])


def names_of(recipe: Recipe, is_its: Callable[[str], bool]) -> frozenset[str]:
    """Return the names by which a recipe knows an image, given whether a recorded fingerprint is that of its values."""
    known = {name: recorded_in(one) for name, one in {"": recipe.source, **recipe.images}.items()}
    return frozenset(name for name, recorded in known.items() if recorded and is_its(recorded))


def circular(
    recipe: Recipe,
    measured: Collection[str],
    conditions: Collection[str] | None = None,
    *,
    over_time: bool,
    whose: str = "The voxels",
) -> tuple[str, ...]:
    """Return a sentence for each way in which what is measured has chosen the voxels; none where it has not.

    Parameters
    ----------
    recipe : Recipe
        Of the mask.
    measured : collection of str
        The names of the image that is measured in the recipe; "" is the one that was edited on.
    conditions : collection of str, optional
        Those under which it is measured; of others alone nothing is said. Without it, under any.
    over_time : bool
        Whether courses over time are measured, which a choice by one volume or by the mean leaves as they are; else
        intensities.
    whose : str
        How the sentences begin.
    """
    sentences: dict[str, None] = {}
    for choice in choices(recipe):
        if choice.image not in measured or choice.makes_brain or (over_time and not choice.tests):
            continue
        shared = choice.conditions if conditions is None else choice.conditions & set(conditions)
        if choice.conditions and not shared:
            continue
        data = "these very data" if choice.tests else "the very intensities that are measured"
        sentences[
            f"{whose} were chosen by {data} ({', then '.join(choice.by)}), so what is measured in them is biased "
            f"towards that choice (circular); {WAY_OUT}."
        ] = None
    return tuple(sentences)


def in_methods(recipe: Recipe, names: Mapping[str, str]) -> str:
    """Return what a paper has to say of a mask that a test of data has chosen; "" where none has.

    Parameters
    ----------
    recipe : Recipe
    names : mapping of str to str
        What the text calls further images.
    """
    tested = {choice.image for choice in choices(recipe) if choice.tests}
    if not tested:
        return ""
    data = joined(f"the {names.get(name, 'image')}" for name in sorted(tested))
    return (
        f"As a test of {data} chose the voxels, what is measured in them in the same data is biased towards that "
        f"choice (circular analysis; {KRIEGESKORTE.short}); effects want independent data or cross-validation."
    )


def _makes_anew(step: Step) -> bool:
    """Whether nothing is left of the mask that was there."""
    operation = step.operation
    return step.scope == EVERYWHERE and (operation.empties or getattr(operation, "combine", "") == "replace")


def _choices_of(step: Step, made: dict[str, ImageOperation]) -> Iterator[Choice]:
    operation = step.operation
    looked_at = [
        getattr(operation, declared.name) for declared in operation.parameters() if declared.role is Role.IMAGE
    ]
    if not any(declared.role is Role.LABELS for declared in operation.parameters()):
        for name in looked_at:
            yield _way(name, operation.title, operation.takes_brain, made)
    if step.scope.has_range:
        yield _way("", f"{operation.title} within a range", False, made)


def _way(name: str, last: str, makes_brain: bool, made: dict[str, ImageOperation]) -> Choice:
    titles, conditions, tests = [last], set[str](), False
    while name in made:
        operation = made[name]
        compared = operation.compared() if isinstance(operation, ConditionsOperation) else ()
        titles.append(operation.title + (f" of {joined(map(repr, compared))}" if compared else ""))
        tests = tests or operation.tests
        conditions |= set(compared)
        name = operation.image
    return Choice(name, tuple(reversed(titles)), frozenset(conditions), tests, makes_brain)
