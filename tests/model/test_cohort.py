"""Cohorts: outliers, verdicts and their page, corrections, group masks and tables."""

from __future__ import annotations

import gc
import json
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import nibabel
import numpy as np
import pytest
from nilearn import masking
from scipy import stats

import maskeditor
from maskeditor.core.errors import FileError
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.engine.progress import Progress
from maskeditor.model.cohort import outliers, processes
from maskeditor.model.cohort.batch import Asked, plan
from maskeditor.model.cohort.corrections import correction_path, keep_correction
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.group import group_mask, group_signals, group_statistics, members
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.outliers import deviations, standings
from maskeditor.model.cohort.qc import opening_command, picture_path, write_page
from maskeditor.model.cohort.review import Review
from maskeditor.model.cohort.subjects import find_subjects
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts, write_failures, write_verdicts
from maskeditor.model.open_for import WAYS
from maskeditor.model.recipes import carry_out
from maskeditor.ops.consensus import Consensus
from tests.cohorts import cohort, image_of, recipe_in
from tests.effort import effort_of

yaml = pytest.importorskip("yaml")


@pytest.fixture
def done(tmp_path: Path) -> Ledger:
    """A batch of four, whose third is spoiled, and whose fourth is much brighter."""
    cohort(tmp_path, 5)
    image_of(tmp_path, 3).write_bytes(b"spoiled")
    bright = nibabel.load(image_of(tmp_path, 4))
    nibabel.save(
        nibabel.Nifti1Image(np.asarray(bright.dataobj) + 60, bright.affine, bright.header), image_of(tmp_path, 4)
    )
    with warnings.catch_warnings(action="ignore"):
        maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), tmp_path / "out")
    return Ledger(tmp_path / "out")


def key(number: int) -> str:
    return f"sub-{number:02}/func/sub-{number:02}_task-rest_bold"


def test_deviations_are_those_of_the_median() -> None:
    values = [3.0, 5.0, 4.0, 8.0, 4.5, 5.5]
    expected = (np.array(values) - np.median(values)) / stats.median_abs_deviation(values, scale="normal")
    assert np.allclose(deviations(values), expected, rtol=1e-4)
    assert deviations([2.0, 2.0, 2.0, 9.0]) == [0.0, 0.0, 0.0, 99.0]


def test_outliers(done: Ledger) -> None:
    outcomes = outcomes_of(done)
    found = standings(outcomes, done.out)
    assert key(3) not in found
    assert max(found, key=lambda one: found[one].most) == key(4)
    assert found[key(4)].why == ("volume", "overlap", "border")
    masks = {one.key: nibabel.load(done.out / one.target).dataobj[...] > 0 for one in outcomes if not one.problem}
    majority = 2 * sum(mask.astype(int) for mask in masks.values()) > 4
    first = masks[key(1)]
    dice = 2 * (first & majority).sum() / (first.sum() + majority.sum())
    assert found[key(1)].dice == pytest.approx(dice)


def test_the_page_needs_no_other_file_and_shows_the_worst_first(done: Ledger) -> None:
    outcomes = outcomes_of(done)
    shown = {
        key(1): Verdict("pass", 'a "note" <b>', "blake3:another"),
        key(2): Verdict("fail", "", outcomes[1].fingerprint),
    }
    path = write_page(done, outcomes, shown)
    text = path.read_text()
    assert re.findall(r'data-key="([^"]*)"', text)[:2] == [key(3), key(4)]
    assert text.count("data:image/png;base64,") == 4
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "a &#34;note&#34; &lt;b&gt;" in text
    # Of the four that have one, one mask was another when it was judged.
    assert text.count('class="stale">Accepted before') == 1
    assert opening_command(done.out, "/a b/x.nii") == f"maskeditor '/a b/x.nii' --cohort {done.out}"
    # What is drawn already is not drawn again.
    pictures = {path: path.stat().st_mtime_ns for path in done.pictures.iterdir()}
    write_page(done, outcomes, {})
    assert {path: path.stat().st_mtime_ns for path in done.pictures.iterdir()} == pictures
    assert picture_path(done, outcomes[0]) in pictures


