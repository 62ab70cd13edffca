"""The list of operations, by group, with a field to find one."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent
from PyQt6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from maskeditor.core.operation.declaration import Operation, operations
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.search import Words, found, ranked

_ID, _ACTION = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


def listed_operations() -> tuple[type[Operation], ...]:
    """Return the operations that a form can make: those of which nothing that must be given is hidden from people."""
    return tuple(
        cls
        for cls in operations()
        if not any(declared.required and declared.role is Role.HIDDEN for declared in cls.parameters())
    )


class OperationList(QWidget):
    """Every operation that a form can make; the one that is chosen is announced."""

    #: Another operation was chosen: its class.
    chosen = pyqtSignal(object)
    #: The one that is chosen, just now or long since, was pressed.
    pressed = pyqtSignal()

    #: Actions of menus that make ROIs of others: found by their words, as operations are, and carried out at once.
    of_rois: Sequence[QAction] = ()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The id of the one chosen, which may not be among those found.
        self._chosen = ""
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Find an operation")
        self.search.setToolTip("Words of the title, of what others call it, or of the description")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Find an operation")
        self.list = QListWidget(self)
        self.list.setAccessibleName("Operations")
        self.list.setUniformItemSizes(True)
        self.list.setMinimumHeight(70)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)
        self._fill()
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.currentItemChanged.connect(self._take_item)
        self.list.itemPressed.connect(self._press)

    def choose(self, id: str) -> None:
        """Choose an operation."""
        self.search.clear()
        for item in self._items():
            if item.data(_ID) == id:
                self.list.setCurrentItem(item)

    def show_chosen(self, cls: type[Operation] | None) -> None:
        """Put the mark on an operation, or on none, without announcing it."""
        self._chosen = cls.id if cls is not None else ""
        marked = next((item for item in self._items() if cls is not None and item.data(_ID) == cls.id), None)
        with QSignalBlocker(self.list):
            self.list.setCurrentItem(marked)

    def _fill(self, text: str = "") -> None:
        """List the operations that were looked for by group, what is likeliest first; the one chosen stays so."""
        with QSignalBlocker(self.list):
            self.list.clear()
            groups: dict[str, list[type[Operation]]] = {}
            for cls in found(text, listed_operations()):
                groups.setdefault(cls.group, []).append(cls)
            for group, members in groups.items():
                self._add_heading(group)
                for cls in members:
                    item = self._add(cls)
                    if cls.id == self._chosen:
                        self.list.setCurrentItem(item)
            self._add_actions(text)

    def _add_actions(self, text: str) -> None:
        """List the actions that were looked for."""
        meant = ranked(text, self.of_rois, _words_of) if text.strip() else ()
        if meant:
            self._add_heading("ROIs")
        for action in meant:
            item = QListWidgetItem(f"    {_title(action)}", self.list)
            item.setData(_ACTION, action)
            item.setToolTip(action.toolTip())

    def _add_heading(self, group: str) -> None:
        heading = QListWidgetItem(group, self.list)
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)

    def _add(self, cls: type[Operation]) -> QListWidgetItem:
        item = QListWidgetItem(f"    {cls.title}", self.list)
        item.setData(_ID, cls.id)
        item.setToolTip(cls.summary_line())
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{cls.title}, {cls.group}")
        return item

    def _items(self) -> list[QListWidgetItem]:
        return [item for item in map(self.list.item, range(self.list.count())) if item is not None]

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Keep Enter in the search field from applying an operation that was chosen before."""
        is_enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if is_enter and event is not None and event.type() == QEvent.Type.KeyPress:
            self._choose_first()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go from the search field to what was found with the arrow keys."""
        down = event is not None and event.key() == Qt.Key.Key_Down and self.search.hasFocus()
        if not (down and self._go_to_first()):
            super().keyPressEvent(event)

    def _choose_first(self) -> None:
        """Choose what was found first; what is in no need of finding stays as it is."""
        if self.search.text().strip() and not self._go_to_first():
            for item in self._items()[1:2]:  # below its heading
                self._press(item)

    def _go_to_first(self) -> bool:
        """Go to the operation that was found first; return whether there is any."""
        first = next((item for item in self._items() if item.data(_ID)), None)
        if first is not None:
            self.list.setFocus()
            self.list.setCurrentItem(first)
        return first is not None

    def _take_item(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(_ID) is not None:
            self._chosen = item.data(_ID)
            self.chosen.emit(_operation(item))

    def _press(self, item: QListWidgetItem) -> None:
        if item.data(_ID) is not None:
            self.pressed.emit()
        elif item.data(_ACTION) is not None:
            item.data(_ACTION).trigger()


def _title(action: QAction) -> str:
    return action.text().replace("&", "")


def _words_of(action: QAction) -> Words:
    return Words(_title(action), (), action.toolTip())


def _operation(item: QListWidgetItem) -> type[Operation]:
    return next(cls for cls in listed_operations() if cls.id == item.data(_ID))
