"""Further images as they are looked at: which there are, worked out when they are first seen, kept with the session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import compress
from operator import attrgetter

from PyQt6.QtCore import QObject, pyqtSignal

from maskeditor.core.history.document import Document
from maskeditor.core.history.images import Images
from maskeditor.core.history.snapshot import Snapshot
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.scene import Derived, ImageSource
from maskeditor.core.space.label_image import NamedLabel
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.model.further import FurtherImage
from maskeditor.model.image_preview import PreviewedImage
from maskeditor.model.label_images import LabelImage
from maskeditor.model.session import Session
from maskeditor.model.view.display import FIRST_MAP, Display, first_display
from maskeditor.model.view.look import Look
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.work.drawn_ahead import DrawnAhead
from maskeditor.ui.work.jobs import Jobs
from maskeditor.ui.work.worker import Lane

#: Of the view, what a session keeps.
_KEPT = frozenset({"displays", "comparison", "image_visible", "image_opacity"})
#: A derived image, and how it is looked at before anybody has chosen.
WorkedOut = tuple[Volume, Display]
_MAKES_IMAGE = attrgetter("operation.makes_image")


class Displays(QObject):
    """Keeps what is drawn over the image in step with the further images that there are.

    Parameters
    ----------
    viewer : Viewer
    jobs : Jobs
        Where derived images are worked out.
    session : callable
        Returns the open session, or None.
    """

    #: There are other further images, or others can be drawn.
    listed = pyqtSignal()
    #: A further image was added or taken away.
    changed = pyqtSignal()
    #: The session keeps other displays.
    kept = pyqtSignal()

    def __init__(
        self,
        viewer: Viewer,
        jobs: Jobs,
        session: Callable[[], Session | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer, self._jobs, self._open = viewer, jobs, session
        # The one whose displays are shown.
        self._session: Session | None = None
        # Derived images that were worked out, each with the definition that it was made by.
        self._made: dict[str, tuple[ImageSource, Volume]] = {}
        #: Derived images that nobody has looked at yet, by name: their windows are found once they are worked out.
        self.unseen: set[str] = set()
        # Those that are worked out anew, each with its definition.
        self._making: dict[str, tuple[ImageSource, Progress]] = {}
        # The look of the image that is previewed, and how it is drawn.
        self._previewed: tuple[tuple[object, ...], Display] | None = None
        # What is drawn over all others while none is previewed.
        self._is_previewing = False
        # By who has it drawn, the last one on top.
        self._instead: dict[str, tuple[Display, Volume, LabelImage | None]] = {}
        self._lane = Lane("displays", parent=self)
        self._ahead = DrawnAhead(viewer, jobs, self._lane, lambda: self._document, self)
        viewer.changed.connect(self._follow)

    @property
    def working(self) -> bool:
        """Whether anything is being worked out, or soon will be."""
        return self._lane.busy or self._ahead.is_due

    def close(self) -> None:
        """Stop all work."""
        self._ahead.close()
        self._lane.close()

    # What there is ------------------------------------------------------------------------------------------------

    @property
    def sources(self) -> dict[str, ImageSource]:
        """The further images there are after the steps that are shown, by name."""
        document = self._document
        if document is None:
            return {}
        # Few of many steps make an image, and this is asked for with every stroke: they are picked without a call each.
        makers = tuple(compress(document.timeline, map(_MAKES_IMAGE, document.timeline)))
        return Images(document.volume, document.images, makers).further

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, from the lowest to the one on top."""
        there = self.sources
        return tuple(display.name for display in self._viewer.state.displays if display.name in there)

    def is_opened(self, name: str) -> bool:
        """Whether a further image was opened, and is not made by a step."""
        document = self._document
        return document is not None and name in document.images

    @property
    def _labels(self) -> dict[str, LabelImage]:
        """What the values are of further images of labels, by name."""
        session = self._open()
        further = session.further.items() if session is not None else ()
        return {name: image.labels for name, image in further if image.labels is not None}

    def name_labels(self, name: str, named: Mapping[int, NamedLabel]) -> None:
        """Have the labels of a further image be called, and coloured, otherwise."""
        session = self._open()
        assert session is not None
        session.name_labels(name, named)
        self._draw(self.sources)
        self.listed.emit()

    @property
    def _document(self) -> Document | None:
        session = self._open()
        return session.document if session is not None else None

    def begin(self) -> None:
        """Take over how another session's images were looked at."""
        session = self._open()
        assert session is not None
        self._session = session
        for _, progress in self._making.values():
            progress.cancel()
        self._made, self.unseen, self._making = {}, set(), {}
        look = session.look
        if look.crosshair is not None:
            self._viewer.set_crosshair(look.crosshair)
        self._viewer.change(
            displays=session.displays,
            comparison=look.comparison,
            image_visible=look.image_visible,
            image_opacity=look.image_opacity,
        )

    def update(self) -> None:
        """Take note of further images that have come or gone, or are made otherwise."""
        sources, labels, viewer = self.sources, self._labels, self._viewer
        known = {display.name for display in viewer.state.displays}
        added = []
        for name, source in sources.items():
            if name not in known and isinstance(source, Volume):
                added.append(first_display(name, source, labels.get(name)))
            elif name not in known:
                added.append(Display(name, visible=False))
                self.unseen.add(name)
        # An image that was put in the place of one of labels may be none.
        known_now = tuple(
            one.changed(colour_map=FIRST_MAP) if one.shows_labels and one.name in sources.keys() - labels else one
            for one in viewer.state.displays
        )
        chosen = added[-1].name if added else viewer.state.chosen_image
        viewer.change(displays=(*known_now, *added), chosen_image=chosen if chosen in sources else "")
        self._made = {name: made for name, made in self._made.items() if sources.get(name) == made[0]}
        self._draw(sources)
        self._make_anew(sources)
        self.listed.emit()

    def _make_anew(self, sources: dict[str, ImageSource]) -> None:
        """Have derived images that are to be seen worked out where they are made otherwise; no edit waits for it."""
        document, displays = self._document, self._viewer.state.displays
        seen = {one.name for one in displays if one.visible} | {self.compared}
        missing = (seen & sources.keys()) - self._viewer.images.keys()
        for name, (source, progress) in tuple(self._making.items()):
            if name not in missing or sources[name] != source:
                progress.cancel()
                del self._making[name]
        for name in missing - self._making.keys():
            assert document is not None
            snapshot, source = document.snapshot(), sources[name]

            def done(worked_out: WorkedOut, name: str = name, source: ImageSource = source) -> None:
                if self._making.get(name, (None,))[0] == source:
                    del self._making[name]
                    self._take(source, *worked_out)

            def failed(error: Exception, name: str = name, source: ImageSource = source) -> None:
                if self._making.get(name, (None,))[0] == source:
                    del self._making[name]
                    self._viewer.change_display(name, visible=False)
                    if name == self.compared:
                        self._viewer.change(comparison=None)
                    self._jobs.report(error)

            self._making[name] = (source, self._lane.submit(partial(_image, snapshot, name, source), done, failed))

    def _draw(self, sources: dict[str, ImageSource]) -> None:
        opened = {name: source for name, source in sources.items() if isinstance(source, Volume)}
        made = {name: volume for name, (_, volume) in self._made.items()}
        self._viewer.set_images(opened | made, self._labels)

    @property
    def compared(self) -> str:
        """The name of the image that is compared with the one below; "" for none."""
        comparison = self._viewer.state.comparison
        return comparison.other if comparison is not None else ""

    # Changes ------------------------------------------------------------------------------------------------------

    def add(self, image: FurtherImage, first: Display) -> None:
        """Add a further image that was opened, called and looked at as `first_display` gave it."""
        session = self._open()
        assert session is not None
        session.add_image(first.name, image)
        self._viewer.change(displays=(*self._viewer.state.displays, first), chosen_image=first.name)
        self.changed.emit()

    def remove(self, name: str) -> None:
        """Take a further image away that was opened; what looks at it is named and keeps it."""

        def attempt() -> None:
            session = self._open()
            assert session is not None
            session.remove_image(name)
            state = self._viewer.state
            self._viewer.change(
                displays=tuple(display for display in state.displays if display.name != name),
                comparison=None if name == self.compared else state.comparison,
                chosen_image="" if name == state.chosen_image else state.chosen_image,
            )
            self.changed.emit()

        self._jobs.attempt(attempt)

    def show(self, name: str, visible: bool) -> None:
        """Draw a further image, or do not; a derived one is worked out first, with progress."""
        if visible:
            self.once_there(name, lambda: self._viewer.change_display(name, visible=True))
            return
        self._viewer.change_display(name, visible=False)
        self.let_go(name)

    def let_go(self, name: str) -> None:
        """Let a derived image that nobody sees any more go, as soon as memory is wanted for other things."""
        display = self._viewer.display(name)
        if display is None or display.visible or self.is_opened(name) or name == self.compared:
            return
        self._made.pop(name, None)
        self._draw(self.sources)
        self._make_anew(self.sources)
        self.listed.emit()

    def change(self, name: str, **values: object) -> None:
        """Change how a further image is looked at; what cannot be is reported."""
        self._jobs.attempt(lambda: self._viewer.change_display(name, **values))

    def move(self, name: str, by: int) -> None:
        """Move a further image up (below 0) or down among those that there are."""
        names, displays = list(self.names), self._viewer.state.displays
        place = names.index(name) + by
        if by and 0 <= place < len(names):
            names.remove(name)
            names.insert(place, name)
            # Those that are not there now keep their places.
            order = iter(names)
            there = set(names)
            moved = (next(order) if display.name in there else display.name for display in displays)
            known = {display.name: display for display in displays}
            self._viewer.change(displays=tuple(known[one] for one in moved))
            self.listed.emit()

    def once_there(self, name: str, then: Callable[[], object]) -> None:
        """Do something once an image can be drawn: at once, or after it was worked out, with progress."""
        if name in self._viewer.images:
            then()
            return
        document, source = self._document, self.sources.get(name)
        if document is None or source is None:
            return
        snapshot = document.snapshot()

        def done(worked_out: WorkedOut) -> None:
            if self._document is document and self.sources.get(name) == source:
                self._take(source, *worked_out)
                then()

        self._jobs.run(f"Working out {name}", partial(_image, snapshot, name, source), done)

    def _take(self, source: ImageSource, volume: Volume, first: Display) -> None:
        """Take a derived image that was worked out, and how it is looked at if it never was."""
        name = first.name
        self._made[name] = (source, volume)
        if name in self.unseen:
            self.unseen.discard(name)
            looks = ("window", "colour_map", "threshold", "opacity")
            self._viewer.change_display(name, **{look: getattr(first, look) for look in looks})
        self._draw(self.sources)
        self.listed.emit()

    # Before an image is made ---------------------------------------------------------------------------------------

    def preview(self, image: PreviewedImage | None) -> None:
        """Draw an image that is not made yet, over all others; or none any more."""
        self._is_previewing = image is not None
        if image is None:
            self._previewed = None
            self._show_instead()
            return
        name, look = image.operation.name, image.look
        known = self._viewer.display(name)
        if self._previewed is not None and self._previewed[0] == look:
            display = self._previewed[1]  # its colours stay while it follows the crosshair
        elif known is not None and name not in self.unseen:
            display = known.changed(visible=True)
        else:
            display = _first_look(name, image.source, image.sample)
        # What only a part was seen of finds its window with the whole.
        self._previewed = (look, display) if image.is_whole else None
        self._viewer.set_preview(display, image.volume, planes=image.planes)

    def show_instead(self, owner: str, display: Display, volume: Volume, labels: LabelImage | None = None) -> None:
        """Draw an image over all others for as long as none is previewed, in the place of the one that its owner had.

        Of those of several owners, the one that came last is seen, and the one before once that has gone.
        """
        self._instead[owner] = (display, volume, labels)
        self._show_instead()

    def stop_instead(self, owner: str) -> None:
        """Draw an owner's image no longer."""
        self._instead.pop(owner, None)
        self._show_instead()

    def _show_instead(self) -> None:
        if not self._is_previewing:
            last = next(reversed(self._instead.values()), None)
            self._viewer.set_preview(*(last or (None, None, None)))

    def show_made(self, name: str, known: PreviewedImage | None) -> None:
        """Draw a derived image that a step has just made: as it was previewed, or else worked out with progress."""
        source = self.sources.get(name)
        if source is None:
            return  # an earlier row is looked at
        if known is not None and known.is_exact and known.source == source:
            self._take(source, known.volume, _first_look(name, source, known.volume))
        self.show(name, True)

    # What follows -------------------------------------------------------------------------------------------------

    def _follow(self, changed: frozenset[str]) -> None:
        session = self._open()
        if changed & _KEPT and session is not None and session is self._session:
            state, before = self._viewer.state, (session.displays, session.look)
            session.displays = tuple(display for display in state.displays if display.name not in self.unseen)
            session.look = Look.of(state)
            if (session.displays, session.look) != before:
                self.kept.emit()
        elif "crosshair" in changed and session is not None and session is self._session:
            # Written with what comes next, or when the session is closed: it moves with every slice.
            session.look = replace(session.look, crosshair=self._viewer.state.crosshair)
        if changed & {"displays", "images", "frame", "comparison"}:
            self._ahead.look()


def _first_look(name: str, source: ImageSource, volume: Volume) -> Display:
    operation = source.operation if isinstance(source, Derived) else None
    return first_display(name, volume, plain=isinstance(operation, ImageOperation) and operation.keeps_intensities)


def _image(snapshot: Snapshot, name: str, source: ImageSource, progress: Progress) -> WorkedOut:
    volume = snapshot.image(name, progress)
    return volume, _first_look(name, source, volume)
