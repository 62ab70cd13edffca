"""How the image that is edited on is looked at, as a session keeps it; never undoable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from maskeditor.engine.box import Voxel
from maskeditor.model.view.comparison import Comparison
from maskeditor.model.view.state import ViewState


@dataclass(frozen=True)
class Look:
    """Whether and how strongly the image itself is seen, and what it is compared with.

    Parameters
    ----------
    image_visible : bool
    image_opacity : float
        0 to 1.
    comparison : Comparison or None
    crosshair : tuple of 3 int, optional
        Where one was; it may not be in the image.

    Examples
    --------
    >>> Look.from_record(Look(image_opacity=0.5, crosshair=(1, 2, 3)).to_record())
    Look(image_visible=True, image_opacity=0.5, comparison=None, crosshair=(1, 2, 3))
    """

    image_visible: bool = True
    image_opacity: float = 1.0
    comparison: Comparison | None = None
    crosshair: Voxel | None = None

    @classmethod
    def of(cls, state: ViewState) -> Self:
        """Return what is to be kept of the state of the view; not which of two images it is that is seen in turn."""
        comparison = state.comparison
        if comparison is not None and comparison.how == "blink":
            comparison = comparison.changed(swapped=False)
        return cls(state.image_visible, state.image_opacity, comparison, state.crosshair)

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        compared = self.comparison.to_record() if self.comparison is not None else None
        return {
            "image_visible": self.image_visible,
            "image_opacity": self.image_opacity,
            "comparison": compared,
            "crosshair": self.crosshair,
        }

    @classmethod
    def from_record(cls, record: object) -> Self:
        """Return what was recorded; of what `to_record` would not have written, what there is without it."""
        if not isinstance(record, dict):
            return cls()
        visible, opacity = record.get("image_visible"), record.get("image_opacity")
        at = record.get("crosshair")
        is_voxel = isinstance(at, list | tuple) and len(at) == 3 and all(type(index) is int for index in at)
        is_share = type(opacity) in (int, float) and 0 <= opacity <= 1  # type: ignore[operator]
        return cls(
            visible if isinstance(visible, bool) else True,
            float(opacity) if is_share else 1.0,  # type: ignore[arg-type]
            Comparison.from_record(record.get("comparison")),
            (at[0], at[1], at[2]) if is_voxel else None,  # type: ignore[index]
        )
