"""A new tool is one new file in ui/tools: menu, tool bar, toolbox and the list of keys have it then."""

from __future__ import annotations

import json
from pathlib import Path

from tests.architecture.conftest import ran

YARDSTICK = '''"""A tool that does nothing but be there."""

from maskeditor.core.operation.parameters import parameter
from maskeditor.model.tool_options import ToolOptions
from maskeditor.ui.tools.declaration import ToolDeclaration
from maskeditor.ui.views.tool import Tool


class YardstickOptions(ToolOptions):
    """How it measures."""

    kept_as = "yardstick"

    width: float = parameter(2.0, title="Width", description="Of the line.", gt=0, le=9, step=0.5)


class YardstickTool(Tool):
    """Measures nothing."""


TOOL = ToolDeclaration(
    id="yardstick",
    title="&Yardstick",
    key="Y",
    tip="Drag to measure.",
    order=99,
    draw=lambda painter: painter.drawLine(2, 14, 14, 2),
    make=lambda editor, options: YardstickTool(),
    gestures=(("Drag with the yardstick", "length in mm"),),
    options=YardstickOptions,
)
'''
WINDOW = """
import json
from PyQt6.QtWidgets import QDialog, QTableWidget, QToolBar
from maskeditor.ui.app import application
from maskeditor.ui.main_window.options_bar import OptionsBar
from maskeditor.ui.main_window.window import MainWindow
from maskeditor.ui.main_window.wiring import Wiring

app = application()
window = MainWindow()
window.show()
app.processEvents()
wiring = Wiring(window, attended=False)
menu = [action.text() for action in wiring.actions.submenus["Tools"].actions()]
(action,) = (action for action in window.findChild(QToolBar).actions() if action.objectName() == "tool_yardstick")
action.trigger()
wiring.commands.shortcuts()
(dialog,) = (dialog for dialog in window.findChildren(QDialog) if dialog.windowTitle() == "Keys and mouse")
table = dialog.findChild(QTableWidget)
rows = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
form = window.findChild(OptionsBar).form
form.fields["width"].number.setValue(4.5)
found = {
    "options": wiring.toolbox.options.settings.to_record(),
    "menu": menu,
    "key": action.shortcut().toString(),
    "tip": action.toolTip(),
    "in hand": type(wiring.toolbox.tool).__name__,
    "checked": action.isChecked(),
    "rows": rows,
}
wiring.close()
print(json.dumps(found))
"""


def test_a_new_tool_is_one_new_file(copied: Path) -> None:
    (copied / "maskeditor" / "ui" / "tools" / "yardstick.py").write_text(YARDSTICK, "utf-8")
    found = json.loads(ran(copied, "-c", WINDOW))
    assert "&Yardstick" in found["menu"]
    assert found["key"] == "Y"
    assert found["tip"] == "Drag to measure. (Y)"
    assert found["in hand"] == "YardstickTool"
    assert found["checked"]
    assert found["options"] == {"width": 4.5}
    assert ["Y", "Yardstick", "Drag to measure."] in found["rows"]
    assert ["Drag with the yardstick", "Length in mm", ""] in found["rows"]
