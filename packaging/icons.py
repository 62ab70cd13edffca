"""The icon in the sizes and files that systems want, drawn from its SVG by Qt."""

from __future__ import annotations

import os
import struct
from pathlib import Path

SVG = Path(__file__).resolve().parent.parent / "resources" / "icons" / "maskeditor.svg"
#: Pixels of the icons of a Linux desktop.
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
#: Of an .ico, and of an .icns with the names of their places there.
_OF_ICO = (16, 24, 32, 48, 64, 128, 256)
_OF_ICNS = {b"icp4": 16, b"icp5": 32, b"icp6": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def png(size: int) -> bytes:
    """Return the icon as PNG, so many pixels wide."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PyQt6.QtCore import QBuffer, QIODevice, Qt
    from PyQt6.QtGui import QGuiApplication, QImage, QPainter
    from PyQt6.QtSvg import QSvgRenderer

    application = QGuiApplication.instance() or QGuiApplication([])  # kept until it is drawn
    assert application is not None
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SVG)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def ico() -> bytes:
    """Return the icon for Windows: a directory, then a PNG of each size."""
    pictures = [png(size) for size in _OF_ICO]
    place = 6 + 16 * len(pictures)
    header = struct.pack("<HHH", 0, 1, len(pictures))
    for size, picture in zip(_OF_ICO, pictures, strict=True):
        header += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), place)
        place += len(picture)
    return header + b"".join(pictures)


def icns() -> bytes:
    """Return the icon for macOS: each size under its name, with its length."""
    pictures = {name: png(size) for name, size in _OF_ICNS.items()}
    body = b"".join(name + struct.pack(">I", 8 + len(picture)) + picture for name, picture in pictures.items())
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def write_hicolor(folder: Path) -> None:
    """Write the icons of a Linux desktop into a folder, as the theme hicolor has them."""
    for size in SIZES:
        place = folder / f"{size}x{size}" / "apps"
        place.mkdir(parents=True, exist_ok=True)
        (place / "maskeditor.png").write_bytes(png(size))
    scalable = folder / "scalable" / "apps"
    scalable.mkdir(parents=True, exist_ok=True)
    (scalable / "maskeditor.svg").write_bytes(SVG.read_bytes())
