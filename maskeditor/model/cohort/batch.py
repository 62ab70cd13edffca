"""A recipe carried out on many images: planned, worked out side by side, noted down, resumed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.replay import check_images
from maskeditor.core.space.mask import DEFAULT_NAME
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.bids_dataset import dataset_of
from maskeditor.io.resample import Interpolation
from maskeditor.io.targets import keep_source
from maskeditor.model.bids_names import bids_name
from maskeditor.model.cohort.corrections import correction_path
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.making import make_mask
from maskeditor.model.cohort.memory import Estimate, estimate
from maskeditor.model.cohort.processes import Work, here, in_processes, on_cluster
from maskeditor.model.cohort.subjects import Subject, check_templates, find_subjects, further_path
from maskeditor.model.cohort.tasks import Outcome, Task
from maskeditor.model.further import check_name
from maskeditor.model.recipes import mask_type

#: Bytes that a disk must have left for a batch to go on after a failure.
_LEAST_ROOM = 1 << 20
#: How the files of masks end.
_ENDING = formats.WRITTEN.written[0]


@dataclass(frozen=True)
class Asked:
    """What a batch is asked for, the same in the command, in Python and in a BIDS App.

    Parameters
    ----------
    recipe : Recipe
    patterns : tuple of str
        Of the images.
    out : Path
        The folder of results.
    name : str
        What the masks are called; "" for what the recipe calls them.
    further : mapping of str to str
        Templates of the paths of further images, by name.
    series : mapping of str to str
        Which DICOM series of folders that hold several, by the name of the further image; of the images under "".
    bound : Bound
        What becomes of steps that belong to the image of the recipe.
    resample : {"nearest", "linear", "continuous"}, optional
    jobs : int
        Processes at a time.
    scheduler : str
        The address of a Dask scheduler, whose workers do it instead; "" for none.
    again : bool
        Whether what is done already is done again.
    """

    recipe: Recipe
    patterns: tuple[str, ...]
    out: Path
    name: str = ""
    further: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)
    bound: Bound = Bound.REFUSE
    resample: Interpolation | None = None
    jobs: int = 1
    scheduler: str = ""
    again: bool = False


@dataclass(frozen=True)
class Plan:
    """What a batch will do.

    Parameters
    ----------
    tasks : tuple of Task
        All of them.
    to_do : tuple of Task
        Those that are not done already.
    memory : Estimate
    dataset : Path or None
        The dataset of BIDS that the images lie in.
    """

    tasks: tuple[Task, ...]
    to_do: tuple[Task, ...]
    memory: Estimate
    dataset: Path | None


def plan(asked: Asked) -> Plan:
    """Return what a batch will do; nothing is written, and no voxel is read.

    Parameters
    ----------
    asked : Asked

    Raises
    ------
    MaskEditorError
        If there is no image, a further one that the recipe needs is not given, or two masks would be one file.
    """
    if asked.recipe.image is not None:
        raise FileError(
            "The recipe makes an image, but a batch makes masks; give a recipe of a mask, or use maskeditor run."
        )
    for name in asked.further:
        check_name(name)
    check_templates(asked.further.values())
    check_images(asked.recipe, asked.further, "give each by --image NAME=PATH")
    if asked.out.exists() and not asked.out.is_dir():
        raise FileError(f"{asked.out} is a file, so that nothing can lie in it; choose a folder.")
    subjects = find_subjects(asked.patterns)
    ledger = Ledger(asked.out.absolute())
    before = ledger.outcomes()
    recipe_path, mark = ledger.recipe_place(asked.recipe)
    tasks: dict[str, Task] = {}
    for subject in subjects:
        task = _task(asked, subject, str(recipe_path), mark)
        known = before.get(task.key)
        if known is not None and known.fingerprint and known.target == task.target:
            task = replace(task, replaces=known.fingerprint)
        other = tasks.setdefault(task.target, task)
        if other is not task:
            raise FileError(
                f"The masks of {other.image} and {task.image} would both be {task.target}; give them in two batches, "
                "each with a folder or a --name of its own."
            )
    whole = tuple(tasks.values())
    to_do = whole if asked.again else tuple(one for one in whole if not ledger.is_done(one, before.get(one.key)))
    memory = estimate(
        [Path(one.image) for one in to_do], asked.recipe, asked.jobs, len(asked.further), asked.series.get("")
    )
    return Plan(whole, to_do, memory, dataset_of(subjects[0].image) if subjects else None)


def mask_name(recipe: Recipe) -> str:
    """Return what the masks of a recipe are called: as its ROI; brain, if they are and it is not called otherwise."""
    roi = next(roi for roi in recipe.rois if roi.id == recipe.target)
    plain = roi.name in (DEFAULT_NAME, "mask")
    return ("brain" if mask_type(recipe) == "Brain" else "roi") if plain else roi.name


def target_of(subject: Subject, name: str) -> str:
    """Return where the mask of an image goes, below the folder of results.

    Examples
    --------
    >>> subject = Subject(Path("ds/sub-01/func/sub-01_task-rest_bold.nii.gz"), "sub-01/func")
    >>> target_of(subject, "brain")
    'sub-01/func/sub-01_task-rest_desc-brain_mask.nii.gz'
    """
    plain = re.sub(r"[^0-9a-zA-Z]", "", name) or "roi"
    stem = bids_name(subject.stem, "mask", name) or f"{subject.stem}_desc-{plain}_mask"
    return f"{subject.folder}/{stem}{_ENDING}" if subject.folder else f"{stem}{_ENDING}"


def _task(asked: Asked, subject: Subject, recipe: str, mark: str) -> Task:
    out = asked.out.absolute()
    target = target_of(subject, asked.name or mask_name(asked.recipe))
    correction = correction_path(out, subject.key)
    further: dict[str, str] = {}
    problem = ""
    try:
        keep_source(subject.image, out / target)
        formats.first_file(subject.image)
        for name, template in asked.further.items():
            path = further_path(template, subject, f"--image {name}")
            formats.first_file(path)
            further[name] = str(path.absolute())
    except MaskEditorError as error:
        problem = str(error)
    return Task(
        subject.key,
        str(subject.image.absolute()),
        str(out),
        target,
        recipe,
        mark,
        further,
        dict(asked.series),
        str(correction) if correction.is_file() else "",
        asked.bound.value,
        asked.resample,
        problem=problem,
    )


@dataclass(frozen=True)
class Batch:
    """What came of a batch.

    Parameters
    ----------
    outcomes : tuple of Outcome
        Of all images, those that were done before too, sorted by key.
    """

    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Those that could not be done."""
        return tuple(one for one in self.outcomes if one.problem)


