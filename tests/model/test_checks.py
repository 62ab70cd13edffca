"""What is worth a look before a mask is saved, against scipy."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

import maskeditor.ops
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import find, make
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.model.checks import Check, Concern, checks
from maskeditor.ops.import_mask import ImportMask
from tests import phantoms
from tests.ops.common import result_of

assert maskeditor.ops
#: First axis to the left, second up, third to the back.
TURNED = [[-2, 0, 0, 8], [0, 0, -3, 4], [0, 1.5, 0, 2], [0, 0, 0, 1]]


def of(mask: np.ndarray, *steps: Step) -> dict[Concern, Check]:
    found = checks(mask, Geometry(mask.shape, TURNED), steps)
    assert len({check.concern for check in found}) == len(found)
    return {check.concern: check for check in found}


def ball(shape: tuple[int, int, int] = (15, 15, 15), radius: float = 4.0) -> np.ndarray:
    return np.asfortranarray(radius >= np.linalg.norm(np.indices(shape).T - np.array(shape) // 2, axis=-1).T)


def test_a_sound_mask_has_nothing_to_say() -> None:
    assert of(ball()) == {}


def test_an_empty_mask() -> None:
    (check,) = of(np.zeros((4, 5, 6), bool)).values()
    assert (check.concern, check.place, check.remedy) == (Concern.EMPTY, None, "")
    assert check.sentence == "It is empty: no voxel is inside."


@pytest.mark.parametrize(
    ("axis", "index", "side"),
    [(0, 0, "right"), (0, -1, "left"), (1, 0, "inferior"), (1, -1, "superior"), (2, 0, "anterior"),
     (2, -1, "posterior")],
)  # fmt: skip
def test_each_edge_is_named_and_shown(axis: int, index: int, side: str) -> None:
    mask = np.zeros((6, 7, 8), bool, order="F")
    part = [slice(2, 5)] * 3
    part[axis] = slice(0, 3) if index == 0 else slice(mask.shape[axis] - 3, None)
    mask[tuple(part)] = True
    (check,) = of(mask).values()
    assert (check.concern, check.sentence) == (Concern.EDGE, f"It touches the edge of the field of view ({side}).")
    assert check.place is not None
    assert mask[check.place]
    assert check.place[axis] == index % mask.shape[axis]


def test_a_single_slice_is_no_edge() -> None:
    mask = np.zeros((8, 8, 1), bool, order="F")
    mask[3:5, 3:5] = True
    assert of(mask) == {}


def test_several_components() -> None:
    mask = ball()
    mask[1, 1, 1] = mask[1, 1, 2] = mask[13, 2, 2] = True
    (check,) = of(mask).values()
    assert (check.concern, check.remedy) == (Concern.COMPONENTS, "keep_largest")
    assert check.sentence == f"It has 3 components; the largest has {ball().sum()} voxels, the others 3."
    # The second largest is shown, as it is the one that may have been overlooked.
    assert check.place in ((1, 1, 1), (1, 1, 2))


def test_holes() -> None:
    mask = ball()
    mask[7, 7, 7] = mask[7, 7, 8] = mask[5, 6, 7] = False
    (check,) = of(mask).values()
    assert (check.concern, check.remedy) == (Concern.HOLES, "fill_holes")
    assert check.sentence == "It has 2 holes, together 3 voxels large."
    assert check.place in ((7, 7, 7), (7, 7, 8))
    mask[5, 6, 7] = mask[7, 7, 8] = True
    assert of(mask)[Concern.HOLES].sentence == "It has a hole, 1 voxel large."


def test_a_mask_of_another_grid_is_told() -> None:
    mask = ball()
    there, here = (
        ImportMask.of(mask, name, "0" * 64, resampled=on) for name, on in (("a.nii", True), ("b.nii", False))
    )
    (check,) = of(mask, Step(there, "roi1"), Step(there, "roi1"), Step(here, "roi1")).values()
    assert (check.concern, check.remedy) == (Concern.RESAMPLED, "")
    assert check.sentence.startswith("It is made with a.nii, which lay on another grid")
    assert check.place is not None
    assert mask[check.place]
    assert of(mask, Step(there, "roi1", enabled=False), Step(make("invert", {}), "roi1")) == {}
    assert set(of(np.zeros((3, 3, 3), bool), Step(there, "roi1"))) == {Concern.EMPTY, Concern.RESAMPLED}


def test_every_remedy_is_an_operation_that_mends_it() -> None:
    mask = ball()
    mask[7, 7, 7] = False
    mask[1, 1, 1] = True
    found = of(mask)
    assert found.keys() == {Concern.COMPONENTS, Concern.HOLES}
    scene = phantoms.scene(phantoms.volume(np.zeros(mask.shape, np.uint8)), mask)
    for concern, check in found.items():
        remedy = find(check.remedy)
        assert not remedy.by_tool
        # As it opens in its form, and nothing else is changed.
        assert of(result_of(remedy.suggest(scene), scene)).keys() == found.keys() - {concern}


@given(arrays(bool, st.tuples(*[st.integers(1, 6)] * 3), elements=st.booleans()), st.booleans())
@settings(max_examples=150)
def test_as_scipy_finds_them(mask: np.ndarray, fortran: bool) -> None:
    mask = np.asfortranarray(mask) if fortran else mask
    found = of(mask)
    assert (Concern.EMPTY in found) == (not mask.any())
    labels, count = ndimage.label(mask)
    assert (Concern.COMPONENTS in found) == (count > 1)
    holes = ndimage.binary_fill_holes(mask) & ~mask
    assert (Concern.HOLES in found) == holes.any()
    edge = [mask.take(at, axis) for axis in range(3) if mask.shape[axis] > 1 for at in (0, -1)]
    assert (Concern.EDGE in found) == any(face.any() for face in edge)
    if Concern.COMPONENTS in found:
        place = found[Concern.COMPONENTS].place
        sizes = np.bincount(labels.ravel())[1:]
        assert np.sort(sizes)[-2] == sizes[labels[place] - 1]
    if Concern.HOLES in found:
        place = found[Concern.HOLES].place
        parts, _ = ndimage.label(holes)
        assert np.bincount(parts.ravel())[1:].max() == (parts == parts[place]).sum()
        assert holes[place]


@pytest.mark.parametrize("at", [0.05, 0.3, 0.7])
def test_it_can_be_cancelled(at: float) -> None:
    def report(done: float) -> None:
        if done >= at:
            progress.cancel()

    progress = Progress(report)
    mask = ball()
    mask[1, 1, 1] = True
    with pytest.raises(Cancelled):
        checks(mask, Geometry(mask.shape, TURNED), progress=progress)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_place_is_the_voxel_nearest_to_the_middle_of_a_component(order: str) -> None:
    """Of voxels equally near, the first in C index order."""
    mask = np.array(phantoms.gapped((14, 11, 9), 3), order=order)
    labelled, count = ndimage.label(mask)
    sizes = np.bincount(labelled.ravel())[1:]
    second = np.argwhere(labelled == 1 + np.argsort(-sizes, kind="stable")[1])
    distances = np.linalg.norm(second - second.mean(axis=0), axis=1)
    assert count > 2
    assert of(mask)[Concern.COMPONENTS].place == tuple(second[distances.argmin()].tolist())


def test_little_is_held_besides_the_mask() -> None:
    """Two halves with a hole in each: at most one of them is held beside the mask, and no place of each voxel."""
    mask = np.zeros((200, 100, 100), bool, order="F")
    mask[2:98, 2:98, 2:98] = mask[101:198, 2:98, 2:98] = True
    mask[20:60, 20:60, 20:60] = mask[120:160, 20:60, 20:60] = False
    of(mask[:20])  # imports
    tracemalloc.start()
    try:
        assert {Concern.COMPONENTS, Concern.HOLES} <= of(mask).keys()
        assert tracemalloc.get_traced_memory()[1] < 2.5 * mask.nbytes
    finally:
        tracemalloc.stop()
