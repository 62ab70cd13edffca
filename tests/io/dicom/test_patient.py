"""A path that says who the patient is, as the header has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskeditor.io.dicom.patient import names_patient
from tests.io.dicom.phantom import numbers, write_series


@pytest.mark.parametrize(
    ("name", "identity", "path", "told"),
    [
        ("Doe^Jane", "secret-17", "study/doe_jane/t1", True),
        ("Doe^Jane", "secret-17", "study/Jane/t1", True),
        ("Doe^Jane", "secret-17", "study/SECRET17_t1.dcm", True),
        ("Wu^Bo", "", "study/bo-wu", True),
        ("Müller^Zoë", "", "study/ZOË", True),
        ("Müller^Zoë", "", "study/mu\u0308ller", True),  # as macOS names files
        ("Wu^Bo", "7", "study/7/bold", False),
        ("Doe^Jane", "secret-17", "study/sub-01", False),
        ("", "", "study/sub-01", False),
    ],
)
def test_names_and_numbers_are_found(tmp_path: Path, name: str, identity: str, path: str, told: bool) -> None:
    write_series(tmp_path, numbers((3, 2, 1)), PatientName=name, PatientID=identity,
                 SpecificCharacterSet="ISO_IR 192")  # fmt: skip
    (file,) = tmp_path.glob("*.dcm")
    assert names_patient(Path("/data") / path, file) == told


def test_a_pseudonym_says_nothing(tmp_path: Path) -> None:
    write_series(tmp_path, numbers((3, 2, 1)), PatientName="sub-01", PatientIdentityRemoved="YES")
    (file,) = tmp_path.glob("*.dcm")
    assert not names_patient(Path("study/sub-01"), file)


def test_what_cannot_be_read_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_bytes(b"no image")
    assert not names_patient(tmp_path / "doe", tmp_path / "x.dcm")
    assert not names_patient(tmp_path / "doe", tmp_path / "none.dcm")
