"""A new panel is one new file in ui/panels: it stands in its dock, and the View menu offers it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.architecture.conftest import ran

NOTES = '''"""A panel to write into."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QPlainTextEdit

from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor


class NotesPanel(QPlainTextEdit):
    """Notes on what is open."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        editor.image_changed.connect(self.clear)


PANEL = PanelDeclaration(
    id="notes", title="Notes", area=Qt.DockWidgetArea.BottomDockWidgetArea, order=99, make=NotesPanel
)
'''
WINDOW = """
import json
from maskeditor.ui.app import application
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring

app = application()
window = MainWindow()
window.show()
app.processEvents()
wiring = Wiring(window, attended=False)
app.processEvents()
dock = window.docks["notes"]
entries = wiring.actions.submenus["Panels"].actions()
(entry,) = (entry for entry in entries if entry.text() == "Notes")
found = {
    "menu": [entry.text() for entry in entries],
    "side": window.dockWidgetArea(dock).name,
    "panel": type(dock.widget().widget()).__name__,  # in what scrolls it
    "seen": [dock.isVisible()],
    "checked": [entry.isChecked()],
}
for _ in range(2):
    entry.trigger()
    found["seen"].append(dock.isVisible())
    found["checked"].append(entry.isChecked())
wiring.close()
print(json.dumps(found))
"""


def test_a_new_panel_is_one_new_file(copied: Path) -> None:
    (copied / "maskeditor" / "ui" / "panels" / "notes.py").write_text(NOTES, "utf-8")
    found = json.loads(ran(copied, "-c", WINDOW))
    assert found["menu"][:5] == ["Operations", "ROIs", "Images", "History", "Labels"]
    assert found["menu"][-1] == "Notes"
    assert len(set(found["menu"])) == len(found["menu"])
    assert found["side"] == "BottomDockWidgetArea"
    assert found["panel"] == "NotesPanel"
    assert found["seen"] == found["checked"] == [True, False, True]
