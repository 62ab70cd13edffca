"""`maskeditor run` with further images: given by name, resampled by choice, made by steps, saved."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas
import pytest
from nilearn.image import resample_to_img, smooth_img
from scipy import ndimage, stats

from maskeditor import api
from maskeditor.__main__ import main
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.script import to_python
from tests import phantoms
from tests.core.recipe.scripts import run_scripts
from tests.io.dicom.phantom import numbers, write_series

HEAD = phantoms.head()
COARSE = np.diag([2.1, 1.7, 3.0, 1.0])
COARSE[:3, 3] = [0.3, -0.9, 1.2]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a head, a map on its grid, the same on another, a series, and another head."""
    affine = phantoms.affine("anisotropic")
    images = {
        "head": (HEAD, affine),
        "map": ((HEAD / 100).astype(np.float32), affine),
        "coarse": (np.asfortranarray(HEAD[::2, ::2, ::3] / 100).astype(np.float32), COARSE),
        "series": (np.stack([phantoms.head(seed=seed) for seed in range(4)], axis=-1), affine),
        "another": (phantoms.head(seed=9), affine),
    }
    for name, (data, place) in images.items():
        nibabel.save(nibabel.Nifti1Image(data, place), tmp_path / f"{name}.nii")
    return tmp_path


def of(path: Path) -> Any:
    return np.asarray(nibabel.load(path).dataobj)


