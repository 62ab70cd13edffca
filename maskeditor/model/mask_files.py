"""The files of a session's masks: masks brought in, looked over, and saved with their recipe."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from maskeditor.core.errors import FileError
from maskeditor.core.recipe.recipe import Recipe, steps_of
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask import DEFAULT_NAME, Colour
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.visible import visible
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.dicom.segmentation import save_segmentation
from maskeditor.io.labels import named_beside_file
from maskeditor.io.open import open_mask
from maskeditor.io.provenance import fingerprint, sidecar
from maskeditor.io.replacing import replaceable
from maskeditor.io.save import save_mask as write_mask
from maskeditor.io.seen import check as check_seen
from maskeditor.io.targets import dicom_target, mask_place
from maskeditor.model.checks import Check, checks
from maskeditor.model.label_numbers import INSIDE
from maskeditor.model.new_rois import RoiLook
from maskeditor.model.recipes import by_hand, mask_type
from maskeditor.model.session import Session
from maskeditor.ops.import_mask import ImportMask


class ImportedLabel(NamedTuple):
    """What is known of a label in a file.

    Parameters
    ----------
    number, voxels : int
    colour : tuple of 3 int or None
        As the table beside the file gives it.
    is_label : bool
        Whether the number says more than "inside": it is one of several, or a table names it, or it is no usual one.
    """

    number: int
    voxels: int
    colour: Colour | None
    is_label: bool

    @property
    def look(self) -> RoiLook:
        """What an ROI of it brings along."""
        return RoiLook(self.colour, self.number if self.is_label and self.number > 0 else 0)


class Imported(NamedTuple):
    """Masks from a file.

    Parameters
    ----------
    masks : dict of str to ImportMask
        What puts the voxels of each in place, by name: that of the label in the table beside the file, or the file's,
        with the label if there are several.
    findings : tuple of str
        What is doubtful about the file, one sentence each.
    labels : dict of str to ImportedLabel
        Of each, by the same name.
    """

    masks: dict[str, ImportMask]
    findings: tuple[str, ...]
    labels: dict[str, ImportedLabel]

    def only(self, names: Collection[str]) -> Imported:
        """Return some of them."""
        masks = {name: operation for name, operation in self.masks.items() if name in names}
        return Imported(masks, self.findings, {name: self.labels[name] for name in masks})


def import_mask(session: Session, path: Path, progress: Progress | None = None, resample: bool = False) -> Imported:
    """Read a mask or label file as operations that put its voxels in place, one for each label.

    Parameters
    ----------
    session : Session
    path : Path
    resample : bool
        Whether a mask on another grid is brought to the image's by nearest neighbour.

    Raises
    ------
    GeometryMismatch
        If the mask lies on another grid and `resample` is false.
    """
    opened = open_mask(path, session.document.geometry, resample=resample, progress=progress)
    stem = visible(formats.stem(path))
    table = named_beside_file(path)
    imported = Imported({}, opened.findings, {})
    for label, mask in opened.labels.items():
        named = table.get(label)
        name = named.name if named is not None and named.name else stem
        if (named is None and len(opened.labels) > 1) or name in imported.masks:
            name = f"{name} {label}"
        operation = ImportMask.of(mask[...], path.name, opened.sha256, resampled=opened.resampled)
        imported.masks[name] = operation
        colour = named.colour if named is not None else None
        is_label = len(opened.labels) > 1 or named is not None or label not in INSIDE
        imported.labels[name] = ImportedLabel(label, mask.count(), colour, is_label)
    return imported


def mask_checks(session: Session, roi: str, progress: Progress | None = None) -> tuple[str, tuple[Check, ...]]:
    """Look an ROI's mask over before it is saved; return its fingerprint and what was found. For a worker."""
    timeline, mask = session.document.still(roi)
    return fingerprint(mask), checks(mask, session.document.geometry, steps_of(timeline, roi), progress)


def roi_in_name(session: Session, roi: str) -> str:
    """Return what an ROI is called in the name of its file: "brain", if it is one and nobody called it otherwise."""
    document, name = session.document, session.document.roi(roi).name
    is_brain = name == DEFAULT_NAME and mask_type(Recipe(document.present, document.rois, roi)) == "Brain"
    return "brain" if is_brain else name


def save_mask(
    session: Session,
    roi: str,
    path: Path,
    progress: Progress | None = None,
    recipe_inside: bool = True,
    replace_changed: bool = False,
) -> None:
    """Save an ROI's mask with its geometry as the source's, and its recipe in a sidecar beside it.

    Parameters
    ----------
    session : Session
    roi : str
    path : Path
    progress : Progress, optional
    recipe_inside : bool
        Whether the mask's file carries the recipe too.
    replace_changed : bool
        Whether a file that this ROI was saved to before is replaced, though others have changed it since, or
        written again, though they have taken it away.

    Raises
    ------
    ChangedElsewhere
        If they have, and it is not to be.
    FileError
        If it cannot be written; older files are then untouched.
    """
    session.keep_sources(path)
    target, beside, kept = mask_place(session.path, path)
    if target != path:
        session.keep_sources(target)
    seen = None if replace_changed else session.saved_masks.seen(roi, path)
    check_seen(target, seen)
    # What is saved must belong together, though moves may be made while a worker saves.
    timeline, mask = session.document.still(roi)
    recipe = session.recipe(roi, (timeline, mask))
    text = dumps(recipe)
    beside_it = sidecar(
        session.document.roi(roi).name,
        mask_type(recipe),
        *session.sources_of(recipe, target),
        by_hand(recipe),
        text,
        kept,
    )
    carried = text.encode() if recipe_inside else None
    write_mask(mask, target, session.header, extension=carried, sidecar=(beside, beside_it), seen=seen, report=progress)
    session.took_mask(roi, path, timeline)


def export_segmentation(session: Session, path: Path, progress: Progress | None = None) -> int:
    """Write all ROIs that are not empty as one DICOM segmentation; return how many.

    It names the patient, as the files of the image do.

    Raises
    ------
    FileError
        If it cannot be written; an older file is then untouched.
    """
    if problem := session.why_no_segmentation():
        raise FileError(problem)
    assert session.info is not None
    path = dicom_target(path)
    replaceable([path])
    # Names need not differ.
    masks = [(session.document.roi(roi).name, MaskBits.of(session.document.still(roi)[1])) for roi in session.filled()]
    save_segmentation(masks, path, session.document.geometry, session.info.files, _labels_of, progress)
    return len(masks)


def _labels_of(path: Path, geometry: Geometry) -> dict[int, MaskBits]:
    return open_mask(path, geometry).labels
