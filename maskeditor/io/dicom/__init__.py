"""DICOM folders and files as volumes: the images in them, with what is doubtful, and their voxels."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.core.volume import Volume
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.pixels import read_stack, stored_type
from maskeditor.io.dicom.scan import dicom_headers
from maskeditor.io.dicom.series import stacks_of
from maskeditor.io.dicom.stack import Stack
from maskeditor.io.header import Header
from maskeditor.io.streams import Report

__all__ = ["Stack", "find_images", "read_volume", "stored_type", "title"]


def find_images(path: Path, report: Report | None = None) -> list[Stack]:
    """Return the images in a folder of any depth, or of the series that a file belongs to; no pixel is read.

    Parameters
    ----------
    path : Path
    report : callable of float, optional

    Returns
    -------
    list of Stack
        Empty if there is no DICOM image. What was found broken is in the findings of each.
    """
    headers, findings = dicom_headers(path, report)
    stacks, broken = stacks_of(headers)
    findings += broken
    for stack in stacks:
        stack.findings += findings
    if not stacks and findings:
        raise FileError(f"{path.name} holds no DICOM image that can be read: {findings[0]}")
    return stacks


def title(stack: Stack) -> str:
    """Return what an image is called: the description of its series, its protocol or its number.

    Nothing of the patient is in it.
    """
    elements = stack.first.file.elements
    name = elements.text(tags.SERIES_DESCRIPTION) or elements.text(tags.PROTOCOL_NAME)
    name = name or f"series {elements.integer(tags.SERIES_NUMBER)}"
    return f"{name} ({stack.label})" if stack.label else name


def read_volume(stack: Stack, report: Report | None = None) -> tuple[Volume, Header]:
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
        raise FileError(f"{title(stack)} cannot be opened as one image: {stack.refusal}.")
    stored, slope, intercept = read_stack(stack, report)
    findings = list(stack.findings)
    if len({(item.slope, item.intercept) for item in stack.slices}) > 1:
        findings.append("Slope and intercept differ between slices; the intensities are held as 32-bit floats.")
    geometry = stack.geometry
    volumes = stack.shape[3] if len(stack.shape) == 4 else 1
    seconds = stack.first.file.elements.number(tags.REPETITION_TIME, 0) / 1000 if volumes > 1 else 0.0
    volume = Volume(stored, geometry, slope, intercept, title(stack), tuple(findings))
    return volume, Header.from_geometry(geometry, volumes, seconds)
