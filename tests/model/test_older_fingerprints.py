"""What was written when voxels were known by SHA-256 still loads, and is compared: nothing that changed passes."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

import maskeditor
from maskeditor.core.errors import FileError
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.io.nifti.read import read_image
from maskeditor.io.nifti.series import ReducedSeries, read_reduced
from maskeditor.io.provenance import source_matches
from maskeditor.model.cohort import qc
from maskeditor.model.cohort.batch import Asked, plan
from maskeditor.model.cohort.corrections import joined_with
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.making import keep_others_work
from maskeditor.model.data.circularity import circular_in
from maskeditor.model.further import FurtherImage, open_further
from maskeditor.model.label_files import is_result, save_labels
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recipes import absolute_elsewhere, bound_elsewhere, carried, doubts_of_carried, read_recipe
from maskeditor.model.restoring import restore_session
from maskeditor.model.session import Session
from maskeditor.model.source import Origin, SourceChanged
from tests.cohorts import cohort, image_of, recipe_in
from tests.older import age_mask, as_before, hashes_of

AFFINE = np.diag([2.0, 2.5, 3.0, 1.0])


def write(path: Path, shape: tuple[int, ...] = (12, 11, 9), seed: int = 0) -> Path:
    values = np.random.default_rng(seed).integers(0, 100, shape, np.int16)
    nibabel.save(nibabel.Nifti1Image(values, AFFINE), path)
    return path


def change(path: Path) -> None:
    """Have one voxel be another, and all else as it is."""
    image = nibabel.load(path)
    values = np.asarray(image.dataobj).copy()
    values[3, 3, 3] = 1 - values[3, 3, 3]
    nibabel.save(nibabel.Nifti1Image(values, image.affine, image.header), path)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A mask that a version before has saved: of a bound, and a component at a place."""
    image = write(tmp_path / "image.nii")
    session = Session.open(image)
    for line in ("threshold lower=50", "select_component point=6,1,1"):
        session.document.do(from_text(line), "roi1")
    save_mask(session, "roi1", tmp_path / "mask.nii.gz")
    session.close()
    age_mask(tmp_path / "mask.nii.gz", hashes_of(image, tmp_path / "mask.nii.gz"))
    text = (tmp_path / "mask.json").read_text()
    assert "fingerprint" not in text
    assert text.count('"sha256"') == 2
    return tmp_path / "mask.nii.gz"


@pytest.mark.parametrize("same", [True, False])
def test_a_recipe_knows_its_image(saved: Path, tmp_path: Path, same: bool) -> None:
    recipe = read_recipe(saved)
    if not same:
        change(tmp_path / "image.nii")
    session = Session.open(tmp_path / "image.nii")
    found = carried(saved, session.source)
    assert found is not None
    assert found.from_here == same
    assert (absolute_elsewhere(recipe, session.source) == ()) == same
    assert (bound_elsewhere(recipe, session.document.volume) == ()) == same
    assert (circular_in([recipe], session.document.volume, over_time=False) != ()) == same
    _, doubts = joined_with(recipe, recipe, session.document.volume, Bound.KEEP, "")
    assert (doubts == ()) == same
    session.close()


@pytest.mark.parametrize("same", [True, False])
def test_a_recipe_knows_its_mask(saved: Path, same: bool) -> None:
    recipe = read_recipe(saved)
    if not same:
        change(saved)
    mask = np.asarray(nibabel.load(saved).dataobj) > 0
    assert is_result(recipe, {"roi1": MaskBits.of(mask)}) == same
    doubts = doubts_of_carried(saved)
    assert [doubt.split(" does")[0] for doubt in doubts] == [
        f"The recipe in {name}" for name in ("mask.nii.gz", "mask.json") if not same
    ]


@pytest.mark.parametrize("same", [True, False])
def test_an_image_of_labels_is_known(tmp_path: Path, same: bool) -> None:
    session = Session.open(write(tmp_path / "image.nii"))
    session.document.do(from_text("threshold lower=50"), "roi1")
    save_labels(session, tmp_path / "labels.nii")
    record = json.loads((tmp_path / "labels.json").read_text())["Recipe"]
    session.close()
    recipe = loads(json.dumps(as_before(record, hashes_of(tmp_path / "image.nii", tmp_path / "labels.nii"))))
    assert "labels_sha256" in recipe.result
    mask = np.asarray(nibabel.load(tmp_path / "labels.nii").dataobj) > 0
    mask[3, 3, 3] ^= not same
    assert is_result(recipe, {"roi1": MaskBits.of(mask)}) == same


@pytest.mark.parametrize("changed", ["", "image.nii", "map.nii", "coarse.nii"])
def test_a_session_knows_its_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str) -> None:
    names = ("image.nii", "map.nii", "coarse.nii")
    for number, name in enumerate(names):
        write(tmp_path / name, (7, 6, 4) if name == "coarse.nii" else (12, 11, 9), number)
    hashes = hashes_of(*(tmp_path / name for name in names))
    with monkeypatch.context() as patch:
        for kind in (Origin, FurtherImage):
            patch.setattr(kind, "facts", aged(kind.facts, hashes))
        session = Session.open(tmp_path / "image.nii")
        for name in names[1:]:
            session.add_image(name[:-4], open_further(tmp_path / name, session.document.geometry, "linear"))
        session.save_session(tmp_path / "work.maskeditor")
        session.close()
    content = (tmp_path / "work.maskeditor").read_bytes()
    assert all(digest.encode() in content for digest in hashes.values())
    if changed:
        change(tmp_path / changed)
        with pytest.raises(SourceChanged, match=rf"{changed} is not .* \(its voxels have other values\)"):
            restore_session(tmp_path / "work.maskeditor")
        return
    again = restore_session(tmp_path / "work.maskeditor")
    # From now on it is known by the new one, whatever else happens to it.
    assert again.source.facts(None)["source"]["fingerprint"].startswith("blake3:")
    again.close()


