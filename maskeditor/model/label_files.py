"""All ROIs of a session as one image of labels: what is worth a look before, the files, and the recipe of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from maskeditor.core.errors import FileError
from maskeditor.core.fingerprints import KEY, recorded_in
from maskeditor.core.recipe.recipe import Recipe, opened_images
from maskeditor.core.recipe.recipe_json import dumps
from maskeditor.core.space.label_image import Numbers, is_painted, overlaps, painted
from maskeditor.core.space.mask import Roi, in_quotes
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.box import Voxel
from maskeditor.engine.progress import Progress
from maskeditor.io.label_tables import bids
from maskeditor.io.provenance import PROGRAM, described, fingerprint, matches, sidecar
from maskeditor.io.save import save_labels as write_labels
from maskeditor.io.seen import check as check_seen
from maskeditor.io.targets import labels_place
from maskeditor.model.abilities import ALL_EMPTY
from maskeditor.model.checks import Check, Concern
from maskeditor.model.label_numbers import numbers_for
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.recipes import by_hand
from maskeditor.model.session import Session

#: What the names of images of labels end in after a low line, as BIDS has it.
SUFFIX = "dseg"
#: Of so many pairs of ROIs that share voxels, each has a sentence.
MOST_PAIRS = 8


def label_checks(
    session: Session, progress: Progress | None = None, only: Collection[str] | None = None
) -> tuple[Check, ...]:
    """Return what of the ROIs one image of labels does not hold: voxels they share, and ROIs without any. For a worker.

    Of two ROIs that share voxels, these go to the one that comes later in the list.

    Parameters
    ----------
    session : Session
    progress : Progress, optional
    only : collection of str, optional
        Ids of the ROIs to save; all by default.

    Raises
    ------
    FileError
        If no ROI has a voxel.
    """
    rois = _chosen(session, only)
    _, masks = session.document.stills(roi.id for roi in rois)
    _check_filled(masks)
    found = overlaps(masks, progress)
    shared = [
        Check(
            Concern.OVERLAP,
            f"{rois[one.under].quoted} and {rois[one.over].quoted} share {in_number(one.voxels, 'voxel')}, which will "
            f"be of {rois[one.over].quoted} alone.",
            one.place,
        )
        for one in found.pairs
    ]
    if len(shared) > MOST_PAIRS:
        more = len(shared) - MOST_PAIRS
        pairs = "1 more pair of ROIs shares" if more == 1 else f"{more} more pairs of ROIs share"
        shared[MOST_PAIRS:] = [Check(Concern.OVERLAP, f"{pairs} voxels.")]
    hidden = [rois[place] for place in found.hidden]
    empty = [roi for roi, mask in zip(rois, masks, strict=True) if mask.bounds() is None]
    hides = "so that no voxel is left of"
    return (
        *shared,
        *_named(hidden, f"lies wholly under later ROIs, {hides} it", f"lie wholly under later ROIs, {hides} them"),
        *_named(empty, "is empty, so it will be in the table alone", "are empty, so they will be in the table alone"),
    )


def _chosen(session: Session, only: Collection[str] | None) -> tuple[Roi, ...]:
    return tuple(roi for roi in session.document.rois if only is None or roi.id in only)


def _named(rois: Sequence[Roi], of_one: str, of_several: str) -> tuple[Check, ...]:
    if not rois:
        return ()
    names = in_quotes(*(roi.name for roi in rois))
    return (Check(Concern.EMPTY, f"{names} {of_one if len(rois) == 1 else of_several}."),)


def _check_filled(masks: Sequence[MaskBits]) -> None:
    if all(mask.bounds() is None for mask in masks):
        raise FileError(ALL_EMPTY)


def save_labels(
    session: Session,
    path: Path,
    progress: Progress | None = None,
    recipe_inside: bool = True,
    replace_changed: bool = False,
    only: Collection[str] | None = None,
    chosen: Mapping[str, int] | None = None,
) -> int:
    """Write all ROIs as one image of labels, with their table and recipe beside it; return how many ROIs.

    They keep the numbers that they came with, as `numbers_for` has it, empty ones too; where several have a voxel, it
    is of the last. The image has the geometry of the source, as a mask has.

    Parameters
    ----------
    session : Session
    path : Path
    progress : Progress, optional
    recipe_inside : bool
        Whether the image carries the recipe too.
    replace_changed : bool
        Whether files are replaced though others have changed them since they were written here.
    only : collection of str, optional
        Ids of the ROIs to save; all by default. The recipe has those too that their steps look at.
    chosen : mapping of str to int, optional
        The number of each ROI, by id, where others were chosen.

    Raises
    ------
    ChangedElsewhere
        If they have, and it is not to be.
    FileError
        If it cannot be written, or no ROI has a voxel; older files are then untouched.
    """
    progress = progress or Progress()
    session.keep_sources(path)
    target, table, beside, kept = labels_place(session.path, path)
    session.keep_sources(target)
    seen = None if replace_changed else session.saved_labels.seen(path)
    check_seen(target, seen)
    document, rois = session.document, _chosen(session, only)
    timeline, masks = document.stills(roi.id for roi in rois)
    _check_filled(masks)
    numbers = chosen or numbers_for(rois, timeline)
    numbers = {roi.id: numbers[roi.id] for roi in rois}
    named = {roi.id: mask for roi, mask in zip(rois, masks, strict=True)}
    labels = label_image(named, numbers, document.geometry.shape, progress.within(0.0, 0.3))
    first = next(roi.id for roi, mask in zip(rois, masks, strict=True) if mask.bounds() is not None)
    recipe = Recipe(
        timeline,
        document.rois,
        first,
        described(document.volume, session.name),
        {"labels": numbers, f"labels_{KEY}": fingerprint(labels)},
        PROGRAM,
        session.describe_further(opened_images(timeline)),
    )
    text = sidecar("", "ROI", *session.sources_of(recipe, target), by_hand(recipe), dumps(recipe), kept)
    rows = {numbers[roi.id]: (roi.name, roi.colour) for roi in rois}
    write_labels(
        labels,
        target,
        session.header,
        texts=((table, bids.write(rows)), (beside, text)),
        extension=dumps(recipe).encode() if recipe_inside else None,
        seen=seen,
        report=progress.part(0.3, 1.0),
    )
    # Of an ROI that lies wholly under others the image holds nothing.
    boxes = {roi.id: mask.bounds() for roi, mask in zip(rois, masks, strict=True)}
    held = [roi for roi, box in boxes.items() if box is None or is_painted(labels, numbers[roi], box)]
    session.took_labels(path, held, timeline)
    return len(rois)


def label_image(
    masks: Mapping[str, MaskBits], numbers: Mapping[str, int], shape: Voxel, progress: Progress | None = None
) -> Numbers:
    """Return the image of labels (I, J, K) of masks by the id of their ROI; those without a number are left out."""
    return painted([(numbers[roi], masks[roi]) for roi in numbers], shape, progress)


def is_result(recipe: Recipe, masks: Mapping[str, MaskBits]) -> bool:
    """Whether masks, by the id that their ROI has in a recipe, are those that it made, as far as it records."""
    numbers = numbers_of(recipe)
    if not numbers:
        known = recorded_in(recipe.result)
        return not known or matches(known, masks[recipe.target][...])
    known = recorded_in(recipe.result, "labels_")
    labels = label_image(masks, numbers, next(iter(masks.values())).shape)
    return not known or matches(known, labels)


def numbers_of(recipe: Recipe) -> dict[str, int]:
    """Return the number of each ROI, by id, in the image of labels that a recipe makes; none where it makes a mask."""
    found: Any = recipe.result.get("labels")
    if not isinstance(found, dict):
        return {}
    ids = {roi.id for roi in recipe.rois}
    return {roi: number for roi, number in found.items() if roi in ids and type(number) is int and number > 0}


def left_out(recipe: Recipe) -> tuple[str, ...]:
    """Return a sentence where a recipe makes several ROIs of an image of labels, of which a mask is only one."""
    others = len(numbers_of(recipe)) - 1
    if others < 1:
        return ()
    target = next(roi for roi in recipe.rois if roi.id == recipe.target)
    left = in_number(others, "other ROI")
    return (f"the recipe makes an image of labels; this is {target.quoted} alone, without the {left}.",)
