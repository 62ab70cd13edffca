"""How much memory operations take beyond the image and the masks that they are given."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

from maskeditor.core.errors import OperationError
from maskeditor.core.operation import operations
from maskeditor.core.progress import Progress
from maskeditor.core.reuse import results
from maskeditor.core.scene import Scene
from tests import phantoms
from tests.ops.test_battery import examples

SHAPE = (200, 208, 200)


@pytest.fixture(scope="module")
def scene():
    data = phantoms.head(SHAPE)
    grain = np.random.default_rng(0).random(SHAPE) < 0.9
    mask = np.asfortranarray((data > 400) & grain)
    other = np.asfortranarray(data > 100)
    return phantoms.scene(phantoms.volume(data), mask, others={"other": other, "third": mask | other})


@pytest.mark.parametrize("id", [cls.id for cls in operations() if cls.id != "template_mask"])
def test_at_most_twice_the_mask(id, scene):
    """Beyond that, a mean, a smoothed image or what an EPI mask is found in: one volume of floats, kept."""
    for operation in examples(id, scene):
        fresh = Scene(scene.volume, scene.mask, scene.extent, others=scene.others)
        try:
            operation.apply(fresh, Progress())  # imports, and tables that are made once
        except OperationError:
            continue
        fresh.intermediates.clear()
        results._blocks.clear()
        gc.collect()
        tracemalloc.start()
        operation.apply(fresh, Progress())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(id, operation.model_dump_json()[:150], round(peak / scene.mask.nbytes, 2))
