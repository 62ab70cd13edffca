"""What commands print: tables, and a progress bar where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from maskeditor.core.progress import Progress

#: Columns when the output is no terminal, so that a file or a pipe gets whole lines.
WIDE = 240


def console() -> Console:
    """Return a console on standard output, as wide as the terminal or wide enough for a file."""
    return Console(width=None if sys.stdout.isatty() else WIDE, highlight=False, emoji=False, markup=False)


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Yield a progress shown as a bar on a terminal's standard error, and not at all elsewhere."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield Progress(lambda fraction: bar.update(task, completed=fraction))
