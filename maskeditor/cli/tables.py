"""Tables that commands make: the options of where they go, and how they are printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from maskeditor.cli.console import width
from maskeditor.cli.guard import print_line
from maskeditor.core.visible import visible
from maskeditor.io.columns import ENDINGS, Cell, Table
from maskeditor.io.save import encoded
from maskeditor.model.numbers_in_words import in_brief, in_number

_Command = TypeVar("_Command", bound=Callable[..., Any])


def table_options(command: _Command) -> _Command:
    """Give a command the options --json (`as_json`) and -o (`output`); whoever has them ends in `put_out`.

    What -o names is checked by `maskeditor.io.columns.check_table` before any work is done.
    """
    written = click.option(
        "-o",
        "--output",
        metavar="T.tsv",
        type=click.Path(path_type=Path, readable=False),
        help=f"Write the table to this file ({ENDINGS}) in place of printing it; n/a where there is no value.",
    )
    printed = click.option(
        "--json", "as_json", is_flag=True, help="Print the table as JSON, null where there is no value."
    )
    return written(printed(command))


def put_out(table: Table, output: Path | None, as_json: bool, **facts: Any) -> None:
    """Write a table to its file, and print it as JSON if that is wanted; without either print it as text.

    On a terminal numbers are short and columns stand under one another; anywhere else it is TSV with all digits.

    Parameters
    ----------
    table : Table
    output : Path or None
    as_json : bool
    **facts
        What the JSON holds beside ``"rows"``.
    """
    if output is not None:
        table.write(output)
    if as_json:
        text = json.dumps({**facts, "rows": table.rows()}, indent=2, ensure_ascii=False)
        # Bytes of a file's name that are no letters have a code in JSON.
        print(encoded(text).decode())
    elif output is not None:
        print_line(f"{output}: {in_number(len(table), 'row')}, {in_number(len(table.names), 'column')}")
    elif sys.stdout.isatty():
        _print(table)
    else:
        print(table.text())


def _print(table: Table) -> None:
    """Print a table; row by row, a column on a line of its own, where it is wider than the terminal."""
    from rich.console import Console
    from rich.table import Table as Printed

    rows = [[_short(cell) for cell in row.values()] for row in table.rows()]
    names = [*map(visible, table.names)]
    columns = [[name, *cells] for name, *cells in zip(names, *rows, strict=True)]
    console = Console(width=width(), highlight=False, emoji=False, markup=False)
    if sum(max(map(len, column)) + 2 for column in columns) > console.width:
        blocks = [list(zip(names, row, strict=True)) for row in rows]
        for block in blocks:
            shown = Printed.grid(padding=(0, 2, 0, 0))
            for line in block:
                shown.add_row(*line)
            console.print(shown)
            if block is not blocks[-1]:
                console.print()
        return
    shown = Printed(box=None, padding=(0, 2, 0, 0))
    for name, shown_name in zip(table.names, names, strict=True):
        is_text = any(isinstance(cell, str) for cell in table[name])
        shown.add_column(shown_name, justify="left" if is_text else "right", no_wrap=True)
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def _short(cell: Cell) -> str:
    if cell is None:
        return ""
    return in_brief(cell) if isinstance(cell, float) else visible(str(cell))
