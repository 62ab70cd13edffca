"""Names that BIDS accepts, of masks and images of labels."""

from __future__ import annotations

import pytest

from maskeditor.model.bids_names import bids_name


@pytest.mark.parametrize(
    ("image", "name", "without", "with_space"),
    [
        ("sub-01_T1w", "brain", "sub-01_desc-brain_mask", "sub-01_space-T1w_desc-brain_mask"),
        ("sub-01_T1w", "White Matter", "sub-01_label-WM_mask", "sub-01_space-T1w_label-WM_mask"),
        ("sub-01_T1w", "L", "sub-01_label-L_mask", "sub-01_space-T1w_label-L_mask"),
        ("sub-01_T1w", "left (new) 2", "sub-01_desc-leftnew2_mask", "sub-01_space-T1w_desc-leftnew2_mask"),
        ("sub-01_T1w", "目", "sub-01_desc-roi_mask", "sub-01_space-T1w_desc-roi_mask"),
        (
            "sub-1_ses-a_task-rest_run-2_bold",
            "brain",
            "sub-1_ses-a_task-rest_run-2_desc-brain_mask",
            "sub-1_ses-a_task-rest_run-2_space-boldref_desc-brain_mask",
        ),
        (
            "sub-01_space-MNI152NLin2009cAsym_res-2_desc-preproc_T1w",
            "brain",
            "sub-01_space-MNI152NLin2009cAsym_res-2_desc-brain_mask",
            "sub-01_space-MNI152NLin2009cAsym_res-2_desc-brain_mask",
        ),
    ],
)
def test_masks(image: str, name: str, without: str, with_space: str) -> None:
    assert bids_name(image, "mask", name) == without
    assert bids_name(image, "mask", name, space=True) == with_space


def test_labels() -> None:
    assert bids_name("sub-01_desc-preproc_T1w", "dseg") == "sub-01_dseg"
    assert bids_name("sub-01_T1w", "dseg", space=True) == "sub-01_space-T1w_dseg"


@pytest.mark.parametrize("image", ["T1w", "sub-01", "sub_01_T1w", "sub-01_T1w.old", "sub-01__T1w", "my sub-01_T1w"])
def test_other_images_have_no_such_name(image: str) -> None:
    assert bids_name(image, "mask", "brain") == ""
