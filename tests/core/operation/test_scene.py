"""What a scene keeps for the next preview, and what it lets go."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from maskeditor.core.errors import OperationError
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.outside import Outside
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Box
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.ops.keep_largest import KeepLargest
from maskeditor.ops.remove_small import RemoveSmall
from tests import phantoms
from tests.ops.common import result_of

#: Seconds until a wait is given up.
PATIENCE = 60


def test_results_are_kept_within_the_budget_latest_last():
    kept = Intermediates(budget=100)
    first = kept.get("first", lambda: np.zeros(5))
    kept.get("second", lambda: np.zeros(5))
    assert kept.get("first", lambda: np.ones(5)) is first
    kept.get("third", lambda: np.zeros(5))
    assert kept.has("first")
    assert kept.has("third")
    assert not kept.has("second")
    kept.get("large", lambda: np.zeros(100))
    assert kept.has("large")
    assert not kept.has("first")


def test_a_mean_that_overflows_is_refused():
    stored = np.full((3, 3, 3, 3), 3e38, np.float32)
    volume = phantoms.volume(stored)
    with pytest.raises(OperationError, match="the sum of the volumes overflows"):
        result_of(make("threshold", {"lower": 1}), phantoms.scene(volume))
    stored[0, 0, 0, 1] = np.inf  # its mean is infinite by right
    stored[...] = np.where(stored < np.inf, 1, stored)
    assert result_of(make("threshold", {"lower": 2}), phantoms.scene(phantoms.volume(stored))).sum() == 1


def test_a_result_goes_with_what_it_was_made_from():
    kept = Intermediates()
    volume = phantoms.volume()
    gone = weakref.ref(volume)
    kept.get("mean", lambda: np.zeros(5), of=volume)
    kept.get("mean", lambda: np.ones(5), of=phantoms)
    assert kept.has("mean", of=volume)
    key = id(volume)
    del volume
    gc.collect()
    assert gone() is None
    assert [whole for whole, _ in kept._kept] == [id(phantoms)]
    assert key != id(phantoms)


def test_neither_a_smoothed_nor_an_epi_image_keeps_the_volume():
    from maskeditor.ops.epi_mask import EpiMask

    # Made before: what checks the first one is built then, and looks at what its caller holds.
    chosen = [EpiMask(opening=opening) for opening in (0, 2, 2)]
    scene = phantoms.scene(phantoms.volume(phantoms.head((20, 21, 22))))
    intermediates, gone = scene.intermediates, weakref.ref(scene.volume)
    scene.intensities("", 0, 3.0, Progress())
    for operation in chosen:
        result_of(operation, scene)
    del scene
    gc.collect()
    assert gone() is None
    assert not intermediates._kept


def test_what_no_longer_fits_is_made_anew():
    kept = Intermediates()
    kept.get("it", lambda: np.zeros(1))
    assert kept.get("it", lambda: np.ones(1), fits=lambda it: it[0] == 0)[0] == 0
    assert kept.get("it", lambda: np.ones(1), fits=lambda it: it[0] == 1)[0] == 1
    assert not kept.get("it", lambda: np.ones(1)).flags.writeable


def test_components_are_found_once_for_a_mask():
    scene = phantoms.scene()
    components = scene.components(6, Progress())
    assert scene.components(6, Progress()) is components
    assert scene.components(26, Progress()) is not components
    assert scene.components(6, Progress()) is components


def test_components_are_found_anew_for_a_mask_that_was_changed_in_place():
    scene = phantoms.scene()
    for operation in (KeepLargest(count=3), RemoveSmall(below=4, unit="voxels")):
        result_of(operation, scene)
    scene.mask.setflags(write=True)
    scene.mask[::2] = False
    for operation in (KeepLargest(count=3), RemoveSmall(below=4, unit="voxels")):
        afresh = phantoms.scene(mask=scene.mask)
        assert np.array_equal(result_of(operation, scene), result_of(operation, afresh))


def test_an_empty_mask_has_no_components():
    with pytest.raises(ValueError, match="has no components"):
        phantoms.scene(mask=np.zeros((13, 12, 11), bool)).components(6, Progress())


def test_a_document_hands_its_templates_to_every_scene():
    template = phantoms.volume(affine_name="oblique")
    document = Document(phantoms.volume(), outside=Outside({"head": template}))
    scene = document.snapshot().scene(document.rois[0].id)
    assert scene.outside.template("head") is template
    assert scene.cropped(Box((1, 2, 3), (4, 5, 6))).outside.template("head") is template
    with pytest.raises(OperationError, match=r"no template 'neck' here \(templates: 'head'\)"):
        scene.outside.template("neck")


def test_room_is_made_before_what_is_asked_for_is_made():
    kept = Intermediates(budget=100)
    kept.get("one", lambda: np.zeros(10))
    seen = []
    kept.get("two", lambda: seen.append(kept.nbytes) or np.zeros(10), nbytes=80)
    assert seen == [0]
    assert kept.nbytes == 80


def test_what_takes_long_is_made_once_for_two_that_want_it():
    kept, begun, made, waited = Intermediates(), Event(), [], []

    def make():
        made.append(1)
        begun.set()
        assert waits.wait(PATIENCE)
        return np.ones(3)

    def wait():
        waited.append(1)
        waits.set()

    waits = Event()
    with ThreadPoolExecutor(1) as others:
        first = others.submit(kept.get_once, "ones", make, waiting=wait)
        assert begun.wait(PATIENCE)
        assert kept.get_once("ones", make, waiting=wait) is first.result()
    assert (made, bool(waited)) == ([1], True)


def test_who_waits_makes_it_when_the_other_is_cancelled():
    kept, begun, waits = Intermediates(), Event(), Event()

    def cancelled():
        begun.set()
        assert waits.wait(PATIENCE)
        raise Cancelled

    with ThreadPoolExecutor(1) as others:
        first = others.submit(kept.get_once, "ones", cancelled, waiting=begun.set)
        assert begun.wait(PATIENCE)
        assert kept.get_once("ones", lambda: np.ones(3), waiting=waits.set).sum() == 3
        assert isinstance(first.exception(), Cancelled)


def test_what_is_larger_than_the_budget_goes_once_what_asked_for_it_is_done():
    kept = Intermediates(budget=100)
    kept.get("large", lambda: np.zeros(1000))
    assert kept.has("large")
    kept.trim()
    assert not kept.has("large")
    kept.get("small", lambda: np.zeros(10))
    kept.trim()
    assert kept.has("small")


def test_at_rest_nothing_is_kept_but_what_others_hold_is_found_again():
    kept, volume = Intermediates(), phantoms.volume(phantoms.head((4, 4, 4)))
    shown = kept.get("mean", lambda: np.zeros(10), of=volume)
    kept.get("smoothed", lambda: np.zeros(10), of=volume)
    kept.rest()
    assert kept.nbytes == 0
    assert kept.has("mean", of=volume)
    assert not kept.has("smoothed", of=volume)
    assert kept.get("mean", lambda: np.ones(10), of=volume) is shown
    kept.rest()
    del shown
    assert not kept.has("mean", of=volume)


def test_what_others_hold_is_not_found_for_another_volume():
    kept, volume = Intermediates(), phantoms.volume(phantoms.head((4, 4, 4)))
    shown = kept.get("mean", lambda: np.zeros(10), of=volume)
    kept.rest()
    del volume
    gc.collect()
    assert not kept._elsewhere
    assert shown.size == 10


def test_a_part_that_is_kept_is_of_its_box_its_volume_and_its_smoothing():
    data = np.random.default_rng(3).integers(0, 100, (6, 7, 8, 2)).astype(np.int16)
    scene = phantoms.scene(Volume(data, Geometry(data.shape[:3], np.eye(4))))
    near, far = Box((0, 0, 0), (3, 3, 3)), Box((2, 3, 4), (5, 6, 7))
    # Each is asked for right after another that differs from it in one thing, and again.
    for box, frame, fwhm in ((near, 0, 2.0), (far, 0, 2.0), (far, 1, 2.0), (far, 1, 3.0), (near, 1, 3.0)) * 2:
        part = scene.cropped(box, kept_as="axial").intensities("", frame, fwhm, Progress())
        assert np.array_equal(part, scene.intensities("", frame, fwhm, Progress())[box.slices])


def test_a_part_of_an_image_of_one_volume_that_is_kept_is_of_its_box():
    scene = phantoms.scene(phantoms.volume(phantoms.head((10, 11, 12))))
    for start in (0, 5, 0):
        box = Box((start, start, start), (start + 3, start + 4, start + 5))
        part = scene.cropped(box, kept_as="axial").intensities("", 0, 0.0, Progress())
        assert np.array_equal(part, scene.volume.stored[box.slices])


def test_a_part_reads_the_mask_once_it_is_looked_at_and_never_before():
    class Read:
        """A mask that counts how often it is read."""

        def __init__(self, voxels):
            self.voxels, self.shape, self.times = voxels, voxels.shape, 0

        def __getitem__(self, where):
            self.times += 1
            return self.voxels[where]

    scene = phantoms.scene(phantoms.volume(phantoms.head((10, 11, 12))))
    mask = Read(scene.mask)
    box = Box((1, 2, 3), (9, 10, 4))
    part = replace(scene, mask=mask).cropped(box)
    made = make("threshold", {"lower": 100.0}).apply(part, Progress())
    assert made is not None
    assert mask.times == 0
    assert part.mask.shape == (8, 8, 1)
    assert np.array_equal(part.mask[...], scene.mask[box.slices])
    assert part.mask[2, 3, 0] == scene.mask[3, 5, 3]
    assert mask.times == 1


def test_a_part_is_read_while_another_thread_reads_one():
    """A slice that is drawn does not wait for what a worker unpacks."""
    begun, read = Event(), Event()

    class Slow:
        """A mask that takes until another was read."""

        shape = (4, 4, 4)

        def __getitem__(self, where):
            begun.set()
            assert read.wait(PATIENCE)
            return np.zeros(self.shape, bool)[where]

    scene = phantoms.scene(phantoms.volume(phantoms.head((10, 11, 12))))
    box = Box((1, 1, 1), (5, 5, 5))
    with ThreadPoolExecutor(1) as other:
        waiting = other.submit(lambda: replace(scene, mask=Slow()).cropped(box).mask[...])
        assert begun.wait(PATIENCE)
        with ThreadPoolExecutor(1) as hand:
            drawn = hand.submit(lambda: scene.cropped(box).mask[...])
            try:
                drawn.result(PATIENCE)
            finally:
                read.set()
        assert not waiting.result().any()
