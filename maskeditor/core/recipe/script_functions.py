"""What scripts without maskeditor call: short functions of numpy and scipy alone, whose source goes into the script.

Speed is not their aim; each equals, to the bit, what the operations make quickly.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from maskeditor.engine.arrays import BoolArray


def stop(kind: Any, error: Any, _: Any) -> None:
    """Say in a sentence why no mask was written."""
    sys.stderr.write(f"No mask was written: {' '.join(str(error).split()) or kind.__name__}\n")


def opened(load: Any, path: str) -> Any:
    """Return an image as nibabel.load reads it; stop where the mask was made of another one."""
    try:
        image = load(path)
    except Exception as error:
        why = " ".join(str(error).split())
        sys.exit(f"{path} cannot be opened by nibabel, which this script reads by: {why}")
    header = image.header
    if "vox_offset" not in header:
        sys.exit(f"{path} is no NIfTI file, which this script wants; convert it first.")
    if header.is_single and image.dataobj.offset < header.sizeof_hdr + 4:
        sys.exit(f"{path} states that voxels begin within its header; save it anew.")
    if min(image.shape) < 1:
        sys.exit(f"{path} states an axis of no voxel, where nibabel reads none; save it anew.")
    if not is_place(image.affine):
        place, code = image.get_qform(coded=True)
        if code == 0 or not is_place(place):
            sys.exit(f"{path} has no place in space; repair its header.")
        image = type(image)(image.dataobj, place, header)
    try:
        return type(image)(np.asanyarray(image.dataobj), image.affine, header)
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        sys.exit(f"{path} cannot be read to its end: {why}")


def is_place(affine: Any) -> bool:
    """Return whether an affine gives voxels a place in space."""
    return bool(np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) >= 1e-12)


def three_axes(image: Any) -> Any:
    """Return an image with three axes, or four; axes of one voxel are added, or dropped after the fourth."""
    if image.ndim in (3, 4):
        return image
    shape = image.shape + (1,) * (3 - image.ndim)
    data = np.reshape(image.dataobj, shape if image.ndim < 3 else shape[:4])
    return type(image)(data, image.affine, image.header)


def on_grid(other: Any, image: Any, resample_to_img: Any = None, interpolation: str = "") -> Any:
    """Return a further image on the grid of the image, resampled if it was resampled when the mask was made."""
    ends = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = ends * (*(length - 1 for length in image.shape[:3]), 1)
    apart = np.abs(corners @ (other.affine - image.affine).T).max()
    if other.shape[:3] == image.shape[:3] and apart <= 1e-3:
        return other
    if not interpolation:
        sys.exit("A further image lies on another grid than the image; resample it first.")
    return resample_to_img(other, image, interpolation=interpolation, force_resample=True, copy_header=True)


def volume_of(image: Any, first: int | None = None, last: int | None = None) -> NDArray[Any]:
    """Return the intensities of an image; if 4D, the mean over its volumes, or from first to last (included)."""
    data: NDArray[Any] = np.asanyarray(image.dataobj)
    if last is not None and last >= (*data.shape, 1)[3]:
        sys.exit(f"The image has no volume {last}, counted from 0; give the image that the steps belong to.")
    if data.ndim == 3:
        return data
    data = data[..., first : None if last is None else last + 1]
    return data[..., 0] if data.shape[3] == 1 else data.mean(axis=3)


def series_of(image: Any, first: int | None = None, last: int | None = None) -> NDArray[Any]:
    """Return the intensities of an image with four axes, of the volumes from first to last (included)."""
    data: NDArray[Any] = np.asanyarray(image.dataobj)
    data = data if data.ndim == 4 else data[..., np.newaxis]
    return data[..., first : None if last is None else last + 1]


def moments(series: NDArray[Any], frames: Any = None) -> tuple[int, NDArray[Any], NDArray[Any]]:
    """Return how many volumes there are, or were chosen, their mean, and the sum of squared deviations from it."""
    chosen = range(series.shape[3]) if frames is None else frames
    mean, squares = np.zeros(series.shape[:3]), np.zeros(series.shape[:3])
    for frame in chosen:
        mean += series[..., frame]
    mean /= len(chosen)
    for frame in chosen:
        squares += (series[..., frame] - mean) ** 2
    return len(chosen), mean, squares


def smooth_each(series: NDArray[Any], zooms: Any, fwhm: float) -> NDArray[Any]:
    """Smooth each volume of a series with a Gaussian (mm); of one volume, return that alone."""
    made = [smooth(series[..., frame], zooms, fwhm) for frame in range(series.shape[3])]
    return made[0] if len(made) == 1 else np.asfortranarray(np.stack(made, axis=3))


def smooth(data: NDArray[Any], zooms: Any, fwhm: Any) -> NDArray[Any]:
    """Smooth a volume with a Gaussian (mm, or mm along each axis), as nilearn.image.smooth_img."""
    double = data.dtype.kind in "iuf" and data.dtype.itemsize == 8
    data = np.where(np.isfinite(data), data, 0).astype(np.float64 if double else np.float32)
    for axis, sigma in enumerate(fwhm / (np.sqrt(8 * np.log(2)) * np.asarray(zooms))):
        data = ndimage.gaussian_filter1d(data, sigma, axis) if sigma else data
    return data


def ball_dilation(mask: BoolArray, radius: float, zooms: Any) -> BoolArray:
    """Add all voxels within a distance (mm) of the mask."""
    if not mask.any():
        return mask
    near: BoolArray = ndimage.distance_transform_edt(~mask, sampling=zooms) <= radius * (1 + 1e-6)
    return near


def ball_erosion(mask: BoolArray, radius: float, zooms: Any) -> BoolArray:
    """Remove all voxels within a distance (mm) of the background, which goes on outside the volume."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), sampling=zooms)[1:-1, 1:-1, 1:-1]
    deep: BoolArray = depth > radius * (1 + 1e-6)
    return deep


