"""`maskeditor clusters`: the clusters of a statistical map and their peaks."""

from __future__ import annotations

import math
from pathlib import Path

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_error, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.cli.tables import put_out, table_options
from maskeditor.engine.z_thresholds import CORRECTIONS, Correction
from maskeditor.io.columns import check_table
from maskeditor.model.data.clusters import ALPHA, DISTANCE, FIRST, clusters_of_session
from maskeditor.model.data.statistics import frame_of, volume_taken
from maskeditor.model.session import Session

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor clusters zmap.nii.gz --threshold 3.1 --two-sided --minimum-size 10
maskeditor clusters zmap.nii.gz --correction fdr --alpha 0.05 -o clusters.tsv
"""


@click.command(epilog=_EXAMPLES)
@click.argument("map", type=click.Path(path_type=Path, readable=False))
@click.option("--threshold", type=float, help="Clusters lie above this; below it, if it is negative.")
@click.option(
    "--correction",
    type=click.Choice(CORRECTIONS),
    default="fpr",
    show_default=True,
    help="Without --threshold, of a map of z: the threshold by p of each voxel (fpr), by false discovery rate, or by "
    "Bonferroni.",
)
@click.option(
    "--alpha",
    type=float,
    default=ALPHA,
    show_default=True,
    help="Without --threshold, the p or the false discovery rate.",
)
@click.option("--two-sided", is_flag=True, help="Clusters below the negative of the threshold too.")
@click.option("--minimum-size", type=click.IntRange(0), default=0, help="Voxels that a cluster has at least.")
@click.option(
    "--distance", type=float, default=DISTANCE, show_default=True, help="Between the listed peaks of a cluster, in mm."
)
@click.option("--frame", show_default=str(FIRST), metavar="mean|N|N-M", help="Which volume of a 4D map.")
@series_option
@table_options
def clusters(
    map: Path,  # noqa: A002 - what it is called in the usage
    threshold: float | None,
    correction: Correction,
    alpha: float,
    two_sided: bool,
    minimum_size: int,
    distance: float,
    frame: str | None,
    series: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Print a table of the clusters of MAP: peaks and up to three sub-peaks with mm, voxel and value, and sizes.

    The table is that of nilearn's get_clusters_table. Without --threshold, MAP must hold z values.
    """
    chosen = FIRST if frame is None else frame_of(frame)
    if output is not None:
        check_table(output, (map,))
    with progress_bar("Opening") as progress:
        session = Session.open(map, series, progress, [chosen])
    print_warnings(session.document.volume.findings)
    if frame is None:
        print_warnings(volume_taken(session.document.volume, chosen))
    with progress_bar("Looking for clusters") as progress:
        found = clusters_of_session(
            session, chosen, threshold, correction, alpha, two_sided, minimum_size, distance, progress
        )
    used = found.threshold if math.isfinite(found.threshold) else None
    if threshold is None and used is not None:
        print_error(f"The threshold is {used:.7g} ({correction}, alpha {alpha:g}).")
    print_warnings(found.findings)
    put_out(found.table, output, as_json, threshold=used, two_sided=two_sided)
