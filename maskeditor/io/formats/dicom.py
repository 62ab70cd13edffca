"""DICOM: images in many files, in folders of any depth."""

from __future__ import annotations

from pathlib import Path

from maskeditor.core.errors import FileError
from maskeditor.engine.progress import Reporter
from maskeditor.io import dicom
from maskeditor.io.dicom import tags
from maskeditor.io.dicom.files import giving_way
from maskeditor.io.dicom.names import ENDINGS
from maskeditor.io.dicom.scan import looks_like_dicom
from maskeditor.io.format import Format
from maskeditor.io.found import Found, Show, placed
from maskeditor.io.info import LUMINANCE, RESAMPLED, ImageInfo


def find(path: Path, progress: Reporter | None, show: Show | None) -> list[Found]:
    """Return the images in a folder, or of the series that a file belongs to; none for a folder without DICOM."""

    def found(stacks: list[dicom.Stack]) -> list[Found]:
        return [_of_stack(stack, path) for stack in giving_way(stacks)]

    images = found(dicom.find_images(path, progress, show and (lambda stacks: show(found(stacks)))))
    if not images and not path.is_dir():
        raise FileError(
            f"{path.name} is a DICOM file without an image, such as a report; give a DICOM file or folder with images."
        )
    return images


def _of_stack(stack: dicom.Stack, path: Path) -> Found:
    elements = stack.about
    uid = stack.series_uid
    key = f"{uid}:{stack.number}" if stack.number else uid
    files = () if stack.so_far else tuple(stack.files)
    info = ImageInfo(
        series_uid=uid or None,
        description=dicom.title(stack),
        modality=elements.text(tags.MODALITY) or None,
        kind=stack.kind,
        shape=stack.shape,
        **placed(stack.geometry if stack.affine is not None else None),
        dtype=dicom.stored_type(stack).name,
        files=files,
        findings=tuple(stack.findings),
        key=key + (RESAMPLED if stack.resampling else LUMINANCE if stack.is_luminance else ""),
        date=dicom.date(stack),
        inverted=elements.text(tags.PHOTOMETRIC) == "MONOCHROME1",
    )
    return Found(
        info,
        path,
        stack.so_far or len(files),
        not stack.so_far,
        stack.segment,
        lambda report: dicom.read_volume(stack, report),
        lambda: dicom.middle_slice(stack),
        lambda _: dicom.check(stack),
    )


FORMATS = (
    Format(
        title="DICOM",
        name="a DICOM file",
        recognise=looks_like_dicom,
        endings=ENDINGS,
        find=find,
        in_pieces=True,
    ),
)
