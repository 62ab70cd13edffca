"""What goes with the bundle: icons, types of files, the installer, and what other systems are told."""

from __future__ import annotations

import ctypes
import os
import plistlib
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PyQt6.QtCore import QBuffer, QByteArray
from PyQt6.QtGui import QImage, QImageReader

from maskeditor.version import __version__

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
sys.path.insert(0, str(PACKAGING))

import archive  # noqa: E402
import debug_information  # noqa: E402
import document_types  # noqa: E402
import icons  # noqa: E402

NEEDS_SH = pytest.mark.skipif(os.name == "nt", reason="Windows has an installer of its own")
MIME = """
import sys
from PyQt6.QtCore import QMimeDatabase, QMimeDatabase as Database
for name in sys.argv[1:]:
    print(Database().mimeTypeForFile(name, Database.MatchMode.MatchExtension).name())
"""


def size_of(picture: bytes) -> tuple[int, int]:
    image = QImage.fromData(picture)
    assert not image.isNull()
    return image.width(), image.height()


def test_the_icon_is_drawn_in_every_size(qapp: object) -> None:
    for size in icons.SIZES:
        assert size_of(icons.png(size)) == (size, size)
    image = QImage.fromData(icons.png(64))
    assert len({image.pixel(x, y) for x in range(64) for y in range(64)}) > 10


def test_the_icon_for_windows_is_read_by_qt(qapp: object) -> None:
    data = QByteArray(icons.ico())
    buffer = QBuffer(data)
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"ico")
    sizes = []
    for place in range(reader.imageCount()):
        assert reader.jumpToImage(place)
        sizes.append(reader.read().width())
    assert sizes == [16, 24, 32, 48, 64, 128, 256]


def test_the_icon_for_macos_holds_a_png_of_each_size(qapp: object) -> None:
    data = icons.icns()
    assert data[:4] == b"icns"
    assert struct.unpack(">I", data[4:8]) == (len(data),)
    place, sizes = 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place + 4 : place + 8])
        sizes.append(size_of(data[place + 8 : place + length])[0])
        place += length
    assert sizes == [16, 32, 64, 128, 256, 512, 1024]


def test_types_are_well_formed_and_listed_in_the_entry() -> None:
    root = ET.fromstring(document_types.mime_package())
    namespace = "{http://www.freedesktop.org/standards/shared-mime-info}"
    globs = {one.get("pattern") for one in root.iter(f"{namespace}glob")}
    assert globs == {"*.nii", "*.nii.gz", "*.maskeditor"}
    entry = archive.desktop_entry()
    for one in root.iter(f"{namespace}mime-type"):
        assert f"{one.get('type')};" in entry
    assert "application/dicom;" in entry


def fake(folder: Path) -> Path:
    """Return an unpacked archive whose program is a script."""
    (folder / "maskeditor").mkdir(parents=True)
    program = folder / "maskeditor" / "maskeditor"
    program.write_text('#!/bin/sh\necho "started with $*"\n')
    program.chmod(0o755)
    archive.write_beside(folder)
    return folder


