"""DICOM folders and files as volumes: the images in them, with what is doubtful, and their voxels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.space.volume import Volume
from maskeditor.core.visible import visible
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Reporter
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.files import giving_way
from maskeditor.io.dicom.pixels import check_files, read_slice, read_stack
from maskeditor.io.dicom.pixels import stored_type as _stored_type
from maskeditor.io.dicom.search import find_images
from maskeditor.io.dicom.stack import Stack
from maskeditor.io.found import Found, Show, placed
from maskeditor.io.info import LUMINANCE, RESAMPLED, ImageInfo
from maskeditor.io.nifti.header import Header


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the images in a folder, or of the series that a file belongs to; none for a folder without DICOM."""

    def found(stacks: list[Stack]) -> list[Found]:
        return [_of_stack(stack, path) for stack in giving_way(stacks)]

    images = found(find_images(path, progress, show and (lambda stacks: show(found(stacks)))))
    if not images and not path.is_dir():
        raise FileError(
            f"{path.name} is a DICOM file without an image, such as a report; give a DICOM file or folder with images."
        )
    return images


def _of_stack(stack: Stack, path: Path) -> Found:
    elements = stack.about
    uid = stack.series_uid
    key = f"{uid}:{stack.number}" if stack.number else uid
    files = () if stack.so_far else tuple(stack.files)
    info = ImageInfo(
        series_uid=uid or None,
        description=title(stack),
        modality=elements.text(tags.MODALITY) or None,
        kind=stack.kind,
        shape=stack.shape,
        **placed(stack.geometry if stack.affine is not None else None),
        dtype=stored_type(stack).name,
        files=files,
        findings=tuple(stack.findings),
        key=key + (RESAMPLED if stack.resampling else LUMINANCE if stack.is_luminance else ""),
        date=date(stack),
        inverted=elements.text(tags.PHOTOMETRIC) == "MONOCHROME1",
    )
    return Found(
        info,
        path,
        stack.so_far or len(files),
        not stack.so_far,
        stack.segment,
        lambda report: read_volume(stack, report),
        lambda: middle_slice(stack),
        lambda _: check(stack),
    )


def title(stack: Stack) -> str:
    """Return what an image is called: the description of its series, its protocol or its number.

    Nothing of the patient is in it.
    """
    elements = stack.about
    name = elements.text(tags.SERIES_DESCRIPTION) or elements.text(tags.PROTOCOL_NAME)
    name = name or f"series {elements.integer(tags.SERIES_NUMBER)}"
    made = "resampled" if stack.resampling else "luminance" if stack.is_luminance else ""
    labels = ", ".join(filter(None, (stack.label, made)))
    return visible(f"{name} ({labels})" if labels else name)


def date(stack: Stack) -> str:
    """Return the day when an image was taken, such as 2024-02-29; empty if it is not stated."""
    elements = stack.about
    for tag in (tags.ACQUISITION_DATE, tags.ACQUISITION_DATETIME, tags.SERIES_DATE, tags.STUDY_DATE):
        digits = elements.text(tag).replace(".", "")[:8]
        if len(digits) == 8 and digits.isdigit():
            return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return ""


def stored_type(stack: Stack) -> np.dtype[Any]:
    """Return the type in which the voxels of an image are held."""
    return np.dtype(np.float32) if stack.resampling else _stored_type(stack)


def middle_slice(stack: Stack) -> Array:
    """Return the middle slice of the first volume as a preview: (I, J) values, as stored.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    source = stack.measured or stack
    if source.has_colours and not source.is_luminance:
        raise FileError(f"{title(stack)} holds colours, of which no preview is made.")
    return read_slice(source, source.shape[2] // 2)


def check(stack: Stack) -> list[int]:
    """Raise what reading an image would as far as headers tell it; return which volumes hold no number at all.

    Of floats, each volume is read up to the first number that it holds.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    if stack.affine is None:
        return []
    check_files(stack)
    if stack.resampling is not None or stored_type(stack).kind != "f":
        return []
    levels = stack.shape[2]
    return [
        volume
        for volume in range(len(stack.slices) // levels)
        if not any(np.isfinite(read_slice(stack, volume * levels + level)).any() for level in range(levels))
    ]


def read_volume(stack: Stack, report: Reporter | None = None) -> tuple[Volume, Header]:
    """Read an image that `find_images` found.

    Returns
    -------
    volume : Volume
        Columns are axis 0, rows axis 1, slices axis 2, so that each slice is one piece of memory.
    header : Header
        For masks on this image.

    Raises
    ------
    FileError
        If the slices form no regular grid, or a file cannot be read.
    """
    if stack.refusal:
        offer = f"; open the {stack.offered}" if stack.offered else ""
        raise FileError(f"{title(stack)} cannot be opened as one image: {stack.refusal}{offer}.")
    if stack.resampling:
        return _resampled(stack, report)
    stored, slope, intercept = read_stack(stack, report)
    findings = list(stack.findings)
    if len({(item.slope, item.intercept) for item in stack.slices}) > 1:
        findings.append("Slope and intercept differ between slices; the intensities are held as 32-bit floats.")
    return _volume(stack, stored, slope, intercept, findings)


def _resampled(stack: Stack, report: Reporter | None) -> tuple[Volume, Header]:
    assert stack.resampling is not None
    assert stack.measured is not None
    parts = [None, None] if report is None else [lambda done: report(done / 2), lambda done: report(0.5 + done / 2)]
    stored, slope, intercept = read_stack(stack.measured, parts[0])
    made = stack.resampling.apply(stored, slope, intercept, parts[1])
    return _volume(stack, made, 1.0, 0.0, stack.findings)


def _volume(stack: Stack, stored: Array, slope: float, intercept: float, findings: list[str]) -> tuple[Volume, Header]:
    geometry = stack.geometry
    volumes = stack.shape[3] if len(stack.shape) == 4 else 1
    seconds = stack.about.number(tags.REPETITION_TIME, 0) / 1000 if volumes > 1 else 0.0
    volume = Volume(stored, geometry, slope, intercept, title(stack), tuple(findings))
    return volume, Header.from_geometry(geometry, volumes, seconds)
