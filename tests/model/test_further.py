"""Further images come back with their session: by path and fingerprint, on the grid they were brought to."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskeditor.core.errors import FileError, OperationError
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.volume import Volume
from maskeditor.io.nifti.header import Header
from maskeditor.io.open import open_image
from maskeditor.io.save import save_volume
from maskeditor.model.further import FurtherImage, open_further
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.model.source import SourceChanged, SourceMissing
from tests import phantoms

COARSE = Geometry((7, 6, 4), np.diag([2.1, 1.7, 3.0, 1.0]))


def write(path: Path, data: Any, geometry: Geometry) -> Path:
    save_volume(Volume(np.asfortranarray(data), geometry), path, Header.from_geometry(geometry))
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A saved session: a head, a map on its grid and one on another, and steps that look at both and at a third."""
    head = phantoms.volume(affine_name="anisotropic")
    grid = head.geometry
    session = Session.open(write(tmp_path / "head.nii", head.stored, grid))
    write(tmp_path / "map.nii", phantoms.head(seed=3), grid)
    write(tmp_path / "coarse.nii", phantoms.head(COARSE.shape, seed=5), COARSE)
    session.add_image("map", open_further(tmp_path / "map.nii", grid))
    session.add_image("coarse", open_further(tmp_path / "coarse.nii", grid, "linear"))
    for line in ("smooth name=s image=coarse fwhm=4", "threshold image=s lower=60", "threshold image=map combine=add"):
        session.document.do(from_text(line), "roi1")
    session.save_session(tmp_path / "work.maskeditor")
    session.close()
    return tmp_path / "work.maskeditor"


def masks_of(session: Session) -> Any:
    try:
        return session.document.mask("roi1")[...]
    finally:
        session.close()


def test_they_come_back(saved: Path) -> None:
    session = restore_session(saved)
    document = session.document
    assert document.image_names() == ("map", "coarse", "s")
    assert document.images["coarse"].name == "coarse (resampled)"
    assert session.further["coarse"].interpolation == "linear"
    voxels = document.voxels("roi1")
    # What was worked out from them is worked out again to the bit.
    document.edit(0, [step.with_() for step in document.timeline], "again")
    assert document.voxels("roi1") == voxels
    recipe = session.recipe("roi1")
    assert list(recipe.images) == ["coarse", "map"]
    assert recipe.images["coarse"]["shape"] == [7, 6, 4]
    session.close()


def test_a_folder_that_was_moved_takes_them_along(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path, tmp_path / "elsewhere")
    for name in ("head.nii", "map.nii", "coarse.nii"):
        (tmp_path / name).unlink()
    assert masks_of(restore_session(tmp_path / "elsewhere" / saved.name)).any()


def test_one_that_is_gone_is_named_and_may_be_given(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "coarse.nii").rename(tmp_path / "renamed.nii")
    with pytest.raises(SourceMissing, match="The image coarse of the session is not at") as caught:
        restore_session(saved)
    assert caught.value.further == "coarse"
    session = restore_session(saved, images={"coarse": tmp_path / "renamed.nii"})
    assert session.further["coarse"].path == tmp_path / "renamed.nii"
    session.close()
    # From now on it is known to be there.
    restore_session(saved).close()


def test_one_that_was_changed_is_named_and_may_be_accepted(saved: Path, tmp_path: Path) -> None:
    write(tmp_path / "map.nii", phantoms.head(seed=4), phantoms.volume(affine_name="anisotropic").geometry)
    with pytest.raises(SourceChanged, match=r"map.nii is not the image .* \(its voxels have other values\)") as caught:
        restore_session(saved)
    assert (caught.value.further, caught.value.usable) == ("map", True)
    assert masks_of(restore_session(saved, accept=True)).any()
    write(tmp_path / "map.nii", phantoms.head(COARSE.shape), COARSE)
    with pytest.raises(SourceChanged, match="its shape is 7 × 6 × 4 instead of 13 × 12 × 11"):
        restore_session(saved, accept=True)


def test_a_session_goes_on_with_what_is_opened_later(saved: Path, tmp_path: Path) -> None:
    session = restore_session(saved)
    session.add_image("more", open_further(tmp_path / "map.nii", session.document.geometry))
    session.document.do(from_text("threshold image=more lower=600 combine=subtract"), "roi1")
    session.close()
    again = restore_session(saved)
    assert again.document.image_names() == ("map", "coarse", "more", "s")
    again.close()


def test_names_are_unlike_each_other(saved: Path, tmp_path: Path) -> None:
    session = restore_session(saved)
    image = open_further(tmp_path / "map.nii", session.document.geometry)
    for name in ("map", "s"):  # opened, and made by a step
        with pytest.raises(OperationError, match=f"There is an image '{name}' already; choose another name"):
            session.add_image(name, image)
    session.document.undo()
    session.document.undo()
    session.document.undo()
    with pytest.raises(OperationError, match="There is an image 's' already"):  # redo would bring it back
        session.add_image("s", image)
    session.close()


def test_a_series_of_four_axes_is_not_copied(tmp_path: Path) -> None:
    series = phantoms.series(4)
    image = open_further(write(tmp_path / "series.nii", series.stored, series.geometry), series.geometry)
    assert image.volume.frames == 4
    assert image._original is not None
    assert np.shares_memory(image.volume.stored, image._original.stored)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.nii").write_bytes(b"no image")
    with pytest.raises(FileError):
        open_further(tmp_path / "no.nii", COARSE)


def test_one_that_lies_on_this_grid_already_is_not_resampled(tmp_path: Path) -> None:
    path = write(tmp_path / "map.nii", phantoms.head(COARSE.shape), COARSE)
    further = open_further(path, COARSE, "linear")
    assert further.interpolation is None
    assert "interpolation" not in further.describe()


@pytest.mark.parametrize("grid", [COARSE, phantoms.volume(affine_name="anisotropic").geometry])
def test_one_of_which_nothing_is_recorded_is_not_known(tmp_path: Path, grid: Geometry) -> None:
    path = write(tmp_path / "coarse.nii", phantoms.head(COARSE.shape), COARSE)
    assert not open_further(path, grid, "linear").is_known_by("")


def test_names_that_were_chosen_come_before_those_beside_the_file(tmp_path: Path) -> None:
    labels = np.zeros(COARSE.shape, np.int16)
    labels[2:4], labels[4:6] = 1, 2
    path = write(tmp_path / "atlas.nii", labels, COARSE)
    (tmp_path / "atlas.tsv").write_text("index\tname\n1\tbeside\n2\tother\n")
    beside = open_further(path, COARSE)
    assert beside.labels is not None
    assert beside.labels.name(1) == "beside"
    chosen = FurtherImage(open_image(path).volume, COARSE, path=path, labels={1: NamedLabel("chosen")})
    assert chosen.labels is not None
    assert chosen.labels.name(1) == "chosen"
