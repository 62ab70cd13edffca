"""All ROIs as one image of labels: its voxels and header by nibabel, its table, and its recipe."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pandas
import pytest
from nilearn.maskers import NiftiLabelsMasker

from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.replay import replay
from maskeditor.io.label_tables import read_table
from maskeditor.io.seen import ChangedElsewhere
from maskeditor.model.label_census import census
from maskeditor.model.label_files import label_checks, numbers_of, save_labels
from maskeditor.model.label_images import label_image_of
from maskeditor.model.session import Session

AFFINE = np.array([[-2.0, 0, 0.3, 40], [0, 2.5, 0, -50], [0.2, 0, 3, -20], [0, 0, 0, 1]])
DATA = np.random.default_rng(5).integers(0, 100, (12, 11, 9)).astype(np.int16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    image = nibabel.Nifti1Image(DATA, AFFINE)
    image.set_sform(AFFINE, 3)
    image.set_qform(None, 0)
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, tmp_path / "sub-01_T1w.nii.gz")
    return tmp_path / "sub-01_T1w.nii.gz"


@pytest.fixture
def session(path: Path) -> Session:
    """Three ROIs: two that share voxels, and one that is empty between them."""
    opened = Session.open(path)
    document = opened.document
    document.change_roi("roi1", name="low\tone")
    document.add_roi("nothing")
    document.add_roi("high")
    document.do(make("threshold", {"lower": 20, "upper": 69}), "roi1")
    document.do(make("threshold", {"lower": 60}), "roi3")
    return opened


def wanted() -> np.ndarray:
    return np.where(DATA >= 60, 3, np.where(DATA >= 20, 1, 0))


def test_the_files_are_those_of_bids(session: Session, path: Path, tmp_path: Path) -> None:
    assert save_labels(session, tmp_path / "all_dseg.nii.gz") == 3
    saved, image = nibabel.load(tmp_path / "all_dseg.nii.gz"), nibabel.load(path)
    np.testing.assert_array_equal(np.asarray(saved.dataobj), wanted())
    assert saved.get_data_dtype() == np.uint8
    for name in ("sform_code", "qform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "pixdim", "xyzt_units"):
        assert saved.header[name].tobytes() == image.header[name].tobytes(), name
    assert (tmp_path / "all_dseg.tsv").read_text() == (
        "index\tname\tcolor\n1\tlow one\t#e63c3c\n2\tnothing\t#5555ee\n3\thigh\t#ffbbee\n"
    )
    record = json.loads((tmp_path / "all_dseg.json").read_text())
    assert (record["Type"], record["Sources"], record["Manual"]) == ("ROI", ["sub-01_T1w.nii.gz"], False)
    assert "Label" not in record
    assert session.unsaved() == ()
    session.document.do(make("dilation", {}), "roi3")
    assert session.unsaved() == ("roi3",)


def test_the_recipe_makes_all_rois_again(session: Session, path: Path, tmp_path: Path) -> None:
    save_labels(session, tmp_path / "all_dseg.nii.gz")
    recipe = loads((tmp_path / "all_dseg.json").read_text())
    assert numbers_of(recipe) == {"roi1": 1, "roi2": 2, "roi3": 3}
    again = Session.open(path).document
    replay(again, recipe)
    assert [(roi.name, roi.colour) for roi in again.rois] == [(roi.name, roi.colour) for roi in session.document.rois]
    for roi in again.rois:
        np.testing.assert_array_equal(again.mask(roi.id)[...], session.document.mask(roi.id)[...])


def test_what_the_image_cannot_hold_is_found(session: Session) -> None:
    shared = int(((DATA >= 60) & (DATA <= 69)).sum())
    both, empty = label_checks(session)
    assert both.sentence == f"'low\\tone' and 'high' share {shared} voxels, which will be of 'high' alone."
    assert both.place is not None
    assert 60 <= DATA[both.place] <= 69
    assert empty.sentence == "'nothing' is empty, so it will be in the table alone."
    session.document.do(make("threshold", {"lower": 0}), "roi2")
    assert [check.sentence for check in label_checks(session)][3:] == [
        "'low\\tone' lies wholly under later ROIs, so that no voxel is left of it."
    ]


def test_many_pairs_are_counted(session: Session) -> None:
    for _ in range(5):
        session.document.do(make("threshold", {"lower": 50}), session.document.add_roi("ROI").id)
    # Seven ROIs with voxels, each of which shares some with each other.
    assert [check.sentence for check in label_checks(session)][8] == "13 more pairs of ROIs share voxels."


def test_nothing_is_written_of_empty_rois(path: Path, tmp_path: Path) -> None:
    empty = Session.open(path)
    for refused in (lambda: label_checks(empty), lambda: save_labels(empty, tmp_path / "all_dseg.nii.gz")):
        with pytest.raises(FileError, match="All ROIs are empty"):
            refused()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["sub-01_T1w.nii.gz"]


def test_a_table_of_something_else_is_kept(session: Session, tmp_path: Path) -> None:
    table = tmp_path / "all_dseg.tsv"
    for text in ("onset\tduration\n1\t2\n", "index\tname\tcolor\tabbreviation\n1\tone\t#000000\to\n"):
        table.write_text(text)
        with pytest.raises(FileError, match=r"all_dseg.tsv beside it holds more than index, name, color of labels"):
            save_labels(session, tmp_path / "all_dseg.nii.gz")
        assert table.read_text() == text
        assert not (tmp_path / "all_dseg.nii.gz").exists()
    table.write_text("index\tname\n1\tone\n")
    save_labels(session, tmp_path / "all_dseg.nii.gz")
    assert "#e63c3c" in table.read_text()


def test_files_that_others_changed_are_not_replaced_unasked(session: Session, tmp_path: Path) -> None:
    save_labels(session, tmp_path / "all_dseg.nii.gz")
    save_labels(session, tmp_path / "all_dseg.nii.gz")
    (tmp_path / "all_dseg.nii.gz").write_bytes(b"other")
    assert session.unsaved() == ("roi1", "roi3")
    with pytest.raises(ChangedElsewhere):
        save_labels(session, tmp_path / "all_dseg.nii.gz")
    save_labels(session, tmp_path / "all_dseg.nii.gz", replace_changed=True)
    assert session.unsaved() == ()


def test_the_image_itself_is_not_replaced(session: Session, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(FileError, match="would replace the image itself"):
        save_labels(session, path)
    assert path.read_bytes() == before


def test_nilearn_reads_the_labels_with_their_names(session: Session, tmp_path: Path) -> None:
    session.document.change_roi("roi1", label=17)
    save_labels(session, tmp_path / "all_dseg.nii.gz")
    table = pandas.read_csv(tmp_path / "all_dseg.tsv", sep="\t")
    assert table["index"].tolist() == [17, 18, 19]
    assert table["name"].tolist() == ["low one", "nothing", "high"]
    named = read_table(tmp_path / "all_dseg.tsv")
    assert {number: label.name for number, label in named.items()} == dict(
        zip(table["index"], table["name"], strict=True)
    )
    labels = np.where(DATA >= 60, 19, np.where(DATA >= 20, 17, 0))
    bold = np.random.default_rng(1).normal(size=(*DATA.shape, 5)).astype(np.float32)
    masker = NiftiLabelsMasker(tmp_path / "all_dseg.nii.gz", lut=tmp_path / "all_dseg.tsv", standardize=None)
    signals = masker.fit_transform(nibabel.Nifti1Image(bold, AFFINE))
    assert [*masker.region_names_.values()] == ["low one", "high"]
    for column, number in enumerate((17, 19)):
        np.testing.assert_allclose(signals[:, column], bold[labels == number].mean(axis=0), rtol=1e-4, atol=1e-6)
    # Volumes are numpy's counts.
    saved = Session.open(tmp_path / "all_dseg.nii.gz").document.volume
    found = label_image_of(saved, named)
    assert found is not None
    counts = np.bincount(labels.ravel())
    assert {number: place.voxels for number, place in census(saved, found).items()} == {
        number: counts[number] for number in (17, 19)
    }
    assert volumes_by_header(tmp_path / "all_dseg.nii.gz") == pytest.approx(
        {number: counts[number] * saved.geometry.voxel_volume for number in (17, 19)}
    )


def volumes_by_header(path: Path) -> dict[int, float]:
    """Return the mL of each label by its header, apart from what is under test."""
    image = nibabel.load(path)
    each = abs(np.linalg.det(image.affine[:3, :3])) / 1000
    numbers, counts = np.unique(np.asarray(image.dataobj), return_counts=True)
    return {int(number): count * each for number, count in zip(numbers, counts, strict=True) if number}
