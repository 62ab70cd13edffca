"""`maskeditor statistics`: what the intensities in each ROI or label are like."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_warnings
from maskeditor.cli.options import series_option
from maskeditor.cli.tables import put_out, table_options
from maskeditor.engine.arrays import Neighbours
from maskeditor.io.columns import check_table
from maskeditor.model.data.circularity import circular_in, recipes_of
from maskeditor.model.data.files import components_of_session, regions_of_files, statistics_of_session
from maskeditor.model.data.statistics import FRAME, PERCENTILES, frame_of, volume_taken
from maskeditor.model.session import Session

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor statistics T1w.nii.gz hippocampus.nii.gz
maskeditor statistics tmap.nii.gz atlas.nii.gz -o by_region.tsv
maskeditor statistics tmap.nii.gz lesions.nii.gz --components 26 -o lesions.tsv
maskeditor statistics bold.nii.gz left.nii.gz right.nii.gz --frame 0 --percentile 10 --percentile 90 --json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("image", type=click.Path(path_type=Path, readable=False))
@click.argument(
    "masks", metavar="MASK-OR-LABELS…", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option(
    "--frame",
    show_default=str(FRAME),
    metavar="mean|N|N-M",
    help="Which volume of a 4D image: the mean over all, one by its index, or the mean over a range.",
)
@click.option(
    "--percentile",
    "percentiles",
    multiple=True,
    type=click.FloatRange(0, 100),
    default=PERCENTILES,
    help="Percentiles to give (50 is the median); repeat it for more.",
)
@click.option(
    "--ddof",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The divisor of the standard deviation is the number of values less this: 0 as numpy, 1 as pandas.",
)
@click.option(
    "--components",
    type=click.Choice([str(count) for count in get_args(Neighbours)]),
    help="A row for each connected component of one mask instead, by so many neighbours: voxels, mL, peak and mean.",
)
@series_option
@table_options
def statistics(
    image: Path,
    masks: tuple[Path, ...],
    frame: str | None,
    percentiles: tuple[float, ...],
    ddof: int,
    components: str | None,
    series: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Print a table of the intensities of IMAGE: a row for each mask, or for each label of a label file.

    Columns: voxels, mL, per cent of the image, mean, standard deviation, percentiles, minimum, maximum, centre of mass
    and peak in voxels and mm. A table of labels beside a label file names its labels. What is no finite number is left
    out and counted.
    """
    chosen = FRAME if frame is None else frame_of(frame)
    if output is not None:
        check_table(output, (image, *masks))
    with progress_bar("Opening") as progress:
        session = Session.open(image, series, progress, [chosen])
    print_warnings(session.document.volume.findings)
    if frame is None:
        print_warnings(volume_taken(session.document.volume, chosen))
    with progress_bar("Working out the statistics") as progress:
        regions = regions_of_files(session, masks, progress.within(0, 0.5))
        part = progress.within(0.5, 1)
        if components is None:
            found = statistics_of_session(session, regions, chosen, percentiles, ddof, part)
            table, findings = found.table, found.findings
        else:
            neighbours = cast(Neighbours, int(components))
            table, findings = components_of_session(session, regions, chosen, neighbours, part)
    print_warnings(findings)
    print_warnings(circular_in(recipes_of(masks), session.document.volume, over_time=False))
    put_out(table, output, as_json)
