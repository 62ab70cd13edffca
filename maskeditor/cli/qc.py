"""`maskeditor qc` and `maskeditor group`: judge the masks of a batch, and make one of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maskeditor.cli.batches import group_options, make_group
from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.recipe_options import jobs_option
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.ledger import VERDICTS, Ledger
from maskeditor.model.cohort.qc import keep_pictures, write_page
from maskeditor.model.cohort.verdicts import read_verdicts, untold, write_failures, write_verdicts
from maskeditor.model.numbers_in_words import in_number

#: (The first character keeps the lines as they are.)
_QC_EXAMPLES = """\b
maskeditor qc out/
maskeditor qc out/ --verdicts ~/Downloads/verdicts.tsv
maskeditor qc out/ --verdicts qc_fail.yml
"""
_GROUP_EXAMPLES = """\b
maskeditor group out/ --threshold 0.8
maskeditor group out/ --regions atlas.nii.gz --signals
"""


@click.command(epilog=_QC_EXAMPLES)
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--verdicts",
    "given",
    multiple=True,
    type=click.Path(path_type=Path, readable=False),
    help="Verdicts that were saved from the page (.tsv), or a list of failures of Spinal Cord Toolbox (qc_fail.yml); "
    "they are put to those that are there.",
)
@jobs_option()
def qc(out: Path, given: tuple[Path, ...], jobs: int) -> None:
    """Write a page to judge the masks in DIR, a folder of maskeditor batch: qc.html there, which needs no other file.

    A row of pictures for each image, those first that are unlike the others. Verdicts (pass, fail, a note) are saved
    from the page and put back with --verdicts; they are kept in verdicts.tsv and qc_fail.yml, and those of a mask that
    has changed since are shown as stale.
    """
    ledger = Ledger(out.absolute())
    outcomes = outcomes_of(ledger)
    with ledger.alone():
        verdicts = known_verdicts(ledger, outcomes)
        for path in given:
            more, doubts = read_verdicts(path, outcomes, ledger.out)
            print_warnings(doubts)
            verdicts |= more
        print_warnings(untold(verdicts, outcomes))
        if given:
            write_verdicts(ledger.out / VERDICTS, verdicts)
        if verdicts:
            write_failures(ledger.out / "qc_fail.yml", verdicts, outcomes)
        with progress_bar("Drawing") as progress:
            path = write_page(ledger, outcomes, verdicts, jobs, progress)
        keep_pictures(ledger, outcomes)
    stale = sum(verdict.is_stale(one) for one in outcomes for verdict in [verdicts.get(one.key)] if verdict is not None)
    counts = f"{in_number(len(outcomes), 'image')}, {in_number(len(verdicts), 'verdict')}"
    print_line(f"{out / path.name}: {counts}, {stale} of them stale")


@click.command(epilog=_GROUP_EXAMPLES)
@click.argument("out", metavar="DIR", type=click.Path(path_type=Path, readable=False))
@group_options
@click.option("--connected/--all-components", default=True, help="Whether only the largest component stays.")
def group(out: Path, **chosen: Any) -> int:
    """Make a group mask and tables of all images in DIR, a folder of maskeditor batch; what failed is left out.

    They go to DIR/group: the mask, statistics.tsv (the intensities of each image in its mask) and signals.tsv.
    """
    return make_group(out, **chosen)
