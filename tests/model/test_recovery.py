"""Whatever ends the program, the next start has all but the unfinished gesture."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from maskeditor.core.errors import FileError
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import make
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.io.journal.journal import Journal
from maskeditor.io.nifti.header import Header
from maskeditor.io.save import save_volume
from maskeditor.model.label_files import save_labels
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recording import journals_folder
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.model.source import SourceChanged, SourceMissing
from tests.model.recovery import GRID, killed, random_move, session, state, volume, write_image

KILLS = 1000


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "journals"


def moved(here: Session, seed: int = 1, count: int = 40) -> Session:
    chance = random.Random(seed)
    for _ in range(count):
        random_move(here.document, chance)
    return here


def kept(tmp_path: Path, journals: Path) -> Session:
    """A session on an image file, with its journal."""
    here = session(write_image(tmp_path))
    here.keep_journal(journals)
    here.identify()
    return here


def only(journals: Path) -> Path:
    (path,) = journals.glob("*.maskeditor")
    return path


# Killed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="It takes a system with fork and kill -9")
def test_a_killed_program_loses_nothing_but_the_unfinished_move(tmp_path: Path) -> None:
    moves = 0
    for seed, finished, problem in killed(tmp_path, KILLS):
        assert (seed, problem) == (seed, "")
        moves += finished
    assert moves > KILLS


@pytest.mark.parametrize("seed", [1, 2, 749])
def test_whoever_hears_of_a_move_finds_all_of_it_done(seed: int) -> None:
    # A journal writes what it hears of; what is killed then must not leave half a move.
    document, chance, heard = session().document, random.Random(seed), []
    document.moved.connect(lambda _: heard.append(state(document)))
    document.rois_changed.connect(lambda: heard.append(state(document)))
    for _ in range(120):
        heard.clear()
        random_move(document, chance)
        assert all(one == state(document) for one in heard)


def test_a_session_is_written_before_others_hear_of_a_move(tmp_path: Path, journals: Path) -> None:
    here = kept(tmp_path, journals)
    written = []

    def drawn(_: object) -> None:
        assert here.recording.path is not None
        # The window draws now: what it shows is in the file that would be left.
        log = Path(f"{here.recording.path}-wal").read_bytes()
        written.append(here.document.timeline[-1].operation.to_json()["parameters"]["lower"] if log else None)
        assert f'"lower": {float(written[-1])}'.encode() in log

    here.document.moved.connect(drawn)
    for lower in (3, 4, 5):
        here.document.do(make("threshold", {"lower": lower}), "roi1")
    assert written == [3, 4, 5]
    here.close(discard=True)


def test_large_changes_are_on_the_disk_before_their_move(journals: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 100, (128, 128, 128)).astype(np.int16, order="F")
    geometry = Geometry(noise.shape, np.eye(4))
    here = Session(Volume(noise, geometry), Header.from_geometry(geometry))
    here.keep_journal(journals)
    document = here.document
    for lower in (20, 30, 40):
        step = Step(make("threshold", {"lower": lower}), "roi1")
        prepared = here.prepare(document.snapshot(), len(document.timeline), [step])
        outcome = prepared.goal[-1].outcome
        assert outcome is not None
        assert outcome.delta is not None
        assert outcome.delta.nbytes > 1 << 16
        assert not here.recording._journal.unwritten([outcome.delta])
        # It may be given up, and is kept in memory until it is made.
        assert here.recording.keep(outcome.delta) is None
        document.commit(prepared, "threshold")
        assert here.recording.keep(outcome.delta) is not None
    document.undo()
    expected = state(document)
    here.close()
    found = Journal.open(only(journals)).read()
    document.restore(found.rois, found.visits, found.at)
    assert state(document) == expected


# Journals come and go -------------------------------------------------------------------------------------------------


def test_a_session_without_a_journal_writes_none(tmp_path: Path) -> None:
    moved(session(write_image(tmp_path)))
    assert not journals_folder().exists()


def test_a_journal_lies_in_the_programs_own_place_and_goes_with_the_session(tmp_path: Path) -> None:
    here = session(write_image(tmp_path))
    here.keep_journal()
    assert not journals_folder().exists()  # nothing was done yet
    moved(here)
    assert only(journals_folder()) == here.recording.path
    here.close(discard=True)
    assert list(journals_folder().iterdir()) == []
    moved(here)
    assert list(journals_folder().iterdir()) == []


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Step(make("clear", {}), "roi9"), "its ROI is not in the session"),
        (Step(make("smooth", {"name": "s"}), ""), "its ROI is not in the session"),
        (Step(make("copy_slice", {"source": 99}), "roi1"), ""),
    ],
)
def test_a_stroke_that_cannot_be_made_again_does_not_keep_the_rest(
    tmp_path: Path, journals: Path, step: Step, why: str
) -> None:
    here = kept(tmp_path, journals)
    here.document.do(make("threshold", {"lower": 3}), "roi1")
    here.recording.drawn = (step,)
    here.recording.record(here.document)
    expected, path = state(here.document), here.recording.path
    assert path is not None
    here.close()
    back = restore_session(path, folder=journals)
    assert back.note.startswith(f"The last stroke could not be made again: {why}")
    assert state(back.document) == expected
    assert not back.recording.drawn
    back.close(discard=True)


def test_a_session_that_is_closed_can_be_restored(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    here.close()
    for _ in range(2):
        again = restore_session(only(journals), folder=journals)
        assert state(again.document) == state(here.document)
        assert again.note == ""
        assert again.unsaved() == here.unsaved() != ()
        assert not again.recording.is_saved
        for one in (again, here):
            moved(one, 2)
        assert state(again.document) == state(here.document)
        again.close()
    assert len(list(journals.iterdir())) == 1


def test_the_sample_is_made_again(journals: Path) -> None:
    here = Session.sample("epi")
    here.keep_journal(journals)
    here.identify()
    here.document.do(make("epi_mask", {}), "roi1")
    here.close()
    again = restore_session(only(journals), folder=journals)
    assert again.path is None
    assert again.name == "sample EPI"
    assert np.array_equal(again.document.mask("roi1")[...], here.document.mask("roi1")[...])
    again.close(discard=True)
    assert not list(journals.iterdir())


def test_one_of_several_images_is_found_again(tmp_path: Path, journals: Path) -> None:
    for number in (1, 2):
        values = np.full((4, 4, 4), number, np.int16, order="F")
        grid = Geometry((4, 4, 4), np.eye(4))
        save_volume(Volume(values, grid), tmp_path / f"{number}.nii", Header.from_geometry(grid))
    here = Session.open(tmp_path, "2.nii")
    here.keep_journal(journals)
    here.document.do(make("threshold", {"lower": 2}), "roi1")
    here.identify()
    here.close()
    again = restore_session(only(journals), folder=journals)
    assert again.document.volume.stored.max() == 2
    assert again.document.voxels("roi1") == 64
    again.close()


# The image ------------------------------------------------------------------------------------------------------------


def test_a_moved_image_is_asked_for(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    here.close()
    image = tmp_path / "noise.nii"
    elsewhere = image.rename(tmp_path / "elsewhere.nii")
    with pytest.raises(SourceMissing, match=r"noise\.nii of the session is not at .*noise\.nii; say where") as caught:
        restore_session(only(journals), folder=journals)
    assert caught.value.path == image
    again = restore_session(only(journals), elsewhere, folder=journals)
    assert state(again.document) == state(here.document)
    again.close()
    # The new place is kept.
    restore_session(only(journals), folder=journals).close()


def test_a_changed_image_is_asked_about(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    here.close()
    values = volume().stored.copy(order="F")
    values[3, 4, 5] += 1
    save_volume(Volume(values, GRID), tmp_path / "noise.nii", Header.from_geometry(GRID))
    with pytest.raises(SourceChanged, match="its voxels have other values") as caught:
        restore_session(only(journals), folder=journals)
    assert caught.value.usable
    again = restore_session(only(journals), accept=True, folder=journals)
    assert state(again.document) == state(here.document)
    again.close()
    restore_session(only(journals), folder=journals).close()  # it is the image now


def test_an_image_that_was_moved_in_space_is_asked_about(tmp_path: Path, journals: Path) -> None:
    moved(kept(tmp_path, journals)).close()
    affine = GRID.affine.copy()
    affine[0, 3] += 5
    grid = Geometry(GRID.shape, affine)
    save_volume(Volume(volume().stored, grid), tmp_path / "noise.nii", Header.from_geometry(grid))
    with pytest.raises(SourceChanged) as caught:
        restore_session(only(journals), folder=journals)
    assert caught.value.usable
    assert caught.value.differences == GRID.differences(grid)


def test_an_image_of_another_shape_is_refused(tmp_path: Path, journals: Path) -> None:
    moved(kept(tmp_path, journals)).close()
    grid = Geometry((2, 2, 2), np.eye(4))
    save_volume(Volume(np.zeros((2, 2, 2), np.int16), grid), tmp_path / "noise.nii", Header.from_geometry(grid))
    for accept in (False, True):
        with pytest.raises(SourceChanged, match="shape is 2 × 2 × 2 instead of 23 × 19 × 17") as caught:
            restore_session(only(journals), accept=accept, folder=journals)
        assert not caught.value.usable


def test_a_journal_that_was_refused_stays_as_it_was(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    here.close()
    content = only(journals).read_bytes()
    (tmp_path / "noise.nii").unlink()
    with pytest.raises(SourceMissing):
        restore_session(only(journals), folder=journals)
    assert only(journals).read_bytes() == content
    assert state(restore_session(only(journals), write_image(tmp_path), folder=journals).document) == state(
        here.document
    )


def test_what_was_saved_is_known_after_a_restart(tmp_path: Path, journals: Path) -> None:
    here = kept(tmp_path, journals)
    here.document.do(make("threshold", {"lower": 3}), "roi1")
    other = here.document.add_roi("other").id
    here.document.do(make("threshold", {"lower": 5}), other)
    for roi in ("roi1", other):
        save_mask(here, roi, tmp_path / f"{roi}.nii.gz")
    here.document.do(make("invert", {}), other)
    assert here.unsaved() == (other,)
    here.close()
    again = restore_session(only(journals), folder=journals)
    assert again.unsaved() == (other,)
    assert again.files == {"roi1": tmp_path / "roi1.nii.gz", other: tmp_path / f"{other}.nii.gz"}
    again.close(discard=True)


@pytest.mark.parametrize("in_file", [False, True])
def test_labels_that_were_saved_are_known_after_a_restart(tmp_path: Path, journals: Path, in_file: bool) -> None:
    here = kept(tmp_path, journals)
    target = tmp_path / "all_dseg.nii.gz"
    other, top = here.document.add_roi("other").id, here.document.add_roi("top").id
    for roi, lower in (("roi1", 3), (other, 5), (top, 3)):
        here.document.do(make("threshold", {"lower": lower}), roi)
    save_labels(here, target)
    # Of what lies wholly under others the image holds nothing.
    assert here.unsaved() == ("roi1", other)
    here.document.undo()
    save_labels(here, target)
    assert here.unsaved() == ()
    here.document.do(make("invert", {}), other)
    path = only(journals)
    if in_file:
        here.save_session(tmp_path / "work.maskeditor")
        path = tmp_path / "work.maskeditor"
    here.close()
    again = restore_session(path, folder=journals)
    assert again.saved_labels.path == target
    assert again.saved_labels.seen(target)
    assert again.unsaved() == (() if in_file else (other,))
    again.document.undo()
    assert again.unsaved() == ()
    again.close(discard=True)


def test_a_journal_tells_nothing_of_the_patient(dicom_data: Path, journals: Path) -> None:
    import pydicom

    file = next(path for path in sorted(dicom_data.rglob("*")) if path.is_file() and pydicom.misc.is_dicom(path))
    header = pydicom.dcmread(file, stop_before_pixels=True)
    here = Session.open(file)
    here.keep_journal(journals)
    here.identify()
    here.document.do(make("invert", {}), "roi1")
    here.close()
    content = only(journals).read_bytes()
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "InstitutionName", "AccessionNumber",
                    "SeriesInstanceUID", "StudyInstanceUID"):  # fmt: skip
        value = str(header.get(keyword) or "")
        assert len(value) < 4 or value.encode() not in content


# Saved sessions -------------------------------------------------------------------------------------------------------


def test_a_saved_session_holds_all_and_goes_on_by_itself(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    target = tmp_path / "work.maskeditor"
    here.save_session(target)
    assert list(journals.iterdir()) == []
    assert here.recording.path == target
    assert here.unsaved() == ()
    moved(here, 2)
    assert here.unsaved() == ()
    here.close(discard=True)
    again = restore_session(target, folder=journals)
    assert state(again.document) == state(here.document)
    assert again.unsaved() == ()
    again.close(discard=True)
    assert target.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes and replaces no open file")
@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_saved_session_that_was_deleted_or_replaced_is_noticed(
    tmp_path: Path, journals: Path, is_replaced: bool
) -> None:
    here = moved(kept(tmp_path, journals))
    target = tmp_path / "work.maskeditor"
    here.save_session(target)
    sentences: list[str] = []
    here.recording.failed.connect(sentences.append)
    target.unlink()
    if is_replaced:
        target.write_bytes(b"of another program")
    assert here.unsaved() == tuple(roi.id for roi in here.document.rois if here.document.voxels(roi.id))
    moved(here, 2)
    (sentence,) = sentences  # once, however many moves follow
    assert sentence.startswith("work.maskeditor, in which the session is kept, was deleted or replaced")
    if not is_replaced:
        here.save_session(tmp_path / "other.maskeditor")
        assert not target.with_name("work.maskeditor-wal").exists()
    here.save_session(target)
    assert here.unsaved() == ()
    moved(here, 1)
    assert here.unsaved() == ()
    expected = state(here.document)
    here.close()
    again = restore_session(target, folder=journals)
    assert state(again.document) == expected
    again.close()


def test_a_saved_session_is_moved_with_its_image(tmp_path: Path, journals: Path) -> None:
    (tmp_path / "study" / "sessions").mkdir(parents=True)
    here = moved(session(write_image(tmp_path / "study")))
    here.save_session(tmp_path / "study" / "sessions" / "work.maskeditor")
    here.close()
    (tmp_path / "study").rename(tmp_path / "renamed")
    target = tmp_path / "renamed" / "sessions" / "work.maskeditor"
    again = restore_session(target, folder=journals)
    assert again.path is not None
    assert again.path.resolve() == tmp_path / "renamed" / "noise.nii"
    assert state(again.document) == state(here.document)
    with contextlib.closing(sqlite3.connect(f"{target.as_uri()}?immutable=1", uri=True)) as database:
        (source,) = database.execute("SELECT value FROM about WHERE key = 'source'").fetchone()
    assert '"path": "../noise.nii"' in source
    again.close()


def test_a_session_saved_twice_leaves_the_first_file(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    first, second = tmp_path / "first.maskeditor", tmp_path / "second.maskeditor"
    here.save_session(first)
    before = state(here.document)
    here.save_session(first)  # it is there already
    here.save_session(second)
    moved(here, 2)
    here.close()
    assert state(restore_session(first, folder=journals).document) == before
    assert state(restore_session(second, folder=journals).document) == state(here.document)


def test_the_second_window_on_a_session_is_told(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    target = tmp_path / "work.maskeditor"
    here.save_session(target)
    script = (
        "import sys; from pathlib import Path; from maskeditor.model.restoring import restore_session\n"
        "try: restore_session(Path(sys.argv[1]))\n"
        "except Exception as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", script, target], capture_output=True, text=True, check=True).stdout
    assert told == "The session work.maskeditor is open in another window; close it there first.\n"
    moved(here, 2)
    here.close()
    told = subprocess.run([sys.executable, "-c", script, target], capture_output=True, text=True, check=True).stdout
    assert told == ""


# Journals that cannot be written --------------------------------------------------------------------------------------


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder that can be read and not be written, by root neither."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here = moved(session(write_image(folder)))
        here.save_session(folder / "work.maskeditor")
        here.close()
        folder.chmod(0o555)
        if is_root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_without_a_place_for_its_journal_a_session_goes_on_and_says_so_once(locked_folder: Path) -> None:
    here = session()
    said: list[str] = []
    here.recording.failed.connect(said.append)
    here.keep_journal(locked_folder / "sessions")
    here.identify()
    moved(here)
    assert state(here.document) == state(moved(session()).document)
    (sentence,) = said
    assert "cannot be written" in sentence
    assert sentence.endswith("save your masks often.")
    assert here.unsaved() != ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_session_that_cannot_be_written_goes_on_apart(locked_folder: Path) -> None:
    expected = state(moved(session()).document)
    with tempfile.TemporaryDirectory() as name:
        journals = Path(name)
        here = restore_session(locked_folder / "work.maskeditor", folder=journals)
        assert here.note == (
            "work.maskeditor cannot be written, so changes are kept apart; save the session under another name."
        )
        assert state(here.document) == expected
        assert not here.recording.is_saved
        moved(here, 2)
        here.close()
        again = restore_session(only(journals), folder=journals)
        assert state(again.document) == state(here.document)
        again.close(discard=True)
        assert list(journals.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_a_copy_that_was_not_used_is_removed(locked_folder: Path) -> None:
    grid = Geometry((2, 2, 2), np.eye(4))
    with tempfile.TemporaryDirectory() as name:
        other, journals = Path(name, "other.nii"), Path(name, "journals")
        save_volume(Volume(np.zeros((2, 2, 2), np.int16), grid), other, Header.from_geometry(grid))
        with pytest.raises(SourceChanged):
            restore_session(locked_folder / "work.maskeditor", other, folder=journals)
        assert list(journals.iterdir()) == []


def test_a_journal_is_whole_again_as_soon_as_it_can_be_written(
    tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maskeditor.io.journal.journal import Journal

    here, said = kept(tmp_path, journals), []
    here.recording.failed.connect(said.append)
    moved(here, 1, 10)
    write = Journal.write

    def refuse(*_: object) -> None:
        raise FileError("There is no room.")

    for _ in range(2):
        monkeypatch.setattr(Journal, "write", refuse)
        moved(here, 2, 20)
        monkeypatch.setattr(Journal, "write", write)
        moved(here, 3, 20)
    assert (
        said
        == ["There is no room. Until then, what you do is not kept if the program ends: save your masks often."] * 2
    )
    here.close()
    assert state(restore_session(only(journals), folder=journals).document) == state(here.document)


def test_a_saved_session_that_cannot_be_written_is_unsaved(
    tmp_path: Path, journals: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maskeditor.io.journal.journal import Journal

    here = kept(tmp_path, journals)
    here.save_session(tmp_path / "work.maskeditor")
    assert here.unsaved() == ()

    def refuse(*_: object) -> None:
        raise FileError("There is no room.")

    monkeypatch.setattr(Journal, "write", refuse)
    here.document.do(make("invert", {}), "roi1")
    assert here.unsaved() == ("roi1",)
    here.identify()  # what else is written does not make up for the move
    assert here.unsaved() == ("roi1",)
    with pytest.raises(FileError, match="no room"):
        here.save_session(tmp_path / "work.maskeditor")
    monkeypatch.undo()
    here.save_session(tmp_path / "work.maskeditor")
    assert here.unsaved() == ()
    here.close()
    assert restore_session(tmp_path / "work.maskeditor", folder=journals).document.voxels("roi1") > 0


def test_a_session_that_cannot_be_saved_goes_on_as_before(tmp_path: Path) -> None:
    here = moved(session(write_image(tmp_path)))
    with pytest.raises(FileError, match="does not exist"):
        here.save_session(tmp_path / "gone" / "work.maskeditor")
    assert here.recording.path is None
    moved(here, 2)
    here.save_session(tmp_path / "work.maskeditor")
    here.close()
    assert state(restore_session(tmp_path / "work.maskeditor", folder=tmp_path / "j").document) == state(here.document)


# Damage ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_saved", [False, True])
def test_what_can_be_read_of_a_damaged_session_goes_on_in_a_new_journal(
    tmp_path: Path, journals: Path, is_saved: bool
) -> None:
    here = kept(tmp_path, journals)
    for lower in (3, 5, 7):
        here.document.do(make("threshold", {"lower": lower}), "roi1")
    path = only(journals)
    if is_saved:
        path = tmp_path / "work.maskeditor"
        here.save_session(path)
    here.close()
    here.document.undo()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM deltas WHERE number = 5")
    content = path.read_bytes()
    again = restore_session(path, folder=journals)
    assert again.note.startswith(
        "The session is damaged (change 5 is missing). What could be read is open: its first 2"
    )
    assert state(again.document)[:3] == state(here.document)[:3]
    assert again.unsaved() == ("roi1",)
    damaged = path if is_saved else path.with_suffix(".damaged")
    assert damaged.read_bytes() == content
    moved(again, 2)
    again.close()
    assert state(restore_session(only(journals), folder=journals).document) == state(again.document)


def test_a_session_that_forgot_its_image_asks_for_it(tmp_path: Path, journals: Path) -> None:
    here = moved(kept(tmp_path, journals))
    here.close()
    with contextlib.closing(sqlite3.connect(only(journals))) as database, database:
        database.execute("UPDATE about SET value = '{}' WHERE key = 'source'")
    with pytest.raises(SourceMissing):
        restore_session(only(journals), folder=journals)
    with pytest.raises(SourceChanged, match="where it lay in space was not recorded"):
        restore_session(only(journals), tmp_path / "noise.nii", folder=journals)
    again = restore_session(only(journals), tmp_path / "noise.nii", accept=True, folder=journals)
    assert state(again.document) == state(here.document)


def test_what_was_rescued_is_kept_though_nothing_more_is_done(tmp_path: Path, journals: Path) -> None:
    here = kept(tmp_path, journals)
    for lower in (3, 5, 7):
        here.document.do(make("threshold", {"lower": lower}), "roi1")
    path = only(journals)
    here.close()
    here.document.undo()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("DELETE FROM deltas WHERE number = 5")
    restore_session(path, folder=journals).close()
    assert path.with_suffix(".damaged").exists()
    again = restore_session(only(journals), folder=journals)
    assert state(again.document)[:3] == state(here.document)[:3]
    again.close(discard=True)
