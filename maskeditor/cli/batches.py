"""The options of a batch and of a group mask, and what is printed of them, for the commands that make these."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import DONE, FAILED, print_error, print_line, print_warnings
from maskeditor.cli.options import named_values, series_by_name
from maskeditor.cli.recipe_options import bound_option, resample_option
from maskeditor.core.plain_number import plain_number
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.io.resample import Interpolation
from maskeditor.model.cohort.batch import Asked, Batch, Plan, carry_out_batch, plan
from maskeditor.model.cohort.folder import known_verdicts, outcomes_of
from maskeditor.model.cohort.group import FOLDER as GROUP
from maskeditor.model.cohort.group import group_mask, group_signals, group_statistics, members
from maskeditor.model.cohort.ledger import RESULTS, Ledger
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import stale
from maskeditor.model.numbers_in_words import in_number, size_in_line
from maskeditor.model.recipes import recipe_and_doubts
from maskeditor.ops.consensus import Consensus

_Command = TypeVar("_Command", bound=Callable[..., Any])

_GIGABYTE = 1e9
#: Failures that are named at the end; the others stand in the table.
_MOST_NAMED = 50


def batch_options(command: _Command) -> _Command:
    """Give a command the options of a batch, but how many --jobs; whoever has them hands them to `run_batch`."""
    options = (
        click.option(
            "--name", default="", metavar="NAME", help="What the masks are called; by default as the recipe's."
        ),
        click.option(
            "--image",
            "further",
            metavar="NAME=PATH",
            multiple=True,
            help="A further image that steps look at, for each image: {sub}, {ses} and other entities stand for what "
            "its name says, {stem} for the name and {folder} for the folder, * for what is not known. Repeat it for "
            "more.",
        ),
        resample_option,
        bound_option,
        click.option(
            "--scheduler",
            default="",
            metavar="ADDRESS",
            help="Have the workers of this Dask scheduler do it (tcp://HOST:PORT).",
        ),
        click.option("--dry-run", is_flag=True, help="Only print what would be done."),
    )
    return _with_options(command, options)


def run_batch(
    recipe: Path,
    images: tuple[str, ...],
    out: Path,
    *,
    name: str,
    further: tuple[str, ...],
    resample: Interpolation | None,
    bound: str,
    jobs: int,
    scheduler: str,
    dry_run: bool,
    several_series: tuple[str, ...] = (),
    again: bool = False,
) -> int:
    """Plan a batch as its options have it, print the plan, and carry it out unless it is only a plan.

    Returns
    -------
    int
        The exit status.

    Raises
    ------
    MaskEditorError
        If it cannot be begun, or cannot go on.
    """
    wanted, doubts = recipe_and_doubts(recipe)
    print_warnings(doubts)
    named = named_values("--image", further)
    series = series_by_name(several_series, named)
    asked = Asked(wanted, images, out, name, named, series, Bound(bound), resample, jobs, scheduler, again)
    planned = plan(asked)
    _print_plan(asked, planned)
    if dry_run:
        return _print_tasks(planned)
    with _progress(len(planned.to_do)) as report:
        batch = carry_out_batch(asked, planned, report)
    print_line(f"{asked.out / RESULTS}: {in_number(len(batch.outcomes), 'image')}, {len(batch.failures)} failed")
    return _print_failures(batch)


def _print_plan(asked: Asked, planned: Plan) -> None:
    done = len(planned.tasks) - len(planned.to_do)
    memory, jobs = planned.memory, min(planned.memory.jobs, max(1, len(planned.to_do)))
    where = f"the workers of {asked.scheduler}" if asked.scheduler else f"{jobs} process{'es' * (jobs != 1)}"
    before = f" ({done} done already)" if done else ""
    print(
        f"{in_number(len(planned.to_do), 'image')} to do{before} by {where}, each with up to about "
        f"{memory.each / _GIGABYTE:.1f} GB of memory."
    )
    if not asked.scheduler and memory.jobs < asked.jobs:
        print_warnings(
            [
                f"{memory.jobs} instead of {asked.jobs} processes work at a time, as "
                f"{(memory.free or 0) / _GIGABYTE:.1f} GB of memory are free."
            ]
        )
    sys.stdout.flush()


def _print_tasks(planned: Plan) -> int:
    to_do = {task.key for task in planned.to_do}
    for task in planned.tasks:
        how = f"cannot be done: {task.problem}" if task.problem else "to do" if task.key in to_do else "done"
        own = " with its correction" if task.correction else ""
        print_line(f"{task.key} -> {task.target}: {how}{own}")
    return FAILED if any(task.problem for task in planned.tasks) else DONE


@contextmanager
def _progress(count: int) -> Iterator[Callable[[Outcome, int, int], None]]:
    """Yield what prints a line for each image; on a terminal with a bar below that shows the time left."""
    if not sys.stderr.isatty():
        yield lambda outcome, done, total: print_line(_line(outcome, done, total))
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("left"))
    # What goes to a file must not be taken for the terminal.
    on_terminal = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=on_terminal) as bar:
        task = bar.add_task("", total=count)

        def report(outcome: Outcome, done: int, total: int) -> None:
            # Rich puts what is printed above the bar.
            print_line(_line(outcome, done, total))
            bar.update(task, completed=done)

        yield report


def _line(outcome: Outcome, done: int, total: int) -> str:
    start = f"{done}/{total} {outcome.key}:"
    if outcome.problem:
        return f"{start} failed: {outcome.problem}"
    corrected = f", {in_number(outcome.corrected, 'step')} of its own" if outcome.corrected else ""
    warnings = "".join(f" Warning: {sentence}" for sentence in outcome.warnings)
    size = size_in_line(outcome.voxels, outcome.millilitres, math.prod(outcome.shape))
    return f"{start} {size}{corrected}{'.' if warnings else ''}{warnings}"


def _print_failures(batch: Batch) -> int:
    for one in batch.failures[:_MOST_NAMED]:
        print_error(f"{one.key}: {one.problem}")
    if len(batch.failures) > _MOST_NAMED:
        print_error(f"{len(batch.failures) - _MOST_NAMED} more failed; they stand in {RESULTS}.")
    return FAILED if batch.failures else DONE


def group_options(command: _Command) -> _Command:
    """Give a command the options of a group mask, but whether it is --connected; who has them ends in `make_group`."""
    options = (
        click.option(
            "--threshold",
            type=click.FloatRange(0, 1),
            default=0.5,
            show_default=True,
            help="A voxel is taken if more than this fraction of the masks hold it, as by the operation consensus; 1: "
            "all.",
        ),
        click.option(
            "--to",
            "grid",
            metavar="IMAGE",
            type=click.Path(path_type=Path, readable=False),
            help="Bring masks of other grids to that of this image, by nearest neighbour; they are refused otherwise.",
        ),
        click.option(
            "--regions",
            metavar="MASK-OR-LABELS",
            type=click.Path(path_type=Path, readable=False),
            help="Take statistics and signals in these regions, in place of each image's own mask.",
        ),
        click.option("--signals", is_flag=True, help="Write the mean course of each series too."),
    )
    return _with_options(command, options)


def _with_options(command: _Command, options: Sequence[Callable[[_Command], _Command]]) -> _Command:
    """Give a command options, in the order in which its help shows them."""
    for option in reversed(options):
        command = option(command)
    return command


def make_group(
    out: Path, *, threshold: float, grid: Path | None, regions: Path | None, signals: bool, connected: bool = True
) -> int:
    """Write what is made of all masks of a folder together; return the exit status.

    Raises
    ------
    MaskEditorError
        If no group mask can be made.
    """
    ledger = Ledger(out.absolute())
    outcomes = outcomes_of(ledger)
    verdicts = known_verdicts(ledger, outcomes)
    print_warnings(stale(verdicts, outcomes))
    chosen = members(outcomes, verdicts)
    names = {Path(one.target).name.rpartition("_desc-")[2] for one in chosen if "_desc-" in one.target}
    name = f"desc-{names.pop()}" if len(names) == 1 else "mask.nii.gz"
    choice = Consensus(others=(), threshold=threshold, connected=connected)
    folder = ledger.out / GROUP
    with ledger.alone():
        with progress_bar("Making the group mask") as progress:
            voxels = group_mask(chosen, ledger.out, folder / f"group_{name}", choice, grid, progress)
        of = f"{in_number(len(chosen), 'mask')} ({in_number(len(outcomes), 'image')})"
        print_line(f"{out / GROUP / f'group_{name}'}: {plain_number(voxels, 'voxel')}, of {of}")
        status = DONE
        for what, work in (("statistics", group_statistics), ("signals", group_signals))[: 2 if signals else 1]:
            with progress_bar(f"Working out the {what}") as progress:
                table, problems, doubts = work(chosen, ledger.out, regions, progress)
            table.write(folder / f"{what}.tsv")
            size = f"{in_number(len(table), 'row')}, {in_number(len(table.names), 'column')}"
            print_line(f"{out / GROUP / f'{what}.tsv'}: {size}")
            print_warnings(doubts)
            for problem in problems:
                print_error(problem)
                status = FAILED
    return status
