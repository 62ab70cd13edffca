"""Small cohorts of images, named as BIDS has it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import nibabel
import numpy as np

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.engine.progress import Progress
from maskeditor.model.cohort.making import make_mask
from maskeditor.model.cohort.tasks import Outcome, Task

AFFINE = np.array([[-2.0, 0, 0.3, 40], [0, 2.5, 0, -50], [0.2, 0, 3, -20], [0, 0, 0, 1]])
STEPS = ("threshold lower=30", "opening")


def cohort(folder: Path, count: int) -> None:
    """Make a dataset `ds` with so many subjects, each a blob of its own with noise."""
    ds = folder / "ds"
    ds.mkdir()
    (ds / "dataset_description.json").write_text(json.dumps({"Name": "made", "BIDSVersion": "1.10.0"}))
    grid = np.indices((12, 11, 9)) - np.array([6, 5, 4]).reshape(3, 1, 1, 1)
    for number in range(1, count + 1):
        random = np.random.default_rng(number)
        data = 60 - 3 * (grid**2).sum(0) + random.normal(0, 4, (12, 11, 9)) + number
        made = nibabel.Nifti1Image(data.astype(np.int16), AFFINE)
        made.header.set_xyzt_units("mm")
        image_of(folder, number).parent.mkdir(parents=True)
        nibabel.save(made, image_of(folder, number))


def image_of(folder: Path, number: int) -> Path:
    return folder / f"ds/sub-{number:02}/func/sub-{number:02}_task-rest_bold.nii.gz"


def recipe_in(folder: Path, lower: float = 30, image: str = "") -> Path:
    """Write a recipe."""
    steps = (f"threshold lower={lower:g}" + (f" image={image}" if image else ""), *STEPS[1:])
    path = folder / "recipe.json"
    path.write_text(dumps(of_operations(Step(from_text(step), "roi1") for step in steps)))
    return path


def is_whole(out: Path) -> bool:
    """Whether each mask has its sidecar, and nothing half-written lies about."""
    files = [path for path in out.rglob("*") if path.is_file()]
    made = [path for path in files if path.name.endswith("_mask.nii.gz")]
    beside = [path for path in files if path.name.endswith("_mask.json")]
    for path in made:
        np.asarray(nibabel.load(path).dataobj)
    return len(made) == len(beside) and not any(path.suffix in (".new", ".old") for path in files)


def deadly(task: Task, progress: Progress | None) -> Outcome:
    """Make a mask, but end the process in the middle of saving that of the second subject."""
    if task.key.startswith("sub-02"):
        task.output.parent.mkdir(parents=True, exist_ok=True)
        task.output.with_name(f".{task.output.name}.{os.getpid():08x}.new").write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return make_mask(task, progress)
