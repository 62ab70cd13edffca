"""Running scripts as their readers do: in a Python of their own, where there is no maskeditor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

#: One Python runs several scripts, so that scipy and nilearn are imported once.
_RUNNER = """
import json, runpy, sys, warnings
sys.modules["maskeditor"] = None
warnings.simplefilter("ignore")
for script, *arguments in json.load(open(sys.argv[1])):
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
"""


def run_scripts(
    scripts: Iterable[str], image: Path, folder: Path, further: Sequence[Path] = ()
) -> list[NDArray[np.bool_]]:
    """Run scripts on an image and return the masks that they write."""
    import json

    jobs = []
    for place, script in enumerate(scripts):
        path = folder / f"script{place}.py"
        path.write_text(script, encoding="utf-8")
        jobs.append([str(path), str(image), str(folder / f"out{place}.nii"), *map(str, further)])
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-c", _RUNNER, str(folder / "jobs.json")]
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""}
    )
    assert ended.returncode == 0, ended.stderr
    found = []
    for _, _, out, *_ in jobs:
        made = nibabel.load(out)
        assert made.get_data_dtype() == np.uint8
        assert made.header.get_slope_inter() == (None, None) or made.header.get_slope_inter() == (1, 0)
        assert np.array_equal(made.affine, nibabel.load(image).affine)
        found.append(np.asarray(made.dataobj).astype(bool))
    return found
