"""The image panel: which images there are, how they lie over one another, and how they are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QSignalBlocker, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QDropEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.model.session import Session
from maskeditor.ui.behind import Behind
from maskeditor.ui.look.dock_room import take_room
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.look.tab_order import tab_after
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.display_fields import DisplayFields
from maskeditor.ui.panels.docks import come_to_the_front
from maskeditor.ui.panels.image_row import ImageRow
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: Of the view, what a row shows.
SHOWN = frozenset({
    "volume", "window", "colour_map", "displays", "images", "overlays_hidden", "image_visible", "image_opacity",
    "chosen_image",
})  # fmt: skip
#: Of that, what a hand drags in the planes and on the histogram, many times a second.
DRAGGED = frozenset({"window"})
#: Rows that the list asks to have in sight; more are scrolled.
_MOST_ROWS = 3


class ImageList(QListWidget):
    """The rows, which can be dragged."""

    #: A row was dropped: which, and before which other.
    dropped = pyqtSignal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Images")
        self.setAccessibleDescription("From the lowest to the one on top; drag one to lay it under or over others.")
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(96)  # room for two
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QListWidget.DragDropMode.InternalMove)

    def sizeHint(self) -> QSize:
        """Return the size that shows the first rows, whole."""
        rows = range(min(self.count(), _MOST_ROWS))
        height = sum(sure(self.item(row)).sizeHint().height() for row in rows) + 2 * self.frameWidth()
        return QSize(super().sizeHint().width(), max(self.minimumHeight(), height))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the chosen row whole in sight, where what is set of it leaves less room for the list."""
        super().resizeEvent(event)
        self.show_chosen()

    def show_chosen(self) -> None:
        """Bring the chosen row into sight, whole."""
        self.scheduleDelayedItemsLayout()
        self.executeDelayedItemsLayout()  # else it would look where rows of other heights were
        if self.currentItem() is not None:
            self.scrollToItem(self.currentItem())

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Say where the row was dropped; the list follows what is drawn, and moves nothing by itself."""
        assert event is not None
        under = self.indexAt(event.position().toPoint())
        below = self.dropIndicatorPosition() == QListWidget.DropIndicatorPosition.BelowItem
        self.dropped.emit(self.currentRow(), under.row() + below if under.isValid() else self.count())
        # Nothing was taken, so that Qt removes no row.
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()


class ImagesPanel(QWidget):
    """The list of images, the lowest first, and how the chosen one is looked at."""

    def __init__(self, editor: Editor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor, self._viewer = editor, editor.viewer
        self.rows: list[ImageRow] = []
        # The one whose images are listed.
        self._session: Session | None = None
        self.list = ImageList()
        self.list.currentRowChanged.connect(self._choose)
        self.list.dropped.connect(self._drop)
        self.fields = DisplayFields(editor)
        self.up_button = self._button("up", "Move the image up the list, below the other", lambda: self._move(-1))
        self.down_button = self._button("down", "Move the image down the list, over the other", lambda: self._move(1))
        self.remove_button = self._button("minus", "Remove the image that was opened", self._remove)
        self.compare_button = self._button("side by side", "Compare the chosen image with the open one", lambda: None)
        self.compare_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        line = QHBoxLayout()
        for button in (self.up_button, self.down_button, self.remove_button):
            line.addWidget(button)
        line.addWidget(self.fields.colours, 1)
        line.addWidget(self.compare_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.list, 1)
        layout.addLayout(line)
        layout.addWidget(self.fields)
        for signal in (editor.displays.listed, editor.image_changed):
            signal.connect(self._list)
        editor.jobs.busy_changed.connect(self._enable)
        # Once the layout knows what has come up.
        self._room = QTimer(self)
        self._room.setSingleShot(True)
        self._room.timeout.connect(lambda: take_room(self, scrolls_others=False))
        self._behind = Behind(self, self._show)
        self._viewer.changed.connect(self._follow)
        self._list()

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take room from the docks beside it, as where tabs have taken it some."""
        super().showEvent(event)
        self._room.start()

    def offer(self, actions: list[QAction]) -> None:
        """Offer the ways to compare images."""
        menu = QMenu(self)
        menu.addActions(actions)
        self.compare_button.setMenu(menu)

    def _button(self, picture: str, tip: str, act: Callable[[], Any]) -> QToolButton:
        button = QToolButton()
        button.setIcon(glyph(picture))
        button.setAccessibleName(tip.split(",")[0])
        button.setToolTip(tip)
        button.clicked.connect(lambda _: act())
        return button

    # What is shown ------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The name of the image that is chosen; "" for the one that is edited on."""
        return self._viewer.state.chosen_image

    def _list(self) -> None:
        is_open = self._editor.document is not None
        names = ["", *self._editor.displays.names] if is_open else []
        session, before = self._editor.session, {row.name for row in self.rows}
        if session is self._session:
            is_due = any(self._is_of_intensities(name) for name in names if name not in before)
        else:
            # The list of labels, which came up for another image, has nothing to show of one without.
            is_due = is_open and not self._editor.labels.names
        if is_due:
            come_to_the_front(self)
        self._session = session
        if names != [row.name for row in self.rows]:
            with QSignalBlocker(self.list):
                self.list.clear()
                self.rows = [ImageRow(self._editor, name) for name in names]
                for row in self.rows:
                    item = QListWidgetItem()
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, row.name or "The image that is edited on")
                    if not row.name:  # it lies below all
                        item.setFlags(item.flags() & ~(Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled))
                    self.list.addItem(item)
                    self.list.setItemWidget(item, row)
                for row in reversed(self.rows):
                    tab_after(self.list, row)
        self._show()

    def _is_of_intensities(self, name: str) -> bool:
        """Whether an image is not one of labels, which have a list of their own."""
        display = self._viewer.display(name)
        return display is not None and not display.shows_labels

    def _follow(self, changed: frozenset[str]) -> None:
        # What is set by a field here is shown before the next one is typed into.
        if changed & (SHOWN - DRAGGED) or (changed & SHOWN and self._has_focus):
            self._behind.now()
        elif changed & DRAGGED:
            self._behind.ask()

    @property
    def _has_focus(self) -> bool:
        focused = QApplication.focusWidget()
        return focused is not None and self.isAncestorOf(focused)

    def _show(self) -> None:
        are_other_heights = False
        for place, row in enumerate(self.rows):
            if row.name and self._viewer.display(row.name) is None:
                return  # the list follows
            row.show_image()
            item, height = sure(self.list.item(place)), row.sizeHint().height()
            are_other_heights |= item.sizeHint().height() != height
            item.setSizeHint(QSize(0, height))
        names = [row.name for row in self.rows]
        chosen = names.index(self.chosen) if self.chosen in names else 0
        if are_other_heights:
            self.list.updateGeometry()
            self._room.start()
        if chosen != self.list.currentRow() or are_other_heights:
            with QSignalBlocker(self.list):
                self.list.setCurrentRow(chosen)
            self.list.show_chosen()
        for place, row in enumerate(self.rows):
            row.choose(place == self.list.currentRow())
        before = self.fields.sizeHint().height()
        self.fields.show_chosen()
        if self.fields.sizeHint().height() > before:
            self._room.start()
        self._enable()

    def _enable(self) -> None:
        displays, names = self._editor.displays, self._editor.displays.names
        # What nobody has looked at yet has no window to be changed.
        self.fields.setEnabled(bool(self.rows) and self.chosen not in displays.unseen)
        place = names.index(self.chosen) if self.chosen in names else -1
        self.up_button.setEnabled(place > 0)
        self.down_button.setEnabled(0 <= place < len(names) - 1)
        self.remove_button.setEnabled(displays.is_opened(self.chosen) and not self._editor.jobs.busy)
        self.compare_button.setEnabled(bool(names))

    # What is chosen -----------------------------------------------------------------------------------------------

    def _choose(self, place: int) -> None:
        if 0 <= place < len(self.rows):
            self._viewer.change(chosen_image=self.rows[place].name)

    def _move(self, by: int) -> None:
        self._editor.displays.move(self.chosen, by)

    def _drop(self, dragged: int, before: int) -> None:
        """Lay an image between others, or below them; the one that is edited on stays lowest."""
        if dragged > 0:
            self._editor.displays.move(self.rows[dragged].name, max(1, before) - dragged - (dragged < before))

    def _remove(self) -> None:
        name = self.chosen
        self._editor.turns.in_turn(lambda: self._editor.displays.remove(name))


PANEL = PanelDeclaration(
    id="images", title="Images", area=Qt.DockWidgetArea.RightDockWidgetArea, order=3, make=ImagesPanel, share=3
)
