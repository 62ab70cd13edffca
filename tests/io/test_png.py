"""Pictures of a palette, read back by imageio."""

from __future__ import annotations

import io

import imageio.v3 as imageio
import numpy as np

from maskeditor.io.png import png


def test_pixels_and_colours_are_those_that_were_given() -> None:
    random = np.random.default_rng(0)
    palette = random.integers(0, 256, (200, 3)).astype(np.uint8)
    pixels = random.integers(0, 200, (31, 47)).astype(np.uint8)
    read = imageio.imread(io.BytesIO(png(pixels, palette)), extension=".png")
    np.testing.assert_array_equal(read[..., :3], palette[pixels])
