"""Operations that make images equal their peers: nilearn, numpy, scipy, scikit-learn and SimpleITK."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import SimpleITK
from nilearn import image as of_nilearn
from nilearn.maskers import NiftiSpheresMasker
from scipy import stats
from skimage.filters import threshold_otsu
from sklearn.feature_selection import f_classif

from maskeditor.core.errors import OperationError, ParameterError, ReplayError
from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, from_text, make
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.outside import Outside
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.bias_field import bias_field
from maskeditor.io.outside import OUTSIDE
from maskeditor.ops import seed_correlation
from tests import phantoms

SERIES = phantoms.series(5)
SCALED = replace(SERIES, slope=0.3, intercept=-20.0)
FLOATS = phantoms.volume(SERIES.stored.astype(np.float32) / 7)
OBLIQUE = phantoms.volume(phantoms.head().astype(np.float32), "oblique")


def made(line: str, image: Volume) -> Array:
    """Return the image that a step makes of another."""
    return worked_out(from_text(line), image)


def worked_out(operation: Operation, image: Volume) -> Array:
    assert isinstance(operation, ImageOperation)
    operation.frames_made(image.frames, image.geometry)
    return operation.made_of(image, OUTSIDE, Progress())


def nifti(image: Volume) -> Any:
    return nibabel.Nifti1Image(image.intensities() if image.frames == 1 else image.stored, image.geometry.affine)


@pytest.mark.parametrize("image", [SERIES, OBLIQUE], ids=["series", "oblique"])
@pytest.mark.parametrize("fwhm", [2.5, 6])
def test_smooth_equals_nilearn(image: Volume, fwhm: float) -> None:
    expected = of_nilearn.smooth_img(nifti(image), fwhm).get_fdata()
    assert np.array_equal(made(f"smooth name=s fwhm={fwhm}", image), expected)


def test_smooth_takes_some_volumes() -> None:
    every = made("smooth name=s", SERIES)
    assert np.array_equal(made("smooth name=s frame=1-3", SERIES), every[..., 1:4])
    assert np.array_equal(made("smooth name=s frame=4", SERIES), every[..., 4])


@pytest.mark.parametrize("image", [SERIES, SCALED, FLOATS], ids=["int16", "scaled", "float32"])
def test_standard_deviation_and_tsnr_equal_numpy(image: Volume) -> None:
    values = np.asarray(image.scaled(image.stored), np.float64)
    for ddof in (0, 1):
        expected = values.std(axis=3, ddof=ddof)
        assert np.allclose(made(f"standard_deviation name=s ddof={ddof}", image), expected, rtol=1e-13, atol=0)
    few = made("standard_deviation name=s frame=1-3", image)
    assert np.allclose(few, values[..., 1:4].std(axis=3), rtol=1e-13, atol=0)
    expected = values.mean(axis=3) / values.std(axis=3)
    assert np.allclose(made("tsnr name=s", image), expected, rtol=1e-13, atol=0)


def test_tsnr_is_0_where_nothing_varies() -> None:
    still = phantoms.volume(np.full((3, 3, 3, 4), 7, np.int16))
    assert not made("tsnr name=s", still).any()


@pytest.mark.parametrize("image", [SERIES, OBLIQUE], ids=["series", "oblique"])
def test_gradient_magnitude_equals_numpy(image: Volume) -> None:
    values = image.stored.astype(np.float64)
    steps = np.gradient(values, *image.geometry.zooms, axis=(0, 1, 2))
    assert np.array_equal(made("gradient_magnitude name=g", image), np.sqrt(sum(one**2 for one in steps)))


def test_the_gradient_of_a_slope_is_its_steepness() -> None:
    i, j, k = np.indices((4, 5, 6))
    slope = phantoms.volume((2.7 * i + 2.2 * j - 4.5 * k).astype(np.float64), "anisotropic")  # 0.9, 1.1 and 3 mm
    assert np.allclose(made("gradient_magnitude name=g", slope), np.sqrt(3**2 + 2**2 + 1.5**2))
    flat = phantoms.volume(np.arange(5.0).reshape(1, 5, 1))
    assert np.array_equal(made("gradient_magnitude name=g", flat), np.ones((1, 5, 1)))


LABELS = "rest,face,house,face,house,rest,face,house,face,house"
LONG = phantoms.series(10)
FACE, HOUSE = (LONG.stored[..., places].astype(float) for places in ([1, 3, 6, 8], [2, 4, 7, 9]))


@pytest.mark.parametrize("equal", [True, False])
def test_t_test_equals_scipy(equal: bool) -> None:
    line = f"t_test name=t conditions={LABELS} a=face b=house equal_variances={equal}"
    expected = stats.ttest_ind(FACE, HOUSE, axis=3, equal_var=equal)
    assert np.allclose(made(line, LONG), expected.statistic, rtol=1e-11, atol=1e-11)
    assert np.allclose(made(f"{line} result=p", LONG), expected.pvalue, rtol=1e-12, atol=0)
    logs = -np.log10(expected.pvalue)
    assert np.allclose(made(f"{line} result=minus_log10_p", LONG), logs, rtol=1e-11, atol=1e-12)
    assert np.allclose(made(f"{line} result=minus_log10_p upper=0.5", LONG), logs.clip(max=0.5), rtol=1e-11, atol=1e-12)
    assert np.allclose(made(f"{line} upper=0.5", LONG), expected.statistic.clip(-0.5, 0.5), rtol=1e-11, atol=1e-11)


def test_p_equals_scipy_however_small_it_is() -> None:
    """To 1e-12 of itself, down to 1e-200; as the noise gets smaller."""
    random = np.random.default_rng(5)
    data = (
        random.normal(size=(4, 4, 4, 200))
        + np.where(np.arange(200) < 100, 0, 1) * np.arange(4)[:, None, None, None] * 9
    )
    names = ",".join("a" * 100 + "b" * 100)
    expected = stats.ttest_ind(data[..., :100], data[..., 100:], axis=3)
    assert 0 < expected.pvalue.min() < 1e-200
    made_here = made(f"t_test name=t conditions={names} a=a b=b result=p", phantoms.volume(data))
    assert np.allclose(made_here, expected.pvalue, rtol=1e-11, atol=0)


def test_where_nothing_varies_there_is_no_difference() -> None:
    still = phantoms.volume(np.full((2, 2, 2, 10), 7, np.int16))
    for test, results in ((f"t_test name=t a=face b=house conditions={LABELS}", ("t", "p", "minus_log10_p")),
                          (f"f_test name=t conditions={LABELS}", ("f", "p", "minus_log10_p"))):  # fmt: skip
        for result, expected in zip(results, (0, 1, 0), strict=True):
            assert np.array_equal(made(f"{test} result={result}", still), np.full((2, 2, 2), expected))


@pytest.mark.parametrize("among", ["", " among=face,house"])
def test_f_test_equals_scikit_learn(among: str) -> None:
    labels = np.array(LABELS.split(","))
    kept = labels != ("rest" if among else "")
    f, p = f_classif(LONG.stored[..., kept].reshape(-1, kept.sum()).T.astype(float), labels[kept])
    line = f"f_test name=f conditions={LABELS}{among}"
    assert np.allclose(made(line, LONG).ravel(), f, rtol=1e-7)
    assert np.allclose(made(f"{line} result=p", LONG).ravel(), p, rtol=1e-7, atol=0)
    assert np.allclose(
        made(f"{line} result=minus_log10_p upper=1", LONG).ravel(), (-np.log10(p)).clip(max=1), rtol=1e-7
    )


def test_events_are_taken_as_labels_are() -> None:
    events = [[2.0, 2.0, "face"], [6.0, 2.0, "face"], [12.0, 2.0, "face"], [16.0, 2.0, "face"],
              [4.0, 2.0, "house"], [8.0, 2.0, "house"], [14.0, 2.0, "house"], [18.0, 2.0, "house"]]  # fmt: skip
    expected = made(f"t_test name=t conditions={LABELS} a=face b=house", LONG)
    by_events = {"name": "t", "conditions": events, "a": "face", "b": "house", "repetition_time": 2.0}
    assert np.array_equal(worked_out(make("t_test", by_events), LONG), expected)
    earlier = [[onset - 3, length, name] for onset, length, name in events]
    assert np.array_equal(worked_out(make("t_test", by_events | {"conditions": earlier, "delay": 3}), LONG), expected)
    for changes, sentence in (
        ({"repetition_time": 0}, "Events want the repetition time .*header of the image states none"),
        ({"conditions": [*events, [2.5, 9, "house"]]}, "Volume 3 belongs to 'face' and 'house' at once"),
        ({"a": "cat"}, r"No volume belongs to 'cat' \(conditions: 'face', 'house'\)"),
        ({"b": "face"}, "Both conditions are 'face'"),
        ({"conditions": ["face", "house"]}, "The table has 2 labels, but the image has 10 volumes"),
    ):
        with pytest.raises(OperationError, match=sentence):
            worked_out(make("t_test", by_events | changes), LONG)


@pytest.mark.parametrize("seed", [(4, 5, 4), (0, 0, 0), (8, 9, 7)])
def test_seed_correlation_equals_numpy(seed: tuple[int, int, int]) -> None:
    found = worked_out(make("seed_correlation", {"name": "r", "seed": seed}), LONG)
    flat = LONG.stored.reshape(-1, 10).astype(float)
    expected = np.corrcoef(LONG.stored[seed].astype(float), flat)[0, 1:].reshape(found.shape)
    assert np.allclose(found, expected, atol=1e-12)
    assert found[seed] == pytest.approx(1)


@pytest.mark.parametrize("radius", [2.5, 6.0])
def test_a_seed_is_that_of_nilearns_sphere(radius: float) -> None:
    seed = (4, 5, 4)
    place = tuple(LONG.geometry.to_world(seed).tolist())
    masker = NiftiSpheresMasker([place], radius=radius, standardize=None, detrend=False)
    # Of floats: of integers, nilearn cuts off the fractions of its means.
    course = masker.fit_transform(nifti(phantoms.volume(LONG.stored.astype(float), "anisotropic")))[:, 0]
    found = worked_out(make("seed_correlation", {"name": "r", "seed": seed, "radius": radius}), LONG)
    expected = np.corrcoef(course, LONG.stored.reshape(-1, 10).astype(float))[0, 1:].reshape(found.shape)
    assert np.allclose(found, expected, atol=1e-6)


def test_another_seed_takes_what_is_known_of_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """How much each voxel varies is worked out once for an image."""
    counted: list[int] = []
    plain = seed_correlation.statistic

    def statistic(*given: Any, **more: Any) -> Any:
        counted.append(1)
        return plain(*given, **more)

    monkeypatch.setattr(seed_correlation, "statistic", statistic)
    document = Document(LONG)
    for number, seed in enumerate([(4, 5, 4), (1, 2, 3)]):
        document.do(make("seed_correlation", {"name": f"r{number}", "seed": seed}), "roi1")
        document.snapshot().image(f"r{number}", Progress())
    assert len(counted) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("standard_deviation name=s frame=1", "wants two volumes at least, but there is 1"),
        ("tsnr name=s frame=2-2", "wants two volumes at least, but there is 1"),
        ("seed_correlation name=s seed=9,0,0", r"The seed \(9, 0, 0\) lies outside the image"),
        ("f_test name=f conditions=a,a,a,a,a", "wants two conditions at least"),
        ("f_test name=f conditions=a,b,c,d,e", "wants more volumes than conditions"),
        ("t_test name=t conditions=a,a,a,a,b a=a b=b", "One volume belongs to 'b'"),
    ],
)
def test_what_cannot_be_made_is_refused_before_it_is_looked_at(line: str, sentence: str) -> None:
    document = Document(SERIES)
    with pytest.raises(OperationError, match=sentence):
        document.do(from_text(line), "roi1")
    assert document.timeline == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("standard_deviation name=s", "Standard deviation wants two volumes at least, but there is 1; give a series"),
        ("tsnr name=s", "Temporal SNR wants two volumes at least, but there is 1; give a series"),
        ("seed_correlation name=s seed=1,1,1", "wants two volumes at least, but the image has 1; choose a series"),
        ("t_test name=t conditions=a,b a=a b=b", "Conditions are those of volumes in time, but the image has one"),
        ("f_test name=f conditions=a,b", "Conditions are those of volumes in time, but the image has one"),
    ],
)
def test_an_image_of_one_volume_is_refused_where_a_series_is_wanted(line: str, sentence: str) -> None:
    with pytest.raises(OperationError, match=sentence):
        made(line, OBLIQUE)


def test_mean_equals_nilearn() -> None:
    expected = of_nilearn.mean_img(nifti(SERIES), copy_header=True).get_fdata()
    assert np.array_equal(made("mean name=m", SERIES), expected)
    assert np.array_equal(made("mean name=m frame=2-3", SERIES), SERIES.stored[..., 2:4].mean(axis=3))
    assert np.array_equal(made("mean name=m", OBLIQUE), OBLIQUE.stored)


@pytest.mark.parametrize("line", ["mean name=m frame=3-5", "smooth name=s frame=5"])
def test_volumes_that_are_not_there_are_refused(line: str) -> None:
    with pytest.raises(
        OperationError, match=r"Volume 5 was asked for, but the image has volumes 0 to 4; take one of them\."
    ):
        made(line, SERIES)


@pytest.mark.parametrize("name", ["", " s", "s ", "a\tb", 61 * "s"])
def test_a_name_can_be_seen_and_is_not_long(name: str) -> None:
    with pytest.raises(ParameterError, match=r"name is .* but must be a name of 1 to 60 characters that can be seen"):
        make("mean", {"name": name})


def uneven(shape: tuple[int, int, int] = (40, 44, 36)) -> Volume:
    """Return a head under a field that grows from one corner to the other."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    return phantoms.volume((phantoms.head(shape) * np.exp(0.3 * i - 0.2 * j * k)).astype(np.float32))


