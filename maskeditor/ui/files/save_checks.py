"""What is worth a look before a mask is saved, as a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.space.mask import in_quotes
from maskeditor.model.checks import Check
from maskeditor.ui.qt import sure


class SaveChecks(QDialog):
    """Lists what was found; each can be shown, which gives up saving.

    Parameters
    ----------
    name : str
        Of the ROI.
    found : sequence of Check
    parent : QWidget
    """

    def __init__(self, name: str, found: Sequence[Check], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Before it is saved")
        #: What is to be shown instead of saving.
        self.chosen: Check | None = None
        heading = QLabel(f"This is worth a look before {in_quotes(name)} is saved:", self)
        heading.setProperty("heading", True)
        rows = QGridLayout()
        rows.setColumnStretch(0, 1)
        rows.setHorizontalSpacing(18)
        rows.setVerticalSpacing(8)
        for row, check in enumerate(found):
            sentence = QLabel(check.sentence, self)
            sentence.setWordWrap(True)
            rows.addWidget(sentence, row, 0)
            if check.place is not None:
                rows.addWidget(self._button(check), row, 1)
        self.quiet = QCheckBox("Do not look again until the program is closed", self)
        buttons = QDialogButtonBox(self)
        save = "Save anyway" if found else "Save"
        self.save_button = sure(buttons.addButton(save, QDialogButtonBox.ButtonRole.AcceptRole))
        self.save_button.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        heading.setVisible(bool(found))
        #: From top to bottom.
        self.rows = QVBoxLayout(self)
        self.rows.setSpacing(12)
        self.rows.addWidget(heading)
        self.rows.addLayout(rows)
        self.rows.addWidget(self.quiet)
        self.rows.addWidget(buttons)
        self.setMinimumWidth(520)

    def _button(self, check: Check) -> QPushButton:
        button = QPushButton("Show me", self)
        button.setAutoDefault(False)
        button.setAccessibleDescription(check.sentence)
        tip = "Go there without saving"
        button.setToolTip(f"{tip}, with the operation that would mend it" if check.remedy else tip)
        button.clicked.connect(lambda: self._show(check))
        return button

    def _show(self, check: Check) -> None:
        self.chosen = check
        self.reject()