def components_of(mask: BoolArray, neighbours: int = 6) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the number of each voxel's component (6, 18 or 26 neighbours; 0 outside), and the sizes by number."""
    structure = ndimage.generate_binary_structure(3, {6: 1, 18: 2, 26: 3}[neighbours])
    labels, _ = ndimage.label(mask, structure)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels, sizes


def largest(mask: BoolArray, count: int = 1, neighbours: int = 6) -> BoolArray:
    """Keep the largest components."""
    labels, sizes = components_of(mask, neighbours)
    kept = np.argsort(-sizes, kind="stable")[:count]
    return mask & np.isin(labels, kept)


def at_least(mask: BoolArray, voxels: float, neighbours: int = 6) -> BoolArray:
    """Keep the components of at least so many voxels."""
    labels, sizes = components_of(mask, neighbours)
    kept: BoolArray = mask & (sizes[labels] >= voxels)
    return kept


def component_with(mask: BoolArray, voxel: tuple[int, int, int], neighbours: int = 6) -> BoolArray:
    """Return the component that holds a voxel."""
    if not mask[voxel]:
        raise ValueError(f"The voxel {voxel} is not where it was when the mask was made.")
    labels, _ = components_of(mask, neighbours)
    component: BoolArray = labels == labels[voxel]
    return component


def near_path(
    shape: tuple[int, ...],
    affine: NDArray[np.float64],
    path: ArrayLike,
    radius: float,
    axis: int | None = None,
    square: bool = False,
) -> BoolArray:
    """Return the voxels within a radius (mm) of a path, and those it runs through; of one slice if given its axis.

    For scripts: equal to `maskeditor.engine.stroke_painter.StrokePainter`, by numpy alone.

    Parameters
    ----------
    shape : tuple of 3 int
    affine : (4, 4) array
    path : (N, 3) array_like
        In world mm.
    radius : float
    axis : int, optional
        The slice is the one across this axis that is nearest to the first point.
    square : bool
        Whether the radius counts along each axis of the slice by itself.

    Examples
    --------
    >>> near_path((5, 1, 1), np.eye(4), [(0, 0, 0), (2, 0, 0)], radius=1).ravel().tolist()
    [True, True, True, True, False]
    """
    steps, inverse = affine[:3, :3], np.linalg.inv(affine)
    points = [np.asarray(point) @ inverse[:3, :3].T + inverse[:3, 3] for point in np.asarray(path, dtype=float)]
    if axis is not None:
        for point in points[::-1]:
            point[axis] = np.rint(points[0][axis])
    metric = steps.T @ steps
    reach = (radius + 1e-6) * np.sqrt(1 / np.diag(metric) if square else np.diag(np.linalg.inv(metric)))
    near = np.zeros(shape, dtype=bool)
    for start, stop in zip([points[0], *points[:-1]], points, strict=True):
        low, high = np.minimum(start, stop) - reach, np.maximum(start, stop) + reach
        if axis is not None:
            low[axis] = high[axis] = start[axis]
        low, high = (np.clip(end, 0, shape).astype(int) for end in (np.ceil(low), np.floor(high) + 1))
        box = tuple(slice(*ends) for ends in zip(low, high, strict=True))
        # How far each voxel of the box lies from the way between the two points.
        offset, way = np.indices(near[box].shape).T + (low - start), stop - start
        if square:
            moves = [other for other in range(3) if other != axis and way[other]]
            held = np.all([np.abs(offset[..., other]) <= reach[other] for other in range(3) if way[other] == 0], axis=0)
            # The part of the way that is near enough along one axis, and along the other, must have a part in common.
            ends = np.sort([(offset[..., moves] + side * reach[moves]) / way[moves] for side in (-1, 1)], axis=0)
            common = ends[0].max(axis=-1, initial=0) <= ends[1].min(axis=-1, initial=1)
            near[box] |= (held & common).T
        else:
            offset, way = offset @ steps.T, steps @ way
            along = np.clip(offset @ way / max(way @ way, 1e-300), 0, 1)
            near[box] |= (np.linalg.norm(offset - along[..., None] * way, axis=-1) <= radius + 1e-6).T
        # The voxels that the way runs through, however thin the brush.
        count = max(1, int(np.ceil(2 * np.abs(stop - start).max())))
        through = np.rint(start + (np.arange(count + 1) / count)[:, None] * (stop - start))
        through = through[((through >= 0) & (through < shape)).all(axis=1)].astype(int)
        near[tuple(through.T)] = True
    return near
