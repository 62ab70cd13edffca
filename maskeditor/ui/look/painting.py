"""Painters that are always put down again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtGui import QPaintDevice, QPainter


@contextmanager
def painting(on: QPaintDevice) -> Iterator[QPainter]:
    """Give a painter that ends with the block, whatever happens in it.

    Qt brings the whole program down if something is painted on, or goes, while a painter is still at work on it.
    """
    painter = QPainter(on)
    try:
        yield painter
    finally:
        painter.end()
