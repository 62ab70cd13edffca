"""Recipes in the window: the same bits as from the command line, questions on another image, and what is copied."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtGui import QGuiApplication

from maskeditor.__main__ import main
from maskeditor.core.operation.declaration import make
from maskeditor.model.mask_files import save_mask
from maskeditor.model.session import Session
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import menu as files_module
from maskeditor.ui.files import opening_masks as opening_masks_module
from maskeditor.ui.files import saving as saving_module
from tests.core.recipe.scripts import run_scripts
from tests.recipes import peers
from tests.recipes.test_recipes import FOLDERS
from tests.ui.conftest import Desk, OpenDesk
from tests.ui.drivers import wait_until


def do(desk: Desk, id: str, **parameters: object) -> None:
    desk.editor.apply(make(id, parameters))
    desk.wait()


def test_run_and_the_window_make_the_same_bits(open_desk: OpenDesk, tmp_path: Path) -> None:
    for name in FOLDERS:
        folder = tmp_path / name
        folder.mkdir()
        image, recipe = folder / "image.nii", peers.FOLDER / name / "recipe.json"
        nibabel.save(peers.IMAGES[peers.EXPECTED[name][0]](), image)
        assert main(["run", str(image), "-o", str(folder / "run.nii"), "--recipe", str(recipe)]) == 0
        desk = open_desk()
        desk.open(image)
        desk.wiring.files.run_recipe_path(recipe)
        desk.wait()
        assert desk.editor.session is not None
        save_mask(desk.editor.session, desk.editor.active, folder / "window.nii")
        assert (folder / "window.nii").read_bytes() == (folder / "run.nii").read_bytes()
        assert np.array_equal(desk.mask(), np.asarray(nibabel.load(folder / "run.nii").dataobj))


@pytest.fixture
def first_recipe(desk: Desk, tmp_path: Path) -> Path:
    """A mask of one image, with a click and a stroke, and another image beside it."""
    data = np.asarray(peers.pattern().dataobj)
    nibabel.save(peers.pattern(), tmp_path / "first.nii")
    there = peers.AFFINE.copy()
    there[:3, 3] += there[:3, 0]  # one voxel further along the first axis
    nibabel.save(nibabel.Nifti1Image(data[1:], there), tmp_path / "second.nii")
    desk.open(tmp_path / "first.nii")
    i, j, k = next((i, j, k) for i, j, k in np.argwhere(data >= 60).tolist() if i > 8)
    do(desk, "region_grow", seed=(i, j, k), lower=60, neighbours=26)
    do(desk, "paint", points=((0, 0, 0), (9, 4, 2)), radius=5.0, shape="sphere")
    assert desk.editor.session is not None
    save_mask(desk.editor.session, desk.editor.active, tmp_path / "mask.nii.gz")
    return tmp_path / "mask.nii.gz"


@pytest.mark.slow
@pytest.mark.parametrize("answer", list(Answer))
def test_another_image_is_asked_about(
    open_desk: OpenDesk, first_recipe: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    asked: list[tuple[str, ...]] = []

    def ask(*_: object, details: tuple[str, ...], **__: object) -> Answer:
        asked.append(details)
        return answer

    monkeypatch.setattr(files_module, "ask", ask)
    before = np.asarray(nibabel.load(first_recipe).dataobj)
    desk = open_desk()
    desk.open(first_recipe.parent / "first.nii")
    desk.wiring.files.run_recipe_path(first_recipe)
    desk.wait()
    assert asked == []  # on its own image
    assert np.array_equal(desk.mask(), before)

    desk = open_desk()
    desk.open(first_recipe.parent / "second.nii")
    desk.wiring.files.run_recipe_path(first_recipe)
    desk.wait()
    ((one, two, _),) = asked
    assert one.startswith("step 1 (Region growing from ")
    assert two == "step 2 (Brush 2 points, 5 mm sphere)"
    if answer is Answer.CANCEL:
        assert desk.document.timeline == ()
        return
    choice = {Answer.YES: "keep", Answer.NO: "leave-out"}[answer]
    out = first_recipe.parent / "run.nii"
    words = ["run", str(first_recipe.parent / "second.nii"), "-o", str(out), "--recipe", str(first_recipe)]
    assert main([*words, "--bound", choice]) == 0
    assert np.array_equal(desk.mask(), np.asarray(nibabel.load(out).dataobj))
    assert desk.mask().any() == (answer is Answer.YES)
    assert [step.enabled for step in desk.document.timeline] == [answer is Answer.YES] * 2


def test_a_recipe_beside_another_mask_is_said(desk: Desk, first_recipe: Path) -> None:
    said: list[str] = []
    desk.editor.message.connect(said.append)
    desk.wiring.files.run_recipe_path(first_recipe)
    desk.wait()
    assert said[-1] == "Carried out 2 steps."
    do(desk, "dilation")
    assert desk.editor.session is not None
    save_mask(desk.editor.session, desk.editor.active, first_recipe.with_name("other.nii.gz"))
    first_recipe.with_name("other.json").replace(first_recipe.with_name("mask.json"))
    desk.wiring.files.run_recipe_path(first_recipe)
    desk.wait()
    assert said[-1].startswith("Carried out 2 steps. The recipe in mask.json does not tell how this mask was made")


def test_copies_a_script_and_a_text(desk: Desk, first_recipe: Path) -> None:
    commands = desk.wiring.commands
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    said: list[str] = []
    desk.editor.message.connect(said.append)
    commands.copy_python()
    desk.wait()
    assert said[-1].startswith("Copied the script (")
    (made,) = run_scripts([clipboard.text()], first_recipe.parent / "first.nii", first_recipe.parent)
    assert np.array_equal(made, desk.mask())
    commands.copy_methods()
    desk.wait()
    assert said[-1] == "Copied the methods text (5 lines) to the clipboard."
    assert clipboard.text().startswith("The mask was made with maskeditor ")


def test_opening_a_mask_offers_its_image_with_it(
    desk: Desk, first_recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = desk.mask()
    desk.open()
    document, asked = desk.document, list[str]()

    def ask(parent: object, title: str, text: str, yes: str, no: str = "", details: object = ()) -> Answer:
        asked.append(f"{text} {yes} | {no}")
        return Answer.YES

    for module in (files_module, opening_masks_module, saving_module):
        monkeypatch.setattr(module, "ask", lambda *args, **kwargs: ask(*args, **kwargs))
    desk.wiring.files.open_path(first_recipe)
    wait_until(lambda: desk.editor.document is not document and len(asked) == 2)
    desk.wait()
    assert "mask.nii.gz is a mask that was made on first.nii" in asked[0]
    assert "Open its image with it | Open it as an image" in asked[0]
    assert "Bring its 2 steps back" in asked[1]
    assert np.array_equal(desk.mask(), mask)
    assert [step.operation.id for step in desk.document.timeline] == ["region_grow", "paint"]
    assert desk.editor.session is not None
    assert desk.editor.session.path == first_recipe.with_name("first.nii")


def test_a_mask_of_the_open_image_is_brought_in_there(
    desk: Desk, first_recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = desk.mask()
    desk.open(first_recipe.with_name("first.nii"))
    document, asked = desk.document, list[str]()

    def ask(*args: object, **kwargs: object) -> Answer:
        asked.append(f"{args[2]} {kwargs['yes']} | {kwargs['no']}")
        return Answer.YES

    monkeypatch.setattr(files_module, "ask", ask)
    desk.wiring.files.open_path(first_recipe)
    wait_until(lambda: len(desk.document.timeline) == 2)
    desk.wait()
    assert desk.document is document
    assert asked == [
        "mask.nii.gz is a mask that was made on the image that is open, and carries the steps that made it. "
        "Bring it in | Open it as an image"
    ]
    np.testing.assert_array_equal(desk.mask(), mask)


def test_a_mask_can_be_opened_as_an_image(desk: Desk, first_recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = desk.document
    monkeypatch.setattr(files_module, "ask", lambda *args, **kwargs: Answer.NO)
    desk.wiring.files.open_path(first_recipe)
    wait_until(lambda: desk.editor.document is not document)
    assert desk.editor.session is not None
    assert desk.editor.session.path == first_recipe


@pytest.mark.parametrize("when", ["before it is asked", "while it is asked"])
def test_a_mask_is_not_brought_in_on_another_image(
    desk: Desk, first_recipe: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """An interrupted session may be restored between the opening of image and mask and the answer."""

    def restored() -> None:
        desk.editor.set_session(Session.open(first_recipe.with_name("second.nii")))

    asked: list[str] = []

    def ask(*args: object, **kwargs: object) -> Answer:
        asked.append(str(args[2]))
        restored()
        return Answer.YES

    monkeypatch.setattr(opening_masks_module, "ask", ask)
    desk.wiring.files.open_mask_path(first_recipe)
    if when == "before it is asked":
        restored()
    wait_until(lambda: not desk.editor.jobs.busy)
    desk.wait()
    assert len(asked) == (when == "while it is asked")
    assert desk.document.timeline == ()
    assert not desk.mask().any()