def test_verdicts_as_a_table_and_as_spinal_cord_toolbox_has_them(done: Ledger, tmp_path: Path) -> None:
    outcomes = outcomes_of(done)
    made = {key(1): Verdict("pass", "fine", "abc"), key(2): Verdict("fail", "cut\toff", outcomes[1].fingerprint)}
    write_verdicts(done.out / "verdicts.tsv", made)
    assert known_verdicts(done, outcomes) == made | {key(2): Verdict("fail", "cut off", outcomes[1].fingerprint)}
    assert made[key(1)].is_stale(outcomes[0])
    assert not made[key(2)].is_stale(outcomes[1])
    write_failures(tmp_path / "qc_fail.yml", made, outcomes)
    assert yaml.safe_load((tmp_path / "qc_fail.yml").read_text()) == {"FILES_SEG": ["sub-02_task-rest_bold.nii.gz"]}
    lists = {"FILES_SEG": ["sub-02_task-rest_bold.nii.gz", "sub-09_T1w.nii.gz"], "FILES_LABEL": ["sub-01"]}
    (tmp_path / "other.yml").write_text(yaml.safe_dump(lists))
    read, doubts = read_verdicts(tmp_path / "other.yml", outcomes, done.out)
    assert read == {key(number): Verdict("fail", "", outcomes[number - 1].fingerprint) for number in (1, 2)}
    assert doubts == ("other.yml names sub-09_T1w.nii.gz, which no image here is called; left out.",)
    write_failures(tmp_path / "none.yml", {}, outcomes)
    assert yaml.safe_load((tmp_path / "none.yml").read_text()) == {"FILES_SEG": []}
    assert read_verdicts(tmp_path / "none.yml", outcomes, done.out) == ({}, ())
    (tmp_path / "bad.yml").write_text("FILES_SEG: {a: 1}\n")
    with pytest.raises(FileError, match=r"bad.yml, line 1: .* is neither a key"):
        read_verdicts(tmp_path / "bad.yml", outcomes, done.out)
    (tmp_path / "bad.tsv").write_text("image\tverdict\nx\tmaybe\n")
    with pytest.raises(FileError, match="'maybe' is neither pass nor fail"):
        read_verdicts(tmp_path / "bad.tsv", outcomes, done.out)


def test_a_group_mask_is_nilearns_and_leaves_out_what_failed(done: Ledger, tmp_path: Path) -> None:
    outcomes = outcomes_of(done)
    chosen = members(outcomes, {key(4): Verdict("fail")})
    assert [one.key for one in chosen] == [key(1), key(2), key(5)]
    target = tmp_path / "out/group/group_mask.nii.gz"
    voxels = group_mask(chosen, done.out, target, Consensus(others=()), None)
    files = [nibabel.load(done.out / one.target) for one in chosen]
    expected = masking.intersect_masks(files, threshold=0.5).get_fdata() > 0
    assert np.array_equal(nibabel.load(target).dataobj[...] > 0, expected)
    assert voxels == expected.sum()
    assert json.loads(target.with_name("group_mask.json").read_text())["Sources"][0].startswith("bids::sub-01/")
    table, problems, _ = group_statistics(chosen, done.out)
    assert not problems
    image = nibabel.load(image_of(tmp_path, 1)).get_fdata()
    assert table["image"] == [key(1), key(2), key(5)]
    assert table["mean"][0] == pytest.approx(image[files[0].get_fdata() > 0].mean())
    assert group_signals(chosen[:1], done.out).problems[0].startswith(f"{key(1)}: ")  # it has one volume


def test_tables_of_a_group_say_what_is_circular_and_of_which_images(done: Ledger) -> None:
    """A threshold chose the voxels of each mask by the image that is measured in it; of a shared mask, by one image."""
    chosen = members(outcomes_of(done), {})
    said = "The voxels were chosen by the very intensities that are measured (Threshold)"
    (doubt,) = group_statistics(chosen, done.out).doubts
    assert doubt.startswith(f"{len(chosen)} images: {said}")
    (doubt,) = group_statistics(chosen, done.out, done.out / chosen[1].target).doubts
    assert doubt.startswith(f"{chosen[1].key}: {said}")