def field_of_itk(image: Volume, inside: Any, shrink: int) -> Array:
    """Return the bias field as SimpleITK works it out."""
    whole, mask = (SimpleITK.GetImageFromArray(np.ascontiguousarray(one.T)) for one in (image.stored, inside * 1))
    n4 = SimpleITK.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([50] * 4)
    n4.Execute(*(SimpleITK.Shrink(one, [shrink] * 3) for one in (whole, SimpleITK.Cast(mask, SimpleITK.sitkUInt8))))
    return np.exp(SimpleITK.GetArrayFromImage(n4.GetLogBiasFieldAsImage(whole)).T)


@pytest.mark.parametrize(("words", "shrink"), [("", 4), (" shrink=2", 2), (" lower=300 shrink=3", 3)])
def test_bias_correction_equals_itk(words: str, shrink: int) -> None:
    image = uneven()
    inside = image.stored > (300 if "lower" in words else threshold_otsu(image.stored))
    expected = field_of_itk(image, inside, shrink)
    assert np.ptp(expected[inside]) > 0.1
    field = made(f"bias_correction name=b result=field{words}", image)
    assert np.allclose(field, expected, rtol=2e-4, atol=0)
    assert np.array_equal(made(f"bias_correction name=b{words}", image), image.stored / field)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "lower"), [("T1_head_ext2", 30.0), ("fmri", None)])
