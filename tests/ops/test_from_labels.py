"""A mask of labels equals numpy's, and names are found in tables of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pandas
import pytest

from maskeditor import api
from maskeditor.__main__ import main
from maskeditor.core.errors import FileError, OperationError
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.recipe_json import loads
from maskeditor.core.recipe.script import to_python
from maskeditor.core.space.volume import Volume
from maskeditor.io.label_tables import read_labels
from tests import phantoms
from tests.core.recipe.scripts import run_scripts
from tests.ops.common import on_image

ATLAS = np.asfortranarray(np.random.default_rng(2).integers(0, 60, (9, 10, 8)).astype(np.int16))
TABLES = {
    "bids.tsv": "index\tname\tcolor\n17\tLeft-Hippocampus\t#dcd814\n53\tRight-Hippocampus\t#dcd814\n",
    "snap.txt": '# ITK-SnAP\n0 0 0 0 0 0 0 "Clear Label"\n17 220 216 20 1 1 1 "Left-Hippocampus"\n'
    '53 220 216 20 0.5 1 0 "Right-Hippocampus"\n',
    "lut.txt": "#No. Label Name: R G B A\n\n17  Left-Hippocampus   220 216 20  0\n53 Right-Hippocampus 220 16 20 0\n",
    "fsl.xml": '<?xml version="1.0"?><atlas><data><label index="16" x="4">Left-Hippocampus</label>'
    '<label index="52">Right-Hippocampus</label></data></atlas>',
}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, np.float64])
def test_equals_numpy(dtype: Any) -> None:
    made = on_image(make("from_labels", {"labels": (17, 53, 99)}), phantoms.volume(ATLAS.astype(dtype)))
    assert np.array_equal(made, np.isin(ATLAS, [17, 53]))


def test_scaled_labels_are_those_that_the_scaling_makes() -> None:
    volume = Volume(ATLAS, phantoms.volume(ATLAS).geometry, slope=2.0, intercept=1.0)
    assert np.array_equal(on_image(make("from_labels", {"labels": (35,)}), volume), ATLAS == 17)


def test_a_series_is_no_label_image() -> None:
    with pytest.raises(OperationError, match="has 3 volumes, but a label image has one"):
        on_image(make("from_labels", {"labels": (1,)}), phantoms.series(3))


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TABLES[name])
    labels = read_labels(tmp_path / name)
    assert (labels[17], labels[53]) == ("Left-Hippocampus", "Right-Hippocampus")


def test_a_bids_table_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    text = '"index"\tname\tnotes\n17.0\t"Left, anterior"\tx\n53\tn/a\ty\n\n90\tRight\t\n'
    (tmp_path / "table.tsv").write_text(text, encoding="utf-8-sig")
    (tmp_path / "table.csv").write_text('index,name\n17,"Left, anterior"\n53,Right\n')
    for name, mark in (("table.tsv", "\t"), ("table.csv", ",")):
        peer = pandas.read_csv(tmp_path / name, sep=mark).fillna({"name": ""})
        assert read_labels(tmp_path / name) == dict(zip(peer["index"].astype(int), peer["name"], strict=True))


@pytest.mark.parametrize("text", ["", "name\tcolour\n", "<atlas>", "17 Left", "{}", "index\tname\nx\ty\n"])
def test_what_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_text(text)
    with pytest.raises(FileError, match=r"table.txt is no table of labels; give one of BIDS"):
        read_labels(tmp_path / "table.txt")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, data in {"head": phantoms.head((9, 10, 8)), "atlas": ATLAS}.items():
        nibabel.save(nibabel.Nifti1Image(data, np.eye(4)), tmp_path / f"{name}.nii.gz")
    (tmp_path / "atlas.tsv").write_text(TABLES["bids.tsv"])
    (tmp_path / "lut.txt").write_text(TABLES["lut.txt"].replace("Hippocampus", "Caudate"))
    return tmp_path


def run(files: Path, line: str) -> int:
    atlas = ("--image", f"atlas={files / 'atlas.nii.gz'}")
    return main(["run", str(files / "head.nii.gz"), *atlas, "-o", str(files / "mask.nii.gz"), "--do", line])


@pytest.mark.parametrize(
    "line", ["labels=left-hippocampus,53", "labels=17,53", "labels=Left-Caudate,Right-Caudate table={}/lut.txt"]
)
def test_names_become_numbers_in_the_recipe(files: Path, tmp_path: Path, line: str) -> None:
    assert run(files, f"from_labels image=atlas {line.format(files)}") == 0
    made = np.asarray(nibabel.load(files / "mask.nii.gz").dataobj)
    assert np.array_equal(made, np.isin(ATLAS, [17, 53]))
    recipe = loads((files / "mask.json").read_text())
    assert recipe.steps[0].operation.model_dump()["labels"] == (17, 53)
    assert "Left-" in recipe.steps[0].title
    (again,) = run_scripts([to_python(recipe)], files / "head.nii.gz", tmp_path, [files / "atlas.nii.gz"])
    assert np.array_equal(made, again)


def test_a_name_that_is_not_there_is_refused(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "from_labels image=atlas labels=Left-Hipocampus") == 1
    assert (
        "There is no label 'Left-Hipocampus' in atlas.tsv; did you mean 'Left-Hippocampus'?" in capsys.readouterr().err
    )
    (files / "atlas.tsv").unlink()
    assert run(files, "from_labels image=atlas labels=Left-Hippocampus") == 1
    assert (
        "There is no label 'Left-Hippocampus' in atlas.nii.gz, of which there is no table of names; give its number."
        in capsys.readouterr().err
    )
    assert run(files, "from_labels image=atlas labels=17.5") == 1
    assert "must be the numbers of labels, parted by commas" in capsys.readouterr().err


def test_the_same_from_python(files: Path) -> None:
    atlas = api.open_image(files / "atlas.nii.gz")
    for image, given in ((atlas, None), (api.open_image(files / "head.nii.gz"), {"atlas": files / "atlas.nii.gz"})):
        line = f"from_labels labels=Left-Hippocampus{' image=atlas' if given else ''}"
        assert np.array_equal(api.run(image, line, images=given).data, ATLAS == 17)
