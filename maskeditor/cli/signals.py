"""`maskeditor signals`: signals over time of regions, voxels or seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.declared import declared_options, value_of
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.io.conditions import read_conditions
from maskeditor.io.open import open_image
from maskeditor.io.save import write_text
from maskeditor.model.data.box_plot import drawing
from maskeditor.model.data.by_condition import by_condition
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.confounds import confounds_for
from maskeditor.model.data.mask_on import open_mask_on, whole_mask
from maskeditor.model.data.parcels import parcels_in
from maskeditor.model.data.signal_files import ENDINGS_IN_WORDS, check_plot, check_signals, save_signals
from maskeditor.model.data.signal_parameters import ConfoundParameters, SignalParameters
from maskeditor.model.data.signals import signals_of
from maskeditor.model.numbers_in_words import in_number

_PATH = click.Path(path_type=Path, readable=False)
_EXAMPLES = """\b
maskeditor signals bold.nii.gz atlas.nii.gz -o sub-01_timeseries.tsv --standardize zscore_sample --detrend
maskeditor signals bold.nii.gz brain.nii.gz -o voxels.npy --voxels --fwhm 6
maskeditor signals bold.nii.gz atlas.nii.gz -o a_timeseries.tsv --low-pass 0.1 --high-pass 0.01 --repetition-time 2
maskeditor signals sub-01_desc-preproc_bold.nii.gz atlas.nii.gz -o a_timeseries.tsv --strategy motion,wm_csf,high_pass
maskeditor signals bold.nii.gz rois.nii.gz -o rois_timeseries.tsv --conditions events.tsv --delay 5 --box-plot rois.svg
maskeditor signals bold.nii.gz -o seeds_timeseries.tsv --seeds "0,-52,18; -46,-68,32" --radius 8
"""


@click.command(epilog=_EXAMPLES)
@click.argument("image", type=_PATH)
@click.argument("regions", metavar="[MASK-OR-LABELS]", required=False, type=_PATH)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.tsv|.npy",
    type=_PATH,
    help=f"The signals to write ({ENDINGS_IN_WORDS}), a column each; how they were made goes into a .json file beside.",
)
@click.option("--confounds", metavar="TABLE", type=_PATH, help="Regress out the columns of this table (.tsv, .csv).")
@click.option("--inside", metavar="MASK", type=_PATH, help="Take regions and seeds only inside this mask.")
@click.option(
    "--conditions",
    "table",
    metavar="TABLE",
    type=_PATH,
    help="What happened meanwhile: events (BIDS) or a label for each volume; a column of the table, and the boxes.",
)
@click.option("--delay", type=click.FloatRange(0, 60), default=0.0, help="Seconds from an event to its volumes.")
@click.option("--box-plot", metavar="OUT.svg", type=_PATH, help="Draw a box of each signal for each condition.")
@declared_options(SignalParameters)
@declared_options(ConfoundParameters)
@series_option
def signals(
    image: Path,
    regions: Path | None,
    output: Path,
    confounds: Path | None,
    inside: Path | None,
    table: Path | None,
    delay: float,
    box_plot: Path | None,
    series: str | None,
    **given: Any,
) -> None:
    """Take signals over time from IMAGE (4D): one of each label of MASK-OR-LABELS, of each voxel, or of each seed.

    They are those of nilearn's NiftiLabelsMasker, NiftiMasker (--voxels) and NiftiSpheresMasker (--seeds), called with
    these parameters.
    """
    parameters = value_of(SignalParameters, "signals", given)
    more = value_of(ConfoundParameters, "signals", given)
    if (regions is None) != bool(parameters.seeds):
        raise click.UsageError("Give either MASK-OR-LABELS or --seeds (a mask for seeds is --inside)")
    if box_plot is not None and table is None:
        raise click.UsageError("--box-plot wants --conditions TABLE: a box is drawn for each condition")
    sources = [path for path in (image, regions, inside, confounds, table) if path is not None]
    check_signals(output, sources)
    if box_plot is not None:
        check_plot(box_plot)
    conditions = () if table is None else read_conditions(table)
    removed = confounds_for(image, confounds, more)
    if removed is not None:  # a strategy finds its table itself
        sources += [path for path in removed.files if path not in sources]
    with progress_bar(f"Opening {image.name}") as progress:
        opened = open_image(image, series, progress)
    print_warnings(opened.volume.findings)
    parcels, mask = [], None
    if regions is not None:
        with progress_bar(f"Opening {regions.name}") as progress:
            parcels = parcels_in(regions, progress)
        print_warnings(parcels[0].findings)
    if inside is not None:
        with progress_bar(f"Opening {inside.name}") as progress:
            limit = open_mask_on(inside, opened.volume.geometry, image.name, progress)
        print_warnings(limit.findings)
        mask = whole_mask(limit)
    with progress_bar("Taking signals") as progress:
        made = signals_of(opened.volume, parcels, parameters, removed, more, mask, progress, image.name)
    found = by_condition(made, conditions, opened.volume.frames, delay) if conditions else None
    recipes = recipes_of([path for path in (regions, inside) if path is not None])
    doubts = circular_in(recipes, opened.volume, found.conditions if found is not None else None, over_time=True)
    drawn = drawing(found, box_plot.stem, made.parameters, doubts) if found is not None and box_plot is not None else ""
    save_signals(made, output, sources, (*made.findings, *doubts), found.labels if found is not None else ())
    if box_plot is not None:
        write_text(box_plot, drawn)
    print_warnings((*made.findings, *doubts))
    print_line(f"{output}: {in_number(made.values.shape[0], 'volume')}, {in_number(made.values.shape[1], 'signal')}")
