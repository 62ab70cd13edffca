"""The tool bar: files, history, tools, and the settings of the tool in hand."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QToolBar,
    QWidget,
)

from maskeditor.model.numbers_in_words import along_axes
from maskeditor.model.strokes import LARGEST, RADIUS, SMALLEST, radius_in_voxels
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.look.elided_label import ElidedLabel
from maskeditor.ui.look.glyphs import glyph
from maskeditor.ui.main_window.actions import Actions
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.tools.brush import BrushTool
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
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(0, 100)
        self._opacity.setFixedWidth(90)
        self._opacity.setAccessibleName("Mask opacity")
        tip = "How strongly masks are drawn: {fainter} fainter, {stronger} stronger; hold {hide_masks} to hide them."
        window.keys.explain(self._opacity, tip)
        self._opacity.valueChanged.connect(lambda value: viewer.change(opacity=value / 100))
        bar.addWidget(QLabel(" Mask "))
        bar.addWidget(self._opacity)
        bar.addSeparator()
        # Last, as its width changes with what it says: nothing else moves, or goes where only a click finds it.
        bar.addWidget(BrushBar(toolbox, editor))
        viewer.changed.connect(self._follow)
        self._follow(frozenset({"opacity"}))

    def _follow(self, changed: frozenset[str]) -> None:
        if "opacity" in changed:
            self._opacity.setValue(round(100 * self._viewer.state.opacity))


class BrushBar(QWidget):
    """Radius, shape and intensity range of the brush; to be changed while a tool that paints is in hand.

    Parameters
    ----------
    toolbox : Toolbox
    editor : Editor
    """

    def __init__(self, toolbox: Toolbox, editor: Editor) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._toolbox = toolbox
        self._editor = editor
        self._radius = NumberField()
        self._radius.setAccessibleName("Brush radius in mm")
        self._radius.setRange(SMALLEST, LARGEST)
        self._radius.setSingleStep(SMALLEST)
        self._radius.setSuffix(f" {RADIUS.unit}")
        self._radius.setToolTip("Radius of the brush ([ and ], - and +, or Shift + wheel).")
        self._radius.valueChanged.connect(lambda value: toolbox.brush.change(radius=value))
        self._voxels = ElidedLabel("Brush radius in voxels")
        self._voxels.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._sphere = QCheckBox("3D")
        self._sphere.setToolTip("Paint a sphere instead of a disc in the slice (B).")
        self._sphere.toggled.connect(lambda on: toolbox.brush.change(sphere=on))
        self._band = QCheckBox("Only intensities")
        self._band.setToolTip("Paint and erase only voxels whose intensity lies in a range; both ends belong to it.")
        self._band.toggled.connect(lambda _: self._read_band())
        self._lower, self._upper = self._field("Lowest intensity painted"), self._field("Highest intensity painted")
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        self._to = QLabel("–")
        for widget in (
            QLabel(RADIUS.title),
            self._radius,
            self._sphere,
            self._band,
            self._lower,
            self._to,
            self._upper,
        ):
            row.addWidget(widget)
        row.addWidget(self._voxels, 1)
        toolbox.chosen_changed.connect(lambda _: self._show())
        toolbox.brush.changed.connect(self._show)
        editor.image_changed.connect(self._show)
        self._show()

    def _field(self, name: str) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(name)
        field.setFixedWidth(64)
        field.setPlaceholderText("any")
        field.editingFinished.connect(self._read_band)
        return field

    def _read_band(self) -> None:
        on = self._band.isChecked()
        if on and not self._lower.text() and not self._upper.text() and self._editor.document is not None:
            # A start that can be seen: what the window shows as neither black nor white.
            for field, value in zip((self._lower, self._upper), self._editor.viewer.state.window, strict=True):
                field.setText(f"{value:.5g}")
        bounds = [_number(field.text()) if on else None for field in (self._lower, self._upper)]
        if None not in bounds and bounds[1] < bounds[0]:  # type: ignore[operator]
            bounds.reverse()
        self._toolbox.brush.change(lower=bounds[0], upper=bounds[1])

    def _show(self) -> None:
        brush = self._toolbox.brush.settings
        self.setEnabled(isinstance(self._toolbox.tool, BrushTool))
        with QSignalBlocker(self._radius):
            self._radius.set_number(brush.radius)
        with QSignalBlocker(self._sphere):
            self._sphere.setChecked(brush.sphere)
        bounds = (brush.lower, brush.upper)
        with QSignalBlocker(self._band):
            self._band.setChecked(bounds != (None, None))
        for field, value in zip((self._lower, self._upper), bounds, strict=True):
            if value is not None and _number(field.text()) != value:
                field.setText(f"{value:.15g}")
        for widget in (self._lower, self._to, self._upper):
            widget.setVisible(self._band.isChecked())
        document = self._editor.document
        if document is not None:
            voxels = along_axes(f"{value:.2g}" for value in radius_in_voxels(document.geometry, brush.radius))
            self._voxels.setText(f"= radius of {voxels} voxels")


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
