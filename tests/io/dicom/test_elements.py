"""Our reader of headers against pydicom's, element by element."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from maskeditor.io.dicom import tags
from maskeditor.io.dicom.elements import EXPLICIT, IMPLICIT, Elements, NotDicom, OutOfBytes, walk
from maskeditor.io.dicom.files import files_below
from maskeditor.io.dicom.scan import read_header
from tests.io.dicom.phantom import enhanced, numbers, write

NUMERIC = ("DS", "IS", "US", "SS", "UL", "SL", "FL", "FD")
STOPPED_EARLY = tags.SIEMENS_GROUP << 16


def assert_same(ours: Elements, theirs: Dataset, tags_to_compare: frozenset[int] | None) -> int:
    """Compare all elements that pydicom found and that we read; return how many."""
    compared = 0
    for element in theirs:
        tag = int(element.tag)
        if tags_to_compare is not None and tag not in tags_to_compare:
            continue
        values = element.value if isinstance(element.value, (pydicom.multival.MultiValue, list)) else [element.value]
        if element.is_empty:
            assert tag not in ours
        elif element.VR == "SQ":
            items = ours.items(tag)
            assert len(items) == len(element.value), element
            for item, their_item in zip(items, element.value, strict=True):
                compared += assert_same(item, their_item, None)
        elif element.VR in NUMERIC:
            got = ours.numbers(tag)
            wanted = tuple(map(float, values))
            assert len(got) == len(wanted), element
            if ours.encoding != IMPLICIT or tag in tags.WANTED:
                assert all(a == b or math.isnan(b) for a, b in zip(got, wanted, strict=True)), (element, got)
        elif element.VR in ("CS", "UI", "LO", "SH", "DA", "TM", "DT"):
            assert ours.texts(tag) == tuple(str(value).strip() for value in values), element
        elif element.VR == "AT":
            assert ours.tags(tag) == tuple(int(value) for value in values)
        else:
            continue
        compared += 1
    return compared


@pytest.mark.realdata
def test_headers_of_real_files_equal_pydicoms(dicom_data: Path) -> None:
    compared = files = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom comments on odd values
        for path in files_below(dicom_data / "in"):
            if "t1_sag_384" in path.parts:
                continue  # hundreds of files of one kind
            header = read_header(path)
            if header is None:
                continue
            files += 1
            theirs = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            for tag in (tags.SIEMENS_GROUP << 16 | 0x1010,):
                if tag in header.elements.raw and tag in theirs:
                    assert header.elements.bytes(tag) == theirs[tag].value
            # What stands behind group 0028 is read only where it can matter.
            wanted = frozenset(tag for tag in tags.WANTED if tag < STOPPED_EARLY or tag in header.elements.raw)
            compared += assert_same(header.elements, theirs, wanted)
            assert header.syntax == theirs.file_meta.TransferSyntaxUID
    assert files > 500
    assert compared > 10_000


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_nested_sequences_in_every_encoding(tmp_path: Path, syntax: str) -> None:
    values = numbers((5, 4, 3, 2))
    ds = enhanced(values, [(k, t) for t in range(2) for k in range(3)])
    ds.SharedFunctionalGroupsSequence.is_undefined_length = True
    ds.PerFrameFunctionalGroupsSequence[1].is_undefined_length_sequence_item = True
    write(ds, tmp_path / "file", syntax)
    header = read_header(tmp_path / "file")
    assert header is not None
    theirs = pydicom.dcmread(tmp_path / "file", stop_before_pixels=True)
    assert assert_same(header.elements, theirs, tags.WANTED) > 50


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    write(enhanced(numbers((5, 4, 1, 1)), [(0, 0)]), tmp_path / "file")
    data = (tmp_path / "file").read_bytes()
    start = data.index(b"\x08\x00\x08\x00CS")
    end = data.index(b"\xe0\x7f\x10\x00OW")
    whole, _ = walk(data, start, end, EXPLICIT, None, tags.PIXELS)
    for cut in range(start, end):
        try:
            part, position = walk(data[:cut], start, cut, EXPLICIT, None, tags.PIXELS)
        except OutOfBytes:
            continue
        # Between two elements a cut cannot be seen; then nothing may be wrong with what was read.
        assert position == cut
        assert part.items() <= whole.items()


def test_endless_nesting_is_refused() -> None:
    item = b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    sequence = b"\x08\x00\x15\x11SQ\0\0\xff\xff\xff\xff"
    with pytest.raises(NotDicom, match="nested"):
        walk((sequence + item) * 1000, 0, 20_000, EXPLICIT, None, tags.PIXELS)


def test_texts_in_other_alphabets() -> None:
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    latin = {tags.SERIES_DESCRIPTION: (b"LO", "Schädel".encode("latin-1")), tags.CHARSET: (b"CS", b"ISO_IR 100")}
    assert Elements(latin).text(tags.SERIES_DESCRIPTION) == "Schädel"
    utf = {tags.SERIES_DESCRIPTION: (b"LO", "頭部".encode()), tags.CHARSET: (b"CS", b"ISO_IR 192")}
    assert Elements(utf).text(tags.SERIES_DESCRIPTION) == "頭部"
    odd = {tags.SERIES_DESCRIPTION: (b"LO", b"\xff\xfe T1"), tags.CHARSET: (b"CS", b"NONSENSE")}
    assert Elements(odd).text(tags.SERIES_DESCRIPTION).endswith("T1")


def test_items_of_sequences_that_hide_as_unknown() -> None:
    ds = Dataset()
    inner = Dataset()
    inner.ImagePositionPatient = [1, 2, 3]
    ds.PlanePositionSequence = Sequence([inner])
    value = b"\xfe\xff\x00\xe0\x0e\x00\x00\x00" + b"\x20\x00\x32\x00\x06\x00\x00\x001\\2\\3 "
    elements = Elements({tags.PLANE_POSITION: (b"UN", value)})
    assert elements.item(tags.PLANE_POSITION).numbers(tags.POSITION) == (1.0, 2.0, 3.0)
