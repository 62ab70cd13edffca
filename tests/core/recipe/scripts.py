"""Running scripts as their readers do: in a Python of their own, where there is no maskeditor."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

#: One Python runs all scripts, so that scipy and nilearn are imported once. It takes lists of scripts with their
#: arguments, one a line, and answers with what went wrong.
_RUNNER = """
import contextlib, json, runpy, sys, traceback, warnings
sys.modules["maskeditor"] = None
warnings.simplefilter("ignore")
for line in sys.stdin:
    wrong = ""
    try:
        with contextlib.redirect_stdout(None):
            for script, *arguments in json.loads(line):
                sys.argv = [script, *arguments]
                runpy.run_path(script, run_name="__main__")
    except BaseException:
        wrong = traceback.format_exc()
    print(json.dumps(wrong), flush=True)
"""


@cache
def _runner() -> subprocess.Popen[str]:
    runner = subprocess.Popen(
        [sys.executable, "-c", _RUNNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"PYTHONPATH": ""},
    )
    atexit.register(runner.communicate)  # it ends with its input
    return runner


def run_scripts(
    scripts: Iterable[str], image: Path, folder: Path, further: Sequence[Path] = ()
) -> list[NDArray[np.bool_]]:
    """Run scripts on an image and return the masks that they write."""
    jobs = []
    for place, script in enumerate(scripts):
        path = folder / f"script{place}.py"
        path.write_text(script, encoding="utf-8")
        jobs.append([str(path), str(image), str(folder / f"out{place}.nii"), *map(str, further)])
    runner = _runner()
    assert runner.stdin is not None
    assert runner.stdout is not None
    print(json.dumps(jobs), file=runner.stdin, flush=True)
    wrong = json.loads(runner.stdout.readline())
    assert not wrong, wrong
    found = []
    for _, _, out, *_ in jobs:
        made = nibabel.load(out)
        assert made.get_data_dtype() == np.uint8
        assert made.header.get_slope_inter() == (None, None) or made.header.get_slope_inter() == (1, 0)
        assert np.array_equal(made.affine, nibabel.load(image).affine)
        found.append(np.asarray(made.dataobj).astype(bool))
    return found