def resampled(files: Path, how: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source, target = str(files / "coarse.nii"), str(files / "head.nii")
        return np.asarray(resample_to_img(source, target, how, copy_header=True, force_resample=True).dataobj)


def run(files: Path, *words: str, image: str = "head", out: str = "mask.nii") -> int:
    return main(["run", str(files / f"{image}.nii"), "-o", str(files / out), *words])


def test_a_further_image_on_the_same_grid(files: Path) -> None:
    assert run(files, "--image", f"stat={files / 'map.nii'}", "--do", "threshold image=stat lower=4") == 0
    assert np.array_equal(of(files / "mask.nii"), HEAD / np.float32(100) >= 4)
    sidecar = json.loads((files / "mask.json").read_text())
    assert sidecar["Sources"] == ["head.nii", "map.nii"]
    assert sidecar["SpatialReference"] == "head.nii"
    assert "interpolation" not in sidecar["Recipe"]["images"]["stat"]


def test_another_grid_is_refused_with_all_differences(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--image", f"stat={files / 'coarse.nii'}", "--do", "threshold image=stat lower=4") == 1
    error = capsys.readouterr().err
    for part in ("coarse.nii lies on another grid", "shape: 13 × 12 × 11 here", "zooms:", "corners:", "likely cause:"):
        assert part in error
    assert not (files / "mask.nii").exists()


@pytest.mark.parametrize("how", ["nearest", "linear", "continuous"])
def test_resampled_equals_nilearn_and_so_does_its_script(files: Path, how: str, tmp_path: Path) -> None:
    stat = ("--image", f"stat={files / 'coarse.nii'}")
    do = ("--do", "threshold image=stat lower=4", "--do", "keep_largest")
    assert run(files, *stat, "--resample", how, *do) == 0
    labels, _ = ndimage.label(resampled(files, how) >= 4)
    sizes = np.bincount(labels.ravel())
    expected = labels == 1 + np.argmax(sizes[1:])
    assert np.array_equal(of(files / "mask.nii"), expected)
    recipe = loads((files / "mask.json").read_text())
    assert recipe.images["stat"]["interpolation"] == how
    assert recipe.images["stat"]["shape"] == [7, 6, 4]
    (again,) = run_scripts([to_python(recipe)], files / "head.nii", tmp_path, [files / "coarse.nii"])
    assert np.array_equal(again, expected)
    # A recipe tells how, so that it does the same again.
    assert run(files, *stat, "--recipe", str(files / "mask.json"), out="again.nii") == 0
    assert np.array_equal(of(files / "again.nii"), expected)


def test_what_is_missing_is_named_before_anything_is_done(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    maps = [word for name in ("stat", "b") for word in ("--image", f"{name}={files / 'map.nii'}")]
    do = ("--do", "threshold image=stat lower=4", "--do", "threshold image=b upper=6 combine=intersect")
    assert run(files, *maps, *do) == 0
    capsys.readouterr()
    assert run(files, "--recipe", str(files / "mask.json"), image="absent", out="other.nii") == 1
    assert capsys.readouterr().err == (
        "maskeditor: The recipe looks at the further images 'stat' (there map.nii) and 'b' (there map.nii), which are "
        "not here; give each by --image NAME=PATH.\n"
    )
    assert run(files, *maps, "--recipe", str(files / "mask.json"), image="another", out="other.nii") == 0


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--image", "stat"), 2, "--image 'stat' is not of the form NAME=PATH"),
        (("--image", "a=x.nii", "--image", "a=y.nii"), 2, "--image a is given twice"),
        (("--image", " a=x.nii"), 1, "The image's name is ' a', but must be a name of 1 to 60 characters"),
        (("--image", "a=absent.nii"), 1, "absent.nii cannot be opened: it does not exist"),
        (("--save", "b"), 1, "There is no image 'b' here (further images: none)"),
    ],
)
def test_what_is_no_further_image_is_refused(
    files: Path, words: Any, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, *words, "--do", "threshold lower=4") == status
    assert sentence in capsys.readouterr().err
    assert not (files / "mask.nii").exists()


def test_one_of_several_series_is_chosen_by_its_name(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    values = numbers((4, 5, 3, 2))
    folders = [files / "dicom" / name for name in ("a", "b")]
    one, other = (write_series(folder, values[..., place]) for place, folder in enumerate(folders))
    words = ["--image", f"ct={files / 'dicom'}", "--resample", "nearest", "--do", "threshold image=ct lower=2000"]
    base = ["run", str(files / "dicom"), "-o", str(files / "mask.nii"), *words]
    assert main([*base, "--series", one]) == 1
    assert "holds 2 images; choose one with --series ct=UID, or by its description: " in capsys.readouterr().err
    assert main([*base, "--series", one, "--series", f"ct={other}"]) == 0
    assert np.count_nonzero(of(files / "mask.nii")) == np.count_nonzero(values[..., 1] >= 2000)
    for wrong, why in (("pet=1.2", "of no further image that --image names"), (other, "is given twice")):
        assert main([*base, "--series", one, "--series", wrong]) == 2
        assert why in capsys.readouterr().err


def test_a_name_is_taken_once(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--image", f"a={files / 'map.nii'}", "--do", "smooth name=a") == 1
    assert "There is an image 'a' already; choose another name." in capsys.readouterr().err


def test_any_image_is_saved(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    do = ("--do", "smooth name=s fwhm=4", "--do", "mean name=m image=s frame=1-2")
    smoothed = smooth_img(str(files / "series.nii"), 4).get_fdata(dtype=np.float32)
    for name, expected in {"s": smoothed, "m": smoothed[..., 1:3].mean(axis=3), "": of(files / "series.nii")}.items():
        assert run(files, *do, "--save", name, image="series", out="image.nii.gz") == 0
        written = nibabel.load(files / "image.nii.gz")
        assert np.array_equal(written.dataobj, expected)
        source = nibabel.load(files / "series.nii")
        for field in ("qform_code", "sform_code", "srow_x", "srow_y", "srow_z", "quatern_b", "qoffset_x"):
            assert np.array_equal(written.header[field], source.header[field])
    assert capsys.readouterr().out.splitlines()[0].endswith("image.nii.gz: 13 × 12 × 11 × 4, float32")
    stat = ("--image", f"stat={files / 'coarse.nii'}", "--resample", "linear")
    assert run(files, *stat, "--do", "threshold lower=3", "--save", "stat", out="stat.nii") == 0
    assert np.array_equal(of(files / "stat.nii"), resampled(files, "linear"))


def test_an_image_carries_how_it_came_about(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    do = ("--do", "smooth name=s image=stat fwhm=4", "--do", "threshold lower=3", "--do", "gradient_magnitude name=g")
    stat = ("--image", f"stat={files / 'coarse.nii'}", "--resample", "linear")
    assert run(files, *stat, *do, "--save", "s", out="s.nii.gz") == 0
    record = json.loads((files / "s.json").read_text())
    assert record["Sources"] == ["head.nii", "coarse.nii"]
    assert record["SpatialReference"] == "head.nii"
    assert not record.keys() & {"Type", "Manual", "Label"}
    recipe = loads(json.dumps(record["Recipe"]))
    assert [step.operation.id for step in recipe.steps] == ["smooth"]  # nothing else has to do with it
    assert recipe.images["stat"]["interpolation"] == "linear"
    assert "The derived image s was made with" in methods_text(recipe)
    # Carried out again it is the same image, on another grid by the same interpolation.
    assert run(files, *stat[:2], "--recipe", str(files / "s.json"), out="again.nii.gz") == 0
    assert (files / "again.nii.gz").read_bytes() == (files / "s.nii.gz").read_bytes()
    assert capsys.readouterr().err == ""
    assert run(files, "--recipe", str(files / "s.json"), out="missing.nii.gz") == 1
    assert "looks at the further image 'stat' (there coarse.nii)" in capsys.readouterr().err
    assert main(["script", str(files / "s.json")]) == 1
    assert "The recipe makes an image" in capsys.readouterr().err
    # So does one that was only resampled, and what lies there already of something else is kept.
    assert run(files, *stat, "--do", "clear", "--save", "stat", out="stat.nii.gz") == 0
    assert run(files, *stat[:2], "--recipe", str(files / "stat.json"), out="again.nii.gz") == 0
    assert (files / "again.nii.gz").read_bytes() == (files / "stat.nii.gz").read_bytes()
    (files / "t.json").write_text('{"RepetitionTime": 2}')
    assert run(files, *stat, *do, "--save", "s", out="t.nii.gz") == 1
    assert "t.json beside it tells of another image" in capsys.readouterr().err
    assert not (files / "t.nii.gz").exists()


@pytest.mark.parametrize("name", ["head", "map"])
def test_no_image_is_replaced(files: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (files / f"{name}.nii").read_bytes()
    words = ("--image", f"stat={files / 'map.nii'}", "--do", "threshold lower=3")
    for save in ((), ("--save", "stat")):
        assert run(files, *words, *save, out=f"{name}.nii") == 1
        assert "would replace the image itself" in capsys.readouterr().err
    assert (files / f"{name}.nii").read_bytes() == before


def test_the_same_from_python(files: Path) -> None:
    steps = ["threshold image=stat lower=4", "smooth name=s image=stat fwhm=3"]
    head = api.open_image(files / "head.nii")
    with pytest.raises(api.MaskEditorError, match="give each in images, by its name"):
        api.run(head, steps)
    for stat in (files / "map.nii", str(files / "map.nii"), api.open_image(files / "map.nii")):
        mask = api.run(head, steps, images={"stat": stat})
        assert np.array_equal(mask.data, HEAD / np.float32(100) >= 4)
        api.save_image(mask.image("s"), files / "smoothed.nii")
        assert np.array_equal(of(files / "smoothed.nii"), smooth_img(str(files / "map.nii"), 3).get_fdata())
    with pytest.raises(api.MaskEditorError, match="lies on another grid"):
        api.run(head, steps, images={"stat": files / "coarse.nii"})
    mask = api.run(head, steps, images={"stat": files / "coarse.nii"}, resample="linear")
    assert np.array_equal(mask.image("stat").data, resampled(files, "linear"))


def test_labels_may_be_longer_than_the_name_of_any_file() -> None:
    line = f"t_test name=t a=task b=rest conditions={','.join(['rest', 'task'] * 75)}"
    assert len(api.recipe([line]).steps[0].operation.conditions) == 150


def test_the_content_of_a_table_goes_into_the_recipe(files: Path, tmp_path: Path) -> None:
    labels = ["rest", "face", "rest", "face"]
    (files / "labels.tsv").write_text("label\n" + "\n".join(labels))
    line = "t_test name=t a=face b=rest result=minus_log10_p upper=10 conditions"
    look = ("--do", "threshold image=t lower=0.5")
    assert run(files, "--do", f"{line}={files / 'labels.tsv'}", *look, image="series") == 0
    recipe = loads((files / "mask.json").read_text())
    assert recipe.steps[0].operation.model_dump()["conditions"] == tuple(labels)
    assert "labels.tsv" not in (files / "mask.json").read_text()
    (again,) = run_scripts([to_python(recipe)], files / "series.nii", tmp_path)
    assert np.array_equal(of(files / "mask.nii"), again)
    assert again.any()
    mask = api.run(api.open_image(files / "series.nii"), [f"{line}={files / 'labels.tsv'}", look[1]])
    assert np.array_equal(mask.data, again)
    (files / "events.tsv").write_text("onset\tduration\ttrial_type\n2\t2\tface\n6\t2\tface\n0\t2\trest\n4\t2\trest\n")
    events = f"{line}={files / 'events.tsv'} repetition_time=2"
    assert run(files, "--do", events, *look, image="series", out="by_events.nii") == 0
    assert np.array_equal(of(files / "by_events.nii"), again)
    by_events = to_python(loads((files / "by_events.json").read_text()))
    (by_script,) = run_scripts([by_events], files / "series.nii", tmp_path)
    assert np.array_equal(by_script, again)


def test_the_classical_walk(files: Path, tmp_path: Path) -> None:
    """Smooth, compare conditions, -log10 p, cut, threshold, intersect, dilate, the largest pieces: as peers do it."""
    data, labels = of(files / "series.nii"), np.array(["a", "b"] * 6)
    random = np.random.default_rng(3)
    long = np.stack([data[..., 0] + random.normal(0, 20, data.shape[:3]) for _ in labels], axis=-1)
    long[2:4, 3:6, 3:6, 1::2] += 60
    long[10:12, 4:7, 5:8, 1::2] += 60
    nibabel.save(nibabel.Nifti1Image(long.astype(np.float32), phantoms.affine("anisotropic")), files / "long.nii")
    (files / "labels.csv").write_text("labels,chunks\n" + "".join(f"{label},0\n" for label in labels))
    smoothed = smooth_img(str(files / "long.nii"), 3).get_fdata()
    p = stats.ttest_ind(smoothed[..., labels == "b"], smoothed[..., labels == "a"], axis=3).pvalue
    logs = np.nan_to_num(-np.log10(p)).clip(max=10)
    mask = ndimage.binary_dilation((logs >= 5) & (smoothed.mean(axis=3) >= 300))
    pieces, _ = ndimage.label(mask)
    sizes = np.bincount(pieces.ravel())[1:]
    expected = np.isin(pieces, 1 + np.argsort(-sizes, kind="stable")[:2])
    steps = [
        "smooth name=soft fwhm=3",
        "mean name=mean image=soft",
        f"t_test name=logs image=soft conditions={files / 'labels.csv'} a=b b=a result=minus_log10_p upper=10",
        "threshold image=logs lower=5",
        "threshold image=mean lower=300 combine=intersect",
        "dilation",
        "keep_largest count=2",
    ]
    assert run(files, *(word for step in steps for word in ("--do", step)), image="long") == 0
    assert len(sizes) >= 2
    assert sizes[0] != sizes[1]
    assert np.array_equal(of(files / "mask.nii"), expected)
    recipe = loads((files / "mask.json").read_text())
    (again,) = run_scripts([to_python(recipe)], files / "long.nii", tmp_path)
    assert np.array_equal(again, expected)
    words = [word for step in steps for word in ("--do", step)]
    assert run(files, *words, "--split", image="long", out="walk_dseg.nii") == 0
    order = 1 + np.argsort(-sizes, kind="stable")[:2]
    assert np.array_equal(of(files / "walk_dseg.nii"), sum(n * (pieces == piece) for n, piece in enumerate(order, 1)))
    table = pandas.read_csv(files / "walk_dseg.tsv", sep="\t")
    assert table[["index", "name"]].values.tolist() == [[1, "mask 1"], [2, "mask 2"]]
    recipe = loads((files / "walk_dseg.json").read_text())
    assert [roi.name for roi in recipe.rois] == ["mask", "mask 1", "mask 2"]
    (largest,) = run_scripts([to_python(recipe)], files / "long.nii", tmp_path)
    assert np.array_equal(largest, pieces == order[0])


@pytest.mark.parametrize("others", [("--save", "soft"), ("--save", "")])
def test_an_image_has_no_components_to_split(files: Path, others: tuple[str, ...]) -> None:
    assert run(files, "--do", "smooth name=soft fwhm=3", *others, "--split", out="out_dseg.nii") == 2
    assert not list(files.glob("out*"))


def test_the_largest_of_very_many_components_are_labels(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = np.zeros((30, 3, 3), np.uint8)
    data[::2, 1, 1] = data[::2, 1, 0] = 1
    data[20:23] = 1
    far = np.zeros((60, 3, 3), np.uint8)
    far[:30], far[31::2, 1, 1] = data, 1
    nibabel.save(nibabel.Nifti1Image(far, np.diag([2, 3, 4, 1])), files / "far.nii")
    assert run(files, "--do", "threshold lower=1", "--split", image="far", out="far_dseg.nii") == 0
    found, count = ndimage.label(far)
    sizes = np.bincount(found.ravel())[1:]
    labels = of(files / "far_dseg.nii")
    assert np.bincount(labels.ravel())[1:].tolist() == sorted(sizes, reverse=True)[:20]
    told = capsys.readouterr()
    assert f"the mask has {count} components; the 20 largest are in far_dseg.nii" in told.err
    assert told.out.splitlines()[0].startswith("1: 27 voxels, 0.648 mL")
    assert told.out.splitlines()[-1].endswith("far_dseg.nii: 20 labels")


def test_components_take_no_place_of_the_image(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (files / "head.nii").read_bytes()
    assert run(files, "--do", "threshold lower=1", "--split", out="head.nii") == 1
    assert "would replace the image itself" in capsys.readouterr().err
    assert (files / "head.nii").read_bytes() == before
    assert run(files, "--do", "threshold lower=1e9", "--split", out="none_dseg.nii") == 1
    assert "an empty mask has no components; change the steps." in capsys.readouterr().err
    assert not list(files.glob("none*"))
