"""The import rules of pyproject.toml hold, and each of them bites when it is broken."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CHECK = """
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(limit_to_contracts=tuple(sys.argv[1:]), no_cache=True, no_logo=True))
"""


def check(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check the package in `folder` against all contracts, or those named."""
    command = [sys.executable, "-c", CHECK, *contracts]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_rules_hold() -> None:
    result = check(CHECKOUT)
    assert result.returncode == 0, result.stdout + result.stderr


FOR_TYPES = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import maskeditor.ui.tools.broken_other"
INSIDE_A_FUNCTION = "def late() -> None:\n    import PyQt6.QtCore"


@pytest.mark.parametrize(
    ("contract", "room", "forbidden"),
    [
        ("layers", "engine", "import maskeditor.core"),
        ("layers", "core", "import maskeditor.ops"),
        ("layers", "core", "import maskeditor.io"),
        ("layers", "ops", "import maskeditor.io"),
        ("layers", "ops", "import maskeditor.model"),
        ("layers", "io", "import maskeditor.ops"),
        ("layers", "io", "import maskeditor.model"),
        ("layers", "model", "import maskeditor.ui"),
        ("layers", "model", "import maskeditor.cli"),
        ("layers", "ui", "import maskeditor.cli"),
        ("layers", "cli", "import maskeditor.ui"),
        ("layers", "cli", "import maskeditor.api"),
        ("layers", "model", "import maskeditor.api"),
        ("layers", "cli", "def late() -> None:\n    import maskeditor.ui"),
        ("layers", "", "VALUE = 'a module that belongs to no layer'"),
        ("engine", "engine", "import pydantic"),
        ("engine", "engine/components", "import nibabel"),
        ("engine", "sample", "import psygnal"),
        ("sample", "sample", "import maskeditor.core.errors"),
        ("qt", "engine", INSIDE_A_FUNCTION),
        ("qt", "core/space", INSIDE_A_FUNCTION),
        ("qt", "ops", INSIDE_A_FUNCTION),
        ("qt", "io", INSIDE_A_FUNCTION),
        ("qt", "model/view", "import pyqtgraph"),
        ("qt", "cli", "import superqt"),
        ("files", "core", "import nibabel"),
        ("files", "ops", "import nibabel"),
        ("files", "model", "import sqlite3"),
        ("files", "ui", "def late() -> None:\n    import pydicom"),
        ("files", "cli", "import pydicom"),
        ("rules", "engine", "import nilearn"),
        ("rules", "core", "def late() -> None:\n    import nilearn.masking"),
        ("rules", "ops", "import nilearn"),
        ("peers", "model", "import skimage"),
        ("circles", "engine", "import maskeditor.engine.broken_other"),
        ("circles", "ui/panels", "def late() -> None:\n    import maskeditor.ui.panels.broken_other"),
        ("circles", "ui/tools", FOR_TYPES),
        ("components", "ops", "import maskeditor.engine.components.by_runs"),
        ("core", "core/space", "import maskeditor.core.history.document"),
        ("core", "core/operation", "import maskeditor.core.recipe.recipe"),
        ("core", "core", "VALUE = 'a module that belongs to no room'"),
        ("operations", "ops", "import maskeditor.ops.broken_other"),
        ("ops", "ops", "import psygnal"),
        ("io", "io/nifti", "import maskeditor.io.save"),
        ("io", "io/journal", "import maskeditor.io.open"),
        ("io", "io/dicom", "import maskeditor.io.format"),
        ("io", "io/formats", "import maskeditor.io.search"),
        ("model", "model/view", "import maskeditor.model.session"),
        ("model", "model", "VALUE = 'a module that belongs to no room'"),
        ("view", "model/view", "import maskeditor.model.view.viewer"),
        ("drawn", "model/view", "import maskeditor.core.history.document"),
        ("drawn", "model/view", "def late() -> None:\n    import maskeditor.io.save"),
        ("ui", "ui/look", "import maskeditor.ui.forms.form"),
        ("ui", "ui/views", "import maskeditor.ui.tools.toolbox"),
        ("ui", "ui/work", "import maskeditor.ui.panels.history"),
        ("ui", "ui/work", "import maskeditor.ui.forms.form"),
        ("ui", "ui/histogram", "import maskeditor.ui.panels.step_fields"),
        ("ui", "ui/panels", "import maskeditor.ui.tools.toolbox"),
        ("beside", "ui/panels", "import maskeditor.ui.views.canvas"),
        ("beside", "ui/histogram", "import maskeditor.ui.views.canvas"),
        ("forms", "ui/forms", "import maskeditor.model.view.viewer"),
        ("forms", "ui/forms", "import maskeditor.core.history.document"),
        ("ui", "ui/files", "import maskeditor.ui.main_window.window"),
        ("look", "ui/look", "import maskeditor.model.view.viewer"),
        ("look", "ui/look", INSIDE_A_FUNCTION.replace("PyQt6.QtCore", "maskeditor.engine.box")),
        ("views", "ui/views", "import maskeditor.ui.work.editor"),
        ("views", "ui/views", "import maskeditor.core.history.document"),
        ("views-inside", "ui/views", "VALUE = 'a module that belongs to no layer'"),
        ("tools", "ui/tools", "import maskeditor.ui.panels.history"),
        ("tools", "ui/tools", "import maskeditor.io.save"),
        ("files-inside", "ui/files", "VALUE = 'a module that belongs to no layer'"),
        ("main-window", "ui/main_window", "VALUE = 'a module that belongs to no layer'"),
        ("cli", "cli", "import maskeditor.cli.run"),
    ],
)
def test_each_rule_bites(copied: Path, contract: str, room: str, forbidden: str) -> None:
    broken = copied / "maskeditor" / room / "broken.py"
    other = broken.with_name("broken_other.py")
    name = ".".join(("maskeditor", *room.split("/"), "broken"))
    try:
        broken.write_text(f'"""A module that breaks a rule."""\n\n{forbidden}\n')
        if "broken_other" in forbidden:
            other.write_text(f'"""A module that leads back."""\n\nimport {name}\n')
        result = check(copied, contract)
    finally:
        broken.unlink()
        other.unlink(missing_ok=True)
    assert result.returncode == 1
    assert "0 kept, 1 broken" in result.stdout
    assert "broken" in result.stdout.partition("Broken contracts")[2]


