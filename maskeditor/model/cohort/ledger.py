"""The folder of results: what was done there with what, so that a batch goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.io.bids_dataset import DESCRIPTION, quoted
from maskeditor.io.columns import Table
from maskeditor.io.folder_lock import alone_in
from maskeditor.io.provenance import GENERATED_BY
from maskeditor.io.save import write_text
from maskeditor.io.streams import reading, reason
from maskeditor.model.cohort.tasks import Outcome, Task, is_marked, recipe_mark

#: What of the folder is no part of the dataset; BIDS leaves it out of what it looks over.
RESULTS, VERDICTS, PAGE = "results.tsv", "verdicts.tsv", "qc.html"
_OWN = f".{GENERATED_BY['Name']}"
_IGNORED = (RESULTS, VERDICTS, PAGE, "qc_fail.yml", "corrections/", "group/", f"{_OWN}/")
#: Where the name of the program stands that made a dataset.
_GENERATED_BY = "GeneratedBy"
#: By what name a dataset of results has a link to that of the images.
_RAW = "raw"


class Ledger:
    """What was done in a folder of results.

    Parameters
    ----------
    out : Path
        In full.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._own = out / _OWN
        self._file = self._own / "done.jsonl"
        #: Where pictures of masks are kept.
        self.pictures = self._own / "pictures"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make the folder, and work on it alone.

        Raises
        ------
        FileError
            If another batch works on it, or it cannot be made.
        """
        try:
            self._own.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"The folder {self.out} cannot be made: {reason(error)}; choose another.") from None
        with alone_in(self.out, self._own / "lock"):
            yield

    # What was done ------------------------------------------------------------------------------------------------

    def outcomes(self) -> dict[str, Outcome]:
        """Return what came of each image the last time, by key; a line that was cut short counts for nothing.

        Raises
        ------
        FileError
            If what is there cannot be read.
        """
        if not self._file.exists():
            return {}
        with reading(self._file):
            lines = self._file.read_text("utf-8", errors="replace").splitlines()
        found = {}
        for line in lines:
            try:
                outcome = Outcome.from_record(json.loads(line))
            except (ValueError, TypeError, AttributeError):
                continue
            found[outcome.key] = self._as_it_lies(outcome)
        return found

    def _as_it_lies(self, outcome: Outcome) -> Outcome:
        """Return an outcome with the paths that files have now, if the folder was moved since, with or without them."""
        recipe = str(outcome.asked.get("recipe", ""))
        before = Path(recipe).parent.parent
        if not recipe or before == self.out:
            return outcome

        def now(path: str) -> str:
            try:
                moved = Path(os.path.normpath(self.out / os.path.relpath(path, before)))
            except ValueError:  # on another drive of Windows
                return path
            return str(moved) if moved.exists() and not Path(path).exists() else path

        further = {name: now(path) for name, path in dict(outcome.asked.get("further", {})).items()}
        return replace(
            outcome, image=now(outcome.image), asked={**outcome.asked, "recipe": now(recipe), "further": further}
        )

    def note(self, outcome: Outcome) -> None:
        """Write down what came of an image.

        Raises
        ------
        FileError
            If it cannot be written.
        """
        line = json.dumps(outcome.to_record(), ensure_ascii=True) + "\n"
        try:
            with self._file.open("a", encoding="utf-8") as file:
                # What was cut short before must not swallow this one.
                if file.tell() and not self._ends_a_line():
                    file.write("\n")
                file.write(line)
        except OSError as error:
            raise FileError(
                f"What was done cannot be written into {self.out}: {reason(error)}; mend that and run the same again, "
                "which goes on from here."
            ) from None

    def _ends_a_line(self) -> bool:
        with self._file.open("rb") as file:
            file.seek(-1, 2)
            return file.read(1) == b"\n"

    def tidy(self, outcomes: Iterable[Outcome]) -> None:
        """Write what is known anew, a line for each image."""
        write_text(self._file, "".join(json.dumps(outcome.to_record()) + "\n" for outcome in outcomes))

    @staticmethod
    def is_done(task: Task, before: Outcome | None) -> bool:
        """Whether a mask is there already that was made of the same images by the same recipe and program."""
        if before is None or before.problem or before.choices != task.choices or before.target != task.target:
            return False
        if before.marks.keys() != task.files.keys():
            return False
        try:
            status = task.output.stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == before.written and all(
            is_marked(Path(path), before.marks[name]) for name, path in task.files.items()
        )

    # What else is written -----------------------------------------------------------------------------------------

    def recipe_place(self, recipe: Recipe) -> tuple[Path, str]:
        """Return where a recipe is kept, as it is written, for all workers to read, and its mark."""
        written = hashlib.sha256(dumps(recipe).encode()).hexdigest()
        return self._own / f"recipe-{written[:16]}.json", recipe_mark(recipe)

    def keep_recipe(self, recipe: Recipe) -> None:
        """Write the recipe where every worker reads it, and as that of the last batch."""
        path, _ = self.recipe_place(recipe)
        write_text(path, dumps(recipe))
        write_text(self._own / "last.json", json.dumps({"recipe": path.name}) + "\n")

    def write_results(self, outcomes: Iterable[Outcome]) -> None:
        """Write the table of results."""
        results_table(outcomes).write(self.out / RESULTS)

    def describe(self, dataset: Path | None) -> None:
        """Write what BIDS wants to know of the folder, unless that is there; with a link to the dataset of the images.

        Raises
        ------
        FileError
            If it cannot be written, or what is there is no description of a dataset.
        """
        path = self.out / DESCRIPTION
        record: dict[str, Any] = {}
        if path.exists():
            with reading(path):
                text = path.read_text("utf-8", errors="replace")
            try:
                record = dict(json.loads(text))
            except (ValueError, TypeError):
                raise FileError(f"{path} is no description of a dataset; mend it, or choose another folder.") from None
        made_by = [one for one in record.get(_GENERATED_BY, []) if one.get("Name") != GENERATED_BY["Name"]]
        links = record.get("DatasetLinks", {}) | ({_RAW: _link(dataset, self.out)} if dataset is not None else {})
        described = {
            "Name": "Masks",
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            **record,
            _GENERATED_BY: [*made_by, GENERATED_BY],
            **({"DatasetLinks": links} if links else {}),
        }
        if described != record:
            write_text(path, json.dumps(described, indent=2, ensure_ascii=False) + "\n")
        ignored = self.out / ".bidsignore"
        if not ignored.exists():
            write_text(ignored, "".join(f"{name}\n" for name in _IGNORED))


def _link(dataset: Path, out: Path) -> str:
    """Return how one dataset has a link to another: by the way from it, which says nothing of the computer."""
    try:
        return quoted(Path(os.path.relpath(dataset.resolve(), out.resolve())))
    except ValueError:  # on another drive of Windows
        return dataset.resolve().as_uri()


def results_table(outcomes: Iterable[Outcome], more: Mapping[str, list[Any]] | None = None) -> Table:
    """Return a row for each image, sorted by key."""
    rows = sorted(outcomes, key=lambda one: one.key)
    done = [not one.problem for one in rows]
    known: dict[str, list[Any]] = {
        "image": [one.key for one in rows],
        "mask": [one.target if ok else None for one, ok in zip(rows, done, strict=True)],
        "voxels": [one.voxels if ok else None for one, ok in zip(rows, done, strict=True)],
        "millilitres": [one.millilitres if ok else None for one, ok in zip(rows, done, strict=True)],
        "percent_of_image": [one.percent_of_image if ok else None for one, ok in zip(rows, done, strict=True)],
        "border_voxels": [one.border_voxels if ok else None for one, ok in zip(rows, done, strict=True)],
        "corrected_steps": [one.corrected if ok else None for one, ok in zip(rows, done, strict=True)],
        "warnings": [" ".join(one.warnings) for one in rows],
        "problem": [one.problem for one in rows],
    }
    meanings = {
        "border_voxels": "voxels of the mask in the outermost slices of the image",
        "corrected_steps": "steps of this image alone, after those of the recipe",
    }
    return Table(known | dict(more or {}), meanings)
