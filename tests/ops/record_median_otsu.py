"""Write the masks of dipy that median Otsu is compared with: ``python -m tests.ops.record_median_otsu``.

It wants dipy, which the tests do without, as it brings a hundred megabytes along.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import nibabel
import numpy as np

from tests import phantoms, real_scans

RECORDED = Path(__file__).with_name("median_otsu.json")

#: Image, volumes, radius, passes and dilations.
CASES = {
    "whole numbers": ("head", None, 4, 4, None),
    "whole numbers, less": ("head", None, 1, 2, 2),
    "floats": ("floats", None, 2, 3, None),
    "series of whole numbers": ("series", [0, 1, 2, 3, 4], 2, 2, None),
    "one volume of whole numbers": ("series", [3], 2, 2, 1),
    "pcasl": ("pcasl", list(range(10)), 4, 4, None),
    "pcasl, one volume": ("pcasl", [3], 2, 2, 1),
}


def image(name):
    """Return the intensities of an image."""
    if name == "pcasl":
        return np.asanyarray(nibabel.load(real_scans.folder() / "nifti" / "pcasl.nii.gz").dataobj)
    if name == "series":
        return phantoms.series(5).stored
    head = phantoms.head((31, 30, 29))
    return head if name == "head" else (head / 7 - 20).astype(np.float32)


def digest(mask):
    """Return what tells one mask from another."""
    return [int(mask.sum()), hashlib.sha256(np.packbits(np.ascontiguousarray(mask)).tobytes()).hexdigest()]


if __name__ == "__main__":
    from dipy.segment.mask import median_otsu

    found = {
        case: digest(median_otsu(image(name), vol_idx=volumes, median_radius=radius, numpass=passes, dilate=dilate)[1])
        for case, (name, volumes, radius, passes, dilate) in CASES.items()
    }
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")
