"""`maskeditor signals`, and the same from Python: nilearn's numbers as a table with names, and what is doubtful."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import nibabel
import numpy as np
import pandas
import pytest
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker, NiftiSpheresMasker

import maskeditor
from maskeditor.cli.signals import signals as command
from maskeditor.core.operation.declaration import make
from maskeditor.core.operation.parameters import parameters_of
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.label_files import save_labels
from maskeditor.model.session import Session
from tests import phantoms
from tests.cli.conftest import Call

SHAPE, FRAMES = (13, 12, 11), 24
AFFINE = phantoms.affine("flipped")
LABELS = np.asfortranarray(np.random.default_rng(3).integers(0, 3, SHAPE).astype(np.uint8))
TASK = (["face"] * 4 + ["house"] * 4) * 3


@pytest.fixture
def files(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for run in ("bold", "run2"):
        data = phantoms.head()[..., None] + random.normal(0, 5, (*SHAPE, FRAMES))
        data[4:7, 4:7, 4:7] += 40 * (np.array(TASK) == "face")
        image = nibabel.Nifti1Image(data.astype(np.float32), AFFINE)
        image.header.set_xyzt_units("mm", "sec")
        image.header["pixdim"][4] = 2.0
        nibabel.save(image, tmp_path / f"{run}.nii.gz")
    nibabel.save(nibabel.Nifti1Image(LABELS, AFFINE), tmp_path / "atlas.nii.gz")
    nibabel.save(nibabel.Nifti1Image((LABELS > 0).astype(np.uint8), AFFINE), tmp_path / "mask.nii.gz")
    nibabel.save(nibabel.Nifti1Image(phantoms.head(), AFFINE), tmp_path / "flat.nii.gz")
    (tmp_path / "atlas.tsv").write_text("index\tname\n1\tleft\n2\tright\n9\tnowhere\n")
    (tmp_path / "labels.txt").write_text("\n".join(TASK))
    pandas.DataFrame(random.normal(size=(FRAMES, 2)), columns=["x", "y"]).to_csv(
        tmp_path / "confounds.tsv", sep="\t", index=False
    )
    return tmp_path


def nilearns(masker: object, image: Path, **given: object) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return masker.fit_transform(str(image), **given)  # type: ignore[attr-defined]


def test_the_table_that_a_strategy_finds_is_a_source(call: Call, files: Path) -> None:
    """As BIDS wants it: what was read, each once."""
    bold, atlas, out = files / "sub-01_desc-preproc_bold.nii.gz", files / "atlas.nii.gz", files / "out.tsv"
    (files / "bold.nii.gz").rename(bold)
    table = files / "sub-01_desc-confounds_timeseries.tsv"
    frames = nibabel.load(bold).shape[3]
    axes = [f"{kind}_{axis}" for kind in ("trans", "rot") for axis in "xyz"]
    pandas.DataFrame(np.random.default_rng(0).normal(size=(frames, 6)), columns=axes).to_csv(
        table, sep="\t", index=False
    )
    table.with_suffix(".json").write_text("{}")
    for more in ((), ("--confounds", table, "--confound-columns", "trans_x")):
        assert call("signals", bold, atlas, "-o", out, "--strategy", "motion", "--motion", "basic", *more).status == 0
        assert json.loads(out.with_suffix(".json").read_text())["Sources"] == [bold.name, atlas.name, table.name]


def test_a_column_for_each_label_with_its_name(call: Call, files: Path) -> None:
    bold, atlas, table = files / "bold.nii.gz", files / "atlas.nii.gz", files / "sub-01_timeseries.tsv"
    words = ("--standardize", "zscore_sample", "--detrend", "--low-pass", "0.1", "--confounds", files / "confounds.tsv")
    ended = call("signals", bold, atlas, "-o", table, *words, "--confound-columns", "y", "--sample-mask", "2-23")
    assert ended.status == 0
    assert ended.out == f"{table}: 22 volumes, 2 signals\n"
    assert ended.err == (
        "maskeditor: Warning: atlas.nii.gz: 1 label of the table has no voxels, and so no values (nowhere).\n"
    )
    masker = NiftiLabelsMasker(str(atlas), standardize="zscore_sample", detrend=True, low_pass=0.1, t_r=2.0)
    removed = pandas.read_csv(files / "confounds.tsv", sep="\t")[["y"]].to_numpy()
    expected = nilearns(masker, bold, confounds=removed, sample_mask=np.arange(2, 24))
    read = pandas.read_csv(table, sep="\t")
    assert list(read.columns) == ["left", "right"]
    assert np.array_equal(read.to_numpy(), expected)
    record = json.loads(table.with_suffix(".json").read_text())
    assert (record["SamplingFrequency"], record["Confounds"], record["Volumes"]) == (0.5, ["y"], "2-23")
    assert record["Sources"] == ["bold.nii.gz", "atlas.nii.gz", "confounds.tsv"]
    with pytest.warns(UserWarning, match="nowhere"):
        made = maskeditor.signals(
            maskeditor.open_image(bold),
            atlas,
            confounds=files / "confounds.tsv",
            confound_columns="y",
            standardize="zscore_sample",
            detrend=True,
            low_pass=0.1,
            sample_mask="2-23",
        )
    assert np.array_equal(made.values, expected)


@pytest.mark.parametrize("ending", [".npy", ".tsv"])
def test_every_voxel_and_back(call: Call, files: Path, ending: str) -> None:
    bold, mask, out = files / "bold.nii.gz", files / "mask.nii.gz", files / f"voxels{ending}"
    assert call("signals", bold, mask, "-o", out, "--voxels").status == 0
    expected = nilearns(NiftiMasker(str(mask), standardize=None), bold)
    values = np.load(out) if ending == ".npy" else pandas.read_csv(out, sep="\t").to_numpy(np.float32)
    assert np.array_equal(values, expected)
    assert call("unmask", out, mask, "-o", files / "back.nii.gz").status == 0
    assert call("apply", bold, mask, "-o", files / "inside.nii.gz").status == 0
    back, inside = (np.asarray(nibabel.load(files / name).dataobj) for name in ("back.nii.gz", "inside.nii.gz"))
    assert np.array_equal(back, inside)


def test_every_mask_that_is_read_says_once_what_is_doubtful(call: Call, files: Path) -> None:
    mask = nibabel.load(files / "mask.nii.gz")
    inside = np.where(np.asarray(mask.dataobj) > 0, 1.00000006, np.nan).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(inside, mask.affine), files / "doubtful.nii")
    doubtful, bold, out = files / "doubtful.nii", files / "bold.nii.gz", files / "out"
    count = int(np.isnan(inside).sum())
    expected = [
        f"maskeditor: Warning: doubtful.nii holds no number (NaN) in {count} voxels; they are taken as outside.",
        "maskeditor: Warning: doubtful.nii holds numbers that are up to 1.2e-07 off whole ones, as scaling leaves "
        "them; they are rounded.",
    ]
    for words in (
        ("signals", bold, doubtful, "-o", out.with_suffix(".tsv")),
        ("signals", bold, files / "mask.nii.gz", "--inside", doubtful, "-o", out.with_suffix(".csv")),
        ("statistics", bold, doubtful),
        ("compare", doubtful, files / "mask.nii.gz"),
        ("apply", bold, doubtful, "-o", files / "inside.nii"),
    ):
        ended = call(*words)
        assert ended.status == 0
        assert [line for line in ended.err.splitlines() if "doubtful.nii" in line] == expected, words


def test_seeds(call: Call, files: Path) -> None:
    seed = (AFFINE @ [6, 6, 5, 1])[:3]
    out = files / "seeds.tsv"
    written = ",".join(map(str, seed))
    assert call("signals", files / "bold.nii.gz", "-o", out, "--seeds", written, "--radius", "3").status == 0
    expected = nilearns(NiftiSpheresMasker([tuple(seed)], radius=3, standardize=None), files / "bold.nii.gz")
    assert np.array_equal(pandas.read_csv(out, sep="\t").to_numpy(), expected)


def test_circular_signals_are_warned_of(call: Call, files: Path) -> None:
    steps = (
        "--do",
        f"t_test name=t a=face b=house conditions={files / 'labels.txt'}",
        "--do",
        "threshold image=t lower=6",
    )
    assert call("run", files / "bold.nii.gz", "-o", files / "roi.nii.gz", *steps).status == 0
    ended = call("signals", files / "bold.nii.gz", files / "roi.nii.gz", "-o", files / "a_timeseries.tsv")
    assert ended.status == 0
    assert ended.err.count("\n") == 1
    assert (
        "Warning: The voxels were chosen by these very data (t test of 'face' and 'house', then Threshold)" in ended.err
    )
    assert "choose the voxels by cross-validation" in ended.err
    assert "(circular)" in json.loads((files / "a_timeseries.json").read_text())["Warnings"][0]
    other = call("signals", files / "run2.nii.gz", files / "roi.nii.gz", "-o", files / "b_timeseries.tsv")
    assert (other.status, other.err) == (0, "")
    with pytest.warns(UserWarning, match="circular"):
        maskeditor.signals(maskeditor.open_image(files / "bold.nii.gz"), files / "roi.nii.gz")
    series = maskeditor.open_image(files / "bold.nii.gz")
    mask = maskeditor.run(series, ["t_test name=t a=face b=house conditions=" + ",".join(TASK), "otsu image=t"])
    with pytest.warns(UserWarning, match="circular"):
        maskeditor.signals(series, mask)


def test_of_labels_those_are_named_that_are_circular(call: Call, files: Path) -> None:
    session = Session.open(files / "bold.nii.gz")
    document = session.document
    document.do(make("epi_mask", {}), document.rois[0].id)
    active = document.add_roi("active")
    document.do(make("t_test", {"name": "t", "a": "face", "b": "house", "conditions": TASK}), active.id)
    document.do(make("threshold", {"image": "t", "lower": 6}), active.id)
    save_labels(session, files / "rois.nii.gz")
    ended = call("signals", files / "bold.nii.gz", files / "rois.nii.gz", "-o", files / "c_timeseries.tsv")
    assert ended.status == 0
    (said,) = (line for line in ended.err.splitlines() if "circular" in line)
    assert f"The voxels of {active.quoted} were chosen by these very data (t test of 'face' and 'house'" in said


def test_a_box_for_each_condition(call: Call, files: Path) -> None:
    words = ("signals", files / "bold.nii.gz", files / "atlas.nii.gz", "-o", files / "a.tsv")
    (files / "events.tsv").write_text("onset\tduration\ttrial_type\n0\t8\tface\n10\t6\thouse\n")
    drawn = ("--conditions", files / "events.tsv", "--delay", "2", "--box-plot", files / "a.svg")
    assert call(*words, *drawn).status == 0
    table = pandas.read_csv(files / "a.tsv", sep="\t")
    assert list(table.columns) == ["left", "right", "trial_type"]
    assert table["trial_type"].dropna().tolist() == ["face"] * 4 + ["house"] * 3
    median = table.groupby("trial_type")["left"].median()["house"]
    assert f"left, house: median {median:.5g}, " in (files / "a.svg").read_text()
    call(*words, "--box-plot", files / "b.svg").failed(2, "--box-plot wants --conditions TABLE")
    call(*words, *drawn[:-1], files / "b.png").failed(1, "should end in .svg")
    (files / "short.txt").write_text("face\nhouse\n")
    ended = call(*words[:-1], files / "b.tsv", "--conditions", files / "short.txt")
    assert (ended.status, "The table has 2 labels, but the series has 24 volumes" in ended.err) == (1, True)
    assert not (files / "b.tsv").exists()


def test_the_sidecar_of_the_image_is_left_alone(call: Call, files: Path) -> None:
    """As that of BIDS is, in which the image has the name that is asked for."""
    (files / "bold.json").write_text('{"RepetitionTime": 2}')
    assert call("signals", files / "bold.nii.gz", files / "atlas.nii.gz", "-o", files / "bold.tsv").status == 0
    assert (files / "bold.json").read_text() == '{"RepetitionTime": 2}'
    assert json.loads((files / "bold.tsv.json").read_text())["Columns"]


def test_what_cannot_be_done(call: Call, files: Path) -> None:
    bold, atlas, out = files / "bold.nii.gz", files / "atlas.nii.gz", files / "out.tsv"
    moved = AFFINE.copy()
    moved[1, 3] += 7
    nibabel.save(nibabel.Nifti1Image(LABELS, moved), files / "moved.nii.gz")
    (files / "short.tsv").write_text("x\n1\n2\n")
    for name in ("other.json", "other.tsv.json"):
        (files / name).write_text("{}")
    cases = [
        ((files / "flat.nii.gz", atlas, "-o", out), 1, "has one volume, but signals are taken over several"),
        ((bold, files / "moved.nii.gz", "-o", out), 1, "maskeditor resample moved.nii.gz --to bold.nii.gz -o NEW"),
        (
            (bold, atlas, "-o", out, "--confounds", files / "short.tsv"),
            1,
            "have 2 rows, but bold.nii.gz has 24 volumes",
        ),
        ((bold, atlas, "-o", out, "--confounds", files / "none.tsv"), 1, "none.tsv"),
        ((bold, atlas, "-o", out, "--confound-columns", "x"), 1, "no table of them is given"),
        ((bold, atlas, "-o", files / "out.txt"), 1, "should end in .tsv, .csv or .npy"),
        ((bold, atlas, "-o", files / "other.tsv"), 1, "other.tsv.json beside it tells of something else"),
        ((bold, atlas, "-o", files / "atlas.tsv", "--confounds", files / "atlas.tsv"), 1, "atlas.tsv"),
        ((bold, atlas, "-o", out, "--low-pass", "0.4"), 1, "choose below 0.25 Hz"),
        ((bold, atlas, "-o", out, "--low-pass", "fast"), 1, "low_pass is 'fast', but must be a number above 0"),
        ((bold, atlas, "-o", out, "--strategy", "motion"), 1, "The confounds of bold.nii.gz cannot be taken"),
        ((bold, "-o", out), 2, "either MASK-OR-LABELS or --seeds"),
    ]
    before = {path.name for path in files.iterdir()}
    for words, status, sentence in cases:
        ended = call("signals", *words)
        assert (ended.status, sentence in ended.err) == (status, True), ended.err
    assert {path.name for path in files.iterdir()} == before
    with pytest.raises(MaskEditorError, match="signals has no parameter 'smoothing'"):
        maskeditor.signals(maskeditor.open_image(bold), atlas, smoothing=3)


def test_every_parameter_is_an_option() -> None:
    options = {option.name: option for option in command.params}
    for declaration in (SignalParameters, ConfoundParameters):
        for parameter in parameters_of(declaration):
            assert str(getattr(options[parameter.name], "help", "")).startswith(parameter.description)
