"""What is to be done for one image, and what came of it: small, so that many can be sent about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import KEY, recorded_in
from maskeditor.core.recipe.onto_another_image import bound_steps
from maskeditor.core.recipe.recipe import Recipe, opened_images, renamed
from maskeditor.core.recipe.recipe_json import step_record
from maskeditor.io import formats
from maskeditor.io.digest import checksum
from maskeditor.io.provenance import PROGRAM
from maskeditor.io.resample import Interpolation
from maskeditor.io.streams import no_pipe, reading
from maskeditor.model.further import interpolation_of


@dataclass(frozen=True)
class Task:
    """What is to be done for one image.

    Parameters
    ----------
    key : str
        What the image is known by.
    image, recipe : str
        Paths of the image and of the recipe, in full.
    out, target : str
        The folder of results in full, and the path of the mask below it.
    mark : str
        What the recipe is known by, as `recipe_mark` gives it.
    further : mapping of str to str
        Paths of further images by name.
    series : mapping of str to str
        Which DICOM series of folders that hold several, by the name of the further image; of the image under "".
    correction : str
        Path of the steps that are carried out after the recipe's on this image alone; "" for none.
    bound : str
        What becomes of steps of the recipe that belong to another image, a value of `Bound`.
    resample : str or None
        How further images are brought from another grid.
    replaces : str
        The fingerprint of the mask that was made there before, which alone may be replaced; "" where none is known.
    problem : str
        Why it cannot be done, where that is known before.
    """

    key: str
    image: str
    out: str
    target: str
    recipe: str
    mark: str
    further: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, str] = field(default_factory=dict)
    correction: str = ""
    bound: str = "refuse"
    resample: Interpolation | None = None
    replaces: str = ""
    problem: str = ""

    @property
    def output(self) -> Path:
        """Where the mask goes."""
        return Path(self.out) / self.target

    @property
    def choices(self) -> str:
        """What besides files decides what comes out."""
        # Only where they are: what was done before there was a choice of series is done.
        series = [sorted(self.series.items())] if self.series else []
        return json.dumps([PROGRAM, self.mark, self.bound, self.resample, sorted(self.further), *series])

    @property
    def asked(self) -> dict[str, Any]:
        """How it was asked for, besides by image, mask and correction."""
        return {name: getattr(self, name) for name in ("recipe", "mark", "further", "series", "bound", "resample")}

    @property
    def files(self) -> dict[str, str]:
        """The files that it is made of, by what they are."""
        further = {f"image {name}": path for name, path in self.further.items()}
        return {"image": self.image, **further, **({"correction": self.correction} if self.correction else {})}


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Parameters
    ----------
    key, image, target : str
        As the task has them.
    voxels : int
    millilitres, percent_of_image : float
    border_voxels : int
        Voxels of the mask in the outermost slices of the image.
    shape : tuple of int
        Of the grid.
    zooms : tuple of float
    fingerprint : str
        Of the voxels of the mask, as a recipe records it; "" where there is none.
    corrected : int
        Steps of its own that were carried out after the recipe's.
    warnings : tuple of str
        What is doubtful, one sentence each.
    problem : str
        Why it could not be done; "" if it was.
    marks : mapping of str to object
        What it was made of: of each file its size, the time of its last change and a checksum.
    choices : str
        As the task has it.
    written : tuple of int
        Size and time of the last change of the mask's file.
    asked : mapping of str to object
        How it was asked for besides, so that `again` gives the task.
    """

    key: str
    image: str
    target: str
    voxels: int = 0
    millilitres: float = 0.0
    percent_of_image: float = 0.0
    border_voxels: int = 0
    shape: tuple[int, ...] = ()
    zooms: tuple[float, ...] = ()
    fingerprint: str = ""
    corrected: int = 0
    warnings: tuple[str, ...] = ()
    problem: str = ""
    marks: Mapping[str, Any] = field(default_factory=dict)
    choices: str = ""
    written: tuple[int, ...] = ()
    asked: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def failed(cls, task: Task, problem: str) -> Self:
        """Return that a task could not be done, and why."""
        return cls(task.key, task.image, task.target, problem=problem, asked=task.asked)

    def again(self, out: Path, correction: str) -> Task:
        """Return the task that it came of, in a folder of results, with a correction."""
        return Task(
            self.key,
            self.image,
            str(out),
            self.target,
            recipe=str(self.asked.get("recipe", "")),
            mark=str(self.asked.get("mark", "")),
            further=dict(self.asked.get("further", {})),
            series=dict(self.asked.get("series", {})),
            correction=correction,
            bound=self.asked.get("bound", "refuse"),
            resample=self.asked.get("resample"),
            replaces=self.fingerprint,
        )

    def to_record(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Return it from `to_record`, of this version or one before, as JSON has brought it back.

        Examples
        --------
        >>> made = Outcome("sub-01_bold", "in.nii", "out.nii", 12, shape=(2, 3, 4))
        >>> Outcome.from_record(json.loads(json.dumps(made.to_record()))) == made
        True
        """
        known = {one.name for one in fields(cls)}
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
        }
        values[KEY] = recorded_in(record)
        return cls(**{name: value for name, value in values.items() if name in known})


def recipe_mark(recipe: Recipe) -> str:
    """Return what decides of a recipe which mask comes out of it, however it is written, as a SHA-256.

    Notes, colours, ids, disabled steps, and what it records of the mask that it made, do not; the image that it was
    made on does only where steps belong to that. (Names do, as corrections find ROIs by them.)
    """
    enabled = [step for step in recipe.steps if step.enabled]
    ids = {id: id for step in enabled for id in (step.roi, *step.references)}
    ids |= {roi.id: str(place) for place, roi in enumerate(recipe.rois)}
    steps = [step_record(renamed(step.with_(name="", note="", frame=None), ids)) for step in enabled]
    names = [roi.name for roi in recipe.rois]
    resampled = {name: interpolation_of(recipe, name) for name in opened_images(enabled)}
    source = recipe.source
    belongs_to = [source.get("shape"), source.get("affine"), recorded_in(source)] if bound_steps(recipe) else []
    decides = [steps, names, ids.get(recipe.target), resampled, belongs_to]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def file_mark(path: Path) -> list[Any]:
    """Return the size of a file, the time of its last change and a checksum; of a folder those of all files in it.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    size, changed = _looks(path)
    with reading(path):
        files = _files(path)
        for file in files:
            no_pipe(file)
        return [size, changed, checksum(files)]


def is_marked(path: Path, mark: Any) -> bool:
    """Whether a file is still what `file_mark` has found; it is read only where the time of its last change differs."""
    try:
        size, changed = _looks(path)
        if not isinstance(mark, list) or size != mark[0]:
            return False
        return bool(changed == mark[1] or file_mark(path)[2] == mark[2])
    except (FileError, IndexError):
        return False


def _files(path: Path) -> list[Path]:
    """Return the files of an image; of a header apart from its voxels, both."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file())
    return [file for file in dict.fromkeys(formats.files_of(path)) if file == path or file.exists()]


def _looks(path: Path) -> tuple[int, int]:
    with reading(path):
        found = [file.stat() for file in _files(path)]
    return sum(one.st_size for one in found), max((one.st_mtime_ns for one in found), default=0)
