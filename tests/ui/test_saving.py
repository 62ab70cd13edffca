"""What is asked before a mask is saved, and when one is opened that carries its steps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QLabel, QMessageBox, QPushButton
from scipy import ndimage

from maskeditor.core.operation.declaration import make
from maskeditor.model import recipes as carried_module
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import opening_masks
from maskeditor.ui.files import saving as saving_module
from maskeditor.ui.files.save_checks import SaveChecks
from tests.ui.conftest import Desk, OpenDesk

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
SHAPE = (24, 22, 18)


def image() -> np.ndarray:
    """A ball of 500 with a hole of 0, and a speck of 500."""
    away = np.linalg.norm(np.indices(SHAPE).T - [11, 10, 8], axis=-1).T
    data = np.where(away <= 6, 500, 0).astype(np.int16)
    data[11, 10, 8] = 0
    data[2, 3, 4] = 500
    return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    nibabel.save(nibabel.Nifti1Image(image(), AFFINE), tmp_path / "image.nii")
    return tmp_path / "image.nii"


@pytest.fixture
def opened(desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A window with a mask that is worth a look; the first time it is saved, this is the name given."""
    desk.open(path)
    desk.wiring.files.saving.quiet = False
    desk.editor.apply_now(make("threshold", {"lower": 400}))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path.parent / "mask.nii.gz"), ""))
    return desk


