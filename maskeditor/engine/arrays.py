"""Names for the types of arrays and of what goes with them, declared once for all floors; and one ufunc."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: Of any shape and any type of real numbers.
Array = NDArray[Any]
#: Of any shape, in 64-bit floats.
Floats = NDArray[np.float64]
#: Of any shape, in 32-bit floats.
Singles = NDArray[np.float32]
#: A mask, or a part of one.
BoolArray = NDArray[np.bool_]
#: Eight voxels a byte, or 64 a word, lowest bit first.
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
#: Signed whole numbers, such as indices and counts.
Integers = NDArray[np.signedinteger[Any]]
#: How many there are of each of several, such as voxels in each bin.
Counts = NDArray[np.intp]
#: (4, 4), from voxel indices to world mm, or back.
Affine = NDArray[np.float64]
#: (..., 3), positions in the world (mm) or in voxels.
Points = NDArray[np.float64]
#: How far voxels touch: 6 across faces, 18 across edges too, 26 across corners too.
Neighbours = Literal[6, 18, 26]

#: Of two masks, what is in the first and not in the second: of booleans, "greater" says just this, in one pass. Called
#: as numpy's ufuncs are, with `out` for the result.
and_not = np.greater
