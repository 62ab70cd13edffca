"""Images that steps make, looked at before they are made: by mouse and keys, on a series."""

from __future__ import annotations

import threading
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtGui import QImage

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scene import Patch
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.model.preview import OperationPreview
from maskeditor.ops.seed_correlation import SeedCorrelation
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.panels.operations import OperationsPanel
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until
from tests.ui.test_images_by_hand import display, drawn, names, panel, row

FRAMES = 8


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    head = phantoms.head((20, 24, 18), 0).astype(float)
    noise = np.random.default_rng(8).normal(0, 40, (*head.shape, FRAMES))
    path = tmp_path / "bold.nii"
    nibabel.save(nibabel.Nifti1Image((head[..., None] + noise).astype(np.int16), phantoms.affine("anisotropic")), path)
    desk.open(path)
    return desk


def operations(desk: Desk) -> OperationsPanel:
    return desk.wiring.operations


def seen(desk: Desk) -> QImage:
    return desk.window.views.grab().toImage()


def choose(desk: Desk, id: str) -> OperationsPanel:
    operations(desk).choose(id)
    desk.wait()
    return operations(desk)


@pytest.mark.parametrize("id", ["mean", "standard_deviation", "tsnr", "smooth", "gradient_magnitude"])
def test_the_planes_show_what_is_chosen_until_escape_or_apply(opened: Desk, driver: Driver, id: str) -> None:
    form = choose(opened, id)
    assert form.live.isVisible()
    assert form.live.isChecked()
    assert form.counts.text().startswith("Its values go from ")
    assert drawn(opened) == [id]
    previewed = seen(opened)
    assert opened.window.views.views[Plane.AXIAL].canvas.key.words[0] == id
    # Without the tick there is none, and the sentence that says so is true.
    driver.click(form.live)
    opened.wait()
    assert (drawn(opened), opened.editor.pending.change) == ([], None)
    assert seen(opened) != previewed
    driver.click(form.live)
    opened.wait()
    assert drawn(opened) == [id]
    driver.key("Esc")
    opened.wait()
    assert (drawn(opened), names(opened), opened.editor.timeline) == ([], [""], ())
    assert form.counts.text().endswith("or tick Preview.")
    driver.click(form.live)
    opened.wait()
    driver.click(form.apply_button)
    opened.wait()
    # It is there now: seen, chosen, and with a window of its own.
    assert (drawn(opened), names(opened), panel(opened).chosen) == ([id], ["", id], id)
    image = opened.document.snapshot().image(id, lambda _: None)  # type: ignore[arg-type]
    low, high = display(opened, id).window
    assert image.stored.min() <= low < high <= image.stored.max()
    assert panel(opened).fields.high.value() == high
    opened.editor.undo()
    opened.wait()
    assert (drawn(opened), names(opened)) == ([], [""])


def test_changes_of_a_mask_that_were_previewed_before_are_not_left_in_the_planes(opened: Desk) -> None:
    # Over a further image, masks are drawn as they were as long as nobody says that they have changed.
    choose(opened, "mean").apply()
    opened.wait()
    choose(opened, "smooth")
    alone = seen(opened)
    choose(opened, "otsu")
    assert (drawn(opened), seen(opened) != alone) == (["mean"], True)
    choose(opened, "smooth")
    assert seen(opened) == alone


def test_the_key_is_that_of_the_preview_though_another_image_is_chosen(opened: Desk) -> None:
    choose(opened, "tsnr")
    operations(opened).apply()
    opened.wait()
    key = opened.window.views.views[Plane.AXIAL].canvas.key
    assert (panel(opened).chosen, key.words[0]) == ("tsnr", "tsnr")
    choose(opened, "standard_deviation")
    assert (panel(opened).chosen, key.words[0]) == ("tsnr", "standard_deviation")
    opened.wiring.commands.cancel()
    opened.wait()
    assert key.words[0] == "tsnr"


