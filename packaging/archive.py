"""The bundle as one compressed archive, with what a system wants beside it."""

from __future__ import annotations

import platform
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

from document_types import mime_list, mime_package, registry_script  # noqa: E402
from icons import write_hicolor  # noqa: E402

from maskeditor.version import __version__  # noqa: E402

#: Of xz: a third of the time of its usual effort, for a few per cent more.
EFFORT: Final = 2


def archive(bundle: Path, folder: Path) -> Path:
    """Put a bundle and what belongs to it into an archive, and return that.

    Parameters
    ----------
    bundle : Path
        The folder that runs without Python (on macOS beside it the application).
    folder : Path
        Where the archive is written.
    """
    name = f"maskeditor-{__version__}-{platform.system().lower()}-{platform.machine().lower()}"
    with tempfile.TemporaryDirectory(dir=folder) as made:
        beside = Path(made) / "beside"
        beside.mkdir()
        write_beside(beside)
        if sys.platform.startswith("linux"):
            target = folder / f"{name}.tar.xz"
            with tarfile.open(target, "w:xz", preset=EFFORT) as packed:
                packed.add(bundle, f"{name}/maskeditor")
                for path in sorted(beside.iterdir()):
                    packed.add(path, f"{name}/{path.name}")
            return target
        application = bundle.with_suffix(".app")
        what = application if application.is_dir() else bundle
        shutil.copytree(what, beside / what.name, symlinks=True)
        return Path(shutil.make_archive(str(folder / name), "zip", beside))


def write_beside(folder: Path) -> None:
    """Write what stands beside the bundle in its archive: how it is installed, and the licence."""
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    if sys.platform.startswith("linux"):
        shutil.copyfile(ROOT / "packaging" / "linux" / "install.sh", folder / "install.sh")
        (folder / "install.sh").chmod(0o755)
        share = folder / "share"
        share.mkdir()
        (share / "maskeditor.desktop").write_text(desktop_entry(), "utf-8")
        (share / "maskeditor.xml").write_text(mime_package(), "utf-8")
        write_hicolor(share / "hicolor")
    elif sys.platform == "win32":
        (folder / "install.ps1").write_text(registry_script(), "utf-8")


def desktop_entry() -> str:
    """Return the entry of a Linux menu, with the types of files that the program opens."""
    text = (ROOT / "packaging" / "linux" / "maskeditor.desktop").read_text("utf-8")
    return f"{text.rstrip()}\nMimeType={mime_list()}\n"


def main() -> int:
    """Pack the bundle in dist/."""
    made = archive(ROOT / "dist" / "maskeditor", ROOT / "dist")
    print(f"{made} holds the bundle, in {made.stat().st_size / 1e6:.0f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