def test_every_rule_was_broken_on_purpose() -> None:
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    tried = {values[0] for values in test_each_rule_bites.pytestmark[0].args[1]}
    assert {contract["id"] for contract in contracts} == tried


def test_the_engine_is_kept_from_every_dependency_but_numpy_and_scipy() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    forbidden = next(set(one["forbidden_modules"]) for one in contracts if one["id"] == "engine")
    extras = project["project"]["optional-dependencies"]
    wanted = [
        *project["project"]["dependencies"],
        *(one for name, some in extras.items() if name != "dev" for one in some),
    ]
    packages = {re.split("[><=~ ]", one)[0] for one in wanted} - {"numpy", "scipy", "markdown-it-py"} | {"markdown_it"}
    # The decoders of pylibjpeg are found by it, not imported.
    assert {name for name in packages if not name.startswith("pylibjpeg-")} <= forbidden


def test_nothing_reaches_up_to_the_face_of_the_package() -> None:
    graph = grimp.build_graph("maskeditor", cache_dir=None)
    assert graph.find_modules_that_directly_import("maskeditor") == set()


def test_every_room_has_a_sign_on_its_door() -> None:
    for folder in {path.parent for path in (CHECKOUT / "maskeditor").rglob("*.py")}:
        sign = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        assert len(sign) > 40, folder


def test_the_engine_raises_value_errors() -> None:
    raised = set()
    for path in (CHECKOUT / "maskeditor" / "engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and node.exc is not None:
                raised.add(ast.unparse(node.exc).partition("(")[0])
    # A function that words a ValueError; what stops work; what a thread hands on to the one that waits for it.
    assert raised == {"ValueError", "too_few", "Cancelled", "_Stopped", "job.error"}
