"""The dialog of preferences, drawn from their declaration; what is changed in it is so at once."""

from __future__ import annotations

from typing import cast

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QTabWidget, QVBoxLayout, QWidget

from maskeditor.core.errors import ParameterError
from maskeditor.model.preferences import Page, Preferences, on_page, page_of
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.look.scrolled import Scrolled
from maskeditor.ui.main_window.keys_page import KeysPage
from maskeditor.ui.qt import sure
from maskeditor.ui.work.preferred import Preferred

#: Pixels of height that a page is content with.
LEAST = 120
#: Characters of width and lines of height that it has where the window has room.
CHARACTERS, LINES = 84, 32


class PreferencesDialog(QDialog):
    """A page for each group of preferences; it stays open beside the work.

    Parameters
    ----------
    parent : QWidget
    preferred : Preferred
    keys : Keys
    """

    def __init__(self, parent: QWidget, preferred: Preferred, keys: Keys) -> None:
        super().__init__(parent)
        self.setWindowTitle("Preferences")
        self._preferred = preferred
        self.forms = {page: self._form(page) for page in Page}
        self.keys = KeysPage(keys, preferred)
        self.pages = QTabWidget()
        self.pages.setAccessibleName("Pages of preferences")
        for page, form in self.forms.items():
            body = QWidget()
            column = QVBoxLayout(body)
            column.addWidget(form)
            if page is Page.KEYS:
                column.addWidget(self.keys, 1)
            else:
                column.addStretch(1)
            self.pages.addTab(Scrolled(body, LEAST, fills=True), page.value)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.RestoreDefaults | QDialogButtonBox.StandardButton.Close
        )
        restore = sure(buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults))
        restore.setText("Restore this page")
        restore.setToolTip("Put all preferences of this page back to what they are at first.")
        # Enter ends the typing of a value, and must not take all values back.
        for button in buttons.buttons():
            cast(QPushButton, button).setAutoDefault(False)
        restore.clicked.connect(self._put_back)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.pages, 1)
        layout.addWidget(buttons)
        room, metrics = sure(parent.window()).size(), self.fontMetrics()
        self.resize(
            min(CHARACTERS * metrics.averageCharWidth(), room.width()), min(LINES * metrics.height(), room.height())
        )
        preferred.changed.connect(self._show)
        self.finished.connect(lambda _: self.deleteLater())

    def go_to(self, name: str) -> None:
        """Show a preference and give it the keyboard."""
        page = page_of(name)
        self.pages.setCurrentIndex(list(self.forms).index(page))
        if name in self.forms[page].fields:
            self.forms[page].fields[name].setFocus()

    def _form(self, page: Page) -> OperationForm[Preferences]:
        form = OperationForm(Preferences, self._preferred.value, parameters=on_page(page))
        form.changed.connect(lambda: self._take(form))
        return form

    def _take(self, form: OperationForm[Preferences]) -> None:
        try:
            made = form.value()
        except ParameterError:
            return  # the form says what is wanted
        self._preferred.change(**{name: getattr(made, name) for name in form.fields})

    def _show(self, names: frozenset[str]) -> None:
        """Follow what is changed elsewhere."""
        for form in self.forms.values():
            for name in names & form.fields.keys():
                field, value = form.fields[name], getattr(self._preferred.value, name)
                if field.value() != value:
                    with QSignalBlocker(field):
                        field.set_value(value)

    def _put_back(self) -> None:
        page, usual = list(self.forms)[self.pages.currentIndex()], Preferences()
        names = [name for name in Preferences.model_fields if page_of(name) is page]
        self._preferred.change(**{name: getattr(usual, name) for name in names})
