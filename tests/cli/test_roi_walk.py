"""The walk of the manual by commands: statistic, regions, signals in another run, a box for each condition."""

from __future__ import annotations

import warnings
from pathlib import Path

import nibabel
import numpy as np
import pandas
import pytest
from nilearn.image import smooth_img
from nilearn.maskers import NiftiLabelsMasker
from scipy import ndimage, stats

from tests import phantoms
from tests.cli.conftest import Call

SHAPE, AFFINE = (20, 18, 14), phantoms.affine("anisotropic")
TASK = np.array((["face"] * 4 + ["house"] * 4) * 3)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, run in enumerate(("run1", "run2")):
        data = phantoms.head(SHAPE)[..., None] + np.random.default_rng(seed).normal(0, 12, (*SHAPE, len(TASK)))
        data[5:9, 6:10, 5:9] += 40 * (TASK == "face")
        image = nibabel.Nifti1Image(data.astype(np.float32), AFFINE)
        image.header.set_xyzt_units("mm", "sec")
        image.header["pixdim"][4] = 2.0
        nibabel.save(image, tmp_path / f"{run}.nii.gz")
    rows = "".join(f"{start}\t8\t{name}\n" for start, name in zip(range(0, 48, 8), ["face", "house"] * 3, strict=True))
    (tmp_path / "events.tsv").write_text(f"onset\tduration\ttrial_type\n{rows}")
    return tmp_path


def test_from_a_statistic_to_boxes(call: Call, runs: Path) -> None:
    steps = (
        "smooth name=s fwhm=4",
        f"t_test name=t image=s a=face b=house result=minus_log10_p upper=10 conditions={runs / 'events.tsv'}",
        "threshold image=t lower=5",
        "dilation",
    )
    words = [word for step in steps for word in ("--do", step)]
    assert call("run", runs / "run1.nii.gz", "-o", runs / "roi.nii.gz", *words).status == 0
    drawn = ("--conditions", runs / "events.tsv", "--box-plot", runs / "roi.svg", "--standardize", "psc")
    ended = call("signals", runs / "run2.nii.gz", runs / "roi.nii.gz", "-o", runs / "roi_timeseries.tsv", *drawn)
    assert (ended.status, ended.err) == (0, "")  # in another run it is not circular

    smoothed = smooth_img(str(runs / "run1.nii.gz"), 4).get_fdata(dtype=np.float32)
    p = stats.ttest_ind(*(smoothed[..., name == TASK].astype(float) for name in ("face", "house")), axis=-1).pvalue
    mask = ndimage.binary_dilation(-np.log10(p) >= 5)
    assert np.array_equal(nibabel.load(runs / "roi.nii.gz").get_fdata() > 0, mask)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        masker = NiftiLabelsMasker(nibabel.Nifti1Image(mask.astype(np.uint8), AFFINE), standardize="psc")
        expected = masker.fit_transform(str(runs / "run2.nii.gz"))
    table = pandas.read_csv(runs / "roi_timeseries.tsv", sep="\t")
    assert np.array_equal(table["roi"].to_numpy(np.float32), expected[:, 0])
    assert table["trial_type"].tolist() == TASK.tolist()
    drawing = (runs / "roi.svg").read_text()
    for name, rows in table.groupby("trial_type")["roi"]:
        assert f"roi, {name}: median {rows.median():.5g}, quartiles {rows.quantile(0.25):.5g} to" in drawing
    again = call("signals", runs / "run1.nii.gz", runs / "roi.nii.gz", "-o", runs / "a_timeseries.tsv", *drawn)
    assert again.status == 0
    assert "(Smooth image, then t test of 'face' and 'house', then Threshold)" in again.err
