"""Try the bundle in dist/: it knows the same operations as the source, and carries the resources."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "dist" / "maskeditor"
PROGRAM = FOLDER / ("maskeditor.exe" if os.name == "nt" else "maskeditor")


def main() -> int:
    """Print what differs; return 0 if nothing does."""
    bundled = operations([str(PROGRAM)])
    source = operations([sys.executable, "-m", "maskeditor"])
    if bundled != source:
        print(f"The bundle's operations:\n{bundled}\ndiffer from the source's:\n{source}", file=sys.stderr)
        return 1
    recipe = str(ROOT / "tests" / "recipes" / "0004-components" / "recipe.json")
    told = [output([*program, "script", recipe]) for program in ([str(PROGRAM)], [sys.executable, "-m", "maskeditor"])]
    if told[0] != told[1]:
        print(f"The bundle's script:\n{told[0]}\ndiffers from the source's:\n{told[1]}", file=sys.stderr)
        return 1
    resources = FOLDER / "_internal" / "resources"
    missing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "resources").rglob("*")
        if not (resources / path.relative_to(ROOT / "resources")).exists()
    ]
    if missing:
        print("The bundle misses " + ", ".join(missing), file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"The bundle in {FOLDER} ({size / 1e6:.0f} MB) has all {len(source.splitlines())} lines of operations.")
    return 0


def operations(program: list[str]) -> str:
    """Return what `maskeditor operations --json` prints, started away from the checkout."""
    return output([*program, "operations", "--json"])


def output(command: list[str]) -> str:
    """Return what a command prints, started away from the checkout."""
    result = subprocess.run(
        command, cwd=tempfile.gettempdir(), capture_output=True, text=True, encoding="utf-8", check=False
    )
    if result.returncode or not result.stdout.strip():
        sys.exit(f"{' '.join(command)} ended with status {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