class Asked:
    """Takes the place of running the dialog; answers by pressing a button."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, press: str) -> None:
        self.said: list[list[str]] = []
        self.press = press
        self.be_quiet = False
        asked = self

        def run(dialog: SaveChecks) -> int:
            labels = [label.text() for label in dialog.findChildren(QLabel)]
            asked.said.append(labels)
            dialog.quiet.setChecked(asked.be_quiet)
            dialog.show()
            buttons = [button for button in dialog.findChildren(QPushButton) if button.text() == asked.press]
            buttons[0].click()
            return dialog.result()

        monkeypatch.setattr(SaveChecks, "exec", run)


def test_what_was_found_is_listed_and_saved_all_the_same(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "Save anyway")
    opened.wiring.files.saving.save_mask()
    opened.wait()
    (said,) = asked.said
    ball = int((image() > 0).sum()) - 1
    assert said == [
        "This is worth a look before 'mask' is saved:",
        f"It has 2 components; the largest has {ball} voxels, the others 1.",
        "It has a hole, 1 voxel large.",
    ]
    saved = opened.document
    assert not opened.window.isWindowModified()
    # The same mask again is not asked about again; another one is.
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert len(asked.said) == 1
    opened.editor.apply_now(make("dilation", {}))
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert len(asked.said) == 2
    assert saved.voxels(opened.editor.active) == np.count_nonzero(ndimage.binary_dilation(image() > 0))


def test_a_name_that_is_refused_is_so_before_the_mask_is_looked_over(
    opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, failures = Asked(monkeypatch, "Save anyway"), []
    opened.editor.failed.disconnect()  # nobody is there to close the box
    opened.editor.failed.connect(failures.append)
    monkeypatch.setattr(saving_module, "mask_checks", lambda *_: pytest.fail("the mask was looked over"))
    (path.parent / "mask.json").write_text('{"EchoTime": 0.03}')
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert asked.said == []
    assert len(failures) == 1
    assert "mask.json beside it tells of another image" in failures[0]


def test_nothing_is_asked_of_a_sound_mask(opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "Cancel")
    opened.editor.apply_now(make("keep_largest", {}))
    opened.editor.apply_now(make("fill_holes", {}))
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert asked.said == []
    assert (path.parent / "mask.nii.gz").is_file()


def test_an_earlier_row_does_not_replace_the_saved_mask_by_a_key(
    opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saving, document = opened.wiring.files.saving, opened.document
    saving.quiet = True
    saving.save_mask()
    opened.wait()
    mask = path.parent / "mask.nii.gz"
    opened.editor.apply_now(make("dilation", {}))
    saving.save_mask()
    opened.wait()
    before = mask.read_bytes()
    offered: list[str] = []

    def refuse(*given: object) -> tuple[str, str]:
        offered.append(str(given[2]))
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", refuse)
    document.go_to(document.present[:-1])
    saving.save_mask()
    opened.wait()
    assert offered == [str(path.parent / "mask_earlier.nii.gz")]
    assert mask.read_bytes() == before
    document.go_to(document.present)
    saving.save_mask()
    opened.wait()
    assert len(offered) == 1  # where it was saved before


def test_a_mask_of_a_file_that_is_only_read_gets_another_name(opened: Desk, path: Path) -> None:
    session, saving = opened.editor.session, opened.wiring.files.saving
    assert session is not None
    session.took_mask(opened.editor.active, path.with_name("packed.nii.bz2"))
    saving.quiet = True
    saving.save_mask()
    opened.wait()
    assert (path.parent / "mask.nii.gz").is_file()
    assert not path.with_name("packed.nii.bz2").exists()


def test_cancel_saves_nothing(opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "Cancel")
    for times in (1, 2):
        opened.wiring.files.saving.save_mask()
        opened.wait()
        assert len(asked.said) == times
    assert list(path.parent.iterdir()) == [path]
    assert opened.window.isWindowModified()


def test_show_me_goes_there_with_what_would_mend_it(opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch, "Show me")
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert opened.editor.viewer.state.crosshair == (2, 3, 4)
    assert opened.wiring.operations.heading.text() == "Keep largest"
    assert not (path.parent / "mask.nii.gz").exists()
    # It is previewed, so that what would go is seen.
    state = opened.editor.previews.state
    assert state is not None
    assert (state.added, state.removed) == (0, 1)


def test_it_can_be_told_to_be_quiet(opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, "Save anyway")
    asked.be_quiet = True
    opened.wiring.files.saving.save_mask()
    opened.wait()
    opened.editor.apply_now(make("dilation", {}))
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert len(asked.said) == 1
    assert not opened.window.isWindowModified()


def test_the_recipe_in_the_header_is_switched_off_and_on(
    opened: Desk, path: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.wiring.files.saving.quiet = True
    mask = path.parent / "mask.nii.gz"
    assert opened.editor.preferred.value.recipe_in_masks
    opened.editor.preferred.change(recipe_in_masks=False)
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert not nibabel.load(mask).header.extensions
    assert mask.with_name("mask.json").is_file()
    # It is remembered.
    opened.editor.preferred.keep()
    again = open_desk()
    assert not again.editor.preferred.value.recipe_in_masks
    opened.editor.preferred.change(recipe_in_masks=True)
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert len(nibabel.load(mask).header.extensions) == 1


# Masks that carry their steps -----------------------------------------------------------------------------------------


@pytest.fixture
def saved(opened: Desk, path: Path) -> Path:
    opened.editor.apply_now(make("keep_largest", {}))
    opened.editor.apply_now(make("paint", {"points": ((20, 20, 20),), "radius": 5, "shape": "sphere"}))
    opened.wiring.files.saving.quiet = True
    opened.wiring.files.saving.save_mask()
    opened.wait()
    return path.parent / "mask.nii.gz"


def answer(monkeypatch: pytest.MonkeyPatch, given: Answer) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def ask(parent: Any, title: str, text: str, **more: Any) -> Answer:
        asked.append({"text": text, **more})
        return given

    monkeypatch.setattr(opening_masks, "ask", ask)
    return asked


def voxels(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj) > 0


@pytest.mark.slow
@pytest.mark.parametrize("given", list(Answer))
def test_on_its_own_image(
    opened: Desk, saved: Path, path: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, given: Answer
) -> None:
    asked = answer(monkeypatch, given)
    fresh = open_desk()
    fresh.open(path)
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    (question,) = asked
    assert question["text"] == "mask.nii.gz was made on this image and carries the 3 steps that made it."
    assert (question["yes"], question["no"], question["details"]) == ("Bring its 3 steps back", "Only its voxels", ())
    steps = [step.operation.id for step in fresh.document.timeline]
    if given is Answer.YES:
        assert steps == ["threshold", "keep_largest", "paint"]
        # It is that file's mask: nothing is unsaved, and Save writes there.
        assert not fresh.window.isWindowModified()
        assert fresh.editor.session is not None
        assert fresh.editor.session.files == {fresh.editor.active: saved}
    else:
        assert steps == (["import_mask"] if given is Answer.NO else [])
    wanted = np.zeros(SHAPE, bool) if given is Answer.CANCEL else voxels(saved)
    assert np.array_equal(fresh.mask()[...], wanted)


def test_voxels_that_were_changed_since_are_told(
    opened: Desk, saved: Path, path: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = nibabel.load(saved)
    data = np.asarray(stored.dataobj).copy()
    data[0, 0, 0] = 1
    nibabel.save(nibabel.Nifti1Image(data, stored.affine, stored.header), saved)
    asked = answer(monkeypatch, Answer.YES)
    fresh = open_desk()
    fresh.open(path)
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    assert asked[0]["details"] == (
        "Its voxels were changed since, by another program; of that the steps know nothing.",
    )
    # What the steps make is another mask than the file's, so it is unsaved.
    assert fresh.window.isWindowModified()


def test_a_result_that_differs_is_told(
    opened: Desk, saved: Path, path: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if an operation had done something else in the version that wrote it: the stroke was wider.
    plain = carried_module.read_recipe

    def other(where: Path) -> Any:
        recipe = plain(where)
        last = recipe.steps[-1]
        wider = last.with_(operation=last.operation.model_copy(update={"radius": 30.0}))
        return replace(recipe, steps=(*recipe.steps[:-1], wider))

    monkeypatch.setattr(carried_module, "read_recipe", other)
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda parent, title, text: told.append(text))
    answer(monkeypatch, Answer.YES)
    fresh = open_desk()
    fresh.open(path)
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    (sentence,) = told
    assert sentence.startswith("The steps were carried out, but their mask is not the one that was saved with them")
    assert f"instead of {voxels(saved).sum()}" in sentence
    assert len(fresh.document.timeline) == 3
    assert fresh.window.isWindowModified()


@pytest.mark.slow
@pytest.mark.parametrize("given", list(Answer))
def test_on_another_image(
    opened: Desk, saved: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, given: Answer
) -> None:
    other = saved.with_name("other.nii")
    nibabel.save(nibabel.Nifti1Image(image() + np.int16(1), AFFINE), other)
    asked = answer(monkeypatch, given)
    fresh = open_desk()
    fresh.open(other)
    run: list[Path] = []
    fresh.wiring.files.masks._run_recipe = run.append
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    assert asked[0]["text"] == "mask.nii.gz was made on another image, image.nii."
    assert (asked[0]["yes"], asked[0]["no"]) == ("Only its voxels", "Run its recipe")
    assert run == ([saved] if given is Answer.NO else [])
    steps = [step.operation.id for step in fresh.document.timeline]
    assert steps == (["import_mask"] if given is Answer.YES else [])


def test_on_another_grid(opened: Desk, saved: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = saved.with_name("flipped.nii")
    nibabel.save(nibabel.Nifti1Image(image()[::-1], AFFINE @ [[-1, 0, 0, 23], *np.eye(4)[1:]]), other)
    asked = answer(monkeypatch, Answer.YES)
    fresh = open_desk()
    fresh.open(other)
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    assert (asked[0]["yes"], asked[0]["no"]) == ("Resample to the image", "Run its recipe")
    assert np.array_equal(fresh.mask()[...], voxels(saved)[::-1])
    # That it was resampled is worth a look when it is saved.
    fresh.wiring.files.saving.quiet = False
    seen = Asked(monkeypatch, "Cancel")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(saved.with_name("again.nii")), ""))
    fresh.wiring.files.saving.save_mask()
    fresh.wait()
    assert any("which lay on another grid" in sentence for sentence in seen.said[0])


@pytest.mark.parametrize("given", [Answer.NO, Answer.CANCEL])
def test_on_another_grid_and_not_resampled(
    opened: Desk, saved: Path, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch, given: Answer
) -> None:
    other = saved.with_name("flipped.nii")
    nibabel.save(nibabel.Nifti1Image(image()[::-1], AFFINE @ [[-1, 0, 0, 23], *np.eye(4)[1:]]), other)
    answer(monkeypatch, given)
    fresh = open_desk()
    fresh.open(other)
    run: list[Path] = []
    fresh.wiring.files.masks._run_recipe = run.append
    fresh.wiring.files.open_mask_path(saved)
    fresh.wait()
    assert run == ([saved] if given is Answer.NO else [])
    assert fresh.document.timeline == ()


def test_a_mask_without_steps_is_asked_nothing(opened: Desk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, Answer.CANCEL)
    plain = path.with_name("plain.nii")
    nibabel.save(nibabel.Nifti1Image((image() > 0).astype(np.uint8), AFFINE), plain)
    opened.wiring.files.open_mask_path(plain)
    opened.wait()
    assert asked == []
    assert opened.document.timeline[-1].operation.id == "import_mask"


def test_a_file_that_nobody_chose_here_is_asked_for(opened: Desk, saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a session that was opened, which may be from anywhere and name any file."""
    session, before, other = opened.editor.session, saved.read_bytes(), saved.with_name("other.nii.gz")
    assert session is not None
    session.saved_masks.unchosen.add("roi1")
    opened.editor.apply_now(make("dilation", {}))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(other), ""))
    opened.wiring.files.saving.save_mask()
    opened.wait()
    assert other.exists()
    assert saved.read_bytes() == before


