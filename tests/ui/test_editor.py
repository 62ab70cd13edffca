"""The editor: what it carries out on the worker, when it refuses, and what it shows before anything is applied."""

from __future__ import annotations

import itertools
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PyQt6.QtWidgets import QApplication

from maskeditor.core.errors import OperationError, StaleResult
from maskeditor.core.garbage import no_garbage
from maskeditor.core.history import edits
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.core.recipe.recipe_json import dumps, loads
from maskeditor.engine.progress import Progress
from maskeditor.io.nifti.header import Header
from maskeditor.model.further import FurtherImage
from maskeditor.model.preview import OperationPreview
from maskeditor.model.session import Session
from maskeditor.model.view.layers import Layers
from maskeditor.model.view.viewer import Viewer
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ops.opening import Opening
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.travels import AT_ONCE
from tests import phantoms
from tests.ui.drivers import wait_until

SHAPE = (24, 20, 18)
IMAGE = phantoms.head(SHAPE)


@pytest.fixture
def editor(qapp: QApplication) -> Iterator[Editor]:
    made = Editor(Viewer(), Layers())
    volume = phantoms.volume(IMAGE)
    made.set_session(Session(volume, Header.from_geometry(volume.geometry)))
    yield made
    made.close()
    made.deleteLater()


def wait(editor: Editor) -> None:
    wait_until(lambda: not editor.working)
    QApplication.processEvents()  # the last result may be on its way


def mask(editor: Editor) -> np.ndarray:
    assert editor.document is not None
    return np.array(editor.document.mask(editor.active)[...])


def told(editor: Editor) -> tuple[list[str], list[str]]:
    """Return the lists that sentences and errors will be put into."""
    said: list[str] = []
    failed: list[str] = []
    editor.message.connect(said.append)
    editor.failed.connect(failed.append)
    return said, failed


def apply(editor: Editor, id: str, scope: Scope | None = None, **values: object) -> None:
    editor.apply(make(id, values), *([scope] if scope else []))
    wait(editor)


def test_a_step_is_made_on_the_worker_and_told(editor: Editor) -> None:
    said, failed = told(editor)
    editor.apply(make("threshold", {"lower": 500}))
    assert editor.jobs.busy
    assert editor.jobs.task == "Threshold"
    wait(editor)
    assert np.array_equal(mask(editor), IMAGE >= 500)
    count = int((IMAGE >= 500).sum())
    assert said[-1].replace("\u202f", "").startswith(f"Threshold: {count} voxels added, 0 removed")
    assert not failed


def test_undo_and_redo_say_what_they_did(editor: Editor) -> None:
    said, failed = told(editor)
    editor.apply(make("threshold", {"lower": 250}))
    wait(editor)
    editor.undo()
    wait(editor)
    assert said[-1] == "Undone: Threshold."
    editor.redo()
    wait(editor)
    assert said[-1] == "Redone: Threshold."
    assert not failed


