"""What is declared is imported, and what is imported is declared."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
#: Declared and not imported by maskeditor itself, and why.
ELSEWHERE = {
    "pylibjpeg": "pydicom imports it, to decode what is compressed",
    "pylibjpeg-libjpeg": "pylibjpeg finds it by its entry point",
    "pylibjpeg-openjpeg": "pylibjpeg finds it by its entry point",
}
#: Imported and not declared: parts that another package is made of.
PARTS = {"annotated-types": "pydantic", "pydantic-core": "pydantic", "pyqt6-sip": "pyqt6"}


def declared() -> set[str]:
    """Return what the program needs, and what its extras but that for development need."""
    extras = [line for name, lines in EXTRAS.items() if name != "dev" for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in (*PROJECT["dependencies"], *extras)}


def imported() -> set[str]:
    """Return the distributions that some module of maskeditor imports, inside functions and for types too."""
    graph = grimp.build_graph("maskeditor", include_external_packages=True, cache_dir=None)
    outside = {name for name in graph.modules if graph.is_module_squashed(name)}
    packages = {name.partition(".")[0] for name in outside} - set(sys.stdlib_module_names)
    known = packages_distributions()
    assert packages <= set(known), f"not installed: {packages - set(known)}"
    return {canonicalize_name(distribution) for package in packages for distribution in known[package]}


def test_what_is_declared_is_imported() -> None:
    assert declared() - imported() == declared() & set(ELSEWHERE)
    assert set(ELSEWHERE) <= declared()


def test_what_is_imported_is_declared() -> None:
    assert imported() - declared() == set(PARTS)
    for part, whole in PARTS.items():
        assert whole in declared()
        assert part in {canonicalize_name(Requirement(line).name) for line in requires(whole) or ()}


def test_nothing_is_imported_by_a_name_that_these_tests_cannot_see() -> None:
    by_name = {
        path.relative_to(CHECKOUT / "maskeditor").as_posix()
        for path in (CHECKOUT / "maskeditor").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name | ast.Attribute)
        and (node.id if isinstance(node, ast.Name) else node.attr) in ("import_module", "__import__")
    }
    # All of them import modules of maskeditor.
    assert by_name == {"core/register.py", "core/operation/declaration.py", "cli/commands.py", "__init__.py"}
