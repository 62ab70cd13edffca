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

from maskeditor.core.errors import GeometryError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Affine, Array
from maskeditor.io.nifti.fields import CODES, GEOMETRY_FIELDS, MAGIC, RECORDS, REFUSED, SIZES, TYPES, quaternion
from maskeditor.io.streams import HeaderError
from maskeditor.version import __version__

_MM_AND_SECONDS = 2 | 8
_UNITS = {1: "metres", 3: "micrometres"}
#: qform and sform whose corners differ by more than this part of a voxel are reported to disagree.
_DISAGREE = 0.05


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
        quatern, qfac, exact = quaternion(geometry)
        record["sizeof_hdr"] = SIZES[version]
        record["magic"] = MAGIC[version, True]
        record["dim"] = (4 if volumes > 1 else 3, *geometry.shape, volumes, 1, 1, 1)
        record["pixdim"] = (qfac, *geometry.zooms, seconds, 0, 0, 0)
        record["datatype"], record["bitpix"], record["scl_slope"] = 2, 8, 1
        record["xyzt_units"] = _MM_AND_SECONDS
        # A quaternion holds no shear (gantry tilt): a wrong qform would be worse than none.
        record["qform_code"], record["sform_code"] = int(exact), 1
        record["quatern"], record["qoffset"] = quatern, geometry.affine[:3, 3]
        record["srow"] = geometry.affine[:3]
        return cls(record.tobytes())

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

    @cached_property
    def file_shape(self) -> tuple[int, ...]:
        """The shape that the file states, of one to seven axes."""
        count, *sizes = self._record["dim"].tolist()
        if not 1 <= count <= 7 or min(sizes[:count]) < 1:
            raise HeaderError(
                f"its header states the impossible shape {tuple(sizes[: max(1, min(count, 7))])}; "
                "save the file again with the program that made it."
            )
        return tuple(sizes[:count])

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
        """Where the voxels begin in their file."""
        stated = float(self._record["vox_offset"])
        stated = stated if math.isfinite(stated) and stated > 0 else 0.0
        return max(int(stated), self.size + 4) if self.is_single else int(stated)

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
    def seconds(self) -> float:
        """The time between volumes as stated (pixdim 4)."""
        return float(self._record["pixdim"][4])

    @cached_property
    def sform(self) -> Affine:
        """The affine of the sform, whatever its code."""
        affine = np.eye(4)
        affine[:3] = self._record["srow"]
        return affine

    @cached_property
    def qform(self) -> Affine:
        """The affine of the qform, whatever its code (nifti1.h, method 2)."""
        # In the widest floats, as nibabel does: the results are equal to the last bit.
        b, c, d = self._record["quatern"].astype(np.longdouble)
        rest = 1 - (b * b + c * c + d * d)
        # Rounded half-turns give a tiny rest of either sign; nibabel uses this same tolerance.
        tolerance = 3 * float(np.finfo(np.float32 if self.version == 1 else np.float64).eps)
        a = np.sqrt(rest) if rest >= tolerance else np.longdouble(0)
        norm = a * a + b * b + c * c + d * d
        s = 2 / norm
        rotation = np.array(
            [
                [1 - s * (c * c + d * d), s * (b * c - a * d), s * (b * d + a * c)],
                [s * (b * c + a * d), 1 - s * (b * b + d * d), s * (c * d - a * b)],
                [s * (b * d - a * c), s * (c * d + a * b), 1 - s * (b * b + c * c)],
            ]
        )
        x, y, z = self.zooms
        affine = np.eye(4)
        affine[:3, :3] = rotation * (x, y, -z if float(self._record["pixdim"][0]) == -1.0 else z)
        affine[:3, 3] = self._record["qoffset"]
        return affine

    @cached_property
    def affine(self) -> Affine:
        """The affine as nibabel chooses: sform, else qform, else the zooms with the centre at the origin."""
        if int(self._record["sform_code"]) != 0:
            return self.sform
        if int(self._record["qform_code"]) != 0:
            return self.qform
        count = len(self.file_shape)
        zooms = np.array([zoom if axis < count else 1.0 for axis, zoom in enumerate(self.zooms)]) * (-1, 1, 1)
        affine = np.diag([*zooms, 1.0])
        affine[:3, 3] = -zooms * (np.array(self.shape[:3]) - 1) / 2
        return affine

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
            raise HeaderError(f"it has no place in space: {error}") from None

    def findings(self) -> tuple[str, ...]:
        """Say what is doubtful about the header, one sentence each."""
        record, found = self._record, []
        has_sform, has_qform = int(record["sform_code"]) != 0, int(record["qform_code"]) != 0
        if len(self.file_shape) < 3:
            found.append(f"The file has {len(self.file_shape)} axes; axes of one voxel were added.")
        if not has_sform and not has_qform:
            found.append(
                "Neither sform nor qform has a code, so left and right are not known: the first axis is "
                "taken to run to the left and the centre to be the origin, as nibabel does."
            )
        elif has_sform and has_qform:
            reach = np.abs(self.sform - self.qform)[:3] @ np.array([*(n - 1 for n in self.shape[:3]), 1])
            if not float(np.linalg.norm(reach)) <= _DISAGREE * min(self.zooms):
                found.append(
                    f"sform and qform disagree by up to {np.linalg.norm(reach):.3g} mm at the corners; the "
                    "sform is used."
                )
        if not (record["pixdim"][1 : 1 + min(3, len(self.file_shape))] > 0).all():
            found.append("The header states zooms (pixdim) of zero or less; the affine decides.")
        if (unit := int(record["xyzt_units"]) & 7) in _UNITS:
            found.append(f"The header states lengths in {_UNITS[unit]}, but they are taken as mm.")
        return tuple(found)

    def differences(self, other: Header) -> tuple[str, ...]:
        """Name the geometry fields whose bytes differ from another header's; empty when none does."""
        if self._key != other._key:
            return ("version or byte order",)
        fields = [field for field in GEOMETRY_FIELDS if self._bytes(field) != other._bytes(field)]
        return tuple(["dim"] * (self.shape[:3] != other.shape[:3]) + fields)

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
            record[field] = self._record[field]
        # A 2D source stays 2D: its shape is part of the geometry.
        axes = len(shape) if len(shape) > 3 else min(3, len(self.file_shape))
        record["sizeof_hdr"] = self.size
        record["magic"] = MAGIC[self.version, single]
        record["dim"] = (axes, *shape, *(1,) * (7 - len(shape)))
        record["datatype"], record["bitpix"] = CODES[dtype.newbyteorder("=")], dtype.itemsize * 8
        record["vox_offset"] = self.size + 4 + extra if single else 0
        record["scl_slope"], record["scl_inter"] = scaling
        record["cal_max"] = cal_max
        record["descrip"] = f"maskeditor {__version__}".encode()
        return Header(record.tobytes())
