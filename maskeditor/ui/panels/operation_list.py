"""The list of operations, by group, with a field to find one."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from maskeditor.core.operation.declaration import Operation, operations
from maskeditor.core.operation.parameters import Role

_ID = Qt.ItemDataRole.UserRole


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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Find an operation")
        self.search.setToolTip("Words of the title, the group or the description")
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
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._choose_first)
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
        marked = next((item for item in self._items() if cls is not None and item.data(_ID) == cls.id), None)
        with QSignalBlocker(self.list):
            self.list.setCurrentItem(marked)

    def _fill(self) -> None:
        group = ""
        for cls in listed_operations():
            if cls.group != group:
                group = cls.group
                heading = QListWidgetItem(group, self.list)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                font = heading.font()
                font.setBold(True)
                heading.setFont(font)
            item = QListWidgetItem(f"    {cls.title}", self.list)
            item.setData(_ID, cls.id)
            item.setToolTip(cls.summary_line())
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{cls.title}, {group}")

    def _items(self) -> list[QListWidgetItem]:
        return [item for item in map(self.list.item, range(self.list.count())) if item is not None]

    def _filter(self, text: str) -> None:
        """Show the operations whose title, group or description holds every word."""
        words = text.lower().split()
        heading: QListWidgetItem | None = None
        for item in self._items():
            if item.data(_ID) is None:
                heading = item
                heading.setHidden(True)
                continue
            cls = _operation(item)
            described = f"{cls.title} {cls.group} {cls.id} {cls.summary_line()}".lower()
            item.setHidden(not all(word in described for word in words))
            if not item.isHidden() and heading is not None:
                heading.setHidden(False)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Keep Enter in the search field from applying an operation that was chosen before."""
        is_enter = isinstance(event, QKeyEvent) and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and event is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go from the search field to what was found with the arrow keys."""
        down = event is not None and event.key() == Qt.Key.Key_Down and self.search.hasFocus()
        if not (down and self._go_to_first()):
            super().keyPressEvent(event)

    def _choose_first(self) -> None:
        """Choose what was found first; what is in no need of finding stays as it is."""
        if self.search.text().strip():
            self._go_to_first()

    def _go_to_first(self) -> bool:
        """Go to the first operation that is shown; return whether there is any."""
        shown = [item for item in self._items() if item.data(_ID) and not item.isHidden()]
        if shown:
            self.list.setFocus()
            self.list.setCurrentItem(shown[0])
        return bool(shown)

    def _take_item(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(_ID) is not None:
            self.chosen.emit(_operation(item))

    def _press(self, item: QListWidgetItem) -> None:
        if item.data(_ID) is not None:
            self.pressed.emit()


def _operation(item: QListWidgetItem) -> type[Operation]:
    return next(cls for cls in listed_operations() if cls.id == item.data(_ID))
