"""Further images in the window, by mouse and keys: added, looked at, worked out when first seen, removed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_to_img
from PyQt6.QtWidgets import QFileDialog, QLabel

from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.parameter_types import LONGEST_NAME
from maskeditor.core.space.geometry import Plane
from maskeditor.engine.progress import Progress
from maskeditor.model.recipes import read_recipe
from maskeditor.model.session import Session
from maskeditor.model.view import display as display_module
from maskeditor.model.view.display import DIVERGING, Display
from maskeditor.ops.smooth import Smooth
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import adding_images
from maskeditor.ui.panels.images import ImageRow, ImagesPanel
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver, wait_until
from tests.ui.test_window import answering, drop

SHAPE = (20, 24, 18)
AFFINE = phantoms.affine("anisotropic")


@pytest.fixture
def head(tmp_path: Path) -> Path:
    path = tmp_path / "head.nii.gz"
    nibabel.save(nibabel.Nifti1Image(phantoms.head(SHAPE, 0), AFFINE), path)
    return path


@pytest.fixture
def stat(tmp_path: Path) -> Path:
    """A map of both signs on the grid of the head."""
    values = np.zeros(SHAPE, np.float32)
    values[4:9], values[12:15] = 6, -3
    path = tmp_path / "stat.nii.gz"
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), path)
    return path


@pytest.fixture
def coarse(tmp_path: Path) -> Path:
    """A map on a grid of twice the voxels' size."""
    values = np.random.default_rng(2).normal(0, 3, tuple(size // 2 for size in SHAPE)).astype(np.float32)
    path = tmp_path / "coarse.nii.gz"
    nibabel.save(nibabel.Nifti1Image(values, AFFINE @ np.diag([2, 2, 2, 1])), path)
    return path


@pytest.fixture
def opened(desk: Desk, head: Path) -> Desk:
    desk.open(head)
    return desk


def panel(desk: Desk) -> ImagesPanel:
    (found,) = desk.window.findChildren(ImagesPanel)
    return found


def row(desk: Desk, name: str) -> ImageRow:
    return next(row for row in panel(desk).rows if row.name == name)


def names(desk: Desk) -> list[str]:
    return [row.name for row in panel(desk).rows]


def display(desk: Desk, name: str) -> Display:
    found = desk.editor.viewer.display(name)
    assert found is not None
    return found


def drawn(desk: Desk) -> list[str]:
    return [display.name for display, _ in desk.editor.viewer.overlays]


def add(desk: Desk, path: Path) -> None:
    desk.wiring.files.images.add(path)
    desk.wait()


def enter(driver: Driver, field: object, text: str) -> None:
    driver.click(field)  # type: ignore[arg-type]
    driver.key("Ctrl+A")
    driver.key("Del")
    driver.type(text)
    driver.key("Return")


def under_pointer(desk: Desk) -> str:
    labels = desk.window.findChildren(QLabel)
    return next(label for label in labels if label.accessibleName() == "Under the pointer").text()


def test_an_image_on_the_grid_is_added_and_looked_at(
    opened: Desk, driver: Driver, stat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *args, **kwargs: (str(stat), ""))
    assert names(opened) == [""]
    driver.key("Ctrl+Shift+A")
    opened.wait()
    assert names(opened) == ["", "stat"]
    assert panel(opened).chosen == "stat"
    assert display(opened, "stat") == Display("stat", (-6.0, 6.0), DIVERGING)
    # A map of both signs is drawn where it is not zero.
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    assert canvas.key.is_shown
    assert canvas.key.words == ("stat", "-6", "6")
    assert not opened.window.views.views[Plane.CORONAL].canvas.key.is_shown
    enter(driver, panel(opened).fields.threshold, "4.5")
    assert display(opened, "stat").threshold == 4.5
    enter(driver, panel(opened).fields.threshold, "")
    assert display(opened, "stat").threshold is None
    enter(driver, panel(opened).fields.high, "8")
    assert display(opened, "stat").window == (-8.0, 8.0)
    enter(driver, panel(opened).fields.low, "-2")
    assert display(opened, "stat").window == (-2.0, 2.0)
    slider = row(opened, "stat").slider
    driver.click(slider, (3, slider.height() / 2))
    assert display(opened, "stat").opacity < 0.8
    driver.click(row(opened, "stat").eye)
    assert drawn(opened) == []
    assert not canvas.key.is_shown
    driver.click(row(opened, "stat").eye)
    assert drawn(opened) == ["stat"]
    driver.key("V")
    assert drawn(opened) == []
    assert not opened.wiring.actions["overlays_visible"].isChecked()
    driver.key("V")
    assert drawn(opened) == ["stat"]
    # None of it is a step.
    assert opened.document.present == ()


def test_what_lies_over_the_image_is_read_under_the_pointer(opened: Desk, driver: Driver, stat: Path) -> None:
    add(opened, stat)
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    assert canvas.map is not None
    opened.editor.viewer.set_crosshair((6, 12, 9))
    place = canvas.camera.to_pixels(*canvas.map.to_screen((6, 12, 9)))
    driver.move(canvas, place)
    opened.wait()
    assert "head.nii.gz: " in under_pointer(opened)
    assert "stat: 6" in under_pointer(opened)
    opened.editor.displays.show("stat", False)
    assert "stat" not in under_pointer(opened)


@pytest.mark.parametrize(("answer", "how"), [("Linear", "linear"), ("Continuous", "continuous"), ("Cancel", "")])
def test_another_grid_is_resampled_by_choice(
    opened: Desk, driver: Driver, head: Path, coarse: Path, answer: str, how: str
) -> None:
    with answering(driver, answer) as said:
        add(opened, coarse)
    opened.wait()
    assert "shape: 20 × 24 × 18 here, 10 × 12 × 9 there" in said[0]
    assert list(opened.document.images) == (["coarse"] if how else [])
    if how:
        expected = resample_to_img(
            nibabel.load(coarse), nibabel.load(head), interpolation=how, force_resample=True, copy_header=True
        )
        np.testing.assert_array_equal(opened.document.images["coarse"].intensities(), expected.get_fdata())
        assert opened.editor.session is not None
        assert opened.editor.session.further["coarse"].interpolation == how
        assert row(opened, "coarse").label.text() == "coarse (resampled)"
        add(opened, head)
        opened.wait()
        assert row(opened, "head").label.text() == "head"


def test_numbers_that_may_be_labels_are_offered_the_nearest(opened: Desk, driver: Driver, tmp_path: Path) -> None:
    path, labels = tmp_path / "atlas.nii", np.zeros((10, 12, 9), np.int16)
    labels[3:6], labels[6:] = 7, 40
    nibabel.save(nibabel.Nifti1Image(labels, AFFINE @ np.diag([2, 2, 2, 1])), path)
    with answering(driver, "As labels (nearest)"):
        add(opened, path)
    opened.wait()
    assert np.unique(opened.document.images["atlas"].stored).tolist() == [0, 7, 40]


def test_a_series_of_whole_numbers_is_no_image_of_labels(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, asked = tmp_path / "bold.nii", list[tuple[str, str]]()
    nibabel.save(nibabel.Nifti1Image(np.ones((10, 12, 9, 2), np.int16), AFFINE @ np.diag([2, 2, 2, 1])), path)

    def ask(*_: object, yes: str, no: str, details: object) -> Answer:
        asked.append((yes, no))
        return Answer.CANCEL

    monkeypatch.setattr(adding_images, "ask", ask)
    add(opened, path)
    assert asked == [("Linear", "Continuous")]


def test_an_image_is_not_added_to_another_that_was_opened_meanwhile(
    opened: Desk, head: Path, coarse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, said = Session.open(head), list[str]()

    def ask(*_: object, **__: object) -> Answer:
        opened.editor.set_session(other)
        return Answer.YES

    monkeypatch.setattr(adding_images, "ask", ask)
    opened.editor.message.connect(said.append)
    add(opened, coarse)
    assert said[-1] == "coarse.nii.gz was not added, as another image was opened meanwhile."
    assert not other.document.images


def test_long_names_are_kept_apart_too(opened: Desk, stat: Path) -> None:
    long = stat.with_name(f"{'n' * 100}.nii.gz")
    stat.rename(long)
    add(opened, long)
    add(opened, long)
    assert names(opened) == ["", "n" * (LONGEST_NAME - 4), "n" * (LONGEST_NAME - 4) + "2"]


@pytest.mark.parametrize("answer", ["Add as overlay", "Cancel"])
def test_a_dropped_file_may_be_an_overlay(opened: Desk, driver: Driver, stat: Path, answer: str) -> None:
    document = opened.document
    with answering(driver, answer):
        drop(opened, stat)
    opened.wait()
    assert opened.document is document
    assert drawn(opened) == (["stat"] if answer != "Cancel" else [])


def test_images_beside_labels_have_room_for_their_rows_and_fields(
    desk: Desk, driver: Driver, tmp_path: Path, stat: Path
) -> None:
    """With the tabs that labels bring, the list had been cut, and the threshold had to be scrolled to."""
    series, labels = tmp_path / "series.nii.gz", tmp_path / "atlas.nii.gz"
    values = np.random.default_rng(3).integers(0, 900, (*SHAPE, 4)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), series)
    numbers = np.zeros(SHAPE, np.uint8)
    numbers[4:9, 5:9, 6:12] = 3
    nibabel.save(nibabel.Nifti1Image(numbers, AFFINE), labels)
    labels.with_name("atlas.tsv").write_text("index\tname\n3\tcaudate\n", "utf-8")
    desk.open(series)
    for path in (stat, labels, series):
        add(desk, path)
    desk.window.show_panel("images")
    driver.click(row(desk, names(desk)[-1]).label)
    desk.wait()
    images, fields = panel(desk), panel(desk).fields
    assert desk.window.tabifiedDockWidgets(desk.window.docks["images"])
    assert len(names(desk)) == 4
    for widget in (images.list, images.compare_button, fields.low, fields.sign, fields.threshold, fields.frame):
        wait_until(
            lambda widget=widget: widget.visibleRegion().boundingRect() == widget.rect(),
            f"the whole of {widget.accessibleName()} to be seen",
        )
    desk.editor.apply(make("threshold", {"lower": 100}))
    desk.wait()
    docks = [desk.window.docks[id] for id in ("rois", "images", "history")]
    before, step_form = [dock.height() for dock in docks], desk.wiring.history.step_form
    step_form.open_step(0)
    wait_until(lambda: [dock.height() for dock in docks] != before, "the form to take room")
    desk.wait()
    assert fields.frame.visibleRegion().boundingRect() == fields.frame.rect()
    step_form.cancel_button.click()
    wait_until(lambda: [dock.height() for dock in docks] == before, "the room to be given back")


def test_two_of_one_name_are_kept_apart(opened: Desk, stat: Path) -> None:
    add(opened, stat)
    add(opened, stat)
    assert names(opened) == ["", "stat", "stat2"]


def test_a_derived_image_is_worked_out_when_it_is_first_seen(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[float] = []
    work = Smooth.worked_out

    def noted(self: Smooth, *rest: object) -> object:
        made.append(self.fwhm)
        return work(self, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Smooth, "worked_out", noted)
    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    assert names(opened) == ["", "soft"]
    assert (made, drawn(opened)) == ([], [])
    assert not panel(opened).fields.high.isEnabled()  # its window is found when it is seen
    driver.click(row(opened, "soft").eye)
    opened.wait()
    assert (made, drawn(opened)) == ([6.0], ["soft"])
    assert display(opened, "soft").window != Display("soft").window
    window = display(opened, "soft").window
    # An edit of its step works it out anew; what was chosen of how it is looked at stays.
    (step,) = opened.document.present
    opened.document.edit(0, [type(step)(make("smooth", {"name": "soft", "fwhm": 3}), step.roi)], "edit")
    opened.wait()
    assert (made, drawn(opened)) == ([6.0, 3.0], ["soft"])
    assert display(opened, "soft").window == window
    # With its step it goes, and with it it comes back.
    opened.editor.undo()
    opened.editor.undo()
    opened.wait()
    assert names(opened) == [""]
    opened.editor.redo()
    opened.wait()
    assert drawn(opened) == ["soft"]


def test_working_out_can_be_cancelled(opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Smooth, image: object, progress: object) -> object:
        while True:
            progress(0.5)  # type: ignore[operator]

    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    monkeypatch.setattr(Smooth, "worked_out", never)
    driver.click(row(opened, "soft").eye)
    wait_until(lambda: opened.editor.jobs.busy)
    driver.key("Esc")
    opened.wait()
    assert (drawn(opened), display(opened, "soft").visible) == ([], False)
    monkeypatch.undo()
    driver.click(row(opened, "soft").eye)
    opened.wait()
    assert drawn(opened) == ["soft"]


def test_a_series_is_drawn_by_its_mean_or_by_a_volume(opened: Desk, driver: Driver, tmp_path: Path) -> None:
    series = np.random.default_rng(5).normal(100, 20, (*SHAPE, 3)).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(series, AFFINE), tmp_path / "series.nii.gz")
    add(opened, tmp_path / "series.nii.gz")
    fields = panel(opened).fields
    assert fields.frame.isVisible()
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    seen = {}
    for what, keys in (("volume 0", ()), ("mean", ("Down",)), ("volume 2", ("Down",))):
        fields.frame.setFocus()
        for key in keys:
            driver.key(key)
        if what == "volume 2":
            enter(driver, fields.volume, "2")
        opened.wait()
        driver.move(canvas, (canvas.width() / 2, canvas.height() / 2))
        opened.wait()
        seen[what] = under_pointer(opened)
        assert f"series, {what}: " in seen[what]
    voxel = tuple(int(number) for number in seen["mean"].split("voxel ")[1].split("  ·")[0].split(", "))
    assert f"series, mean: {series[voxel].mean():.5g}" in seen["mean"]
    assert f"series, volume 2: {series[voxel][2]:.5g}" in seen["volume 2"]
    assert display(opened, "series").frame == 2
    # The mean counts among what is kept, and goes with it.
    image, kept = opened.editor.viewer.images["series"], opened.document.intermediates
    assert image.mean is None
    assert kept.has(("intensities", "mean", 0.0), of=image.volume)
    assert kept.nbytes == 4 * np.prod(SHAPE)
    opened.document.rest()
    assert kept.nbytes == 0
    assert not kept.has(("intensities", "mean", 0.0), of=image.volume)


def test_a_threshold_has_a_side_by_choice(opened: Desk, driver: Driver, stat: Path) -> None:
    add(opened, stat)
    fields = panel(opened).fields
    enter(driver, fields.threshold, "2.5")
    fields.sign.setFocus()
    driver.key("Down")
    assert (display(opened, "stat").sign, display(opened, "stat").threshold) == ("above", 2.5)
    driver.key("Down")
    assert (display(opened, "stat").sign, display(opened, "stat").threshold) == ("below", -2.5)


def test_how_an_image_is_looked_at_first_is_found_beside_the_interface(
    opened: Desk, stat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    find = display_module.window_of

    def noted(*values: Any) -> tuple[float, float]:
        threads.append(threading.current_thread())
        return find(*values)

    monkeypatch.setattr(display_module, "window_of", noted)
    add(opened, stat)
    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    opened.editor.displays.show("soft", True)
    opened.wait()
    assert drawn(opened) == ["stat", "soft"]
    assert len(threads) == 2
    assert threading.main_thread() not in threads


def test_an_image_that_a_step_looks_at_is_not_removed(opened: Desk, driver: Driver, stat: Path) -> None:
    failed: list[str] = []
    opened.editor.failed.disconnect()
    opened.editor.failed.connect(failed.append)
    add(opened, stat)
    opened.editor.apply(make("threshold", {"image": "stat", "lower": 4}))
    opened.wait()
    driver.click(panel(opened).remove_button)
    assert failed[0].startswith("The image 'stat' cannot be removed, as step 1 (")
    opened.editor.undo()
    driver.click(panel(opened).remove_button)
    assert "undo or redo may bring a step back" in failed[1]
    assert names(opened) == ["", "stat"]
    opened.editor.apply(make("invert", {}))
    opened.wait()
    driver.click(panel(opened).remove_button)
    assert len(failed) == 2
    assert names(opened) == [""]
    assert opened.document.images == {}


def test_images_change_places(opened: Desk, driver: Driver, stat: Path) -> None:
    add(opened, stat)
    add(opened, stat)
    driver.click(panel(opened).up_button)
    assert names(opened) == ["", "stat2", "stat"]
    assert drawn(opened) == ["stat2", "stat"]
    assert panel(opened).chosen == "stat2"
    assert not panel(opened).up_button.isEnabled()
    driver.click(panel(opened).down_button)
    assert drawn(opened) == ["stat", "stat2"]


def test_how_images_are_looked_at_goes_with_the_session(opened: Desk, head: Path, stat: Path) -> None:
    add(opened, stat)
    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    opened.editor.displays.show("soft", True)
    opened.wait()
    opened.editor.displays.change("stat", threshold=2.5, opacity=0.3, colour_map="viridis")
    opened.editor.displays.move("soft", -1)
    before, path = opened.editor.viewer.state.displays, head.with_name("work.maskeditor")
    assert opened.editor.session is not None
    opened.editor.session.save_session(path)
    opened.open(head)
    assert opened.editor.viewer.state.displays == ()
    opened.open(path)
    assert opened.editor.viewer.state.displays == before
    assert drawn(opened) == ["soft", "stat"]


def test_what_was_never_seen_finds_its_window_in_a_later_session_too(opened: Desk, head: Path) -> None:
    opened.editor.apply(make("smooth", {"name": "soft", "fwhm": 6}))
    opened.wait()
    path = head.with_name("work.maskeditor")
    assert opened.editor.session is not None
    opened.editor.session.save_session(path)
    opened.open(head)
    opened.open(path)
    opened.editor.displays.show("soft", True)
    opened.wait()
    assert drawn(opened) == ["soft"]
    assert display(opened, "soft").window != Display("soft").window


def test_the_image_below_has_its_window_and_colours_in_the_list(opened: Desk, driver: Driver) -> None:
    assert panel(opened).chosen == ""
    enter(driver, panel(opened).fields.high, "321")
    assert opened.editor.viewer.state.window[1] == 321
    panel(opened).fields.colours.setFocus()
    driver.key("Down")
    assert opened.editor.viewer.state.colour_map == "grey inverted"
    assert not panel(opened).remove_button.isEnabled()
    assert not panel(opened).fields.threshold.isVisible()


def test_the_chosen_image_is_saved_with_how_it_came_about(
    opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda parent, title, suggested, kinds: (suggested, kinds))
    said: list[str] = []
    opened.editor.message.connect(said.append)
    opened.editor.apply(make("smooth", {"name": "s", "fwhm": 4.0}))
    opened.wait()
    assert opened.editor.viewer.state.chosen_image == "s"
    opened.wiring.actions["save_image"].trigger()
    opened.wait()
    (path,) = tmp_path.rglob("*_s.nii.gz")
    assert said[-1] == f"Saved the image s to {path}."
    session = opened.editor.session
    made = session.document.snapshot().image("s", Progress())
    np.testing.assert_array_equal(nibabel.load(path).dataobj, made.stored)
    recipe = read_recipe(path.with_name(path.name.replace(".nii.gz", ".json")))
    assert (recipe.image, [step.operation.id for step in recipe.steps]) == ("s", ["smooth"])
    # Its steps are carried out by hand, too: one more image, and no ROI more.
    opened.editor.bringing_in.recipe(recipe)
    opened.wait()
    assert opened.editor.displays.names == ("s", "s2")
    assert len(session.document.rois) == 1
    opened.editor.failed.connect(said.append)
    opened.editor.viewer.change(chosen_image="")
    opened.wiring.actions["save_image"].trigger()
    opened.wait()
    np.testing.assert_array_equal(
        nibabel.load(next(tmp_path.rglob("*_copy.nii.gz"))).dataobj, session.document.volume.stored
    )
