"""A new entry of the Data menu is one new file in ui/data: a dialog, or a panel in its dock."""

from __future__ import annotations

import json
from pathlib import Path

from tests.architecture.conftest import ran

DIALOG = '''"""How many voxels there are."""

from PyQt6.QtWidgets import QMessageBox, QWidget

from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.work.editor import Editor


def count(editor: Editor, parent: QWidget) -> None:
    """Say how many."""
    box = QMessageBox(parent)
    box.setText("many")
    box.open()


DATA = DataEntry(id="count", text="&Count…", order=90, tip="Count voxels.", open=count, keys=("Ctrl+Alt+C",), needs=())
'''
PANEL = '''"""A table of one row."""

from PyQt6.QtCore import Qt

from maskeditor.io.columns import Table
from maskeditor.ui.data.declaration import DataEntry
from maskeditor.ui.data.table_view import TableView
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.work.editor import Editor


class OneRow(TableView):
    """Shows one row."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor, "One row")
        self.show_table(Table({"name": ["left"], "mean": [1.5]}))


DATA = DataEntry(id="one_row", text="&One row", order=91, tip="Show one row.", needs=())
PANEL = PanelDeclaration(
    id="one_row", title="One row", area=Qt.DockWidgetArea.BottomDockWidgetArea, order=99, make=OneRow, open=False
)
'''
WINDOW = """
import json
from PyQt6.QtWidgets import QMessageBox
from maskeditor.ui.app import application
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring

app = application()
window = MainWindow()
window.show()
app.processEvents()
wiring = Wiring(window, attended=False)
app.processEvents()
menu = {entry.text(): entry for entry in wiring.actions.submenus["Data"].actions()}
dock = window.docks["one_row"]
found = {"menu": list(menu)[-2:], "keys": menu["&Count…"].shortcut().toString(), "seen": [dock.isVisible()]}
menu["&One row"].trigger()
found["seen"].append(dock.isVisible())
found["rows"] = dock.widget().widget().list.model().rowCount()
menu["&Count…"].trigger()
found["said"] = [box.text() for box in window.findChildren(QMessageBox)]
wiring.close()
print(json.dumps(found))
"""


def test_a_new_entry_is_one_new_file(copied: Path) -> None:
    folder = copied / "maskeditor" / "ui" / "data"
    (folder / "count.py").write_text(DIALOG, "utf-8")
    (folder / "one_row.py").write_text(PANEL, "utf-8")
    found = json.loads(ran(copied, "-c", WINDOW))
    assert found == {
        "menu": ["&Count…", "&One row"],
        "keys": "Ctrl+Alt+C",
        "seen": [False, True],
        "rows": 1,
        "said": ["many"],
    }
