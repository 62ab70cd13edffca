r"""Names of files that hold anything: each is shown on one line, and what is written of it is read back.

What is expected of a name is what `ls -b` and C have for such characters, written down here by hand.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel
import numpy as np
import pytest

from maskeditor.model.cohort.folder import outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts, write_failures, write_verdicts
from tests import phantoms
from tests.cohorts import recipe_in

if TYPE_CHECKING:
    from tests.cli.conftest import Call

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")

#: By the bytes of the name, how it is shown.
SHOWN = {
    b"plain": "plain",
    b"two\nlines": r"two\nlines",
    b"a\ttab": r"a\ttab",
    b"back\rhome": r"back\rhome",
    b"\x1b[31mred": r"\x1b[31mred",
    b"bytes \xff\xfe": r"bytes \udcff\udcfe",
    "turned \u202egpj.exe".encode(): r"turned \u202egpj.exe",
    "line\u2028sep".encode(): r"line\u2028sep",
    "שלום".encode(): "שלום",
    b" two  blanks": " two  blanks",
    b"<b>bold<img src=x onerror=alert(1)>": "<b>bold<img src=x onerror=alert(1)>",
    b'[red]it\'s "quoted": {a} #b': '[red]it\'s "quoted": {a} #b',
    b"=1+1": "=1+1",
}
#: What no line that is printed or written may hold.
UNSEEN = set("\r\t\x1b\u202e\u2028\udcff\udcfe")


def images(folder: Path) -> dict[str, str]:
    """Write an image for each name; return how each is shown, by the path."""
    (folder / "images").mkdir()
    made = {}
    for number, (name, shown) in enumerate(SHOWN.items()):
        voxels = phantoms.head((14, 16, 12)) + number
        nibabel.save(nibabel.Nifti1Image(voxels.astype(np.int16), np.diag([3.0, 3, 3, 1])), folder / "image.nii")
        path = os.fsdecode(os.fsencode(folder / "images") + b"/" + name + b".nii")
        (folder / "image.nii").rename(path)
        made[path] = shown
    return made


def test_info_shows_each_on_its_line(call: Call, tmp_path: Path) -> None:
    images(tmp_path)
    ended = call("info", tmp_path / "images")
    lines = ended.out.split("\n")
    titles = [line for line, below in itertools.pairwise(lines) if below.startswith("  kind ")]
    assert sorted(titles) == sorted(SHOWN.values())
    assert {line[14:] for line in lines if line.startswith("  file ")} == {f"{shown}.nii" for shown in SHOWN.values()}
    assert not UNSEEN & set(ended.out)


def test_a_batch_goes_on_past_any_name_and_its_verdicts_come_back(call: Call, tmp_path: Path) -> None:
    images(tmp_path)
    out = tmp_path / "out"
    ended = call("batch", recipe_in(tmp_path), tmp_path / "images/*.nii", "-o", out, "--jobs", 1)
    assert (ended.status, ended.err) == (0, "")
    _, *lines, _ = ended.out.rstrip("\n").split("\n")
    assert {line.partition(" ")[2].rpartition(": ")[0] for line in lines} == set(SHOWN.values())
    rows = (out / "results.tsv").read_text("utf-8").rstrip("\n").split("\n")
    assert {row.split("\t")[0] for row in rows[1:]} == set(SHOWN.values())
    assert not UNSEEN & set(ended.out)
    assert call("batch", recipe_in(tmp_path), tmp_path / "images/*.nii", "-o", out).out.startswith("0 images to do")
    dry = call("batch", recipe_in(tmp_path), tmp_path / "images/*.nii", "-o", out, "--dry-run")
    assert len(dry.out.rstrip("\n").split("\n")) == len(SHOWN) + 1
    assert call("group", out, "--all-components").status == 0
    outcomes = outcomes_of(Ledger(out))
    given = {one.key: Verdict("fail", f"note {number}", one.fingerprint) for number, one in enumerate(outcomes)}
    write_verdicts(tmp_path / "verdicts.tsv", given)
    assert read_verdicts(tmp_path / "verdicts.tsv", outcomes, out) == (given, ())
    write_failures(tmp_path / "qc_fail.yml", given, outcomes)
    found, strange = read_verdicts(tmp_path / "qc_fail.yml", outcomes, out)
    assert (found.keys(), strange) == (given.keys(), ())


def test_the_page_copies_a_command_that_a_shell_reads_as_it_was_meant(call: Call, tmp_path: Path) -> None:
    paths = images(tmp_path)
    out = tmp_path / "out"
    call("batch", recipe_in(tmp_path), tmp_path / "images/*.nii", "-o", out, "--jobs", 1)
    assert call("qc", out).status == 0
    page = (out / "qc.html").read_text("utf-8")
    assert "<img src=x" not in page
    commands, keys = [], []

    class Rows(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            known = dict(attrs)
            commands.extend(filter(None, [known.get("data-command")]))
            keys.extend(filter(None, [known.get("data-key")]))

    Rows().feed(page)
    assert sorted(keys) == sorted(SHOWN.values())
    assert all("\n" not in command for command in commands)
    show = 'maskeditor() { printf "%s\\0" "$1" "$3"; }; '
    seen = subprocess.run(["bash", "-c", show + "\n".join(commands)], capture_output=True, check=True).stdout
    words = [os.fsdecode(word) for word in seen.split(b"\0")[:-1]]
    assert set(words[::2]) == set(paths)
    assert set(words[1::2]) == {str(out)}


@pytest.mark.parametrize("name", [b"two\nlines", b"bytes \xff", "turned \u202egpj".encode(), b"\x1b[31mred"])
def test_every_command_takes_and_writes_such_a_name(call: Call, tmp_path: Path, name: bytes) -> None:
    def place(ending: str) -> str:
        return os.fsdecode(os.fsencode(tmp_path) + b"/" + name + ending.encode())

    image, mask = place(".nii"), place("_mask.nii.gz")
    nibabel.save(
        nibabel.Nifti1Image(np.stack([phantoms.head((14, 16, 12))] * 3, -1), np.diag([3.0, 3, 3, 1])),
        tmp_path / "image.nii",
    )
    (tmp_path / "image.nii").rename(image)
    for words in (
        ("run", image, "-o", mask, "--do", "threshold lower=100"),
        ("run", image, "-o", place("_again.nii.gz"), "--recipe", mask),
        ("statistics", image, mask, "-o", place(".csv")),
        ("signals", image, mask, "-o", place(".tsv")),
        ("report", image, mask, "-o", place(".html")),
        ("montage", image, mask, "-o", place(".svg")),
        ("compare", mask, place("_again.nii.gz"), "-o", place("_compared.tsv")),
        ("resample", mask, "--zooms", "4,4,4", "-o", place("_large.nii.gz")),
        ("apply", image, mask, "-o", place("_inside.nii.gz")),
        ("convert", image, place("_converted.nii")),
    ):
        ended = call(*words)
        assert ended.status == 0, (words, ended.err)
        assert ended.out.count("\n") == 1, (words, ended.out)
        assert not UNSEEN & set(ended.out + ended.err), words
    ET.parse(place(".svg"))
    with Path(place(".csv")).open(encoding="utf-8", newline="") as table:
        assert len(list(csv.DictReader(table))) == 1
    (row,) = json.loads(call("statistics", image, mask, "--json").out)["rows"]
    assert row["name"] == os.fsdecode(name + b"_mask")
    call("run", place("_absent.nii"), "-o", mask, "--do", "invert").failed(1, "does not exist")
    call("run", image, "-o", image, "--do", "invert").failed(1, "would replace")
    call("run", image, "--" + os.fsdecode(name)).failed(2, "No such option")


def test_the_line_for_datalad_is_one_line_that_a_shell_reads(call: Call, tmp_path: Path) -> None:
    image = os.fsdecode(os.fsencode(tmp_path) + b"/it's \n \xff.nii")
    nibabel.save(nibabel.Nifti1Image(phantoms.head((14, 16, 12)), np.eye(4)), tmp_path / "image.nii")
    (tmp_path / "image.nii").rename(image)
    mask = tmp_path / "mask.nii.gz"
    assert call("run", image, "-o", mask, "--do", "threshold lower=100").status == 0
    line = call("script", mask, "--datalad").out
    assert line.count("\n") == 1
    show = 'maskeditor() { printf "%s" "$2"; }; datalad() { eval "${!#}"; }; '
    assert os.fsdecode(subprocess.run(["bash", "-c", show + line], capture_output=True, check=True).stdout) == image


def test_a_report_names_the_image_that_a_mask_was_made_on(call: Call, tmp_path: Path) -> None:
    image = os.fsdecode(os.fsencode(tmp_path) + b"/bytes \xff.nii")
    for voxels in (phantoms.head((14, 16, 12)) + 1, phantoms.head((14, 16, 12))):
        nibabel.save(nibabel.Nifti1Image(voxels, np.diag([3.0, 3, 3, 1])), tmp_path / "image.nii")
        if not Path(image).exists():
            (tmp_path / "image.nii").rename(image)
    call("run", image, "-o", tmp_path / "mask.nii.gz", "--do", "threshold lower=100")
    ended = call("report", tmp_path / "image.nii", tmp_path / "mask.nii.gz", "-o", tmp_path / "page.html")
    sentence = r"mask was made on another image (bytes \udcff.nii)"
    assert ended.status == 0
    assert sentence in ended.err
    assert sentence in (tmp_path / "page.html").read_text("utf-8")