def test_a_stroke_is_told_by_the_name_of_its_tool(editor: Editor) -> None:
    said, failed = told(editor)
    assert editor.document is not None
    middle = editor.document.geometry.to_world([n // 2 for n in IMAGE.shape]).tolist()
    for mode, name, told_of in (
        ("add", "Brush", "{} voxels added, 0 removed."),
        ("erase", "Eraser", "0 voxels added, {} removed."),
    ):
        before = mask(editor)
        editor.apply_now(make("paint", {"points": [middle], "radius": 3, "mode": mode}))
        count = int((mask(editor) != before).sum())
        assert count
        assert said[-1] == f"{name}: {told_of.format(count)}"
        editor.undo()
        assert said[-1] == f"Undone: {name}."
        editor.redo()
    editor.apply_now(make("paint", {"points": [middle], "radius": 3, "mode": "erase"}))
    assert said[-1] == "Eraser changes no voxel, so no step was made."
    assert not failed


def test_a_scope_limits_the_step(editor: Editor) -> None:
    apply(editor, "threshold", Scope(axis=2, first=4, last=9), lower=500)
    wanted = IMAGE >= 500
    wanted[..., :4] = wanted[..., 10:] = False
    assert np.array_equal(mask(editor), wanted)


def test_one_thing_at_a_time(editor: Editor) -> None:
    said, _ = told(editor)
    editor.apply(make("threshold", {"lower": 500}))
    editor.apply(make("invert", {}))
    editor.apply_now(make("invert", {}))
    editor.undo()
    wait(editor)
    assert editor.document is not None
    assert [step.operation.id for step in editor.document.timeline] == ["threshold"]
    assert "Wait until the running operation is done, or cancel it." in said


def test_an_operation_that_fails_changes_nothing(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply_badly(self: Opening, scene: Scene, progress: Progress) -> Patch | None:
        raise OperationError("It will not do.")

    monkeypatch.setattr(Opening, "apply", apply_badly)
    apply(editor, "threshold", lower=500)
    before, (_, failed) = mask(editor), told(editor)
    apply(editor, "opening")
    assert failed == ["It will not do."]
    assert np.array_equal(mask(editor), before)
    assert not editor.jobs.busy


def test_small_and_large_moves_are_undone_alike(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    assert IMAGE.size < AT_ONCE
    for limit in (AT_ONCE, 0):  # at once, and on the worker
        monkeypatch.setattr("maskeditor.ui.work.travels.AT_ONCE", limit)
        apply(editor, "threshold", lower=500)
        after = mask(editor)
        editor.undo()
        assert editor.jobs.running is (limit == 0)
        assert not editor.jobs.busy
        wait(editor)
        assert not mask(editor).any()
        editor.redo()
        wait(editor)
        assert np.array_equal(mask(editor), after)
        editor.undo()
        wait(editor)


def test_going_back_and_forth_by_several_steps(editor: Editor) -> None:
    stages = [mask(editor)]
    for id, values in (("threshold", {"lower": 300}), ("dilation", {}), ("invert", {})):
        apply(editor, id, **values)
        stages.append(mask(editor))
    assert editor.document is not None
    whole = editor.document.timeline
    for length in (1, 3, 0, 2):
        editor.go_to(whole[:length])
        wait(editor)
        assert np.array_equal(mask(editor), stages[length]), length


def test_previews_show_slices_at_once_and_counts_later(editor: Editor) -> None:
    apply(editor, "threshold", lower=700)
    before, after = mask(editor), IMAGE >= 650
    assert (after & ~before).any()
    editor.previews.show(make("threshold", {"lower": 650}))
    shown = editor.layers.preview
    assert shown is not None
    assert np.array_equal(shown.slice(2, 9), after[..., 9])
    assert editor.previews.state is not None
    assert editor.previews.state.added is None
    wait(editor)
    assert (editor.previews.state.added, editor.previews.state.removed) == (int((after & ~before).sum()), 0)
    assert np.array_equal(mask(editor), before)
    editor.clear_preview()
    assert editor.layers.preview is None
    assert editor.previews.state is None


def test_only_the_last_of_many_previews_is_worked_out(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    for lower in range(0, 600, 10):
        editor.previews.show(make("threshold", {"lower": lower}))
        QApplication.processEvents()
    wait(editor)
    assert editor.previews.state is not None
    assert editor.previews.state.added == int((IMAGE >= 590).sum())


def test_applying_what_was_previewed_does_not_work_it_out_again(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(editor, "threshold", lower=500)
    editor.previews.show(make("opening", {}))
    wait(editor)

    def again(self: Opening, scene: Scene, progress: Progress) -> Patch | None:
        raise AssertionError("worked out again")

    monkeypatch.setattr(Opening, "apply", again)
    apply(editor, "opening")
    from scipy import ndimage

    assert np.array_equal(mask(editor), ndimage.binary_opening(IMAGE >= 500))
    assert editor.previews.state is None


def test_what_was_previewed_elsewhere_is_worked_out_again(editor: Editor) -> None:
    apply(editor, "threshold", lower=500)
    before, some = mask(editor), Scope(axis=2, first=3, last=9)
    planes = (np.arange(SHAPE[2]) >= 3) & (np.arange(SHAPE[2]) <= 9)
    editor.previews.show(make("invert", {}))
    wait(editor)
    apply(editor, "invert", some)
    assert np.array_equal(mask(editor), np.where(planes, ~before, before))
    editor.undo()
    other = editor.document.add_roi("other").id if editor.document is not None else ""
    editor.previews.show(make("invert", {}))
    wait(editor)
    editor.set_active(other)
    assert editor.previews.state is None  # it was of the first
    apply(editor, "invert")
    assert mask(editor).all()


def test_other_steps_than_those_previewed_are_worked_out_again(editor: Editor) -> None:
    apply(editor, "threshold", lower=500)
    for previewed, made in ((680, 720), (720, 680)):
        editor.previews.show_rewrite(
            edits.edit(editor.timeline, 0, make("threshold", {"lower": previewed}), EVERYWHERE)
        )
        wait(editor)
        editor.rewrite(edits.edit(editor.timeline, 0, make("threshold", {"lower": made}), EVERYWHERE))
        wait(editor)
        assert np.array_equal(mask(editor), made <= IMAGE)


def test_the_last_picture_stands_until_the_next_is_known(editor: Editor) -> None:
    editor.previews.show(make("otsu", {}))
    wait(editor)
    first = editor.layers.preview
    assert first is not None
    editor.previews.show(make("otsu", {"keep": "darkest"}))
    assert editor.layers.preview is first
    wait(editor)
    assert editor.layers.preview is not first
    editor.previews.show(make("invert", {}))  # worked out slice by slice
    shown = editor.layers.preview
    assert shown is not None
    assert shown.slice(2, 4) is not None


def test_what_a_preview_brings_when_another_is_shown_is_left(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    lane, asked = editor._preview_lane, list[tuple[Any, Any, Any]]()
    monkeypatch.setattr(lane._lane, "submit", lambda *work: asked.append(work))
    editor.previews.show(make("otsu", {}))
    lane._settle.timeout.emit()
    editor.previews.show(make("otsu", {"keep": "darkest"}))
    shown, ((work, done, failed),) = lane.shown, asked
    assert shown is not None
    for arrive in (lambda: done(work(Progress())), lambda: failed(OperationError("It went wrong."))):
        arrive()
        assert lane.shown is shown
        assert not shown.is_known
        assert editor.previews.state is not None
        assert editor.previews.state.is_counting
    editor.clear_preview()
    done(work(Progress()))
    assert editor.layers.preview is None
    assert editor.previews.state is None


def test_a_preview_waits_for_a_job(editor: Editor) -> None:
    goes_on = threading.Event()
    editor.previews.show(make("otsu", {}))
    editor.jobs.run("Saving", lambda progress: goes_on.wait(60), lambda _: None)
    assert not editor._preview_lane.working
    assert editor.previews.state is not None
    assert editor.previews.state.is_counting
    goes_on.set()
    wait(editor)
    assert not editor.previews.state.is_counting


def test_a_preview_that_cannot_be_says_why(editor: Editor) -> None:
    flat = phantoms.volume(np.zeros(SHAPE, np.int16))
    editor.set_session(Session(flat, Header.from_geometry(flat.geometry)))
    editor.previews.show(make("otsu", {}))
    wait(editor)
    assert editor.previews.state is not None
    assert editor.previews.state.error.endswith(".")
    # The mask is drawn as it is, and not what was shown before.
    assert editor.layers.preview is not None
    shown = editor.layers.preview.slice(2, 4)
    assert shown is not None
    assert not shown.any()


def test_another_session_takes_the_place_of_the_first(editor: Editor) -> None:
    apply(editor, "threshold", lower=500)
    first = editor.document
    volume = phantoms.volume(phantoms.head((9, 8, 7)))
    editor.set_session(Session(volume, Header.from_geometry(volume.geometry)))
    assert first is not None
    changed: list[object] = []
    editor.redrawn.connect(changed.append)
    first.undo()  # nobody listens any more
    assert not changed
    assert mask(editor).shape == (9, 8, 7)


def test_a_closed_image_frees_its_memory_at_once(editor: Editor) -> None:
    editor.previews.show(make("threshold", {"lower": 500}))
    wait(editor)
    apply(editor, "threshold", lower=500)
    apply(editor, "opening")
    editor.undo()
    wait(editor)
    assert editor.document is not None
    gone = [weakref.ref(editor.document), weakref.ref(editor.document.mask("roi1"))]
    volume = phantoms.volume(phantoms.head((9, 8, 7)))
    with no_garbage():
        editor.set_session(Session(volume, Header.from_geometry(volume.geometry)))
        wait_until(lambda: all(reference() is None for reference in gone))


def test_a_recipe_is_one_move(editor: Editor) -> None:
    apply(editor, "threshold", lower=500)
    apply(editor, "opening")
    wanted = mask(editor)
    assert editor.session is not None
    assert editor.document is not None
    recipe = loads(dumps(editor.session.recipe(editor.active)))
    editor.bringing_in.recipe(recipe)
    wait(editor)
    assert len(editor.document.timeline) == 4
    assert np.array_equal(mask(editor), wanted)
    assert len(editor.document.rois) == 2
    editor.undo()
    wait(editor)
    assert len(editor.document.timeline) == 2
    assert len(editor.document.rois) == 1  # what came with the recipe goes with it
    editor.redo()
    wait(editor)
    assert len(editor.document.rois) == 2


def test_a_recipe_that_fails_leaves_nothing(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(editor, "threshold", lower=500)
    apply(editor, "opening")
    assert editor.session is not None
    assert editor.document is not None
    recipe, rois, timeline = editor.session.recipe(editor.active), editor.document.rois, editor.timeline
    _, failed = told(editor)

    def broken(self: Opening, scene: Scene, progress: Progress) -> Patch | None:
        raise OperationError("It is broken.")

    monkeypatch.setattr(Opening, "apply", broken)
    editor.bringing_in.recipe(recipe)
    wait(editor)
    assert failed == ["Step 4 (Opening 1 ×) could not be carried out: It is broken. Nothing was changed."]
    assert (editor.document.rois, editor.timeline) == (rois, timeline)


def test_a_recipe_whose_image_is_not_there_says_so(editor: Editor) -> None:
    assert editor.session is not None
    assert editor.document is not None
    editor.session.add_image("atlas", FurtherImage(phantoms.volume(IMAGE), onto=editor.document.geometry))
    apply(editor, "threshold", image="atlas", lower=500)
    recipe = editor.session.recipe(editor.active)
    volume = phantoms.volume(IMAGE)
    editor.set_session(Session(volume, Header.from_geometry(volume.geometry)))
    _, failed = told(editor)
    editor.bringing_in.recipe(recipe)
    wait(editor)
    (sentence,) = failed
    assert "'atlas'" in sentence
    assert not editor.timeline


RACE = """
import threading
import numpy as np
import maskeditor.ops
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.engine.progress import Progress
from maskeditor.model.histogram_request import HistogramRequest
from tests import phantoms

random = np.random.default_rng(0)
document = Document(phantoms.volume(random.integers(0, 1000, (128, 128, 64)).astype(np.int16)))
roi = document.rois[0].id
document.do(make("threshold", {"lower": 10}), roi)
known = HistogramRequest(document.snapshot().scene(roi)).work_out(Progress())
document.do(make("threshold", {"lower": 500}), roi)
over = threading.Event()

def count():
    while not over.is_set():
        HistogramRequest(document.snapshot().scene(roi), known=known).work_out(Progress())

thread = threading.Thread(target=count)
thread.start()
for _ in range(200):
    document.undo()
    document.redo()
over.set()
thread.join()
print("alive")
"""


def test_a_mask_may_change_while_its_histogram_is_counted() -> None:
    """In a process of its own: it once wrote past the end of an array."""
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "alive", done.stderr


def test_closing_ends_all_threads(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    running, threads = threading.Event(), set[threading.Thread]()

    def slow(self: Opening, scene: Scene, progress: Progress) -> Patch | None:
        for part in itertools.count(1):
            threads.add(threading.current_thread())
            running.set()
            progress(1 - 0.999**part)
        return None

    monkeypatch.setattr(Opening, "apply", slow)
    apply(editor, "threshold", lower=500)
    editor.apply(make("opening", {}))
    assert running.wait(60)
    editor.close()
    assert len(threads) == 1
    assert not any(thread.is_alive() for thread in threads)


def test_a_locked_roi_stays_as_it_is(editor: Editor) -> None:
    document = editor.document
    assert document is not None
    first = editor.active
    apply(editor, "threshold", lower=500)
    editor.add_roi("second")
    apply(editor, "boolean", other=first)
    second, timeline = editor.active, document.timeline
    _, failed = told(editor)
    editor.change_roi(second, locked=True)
    apply(editor, "invert")
    editor.apply_now(make("invert", {}))
    editor.rewrite(edits.remove(timeline, 1))
    assert not editor.jobs.busy  # nothing is worked out first
    # The first may be changed, but the second looks at it.
    editor.rewrite(edits.edit(timeline, 0, make("threshold", {"lower": 700}), EVERYWHERE))
    wait(editor)
    assert failed == ["'second' is locked; unlock it in the list of ROIs to change it."] * 4
    assert document.timeline is timeline
    editor.change_roi(second, locked=False)
    editor.rewrite(edits.edit(timeline, 0, make("threshold", {"lower": 700}), EVERYWHERE))
    wait(editor)
    assert np.array_equal(mask(editor), IMAGE >= 700)


def test_an_opened_mask_leaves_a_locked_roi_alone(editor: Editor) -> None:
    document = editor.document
    assert document is not None
    locked = editor.active
    editor.change_roi(locked, locked=True)
    editor.bringing_in.masks({"bright": ImportMask.of(IMAGE >= 500, "m.nii", "0" * 64)})
    wait(editor)
    assert [roi.name for roi in document.rois] == ["mask", "bright"]
    assert document.voxels(locked) == 0
    assert editor.active == document.rois[1].id
    assert np.array_equal(mask(editor), IMAGE >= 500)


def test_a_mask_opened_at_the_start_leaves_an_roi_alone_that_is_filled_later(editor: Editor) -> None:
    document = editor.document
    assert document is not None
    editor.apply(make("threshold", {"upper": 300}))
    wait(editor)
    first, whole = editor.active, document.timeline
    filled = document.voxels(first)
    editor.go_to(whole[:0])
    wait(editor)
    editor.bringing_in.masks({"bright": ImportMask.of(IMAGE >= 500, "m.nii", "0" * 64)})
    wait(editor)
    assert [roi.name for roi in document.rois] == ["mask", "bright"]
    editor.come_back()
    wait(editor)
    assert document.voxels(first) == filled


def test_opened_masks_are_one_move_on_rois_of_their_own(editor: Editor) -> None:
    one, two = IMAGE >= 500, IMAGE < 100
    masks = {"bright": ImportMask.of(one, "m.nii", "0" * 64), "dark": ImportMask.of(two, "m.nii", "0" * 64)}
    editor.bringing_in.masks(masks)
    wait(editor)
    document = editor.document
    assert document is not None
    assert [roi.name for roi in document.rois] == ["bright", "dark"]  # the empty one was taken for the first
    for roi, wanted in zip(document.rois, (one, two), strict=True):
        assert np.array_equal(document.mask(roi.id)[...], wanted)
    editor.undo()
    wait(editor)
    assert document.timeline == ()
    said, _ = told(editor)
    editor.bringing_in.masks({"nothing": ImportMask.of(np.zeros(SHAPE, bool), "n.nii", "0" * 64)})
    wait(editor)
    assert document.timeline == ()
    assert said[-1] == "There is no voxel in 'nothing', so no step was made."


def test_what_was_previewed_goes_from_every_plane(editor: Editor) -> None:
    """An undo changes voxels in one place and ends a preview that shows changes in others."""
    point = editor.document.geometry.to_world((5, 5, 5)).tolist()  # type: ignore[union-attr]
    apply(editor, "paint", points=(tuple(point),), radius=1.0, shape="sphere")
    redrawn: list[object] = []
    editor.redrawn.connect(redrawn.append)
    editor.previews.show(make("threshold", {"lower": 300}))
    wait(editor)
    redrawn.clear()
    editor.undo()
    wait(editor)
    assert None in redrawn
    redrawn.clear()
    editor.redo()
    wait(editor)
    assert None not in redrawn  # without a preview, only where something has changed


def test_a_preview_whose_base_has_moved_is_no_error(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(*_: object) -> None:
        raise StaleResult

    monkeypatch.setattr(OperationPreview, "work_out", moved)
    editor.previews.show(make("opening", {}))
    wait(editor)
    state = editor.previews.state
    assert state is not None
    assert (state.error, state.is_counting) == ("", True)
