"""Nothing that tells who the patient is leaves with a mask, or is kept by the program."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor.ops
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.model.mask_files import save_mask
from maskeditor.model.session import Session
from tests.io.dicom import phantom

assert maskeditor.ops
ROI = "roi1"
#: What the headers of the phantom tell of the patient, and parts of it.
SECRETS = ("Doe", "Jane", "secret", "19700101", "Secret Hospital", "1970")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    values = phantom.numbers((10, 9, 8))
    # A folder may be called as the patient is.
    phantom.write_series(tmp_path / "Doe^Jane", values, ReferringPhysicianName="Secret^Doc", StudyID="secret-19")
    made = Session.open(tmp_path / "Doe^Jane")
    made.document.do(make("threshold", {"lower": 2000}), ROI)
    return made


def assert_nothing_in(data: bytes) -> None:
    for secret in SECRETS:
        assert secret.encode() not in data
        assert secret.encode("utf-16-le") not in data


def test_the_phantom_has_secrets(session: Session, tmp_path: Path) -> None:
    raw = next((tmp_path / "Doe^Jane").iterdir()).read_bytes()
    assert all(secret.encode() in raw for secret in SECRETS)


def test_what_leaves_with_a_mask(session: Session, tmp_path: Path) -> None:
    for name in ("mask.nii.gz", "mask.nii"):
        save_mask(session, ROI, tmp_path / name)
        image = nibabel.load(tmp_path / name)
        assert_nothing_in(b"".join(part.get_content() if isinstance(part.get_content(), bytes) else
                                   str(part.get_content()).encode() for part in image.header.extensions))  # fmt: skip
        assert_nothing_in((tmp_path / "mask.json").read_bytes())
    raw = (tmp_path / "mask.nii").read_bytes()
    assert_nothing_in(raw[: int(image.header["vox_offset"])])
    assert np.array_equal(np.asarray(image.dataobj) > 0, session.document.mask(ROI)[...])


def test_recipes_and_titles(session: Session) -> None:
    assert_nothing_in(dumps(session.recipe(ROI)).encode())
    assert_nothing_in(session.name.encode())
    assert_nothing_in(" ".join(session.document.volume.findings).encode())


def test_the_journal_tells_no_more_than_the_path(session: Session, tmp_path: Path) -> None:
    session.keep_journal(tmp_path / "journals")
    session.identify()
    session.document.do(make("dilation", {}), ROI)
    path = session.recording.path
    assert path is not None
    session.close()
    told = []
    with sqlite3.connect(path) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            told += [str(row) for row in database.execute(f'SELECT * FROM "{table}"')]
    # The path is where the user has put it; without it nothing could be opened again.
    if os.name == "posix":
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = "\n".join(told).replace(str(tmp_path / "Doe^Jane"), "")
    assert_nothing_in(text.encode())
