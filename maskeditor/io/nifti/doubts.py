"""What is doubtful about a NIfTI header: what it cannot mean, and where other programs read another image out of it.

What nibabel does is its `nifti1.py`'s word; what ITK does (and with it ITK-SNAP, 3D Slicer and ANTs), that of its
`itkNiftiImageIO.cxx` and `nifti1_io.c`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from maskeditor.io.nifti.header import DISAGREE, Header
from maskeditor.io.plausible import doubts_of_place, doubts_of_scaling

_UNITS = {0: "", 1: "metres", 2: "", 3: "micrometres"}
#: Zooms of header and affine that differ by more than this part are reported; rounded ones differ by less.
_ZOOMS_DIFFER = 1e-3
#: Slopes below count as none in ITK.
_NO_SLOPE_FOR_ITK = float(np.finfo(np.float64).eps)
#: Of an image whose masks are placed by an sform that holds a shear.
SKEW = "The axes are not at right angles to each other: ITK does not open masks on the image, nor a NIfTI file of it."


@lru_cache(maxsize=8)
def doubts(header: Header) -> tuple[str, ...]:
    """Return what is doubtful about a header of an image that has a place in space, one sentence each."""
    return tuple(
        sentence for kind in (_version, _shape, _place, _zooms, _offset, _scaling) for sentence in kind(header)
    )


def _version(header: Header) -> Iterator[str]:
    if header.version == 2:
        yield "The file is NIfTI-2, and so are masks on it; ITK does not open them."


def _shape(header: Header) -> Iterator[str]:
    if len(header.file_shape) == 1:
        yield "The file has a single axis, which SimpleITK does not open; axes of one voxel were added."
    elif len(header.file_shape) == 2:
        yield "The file has 2 axes; an axis of one voxel was added."
    count, *stated = header.stated("dim")
    for axis in range(4, count + 1):
        if stated[axis - 1] < 1:
            yield (
                f"The header states {stated[axis - 1]} voxels along axis {axis}; they are taken as one, as by ITK, but "
                "nibabel finds no voxel in the file, so that a script of the recipe cannot read it."
            )
    if header.is_long:
        yield (
            f"The header states {_times(stated[:3])} voxels, which is how FreeSurfer writes the values of a surface; "
            f"they are read as {_times(header.file_shape[:3])}, as by nibabel, but not by ITK."
        )


def _place(header: Header) -> Iterator[str]:
    for form, counted in (("sform", header.sform_code), ("qform", header.qform_code)):
        if (code := header.stated(f"{form}_code")) != counted:
            yield f"The header has an {form} of the code {code}, which is none; nibabel leaves it out too."
    if header.placed_by == "zooms":
        yield (
            "Neither sform nor qform has a code, so left and right are not known: the first axis is "
            "taken to run to the left and the centre to be the origin, as nibabel does."
        )
    elif header.placed_by == "qform" and header.sform_code:
        yield (
            "The sform gives no place in space (an axis has no length, or a number is missing), so the qform is used, "
            "as by ITK, but not by nibabel; masks are written without that sform."
        )
    elif header.sform_code and header.qform_code and header.disagreement > DISAGREE * min(header.zooms):
        yield f"sform and qform disagree by up to {header.disagreement:.3g} mm at the corners; the sform is used."
    yield from doubts_of_place(header.geometry())
    if header.is_skew:
        yield SKEW
    if header.qform_code:
        if not np.isfinite(header.qform).all():
            yield "The qform holds what is not a number; masks are written without it."
        elif not header.is_rotation:
            refused = (
                "which nibabel and nilearn refuse, and with them a script of the recipe"
                if header.placed_by == "qform"
                else "so that nibabel does not read the qform, but the sform is used"
            )
            yield (
                f"The quaternion of the qform is none of a rotation (b² + c² + d² is {header.quaternion_square:.9g}, "
                f"but at most 1), {refused}; it is made shorter, as by ITK, and masks are written so."
            )
        if (qfac := header.stated("pixdim")[0]) < 0 and qfac != -1:
            yield (
                f"The header has a qfac (pixdim[0]) of {qfac:g} rather than 1 or -1; it is taken as 1, as by nibabel, "
                "but ITK takes it as -1, which mirrors the third axis."
            )


def _zooms(header: Header) -> Iterator[str]:
    axes = min(3, len(header.file_shape))
    stated = np.array(header.stated("pixdim")[1 : 1 + axes])
    if not (np.isfinite(stated) & (stated > 0)).all():
        decided = (
            "the affine decides"
            if header.placed_by == "sform"
            else f"{_times(header.zooms[:axes])} mm are assumed, as by nibabel"
        )
        # ITK takes 1 mm for what is zero or no number, and turns an axis of less than zero round.
        itk = (
            ""
            if header.placed_by == "qform" and (stated == 0)[~(stated > 0)].all()
            else ", but ITK reads them otherwise"
        )
        yield f"The header states zooms (pixdim) of zero or less ({_times(stated)}); {decided}{itk}."
    elif header.placed_by == "sform":
        used = np.array(header.geometry().zooms[:axes])
        if (np.abs(stated - used) > _ZOOMS_DIFFER * used).any():
            yield (
                f"The header states zooms (pixdim) of {_times(stated)} mm, but its sform, which is used, has "
                f"{_times(used)} mm; what goes by pixdim, such as ITK, measures other volumes."
            )
    if unit := _UNITS.get(header.stated("xyzt_units") & 7, "a unit that NIfTI does not know"):
        yield f"The header states lengths in {unit}, but they are taken as mm, as by nibabel; ITK converts them."


def _offset(header: Header) -> Iterator[str]:
    stated = float(header.stated("vox_offset"))
    least = header.size + 4 if header.is_single else 0
    if math.isfinite(stated) and stated >= least:
        return
    read = f"they are read from byte {header.offset}"
    if header.is_single:
        nibabel = "reads them from byte 0" if stated == 0 else "refuses the file"
        itk = "as by ITK" if stated == header.offset else f"but by ITK from byte {header.size}"
        read = f"{read}, {itk}, and nibabel {nibabel}, so that a script of the recipe cannot read it"
    yield f"The header states that the voxels begin at byte {stated:g}, but that is at least {least}; {read}."


def _scaling(header: Header) -> Iterator[str]:
    slope, intercept = header.stated("scl_slope"), header.stated("scl_inter")
    added = math.isfinite(intercept) and intercept != 0
    if math.isinf(slope) or (added and (slope == 0 or math.isnan(slope))):
        yield (
            f"The header states a slope of {slope:g} and an intercept of {intercept:g}; values are taken as they are "
            "stored, as by nibabel, but not by ITK."
        )
    elif 0 < abs(slope) < _NO_SLOPE_FOR_ITK:
        yield f"The header states a slope of {slope:g}, which ITK takes for none."
    yield from doubts_of_scaling(*header.scaling, header.dtype)


def _times(values: object) -> str:
    return " × ".join(f"{value:.6g}" for value in np.asarray(values).tolist())
