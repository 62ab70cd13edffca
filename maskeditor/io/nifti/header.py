"""NIfTI headers as bytes: what places a mask where its image is, kept to the last bit.

Layouts: https://nifti.nimh.nih.gov (nifti1.h, nifti2.h).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from maskeditor.core.errors import GeometryError, mid_sentence
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Affine, Array
from maskeditor.engine.box import Box
from maskeditor.io.nifti.fields import CODES, GEOMETRY_FIELDS, MAGIC, RECORDS, REFUSED, SIZES, TYPES
from maskeditor.io.nifti.rotations import quaternion, rotation
from maskeditor.io.streams import HeaderError, begins_packed
from maskeditor.version import __version__

_MM_AND_SECONDS = 2 | 8
#: The codes that say of a form what its space is; any other is taken as 0, which is none, as nibabel does.
_FORM_CODES = range(1, 6)
#: qform and sform whose corners differ by more than this part of a voxel disagree.
DISAGREE = 0.05
#: How many of a unit of time a second has (xyzt_units, bits 3 to 5).
_OF_A_SECOND = {8: 1.0, 16: 1e3, 24: 1e6}
#: How FreeSurfer writes its finest surface, which is too long for a dimension of NIfTI-1.
_FINEST_SURFACE = (27307, 1, 6)


@dataclass(frozen=True)
class Header:
    """A NIfTI-1 or NIfTI-2 header, as its bytes stand in the file.

    It holds all that is needed to write a mask with the same geometry; an image that is not NIfTI gets one
    from `Header.from_geometry`.

    Parameters
    ----------
    raw : bytes
        348 bytes (NIfTI-1) or 540 bytes (NIfTI-2), little or big endian.

    Raises
    ------
    HeaderError
        If the bytes are no NIfTI header.

    Examples
    --------
    >>> header = Header.from_geometry(Geometry((4, 5, 6), np.diag([2.0, 2.0, 3.0, 1.0])))
    >>> header.version, header.shape, header.affine.diagonal().tolist()
    (1, (4, 5, 6), [2.0, 2.0, 3.0, 1.0])
    """

    raw: bytes

    def __post_init__(self) -> None:
        if self._bytes("magic") not in (MAGIC[self.version, True], MAGIC[self.version, False]):
            raise HeaderError(
                "its header lacks the NIfTI mark, as in Analyze files, which do not tell left from right; "
                "convert it to NIfTI with the program that made it."
            )
        object.__setattr__(self, "raw", bytes(self.raw[: self.size]))

    @cached_property
    def _key(self) -> tuple[int, Literal["<", ">"]]:
        for version, size in SIZES.items():
            if len(self.raw) >= size:
                if struct.unpack_from("<i", self.raw)[0] == size:
                    return version, "<"
                if struct.unpack_from(">i", self.raw)[0] == size:
                    return version, ">"
        if begins_packed(self.raw):
            raise HeaderError("it is packed twice; unpack it once.")
        raise HeaderError("it has no NIfTI header; copy or download it again, or give another file.")

    @classmethod
    def from_geometry(cls, geometry: Geometry, volumes: int = 1, seconds: float = 0.0) -> Header:
        """Make a header for an image that did not come from NIfTI: scanner coordinates, mm, seconds.

        Parameters
        ----------
        geometry : Geometry
        volumes : int
            Number of volumes in time.
        seconds : float
            Time between volumes; 0 if unknown.
        """
        # dim holds 16 bits in NIfTI-1.
        version = 1 if max(*geometry.shape, volumes) <= np.iinfo(np.int16).max else 2
        record = np.zeros((), RECORDS[version, "<"])
        quatern, qfac = quaternion(geometry)
        record["sizeof_hdr"] = SIZES[version]
        record["magic"] = MAGIC[version, True]
        record["dim"] = (4 if volumes > 1 else 3, *geometry.shape, volumes, 1, 1, 1)
        record["pixdim"] = (qfac, *geometry.zooms, seconds, 0, 0, 0)
        record["datatype"], record["bitpix"], record["scl_slope"] = 2, 8, 1
        record["xyzt_units"] = _MM_AND_SECONDS
        record["qform_code"], record["sform_code"] = 1, 1
        record["quatern"], record["qoffset"] = quatern, geometry.affine[:3, 3]
        record["srow"] = geometry.affine[:3]
        header = cls(record.tobytes())
        if header.disagreement > DISAGREE * min(geometry.zooms):
            # A quaternion holds no shear (gantry tilt): a wrong qform would be worse than none.
            record["qform_code"] = 0
            header = cls(record.tobytes())
        return header

    @cached_property
    def _record(self) -> Array:
        return np.frombuffer(self.raw, RECORDS[self.version, self.byte_order])[0]  # type: ignore[no-any-return]

    def _bytes(self, field: str) -> bytes:
        dtype, offset = RECORDS[self.version, self.byte_order].fields[field][:2]  # type: ignore[index]
        return self.raw[offset : offset + dtype.itemsize]

    @property
    def version(self) -> int:
        """1 or 2."""
        return self._key[0]

    @property
    def byte_order(self) -> Literal["<", ">"]:
        """`<` little or `>` big endian."""
        return self._key[1]

    @property
    def size(self) -> int:
        """Bytes of the header."""
        return SIZES[self.version]

    @property
    def is_single(self) -> bool:
        """Whether header and voxels share a file (.nii), rather than .hdr and .img."""
        return self._bytes("magic") == MAGIC[self.version, True]

    def stated(self, field: str) -> Any:
        """Return a field of the header as it stands there."""
        return self._record[field].tolist()

    @cached_property
    def file_shape(self) -> tuple[int, ...]:
        """The shape that the file states, of one to seven axes; long axes as FreeSurfer writes them, read as nibabel.

        Axes after the third that state no voxel count as one, as in ITK.
        """
        count, *stated = self.stated("dim")
        sizes = (*stated[:3], *(max(1, size) for size in stated[3:]))[: max(1, min(count, 7))]
        if self.version == 1 and sizes[:3] == (-1, 1, 1):
            sizes = (self.stated("glmin"), *sizes[1:])
        elif self.version == 1 and sizes[:3] == _FINEST_SURFACE:
            sizes = (math.prod(_FINEST_SURFACE), 1, 1, *sizes[3:])
        if not 1 <= count <= 7 or min(sizes) < 1:
            states = (
                f"the impossible shape {sizes}" if 1 <= count <= 7 else f"{count} axes, but from 1 to 7 are possible"
            )
            raise HeaderError(f"its header states {states}; save the file again with the program that made it.")
        return sizes

    @property
    def is_long(self) -> bool:
        """Whether the first axis is longer than NIfTI-1 can state, and written as FreeSurfer does."""
        return bool(self.file_shape[0] != self.stated("dim")[1])

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The shape as three or four axes: trailing axes of one voxel are dropped, missing ones added."""
        shape = self.file_shape
        while len(shape) > 3 and shape[-1] == 1:
            shape = shape[:-1]
        if len(shape) > 4:
            raise HeaderError(
                f"it has {len(shape)} axes ({' × '.join(map(str, shape))}), but an image may have three, and "
                "a fourth for time; split it into images of three or four axes."
            )
        return shape + (1,) * (3 - len(shape))

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """The type of the stored values, in the file's byte order."""
        code = int(self._record["datatype"])
        if code not in TYPES:
            what = REFUSED.get(code, f"values of the unknown type {code}")
            raise HeaderError(f"it holds {what}, but one ordinary real number a voxel is wanted; convert it first.")
        return np.dtype(self.byte_order + TYPES[code])

    @property
    def offset(self) -> int:
        """Where the voxels begin in their file; where the header cannot mean what it states, at the first place."""
        stated = float(self._record["vox_offset"])
        first = self.size if self.is_single else 0
        if math.isfinite(stated) and stated >= first:
            return int(stated)
        return self.size + 4 if self.is_single else 0

    @property
    def scaling(self) -> tuple[float, float]:
        """Slope and intercept; 1 and 0 where the header asks for no scaling, as nibabel reads it."""
        slope, intercept = float(self._record["scl_slope"]), float(self._record["scl_inter"])
        if slope == 0 or not math.isfinite(slope):
            return 1.0, 0.0
        if not math.isfinite(intercept):
            raise HeaderError("its slope is valid but its intercept is no number; repair scl_inter in the header.")
        return slope, intercept

    @property
    def zooms(self) -> tuple[float, float, float]:
        """Zooms of the header (pixdim 1 to 3), made positive, 1 where they are 0, as nibabel repairs them."""
        x, y, z = (abs(value) or 1.0 for value in self._record["pixdim"][1:4].tolist())
        return (x, y, z)

    @property
    def repetition_time(self) -> float:
        """The seconds from one volume to the next (pixdim 4); 0 where no time is stated, or none with a unit."""
        # As it was written: single precision makes 0.7200000286 of 0.72, and events would miss their volumes.
        stated = float(str(self._record["pixdim"][4]))
        seconds = stated / _OF_A_SECOND.get(self.stated("xyzt_units") & 0b111000, math.inf)
        return seconds if math.isfinite(seconds) and seconds > 0 else 0.0

    @cached_property
    def sform(self) -> Affine:
        """The affine of the sform, whatever its code."""
        affine = np.eye(4)
        affine[:3] = self._record["srow"]
        return affine

    @property
    def sform_code(self) -> int:
        """What space the sform leads to; 0 if it counts for nothing."""
        return self._form_code("sform_code")

    @property
    def qform_code(self) -> int:
        """What space the qform leads to; 0 if it counts for nothing."""
        return self._form_code("qform_code")

    def _form_code(self, field: str) -> int:
        code = int(self._record[field])
        return code if code in _FORM_CODES else 0

    @cached_property
    def _quaternion(self) -> Array:
        """b, c and d in the widest floats, as `rotation` wants them."""
        return self._record["quatern"].astype(np.longdouble)

    @property
    def quaternion_square(self) -> float:
        """b² + c² + d², which is at most 1 in a rotation."""
        return float((self._quaternion**2).sum())

    @property
    def _tolerance(self) -> float:
        # Rounded half-turns give a tiny rest of either sign; nibabel uses this same tolerance.
        return 3 * float(np.finfo(np.float32 if self.version == 1 else np.float64).eps)

    @property
    def is_rotation(self) -> bool:
        """Whether the quaternion is one, as far as it was rounded; nibabel refuses any other."""
        return self.quaternion_square - 1 < self._tolerance

    @cached_property
    def qform(self) -> Affine:
        """The affine of the qform, whatever its code."""
        x, y, z = self.zooms
        affine = np.eye(4)
        qfac = -1.0 if float(self._record["pixdim"][0]) == -1.0 else 1.0
        affine[:3, :3] = rotation(self._quaternion, self._tolerance) * (x, y, qfac * z)
        affine[:3, 3] = self._record["qoffset"]
        return affine

    @property
    def disagreement(self) -> float:
        """By how many mm sform and qform, whatever their codes, lie apart at the corners at most."""
        reach = np.abs(self.sform - self.qform)[:3] @ np.array([*(n - 1 for n in self.shape[:3]), 1])
        return float(np.linalg.norm(reach))

    @cached_property
    def placed_by(self) -> Literal["sform", "qform", "zooms"]:
        """What the affine is taken from; an sform without a place in space yields to a qform with one, as in ITK."""
        if self.sform_code and not (self.qform_code and _is_place(self.qform) and not _is_place(self.sform)):
            return "sform"
        return "qform" if self.qform_code else "zooms"

    @cached_property
    def affine(self) -> Affine:
        """The affine as nibabel chooses: sform, else qform, else the zooms with the centre at the origin."""
        if self.placed_by != "zooms":
            return self.sform if self.placed_by == "sform" else self.qform
        count = len(self.file_shape)
        zooms = np.array([zoom if axis < count else 1.0 for axis, zoom in enumerate(self.zooms)]) * (-1, 1, 1)
        affine = np.diag([*zooms, 1.0])
        affine[:3, 3] = -zooms * (np.array(self.shape[:3]) - 1) / 2
        return affine

    @cached_property
    def sound(self) -> Header:
        """What of this header masks are written with: all of it, but for what nibabel or ITK would not open."""
        record = self._record.copy()
        if self.qform_code and not _is_place(self.qform):
            record["qform_code"], record["quatern"], record["qoffset"] = 0, 0, 0
        elif self.qform_code and not self.is_rotation:
            record["quatern"] = self._quaternion / np.sqrt(self.quaternion_square)
        if self.sform_code and not _is_place(self.sform):
            record["sform_code"], record["srow"] = 0, 0
        stated = record["pixdim"][1:4]
        measured = self.geometry().zooms if record["sform_code"] and not record["qform_code"] else self.zooms
        record["pixdim"][1:4] = np.where(np.isfinite(stated) & (stated > 0), stated, measured)
        sound = Header(record.tobytes())
        return sound if self.differences(sound) else self

    def geometry(self) -> Geometry:
        """Return the grid of the image.

        Raises
        ------
        HeaderError
            If the affine is singular or not finite.
        """
        try:
            return Geometry(self.shape[:3], self.affine)
        except GeometryError as error:
            raise HeaderError(mid_sentence(error)) from None

    def differences(self, other: Header) -> tuple[str, ...]:
        """Name the geometry fields whose bytes differ from another header's; empty when none does."""
        if self._key != other._key:
            return ("version or byte order",)
        fields = [field for field in GEOMETRY_FIELDS if self._bytes(field) != other._bytes(field)]
        return tuple(["dim"] * (self.shape[:3] != other.shape[:3]) + fields)

    def for_series(self, seconds: float) -> Header:
        """Return a header with this geometry for a series with so many seconds between volumes (0: unknown)."""
        record = self._record.copy()
        units = int(record["xyzt_units"])
        if units & 0b111000 not in _OF_A_SECOND:
            units = units & 0b111 | _MM_AND_SECONDS & 0b111000
            record["xyzt_units"] = units
        record["pixdim"][4] = seconds * _OF_A_SECOND[units & 0b111000]
        return Header(record.tobytes())

    def in_space_of(self, other: Header) -> Header:
        """Return this header with the codes of another, which say what space its affine leads to (1 if it has none)."""
        record = self._record.copy()
        code = other.sform_code or other.qform_code or 1
        for field in ("sform_code", "qform_code"):
            record[field] = code if record[field] else 0
        return Header(record.tobytes())

    def cropped(self, box: Box) -> Header:
        """Return the header of the voxels of a box: each stays at its place in the world.

        An image that was placed by its zooms alone, which put its middle at the origin, is placed by an sform then.

        Raises
        ------
        GeometryError
            If the first axis is longer than NIfTI-1 can state.
        """
        if self.is_long:
            raise GeometryError(f"An image {self.shape[0]} voxels long cannot be cropped; save it as NIfTI-2 first.")
        record = self._record.copy()
        record["dim"][1:4] = box.shape
        first = np.array([*box.start, 1.0])
        if self.placed_by == "zooms":
            record["sform_code"], record["srow"] = 1, self.affine[:3]
            record["srow"][:, 3] = (self.affine @ first)[:3]
        else:
            record["srow"][:, 3] = (self.sform @ first)[:3]
            record["qoffset"] = (self.qform @ first)[:3]
        return Header(record.tobytes())

    def for_values(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        *,
        single: bool = True,
        scaling: tuple[float, float] = (1.0, 0.0),
        cal_max: float = 0.0,
        extra: int = 0,
    ) -> Header:
        """Return a header with this geometry for other values on the same grid.

        Only the geometry fields are carried over: free text of the source may name the patient.

        Parameters
        ----------
        shape : tuple of 3 or 4 int
            The first three as in this header.
        dtype : numpy type
            One that NIfTI has.
        single : bool
            .nii rather than .hdr and .img.
        scaling : tuple of 2 float
            Slope and intercept.
        cal_max : float
            The intensity that viewers show brightest; 0 leaves it to them.
        extra : int
            Bytes of header extensions before the voxels (single files).
        """
        if shape[:3] != self.shape[:3]:
            raise GeometryError(f"The values have the shape {shape}, but the header is for {self.shape[:3]}.")
        record = np.zeros((), RECORDS[self.version, self.byte_order])
        for field in GEOMETRY_FIELDS:
            record[field] = self.sound.stated(field)
        # A 2D source stays 2D: its shape is part of the geometry.
        axes = len(shape) if len(shape) > 3 else min(3, len(self.file_shape))
        record["sizeof_hdr"] = self.size
        record["magic"] = MAGIC[self.version, single]
        record["dim"][:] = 1
        record["dim"][0] = axes
        record["dim"][1 : 1 + len(shape)] = (*(self.stated("dim")[1:4] if self.is_long else shape[:3]), *shape[3:])
        if self.is_long:
            record["glmin"] = self.stated("glmin")
        record["datatype"], record["bitpix"] = CODES[dtype.newbyteorder("=")], dtype.itemsize * 8
        record["vox_offset"] = self.size + 4 + extra if single else 0
        record["scl_slope"], record["scl_inter"] = scaling
        record["cal_max"] = cal_max
        record["descrip"] = f"maskeditor {__version__}".encode()
        return Header(record.tobytes())


def _is_place(affine: Affine) -> bool:
    """Whether an affine gives voxels a place in space."""
    try:
        Geometry((1, 1, 1), affine)
    except GeometryError:
        return False
    return True