def test_bias_correction_of_scans_equals_itk_as_it_says(test_data: Path, name: str, lower: float | None) -> None:
    stored = np.asarray(nibabel.load(test_data / "nifti" / f"{name}.nii.gz").dataobj, np.float32)
    image = phantoms.volume(np.asfortranarray(stored))
    expected = field_of_itk(image, stored > (threshold_otsu(stored) if lower is None else lower), 4)
    words = "" if lower is None else f" lower={lower}"
    apart = np.abs(made(f"bias_correction name=b result=field{words}", image) / expected - 1)
    assert np.median(apart) <= 2e-4
    assert apart.max() <= 1e-2
    assert np.ptp(expected) > 0.3


def test_bias_correction_makes_a_head_more_even() -> None:
    image = uneven()
    plain = phantoms.head(image.geometry.shape)
    inside = plain > threshold_otsu(plain)

    def left(values: Array) -> float:
        return float(np.std(np.log(values[inside] / plain[inside])))

    assert left(made("bias_correction name=b", image)) < left(image.stored) / 2


def test_what_bias_correction_cannot_do() -> None:
    image = uneven((7, 20, 20))
    with pytest.raises(OperationError, match=r"wants 8 voxels or more .* has 7 × 20 × 20; take a smaller shrink"):
        made("bias_correction name=b", image)
    # Nothing that can never be looked at becomes a step.
    document = Document(image)
    with pytest.raises(OperationError, match="wants 8 voxels or more"):
        document.do(make("bias_correction", {"name": "b"}), "")
    assert document.present == ()
    assert np.isfinite(made("bias_correction name=b shrink=3", image)).all()
    with pytest.raises(OperationError, match=r"No voxel of the image is above 1e\+06"):
        made("bias_correction name=b shrink=3 lower=1e6", image)
    plain = phantoms.volume(np.full((8, 8, 8), 5.0, np.float32))
    with pytest.raises(OperationError, match=r"^The image has one intensity alone, 5, .*\. Or give the intensity"):
        made("bias_correction name=b", plain)
    operation = from_text("bias_correction name=b")
    assert isinstance(operation, ImageOperation)
    with pytest.raises(OperationError, match="install niimath"):
        operation.made_of(image, Outside(), Progress())


