"""What operations take from outside the image: standard images, and programs that only io may run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from maskeditor.core.errors import OperationError
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.progress import Progress

#: How niimath is called, in a folder, as SimpleITK's N4 works by itself (it stops where the field changes by less).
N4 = "image.nii -n4 -mask inside.nii -convergence 0.001 -rescale 0 -field field.nii"


class BiasField(Protocol):
    """What works out a bias field."""

    def __call__(self, values: Array, inside: BoolArray, shrink: int, progress: Progress) -> Array:
        """Return the field, (I, J, K) of float32, that an image has to be divided by.

        Parameters
        ----------
        values : (I, J, K) array of float
            Finite, and above 0 inside.
        inside : (I, J, K) array of bool
            The voxels that the field is estimated in.
        shrink : int
            Only one voxel in so many along each axis is looked at; the field itself is whole.
        progress : Progress

        Raises
        ------
        OperationError
            If it cannot be worked out.
        """


def _no_program(values: Array, inside: BoolArray, shrink: int, progress: Progress) -> Array:
    """Refuse, where nothing works out a bias field, of an image (I, J, K) of float and a mask (I, J, K) of bool."""
    raise OperationError("There is no program here that works out a bias field; install niimath.")


@dataclass(frozen=True, eq=False)
class Outside:
    """What lies outside the image.

    Parameters
    ----------
    templates : mapping of str to Volume
        Standard images by name, on grids of their own; one may be read from its file each time it is asked for.
    bias_field : BiasField
    """

    templates: Mapping[str, Volume] = field(default_factory=dict)
    bias_field: BiasField = _no_program

    def template(self, name: str) -> Volume:
        """Return a standard image by name.

        Raises
        ------
        OperationError
            If there is no template of that name.
        """
        if name not in self.templates:
            known = ", ".join(repr(other) for other in self.templates) or "none"
            raise OperationError(f"There is no template {name!r} here (templates: {known}); add it or choose another.")
        return self.templates[name]
