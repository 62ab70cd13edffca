"""Values inside a mask, and values of voxels put back where the mask has them."""

from __future__ import annotations

import numpy as np

from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.progress import Reporter, silent

#: Unsigned integers as wide as a value, by its bytes.
_AS_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
#: Voxels worked on at a time: they stay in the cache.
_FEW = 1 << 16


def keep_inside(values: Array, inside: BoolArray, outside: float) -> None:
    """Set all values outside a mask to one, in place.

    Parameters
    ----------
    values : (I, J, K) array of any type
    inside : (I, J, K) array of bool
    outside : float
        One that the type of the values holds.

    Examples
    --------
    >>> values = np.array([[[3, 4]]], np.int16)
    >>> keep_inside(values, np.array([[[False, True]]]), 0)
    >>> values
    array([[[0, 4]]], dtype=int16)
    """
    bits = _AS_BITS.get(values.dtype.itemsize)
    if outside != 0 or bits is None or not (values.flags.f_contiguous and inside.flags.f_contiguous):
        np.copyto(values, values.dtype.type(outside), where=~inside)
        return
    # All bits of a value stay, or none: there is no branch, and what is not a number outside goes too.
    flat, flags = values.reshape(-1, order="F").view(bits), inside.reshape(-1, order="F").view(np.uint8)
    kept = np.empty(min(_FEW, flags.size), bits)
    for start in range(0, flags.size, _FEW):
        part = slice(start, start + _FEW)
        few = kept[: flags[part].size]
        np.copyto(few, flags[part])
        np.negative(few, out=few)
        np.bitwise_and(flat[part], few, out=flat[part])


def unmasked(values: Array, mask: BoolArray, progress: Reporter = silent) -> Array:
    """Return an image of the values of a mask's voxels, 0 outside; equal to `nilearn.masking.unmask`.

    The voxels are in the order in which numpy picks them by a mask: the last axis counts fastest.

    Parameters
    ----------
    values : (N,) or (T, N) array of any type
        Of the N voxels, in T volumes.
    mask : (I, J, K) array of bool
    progress : callable of float, optional

    Returns
    -------
    (I, J, K) or (I, J, K, T) array of the values' type
        In Fortran order.

    Raises
    ------
    ValueError
        If the mask does not hold so many voxels.

    Examples
    --------
    >>> unmasked(np.array([5.0, 6.0]), np.array([[[False], [True]], [[True], [False]]]))[:, :, 0]
    array([[0., 5.],
           [6., 0.]])
    """
    count = int(np.count_nonzero(mask))
    if values.ndim not in (1, 2) or values.shape[-1] != count:
        raise ValueError(f"The values have the shape {values.shape}, but the mask holds {count} voxels.")
    rows = values if values.ndim == 2 else values[None]
    made: Array = np.zeros((*mask.shape, len(rows)), values.dtype, order="F")
    # The number of the next voxel of each row along the last axis: planes across it are filled as they lie in memory.
    counts = np.add.reduce(mask, axis=2, dtype=np.intp)
    ends = counts.ravel().cumsum().reshape(counts.shape)
    following = np.ascontiguousarray((ends - counts).T)
    for plane in range(mask.shape[2]):
        inside = mask[:, :, plane].T
        numbers = following[inside]
        for place, row in enumerate(rows):
            made[:, :, plane, place].T[inside] = row[numbers]
        following += inside
        progress((plane + 1) / mask.shape[2])
    return made if values.ndim == 2 else made[..., 0]
