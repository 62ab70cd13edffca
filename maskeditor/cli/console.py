"""What commands print on, and a progress bar where somebody watches."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from maskeditor.core.visible import visible
from maskeditor.engine.progress import Progress

#: Columns when the output is no terminal, so that a file or a pipe gets whole lines.
WIDE = 240
#: Prose wider than this is hard to read.
PROSE = 100


def width() -> int:
    """Return the columns of the terminal, or many where the output is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE


def prose_width() -> int:
    """Return the columns that running text is set in."""
    return min(PROSE, width())


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Yield a progress shown as a bar on a terminal's standard error, and not at all elsewhere."""
    if not sys.stderr.isatty():
        yield Progress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(visible(title), total=1.0)
        yield Progress(lambda fraction: bar.update(task, completed=fraction))
