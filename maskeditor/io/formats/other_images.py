"""Images of other programs and scanners, which are recognised but not read: each is refused with the way to NIfTI."""

from __future__ import annotations

from maskeditor.io.format import Format, begins

_HDF5 = b"\x89HDF\r\n\x1a\n"


def _is_afni(data: bytes) -> bool:
    start = data.lstrip()[:200]
    return start.startswith(b"type") and b"-attribute" in start and b"name" in start


def _is_metaimage(data: bytes) -> bool:
    return data.startswith((b"ObjectType", b"NDims", b"Comment =")) and b"NDims" in data


def _is_parrec(data: bytes) -> bool:
    return data.lstrip().startswith(b"#") and b"DATA DESCRIPTION FILE" in data[:400]


FORMATS = (
    Format(
        title="MINC 1",
        name="a MINC 1 image (netCDF)",
        recognise=begins(b"CDF\x01", b"CDF\x02"),
        endings=(".mnc", ".mnc.gz"),
        remedy="convert it with mnc2nii, or save it as NIfTI through nibabel",
    ),
    Format(
        title="MINC 2",
        name="a MINC 2 image, or another HDF5 file",
        recognise=begins(_HDF5),
        endings=(".mnc2",),
        remedy="convert it with mnc2nii, or save it as NIfTI through nibabel",
    ),
    Format(
        title="PAR/REC",
        name="a Philips PAR/REC image",
        recognise=_is_parrec,
        endings=(".par", ".rec"),
        remedy="convert it with dcm2niix, or nibabel's parrec2nii",
    ),
    Format(
        title="AFNI",
        name="an AFNI dataset (BRIK/HEAD)",
        recognise=_is_afni,
        endings=(".head", ".brik", ".brik.gz", ".brik.bz2", ".brik.z"),
        remedy="convert it with 3dAFNItoNIFTI",
    ),
    Format(
        title="NRRD",
        name="an NRRD image",
        recognise=begins(b"NRRD0"),
        endings=(".nrrd", ".nhdr"),
        remedy="save it as NIfTI in 3D Slicer or through SimpleITK",
    ),
    Format(
        title="MetaImage",
        name="a MetaImage (.mha, .mhd)",
        recognise=_is_metaimage,
        endings=(".mha", ".mhd"),
        remedy="save it as NIfTI in ITK-SNAP, 3D Slicer or through SimpleITK",
    ),
    Format(
        title="GIfTI",
        name="a GIfTI file (a surface, or values on one)",
        recognise=lambda data: b"<GIFTI" in data or b"<!DOCTYPE GIFTI" in data,
        endings=(".gii", ".gii.gz"),
        remedy="give the volume that it belongs to, or project it into one with wb_command -metric-to-volume-mapping",
    ),
)
