"""Every path and every name that the documents for people mention exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from maskeditor.version import __version__
from tests.architecture.conftest import CHECKOUT

DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "BENCHMARKS.md")
FOLDERS = ("maskeditor", "tests", "packaging", "resources", ".ci")
#: Files of the documents' own, which have a point in their names as well.
ENDINGS = (".py", ".md", ".toml", ".json", ".nii", ".gz", ".cff")


def text(document: str) -> str:
    return (CHECKOUT / document).read_text("utf-8")


def paths(document: str) -> Iterator[str]:
    """Yield what a document names of the checkout, in code or in commands, and what it links to."""
    yield from re.findall(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./-]*\w/?", text(document))
    yield from re.findall(r"\]\(([^)#:]+)\)", text(document))


def names(document: str) -> Iterator[str]:
    """Yield names such as `history/document.Document.commit`: a module, by its room if need be, and what it holds."""
    for code in re.findall(r"`([a-z_/]+(?:\.\w+)+)`", text(document)):
        if not code.endswith(ENDINGS):
            yield code


@cache
def modules() -> dict[str, ast.Module]:
    """The modules of the package by their paths, without ending."""
    package = CHECKOUT / "maskeditor"
    files = {path.relative_to(package).with_suffix("").as_posix(): path for path in package.rglob("*.py")}
    return {name: ast.parse(path.read_text("utf-8")) for name, path in files.items()}


def holds(owner: ast.AST, name: str) -> ast.AST | None:
    """Return what a module or a class defines under a name, attributes set on `self` included."""
    for node in ast.iter_child_nodes(owner):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return node
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return node
    attributes = (node for node in ast.walk(owner) if isinstance(node, ast.Attribute))
    is_class = isinstance(owner, ast.ClassDef)
    return next((one for one in attributes if is_class and one.attr == name and isinstance(one.ctx, ast.Store)), None)


def homes(name: str) -> list[str]:
    """Return the modules that a name may mean, of those that hold what it names."""
    module, *parts = name.split(".")
    found = []
    for path, tree in modules().items():
        owner: ast.AST | None = tree if f"/{path}".endswith(f"/{module}") else None
        for part in parts:
            owner = holds(owner, part) if owner is not None else None
        if owner is not None:
            found.append(path)
    return found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_exists(document: str) -> None:
    found = set(paths(document))
    assert len(found) > 3
    assert not [path for path in found if not (CHECKOUT / path).exists()]


def test_every_name_of_the_architecture_exists() -> None:
    found = set(names("ARCHITECTURE.md"))
    assert len(found) > 40
    assert not [name for name in sorted(found) if len(homes(name)) != 1]


def test_every_module_of_the_architecture_is_named_so_that_it_is_found() -> None:
    """Where two files have the same name, the room stands before it."""
    named = {name.partition(".")[0] for name in names("ARCHITECTURE.md")}
    assert not [name for name in sorted(named) if sum(f"/{path}".endswith(f"/{name}") for path in modules()) != 1]


def test_a_name_that_is_not_there_is_found() -> None:
    assert homes("document.Document.commit") == homes("history/document.Document.commit") == ["core/history/document"]
    assert homes("document.Document.revision")
    assert not homes("document.Document.committed")
    assert not homes("story/document.Document")


def test_every_room_is_in_the_table() -> None:
    """Each folder of the package, or the one that it lies in, or those that lie in it."""
    rooms = {path.parent.relative_to(CHECKOUT).as_posix() + "/" for path in (CHECKOUT / "maskeditor").rglob("*.py")}
    named = tuple(path for path in paths("ARCHITECTURE.md") if path.endswith("/"))
    unnamed = {room for room in rooms if not room.startswith(named)}
    assert not [room for room in unnamed if not any(path.startswith(room) for path in named)]


def test_the_citation_is_of_this_version() -> None:
    cited = dict(re.findall(r"^([\w-]+): *(.*)$", text("CITATION.cff"), re.MULTILINE))
    assert cited["cff-version"] == "1.2.0"
    assert cited["version"] == __version__
    assert cited["license"] == "GPL-3.0-or-later"
    assert {"title", "abstract", "message", "authors"} <= cited.keys()
