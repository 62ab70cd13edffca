"""The rows of the history: the start, the steps made, and those ahead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PyQt6.QtCore import QAbstractListModel, QMimeData, QModelIndex, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from maskeditor.core.history.document import Document
from maskeditor.core.history.timelines import Step, Timeline, shared
from maskeditor.core.operation.parameters import Role
from maskeditor.core.recipe.recipe import renamed
from maskeditor.model.numbers_in_words import change_in_words, counted, short_count, size_in_words

#: What the delegate asks for beside the text.
CHANGE, COLOUR, AHEAD, CURRENT, OFF, UNDONE = (Qt.ItemDataRole.UserRole + place for place in range(6))
#: What a dragged step is called.
DRAGGED = "application/x-maskeditor-step"
START = "Start: empty masks"


class StepsModel(QAbstractListModel):
    """The start, the steps made, and those undone; of all of them, how far they are shown."""

    #: A step was dragged: its index, and its index afterwards.
    dropped = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._steps: Timeline = ()
        #: How many steps are made, and how many of those listed make the masks that are shown.
        self._made = self._shown = 0

    def show(self, document: Document | None) -> None:
        """Show a document's steps; only rows that differ from before are replaced."""
        steps = document.present + document.history.ahead if document is not None else ()
        if document is not self._document:
            self.beginResetModel()
            self._document, self._steps = document, steps
            self._count()
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
        self._count()
        # Any row may turn grey or black, and the colours of ROIs may have changed.
        self.dataChanged.emit(self.index(0), self.index(len(self._steps)))

    def _count(self) -> None:
        document = self._document
        self._made = len(document.present) if document is not None else 0
        self._shown = len(document.timeline) if document is not None else 0

    @property
    def steps(self) -> Timeline:
        """The steps made, and those undone."""
        return self._steps

    @property
    def current(self) -> QModelIndex:
        """The row whose masks are shown."""
        return self.index(self._shown)

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
        """Emit that a step was dropped; the document moves it, not the view."""
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
            return row == self._shown
        if role == AHEAD:
            return row > self._shown
        if role == UNDONE:
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
            return self._document.roi(step.roi).colour if step.roi else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._details(row, step)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            ahead = ", undone" if row > self._made else ", present state" if row == self._made else ""
            ahead += ", shown" if row == self._shown != self._made else ""
            return f"Step {row}: {self._named(step)}, {_brief_change(step)}{ahead}"
        return None

    def _title(self, step: Step) -> str:
        """Return how a step's row calls it."""
        title = self._named(step)
        if step.operation.makes_image:
            title = title.removeprefix("Image ")  # a frame stands before it, in place of an ROI's dot
        return title

    def _named(self, step: Step) -> str:
        assert self._document is not None
        return step.title_with({roi: self._document.roi(roi).name for roi in step.references})

    def _details(self, row: int, step: Step) -> str:
        assert self._document is not None
        lines = [f"Step {row}: {step.operation.title}"]
        if step.roi:
            lines.append(f"ROI: {self._document.roi(step.roi).name}")
        named = renamed(step, {id: self._document.roi(id).name for id in {step.roi, *step.references} - {""}})
        for declared in named.operation.parameters():
            if declared.role is not Role.HIDDEN:
                value = getattr(named.operation, declared.name)
                if declared.role in (Role.POINTS, Role.REGION):
                    value = len(value)
                if declared.role is Role.ROIS:
                    value = ", ".join(value)
                shown = "–" if value in (None, "") else value
                lines.append(f"{declared.title}: {shown} {declared.unit.behind(value)}".rstrip())
        if where := named.scope.summary():
            lines.append(f"Where: {where}")
        if step.roi and step.outcome is not None:
            geometry = self._document.geometry
            delta = step.outcome.delta
            if delta is not None:
                lines.append(change_in_words(delta.added, delta.removed, geometry.voxel_volume))
            lines.append(f"Then {size_in_words(step.outcome.voxels, geometry)}")
        if step.note:
            lines.append(step.note)
        return "\n".join(lines)


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
