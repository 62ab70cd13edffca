"""The history panel: the steps in order; a click goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PyQt6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QPoint, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QKeySequence, QPainter, QPalette, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.document import Document
from maskeditor.core.history import Step, Timeline, shared
from maskeditor.model.view import Viewer
from maskeditor.ui.editor import Editor
from maskeditor.ui.glyphs import glyph
from maskeditor.ui.numbers import change_told, counted, short_count, volume_told
from maskeditor.ui.panels.step_actions import StepActions
from maskeditor.ui.panels.step_form import StepForm
from maskeditor.ui.qt import sure

#: What the delegate asks for beside the text.
CHANGE, COLOUR, AHEAD, CURRENT, OFF = (Qt.ItemDataRole.UserRole + place for place in range(5))
#: What a dragged step is called.
DRAGGED = "application/x-maskeditor-step"
START = "Start: empty masks"


class StepsModel(QAbstractListModel):
    """The start, the steps made, and those that redo would bring back."""

    #: A step was dragged: its index, and its index afterwards.
    dropped = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._steps: Timeline = ()
        self._made = 0

    def show(self, document: Document | None) -> None:
        """Show a document's steps; only rows that differ from before are replaced."""
        steps = document.timeline + document.history.ahead if document is not None else ()
        if document is not self._document:
            self.beginResetModel()
            self._document, self._steps = document, steps
            self._made = len(document.timeline) if document is not None else 0
            self.endResetModel()
            return
        same = shared(self._steps, steps)
        if same < len(self._steps):
            self.beginRemoveRows(QModelIndex(), same + 1, len(self._steps))
            self._steps = self._steps[:same]
            self.endRemoveRows()
        if same < len(steps):
            self.beginInsertRows(QModelIndex(), same + 1, len(steps))
            self._steps = steps
            self.endInsertRows()
        self._made = len(document.timeline) if document is not None else 0
        # Any row may turn grey or black, and the colours of ROIs may have changed.
        self.dataChanged.emit(self.index(0), self.index(len(self._steps)))

    @property
    def steps(self) -> Timeline:
        """The steps made, and those that redo would bring back."""
        return self._steps

    @property
    def current(self) -> QModelIndex:
        """The row of the present state."""
        return self.index(self._made)

    def goal(self, index: QModelIndex) -> Timeline:
        """Return the steps up to a row."""
        return self._steps[: index.row()]

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Let steps be dragged, and dropped between others."""
        plain = super().flags(index)
        if not index.isValid():
            return plain | Qt.ItemFlag.ItemIsDropEnabled
        return plain | Qt.ItemFlag.ItemIsDragEnabled if index.row() >= 1 else plain

    def supportedDropActions(self) -> Qt.DropAction:
        """Say that steps are moved, not copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Name what is dragged."""
        return [DRAGGED]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        """Carry the row that is dragged."""
        data = QMimeData()
        data.setData(DRAGGED, str(next(iter(indexes)).row()).encode())
        return data

    def dropMimeData(
        self, data: QMimeData | None, action: Qt.DropAction, row: int, column: int, parent: QModelIndex
    ) -> bool:
        """Tell that a step was dropped; the document moves it, not the view."""
        if data is None or not data.hasFormat(DRAGGED):
            return False
        # Below the last row there is none to drop it before.
        row = self.rowCount() if row < 0 else max(row, 1)
        dragged = int(data.data(DRAGGED).data())
        self.dropped.emit(dragged - 1, row - 1 - (dragged < row))
        return False

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of rows: one for the start, one for each step."""
        if self._document is None or (parent is not None and parent.isValid()):
            return 0
        return 1 + len(self._steps)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a row shows."""
        row = index.row()
        if self._document is None or not 0 <= row <= len(self._steps):
            return None
        if role == CURRENT:
            return row == self._made
        if role == AHEAD:
            return row > self._made
        if role == OFF:
            return row > 0 and not self._steps[row - 1].enabled
        if row == 0:
            return START if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        return self._of_step(row, self._steps[row - 1], role)

    def _of_step(self, row: int, step: Step, role: int) -> Any:
        assert self._document is not None
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{row}  {self._title(step)}"
        if role == CHANGE:
            return _brief_change(step)
        if role == COLOUR:
            return self._document.roi(step.roi).colour
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._details(row, step)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            ahead = ", undone" if row > self._made else ", present state" if row == self._made else ""
            return f"Step {row}: {step.title}, {_brief_change(step)}{ahead}"
        return None

    def _title(self, step: Step) -> str:
        """Return a step's title with the names of the ROIs that it looks at, instead of their ids."""
        assert self._document is not None
        title = step.title
        for roi in step.references:
            title = title.replace(roi, self._document.roi(roi).name)
        return title

    def _details(self, row: int, step: Step) -> str:
        assert self._document is not None
        lines = [f"Step {row}: {step.operation.title}", f"ROI: {self._document.roi(step.roi).name}"]
        for declared in step.operation.parameters():
            if declared.role != "hidden":
                value = getattr(step.operation, declared.name)
                lines.append(f"{declared.title}: {'–' if value in (None, '') else value} {declared.unit}".rstrip())
        if step.scope.summary():
            lines.append(f"Where: {step.scope.summary()}")
        if step.outcome is not None:
            voxel = self._document.geometry.voxel_volume
            delta = step.outcome.delta
            if delta is not None:
                lines.append(change_told(delta.added, delta.removed, voxel))
            lines.append(f"Then {counted(step.outcome.voxels)} voxels, {volume_told(step.outcome.voxels * voxel)}")
        if step.note:
            lines.append(step.note)
        return "\n".join(lines)


