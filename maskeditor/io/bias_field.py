"""The bias field of a volume, by N4 as the program niimath works it out (a port of that of ITK and ANTs)."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.outside import N4
from maskeditor.engine.arrays import Array, BoolArray
from maskeditor.engine.progress import Progress

#: How often it is asked whether the program is done, or somebody wants it to stop, in seconds.
_PATIENCE = 0.05


def bias_field(values: Array, inside: BoolArray, shrink: int, progress: Progress) -> NDArray[np.float32]:
    """Return the field (I, J, K) that an image has to be divided by, as `BiasField` says.

    Equal to SimpleITK's ``N4BiasFieldCorrection`` with its own settings, four levels of fifty iterations, of the image
    and mask shrunk. The program is stopped when `progress` raises `Cancelled`.

    Raises
    ------
    OperationError
        If the program could not run.
    """
    import nibabel
    import niimath

    try:
        with tempfile.TemporaryDirectory(prefix="maskeditor-") as name:
            folder = Path(name)
            for file, data in (("image.nii", values.astype(np.float32)), ("inside.nii", inside.astype(np.uint8))):
                nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), folder / file)  # type: ignore[no-untyped-call]
            _run([niimath.bin, *N4.split(), "-shrink", str(shrink), "out.nii"], folder, progress)
            # Read now: mapped, it would hold a file that goes with the folder.
            image: Any = nibabel.load(folder / "field.nii", mmap=False)
            return np.asfortranarray(image.dataobj, np.float32)
    except OSError as error:
        raise OperationError(
            f"The bias field could not be worked out, as files between this program and niimath could not be written "
            f"or read in {tempfile.gettempdir()} ({error.strerror or error}); make room there, or set TMPDIR."
        ) from error


def _run(command: list[str], folder: Path, progress: Progress) -> None:
    """Run a program in a folder until it is done; stop it when nobody wants it any more."""
    settings = {**os.environ, "FSLOUTPUTTYPE": "NIFTI"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, env=settings, stdout=pipe, stderr=subprocess.STDOUT, text=True) as run:
        try:
            while True:
                progress(0.0)
                try:
                    said, _ = run.communicate(timeout=_PATIENCE)
                    break
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            run.kill()
            raise
    if run.returncode:
        raise OperationError(
            f"The bias field could not be worked out: niimath ended with {said.strip()[:200] or run.returncode}; "
            "choose another image or other bounds."
        )
