"""What is noted goes with the session, and nothing comes back that nobody would note."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from maskeditor.model.notes import LONGEST_COMMENT, NotedPlace, Notes, places_as_text
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from tests import phantoms

NOTES = Notes(
    (NotedPlace((1, 2, 3), "a cyst, left", 4), NotedPlace((0, 0, 0), "corner")), ((0.5, 2.0, "face"), (4.0, 0.0, "key"))
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "bold.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 5, 6, 7), np.int16), phantoms.affine("oblique")), made)
    return made


@pytest.mark.parametrize("ending", ["file", "journal"])
def test_notes_go_with_the_session(path: Path, tmp_path: Path, ending: str) -> None:
    session = Session.open(path)
    session.recording.want(tmp_path / "journals")
    session.recording.begin()
    session.notes = NOTES
    session.recording.write_facts()
    kept = session.recording.path
    if ending == "file":
        kept = tmp_path / "work.maskeditor"
        session.save_session(kept)
    assert kept is not None
    session.close(discard=False)
    again = restore_session(kept, folder=tmp_path / "journals")
    assert again.notes == NOTES
    again.close(discard=False)


def test_a_session_of_before_has_no_notes(path: Path) -> None:
    assert Session.open(path).notes == Notes() == Notes.from_record(None, (4, 5, 6), 7)


@pytest.mark.parametrize(
    "record",
    [
        "text", 5, [], {"places": 3}, {"places": [{"voxel": [1, 2]}]}, {"places": [{"voxel": ["a", 1, 2]}]},
        {"places": [{"voxel": [1, 2, 3], "comment": "x" * (LONGEST_COMMENT + 1)}]},
        {"places": [{"voxel": [1, 2, 3]}] * 1001}, {"conditions": [[0, -1, "a"]]}, {"conditions": {"a": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_what_nobody_would_note_is_nothing(record: Any) -> None:
    assert Notes.from_record(record, (4, 5, 6), 7) == Notes()


def test_places_outside_the_image_are_left_out() -> None:
    where = (((3, 4, 5), 6), ((4, 0, 0), None), ((-1, 0, 0), None), ((0, 0, 0), 7), ((0, 0, 0), None))
    places = tuple(NotedPlace(voxel, frame=frame) for voxel, frame in where)
    found = Notes.from_record(Notes(places).to_record(), (4, 5, 6), 7)
    assert found.places == (places[0], places[4])


def test_the_table_holds_what_other_programs_read() -> None:
    grid = phantoms.volume(np.zeros((4, 5, 6)), "oblique").geometry
    rows = [line.split("\t") for line in places_as_text(NOTES.places, grid).split("\n")]
    assert rows[0] == ["comment", "x mm", "y mm", "z mm", "i", "j", "k", "volume"]
    assert rows[1][0] == "a cyst, left"
    assert rows[1][4:] == ["1", "2", "3", "4"]
    assert rows[2][7] == ""
    world = nibabel.affines.apply_affine(grid.affine, [1, 2, 3])
    assert np.allclose([float(cell) for cell in rows[1][1:4]], world, atol=1e-4)
    assert "\t" not in places_as_text([NotedPlace((0, 0, 0), "two\tlines\nin one")], grid).split("\n")[1].split("\t")[0]
