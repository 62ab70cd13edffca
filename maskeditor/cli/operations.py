"""`maskeditor operations`: the register as a list, as manual pages and as JSON schema."""

from __future__ import annotations

import inspect
import json
import textwrap
from itertools import groupby
from typing import Any

import click

import maskeditor.ops
from maskeditor.cli.console import prose_width
from maskeditor.cli.schema import operation_schema, register_schema
from maskeditor.core.operation.declaration import Operation, find, operations
from maskeditor.core.operation.parameters import Parameter

assert maskeditor.ops  # fills the register


@click.command("operations")
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
    column = 2 + max(len(cls.id) for cls in operations())
    for group, members in groupby(operations(), key=lambda cls: cls.group):
        click.secho(group, bold=True)
        for cls in members:
            click.echo(_hanging(f"  {cls.id:{column}}", cls.summary_line(), column + 2))


def _page(cls: type[Operation]) -> None:
    click.secho(f"{cls.id}: {cls.title} ({cls.group})", bold=True)
    for paragraph in inspect.cleandoc(cls.__doc__ or "").split("\n\n"):
        click.echo()
        click.echo(textwrap.fill(paragraph, prose_width()))
    if cls.synonyms:
        click.echo()
        click.echo(_hanging("Also found as: ", f"{', '.join(cls.synonyms)}.", 4))
    for declared in cls.parameters():
        click.echo()
        click.echo(click.style(with_default(declared), bold=True) + f"  ({declared.wanted})")
        click.echo(_hanging("    ", meaning(declared), 4))


def _hanging(start: str, text: str, indent: int) -> str:
    return textwrap.fill(text, prose_width(), initial_indent=start, subsequent_indent=" " * indent)


def with_default(declared: Parameter) -> str:
    """Return a parameter as it is written for --do, with its default."""
    return f"{declared.name}={'…' if declared.required else _written(declared.default)}"


def meaning(declared: Parameter) -> str:
    """Return what a parameter means, and when it matters."""
    if declared.when is None:
        return declared.description
    name, value = declared.when
    values = value if isinstance(value, list | tuple) else (value,)
    return f"{declared.description} Matters only with {' or '.join(f'{name}={_written(one)}' for one in values)}."


def _written(value: Any) -> str:
    """Return a value as it is written after `name=`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return ",".join(_written(part) for part in value)
    return str(value)
