"""Circular analysis in an open session: by the names of its images, derived ones too."""

from __future__ import annotations

import maskeditor.ops
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.model.data.circularity import circular_rois, root_name
from tests import phantoms

assert maskeditor.ops


def test_rois_are_named_whose_voxels_were_chosen_by_what_is_measured() -> None:
    document = Document(phantoms.series(6))
    brain, active = document.rois[0], document.add_roi("active")
    document.do(make("epi_mask", {"opening": 0}), brain.id)
    document.do(make("smooth", {"name": "soft", "fwhm": 2.0}), active.id)
    test = {"name": "t", "image": "soft", "a": "a", "b": "b", "conditions": ("a", "b") * 3}
    document.do(make("t_test", test), active.id)
    document.do(make("threshold", {"image": "t", "lower": 1.0}), active.id)
    document.add_image("other", phantoms.series(6))
    assert root_name(document.further_images(), "t") == ""
    for image in ("", "soft", "t"):
        (said,) = circular_rois(document, image)
        assert said.startswith(f"The voxels of {active.quoted} were chosen by these very data (Smooth image, then")
    assert circular_rois(document, "other") == ()