@NEEDS_SH
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="for a Linux desktop")
@pytest.mark.parametrize("name", ["home of somebody", 'R&D | $HOME \\ `100 %f` "quoted"'])
def test_the_installer_needs_no_root_and_takes_all_away(tmp_path: Path, qapp: object, name: str) -> None:
    home = tmp_path / name
    home.mkdir()
    place = fake(tmp_path / "unpacked")
    environment = os.environ | {"HOME": str(home)}
    install = ["sh", str(place / "install.sh")]
    for _ in range(2):  # a second time, over the first
        subprocess.run(install, env=environment, check=True, capture_output=True)
    program = home / ".local" / "bin" / "maskeditor"
    ended = subprocess.run([str(program), "a.nii"], capture_output=True, text=True, check=True)
    assert ended.stdout == "started with a.nii\n"
    share = home / ".local" / "share"
    entry = (share / "applications" / "maskeditor.desktop").read_text("utf-8")
    (started,) = re.findall('^Exec="(.*)" %f$', entry, re.MULTILINE)
    # As the specification of desktop entries reads it: a text, then an argument in quotes, then codes of fields.
    assert not re.search(r'(?<!\\)(?:\\\\)*["`$]', started.replace(r"\\", "\\").replace("\\\\", ""))
    argument = re.sub(r'\\(["`$\\])', r"\1", started.replace("\\\\", "\\"))
    assert argument.replace("%%", "%") == f"{home}/.local/lib/maskeditor/maskeditor"
    for size in icons.SIZES:
        assert (share / "icons" / "hicolor" / f"{size}x{size}" / "apps" / "maskeditor.png").is_file()
    # Qt, as desktops do, knows the files by what was installed.
    names = ["a.nii", "b.nii.gz", "c.maskeditor", "d.gz"]
    asked = subprocess.run(
        [sys.executable, "-c", MIME, *names],
        env=environment | {"XDG_DATA_HOME": str(share)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.split() == [
        "application/x-nifti",
        "application/x-nifti-gz",
        "application/x-maskeditor",
        "application/gzip",
    ]
    subprocess.run([*install, "--remove"], env=environment, check=True, capture_output=True)
    left = [path for path in home.rglob("*maskeditor*") if path.is_file() or path.is_symlink()]
    assert [path for path in left if "mime" not in path.parts] == []
    assert not (share / "mime" / "packages" / "maskeditor.xml").exists()


@NEEDS_SH
def test_the_installer_alone_says_what_it_misses(tmp_path: Path) -> None:
    script = tmp_path / "install.sh"
    script.write_bytes((PACKAGING / "linux" / "install.sh").read_bytes())
    ended = subprocess.run(
        ["sh", str(script)], env=os.environ | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("install.sh must lie beside the folder maskeditor")
    assert list(tmp_path.iterdir()) == [script]


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
def test_the_spec_says_to_each_system_what_it_wants(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object
) -> None:
    """As PyInstaller reads it, which is not there for other systems."""
    called: dict[str, list[dict[str, Any]]] = {"EXE": [], "BUNDLE": []}

    def noted(name: str) -> Any:
        return lambda *given, **named: called[name].append(named)

    analysis = SimpleNamespace(binaries=[], datas=[], pure=[], scripts=[("maskeditor", "", "")])
    spec = PACKAGING / "maskeditor.spec"
    space = {
        "SPECPATH": str(PACKAGING),
        "workpath": str(tmp_path / "build"),
        "Analysis": lambda *given, **named: vars(analysis).update(asked=named) or analysis,
        "PYZ": lambda *given: None,
        "COLLECT": lambda *given, **named: None,
        "EXE": noted("EXE"),
        "BUNDLE": noted("BUNDLE"),
    }
    code = compile(spec.read_text("utf-8"), str(spec), "exec")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "platform", system)
        exec(code, space)
    program = called["EXE"][0]
    assert program["name"] == "maskeditor"
    if system == "win32":
        assert Path(program["icon"]).read_bytes() == icons.ico()
        text = Path(program["version"]).read_text("utf-8")
        compile(text, "version", "eval")
        assert f"'FileVersion', '{__version__}'" in text
        assert program["hide_console"] == "hide-early"
    if system != "darwin":
        assert called["BUNDLE"] == []
        return
    (made,) = called["BUNDLE"]
    assert made["bundle_identifier"] == "org.maskeditor.maskeditor"
    assert Path(made["icon"]).read_bytes() == icons.icns()
    plist = plistlib.loads(plistlib.dumps(made["info_plist"]))
    assert plist["CFBundleShortVersionString"] == __version__
    declared = {
        one["UTTypeIdentifier"]: one["UTTypeTagSpecification"]["public.filename-extension"]
        for kind in ("UTExportedTypeDeclarations", "UTImportedTypeDeclarations")
        for one in plist[kind]
    }
    assert sorted(ending for endings in declared.values() for ending in endings) == ["gz", "maskeditor", "nii"]
    asked = {uniform for one in plist["CFBundleDocumentTypes"] for uniform in one["LSItemContentTypes"]}
    assert asked == declared.keys()


def test_the_script_for_windows_offers_and_takes_back() -> None:
    text = document_types.registry_script()
    assert "foreach ($ending in '.maskeditor', '.nii')" in text
    assert "HKCU:" in text
    assert text.count("{") == text.count("}")
    assert "Remove-Item " in text


def test_what_debuggers_alone_read_is_left_out(tmp_path: Path) -> None:
    if not shutil.which("gcc") or not shutil.which("strip"):
        pytest.skip("gcc and strip are wanted")
    (tmp_path / "one.c").write_text("int twice(int number) { return 2 * number; }\n")
    entries = []
    for name, option in (("with.so", "-g"), ("without.so", "-g0")):
        made = tmp_path / name
        subprocess.run(["gcc", option, "-shared", "-fPIC", "-o", made, tmp_path / "one.c"], check=True)
        entries.append((f"lib/{name}", str(made), "BINARY"))
    link = ("lib/link.so", "with.so", "SYMLINK")
    ours, plain, linked = debug_information.without_debug_information([*entries, link], tmp_path / "copies")
    assert (plain, linked) == (entries[1], link)
    assert (ours[0], ours[2]) == ("lib/with.so", "BINARY")
    assert b".debug_info" in Path(entries[0][1]).read_bytes()
    assert b".debug_info" not in Path(ours[1]).read_bytes()
    assert ctypes.CDLL(ours[1]).twice(21) == 42


def test_a_library_that_strip_would_break_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not shutil.which("gcc") or not shutil.which("strip"):
        pytest.skip("gcc and strip are wanted")
    made = tmp_path / "one.so"
    (tmp_path / "one.c").write_text("int one;\n")
    subprocess.run(["gcc", "-g", "-shared", "-fPIC", "-o", made, tmp_path / "one.c"], check=True)
    entry = ("lib/one.so", str(made), "BINARY")
    monkeypatch.setattr(debug_information, "can_be_loaded", lambda library: False)
    assert debug_information.without_debug_information([entry], tmp_path / "copies") == [entry]
    (damaged := tmp_path / "damaged.so").write_bytes(b"\x7fELF .debug_info")
    entry = ("lib/damaged.so", str(damaged), "BINARY")
    assert debug_information.without_debug_information([entry], tmp_path / "copies") == [entry]


def test_a_library_that_strip_has_broken_is_known() -> None:
    # As the linker of Linux asks for it: the place in the file and in memory are alike within a page.
    def library(offset: int, address: int) -> bytes:
        head = struct.pack("<4sBB10x16xQ8x6xHH6x", b"\x7fELF", 2, 1, 64, 56, 1)
        return head + struct.pack("<IIQQQQQQ", 1, 5, offset, address, address, 10, 10, 4096)

    assert debug_information.can_be_loaded(library(8192 + 8, 4096 + 8))
    assert not debug_information.can_be_loaded(library(8192 + 8, 4096))
    assert debug_information.can_be_loaded(Path(np._core._multiarray_umath.__file__).read_bytes())
