"""The bar that shows the tool in hand: its title, its options, made from their declaration, and what it does."""

from __future__ import annotations

from contextlib import suppress

from PyQt6.QtCore import QSignalBlocker, QSize
from PyQt6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QToolButton,
)

from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.parameters import parameters_of
from maskeditor.model.tool_options import ToolOptions
from maskeditor.ui.forms.form_row import FormRow
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.tab_order import tab_before
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.qt import sure
from maskeditor.ui.tools.toolbox import Toolbox
from maskeditor.ui.work.editor import Editor


class OptionsBar(QToolBar):
    """A line of fields for the options of whatever tool is in hand, and its tip.

    Parameters
    ----------
    toolbox : Toolbox
    editor : Editor
    actions : Actions
        Of which those of the tool in hand are listed in a menu at the end.
    window : QMainWindow
    """

    def __init__(self, toolbox: Toolbox, editor: Editor, actions: Actions, window: QMainWindow) -> None:
        super().__init__("Options of the tool", window)
        self.setObjectName("Options")
        self.setMovable(False)
        self._toolbox, self._editor, self._actions = toolbox, editor, actions
        self._title = QLabel()
        self._title.setProperty("heading", True)
        self._title.setContentsMargins(4, 0, 10, 0)
        self._tip = ElidedLabel("What the tool does")
        self._tip.setProperty("quiet", True)
        self._pages = QStackedWidget()
        self._pages.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._pages.addWidget(self._tip)
        # As high as with fields, whatever is in hand.
        self._pages.setFixedHeight(QLineEdit().sizeHint().height())
        self.addWidget(self._title)
        self.addWidget(self._pages)
        self._menu = QMenu(self)
        self._menu.setToolTipsVisible(True)
        self._more_button = more = QToolButton()
        more.setText("Set…")
        more.setAccessibleName("Set several options at once")
        more.setToolTip("Set several options at once.")
        more.setMenu(self._menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more = sure(self.addWidget(more))
        #: The fields of the options; None for a tool that has none.
        self.form: FormRow[ToolOptions] | None = None
        toolbox.chosen_changed.connect(lambda _: self._make())
        toolbox.options_changed.connect(self._show)
        for signal in (editor.image_changed, editor.keys.changed):
            signal.connect(self._make)
        editor.document_changed.connect(self._follow_rois)
        self._make()

    def _around(self) -> tuple[tuple[str, str], ...]:
        document = self._editor.document
        rois = document.rois if document is not None else ()
        return tuple((roi.id, roi.name) for roi in rois if roi.id != self._editor.active)

    def _make(self) -> None:
        """Make the fields anew: of another tool, or with other ROIs to choose from."""
        declared, options = self._toolbox.declared, self._toolbox.options
        self._title.setText(declared.title.replace("&", ""))
        tip = self._editor.keys.in_words(declared.tip)
        self._tip.setText(tip)
        self._menu.clear()
        self._menu.addActions([self._actions[command.action] for command in self._toolbox.commands()])
        self._more.setVisible(not self._menu.isEmpty())
        before, self.form = self.form, None
        if before is not None:
            self._pages.removeWidget(before)
            before.hide()
            before.deleteLater()
        if parameters_of(declared.options):
            editor = self._editor
            around = surroundings_of(editor, editor.viewer, editor.active)
            self.form = FormRow(declared.options, options.settings, around)
            self.form.show_hint(tip)
            self.form.changed.connect(self._take)
            # Room for pictures that are no higher than letters, or choices would be higher than the bar.
            side = self.fontMetrics().height()
            for choice in self.form.findChildren(QComboBox):
                choice.setIconSize(QSize(side, side))
            self._pages.setCurrentIndex(self._pages.addWidget(self.form))
            tab_before(self.form, self._more_button)
            self.form.value()

    def _follow_rois(self) -> None:
        if self.form is not None and self._around() != self.form.around.rois:
            self._make()

    def _take(self) -> None:
        """Set what the fields say, once it is allowed."""
        if self.form is not None:
            # What is wrong is said in the bar.
            with suppress(ParameterError):
                self._toolbox.options.set(self.form.value())

    def _show(self) -> None:
        """Show what was set elsewhere: by a key, the wheel or the histogram."""
        settings = self._toolbox.options.settings
        if self.form is None or self.form.raw() == settings.model_dump():
            return
        with QSignalBlocker(self.form):
            self.form.set_values(settings.model_dump())
        self.form.value()
