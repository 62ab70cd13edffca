"""maskeditor batch: the masks of maskeditor run, for many images, past failures, and on from where it stopped."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest
from scipy import ndimage

import maskeditor
from maskeditor.core.errors import FileError
from maskeditor.io.folder_lock import alone_in
from maskeditor.model.cohort import batch as batches
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.review import Review
from tests.cohorts import STEPS, cohort, deadly, image_of, is_whole, recipe_in
from tests.io.dicom.phantom import numbers, write_series

if TYPE_CHECKING:
    from tests.cli.conftest import Call


def masks(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*_mask.nii.gz"))}


def test_the_same_bits_as_run_named_as_bids_has_it(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    recipe, out = recipe_in(tmp_path), tmp_path / "out"
    ended = call("batch", recipe, tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o", out, "--jobs", 1, "--name", "brain")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("3 images to do by 1 process, each with up to about 0.")
    made = out / "sub-02/func/sub-02_task-rest_desc-brain_mask.nii.gz"
    image = image_of(tmp_path, 2)
    assert np.array_equal(nibabel.load(made).dataobj, ndimage.binary_opening(nibabel.load(image).dataobj[...] >= 30))
    one = tmp_path / "one.nii.gz"
    said = call("run", image, "-o", one, *(word for step in STEPS for word in ("--do", step))).out
    assert np.array_equal(nibabel.load(one).dataobj, nibabel.load(made).dataobj)
    # The line says what run says.
    assert lines[2].split(": ", 1)[1] == said.rstrip("\n").split(": ", 1)[1]
    beside = json.loads(made.with_name("sub-02_task-rest_desc-brain_mask.json").read_text())
    assert beside["Sources"] == ["bids:raw:sub-02/func/sub-02_task-rest_bold.nii.gz"]
    assert json.loads((out / "dataset_description.json").read_text())["DatasetType"] == "derivative"
    table = (out / "results.tsv").read_text().splitlines()
    assert len(table) == 4
    assert table[2].startswith("sub-02/func/sub-02_task-rest_bold\tsub-02/func/sub-02_task-rest_desc-brain_mask.nii.gz")


def test_on_past_failures_and_from_where_it_stopped(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    recipe, out, images = recipe_in(tmp_path), tmp_path / "out", tmp_path / "ds/sub-*/func/*_bold.nii.gz"
    spoiled = image_of(tmp_path, 2)
    whole = spoiled.read_bytes()
    spoiled.write_bytes(whole[:200])
    ended = call("batch", recipe, images, "-o", out, "--jobs", 1)
    ended.failed(1, "sub-02/func/sub-02_task-rest_bold: ", "cut short")
    assert len(masks(out)) == 2
    assert is_whole(out)
    assert "sub-02_task-rest_bold.nii.gz ends too early" in (out / "results.tsv").read_text()
    spoiled.write_bytes(whole)
    said = call("batch", recipe, images, "-o", out, "--jobs", 1)
    assert (said.status, said.out.count("/1 ")) == (0, 1)
    assert said.out.startswith("1 image to do (2 done already)")
    assert call("batch", recipe, images, "-o", out, "--dry-run").out.count(": done") == 3
    # A file that is only touched is the same; one that is another is not, nor is another recipe.
    os.utime(image_of(tmp_path, 1))
    assert call("batch", recipe, images, "-o", out, "--dry-run").out.count(": done") == 3
    image_of(tmp_path, 1).write_bytes(whole)
    assert call("batch", recipe, images, "-o", out, "--dry-run").out.count(": to do") == 1
    assert call("batch", recipe_in(tmp_path, lower=40), images, "-o", out, "--dry-run").out.count(": to do") == 3


def test_a_mask_that_another_program_changed_is_left(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 1)
    recipe, out = recipe_in(tmp_path), tmp_path / "out"
    words = ("batch", recipe, image_of(tmp_path, 1), "-o", out, "--jobs", 1)
    assert call(*words).status == 0
    made = next(out.rglob("*_mask.nii.gz"))
    nibabel.save(nibabel.Nifti1Image(np.ones((12, 11, 9), np.uint8), np.eye(4)), made)
    before = made.read_bytes()
    call(*words).failed(1, "changed, or made, by another program or by hand; move it away")
    assert made.read_bytes() == before


def test_further_images_by_pattern(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    recipe, out = recipe_in(tmp_path, image="stat"), tmp_path / "out"
    images = tmp_path / "ds/sub-*/func/*_bold.nii.gz"
    call("batch", recipe, images, "-o", out).failed(1, "looks at the further image 'stat'")
    (tmp_path / "maps").mkdir()
    nibabel.save(nibabel.load(image_of(tmp_path, 2)), tmp_path / "maps/sub-01_x_map.nii")
    ended = call(
        "batch", recipe, images, "-o", out, "--jobs", 1, "--image", f"stat={tmp_path}/maps/sub-{{sub}}_*map.nii"
    )
    ended.failed(1, "sub-02/", "--image stat: no file is like")
    made = nibabel.load(out / "sub-01/func/sub-01_task-rest_desc-roi_mask.nii.gz").dataobj
    assert np.array_equal(made, ndimage.binary_opening(nibabel.load(image_of(tmp_path, 2)).dataobj[...] >= 30))
    call("batch", recipe, images, "-o", out, "--image", "stat={ses}.nii", "--dry-run").out.index("asks for {ses}")


def test_a_plan_names_the_files_that_are_not_there(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    image_of(tmp_path, 2).unlink()
    image_of(tmp_path, 2).symlink_to("../../../.git/annex/objects/MD5E-s1--0/MD5E-s1--0")
    nibabel.save(nibabel.load(image_of(tmp_path, 3)), tmp_path / "sub-03_map.nii")
    words = ("batch", recipe_in(tmp_path, image="stat"), tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o")
    more = ("--image", f"stat={tmp_path}/sub-{{sub}}_map.nii", "--jobs", 1)
    planned = call(*words, tmp_path / "out", *more, "--dry-run")
    assert planned.status == 1
    lines = [line.partition("_mask.nii.gz: ")[2] for line in planned.out.splitlines()[1:]]
    assert lines[0] == (
        "cannot be done: sub-01_map.nii cannot be opened: it does not exist; check its name and folder."
    )
    assert lines[1].startswith("cannot be done: sub-02_task-rest_bold.nii.gz is a link to a file that git-annex")
    assert lines[2] == "to do"
    made = call(*words, tmp_path / "out", *more)
    assert made.status == 1
    assert [line.partition("_bold: failed: ")[2] for line in made.out.splitlines()[1:3]] == [
        line.removeprefix("cannot be done: ") for line in lines[:2]
    ]


@pytest.mark.slow
def test_an_image_that_ends_its_process_is_named(tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    images = str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    asked = batches.Asked(maskeditor.recipe(recipe_in(tmp_path)), (images,), tmp_path / "out", jobs=2)
    made = batches.carry_out_batch(asked, batches.plan(asked), work=deadly)
    maskeditor.batch(recipe_in(tmp_path), [image_of(tmp_path, 1), image_of(tmp_path, 3)], tmp_path / "one")
    assert [(one.key[:6], one.problem[:32]) for one in made.failures] == [
        ("sub-02", "The process that worked on it en")
    ]
    assert masks(tmp_path / "out") == masks(tmp_path / "one")
    assert is_whole(tmp_path / "out")


# Bad input


@pytest.mark.slow
def test_ctrl_c(tmp_path: Path) -> None:
    cohort(tmp_path, 60)  # more than are done before anything is heard
    out = tmp_path / "out"
    words = ["batch", recipe_in(tmp_path), tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o", out, "--jobs", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "maskeditor", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as program:
        assert program.stdout is not None
        while not program.stdout.readline().startswith("1/60"):
            pass
        os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to its workers too
        _, err = program.communicate()
    assert (program.returncode, err) == (130, "maskeditor: Stopped.\n")
    assert is_whole(out)
    done = len(masks(out))
    assert done
    asked = batches.Asked(
        maskeditor.recipe(tmp_path / "recipe.json"), (str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"),), out
    )
    assert 60 - len(batches.plan(asked).to_do) <= done
    assert len((out / "results.tsv").read_text().splitlines()) > 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="processes are followed as Linux does")
def test_no_process_is_left_of_a_batch_that_is_killed(tmp_path: Path) -> None:
    cohort(tmp_path, 60)
    out = tmp_path / "out"
    words = ["batch", recipe_in(tmp_path), tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o", out, "--jobs", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "maskeditor", *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        while not program.stdout.readline().startswith("1/60"):
            pass
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split()
        assert len(children) >= 2
        followed = [os.pidfd_open(int(child)) for child in children]
        program.kill()
    for one in followed:
        assert select.select([one], [], [], 60)[0], "it goes on"
        os.close(one)
    assert is_whole(out)


def test_two_batches_on_one_folder(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 1)
    out = tmp_path / "out"
    with Ledger(out).alone():
        ended = call("batch", recipe_in(tmp_path), image_of(tmp_path, 1), "-o", out, "--jobs", 1)
    ended.failed(1, "Another batch is working on", f"process {os.getpid()}", "choose another folder")
    assert not masks(out)


def test_another_shape_where_the_recipe_has_bound_steps(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 2)
    nibabel.save(nibabel.Nifti1Image(np.zeros((5, 6, 7), np.int16), np.eye(4)), image_of(tmp_path, 2))
    made = maskeditor.run(maskeditor.open_image(image_of(tmp_path, 1)), "flood_fill point=5,5,4")
    maskeditor.save_mask(made, tmp_path / "r.nii.gz")
    images, out = tmp_path / "ds/sub-*/func/*_bold.nii.gz", tmp_path / "out"
    ended = call("batch", tmp_path / "r.nii.gz", images, "-o", out, "--jobs", 1)
    ended.failed(1, "sub-02/", "was made on another image", "give --bound keep")
    assert len(masks(out)) == 1


def test_a_full_disk(tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort(tmp_path, 3)
    out = tmp_path / "out"
    words = ("batch", recipe_in(tmp_path), tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o", out, "--jobs", 1)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        call(*words).failed(1, "dataset_description.json was not written: the disk is full")
    assert not masks(out)
    assert is_whole(out)
    assert call(*words).status == 0


def test_a_full_disk_ends_the_batch_and_does_not_fail_every_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort(tmp_path, 3)
    images = str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    asked = batches.Asked(maskeditor.recipe(recipe_in(tmp_path)), (images,), tmp_path / "out")
    tried: list[str] = []

    def work(task: object, progress: object) -> object:
        tried.append("")
        monkeypatch.setattr(batches.shutil, "disk_usage", lambda _: SimpleNamespace(free=4096))
        return batches.Outcome("a", "b", "c", problem="The disk is full.")

    with pytest.raises(FileError, match=r"is full \(4 kB are free\); make room and run the same again"):
        batches.carry_out_batch(asked, batches.plan(asked), work=work)  # type: ignore[arg-type]
    assert len(tried) == 1


def test_a_series_is_chosen_by_its_description(call: Call, tmp_path: Path) -> None:
    values = numbers((6, 5, 4))
    for patient in ("p1", "p2"):
        for name in ("TE=30", "T1"):
            those = values[::-1] if name == "T1" else values
            write_series(tmp_path / "dicom" / patient / name, those, SeriesDescription=name)
    out = tmp_path / "out"
    words = ("batch", recipe_in(tmp_path, 2000), tmp_path / "dicom/*", "-o", out, "--jobs", 1)
    ended = call(*words)
    assert ended.status == 1
    assert ended.err.count("holds 2 images; choose one with --series UID, or by its description: ") == 2
    call(*words, "--series", "TE=30").failed(2, "write =TE=30 where IMAGE has a series of this description")
    for name, given in (("TE=30", "=TE=30"), ("T1", "T1")):
        assert "2 images to do by" in call(*words, "--series", given).out
        assert "0 images to do (2 done already)" in call(*words, "--series", given).out
        one = tmp_path / f"{name}.nii.gz"
        assert call("run", tmp_path / "dicom/p2" / name, "-o", one, "--recipe", tmp_path / "recipe.json").status == 0
        made = nibabel.load(out / "p2_desc-roi_mask.nii.gz").dataobj
        assert np.array_equal(made, nibabel.load(one).dataobj)
    # The window opens the same.
    assert Review.open(out).open_image("p1").session.name == "T1"
    assert call(*words, "--series", "T2").err.count("holds no series T2; it holds") == 2
    table = maskeditor.batch(tmp_path / "recipe.json", str(tmp_path / "dicom/*"), out, series="T1")
    assert not any(table["problem"])


def test_names_that_mean_nothing_or_the_same(call: Call, tmp_path: Path) -> None:
    recipe = recipe_in(tmp_path)
    call("batch", recipe, tmp_path / "*.nii", "-o", tmp_path / "out").failed(1, "No file is like")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4)), tmp_path / name / "x.nii")
    paths = (tmp_path / "a/x.nii", tmp_path / "b/x.nii")
    call("batch", recipe, *paths, "-o", tmp_path / "out").failed(1, "would both be called x among the results")
    assert call("batch", recipe, tmp_path / "*/x.nii", "-o", tmp_path / "out", "--dry-run").out.count("to do") == 3
    assert not (tmp_path / "out").exists()


def test_a_line_that_was_cut_short_counts_for_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with ledger.alone():
        ledger.note(batches.Outcome("a", "b", "c", 5))
        file = tmp_path / ".maskeditor/done.jsonl"
        file.write_text(file.read_text() + '{"key": "cut')
        ledger.note(batches.Outcome("d", "e", "f", 6))
    assert {key: one.voxels for key, one in ledger.outcomes().items()} == {"a": 5, "d": 6}
    with alone_in(tmp_path, tmp_path / ".maskeditor/lock"):
        pass  # it was let go


@pytest.mark.skipif(os.name == "nt", reason="There, every disk has locks.")
def test_a_disk_without_locks_is_not_taken_for_another_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr("fcntl.flock", refuse)
    wanted = pytest.raises(FileError, match="disk has no locks: function not implemented; choose a folder on another")
    with wanted, Ledger(tmp_path).alone():
        pass


def test_memory_is_estimated_from_the_largest_and_bounds_the_processes(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort(tmp_path, 2)
    monkeypatch.setattr("maskeditor.model.cohort.memory.free_memory", lambda: 500 << 20)
    words = ("batch", recipe_in(tmp_path), tmp_path / "ds/sub-*/func/*_bold.nii.gz", "-o", tmp_path / "out")
    ended = call(*words, "--jobs", 8, "--dry-run")
    assert "2 instead of 8 processes work at a time, as 0.5 GB of memory are free." in ended.err
