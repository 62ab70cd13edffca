"""DICOM series written with pydicom, whose image is known because the tests made it."""

from __future__ import annotations

import copy
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, generate_uid

MR = "1.2.840.10008.5.1.4.1.1.4"
ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
#: An oblique frame: directions of rows, of columns and from slice to slice (LPS), not along the axes.
ACROSS = np.array([0.96, 0.28, 0.0])
DOWN = np.array([-0.224, 0.768, 0.6])
NORMAL = np.cross(ACROSS, DOWN)
SPACING = (1.5, 1.25)  # between rows, between columns
STEP = 3.0
ORIGIN = np.array([-40.0, 12.5, -7.25])
STUDY = generate_uid()
PATIENT = "Doe^Jane"

Edit = Callable[[Dataset, int, int], None]


def expected_affine(step: np.ndarray | None = None) -> np.ndarray:
    """Return the RAS+ affine of a series: columns, rows, slices."""
    lps = np.eye(4)
    lps[:3, 0], lps[:3, 1] = ACROSS * SPACING[1], DOWN * SPACING[0]
    lps[:3, 2] = NORMAL * STEP if step is None else step
    lps[:3, 3] = ORIGIN
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps


def numbers(shape: tuple[int, ...], dtype: str = "u2", bits: int = 12) -> np.ndarray:
    """Return values that use every one of the stored bits."""
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if dtype[0] == "i" else (0, (1 << bits) - 1)
    return np.random.default_rng(bits).integers(low, high, shape, endpoint=True).astype(dtype)


def heading(uid: str, sop_class: str = MR, number: int = 7) -> Dataset:
    """Return what all files of a series have in common."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber = STUDY, uid, number
    ds.Modality, ds.Manufacturer, ds.SeriesDescription = "MR", "Nobody", "phantom"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = PATIENT, "secret-17", "19700101"
    ds.InstitutionName, ds.AccessionNumber = "Secret Hospital", "secret-18"
    return ds


def set_pixels(ds: Dataset, frames: np.ndarray, bits: int) -> None:
    """Set rows × columns values, or frames of them."""
    ds.Rows, ds.Columns = frames.shape[-2:]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = frames.dtype.itemsize * 8, bits, bits - 1
    ds.PixelRepresentation = int(frames.dtype.kind == "i")
    if frames.ndim == 3:
        ds.NumberOfFrames = frames.shape[0]
    ds.PixelData = frames.tobytes() + b"\0" * (frames.nbytes % 2)


def write(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> None:
    """Write a file in a native transfer syntax."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    meta.TransferSyntaxUID = syntax
    ds = copy.deepcopy(ds)
    if syntax == ExplicitVRBigEndian:
        # pydicom swaps all but the pixels; those of 8 bits are written as words (OW), too.
        ds.PixelData = np.frombuffer(ds.PixelData, f"<u{max(2, ds.BitsAllocated // 8)}").byteswap().tobytes()
    file = FileDataset(str(path), ds, file_meta=meta, preamble=b"\0" * 128)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd values, which are written on purpose
        dcmwrite(path, file, enforce_file_format=True)


def compress(path: Path, syntax: str) -> None:
    """Compress the pixels of a file; by JPEG, which pydicom does not write, those of 8 bits."""
    from PIL import Image

    ds = dcmread(path)
    if syntax == JPEGBaseline8Bit:
        stream = io.BytesIO()
        Image.fromarray(ds.pixel_array).save(stream, "jpeg")
        ds.PixelData, ds.file_meta.TransferSyntaxUID = encapsulate([stream.getvalue()]), syntax
        ds["PixelData"].VR = "OB"
    else:
        ds.compress(syntax, generate_instance_uid=False)
    ds.save_as(path)


def write_series(
    folder: Path,
    values: np.ndarray,
    *,
    bits: int = 12,
    syntax: str = ExplicitVRLittleEndian,
    step: np.ndarray | None = None,
    edit: Edit | None = None,
    name: Callable[[int, int], str] = lambda k, t: f"{(7 * k + 13 * t) % 101:03d}-{k}-{t}.dcm",
    **common: Any,
) -> str:
    """Write a classic series of (I, J, K) or (I, J, K, T) values, file names in no order, and return its UID."""
    uid = generate_uid()
    step = NORMAL * STEP if step is None else step
    images = values if values.ndim == 4 else values[..., None]
    for t in range(images.shape[3]):
        for k in range(images.shape[2]):
            ds = heading(uid)
            ds.ImageOrientationPatient = [*ACROSS, *DOWN]
            ds.ImagePositionPatient = [round(float(x), 6) for x in ORIGIN + k * step]
            ds.PixelSpacing, ds.SliceThickness = list(SPACING), STEP
            ds.InstanceNumber = 1 + k + images.shape[2] * t
            set_pixels(ds, np.ascontiguousarray(images[:, :, k, t].T), bits)
            for keyword, value in common.items():
                setattr(ds, keyword, value)
            if edit is not None:
                edit(ds, k, t)
            write(ds, folder / name(k, t), syntax)
    return uid


def enhanced(values: np.ndarray, order: list[tuple[int, int]], *, bits: int = 12) -> Dataset:
    """Return an enhanced MR file of (I, J, K, T) values whose frames (k, t) stand in the order given."""
    ds = heading(generate_uid(), ENHANCED_MR)
    ds.InstanceNumber = 1
    shared = Dataset()
    measures, plane = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = list(SPACING), STEP
    plane.ImageOrientationPatient = [*ACROSS, *DOWN]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([plane])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    pointers = []
    for pointer in (0x00209056, 0x00209057, 0x00209128):
        index = Dataset()
        index.DimensionIndexPointer = pointer
        pointers.append(index)
    ds.DimensionIndexSequence = Sequence(pointers)
    groups = []
    for k, t in order:
        group, content, place = Dataset(), Dataset(), Dataset()
        content.StackID, content.InStackPositionNumber = "1", k + 1
        content.TemporalPositionIndex = t + 1
        content.DimensionIndexValues = [1, k + 1, t + 1]
        place.ImagePositionPatient = [float(x) for x in ORIGIN + k * NORMAL * STEP]
        group.FrameContentSequence, group.PlanePositionSequence = Sequence([content]), Sequence([place])
        groups.append(group)
    ds.PerFrameFunctionalGroupsSequence = Sequence(groups)
    set_pixels(ds, np.stack([values[:, :, k, t].T for k, t in order]), bits)
    return ds
