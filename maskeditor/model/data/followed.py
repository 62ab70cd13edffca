"""Which threshold a table of clusters follows: that of the step that is pending, or of the overlay."""

from __future__ import annotations

from typing import NamedTuple

from maskeditor.core.operation.declaration import Operation
from maskeditor.model.view.display import Display
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ops.threshold import Threshold
from maskeditor.ops.z_threshold import ZThreshold


class Followed(NamedTuple):
    """A threshold, and where it is from.

    Parameters
    ----------
    threshold : float or None
        None where the step finds it by itself.
    two_sided : bool
    source : str
        In words.
    step : ZThreshold or None
        The step that finds it.
    """

    threshold: float | None
    two_sided: bool
    source: str
    step: ZThreshold | None = None


def followed(operation: Operation | None, display: Display | None, image: str) -> Followed | None:
    """Return the threshold that is set for an image; None if there is none.

    Parameters
    ----------
    operation : Operation or None
        The step that is pending, which comes first.
    display : Display or None
        How the image is drawn.
    image : str
        Its name; "" for the one that is edited on.

    Examples
    --------
    >>> followed(Threshold(lower=3.1), Display("t", threshold=2.0), "")
    Followed(threshold=3.1, two_sided=False, source='the step', step=None)
    >>> followed(Threshold(lower=3.1), Display("t", threshold=2.0), "t")
    Followed(threshold=2.0, two_sided=True, source='the overlay', step=None)
    """
    if isinstance(operation, ZThreshold) and operation.image == image:
        return Followed(None, operation.two_sided, "the step", operation)
    if isinstance(operation, Threshold | RegionGrow) and operation.image == image:
        if operation.lower is not None and operation.lower >= 0:
            return Followed(operation.lower, False, "the step")
        if operation.upper is not None and operation.upper < 0:
            return Followed(operation.upper, False, "the step")
    if display is None or display.threshold is None or display.shows_labels:
        return None
    if display.sign == "below" and display.threshold >= 0:
        return None
    return Followed(display.threshold, display.sign == "both", "the overlay")
