"""Signals are those of nilearn's maskers, number for number."""

from __future__ import annotations

import json
import warnings
from typing import Any

import nibabel
import numpy as np
import pytest
from nilearn.image import resample_to_img
from nilearn.maskers import NiftiLabelsMasker, NiftiMasker, NiftiSpheresMasker
from numpy.typing import NDArray
from scipy import stats

from maskeditor.core.errors import GeometryMismatch, OperationError, ParameterError
from maskeditor.core.operation.declaration import checked
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io import maskers
from maskeditor.io.confounds import Confounds
from maskeditor.model.data.parcels import Parcels, parcels_of
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.data.signals import Signals, sidecar, signals_of
from tests import phantoms

SHAPE = (13, 12, 11)
FRAMES = 40
PLACE = "flipped"
LABELS = np.asfortranarray(np.random.default_rng(3).integers(0, 5, SHAPE).astype(np.uint8))
LABELS[LABELS == 4] = 7
NAMES = {1: "left", 2: "right", 3: "front", 7: "back"}
INSIDE = phantoms.head() > 300


def series(dtype: str = "f4", **fields: Any) -> Volume:
    random = np.random.default_rng(0)
    data = phantoms.head()[..., None] + 60 * random.normal(size=(*SHAPE, FRAMES)) + 5 * np.sin(np.arange(FRAMES) / 3)
    return phantoms.volume(data.clip(0), PLACE, dtype=dtype, repetition_time=2.0, **fields)


def parcels(labels: NDArray[Any] = LABELS, names: dict[int, str] | None = None) -> Parcels:
    return Parcels(labels, phantoms.volume(affine_name=PLACE).geometry, names or NAMES)


def image(values: Any, affine: Any = None) -> nibabel.Nifti1Image:
    return nibabel.Nifti1Image(values, phantoms.affine(PLACE) if affine is None else affine)


def of(volume: Volume) -> nibabel.Nifti1Image:
    return image(volume.scaled(volume.stored).copy(order="F"))  # nilearn writes into what it is given


def take(volume: Volume, regions: list[Parcels], confounds: Confounds | None = None, **given: Any) -> Signals:
    more = {name: given.pop(name) for name in list(given) if name in ConfoundParameters.model_fields}
    inside = given.pop("inside", None)
    limit = None if inside is None else MaskBits.of(inside)
    parameters = checked(SignalParameters, "signals", given)
    return signals_of(volume, regions, parameters, confounds, ConfoundParameters(**more), limit)


