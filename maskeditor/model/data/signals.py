"""Signals of regions, voxels or seeds over time: extracted and cleaned by nilearn, and told as a table of BIDS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.parameter_types import in_ranges
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume, volumes_in_words
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Progress
from maskeditor.io import maskers
from maskeditor.io.confounds import Confounds
from maskeditor.model.data.parcels import Parcels
from maskeditor.model.data.regions import check_grid
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.numbers_in_words import in_number
from maskeditor.version import __version__


@dataclass(frozen=True, eq=False)
class Signals:
    """Signals over time.

    Parameters
    ----------
    values : (T, N) array
    names : sequence of str
        Of the N signals.
    volumes : tuple of int
        The numbers of the T volumes that were kept.
    repetition_time : float
        Seconds from one volume of the series to the next; 0 if that is not known.
    parameters : SignalParameters
    confounds : tuple of str
        The columns that were regressed out.
    findings : tuple of str
        What is worth saying of them, one sentence each.
    more : ConfoundParameters
        How these were chosen and regressed out.
    """

    values: Array
    names: Sequence[str]
    volumes: tuple[int, ...]
    repetition_time: float
    parameters: SignalParameters
    confounds: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    more: ConfoundParameters = field(default_factory=ConfoundParameters)


def signals_of(
    series: Volume,
    regions: Sequence[Parcels],
    parameters: SignalParameters,
    confounds: Confounds | None = None,
    more: ConfoundParameters | None = None,
    inside: MaskBits | None = None,
    progress: Progress | None = None,
    called: str = "",
) -> Signals:
    """Take signals from a series: those of nilearn's maskers, called with these parameters.

    Parameters
    ----------
    series : Volume
        4D.
    regions : sequence of Parcels
        On one grid; each with signals of its own. None for seeds.
    parameters : SignalParameters
    confounds : Confounds, optional
        Regressed out.
    more : ConfoundParameters, optional
        Whether confounds are standardized, and those of high variance removed.
    inside : MaskBits, optional
        A mask on the grid of the series that limits regions and seeds.
    progress : Progress, optional
    called : str
        What the series is called in sentences: its file, from which it can be taken to another grid; else its name.

    Raises
    ------
    OperationError
        If the series has one volume, the confounds are of another length, or nilearn refuses.
    GeometryMismatch
        If regions lie on another grid and none is chosen.
    """
    progress, more = progress or Progress(), more or ConfoundParameters()
    parameters = _timed(parameters, series)
    volumes = _checked(series, regions, parameters, confounds, called)
    if inside is not None and not inside.count():
        raise OperationError(
            "The mask that limits regions and seeds is empty, so there is no signal; give one with voxels."
        )
    findings = list(confounds.findings if confounds is not None else ())
    parts, names = _extracted(series, regions, parameters, inside, findings, progress.within(0.0, 0.85))
    regressors = [] if confounds is None or not confounds.values.size else [confounds.values]
    if more.high_variance_confounds:
        regressors.insert(0, maskers.high_variance(series))
    kept = None if len(volumes) == series.frames else np.array(volumes)
    options = {
        "detrend": parameters.detrend,
        "standardize": _STANDARDS[parameters.standardize],
        "standardize_confounds": more.standardize_confounds,
        "filter": False if parameters.filter == "none" else parameters.filter,
        "high_pass": parameters.high_pass,
        "low_pass": parameters.low_pass,
        "t_r": parameters.repetition_time or None,
        "confounds": regressors or None,
        "sample_mask": kept,
    }
    # Each by itself, as a masker does: in float32, sums depend on what lies beside.
    made = [maskers.cleaned(part, options) for part in parts]
    cleaned = np.concatenate(made, axis=1) if len(made) > 1 else made[0]
    if parameters.standardize == "zscore":
        cleaned *= np.sqrt(len(volumes) / (len(volumes) - 1))
    progress(1.0)
    return Signals(
        cleaned,
        names,
        volumes,
        parameters.repetition_time,
        parameters,
        confounds.columns if confounds is not None else (),
        tuple(findings),
        more,
    )


#: What nilearn calls each; z scores of a population, which 0.14 has no more, are made of those of a sample.
_STANDARDS = {"none": None, "zscore_sample": "zscore_sample", "zscore": "zscore_sample", "psc": "psc"}


def _timed(parameters: SignalParameters, series: Volume) -> SignalParameters:
    """Return them with the repetition time of the header where none was given."""
    if parameters.repetition_time or not series.repetition_time:
        return parameters
    return parameters.model_copy(update={"repetition_time": series.repetition_time})


def _checked(
    series: Volume,
    regions: Sequence[Parcels],
    parameters: SignalParameters,
    confounds: Confounds | None,
    called: str,
) -> tuple[int, ...]:
    """Return the volumes that are kept; raise where no signals can be had, before any work."""
    name, frames = called or series.name or "The image", series.frames
    if frames == 1:
        raise OperationError(
            f"{name} has one volume, but signals are taken over several; give a 4D image, or use maskeditor statistics."
        )
    if not regions and not parameters.seeds:
        raise OperationError("There is nothing that signals are to be taken of; give regions or seeds.")
    highest = max(parameters.high_pass or 0.0, parameters.low_pass or 0.0)
    if highest and not parameters.repetition_time:
        raise OperationError(
            f"A filter wants the repetition time, but the header of {name} states none for its volumes; give it."
        )
    if highest and highest >= 0.5 / parameters.repetition_time:
        raise OperationError(
            f"A filter at {highest:g} Hz wants more than {2 * highest:g} volumes a second, but one is taken every "
            f"{parameters.repetition_time:g} s; choose below {0.5 / parameters.repetition_time:g} Hz."
        )
    if confounds is not None and confounds.values.size and len(confounds.values) != frames:
        raise OperationError(
            f"The confounds have {in_number(len(confounds.values), 'row')}, but {name} has "
            f"{in_number(frames, 'volume')}; give a row for each."
        )
    for one in regions:
        if parameters.resampling_target == "none":
            check_grid(one.grid, series.geometry, one.name, name)
        if not one.labels.any():
            raise OperationError(f"There is no voxel in {one.name}, so there is no signal; give regions with voxels.")
    kept = range(frames) if parameters.sample_mask is None else sorted(set(parameters.sample_mask))
    if kept and kept[-1] >= frames:
        raise OperationError(f"Volume {kept[-1]} is to be kept, but {name} has {volumes_in_words(frames)}.")
    both = set(kept) & set(kept if confounds is None or confounds.kept is None else confounds.kept)
    if len(both) < 2:
        raise OperationError("Fewer than two volumes are kept; keep more of them, or scrub less.")
    return tuple(sorted(both))


def _extracted(
    series: Volume,
    regions: Sequence[Parcels],
    parameters: SignalParameters,
    inside: MaskBits | None,
    findings: list[str],
    progress: Progress,
) -> tuple[list[Array], Sequence[str]]:
    """Return signals before they are cleaned, those of each image of labels together, and their names."""
    options: dict[str, Any] = {"smoothing_fwhm": parameters.fwhm or None, "standardize": None}
    mask = None if inside is None else inside[...]
    if parameters.seeds:
        options |= {"radius": parameters.radius or None, "allow_overlap": parameters.allow_overlap}
        taken = maskers.of_seeds(series, parameters.seeds, mask, progress, options)
        findings += _not_numbers(series, regions, taken.not_finite)
        return [taken.values], tuple(", ".join(f"{at:g}" for at in seed) for seed in parameters.seeds)
    if parameters.voxels:
        grid = _grid(regions[0], series)
        labels = np.logical_or.reduce([one.labels != 0 for one in regions]).view(np.uint8)
        if parameters.resampling_target == "data" and grid is not series.geometry:
            labels, grid = maskers.brought(labels, grid, series.geometry), series.geometry
        voxels = labels != 0
        if mask is not None and grid is series.geometry:
            voxels &= mask
        elif mask is not None:
            voxels &= maskers.brought(mask.view(np.uint8), series.geometry, grid) > 0
        if not voxels.any():
            raise OperationError("No voxel of the regions lies inside the mask, so there is no signal; give others.")
        taken = maskers.of_voxels(series, voxels, grid, progress, options)
        findings += _not_numbers(series, regions, taken.not_finite)
        return [taken.values], VoxelNames(np.argwhere(voxels))
    options |= {
        "strategy": parameters.statistic,
        "resampling_target": None if parameters.resampling_target == "none" else parameters.resampling_target,
    }
    if parameters.keep_masked_labels:
        options["keep_masked_labels"] = True
    parts, names, wrong = [], [], set[int]()
    for place, one in enumerate(regions):
        part = progress.within(place / len(regions), (place + 1) / len(regions))
        found = maskers.of_labels(series, one.labels, _grid(one, series), mask, part, options)
        parts.append(found.values)
        wrong.update(found.not_finite)
        names += [one.names[label] for label in found.labels]
        lost = [name for number, name in one.names.items() if number not in found.labels]
        if lost:
            some = f"{', '.join(map(repr, lost[:8]))}{' …' * (len(lost) > 8)}"
            findings.append(f"No voxel remains of {some} where signals are taken, so there is no signal of it.")
    findings += _not_numbers(series, regions, sorted(wrong))
    return parts, tuple(names)


def _grid(one: Parcels, series: Volume) -> Geometry:
    """Return the grid of regions: that of the series where they differ by no more than rounding."""
    return series.geometry if not series.geometry.differences(one.grid) else one.grid


class VoxelNames(Sequence[str]):
    """The names of very many voxels, (N, 3) indices, each written when it is asked for.

    Examples
    --------
    >>> VoxelNames(np.array([[1, 2, 3], [1, 2, 4]]))[1]
    '1,2,4'
    """

    def __init__(self, places: Array) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        """Return one name, or several."""
        if isinstance(index, slice):
            return VoxelNames(self._places[index])
        return ",".join(map(str, self._places[index].tolist()))


def _not_numbers(series: Volume, regions: Sequence[Parcels], frames: Sequence[int]) -> list[str]:
    """Return a sentence on voxels that are no numbers in some volumes, which nilearn counts as 0."""
    if not frames:
        return []
    wrong = np.zeros(series.geometry.shape, bool, order="F")
    for frame in frames:
        wrong |= ~np.isfinite(series.stored_frame(frame))
    # Round seeds, any voxel of the series may count.
    inside = np.full_like(wrong, not regions)
    for one in regions:
        if one.labels.shape == wrong.shape:
            inside |= one.labels != 0
    count = int(np.count_nonzero(wrong & inside))
    are = f"{'s' * (count > 1)} of the {'regions' if regions else 'series'} {'are' if count > 1 else 'is'}"
    sentence = f"{count} voxel{are} not a number (NaN) or infinite in some volume; there nilearn takes 0 instead."
    return [sentence] if count else []


def sidecar(signals: Signals, sources: Sequence[str], warnings: Sequence[str] = ()) -> str:
    """Return what lies beside a table of signals as JSON: how they were made, by the keys of BIDS derivatives.

    Parameters
    ----------
    signals : Signals
    sources : sequence of str
        The names of the files that they were made of.
    warnings : sequence of str
        What is doubtful, one sentence each.
    """
    seconds = signals.repetition_time
    # The volumes and columns that were taken are named by themselves.
    cleaned = signals.parameters.model_dump(mode="json", exclude_defaults=True, exclude={"sample_mask"})
    chosen = signals.more.model_dump(mode="json", exclude_defaults=True, exclude={"confound_columns"})
    record = {
        **({"SamplingFrequency": 1 / seconds, "RepetitionTime": seconds} if seconds else {}),
        "Sources": list(sources),
        "Columns": list(signals.names),
        "Volumes": in_ranges(signals.volumes),
        "Parameters": cleaned | chosen,
        **({"Confounds": list(signals.confounds)} if signals.confounds else {}),
        **({"Warnings": list(warnings)} if warnings else {}),
        "GeneratedBy": [{"Name": "maskeditor", "Version": __version__}],
    }
    return json.dumps(record, indent=2, ensure_ascii=False) + "\n"