def test_a_mask_that_overlaps_more_or_touches_the_border_less_than_others_is_no_outlier(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dice = dict(zip("abcdef", (0.80, 0.81, 0.82, 0.83, 0.99, 0.5), strict=True))
    border = dict(zip("abcdef", (50, 51, 52, 53, 90, 1), strict=True))
    outcomes = [
        SimpleNamespace(key=key, problem="", millilitres=10.0, border_voxels=border[key], voxels=100) for key in dice
    ]
    monkeypatch.setattr(outliers, "overlaps", lambda *_: dice)
    found = standings(outcomes, tmp_path)  # type: ignore[arg-type]
    assert {key: one.why for key, one in found.items() if one.why} == {"e": ("border",), "f": ("overlap",)}
    assert found["e"].overlap == found["f"].border == 0


def test_a_mask_that_has_gone_is_no_question_of_grids(done: Ledger, tmp_path: Path) -> None:
    outcomes = outcomes_of(done)[:2]
    (done.out / outcomes[1].target).unlink()
    with pytest.raises(FileError, match=Path(outcomes[1].target).name) as caught:
        group_mask(outcomes, done.out, tmp_path / "group_mask.nii.gz", Consensus(others=()))
    assert "grid" not in str(caught.value)


def test_masks_of_different_grids_are_refused_or_brought_to_one(done: Ledger, tmp_path: Path) -> None:
    outcomes = outcomes_of(done)[:2]
    moved = nibabel.load(done.out / outcomes[1].target)
    affine = moved.affine.copy()
    affine[0, 3] += 2
    nibabel.save(nibabel.Nifti1Image(moved.dataobj[...], affine), done.out / outcomes[1].target)
    target = tmp_path / "group_mask.nii.gz"
    with pytest.raises(FileError, match=r"lie on different grids, .* give --to IMAGE"):
        group_mask(outcomes, done.out, target, Consensus(others=()))
    assert not target.exists()
    assert group_mask(outcomes, done.out, target, Consensus(others=()), image_of(tmp_path, 1), Progress())


def test_names() -> None:
    outcome = Outcome("k", "i", "t", warnings=("a",), marks={"image": [1, 2, "x"]})
    assert Outcome.from_record(json.loads(json.dumps(outcome.to_record() | {"later": 1}))) == outcome
    assert replace(outcome, problem="x").problem


def test_the_folder_of_a_subject_is_that_of_bids_else_that_of_the_pattern(tmp_path: Path) -> None:
    for name in ("a/b/x.nii", "ds/sub-1/ses-2/anat/sub-1_ses-2_T1w.nii"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    found = find_subjects([str(tmp_path / "*/b/*.nii"), str(tmp_path / "ds/**/*_T1w.nii")])
    assert [one.key for one in found] == ["a/b/x", "sub-1/ses-2/anat/sub-1_ses-2_T1w"]
    asked = Asked(maskeditor.recipe("invert"), (str(tmp_path / "a/b/x.nii"),), tmp_path / "out", name="../it")
    assert [task.target for task in plan(asked).tasks] == ["x_desc-it_mask.nii.gz"]


def test_a_correction_on_an_image_that_has_changed_is_doubted_and_on_another_grid_refused(tmp_path: Path) -> None:
    cohort(tmp_path, 1)
    out, image = tmp_path / "out", image_of(tmp_path, 1)
    maskeditor.batch(recipe_in(tmp_path), str(image), out)
    stroke = maskeditor.run(maskeditor.open_image(image), "paint points=[[1,1,1]] radius=90").recipe
    keep_correction(correction_path(out, key(1)), stroke)
    again = nibabel.load(image)
    nibabel.save(nibabel.Nifti1Image(np.asarray(again.dataobj) + 1, again.affine, again.header), image)
    maskeditor.batch(recipe_in(tmp_path), str(image), out)
    (made,) = outcomes_of(Ledger(out))
    assert made.corrected == 1
    assert made.warnings[0].startswith("The image has changed since its correction was made; look whether")
    before = (out / made.target).read_bytes()
    nibabel.save(nibabel.Nifti1Image(np.asarray(again.dataobj), again.affine + np.eye(4, k=3)), image)
    with pytest.warns(UserWarning, match="Its correction was made on an image of another grid"):
        maskeditor.batch(recipe_in(tmp_path), str(image), out)
    assert (out / made.target).read_bytes() == before


def test_a_process_whose_parent_is_killed_ends_between_two_images(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    stop = SimpleNamespace(value=0)

    @contextmanager
    def at_work() -> Iterator[None]:
        seen.append("asked to stop" if stop.value else "not asked")
        yield
        seen.append("next image")

    monkeypatch.setattr(processes, "_stop", [stop])
    monkeypatch.setattr(processes, "_at_work", at_work())
    monkeypatch.setattr("os._exit", lambda _: seen.append("ended"))
    processes._end_with(SimpleNamespace(join=lambda: seen.append("killed")))  # type: ignore[arg-type]
    assert seen == ["killed", "asked to stop", "ended", "next image"]


def test_what_images_are_called_is_asked_once_of_each(tmp_path: Path) -> None:
    """And not for each name of a list."""

    def effort(count: int) -> int:
        outcomes = [
            Outcome(f"sub-{at}/anat/a{at}", f"sub-{at}/anat/a{at}.nii.gz", f"sub-{at}/anat/a{at}_mask.nii.gz", 1)
            for at in range(count)
        ]
        names = (f"- {name}\n" for at in range(count) for name in (f"a{at}.nii.gz", f"sub-{at}", f"sub-{at}/anat"))
        (tmp_path / "fail.yml").write_text("FILES_SEG:\n" + "".join(names))
        found: list[object] = []
        instructions = effort_of(lambda: found.append(read_verdicts(tmp_path / "fail.yml", outcomes, tmp_path)))
        assert found == [({one.key: Verdict("fail") for one in outcomes}, ())]
        return instructions

    effort(1)  # what is imported then
    assert effort(80) < 3 * effort(40)


def test_a_process_of_a_batch_looks_for_no_garbage_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    at_end: list[object] = []
    monkeypatch.setattr("atexit.register", at_end.append)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr(processes, "share_processors", lambda _: None)
    monkeypatch.setattr(processes, "_stop", [])
    processes._begin(None, 2)
    assert at_end == [gc.freeze]


def test_what_others_judged_and_made_since_the_folder_was_opened_is_kept_and_seen(done: Ledger, tmp_path: Path) -> None:
    mine, other = Review.open(done.out), Review.open(done.out)
    mine.judge(key(1), "pass", "")
    other.judge(key(2), "fail", "moved")
    mine.judge(key(4), "fail", "")
    judged = known_verdicts(done, outcomes_of(done))
    assert {name: one.verdict for name, one in judged.items()} == {key(1): "pass", key(2): "fail", key(4): "fail"}
    assert mine.open_image(key(2)).doubts == ()
    with warnings.catch_warnings(action="ignore"):
        maskeditor.batch(recipe_in(tmp_path, 45), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), done.out)
    opened = mine.open_image(key(2))
    assert opened.shared.steps[0].operation.lower == 45
    assert opened.doubts[-1].startswith("This mask was made anew since out was opened;")
    (row,) = (row for row in mine.rows if row.outcome.key == key(2))
    assert row.state == "stale"
    # What is seen now is judged now.
    mine.judge(key(2), "pass", "")
    assert not known_verdicts(done, outcomes_of(done))[key(2)].is_stale(row.outcome)


@pytest.mark.parametrize("with_images", [True, False])
def test_a_folder_of_results_that_was_moved_goes_on(done: Ledger, tmp_path: Path, with_images: bool) -> None:
    Review.open(done.out).judge(key(1), "pass", "")
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("ds", "out") if with_images else ("out",):
        (tmp_path / name).rename(moved / name)
    images = moved if with_images else tmp_path
    review = Review.open(moved / "out")
    assert review.row_of(image_of(images, 2)) is not None
    opened = review.open_image(key(2))
    assert opened.session.path == image_of(images, 2)
    roi = carry_out(opened.session.document, opened.recipe, Bound.KEEP, WAYS)
    made = review.correct(key(2), opened.session, opened.shared, roi)
    assert nibabel.load(moved / "out" / made.target).shape == (12, 11, 9)
    opened.session.close()
    asked = Asked(maskeditor.recipe(recipe_in(tmp_path)), (str(images / "ds/sub-*/func/*_bold.nii.gz"),), moved / "out")
    assert [task.key for task in plan(asked).to_do] == [key(3)]  # which is spoiled
    assert [row.state for row in review.rows if row.outcome.key == key(1)] == ["pass"]
