"""The standard images are nilearn's, and none is kept."""

from __future__ import annotations

import gc
import warnings
import weakref

import numpy as np
import pytest
from nilearn import datasets

from maskeditor.io.templates import TEMPLATES


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("MNI152 whole-brain", datasets.load_mni152_template),
        ("MNI152 gm", datasets.load_mni152_gm_template),
        ("MNI152 wm", datasets.load_mni152_wm_template),
    ],
)
def test_a_template_is_nilearns(name, load):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = load(resolution=1)
    template = TEMPLATES[name]
    assert template.name == name
    assert template.stored.dtype == np.float32
    assert np.array_equal(template.stored, np.asarray(peer.dataobj))
    assert np.array_equal(template.geometry.affine, peer.affine)


def test_every_template_is_tried_above():
    tried = {values[0] for values in test_a_template_is_nilearns.pytestmark[0].args[1]}
    assert set(TEMPLATES) == tried
    assert len(TEMPLATES) == len(tried)
    assert "MNI152 gm" in TEMPLATES
    assert "gm" not in TEMPLATES
    with pytest.raises(KeyError):
        TEMPLATES["gm"]


def test_a_template_goes_when_it_is_let_go():
    template = TEMPLATES["MNI152 gm"]
    gone = weakref.ref(template.stored)
    del template
    gc.collect()
    assert gone() is None
