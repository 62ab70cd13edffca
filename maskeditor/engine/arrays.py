"""Names for the types of arrays, declared once for all floors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Of any shape and any type of real numbers.
Array = NDArray[Any]
#: A mask, or a part of one.
BoolArray = NDArray[np.bool_]
#: Eight voxels a byte, or 64 a word, lowest bit first.
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
#: Signed whole numbers, such as indices and counts.
Integers = NDArray[np.signedinteger[Any]]
#: (4, 4), from voxel indices to world mm, or back.
Affine = NDArray[np.float64]
#: (..., 3), positions in the world (mm) or in voxels.
Points = NDArray[np.float64]
