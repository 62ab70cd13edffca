"""Where the fields of NIfTI headers stand.

Layouts: https://nifti.nimh.nih.gov (nifti1.h, nifti2.h).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

#: Field: (type in NIfTI-1, offset in NIfTI-1, type in NIfTI-2, offset in NIfTI-2); no type for one that is not there.
_FIELDS = {
    "sizeof_hdr": ("i4", 0, "i4", 0),
    "dim_info": ("u1", 39, "u1", 524),
    "dim": ("(8,)i2", 40, "(8,)i8", 16),
    "intent_code": ("i2", 68, "i4", 504),
    "datatype": ("i2", 70, "i2", 12),
    "bitpix": ("i2", 72, "i2", 14),
    "pixdim": ("(8,)f4", 76, "(8,)f8", 104),
    "vox_offset": ("f4", 108, "i8", 168),
    "scl_slope": ("f4", 112, "f8", 176),
    "scl_inter": ("f4", 116, "f8", 184),
    "xyzt_units": ("u1", 123, "i4", 500),
    "cal_max": ("f4", 124, "f8", 192),
    "glmin": ("i4", 144, "", 0),
    "descrip": ("S80", 148, "S80", 240),
    "qform_code": ("i2", 252, "i4", 344),
    "sform_code": ("i2", 254, "i4", 348),
    "quatern": ("(3,)f4", 256, "(3,)f8", 352),
    "qoffset": ("(3,)f4", 268, "(3,)f8", 376),
    "srow": ("(3,4)f4", 280, "(3,4)f8", 400),
    "magic": ("S4", 344, "S8", 4),
}
#: Everything that says where voxels are; a mask keeps these byte for byte (and the first three of `dim`).
GEOMETRY_FIELDS = (
    "dim_info",
    "pixdim",
    "xyzt_units",
    "qform_code",
    "sform_code",
    "quatern",
    "qoffset",
    "srow",
)
#: Bytes of a header by its version.
SIZES = {1: 348, 2: 540}
_ORDERS: tuple[Literal["<"], Literal[">"]] = ("<", ">")
MAGIC = {
    (1, True): b"n+1\0",
    (1, False): b"ni1\0",
    (2, True): b"n+2\0\r\n\x1a\n",
    (2, False): b"ni2\0\r\n\x1a\n",
}
#: Real types by their NIfTI code.
TYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
CODES = {np.dtype(name): code for code, name in TYPES.items()}
REFUSED = {
    1: "single bits",
    32: "complex numbers",
    128: "RGB colours",
    1536: "128-bit numbers, whose layout differs from machine to machine",
    1792: "complex numbers",
    2048: "complex numbers",
    2304: "RGBA colours",
}


def _record_type(version: int, order: Literal["<", ">"]) -> np.dtype[Any]:
    first = 2 * (version - 1)
    columns = [(name, *spec[first : first + 2]) for name, spec in _FIELDS.items() if spec[first]]
    fields: Any = {
        "names": [name for name, _, _ in columns],
        "formats": [np.dtype(str(kind)).newbyteorder(order) for _, kind, _ in columns],
        "offsets": [offset for _, _, offset in columns],
        "itemsize": SIZES[version],
    }
    record: np.dtype[Any] = np.dtype(fields)
    return record


RECORDS = {(version, order): _record_type(version, order) for version in (1, 2) for order in _ORDERS}