class _StepDelegate(QStyledItemDelegate):
    """Draws a row: mark of the present state, colour of the ROI, title, voxels changed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        return QSize(120, option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        assert painter is not None
        painter.save()
        palette, place = option.palette, option.rect
        faint = index.data(AHEAD) or index.data(OFF)
        group = QPalette.ColorGroup.Disabled if faint else QPalette.ColorGroup.Active
        text = palette.color(group, QPalette.ColorRole.Text)
        quiet = palette.color(group, QPalette.ColorRole.PlaceholderText)
        accent = palette.color(QPalette.ColorRole.Highlight)
        if option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, palette.color(QPalette.ColorRole.AlternateBase))
        if index.data(CURRENT):
            tint = QColor(accent)
            tint.setAlpha(70)
            painter.fillRect(place, tint)
            painter.fillRect(QRect(place.left(), place.top(), 3, place.height()), accent)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(accent)
            painter.drawRect(place.adjusted(0, 0, -1, -1))
        self._draw_dot(painter, place, index)
        metrics = QFontMetrics(option.font)
        change = index.data(CHANGE) or ""
        width = metrics.horizontalAdvance(change)
        painter.setFont(option.font)
        painter.setPen(quiet)
        painter.drawText(place.adjusted(0, 0, -6, 0), int(Qt.AlignmentFlag.AlignRight | _MIDDLE), change)
        painter.setPen(text)
        if index.data(OFF):
            struck = QFont(option.font)
            struck.setStrikeOut(True)
            painter.setFont(struck)
        room = place.adjusted(24, 0, -width - 14, 0)
        title = metrics.elidedText(index.data(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | _MIDDLE), title)
        painter.restore()

    @staticmethod
    def _draw_dot(painter: QPainter, place: QRect, index: QModelIndex) -> None:
        colour = index.data(COLOUR)
        if colour is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shade = QColor(*colour)
        shade.setAlpha(90 if index.data(AHEAD) else 255)
        painter.setBrush(shade)
        painter.drawEllipse(QRectF(place.left() + 9, place.center().y() - 3.5, 8, 8))


_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class HistoryPanel(QWidget):
    """The steps, the form of the one that is changed, undo and redo, and the memory that undo takes."""

    def __init__(self, editor: Editor, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._timeline: Timeline | None = None
        self.step_form = StepForm(editor, viewer, self)
        self.model = StepsModel(self)
        self.steps = StepActions(editor, self, lambda: self.model.steps, self.step_form.open_step, self._follow)
        # A table of one column: lists and trees look at all of ten thousand rows again for each new one.
        self.list = QTableView(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_StepDelegate(self.list))
        self.list.setShowGrid(False)
        self.list.setTabKeyNavigation(False)
        self.list.setDragDropOverwriteMode(False)
        self.list.setSelectionMode(QTableView.SelectionMode.NoSelection)
        rows, columns = sure(self.list.verticalHeader()), sure(self.list.horizontalHeader())
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        columns.hide()
        columns.setStretchLastSection(True)
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("History")
        self.list.setAccessibleDescription(
            "The steps that make the masks; a click goes to the state after one, Enter changes it."
        )
        self.list.setMinimumHeight(80)
        self.undo_button = self._button("back", "Undo", editor.undo)
        self.redo_button = self._button("forth", "Redo", editor.redo)
        self.memory = QLabel(self)
        self.memory.setProperty("quiet", True)
        self.memory.setToolTip("Memory taken by what undo needs; beyond its budget the oldest goes to disk")
        bottom = QHBoxLayout()
        bottom.addWidget(self.undo_button)
        bottom.addWidget(self.redo_button)
        bottom.addStretch(1)
        bottom.addWidget(self.memory)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.step_form, 1)
        layout.addLayout(bottom)
        self.list.setDragDropMode(QTableView.DragDropMode.InternalMove)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.clicked.connect(self._go)
        self.list.doubleClicked.connect(lambda _: self._on_step(self.steps.change))
        self.model.dropped.connect(self.steps.move)
        self.step_form.closed.connect(self._come_back)
        self._bind("Return", self.steps.change)
        self._bind("Enter", self.steps.change)
        self._bind("Space", self.steps.toggle)
        self._bind("Del", self.steps.remove)
        self._bind("F2", self.steps.rename)
        self._bind("Alt+Up", self.steps.move_up)
        self._bind("Alt+Down", self.steps.move_down)
        editor.document_changed.connect(self._update)
        editor.image_changed.connect(self._update)
        editor.busy_changed.connect(self._update_buttons)
        self._update()

    def _button(self, picture: str, name: str, act: Any) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(glyph(picture))
        button.setAccessibleName(name)
        button.clicked.connect(lambda: act())
        return button

    def _bind(self, key: str, act: Callable[[int], None]) -> None:
        shortcut = QShortcut(QKeySequence(key), self.list, context=Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(lambda: self._on_step(act))

    def _on_step(self, act: Callable[[int], None]) -> None:
        """Do something to the step at the cursor."""
        if self.list.currentIndex().row() >= 1:
            act(self.list.currentIndex().row() - 1)

    def _follow(self, index: int) -> None:
        """Put the cursor on a step, for the next key."""
        place = self.model.index(min(index + 1, self.model.rowCount() - 1))
        self.list.setCurrentIndex(place)
        self.list.scrollTo(place)

    def _come_back(self, index: int) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and self.step_form.isAncestorOf(focus):
            self.list.setFocus()
        self._follow(index)

    def _show_menu(self, place: QPoint) -> None:
        index = self.list.indexAt(place)
        if index.row() >= 1:
            menu = self.steps.menu(index.row() - 1)
            menu.exec(sure(self.list.viewport()).mapToGlobal(place))
            menu.deleteLater()

    def _go(self, index: QModelIndex) -> None:
        if self._editor.document is not None and not self._editor.busy and index != self.model.current:
            self._editor.go_to(self.model.goal(index))

    def _update(self) -> None:
        document = self._editor.document
        self.model.show(document)
        if document is not None:
            if document.timeline is not self._timeline:
                self._timeline = document.timeline
                self._follow(len(self._timeline) - 1)
            self.memory.setText(_memory_told(document.history.nbytes))
        else:
            self.memory.clear()
        self._update_buttons()

    def _update_buttons(self) -> None:
        history = self._editor.document.history if self._editor.document is not None else None
        for button, name, can, title in (
            (self.undo_button, "Undo", history and history.can_undo, history and history.undo_title),
            (self.redo_button, "Redo", history and history.can_redo, history and history.redo_title),
        ):
            button.setEnabled(bool(can) and not self._editor.busy)
            button.setToolTip(f"{name}: {title}" if title else name)


def _brief_change(step: Step) -> str:
    """Return what a step added and removed, short enough for a row."""
    delta = step.outcome.delta if step.outcome is not None else None
    if delta is None:
        return "" if step.enabled else "off"
    parts = [f"{sign}{_rounded(count)}" for sign, count in (("+", delta.added), ("−", delta.removed)) if count]
    return " ".join(parts)


def _rounded(count: int) -> str:
    if count < 10_000:
        return counted(count)
    return short_count(float(f"{count:.3g}"))


def _memory_told(nbytes: int) -> str:
    if nbytes < 1 << 10:
        return f"{nbytes} B for undo"
    if nbytes < 1 << 20:
        return f"{nbytes / (1 << 10):.1f} KiB for undo"
    return f"{nbytes / (1 << 20):.1f} MiB for undo"
