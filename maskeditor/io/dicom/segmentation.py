"""Masks as a DICOM segmentation, in the study that their image comes from.

It names the patient as the image's own files do: that is what an archive files it by.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from maskeditor.core.errors import FileError
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.engine.progress import Reporter
from maskeditor.io.replacing import replacing
from maskeditor.io.streams import reading
from maskeditor.version import __version__

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Masks = Sequence[tuple[str, MaskBits]]
#: What a segmentation takes over from the files of its image, and how it must look; what does not is left empty.
_TAKEN = {
    "PatientID": "",
    "PatientName": "",
    "PatientBirthDate": r"\d{8}",
    "PatientSex": "[MFO]",
    "AccessionNumber": "",
    "StudyID": "",
    "StudyDate": r"\d{8}",
    "StudyTime": r"\d{2,6}(\.\d{1,6})?",
    "ReferringPhysicianName": "",
}
NOT_INSTALLED = (
    "DICOM segmentations are written by highdicom, which is not installed; install maskeditor[dicom-seg], or save the "
    "mask as NIfTI."
)
#: A number that no scanner is likely to give a series.
_SERIES_NUMBER = 9001
_LONGEST_LABEL = 64
_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def can_export() -> bool:
    """Whether what writes segmentations is installed."""
    return find_spec("highdicom") is not None


def save_segmentation(
    masks: Masks,
    path: Path,
    geometry: Geometry,
    files: Sequence[str],
    read_back: Callable[[Path, Geometry], dict[int, MaskBits]],
    report: Reporter | None = None,
) -> None:
    """Write masks as the segments of one DICOM segmentation, read it back and compare.

    Parameters
    ----------
    masks : sequence of (str, MaskBits)
        With their names; segments are numbered from 1 in this order and may overlap.
    path : Path
        Ends in `names.ENDING`.
    geometry : Geometry
        Of the image.
    files : sequence of str
        DICOM files of the image, in the order of its slices; study and patient are taken from the first.
    read_back : callable of Path and Geometry
        Returns the masks of a file by the numbers of their segments.
    report : callable of float, optional

    Raises
    ------
    FileError
        If highdicom is missing, or the file cannot be written or read back; an older file is then untouched.
    """
    if not can_export():
        raise FileError(NOT_INSTALLED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd values in the image's files
        try:
            sources = _sources(files, geometry)
            if report is not None:
                report(0.1)
            segmentation = _segmentation(masks, geometry, sources)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise FileError(
                f"{path.name} was not written: {Path(files[0]).name} does not serve as source of a DICOM segmentation "
                f"({' '.join(str(error).split())[:200]}); save the mask as NIfTI."
            ) from None
        if report is not None:
            report(0.6)
        with replacing([path]) as (beside,):
            segmentation.save_as(beside)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            if report is not None:
                report(0.7)
            _check(read_back(beside, geometry), masks)
    if report is not None:
        report(1.0)


def _sources(files: Sequence[str], geometry: Geometry) -> list[Dataset]:
    """Return what the files of an image's first volume say, on the image's own grid.

    Enhanced files, mosaics and files with gaps in their headers are made alike: one picture on the grid each.
    """
    first = _source(Path(files[0]), geometry, 0)
    slices = geometry.shape[2]
    if len(files) < slices or "NumberOfFrames" in first:
        return [first]
    return [first, *(_source(Path(files[k]), geometry, k) for k in range(1, slices))]


def _source(path: Path, geometry: Geometry, k: int) -> Dataset:
    from pydicom import dcmread
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    with reading(path):
        ds = dcmread(path, stop_before_pixels=True, force=True)
    made = Dataset()
    for keyword, wanted in _TAKEN.items():
        value = ds.get(keyword)
        fits = value is not None and (not wanted or re.fullmatch(wanted, str(value)))
        setattr(made, keyword, value if fits else None)
    if charset := ds.get("SpecificCharacterSet"):
        made.SpecificCharacterSet = charset
    made.SOPClassUID, made.SOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    made.StudyInstanceUID, made.SeriesInstanceUID = ds.StudyInstanceUID, ds.SeriesInstanceUID
    # Some images do not say which others share their space; then it is that of the series.
    own_space = generate_uid(entropy_srcs=[str(ds.SeriesInstanceUID), "frame of reference"])
    made.FrameOfReferenceUID = ds.get("FrameOfReferenceUID") or own_space
    made.Modality = ds.get("Modality") or "OT"
    made.Columns, made.Rows = geometry.shape[:2]
    measures, plane, places = _plane_of(geometry)
    if "PerFrameFunctionalGroupsSequence" in ds:
        made.NumberOfFrames = len(places)
        shared = Dataset()
        shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = measures, plane
        made.SharedFunctionalGroupsSequence = [shared]
        made.PerFrameFunctionalGroupsSequence = [Dataset() for _ in places]
        for group, place in zip(made.PerFrameFunctionalGroupsSequence, places, strict=True):
            group.PlanePositionSequence = place
    else:
        for item in (measures[0], plane[0], places[k][0]):
            made.update(item)
    return made


def _plane_of(geometry: Geometry) -> tuple[Any, Any, list[Any]]:
    """Return pixel measures, orientation and positions of the slices of a grid, as DICOM has them."""
    import highdicom

    affine = _TO_LPS @ geometry.affine
    patient = highdicom.CoordinateSystemNames.PATIENT
    across, down = ([float(x) for x in affine[:3, axis] / geometry.zooms[axis]] for axis in (0, 1))
    step = abs(float(affine[:3, 2] @ np.cross(across, down)))
    spacing = [float(geometry.zooms[1]), float(geometry.zooms[0])]
    return (
        highdicom.PixelMeasuresSequence(pixel_spacing=spacing, slice_thickness=step, spacing_between_slices=step),
        highdicom.PlaneOrientationSequence(patient, [*across, *down]),
        [
            highdicom.PlanePositionSequence(patient, [float(x) for x in affine[:3, 3] + k * affine[:3, 2]])
            for k in range(geometry.shape[2])
        ],
    )


def _segmentation(masks: Masks, geometry: Geometry, sources: list[Dataset]) -> Any:
    import highdicom
    from highdicom.seg import SegmentAlgorithmTypeValues, Segmentation, SegmentationTypeValues, SegmentDescription
    from pydicom.sr.codedict import codes

    measures, plane, places = _plane_of(geometry)
    # It wants all of them at once, a byte a voxel.
    frames = np.empty((*geometry.shape[::-1], len(masks)), np.uint8)
    for number, (_, mask) in enumerate(masks):
        frames[..., number] = mask[...].T
    return Segmentation(
        source_images=sources,
        pixel_array=frames,
        segmentation_type=SegmentationTypeValues.BINARY,
        segment_descriptions=[
            SegmentDescription(
                segment_number=number,
                segment_label=name[:_LONGEST_LABEL],
                segmented_property_category=codes.SCT.Tissue,
                segmented_property_type=codes.SCT.Tissue,
                algorithm_type=SegmentAlgorithmTypeValues.SEMIAUTOMATIC,
                algorithm_identification=highdicom.AlgorithmIdentificationSequence(
                    "maskeditor", codes.cid7162.MorphologicalOperations, __version__
                ),
            )
            for number, (name, _) in enumerate(masks, 1)
        ],
        series_instance_uid=highdicom.UID(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="maskeditor",
        manufacturer_model_name="maskeditor",
        software_versions=__version__,
        device_serial_number="0",
        pixel_measures=measures,
        plane_orientation=plane,
        plane_positions=places,
        # Other programs, and this one, then find the image's own grid in the file.
        omit_empty_frames=False,
    )


def _check(labels: dict[int, MaskBits], masks: Masks) -> None:
    """Raise if the masks that were read back are not those that were written."""
    if set(labels) != set(range(1, len(masks) + 1)) or not all(
        np.array_equal(labels[number][...], mask[...]) for number, (_, mask) in enumerate(masks, 1)
    ):
        raise FileError("its voxels did not come back as they were written")
