"""Images of labels: which there are, what their labels are called, how many voxels each has, and ROIs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.operation.declaration import make
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.mask import in_quotes
from maskeditor.core.space.volume import Volume
from maskeditor.engine.box import Voxel
from maskeditor.engine.errors import Cancelled
from maskeditor.engine.progress import Progress
from maskeditor.io.labels import named_beside_file
from maskeditor.model.label_census import LabelPlace, census, middle_voxel
from maskeditor.model.label_images import LabelImage, label_image_of
from maskeditor.model.new_rois import NewRoi, RoiLook
from maskeditor.model.numbers_in_words import in_number
from maskeditor.model.session import Session
from maskeditor.model.view.display import DisplayedImage
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.displays import Displays
from maskeditor.ui.work.worker import Lane

#: Of so many labels, all are named in the name of the ROI that is made of them.
_MOST_NAMED = 3


class Labels(QObject):
    """Knows the images of labels, the open image itself among them, under the name "".

    Parameters
    ----------
    viewer : Viewer
    displays : Displays
    session : callable
        Returns the open session, or None.
    """

    #: There are other images of labels, or their labels are called otherwise.
    changed = pyqtSignal()
    #: A voxel was clicked in a plane.
    clicked = pyqtSignal(object)

    def __init__(
        self, viewer: Viewer, displays: Displays, session: Callable[[], Session | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._displays, self._session = viewer, displays, session
        self._lane = Lane("labels", parent=self)
        # Of the volume whose labels were counted last, where they are.
        self._counted: tuple[Volume, dict[int, LabelPlace]] | None = None
        self._counting: Volume | None = None
        displays.listed.connect(self.changed)

    @property
    def working(self) -> bool:
        """Whether anything is being worked out."""
        return self._lane.busy

    def close(self) -> None:
        """Stop all work."""
        self._lane.close()

    # What there is ------------------------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the images of labels, the open one first, and then the one on top."""
        further = [name for name in reversed(self._displays.names) if self.image(name) is not None]
        return (*([""] if self._viewer.labelled is not None else []), *further)

    def image(self, name: str) -> LabelImage | None:
        """Return what the values of an image are; None if it is none of labels."""
        shown = self._shown(name)
        return shown.labels if shown is not None else None

    def _shown(self, name: str) -> DisplayedImage | None:
        return self._viewer.images.get(name) if name else self._viewer.labelled

    def begin(self) -> None:
        """See whether the open image is one of labels."""
        session = self._session()
        self._lane.cancel()
        self._counted = self._counting = None
        if session is None:
            return
        volume, path = session.document.volume, session.path

        def work(progress: Progress) -> LabelImage | None:
            return label_image_of(volume, named_beside_file(path), progress)

        def done(found: LabelImage | None) -> None:
            if found is not None and self._viewer.volume is volume:
                self._viewer.set_labels(found)
                self.changed.emit()

        self._lane.submit(work, done, _let_be)

    # What is worked out -------------------------------------------------------------------------------------------

    def places(self, name: str) -> dict[int, LabelPlace] | None:
        """Return where the labels of an image are; None as long as they are counted, after which `changed` comes."""
        shown = self._shown(name)
        if shown is None or shown.labels is None:
            return {}
        volume, labels = shown.volume, shown.labels
        if self._counted is not None and self._counted[0] is volume:
            return self._counted[1]
        if self._counting is not volume:
            self._counting = volume

            def done(found: dict[int, LabelPlace]) -> None:
                if self._counting is volume:
                    self._counted, self._counting = (volume, found), None
                    self.changed.emit()

            self._lane.submit(lambda progress: census(volume, labels, progress), done, _let_be)
        return None

    def go_to(self, name: str, number: int) -> None:
        """Move the crosshair to the middle of a label."""
        shown, places = self._shown(name), self.places(name)
        if shown is not None and shown.labels is not None and places and number in places:
            self._viewer.set_crosshair(middle_voxel(shown.volume, shown.labels, number, places[number]))

    def at(self, name: str, voxel: Voxel) -> int | None:
        """Return the label of an image at a voxel; None where there is none."""
        shown = self._shown(name)
        if shown is None or shown.labels is None or not shown.volume.geometry.holds(voxel):
            return None
        value = shown.intensity(voxel, 0)
        return int(value) if value == value and value != 0 else None

    def called(self, name: str) -> dict[int, str]:
        """Return the names of the labels in an image by number, "" without one; none if it is none of labels."""
        image = self.image(name)
        return {number: image.name(number) for number in image.labels} if image is not None else {}

    # What is done -------------------------------------------------------------------------------------------------

    def call(self, name: str, named: Mapping[int, NamedLabel]) -> None:
        """Have the labels of an image be called, and coloured, otherwise."""
        if name:
            self._displays.name_labels(name, named)
        elif self._viewer.labelled is not None and self._viewer.labelled.labels is not None:
            self._viewer.set_labels(self._viewer.labelled.labels.called(named))
            self.changed.emit()

    def roi_of(self, name: str, numbers: Iterable[int]) -> NewRoi:
        """Return the ROI that is made of some labels of an image, by one step."""
        image = self.image(name)
        assert image is not None
        numbers = tuple(numbers)
        called = [image.name(number) for number in numbers]
        title = name or "label"
        words = [word or f"{title} {number}" for word, number in zip(called, numbers, strict=True)]
        title = " + ".join(words) if len(words) <= _MOST_NAMED else f"{in_number(len(words), 'label')} of {title}"
        names = tuple(word or str(number) for word, number in zip(called, numbers, strict=True)) if any(called) else ()
        operation = make("from_labels", {"image": name, "labels": numbers, "names": names})
        look = RoiLook(image.colour(numbers[0]), numbers[0] if len(numbers) == 1 and numbers[0] > 0 else 0)
        return NewRoi(title, (operation,), look)


def sentence_of(new: Iterable[NewRoi]) -> str:
    """Return what is said of ROIs that were made of labels or clusters."""
    names = [one.name for one in new]
    return f"Made the ROI {in_quotes(*names)}." if len(names) == 1 else f"Made {in_number(len(names), 'ROI')}."


def _let_be(error: Exception) -> None:
    if not isinstance(error, Cancelled):
        raise error
