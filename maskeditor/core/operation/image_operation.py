"""Operations that make an image, not a mask: what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from pydantic import PrivateAttr

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import quoted
from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.outside import Outside
from maskeditor.core.operation.parameter_types import FramesParameter, ImageName
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Derived, ImageSource, Patch, Scene, no_image
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.volume import Volume, check_frame
from maskeditor.engine.arrays import Array
from maskeditor.engine.progress import Progress


class ImageOperation(Operation):
    """An operation that makes a further image of another one, and changes no mask.

    Its image is a pure function of the image it looks at. It is worked out when something looks at it for the first
    time, and may be dropped and made again at any time.
    """

    makes_image: ClassVar[bool] = True
    #: Whether a voxel is made of its own course over time alone.
    by_voxel: ClassVar[bool] = False
    #: Whether it compares courses over time, so that what is chosen by it is chosen by their differences.
    tests: ClassVar[bool] = False

    name: ImageName = parameter(
        title="Name",
        description="What the image is called that is made; later steps look at it by this name.",
        role=Role.NAME,
    )
    image: str = parameter(
        "",
        title="Image",
        description="The image it is made of; leave it empty for the one that is edited on.",
        role=Role.IMAGE,
    )

    @property
    def keeps_intensities(self) -> bool:
        """Whether its values are intensities as those of the image it is made of, which it is looked at like."""
        return False

    def frames_made(self, frames: int, geometry: Geometry) -> int:
        """Return how many volumes the image will have, made of one that has so many; no voxel is looked at.

        Raises
        ------
        MaskEditorError
            If no image can be made of it.
        """
        return 1

    #: Whether it may refuse an image for its intensities, which `frames_made` does not see.
    is_choosy: ClassVar[bool] = False

    def check_intensities(self, image: Volume, progress: Progress) -> None:
        """Find out whether the image can be made of the intensities of another, which takes less than to make it.

        Asked before it becomes a step, as the image itself is worked out when something looks at it.

        Raises
        ------
        OperationError
            If it cannot.
        """

    def worked_out(self, image: Volume, progress: Progress) -> Array:
        """Return the intensities (I, J, K) or (I, J, K, T) of the new image, in Fortran order.

        Parameters
        ----------
        image : Volume
            The image that is looked at.
        progress : Progress
            Told how far the work is; raises `Cancelled` when it should stop.
        """
        raise NotImplementedError

    def made_of(self, image: Volume, outside: Outside, progress: Progress) -> Array:
        """Return what `worked_out` does; an operation that takes something from outside overrides this one instead."""
        return self.worked_out(image, progress)

    def made(self, scene: Scene, progress: Progress) -> Volume:
        """Work the image out."""
        rest = scene.look_at(self.images(), progress)
        try:
            values = self.made_of(scene.image(self.image), scene.outside, rest)
            return Volume(values, scene.geometry, name=self.name)
        except MemoryError as error:
            raise OperationError(
                f"The image {self.name!r} ({self.title}) needs more memory than there is; close other programs or "
                "crop the image."
            ) from error

    def of_volume(self, place: int, frames: int) -> Self:
        """Return what makes one volume in time alone of those that this makes of so many; itself if it makes one."""
        return self

    def at_a_glance(self, scene: Scene, progress: Progress) -> Volume | None:
        """Return the image in less time, to be looked at while a hand moves: no eye sees what is lost.

        None for what has no such way.
        """
        return None

    def reach(self, scene: Scene) -> tuple[int, int, int] | None:
        """Return how many voxels away, per axis, a voxel of the image looks; None when it may look anywhere."""
        return (0, 0, 0) if self.by_voxel else None

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Change no mask."""
        progress(1.0)
        return None

    def defined(self, images: Mapping[str, ImageSource]) -> Derived:
        """Return the definition of the image, among the images that there are by name ("" is the one edited on).

        Raises
        ------
        MaskEditorError
            If an image that is looked at is not there, or none can be made of it.
        """
        looks_at = {"", self.image} | self.images()
        for name in sorted(looks_at - images.keys()):
            raise no_image(name, images)
        base = images[""]
        assert isinstance(base, Volume)
        frames = self.frames_made(images[self.image].frames, base.geometry)
        return Derived(self, tuple((name, images[name]) for name in sorted(looks_at)), frames)

    def completed(self, images: Mapping[str, ImageSource]) -> Self:
        """Return it with what it takes from the images that there are by name, as a recipe then records it."""
        return self

    @classmethod
    def suggest(cls, scene: Scene) -> Self:
        """Open with a name that no other image has."""
        return cls(name=unlike(cls.id, scene.images))

    @property
    def made_words(self) -> str:
        """What is made, as the history calls it, such as "smoothed 6 mm"."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return the row of the history, such as "Image soft: smoothed 6 mm, of stat"."""
        return f"Image {self.name}: {self.made_words}{self.input_words}"

    @property
    def input_words(self) -> str:
        """What differs from the plain image, as the history shows it, such as ", of stat"."""
        return f", of {self.image}" if self.image else ""

    @property
    def python_source(self) -> str:
        """The Python of the image that is looked at, of nibabel."""
        return f"images[{quoted(self.image)}]" if self.image else "image"

    def python_made(self, values: str) -> str:
        """Return the Python that keeps values, an expression, as the image that is made."""
        return f"images[{quoted(self.name)}] = nibabel.Nifti1Image({values}, affine)"

    @property
    def methods_source(self) -> str:
        """What was looked at, as a paper states it."""
        return f"the {self.image}" if self.image else "the image"


