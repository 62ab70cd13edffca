"""The import rules of pyproject.toml hold, and each of them bites when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

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


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, to be broken."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(CHECKOUT / "maskeditor", folder / "maskeditor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    return folder


def test_the_rules_hold() -> None:
    result = check(CHECKOUT)
    assert result.returncode == 0, result.stdout + result.stderr


INSIDE_A_FUNCTION = "def late() -> None:\n    import PyQt6.QtCore"


@pytest.mark.parametrize(
    ("contract", "module", "forbidden"),
    [
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
        ("qt", "core", INSIDE_A_FUNCTION),
        ("qt", "ops", INSIDE_A_FUNCTION),
        ("qt", "io", INSIDE_A_FUNCTION),
        ("qt", "model", "import pyqtgraph"),
        ("qt", "cli", "import superqt"),
        ("files", "core", "import nibabel"),
        ("files", "ops", "import nibabel"),
        ("files", "model", "import nibabel"),
        ("files", "ui", "def late() -> None:\n    import pydicom"),
        ("files", "cli", "import pydicom"),
        ("rules", "core", "def late() -> None:\n    import nilearn.masking"),
        ("rules", "ops", "import nilearn"),
        ("peers", "model", "import skimage"),
        ("operations", "ops", "import maskeditor.ops.other"),
    ],
)
def test_each_rule_bites(copied: Path, contract: str, module: str, forbidden: str) -> None:
    broken = copied / "maskeditor" / module / "broken.py"
    other = copied / "maskeditor" / "ops" / "other.py"
    try:
        other.write_text('"""An operation."""\n')
        broken.write_text(f'"""A module that breaks a rule."""\n\n{forbidden}\n')
        result = check(copied, contract)
    finally:
        other.unlink()
        broken.unlink()
    assert result.returncode == 1
    assert "0 kept, 1 broken" in result.stdout
    assert "broken" in result.stdout.partition("Broken contracts")[2]
