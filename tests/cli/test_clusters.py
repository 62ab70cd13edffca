"""`maskeditor clusters`: nilearn's table on the command line and from Python, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pandas
import pytest
from nilearn.glm import threshold_stats_img
from nilearn.reporting import get_clusters_table

import maskeditor
from tests.engine.test_clusters import OBLIQUE, z_map

if TYPE_CHECKING:
    from tests.cli.conftest import Call


@pytest.fixture
def path(tmp_path: Path) -> Path:
    values = z_map(11)
    values[:2], values[-2:], values[:, :2], values[:, -2:], values[..., :2], values[..., -2:] = (0,) * 6
    image = nibabel.Nifti1Image(values, np.diag([2, 2, 3, 1]) + 0 * OBLIQUE)
    path = tmp_path / "zmap.nii.gz"
    nibabel.save(image, path)
    return path


def test_the_table_is_nilearns_and_pandas_reads_it(call: Call, path: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.tsv"
    ended = call("clusters", path, "--threshold", 1.5, "--two-sided", "--minimum-size", 3, "-o", out)
    assert ended.status == 0
    peer = get_clusters_table(str(path), 1.5, cluster_threshold=3, two_sided=True)
    found = pandas.read_csv(out, sep="\t", dtype={"cluster_id": str})
    assert found["cluster_id"].tolist() == peer["Cluster ID"].astype(str).tolist()
    for ours, theirs in (("x", "X"), ("y", "Y"), ("z", "Z"), ("peak", "Peak Stat")):
        assert found[ours].tolist() == peer[theirs].tolist()
    sizes = peer["Cluster Size (mm3)"].replace("", np.nan).astype(float)
    assert np.array_equal(found["cluster_size_mm3"].astype(float), sizes, equal_nan=True)
    values = np.asarray(nibabel.load(path).dataobj)
    assert values[found["i"], found["j"], found["k"]].tolist() == found["peak"].tolist()


@pytest.mark.parametrize("correction", ["fpr", "fdr", "bonferroni"])
def test_without_a_threshold_it_is_found(call: Call, path: Path, correction: str) -> None:
    ended = call("clusters", path, "--correction", correction, "--alpha", 0.05, "--two-sided", "--json")
    _, threshold = threshold_stats_img(str(path), alpha=0.05, height_control=correction)
    found = json.loads(ended.out)
    if not np.isfinite(threshold):
        assert (found["threshold"], found["rows"]) == (None, [])
        assert "Nothing in the map is significant." in ended.err
        return
    assert found["threshold"] == threshold
    assert f"The threshold is {threshold:.7g} ({correction}, alpha 0.05)." in ended.err
    assert len(found["rows"]) == len(get_clusters_table(str(path), float(threshold), two_sided=True))


def test_from_python(path: Path) -> None:
    table = maskeditor.clusters(path, 1.5)
    assert table["peak"][0] == np.asarray(nibabel.load(path).dataobj).max()
    with pytest.warns(UserWarning, match="No cluster lies beyond the threshold 50"):
        assert not len(maskeditor.clusters(path, 50.0))


def test_what_cannot_be_is_refused(call: Call, path: Path) -> None:
    call("clusters", path, "--threshold", -2, "--two-sided").failed(1, "negative; give it without a sign")
    call("clusters", path, "--threshold", 2, "--distance", 0).failed(1, "more than 0 mm")
    call("clusters", path, "--alpha", 3).failed(1, "alpha")
    call("clusters", path, "--frame", 2).failed(1, "Volume 2")
    call("clusters", path, "--correction", "fwe").failed(2, "fwe")
