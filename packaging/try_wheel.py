"""Install a wheel into an empty environment of each Python there is, and do the main job there.

    python packaging/try_wheel.py WHEEL [PYTHON …]

Without Pythons, those of `VERSIONS` that are on the PATH, or behind a stand-in of pyenv there. The mask of the sample
must be that of the source tree, to the byte.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from smoke_test import output

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.11", "3.12", "3.13")
#: What the program makes without arguments and without a display.
SAMPLE = "maskeditor-sample"


def main(arguments: list[str]) -> int:
    """Try a wheel; return 0 if it does what the source does."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    wheel = Path(arguments[0]).resolve()
    pythons = arguments[1:] or [found for one in VERSIONS if (found := usable(f"python{one}"))]
    wanted = done_by([sys.executable, "-m", "maskeditor"])
    for python in pythons:
        with tempfile.TemporaryDirectory() as folder:
            done = done_by([str(installed(wheel, python, Path(folder)))])
        version = subprocess.run([python, "--version"], capture_output=True, text=True, check=True).stdout.strip()
        if done != wanted:
            print(f"{wheel.name} under {version} does something else than the source tree.", file=sys.stderr)
            return 1
        print(f"{wheel.name} under {version} does what the source tree does.")
    return 0


def usable(name: str) -> str | None:
    """Return a Python by its name on the PATH, or that pyenv's stand-in there could start; None if there is none."""
    found = shutil.which(name)
    if found is None:
        return None
    behind = Path(found).parent.parent.glob(f"versions/{name.removeprefix('python')}.*/bin/{name}")
    for python in (found, *map(str, sorted(behind))):
        if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
            return python
    return None


def installed(wheel: Path, python: str, folder: Path) -> Path:
    """Install a wheel and the pinned packages for it into a new environment; return the program there."""
    subprocess.run([python, "-m", "venv", str(folder / "empty")], check=True)
    scripts = folder / "empty" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--only-binary", ":all:", "-r", str(ROOT / "packaging" / "lock.txt")], check=True)
    subprocess.run([*pip, str(wheel)], check=True)
    return scripts / "maskeditor"


def done_by(program: list[str]) -> tuple[str, str]:
    """Return the fingerprint of the mask that a program makes of the sample, and its operations; in an empty home."""
    with tempfile.TemporaryDirectory() as folder:
        output(program, folder)
        (mask,) = (Path(folder) / SAMPLE).glob("*.nii.gz")
        return hashlib.sha256(mask.read_bytes()).hexdigest(), output([*program, "operations", "--json"], folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