def test_what_was_previewed_is_not_worked_out_again(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = choose(opened, "tsnr")
    monkeypatch.setattr(type(make("tsnr", {"name": "t"})), "worked_out", None)
    driver.click(form.apply_button)
    opened.wait()
    assert drawn(opened) == ["tsnr"]


def test_the_volume_that_is_shown_is_previewed(opened: Desk) -> None:
    choose(opened, "smooth")
    first = opened.editor.previews.image
    assert first is not None
    opened.editor.viewer.set_frame(5)
    opened.wait()
    other = opened.editor.previews.image
    assert other is not None
    assert other.operation.frame == 5
    assert not np.array_equal(first.volume.stored, other.volume.stored)
    operations(opened).apply()
    opened.wait()
    assert opened.editor.timeline[0].operation.frame == "all"
    image = opened.editor.viewer.images["smooth"].volume
    assert np.array_equal(image.stored[..., 5], other.volume.stored)


def test_a_preview_is_a_pending_change_as_any_other(opened: Desk, driver: Driver) -> None:
    asked: list[str] = []

    def ask(sentence: str) -> Answer:
        asked.append(sentence)
        return Answer.YES

    opened.editor.pending.ask = ask
    form = choose(opened, "mean")
    gone_on: list[int] = []
    opened.editor.pending.settle(lambda: gone_on.append(1))
    opened.wait()
    assert asked == ["Image mean: mean is not applied."]
    assert (gone_on, names(opened)) == ([1], ["", "mean"])
    # What cannot be made is said, and cannot be applied.
    form.fields.form.fields["name"].set_value("mean")  # type: ignore[union-attr]
    opened.wait()
    assert "There is an image 'mean' already" in form.counts.text()
    assert not form.apply_button.isEnabled()


def test_what_is_applied_before_its_preview_has_failed_is_refused(opened: Desk) -> None:
    failed: list[str] = []
    opened.editor.failed.disconnect()
    opened.editor.failed.connect(failed.append)
    opened.editor.apply(make("bias_correction", {"name": "b", "lower": 1e6, "shrink": 2}))
    opened.wait()
    (sentence,) = failed
    assert sentence.startswith("No voxel of the image is above 1e+06, where the bias field would be estimated; ")
    assert (opened.editor.timeline, names(opened)) == ((), [""])
    assert not opened.document.history.can_undo


def test_hidden_images_are_shown_for_a_preview_and_named_where_they_are_hidden_again(opened: Desk) -> None:
    viewer = opened.editor.viewer
    viewer.change(overlays_hidden=True)
    form = choose(opened, "mean")
    assert not viewer.state.overlays_hidden
    viewer.change(overlays_hidden=True)
    assert form.counts.text().endswith("V shows them.")
    assert not form.live.isChecked()


def test_a_seed_follows_the_crosshair_until_it_is_applied(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, viewer = choose(opened, "seed_correlation"), opened.editor.viewer

    def seed() -> tuple[int, int, int]:
        image = opened.editor.previews.image
        assert image is not None
        assert isinstance(image.operation, SeedCorrelation)
        return image.operation.seed

    assert seed() == viewer.state.crosshair
    window = viewer.overlays[-1][0].window
    for voxel in ((3, 4, 5), (10, 12, 9)):
        viewer.set_crosshair(voxel)
        opened.wait()
        assert seed() == voxel
        assert viewer.overlays[-1][1].intensity(voxel, 0) == pytest.approx(1)
        assert viewer.overlays[-1][0].window == window
    # Nothing was set by hand that would be asked about.
    assert not form.is_by_hand
    monkeypatch.setattr(SeedCorrelation, "at_a_glance", None)  # from now on nothing is followed
    driver.click(form.apply_button)
    opened.wait()
    viewer.set_crosshair((1, 1, 1))
    opened.wait()
    assert opened.editor.timeline[0].operation == make(
        "seed_correlation", {"name": "seed_correlation", "seed": (10, 12, 9)}
    )
    assert drawn(opened) == ["seed_correlation"]


def test_each_seed_that_is_worked_out_is_shown_while_the_hand_moves(opened: Desk) -> None:
    choose(opened, "seed_correlation")
    viewer, previews = opened.editor.viewer, opened.editor._preview_lane
    shown: list[object] = []
    viewer.changed.connect(lambda changed: shown.append(viewer.preview) if "images" in changed else None)
    for step in range(6):
        viewer.set_crosshair((3 + step, 4, 5))
        if step == 2:
            wait_until(lambda: shown, "a map while the hand moves")
    opened.wait()
    # The newest wins, and those that were passed over were never begun.
    assert 2 <= len(shown) < 6
    assert previews.shown.operation.seed == (8, 4, 5)  # type: ignore[union-attr]
    assert viewer.preview is shown[-1]


def test_a_seed_goes_on_after_one_that_failed_and_after_another_preview(
    opened: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, viewer = choose(opened, "seed_correlation"), opened.editor.viewer
    glance = SeedCorrelation.at_a_glance

    def refused(self: SeedCorrelation, *rest: object) -> object:
        if self.seed[0] == 3:
            raise OperationError("Not this one.")
        return glance(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(SeedCorrelation, "at_a_glance", refused)
    viewer.set_crosshair((3, 4, 5))
    viewer.set_crosshair((4, 4, 5))
    opened.wait()
    assert viewer.overlays[-1][1].intensity((4, 4, 5), 0) == pytest.approx(1)
    viewer.set_crosshair((3, 4, 5))
    opened.wait()
    assert form.counts.text() == "Not this one."
    viewer.set_crosshair((6, 4, 5))
    # Chosen while that is worked out, and left before anything is.
    operations(opened).choose("mean")
    operations(opened).choose("seed_correlation")
    opened.wait()
    assert form.counts.text().startswith("Its values go from")
    viewer.set_crosshair((7, 4, 5))
    opened.wait()
    assert viewer.overlays[-1][1].intensity((7, 4, 5), 0) == pytest.approx(1)


def test_a_step_that_is_changed_shows_its_image(opened: Desk, driver: Driver) -> None:
    choose(opened, "smooth")
    operations(opened).apply()
    opened.wait()
    made = opened.editor.viewer.overlays[-1][1].volume
    window = display(opened, "smooth").window
    step = opened.wiring.history.step_form
    step.open_step(0)
    step.fields.form.fields["fwhm"].set_value(12.0)  # type: ignore[union-attr]
    step.fields.changed.emit()
    opened.wait()
    shown, image = opened.editor.viewer.overlays[-1]
    assert drawn(opened) == ["smooth"]
    assert image.volume is not made
    assert shown.window == window
    opened.wiring.commands.cancel()
    opened.wait()
    assert opened.editor.viewer.overlays[-1][1].volume is made
    assert row(opened, "smooth").isVisible()


@pytest.mark.parametrize("id", ["smooth", "gradient_magnitude", "mean"])
def test_the_planes_are_drawn_before_the_whole(opened: Desk, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskeditor.model.image_preview.LONG", 1)
    monkeypatch.setattr("maskeditor.model.image_preview.MOST_FIRST", 3)  # the image is small
    viewer, drawn_first = opened.editor.viewer, []
    axial = opened.window.views.views[Plane.AXIAL].picture
    alone = axial.image().copy()

    def note(changed: frozenset[str]) -> None:
        if "images" in changed and viewer.preview is not None:
            shown, image = viewer.preview
            place = viewer.state.crosshair
            slices = [image.slice(axis, index, 0) for axis, index in enumerate(place)]
            drawn_first.append((shown.window, axial.image().copy(), slices, image.slice(2, place[2] - 1, 0)))

    viewer.changed.connect(note)
    choose(opened, id)
    viewer.changed.disconnect(note)
    (window, picture, planes, beside), (_, _, whole, beside_then) = drawn_first
    assert all(np.array_equal(one, other) for one, other in zip(planes, whole, strict=True))
    assert np.isnan(beside).all()
    assert np.isfinite(beside_then).any()
    assert window[0] < window[1]
    assert window != (0, 1)  # it is found in what is there
    assert picture != alone


def test_the_planes_of_a_mask_are_drawn_before_the_whole(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.editor.apply_now(make("threshold", {"lower": 400}))
    opened.wait()
    monkeypatch.setattr("maskeditor.model.preview.MOST_AT_ONCE", 1)
    monkeypatch.setattr("maskeditor.model.preview.MOST_FIRST", 3)
    lane, layers, place, noted = opened.editor._preview_lane, opened.editor.layers, opened.editor.viewer.state, []

    def note(_: object) -> None:
        if layers.preview is not None:
            noted.append((layers.preview.slice(2, place.crosshair[2]), layers.preview.slice(2, 0)))

    lane.redrawn.connect(note)
    choose(opened, "dilation")
    lane.redrawn.disconnect(note)
    first = next(plane for plane, _ in noted if plane is not None)
    whole, other = noted[-1]
    assert [other is None for plane, other in noted if plane is first] == [True]
    assert np.array_equal(first, whole)
    assert other is not None
    before = opened.editor.document.mask(opened.editor.active)[...]  # type: ignore[union-attr]
    assert not np.array_equal(whole, before[:, :, place.crosshair[2]])


@pytest.mark.parametrize("meanwhile", ["undo", "redo", "discard", "apply", "another"])
def test_planes_that_are_drawn_first_stay_no_longer_than_what_is_pending(
    opened: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    editor, layers, place = opened.editor, opened.editor.layers, opened.editor.viewer.state.crosshair[2]
    editor.apply_now(make("threshold", {"lower": 400.0}))
    editor.apply_now(make("erosion", {}))
    if meanwhile == "redo":
        editor.undo()
    opened.wait()
    monkeypatch.setattr("maskeditor.model.preview.MOST_AT_ONCE", 1)
    monkeypatch.setattr("maskeditor.model.preview.MOST_FIRST", 3)
    goes_on, work_out = threading.Event(), OperationPreview.work_out

    def held(preview: OperationPreview, progress: Progress) -> tuple[Patch | None, int, int]:
        while not goes_on.wait(0.01):
            progress(0.0)
        return work_out(preview, progress)

    monkeypatch.setattr(OperationPreview, "work_out", held)
    form = operations(opened)
    form.choose("dilation")
    wait_until(lambda: layers.preview is not None and layers.preview.slice(2, place) is not None, "the planes")
    planes = layers.preview
    assert planes is not None
    assert planes.slice(2, 0) is None
    if meanwhile in ("undo", "redo"):
        opened.wiring.actions[meanwhile].trigger()
    elif meanwhile == "discard":
        editor.pending.discard()
        assert layers.preview is None
    elif meanwhile == "apply":
        form.apply_button.click()
    else:
        form.choose("erosion")
    goes_on.set()
    opened.wait()
    shown, mask = layers.preview, opened.document.mask(editor.active)[...][:, :, place]
    assert shown is not planes
    assert (shown is None) == (editor.previews.state is None) == (meanwhile in ("discard", "apply"))
    if shown is not None:  # of the mask as it is now, and whole
        assert shown.revision == opened.document.revision
        assert shown.slice(2, 0) is not None
        became = shown.slice(2, place)
        assert became is not None
        smaller, larger = (became, mask) if meanwhile == "another" else (mask, became)
        assert np.array_equal(np.logical_and(smaller, larger), smaller)
        assert not np.array_equal(smaller, larger)