def aged(facts: Callable[..., Any], hashes: dict[str, str]) -> Callable[..., Any]:
    return lambda self, base: as_before(facts(self, base), hashes)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("shape", [(12, 11, 9), (7, 6, 4)])
def test_a_further_image_is_known_though_it_was_resampled(tmp_path: Path, shape: tuple[int, ...], same: bool) -> None:
    grid = read_image(write(tmp_path / "image.nii"))[0].geometry
    path = write(tmp_path / "map.nii", shape, 1)
    recorded = f"sha256:{next(iter(hashes_of(path).values()))}"
    if not same:
        change(path)
    assert open_further(path, grid, "linear", recorded=recorded).is_known_by(recorded) == same


def test_a_series_that_is_reduced_is_compared_and_never_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.nii", (8, 7, 6, 40))
    recorded = f"sha256:{next(iter(hashes_of(path).values()))}"
    monkeypatch.setattr("maskeditor.io.nifti.series.BLOCK", 1 << 10)
    series, _ = read_reduced(path, ["mean"])
    assert isinstance(series, ReducedSeries)
    assert source_matches(recorded, series)
    assert not source_matches(f"sha256:{'0' * 64}", series)
    assert "stored" not in series.__dict__


@pytest.fixture
def done(tmp_path: Path) -> Ledger:
    """A folder of results of a version before, of three images."""
    cohort(tmp_path, 3)
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), tmp_path / "out")
    ledger = Ledger(tmp_path / "out")
    hashes = hashes_of(*(tmp_path / "out" / one.target for one in outcomes_of(ledger)))
    file = tmp_path / "out/.maskeditor/done.jsonl"
    lines = [json.dumps(as_before(json.loads(line), hashes)) for line in file.read_text().splitlines()]
    assert all('"sha256"' in line and "fingerprint" not in line for line in lines)
    file.write_text("".join(f"{line}\n" for line in lines))
    table = [f"{one.key}\tpass\tn/a\t{one.fingerprint.removeprefix('sha256:')}\n" for one in outcomes_of(ledger)]
    (tmp_path / "out/verdicts.tsv").write_text("image\tverdict\tnote\tmask_sha256\n" + "".join(table))
    return ledger


def stale(ledger: Ledger) -> list[bool]:
    outcomes = outcomes_of(ledger)
    verdicts = known_verdicts(ledger, outcomes)
    return [verdicts[one.key].is_stale(one) for one in outcomes]


def batch(tmp_path: Path, lower: float = 30, again: bool = False) -> None:
    images = str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    with warnings.catch_warnings(action="ignore"):
        maskeditor.batch(recipe_in(tmp_path, lower), images, tmp_path / "out", again=again)


def test_a_batch_goes_on_from_where_it_was(done: Ledger, tmp_path: Path) -> None:
    asked = Asked(read_recipe(recipe_in(tmp_path)), (str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"),), done.out)
    assert plan(asked).to_do == ()
    change(image_of(tmp_path, 2))
    (task,) = plan(asked).to_do
    assert task.key.startswith("sub-02")
    assert task.replaces.startswith("sha256:")
    keep_others_work(task.output, task.replaces)
    # Another mask, made by a recipe that it carries.
    session = Session.open(image_of(tmp_path, 2))
    session.document.do(from_text("threshold lower=50"), "roi1")
    save_mask(session, "roi1", task.output)
    session.close()
    with pytest.raises(FileError, match="is there already and was changed"):
        keep_others_work(task.output, task.replaces)


def test_verdicts_hold_as_long_as_the_mask_is_the_same(done: Ledger, tmp_path: Path) -> None:
    assert stale(done) == [False] * 3
    batch(tmp_path, again=True)
    assert all(one.fingerprint.startswith("blake3:") for one in outcomes_of(done))
    assert stale(done) == [False] * 3
    # Made anew of another image, whose mask is another too.
    image_of(tmp_path, 2).write_bytes(image_of(tmp_path, 3).read_bytes())
    batch(tmp_path)
    assert stale(done) == [False, True, False]


def test_a_verdict_is_stale_if_the_file_is_neither_mask(done: Ledger, tmp_path: Path) -> None:
    batch(tmp_path, again=True)
    first = done.out / outcomes_of(done)[0].target
    change(first)
    assert stale(done) == [True, False, False]
    first.unlink()
    assert stale(done) == [True, False, False]


def test_a_verdict_is_stale_if_the_file_is_the_mask_of_before_and_not_of_now(done: Ledger, tmp_path: Path) -> None:
    first = done.out / outcomes_of(done)[0].target
    before = first.read_bytes()
    image_of(tmp_path, 1).write_bytes(image_of(tmp_path, 2).read_bytes())
    batch(tmp_path)
    first.write_bytes(before)
    assert stale(done) == [True, False, False]


def test_a_picture_is_called_as_before(done: Ledger) -> None:
    """By the digits alone, so that none is drawn anew."""
    one = outcomes_of(done)[0]
    sha256 = one.fingerprint.removeprefix("sha256:")
    drawn = json.dumps([sha256, one.image, one.marks["image"], 160, [["axial", 4], ["coronal", 2], ["sagittal", 2]]])
    assert qc.picture_path(done, one).stem == hashlib.sha256(drawn.encode()).hexdigest()[:32]
