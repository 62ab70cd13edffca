"""`maskeditor report` and `maskeditor montage`: what they write, and what they refuse."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import imageio.v3 as imageio
import nibabel
import numpy as np
import pytest
from blake3 import blake3

import maskeditor
from maskeditor.model.numbers_in_words import change_in_words
from tests import phantoms

if TYPE_CHECKING:
    from tests.cli.conftest import Call

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
#: The name of an ROI that would run in a page that does not escape it.
EVIL = "<img src=x onerror=alert(1)>"


class Strict(HTMLParser):
    """Reads a page, and notes its tags and addresses; every tag must be closed in its turn."""

    VOID = frozenset(("meta", "img", "input", "br", "link"))
    ALONE = frozenset(("path", "image", "polyline"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A head, a series of it, a mask with its recipe, one on another grid, and labels with an evil name."""
    head = phantoms.head((24, 22, 18))
    series = np.stack([head, head + 9, head + 3], axis=3)
    atlas = np.zeros(head.shape, np.uint8)
    atlas[4:9, 5:15, 5:12], atlas[14:19, 5:15, 5:12] = 1, 2
    made = {name: tmp_path / f"{name}.nii.gz" for name in ("head", "series", "mask", "atlas", "other")}
    for name, values in (("head", head), ("series", series), ("atlas", atlas), ("other", atlas[:, :, 1:])):
        nibabel.save(nibabel.Nifti1Image(values, AFFINE), made[name])
    (tmp_path / "atlas.tsv").write_text(f"index\tname\n1\t{EVIL}\n2\tright & left\n", "utf-8")
    mask = maskeditor.run(maskeditor.open_image(made["head"]), ["threshold lower=300", "erosion", "fill_holes"])
    maskeditor.save_mask(mask, made["mask"])
    return made


def written(path: Path) -> tuple[str, Strict]:
    page = path.read_text("utf-8")
    return page, Strict(page)


