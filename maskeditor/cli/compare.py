"""`maskeditor compare`: how far two masks agree, or several raters."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_warnings
from maskeditor.cli.tables import put_out, table_options
from maskeditor.core.space.geometry import Geometry
from maskeditor.io.columns import Table, check_table
from maskeditor.io.labels import named_beside_file
from maskeditor.io.open import open_mask
from maskeditor.model.data.agreement import MEASURES, Labelled, check_grids, compare_all
from maskeditor.model.data.regions import without_voxels
from maskeditor.model.numbers_in_words import in_brief

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor compare rater1.nii.gz rater2.nii.gz
maskeditor compare aseg.nii.gz edited_aseg.nii.gz -o labels.tsv
maskeditor compare rater1.nii.gz rater2.nii.gz rater3.nii.gz --json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("masks", metavar="A B [C …]", nargs=-1, type=click.Path(path_type=Path, readable=False))
@table_options
def compare(masks: tuple[Path, ...], output: Path | None, as_json: bool) -> None:
    """Compare masks or images of labels A and B, or each with each of more.

    Shares and distances (mm) of each pair; of images of labels, a row for each label too; of more than two, Fleiss'
    kappa in the last row. A is what B is compared with: sensitivity is the share of A that B holds.
    """
    if len(masks) < 2:
        raise click.UsageError("Give two masks or more")
    if len(set(masks)) < len(masks):
        raise click.UsageError("The same mask is given twice; give each once")
    if output is not None:
        check_table(output, masks)
    read: dict[str, Labelled] = {}
    grids: dict[str, Geometry] = {}
    names: dict[int, str] = {}
    for path in masks:
        with progress_bar(f"Opening {path.name}") as progress:
            opened = open_mask(path, progress=progress)
        print_warnings(opened.findings)
        read[str(path)], grids[str(path)] = opened.labels, opened.geometry
        named = {number: label.name for number, label in named_beside_file(path).items()}
        print_warnings(without_voxels(opened.labels, named, path.name))
        names = named | names
    grid = check_grids(grids)
    with progress_bar("Comparing") as progress:
        found = compare_all(read, grid, progress)
    print_warnings(found.doubts)
    table = found.table(names)
    if len(table) == 1 and output is None and not as_json and sys.stdout.isatty():
        _print(table)
        return
    fleiss = None if math.isnan(found.fleiss_kappa) else found.fleiss_kappa
    put_out(table, output, as_json, **({"fleiss_kappa": fleiss} if len(masks) > 2 else {}))


def _print(table: Table) -> None:
    """Print a single row as lines."""
    width = 2 + max(map(len, MEASURES))
    for measure, meaning in MEASURES.items():
        value = table.cell(0, measure)
        print(f"{measure:{width}}{'n/a' if value is None else in_brief(float(value)):>10}  {meaning}")
