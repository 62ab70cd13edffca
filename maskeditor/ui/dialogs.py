"""The few dialogs: what needs an answer before work goes on, and what is shown on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.ui.qt import sure


class Answer(Enum):
    """What was chosen."""

    YES = auto()
    NO = auto()
    CANCEL = auto()


def is_asking(then: Callable[[], None]) -> bool:
    """Whether a dialog waits for an answer; if so, something is done once it has one."""
    asking = QApplication.activeModalWidget()
    if not isinstance(asking, QDialog):
        return False
    asking.finished.connect(lambda _: QTimer.singleShot(0, then))
    return True


def ask(parent: QWidget, title: str, text: str, yes: str, no: str = "", details: Sequence[str] = ()) -> Answer:
    """Ask a question whose answers are named by what they do; Cancel is always there and is the safe one."""
    box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=parent)
    if details:
        box.setInformativeText("\n".join(details))
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    refuse = box.addButton(no, QMessageBox.ButtonRole.DestructiveRole) if no else None
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.setDefaultButton(agree)
    box.exec()
    clicked = box.clickedButton()
    if clicked is agree:
        return Answer.YES
    return Answer.NO if refuse is not None and clicked is refuse else Answer.CANCEL


def choose(parent: QWidget, title: str, text: str, choices: Sequence[str]) -> str:
    """Ask which of some things is to be done, the first by default; return it, or nothing if that is given up."""
    box = QMessageBox(QMessageBox.Icon.Question, title, text, parent=parent)
    # All in one role, or the system would put them into an order of its own.
    buttons = [box.addButton(choice, QMessageBox.ButtonRole.ActionRole) for choice in choices]
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.setDefaultButton(buttons[0])
    box.exec()
    clicked = box.clickedButton()
    return next((choice for choice, button in zip(choices, buttons, strict=True) if button is clicked), "")


def table(titles: Sequence[str], rows: Sequence[Sequence[str]], name: str) -> QTableWidget:
    """Return a table that is only read."""
    widget = QTableWidget(len(rows), len(titles))
    widget.setAccessibleName(name)
    widget.setHorizontalHeaderLabels(list(titles))
    widget.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    widget.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    widget.setAlternatingRowColors(True)
    widget.setWordWrap(False)
    widget.setShowGrid(False)
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            widget.setItem(i, j, QTableWidgetItem(text))
    vertical, horizontal = widget.verticalHeader(), widget.horizontalHeader()
    assert vertical is not None
    assert horizontal is not None
    vertical.hide()
    widget.resizeColumnsToContents()
    horizontal.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    horizontal.setSectionResizeMode(len(titles) - 1, QHeaderView.ResizeMode.Stretch)
    return widget


class SessionChoice(Enum):
    """What becomes of a session that an ended program left."""

    RESTORE = auto()
    DISCARD = auto()
    LATER = auto()


def offer_sessions(
    parent: QWidget, rows: Sequence[Sequence[str]], restorable: Sequence[bool]
) -> tuple[SessionChoice, int]:
    """Offer the sessions that were left when the program ended; return the choice and the row it is for.

    Parameters
    ----------
    parent : QWidget
    rows : sequence of sequence of str
        Image, time, steps, and what is wrong with it.
    restorable : sequence of bool
        Of each row.
    """
    dialog = QDialog(parent)
    dialog.setWindowTitle("Restore a session")
    label = QLabel(
        "maskeditor ended while this work was open. Restore it to go on with it, or discard it; Later asks again at "
        "the next start."
    )
    label.setWordWrap(True)
    choice = table(("Image", "Last change", "Steps", "What is wrong"), rows, "Sessions")
    choice.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    buttons = QDialogButtonBox()
    restore = sure(buttons.addButton("Restore", QDialogButtonBox.ButtonRole.AcceptRole))
    discard = sure(buttons.addButton("Discard…", QDialogButtonBox.ButtonRole.DestructiveRole))
    buttons.addButton("Later", QDialogButtonBox.ButtonRole.RejectRole)
    chosen = [SessionChoice.LATER]

    def choose(what: SessionChoice) -> None:
        if what is not SessionChoice.RESTORE or restore.isEnabled():
            chosen[0] = what
            dialog.accept()

    restore.clicked.connect(lambda: choose(SessionChoice.RESTORE))
    discard.clicked.connect(lambda: choose(SessionChoice.DISCARD))
    choice.doubleClicked.connect(lambda: choose(SessionChoice.RESTORE))
    buttons.rejected.connect(dialog.reject)
    choice.itemSelectionChanged.connect(
        lambda: restore.setEnabled(choice.currentRow() >= 0 and restorable[choice.currentRow()])
    )
    choice.selectRow(0)
    layout = QVBoxLayout(dialog)
    for widget in (label, choice, buttons):
        layout.addWidget(widget)
    dialog.resize(720, 300)
    done = dialog.exec()
    row = choice.currentRow()
    dialog.deleteLater()
    return (chosen[0], row) if done and row >= 0 else (SessionChoice.LATER, row)


def show_rows(parent: QWidget, title: str, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a table until it is closed."""
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    shown = table(titles, rows, title)
    # Whatever the width, all of a text is there: long ones take more than one line.
    shown.setWordWrap(True)
    headings = sure(shown.horizontalHeader())
    for column in range(1, len(titles)):
        headings.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    sure(shown.verticalHeader()).setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    layout.addWidget(shown)
    layout.addWidget(buttons)
    dialog.resize(min(900, parent.width()), min(640, parent.height()))
    dialog.show()