class SeriesOperation(ImageOperation):
    """An operation that makes an image of some volumes of a series."""

    #: Whether each volume is made of one alone.
    by_volume: ClassVar[bool] = False

    frame: FramesParameter = parameter(
        "all",
        title="Volumes",
        description="Which volumes of a 4D image: all, one by its number, or a range (both ends included).",
        role=Role.FRAMES,
    )
    # Of a copy for a text, whose image has but one volume.
    _names_no_volume: bool = PrivateAttr(False)

    def chosen(self, frames: int) -> range:
        """Return the numbers of the volumes that were chosen of so many.

        Raises
        ------
        OperationError
            If the image does not have them.
        """
        if isinstance(self.frame, str):
            return range(frames)
        check_frame(self.frame, frames, self.image)
        first, last = self.frame if isinstance(self.frame, tuple) else (self.frame, self.frame)
        return range(first, last + 1)

    def check_several(self, frames: int) -> None:
        """Raise `OperationError` if fewer than two volumes were chosen of so many."""
        if (count := len(self.chosen(frames))) < 2:
            way = "choose more" if frames > 1 else "give a series (4D)"
            raise OperationError(f"{self.title} wants two volumes at least, but there is {count}; {way}.")

    def of_volume(self, place: int, frames: int) -> Self:
        """Return what makes one volume in time alone of those that this makes of so many; itself if it makes one."""
        chosen = self.chosen(frames)
        if not self.by_volume or len(chosen) == 1:
            return self
        return self.model_copy(update={"frame": chosen[min(place, len(chosen) - 1)]})

    @property
    def input_words(self) -> str:
        """What differs from the whole of the plain image, as the history shows it."""
        words = super().input_words
        if isinstance(self.frame, tuple):
            return f"{words}, volumes {self.frame[0]}–{self.frame[1]}"
        return words if isinstance(self.frame, str) else f"{words}, volume {self.frame}"

    @property
    def python_series(self) -> str:
        """The Python of the chosen volumes (I, J, K, T)."""
        if isinstance(self.frame, str):
            return f"series_of({self.python_source})"
        first, last = self.frame if isinstance(self.frame, tuple) else (self.frame, self.frame)
        return f"series_of({self.python_source}, {first}, {last})"

    def of_one_volume(self) -> Self:
        """Return it as a text states it whose image has one volume, which is then not named."""
        copy = self.model_copy()
        copy._names_no_volume = True  # noqa: SLF001 - of the same class
        return copy

    @property
    def methods_series(self) -> str:
        """The volumes looked at, as a paper states them."""
        if isinstance(self.frame, str) or self._names_no_volume:
            return self.methods_source
        first, last = self.frame if isinstance(self.frame, tuple) else (self.frame, self.frame)
        chosen = f"volume {first}" if first == last else f"volumes {first} to {last}"
        return f"{chosen} (counted from 0) of {self.methods_source}"


def series_of(image: Volume, chosen: range) -> Array:
    """Return chosen volumes of an image as they are stored (I, J, K, T), a view."""
    stored = image.stored if image.stored.ndim == 4 else image.stored[..., None]
    return stored[..., chosen.start : chosen.stop]


def unlike(name: str, taken: Iterable[str]) -> str:
    """Return a name unlike all that are taken: the one given, or it with a number.

    Examples
    --------
    >>> unlike("mean", ["mean", "mean2"])
    'mean3'
    """
    others, number, wanted = set(taken), 2, name
    while wanted in others:
        wanted, number = f"{name}{number}", number + 1
    return wanted
