"""Every public function of the engine that takes or gives an array says which shape and which type it has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import maskeditor.engine

FOLDER = Path(maskeditor.engine.__file__).parent
ARRAYS = re.compile(r"\b(Array|BoolArray|Bytes|Words|Integers|Counts|Affine|Points|NDArray|ArrayLike)\b")
#: Such as "(I, J, K) array of bool", "array of int or float of the box's shape", "(N,) of uint64".
SAYS = re.compile(
    r"\([^()]+\) (array|array_like)? ?of [^.]*?\b(bool|u?int\d*|float\d*|type)\b|array of bool of the box's shape"
)
#: To a function or method that says it, which is looked at likewise.
REFERS = re.compile(r"[Pp]arameters as in `\w+`|\n +As in `\w+`|^See `Pieces\.\w+`\.")


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(FOLDER.rglob("*.py")):
        name = path.relative_to(FOLDER).with_suffix("").as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from ((f"{name}: {node.name}.{one.name}", one) for one in node.body if is_public(one))
        for node in ast.parse(path.read_text("utf-8")).body:
            if is_public(node):
                yield f"{name}: {node.name}", node


def is_public(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and not node.name.startswith("_")


def arrays_of(node: ast.FunctionDef) -> list[str]:
    """Return what of a function is an array: its parameters by name, and what it returns."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    types = {one.arg: ast.unparse(one.annotation) for one in given if one.annotation}
    found = [name for name, kind in types.items() if ARRAYS.search(kind) and not kind.startswith("Callable")]
    if node.returns is not None and ARRAYS.search(ast.unparse(node.returns)):
        found.append("return")
    return found


WITH_ARRAYS = {name: node for name, node in functions() if arrays_of(node)}


def test_there_are_many() -> None:
    assert len(WITH_ARRAYS) > 60


@pytest.mark.parametrize("name", WITH_ARRAYS)
def test_shape_and_type(name: str) -> None:
    node = WITH_ARRAYS[name]
    text = ast.get_docstring(node) or ""
    parameters, _, rest = text.partition("Parameters\n---")[2].partition("Returns\n---")
    missing = []
    for one in arrays_of(node):
        # A short docstring says it all in its sentence, a long one by sections.
        part = text
        if one != "return" and parameters:
            entry = re.search(rf"^(\w+, )*{one}(, \w+)* : .*(\n    .*)*", parameters, re.MULTILINE)
            part = entry[0] if entry else ""
        elif one == "return" and rest:
            part = rest
        if not SAYS.search(" ".join(part.split())) and not REFERS.search(text):
            missing.append(one)
    assert not missing, f"{name} does not say shape and type of {', '.join(missing)}:\n{text}"