@pytest.mark.parametrize("is_gone", [False, True])
@pytest.mark.parametrize("given", list(Answer))
def test_a_mask_that_others_changed_is_replaced_only_if_wanted(
    opened: Desk, saved: Path, monkeypatch: pytest.MonkeyPatch, given: Answer, is_gone: bool
) -> None:
    asked: list[str] = []

    def ask(parent: Any, title: str, text: str, **more: Any) -> Answer:
        asked.append(text)
        return given

    monkeypatch.setattr(saving_module, "ask", ask)
    theirs = nibabel.Nifti1Image(np.ones(SHAPE, np.uint8), AFFINE)
    if is_gone:
        saved.unlink()
    else:
        nibabel.save(theirs, saved)
    opened.editor.apply_now(make("dilation", {}))
    other = saved.with_name("other.nii.gz")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(other), ""))
    opened.wiring.files.saving.save_mask()
    opened.wait()
    what = "moved or deleted" if is_gone else "changed"
    assert asked == [f"mask.nii.gz was {what} by another window or program since it was last saved or opened here."]
    if given is Answer.YES:
        assert not voxels(saved).all()
    else:
        assert not saved.exists() if is_gone else voxels(saved).all()
    assert other.exists() == (given is Answer.NO)
    assert opened.window.isWindowModified() == (given is Answer.CANCEL)
    if given is not Answer.CANCEL:
        opened.wiring.files.saving.save_mask()
        opened.wait()
        assert len(asked) == 1


