"""Small pictures of images that are not opened yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage

from maskeditor.io.info import ImageInfo
from maskeditor.io.open import Found

#: Pixels of the longer side.
SIZE = 56
#: The share of voxels (percent) below black, and above white.
_CLIPPED = 1.0


def thumbnail(found: Found) -> QImage:
    """Return the middle slice of an image, small, as it is looked at: head or face up, the patient's left on the right.

    May be called on any thread.

    Raises
    ------
    FileError
        If the slice cannot be read.
    """
    grey = picture(found.preview(), found.info)
    height, width = grey.shape
    image = QImage(grey.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    across, down = found.info.zooms[:2] if found.info.zooms else (1.0, 1.0)
    if _lies_on_its_side(found.info):
        across, down = down, across
    scale = SIZE / max(width * across, height * down)
    return image.scaled(
        max(1, round(width * across * scale)),
        max(1, round(height * down * scale)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def _lies_on_its_side(info: ImageInfo) -> bool:
    return bool(info.axis_codes) and info.axis_codes[0] in "SI"


def picture(values: NDArray[np.generic], info: ImageInfo) -> NDArray[np.uint8]:
    """Return a slice (I, J) of any number type as uint8 grey levels (rows, columns) from black to white."""
    finite = values[np.isfinite(values)]
    low, high = (float(x) for x in np.percentile(finite, (_CLIPPED, 100 - _CLIPPED))) if finite.size else (0.0, 0.0)
    if not high > low:
        high = low + 1.0
    grey = np.clip((np.nan_to_num(values.astype(np.float64)) - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    if info.inverted:
        grey = 255 - grey
    codes = info.axis_codes[:2] or ("L", "P")
    if codes[0] in "RAS":
        grey = grey[::-1]
    if codes[1] in "RAS":
        grey = grey[:, ::-1]
    return np.ascontiguousarray(grey if _lies_on_its_side(info) else grey.T)