def test_a_step_whose_image_could_not_be_made_of_the_intensities_is_refused() -> None:
    image = uneven()
    document = Document(image, outside=OUTSIDE)
    document.do(make("smooth", {"name": "soft", "fwhm": 2}), "")
    for image_name in ("", "soft"):
        with pytest.raises(OperationError, match=rf"^No voxel of {image_name or 'the image'} is above 1e\+06, where"):
            document.do(make("bias_correction", {"name": "b", "image": image_name, "lower": 1e6}), "")
    assert len(document.present) == 1
    even = Document(phantoms.volume(np.full((8, 8, 8), 5.0, np.float32)), outside=OUTSIDE)
    with pytest.raises(OperationError, match="one intensity alone"):
        even.do(make("bias_correction", {"name": "b"}), "")
    assert even.present == ()
    # Nor can it become one, as an earlier step is changed.
    highest = float(image.stored.max())
    lower = {"name": "b", "image": "soft", "lower": highest / 3}
    document.do(make("bias_correction", lower), "")
    before = document.present
    with pytest.raises(ReplayError, match=r"^Step 2 .* No voxel of soft is above .* Nothing was changed\.$"):
        document.edit(0, [Step(make("smooth", {"name": "soft", "fwhm": 100}), ""), before[1]], "smooth")
    assert document.present == before


def test_a_bias_field_that_nobody_wants_any_more_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    progress = Progress()
    stopped: list[Any] = []
    start = subprocess.Popen

    def started(*arguments: Any, **settings: Any) -> Any:
        progress.cancel()
        stopped.append(start(["sleep", "1000"], **settings))
        return stopped[-1]

    monkeypatch.setattr(subprocess, "Popen", started)
    with pytest.raises(Cancelled):
        bias_field(uneven().stored, np.ones((40, 44, 36), bool), 4, progress)
    assert stopped[0].returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_varies_t_and_f_are_what_scipy_gives() -> None:
    series = np.zeros((2, 1, 1, 8))
    series[0, 0, 0, 4:] = 3.0  # in the other voxel, both conditions are alike
    volume = Volume(series, Geometry((2, 1, 1), np.eye(4)))
    made = make("t_test", {"name": "t", "conditions": ("a",) * 4 + ("b",) * 4, "a": "a", "b": "b"})
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = stats.ttest_ind(series[..., :4], series[..., 4:], axis=3).statistic
    assert expected[0, 0, 0] == -np.inf
    np.testing.assert_array_equal(made.worked_out(volume, Progress()), np.where(np.isnan(expected), 0, expected))