def nilearns(masker: Any, volume: Volume, **given: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return masker.fit_transform(of(volume), **given)


def in_parts(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Have a series gone through by parts of so many bytes."""
    for name, value in (("_PART", size), ("_FEWEST_OF_LABELS", 1), ("_FEWEST_OF_SEEDS", 1)):
        monkeypatch.setattr(maskers, name, value)


REGRESSORS = np.random.default_rng(1).normal(size=(FRAMES, 3)).cumsum(axis=0)
CLEANING: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"standardize": None}),
    ({"detrend": True, "standardize": "zscore_sample"}, {"detrend": True, "standardize": "zscore_sample"}),
    ({"standardize": "psc"}, {"standardize": "psc"}),
    (
        {"low_pass": 0.1, "high_pass": 0.01, "detrend": True},
        {"low_pass": 0.1, "high_pass": 0.01, "detrend": True, "t_r": 2.0, "standardize": None},
    ),
    (
        {"high_pass": 0.02, "filter": "cosine", "repetition_time": 1.5},
        {"high_pass": 0.02, "t_r": 1.5, "clean_args": {"filter": "cosine"}, "standardize": None},
    ),
    ({"fwhm": 4.0, "filter": "none"}, {"smoothing_fwhm": 4.0, "standardize": None, "clean_args": {"filter": False}}),
    ({"high_variance_confounds": True}, {"high_variance_confounds": True, "standardize": None}),
]


@pytest.mark.parametrize("part", [1 << 40, 1 << 14])
@pytest.mark.parametrize(("ours", "theirs"), CLEANING)
@pytest.mark.parametrize("dtype", ["i2", "f4"])
def test_labels_are_cleaned_as_by_nilearn(
    ours: dict[str, Any], theirs: dict[str, Any], dtype: str, part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(monkeypatch, part)
    volume = series(dtype)
    made = take(volume, [parcels()], **ours)
    expected = nilearns(NiftiLabelsMasker(image(LABELS), **theirs), volume)
    assert made.names == ("left", "right", "front", "back")
    assert made.values.dtype == expected.dtype
    assert np.array_equal(made.values, expected)


def test_z_scores_of_a_population() -> None:
    volume = series("f8")
    plain = take(volume, [parcels()]).values
    assert np.allclose(take(volume, [parcels()], standardize="zscore").values, stats.zscore(plain), rtol=1e-12)


@pytest.mark.parametrize("statistic", ["mean", "median", "sum", "minimum", "maximum", "standard_deviation", "variance"])
def test_statistics_of_labels(statistic: str) -> None:
    volume = series()
    expected = nilearns(NiftiLabelsMasker(image(LABELS), strategy=statistic, standardize=None), volume)
    assert np.array_equal(take(volume, [parcels()], statistic=statistic).values, expected)


@pytest.mark.parametrize(("ours", "theirs"), CLEANING)
@pytest.mark.parametrize("dtype", ["u1", "f8"])
def test_voxels_are_cleaned_as_by_nilearn(
    ours: dict[str, Any], theirs: dict[str, Any], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts(monkeypatch, 1 << 16)
    volume = Volume(np.asfortranarray((series().stored / 4).astype(dtype)), series().geometry, repetition_time=2.0)
    made = take(volume, [parcels()], voxels=True, **ours)
    expected = nilearns(NiftiMasker(image((LABELS > 0).astype(np.uint8)), **theirs), volume)
    assert np.array_equal(made.values, expected)
    assert made.names[0] == ",".join(map(str, np.argwhere(LABELS)[0]))


def test_scaled_images() -> None:
    volume = series("i2", slope=0.25, intercept=3.0)
    expected = nilearns(NiftiLabelsMasker(image(LABELS), standardize=None), volume)
    assert np.array_equal(take(volume, [parcels()]).values, expected)


def test_confounds_and_volumes_kept() -> None:
    volume, kept = series(), [*range(3, 20), *range(22, 40)]
    for standardize in (True, False):
        made = take(
            volume,
            [parcels()],
            Confounds(REGRESSORS, ("x", "y", "z")),
            sample_mask="3-19,22-39",
            detrend=True,
            standardize="zscore_sample",
            standardize_confounds=standardize,
        )
        masker = NiftiLabelsMasker(
            image(LABELS), detrend=True, standardize="zscore_sample", standardize_confounds=standardize
        )
        expected = nilearns(masker, volume, confounds=REGRESSORS, sample_mask=np.array(kept))
        assert np.array_equal(made.values, expected)
        assert made.volumes == tuple(kept)
        assert made.confounds == ("x", "y", "z")


def test_volumes_that_a_strategy_drops() -> None:
    volume = series()
    kept = tuple(range(5, 40))
    made = take(volume, [parcels()], Confounds(REGRESSORS, ("x", "y", "z"), kept), sample_mask="0-30")
    masker = NiftiLabelsMasker(image(LABELS), standardize=None)
    expected = nilearns(masker, volume, confounds=REGRESSORS, sample_mask=np.arange(5, 31))
    assert np.array_equal(made.values, expected)


@pytest.mark.parametrize("keep", [False, True])
def test_only_inside_a_mask(keep: bool) -> None:
    volume, inside = series(), INSIDE & (LABELS != 3)
    made = take(volume, [parcels()], keep_masked_labels=keep, inside=inside)
    mask = image(inside.astype(np.uint8))
    masker = NiftiLabelsMasker(image(LABELS), mask_img=mask, keep_masked_labels=keep, standardize=None)
    assert np.array_equal(made.values, nilearns(masker, volume))
    assert made.names == (("left", "right", "front", "back") if keep else ("left", "right", "back"))
    assert made.findings == (
        () if keep else ("No voxel remains of 'front' where signals are taken, so there is no signal of it.",)
    )


@pytest.mark.parametrize("target", ["data", "labels"])
def test_regions_on_another_grid(target: str) -> None:
    volume = series()
    affine = phantoms.affine(PLACE)
    affine[:3, :3] *= 1.5
    coarse = np.asfortranarray(np.random.default_rng(4).integers(0, 4, (9, 8, 8)).astype(np.uint8))
    regions = Parcels(coarse, Geometry(coarse.shape, affine), {1: "a", 2: "b", 3: "c"})
    made = take(volume, [regions], resampling_target=target)
    masker = NiftiLabelsMasker(image(coarse, affine), resampling_target=target, standardize=None)
    assert np.array_equal(made.values, nilearns(masker, volume))
    with pytest.raises(GeometryMismatch, match=r"another grid than .*maskeditor resample"):
        take(volume, [regions])
    voxels = take(volume, [regions], resampling_target=target, voxels=True)
    mask = image((coarse > 0).astype(np.uint8), affine)
    if target == "data":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mask = resample_to_img(mask, of(volume), "nearest", copy_header=True, force_resample=True)
    assert np.array_equal(voxels.values, nilearns(NiftiMasker(mask, standardize=None), volume))


@pytest.mark.parametrize("inside", [None, INSIDE])
@pytest.mark.parametrize("radius", [0.0, 5.0])
def test_seeds(radius: float, inside: NDArray[np.bool_] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    in_parts(monkeypatch, 1 << 16)
    volume = series()
    seeds = [tuple(volume.geometry.to_world(voxel).tolist()) for voxel in ((8, 6, 5), (5, 8, 5), (6, 3, 6))]
    made = take(volume, [], seeds=seeds, radius=radius, allow_overlap=True, inside=inside, standardize="zscore_sample")
    masker = NiftiSpheresMasker(
        seeds,
        radius=radius or None,
        allow_overlap=True,
        mask_img=None if inside is None else image(inside.astype(np.uint8)),
        standardize="zscore_sample",
    )
    assert np.array_equal(made.values, nilearns(masker, volume))
    assert made.names[0] == ", ".join(f"{at:g}" for at in seeds[0])


def test_masks_that_share_voxels_are_taken_one_by_one() -> None:
    volume = series()
    masks = [("one", LABELS == 1), ("both", LABELS > 0), ("two", LABELS == 2), ("one", INSIDE & (LABELS == 3))]
    groups = parcels_of([(name, MaskBits.of(mask)) for name, mask in masks], volume.geometry)
    assert [list(group.names.values()) for group in groups] == [["one (0)", "two", "one (3)"], ["both"]]
    made = take(volume, groups)
    for name, mask in zip(("one (0)", "both", "two", "one (3)"), (mask for _, mask in masks), strict=True):
        masker = NiftiLabelsMasker(image(mask.astype(np.uint8)), standardize=None)
        assert np.array_equal(made.values[:, [made.names.index(name)]], nilearns(masker, volume))


def test_voxels_that_are_no_numbers_are_counted() -> None:
    volume = series()
    data = volume.stored.copy()
    data[0, 0, 0, 3] = data[tuple(np.argwhere(LABELS == 1)[0])] = np.nan
    data[(*np.argwhere(LABELS == 2)[0], 5)] = np.inf
    broken = Volume(data, volume.geometry, repetition_time=2.0)
    made = take(broken, [parcels(np.where(np.indices(SHAPE).sum(axis=0) == 0, 0, LABELS))])
    assert made.findings == (
        "2 voxels of the regions are not a number (NaN) or infinite in some volume; there nilearn takes 0 instead.",
    )
    seed = tuple(volume.geometry.to_world((8, 6, 5)).tolist())
    assert take(broken, [], seeds=[seed]).findings[0].startswith("3 voxels of the series are not a number (NaN)")
    labels = image(np.where(np.indices(SHAPE).sum(axis=0) == 0, 0, LABELS).astype(np.uint8))
    assert np.array_equal(made.values, nilearns(NiftiLabelsMasker(labels, standardize=None), broken))


REFUSED = {
    "one volume": ({}, "has one volume, but signals are taken over several; give a 4D image"),
    "no time": ({"high_pass": 0.01}, "wants the repetition time, but the header"),
    "too fast": ({"low_pass": 0.3, "repetition_time": 2.0}, r"choose below 0.25 Hz"),
    "short": ({}, "The confounds have 39 rows, but .* has 40 volumes"),
    "far": ({"sample_mask": "5-40"}, "Volume 40 is to be kept, but .* has volumes 0 to 39"),
    "few": ({"sample_mask": "5"}, "Fewer than two volumes are kept"),
    "none": ({"sample_mask": ()}, "Fewer than two volumes are kept"),
    "overlap": ({"seeds": [(10, 10, 1), (10, 10.5, 1)], "radius": 8.0}, "nilearn refuses this: .*[Oo]verlap"),
    "outside": ({"seeds": [(900, 10, 1)]}, r"Round the seeds \[0\] .* lies no voxel that is measured"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_done(case: str) -> None:
    given, sentence = REFUSED[case]
    volume = series()
    if case == "one volume":
        volume = phantoms.volume(affine_name=PLACE)
    elif case == "no time":
        volume = Volume(volume.stored, volume.geometry)
    confounds = Confounds(REGRESSORS[1:], ("x", "y", "z")) if case == "short" else None
    with pytest.raises(OperationError, match=sentence) as error:
        take(volume, [parcels()], confounds, **given)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"high_pass": 0.1, "low_pass": 0.05}, r"the high pass \(0.1 Hz\) must be below the low pass \(0.05 Hz\)"),
        ({"filter": "cosine", "low_pass": 0.1}, "the cosine filter has no low pass"),
        ({"filter": "none", "low_pass": 0.1}, "wants a filter"),
        ({"voxels": True, "seeds": [(1, 2, 3)]}, "not of both"),
        ({"standardize": "z"}, "standardize is 'z', but must be one of none, zscore_sample, zscore, psc"),
        ({"sample_mask": "9-3"}, "sample_mask is '9-3', but must be all, or numbers of volumes"),
        ({"smoothing": 3}, "signals has no parameter 'smoothing'"),
    ],
)
def test_parameters_that_do_not_fit(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        checked(SignalParameters, "signals", given)


def test_work_is_reported_and_stopped_between_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    in_parts(monkeypatch, 1 << 14)
    seen: list[float] = []
    progress = Progress(seen.append)
    signals_of(series(), [parcels()], SignalParameters(), progress=progress)
    assert len(seen) > 5
    assert seen[-1] == 1.0
    progress.cancel()
    with pytest.raises(Cancelled):
        signals_of(series(), [parcels()], SignalParameters(), progress=progress)


def test_what_lies_beside_a_table() -> None:
    made = take(series(), [parcels()], Confounds(REGRESSORS, ("x", "y", "z")), sample_mask="4-39", detrend=True)
    record = json.loads(sidecar(made, ["bold.nii.gz"], ["Doubtful."]))
    assert record.pop("GeneratedBy")[0]["Name"] == "maskeditor"
    assert record == {
        "SamplingFrequency": 0.5,
        "RepetitionTime": 2.0,
        "Sources": ["bold.nii.gz"],
        "Columns": ["left", "right", "front", "back"],
        "Volumes": "4-39",
        "Parameters": {"detrend": True, "repetition_time": 2.0},
        "Confounds": ["x", "y", "z"],
        "Warnings": ["Doubtful."],
    }


def test_what_lies_beside_a_table_tells_how_confounds_were_chosen() -> None:
    """Two tables that differ by them alone could not be told apart."""
    more = ConfoundParameters(
        confound_columns=("x", "y", "z"),
        strategy=("motion", "scrub"),
        motion="basic",
        fd_threshold=0.3,
        standardize_confounds=False,
        high_variance_confounds=True,
    )
    made = signals_of(series(), [parcels()], SignalParameters(), Confounds(REGRESSORS, ("x", "y", "z")), more)
    assert json.loads(sidecar(made, [])) | {"GeneratedBy": []} == {
        "SamplingFrequency": 0.5,
        "RepetitionTime": 2.0,
        "Sources": [],
        "Columns": ["left", "right", "front", "back"],
        "Volumes": "0-39",
        "Parameters": {
            "repetition_time": 2.0,
            "strategy": ["motion", "scrub"],
            "motion": "basic",
            "fd_threshold": 0.3,
            "standardize_confounds": False,
            "high_variance_confounds": True,
        },
        "Confounds": ["x", "y", "z"],
        "GeneratedBy": [],
    }


def test_regions_without_voxels() -> None:
    nothing = np.zeros_like(LABELS)
    with pytest.raises(OperationError, match="There is no voxel in the mask, so there is no signal"):
        take(series(), [parcels(nothing)])
    with pytest.raises(OperationError, match="No voxel of the regions lies inside the mask"):
        take(series(), [parcels()], voxels=True, inside=LABELS == 0)
    with pytest.raises(OperationError, match="nilearn refuses this: No label left after applying mask"):
        take(series(), [parcels()], inside=LABELS == 0)
    named = parcels(names={**NAMES, 9: "nowhere"})
    assert take(series(), [named]).findings == (
        "No voxel remains of 'nowhere' where signals are taken, so there is no signal of it.",
    )


def test_every_voxel_of_masks_that_share_some() -> None:
    volume = series()
    masks = [MaskBits.of(LABELS == 1), MaskBits.of((LABELS == 1) | INSIDE)]
    made = take(volume, parcels_of([("one", masks[0]), ("both", masks[1])], volume.geometry), voxels=True)
    whole = image(((LABELS == 1) | INSIDE).astype(np.uint8))
    assert np.array_equal(made.values, nilearns(NiftiMasker(whole, standardize=None), volume))
