"""nilearn's maskers: signals of regions, of voxels and of seeds, a part of a series at a time."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.garbage import for_good
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

#: Bytes that a part of a series takes in float64: a masker makes such copies, and cannot be stopped meanwhile.
_PART = 1 << 26
#: Volumes that it is given at least, where looking at its labels or seeds anew would take longer than the signals; as
#: no volume is smoothed then, few copies are made.
_FEWEST_OF_LABELS, _FEWEST_OF_SEEDS = 128, 256

#: By the names that nilearn knows them by.
Options = Mapping[str, Any]


class Extracted(NamedTuple):
    """Signals before they are cleaned.

    Parameters
    ----------
    values : (T, N) array
    not_finite : tuple of int
        The volumes that hold what is no number, or infinite, anywhere.
    labels : tuple of int
        The labels that the columns are of; of voxels and seeds, none.
    """

    values: Array
    not_finite: tuple[int, ...]
    labels: tuple[int, ...] = ()


def of_labels(
    series: Volume, labels: Array, grid: Geometry, inside: BoolArray | None, progress: Progress, options: Options
) -> Extracted:
    """Return a signal for each label, as `nilearn.maskers.NiftiLabelsMasker` does.

    Parameters
    ----------
    series : Volume
        Of T volumes.
    labels : (I, J, K) array of int
        0 where there is none.
    grid : Geometry
        That of the labels.
    inside : (I, J, K) array of bool or None
        A mask on the grid of the series, to which they are limited.
    progress : Progress
    options : mapping
        What the masker takes by name.

    Raises
    ------
    OperationError
        If the masker refuses.
    """
    with calling_nilearn():
        from nilearn.maskers import NiftiLabelsMasker

        mask = _mask(inside, series.geometry)
        masker = NiftiLabelsMasker(_image(labels, grid), mask_img=mask, reports=False, **options)
        fewest = _FEWEST_OF_LABELS if options.get("smoothing_fwhm") is None else 1
        taken = _transformed(masker, series, progress, fewest)
        columns = {column: label for column, label in masker.region_ids_.items() if column != "background"}
        return taken._replace(labels=tuple(int(columns[column]) for column in sorted(columns)))


def of_voxels(series: Volume, mask: BoolArray, grid: Geometry, progress: Progress, options: Options) -> Extracted:
    """Return a signal for each voxel of a mask (I, J, K) of bool, as `nilearn.maskers.NiftiMasker` does.

    Parameters and errors are those of `of_labels`; a mask on another grid has the series brought to it.
    """
    with calling_nilearn():
        from nilearn.maskers import NiftiMasker
        from nilearn.masking import apply_mask

        masker, image = NiftiMasker(_mask(mask, grid), reports=False, **options), _mask(mask, grid)
        if grid is series.geometry and options.get("smoothing_fwhm") is None:
            # What the masker does then, but for cleaning that changes nothing and takes as long again.
            return _gathered(lambda part: apply_mask(part, image), series, progress)
        return _transformed(masker, series, progress)


def brought(labels: Array, grid: Geometry, onto: Geometry) -> Array:
    """Return labels (I, J, K) on another grid, as nilearn's maskers bring them to a series."""
    with calling_nilearn():
        from nilearn.image import resample_img

        made = resample_img(
            _image(labels, grid),
            target_affine=onto.affine,
            target_shape=onto.shape,
            interpolation="nearest",
            copy_header=True,
            force_resample=True,
        )
        return np.asarray(made.dataobj)


def of_seeds(
    series: Volume,
    seeds: tuple[tuple[float, float, float], ...],
    inside: BoolArray | None,
    progress: Progress,
    options: Options,
) -> Extracted:
    """Return a signal for each seed (x, y, z in mm), as `nilearn.maskers.NiftiSpheresMasker` does.

    `inside` is a mask on the grid of the series; other parameters and errors are those of `of_labels`.
    """
    with calling_nilearn():
        from nilearn.maskers import NiftiSpheresMasker

        mask = _mask(inside, series.geometry)
        masker = NiftiSpheresMasker(list(seeds), mask_img=mask, reports=False, **options)
        return _transformed(masker, series, progress, _FEWEST_OF_SEEDS)


