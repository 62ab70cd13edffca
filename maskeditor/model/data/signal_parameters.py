"""What can be asked of signals, declared once for the form, the command line and Python."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from maskeditor.core.operation.conditions import repetition_time_parameter
from maskeditor.core.operation.parameter_types import WIDEST, VolumesParameter
from maskeditor.core.operation.parameters import Role, Unit, parameter

Statistic = Literal["mean", "median", "sum", "minimum", "maximum", "standard_deviation", "variance"]
Strategy = Literal[
    "motion", "high_pass", "wm_csf", "global_signal", "compcor", "ica_aroma", "tedana", "scrub", "non_steady_state"
]
Model = Literal["basic", "power2", "derivatives", "full"]


class SignalParameters(BaseModel):
    """How signals are taken from a series and cleaned: the parameters of nilearn's maskers, by their names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    statistic: Statistic = parameter(
        "mean",
        title="Statistic",
        description="What is taken of the voxels of a region in each volume.",
        when=("voxels", False),
    )
    voxels: bool = parameter(
        False,
        title="Every voxel",
        description="Take a signal for each voxel inside instead of one for each region.",
    )
    fwhm: float = parameter(
        0.0,
        title="Smoothing (FWHM)",
        description="Smooth each volume before by a Gaussian of this full width at half maximum; 0 for none.",
        unit=Unit.MM,
        ge=0,
        le=WIDEST,
        step=0.5,
    )
    detrend: bool = parameter(
        False, title="Detrend", description="Remove the straight line that fits a signal best over time."
    )
    standardize: Literal["none", "zscore_sample", "zscore", "psc"] = parameter(
        "none",
        title="Standardize",
        description="zscore_sample and zscore: mean 0 and standard deviation 1 (of the sample, or of the population); "
        "psc: per cent of change from the mean.",
    )
    high_pass: float | None = parameter(
        None, title="High pass", description="Remove what is slower than this.", unit=Unit.HERTZ, gt=0, le=1000
    )
    low_pass: float | None = parameter(
        None, title="Low pass", description="Remove what is faster than this.", unit=Unit.HERTZ, gt=0, le=1000
    )
    filter: Literal["butterworth", "cosine", "none"] = parameter(
        "butterworth",
        title="Filter",
        description="By what slow and fast parts are removed; cosine removes slow ones alone.",
    )
    repetition_time: float = repetition_time_parameter("which filters want")
    sample_mask: VolumesParameter = parameter(
        None,
        title="Volumes kept",
        description="The volumes that are kept, such as 4-99,110-199; the others are left out (scrubbed).",
        role=Role.VOLUMES,
    )
    resampling_target: Literal["none", "data", "labels"] = parameter(
        "none",
        title="Other grid",
        description="Where the regions lie on another grid: none refuses them, data brings them to the grid of the "
        "series, labels brings the series to theirs.",
    )
    keep_masked_labels: bool = parameter(
        False,
        title="Keep empty regions",
        description="Regions of which a mask leaves no voxel keep a column, of zeros.",
        when=("voxels", False),
    )
    seeds: tuple[tuple[float, float, float], ...] = parameter(
        (),
        title="Seeds",
        description="Places x, y, z in mm: a signal of the sphere round each instead of regions.",
        role=Role.POINTS,
    )
    radius: float = parameter(
        0.0,
        title="Radius of seeds",
        description="How far the sphere round a seed reaches; 0 for the one voxel.",
        unit=Unit.MM,
        ge=0,
        le=200,
        step=0.5,
    )
    allow_overlap: bool = parameter(False, title="Seeds may overlap", description="Whether spheres may share voxels.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.high_pass is not None and self.low_pass is not None and self.high_pass >= self.low_pass:
            raise ValueError(
                f"the high pass ({self.high_pass:g} Hz) must be below the low pass ({self.low_pass:g} Hz), or nothing "
                "is left"
            )
        if self.filter == "cosine" and self.low_pass is not None:
            raise ValueError("the cosine filter has no low pass; choose butterworth, or leave the low pass out")
        if self.filter == "none" and (self.low_pass is not None or self.high_pass is not None):
            raise ValueError("a high or low pass wants a filter; choose butterworth or cosine")
        if self.voxels and self.seeds:
            raise ValueError("a signal is taken of each seed or of every voxel, not of both; leave one out")
        return self


class ConfoundParameters(BaseModel):
    """What is regressed out of signals: the parameters of `nilearn.interfaces.fmriprep.load_confounds`, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    confound_columns: tuple[str, ...] = parameter(
        (),
        title="Columns",
        description="Columns of the table of confounds by their names; none takes all.",
        role=Role.WORDS,
    )
    strategy: tuple[Strategy, ...] = parameter(
        (),
        title="Strategy",
        description="Confounds of fMRIPrep, from the table beside the series: motion, high_pass, wm_csf, "
        "global_signal, compcor, ica_aroma, tedana, scrub, non_steady_state.",
        role=Role.WORDS,
    )
    motion: Model = parameter("full", title="Motion", description="Of the strategy motion: which terms.")
    wm_csf: Model = parameter("basic", title="White matter, CSF", description="Of the strategy wm_csf: which terms.")
    global_signal: Model = parameter(
        "basic", title="Global signal", description="Of the strategy global_signal: which terms."
    )
    compcor: Literal[
        "anat_combined", "anat_separated", "temporal", "temporal_anat_combined", "temporal_anat_separated"
    ] = parameter("anat_combined", title="CompCor", description="Of the strategy compcor: which components.")
    n_compcor: int = parameter(
        0, title="Components", description="Of the strategy compcor: how many components; 0 for all.", ge=0, le=10_000
    )
    scrub: int = parameter(
        5,
        title="Shortest run",
        description="Of the strategy scrub: runs of volumes that are shorter than this between removed ones go too.",
        ge=0,
        le=10_000,
    )
    fd_threshold: float = parameter(
        0.5,
        title="Displacement",
        description="Of the strategy scrub: volumes displaced by more than this are removed.",
        unit=Unit.MM,
        role=Role.DISTANCE,
        ge=0,
        le=1000,
    )
    std_dvars_threshold: float = parameter(
        1.5,
        title="DVARS",
        description="Of the strategy scrub: volumes whose standardized DVARS is above this are removed.",
        ge=0,
        le=1000,
    )
    demean: bool = parameter(True, title="Demean", description="Take the mean from confounds of a strategy.")
    standardize_confounds: bool = parameter(
        True, title="Standardize confounds", description="Give confounds mean 0 and standard deviation 1 first."
    )
    high_variance_confounds: bool = parameter(
        False,
        title="High variance",
        description="Regress out the strongest components of the voxels that vary most, too.",
    )

    def of_strategy(self) -> dict[str, Any]:
        """Return what `load_confounds` takes beside the image."""
        taken = ("motion", "wm_csf", "global_signal", "compcor", "scrub", "fd_threshold", "std_dvars_threshold")
        return {name: getattr(self, name) for name in (*taken, "demean")} | {
            "strategy": self.strategy,
            "n_compcor": self.n_compcor or "all",
        }
