"""The further images there are, as one goes through the steps that make some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from maskeditor.core.errors import OperationError
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scene import Derived, ImageSource


class Images:
    """The images by name at a place between steps; "" is the one that is edited on.

    Parameters
    ----------
    base : Volume
        The image that is edited on.
    opened : mapping of str to Volume or Derived
        Further images, such as were opened.
    steps : sequence of Step
        The steps before that place.

    Examples
    --------
    >>> import numpy as np
    >>> import maskeditor.ops
    >>> from maskeditor.core.operation.declaration import make
    >>> from maskeditor.core.space.geometry import Geometry
    >>> from maskeditor.core.space.volume import Volume
    >>> base = Volume(np.zeros((2, 2, 2)), Geometry((2, 2, 2), np.eye(4)))
    >>> images = Images(base, {}, [Step(make("smooth", {"name": "soft", "fwhm": 3}), "")])
    >>> list(images.further)
    ['soft']
    """

    def __init__(self, base: ImageSource, opened: Mapping[str, ImageSource], steps: Sequence[Step] = ()) -> None:
        self._now: dict[str, ImageSource] = {"": base, **opened}
        self._steps = steps

    def _known(self) -> dict[str, ImageSource]:
        # The steps before are gone through when that matters: a stroke after ten thousand others looks at no image.
        steps, self._steps = self._steps, ()
        for step in steps:
            if step.operation.makes_image:
                self.advance(step)
        return self._now

    @property
    def further(self) -> dict[str, ImageSource]:
        """The further images by name, those that were opened first."""
        return {name: source for name, source in self._known().items() if name}

    def get(self, name: str) -> ImageSource | None:
        """Return an image; None if there is none of that name."""
        return self._known().get(name)

    def copy(self) -> Images:
        """Return the same, to go on from here."""
        return Images(self._now[""], self._now, self._steps)

    def completed(self, step: Step) -> Step:
        """Return a step that makes an image with what it takes from the images that there are, any other as it is."""
        operation = step.operation
        if not isinstance(operation, ImageOperation):
            return step
        return replace(step, operation=operation.completed(self._known()))

    def advance(self, step: Step) -> None:
        """Go over a step; if it makes an image, it is there from now on.

        Raises
        ------
        MaskEditorError
            If there is an image of that name already, or what it is made of is not there.
        """
        operation = step.makes
        if operation is not None:
            self._known()[operation.name] = self.defined(operation)

    def defined(self, operation: ImageOperation) -> Derived:
        """Return the definition of the image that a step would make here.

        Raises
        ------
        MaskEditorError
            If there is an image of that name already, or what it is made of is not there.
        """
        now = self._known()
        if operation.name in now:
            raise OperationError(f"There is an image {operation.name!r} already; choose another name.")
        return operation.defined(now)


def check_unused(name: str, present: Sequence[Step], every: Iterable[Step]) -> None:
    """Raise `OperationError` if a step looks at an image.

    Parameters
    ----------
    name : str
        Of the image.
    present, every : of Step
        The steps that are made, and all that undo or redo may bring back.
    """
    for place, step in enumerate(present):
        if name in step.operation.images():
            raise OperationError(
                f"The image {name!r} cannot be removed, as step {place + 1} ({step.title}) looks at it; remove that "
                "step first."
            )
    undone = next((step for step in every if name in step.operation.images()), None)
    if undone is not None:
        raise OperationError(
            f"The image {name!r} cannot be removed, as undo or redo may bring a step back that looks at it "
            f"({undone.title}); hide it instead."
        )
