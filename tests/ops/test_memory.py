"""How much memory operations take beyond the image and the masks that they are given."""

from __future__ import annotations

import contextlib
import gc
import tracemalloc

import numpy as np
import pytest
from scipy import ndimage

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import Operation, operations
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.scene import Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.memory_pool import results, workspace
from maskeditor.engine.progress import Progress
from maskeditor.io.outside import OUTSIDE
from maskeditor.ops.consensus import Consensus
from maskeditor.ops.region_grow import RegionGrow
from maskeditor.ops.template_mask import TemplateMask
from tests import phantoms
from tests.ops import test_battery_of_images as of_images
from tests.ops.test_battery import examples

pytestmark = pytest.mark.slow

#: What takes long, and holds no more when there is more of it: each pass takes what the one before it made, and
#: basins are the same whichever label is taken of what they are flooded with.
LESS = {"median_otsu": {"median_radius": 2, "numpass": 2}, "grow_from_seeds": {"label": 1}}
SHAPE = (232, 224, 240)
#: Half as many voxels, for what takes long: of these, what is held beside, in tables, is the larger share.
HALF = (184, 176, 192)


def beside(operation: Operation, floats: bool) -> float:
    """Bytes for each voxel that an operation needs besides, whatever pieces it works in."""
    if operation.id == "median_otsu":
        # A pass takes all that the one before it made: as numbers of two bytes, or the bins of floats, of one.
        return 1.5 * (1 if floats else 2)
    if operation.id == "grow_from_seeds":
        return 29.0  # ranks and basins, which are kept for the next seeds, and all ways between basins
    if floats and getattr(operation, "method", None) == "li":
        return 16.0  # means of all on a side, rounded as numpy rounds them in the order of C
    if getattr(operation, "correction", None) == "fdr":
        return 18.0  # those that may be significant, twice: here nearly all, of a z map few
    return 0.0


def measured(id: str, scene: Scene) -> list[Operation]:
    """Return the examples of an operation; of one that takes long, those of which each makes something else."""
    found = examples(id, scene)
    if id not in LESS:
        return found
    cheaper = [
        type(one)(**(one.model_dump() | LESS[id] | {"combine": found[0].model_dump()["combine"]})) for one in found
    ]
    return list(dict.fromkeys(cheaper))


