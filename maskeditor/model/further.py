"""Further images of a session: brought onto the grid of its image, recorded so that they are found and known again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from maskeditor.core.errors import GeometryMismatch, ParameterError
from maskeditor.core.fingerprints import KEY, recorded_in
from maskeditor.core.operation.parameter_types import IMAGE_NAME, is_image_name
from maskeditor.core.recipe.recipe import Recipe
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.info import SeveralSeries
from maskeditor.io.labels import named_beside_file
from maskeditor.io.open import open_image, scan
from maskeditor.io.provenance import described, source_matches
from maskeditor.io.resample import Interpolation, resample_image
from maskeditor.model.label_images import LabelImage, label_image_of
from maskeditor.model.source import Origin, SourceMissing, seen_from, series_mark

#: What may be chosen for an image on another grid.
INTERPOLATIONS: tuple[Interpolation, ...] = get_args(Interpolation)


class FurtherImage:
    """A further image that was opened.

    Parameters
    ----------
    original : Volume
        As it is in its file.
    onto : Geometry
        The grid of the image that is edited on.
    how : {"nearest", "linear", "continuous"}, optional
        How it is brought from another grid.
    path : Path, optional
        Where it came from; None for one from Python.
    series : str
        Which image of several at the path, as `series_mark` gives it.
    progress : Progress, optional
    labels : mapping of int to NamedLabel, optional
        What its labels are called, if that was chosen; else a table beside its file says it, if there is one.
    recorded : str
        The fingerprint that a recipe has recorded of it, to be compared.

    Raises
    ------
    GeometryMismatch
        If it lies on another grid, and `how` is not given.
    """

    def __init__(
        self,
        original: Volume,
        onto: Geometry,
        how: Interpolation | None = None,
        path: Path | None = None,
        series: str = "",
        progress: Progress | None = None,
        labels: Mapping[int, NamedLabel] | None = None,
        recorded: str = "",
    ) -> None:
        is_file = path is not None and formats.is_image_file(path)
        #: What its file is called, or its series; it says nothing of the patient.
        self.file_name = path.name if path is not None and is_file else original.name
        self.path = path
        self._series = series
        self._original: Volume | None = original
        self._described: dict[str, Any] = {}
        self._was = ""
        #: The grid in its file, and the type of its values there.
        self.source_grid, self.source_type = original.geometry, original.stored.dtype
        self._grid = {"shape": list(original.stored.shape), "affine": original.geometry.affine.tolist()}
        differences = onto.differences(original.geometry)
        #: How it was brought from another grid; None if it lay on this one.
        self.interpolation = how if differences else None
        report = progress or Progress()
        self._chosen = dict(labels or {})
        if not differences:
            self.volume = replace(original, geometry=onto)
            self.labels = self._labels(report)
            return
        if how is None:
            raise GeometryMismatch(
                f"{self.file_name or 'The further image'} lies on another grid than the image "
                f"({'; '.join(differences)}); resample it ({', '.join(INTERPOLATIONS)}), or give one on that grid.",
                differences,
            )
        self.volume = resample_image(original, onto, how, report.within(0.0, 0.9))
        self.labels = self._labels(report.within(0.9, 1.0))
        # What is not needed any more goes, once it is known what it was.
        self.describe()
        self._was = recorded if source_matches(recorded, original) else ""
        self._original = None

    def _labels(self, progress: Progress) -> LabelImage | None:
        return label_image_of(self.volume, self._chosen or named_beside_file(self.path), progress)

    def name_labels(self, named: Mapping[int, NamedLabel]) -> None:
        """Have its labels be called, and coloured, so from now on."""
        if self.labels is not None:
            self._chosen = dict(named)
            self.labels = self.labels.called(named)

    def describe(self) -> dict[str, Any]:
        """Return what a recipe records of it, as it is in its file. Takes a while for a big image, once."""
        if not self._described:
            assert self._original is not None
            resampled = {"interpolation": self.interpolation} if self.interpolation else {}
            self._described = described(self._original, self.file_name) | resampled
        return self._described

    def is_known_by(self, recorded: str) -> bool:
        """Whether a recorded fingerprint is that of the values in its file.

        Of one that was resampled, an older kind is known only for what was `recorded` when it was made.
        """
        if recorded and recorded in (recorded_in(self.describe()), self._was):
            return True
        return self._original is not None and source_matches(recorded, self._original)

    def facts(self, base: Path | None) -> dict[str, Any]:
        """Return what a journal records of it; the path as seen from a folder, or in full for None."""
        return (
            self._grid
            | {
                "path": seen_from(base, self.path) if self.path is not None else "",
                "series": self._series,
                KEY: recorded_in(self._described),
                "interpolation": self.interpolation or "",
            }
            | ({"labels": _records(self._chosen)} if self._chosen else {})
        )


def open_further(
    path: Path,
    onto: Geometry,
    how: Interpolation | None = None,
    report: Progress | None = None,
    series: str | None = None,
    name: str = "",
    recorded: str = "",
) -> FurtherImage:
    """Open a further image: a NIfTI file, or a DICOM folder or file.

    Parameters
    ----------
    path : Path
    onto : Geometry
        The grid of the image that is edited on.
    how : {"nearest", "linear", "continuous"}, optional
        How it is brought from another grid.
    report : Progress, optional
    series : str, optional
        The image that is meant, of several at the path.
    name : str
        What it will be called, for the sentence that there are several.
    recorded : str
        The fingerprint that a recipe has recorded of it, to be compared.

    Raises
    ------
    GeometryMismatch
        If it lies on another grid, and `how` is not given.
    FileError
        If it cannot be read, or holds several series and none was chosen.
    """
    progress = report or Progress()
    try:
        opened = open_image(path, series, progress.part(0.0, 0.5))
    except SeveralSeries as error:
        raise SeveralSeries(path, error.images, name) from None
    mark, part = series_mark(opened.info.key), progress.within(0.5, 1.0)
    return FurtherImage(opened.volume, onto, how, path, mark, progress=part, recorded=recorded)


def reopened_further(
    name: str,
    recorded: Mapping[str, Any],
    base: Path,
    onto: Geometry,
    given: Path | None,
    accept: bool,
    progress: Progress,
) -> FurtherImage:
    """Open a further image as a journal has recorded it.

    Parameters
    ----------
    name : str
    recorded : mapping
        Its `FurtherImage.facts`.
    base : Path
        The folder that its path is seen from.
    onto : Geometry
        The grid of the image that is edited on.
    given : Path, optional
        Where it is now, if it was moved.
    accept : bool
        Whether another image of the same shape will do.
    progress : Progress

    Raises
    ------
    SourceMissing, SourceChanged
        If it is not where it was, or is another one; both name it.
    """
    where = given or base / recorded.get("path", "")
    if where == base or not _is_there(where):
        raise SourceMissing(where, name, further=name)
    marked = (one for one in scan(where) if series_mark(one.info.key) == recorded.get("series"))
    found = next(marked, None)
    # One that was replaced or given by hand has another mark; what differs is reported now.
    opened = found.open(progress.part(0.0, 0.5)) if found is not None else open_image(where)
    Origin(opened.volume, where.name, where).check(recorded, accept, further=name)
    how = _interpolation(recorded)
    mark = series_mark(opened.info.key)
    labels = _named(recorded.get("labels"))
    return FurtherImage(opened.volume, onto, how, where, mark, progress.within(0.5, 1.0), labels)


def interpolation_of(recipe: Recipe, name: str) -> Interpolation | None:
    """Return how a recipe tells to bring a further image from another grid; None if it tells nothing of it."""
    return _interpolation(recipe.images.get(name, {}))


def _interpolation(recorded: Mapping[str, Any]) -> Interpolation | None:
    return next((one for one in INTERPOLATIONS if one == recorded.get("interpolation")), None)


def _records(named: Mapping[int, NamedLabel]) -> list[list[Any]]:
    return [[number, label.name, list(label.colour or ())] for number, label in named.items()]


def _named(records: object) -> dict[int, NamedLabel]:
    """Return labels from `_records`, without those that nothing here has written."""
    found = {}
    for record in records if isinstance(records, list) else ():
        match record:
            case [int(number), str(name), []]:
                found[number] = NamedLabel(name)
            case [int(number), str(name), [int(red), int(green), int(blue)]]:
                if all(0 <= part < 256 for part in (red, green, blue)):
                    found[number] = NamedLabel(name, (red, green, blue))
    return found


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False


def check_name(name: str) -> None:
    """Raise `ParameterError` if no image can be called so."""
    if not is_image_name(name):
        raise ParameterError(f"The image's name is {name[:80]!r}, but must be {IMAGE_NAME}.")