def carry_out_batch(
    asked: Asked,
    planned: Plan,
    report: Callable[[Outcome, int, int], None] | None = None,
    work: Work = make_mask,
) -> Batch:
    """Carry a recipe out on all images that are not done yet; each is noted down as soon as it is done.

    Parameters
    ----------
    asked : Asked
    planned : Plan
        Of the same.
    report : callable of Outcome, int and int, optional
        Given what came of an image, how many are done, and how many there are to do.
    work : callable
        What is done for each.

    Raises
    ------
    FileError
        If another batch works on the folder, the disk is full, or what is done cannot be noted down.
    """
    ledger = Ledger(asked.out.absolute())
    with ledger.alone():
        ledger.describe(planned.dataset)
        ledger.keep_recipe(asked.recipe)
        known = ledger.outcomes()
        done = 0
        outcomes = _shared_out(asked, planned, work)
        try:
            for outcome in outcomes:
                if outcome.problem:
                    _check_room(asked.out)
                ledger.note(outcome)
                known[outcome.key] = outcome
                done += 1
                if report is not None:
                    report(outcome, done, len(planned.to_do))
        finally:
            # So that processes end, and what they have done is in the table, whatever ends this.
            outcomes.close()
            there = {task.key for task in planned.tasks}
            mine = tuple(one for key, one in sorted(known.items()) if key in there)
            if shutil.disk_usage(asked.out).free > _LEAST_ROOM:
                ledger.write_results(known.values())
                ledger.tidy(known.values())
    return Batch(mine)


def _shared_out(asked: Asked, planned: Plan, work: Work) -> Generator[Outcome]:
    if asked.scheduler:
        yield from on_cluster(planned.to_do, asked.scheduler, work)
        return
    jobs = min(asked.jobs, planned.memory.jobs, max(1, len(planned.to_do)))
    yield from in_processes(planned.to_do, jobs, work) if jobs > 1 else here(planned.to_do, work)


def _check_room(out: Path) -> None:
    free = shutil.disk_usage(out).free
    if free <= _LEAST_ROOM:
        raise FileError(
            f"The disk of {out} is full ({free >> 10} kB are free); make room and run the same again, which goes on "
            "from here."
        )