@pytest.fixture(scope="module", params=["solid", "noisy"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return scene_of(request.param)


def scene_of(kind: str, shape: tuple[int, int, int] = SHAPE) -> Scene:
    """Return a head with specks, or one that is grainy throughout."""
    data = phantoms.head(shape)
    random = np.random.default_rng(0)
    if kind == "solid":
        grain = random.random(shape) < 0.9998
    else:
        noise = ndimage.gaussian_filter(random.normal(size=shape[::-1]).astype(np.float32), 1).T
        grain = noise > np.quantile(noise[::4, ::4, ::4], 0.4)
    mask = np.asfortranarray((data > 400) & grain)
    other = np.asfortranarray(data > 100)
    scaled = phantoms.volume(data, slope=0.37, intercept=-4.0)
    others = {"other": other, "third": mask | other}
    return phantoms.scene(phantoms.volume(data), mask, others=others, images={"scaled": scaled})


def peak_of(operation: Operation, scene: Scene) -> float:
    """Return the most memory that an operation holds besides, as a multiple of the mask's."""
    results._blocks.clear()
    workspace._blocks.clear()
    gc.collect()
    tracemalloc.start()
    try:
        operation.apply(scene, Progress())
        return tracemalloc.get_traced_memory()[1] / scene.mask.nbytes
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("id", [cls.id for cls in operations() if cls.id != "template_mask"])
def test_at_most_twice_the_mask(id: str, scene: Scene, request: pytest.FixtureRequest) -> None:
    """Besides what is kept for the next preview: the volume an EPI mask is found in, and an image smoothed in mm."""
    if id in LESS and request.node.callspec.params["scene"] == "noisy":
        pytest.skip("it looks at the image, and only the masks of the two scenes differ")
    if id in LESS:
        scene = scene_of("solid", HALF)
    chosen = measured(id, scene)
    if issubclass(type(chosen[0]), IntensityInput):
        chosen.append(type(chosen[0])(**(chosen[0].model_dump() | {"image": "scaled"})))
    others = {roi: phantoms.blobs((13, 12, 11)) for roi in scene.others}
    small = phantoms.scene(images={"scaled": phantoms.volume(slope=0.37)}, others=others)
    seen = 0
    for operation in chosen:
        with contextlib.suppress(OperationError):
            operation.apply(small, Progress())  # imports, and tables that are made once
        allowed = 2.0
        if isinstance(operation, IntensityInput):
            floats = 8 if operation.image else 4  # bytes of a number: float32 unless the image is scaled
            allowed += floats * (bool(operation.fwhm) + (id == "epi_mask"))
            allowed += beside(operation, floats=bool(operation.fwhm) or (bool(operation.image) and id != "median_otsu"))
        fresh = Scene(scene.volume, scene.mask, scene.extent, scene.others, scene.images)
        with contextlib.suppress(OperationError):  # what does not go with the scene is refused
            assert peak_of(operation, fresh) <= allowed, operation
            seen += 1
    assert seen


@pytest.mark.parametrize("id", [cls.id for cls in operations() if issubclass(cls, IntensityInput)])
def test_at_most_twice_the_mask_of_a_series(id: str) -> None:
    """Besides the mean, and what is made of it and kept as well: the smoothed mean, or the one of an EPI mask."""
    still = phantoms.head(HALF if id in LESS else SHAPE)
    data = np.stack([still, still + 7, still // 2], axis=-1)
    image = phantoms.volume(np.asfortranarray(data))
    head = np.asfortranarray(still > 400)
    small = phantoms.scene(phantoms.volume(np.asfortranarray(np.stack([phantoms.head()] * 3, axis=-1))))
    scene = phantoms.scene(image, head, others={})
    for operation in measured(id, scene):
        with contextlib.suppress(OperationError):
            operation.apply(small, Progress())
        allowed = 2.0 + 8 * (1 + (bool(operation.fwhm) or id == "epi_mask")) + beside(operation, floats=True)
        fresh = Scene(scene.volume, scene.mask, scene.extent)
        assert peak_of(operation, fresh) <= allowed, operation


SHARES = [0.02, 0.027, 0.03, 0.1, 0.2, 0.455, 0.475, 0.5, 0.7]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("id", ["fill_holes", "keep_largest", "remove_small", "select_component"])
def test_at_most_twice_a_mask_of_white_noise(id: str, share: float) -> None:
    """It has up to a component, or a hole, for every dozen voxels."""
    mask = np.asfortranarray(np.random.default_rng(0).random(SHAPE) < share)
    scene = phantoms.scene(phantoms.volume(np.zeros(SHAPE, np.uint8, order="F")), mask)
    small = phantoms.scene()
    for operation in examples(id, scene):
        with contextlib.suppress(OperationError):
            operation.apply(small, Progress())
        fresh = Scene(scene.volume, scene.mask, scene.extent)
        assert peak_of(operation, fresh) <= 2, operation


@pytest.mark.parametrize("share", SHARES)
def test_at_most_twice_a_mask_made_of_white_noise(share: float) -> None:
    """The mask that is made first is out of the way when its components are found."""
    data = np.asfortranarray(np.random.default_rng(0).integers(0, 1000, SHAPE, dtype=np.int16))
    seed = (116, 112, 120)
    data[seed] = 0
    empty = np.zeros(SHAPE, np.bool_, order="F")
    inside = np.asfortranarray(data < 1000 * share)
    scene = phantoms.scene(phantoms.volume(data), empty, others={"one": inside, "two": inside.copy(order="F")})
    grown = [RegionGrow(seed=seed, upper=1000 * share - 1, neighbours=neighbours) for neighbours in (6, 18, 26)]
    for operation in [*grown, Consensus(others=("one", "two"))]:
        fresh = Scene(scene.volume, scene.mask, scene.extent, scene.others)
        assert peak_of(operation, fresh) <= 2, operation


@pytest.mark.parametrize("choice", [{}, {"mask_type": "gm", "opening": 0}, {"connected": False, "opening": 0}])
def test_at_most_twice_the_mask_beside_the_template(choice: dict[str, object]) -> None:
    """The template on the image's grid is kept; until it is made, so are the splines of nilearn's template."""
    affine = np.diag([0.75, 0.75, 0.75, 1])
    affine[:3, 3] = -87, -110, -70
    empty = np.zeros(SHAPE, np.bool_, order="F")
    scene = phantoms.scene(Volume(np.zeros(SHAPE, np.uint8, order="F"), Geometry(SHAPE, affine)), empty, others={})
    operation = TemplateMask(**choice)
    operation.apply(phantoms.scene(), Progress())  # imports
    splines, kept = 8 * 197 * 233 * 189 / empty.nbytes, 4.0
    assert peak_of(operation, scene) <= splines + kept + 0.5
    patch = operation.apply(scene, Progress())
    assert patch is not None
    assert patch.data.any()
    del patch
    assert peak_of(operation, scene) <= 2


#: Volumes of float64 that may be held while an image is made, beside itself. (Those of a seed are kept for the next.)
BESIDE = {"seed_correlation": 4.5}


@pytest.mark.parametrize("id", of_images.IDS)
def test_an_image_is_made_with_few_volumes_beside_it(id: str) -> None:
    shape = (128, 128, 96)
    data = np.stack([phantoms.head(shape, seed) for seed in range(4)], axis=-1)
    series = phantoms.volume(np.asfortranarray(data))
    for operation in of_images.examples(id, series)[:3]:
        results._blocks.clear()
        workspace._blocks.clear()
        gc.collect()
        tracemalloc.start()
        try:
            made = operation.made_of(series, OUTSIDE, Progress())
            peak = tracemalloc.get_traced_memory()[1] - made.nbytes
        finally:
            tracemalloc.stop()
        assert peak <= BESIDE.get(id, 2.0) * 8 * np.prod(shape), operation
