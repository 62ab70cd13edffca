"""Where the real scans are that tests and benchmarks use."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

VARIABLE = "MASKEDITOR_TEST_DATA"
CHECKOUT = Path(__file__).resolve().parents[1]
USER = os.environ.get("USER") or os.environ.get("USERNAME") or "user"
CACHE = Path(tempfile.gettempdir()) / f"maskeditor-tests-{USER}"


def folder() -> Path:
    """Return the folder that is named, or ../shared/data beside the checkout; it need not be there."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else CHECKOUT.parent / "shared" / "data"


def unpacked(archive: Path) -> Path:
    """Return a folder with the content of an archive.

    It is unpacked once for each version of the archive and kept below the system's temporary folder.
    """
    status = archive.stat()
    version = hashlib.sha256(f"{archive} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    content = CACHE / f"dicom-{version}"
    if not content.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix="unpacking-", dir=CACHE))
        with tarfile.open(archive) as tar:
            tar.extractall(beside, filter="data")
        try:
            beside.rename(content)  # in one move, so that an interrupted run leaves no half folder
        except OSError:  # another run was quicker
            shutil.rmtree(beside)
    return content
