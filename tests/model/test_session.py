"""Sessions: what is opened, what leaves with a mask, and what still has to be saved."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from maskeditor import __version__
from maskeditor.core.errors import FileError, GeometryMismatch, RecipeError
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.recipe.replay import replay
from maskeditor.model.hands import Hands
from maskeditor.model.mask_files import import_mask, save_mask
from maskeditor.model.notes import NotedPlace, Notes
from maskeditor.model.recipes import read_recipe
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.ui.tools.brush import BrushOptions

ROI = "roi1"
AFFINE = np.array([[-2.0, 0, 0.3, 40], [0, 2.5, 0, -50], [0.2, 0, 3, -20], [0, 0, 0, 1]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    data = np.random.default_rng(5).integers(0, 100, (12, 11, 9)).astype(np.int16)
    image = nibabel.Nifti1Image(data, AFFINE)
    image.set_sform(AFFINE, 3)
    image.set_qform(None, 0)
    image.header.set_xyzt_units("mm", "sec")
    file = tmp_path / "sub-01_T1w.nii.gz"
    nibabel.save(image, file)
    return file


@pytest.fixture
def session(path: Path) -> Session:
    opened = Session.open(path)
    opened.document.do(make("threshold", {"lower": 60}), ROI)
    return opened


def test_the_image_is_that_of_nibabel(session: Session, path: Path) -> None:
    image = nibabel.load(path)
    assert np.array_equal(session.document.volume.intensities(), np.asarray(image.dataobj))
    assert np.array_equal(session.document.geometry.affine, image.affine)
    assert session.name == "sub-01_T1w.nii.gz"


def test_a_saved_mask_has_the_geometry_of_its_image(session: Session, path: Path, tmp_path: Path) -> None:
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    image, mask = nibabel.load(path), nibabel.load(tmp_path / "mask.nii.gz")
    assert np.array_equal(np.asarray(mask.dataobj), np.asarray(image.dataobj) >= 60)
    assert mask.get_data_dtype() == np.uint8
    for name in ("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "pixdim", "xyzt_units"):
        assert mask.header[name].tobytes() == image.header[name].tobytes(), name


def test_the_sidecar_tells_where_the_mask_is_from(session: Session, tmp_path: Path) -> None:
    session.document.change_roi(ROI, name="Gehirn")
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    record = json.loads((tmp_path / "mask.json").read_text(encoding="utf-8"))
    recipe = record.pop("Recipe")
    assert record == {
        "Type": "ROI",
        "Label": "Gehirn",
        "Sources": ["sub-01_T1w.nii.gz"],
        "SpatialReference": "sub-01_T1w.nii.gz",
        "Manual": False,
        "GeneratedBy": [{"Name": "maskeditor", "Version": __version__}],
    }
    assert recipe["source"]["affine"] == nibabel.load(session.path).affine.tolist()
    assert recipe["result"]["voxels"] == session.document.voxels(ROI)
    carried = nibabel.load(tmp_path / "mask.nii.gz").header.extensions[0]
    assert json.loads(carried.get_content() if isinstance(carried.get_content(), str) else carried.text) == recipe


def test_a_hand_that_took_part_is_told(session: Session, tmp_path: Path) -> None:
    point = session.document.geometry.to_world((5, 5, 5)).tolist()
    session.document.do(make("paint", {"points": (point,), "radius": 5}), ROI)
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert json.loads((tmp_path / "mask.json").read_text())["Manual"] is True
    session.document.undo()
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert json.loads((tmp_path / "mask.json").read_text())["Manual"] is False


def test_what_is_not_saved_yet(session: Session, tmp_path: Path) -> None:
    document = session.document
    other = document.add_roi("other").id
    assert session.unsaved() == (ROI,)
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert session.unsaved() == ()
    assert session.files == {ROI: tmp_path / "mask.nii.gz"}
    document.do(make("invert", {}), other)
    assert session.unsaved() == (other,)
    document.do(make("dilation", {}), ROI)
    assert session.unsaved() == (ROI, other)
    document.undo()
    document.undo()
    assert session.unsaved() == ()
    document.undo()
    assert session.unsaved() == (ROI,)
    document.redo()
    assert session.unsaved() == ()


def test_what_could_not_be_saved_is_still_unsaved(session: Session, tmp_path: Path) -> None:
    with pytest.raises(FileError):
        save_mask(session, ROI, tmp_path / "absent" / "mask.nii.gz")
    assert session.unsaved() == (ROI,)
    assert session.files == {}


def test_the_sidecar_of_an_image_is_not_replaced(session: Session, path: Path, tmp_path: Path) -> None:
    of_image = tmp_path / "sub-01_T1w.json"
    of_image.write_text('{"EchoTime": 0.003}')
    with pytest.raises(FileError, match=r"sub-01_T1w.json beside it tells of another image and would be lost; choose"):
        save_mask(session, ROI, tmp_path / "sub-01_T1w.nii")
    assert of_image.read_text() == '{"EchoTime": 0.003}'
    assert not (tmp_path / "sub-01_T1w.nii").exists()
    # That of a mask made elsewhere is.
    of_mask = tmp_path / "sub-01_mask.json"
    of_mask.write_text('{"Type": "Brain", "RawSources": []}')
    save_mask(session, ROI, tmp_path / "sub-01_mask.nii.gz")
    assert "Recipe" in json.loads(of_mask.read_text())


# Recipes


def test_a_recipe_is_read_from_all_that_carry_one(session: Session, tmp_path: Path) -> None:
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    (tmp_path / "recipe.json").write_text(dumps(session.recipe(ROI)), encoding="utf-8")
    for name in ("mask.nii.gz", "mask.json", "recipe.json"):
        recipe = read_recipe(tmp_path / name)
        fresh = Session.open(session.path)
        assert np.array_equal(fresh.document.mask(replay(fresh.document, recipe))[...], session.document.mask(ROI)[...])


@pytest.mark.parametrize("comment", [None, b"made by another program", b"caf\xe9"])
def test_an_image_without_a_recipe(tmp_path: Path, comment: bytes | None) -> None:
    image = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    if comment is not None:
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(6, comment))
    nibabel.save(image, tmp_path / "mask.nii")
    with pytest.raises(RecipeError, match=r"mask.nii carries no recipe; give a recipe, a mask's .json file"):
        read_recipe(tmp_path / "mask.nii")


def test_a_broken_recipe_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text('{"format": "maskeditor recipe", "version": 99}')
    with pytest.raises(RecipeError, match=r"^r.json: The recipe is of version 99"):
        read_recipe(tmp_path / "r.json")


# Masks in


def test_a_mask_is_brought_in_as_a_step(session: Session, tmp_path: Path) -> None:
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    fresh = Session.open(session.path)
    ((name, operation),) = import_mask(fresh, tmp_path / "mask.nii.gz").masks.items()
    assert name == "mask"
    fresh.document.do(operation, ROI)
    assert np.array_equal(fresh.document.mask(ROI)[...], session.document.mask(ROI)[...])
    # Its recipe needs no file.
    again = Session.open(session.path)
    replay(again.document, fresh.recipe(ROI))
    assert np.array_equal(again.document.mask(ROI)[...], session.document.mask(ROI)[...])


def test_a_label_file_gives_a_step_for_each_label(session: Session, tmp_path: Path) -> None:
    labels = np.zeros((12, 11, 9), np.int16)
    labels[1:3], labels[5:7] = 3, 17
    nibabel.save(nibabel.Nifti1Image(labels, AFFINE), tmp_path / "atlas.nii")
    found = import_mask(session, tmp_path / "atlas.nii").masks
    assert list(found) == ["atlas 3", "atlas 17"]
    for label, operation in zip((3, 17), found.values(), strict=True):
        session.document.do(operation, ROI)
        assert np.array_equal(session.document.mask(ROI)[...], labels == label)


def test_a_mask_on_another_grid_is_not_taken_unasked(session: Session, tmp_path: Path) -> None:
    mask = np.asarray(nibabel.load(session.path).dataobj) >= 60
    flipped = nibabel.Nifti1Image(mask[::-1].astype(np.uint8), AFFINE @ [[-1, 0, 0, 11], *np.eye(4)[1:]])
    nibabel.save(flipped, tmp_path / "flipped.nii")
    with pytest.raises(GeometryMismatch) as raised:
        import_mask(session, tmp_path / "flipped.nii")
    assert any("flipped or permuted" in difference for difference in raised.value.differences)
    (operation,) = import_mask(session, tmp_path / "flipped.nii", resample=True).masks.values()
    session.document.do(make("clear", {}), ROI)
    session.document.do(operation, ROI)
    assert np.array_equal(session.document.mask(ROI)[...], mask)


# The sample


def test_the_sample_is_a_session_like_any_other(tmp_path: Path) -> None:
    session = Session.sample("epi")
    assert (session.path, session.name, session.document.volume.stored.ndim) == (None, "sample EPI", 4)
    session.document.do(make("epi_mask", {}), ROI)
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    saved = nibabel.load(tmp_path / "mask.nii.gz")
    assert np.allclose(saved.affine, session.document.geometry.affine, atol=1e-5)
    record = json.loads((tmp_path / "mask.json").read_text())
    assert (record["Sources"], record["SpatialReference"]) == ([], "orig")
    assert record["Recipe"]["source"]["name"] == "sample EPI"


def test_a_mask_that_was_only_brought_in_is_not_unsaved(session: Session, tmp_path: Path) -> None:
    mask, folder = tmp_path / "other.nii.gz", tmp_path / "journals"
    save_mask(session, ROI, mask)
    fresh = Session.open(session.path)
    fresh.keep_journal(folder)
    (operation,) = import_mask(fresh, mask).masks.values()
    fresh.document.do(operation, ROI)
    assert fresh.unsaved() == ()
    # What is done to it is of one's own, and so is a part of it or what was resampled.
    fresh.document.do(make("invert", {}), ROI)
    assert fresh.unsaved() == (ROI,)
    fresh.document.undo()
    fresh.document.edit(0, [fresh.document.timeline[0].with_(scope=Scope(axis=2, first=0, last=3))], "limit")
    assert fresh.unsaved() == (ROI,)
    fresh.document.undo()
    resampled = operation.model_copy(update={"resampled": True})
    fresh.document.edit(0, [fresh.document.timeline[0].with_(operation=resampled)], "resample")
    assert fresh.unsaved() == (ROI,)
    fresh.document.undo()
    # A mask that was saved elsewhere differs from that file once it is replaced by another's.
    fresh.document.do(make("clear", {}), ROI)
    fresh.document.do(make("threshold", {"lower": 90}), ROI)
    save_mask(fresh, ROI, tmp_path / "mine.nii.gz")
    fresh.document.undo()
    fresh.document.undo()
    assert fresh.unsaved() == (ROI,)
    fresh.close(discard=True)


def test_looking_at_an_earlier_row_makes_nothing_saved_or_unsaved(session: Session, tmp_path: Path) -> None:
    session.document.do(make("invert", {}), ROI)
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    session.document.go_to(session.document.timeline[:1])
    assert session.unsaved() == ()
    # What is seen is what is saved, with its own steps; the present mask then still has to be.
    save_mask(session, ROI, tmp_path / "earlier.nii.gz")
    assert len(read_recipe(tmp_path / "earlier.nii.gz").steps) == 1
    saved = np.asarray(nibabel.load(tmp_path / "earlier.nii.gz").dataobj)
    assert np.array_equal(saved, session.document.mask(ROI)[...])
    assert session.unsaved() == (ROI,)


def test_a_look_is_not_written_into_the_journal(session: Session, tmp_path: Path) -> None:
    session.document.do(make("invert", {}), ROI)
    session.keep_journal(tmp_path / "journals")
    session.recording.record(session.document)
    session.document.go_to(())
    session.close()
    (journal,) = (tmp_path / "journals").glob("*.maskeditor")
    again = restore_session(journal, folder=tmp_path / "journals")
    assert len(again.document.timeline) == 2
    assert not again.document.is_looking
    again.close(discard=True)


HANDS = Hands("eraser", {"brush": {"radius": 3.5, "lower": 12.25, "upper": None}}, "roi2")


def test_what_is_in_hand_is_kept_with_the_session(session: Session, tmp_path: Path) -> None:
    session.document.add_roi("other")
    session.keep_journal(tmp_path / "journals")
    session.document.do(make("threshold", {"lower": 60}), "roi2")
    assert session.hands is None
    session.hands = HANDS
    session.recording.write_facts()
    session.save_session(tmp_path / "work.maskeditor")
    session.close()
    again = restore_session(tmp_path / "work.maskeditor", folder=tmp_path / "journals")
    assert again.hands == HANDS
    again.close()


@pytest.mark.parametrize(
    "record",
    [
        None, 5, "eraser", {}, {"tool": 5}, {"tool": "brush", "active": 7}, {"tool": "brush", "brush": []},
        {"tool": "brush", "options": []}, {"tool": "brush", "options": {"brush": 5}},
    ],
)  # fmt: skip
def test_what_was_never_recorded_so_is_not_taken_in_hand(record: object) -> None:
    assert Hands.from_record(record) is None


def test_a_brush_of_a_time_without_other_options_is_taken_in_hand() -> None:
    record = {"tool": "eraser", "brush": {"radius": 3.5, "sphere": True, "lower": 12.25, "upper": None}, "active": "a"}
    hands = Hands.from_record(record)
    assert hands is not None
    assert (hands.tool, hands.active) == ("eraser", "a")
    assert BrushOptions.from_record(hands.options["brush"]) == BrushOptions(radius=3.5, shape="sphere", lower=12.25)
    for never in ({"radius": -1}, {"radius": float("nan")}, {"lower": float("inf")}, {"shape": "so"}):
        assert BrushOptions.from_record(never) == BrushOptions()


def test_what_only_a_session_would_keep_is_named(path: Path, tmp_path: Path) -> None:
    session = Session.open(path)
    assert session.unsaved_besides() == ()
    document = session.document
    for name in ("even", "soft"):
        document.do(make("smooth", {"name": name, "fwhm": 4}), ROI)
    session.notes = Notes((NotedPlace((1, 2, 3), "a cyst"),), ("rest",))
    assert session.unsaved_besides() == ("the images 'even', 'soft'", "the noted places", "the conditions")
    # What a mask looks at is in its recipe.
    document.do(make("threshold", {"image": "soft", "lower": 40}), ROI)
    assert session.unsaved_besides()[0] == "the image 'even'"
    assert session.unsaved() == (ROI,)
    session.save_session(tmp_path / "kept.maskeditor")
    assert session.unsaved_besides() == ()
