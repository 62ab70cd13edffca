"""Painters that are always put down again."""

from __future__ import annotations

from PyQt6.QtGui import QPaintDevice, QPainter


class _Painting:
    def __init__(self, on: QPaintDevice) -> None:
        self._on = on

    def __enter__(self) -> QPainter:
        self._painter = QPainter(self._on)
        return self._painter

    def __exit__(self, *_: object) -> None:
        self._painter.end()


def painting(on: QPaintDevice) -> _Painting:
    """Give a painter that ends with the block, whatever happens in it.

    Qt brings the whole program down if something is painted on, or goes, while a painter is still at work on it.
    """
    return _Painting(on)
