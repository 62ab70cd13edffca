"""What an operation may look at, and what it gives back."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.cropped import CroppedMask, CroppedMasks, Kept, Part, cropped_volume
from maskeditor.core.operation.intermediates import Intermediates
from maskeditor.core.operation.outside import Outside
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import Voxels
from maskeditor.core.space.volume import FrameChoice, Volume
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.bits import in_whole_rows
from maskeditor.engine.box import Box, Voxel
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress

if TYPE_CHECKING:
    from maskeditor.engine.components.components import Components


class Patch(NamedTuple):
    """The new voxels of a box; outside the box a mask stays as it is."""

    box: Box
    data: BoolArray


class MakesImage(Protocol):
    """An operation that makes an image, compared and hashed by its parameters."""

    @property
    def image(self) -> str:
        """The image it is made of, by name."""
        ...

    def made(self, scene: Scene, progress: Progress) -> Volume:
        """Work the image out of what it looks at."""
        ...

    def __hash__(self) -> int:
        """Return the same number for the same parameters."""
        ...


@dataclass(frozen=True)
class Derived:
    """A derived image by its definition. Equal definitions are equal images, whenever they are worked out.

    Parameters
    ----------
    operation : MakesImage
    looks_at : tuple of (str, Volume or Derived)
        The images that the operation looks at, by name; "" is the one that is edited on.
    frames : int
        Volumes in time that it has.
    """

    operation: MakesImage
    looks_at: tuple[tuple[str, Volume | Derived], ...]
    frames: int


#: The full width at half maximum of a Gaussian, in mm, or one along each axis.
Width = float | tuple[float, float, float]


def smooths(fwhm: Width) -> bool:
    """Whether a Gaussian of a width in mm, or of one along each axis, changes anything."""
    return fwhm != 0 and fwhm != (0, 0, 0)


#: An image that was opened, or the definition of one that is worked out when it is looked at.
ImageSource = Volume | Derived


@dataclass(frozen=True, eq=False)
class Scene:
    """All that an operation may look at, all of it read-only.

    Parameters
    ----------
    volume : Volume
        The image that is edited on.
    mask : (I, J, K) Voxels
        The mask as it is now.
    extent : Box or None
        A box that holds every voxel of the mask; None when the mask is empty.
    others : mapping of str to (I, J, K) Voxels
        The other ROIs by id.
    images : mapping of str to Volume or Derived
        Further images on the same grid, by name.
    outside : Outside
        Standard images on grids of their own, and programs.
    intermediates : Intermediates
        Where results that are needed again are kept.
    part_of : tuple of Scene and Box, optional
        The scene that this one was cropped from, and where. Means and smoothed images are taken from there, as they
        cannot be known from a part.
    focus : tuple of 3 int, optional
        The voxel that somebody looks at, for suggestions.
    kept_as : hashable, optional
        Of a part, the name under which its intensities are kept.
    """

    volume: Volume
    mask: Voxels
    extent: Box | None
    others: Mapping[str, Voxels] = field(default_factory=dict)
    images: Mapping[str, ImageSource] = field(default_factory=dict)
    outside: Outside = field(default_factory=Outside)
    intermediates: Intermediates = field(default_factory=Intermediates)
    part_of: tuple[Scene, Box] | None = None
    focus: Voxel | None = None
    kept_as: Hashable = None
    #: Derived images that were looked at, and cropped ones: held as long as the scene, whatever is kept or dropped.
    _held: dict[str, Volume] = field(default_factory=dict, init=False, repr=False)

    @property
    def middle(self) -> Voxel:
        """The voxel that somebody looks at, or that in the middle of the image."""
        i, j, k = (length // 2 for length in self.geometry.shape)
        return self.focus or (i, j, k)

    @property
    def geometry(self) -> Geometry:
        """The grid of image and masks."""
        return self.volume.geometry

    @property
    def whole(self) -> Box:
        """The box of the whole volume."""
        return Box.whole(self.geometry.shape)

    def image(self, name: str, progress: Progress | None = None) -> Volume:
        """Return an image by name; "" is the image that is edited on. A derived one is worked out if it has to be.

        Raises
        ------
        MaskEditorError
            If there is no image of that name.
        """
        if not name:
            return self.volume
        if name not in self.images:
            raise no_image(name, self.images)
        source = self.images[name]
        if self.part_of is None and isinstance(source, Volume):
            return source
        if name not in self._held:
            if self.part_of is not None:
                whole, box = self.part_of
                made = cropped_volume(whole.image(name, progress), box, self.geometry)
            else:
                made = image_of(source, self.volume, self.outside, self.intermediates, progress or Progress())
            self._held[name] = made
        return self._held[name]

    def sources(self, names: Iterable[str]) -> tuple[ImageSource | None, ...]:
        """Return what some images are, in the order of their names: equal ones are equal images, whenever asked.

        A name alone tells no image from another: the step that makes it may have been changed. None is no image.
        """
        return tuple(self.images.get(name) if name else self.volume for name in sorted(names))

    def has_image(self, name: str) -> bool:
        """Tell whether an image can be had at once: it is no derived one, or kept since it was looked at before."""
        if self.part_of is not None:
            return self.part_of[0].has_image(name)
        source = self.images.get(name)
        return not isinstance(source, Derived) or name in self._held or self.intermediates.has(source)

    def look_at(self, names: Iterable[str], progress: Progress) -> Progress:
        """Work out the derived images among some, and hold them; return the progress of the work that looks at them."""
        derived = [name for name in names if isinstance(self.images.get(name), Derived)]
        missing = [name for name in derived if not self.has_image(name)]
        for place, name in enumerate(missing):
            self.image(name, progress.within(place / len(missing) / 2, (place + 1) / len(missing) / 2))
        for name in derived:
            self.image(name, progress)
        return progress.within(0.5, 1.0) if missing else progress

    @property
    def floats_nbytes(self) -> int:
        """Bytes of one volume of floats on the grid, of the least precise that are worked with."""
        return self.whole.size * np.dtype(np.float32).itemsize

    def in_whole_rows(self, box: Box) -> Box:
        """Grow a box of the mask to whole rows, or planes, of memory where it holds most of them.

        What lies in one piece in memory is read in less time than parts of it. Masks are in Fortran order.
        """
        turned = in_whole_rows(Box(box.start[::-1], box.stop[::-1]), self.geometry.shape[::-1])
        return Box(turned.start[::-1], turned.stop[::-1])

    def other(self, roi: str) -> Voxels:
        """Return another ROI's mask (I, J, K) by id.

        Raises
        ------
        MaskEditorError
            If there is no ROI with that id.
        """
        if roi not in self.others:
            raise MaskEditorError(no_other_roi(roi, self.others))
        return self.others[roi]

    def intensities(self, image: str, frame: FrameChoice, fwhm: Width, progress: Progress) -> Array:
        """Return the intensities (I, J, K) of an image, after the mean over volumes and smoothing that were asked for.

        Parameters
        ----------
        image : str
            Name of a further image, or "" for the image that is edited on.
        frame : "mean", int or (int, int)
            Which volume of a 4D image.
        fwhm : float or tuple of 3 float
            Full width at half maximum of the Gaussian, in mm, or that along each axis; 0 leaves the image as it is.
        """
        volume = self.image(image)
        plain = volume.checked_frame(frame)
        if isinstance(plain, int) and not smooths(fwhm):
            return volume.intensities(plain)
        if self.part_of is not None:
            whole, box = self.part_of

            def part() -> Array:
                return whole.intensities(image, frame, fwhm, progress)[box.slices]

            if self.kept_as is None:
                return part()
            name = (self.kept_as, plain, fwhm)
            return whole.kept_part(name, box, whole.image(image), lambda: part().copy(order="F"))
        return kept_intensities(volume, plain, fwhm, self.intermediates, progress)

    def has_intensities(self, image: str, frame: FrameChoice, fwhm: Width) -> bool:
        """Tell whether intensities can be had at once: as stored, or kept since they were asked for before."""
        if not self.has_image(image):
            return False
        volume = self.image(image)
        plain = volume.checked_frame(frame)
        if isinstance(plain, int) and not smooths(fwhm):
            return True
        if self.part_of is not None:
            return self.part_of[0].has_intensities(image, frame, fwhm)
        return self.intermediates.has(("intensities", plain, fwhm), of=volume)

    def components(self, neighbours: int, progress: Progress) -> Components:
        """Return the connected components of the mask inside its extent, kept as long as the mask is the same.

        Parameters
        ----------
        neighbours : {6, 18, 26}
        progress : Progress

        Raises
        ------
        ValueError
            If the mask is empty.
        """
        from maskeditor.engine.components.components import Components, PackedMask

        if self.extent is None:
            raise ValueError("An empty mask has no components.")
        mask = PackedMask(self.mask[self.extent.slices])
        found: Components = self.intermediates.get(
            ("components", neighbours),
            lambda: Components(mask, neighbours, progress=progress),
            fits=lambda kept: kept.mask.equals(mask),
        )
        return found

    def cropped(self, box: Box, kept_as: Hashable = None) -> Scene:
        """Return the scene inside a box, its image as a view; what is beside is cropped when it is looked at.

        Where `kept_as` names it, intensities are copied and kept as long as nothing else is kept under that name:
        previews look at a few slices again and again, and voxels of a slice may lie far apart in memory.
        """
        extent = self.extent.intersection(box) if self.extent else None
        is_copied = kept_as is not None and len(self.volume.shape) == 3

        def part() -> Volume:
            return cropped_volume(self.volume, box, self.geometry.cropped(box))

        def copied() -> Volume:
            made = part()
            return replace(made, stored=made.stored.copy(order="F"))

        return Scene(
            volume=self.kept_part((kept_as,), box, self.volume, copied) if is_copied else part(),
            mask=CroppedMask(self.mask, box),
            extent=extent.within(box) if extent else None,
            others=CroppedMasks(self.others, box),
            images=self.images,
            outside=self.outside,
            intermediates=Intermediates(budget=0),
            part_of=(self, box),
            kept_as=kept_as,
        )

    def kept_part(self, name: tuple[Hashable, ...], box: Box, of: Volume, make: Callable[[], Kept]) -> Kept:
        """Return a part of what is made of an image, kept as long as no other box is kept under that name."""
        key = ("part", *name)
        kept: Part[Kept] = self.intermediates.get(
            key, lambda: Part(box, make()), of=of, fits=lambda one: bool(one.box == box)
        )
        return kept.made


def repetition_time_of(source: ImageSource) -> float:
    """Return the seconds from one volume of an image to the next; 0 where its header does not state them.

    A derived image has those of the image it is made of, as long as it has all its volumes.
    """
    while isinstance(source, Derived):
        made_of = dict(source.looks_at)[source.operation.image]
        if made_of.frames != source.frames:
            return 0.0
        source = made_of
    return source.repetition_time


def no_other_roi(roi: str, known: Iterable[str]) -> str:
    """Return the sentence that there is no other ROI of an id or name among those that are known."""
    listed = ", ".join(known) or "none"
    return f"There is no other ROI {roi!r} here (other ROIs: {listed}); choose one of them."


def no_image(name: str, known: Iterable[str]) -> OperationError:
    """Return the error that there is no image of a name among the further ones that are known."""
    listed = ", ".join(repr(other) for other in known if other) or "none"
    return OperationError(f"There is no image {name!r} here (further images: {listed}); add it or choose another.")


def image_of(
    source: ImageSource,
    base: Volume,
    outside: Outside,
    intermediates: Intermediates,
    progress: Progress,
) -> Volume:
    """Return an image; of a derived one, what was kept, or else what is worked out now and kept from now on."""
    if isinstance(source, Volume):
        return source

    def make() -> Volume:
        scene = Scene(
            volume=base,
            mask=np.broadcast_to(np.False_, base.geometry.shape),  # it has no ROI; this takes no memory
            extent=None,
            images={name: seen for name, seen in source.looks_at if name},
            outside=outside,
            intermediates=intermediates,
        )
        return source.operation.made(scene, progress)

    made: Volume = intermediates.get(source, make)
    return made


def kept_intensities(volume: Volume, frame: FrameChoice, fwhm: Width, kept: Intermediates, progress: Progress) -> Array:
    """Return the intensities (I, J, K) that `Scene.intensities` does, worked out unless they are among what is kept."""
    made: Array = kept.get(
        ("intensities", frame, fwhm),
        lambda: _prepared(volume, frame, fwhm, progress),
        of=volume,
        nbytes=math.prod(volume.geometry.shape) * np.dtype(np.float32).itemsize,
    )
    return made


def _prepared(volume: Volume, frame: FrameChoice, fwhm: Width, progress: Progress) -> Array:
    from maskeditor.engine.smoothing import smooth  # brings in scipy

    scaled = None
    if isinstance(frame, int):
        data = volume.stored_frame(frame)
        scaled = volume.scaled if volume.is_scaled else None
    else:
        first, last = (0, volume.frames - 1) if frame == "mean" else frame
        with np.errstate(over="ignore"):  # of which a sentence is made
            data = volume.mean(first, last, progress.part(0, 0.3))
        _check_sum(volume, data, slice(first, last + 1))
    if smooths(fwhm):
        data = smooth(data, volume.geometry.zooms, fwhm, scaled=scaled, progress=progress.part(0.3, 0.9))
    return data


def _check_sum(volume: Volume, mean: Array, frames: slice) -> None:
    """Raise `OperationError` if a mean (I, J, K) of floats is infinite though what was averaged is not."""
    for plane in range(mean.shape[2]):
        infinite = np.isinf(mean[:, :, plane])
        if not infinite.any():
            continue
        summed = volume.stored[:, :, plane, frames][infinite]
        if summed.dtype.kind == "f" and np.isfinite(summed).all(axis=-1).any():
            raise OperationError(
                "The intensities are so large that the sum of the volumes overflows, and their mean is infinite; scale "
                "the image, or choose one volume."
            )
