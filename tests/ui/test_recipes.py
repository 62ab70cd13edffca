"""Recipes in the window: the same bits as from the command line, questions on another image, and what is copied."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PyQt6.QtGui import QGuiApplication

from maskeditor.__main__ import main
from maskeditor.core.operation.declaration import make
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import menu as files_module
from tests.core.recipe.scripts import run_scripts
from tests.recipes import peers
from tests.recipes.test_recipes import FOLDERS
from tests.ui.conftest import Desk, OpenDesk


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
        desk.editor.session.save_mask(desk.editor.active, folder / "window.nii")
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
    desk.editor.session.save_mask(desk.editor.active, tmp_path / "mask.nii.gz")
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
