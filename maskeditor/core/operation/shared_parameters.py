"""Parameters that several operations have, each declared once."""

from __future__ import annotations

from typing import Any

from maskeditor.core.operation.parameters import Unit, parameter


def neighbours_parameter() -> Any:
    """Declare how far voxels touch."""
    return parameter(
        6,
        title="Neighbours",
        description="6 joins voxels across faces, 18 across edges too, 26 across corners too.",
    )


def connected_parameter(default: bool) -> Any:
    """Declare whether only the largest component stays, as nilearn's `connected`."""
    return parameter(
        default, title="Connected", description="Keep only the largest connected component (6 neighbours)."
    )


def opening_parameter(default: int, besides: str = "") -> Any:
    """Declare how often a new mask is eroded and dilated back, as nilearn's `opening`.

    Parameters
    ----------
    default : int
    besides : str
        A sentence on what else it does.
    """
    return parameter(
        default,
        title="Opening",
        description="How often the mask is eroded before the largest component is kept, and then dilated back (twice "
        f"as often, and eroded again). {besides}{' ' if besides else ''}False is 0 and true is 1, as in nilearn.",
        unit=Unit.TIMES,
        ge=0,
        le=50,
    )


def mode_parameter() -> Any:
    """Declare what becomes of voxels that were drawn by hand."""
    return parameter("add", title="Mode", description="Whether voxels are added to the mask or erased from it.")
