"""Open every part of the window, grab it, and print what is cut, squeezed or too large.

    python packaging/every_part.py FOLDER                       at the four settings below, each in a folder of its own
    python packaging/every_part.py FOLDER 1366 768 dark         at one of them; the scale is QT_SCALE_FACTOR's

What a program can see stands in the lines that are printed; the pictures are for a person to look at.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))

import screenshots  # it sets up where the program looks for what is kept

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QAbstractButton, QWidget

    from maskeditor.ui.main_window.wiring import Wiring
    from maskeditor.ui.work.editor import Editor

#: Width and height in points of the screen, colours, and pixels for each point.
SETTINGS = ((1366, 768, "light", 1), (1366, 768, "dark", 1), (1920, 1080, "dark", 1), (960, 540, "light", 2))
#: What asks the system for a file, ends the program, or is no window.
_LEFT_OUT = ("open_", "save_", "add_", "run_recipe", "quit", "manual", "data_unmask", "usual_layout", "cancel", "go_on")
#: Pixels by which a text may be cut without anybody noticing.
_SLACK = 1


def _shown(widget: QWidget) -> Iterator[QWidget]:
    """Return the widgets inside one that are seen."""
    from PyQt6.QtWidgets import QWidget

    return (one for one in widget.findChildren(QWidget) if one.isVisible() and not one.visibleRegion().isEmpty())


def faults(widget: QWidget, width: int, height: int) -> list[str]:
    """Return what is cut or squeezed in a window or a part of it, in a few words each."""
    from PyQt6.QtCore import Qt
    from PyQt6.QtWidgets import (
        QAbstractButton,
        QComboBox,
        QDoubleSpinBox,
        QLabel,
        QLineEdit,
        QScrollArea,
        QSpinBox,
        QToolBar,
        QToolButton,
    )

    from maskeditor.ui.look.elided_label import ElidedLabel

    found = []
    if widget.isWindow() and (widget.width() > width or widget.height() > height):
        found.append(f"{widget.width()} × {widget.height()} is larger than the screen")
    for one in _shown(widget):
        name = one.accessibleName() or one.objectName() or type(one).__name__
        size, hint = one.size(), one.minimumSizeHint()
        if isinstance(one, QToolButton) and one.objectName() == "qt_toolbar_ext_button":
            if isinstance(one.parent(), QToolBar):
                found.append("a tool bar is in overflow")
        elif isinstance(one, QLabel) and not isinstance(one, ElidedLabel):
            if one.wordWrap():
                hint.setHeight(one.heightForWidth(size.width()))
            if hint.height() > size.height() + _SLACK:
                found.append(f"{name} is cut below, {size.height()} of {hint.height()}: {one.text()[:40]!r}")
            elif not one.wordWrap() and hint.width() > size.width() + _SLACK:
                found.append(f"{name} is cut, {size.width()} of {hint.width()}: {one.text()[:40]!r}")
        elif isinstance(one, QAbstractButton) and one.text() and not _is_picture(one):
            if max(map(one.fontMetrics().horizontalAdvance, one.text().split("\n"))) > size.width() - 2 * _SLACK:
                found.append(f"{name} is cut: {one.text()!r} in {size.width()}")
            elif one.fontMetrics().height() > size.height():
                found.append(f"{name} is squeezed: {one.text()!r} in {size.height()}")
        elif isinstance(one, QComboBox | QSpinBox | QDoubleSpinBox) and one.height() < hint.height() - _SLACK:
            found.append(f"{name} is squeezed: {size.height()} of {hint.height()}")
        elif (
            isinstance(one, QLineEdit)
            and not one.text()
            and one.fontMetrics().horizontalAdvance(one.placeholderText()) > size.width() - 2 * _SLACK
        ):
            found.append(f"{name} is cut: {one.placeholderText()!r} in {size.width()}")
        if isinstance(one, QScrollArea) and one.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            bar = one.horizontalScrollBar()
            if bar is not None and bar.maximum() > 0:
                found.append(f"{name} scrolls sideways")
        visible = one.visibleRegion().boundingRect()
        if isinstance(one, QLabel | QAbstractButton) and visible.width() < size.width() - _SLACK:
            found.append(f"{name} is covered: {visible.width()} of {size.width()} seen")
    return found


def _is_picture(button: QAbstractButton) -> bool:
    """Whether a button shows its picture instead of its text."""
    from PyQt6.QtCore import Qt
    from PyQt6.QtWidgets import QToolButton

    alone = Qt.ToolButtonStyle.ToolButtonIconOnly
    return isinstance(button, QToolButton) and not button.icon().isNull() and button.toolButtonStyle() is alone


class _Gallery:
    """Grabs parts of the window into a folder, and prints what is wrong with each."""

    def __init__(self, wiring: Wiring, folder: Path, width: int, height: int) -> None:
        self.wiring, self.folder, self.size = wiring, folder, (width, height)
        #: What was printed already: it stands in many pictures.
        self.known: set[str] = set()
        folder.mkdir(parents=True, exist_ok=True)

    def settle(self) -> None:
        """Let the window come to rest."""
        self.wiring.settle()

    def take(self, widget: QWidget, name: str) -> None:
        """Grab a widget."""
        if not widget.grab().save(str(self.folder / f"{name}.png")):
            raise SystemExit(f"{self.folder / name}.png could not be written; choose another folder.")
        for fault in faults(widget, *self.size):
            if fault not in self.known:
                print(f"{self.folder.name}/{name}: {fault}", flush=True)
                self.known.add(fault)

    def take_opened(self, name: str, act: Callable[[], object]) -> None:
        """Do something that opens a window, grab that, and close it."""
        from PyQt6.QtCore import QTimer
        from PyQt6.QtWidgets import QApplication, QDialog

        known, tries = set(QApplication.topLevelWidgets()), [0]

        def look() -> None:
            new = [one for one in QApplication.topLevelWidgets() if one.isVisible() and one not in known]
            tries[0] += 1
            if tries[0] < 4:  # what is worked out for it has time to come
                return
            timer.stop()
            for one in new:
                self.take(one, name)
            for one in new:
                one.reject() if isinstance(one, QDialog) else one.close()

        timer = QTimer()
        timer.timeout.connect(look)
        timer.start(100)
        act()
        while timer.isActive():
            self.settle()

    def docks(self) -> None:
        """Grab the window with each panel in front."""
        docks = self.wiring.window.docks
        usual = {id for id, dock in docks.items() if dock.isVisible()}
        for id, dock in docks.items():
            dock.show()
            dock.raise_()
            self.settle()
            self.take(self.wiring.window, f"panel {id}")
            if id not in usual:
                dock.hide()

    def layouts(self) -> None:
        """Grab each layout."""
        from maskeditor.ui.views.cells import Layout

        for layout in Layout:
            self.wiring.window.views.choose(layout)
            self.settle()
            self.take(self.wiring.window, f"layout {layout}")
        self.wiring.window.views.choose(Layout.THREE)

    def tools(self) -> None:
        """Grab the window with each tool in hand."""
        from maskeditor.ui.tools.toolbox import tools

        for tool in tools():
            self.wiring.toolbox.choose(tool.id)
            self.settle()
            self.take(self.wiring.window, f"tool {tool.id}")
        self.wiring.toolbox.choose(tools()[0].id)

    def menus(self) -> None:
        """Grab each menu, opened."""
        bar = self.wiring.window.menuBar()
        assert bar is not None
        for action in bar.actions():
            menu = action.menu()
            if menu is not None:
                menu.popup(bar.mapToGlobal(bar.actionGeometry(action).bottomLeft()))
                self.take(menu, f"menu {action.text().replace('&', '')}")
                menu.close()

    def operations(self) -> None:
        """Grab the form of each operation."""
        from maskeditor.ui.panels.operation_list import listed_operations

        dock = self.wiring.window.docks["operations"]
        for operation in listed_operations():
            self.wiring.operations.choose(operation.id)
            self.settle()
            self.take(dock, f"operation {operation.id}")
        self.wiring.commands.cancel()

    def dialogs(self) -> None:
        """Grab whatever the entries of the menus open."""
        from maskeditor.ui.main_window.menus import entries

        for entry in entries():
            if entry.text.endswith("…") or entry.id in ("tour", "shortcuts", "roi_walk", "image_information", "about"):
                if entry.id.startswith(_LEFT_OUT) or not self.wiring.actions[entry.id].isEnabled():
                    continue
                self.take_opened(f"dialog {entry.id}", self.wiring.actions[entry.id].trigger)
        self.take_opened("dialog bins", self.wiring.window.histogram.more.bins_asked.emit)


def _is_open(editor: Editor) -> bool:
    return editor.document is not None


def _is_idle(editor: Editor) -> bool:
    return not editor.jobs.busy


def take_all(folder: Path, width: int, height: int, theme: str) -> None:
    """Grab every part at one setting."""
    from PyQt6.QtCore import QSettings

    from maskeditor.core.operation.declaration import make
    from maskeditor.ui.app import application
    from maskeditor.ui.main_window.window import MainWindow
    from maskeditor.ui.main_window.wiring import Wiring

    screen = {"name": "screen", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "dpr": 1}
    described = folder.with_name(f"{folder.name}.json")
    described.parent.mkdir(parents=True, exist_ok=True)
    scale = float(os.environ.get("QT_SCALE_FACTOR", "1"))
    described.write_text(json.dumps({"screens": [screen | {"width": width * scale, "height": height * scale}]}))
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={described}"
    app = application()
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, os.devnull)
    for kind in ("t1", "epi"):
        window = MainWindow()
        window.resize(width, height)
        window.show()
        app.processEvents()
        wiring = Wiring(window)
        wiring.editor.preferred.change(theme=theme)
        wiring.files.open_sample(kind)
        screenshots.wait(wiring, partial(_is_open, wiring.editor))
        first = make("threshold", {"lower": 340.0, "upper": 720.0}) if kind == "t1" else make("epi_mask", {})
        wiring.editor.apply(first)
        wiring.editor.add_roi("a second region of interest")
        wiring.editor.apply(make("smooth", {"name": "smoothed", "fwhm": 4.0}))
        screenshots.wait(wiring, partial(_is_idle, wiring.editor))
        gallery = _Gallery(wiring, folder / kind, width, height)
        gallery.docks()
        if kind == "t1":
            gallery.layouts()
            gallery.tools()
            gallery.menus()
            gallery.dialogs()
        gallery.operations()
        wiring.close()


def main() -> None:
    """Grab every part at the settings that are asked for."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        take_all(folder, int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
        return
    for width, height, theme, scale in SETTINGS:
        there = folder / f"{width}x{height} {theme}"
        asked = [sys.executable, __file__, str(there), str(width), str(height), theme]
        subprocess.run(asked, check=True, env={**os.environ, "QT_SCALE_FACTOR": str(scale)})


if __name__ == "__main__":
    main()
