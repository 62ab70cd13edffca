"""A range of intensities as a pair of parameters, with its check: of thresholds, scopes, brushes, growing regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, model_validator

from maskeditor.core.operation.parameters import Role, Unit, parameter

#: What a range means where it limits what may change.
LIMIT_FROM = "Change only voxels of at least this intensity (of the mean, for a 4D image)."
LIMIT_TO = "Change only voxels of at most this intensity (of the mean, for a 4D image)."


def lower_bound(description: str) -> Any:
    """Declare the lower end of a range, itself included; there is none unless it is given."""
    return parameter(None, title="Intensity from", description=description, unit=Unit.INTENSITY, role=Role.LOWEST)


def upper_bound(description: str) -> Any:
    """Declare the upper end of a range, itself included; there is none unless it is given."""
    return parameter(None, title="Intensity to", description=description, unit=Unit.INTENSITY, role=Role.HIGHEST)


class Ranged(BaseModel):
    """What has a range: its subclass declares `lower` by `lower_bound` and `upper` by `upper_bound`, in their place."""

    if TYPE_CHECKING:
        lower: float | None
        upper: float | None

    @model_validator(mode="after")
    def _ends_in_order(self) -> Self:
        if self.lower is not None and self.upper is not None and self.upper < self.lower:
            raise ValueError(f"intensity to ({self.upper:g}) must not be below intensity from ({self.lower:g})")
        return self

    @property
    def has_range(self) -> bool:
        """Whether either end is given."""
        return self.lower is not None or self.upper is not None


def range_words(lower: float | None, upper: float | None) -> str:
    """Return a range in words: "120–340", "from 120", "up to 340" or "any intensity"."""
    if lower is None:
        return "any intensity" if upper is None else f"up to {upper:g}"
    return f"from {lower:g}" if upper is None else f"{lower:g}–{upper:g}"
