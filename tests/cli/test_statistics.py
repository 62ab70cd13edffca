"""`maskeditor statistics`: the table of ROIs and labels, beside SimpleITK, scipy and numpy, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pandas
import pytest
import SimpleITK
from nilearn.maskers import NiftiLabelsMasker
from scipy import ndimage

import maskeditor
from maskeditor.engine.errors import MaskEditorError

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.array([[-2.0, 0, 0, 30], [0, 0, 3, -10], [0, 2, 0, 5], [0, 0, 0, 1]])
SHAPE = (12, 10, 8)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """An image with some NaN, a series, a mask, and an atlas with a table that names one label too many."""
    rng = np.random.default_rng(1)
    image = rng.normal(50, 20, SHAPE).astype(np.float32)
    atlas = np.zeros(SHAPE, np.int16)
    atlas[2:5, 2:8, 2:6], atlas[6:9, 2:8, 2:6], atlas[10, 1, 1] = 3, 40, 1003
    with_nan = image.copy()
    with_nan[3, 3, 3] = np.nan
    with_nan[7, 3, 3] = np.inf
    series = rng.integers(0, 900, (*SHAPE, 4)).astype(np.int16)
    arrays = {"image": image, "nan": with_nan, "series": series, "atlas": atlas, "mask": (image > 60).astype(np.uint8)}
    arrays["other"] = arrays["mask"][:, :, :5]
    made = {name: tmp_path / f"{name}.nii.gz" for name in arrays}
    for name, path in made.items():
        nibabel.save(nibabel.Nifti1Image(arrays[name], AFFINE), path)
    (tmp_path / "atlas.tsv").write_text("index\tname\n3\tleft\n40\tright\n99\tabsent\n", "utf-8")
    return made


def rows(ended: Any) -> list[dict[str, Any]]:
    assert ended.status == 0
    return json.loads(ended.out)["rows"]


def test_a_row_for_each_label_as_simpleitk_has_it(call: Call, files: dict[str, Path]) -> None:
    found = rows(call("statistics", files["image"], files["atlas"], "--json", "--ddof", 1))
    assert [(row["label"], row["name"]) for row in found] == [(3, "left"), (40, "right"), (1003, "")]
    data, atlas = (np.asarray(nibabel.load(files[name]).dataobj) for name in ("image", "atlas"))
    peer = SimpleITK.LabelStatisticsImageFilter()
    peer.Execute(SimpleITK.GetImageFromArray(data.T), SimpleITK.GetImageFromArray(atlas.T))
    numbers = [row["label"] for row in found]
    shape = SimpleITK.LabelShapeStatisticsImageFilter()
    shape.Execute(SimpleITK.GetImageFromArray(atlas.T))
    maxima = ndimage.maximum_position(data, atlas, numbers)
    centres = ndimage.center_of_mass(atlas > 0, atlas, numbers)
    for row, peak, centre in zip(found, maxima, centres, strict=True):
        number = row["label"]
        assert row["voxels"] == peer.GetCount(number) == shape.GetNumberOfPixels(number)
        first, size = np.split(np.array(shape.GetBoundingBox(number)), 2)
        assert [row[f"first_{axis}"] for axis in "ijk"] == first.tolist()
        assert [row[f"last_{axis}"] for axis in "ijk"] == (first + size - 1).tolist()
        assert row["millilitres"] == pytest.approx(row["voxels"] * 0.012)
        assert row["percent_of_image"] == pytest.approx(100 * (atlas == number).mean())
        assert (row["minimum"], row["maximum"]) == (peer.GetMinimum(number), peer.GetMaximum(number))
        assert row["mean"] == pytest.approx(peer.GetMean(number), rel=1e-12)
        if row["voxels"] > 1:
            assert row["standard_deviation_ddof_1"] == pytest.approx(peer.GetSigma(number), rel=1e-9)
        else:
            assert row["standard_deviation_ddof_1"] is None
        assert row["median"] == np.median(data[atlas == number].astype(float))
        for what, place in (("peak", peak), ("centre", centre)):
            assert [row[f"{what}_{axis}"] for axis in "ijk"] == pytest.approx(place, rel=1e-12)
            world = nibabel.affines.apply_affine(AFFINE, place)
            assert [row[f"{what}_{axis}"] for axis in "xyz"] == pytest.approx(world.tolist(), abs=1e-5)


def test_what_is_doubtful_is_said(call: Call, files: dict[str, Path]) -> None:
    ended = call("statistics", files["nan"], files["atlas"])
    lines = ended.err.splitlines()
    assert "atlas.nii.gz has no voxels of the label 99 absent that its table names; there is no row of it." in lines[-3]
    assert "1 voxel of 'left' holds no finite number (NaN or infinite) and is left out." in lines[-2]
    assert "1 voxel of 'right'" in lines[-1]
    table = list(csv.DictReader(ended.out.splitlines(), delimiter="\t"))
    assert [row["not_finite"] for row in table] == ["1", "1", "0"]
    assert (table[2]["standard_deviation_ddof_0"], table[2]["name"]) == ("0.0", "n/a")


@pytest.mark.parametrize(("frame", "chosen"), [("mean", slice(0, 4)), ("2", slice(2, 3)), ("1-2", slice(1, 3))])
def test_of_a_series_the_mean_or_one_volume(call: Call, files: dict[str, Path], frame: str, chosen: slice) -> None:
    (row,) = rows(call("statistics", files["series"], files["mask"], "--frame", frame, "--json"))
    values = np.asarray(nibabel.load(files["series"]).dataobj)[..., chosen].astype(float).mean(axis=3)
    there = values[np.asarray(nibabel.load(files["mask"]).dataobj) > 0]
    assert row["name"] == "mask"
    assert (row["mean"], row["median"]) == pytest.approx((there.mean(), np.median(there)), rel=1e-12)


def test_several_files_and_percentiles_in_a_file(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    words = ("--percentile", 10, "--percentile", 99.5, "-o", out)
    ended = call("statistics", files["image"], files["mask"], files["atlas"], *words)
    assert ended.out == f"{out}: 4 rows, 30 columns\n"
    table = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert [row["name"] for row in table] == ["mask", "atlas: left", "atlas: right", "atlas: 1003"]
    data, mask = (np.asarray(nibabel.load(files[name]).dataobj) for name in ("image", "mask"))
    expected = np.percentile(data[mask > 0].astype(float), [10, 99.5])
    assert [float(table[0][name]) for name in ("percentile_10", "percentile_99.5")] == pytest.approx(expected)


def test_components_of_one_mask_are_those_of_scipy(call: Call, files: dict[str, Path]) -> None:
    data, mask = (np.asarray(nibabel.load(files[name]).dataobj) for name in ("image", "mask"))
    labels, count = ndimage.label(mask > 0, np.ones((3, 3, 3)))
    found = rows(call("statistics", files["image"], files["mask"], "--components", 26, "--json"))
    assert sorted(row["voxels"] for row in found) == sorted(np.bincount(labels.ravel())[1:].tolist())
    for row in found:
        here = labels == labels[row["i"], row["j"], row["k"]]
        assert (row["voxels"], row["peak"]) == (here.sum(), data[here].max())
        assert row["mean"] == pytest.approx(data[here].mean(), rel=1e-12)
    table = maskeditor.statistics(files["image"], files["mask"], components=26)
    assert list(table["voxels"]) == [row["voxels"] for row in found]
    assert len(found) == count
    call("statistics", files["image"], files["atlas"], "--components", 6).failed(1, "Components are those of one mask")


def test_from_python(files: dict[str, Path]) -> None:
    image = maskeditor.open_image(files["image"])
    high = maskeditor.run(image, "threshold lower=60")
    with pytest.warns(UserWarning, match="99 absent"), pytest.warns(UserWarning, match=r"\(circular\)"):
        table = maskeditor.statistics(image, [high, files["atlas"]])
    assert isinstance(table, maskeditor.Table)
    assert list(table["name"]) == ["left", "right", "", "mask"]
    assert table["mean"][3] == pytest.approx(image.data[high.data].astype(float).mean(), rel=1e-12)
    with pytest.raises(MaskEditorError, match="lies on another grid"):
        maskeditor.statistics(image, files["other"])


def test_what_cannot_be_done_is_refused(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    image, mask = files["image"], files["mask"]
    call("statistics", image, files["other"]).failed(1, "another grid", "shape: 12 × 10 × 8 here", "resample other.nii")
    call("statistics", image, image).failed(1, "holds fractions")
    call("statistics", image, files["series"]).failed(1, "has 4 volumes, but a mask has one")
    call("statistics", files["series"], mask, "--frame", "9").failed(1, "Volume 9")
    call("statistics", files["series"], mask, "--frame", "x").failed(1, "'x' is no volume; give mean")
    call("statistics", image, mask, "-o", "t.txt").failed(1, "should end in .tsv or .csv")
    call("statistics", image, mask, "-o", mask).failed(1, "should end in .tsv or .csv")
    call("statistics", image).failed(2, "Missing argument")


def test_an_empty_mask_has_a_row_without_numbers(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "none.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.zeros(SHAPE, np.uint8), AFFINE), path)
    ended = call("statistics", files["image"], path, "--json")
    assert "'none' has no voxels." in ended.err
    (row,) = rows(ended)
    assert (row["voxels"], row["mean"], row["peak_x"]) == (0, None, None)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["spmMotor", "fmri"])
def test_a_real_scan_as_nilearn_pandas_and_scipy_have_it(
    call: Call, test_data: Path, tmp_path: Path, name: str
) -> None:
    path = test_data / "nifti" / f"{name}.nii.gz"
    image = nibabel.load(path)
    data = np.asarray(image.dataobj, np.float64)
    still = data.mean(axis=3) if data.ndim == 4 else data
    labels = np.digitize(still, np.percentile(still[still != 0], [50, 80, 95, 99])).astype(np.uint8)
    labels[still == 0] = 0
    atlas = nibabel.Nifti1Image(labels, image.affine)
    nibabel.save(atlas, tmp_path / "atlas.nii.gz")
    found = pandas.DataFrame(rows(call("statistics", path, tmp_path / "atlas.nii.gz", "--json", "--ddof", 1)))
    inside = labels > 0
    grouped = pandas.DataFrame({"label": labels[inside], "value": still[inside]}).groupby("label")["value"]
    peer = grouped.describe(percentiles=[0.05, 0.25, 0.5, 0.75, 0.95]).reset_index()
    ours = ("label", "voxels", "mean", "standard_deviation_ddof_1", "minimum", "percentile_5", "percentile_25")
    ours += ("median", "percentile_75", "percentile_95", "maximum")
    np.testing.assert_allclose(found[list(ours)].to_numpy(float), peer.to_numpy(float), rtol=1e-9)
    centres = ndimage.center_of_mass(inside, labels, found["label"])
    np.testing.assert_allclose(found[["centre_i", "centre_j", "centre_k"]], centres, rtol=1e-12)
    assert still[found["peak_i"], found["peak_j"], found["peak_k"]] == pytest.approx(found["maximum"], rel=1e-12)
    means = NiftiLabelsMasker(atlas, standardize=None).fit_transform(nibabel.Nifti1Image(still, image.affine))
    np.testing.assert_allclose(found["mean"], np.ravel(means), rtol=1e-6)


def test_circular_statistics_are_warned_of(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    high, other = tmp_path / "high.nii.gz", tmp_path / "another.nii.gz"
    assert call("run", files["image"], "-o", high, "--do", "threshold lower=60").status == 0
    ended = call("statistics", files["image"], high)
    assert ended.status == 0
    assert "chosen by the very intensities that are measured (Threshold)" in ended.err
    assert "measure in other runs or subjects, or choose the voxels by cross-validation" in ended.err
    loaded = nibabel.load(files["image"])
    nibabel.save(nibabel.Nifti1Image(np.asarray(loaded.dataobj)[::-1], loaded.affine), other)
    assert "circular" not in call("statistics", other, high).err
