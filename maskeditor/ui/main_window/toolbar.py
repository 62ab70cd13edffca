"""The tool bar: files, history and tools; below it, the options of the tool in hand."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QLabel, QSlider, QToolBar, QToolButton

from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.look.action_buttons import ActionButtons
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.tools.toolbox import Toolbox, tools
from maskeditor.ui.work.editor import Editor

ICON = 20
GLYPHS = {"undo": "back", "redo": "forth"}


class ToolBar:
    """Adds a tool bar to the window.

    Parameters
    ----------
    window : MainWindow
    actions : Actions
    toolbox : Toolbox
    editor : Editor
    viewer : Viewer
    """

    def __init__(self, window: MainWindow, actions: Actions, toolbox: Toolbox, editor: Editor, viewer: Viewer) -> None:
        self._viewer = viewer
        bar = QToolBar("Tools", window)
        bar.setObjectName("Tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(ICON, ICON))
        window.addToolBar(bar)
        for id in ("open_file", "save_mask", None, "undo", "redo", None):
            if id is None:
                bar.addSeparator()
            else:
                actions[id].setIcon(glyph(GLYPHS.get(id, id)))
                bar.addAction(actions[id])
        for tool in tools():
            actions[tool.action].setIcon(glyph(tool.draw))
            bar.addAction(actions[tool.action])
        bar.addSeparator()
        for id in ("radiological", "outline"):
            actions[id].setIcon(glyph(GLYPHS.get(id, id)))
            bar.addAction(actions[id])
        buttons = ActionButtons(bar)
        for action in bar.actions():
            if isinstance(button := bar.widgetForAction(action), QToolButton):
                buttons.follow(button)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setFixedWidth(90)
        self._opacity.setAccessibleName("Mask opacity")
        tip = "How strongly masks are drawn: {fainter} fainter, {stronger} stronger; hold {hide_masks} to hide them."
        window.keys.explain(self._opacity, tip)
        self._opacity.valueChanged.connect(lambda value: viewer.change(opacity=value / 100))
        bar.addWidget(QLabel(" Mask "))
        bar.addWidget(self._opacity)
        window.addToolBarBreak()
        window.addToolBar(OptionsBar(toolbox, editor, actions, window))
        viewer.changed.connect(self._follow)
        self._follow(frozenset({"opacity"}))

    def _follow(self, changed: frozenset[str]) -> None:
        if "opacity" in changed:
            self._opacity.setValue(round(100 * self._viewer.state.opacity))