def test_the_page_says_all_that_is_known(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    ended = call("report", files["head"], files["mask"], "-o", out)
    assert ended.status == 0
    assert "circular" in ended.err
    page, _ = written(out)
    voxels = int(np.count_nonzero(np.asarray(nibabel.load(files["mask"]).dataobj)))
    stored = (nibabel.load(files[name]).dataobj.get_unscaled().tobytes("F") for name in ("head", "mask"))
    known = [f"blake3:{blake3(one).hexdigest()}" for one in stored]
    for words in (
        f'<td class="number">{voxels}</td><td class="number">{voxels * 0.012:.5g}</td>',
        f"{100 * voxels / (24 * 22 * 18):.5g}",
        "Threshold",
        "Erosion",
        "The mask was made with maskeditor",
        "Virtanen P",
        *known,
        "circular",
        "bounds of steps",
    ):
        assert words in page
    recipe = maskeditor.recipe(files["mask"])
    for step in recipe.steps:
        assert step.changed is not None
        assert change_in_words(*step.changed, 0.012) in page


def test_steps_name_the_rois_that_they_look_at(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    both, out = tmp_path / "both.nii.gz", tmp_path / "out.html"
    steps = ("threshold lower=500", "consensus others=by_hand", "boolean other=by_hand")
    done = [word for step in steps for word in ("--do", step)]
    assert call("run", files["head"], "-o", both, "--roi", f"by_hand={files['mask']}", *done).status == 0
    assert call("report", files["head"], both, "-o", out).status == 0
    page, _ = written(out)
    assert "ROIs by_hand" in page
    assert "other ROI by_hand" in page
    assert not re.search(r"\broi\d|rOI", page)


def test_the_histogram_has_what_steps_find_by_themselves(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    mask, out = tmp_path / "otsu.nii.gz", tmp_path / "out.html"
    assert call("run", files["head"], "-o", mask, "--do", "otsu").status == 0
    assert call("report", files["head"], mask, "-o", out).status == 0
    head, inside = (np.asarray(nibabel.load(path).dataobj) for path in (files["head"], mask))
    found = re.search(r"<title>Otsu, brightest, threshold: ([\d.]+)</title>", written(out)[0])
    assert found is not None
    assert head[inside == 0].max() <= float(found[1]) <= head[inside == 1].min()


def test_the_page_needs_nothing_beside_it(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    assert call("report", files["series"], files["atlas"], "-o", out).status == 0
    page, parsed = written(out)
    addresses = [value for _, given in parsed.found for name, value in given.items() if name in ("src", "href")]
    assert addresses
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in addresses)
    assert "default-src 'none'" in page
    assert all(given.get("alt") for tag, given in parsed.found if tag == "img")
    assert all(given.get("aria-label") for tag, given in parsed.found if tag == "input")
    assert "Mean intensity over 3 volumes" in page


def test_names_stay_text(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    assert call("report", files["head"], files["atlas"], "-o", out).status == 0
    page, parsed = written(out)
    assert EVIL not in page
    assert html.escape(EVIL) in page
    assert not any("onerror" in given for _, given in parsed.found)


def test_the_same_from_python(files: dict[str, Path], tmp_path: Path, call: Call) -> None:
    call("report", files["head"], files["mask"], "-o", tmp_path / "a.html")
    with pytest.warns(UserWarning, match="circular"):
        maskeditor.report(files["head"], files["mask"], tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_montage_shows_the_slices_that_are_asked_for(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    words = ["--plane", "coronal", "--from", 10, "--to", 30, "--step", 10, "--columns", 2]
    ended = call("montage", files["head"], files["mask"], "-o", tmp_path / "out.svg", *words)
    assert ended.status == 0
    root = ElementTree.parse(tmp_path / "out.svg").getroot()
    every = root.iter("{http://www.w3.org/2000/svg}text")
    texts = [text.text for text in every if text.get("aria-hidden") is None]  # what else there is are edges of letters
    assert [text for text in texts if "mm" in str(text)] == ["y 10 mm", "y 20 mm", "y 30 mm"]
    assert {"R", "L", "S"} < set(texts)
    assert call("montage", files["head"], files["mask"], "-o", tmp_path / "out.png", *words).status == 0
    picture = imageio.imread(tmp_path / "out.png")[..., :3]
    width, height = re.findall(r'width="(\d+)" height="(\d+)"', (tmp_path / "out.svg").read_text("utf-8"))[0]
    assert picture.shape == (int(height), int(width), 3)
    colour = np.array(maskeditor.recipe(files["mask"]).rois[0].colour)
    assert (picture == colour).all(axis=2).any()
    # The surface, in shades of that colour, takes the free place.
    assert call("montage", files["head"], files["mask"], "-o", tmp_path / "out.png", *words, "--surface").status == 0
    with_surface = imageio.imread(tmp_path / "out.png")[..., :3]
    assert with_surface.shape == picture.shape
    # Letters of the slice beside it reach into so small a picture.
    changed = with_surface[(with_surface != picture).any(axis=2)].astype(float)
    assert len(changed) > 0.1 * with_surface[..., 0].size / 4
    assert np.abs(changed / changed.max(axis=1, keepdims=True) - colour / colour.max()).max() < 0.1


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["report", "head", "other", "-o", "out.html"], ["other.nii.gz", "shape", "resample"]),
        (["report", "head", "mask", "-o", "out.pdf"], ["out.pdf", ".html"]),
        (["report", "head", "mask", "-o", "folder.html"], ["folder.html", "folder"]),
        (["report", "head", "mask", "-o", "missing/out.html"], ["missing", "does not exist"]),
        (["montage", "head", "-o", "out.jpg"], [".png or .svg"]),
        (["montage", "head", "mask", "-o", "out.png", "--from", "900"], ["No axial slice", "900"]),
        (["montage", "head", "mask", "-o", "out.png", "--rows", "0"], ["rows"]),
        (["montage", "head", "-o", "out.png", "--surface"], ["No mask holds voxels", "leave the surface out"]),
        (
            ["montage", "head", "-o", "out.png", "--step", "3", "--rows", "1"],
            ["18 slices", "1 row of 4", "larger step"],
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(
    call: Call, files: dict[str, Path], tmp_path: Path, words: list[str], parts: list[str]
) -> None:
    (tmp_path / "folder.html").mkdir()
    before = sorted(tmp_path.iterdir())
    given = [files.get(word, tmp_path / word if "." in word else word) for word in words]
    call(*given).failed(1, *parts)
    assert sorted(tmp_path.iterdir()) == before


def test_an_empty_mask_and_an_image_of_nan_are_reported(call: Call, files: dict[str, Path], tmp_path: Path) -> None:
    empty, nothing = tmp_path / "empty.nii", tmp_path / "nothing.nii"
    nibabel.save(nibabel.Nifti1Image(np.zeros((24, 22, 18), np.uint8), AFFINE), empty)
    nibabel.save(nibabel.Nifti1Image(np.full((24, 22, 18), np.nan, np.float32), AFFINE), nothing)
    ended = call("report", files["head"], empty, "-o", tmp_path / "a.html")
    assert ended.status == 0
    assert "is empty" in ended.err
    assert call("report", nothing, files["mask"], "-o", tmp_path / "b.html").status == 0
    written(tmp_path / "a.html")
    written(tmp_path / "b.html")
