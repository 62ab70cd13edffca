"""Images, masks and labels on another grid: chosen, resampled as by nilearn, and saved with a note of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from maskeditor.core.errors import FileError, ParameterError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.volume import Volume
from maskeditor.engine.distinct import distinct
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.bids_dataset import named_from
from maskeditor.io.label_tables import bids
from maskeditor.io.nifti.header import Header
from maskeditor.io.provenance import GENERATED_BY, INTERPOLATION, sidecar_path
from maskeditor.io.resample import Interpolation, resample_image
from maskeditor.io.save import save_volume
from maskeditor.io.streams import no_pipe, reading
from maskeditor.io.targets import image_place, labels_place
from maskeditor.model.data.applied import may_lack_numbers
from maskeditor.model.data.regions import MOST_NAMED
from maskeditor.model.label_images import LabelImage, label_image_of
from maskeditor.model.numbers_in_words import in_number

#: What a sidecar says of a mask that stays true of it on another grid.
_STAYS_TRUE = ("Type", "Label", "Manual", "Description")


class Grid(NamedTuple):
    """A grid to be brought to.

    Parameters
    ----------
    geometry : Geometry
    header : Header
        Of a file on it.
    name : str
        Of the image whose grid it is; "" where it was given by numbers.
    path : Path, optional
        Of that image.
    """

    geometry: Geometry
    header: Header
    name: str = ""
    path: Path | None = None


class Resampled(NamedTuple):
    """An image on another grid.

    Parameters
    ----------
    volume : Volume
    grid : Grid
    how : {"nearest", "linear", "continuous"}
    labels : LabelImage or None
        What its values are called, if it is an image of labels.
    findings : tuple of str
        What is doubtful, one sentence each.
    """

    volume: Volume
    grid: Grid
    how: Interpolation
    labels: LabelImage | None
    findings: tuple[str, ...] = ()


def grid_by_numbers(
    source: Geometry,
    header: Header,
    *,
    zooms: ArrayLike | None = None,
    affine: ArrayLike | None = None,
    shape: tuple[int, ...] | None = None,
) -> Grid:
    """Return a grid that is given by numbers, as `nilearn.image.resample_img` understands them.

    Parameters
    ----------
    source : Geometry
        Of the image.
    header : Header
        Of the image, whose space it stays in.
    zooms : (3,) array_like, optional
        In mm, along the axes of the image, whose directions stay; in place of an affine.
    affine : (4, 4) or (3, 3) array_like, optional
        From voxels to mm; without its last column, the grid begins where the image does.
    shape : tuple of 3 int, optional
        Without it, the image just fits in. Wants an affine of four columns.

    Raises
    ------
    ParameterError
        If they are no grid, or not enough to know it.

    Examples
    --------
    >>> grid = Geometry((10, 10, 5), np.diag([2.0, 2.0, 4.0, 1.0]))
    >>> grid_by_numbers(grid, Header.from_geometry(grid), zooms=(4, 4, 4)).geometry.shape
    (6, 6, 5)
    """
    if (zooms is None) == (affine is None):
        raise ParameterError("The grid is not known; give either zooms, or an affine.")
    if zooms is not None:
        wanted = np.asarray(zooms, np.float64)
        if wanted.shape != (3,) or not (np.isfinite(wanted).all() and (wanted > 0).all()):
            raise ParameterError("The zooms must be three numbers above 0, in mm.")
        matrix = source.affine[:3, :3] / source.zooms * wanted
    else:
        matrix = np.array(affine, np.float64)
    if matrix.shape not in ((3, 3), (4, 4)) or not np.isfinite(matrix).all():
        raise ParameterError("The affine must be a 4 × 4 or 3 × 3 matrix of finite numbers.")
    whole = np.eye(4)
    whole[: len(matrix), : len(matrix)] = matrix
    if abs(np.linalg.det(whole[:3, :3])) < 1e-12:
        raise ParameterError("The affine is singular (an axis has no length or two coincide); give another.")
    corners = Geometry(source.shape, np.linalg.inv(whole) @ source.affine).corners()
    low, high = corners.min(axis=0), corners.max(axis=0)
    if len(matrix) == 3:
        if shape is not None:
            raise ParameterError(
                "A shape says where a grid ends, but not where it begins; give an affine of 4 × 4 too."
            )
        whole[:3, 3] = whole[:3, :3] @ low
        high = high - low
    if shape is None:
        if (high < 0).any():
            raise ParameterError("The image lies outside the grid of this affine; give another.")
        i, j, k = (int(np.ceil(end)) + 1 for end in high)
        shape = (i, j, k)
    geometry = Geometry(shape, whole)
    return Grid(geometry, Header.from_geometry(geometry).in_space_of(header))


def resampled(
    volume: Volume,
    grid: Grid,
    how: Interpolation | None = None,
    named: Mapping[int, NamedLabel] | None = None,
    progress: Progress | None = None,
) -> Resampled:
    """Bring an image, a mask or an image of labels to another grid.

    Equal to `nilearn.image.resample_to_img` for the grid of an image, and to `nilearn.image.resample_img` for one that
    is given by numbers, to the bit.

    Parameters
    ----------
    volume : Volume
    grid : Grid
    how : {"nearest", "linear", "continuous"}, optional
        Without it, masks and labels take the nearest voxel, and images are continuous.
    named : mapping of int to NamedLabel, optional
        What a table calls its labels.
    progress : Progress, optional

    Raises
    ------
    ParameterError
        If it is an image of labels, and anything between them is asked for.
    GeometryError
        If the image lies outside the grid.
    """
    progress = progress or Progress()
    labels = label_image_of(volume, named, progress.part(0.0, 0.1))
    if labels is not None and how not in (None, "nearest"):
        what = "labels, between whose numbers" if len(labels.labels) > 1 else "a mask, between whose inside and outside"
        raise ParameterError(
            f"{volume.name or 'The image'} holds {what} there is nothing, so it cannot be resampled as {how}; use "
            "nearest."
        )
    chosen = how or ("continuous" if labels is None else "nearest")
    made = resample_image(volume, grid.geometry, chosen, progress.within(0.1, 1.0), clip=not grid.name)
    findings = [*_not_finite(volume), *(_lost(labels, volume, made) if labels is not None else ())]
    if volume.frames > 1 and how is None and label_image_of(replace(volume, stored=volume.stored_frame(0))) is not None:
        findings.append(
            f"{volume.name or 'The image'} looks like masks or labels, but has {volume.frames} volumes, so it is "
            f"resampled as an image ({chosen}); choose nearest to keep whole labels."
        )
    return Resampled(made, grid, chosen, labels, tuple(findings))


def _not_finite(volume: Volume) -> list[str]:
    """Return a sentence on voxels that hold no finite number in some volume; none without any."""
    wrong = np.zeros((), bool)
    for frame in range(volume.frames):
        values = volume.stored_frame(frame)
        if may_lack_numbers(values):
            wrong = wrong | ~np.isfinite(values)
    count = int(np.count_nonzero(wrong))
    if not count:
        return []
    verb = "holds" if count == 1 else "hold"
    return [
        f"{in_number(count, 'voxel')} of {volume.name or 'the image'} {verb} no finite number (NaN or infinite): "
        "what lies nearest to them is NaN, and what lies beside is found from the others."
    ]


def _lost(labels: LabelImage, volume: Volume, made: Volume) -> list[str]:
    """Return a sentence on a mask without voxels, or on labels of which none remains on another grid."""
    if not labels.labels:
        return [f"{volume.name or 'The mask'} is empty: no voxel is inside."]
    there = distinct(made.stored, len(labels.stored) + 1)
    kept = set() if there is None else {int(number) for number in made.scaled(there[there == there]).tolist()}
    lost = [labels.name(number) or str(number) for number in labels.labels if number not in kept]
    some = f"{', '.join(map(repr, lost[:MOST_NAMED]))}{' …' * (len(lost) > MOST_NAMED)}"
    return [f"No voxel remains of {some} on this grid; choose a finer one."] if lost else []


def save_resampled(
    made: Resampled,
    path: Path,
    source: Path | None,
    progress: Progress | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Save an image that was resampled, with a sidecar that says of what and how, and the table of its labels.

    Parameters
    ----------
    made : Resampled
    path : Path
    source : Path or None
        Of the image as it was.
    progress : Progress, optional
    facts : mapping, optional
        What the sidecar says besides; without it, what that of the source says of a mask.

    Raises
    ------
    FileError
        If it cannot be written, or would replace the image, or a sidecar of something else; older files are untouched.
    """
    has_names = made.labels is not None and bool(made.labels.named)
    target, *_, beside, _ = labels_place(source, path) if has_names else image_place(source, path)
    texts = [(beside, json.dumps(_sidecar(made, source, target, facts), indent=2, ensure_ascii=False) + "\n")]
    if made.labels is not None and has_names:
        rows = {number: (made.labels.name(number), made.labels.colour(number)) for number in made.labels.named}
        texts.append((beside.with_suffix(".tsv"), bids.write(rows)))
    header = made.grid.header
    if made.volume.frames > 1:
        header = header.for_series(made.volume.repetition_time)
    save_volume(made.volume, target, header, texts=texts, report=progress)


def _sidecar(made: Resampled, source: Path | None, target: Path, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    kept = facts if facts is not None else _record(sidecar_path(source)) if source is not None else {}
    name = made.grid.name
    files = [named_from(file, target) for file in (source, made.grid.path) if file and formats.is_image_file(file)]
    return {
        **{key: kept[key] for key in _STAYS_TRUE if key in kept},
        "Sources": files,
        "SpatialReference": files[-1] if made.grid.path is not None else "orig",
        "Resolution": f"{' × '.join(f'{zoom:.6g}' for zoom in made.volume.geometry.zooms)} mm, resampled"
        + (f" to the grid of {name}" if name else ""),
        INTERPOLATION: made.how,
        "GeneratedBy": [GENERATED_BY],
    }


def _record(path: Path) -> dict[str, Any]:
    """Return what a sidecar holds; nothing where there is none that can be read."""
    try:
        with reading(path):
            no_pipe(path)
            found = json.loads(path.read_bytes())
    except (FileError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
