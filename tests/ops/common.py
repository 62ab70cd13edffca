"""Carrying out an operation in a test."""

from __future__ import annotations

from typing import Any

import numpy as np

import maskeditor.ops  # noqa: F401  (fills the register)
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import bounding_box
from maskeditor.engine.progress import Progress
from tests import phantoms


def result_of(operation: Operation, scene: Scene) -> BoolArray:
    """Return the whole mask after an operation."""
    patch = operation.apply(scene, Progress())
    after = np.array(scene.mask[...], order="F")
    if patch is not None:
        assert patch.data.dtype == np.bool_
        assert patch.data.shape == patch.box.shape
        assert patch.box.intersection(scene.whole) == patch.box
        after[patch.box.slices] = patch.data
    return after


def on_mask(operation: Operation, mask: Any, affine_name: str = "plain") -> BoolArray:
    """Return what an operation makes of a mask on an image of no importance."""
    mask = np.asarray(mask, dtype=bool)
    image = phantoms.volume(np.zeros(mask.shape, np.uint8), affine_name)
    return result_of(operation, phantoms.scene(image, mask))


def on_image(operation: Operation, image: Volume, mask: Any = None) -> BoolArray:
    """Return what an operation makes of an image and, if none is given, an empty mask."""
    empty = np.zeros(image.geometry.shape, bool) if mask is None else np.asarray(mask, dtype=bool)
    return result_of(operation, phantoms.scene(image, empty))


def scene_of(image: Volume, mask: BoolArray, **fields: Any) -> Scene:
    """Return a scene with exactly these."""
    return Scene(volume=image, mask=mask, extent=bounding_box(mask), **fields)
