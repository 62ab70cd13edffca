"""`maskeditor operations`: the register as a list, as manual pages and as JSON schema."""

from __future__ import annotations

import inspect
import json
from itertools import groupby
from typing import Any

import click
from rich.table import Table

import maskeditor.ops
from maskeditor.cli.console import console
from maskeditor.cli.schema import operation_schema, register_schema
from maskeditor.core.operation import Operation, find, operations
from maskeditor.core.parameters import Parameter

assert maskeditor.ops  # fills the register


@click.command("operations", short_help="List the operations, or explain one.")
@click.argument("id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON schema of all, or of this one.")
def show(id: str | None, as_json: bool) -> None:
    """List the operations there are, or explain the one with this ID and its parameters."""
    if as_json:
        print(json.dumps(register_schema() if id is None else operation_schema(find(id)), indent=2))
    elif id is None:
        _list()
    else:
        _page(find(id))


def _list() -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for group, members in groupby(operations(), key=lambda cls: cls.group):
        table.add_row(group, style="bold")
        for cls in members:
            table.add_row(f"  {cls.id}", cls.summary_line())
    console().print(table)


def _page(cls: type[Operation]) -> None:
    out = console()
    out.print(f"{cls.id}: {cls.title} ({cls.group})", style="bold")
    out.print()
    out.print(inspect.cleandoc(cls.__doc__ or ""))
    if not cls.parameters():
        return
    table = Table("Parameter", "Default", "Takes", "Meaning", box=None, pad_edge=False, header_style="bold")
    for declared in cls.parameters():
        table.add_row(declared.name, default_told(declared), declared.wanted, _meaning(declared))
    out.print()
    out.print(table)


def _meaning(declared: Parameter) -> str:
    if declared.when is None:
        return declared.description
    name, value = declared.when
    return f"{declared.description} (Matters only with {name}={_written(value)}.)"


def default_told(declared: Parameter) -> str:
    """Return a parameter's default as it would be written after `name=`."""
    return "must be given" if declared.required else _written(declared.default)


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ",".join(_written(part) for part in value) or "none"
    return str(value) or '""'