def high_variance(series: Volume) -> Array:
    """Return the confounds (T, 5) of `nilearn.image.high_variance_confounds`."""
    with calling_nilearn():
        from nilearn.image import high_variance_confounds

        found: Array = high_variance_confounds(
            _part(series, range(series.frames), bool(_not_finite(series, range(series.frames))))
        )
        return found


def cleaned(values: Array, options: Options) -> Array:
    """Return signals (T, N) as `nilearn.signal.clean` cleans them, by what it takes by name.

    Raises
    ------
    OperationError
        If it refuses.
    """
    with calling_nilearn():
        from nilearn.signal import clean

        made: Array = clean(values, **options)
        return made


def _transformed(masker: Any, series: Volume, progress: Progress, fewest: int = 1) -> Extracted:
    """Fit a masker to the first part of a series, and have it go through all."""
    fitted: list[Any] = []

    def take(part: Any) -> Array:
        if not fitted:
            fitted.append(masker.fit(part))
        values: Array = masker.transform(part)
        return values

    return _gathered(take, series, progress, fewest)


def _gathered(take: Callable[[Any], Array], series: Volume, progress: Progress, fewest: int = 1) -> Extracted:
    """Go through a series, a part at a time: no voxel looks at another volume than its own."""
    step = max(fewest, _PART // (8 * math.prod(series.geometry.shape)))
    parts: list[Array] = []
    wrong: list[int] = []
    for start in range(0, series.frames, step):
        frames = range(start, min(series.frames, start + step))
        found = _not_finite(series, frames)
        parts.append(take(_part(series, frames, bool(found))))
        wrong += found
        progress(frames.stop / series.frames)
    return Extracted(np.concatenate(parts) if len(parts) > 1 else parts[0], tuple(wrong))


def _not_finite(series: Volume, frames: range) -> list[int]:
    """Return which of some volumes hold NaN or infinite numbers; or such large ones that their squares are infinite."""
    if series.dtype.kind != "f":
        return []
    with np.errstate(invalid="ignore", over="ignore"):
        flat = (series.stored_frame(frame).reshape(-1, order="F") for frame in frames)
        return [frame for frame, values in zip(frames, flat, strict=True) if not np.isfinite(np.dot(values, values))]


def _part(series: Volume, frames: range, copied: bool) -> Any:
    """Return some volumes as nilearn takes them; it writes 0 where there is NaN, into what it is given."""
    values = series.scaled(series.stored[..., frames.start : frames.stop])
    return _image(values.copy(order="K") if copied else values, series.geometry)


def _image(values: Array, grid: Geometry) -> Any:
    import nibabel

    image: Any = nibabel.Nifti1Image
    return image(values, grid.affine, dtype=values.dtype)


def _mask(mask: BoolArray | None, grid: Geometry) -> Any:
    return None if mask is None else _image(mask.view(np.uint8), grid)


#: What nilearn and scipy say of what can be mended, and how it is.
_IN_OUR_WORDS = (
    (
        r"padlen, which is (\d+)",
        "The series has too few volumes for this filter, which needs more than {}; choose the filter cosine, or leave "
        "high_pass and low_pass out.",
    ),
    (
        r"spheres are empty: (\[.*?\])",
        "Round the seeds {} (counted from 0) lies no voxel that is measured; give places in mm inside the image.",
    ),
)


@contextmanager
def calling_nilearn(
    where: str = "nilearn refuses this", kind: type[MaskEditorError] = OperationError
) -> Iterator[None]:
    """Import and call nilearn; its warnings are about its own defaults, and what it refuses becomes a sentence.

    Parameters
    ----------
    where : str
        How the sentence begins.
    kind : type
        What is raised.
    """
    with for_good():
        import nilearn.maskers  # noqa: F401 - takes a second
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (ValueError, TypeError, IndexError) as error:
            words = " ".join(str(error).split()).rstrip(".")
            for pattern, ours in _IN_OUR_WORDS:
                if found := re.search(pattern, words):
                    raise kind(ours.format(*found.groups())) from error
            raise kind(f"{where}: {words}.") from error
