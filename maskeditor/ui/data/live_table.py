"""A table that follows image and masks while it is seen, worked out beside the interface."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, NamedTuple

from PyQt6.QtCore import QSignalBlocker, QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from maskeditor.core.operation.scene import ImageSource
from maskeditor.core.space.volume import FrameChoice
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.columns import Table
from maskeditor.ui.data.table_view import TableView
from maskeditor.ui.look.elided_box import ElidedBox
from maskeditor.ui.look.flowing import FlowingRow
from maskeditor.ui.work.editor import Editor

#: What stands below a table while another one is worked out, once that takes longer than so many ms.
WORKING = "Working…"
_SLOW = 250
#: Which volume of a series is looked at, the name and the tip of that choice, and what there is to choose.
VOLUME = ("Volume", "Which volume of a series is looked at")
MEAN, SHOWN = "Mean of all", "Volume shown"
#: Of a choice, how many letters are seen at least.
LETTERS = 6


class Wanted(NamedTuple):
    """What a table shows.

    Parameters
    ----------
    key : hashable
        The same key, the same table.
    work : callable of Progress
        Works it out, on a worker.
    """

    key: Hashable
    work: Callable[[Progress], Any]


class LiveTable(QWidget):
    """A table below a line of fields; it is worked out again whenever it would be another one, and somebody sees it.

    Parameters
    ----------
    editor : Editor
    name : str
        What the table is, in one or two words.
    spared : collection of str
        Columns that are not shown until somebody chooses them.
    """

    def __init__(self, editor: Editor, name: str, spared: Collection[str] = ()) -> None:
        super().__init__()
        self._editor, self._name = editor, name
        self._asked: Hashable = None
        # What is worked out at once shows no word of it.
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW)
        self._slow.timeout.connect(lambda: self.view.sentence.setText(WORKING))
        self.image = choice("Image", "The image whose intensities are looked at")
        # Until somebody chooses here, it is the one that is chosen elsewhere.
        self._is_by_hand = False
        self.view = TableView(editor, name, spared)
        self.fields = FlowingRow()
        self.fields.addWidget(self.image)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.addLayout(self.fields)
        layout.addWidget(self.view, 1)
        self.image.activated.connect(lambda _: self._choose_image())
        editor.viewer.changed.connect(self._follow_image)
        editor.image_changed.connect(self._begin)
        for signal in (editor.document_changed, editor.displays.listed):
            signal.connect(self.renew)

    @abstractmethod
    def wanted(self) -> Wanted | None:
        """Return what the table shows now; None if there is nothing to show."""

    @property
    def follows_masks(self) -> bool:
        """Whether it is of the masks as they are shown, a preview too."""
        return False

    @abstractmethod
    def show_found(self, found: Any) -> None:
        """Show what was worked out."""

    def _begin(self) -> None:
        """Let go of another document, seen or not."""
        self._asked = None
        self._is_by_hand = False
        self._slow.stop()
        self.view.show_table(Table({}))
        self.renew()

    def _choose_image(self) -> None:
        self._is_by_hand = True
        self.renew()

    def _follow_image(self, changed: frozenset[str]) -> None:
        if "chosen_image" in changed:
            self.renew()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Work out what has changed since the table was seen last."""
        super().showEvent(event)
        self.renew()

    def renew(self) -> None:
        """Have the table worked out if it is seen and would be another one."""
        if not self.isVisible():
            self._asked = None  # which may hold what was previewed
            return
        self._list_images()
        if self.follows_masks and self._editor.document is not None and self._editor.voxels is None:
            # What is listed stays until there is more to list.
            self.view.sentence.setText("Working out what the mask would become …")
            self._asked = None
            return
        wanted = self.wanted()
        if wanted is None:
            self._asked = None
            self._slow.stop()
            self.view.show_table(Table({}))
            return
        if wanted.key == self._asked:
            return
        self._asked = wanted.key

        self._slow.start()

        def done(found: Any) -> None:
            if self._asked == wanted.key:
                self._slow.stop()
                self.show_found(found)

        def failed(error: MaskEditorError) -> None:
            if self._asked == wanted.key:
                self._slow.stop()
                self.view.show_table(Table({}), sentence=str(error))

        self._editor.image_lanes.table(self._name, wanted.work, done, failed)

    def _list_images(self) -> None:
        document = self._editor.document
        if document is None:
            self.image.clear()
            return
        names = ["", *document.further_images()]
        self._is_by_hand = self._is_by_hand and self.image.currentData() in names
        fill(self.image, [(name or "The image", name) for name in names])
        if not self._is_by_hand:
            of_intensities = [name for name in names if self._is_of_intensities(name)]
            self.image.setCurrentIndex(names.index(self._begins_with(of_intensities)))

    def _is_of_intensities(self, name: str) -> bool:
        display = self._editor.viewer.display(name)
        return display is None or not display.shows_labels

    def _begins_with(self, names: list[str]) -> str:
        """Return which of these images is looked at until somebody chooses: the one chosen elsewhere, or the same."""
        chosen = self._editor.viewer.state.chosen_image
        return chosen if chosen in names else self.image.currentData() or ""

    def frame_of(self, source: ImageSource) -> FrameChoice:
        """Return which volumes of an image are looked at: those that are shown, or the mean if that has no such."""
        shown = self._editor.viewer.state.frame
        last = shown[1] if isinstance(shown, tuple) else shown
        return shown if source.frames > 1 and last != "mean" and last < source.frames else "mean"

    def how_resampled(self) -> list[str]:
        """Return a sentence on an image that was brought to the grid: its file has other numbers."""
        session = self._editor.session
        further = session.further.get(self.image.currentData()) if session is not None else None
        if further is None or further.interpolation is None:
            return []
        return [f"Of {further.file_name} resampled ({further.interpolation}) to the image."]


def choice(name: str, tip: str) -> QComboBox:
    """Return an empty list to choose from, which gives way where there is little room."""
    made = ElidedBox()
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    made.setMinimumContentsLength(LETTERS)
    return made


def fill(box: QComboBox, rows: Sequence[tuple[str, Any]]) -> None:
    """List texts, each with what it stands for; what is chosen stays so, if it is still there."""
    listed = [(box.itemText(place), box.itemData(place)) for place in range(box.count())]
    if listed == [*rows]:
        return
    chosen = box.currentData()
    with QSignalBlocker(box):
        box.clear()
        for text, data in rows:
            box.addItem(text, data)
        box.setCurrentIndex(max(0, box.findData(chosen)))
