"""What others have written stays: through links, beside them, and where they changed a mask meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.io.open import open_mask
from maskeditor.io.save import write_text
from maskeditor.io.seen import ChangedElsewhere
from maskeditor.io.targets import dicom_target, image_target
from maskeditor.model.label_files import is_result
from maskeditor.model.mask_files import import_mask, save_mask
from maskeditor.model.recipes import carried, recipe_and_doubts, recipe_target
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session

assert maskeditor.ops
ROI = "roi1"
DATA = np.random.default_rng(4).integers(0, 100, (12, 11, 10)).astype(np.int16)
needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links and such names are the other systems'")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    nibabel.save(nibabel.Nifti1Image(DATA, np.diag([2.0, 2.0, 2.0, 1.0])), tmp_path / "image.nii")
    made = Session.open(tmp_path / "image.nii")
    made.document.do(make("threshold", {"lower": 50}), ROI)
    return made


def mask_of(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj) > 0


# Links


@needs_links
@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".hdr", ".img"])
def test_a_link_to_a_mask_is_followed_with_its_sidecar(session: Session, tmp_path: Path, ending: str) -> None:
    (tmp_path / "store").mkdir()
    target = tmp_path / "store" / f"kept{ending}"
    save_mask(session, ROI, target)
    names = {path.name for path in target.parent.iterdir()}
    link = tmp_path / f"link{ending}"
    link.symlink_to(target)
    session.document.do(make("dilation", {}), ROI)
    save_mask(session, ROI, link)
    assert link.is_symlink()
    assert np.array_equal(mask_of(target), session.document.mask(ROI)[...])
    assert {path.name for path in target.parent.iterdir()} == names
    assert not (tmp_path / "link.json").exists()
    steps = json.loads((tmp_path / "store" / "kept.json").read_text())["Recipe"]["steps"]
    assert [step["id"] for step in steps] == ["threshold", "dilation"]
    assert session.unsaved() == ()
    found = carried(link, session.source)
    assert found is not None
    assert is_result(found.recipe, {ROI: session.document.mask(ROI)})


@needs_links
def test_a_sidecar_is_found_beside_what_a_link_leads_to(session: Session, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    save_mask(session, ROI, tmp_path / "store" / "kept.nii.gz", recipe_inside=False)
    (tmp_path / "link.nii.gz").symlink_to(tmp_path / "store" / "kept.nii.gz")
    assert carried(tmp_path / "link.nii.gz", session.source) is not None


@needs_links
@pytest.mark.parametrize("what", ["image", "text", "nothing", "circle", "folder", "pipe"])
def test_a_link_to_anything_else_is_refused(session: Session, tmp_path: Path, what: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "other.nii.gz"
    link = tmp_path / "mask.nii.gz"
    if what == "image":
        nibabel.save(nibabel.Nifti1Image(DATA, np.eye(4)), target)
    elif what == "text":
        target = tmp_path / "elsewhere" / "diary.txt"
        target.write_text("of years")
    elif what == "folder":
        target.mkdir()
    elif what == "pipe":
        os.mkfifo(target)
    link.symlink_to(link if what == "circle" else target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(FileError, match=r"mask\.nii\.gz"):
        save_mask(session, ROI, link)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert session.unsaved() == (ROI,)


@needs_links
@pytest.mark.parametrize("what", ["nothing", "circle", "image's", "pipe"])
def test_a_sidecar_that_is_a_link_elsewhere_is_refused(session: Session, tmp_path: Path, what: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "other.json", tmp_path / "mask.json"
    if what == "image's":
        target.write_text('{"EchoTime": 0.03}')
    elif what == "pipe":
        os.mkfifo(target)
    link.symlink_to(link if what == "circle" else target)
    with pytest.raises(FileError, match=r"mask\.nii\.gz was not written: mask\.json"):
        save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert not (tmp_path / "mask.nii.gz").exists()
    assert target.exists() == (what in ("image's", "pipe"))


@needs_links
def test_other_files_go_through_links_only_to_their_kind(session: Session, tmp_path: Path) -> None:
    diary, recipe = tmp_path / "diary.json", tmp_path / "recipe.json"
    diary.write_text('{"of": "years"}')
    recipe.write_text(dumps(session.recipe(ROI)), encoding="utf-8")
    for name, end in (("a", diary), ("b", recipe), ("c", tmp_path / "nothing")):
        (tmp_path / f"{name}.json").symlink_to(end)
    assert recipe_target(tmp_path / "b.json") == recipe.resolve()
    for kind in (recipe_target, dicom_target, image_target):
        assert kind(tmp_path / "new.json") == tmp_path / "new.json"
        for name in ("a.json", "c.json"):
            with pytest.raises(FileError, match=name):
                kind(tmp_path / name)
    (tmp_path / "link.nii").symlink_to(tmp_path / "image.nii")
    assert image_target(tmp_path / "link.nii") == (tmp_path / "image.nii").resolve()


@needs_links
def test_texts_are_not_written_into_circles_and_pipes(tmp_path: Path) -> None:
    (tmp_path / "circle.json").symlink_to("circle.json")
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("circle.json", "pipe.json"):
        with pytest.raises(FileError, match=rf"{name} was not written: it"):
            write_text(tmp_path / name, "{}")


# Sidecars


def test_keys_of_ones_own_stay_in_the_sidecar(session: Session, tmp_path: Path) -> None:
    path, beside = tmp_path / "mask.nii.gz", tmp_path / "mask.json"
    save_mask(session, ROI, path)
    record = json.loads(beside.read_text(encoding="utf-8"))
    own = {"Rater": "ä", "Notes": ["left", {"sure": False}], "Description": "after a look at the T2"}
    beside.write_text(json.dumps(record | own), encoding="utf-8")
    session.document.do(make("dilation", {}), ROI)
    save_mask(session, ROI, path)
    again = json.loads(beside.read_text(encoding="utf-8"))
    assert {key: again[key] for key in own} == own
    assert set(again) == set(record) | set(own)
    assert len(again["Recipe"]["steps"]) == 2
    assert session.unsaved() == ()


# Others


@pytest.mark.parametrize("ending", [".nii.gz", ".hdr"])
def test_a_mask_that_others_changed_is_not_replaced_unasked(session: Session, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"mask{ending}"
    save_mask(session, ROI, path)
    other = Session.open(tmp_path / "image.nii")
    other.document.do(make("threshold", {"lower": 80}), ROI)
    save_mask(other, ROI, path)
    assert session.unsaved() == (ROI,)
    session.document.do(make("dilation", {}), ROI)
    with pytest.raises(ChangedElsewhere, match=r"was changed by another window or program since it was last saved"):
        save_mask(session, ROI, path)
    assert np.array_equal(mask_of(path), other.document.mask(ROI)[...])
    save_mask(session, ROI, path, replace_changed=True)
    assert np.array_equal(mask_of(path), session.document.mask(ROI)[...])
    assert session.unsaved() == ()
    save_mask(session, ROI, path)


def test_a_mask_that_was_changed_while_it_was_written_anew_is_kept(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mask.nii"
    save_mask(session, ROI, path)

    def meanwhile(fraction: float) -> None:
        if fraction == 1.0:
            path.write_bytes(b"of another")

    from maskeditor.engine.progress import Progress

    with pytest.raises(ChangedElsewhere):
        save_mask(session, ROI, path, Progress(meanwhile))
    assert path.read_bytes() == b"of another"
    assert {file.name for file in tmp_path.iterdir()} == {"image.nii", "mask.nii", "mask.json"}


def test_a_mask_that_is_gone_does_not_count_as_saved(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mask.nii.gz"
    save_mask(session, ROI, path)
    assert session.unsaved() == ()
    path.unlink()
    assert session.unsaved() == (ROI,)
    # Whoever took it away may have had a reason.
    with pytest.raises(ChangedElsewhere, match=r"^mask.nii.gz was moved or deleted by another window or program since"):
        save_mask(session, ROI, path)
    assert not path.exists()
    save_mask(session, ROI, tmp_path / "other.nii.gz")
    assert session.unsaved() == ()
    (tmp_path / "other.nii.gz").unlink()
    save_mask(session, ROI, tmp_path / "other.nii.gz", replace_changed=True)
    assert session.unsaved() == ()


@pytest.mark.parametrize("by", [-2, -1, 1])
def test_a_restored_session_knows_the_saved_steps_wherever_undo_and_redo_find_them(
    session: Session, tmp_path: Path, by: int
) -> None:
    document, path, folder = session.document, tmp_path / "mask.nii.gz", tmp_path / "journals"
    session.keep_journal(folder)
    for lower in (20, 40, 60, 80):
        document.do(make("threshold", {"lower": lower}), ROI)
    document.undo()
    save_mask(session, ROI, path)
    if by > 0:
        document.undo()
    for _ in range(-by):
        document.do(make("dilation", {}), ROI)
    # Twice, as what was not found once is looked for again.
    for _ in range(2):
        journal = session.recording.path
        assert journal is not None
        session.close()
        session = restore_session(journal, folder=folder)
        assert session.unsaved() == (ROI,)
    for _ in range(abs(by)):
        assert session.document.undo() if by < 0 else session.document.redo()
    assert session.unsaved() == ()
    assert session.document.undo()
    assert session.unsaved() == (ROI,)


def test_a_restored_session_knows_what_it_saw(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mask.nii.gz"
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.document.do(make("dilation", {}), ROI)
    save_mask(session, ROI, path)
    journal = session.recording.path
    assert journal is not None
    session.close()
    shutil.copy2(journal, tmp_path / "kept.journal")
    again = restore_session(journal, folder=tmp_path / "journals")
    assert again.unsaved() == ()
    save_mask(again, ROI, path)
    again.close()
    path.write_bytes(path.read_bytes()[:-1])
    third = restore_session(journal, folder=tmp_path / "journals")
    assert third.unsaved() == (ROI,)
    with pytest.raises(ChangedElsewhere):
        save_mask(third, ROI, path)
    third.close()


# Saving that was broken off


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("ending", [".nii.gz", ".hdr"])
def test_a_mask_with_the_sidecar_of_the_one_before(session: Session, tmp_path: Path, ending: str, inside: bool) -> None:
    path, beside = tmp_path / f"mask{ending}", tmp_path / "mask.json"
    save_mask(session, ROI, path, recipe_inside=inside)
    assert open_mask(path).findings == ()
    old = beside.read_bytes()
    session.document.do(make("dilation", {}), ROI)
    save_mask(session, ROI, path, recipe_inside=inside)
    assert open_mask(path).findings == ()
    beside.write_bytes(old)  # as a kill between the two leaves it
    (finding,) = open_mask(path).findings
    assert finding.startswith("The recipe in mask.json does not tell how this mask was made")
    assert import_mask(session, path).findings == (finding,)


def test_voxels_with_the_header_of_the_ones_before(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mask.hdr"
    save_mask(session, ROI, path)
    old, beside = path.read_bytes(), (tmp_path / "mask.json").read_bytes()
    session.document.do(make("dilation", {}), ROI)
    save_mask(session, ROI, path)
    path.write_bytes(old)
    (tmp_path / "mask.json").write_bytes(beside)
    findings = open_mask(tmp_path / "mask.img").findings
    assert [finding.split(" does not")[0] for finding in findings] == [
        "The recipe in mask.img",
        "The recipe in mask.json",
    ]
    # Whoever takes the recipe alone hears of it too.
    assert recipe_and_doubts(tmp_path / "mask.img")[1] == findings


def test_a_recipe_is_compared_with_the_mask_that_carries_it(session: Session, tmp_path: Path) -> None:
    save_mask(session, ROI, tmp_path / "mask.nii.gz")
    assert recipe_and_doubts(tmp_path / "mask.nii.gz")[1] == ()
    assert recipe_and_doubts(tmp_path / "mask.json")[1] == ()
    save_mask(session, ROI, tmp_path / "pair.hdr")
    (tmp_path / "pair.img").unlink()
    assert recipe_and_doubts(tmp_path / "pair.hdr")[1] == ()


# Names


@needs_links
@pytest.mark.parametrize("name", ["\udcff\udcfe", "m\udce4sk", "ä", "a b", "%", "[x]"])
def test_names_that_are_not_utf8(tmp_path: Path, name: str) -> None:
    image = tmp_path / f"image{name}.nii"
    nibabel.save(nibabel.Nifti1Image(DATA, np.eye(4)), tmp_path / "plain.nii")
    (tmp_path / "plain.nii").rename(image)
    session = Session.open(image)
    session.document.do(make("threshold", {"lower": 50}), ROI)
    mask = tmp_path / f"mask{name}.nii.gz"
    for _ in range(2):
        save_mask(session, ROI, mask)
    assert {path.name for path in tmp_path.iterdir()} == {image.name, mask.name, f"mask{name}.json"}
    found = carried(mask, session.source)
    assert found is not None
    assert found.from_here
    assert open_mask(mask).findings == ()
    # Bytes that are no letters are seen by their codes, as they are written in JSON.
    assert list(import_mask(session, mask).masks) == [f"mask{name}".encode("utf-8", "backslashreplace").decode()]
    # And in sessions.
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.save_session(tmp_path / f"session{name}.maskeditor")
    session.close()
    again = restore_session(tmp_path / f"session{name}.maskeditor", folder=tmp_path / "journals")
    assert np.array_equal(again.document.mask(ROI)[...], DATA >= 50)
    assert again.files[ROI] == mask
    again.close()


@needs_links
@pytest.mark.parametrize("length", [241, 242, 254])
@pytest.mark.parametrize("sign", ["m", "ä"])
def test_names_as_long_as_the_disk_takes(session: Session, tmp_path: Path, length: int, sign: str) -> None:
    size = len(os.fsencode(sign))
    stem = sign * ((length - len(".nii")) // size)
    path = tmp_path / f"{stem}.nii"
    save_mask(session, ROI, path)
    save_mask(session, ROI, path)
    assert {file.name for file in tmp_path.iterdir()} == {"image.nii", path.name, f"{stem}.json"}


@needs_links
@pytest.mark.parametrize("length", [255, 300])
def test_names_that_are_too_long_are_refused(session: Session, tmp_path: Path, length: int) -> None:
    with pytest.raises(FileError, match="name is longer than the disk takes"):
        save_mask(session, ROI, tmp_path / ("m" * (length - 4) + ".nii"))
    with pytest.raises(FileError, match="name is longer than the disk takes"):
        Session.open(tmp_path / ("m" * 300 + ".nii"))
    assert [file.name for file in tmp_path.iterdir()] == ["image.nii"]
