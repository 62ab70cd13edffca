"""Automatic thresholds: equal to scikit-image's, whatever the method."""

from __future__ import annotations

import warnings
from itertools import product

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskeditor.core.errors import OperationError, ParameterError
from maskeditor.core.operation.declaration import make
from maskeditor.engine.automatic_thresholds import automatic_thresholds
from maskeditor.ops.automatic_threshold import AutomaticThreshold
from tests import phantoms
from tests.ops.common import on_image

METHODS = ("otsu", "li", "yen", "isodata", "triangle", "minimum")


def peer(method, data):
    """Return scikit-image's threshold, or None where it finds none."""
    from skimage import filters

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return getattr(filters, f"threshold_{method}")(data.reshape(-1, 1))  # not to be taken for a colour image
        except (RuntimeError, IndexError):
            return None


def found(method, data):
    try:
        return automatic_thresholds(data, method)[0]
    except ValueError:
        return None


@st.composite
def mixtures(draw):
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    centres = draw(st.lists(st.sampled_from([-50, 20, 90, 160, 200]), min_size=1, max_size=4))
    mixed = np.concatenate([random.normal(centre, draw(st.sampled_from([1, 8, 20])), 200) for centre in centres])
    dtype = draw(st.sampled_from([np.int16, np.int32, np.float32, np.float64]))
    return mixed.clip(-100, 255).astype(dtype).reshape(-1, 10, 5)


@settings(max_examples=80)
@given(mixtures(), st.sampled_from(METHODS))
def test_equal_to_scikit_image(data, method):
    assert found(method, data) == peer(method, data)


SCANS = ["fmri.nii.gz", "T1_head_ext2.nii.gz", "pcasl.nii.gz", "spmMotor.nii.gz"]
#: scikit-image takes half a minute to find none.
SLOW = ("fmri.nii.gz", "minimum")


@pytest.mark.parametrize(("name", "method"), [pair for pair in product(SCANS, METHODS) if pair != SLOW])
def test_equal_on_real_scans(test_data, name, method):
    data = np.asanyarray(nibabel.load(test_data / "nifti" / name).dataobj)
    data = data[..., 0] if data.ndim == 4 else data
    assert found(method, data) == peer(method, data)


#: Thresholds of scikit-image 0.26.0, of a phantom, as whole numbers and as floats.
LITERAL = {
    "otsu": (260.0, 260.513671875),
    "li": (229.9177093197607, 229.91770935058594),
    "yen": (76.0, 73.787109375),
    "isodata": (370.0, 368.935546875),
    "triangle": (2.0, 106.916015625),
    "minimum": (434.0, 435.193359375),
}


@pytest.mark.parametrize("method", METHODS)
def test_literal_values(method):
    data = phantoms.head()
    assert (found(method, data), found(method, data.astype(np.float32))) == LITERAL[method]


@pytest.mark.parametrize(("classes", "count", "step"), [(2, 1, 1), (3, 2, 1), (5, 4, 10)])
def test_classes_of_otsu(classes, count, step):
    """With fewer levels where there are more classes: the peer tries all ways to part them."""
    from skimage.filters import threshold_multiotsu, threshold_otsu

    data = phantoms.head() // step
    thresholds = automatic_thresholds(data, "otsu", classes)
    flat = data.reshape(-1, 1)
    wanted = [threshold_otsu(flat)] if classes == 2 else threshold_multiotsu(flat, classes=classes).tolist()
    assert list(thresholds) == wanted
    assert len(thresholds) == count


def test_keeps_classes():
    data = np.array([1, 1, 2, 50, 51, 51, 99, 99, 98, 150, 151, 151, 210, 211, 211], np.int16).reshape(5, 3, 1)
    image = phantoms.volume(data)

    def kept(**parameters):
        return sorted(set(data[on_image(AutomaticThreshold(**parameters), image)].tolist()))

    assert kept(classes=5) == [210, 211]
    assert kept(classes=5, keep="darkest") == [1, 2]
    assert kept(classes=5, keep="second") == [50, 51]
    assert kept(classes=5, keep="third") == [98, 99]
    assert kept(classes=5, keep="fourth") == [150, 151]
    assert kept(classes=5, keep="middle") == [50, 51, 98, 99, 150, 151]
    assert kept(classes=5, keep="not darkest") == [50, 51, 98, 99, 150, 151, 210, 211]
    assert kept(classes=5, keep="not brightest") == [1, 2, 50, 51, 98, 99, 150, 151]
    # The classes of Otsu's method are nothing to the others.
    assert kept(method="triangle", classes=5) == kept(method="triangle")


def test_is_refused_in_words():
    with pytest.raises(ParameterError, match="two classes have no middle"):
        make("automatic_threshold", {"method": "li", "classes": 3, "keep": "middle"})
    with pytest.raises(ParameterError, match="3 classes have no fourth; give more classes, or keep another"):
        make("automatic_threshold", {"classes": 3, "keep": "fourth"})
    ramp = phantoms.volume(np.arange(64, dtype=np.uint8).reshape(4, 4, 4))
    with pytest.raises(OperationError, match="Smoothed, the histogram of the image has no two peaks; choose another"):
        on_image(AutomaticThreshold(method="minimum"), ramp)
    for method in METHODS:
        with pytest.raises(OperationError, match="one intensity alone, 7, which cannot be parted"):
            on_image(AutomaticThreshold(method=method), phantoms.volume(np.full((4, 1, 1), 7, np.uint8)))


def test_is_told():
    chosen = AutomaticThreshold(method="yen", fwhm=2, keep="darkest")
    assert chosen.summary() == "Automatic threshold yen, darkest, smoothed 2 mm"
    assert (
        "parted in 2 classes by Yen's method as implemented in scikit-image, of which the darkest" in chosen.methods()
    )
    assert {work.short for work in chosen.citations()} == {"Yen et al. 1995", "van der Walt et al. 2014"}