# Many at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "kept"),
    [
        ("Save as labels…", {"mask_dseg.nii.gz", "mask_dseg.json", "mask_dseg.tsv"}),
        ("Save the session…", {"image.maskeditor"}),
        (
            "Save each",
            {f"{name}.{ending}" for name in ("mask_mask", "mask_ROI", "mask_ROI_2") for ending in ("nii.gz", "json")},
        ),
        ("Discard", set()),
        ("", None),
    ],
)
def test_of_several_rois_all_are_asked_about_at_once(
    opened: Desk, path: Path, way: str, kept: set[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.wiring.files.saving.quiet = True
    for lower in (-100, 450):
        opened.editor.add_roi("ROI")
        opened.editor.apply_now(make("threshold", {"lower": lower, "upper": lower + 100}))
    # Of the last the speck alone, so that it does not lie over the whole of the first.
    opened.editor.apply_now(make("select_component", {"point": (2, 3, 4)}))
    opened.wait()
    # The earlier masks are shown; the present ones are unsaved.
    opened.editor.go_to(opened.document.present[:1])
    before, asked = set(path.parent.iterdir()), list[tuple[str, tuple[str, ...]]]()

    def choose(_parent: object, _title: str, text: str, ways: tuple[str, ...]) -> str:
        asked.append((text, ways))
        return way

    def name(_parent: object, _title: str, suggested: str, _kinds: str) -> tuple[str, str]:
        return str(path.parent / Path(suggested).name.replace("image_", "mask_")), ""

    monkeypatch.setattr(saving_module, "choose", choose)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    went_on: list[int] = []
    opened.wiring.files.saving.after_saving(lambda: went_on.append(1))
    opened.wait()
    ways = ("Save the session…", "Save as labels…", "Save each", "Discard")
    assert asked == [("3 ROIs have changes that are not saved: 'mask', 'ROI', 'ROI 2'.", ways)]
    assert went_on == ([] if kept is None else [1])
    new = {file.name for file in set(path.parent.iterdir()) - before}
    assert {name for name in new if not name.endswith("-wal")} == (kept or set())
    assert opened.editor.session is not None
    assert bool(opened.editor.session.unsaved()) == (way in ("Discard", ""))


def test_of_many_rois_some_are_named(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(11):
        opened.editor.add_roi("ROI")
        opened.editor.apply_now(make("threshold", {"lower": 450}))
    opened.wait()
    asked: list[str] = []
    monkeypatch.setattr(saving_module, "choose", lambda _, __, text, ways: asked.append(text) or "")
    opened.wiring.files.saving.after_saving(lambda: pytest.fail("it went on"))
    assert asked == [
        "12 ROIs have changes that are not saved: 'mask', 'ROI', 'ROI 2', 'ROI 3', 'ROI 4', 'ROI 5' and 6 more."
    ]
