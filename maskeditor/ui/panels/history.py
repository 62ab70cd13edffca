"""The history panel: the steps in order; a click goes there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import QModelIndex, QPoint, Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from maskeditor.core.history.timelines import Timeline
from maskeditor.model.abilities import Ability
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.memory import MemoryButton
from maskeditor.ui.panels.step_actions import StepActions
from maskeditor.ui.panels.step_form import StepForm
from maskeditor.ui.panels.steps_model import StepsModel
from maskeditor.ui.panels.steps_view import StepsView
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor


class HistoryPanel(QWidget):
    """The steps, the form of the one that is changed, undo and redo, and the memory that undo takes."""

    def __init__(self, editor: Editor, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._timeline: Timeline | None = None
        self.step_form = StepForm(editor, viewer, self)
        self.model = StepsModel(self)
        self.steps = StepActions(editor, self, lambda: self.model.steps, self.step_form.open_step, self._follow)
        self.list = StepsView(self.model, self)
        self.undo_button = self._button("back", "Undo", editor.undo)
        self.redo_button = self._button("forth", "Redo", editor.redo)
        self.memory = MemoryButton(editor, self)
        #: Says that one looks at another row than the present one.
        self.looking = QLabel(self)
        self.looking.setWordWrap(True)
        self.looking.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        bottom = QHBoxLayout()
        bottom.addWidget(self.undo_button)
        bottom.addWidget(self.redo_button)
        bottom.addStretch(1)
        bottom.addWidget(self.memory)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.looking)
        layout.addWidget(self.step_form, 2)
        layout.addLayout(bottom)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.list.clicked.connect(self._go)
        # The first of the two clicks may have begun a look that takes a moment.
        self.list.doubleClicked.connect(lambda _: editor.turns.once_idle(lambda: self._on_step(self.steps.change)))
        self.model.dropped.connect(self.steps.move)
        self.step_form.opened.connect(self._follow)
        self.step_form.opened.connect(lambda _: self._show_changed())
        self.step_form.closed.connect(self._come_back)
        self._bind("Return", self._enter)
        self._bind("Enter", self._enter)
        self._bind("Space", self.steps.toggle)
        self._bind("Del", self.steps.remove)
        self._bind("F2", self.steps.rename)
        self._bind("Alt+Up", self.steps.move_up)
        self._bind("Alt+Down", self.steps.move_down)
        editor.document_changed.connect(self._update)
        editor.image_changed.connect(self._update)
        for signal in (editor.jobs.busy_changed, editor.turns.changed, editor.strokes.changed):
            signal.connect(self._update_buttons)
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

    def _enter(self, index: int) -> None:
        """Apply what is pending, as Enter does everywhere; without it, open the form of a step."""
        if self._editor.pending.change is not None:
            self._editor.pending.change.apply()
        else:
            self.steps.change(index)

    def _follow(self, index: int) -> None:
        """Put the cursor on a step, for the next key."""
        place = self.model.index(min(index + 1, self.model.rowCount() - 1))
        self.list.setCurrentIndex(place)
        # A row that was clicked stays below the pointer, were it cut by the edge: a second click may follow.
        if not (self.list.underMouse() and self.list.visualRect(place).intersects(sure(self.list.viewport()).rect())):
            self.list.scrollTo(place)

    def _show_changed(self) -> None:
        """Have the row stand out whose form is open."""
        self.list.show_changed(self.step_form.place + 1 if self.step_form.is_open else -1)

    def _come_back(self, index: int) -> None:
        self._show_changed()
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
        goal = self.model.goal(index)

        def look() -> None:
            document = self._editor.document
            # A click on the row that is shown asks nothing about what is pending.
            if document is not None and document.timeline != goal:
                self._editor.go_to(goal)

        self._editor.turns.in_turn(look)

    def _update(self) -> None:
        document = self._editor.document
        self.model.show(document)
        if document is not None and document.timeline is not self._timeline:
            self._timeline = document.timeline
            self._follow(self.step_form.place if self.step_form.is_open else len(self._timeline) - 1)
        self._show_changed()
        self._write_looking()
        self._update_buttons()

    def _write_looking(self) -> None:
        document, row = self._editor.document, self._editor.row_looked_at
        if document is None or not row:
            self._show_looking("")
            return
        later = len(document.later)
        follow = f", and the {later} later step{'s follow' if later > 1 else ' follows'}" if later else ""
        back = self._editor.keys.in_words("{cancel} leads back")
        self._show_looking(
            f"The masks are shown as they {'were' if later else 'will be'} {row}. {back}; what is done here is put in "
            f"here{follow}."
        )

    def _show_looking(self, text: str) -> None:
        """Write that one looks at another row, or nothing; rows stay where they are, for the next click on them.

        The words stand below the list, or above it where they would cover the row looked at.
        """
        if text == self.looking.text() and bool(text) != self.looking.isHidden():
            return
        row, bar = self.list.visualRect(self.list.currentIndex()), sure(self.list.verticalScrollBar())
        before = self.list.y() + row.y()
        layout = sure(self.layout())
        assert isinstance(layout, QVBoxLayout)
        if text and self.looking.isHidden():
            spare = self.list.height() - self.looking.heightForWidth(self.list.width()) - layout.spacing()
            is_above = spare >= self.list.minimumHeight() and row.bottom() > spare
            layout.insertWidget(0 if is_above else 1, self.looking)
        self.looking.setText(text)
        self.looking.setVisible(bool(text))
        layout.activate()
        bar.setValue(bar.value() + self.list.y() + self.list.visualRect(self.list.currentIndex()).y() - before)

    def _update_buttons(self) -> None:
        history = self._editor.document.history if self._editor.document is not None else None
        obstacles = self._editor.obstacles()
        for button, name, need, title in (
            (self.undo_button, "Undo", Ability.UNDO, history and history.undo_title),
            (self.redo_button, "Redo", Ability.REDO, history and history.redo_title),
        ):
            button.setEnabled(not obstacles.keys() & {Ability.IDLE, need})
            button.setToolTip(f"{name}: {title}" if title else name)


PANEL = PanelDeclaration(
    id="history",
    title="History",
    area=Qt.DockWidgetArea.RightDockWidgetArea,
    order=4,
    share=3,  # many steps, few ROIs
    make=lambda editor: HistoryPanel(editor, editor.viewer),
)
